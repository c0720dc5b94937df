//! The raw value of an address field → the mailboxes in it (RFC 5322 §3.4), as far as they can be made out.
//!
//! Real fields break the grammar: what lies between two commas and has an address in it is a mailbox, whatever else
//! it holds. Groups are opened; what has no address is left out. A name without a host is one to be read, and none to answer.

use super::words;
use crate::mail::{Address, clean};

const MAX_NAME: usize = 1000;

/// The mailboxes, at most `most` of them.
pub(super) fn mailboxes(value: &[u8], most: usize) -> Vec<Address> {
    let mut found = Vec::new();
    let mut rest = value;
    // Some writers hide a whole list in one encoded word.
    let decoded;
    if !value.contains(&b'@') && memchr::memmem::find(value, b"=?").is_some() {
        decoded = words::decode(value);
        rest = decoded.as_bytes();
    }
    let mut open = Open::default();
    while !rest.is_empty() && found.len() < most {
        let (one, tail) = cut(rest, &mut open);
        found.extend(Pieces::of(one).mailbox());
        rest = tail;
    }
    found
}

/// What stands before the next comma (or semicolon) that parts mailboxes, and what follows it.
fn cut<'a>(text: &'a [u8], open: &mut Open) -> (&'a [u8], &'a [u8]) {
    let mut at = 0;
    while let Some(b) = text.get(at) {
        match b {
            b'"' | b'(' => at = open.closing(text, at).unwrap_or(at),
            b'<' => {
                // Old routes (`<@a,@b:c@d>`) hold commas.
                let end = text.get(at + 1..).and_then(|t| memchr::memchr3(b'>', b'<', b'"', t));
                at = end.map(|end| at + 1 + end).filter(|end| text.get(*end) == Some(&b'>')).unwrap_or(at);
            }
            b',' | b';' => return (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default()),
            _ => {}
        }
        at += 1;
    }
    (text, b"")
}

/// Finds what closes quotes and comments. Where one is never closed, nor is any behind it: it is a letter like others.
#[derive(Default)]
struct Open {
    no_quotes: bool,
    no_comments: bool,
}

impl Open {
    /// Where the quote or the comment is closed that opens at `at`; comments nest.
    fn closing(&mut self, text: &[u8], at: usize) -> Option<usize> {
        let comment = text.get(at) == Some(&b'(');
        if if comment { self.no_comments } else { self.no_quotes } {
            return None;
        }
        let (mut depth, mut escaped) = (0_usize, false);
        for (i, b) in text.get(at + 1..)?.iter().enumerate() {
            match b {
                _ if std::mem::take(&mut escaped) => {}
                b'\\' => escaped = true,
                b'"' if !comment => return Some(at + 1 + i),
                b')' if comment && depth == 0 => return Some(at + 1 + i),
                b')' if comment => depth -= 1,
                b'(' if comment => depth += 1,
                _ => {}
            }
        }
        if comment {
            self.no_comments = true
        } else {
            self.no_quotes = true
        }
        None
    }
}

/// One mailbox, taken apart.
#[derive(Default)]
struct Pieces {
    /// What is neither in angle brackets nor a comment, quotes undone.
    phrase: Vec<u8>,
    /// The same with what was quoted left out.
    bare: Vec<u8>,
    comment: Vec<u8>,
    angle: Option<Vec<u8>>,
}

impl Pieces {
    fn of(text: &[u8]) -> Self {
        let (mut pieces, mut open) = (Pieces::default(), Open::default());
        let mut at = 0;
        while let Some(b) = text.get(at) {
            let inside = |end: usize| text.get(at + 1..end).unwrap_or_default();
            match b {
                b'"' if let Some(end) = open.closing(text, at) => {
                    // `"quoted local part"@domain` is one address.
                    let in_address = text.get(end + 1) == Some(&b'@');
                    if in_address {
                        pieces.bare.extend_from_slice(text.get(at..=end).unwrap_or_default());
                    }
                    pieces.phrase.extend(unescaped(inside(end)));
                    at = end;
                }
                b'(' if let Some(end) = open.closing(text, at) => {
                    pieces.comment.extend(unescaped(inside(end)));
                    pieces.comment.push(b' ');
                    pieces.phrase.push(b' ');
                    at = end;
                }
                b'<' => {
                    let rest = text.get(at + 1..).unwrap_or_default();
                    let len = memchr::memchr(b'>', rest).unwrap_or(rest.len());
                    let angle = rest.get(..len).unwrap_or_default();
                    if pieces.angle.as_ref().is_none_or(|a| !a.contains(&b'@')) {
                        // `<<a@b>>`, `<a <a@b>>`
                        let last = angle.rsplit(|b| *b == b'<').next().unwrap_or_default();
                        pieces.angle = Some(last.to_vec());
                    }
                    at += len + 1;
                }
                // A group's name ends in a colon.
                b':' if !pieces.bare.contains(&b'@') && pieces.angle.is_none() => pieces = Pieces::default(),
                b'>' => {}
                b => {
                    pieces.phrase.push(*b);
                    pieces.bare.push(*b);
                }
            }
            at += 1;
        }
        pieces
    }

