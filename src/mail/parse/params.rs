//! A structured field with parameters (Content-Type, Content-Disposition) → its word and its parameters, decoded.
//!
//! RFC 2231 in full: pieces are joined before they are decoded, as writers cut between any two octets. What else is in use is
//! read, too: encoded words in quotes, raw octets, values with spaces and without quotes.

use super::{charset, words};
use crate::mail::escapes::percent;
use memchr::memmem;

/// More parameters than these no field has.
const MOST: usize = 300;

/// A value such as `text/plain; charset=utf-8`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Structured {
    /// What stands before the first semicolon, lowercased, without white space.
    pub(super) word: String,
    /// Names are lowercased.
    parameters: Vec<(String, String)>,
}

impl Structured {
    pub(super) fn parse(value: &[u8]) -> Self {
        let mut pieces = split(value);
        let word = String::from_utf8_lossy(&without_comments(pieces.next().unwrap_or_default())).to_lowercase();
        let word = word.chars().filter(|c| !c.is_whitespace() && !c.is_control() && *c != '"').collect();
        let mut raw: Vec<Raw> = pieces.take(MOST).filter_map(Raw::of).collect();
        raw.sort_by(|a, b| a.name.cmp(&b.name).then(a.number.cmp(&b.number)));
        let mut parameters: Vec<(String, String)> = Vec::new();
        for group in raw.chunk_by(|a, b| a.name == b.name) {
            let Some(first) = group.first() else { continue };
            // The extended form is the better one where a writer gives both (RFC 6266 §4.3).
            let extended: Vec<&Raw> = group.iter().filter(|r| r.number.is_some() || r.encoded).collect();
            let value = if extended.is_empty() { plain(&first.value) } else { joined(&extended) };
            parameters.push((first.name.clone(), value));
        }
        Structured { word, parameters }
    }

    /// The value of a parameter, unless it is empty.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.parameters.iter().any(|(n, _)| n == name)
    }
}

/// One parameter as it stands: `name*2*=…`.
struct Raw {
    name: String,
    number: Option<usize>,
    encoded: bool,
    /// Without quotes.
    value: Vec<u8>,
}

impl Raw {
    fn of(parameter: &[u8]) -> Option<Self> {
        let at = memchr::memchr(b'=', parameter)?;
        let key = std::str::from_utf8(parameter.get(..at)?.trim_ascii()).ok()?.to_ascii_lowercase();
        // What stands before a name without a semicolon between belongs to no parameter.
        let key = key.rsplit([' ', '\t', '\n']).next().unwrap_or_default();
        let (key, encoded) = key.strip_suffix('*').map_or((key, false), |k| (k, true));
        let (name, number) = match key.split_once('*') {
            Some((name, number)) => (name, Some(number.parse().ok()?)),
            None => (key, None),
        };
        let value = unquoted(parameter.get(at + 1..)?.trim_ascii());
        (!name.is_empty()).then(|| Raw { name: name.to_owned(), number, encoded, value })
    }
}

/// A value in pieces, or encoded, or both (RFC 2231 §3 and §4).
fn joined(pieces: &[&Raw]) -> String {
    let (mut label, mut octets) = (None, Vec::new());
    for (at, piece) in pieces.iter().enumerate() {
        // A piece is missing: what follows it stands for nothing that can be known.
        if piece.number.is_some_and(|n| n > at + 1) {
            break;
        }
        if !piece.encoded {
            octets.extend_from_slice(&piece.value);
            continue;
        }
        // charset'language'octets
        let mut parts = piece.value.splitn(3, |b| *b == b'\'');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(charset), Some(_), Some(text)) if at == 0 => {
                label = Some(String::from_utf8_lossy(charset).into_owned());
                octets.extend(percent(text));
            }
            // Only one of the two marks, or none.
            (Some(_), Some(text), None) if at == 0 => octets.extend(percent(text)),
            _ => octets.extend(percent(&piece.value)),
        }
    }
    if label.is_none() && memmem::find(&octets, b"=?").is_some() {
        return words::decode(&octets);
    }
    charset::decode(&octets, label.as_deref().filter(|l| !l.is_empty())).into_owned()
}

fn plain(value: &[u8]) -> String {
    words::decode(value)
}

