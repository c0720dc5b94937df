//! The bytes of a message → its parts, in order (RFC 2046 §5.1). Nothing is copied, and nothing is decoded.
//!
//! One walk over the lines that begin with two dashes. Nested messages are leaves: they stay whole. Where a boundary is not
//! named, or not the one that the parts are set apart by, the first line that looks like one is taken for it.

use super::fields::{self, Fields};
use super::params::Structured;
use super::transfer::{self, Content, Encoding};
use memchr::memmem::Finder;
use std::collections::HashMap;
use std::ops::Range;

/// Parts within parts beyond this depth stay as they are.
const MAX_DEPTH: usize = 1000;
/// What follows this many parts belongs to the last of them.
const MAX_PARTS: usize = 10_000;
/// So many open multiparts with one boundary are told apart.
const SAME: usize = 20;
/// How far into a part a boundary that is not named is looked for.
const GUESS: usize = 64 << 10;
/// So many boundaries are guessed in a message: each costs a look at all that follows.
const MAX_GUESSES: usize = 20;

/// One node of the tree.
#[derive(Debug, Default)]
pub(super) struct Part<'a> {
    pub(super) fields: Fields<'a>,
    /// Content-Type; its word is never empty.
    pub(super) kind: Structured,
    pub(super) disposition: Structured,
    /// The parts within it, for a multipart.
    pub(super) children: Vec<usize>,
    pub(super) body: Range<usize>,
    pub(super) encoding: Option<Encoding>,
}

impl Part<'_> {
    pub(super) fn is(&self, media_type: &str) -> bool {
        self.kind.word == media_type
    }

    pub(super) fn is_multipart(&self) -> bool {
        !self.children.is_empty()
    }

    pub(super) fn is_text(&self) -> bool {
        self.kind.word.starts_with("text/")
    }

    /// The name that it was given.
    pub(super) fn name(&self) -> Option<&str> {
        self.disposition.get("filename").or_else(|| self.kind.get("name")).or_else(|| self.disposition.get("name"))
    }
}

/// A message's parts; the first is the message itself, and a part comes before those within it.
#[derive(Debug)]
pub(super) struct Tree<'a> {
    pub(super) raw: &'a [u8],
    pub(super) parts: Vec<Part<'a>>,
}

/// A multipart whose parts are being read.
struct Open {
    part: usize,
    boundary: Vec<u8>,
    closed: bool,
}

/// A line that sets parts apart.
struct Delimiter {
    /// Where what it ends ends: before the line break above it.
    start: usize,
    /// Where the next line begins.
    end: usize,
    /// Whose it is, in the stack.
    level: usize,
    closes: bool,
}

struct Walk<'a> {
    raw: &'a [u8],
    parts: Vec<Part<'a>>,
    stack: Vec<Open>,
    /// Where in the stack a boundary stands.
    levels: HashMap<Vec<u8>, Vec<usize>, foldhash::fast::RandomState>,
    dashes: Finder<'static>,
    guesses: usize,
}

impl<'a> Tree<'a> {
    pub(super) fn of(raw: &'a [u8]) -> Self {
        let levels = HashMap::default();
        let mut walk =
            Walk { raw, parts: Vec::new(), stack: Vec::new(), levels, dashes: Finder::new(b"\n--"), guesses: 0 };
        walk.run();
        Tree { raw, parts: walk.parts }
    }

