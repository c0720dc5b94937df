//! Character references in HTML: `&amp;` → `&`, as the HTML standard has it (§13.2.5.72).

use html5ever::data::NAMED_ENTITIES;
use std::borrow::Cow;

/// Text without its references; `None` for those that are a matter of error handling.
pub(super) fn decode(text: &str, in_attribute: bool) -> Option<Cow<'_, str>> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Some(Cow::Borrowed(text)) };
    let mut out = String::with_capacity(text.len());
    let (before, mut rest) = text.split_at_checked(first)?;
    out.push_str(before);
    // `rest` begins with an ampersand.
    while let Some(reference) = rest.strip_prefix('&') {
        let after = match reference.as_bytes() {
            [b'#', ..] => {
                let (c, after) = numeric(reference.get(1..)?)?;
                out.push(c);
                after
            }
            [b, ..] if b.is_ascii_alphanumeric() => match named(reference) {
                Some((len, _)) if in_attribute && is_part_of_address(reference, len) => {
                    out.push('&');
                    reference
                }
                Some((len, chars)) => {
                    out.extend(chars.into_iter().filter(|c| *c != '\0'));
                    reference.get(len..)?
                }
                None => {
                    out.push('&');
                    reference
                }
            },
            _ => {
                out.push('&');
                reference
            }
        };
        let next = memchr::memchr(b'&', after.as_bytes()).unwrap_or(after.len());
        let (plain, tail) = after.split_at_checked(next)?;
        out.push_str(plain);
        rest = tail;
    }
    Some(Cow::Owned(out))
}

/// `x=1&copy=2` in an attribute is an address, not a sign.
fn is_part_of_address(reference: &str, len: usize) -> bool {
    let next = reference.as_bytes().get(len);
    !reference.get(..len).is_some_and(|name| name.ends_with(';'))
        && next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric())
}

/// A number that stands for itself, with its semicolon.
fn numeric(text: &str) -> Option<(char, &str)> {
    let (number, after) = text.split_at_checked(memchr::memchr(b';', text.as_bytes().get(..text.len().min(10))?)?)?;
    let code = match number.strip_prefix(['x', 'X']) {
        Some(hex) if hex.bytes().all(|b| b.is_ascii_hexdigit()) => u32::from_str_radix(hex, 16).ok()?,
        None if number.bytes().all(|b| b.is_ascii_digit()) => number.parse().ok()?,
        _ => return None,
    };
    let plain = matches!(code, 0x20..=0x7e | 0xa0..=0xd7ff | 0xe000..=0xfdcf | 0xfdf0..=0xfffd | 0x1_0000..=0x1_fffd);
    Some((char::from_u32(code).filter(|_| plain)?, after.get(1..)?))
}

/// The longest name that the text begins with, and what it stands for.
fn named(text: &str) -> Option<(usize, [char; 2])> {
    let mut longest = None;
    for len in 1..=text.len() {
        let Some((first, second)) = text.get(..len).and_then(|name| NAMED_ENTITIES.get(name)) else { break };
        if *first != 0 {
            longest = Some((len, [char::from_u32(*first)?, char::from_u32(*second)?]));
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn references() {
        for (text, in_text, in_attribute) in [
            ("a &amp; b", "a & b", "a & b"),
            ("&lt;&gt;&quot;&nbsp;", "<>\"\u{a0}", "<>\"\u{a0}"),
            ("AT&T, Q & A &", "AT&T, Q & A &", "AT&T, Q & A &"),
            ("?a=1&copy=2&b", "?a=1©=2&b", "?a=1&copy=2&b"),
            ("&notit; &notin;", "¬it; ∉", "&notit; ∉"),
            ("&#8364;&#x20ac;", "€€", "€€"),
            ("&unknown; &;", "&unknown; &;", "&unknown; &;"),
        ] {
            assert_eq!(decode(text, false).as_deref(), Some(in_text), "{text}");
            assert_eq!(decode(text, true).as_deref(), Some(in_attribute), "{text}");
        }
        for text in ["&#0;", "&#128;", "&#65", "&#xd800;", "&#;", "&#1114112;"] {
            assert_eq!(decode(text, false), None, "{text}");
        }
    }
}
