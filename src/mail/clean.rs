//! Characters that no text of a mail may keep: controls, and the marks that make text read backwards.
//!
//! What enters is decoded text; what leaves is the same text without them. A decoded header can bring a line
//! break (an encoded word holds any byte), so [`header`] also makes one line of it.

/// A table that says of each octet whether it is in the list.
pub(crate) const fn table(mut list: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    while let [first, tail @ ..] = list {
        #[allow(clippy::indexing_slicing)] // An octet has a place among 256.
        {
            table[*first as usize] = true;
        }
        list = tail;
    }
    table
}

/// True for what is taken out everywhere: C0 and C1 controls other than line break and tab, bidirectional
/// overrides and isolates (they show `exe.txt` for `txt.exe`), the byte order mark.
pub(crate) fn is_unwanted(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// A body: line ends become `\n`, unwanted characters go. The flag says that a NUL or another control
/// character was there (CR beside LF and a byte order mark do not count).
pub(crate) fn body(text: &str) -> (String, bool) {
    let mut out = String::with_capacity(text.len());
    let (mut rest, mut controls) = (text, false);
    // Nearly everything is copied as it stands: only some bytes begin what is not.
    while let Some((plain, tail)) = suspect(rest.as_bytes()).and_then(|at| rest.split_at_checked(at)) {
        out.push_str(plain);
        let mut chars = tail.chars();
        let c = chars.next().unwrap_or_default();
        rest = chars.as_str();
        match c {
            '\r' if rest.starts_with('\n') => {}
            '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            '\u{c}' | '\u{b}' => out.push('\n'),
            c if is_unwanted(c) => controls |= c.is_control(),
            c => out.push(c),
        }
    }
    out.push_str(rest);
    (out, controls)
}

/// The first byte that has to be looked at; many at a time are passed over.
fn suspect(bytes: &[u8]) -> Option<usize> {
    let clean = |block: &&[u8; 32]| !block.iter().fold(false, |any, b| any | is_suspect(*b));
    let (blocks, _) = bytes.as_chunks();
    let passed = blocks.iter().take_while(clean).count() * 32;
    bytes.get(passed..)?.iter().position(|b| is_suspect(*b)).map(|at| passed + at)
}

/// True for the first byte of every character that [`body`] changes (and of some that it does not).
fn is_suspect(byte: u8) -> bool {
    // Without a branch.
    (byte < 32) & (byte != b'\n') & (byte != b'\t') | (byte == 0x7f) | (byte == 0xc2) | (byte == 0xe2) | (byte == 0xef)
}

/// One line: every run of white space becomes one space, unwanted characters go, the ends are trimmed.
pub(crate) fn header(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_whitespace() && c != '\u{a0}' {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else if !is_unwanted(c) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The longest start of `text` that has at most `max` bytes and ends between two characters.
pub(crate) fn prefix(text: &str, max: usize) -> &str {
    let mut end = max.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_one_line() {
        for (text, expect) in [
            ("a\r\n b", "a b"),
            ("a\nBcc: x@y.z", "a Bcc: x@y.z"),
            ("\u{0}a\u{1b}[31mb\u{9f}", "a[31mb"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("a\u{2028}b", "a b"),
        ] {
            assert_eq!(header(text), expect, "{text:?}");
        }
    }

    #[test]
    fn bodies_keep_lines_and_tabs() {
        assert_eq!(body("a\r\nb\rc\td\u{0}"), ("a\nb\nc\td".to_owned(), true));
        assert_eq!(body("\u{feff}a"), ("a".to_owned(), false));
    }

    #[test]
    fn every_character_that_goes_is_suspect() {
        for c in ('\0'..=char::MAX).filter(|c| is_unwanted(*c) || matches!(c, '\r' | '\u{2028}' | '\u{2029}')) {
            assert!(is_suspect(c.to_string().bytes().next().unwrap_or_default()), "{c:?}");
        }
    }

    #[test]
    fn prefixes_end_between_characters() {
        assert_eq!(prefix("aé", 2), "a");
        assert_eq!(prefix("aé", 9), "aé");
    }
}
