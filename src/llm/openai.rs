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

/// The shapes of a request, the best first: the format, the name that the limit goes by, and whether the answer comes piece by
/// piece. It is read as a whole all the same; but a server that writes as it goes notices when nobody reads any more.
pub(super) const SHAPES: [(Format, &str, bool); 10] = [
    (Format::Bounded, "max_tokens", true),
    (Format::Bounded, "max_completion_tokens", true),
    (Format::Schema, "max_tokens", true),
    (Format::Schema, "max_completion_tokens", true),
    (Format::Schema, "max_tokens", false),
    (Format::Schema, "max_completion_tokens", false),
    (Format::Object, "max_tokens", false),
    (Format::Object, "max_completion_tokens", false),
    (Format::Words, "max_tokens", false),
    (Format::Words, "max_completion_tokens", false),
];

/// The request's body.
pub(super) fn body(model: &str, question: &Question, shape: usize) -> Value {
    let (format, limit, stream) = SHAPES.get(shape).copied().unwrap_or((Format::Words, "max_tokens", false));
    let mut messages = vec![json!({ "role": "system", "content": question.system })];
    for (role, text) in &question.turns {
        let role = match role {
            Role::User => "user",
            Role::Assistant => "assistant",
        };
        messages.push(json!({ "role": role, "content": text }));
    }
    let mut body = json!({ "model": model, "messages": messages, "stream": stream, limit: question.most_tokens });
    if stream {
        set(&mut body, "stream_options", json!({ "include_usage": true }));
    }
    let wanted = match format {
        Format::Bounded => with_schema(question.schema.clone()),
        Format::Schema => with_schema(unbounded(&question.schema)),
        Format::Object => json!({ "type": "json_object" }),
        Format::Words => return body,
    };
    set(&mut body, "response_format", wanted);
    body
}

fn set(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

/// An answer that came piece by piece (server-sent events), as if it had come whole.
pub(super) fn of_stream(body: &str) -> Result<Value, LlmError> {
    let (mut text, mut refusal, mut finish, mut usage) = (String::new(), None, None, Value::Null);
    for data in body.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim) {
        if data == "[DONE]" {
            break;
        }
        let event: Value =
            serde_json::from_str(data).map_err(|_| LlmError::Nonsense { what: "a piece of its answer is no JSON" })?;
        if let Some(error) = event.get("error") {
            let status = error.get("code").and_then(Value::as_u64).and_then(|code| u16::try_from(code).ok());
            return Err(LlmError::from_status(status.unwrap_or(500), data.as_bytes(), None));
        }
        let choice = event.pointer("/choices/0");
        let piece = |name: &str| choice?.get("delta")?.get(name)?.as_str();
        text.push_str(piece("content").unwrap_or_default());
        refusal = refusal.or(piece("refusal").filter(|s| !s.is_empty()).map(str::to_owned));
        finish = choice.and_then(|c| c.get("finish_reason")?.as_str()).map(str::to_owned).or(finish);
        if let Some(used) = event.get("usage").filter(|used| used.is_object()) {
            usage = used.clone();
        }
    }
    let finish = finish.ok_or(LlmError::Nonsense { what: "its answer breaks off" })?;
    let message = json!({ "content": text, "refusal": refusal });
    Ok(json!({ "choices": [{ "message": message, "finish_reason": finish }], "usage": usage }))
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
