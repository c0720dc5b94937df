//! Transfer encodings (RFC 2045 §6, uuencode) → octets. Whatever can be read is; what can not is said, and never lost:
//! it stays as it stands.

use crate::mail::escapes::octet;
use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64_simd::STANDARD;
use std::borrow::Cow;

/// What decodes an end: it does not care what stands in bits that no octet is made of.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// So many letters are decoded at a time.
const CHUNK: usize = 16 << 10;
/// How much of what may be base64 is looked at, and how often.
const LOOK: usize = 2 << 10;
const MAX_LOOKS: usize = 1000;

/// What was decoded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Decoded {
    pub(super) bytes: Vec<u8>,
    /// Something in it was not as it should be.
    pub(super) bad: bool,
}

/// What a part holds; where nothing had to be decoded, as it stands in the message.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) bytes: Cow<'a, [u8]>,
    pub(super) bad: bool,
}

impl From<Decoded> for Content<'_> {
    fn from(decoded: Decoded) -> Self {
        Content { bytes: decoded.bytes.into(), bad: decoded.bad }
    }
}

/// How a part's body is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    Plain,
    Base64,
    QuotedPrintable,
    Uuencode,
}

impl Encoding {
    /// By the field's value; what nobody knows is taken as plain.
    pub(super) fn of(value: &[u8]) -> Self {
        let word: Vec<u8> = value
            .iter()
            .copied()
            .skip_while(|b| b.is_ascii_whitespace() || matches!(b, b'"' | b'\''))
            .take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
            .collect();
        match word.to_ascii_lowercase().as_slice() {
            b"base64" | b"base-64" | b"x-base64" | b"b" => Encoding::Base64,
            b"quoted-printable" | b"quoted-printible" | b"quoted_printable" | b"quotedprintable" | b"q" => {
                Encoding::QuotedPrintable
            }
            b"x-uuencode" | b"uuencode" | b"x-uue" | b"uue" | b"x-uu" => Encoding::Uuencode,
            _ => Encoding::Plain,
        }
    }
}

/// Base64. What only claims to be base64 stays as it stands.
pub(super) fn base64(text: &[u8]) -> Decoded {
    match plain_base64(text) {
        Some(bytes) => Decoded { bytes, bad: false },
        None => lenient_base64(text, false),
    }
}

/// The same of a text: what follows its end is text, too (a list's footer).
pub(super) fn base64_text(text: &[u8]) -> Decoded {
    match plain_base64(text) {
        Some(bytes) => Decoded { bytes, bad: false },
        None => lenient_base64(text, true),
    }
}

/// Base64 without a flaw.
fn plain_base64(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut letters = Vec::with_capacity(CHUNK.min(text.len()) + 1000);
    let (mut rest, mut width) = (text, 0_usize);
    while !rest.is_empty() {
        // Most lines are as long as the one before.
        if let Some(line) = rest.get(..width).and_then(whole_line) {
            letters.extend_from_slice(line);
            rest = rest.get(width..)?;
            if letters.len() >= CHUNK {
                flush(&mut letters, &mut out)?;
            }
            continue;
        }
        let end = memchr::memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, tail) = rest.split_at_checked(end)?;
        (rest, width) = (tail, line.len());
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if bare.iter().fold(false, |any, b| any | (*b <= b' ')) {
            letters.extend(bare.iter().filter(|b| !matches!(b, b' ' | b'\t' | b'\r')));
        } else {
            letters.extend_from_slice(bare);
        }
        if letters.len() >= CHUNK {
            flush(&mut letters, &mut out)?;
        }
    }
    // A lone letter stands for nothing.
    let letters = letters.as_slice();
    (letters.len() % 4 != 1).then_some(())?;
    BASE64.decode_vec(letters, &mut out).ok()?;
    Some(out)
}

