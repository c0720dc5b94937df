//! HTML → its tags and texts, as the HTML standard cuts them (§13.2.5); nothing is copied.
//!
//! Comments, declarations and what scripts and styles hold are passed over. Time is linear whatever the text is.

use super::style;
use super::tag::Tag;

/// A piece of HTML.
#[derive(Debug)]
pub(super) enum Token<'a> {
    /// Text, its character references undecoded.
    Text(&'a str),
    Start(Start<'a>),
    End(&'a str, Tag),
}

/// A start tag.
#[derive(Debug, Clone, Copy)]
pub(super) struct Start<'a> {
    pub(super) name: &'a str,
    pub(super) tag: Tag,
    /// The attributes as they are written.
    pub(super) attributes: &'a str,
    pub(super) look: style::Look,
}

impl<'a> Start<'a> {
    /// A tag without attributes.
    pub(super) fn bare(name: &'a str, tag: Tag) -> Self {
        Start { name, tag, attributes: "", look: style::Look::default() }
    }
}

/// Reads HTML from its start.
pub(super) struct Tokens<'a> {
    html: &'a str,
    at: usize,
    /// Elements to be dropped that do not end: their tags are passed over instead.
    endless: Vec<&'a str>,
    style: style::Sheet<'a>,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(html: &'a str) -> Self {
        Tokens { html, at: 0, endless: Vec::new(), style: style::Sheet::default() }
    }

    fn rest(&self) -> &'a str {
        self.html.get(self.at..).unwrap_or_default()
    }

    /// Moves on behind the next such byte, or to the end.
    fn skip_past(&mut self, byte: u8) {
        let rest = self.rest().as_bytes();
        self.at += memchr::memchr(byte, rest).map_or(rest.len(), |at| at + 1);
    }

    fn skip_comment(&mut self) {
        let rest = self.rest().get(4..).unwrap_or_default();
        let short = [">", "->"].into_iter().find(|end| rest.starts_with(end)).map(str::len);
        let bytes = rest.as_bytes();
        let end = || {
            memchr::memmem::find_iter(bytes, b"--").find_map(|at| match bytes.get(at + 2) {
                Some(b'>') => Some(at + 3),
                Some(b'!') if bytes.get(at + 3) == Some(&b'>') => Some(at + 4),
                // Of three dashes the last two can end it.
                Some(b'-') if bytes.get(at + 3) == Some(&b'>') => Some(at + 4),
                _ => None,
            })
        };
        self.at += 4 + short.or_else(end).unwrap_or(rest.len());
    }

    fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let length = rest.bytes().position(|b| is_space(b) || matches!(b, b'/' | b'>')).unwrap_or(rest.len());
        self.at += length;
        rest.get(..length).unwrap_or_default()
    }

    /// The tag whose name begins here; `None` when the text ends within it.
    fn start_tag(&mut self) -> Option<Start<'a>> {
        let name = self.name();
        let tag = Tag::of(name);
        if self.rest().starts_with('>') {
            self.at += 1;
            return Some(Start::bare(name, tag));
        }
        let mut attributes = Attributes { text: self.rest(), at: 0, end: End::Text };
        let look = style::look(tag, &mut attributes, &self.style);
        let (end, after) = (attributes.end, attributes.at);
        let written = self.rest().get(..after.saturating_sub(1)).unwrap_or_default();
        self.at += after;
        match end {
            End::Text => return None,
            End::Tag => {}
            End::Closed if tag == Tag::Dropped => {
                return Some(Start::bare(name, Tag::Nothing));
            }
            End::Closed => {}
        }
        Some(Start { name, tag, attributes: written, look })
    }

    /// Moves on behind the end tag of an element that holds no HTML; gives what it holds.
    fn skip_raw(&mut self, name: &str) -> &'a str {
        let rest = self.rest();
        let end = memchr::memmem::find_iter(rest.as_bytes(), b"</").find(|at| is_named(rest, at + 2, name));
        let end = end.filter(|_| !name.eq_ignore_ascii_case("plaintext"));
        self.at += end.unwrap_or(rest.len());
        if end.is_some() {
            self.skip_past(b'>');
        }
        rest.get(..end.unwrap_or(rest.len())).unwrap_or_default()
    }

    /// Moves on behind the end of an element and of all of its name in it; where there is none, nothing is skipped.
    fn skip_element(&mut self, name: &'a str) {
        if self.endless.iter().any(|n| n.eq_ignore_ascii_case(name)) {
            return;
        }
        let rest = self.rest();
        let mut depth = 1_usize;
        for at in memchr::memchr_iter(b'<', rest.as_bytes()) {
            if is_named(rest, at + 1, name) {
                depth += 1;
            } else if rest.as_bytes().get(at + 1) == Some(&b'/') && is_named(rest, at + 2, name) {
                depth -= 1;
            }
            if depth == 0 {
                self.at += at;
                self.skip_past(b'>');
                return;
            }
        }
        self.endless.push(name);
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            let rest = self.rest();
            match rest.as_bytes() {
                [] => return None,
                [b'<', b'!', b'-', b'-', ..] => self.skip_comment(),
                [b'<', b'!' | b'?', ..] => self.skip_past(b'>'),
                [b'<', b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                    self.at += 2;
                    let name = self.name();
                    if self.rest().starts_with('>') {
                        self.at += 1;
                        return Some(Token::End(name, Tag::of(name)));
                    }
                    let mut attributes = Attributes { text: self.rest(), at: 0, end: End::Text };
                    attributes.by_ref().for_each(drop);
                    self.at += attributes.at;
                    if attributes.end != End::Text {
                        return Some(Token::End(name, Tag::of(name)));
                    }
                }
                [b'<', b'/', ..] => self.skip_past(b'>'),
                [b'<', b'a'..=b'z' | b'A'..=b'Z', ..] => {
                    self.at += 1;
                    let start = self.start_tag()?;
                    match start.tag {
                        Tag::Raw => {
                            let held = self.skip_raw(start.name);
                            if start.name.eq_ignore_ascii_case("style") {
                                self.style.read(held);
                            }
                        }
                        Tag::Dropped => self.skip_element(start.name),
                        Tag::Nothing => {}
                        _ => return Some(Token::Start(start)),
                    }
                }
                // A `<` that begins no tag is one.
                bytes => {
                    let from = usize::from(bytes.first() == Some(&b'<'));
                    let after = bytes.get(from..).unwrap_or_default();
                    let end = from + memchr::memchr(b'<', after).unwrap_or(after.len());
                    self.at += end;
                    return rest.get(..end).map(Token::Text);
                }
            }
        }
    }
}

