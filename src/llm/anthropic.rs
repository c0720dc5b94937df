//! Anthropic's messages. The schema is that of a tool which the model has to use, so that its answer is JSON.

use super::{LlmError, Question, Role};
use serde_json::{Value, json};

/// The version of the interface that is spoken here.
pub(super) const VERSION: &str = "2023-06-01";
const TOOL: &str = "answer";

/// The request's body.
pub(super) fn body(model: &str, question: &Question) -> Value {
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
    })
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
