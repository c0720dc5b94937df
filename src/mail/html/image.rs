//! What stands in a line and is no word: pictures, and signs above it.

use super::markdown::Writer;
use super::tree::Id;
use crate::mail::{Attachment, picture};

impl Writer<'_, '_> {
    /// A picture in its place; what is none to look at leaves nothing.
    pub(super) fn image(&mut self, id: Id) {
        let words = self.tree.image(id);
        let Some((at, file)) = self.tree.content_id(id).and_then(|cid| attached(self.files, &cid)) else {
            return self.solid(&words);
        };
        let small = |name: &str| self.tree.length(id, name).is_some_and(|l| l <= 20);
        let icon = picture::is_icon(file) || (small("width") && small("height"));
        if picture::is_spacer(file) || (icon && words.ends_with(')') && !says_more(&words)) {
            return;
        }
        if icon {
            return self.solid(&words);
        }
        let words = words.strip_prefix('(').and_then(|w| w.strip_suffix(')')).unwrap_or(&words);
        let width = self.tree.length(id, "width").filter(|w| (1..2000).contains(w));
        self.raw(&picture::mark(at, width, words));
    }

    /// Digits above the line have characters of their own: 10² is not 102.
    pub(super) fn raised(&mut self, id: Id) {
        let text = self.tree.words(id, 20);
        let raised = |c: char| {
            Some(['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'].get(c.to_digit(10)? as usize)?.to_owned())
        };
        match text.trim().chars().map(raised).collect::<Option<String>>() {
            Some(digits) if text.trim().len() < 5 => self.solid(&digits),
            _ => self.children(id),
        }
    }
}

/// The attached picture of that Content-ID, and its number.
fn attached<'f>(files: &'f [Attachment], content_id: &str) -> Option<(usize, &'f Attachment)> {
    // In an address the sign may be written so.
    let bare = content_id.replace("%40", "@");
    let is_it = |file: &Attachment| file.content_id.as_deref() == Some(&bare) && file.media_type.starts_with("image/");
    files.iter().enumerate().find(|(_, file)| is_it(file))
}

/// True for words of an image that are more than a file's name.
fn says_more(words: &str) -> bool {
    let words = words.trim_start_matches("(image").trim_start_matches(": ").trim_end_matches(')');
    !words.is_empty() && !picture::is_shown(words)
}