    pub(super) fn root(&self) -> Option<&Part<'a>> {
        self.parts.first()
    }

    pub(super) fn part(&self, id: usize) -> Option<&Part<'a>> {
        self.parts.get(id)
    }

    /// Every part that holds something of its own: a multipart without parts does where it is not blank.
    pub(super) fn leaves(&self) -> impl Iterator<Item = &Part<'a>> {
        self.parts.iter().filter(|p| !p.is_multipart() && !self.is_hollow(p))
    }

    /// A multipart without parts, and without words in their place.
    pub(super) fn is_hollow(&self, part: &Part<'_>) -> bool {
        let multipart = part.kind.word.starts_with("multipart/") && !part.is_multipart();
        multipart && self.body(part).trim_ascii().is_empty()
    }

    /// A part's body as it stands.
    pub(super) fn body(&self, part: &Part<'_>) -> &'a [u8] {
        self.raw.get(part.body.clone()).unwrap_or_default()
    }

    /// A part's content, its transfer encoding undone.
    pub(super) fn content(&self, part: &Part<'_>) -> Content<'a> {
        let body = self.body(part);
        match part.encoding {
            Some(Encoding::Base64) if part.is_text() => transfer::base64_text(body).into(),
            Some(Encoding::Base64) => transfer::base64(body).into(),
            Some(Encoding::QuotedPrintable) => transfer::quoted_printable(body).into(),
            Some(Encoding::Uuencode) => match transfer::uuencoded(body, 0) {
                Some(found) => Content { bytes: found.bytes.into(), bad: false },
                None => Content { bytes: body.into(), bad: true },
            },
            Some(Encoding::Plain) | None => Content { bytes: body.into(), bad: false },
        }
    }
}

impl<'a> Walk<'a> {
    fn run(&mut self) {
        let mut at = self.first_field();
        loop {
            let mut found = self.part(at);
            at = loop {
                let Some(delimiter) = found else {
                    self.leave(0, self.raw.len());
                    return;
                };
                self.leave(delimiter.level + 1, delimiter.start);
                let Some(open) = self.stack.get_mut(delimiter.level) else { return };
                // More parts may follow behind the end, where a writer set it too early.
                open.closed = delimiter.closes;
                if !delimiter.closes {
                    break delimiter.end;
                }
                found = self.next(delimiter.end);
            };
        }
    }

    /// Blank lines before the first field do not count.
    fn first_field(&self) -> usize {
        let blank = self.raw.iter().take_while(|b| b.is_ascii_whitespace()).count();
        let start = memchr::memrchr(b'\n', self.raw.get(..blank).unwrap_or_default()).map_or(0, |at| at + 1);
        let line = self.raw.get(start..).unwrap_or_default();
        let is_field = fields::name(line.get(..line.len().min(1000)).unwrap_or_default()).is_some();
        if start == blank && is_field { start } else { 0 }
    }

    /// Reads the part that begins at `at`, and finds what ends it or begins the first part within it.
    fn part(&mut self, at: usize) -> Option<Delimiter> {
        let is_end = |line: &[u8]| line.starts_with(b"--") && self.level(line).is_some();
        // Of a part, only what describes its content is of interest.
        let wanted =
            |name: &str| self.parts.is_empty() || name.get(..8).is_some_and(|n| n.eq_ignore_ascii_case("content-"));
        let (fields, body) = Fields::read_some(self.raw, at, is_end, wanted);
        let parent = self.stack.last().map(|open| open.part);
        let in_digest = parent.and_then(|p| self.parts.get(p)).is_some_and(|p| p.is("multipart/digest"));
        let part = describe(fields, in_digest);
        let id = self.parts.len();
        if let Some(parent) = parent.and_then(|p| self.parts.get_mut(p)) {
            parent.children.push(id);
        }
        let is_multipart = part.kind.word.starts_with("multipart/") && self.stack.len() < MAX_DEPTH;
        let boundary = is_multipart.then(|| self.as_used(part.kind.get("boundary").unwrap_or_default(), body));
        self.parts.push(Part { body: body..body, ..part });
        let found = match boundary {
            Some(boundary) => self.multipart(id, body, boundary),
            None => self.next(body),
        };
        let is_within = found.as_ref().is_some_and(|d| self.stack.get(d.level).is_some_and(|open| open.part == id));
        if !is_within {
            self.end(id, found.as_ref().map_or(self.raw.len(), |d| d.start));
        }
        found
    }

    /// The first delimiter of a multipart; without one it is a leaf.
    fn multipart(&mut self, id: usize, body: usize, boundary: Vec<u8>) -> Option<Delimiter> {
        let level = self.stack.len();
        if !boundary.is_empty() {
            self.enter(id, boundary);
        }
        let found = self.next(body);
        let is_own = |d: &Delimiter| d.level == level;
        if found.as_ref().is_some_and(is_own) {
            return found;
        }
        let end = found.as_ref().map_or(self.raw.len(), |d| d.start);
        self.leave(level, end);
        let Some(boundary) = self.guess(body..end) else { return found };
        self.enter(id, boundary);
        let again = self.next(body);
        if !again.as_ref().is_some_and(is_own) {
            self.leave(level, end);
            return found;
        }
        again
    }

    /// A boundary may not end in a space (RFC 2046 §5.1.1): such an end counts only where it is used.
    fn as_used(&mut self, boundary: &str, body: usize) -> Vec<u8> {
        let bare = boundary.trim_end();
        if bare.len() == boundary.len() || self.guesses >= MAX_GUESSES {
            return bare.as_bytes().to_vec();
        }
        self.guesses += 1;
        let rest = self.raw.get(body.saturating_sub(1)..).unwrap_or_default();
        let is_used = memchr::memmem::find(rest, &[b"\n--", boundary.as_bytes()].concat()).is_some();
        if is_used { boundary } else { bare }.as_bytes().to_vec()
    }

    fn enter(&mut self, part: usize, boundary: Vec<u8>) {
        self.levels.entry(boundary.clone()).or_default().push(self.stack.len());
        self.stack.push(Open { part, boundary, closed: false });
    }

    /// Ends the multiparts from `level` on.
    fn leave(&mut self, level: usize, end: usize) {
        while self.stack.len() > level {
            let Some(open) = self.stack.pop() else { return };
            if let Some(levels) = self.levels.get_mut(&open.boundary) {
                levels.pop();
            }
            self.end(open.part, end);
        }
    }

    fn end(&mut self, part: usize, end: usize) {
        if let Some(part) = self.parts.get_mut(part) {
            part.body.end = end.max(part.body.start);
        }
    }

    /// The next line from `from` on that is a boundary of an open multipart.
    fn next(&self, from: usize) -> Option<Delimiter> {
        if self.stack.is_empty() || self.parts.len() >= MAX_PARTS {
            return None;
        }
        // The line break above belongs to it.
        let mut at = from.saturating_sub(1);
        if from == 0
            && self.raw.starts_with(b"--")
            && let Some(found) = self.delimiter(0)
        {
            return Some(found);
        }
        while let Some(found) = self.raw.get(at..).and_then(|rest| self.dashes.find(rest)) {
            let line = at + found + 1;
            if let Some(delimiter) = self.delimiter(line) {
                return Some(delimiter);
            }
            at = line;
        }
        None
    }

    fn delimiter(&self, at: usize) -> Option<Delimiter> {
        let rest = self.raw.get(at..)?;
        let line = rest.get(..memchr::memchr(b'\n', rest).map_or(rest.len(), |end| end + 1))?;
        let (level, closes) = self.level(line)?;
        let above = self.raw.get(..at).unwrap_or_default();
        let above = above.strip_suffix(b"\n").unwrap_or(above);
        let start = above.strip_suffix(b"\r").unwrap_or(above).len();
        Some(Delimiter { start, end: at + line.len(), level, closes })
    }

    /// Whose boundary this line is, and whether it is the last.
    fn level(&self, line: &[u8]) -> Option<(usize, bool)> {
        let line = line.strip_prefix(b"--")?;
        let line = line.strip_suffix(b"\n").unwrap_or(line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let text = line.trim_ascii_end();
        let find = |boundary: &[u8]| {
            let levels = self.levels.get(boundary)?;
            let is_open = |level: &&usize| self.stack.get(**level).is_some_and(|open| !open.closed);
            levels.iter().rev().take(SAME).find(is_open).or_else(|| levels.last()).copied()
        };
        // White space may have been added on the way, or belong to it.
        let either = |whole: &[u8], text: &[u8]| {
            find(text).or_else(|| (whole.len() > text.len()).then(|| find(whole)).flatten())
        };
        // A boundary may itself end in two dashes.
        let ends = || text.strip_suffix(b"--").and_then(|text| either(text, text.trim_ascii_end()));
        either(line, text).map(|level| (level, false)).or_else(|| ends().map(|level| (level, true)))
    }

    /// A boundary that nobody named: what follows the dashes of the first line of that look, with a header or a blank line
    /// below it.
    fn guess(&mut self, range: Range<usize>) -> Option<Vec<u8>> {
        self.guesses += 1;
        if self.guesses > MAX_GUESSES {
            return None;
        }
        let text = self.raw.get(range.start..range.end.min(range.start.saturating_add(GUESS)))?;
        let mut lines = text.split(|b| *b == b'\n').peekable();
        while let Some(line) = lines.next() {
            let Some(token) = line.strip_prefix(b"--").map(<[u8]>::trim_ascii_end) else { continue };
            let looks = (1..=200).contains(&token.len())
                && token.iter().all(|b| b.is_ascii_graphic() || *b == b' ')
                && token.iter().any(u8::is_ascii_alphanumeric);
            let below = lines.peek().is_some_and(|l| l.trim_ascii().is_empty() || fields::name(l).is_some());
            if looks && below {
                return Some(token.to_vec());
            }
        }
        None
    }
}

/// A part by its fields.
fn describe(fields: Fields<'_>, in_digest: bool) -> Part<'_> {
    let kinds = || fields.all("Content-Type").map(Structured::parse);
    let mut kind = kinds().find(|k| k.word.contains('/')).or_else(|| kinds().next()).unwrap_or_default();
    let disposition = fields.first("Content-Disposition").map(Structured::parse).unwrap_or_default();
    let encoding = fields.first("Content-Transfer-Encoding").map(Encoding::of);
    let proper = kind.word.split_once('/').is_some_and(|(t, s)| !t.is_empty() && !s.is_empty());
    if !proper {
        let is_file = kind.has("name") || disposition.has("filename");
        kind.word = match kind.word.trim_end_matches('/') {
            "" if in_digest => "message/rfc822",
            "multipart" => "multipart/mixed",
            "message" => "message/rfc822",
            "text" | "" => "text/plain",
            _ if is_file || encoding == Some(Encoding::Base64) => "application/octet-stream",
            _ => "text/plain",
        }
        .to_owned();
    }
    Part { fields, kind, disposition, encoding, ..Part::default() }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The parts as `type:body`, a part within another behind a `>`.
    fn shape(raw: &str) -> Vec<String> {
        let tree = Tree::of(raw.as_bytes());
        let mut shapes: Vec<String> = Vec::new();
        for (id, part) in tree.parts.iter().enumerate() {
            let depth = {
                let mut depth = 0;
                let mut of = id;
                while let Some(parent) = tree.parts.iter().position(|p| p.children.contains(&of)) {
                    (depth, of) = (depth + 1, parent);
                }
                depth
            };
            let body = if part.is_multipart() { "" } else { std::str::from_utf8(tree.body(part)).expect("UTF-8") };
            shapes.push(format!("{}{}:{body}", ">".repeat(depth), part.kind.word));
        }
        shapes
    }

    #[test]
    fn parts_are_found() {
        for (raw, expect) in [
            ("Subject: x\n\nbody\n", &["text/plain:body\n"][..]),
            ("", &["text/plain:"]),
            (
                "Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\none\n--b\nContent-Type: text/html\n\ntwo\n--b--\npost\n",
                &["multipart/mixed:", ">text/plain:one", ">text/html:two"],
            ),
            // An outer boundary that is the start of an inner one; an inner end that is missing.
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/alternative; boundary=\"b-in\"\n\n\
                 --b-in\n\none\n--b-in\n\ntwo\n--b\n\nthree\n--b--\n",
                &[
                    "multipart/mixed:",
                    ">multipart/alternative:",
                    ">>text/plain:one",
                    ">>text/plain:two",
                    ">text/plain:three",
                ],
            ),
            // No end at all; no boundary named; another than is named.
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b\n\ncut of",
                &["multipart/mixed:", ">text/plain:one", ">text/plain:cut of"],
            ),
            ("Content-Type: multipart/mixed\n\n--b\nX-A: 1\n\none\n--b--\n", &["multipart/mixed:", ">text/plain:one"]),
            (
                "Content-Type: multipart/mixed; boundary=c\n\n--b\n\none\n--b--\n",
                &["multipart/mixed:", ">text/plain:one"],
            ),
            (
                "Content-Type: multipart/mixed; boundary=c\n\nno parts\n-- \nme\n",
                &["multipart/mixed:no parts\n-- \nme\n"],
            ),
            // A boundary that ends in a space, as it should not, and is used so, and is not.
            (
                "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b \n\none\n--b\nmore\n--b \n\ntwo\n--b --\n",
                &["multipart/mixed:", ">text/plain:one\n--b\nmore", ">text/plain:two"],
            ),
            (
                "Content-Type: multipart/mixed; boundary=\"b \"\n\n--b\n\none\n--b--\n",
                &["multipart/mixed:", ">text/plain:one"],
            ),
            // More behind the end; no blank line below the fields; a digest; spaces behind the boundary.
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n\n--b\n\ntwo\n--b--\n",
                &["multipart/mixed:", ">text/plain:one", ">text/plain:two"],
            ),
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: a/b\n--b \nContent-Type: c/d\n\nx\n--b-- \n",
                &["multipart/mixed:", ">a/b:", ">c/d:x"],
            ),
            (
                "Content-Type: multipart/digest; boundary=b\n\n--b\n\nSubject: y\n\nz\n--b--\n",
                &["multipart/digest:", ">message/rfc822:Subject: y\n\nz"],
            ),
            ("Content-Type: message/rfc822\n\nSubject: y\n\nz\n", &["message/rfc822:Subject: y\n\nz\n"]),
            // One boundary at two depths.
            (
                "Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\none\n--b--\n--b\n\ntwo\n--b--\n",
                &["multipart/mixed:", ">multipart/mixed:", ">>text/plain:one", ">text/plain:two"],
            ),
            ("Content-Type: text\n\nx", &["text/plain:x"]),
            ("Content-Type: pdf; name=x\n\nx", &["application/octet-stream:x"]),
            ("\n\r\nSubject: x\n\nbody", &["text/plain:body"]),
        ] {
            assert_eq!(shape(raw), expect, "{raw}");
            let crlf: Vec<String> = expect.iter().map(|e| e.replace('\n', "\r\n")).collect();
            assert_eq!(shape(&raw.replace("\r\n", "\n").replace('\n', "\r\n")), crlf, "{raw}");
        }
    }

    #[test]
    fn bombs_are_bounded() {
        let dashes = format!("Content-Type: multipart/mixed; boundary=b\n\n{}", "--b\n".repeat(100_000));
        assert!(Tree::of(dashes.as_bytes()).parts.len() <= MAX_PARTS + 1);
        let deep: String =
            (0..5_000).map(|i| format!("Content-Type: multipart/mixed; boundary=b{i}\n\n--b{i}\n")).collect();
        let tree = Tree::of(deep.as_bytes());
        assert_eq!(tree.parts.len(), MAX_DEPTH + 1);
    }
}
