//! Emphasis, links and code within a line: what is wanted for the next word, against what is open.

use super::markdown::Writer;
use super::tree::Id;
use std::rc::Rc;

/// What the next word is to stand in.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) bold: u32,
    pub(super) italic: u32,
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
    fn keeps(&self, mark: &Mark) -> bool {
        match mark {
            Mark::Emphasis("**", _) => self.bold > 0,
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
        if url == label || url.strip_suffix('/') == Some(label) {
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

    /// Code within a line.
    pub(super) fn push_code(&mut self, code: &str) {
        let joined = !self.space && self.out.ends_with_raw("`");
        let code = if self.in_cell { code.replace('|', "\\|") } else { code.to_owned() };
        let ticks = fence(&code, 1);
        let last = self.out.len().saturating_sub(1);
        // Two in a row would be one with longer marks.
        if joined && ticks.len() == 1 && !self.out.as_str().ends_with("``") && self.open_keeps() {
            self.out.truncate(last);
            self.out.push_raw(&format!("{code}`"));
            return;
        }
        self.space |= joined;
        let pad = if ticks.len() > 1 { " " } else { "" };
        self.raw(&format!("{ticks}{pad}{code}{pad}{ticks}"));
    }

    /// True when nothing has to be closed or opened before the next word.
    fn open_keeps(&self) -> bool {
        let wanted = usize::from(self.wanted.bold > 0)
            + usize::from(self.wanted.italic > 0)
            + usize::from(self.wanted.link.is_some());
        self.open.len() == wanted && self.open.iter().all(|mark| self.wanted.keeps(mark)) && !self.begins_line()
    }
}

/// Backticks that the code does not hold, at least so many.
pub(super) fn fence(code: &str, least: usize) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(if longest < least { least } else { longest + 1 })
}

/// True for code that nothing runs: Dataview runs `= …` and `$= …`.
pub(super) fn is_plain_code(code: &str) -> bool {
    !code.is_empty() && !code.starts_with('=') && !code.starts_with("$=")
}

/// Code as it stands, but for what is live even there: Templater's opening mark, and `key:: value`, which Dataview takes
/// for the note's. A zero-width space breaks them.
pub(super) fn defused(code: &str) -> String {
    let code = code.replace("<%", "<\u{200b}%");
    if memchr::memmem::find(code.as_bytes(), b"::").is_none() {
        return code;
    }
    let mut out = String::with_capacity(code.len() + 8);
    let mut rest = code.as_str();
    while let Some((before, after)) = rest.split_once("::") {
        out.push_str(before);
        out.push_str(if is_field(&out, after) { ":\u{200b}:" } else { "::" });
        rest = after;
    }
    out + rest
}

/// True for a key with a blank on either side of its colons: paths (`std::fmt`) are code, and are copied.
fn is_field(before: &str, after: &str) -> bool {
    let before = before.rsplit('\n').next().unwrap_or_default();
    let is_blank = |c: char| c.is_whitespace();
    if !before.ends_with(is_blank) && !after.starts_with(is_blank) && !after.is_empty() {
        return false;
    }
    let is_key = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || b" _-/".contains(&(c as u8));
    let lead = before.trim_end_matches(is_key);
    lead.len() < before.len() && (lead.is_empty() || lead.ends_with(['[', '(']))
}

/// Punctuation as CommonMark has it, near enough: what is neither a letter, nor a digit, nor white space.
fn is_punctuation(c: char) -> bool {
    if c.is_ascii() { c.is_ascii_punctuation() } else { !c.is_alphanumeric() && !c.is_whitespace() }
}
