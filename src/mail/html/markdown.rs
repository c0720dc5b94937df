//! A tree → Markdown, marked for [`crate::mail::inert`], in one walk that writes each line as it will stand.
//!
//! Blocks say how they are to be set apart from what comes before them; only when words follow, the line is begun, with
//! the markers of the quotes and lists around it. Emphasis and links open before a word and close behind one, so that
//! no marker is ever empty, or reaches over a line.

use super::quoted::{self, Keep, Part};
use super::tag::Tag;
use super::text::visible;
use super::token::is_space;
use super::tree::{Id, Tree};
use super::{inline, table, word};
use crate::mail::inert::{self, Marked};
use crate::mail::{Attachment, link};

/// Deeper quotes and lists are not told apart.
const MAX_CONTAINERS: usize = 24;

/// What parts a word from the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gap {
    None,
    /// An item's line.
    Line,
    /// A line within a paragraph.
    Break,
    Paragraph,
}

/// What lines stand in.
#[derive(Debug)]
pub(super) enum Container {
    Quote,
    /// The marker, while it is not written; how far its lines are indented.
    Item(Option<String>, usize),
}

/// Markdown in the making.
pub(super) struct Writer<'t, 'a> {
    pub(super) tree: &'t Tree<'a>,
    keep: Keep,
    /// What came with the mail.
    pub(super) files: &'t [Attachment],
    base: link::Base<'t>,
    pub(super) out: Marked,
    most: usize,
    pub(super) gap: Gap,
    pub(super) space: bool,
    pub(super) containers: Vec<Container>,
    /// How many of them the last line stands in, too.
    shared: usize,
    /// How long the text was when a numbered list ended, and whether its numbers had brackets.
    pub(super) ended: Option<(usize, bool)>,
    /// How long the text was when an item of a Word list ended.
    pub(super) word_item: Option<usize>,
    /// The level of the heading that begins.
    heading: Option<u8>,
    /// In what is one line: a heading, a cell.
    pub(super) one_line: usize,
    pub(super) in_cell: bool,
    pub(super) wanted: inline::Wanted,
    pub(super) open: Vec<inline::Mark>,
}

/// The Markdown of a tree; at most about as many bytes.
pub(super) fn write(tree: &Tree<'_>, keep: Keep, files: &[Attachment], base: link::Base<'_>, most: usize) -> Marked {
    let mut writer = Writer {
        tree,
        keep,
        files,
        base,
        out: Marked::with_capacity(4096),
        most,
        gap: Gap::None,
        space: false,
        containers: Vec::new(),
        shared: 0,
        ended: None,
        word_item: None,
        heading: None,
        one_line: 0,
        in_cell: false,
        wanted: inline::Wanted::default(),
        open: Vec::new(),
    };
    writer.children(0);
    writer.close_all(None);
    writer.out
}

impl Writer<'_, '_> {
    pub(super) fn children(&mut self, id: Id) {
        let tree = self.tree;
        for child in tree.children(id) {
            if self.out.len() > self.most {
                return;
            }
            match if self.keep == Keep::All { Part::New } else { quoted::part(tree, child) } {
                Part::New => self.element(child),
                Part::Old => {}
                Part::OldFromHere => return,
            }
        }
    }