/// Decodes the letters up to the last whole group of four.
fn flush(letters: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<()> {
    let whole = letters.len() & !3;
    // Padding is an end, and only the last chunk has one.
    let group = letters.get(..whole).filter(|group| !group.ends_with(b"="))?;
    STANDARD.decode_append(group, out).ok()?;
    letters.drain(..whole);
    Some(())
}

/// A line of nothing but visible characters and its line break: without that.
fn whole_line(line: &[u8]) -> Option<&[u8]> {
    let bare = line.strip_suffix(b"\n")?;
    let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
    (!bare.iter().fold(false, |any, b| any | (*b <= b' '))).then_some(bare)
}

/// Base64 with whatever in it. Padding ends a group, and another may follow; behind padding or a blank line, something
/// else may.
fn lenient_base64(text: &[u8], is_text: bool) -> Decoded {
    if !looks_like_base64(text) {
        return Decoded { bytes: text.to_vec(), bad: true };
    }
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut left = text.iter().filter(|b| **b == b'=' || value(**b).is_some()).count();
    let (mut group, mut looks) = (Group::default(), MAX_LOOKS);
    let (mut padded, mut line_is_blank, mut after_blank) = (false, false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'\n' => {
                after_blank |= line_is_blank;
                line_is_blank = true;
                continue;
            }
            b if b.is_ascii_whitespace() => continue,
            b'=' => {
                group.flush(&mut out);
                left -= 1;
                (padded, line_is_blank) = (true, false);
                continue;
            }
            _ => line_is_blank = false,
        }
        if (padded || after_blank) && looks > 0 {
            looks -= 1;
            let rest = text.get(at..).unwrap_or_default();
            let goes_on = looks_like_base64(rest) && (!padded || left.is_multiple_of(4));
            if !goes_on {
                group.flush(&mut out);
                if is_text && rest.iter().any(|b| b.is_ascii_alphanumeric() || !b.is_ascii()) {
                    out.extend_from_slice(rest);
                }
                break;
            }
        }
        (padded, after_blank) = (false, false);
        if let Some(value) = value(*byte) {
            left -= 1;
            group.add(value, &mut out);
        }
    }
    group.flush(&mut out);
    Decoded { bytes: out, bad: true }
}

fn value(letter: u8) -> Option<u8> {
    match letter {
        b'A'..=b'Z' => Some(letter - b'A'),
        b'a'..=b'z' => Some(letter - b'a' + 26),
        b'0'..=b'9' => Some(letter - b'0' + 52),
        b'+' => Some(62),
        b'/' => Some(63),
        _ => None,
    }
}

/// Up to four letters, which are up to three octets.
#[derive(Default)]
struct Group {
    bits: u32,
    letters: u32,
}

impl Group {
    fn add(&mut self, value: u8, out: &mut Vec<u8>) {
        self.bits = self.bits << 6 | u32::from(value);
        self.letters += 1;
        if self.letters == 4 {
            self.flush(out);
        }
    }

    fn flush(&mut self, out: &mut Vec<u8>) {
        let [_, octets @ ..] = (self.bits << (6 * (4 - self.letters))).to_be_bytes();
        out.extend(octets.iter().take((self.letters as usize * 6) / 8));
        *self = Group::default();
    }
}

/// Most of its first lines, up to a blank one or to padding, are letters in one word.
fn looks_like_base64(text: &[u8]) -> bool {
    let start = text.get(..text.len().min(LOOK)).unwrap_or_default().trim_ascii_start();
    let is_flaw = |b: &&u8| value(**b).is_none() && **b != b'=';
    let (mut good, mut all) = (0_usize, 0_usize);
    for line in start.split(|b| *b == b'\n').map(<[u8]>::trim_ascii).take_while(|l| !l.is_empty()).take(20) {
        let unpadded = memchr::memchr(b'=', line).and_then(|at| line.get(..at)).filter(|l| l.len() % 4 > 1);
        let letters = unpadded.unwrap_or(line);
        let one_word = !letters.iter().any(u8::is_ascii_whitespace);
        all += letters.len();
        good += if one_word && letters.iter().filter(is_flaw).count() * 2 <= letters.len() { letters.len() } else { 0 };
        if unpadded.is_some() {
            break;
        }
    }
    good * 2 >= all
}