/// True when the name stands at that place, and ends.
fn is_named(text: &str, at: usize, name: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.get(at..at + name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name.as_bytes()))
        && bytes.get(at + name.len()).is_none_or(|b| is_space(*b) || matches!(b, b'/' | b'>'))
}

/// White space as HTML has it.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\n' | b'\t' | b'\r' | 0xc)
}

/// Where attributes end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// With the text: then there is no tag.
    Text,
    Tag,
    /// `/>`
    Closed,
}

/// Names and values of a tag's attributes as they are written, up to its end.
pub(super) struct Attributes<'a> {
    text: &'a str,
    at: usize,
    end: End,
}

/// The attributes of a start tag.
pub(super) fn attributes(written: &str) -> Attributes<'_> {
    Attributes { text: written, at: 0, end: End::Text }
}

impl<'a> Attributes<'a> {
    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    fn find_byte(&self, from: usize, is: impl Fn(u8) -> bool) -> usize {
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        from + rest.iter().position(|b| is(*b)).unwrap_or(rest.len())
    }
}

impl<'a> Iterator for Attributes<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        self.at = self.find_byte(self.at, |b| !is_space(b) && b != b'/');
        if self.byte(self.at)? == b'>' {
            let closed = self.at.checked_sub(1).and_then(|at| self.byte(at)) == Some(b'/');
            self.end = if closed { End::Closed } else { End::Tag };
            self.at += 1;
            return None;
        }
        let from = self.at;
        let to = self.find_byte(from + 1, |b| is_space(b) || matches!(b, b'/' | b'>' | b'='));
        // A name may begin with a letter of several bytes, but it ends at one of one.
        let name = self.text.get(from..to)?;
        self.at = self.find_byte(to, |b| !is_space(b));
        if self.byte(self.at) != Some(b'=') {
            return Some((name, ""));
        }
        let from = self.find_byte(self.at + 1, |b| !is_space(b));
        let (from, to, after) = match self.byte(from) {
            Some(quote @ (b'"' | b'\'')) => {
                let rest = self.text.as_bytes().get(from + 1..).unwrap_or_default();
                match memchr::memchr(quote, rest) {
                    Some(length) => (from + 1, from + 1 + length, from + 2 + length),
                    None => (from + 1, self.text.len(), self.text.len()),
                }
            }
            _ => {
                let to = self.find_byte(from, |b| is_space(b) || b == b'>');
                (from, to, to)
            }
        };
        self.at = after;
        Some((name, self.text.get(from..to)?))
    }
}
