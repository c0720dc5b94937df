//! Any text as a calendar, through a whole mail → an invitation or none, and how the event stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use postnote::mail::invite::state::state;
use postnote::mail::parse::parse;

fuzz_target!(|text: &str| {
    let mail = |method: &str| {
        let raw = format!("Content-Type: text/calendar; method={method}; charset=utf-8\r\n\r\n{text}");
        parse(raw.as_bytes()).0.invite
    };
    let invites: Vec<_> = ["REQUEST", "REPLY", "CANCEL"].into_iter().filter_map(mail).collect();
    let all: Vec<_> = invites.iter().collect();
    if let Some(state) = state(&all) {
        assert_eq!(Some(&state.event.uid), all.last().map(|invite| &invite.uid));
    }
});
