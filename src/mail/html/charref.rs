//! Character references in HTML: `&amp;` → `&`, as the HTML standard has it (§13.2.5.72), repairs included.

use std::borrow::Cow;

/// Name and characters (code points in hex), sorted by name; names that need no semicolon stand without one, too.
const NAMES: &str = include_str!("names.txt");
/// What windows-1252 has where Unicode has controls: written as numbers by those who did not know.
const WINDOWS: [u32; 32] = [
    0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021, 0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d,
    0x8f, 0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d,
    0x17e, 0x178,
];

/// Text without its references.
pub(super) fn decode(text: &str, in_attribute: bool) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'&', text.as_bytes()) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len());
    out.push_str(text.get(..first).unwrap_or_default());
    let mut rest = text.get(first..).unwrap_or_default();
    // `rest` begins with an ampersand.
    while let Some(reference) = rest.strip_prefix('&') {
        let length = one(reference, in_attribute, &mut out);
        if length == 0 {
            out.push('&');
        }
        let after = reference.get(length..).unwrap_or_default();
        let next = memchr::memchr(b'&', after.as_bytes()).unwrap_or(after.len());
        out.push_str(after.get(..next).unwrap_or_default());
        rest = after.get(next..).unwrap_or_default();
    }
    Cow::Owned(out)
}

/// Appends what the reference behind an ampersand stands for; gives its length, 0 when it is none.
fn one(reference: &str, in_attribute: bool, out: &mut String) -> usize {
    // These are nearly all that mail holds.
    for (name, stands_for) in [("nbsp;", '\u{a0}'), ("amp;", '&'), ("lt;", '<'), ("gt;", '>'), ("quot;", '"')] {
        if reference.starts_with(name) {
            out.push(stands_for);
            return name.len();
        }
    }
    if let Some(number) = reference.strip_prefix('#') {
        let (c, length) = numeric(number);
        out.extend(c);
        return if length > 0 { length + 1 } else { 0 };
    }
    let Some((length, stands_for)) = named(reference) else { return 0 };
    let next = reference.as_bytes().get(length);
    let closed = reference.as_bytes().get(length - 1) == Some(&b';');
    // `x=1&copy=2` in an attribute is an address, not a sign.
    if in_attribute && !closed && next.is_some_and(|b| *b == b'=' || b.is_ascii_alphanumeric()) {
        return 0;
    }
    out.extend(stands_for.split(' ').filter_map(|hex| char::from_u32(u32::from_str_radix(hex, 16).ok()?)));
    length
}

/// A number's character, and its length with a semicolon; 0 when there is no number.
fn numeric(text: &str) -> (Option<char>, usize) {
    let (digits, radix) = match text.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16),
        None => (text, 10),
    };
    let count = digits.chars().take_while(|c| c.is_digit(radix)).count();
    if count == 0 {
        return (None, 0);
    }
    let (number, after) = digits.split_at_checked(count).unwrap_or_default();
    let number = number.trim_start_matches('0');
    // No character has more digits.
    let code = if number.len() > 8 { u32::MAX } else { u32::from_str_radix(number, radix).unwrap_or(0) };
    let code = match code.checked_sub(0x80).and_then(|i| WINDOWS.get(i as usize)) {
        Some(windows) => *windows,
        None if code == 0 => u32::MAX,
        None => code,
    };
    let length = text.len() - after.len() + usize::from(after.starts_with(';'));
    (Some(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER)), length)
}

/// The longest name that the text begins with, and what it stands for.
fn named(text: &str) -> Option<(usize, &'static str)> {
    let most = text.bytes().take(32).take_while(u8::is_ascii_alphanumeric).count();
    let closed = usize::from(text.as_bytes().get(most) == Some(&b';'));
    (2..=most + closed).rev().find_map(|length| {
        let name = text.get(..length)?;
        line_of(name).map(|stands_for| (length, stands_for))
    })
}

/// What a name stands for: its line is looked for by halves, in the list as it is.
fn line_of(name: &str) -> Option<&'static str> {
    let mut list = NAMES;
    while !list.is_empty() {
        let middle = list.as_bytes().get(..list.len() / 2)?;
        let start = memchr::memrchr(b'\n', middle).map_or(0, |at| at + 1);
        let length = memchr::memchr(b'\n', list.as_bytes().get(start..)?)?;
        let (before, rest) = list.split_at_checked(start)?;
        let (line, after) = rest.split_at_checked(length)?;
        let (known, stands_for) = line.split_once(' ')?;
        list = match name.cmp(known) {
            std::cmp::Ordering::Equal => return Some(stands_for),
            std::cmp::Ordering::Less => before,
            std::cmp::Ordering::Greater => after.get(1..)?,
        };
    }
    None
}

#[cfg(test)]
mod tests {
    use super::{NAMES, decode, line_of};

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
            ("&NotEqualTilde;", "≂\u{338}", "≂\u{338}"),
            ("&#0;&#128;&#65", "\u{fffd}€A", "\u{fffd}€A"),
            ("&#xd800;&#;&#1114112;&#x;", "\u{fffd}&#;\u{fffd}&#x;", "\u{fffd}&#;\u{fffd}&#x;"),
            ("&#00000000000000000000065;&#99999999999;", "A\u{fffd}", "A\u{fffd}"),
        ] {
            assert_eq!(decode(text, false), in_text, "{text}");
            assert_eq!(decode(text, true), in_attribute, "{text}");
        }
    }

    #[test]
    fn names_are_sorted() {
        let names: Vec<_> = NAMES.lines().filter_map(|l| l.split_once(' ')).map(|(name, _)| name).collect();
        assert!(names.is_sorted() && names.len() == 2231 && NAMES.ends_with('\n'));
        for line in NAMES.lines() {
            let (name, stands_for) = line.split_once(' ').unwrap();
            assert_eq!(line_of(name), Some(stands_for), "{name}");
        }
        for name in ["", "A", "amp;;", "zzzzzz", "zwnj", "\u{0}"] {
            assert_eq!(line_of(name), None, "{name}");
        }
    }
}
