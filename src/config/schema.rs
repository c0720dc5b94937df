//! A JSON schema of the config, for editors that complete and check TOML by one.
//!
//! It is made of what is there anyway: the keys that a config may hold, and config.example.toml, which shows each of them
//! with its kind of value and says what it is for. So the three cannot part.

use super::keys::KEYS;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const EXAMPLE: &str = include_str!("../../config.example.toml");

/// Keys that take one of a few words.
const WORDS: &[(&str, &[&str])] = &[
    ("assistant.provider", &["offline", "openai", "anthropic"]),
    ("send.save_sent", &["auto", "always", "never"]),
    ("drafts.reply", &["sender", "all"]),
    ("drafts.format", &["both", "plain"]),
    ("drafts.quote", &["none", "below"]),
    ("accounts[].imap.security", &["tls", "starttls", "plaintext"]),
    ("accounts[].smtp.security", &["tls", "starttls", "plaintext"]),
    ("accounts[].imap.compress", &["auto", "always", "never"]),
    ("accounts[].auth.oauth2.provider", &["google", "microsoft", "custom"]),
];

/// Keys that have to be there.
const REQUIRED: &[(&str, &[&str])] = &[
    ("", &["vault", "accounts"]),
    ("accounts[]", &["name", "email", "imap", "smtp", "auth"]),
    ("accounts[].imap", &["host"]),
    ("accounts[].smtp", &["host"]),
    ("accounts[].auth.oauth2", &["provider", "client_id"]),
];