    fn mailbox(self) -> Option<Address> {
        let angle = self.angle.as_deref().and_then(|a| email(a).or_else(|| local(a)));
        let (email, name) = match angle {
            Some(email) => (email, self.phrase.as_slice()),
            // The address stands among words, or the writer put it into quotes.
            None => {
                let word = |text: &[u8]| text.split(u8::is_ascii_whitespace).find_map(email);
                let whole = email(&self.bare).filter(|e| self.bare.trim_ascii().len() == e.len());
                let squeezed = || self.angle.is_none().then(|| email(&squeeze(&self.bare))).flatten();
                let found = whole.or_else(|| word(&self.bare)).or_else(squeezed).or_else(|| word(&self.phrase));
                let found = found.or_else(|| local(&self.bare))?;
                (found, self.comment.as_slice())
            }
        };
        let decode = |raw: &[u8]| {
            let name = clean::header(&words::decode(raw));
            let name = clean::prefix(&name, MAX_NAME).trim_matches(|c: char| matches!(c, '"' | '\'') || c == ' ');
            name.to_owned()
        };
        let name = match decode(name) {
            name if name.is_empty() => decode(&self.comment),
            name => name,
        };
        Some(if name == email { Address::bare(email) } else { Address::named(&name, email) })
    }
}

fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [b'\\', b, tail @ ..] => {
                out.push(*b);
                rest = tail;
            }
            [b, tail @ ..] => {
                out.push(*b);
                rest = tail;
            }
            [] => return out,
        }
    }
}

/// Parentheses that are never closed are letters like others.
fn without_comments(text: &[u8]) -> Vec<u8> {
    let (mut out, mut open, mut at) = (Vec::with_capacity(text.len()), Open::default(), 0);
    while let Some(b) = text.get(at) {
        match (*b == b'(').then(|| open.closing(text, at)).flatten() {
            Some(end) => at = end,
            None => out.push(*b),
        }
        at += 1;
    }
    out
}

fn squeeze(text: &[u8]) -> Vec<u8> {
    text.iter().copied().filter(|b| !b.is_ascii_whitespace()).collect()
}

/// The address that the text is, without white space, comments and route.
fn email(text: &[u8]) -> Option<String> {
    let quoted = text.contains(&b'"');
    let text = if quoted { text.trim_ascii().to_vec() } else { squeeze(&without_comments(text)) };
    let text = clean::header(&String::from_utf8_lossy(&text));
    // `@a,@b:c@d`, `mailto:c@d`
    let text = match text.rsplit_once(':') {
        Some((route, rest)) if route.starts_with('@') || route.eq_ignore_ascii_case("mailto") => rest,
        _ => &text,
    };
    let text = text.trim_matches(|c| matches!(c, '<' | '>' | '\'' | ',' | ';' | ' '));
    is_address(text).then(|| text.to_owned())
}

/// A name without a host, as machines have them among themselves: one plain word.
fn local(text: &[u8]) -> Option<String> {
    let word = std::str::from_utf8(text.trim_ascii()).ok()?;
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+');
    let lower = word.to_ascii_lowercase();
    let nobody = ["undisclosed", "recipient", "unlisted", "suppressed"].iter().any(|n| lower.contains(n));
    let ok =
        (1..=64).contains(&word.len()) && word.bytes().all(plain) && word.bytes().any(|b| b.is_ascii_alphanumeric());
    (ok && !nobody).then(|| word.to_owned())
}

/// Lenient: real addresses break the grammar, but none holds these.
pub(super) fn is_address(email: &str) -> bool {
    let around = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    let quoted = email.starts_with('"');
    let bad = |c: char| c.is_control() || c.is_whitespace() && !quoted || "<>,;".contains(c) && !quoted;
    around && email.len() <= 320 && !email.chars().any(bad)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_found() {
        for (value, expect) in [
            ("ada@example.com", &["ada@example.com"][..]),
            (" Ada Park <ada@example.com>\r\n", &["Ada Park <ada@example.com>"]),
            ("\"Reed, Sam\" <sam@example.org>, b@y.org", &["Sam, no", "b@y.org"]),
            ("=?utf-8?Q?Ada_P=C3=A4rk?= <ada@example.com>", &["Ada Pärk <ada@example.com>"]),
            ("\"=?utf-8?Q?P=C3=A4rk=2C_Ada?=\" <ada@example.com>", &["Pärk"]),
            ("ada@example.com (Ada Park)", &["Ada Park <ada@example.com>"]),
            ("x: a@b.example, C <c@d.example>;, e@f.example", &["a@b.example", "C <c@d.example>", "e@f.example"]),
            ("undisclosed-recipients:;", &[]),
            ("Undisclosed recipients:;", &[]),
            ("<@a.example,@b.example:c@d.example>", &["c@d.example"]),
            ("Ada <ada @ example.com>", &["Ada <ada@example.com>"]),
            ("<<ada@example.com>>", &["ada@example.com"]),
            ("'ada@example.com' <ada@example.com>", &["ada@example.com"]),
            ("Ada Park ada@example.com", &["ada@example.com"]),
            ("\"ada@example.com\"", &["ada@example.com"]),
            ("\"a b\"@example.com", &["\"a b\"@example.com"]),
            ("a(comment)b@example.com", &["comment <ab@example.com>"]),
            ("\"Unclosed <x@y.example>, z@y.example", &["Unclosed <x@y.example>", "z@y.example"]),
            ("<mailto:a@b.example>", &["a@b.example"]),
            ("me, you@", &["me"]),
            ("Cron Daemon <root>, (Ada) ada, Ada Park, recipients", &["Cron Daemon <root>", "Ada <ada>"]),
            ("", &[]),
        ] {
            let found: Vec<String> = mailboxes(value.as_bytes(), 100).iter().map(ToString::to_string).collect();
            match expect {
                ["Sam, no", rest] => assert_eq!(found, ["\"Reed, Sam\" <sam@example.org>", rest]),
                ["Pärk"] => assert_eq!(found, ["\"Pärk, Ada\" <ada@example.com>"]),
                _ => assert_eq!(found, expect, "{value}"),
            }
        }
    }

    #[test]
    fn hostile_lists_cost_no_more_than_their_length() {
        for piece in ["<", "\"", "(", "((", "a<", ",<", "\\"] {
            mailboxes(piece.repeat(20_000).as_bytes(), 2000);
        }
    }
}
