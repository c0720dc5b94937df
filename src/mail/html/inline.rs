//! Emphasis, links and code within a line: what is wanted for the next word, against what is open.

use super::markdown::Writer;
use super::tree::Id;
use std::rc::Rc;

/// What the next word is to stand in.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) bold: u32,
    pub(super) italic: u32,
    pub(super) struck: u32,
    /// The element, and its target.
    pub(super) link: Option<(Id, Rc<str>)>,
}

/// What is open.
#[derive(Debug)]
pub(super) enum Mark {
    /// Its markers, and the place behind the one that opened it.
    Emphasis(&'static str, usize),
    Link(Id, Rc<str>, usize),
}

impl Wanted {
    pub(super) fn keeps(&self, mark: &Mark) -> bool {
        match mark {
            Mark::Emphasis("**", _) => self.bold > 0,
            Mark::Emphasis("~~", _) => self.struck > 0,
            Mark::Emphasis(..) => self.italic > 0,
            Mark::Link(id, ..) => self.link.as_ref().is_some_and(|(wanted, _)| wanted == id),
        }
    }
}

impl Writer<'_, '_> {
    /// Closes and opens what has to be before a word that begins so, and sets the space before it.
    pub(super) fn settle_marks(&mut self, first: char) {
        let kept = self.open.iter().position(|mark| !self.wanted.keeps(mark)).unwrap_or(self.open.len());
        let next = if self.space { ' ' } else { first };
        while self.open.len() > kept {
            self.close(next);
        }
        if self.space {
            self.space = false;
            let text = self.out.as_str();
            if !text.is_empty() && !text.ends_with([' ', '\n']) {
                self.out.push_text(" ");
            }
        }
        if let Some((id, url)) = self.wanted.link.clone()
            && !self.open.iter().any(|mark| matches!(mark, Mark::Link(..)))
        {
            self.out.push_raw("[");
            self.open.push(Mark::Link(id, url, self.out.len()));
        }
        let (bold, italic) = (self.wanted.bold > 0, self.wanted.italic > 0);
        if self.wanted.struck > 0 {
            self.open_emphasis("~~", first);
        }
        if bold {
            self.open_emphasis("**", first);
        }
        if italic {
            self.open_emphasis("*", first);
        }
    }

    fn open_emphasis(&mut self, marker: &'static str, first: char) {
        let is_open = self.open.iter().any(|mark| matches!(mark, Mark::Emphasis(open, _) if *open == marker));
        let fresh = matches!(self.open.last(), Some(Mark::Emphasis(_, at)) if *at == self.out.len());
        let before = if fresh { ' ' } else { self.out.as_str().chars().next_back().unwrap_or(' ') };
        // CommonMark takes it for a marker only so; and of two markers in a row it makes something else.
        let opens =
            !first.is_whitespace() && (!is_punctuation(first) || before.is_whitespace() || is_punctuation(before));
        if is_open || !opens || (before == '*' && self.out.ends_with_raw("*")) {
            return;
        }
        self.out.push_raw(marker);
        self.open.push(Mark::Emphasis(marker, self.out.len()));
    }

    /// Closes all that is open, before a character or the end of the line.
    pub(super) fn close_all(&mut self, next: Option<char>) {
        while !self.open.is_empty() {
            self.close(next.unwrap_or(' '));
        }
    }

    fn close(&mut self, next: char) {
        match self.open.pop() {
            Some(Mark::Emphasis(marker, start)) => self.close_emphasis(marker, start, next),
            Some(Mark::Link(_, url, start)) => self.close_link(&url, start),
            None => {}
        }
    }

    fn close_emphasis(&mut self, marker: &str, start: usize, next: char) {
        // What may not stand before the closing marker goes behind it: blanks, and punctuation before a letter.
        let bound = start.max(self.out.text_from());
        let text = self.out.as_str().get(bound..).unwrap_or_default();
        let alone = !next.is_whitespace() && !is_punctuation(next);
        let moved = |c: char| c.is_whitespace() || (alone && is_punctuation(c));
        let tail = bound + text.trim_end_matches(moved).len();
        let tail = if self.out.as_str().ends_with(moved) { tail } else { self.out.len() };
        let tail_text = self.out.split_text(tail);
        if tail <= start {
            self.out.truncate(start - marker.len());
        } else {
            self.out.push_raw(marker);
        }
        self.out.push_text(&tail_text);
    }

    fn close_link(&mut self, url: &str, start: usize) {
        let label = self.out.as_str().get(start..).unwrap_or_default().trim();
        let names_scheme = url.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
        if names_scheme && (url == label || url.strip_suffix('/') == Some(label)) {
            self.out.truncate(start - 1);
            self.out.push_raw("<");
            self.out.push_raw(url);
            self.out.push_raw(">");
            return;
        }
        self.out.push_raw("](");
        self.out.push_raw(url);
        self.out.push_raw(")");
    }
}

/// Punctuation as CommonMark has it, near enough: what is neither a letter, nor a digit, nor white space.
fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { !c.is_alphanumeric() && !c.is_whitespace() }
}