/// What stands between semicolons, those in quotes aside.
fn split(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    // Quotes that never close are none.
    let balanced = value.iter().filter(|b| **b == b'"').count().is_multiple_of(2);
    let (mut quoted, mut escaped) = (false, false);
    value.split(move |b| {
        let was_escaped = std::mem::take(&mut escaped);
        match b {
            b'\\' if quoted && !was_escaped => escaped = true,
            b'"' if !was_escaped => quoted = balanced && !quoted,
            b';' => return !quoted,
            _ => {}
        }
        false
    })
}

/// What stands in quotes, or up to a comment.
fn unquoted(value: &[u8]) -> Vec<u8> {
    let Some(inner) = value.strip_prefix(b"\"") else {
        let end = memmem::find(value, b" (").unwrap_or(value.len());
        return value.get(..end).unwrap_or_default().trim_ascii().to_vec();
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    loop {
        match rest {
            [] | [b'"', ..] => return out,
            // A path of Windows is no run of escapes.
            [b'\\', b @ (b'"' | b'\\'), tail @ ..] => {
                out.push(*b);
                rest = tail;
            }
            // Folded within the quotes.
            [b'\r' | b'\n', tail @ ..] => rest = tail,
            [b, tail @ ..] => {
                out.push(*b);
                rest = tail;
            }
        }
    }
}

fn without_comments(value: &[u8]) -> Vec<u8> {
    let mut depth = 0_usize;
    let mut out = Vec::new();
    for b in value {
        match b {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(*b),
            _ => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_decoded() {
        for (field, expect) in [
            ("attachment; filename=x.pdf", Some("x.pdf")),
            ("attachment; filename=\"a b; c.pdf\"; size=3", Some("a b; c.pdf")),
            ("attachment; filename=a b.pdf", Some("a b.pdf")),
            ("attachment; filename=\"a \\\"b\\\".pdf\"", Some("a \"b\".pdf")),
            ("attachment; filename=\"C:\\dir\\x.pdf\"", Some("C:\\dir\\x.pdf")),
            ("attachment; filename*=utf-8''pl%C3%A4n.pdf", Some("plän.pdf")),
            ("attachment; filename=plan.pdf; filename*=utf-8'de'pl%C3%A4n.pdf", Some("plän.pdf")),
            ("attachment; filename=\"=?utf-8?Q?pl=C3=A4n.pdf?=\"", Some("plän.pdf")),
            ("attachment; filename==?utf-8?Q?pl=C3=A4n.pdf?=", Some("plän.pdf")),
            ("attachment; filename*0*=utf-8''%E8%A6%8B%E7; filename*1*=%A9%8D.pdf", Some("見積.pdf")),
            (
                "attachment;\r\n FILENAME*1*=%A9%8D;\r\n filename*0*=UTF-8'ja'%E8%A6%8B%E7;\r\n filename*2=\".p;df\"",
                Some("見積.p;df"),
            ),
            ("attachment; filename*0=\"long \"; filename*1=name.pdf", Some("long name.pdf")),
            ("attachment; filename*0*=iso-8859-1''gr%FC; filename*1*=%DFe%zz", Some("grüße%zz")),
            ("attachment; filename*0*=nonsense''a", Some("a")),
            ("attachment; filename*=a%20b", Some("a b")),
            ("attachment; filename=\"x*0*=utf-8''y\"", Some("x*0*=utf-8''y")),
            ("attachment; filename=\"open.pdf", Some("open.pdf")),
            ("attachment; filename=\"\"", None),
            ("attachment", None),
            ("", None),
        ] {
            assert_eq!(Structured::parse(field.as_bytes()).get("filename"), expect, "{field}");
        }
        assert_eq!(
            Structured::parse(b"attachment; filename=\"pl\xe4ne f\xfcr uns.pdf\"").get("filename"),
            Some("pläne für uns.pdf")
        );
    }

    #[test]
    fn words_are_plain() {
        for (field, expect) in [
            (" Text/Plain; charset=x", "text/plain"),
            (" text / html (really)", "text/html"),
            (" \"text/plain\"", "text/plain"),
            (";;;/text \"plain= charset", ""),
        ] {
            assert_eq!(Structured::parse(field.as_bytes()).word, expect, "{field}");
        }
    }
}
