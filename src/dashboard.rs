//! Keeping `Mail.md` and `Mail.base` in the vault, and telling Obsidian of what type the notes' properties are.
//!
//! The pages are made when somebody asks for them, and are then their owner's: one that a person changed is never
//! touched, one that was deleted does not come back by itself, and one that is still as postnote wrote it follows the
//! config and the version.

use crate::config::Config;
use crate::note::dashboard::{Folders, is_ours, pages};
use crate::vault::Vault;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};

/// What became of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was not there, and is now.
    Made,
    /// It was as an earlier postnote wrote it, and is now as this one does.
    Renewed,
    /// It is as this postnote writes it.
    Same,
    /// Somebody changed it: it stays.
    Theirs,
}

/// Writes the pages into the vault, where nobody keeps them for their own. Call it when the owner asks for them.
pub fn write(config: &Config, vault: &Vault) -> Result<Vec<(&'static str, Done)>> {
    all(config, vault, true)
}

/// Brings those up to date that are there and unchanged.
pub fn renew(config: &Config, vault: &Vault) -> Result<()> {
    all(config, vault, false).map(drop)
}

fn all(config: &Config, vault: &Vault, make: bool) -> Result<Vec<(&'static str, Done)>> {
    let mut done = Vec::new();
    for page in pages(Folders { outbox: &config.paths.outbox, sources: &config.paths.sources }) {
        let what = match vault.exists(page.path) {
            false if make => {
                vault.create(page.path, page.text.as_bytes())?;
                Done::Made
            }
            false => continue,
            true => {
                let old = vault.read(page.path)?;
                match () {
                    () if old == page.text => Done::Same,
                    () if !is_ours(&old) => Done::Theirs,
                    () => {
                        vault.replace(page.path, &old, &page.text)?;
                        Done::Renewed
                    }
                }
            }
        };
        done.push((page.path, what));
    }
    Ok(done)
}

/// Where Obsidian keeps the types of properties, for the whole vault.
const TYPES: &str = ".obsidian/types.json";
/// Those of the notes' keys that hold more than a line of text, or that look like something else.
const PROPERTIES: [(&str, &[&str]); 4] = [
    ("date", &["date", "last_contact"]),
    ("datetime", &["received", "sent_at", "send_at"]),
    ("multitext", &["to", "cc", "bcc", "attachments", "participants", "emails", "domains", "context_used"]),
    ("text", &["from", "reply_to", "subject", "status", "urgency", "reason", "message_id", "in_reply_to", "thread"]),
];

/// Tells Obsidian the types of the notes' properties; how many it did not know. A type that somebody has set stays.
pub fn types(vault: &Vault) -> Result<usize> {
    if !vault.root().join(".obsidian").is_dir() {
        bail!("{} holds no .obsidian folder: open it in Obsidian once, then run this again", vault.root().display());
    }
    let old = if vault.exists(TYPES) { Some(vault.read(TYPES)?) } else { None };
    let mut all: Map<String, Value> = match &old {
        Some(text) => {
            serde_json::from_str(text).with_context(|| format!("{TYPES} cannot be read; it is left alone"))?
        }
        None => Map::new(),
    };
    let Some(known) = all.entry("types").or_insert_with(|| Value::Object(Map::new())).as_object_mut() else {
        bail!("{TYPES}: `types` is not what Obsidian writes; it is left alone");
    };
    let before = known.len();
    for (kind, names) in PROPERTIES {
        for name in names {
            known.entry(*name).or_insert_with(|| Value::from(kind));
        }
    }
    let added = known.len() - before;
    if added > 0 {
        let text = serde_json::to_string_pretty(&all)? + "\n";
        match old {
            Some(old) => vault.replace(TYPES, &old, &text)?,
            None => vault.create(TYPES, text.as_bytes())?,
        }
    }
    Ok(added)
}
