//! The text of a tree, read without its looks.

use super::tag::Tag;
use super::tree::{Id, Tree};
use crate::mail::clean;
use std::borrow::Cow;

const MAX_ALT: usize = 500;

impl Tree<'_> {
    /// The text below a node as it stands: `\n` for `br`, a space between blocks, `(image: alt)` for an image. Not much
    /// longer than `most`.
    pub(super) fn words(&self, id: Id, most: usize) -> String {
        let mut out = String::new();
        self.push_words(id, most, &mut out);
        out
    }

    fn push_words(&self, id: Id, most: usize, out: &mut String) {
        for child in self.children(id) {
            if out.len() >= most {
                return;
            }
            match self.tag(child) {
                Tag::Text => out.push_str(&visible(self.text(child))),
                Tag::Br => out.push('\n'),
                Tag::Img => out.push_str(&self.image(child)),
                tag if tag.is_block() => out.push(' '),
                _ => {}
            }
            self.push_words(child, most, out);
        }
    }

    /// True when there is such an element below a node.
    pub(super) fn holds(&self, id: Id, is: fn(Tag) -> bool) -> bool {
        self.children(id).any(|child| is(self.tag(child)) || self.holds(child, is))
    }

    /// What stands for an image: `(image: alt)`; of one that came with the mail at least its name; else nothing.
    pub(super) fn image(&self, id: Id) -> String {
        let alt = self.attribute(id, "alt").unwrap_or_default();
        let alt = clean::header(clean::prefix(alt.trim(), MAX_ALT));
        // A picture in place of a character.
        if !alt.is_empty() && alt.chars().count() <= 4 && !alt.chars().any(|c| c.is_alphanumeric() || c.is_ascii()) {
            return alt;
        }
        if !alt.is_empty() {
            return format!("(image: {alt})");
        }
        let Some(content_id) = self.content_id(id) else { return alt };
        // Outlook's ids begin with the file's name.
        let name = content_id.split('@').next().unwrap_or_default();
        let is_name = name.rsplit_once('.').is_some_and(|(_, end)| (3..=4).contains(&end.len()));
        if is_name { format!("(image: {name})") } else { "(image)".to_owned() }
    }
}

impl Tree<'_> {
    /// The id of the file that an image shows, where it came with the mail.
    pub(super) fn content_id(&self, id: Id) -> Option<String> {
        let source = self.attribute(id, "src")?;
        let (scheme, content_id) = source.trim().split_at_checked(4)?;
        scheme.eq_ignore_ascii_case("cid:").then(|| clean::header(clean::prefix(content_id, MAX_ALT)))
    }

    /// A length in pixels.
    pub(super) fn length(&self, id: Id, name: &str) -> Option<u32> {
        self.raw_attribute(id, name)?.trim().trim_end_matches("px").parse().ok()
    }
}

/// The text without what nobody sees.
pub(super) fn visible(text: Cow<'_, str>) -> Cow<'_, str> {
    // Characters that go begin with few bytes, or are controls.
    let suspect = |b: u8| {
        b < 32 && b != b'\n' && b != b'\t' || matches!(b, 0x7f | 0xc2 | 0xcc | 0xcd | 0xe1 | 0xe2 | 0xef | 0xf3)
    };
    if !text.bytes().fold(false, |any, b| any | suspect(b)) {
        return text;
    }
    // Many newsletters fill their preview with these.
    text.chars().filter(|c| is_visible(*c)).collect()
}

fn is_visible(c: char) -> bool {
    let nothing = matches!(
        c,
        '\u{200b}' | '\u{34f}' | '\u{ad}' | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{2064}' | '\u{180e}'
            | '\u{e0000}'..='\u{e007f}'
    );
    (!clean::is_unwanted(c) || c == '\r' || c == '\u{c}') && !nothing
}
