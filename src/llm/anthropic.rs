//! Anthropic's messages. The schema is that of a tool which the model has to use, so that its answer is JSON.

use super::{LlmError, Question, Role};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The version of the interface that is spoken here.
pub(super) const VERSION: &str = "2023-06-01";
const TOOL: &str = "answer";

/// Whether the answer comes piece by piece; some that stand in between do not take that. It is read as a whole all the same; but
/// a server that writes as it goes notices when nobody reads any more.
pub(super) const SHAPES: [bool; 2] = [true, false];

/// The request's body.
pub(super) fn body(model: &str, question: &Question, shape: usize) -> Value {
    let messages: Vec<Value> = question
        .turns
        .iter()
        .map(|(role, text)| {
            let role = match role {
                Role::User => "user",
                Role::Assistant => "assistant",
            };
            json!({ "role": role, "content": text })
        })
        .collect();
    json!({
        "model": model,
        "max_tokens": question.most_tokens,
        "system": question.system,
        "messages": messages,
        "tools": [{ "name": TOOL, "description": "Gives the answer.", "input_schema": question.schema }],
        "tool_choice": { "type": "tool", "name": TOOL },
        "stream": SHAPES.get(shape).copied().unwrap_or(false),
    })
}

/// A part of an answer, as far as it has come.
#[derive(Default)]
struct Part {
    is_tool: bool,
    text: String,
}

/// An answer that came piece by piece (server-sent events), as if it had come whole.
pub(super) fn of_stream(body: &str) -> Result<Value, LlmError> {
    let mut parts: BTreeMap<u64, Part> = BTreeMap::new();
    let (mut stopped, mut ended) = (Value::Null, false);
    let (mut read, mut written) = (Value::Null, Value::Null);
    for data in body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
        let event: Value =
            serde_json::from_str(data).map_err(|_| LlmError::Nonsense { what: "a piece of its answer is no JSON" })?;
        let word = |path: &str| event.pointer(path).and_then(Value::as_str);
        let known = |path: &str, before: &Value| event.pointer(path).filter(|n| n.is_u64()).unwrap_or(before).clone();
        let part = event.get("index").and_then(Value::as_u64).unwrap_or_default();
        match word("/type").unwrap_or_default() {
            "error" => return Err(LlmError::from_status(status(word("/error/type")), data.as_bytes(), None)),
            "message_start" => {
                read = known("/message/usage/input_tokens", &read);
                written = known("/message/usage/output_tokens", &written);
            }
            "content_block_start" => {
                let text = word("/content_block/text").unwrap_or_default().to_owned();
                parts.insert(part, Part { is_tool: word("/content_block/type") == Some("tool_use"), text });
            }
            "content_block_delta" => {
                let piece = word("/delta/partial_json").or(word("/delta/text")).unwrap_or_default();
                parts.entry(part).or_default().text.push_str(piece);
            }
            "message_delta" => {
                stopped = event.pointer("/delta/stop_reason").cloned().unwrap_or_default();
                read = known("/usage/input_tokens", &read);
                written = known("/usage/output_tokens", &written);
            }
            "message_stop" => ended = true,
            // Pings, and what is to come.
            _ => {}
        }
    }
    if !ended {
        return Err(LlmError::Nonsense { what: "its answer breaks off" });
    }
    let whole = |part: Part| match part {
        // What is no JSON is the model's fault: whoever asked says so to it.
        Part { is_tool: true, text } => match serde_json::from_str::<Value>(&text) {
            Ok(input) => json!({ "type": "tool_use", "input": input }),
            Err(_) => json!({ "type": "text", "text": text }),
        },
        Part { text, .. } => json!({ "type": "text", "text": text }),
    };
    let content: Vec<Value> = parts.into_values().map(whole).collect();
    let usage = json!({ "input_tokens": read, "output_tokens": written });
    Ok(json!({ "content": content, "stop_reason": stopped, "usage": usage }))
}

/// The status that an error in the middle of an answer would have had at its beginning.
fn status(kind: Option<&str>) -> u16 {
    match kind.unwrap_or_default() {
        "invalid_request_error" => 400,
        "authentication_error" => 401,
        "permission_error" => 403,
        "not_found_error" => 404,
        "request_too_large" => 413,
        "rate_limit_error" => 429,
        "overloaded_error" => 529,
        _ => 500,
    }
}

/// The answer's text, and the tokens that it cost.
pub(super) fn read(json: &Value) -> Result<(String, Option<u64>), LlmError> {
    let stopped = json.get("stop_reason").and_then(Value::as_str).unwrap_or_default();
    match stopped {
        "refusal" => return Err(LlmError::Declined),
        "max_tokens" => return Err(LlmError::Cut),
        _ => {}
    }
    let parts = json.get("content").and_then(Value::as_array);
    let parts = parts.ok_or(LlmError::Nonsense { what: "it has no `content`" })?;
    let used = parts.iter().find(|part| part.get("type").and_then(Value::as_str) == Some("tool_use"));
    let text = match used.and_then(|part| part.get("input")) {
        Some(input) => input.to_string(),
        None => parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect(),
    };
    if text.is_empty() {
        return Err(LlmError::Nonsense { what: "its `content` is empty" });
    }
    let count = |name: &str| json.pointer(&format!("/usage/{name}")).and_then(Value::as_u64);
    let tokens = count("input_tokens").zip(count("output_tokens")).map(|(a, b)| a + b);
    Ok((text, tokens))
}
