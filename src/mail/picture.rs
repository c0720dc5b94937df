//! Pictures that came with a mail, on their way from the HTML to the note: a mark in the Markdown where the sender put one,
//! which becomes an embed once the file has its name.
//!
//! A mark stands between control characters, which no text of a mail keeps: so none can be forged. The words in it are those
//! that a mail program writes into the text part in the picture's place, so that both parts have the same words.

use super::{Attachment, inert};
use std::borrow::Cow;

/// Around a mark, and between what is in it.
const EDGE: char = '\u{1}';
const PART: char = '\u{2}';
/// Numbers stand in characters that are no words.
const ZERO: u32 = 0x2800;
/// Up to this width and height it is a sign beside words.
const MAX_ICON: u32 = 32;

/// The mark for the picture in the attachment of that number, which is shown so wide.
pub(crate) fn mark(index: usize, width: Option<u32>, words: &str) -> String {
    let number = |n: String| n.bytes().filter_map(|b| char::from_u32(ZERO + u32::from(b))).collect::<String>();
    let width = width.map(|w| w.to_string()).unwrap_or_default();
    format!("{EDGE}{}{PART}{}{PART}{words}{EDGE}", number(index.to_string()), number(width))
}

/// Markdown with all marks filled in: `fill` gets number and width, and gives Markdown, or nothing where only words can stand.
pub fn place(markdown: &str, fill: impl Fn(usize, Option<u32>) -> Option<String>) -> Cow<'_, str> {
    if memchr::memchr(EDGE as u8, markdown.as_bytes()).is_none() {
        return Cow::Borrowed(markdown);
    }
    let mut out = String::with_capacity(markdown.len());
    let mut rest = markdown;
    while let Some((before, mark, after)) = cut(rest) {
        out.push_str(before);
        rest = after;
        let mut parts = mark.splitn(3, PART);
        let mut number = || {
            let digits = parts.next().unwrap_or_default().chars();
            let digits = digits.filter_map(|c| char::from_u32(u32::from(c).checked_sub(ZERO)?));
            digits.collect::<String>().parse::<u32>().ok()
        };
        let (index, width) = (number(), number());
        let words = parts.next().unwrap_or_default();
        let filled = index.and_then(|index| fill(usize::try_from(index).ok()?, width));
        match filled {
            // In a table a bar would end the cell.
            Some(filled) if in_row(&out) => out.push_str(&filled.replace('|', "\\|")),
            Some(filled) => out.push_str(&filled),
            None if words.is_empty() => out.push_str("(image)"),
            None => out.push_str(&format!("({})", inert::line(words))),
        }
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Markdown with words for every picture.
pub fn named(markdown: &str) -> Cow<'_, str> {
    place(markdown, |_, _| None)
}

fn cut(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once(EDGE)?;
    let (mark, after) = rest.split_once(EDGE)?;
    Some((before, mark, after))
}

fn in_row(written: &str) -> bool {
    let line = written.rsplit('\n').next().unwrap_or_default();
    line.trim_start_matches(['>', ' ']).starts_with("| ")
}

/// True for a picture that Obsidian shows.
pub fn is_shown(name: &str) -> bool {
    const SHOWN: [&str; 8] = ["png", "jpg", "jpeg", "gif", "webp", "bmp", "svg", "avif"];
    name.rsplit_once('.').is_some_and(|(_, e)| SHOWN.contains(&e.to_ascii_lowercase().as_str()))
}

/// True for what only keeps others apart, or tells that it was looked at: nobody sees it.
pub fn is_spacer(file: &Attachment) -> bool {
    file.inline && size(&file.bytes).is_some_and(|(width, height)| width.min(height) <= 2)
}

/// True for a sign that stands beside words: a logo of a network, a bullet.
pub(crate) fn is_icon(file: &Attachment) -> bool {
    size(&file.bytes).is_some_and(|(width, height)| width.max(height) <= MAX_ICON)
}

/// Width and height of a PNG or GIF, as its head says.
fn size(bytes: &[u8]) -> Option<(u32, u32)> {
    match bytes {
        [0x89, b'P', b'N', b'G', ..] => {
            let number = |at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
            Some((number(16)?, number(20)?))
        }
        [b'G', b'I', b'F', b'8', _, b'a', a, b, c, d, ..] => {
            Some((u32::from(u16::from_le_bytes([*a, *b])), u32::from(u16::from_le_bytes([*c, *d]))))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_filled_in() {
        let text = format!("a {} b\n| {} |", mark(3, Some(120), ""), mark(12, None, "image: a [x]"));
        let embed = |n: usize, width: Option<u32>| {
            Some(format!("![[{n}{}]]", width.map_or(String::new(), |w| format!("|{w}"))))
        };
        assert_eq!(place(&text, embed), "a ![[3|120]] b\n| ![[12]] |");
        assert_eq!(named(&text), "a (image) b\n| (image: a \\[x\\]) |");
        assert_eq!(place(&format!("| {} |", mark(1, Some(9), "")), embed), "| ![[1\\|9]] |");
        assert_eq!(named("none \u{1}"), "none \u{1}");
    }

    #[test]
    fn sizes_are_read() {
        let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\x01\0\x08";
        assert_eq!(size(png), Some((16, 256)));
        assert_eq!(size(b"GIF89a\x01\0\x02\0\x80"), Some((1, 2)));
        for bytes in [&b"GIF89a\x01"[..], b"\x89PNG", b"", b"\xff\xd8"] {
            assert_eq!(size(bytes), None);
        }
    }
}
