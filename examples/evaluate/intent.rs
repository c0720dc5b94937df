//! `intent` reads `{id, text}`, a sentence each, and prints `{id, label}`: whether it wants or promises something to be done, as the
//! digest decides.

use super::{Outcome, cases};
use postnote::assistant::offline::intent;
use serde_json::json;
use std::path::Path;

pub(super) fn run(input: &Path) -> Outcome {
    for case in cases(input)? {
        let text = case["text"].as_str().unwrap_or_default();
        let acts = intent::acts(text);
        println!("{}", json!({"id": case["id"], "label": acts}));
    }
    Ok(())
}
