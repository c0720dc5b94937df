//! Which keys a config may hold, and the nearest one to a slip of the hand.

use toml::{Table, Value};

/// The keys of each table, by its dotted path; `[]` stands for one item of a list of tables.
pub(super) const KEYS: &[(&str, &[&str])] = &[
    ("", &["vault", "state", "sync", "paths", "assistant", "send", "drafts", "notes", "notify", "accounts", "rules"]),
    ("sync", &["schedule", "since", "jitter", "sent_notes"]),
    ("paths", &["sources", "outbox", "people", "customers", "projects"]),
    (
        "assistant",
        &[
            "provider",
            "base_url",
            "model",
            "api_key",
            "ca_file",
            "allow_http",
            "timeout",
            "concurrency",
            "messages_per_pass",
            "tokens_per_day",
            "keep_prompts",
            "accounts",
            "mailboxes",
            "persona",
            "vault_context",
            "follow_up",
            "nudge",
            "manner",
        ],
    ),
    ("send", &["enabled", "delay", "save_sent"]),
    ("drafts", &["reply", "format", "quote", "mirror"]),
    (
        "notes",
        &[
            "context",
            "keep_original",
            "attachment_limit",
            "attachment_skip",
            "source_template",
            "summary_template",
            "draft_template",
            "person_template",
            "customer_template",
            "project_template",
            "awaiting_template",
        ],
    ),
    ("notify", &["desktop", "command", "drafts", "failures", "subjects"]),
    ("accounts[]", &["name", "email", "display_name", "aliases", "signature", "imap", "smtp", "auth"]),
    ("accounts[].imap", &["host", "port", "security", "mailboxes", "sent", "compress", "username", "ca_file"]),
    ("accounts[].smtp", &["host", "port", "security", "username", "ca_file"]),
    ("accounts[].auth", &["password", "oauth2"]),
    (
        "accounts[].auth.oauth2",
        &[
            "provider",
            "client_id",
            "client_secret",
            "auth_url",
            "token_url",
            "device_url",
            "revoke_url",
            "redirect_url",
            "scopes",
            "tenant",
            "ca_file",
            "tokens",
        ],
    ),
];

/// The first key that no postnote knows, with the nearest one that it does.
pub(super) fn unknown(table: &Table) -> Option<String> {
    walk(table, "")
}

fn walk(table: &Table, path: &str) -> Option<String> {
    let (_, known) = KEYS.iter().find(|(p, _)| *p == path)?;
    for (key, value) in table {
        let full = if path.is_empty() { key.clone() } else { format!("{}.{key}", path.replace("[]", "")) };
        if !known.contains(&key.as_str()) {
            let hint = match nearest(key, known) {
                Some(near) => format!("; did you mean `{near}`?"),
                None => format!(
                    "; known here: {}. If it is right, the config was written for a newer postnote than this one, {}",
                    known.join(", "),
                    env!("CARGO_PKG_VERSION")
                ),
            };
            return Some(format!("unknown key `{full}`{hint}"));
        }
        let inner = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let found = match value {
            Value::Table(t) => walk(t, &inner),
            Value::Array(items) => {
                items.iter().filter_map(Value::as_table).find_map(|t| walk(t, &format!("{inner}[]")))
            }
            _ => None,
        };
        if found.is_some() {
            return found;
        }
    }
    None
}

/// The known word that a slip of the hand may have meant.
pub(super) fn nearest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(key, k), *k))
        .min()
        .filter(|(distance, k)| *distance <= 2.max(k.len() / 3))
        .map(|(_, k)| k)
}
