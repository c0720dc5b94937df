//! Any messages → their trees: each message once, in whatever loops their headers go.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postnote::mail::Message;
use postnote::mail::thread::forest::{By, forest};

/// A message out of few bytes: its id, what it answers, its subject; of few ids, so that they meet.
fn message(bytes: &[u8]) -> Message {
    let id = |byte: &u8| (byte % 32).to_string();
    let mut bytes = bytes.iter();
    let message_id = bytes.next().filter(|byte| **byte < 250).map(id);
    let in_reply_to = bytes.next().filter(|byte| **byte < 128).map(id).into_iter().collect();
    let subject = bytes.next().map(|byte| ["", "Plan", "Re: Plan", "Fwd: Plan", "Other"][usize::from(byte % 5)]);
    Message {
        message_id,
        in_reply_to,
        subject: subject.unwrap_or_default().to_owned(),
        references: bytes.map(id).collect(),
        ..Message::default()
    }
}

fuzz_target!(|bytes: &[u8]| {
    let messages: Vec<Message> = bytes.split(|byte| *byte == 0xff).map(message).collect();
    for by in [By::References, By::ReferencesAndSubject] {
        let forest = forest(&messages, by);
        let mut seen = vec![0; messages.len()];
        let mut stack = forest.roots.clone();
        while let Some(at) = stack.pop() {
            let node = &forest.nodes[at];
            node.message.into_iter().for_each(|message| seen[message] += 1);
            stack.extend(&node.children);
        }
        assert!(seen.iter().all(|times| *times == 1), "{seen:?}");
    }
});
