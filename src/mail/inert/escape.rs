//! Where the escaping policy lives: marked text → Markdown, in one pass that looks only at characters which
//! could be live, and at what stands beside them.

use super::marked::Marked;
use crate::mail::clean;

/// Marked text → Markdown. `brackets` says that the text may land inside a link label, so that `]` counts too.
pub(crate) fn settle(marked: &Marked, brackets: bool) -> String {
    let text = marked.as_str();
    let mut out = String::with_capacity(text.len() + text.len() / 16 + 16);
    let mut raw = marked.raw();
    // Math and strikethrough may span the lines of a paragraph: two dollars anywhere in it are a pair.
    let pairs = memchr::memchr2(b'$', b'~', text.as_bytes()).is_some();
    let (mut dollars, mut tildes, mut paragraph) = (false, false, 0);
    let mut start = 0;
    loop {
        let rest = text.get(start..).unwrap_or_default();
        let end = start + memchr::memchr(b'\n', rest.as_bytes()).unwrap_or(rest.len());
        if pairs && start >= paragraph {
            let here = first_paragraph(rest);
            paragraph = start + here.len().max(1);
            let paired = |b: u8| memchr::memchr_iter(b, here.as_bytes()).take(2).count() > 1;
            (dollars, tildes) = (paired(b'$'), paired(b'~'));
        }
        // What of ours stands in this line, or reaches into it.
        while let Some(((_, to), later)) = raw.split_first()
            && *to <= start
        {
            raw = later;
        }
        let ours = raw.iter().take_while(|(from, _)| *from < end).count();
        let mut line = Line {
            text,
            start,
            end,
            raw: raw.get(..ours).unwrap_or_default(),
            lead: start,
            dollars,
            tildes,
            brackets,
            underline: false,
        };
        line.lead = line.lead();
        line.underline = line.is_underline();
        line.brackets |= line.raw.iter().any(|(from, to)| text.get(*from..*to).is_some_and(|ours| ours.contains('[')));
        line.write(&mut out);
        if end >= text.len() {
            return out;
        }
        out.push('\n');
        start = end + 1;
    }
}

/// The lines up to a blank one.
fn first_paragraph(text: &str) -> &str {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        at += line.len();
        if line.trim().is_empty() {
            break;
        }
    }
    text.get(..at).unwrap_or(text)
}

/// One line of marked text.
struct Line<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    /// What of ours is in it.
    raw: &'t [(usize, usize)],
    /// Where a character counts as standing at the start of its line.
    lead: usize,
    dollars: bool,
    tildes: bool,
    brackets: bool,
    /// Nothing but underscores: once the first is escaped, the others are no mark of anything.
    underline: bool,
}

/// What could be live within a line.
const LIVE: [bool; 256] = clean::table(b"\\`*[]|_#<>%{=~:$&^!");

fn may_live(byte: u8) -> bool {
    LIVE.get(usize::from(byte)).copied().unwrap_or_default()
}

impl<'t> Line<'t> {
    fn write(&self, out: &mut String) {
        let mut at = self.start;
        for (from, to) in self.raw {
            let from = (*from).max(self.start);
            self.write_text(at, from, out);
            at = (*to).min(self.end);
            out.push_str(self.text.get(from..at).unwrap_or_default());
        }
        self.write_text(at, self.end, out);
    }

    /// Text of the mail, from one place to another.
    fn write_text(&self, mut from: usize, to: usize, out: &mut String) {
        if (from..to).contains(&self.lead)
            && let Some(at) = self.escaped_at_start()
            && (from..to).contains(&at)
        {
            self.write_inner(from, at, out);
            out.push('\\');
            // It is ASCII, and not looked at again.
            out.push_str(self.text.get(at..at + 1).unwrap_or_default());
            from = at + 1;
        }
        self.write_inner(from, to, out);
    }

    fn write_inner(&self, from: usize, to: usize, out: &mut String) {
        let text = self.text.get(from..to).unwrap_or_default();
        let mut copied = 0;
        for (i, byte) in text.bytes().enumerate() {
            if may_live(byte) && self.is_live(from + i, byte) {
                out.push_str(text.get(copied..i).unwrap_or_default());
                out.push('\\');
                copied = i;
            }
        }
        out.push_str(text.get(copied..).unwrap_or_default());
    }

    /// The byte at a place of this line.
    fn byte(&self, at: usize) -> u8 {
        if at < self.end { self.text.as_bytes().get(at).copied().unwrap_or(b' ') } else { b' ' }
    }

    fn is_raw(&self, at: usize) -> bool {
        let after = self.raw.partition_point(|(from, _)| *from <= at);
        after.checked_sub(1).and_then(|i| self.raw.get(i)).is_some_and(|(_, to)| at < *to)
    }

    /// Our own `[` at this place.
    fn opens_link(&self, at: usize) -> bool {
        self.byte(at) == b'[' && self.is_raw(at)
    }

    fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..self.end).unwrap_or_default()
    }

    fn prev(&self, at: usize) -> char {
        self.text.get(self.start..at).and_then(|before| before.chars().next_back()).unwrap_or(' ')
    }

    fn next(&self, at: usize) -> char {
        self.rest(at).chars().next().unwrap_or(' ')
    }

    /// The first character that is neither white space nor our own marker (quote, bullet, number, heading, emphasis).
    fn lead(&self) -> usize {
        let mut at = self.start;
        loop {
            let rest = self.rest(at);
            at += rest.len() - rest.trim_start().len();
            let byte = self.byte(at);
            if b"->+*#|".contains(&byte) && self.is_raw(at) {
                at += 1;
                continue;
            }
            let digits = self.rest(at).bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 && matches!(self.byte(at + digits), b'.' | b')') && self.is_raw(at + digits) {
                at += digits + 1;
                continue;
            }
            return at;
        }
    }

    /// What begins a block at the start of the line, and so is escaped there.
    fn escaped_at_start(&self) -> Option<usize> {
        let first = self.byte(self.lead);
        let blank_after = |at: usize| self.next(at + 1).is_whitespace();
        match first {
            b'>' | b'#' => Some(self.lead),
            b'-' | b'+' if blank_after(self.lead) || self.is_rule() => Some(self.lead),
            b'=' | b':' | b'_' | b'*' | b'~' | b'|' if self.is_rule() => Some(self.lead),
            b'0'..=b'9' => {
                let digits = self.rest(self.lead).bytes().take_while(u8::is_ascii_digit).count();
                let at = self.lead + digits;
                (digits <= 9 && matches!(self.byte(at), b'.' | b')') && blank_after(at)).then_some(at)
            }
            _ => None,
        }
    }

    fn is_underline(&self) -> bool {
        let line = self.rest(self.lead).trim_end();
        line.len() > 4 && line.bytes().all(|b| b == b'_') && self.raw.last().is_none_or(|(_, to)| *to <= self.lead)
    }

    /// A line of nothing but rule characters: a thematic break, a heading's underline, a table's delimiter row.
    fn is_rule(&self) -> bool {
        let only = |c: char| c.is_whitespace() || "-=+:_*~|".contains(c);
        self.raw.last().is_none_or(|(_, to)| *to <= self.lead) && self.rest(self.lead).chars().all(only)
    }

    /// Whether the text character at `at` would be live in Markdown, Obsidian, Dataview, Tasks or Templater.
    fn is_live(&self, at: usize, byte: u8) -> bool {
        let before = || at.checked_sub(1).filter(|b| *b >= self.start).map_or(b' ', |b| self.byte(b));
        let after = self.byte(at + 1);
        match byte {
            b'\\' | b'`' | b'*' | b'[' | b'|' => true,
            b']' => self.brackets,
            b'_' => !(self.underline || self.prev(at).is_alphanumeric() && self.next(at + 1).is_alphanumeric()),
            b'#' => !self.prev(at).is_alphanumeric() || self.next(at + 1).is_alphanumeric(),
            b'<' => after.is_ascii_alphabetic() || b"/!?".contains(&after),
            b'%' => matches!(before(), b'<' | b'%') || after == b'%',
            b'>' => before() == b'%',
            b'{' | b'=' => before() == byte,
            b'~' => self.tildes,
            b':' => before() == byte || self.ends_scheme(at),
            b'$' => self.dollars,
            b'&' => self.starts_entity(at),
            b'^' => self.is_beside_link(at) || (self.prev(at).is_whitespace() && is_block_id(self.rest(at + 1))),
            b'!' => self.is_beside_link(at),
            _ => false,
        }
    }

    fn is_beside_link(&self, at: usize) -> bool {
        self.opens_link(at + 1) || at.checked_sub(1).is_some_and(|b| b >= self.start && self.opens_link(b))
    }

    /// `javascript:` and its like, and `scheme://` of anything but the web.
    fn ends_scheme(&self, at: usize) -> bool {
        let before = self.text.as_bytes().get(self.start..at).unwrap_or_default();
        let is_scheme = |b: &&u8| b.is_ascii_alphanumeric() || b"+.-".contains(b);
        let length = before.iter().rev().take_while(is_scheme).take(32).count();
        let word = before.get(before.len() - length..).unwrap_or_default();
        let is = |known: &[&[u8]]| known.iter().any(|k| word.eq_ignore_ascii_case(k));
        if is(&[b"http", b"https"]) {
            return false;
        }
        is(&[b"javascript", b"data", b"file", b"obsidian", b"vbscript"])
            || (self.byte(at + 1) == b'/' && self.byte(at + 2) == b'/')
    }

    fn starts_entity(&self, at: usize) -> bool {
        let rest = self.rest(at + 1).as_bytes();
        let name = rest.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'#').take(40).count();
        name > 0 && rest.get(name) == Some(&b';')
    }
}

fn is_block_id(rest: &str) -> bool {
    let after = rest.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '-');
    // Not `trim`: it would walk over blanks at the line's end again for every such sign.
    after.chars().all(char::is_whitespace)
}
