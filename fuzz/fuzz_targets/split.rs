//! Any text → its zones: a zone for each line, and no word lost.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postnote::mail::quote::{Sent, split};

fuzz_target!(|text: &str| {
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).count();
    for sent in [Sent::Answer, Sent::PassedOn] {
        let zones = split(text, sent);
        assert_eq!(zones.lines.len(), text.split('\n').count());
        assert_eq!(letters(text), letters(&zones.new) + letters(&zones.quoted) + letters(&zones.signature));
    }
});
