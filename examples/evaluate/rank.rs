//! `rank` reads `{id, owner, from, to, cc, subject, text}` and prints `{id, score}`: the larger, the sooner the owner would
//! answer.

use super::{Outcome, cases};
use postnote::assistant::offline::reply_rank;
use serde_json::json;
use std::path::Path;

pub(super) fn run(input: &Path) -> Outcome {
    for case in cases(input)? {
        let text = |key: &str| case[key].as_str().unwrap_or_default();
        let mail = reply_rank::Mail {
            from: text("from"),
            to: text("to"),
            cc: text("cc"),
            owner: &called(text("owner")),
            subject: text("subject"),
            text: text("text"),
        };
        println!("{}", json!({"id": case["id"], "score": reply_rank::score(&mail)}));
    }
    Ok(())
}

/// What the owner of a mailbox `surname-initial` may be called.
fn called(mailbox: &str) -> Vec<String> {
    mailbox.to_lowercase().split(['-', '.', '_']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
}
