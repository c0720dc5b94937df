//! `intent` reads `{id, text}`, a sentence each, and prints `{id, label}`: whether it wants something done.

use super::{Outcome, cases};
use postnote::assistant::offline::learned;
use serde_json::json;
use std::path::Path;

pub(super) fn run(input: &Path) -> Outcome {
    for case in cases(input)? {
        let text = case["text"].as_str().unwrap_or_default();
        println!("{}", json!({"id": case["id"], "label": learned::acts(text)}));
    }
    Ok(())
}