    pub(super) fn element(&mut self, id: Id) {
        match self.tree.tag(id) {
            Tag::Text => {
                let text = visible(self.tree.text(id));
                self.words(&text);
            }
            Tag::Br => self.line_break(),
            Tag::Img => {
                self.image(id);
            }
            Tag::A => self.link(id),
            Tag::B => self.emphasis(id, |wanted| &mut wanted.bold),
            Tag::I => self.emphasis(id, |wanted| &mut wanted.italic),
            Tag::S => self.emphasis(id, |wanted| &mut wanted.struck),
            Tag::Sup => self.raised(id),
            Tag::Code => self.code(id),
            Tag::Pre => self.pre(id),
            Tag::Hr => {
                self.part(Gap::Paragraph);
                if self.one_line == 0 {
                    self.structure("* * *");
                }
                self.part(Gap::Paragraph);
            }
            Tag::Heading(level) => self.heading(id, level),
            Tag::Ul | Tag::Ol => self.list(id),
            Tag::Li => self.item(id, "-"),
            Tag::Blockquote => self.quote(id),
            Tag::Table => table::write(self, id),
            Tag::P if word::level(self.tree, id).is_some() => word::item(self, id),
            Tag::Inline if word::is_marker(self.tree, id) => {}
            Tag::P | Tag::Dl | Tag::Caption => self.block(id, Gap::Paragraph),
            Tag::Dd => {
                self.part(Gap::Break);
                self.block(id, Gap::Break);
            }
            tag if tag.is_block() => {
                let apart = self.tree.has_attributes(id) && quoted::stands_apart(self.tree, id);
                self.block(id, if apart { Gap::Paragraph } else { Gap::Break });
            }
            _ => self.children(id),
        }
    }

    fn block(&mut self, id: Id, gap: Gap) {
        self.part(gap);
        self.children(id);
        self.part(gap);
    }

    /// What comes next is to be set apart at least so.
    pub(super) fn part(&mut self, gap: Gap) {
        if self.one_line > 0 {
            self.space = true;
        } else if !matches!(self.containers.last(), Some(Container::Item(Some(_), _))) {
            // What an item begins with stands beside its marker.
            self.gap = self.gap.max(gap);
        }
    }

    fn line_break(&mut self) {
        let gap = if self.gap >= Gap::Break { Gap::Paragraph } else { Gap::Break };
        self.part(gap);
    }

    /// Text of the mail, its white space folded.
    pub(super) fn words(&mut self, text: &str) {
        let mut rest = text;
        loop {
            let word = rest.trim_start_matches(|c: char| c.is_ascii() && is_space(c as u8));
            self.space |= word.len() < rest.len();
            if word.is_empty() {
                return;
            }
            // Up to white space that is not a single blank between words.
            let bytes = word.as_bytes();
            let mut end = bytes.len();
            for (i, (a, b)) in bytes.iter().zip(bytes.get(1..).unwrap_or_default()).enumerate() {
                // No other control is left.
                if *a <= b' ' && (*a != b' ' || *b <= b' ') {
                    end = i;
                    break;
                }
            }
            let end = if end == bytes.len() {
                word.trim_end_matches(|c: char| c.is_ascii() && is_space(c as u8)).len()
            } else {
                end
            };
            let (now, later) = word.split_at_checked(end).unwrap_or_default();
            self.run(now);
            rest = later;
        }
    }

    fn run(&mut self, text: &str) {
        // Blank that is no white space holds a line open, and is none.
        let text =
            if self.begins_line() && self.one_line == 0 { text.trim_start_matches(['\u{a0}', ' ']) } else { text };
        let Some(first) = text.chars().next() else { return };
        self.begin(first);
        if self.wanted.link.is_some() {
            self.out.push_text(text);
        } else {
            inert::push_words(&mut self.out, text);
        }
    }

    /// Text of the mail that stays together.
    pub(super) fn solid(&mut self, text: &str) {
        if let Some(first) = text.chars().next() {
            self.begin(first);
            self.out.push_text(text);
        }
    }

    /// Markdown of ours.
    pub(super) fn raw(&mut self, markdown: &str) {
        if let Some(first) = markdown.chars().next() {
            self.begin(first);
            self.out.push_raw(markdown);
        }
    }

    /// Markdown of ours that no emphasis and no link reaches: what a block begins with.
    pub(super) fn structure(&mut self, markdown: &str) {
        let wanted = std::mem::take(&mut self.wanted);
        self.raw(markdown);
        self.wanted = wanted;
    }

    /// Makes ready for a word that begins so: ends the line before, or parts the two by a space.
    pub(super) fn begin(&mut self, first: char) {
        if self.begins_line() {
            self.close_all(None);
            self.begin_line();
            self.space = false;
        }
        self.settle_marks(first);
    }

