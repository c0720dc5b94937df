//! A tree → plain text: paragraphs and lines, `- ` before list items, `> ` before quotes, `text <address>` for links
//! that say something else than their address.

use super::MAX_OUTPUT;
use super::tag::Tag;
use super::text::visible;
use super::tree::{Id, Tree};
use crate::mail::link;

/// The plain text of a tree.
pub(super) fn write(tree: &Tree<'_>) -> String {
    let mut writer = Writer { tree, text: String::new(), breaks: 0, depth: 0, quotes: 0, pre: 0 };
    writer.children(0);
    writer.text.truncate(writer.text.trim_end().len());
    writer.text
}

struct Writer<'t, 'a> {
    tree: &'t Tree<'a>,
    text: String,
    /// Line breaks wanted before the next word.
    breaks: usize,
    /// How deep in quotes we are, and the last word is.
    depth: usize,
    quotes: usize,
    pre: usize,
}

impl Writer<'_, '_> {
    fn children(&mut self, id: Id) {
        let tree = self.tree;
        for child in tree.children(id) {
            if self.text.len() > MAX_OUTPUT {
                return;
            }
            self.element(child);
        }
    }

    fn element(&mut self, id: Id) {
        let tag = self.tree.tag(id);
        self.block(tag);
        match tag {
            Tag::Text => self.push(&visible(self.tree.text(id))),
            Tag::Br => self.breaks = (self.breaks + 1).min(2),
            Tag::Img => self.push(&self.tree.image(id)),
            Tag::Cell(_) => self.push(" "),
            Tag::Li => self.push("- "),
            _ => {}
        }
        let start = self.text.len();
        self.depth += usize::from(tag == Tag::Blockquote);
        self.pre += usize::from(tag == Tag::Pre);
        self.children(id);
        self.depth -= usize::from(tag == Tag::Blockquote);
        self.pre -= usize::from(tag == Tag::Pre);
        if tag == Tag::A {
            self.end_link(id, start);
        }
        self.block(tag);
    }

    fn block(&mut self, tag: Tag) {
        let wanted = match tag {
            Tag::P | Tag::Heading(_) | Tag::Table | Tag::Ul | Tag::Ol | Tag::Blockquote | Tag::Pre | Tag::Hr => 2,
            Tag::Cell(_) | Tag::Rows => 0,
            tag => usize::from(tag.is_block()),
        };
        self.breaks = self.breaks.max(wanted);
    }

    fn push(&mut self, text: &str) {
        if self.pre > 0 {
            for (i, line) in text.split('\n').enumerate() {
                if i > 0 {
                    self.breaks = (self.breaks + 1).min(2);
                }
                self.word(line);
            }
            return;
        }
        let blank = |c: char| matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{c}');
        let mut rest = text;
        while !rest.is_empty() {
            let word = rest.trim_start_matches(blank);
            if word.len() < rest.len() {
                self.word(" ");
            }
            // Words that stand one blank apart are copied together.
            let bytes = word.as_bytes();
            let fold = |pair: &[u8]| matches!(pair, [a, b] if blank(*a as char) && (*a != b' ' || blank(*b as char)));
            let end = bytes.windows(2).position(fold).unwrap_or_else(|| word.trim_end_matches(blank).len());
            let (now, later) = word.split_at_checked(end).unwrap_or_default();
            self.word(now);
            rest = later;
        }
    }

    fn word(&mut self, word: &str) {
        let at_start = self.breaks > 0 || self.text.is_empty();
        if word.is_empty() || (self.pre == 0 && word == " " && (at_start || self.text.ends_with([' ', '\n']))) {
            return;
        }
        if at_start {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            let breaks = if self.text.is_empty() { 0 } else { self.breaks };
            let marker = |quotes: usize| "> ".repeat(quotes.min(20));
            let between = marker(self.depth.min(self.quotes));
            for i in 0..breaks {
                self.text.push('\n');
                if i + 1 < breaks {
                    self.text.push_str(between.trim_end());
                }
            }
            self.text.push_str(&marker(self.depth));
            self.breaks = 0;
            self.quotes = self.depth;
        }
        self.text.push_str(word);
    }

    fn end_link(&mut self, id: Id, start: usize) {
        let Some(url) = self.tree.attribute(id, "href").and_then(|href| link::target(&href)) else { return };
        let label = self.text.get(start..).unwrap_or_default().trim();
        if !label.is_empty() && !bare(label).eq_ignore_ascii_case(bare(&url)) {
            self.text.push_str(" <");
            self.text.push_str(&url);
            self.text.push('>');
        }
    }
}

/// An address without what people leave out of it.
fn bare(address: &str) -> &str {
    let rest = ["mailto:", "https://", "http://"].iter().find_map(|scheme| address.strip_prefix(scheme));
    rest.unwrap_or(address).trim_end_matches('/')
}
