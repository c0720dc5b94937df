//! Mailbox names on the wire: quoted, in modified UTF-7 (RFC 3501 §5.1.3).

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

/// A mailbox that the server did not list, as its name on the wire: what a person wrote is encoded, unless it is
/// in the wire's own form already.
pub(super) fn unlisted(name: &str) -> String {
    let as_it_is = name.is_ascii() && decode(name).is_some_and(|decoded| encode(&decoded) == name);
    if as_it_is { name.to_owned() } else { encode(name) }
}

/// A mailbox's name as people read it; `None` when it is not in modified UTF-7.
pub fn decode(wire: &str) -> Option<String> {
    if !wire.is_ascii() {
        return None;
    }
    let mut parts = wire.split('&');
    let mut out = parts.next().unwrap_or_default().to_owned();
    let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
    for part in parts {
        let (shifted, plain) = part.split_once('-')?;
        if shifted.is_empty() {
            out.push('&');
        } else {
            let bytes = engine.decode(shifted).ok()?;
            let (pairs, odd) = bytes.as_chunks::<2>();
            if !odd.is_empty() {
                return None;
            }
            let units = pairs.iter().map(|pair| u16::from_be_bytes(*pair));
            let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
            if text.chars().any(char::is_control) {
                return None;
            }
            out.push_str(&text);
        }
        out.push_str(plain);
    }
    Some(out)
}

/// Text as it stood in quotes, which the parser leaves with its backslashes (RFC 3501 §9 `QUOTED-CHAR`).
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, chars.clone().next()) {
            ('\\', Some(next @ ('\\' | '"'))) => {
                out.push(next);
                chars.next();
            }
            // Not escaped: the name came as a literal, and stands as it is.
            ('\\', _) => return text.to_owned(),
            _ => out.push(c),
        }
    }
    out
}

/// A name that a person wrote, as the server knows it.
fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    let flush = |shifted: &mut Vec<u8>, out: &mut String| {
        if !shifted.is_empty() {
            let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
            out.push_str(&format!("&{}-", engine.encode(&shifted)));
            shifted.clear();
        }
    };
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut shifted, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|u| u.to_be_bytes()));
        }
    }
    flush(&mut shifted, &mut out);
    out
}

/// Text as a quoted string (RFC 3501 §9 `quoted`).
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_the_rfc_does() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Envoyés", "Envoy&AOk-s"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("a & b", "a &- b"),
            ("😀", "&2D3eAA-"),
            ("R&-D", "R&--D"),
            ("[Gmail]/Корзина", "[Gmail]/&BBoEPgRABDcEOAQ9BDA-"),
        ] {
            assert_eq!(encode(name), wire);
            assert_eq!(decode(wire).as_deref(), Some(name));
        }
        for not in ["R&D", "&A", "&AO-", "&2D0-", "&AAo-", "Envoyés", "&!!!!-"] {
            assert_eq!(decode(not), None, "{not}");
        }
        for (name, wire) in [("R&D", "R&-D"), ("R&-D", "R&-D"), ("Envoyés", "Envoy&AOk-s"), ("&AOk-", "&AOk-")] {
            assert_eq!(unlisted(name), wire);
        }
        for (name, plain) in [("a", "a"), ("a\\\"b\\\\c", "a\"b\\c"), ("a\\b", "a\\b"), ("\\\\", "\\"), ("\\", "\\")] {
            assert_eq!(unescaped(name), plain);
        }
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    }
}