/// Quoted-printable. What is no code stays as it stands.
pub(super) fn quoted_printable(text: &[u8]) -> Decoded {
    let mut out = Vec::with_capacity(text.len());
    let (mut rest, mut bad) = (text, false);
    loop {
        // One code often follows another.
        while let [b'=', a, b, tail @ ..] = rest
            && let Some(octet) = octet(*a, *b)
        {
            out.push(octet);
            rest = tail;
        }
        let Some((before, at)) = memchr::memchr2(b'=', b'\n', rest).and_then(|at| rest.split_at_checked(at)) else {
            break;
        };
        out.extend_from_slice(before);
        match at {
            // White space at a line's end was added on the way.
            [b'\n', tail @ ..] => {
                let kept = before.strip_suffix(b"\r").unwrap_or(before);
                let blank = kept.iter().rev().take_while(|b| matches!(b, b' ' | b'\t')).count();
                if blank > 0 {
                    out.truncate(out.len() - blank - (before.len() - kept.len()));
                    out.extend_from_slice(if kept.len() < before.len() { b"\r" } else { b"" });
                }
                out.push(b'\n');
                rest = tail;
            }
            [_, a, b, tail @ ..] if let Some(octet) = octet(*a, *b) => {
                out.push(octet);
                rest = tail;
            }
            [_, tail @ ..] => match soft_break(tail) {
                Some(tail) => rest = tail,
                None => {
                    bad = true;
                    out.push(b'=');
                    rest = tail;
                }
            },
            [] => break,
        }
    }
    out.extend_from_slice(rest);
    Decoded { bytes: out, bad }
}

/// What follows a line break (or the end), where one comes next.
fn soft_break(tail: &[u8]) -> Option<&[u8]> {
    let blank = tail.iter().take_while(|b| matches!(b, b' ' | b'\t' | b'\r')).count();
    let tail = tail.get(blank..)?;
    if tail.is_empty() { Some(tail) } else { tail.strip_prefix(b"\n") }
}

/// A file within a text.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Uuencoded {
    pub(super) name: Vec<u8>,
    pub(super) bytes: Vec<u8>,
    /// Where it stood, its first and last line included.
    pub(super) range: std::ops::Range<usize>,
}

/// The first uuencoded file (`begin 644 name` … `end`) from `from` on that is whole.
pub(super) fn uuencoded(text: &[u8], from: usize) -> Option<Uuencoded> {
    let starts = memchr::memmem::find_iter(text.get(from..)?, b"begin ").map(|at| from + at);
    let starts = starts.filter(|at| *at == 0 || text.get(at - 1) == Some(&b'\n'));
    starts.take(100).find_map(|at| uuencoded_at(text, at))
}

fn uuencoded_at(text: &[u8], start: usize) -> Option<Uuencoded> {
    let mut lines = text.get(start..)?.split_inclusive(|b| *b == b'\n');
    let first = lines.next()?;
    let head = first.trim_ascii().strip_prefix(b"begin ")?;
    let space = memchr::memchr(b' ', head)?;
    let (mode, name) = head.split_at_checked(space)?;
    let is_mode = (3..=4).contains(&mode.len()) && mode.iter().all(|b| (b'0'..=b'7').contains(b));
    if !is_mode {
        return None;
    }
    let (mut end, mut bytes) = (start + first.len(), Vec::new());
    for line in lines {
        end += line.len();
        let letters = line.strip_suffix(b"\n").unwrap_or(line);
        let letters = letters.strip_suffix(b"\r").unwrap_or(letters);
        if letters.trim_ascii() == b"end" {
            return Some(Uuencoded { name: name.trim_ascii().to_vec(), bytes, range: start..end });
        }
        uu_line(letters, &mut bytes)?;
    }
    None
}

