//! Any text as HTML → Markdown and plain text: neither grows beyond what it was made of, and no template is in them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postnote::mail::html::{to_markdown, to_text};

fuzz_target!(|html: &str| {
    let markdown = to_markdown(html);
    assert!(!markdown.contains("<%"));
    // The longest: a table's empty cells, and the margins of nested quotes.
    assert!(markdown.len() < 256 * html.len() + 256);
    assert!(to_text(html).len() < 64 * html.len() + 64);
});
