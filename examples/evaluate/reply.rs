//! `reply` reads `{id, kind, input}`, the body of a mail (`kind`: `text` or `html`), and prints `{id, new}`: what a note shows as
//! the mail's own text.

use super::{Outcome, cases};
use postnote::mail::{body, parse};
use serde_json::json;
use std::path::Path;

pub(super) fn run(input: &Path) -> Outcome {
    for case in cases(input)? {
        let subtype = if case["kind"] == "html" { "html" } else { "plain" };
        let text = case["input"].as_str().unwrap_or_default();
        let raw = format!("Subject: Re: x\r\nContent-Type: text/{subtype}; charset=utf-8\r\n\r\n{text}");
        let (message, _) = parse::parse(raw.as_bytes());
        println!("{}", json!({"id": case["id"], "new": body::render(&message).new_text}));
    }
    Ok(())
}