/// The schema (draft 2020-12).
pub fn schema() -> Value {
    let shown = shown();
    let mut schema = table("", &shown);
    if let Some(object) = schema.as_object_mut() {
        object.insert("$schema".to_owned(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".to_owned(), json!("postnote's config"));
    }
    schema
}

/// What the example shows of a key.
struct Shown {
    words: String,
    value: Option<toml::Value>,
}

fn table(path: &str, shown: &BTreeMap<String, Shown>) -> Value {
    let known = KEYS.iter().find(|(p, _)| *p == path).map(|(_, keys)| *keys).unwrap_or_default();
    let mut properties = Map::new();
    for key in known {
        let inner = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
        let list = format!("{inner}[]");
        let is_table = |path: &str| KEYS.iter().any(|(p, _)| *p == path);
        let value = match () {
            () if inner == "rules" => json!({ "type": "array", "items": rule() }),
            () if is_table(&inner) => table(&inner, shown),
            () if is_table(&list) => json!({ "type": "array", "minItems": 1, "items": table(&list, shown) }),
            () => leaf(&inner, shown.get(&inner)),
        };
        properties.insert((*key).to_owned(), value);
    }
    let required = REQUIRED.iter().find(|(p, _)| *p == path).map(|(_, keys)| *keys).unwrap_or_default();
    json!({ "type": "object", "properties": properties, "additionalProperties": false, "required": required })
}

fn leaf(path: &str, shown: Option<&Shown>) -> Value {
    let mut value = match shown.and_then(|shown| shown.value.as_ref()) {
        Some(toml::Value::String(_)) => json!({ "type": "string" }),
        Some(toml::Value::Boolean(_)) => json!({ "type": "boolean" }),
        Some(toml::Value::Integer(_)) => json!({ "type": "integer", "minimum": 0 }),
        Some(toml::Value::Float(_)) => json!({ "type": "number" }),
        Some(toml::Value::Array(_)) => json!({ "type": "array", "items": { "type": "string" } }),
        Some(toml::Value::Table(_)) => secret(),
        _ => json!({}),
    };
    if let Some(object) = value.as_object_mut() {
        if let Some((_, words)) = WORDS.iter().find(|(p, _)| *p == path) {
            object.insert("enum".to_owned(), json!(words));
        }
        if let Some(words) = shown.map(|shown| shown.words.as_str()).filter(|words| !words.is_empty()) {
            object.insert("description".to_owned(), json!(words));
        }
    }
    value
}

/// Where a secret comes from, or is kept.
fn secret() -> Value {
    let one = |key: &str, kind: Value| json!({ "type": "object", "properties": { key: kind }, "required": [key], "additionalProperties": false });
    json!({ "oneOf": [
        one("keyring", json!({ "type": "boolean", "enum": [true] })),
        one("env", json!({ "type": "string" })),
        one("command", json!({ "type": "string" })),
        one("file", json!({ "type": "string" })),
    ] })
}

fn rule() -> Value {
    let (text, yes) = (json!({ "type": "string" }), json!({ "type": "boolean" }));
    let object =
        |properties: Value| json!({ "type": "object", "properties": properties, "additionalProperties": false });
    object(json!({
        "match": object(json!({ "from": text, "to": text, "list_id": text, "subject": text, "account": text, "mailbox": text })),
        "action": { "type": "string", "enum": ["ignore", "source", "summary", "draft"] },
        "urgency": { "type": "string", "enum": ["urgent", "normal", "low"] },
        "tags": { "type": "array", "items": text },
        "llm": yes,
        "entity": yes,
        "project": text,
        "draft_template": text,
        "source_template": text,
        "summary_template": text,
    }))
}

/// Each key of the example by its path: a value, and the comment above it.
fn shown() -> BTreeMap<String, Shown> {
    let mut all = BTreeMap::new();
    let (mut path, mut words) = (String::new(), Vec::new());
    for line in EXAMPLE.lines().map(str::trim) {
        let bare = line.trim_start_matches(['#', ' ']);
        if let Some(heading) = heading(bare) {
            (path, words) = (heading, Vec::new());
            continue;
        }
        let Some((key, value)) = pair(bare) else {
            match line.starts_with('#') {
                true => words.push(bare.to_owned()),
                false => words.clear(),
            }
            continue;
        };
        let inner = if path.is_empty() { key } else { format!("{path}.{key}") };
        let said = std::mem::take(&mut words).join(" ");
        all.entry(inner).or_insert(Shown { words: said, value: Some(value) });
    }
    all
}

/// `[sync]`, `[[accounts]]`, `[accounts.imap]` → `sync`, `accounts[]`, `accounts[].imap`.
fn heading(line: &str) -> Option<String> {
    let name = line.strip_prefix('[')?.strip_suffix(']')?;
    let name = match name.strip_prefix('[').and_then(|name| name.strip_suffix(']')) {
        Some(list) => format!("{list}[]"),
        None => name.replacen("accounts.", "accounts[].", 1),
    };
    (name == "rules[]" || KEYS.iter().any(|(p, _)| *p == name)).then_some(name)
}

fn pair(line: &str) -> Option<(String, toml::Value)> {
    let table: toml::Table = line.parse().ok()?;
    let mut pairs = table.into_iter();
    pairs.next().filter(|_| pairs.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;
    use std::path::Path;

    /// As much of JSON Schema as the schema uses; where it does not fit.
    fn check(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
        if let Some(ways) = schema["oneOf"].as_array() {
            let fits = ways.iter().filter(|way| check(way, value, at).is_ok()).count();
            return if fits == 1 { Ok(()) } else { Err(format!("{at}: fits {fits} ways")) };
        }
        let is = match schema["type"].as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("boolean") => value.is_boolean(),
            Some("integer") => value.is_u64(),
            None => true,
            Some(other) => panic!("{other}"),
        };
        if !is || schema["enum"].as_array().is_some_and(|words| !words.contains(value)) {
            return Err(format!("{at}: {value} is not as {schema}"));
        }
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            check(&schema["items"], item, &format!("{at}[{n}]"))?;
        }
        for key in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            value.get(key).ok_or_else(|| format!("{at}: no {key}"))?;
        }
        for (key, inner) in value.as_object().into_iter().flatten() {
            let known = schema["properties"].get(key).ok_or_else(|| format!("{at}: unknown {key}"))?;
            check(known, inner, &format!("{at}.{key}"))?;
        }
        Ok(())
    }

    fn judged(text: &str) -> Result<(), String> {
        let value = serde_json::to_value(text.parse::<toml::Table>().expect("TOML")).expect("JSON");
        check(&schema(), &value, "")
    }

    #[test]
    fn the_example_fits_and_slips_do_not() {
        assert_eq!(judged(EXAMPLE), Ok(()));
        for (from, to) in [
            ("security = \"tls\"", "security = \"ssl\""),
            ("vault = \"", "valut = \""),
            ("port = 993", "port = \"993\""),
            ("password = { keyring = true }", "password = \"hunter2\""),
            ("action = \"source\"", "action = \"sauce\""),
            ("aliases = [", "aliases = [1, "),
        ] {
            assert!(EXAMPLE.contains(from), "{from}");
            assert!(judged(&EXAMPLE.replacen(from, to, 1)).is_err(), "{to}");
        }
    }

    #[test]
    fn every_key_has_a_kind() {
        let shown = shown();
        for (path, keys) in KEYS {
            for key in *keys {
                let inner = if path.is_empty() { (*key).to_owned() } else { format!("{path}.{key}") };
                let is_table = KEYS.iter().any(|(p, _)| *p == inner || *p == format!("{inner}[]"));
                // What `imap` explains, `smtp` need not say again.
                let known = [inner.clone(), inner.replace(".smtp.", ".imap.")].iter().any(|k| shown.contains_key(k));
                assert!(is_table || inner == "rules" || known, "config.example.toml has no line for {inner}");
            }
        }
        // Each word that the schema allows, the config takes.
        for (path, words) in WORDS {
            let (table, key) = path.rsplit_once('.').expect("a table");
            assert!(KEYS.iter().any(|(p, keys)| p == &table && keys.contains(&key)), "{path}");
            for word in *words {
                let line = format!("{key} = \"{word}\"");
                let extra = if *word == "anthropic" { "\nmodel = \"x\"" } else { "" };
                let extra =
                    if *word == "openai" { "\nmodel = \"x\"\nbase_url = \"http://localhost/v1\"" } else { extra };
                if table.contains("accounts") {
                    continue;
                }
                let text = format!(
                    "vault = \"/v\"\n[{table}]\n{line}{extra}\n[[accounts]]\nname = \"a\"\nemail = \"a@b.example\"\n\
                     imap = {{ host = \"x\" }}\nsmtp = {{ host = \"x\" }}\nauth = {{ password = {{ keyring = true }} }}\n"
                );
                Config::parse(&text, Path::new("/"), Path::new("/")).expect(&line);
                assert_eq!(judged(&text), Ok(()));
            }
        }
    }

    #[test]
    fn rules_have_the_keys_that_are_read() {
        let expected = |text: &str| toml::from_str::<super::super::Rule>(text).expect_err("an unknown key").to_string();
        let rule = rule();
        for (text, properties) in [
            ("nonsense = 1", &rule["properties"]),
            ("match = { nonsense = 1 }", &rule["properties"]["match"]["properties"]),
        ] {
            let said = expected(text);
            let known = said.rsplit_once("expected").expect("what is known").1;
            let mut known: Vec<&str> = known.split('`').skip(1).step_by(2).collect();
            let mut here: Vec<&str> = properties.as_object().expect("keys").keys().map(String::as_str).collect();
            known.sort_unstable();
            here.sort_unstable();
            assert_eq!(known, here);
        }
    }
}
