//! Names for files and notes out of text that a mail brought: safe and the same on Linux, Windows and macOS.

use super::clean;
use unicode_normalization::UnicodeNormalization;

const MAX_BYTES: usize = 120;
const MAX_EXTENSION: usize = 16;
/// What some file system, a wikilink or a URL gives a meaning to.
const UNSAFE: &str = "/\\<>:\"|?*#^[]%";
const RESERVED: &[&str] = &["con", "prn", "aux", "nul", "conin$", "conout$"];

/// An attachment's name as one portable path component: NFC, at most 120 bytes, with its extension; `attachment`
/// where nothing is left. Two names that differ can become one: who writes files keeps them apart.
pub fn portable_name(name: &str) -> String {
    let visible = clean::header(name);
    let name: String =
        visible.nfc().filter(|c| !is_invisible(*c)).map(|c| if UNSAFE.contains(c) { '_' } else { c }).collect();
    let (stem, extension) = split_extension(trim(&name));
    let stem = trim(stem);
    let stem = if stem.chars().all(|c| c == '_' || c == '.') { "attachment" } else { stem };
    let base = stem.split('.').next().unwrap_or_default().trim_end().to_lowercase();
    let numbered = ["com", "lpt"].iter().any(|p| {
        base.strip_prefix(p).is_some_and(|n| n.chars().count() == 1 && n.chars().all(|c| "0123456789¹²³".contains(c)))
    });
    let reserved = numbered || RESERVED.contains(&base.as_str());
    let stem = if reserved { format!("_{stem}") } else { stem.to_owned() };
    let room = MAX_BYTES.saturating_sub(extension.len() + 1);
    let stem = trim(clean::prefix(&stem, room));
    if extension.is_empty() { stem.to_owned() } else { format!("{stem}.{extension}") }
}

fn trim(name: &str) -> &str {
    name.trim_matches(|c: char| c == '.' || c.is_whitespace())
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{206f}' | '\u{10f000}'..='\u{10f0ff}' | '\u{fffe}' | '\u{ffff}')
}

fn split_extension(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, ext)) if !stem.is_empty() && is_extension(ext) => (stem, ext),
        _ => (name, ""),
    }
}

fn is_extension(ext: &str) -> bool {
    (1..=MAX_EXTENSION).contains(&ext.len()) && ext.chars().all(char::is_alphanumeric)
}

/// Text as a part of a note's name: letters and digits kept, every other run one `-`, at most `max_chars`
/// characters (cut between words where that loses little), NFC; `untitled` where nothing is left.
///
/// ```
/// assert_eq!(postnote::mail::file_name::slug("Re: Storage, questions?", 60), "Re-Storage-questions");
/// ```
pub fn slug(text: &str, max_chars: usize) -> String {
    let mut out = String::new();
    for c in text.nfc().filter(|c| !matches!(c, '\'' | '’')) {
        let combining = unicode_normalization::char::is_combining_mark(c);
        if c.is_alphanumeric() || (combining && !out.is_empty() && !out.ends_with('-')) {
            out.push(c);
        } else if !out.is_empty() && !out.ends_with('-') {
            out.push('-');
        }
        if out.chars().count() > max_chars.saturating_mul(2) {
            break;
        }
    }
    let mut end = out.char_indices().nth(max_chars).map_or(out.len(), |(i, _)| i);
    if end < out.len() && !out.get(end..).unwrap_or_default().starts_with('-') {
        let word = out.get(..end).and_then(|s| s.rfind('-')).unwrap_or(0);
        if word * 3 >= end * 2 {
            end = word;
        }
    }
    let cut = out.get(..end).unwrap_or_default().trim_matches('-');
    if cut.is_empty() { "untitled".to_owned() } else { cut.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_portable() {
        for (name, expect) in [
            ("plan.pdf", "plan.pdf"),
            ("../../x", "_.._x"),
            ("/etc/passwd", "_etc_passwd"),
            ("C:\\a\\b.txt", "C__a_b.txt"),
            ("CON", "_CON"),
            ("con.txt", "_con.txt"),
            ("nul.tar.gz", "_nul.tar.gz"),
            ("COM1.log", "_COM1.log"),
            ("a:b", "a_b"),
            ("x. ", "x"),
            (" .hidden", "hidden"),
            ("..", "attachment"),
            ("", "attachment"),
            ("???", "attachment"),
            ("a\u{0}\r\nb.txt", "a b.txt"),
            ("gpj.\u{202e}exe", "gpj.exe"),
            ("cafe\u{301}.txt", "café.txt"),
            ("[[x]]#^%.md", "__x_____.md"),
            ("договор.docx", "договор.docx"),
        ] {
            assert_eq!(portable_name(name), expect, "{name:?}");
        }
        let long = portable_name(&format!("{}.pdf", "é".repeat(300)));
        assert!(long.len() <= MAX_BYTES && long.ends_with("é.pdf"), "{long}");
    }

    #[test]
    fn slugs() {
        for (text, max, expect) in [
            ("Re: Storage questions", 60, "Re-Storage-questions"),
            ("  a / b \\ c ", 60, "a-b-c"),
            ("日本語 の 件名", 60, "日本語-の-件名"),
            ("…", 60, "untitled"),
            ("", 60, "untitled"),
            ("one two three four", 13, "one-two-three"),
            ("one two three four", 12, "one-two-thre"),
            ("one two three four", 10, "one-two"),
            ("it's", 60, "its"),
            ("हिन्दी", 60, "हिन्दी"),
        ] {
            assert_eq!(slug(text, max), expect, "{text:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]
        #[test]
        fn any_name_is_safe(name in "(.|[/\\\\.: CONcon1]){0,80}") {
            let safe = portable_name(&name);
            prop_assert!(!safe.is_empty() && safe.len() <= MAX_BYTES);
            prop_assert!(!safe.chars().any(|c| UNSAFE.contains(c) || c.is_control()));
            prop_assert!(!safe.starts_with(['.', ' ']) && !safe.ends_with(['.', ' ']), "{safe:?}");
            prop_assert!(!slug(&name, 40).is_empty() && slug(&name, 40).chars().count() <= 40);
        }
    }
}
