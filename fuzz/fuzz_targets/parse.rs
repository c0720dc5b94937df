//! Any bytes as a mail → a message of clean text, and its leaves: none larger than what it was made of.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postnote::mail::body::render;
use postnote::mail::parse::{leaves, parse};

fuzz_target!(|raw: &[u8]| {
    let (message, _) = parse(raw);
    let line = |text: &str| assert!(!text.chars().any(char::is_control), "{text:?}");
    line(&message.subject);
    message.message_id.iter().chain(&message.in_reply_to).chain(&message.references).for_each(|id| line(id));
    for person in message.from.iter().chain(&message.to).chain(&message.cc).chain(&message.reply_to) {
        line(&person.email);
        person.name.iter().for_each(|name| line(name));
    }
    for file in &message.attachments {
        line(&file.media_type);
        file.name.iter().for_each(|name| line(name));
        assert!(file.bytes.len() <= raw.len());
    }
    let kept = |c: char| !c.is_control() || c == '\n' || c == '\t';
    assert!(message.text.chars().all(kept));
    let _ = render(&message);
    for leaf in leaves(raw) {
        assert!(leaf.bytes.len() <= raw.len());
        line(&leaf.media_type);
    }
});
