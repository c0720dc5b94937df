//! OpenAI's chat completions, as OpenAI, Ollama, vLLM, llama.cpp, Azure and many others speak them.

use super::{LlmError, Question, Role};
use serde_json::{Value, json};

/// How a server is told of the schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// `json_schema`: the answer cannot be other than that.
    Bounded,
    /// The same without the limits of strings and lists, which some do not take.
    Schema,
    /// `json_object`: some JSON.
    Object,
    /// Not at all: the prompt asks for it.
    Words,
}

/// The shapes of a request, the best first: the format, and the name that the limit goes by.
pub(super) const SHAPES: [(Format, &str); 8] = [
    (Format::Bounded, "max_tokens"),
    (Format::Bounded, "max_completion_tokens"),
    (Format::Schema, "max_tokens"),
    (Format::Schema, "max_completion_tokens"),
    (Format::Object, "max_tokens"),
    (Format::Object, "max_completion_tokens"),
    (Format::Words, "max_tokens"),
    (Format::Words, "max_completion_tokens"),
];

/// The request's body.
pub(super) fn body(model: &str, question: &Question, shape: usize) -> Value {
    let (format, limit) = SHAPES.get(shape).copied().unwrap_or((Format::Words, "max_tokens"));
    let mut messages = vec![json!({ "role": "system", "content": question.system })];
    for (role, text) in &question.turns {
        let role = match role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        messages.push(json!({ "role": role, "content": text }));
    }
    let mut body = json!({ "model": model, "messages": messages, "stream": false, limit: question.most_tokens });
    let wanted = match format {
        Format::Bounded => with_schema(question.schema.clone()),
        Format::Schema => with_schema(unbounded(&question.schema)),
        Format::Object => json!({ "type": "json_object" }),
        Format::Words => return body,
    };
    if let Some(fields) = body.as_object_mut() {
        fields.insert("response_format".to_owned(), wanted);
    }
    body
}

fn with_schema(schema: Value) -> Value {
    json!({ "type": "json_schema", "json_schema": { "name": "answer", "strict": true, "schema": schema } })
}

/// A schema without `maxLength` and the like.
fn unbounded(schema: &Value) -> Value {
    const BOUNDS: [&str; 4] = ["minLength", "maxLength", "minItems", "maxItems"];
    match schema {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, value)| !(BOUNDS.contains(&name.as_str()) && value.is_number()));
            Value::Object(kept.map(|(name, value)| (name.clone(), unbounded(value))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(unbounded).collect()),
        other => other.clone(),
    }
}

/// The answer's text, and the tokens that it cost.
pub(super) fn read(json: &Value) -> Result<(String, Option<u64>), LlmError> {
    let choice = json.pointer("/choices/0").ok_or(LlmError::Nonsense { what: "it has no `choices`" })?;
    let message = choice.get("message").ok_or(LlmError::Nonsense { what: "it has no `message`" })?;
    let finish = choice.get("finish_reason").and_then(Value::as_str).unwrap_or_default();
    if message.get("refusal").is_some_and(Value::is_string) || finish == "content_filter" {
        return Err(LlmError::Declined);
    }
    if finish == "length" {
        return Err(LlmError::Cut);
    }
    let text = match message.get("content") {
        Some(Value::String(text)) => text.clone(),
        // Some give it in parts.
        Some(Value::Array(parts)) => {
            parts.iter().filter_map(|part| part.get("text").and_then(Value::as_str)).collect::<String>()
        }
        _ => return Err(LlmError::Nonsense { what: "its message has no `content`" }),
    };
    Ok((text, json.pointer("/usage/total_tokens").and_then(Value::as_u64)))
}
