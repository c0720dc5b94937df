//! The shape of a model's answer, as JSON schema: every field there, none besides, and none without end.

use serde_json::{Value, json};

/// The schema.
pub fn schema() -> Value {
    let text = |least: u32, most: u32| json!({ "type": "string", "minLength": least, "maxLength": most });
    let list = |of: &Value| json!({ "type": "array", "items": of, "maxItems": 8 });
    let urgency = json!({ "type": "string", "enum": ["urgent", "normal", "low"] });
    let object = |fields: &[(&str, Value)]| {
        let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
        let properties: serde_json::Map<String, Value> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        json!({ "type": "object", "properties": properties, "required": names, "additionalProperties": false })
    };
    let action = object(&[
        ("text", text(1, 300)),
        ("owner", text(1, 80)),
        ("due", json!({ "type": ["string", "null"], "maxLength": 10 })),
        ("urgency", urgency.clone()),
    ]);
    let question = object(&[("text", text(1, 300)), ("answer", text(0, 800))]);
    object(&[
        ("title", text(1, 120)),
        ("summary", text(1, 700)),
        ("actions", list(&action)),
        ("decisions", list(&text(1, 300))),
        ("key_information", list(&text(1, 300))),
        ("questions", list(&question)),
        ("urgency", urgency),
        ("reply", text(0, 1500)),
    ])
}