/// One line: its length, then groups of four letters. Writers drop trailing spaces, which are zeros.
fn uu_line(line: &[u8], out: &mut Vec<u8>) -> Option<()> {
    let value = |b: u8| (b' '..=b'`').contains(&b).then(|| (b - b' ') & 63);
    let Some((first, letters)) = line.split_first() else { return Some(()) };
    let len = usize::from(value(*first)?);
    if letters.len() > len.div_ceil(3) * 4 + 2 {
        return None;
    }
    let mut made = Vec::with_capacity(len + 3);
    let mut letters = letters.iter().map(|b| value(*b));
    while made.len() < len {
        let mut group = 0_u32;
        for _ in 0..4 {
            group = group << 6 | u32::from(letters.next().unwrap_or(Some(0))?);
        }
        let [_, octets @ ..] = group.to_be_bytes();
        made.extend(octets);
    }
    out.extend(made.into_iter().take(len));
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_read_as_far_as_it_goes() {
        for (text, expect, bad) in [
            ("aGVsbG8=", "hello", false),
            ("aGVs\r\nbG8=\r\n", "hello", false),
            ("aGVs bG8", "hello", false),
            ("", "", false),
            ("aGVsbG8!!*=*\n", "hello", true),
            ("aGVsbG8=aGVsbG8=", "hellohello", true),
            ("aGVsb", "hel", true),
            ("Not base64 at all, but words.", "Not base64 at all, but words.", true),
            ("aGVsbG8g\naGVsbG8=\n\n___\nA list, its footer\n", "hello hello___\nA list, its footer\n", true),
            ("aGVsbG8= ignored", "helloignored", true),
        ] {
            let decoded = base64_text(text.as_bytes());
            assert_eq!((String::from_utf8_lossy(&decoded.bytes).as_ref(), decoded.bad), (expect, bad), "{text:?}");
        }
        assert_eq!(base64(b"aGVsbG8=\n\n___\nA list, its footer\n").bytes, b"hello");
        assert_eq!(base64(b"aGVsbG8h\n\n___\nA list, its footer\n").bytes, b"hello!");
        assert_eq!(base64("QQ==".repeat(100_000).as_bytes()).bytes.len(), 100_000);
        let long: Vec<u8> = (0..200_000_u32).map(|n| n.to_le_bytes().first().copied().unwrap_or(0)).collect();
        let text = base64::prelude::BASE64_STANDARD.encode(&long);
        let lines: Vec<u8> = text.as_bytes().chunks(76).flat_map(|l| [l, b"\r\n"].concat()).collect();
        assert_eq!(base64(&lines), Decoded { bytes: long, bad: false });
    }

    #[test]
    fn quoted_printable_is_read_as_far_as_it_goes() {
        for (text, expect, bad) in [
            ("a=3Db", "a=b", false),
            ("a=\r\nb", "ab", false),
            ("a= \t\nb", "ab", false),
            ("a \t\r\nb", "a\r\nb", false),
            ("a  \nb", "a\nb", false),
            ("a=20\nb", "a \nb", false),
            ("=ZZ =4 x=", "=ZZ =4 x", true),
            ("=c3=A4", "ä", false),
            ("a=", "a", false),
            (" \n \n", "\n\n", false),
        ] {
            let decoded = quoted_printable(text.as_bytes());
            assert_eq!((String::from_utf8_lossy(&decoded.bytes).as_ref(), decoded.bad), (expect, bad), "{text:?}");
        }
    }

    #[test]
    fn uuencoded_files_are_found() {
        let text = b"see\nbegin 644 f.txt\n3:&5L;&\\@9G)O;2!U=65N8V]D90``\n`\nend\nbye\n";
        let found = uuencoded(text, 0).expect("a file");
        assert_eq!((found.name.as_slice(), found.bytes.as_slice()), (&b"f.txt"[..], &b"hello from uuencode"[..]));
        assert_eq!((found.range.start, text.get(found.range.end..)), (4, Some(&b"bye\n"[..])));
        for text in [
            "begin 644 f.txt\nwords that are none\nend\n",
            "begin 644 f.txt\n`\n",
            "begin with that, and\nend\n",
            "I begin 644 x\n`\nend\n",
        ] {
            assert_eq!(uuencoded(text.as_bytes(), 0), None, "{text}");
        }
    }

    #[test]
    fn encodings_are_known_by_their_names() {
        for (value, expect) in [
            (" base64", Encoding::Base64),
            (" BASE64 (yes)", Encoding::Base64),
            (" \"quoted-printable\"", Encoding::QuotedPrintable),
            (" x-uuencode", Encoding::Uuencode),
            (" 8bit", Encoding::Plain),
            ("", Encoding::Plain),
        ] {
            assert_eq!(Encoding::of(value.as_bytes()), expect, "{value}");
        }
    }
}
