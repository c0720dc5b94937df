//! A parameter that was cut into pieces (RFC 2231 §3 and §4.1) → its value. Writers cut between octets, also in the
//! middle of a letter: the pieces are joined first, and decoded then.

use mail_parser::decoders::charsets::map::charset_decoder;

/// More pieces than these no name has.
const MOST: usize = 200;

/// The value of `name` in a header field, where it stands there in numbered, encoded pieces.
pub(super) fn joined(field: &[u8], name: &str) -> Option<String> {
    let mut pieces: Vec<(usize, Piece)> = parameters(field).filter_map(|p| piece(p, name)).take(MOST).collect();
    pieces.sort_by_key(|(n, _)| *n);
    let (mut charset, mut octets) = (None, Vec::new());
    for (at, (n, piece)) in pieces.into_iter().enumerate() {
        match piece {
            _ if n != at => return None,
            Piece::Encoded(text) if n == 0 => {
                // charset'language'octets
                let mut parts = text.splitn(3, |b| *b == b'\'');
                charset = parts.next();
                octets = decoded(parts.nth(1)?);
            }
            Piece::Encoded(text) => octets.extend(decoded(text)),
            Piece::Plain(text) => octets.extend_from_slice(text),
        }
    }
    let decode = || match charset.and_then(charset_decoder) {
        Some(decoder) => decoder(&octets),
        None => String::from_utf8_lossy(&octets).into_owned(),
    };
    (!octets.is_empty()).then(decode)
}

enum Piece<'a> {
    Plain(&'a [u8]),
    Encoded(&'a [u8]),
}

/// `name*2*=…` → 2 and what follows.
fn piece<'a>(parameter: &'a [u8], name: &str) -> Option<(usize, Piece<'a>)> {
    let at = parameter.iter().position(|b| *b == b'=')?;
    let (key, value) = (parameter.get(..at)?.trim_ascii(), parameter.get(at + 1..)?.trim_ascii());
    let key = std::str::from_utf8(key).ok()?.to_ascii_lowercase();
    let number = key.strip_prefix(name)?.strip_prefix('*')?;
    match number.strip_suffix('*') {
        Some(number) => Some((number.parse().ok()?, Piece::Encoded(value))),
        None => {
            let bare = value.strip_prefix(b"\"").and_then(|v| v.strip_suffix(b"\"")).unwrap_or(value);
            Some((number.parse().ok()?, Piece::Plain(bare)))
        }
    }
}

/// What stands between semicolons, those in quotes aside.
fn parameters(field: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut quoted = false;
    field.split(move |b| {
        quoted ^= *b == b'"';
        *b == b';' && !quoted
    })
}

/// `%41b` → `Ab`; a per cent sign that stands for nothing stays.
fn decoded(text: &[u8]) -> Vec<u8> {
    let hex = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, tail)) = rest.split_first() {
        match (first, tail) {
            (b'%', [a, b, tail @ ..]) => {
                if let (Some(a), Some(b)) = (hex(a), hex(b)) {
                    out.push(a * 16 + b);
                    rest = tail;
                    continue;
                }
                out.push(b'%');
            }
            _ => out.push(*first),
        }
        rest = tail;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_are_joined_before_they_are_decoded() {
        for (field, expect) in [
            ("attachment; filename*0*=utf-8''%E8%A6%8B%E7; filename*1*=%A9%8D.pdf", Some("見積.pdf")),
            (
                "attachment;\r\n FILENAME*1*=%A9%8D;\r\n filename*0*=UTF-8'ja'%E8%A6%8B%E7;\r\n filename*2=\".p;df\"",
                Some("見積.p;df"),
            ),
            ("attachment; filename*0*=iso-8859-1''gr%FC; filename*1*=%DFe%zz", Some("grüße%zz")),
            ("attachment; filename*1*=utf-8''a", None),
            ("attachment; filename*0*=nonsense''a", Some("a")),
            ("attachment; filename*0*=a", None),
            ("attachment; filename=\"x*0*=utf-8''y\"", None),
            ("", None),
        ] {
            assert_eq!(joined(field.as_bytes(), "filename").as_deref(), expect, "{field}");
        }
    }
}
