//! `split` reads `{id, text}` and prints `{id, lines}`: a letter for each line of the text. `N` is new, `A` quoted and
//! answered right below, `F` passed on, `Q` quoted, `S` signature or footer.

use super::{Outcome, cases};
use postnote::mail::quote::{self, Sent, Zone};
use serde_json::json;
use std::path::Path;

pub(super) fn run(input: &Path) -> Outcome {
    for case in cases(input)? {
        let text = case["text"].as_str().unwrap_or_default();
        let lines: String = quote::zones(text, Sent::Answer).into_iter().map(letter).collect();
        println!("{}", json!({"id": case["id"], "lines": lines}));
    }
    Ok(())
}

fn letter(zone: Zone) -> char {
    match zone {
        Zone::New => 'N',
        Zone::Answered => 'A',
        Zone::Forwarded => 'F',
        Zone::Quoted => 'Q',
        Zone::Signature => 'S',
    }
}
