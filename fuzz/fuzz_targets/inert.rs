//! Any text → inert Markdown: nothing in it that Obsidian or a plugin looks for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postnote::mail::inert::{line, text};

fuzz_target!(|source: &str| {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    let line = line(source);
    assert!(!line.contains('\n'));
    for markdown in [text(source), line] {
        for live in ["<%", "{{", "[[", "![", "%%", "::", "<!--"] {
            assert!(!alive(&markdown, live), "{live} in {markdown:?}");
        }
        assert_eq!(letters(source), letters(&markdown));
    }
});

/// True where the mark stands without a backslash before it that counts.
fn alive(markdown: &str, mark: &str) -> bool {
    let escaped = |at: usize| markdown[..at].bytes().rev().take_while(|b| *b == b'\\').count() % 2 == 1;
    markdown.match_indices(mark).any(|(at, _)| !escaped(at))
}
