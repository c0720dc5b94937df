//! Text on its way to Markdown: what the mail says and what is ours, in one string, told apart by their places.
//!
//! What the mail says is appended as it is; where Markdown of ours stands is noted beside it. `settle` turns the
//! two into Markdown. Nothing is escaped here.

/// Text of a mail with Markdown of ours in between.
#[derive(Debug, Default)]
pub(crate) struct Marked {
    text: String,
    /// Where our own Markdown (or code) stands: from, to; in order, never touching each other.
    raw: Vec<(usize, usize)>,
}

impl Marked {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        Marked { text: String::with_capacity(capacity), raw: Vec::new() }
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn len(&self) -> usize {
        self.text.len()
    }

    pub(super) fn raw(&self) -> &[(usize, usize)] {
        &self.raw
    }

    /// Appends text of the mail.
    pub(crate) fn push_text(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Appends Markdown of ours (or code): nothing in it will be escaped.
    pub(crate) fn push_raw(&mut self, text: &str) {
        let from = self.text.len();
        self.text.push_str(text);
        match self.raw.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.1 == from => last.1 = self.text.len(),
            _ => self.raw.push((from, self.text.len())),
        }
    }

    /// True when it ends with this Markdown of ours.
    pub(crate) fn ends_with_raw(&self, end: &str) -> bool {
        self.text.ends_with(end) && self.raw.last().is_some_and(|l| l.1 == self.text.len() && l.1 - l.0 >= end.len())
    }

    /// Where the text of the mail at the end begins: after the last Markdown of ours.
    pub(crate) fn text_from(&self) -> usize {
        self.raw.last().map_or(0, |last| last.1)
    }

    /// Takes off all from `at` on.
    pub(crate) fn truncate(&mut self, at: usize) {
        self.text.truncate(at);
        while let Some(last) = self.raw.last_mut() {
            last.1 = last.1.min(at);
            if last.0 < last.1 {
                break;
            }
            self.raw.pop();
        }
    }

    /// Takes off the text of the mail from `at` on, and gives it; `at` is at or after [`Self::text_from`].
    pub(crate) fn split_text(&mut self, at: usize) -> String {
        if self.text.is_char_boundary(at) { self.text.split_off(at) } else { String::new() }
    }

    /// Without line breaks at both ends.
    pub(crate) fn trim_lines(mut self) -> Self {
        self.truncate(self.text.trim_end_matches('\n').len());
        let lead = self.text.len() - self.text.trim_start_matches('\n').len();
        if lead > 0 {
            self.text.drain(..lead);
            self.raw.iter_mut().for_each(|(from, to)| (*from, *to) = (*from - lead, *to - lead));
        }
        self
    }
}
