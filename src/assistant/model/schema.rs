//! The shape of a model's answer, as JSON schema: every field there, none besides.

use serde_json::{Value, json};

/// The schema.
pub fn schema() -> Value {
    let text = json!({ "type": "string" });
    let list = |of: &Value| json!({ "type": "array", "items": of });
    let urgency = json!({ "type": "string", "enum": ["urgent", "normal", "low"] });
    let object = |fields: &[(&str, Value)]| {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let properties: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
    };
    let action = object(&[
        ("text", text.clone()),
        ("owner", text.clone()),
        ("due", json!({ "type": ["string", "null"] })),
        ("urgency", urgency.clone()),
    ]);
    let question = object(&[("text", text.clone()), ("answer", text.clone())]);
    object(&[
        ("title", text.clone()),
        ("summary", text.clone()),
        ("actions", list(&action)),
        ("decisions", list(&text)),
        ("key_information", list(&text)),
        ("questions", list(&question)),
        ("urgency", urgency),
        ("reply", text),
    ])
}