    /// True when the next word is the first of its line.
    pub(super) fn begins_line(&self) -> bool {
        self.gap > Gap::None || self.out.len() == 0
    }

    fn begin_line(&mut self) {
        let gap = std::mem::replace(&mut self.gap, Gap::None);
        self.trim_end();
        if self.out.len() > 0 {
            match gap {
                Gap::Break => self.out.push_text("  \n"),
                Gap::Paragraph => {
                    self.out.push_text("\n");
                    self.margin(true);
                    self.out.push_text("\n");
                }
                Gap::Line | Gap::None => self.out.push_text("\n"),
            }
        }
        self.margin(false);
        self.shared = self.containers.len();
        if let Some(level) = self.heading.take() {
            self.out.push_raw("######".get(..usize::from(level.clamp(1, 6))).unwrap_or("#"));
            self.out.push_text(" ");
        }
    }

    /// Blank at the end of a line goes.
    fn trim_end(&mut self) {
        let text = self.out.as_str();
        let kept = text.trim_end_matches([' ', '\u{a0}']).len().max(self.out.text_from());
        self.out.truncate(kept);
    }

    /// The start of a line: the markers of what it stands in. A blank line has those of quotes only, which hold the
    /// line before, too.
    pub(super) fn margin(&mut self, blank: bool) {
        let mut shared = self.containers.iter().take(self.shared);
        let quotes = shared.rposition(|c| matches!(c, Container::Quote)).map_or(0, |at| at + 1);
        let count = if blank { quotes } else { self.containers.len() };
        for (i, container) in self.containers.iter_mut().take(count).enumerate() {
            match container {
                Container::Quote => {
                    self.out.push_raw(">");
                    if !blank || i + 1 < count {
                        self.out.push_text(" ");
                    }
                }
                Container::Item(marker, indent) => match marker.take_if(|_| !blank) {
                    Some(marker) => {
                        self.out.push_raw(&marker);
                        self.out.push_text(" ");
                    }
                    None => self.out.push_text("                ".get(..*indent).unwrap_or("  ")),
                },
            }
        }
    }

    fn heading(&mut self, id: Id, level: u8) {
        self.part(Gap::Paragraph);
        let before = self.heading;
        if self.one_line == 0 {
            self.heading = Some(level);
        }
        self.one_line += 1;
        self.children(id);
        self.one_line -= 1;
        self.space = false;
        self.heading = before;
        self.part(Gap::Paragraph);
    }

    fn quote(&mut self, id: Id) {
        self.within(Container::Quote, Gap::Paragraph, |writer| writer.children(id));
        self.part(Gap::Paragraph);
    }

    pub(super) fn within(&mut self, container: Container, gap: Gap, write: impl FnOnce(&mut Self)) {
        self.part(gap);
        let fits = self.one_line == 0 && self.containers.len() < MAX_CONTAINERS;
        if fits {
            self.close_all(None);
            self.containers.push(container);
        }
        write(self);
        if fits {
            self.containers.pop();
            self.shared = self.shared.min(self.containers.len());
        }
    }

    fn link(&mut self, id: Id) {
        let target = self.tree.attribute(id, "href").and_then(|href| link::target_from(&href, self.base));
        let before = self.wanted.link.take();
        self.wanted.link = target.map(|url| (id, url.into()));
        self.children(id);
        self.wanted.link = before;
        // What a link seems to lead to is no lie that nobody sees.
        if self.wanted.link.is_none()
            && let Some(host) = self.tree.attribute(id, "href").and_then(|href| link::odd_host(&href))
            && !self.tree.words(id, 500).contains(&host)
        {
            self.space = true;
            self.raw(&format!("(→ <https://{host}>)"));
        }
    }

    fn emphasis(&mut self, id: Id, which: fn(&mut inline::Wanted) -> &mut u32) {
        *which(&mut self.wanted) += 1;
        self.children(id);
        *which(&mut self.wanted) -= 1;
    }
}
