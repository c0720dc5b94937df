//! The vault's own record of what was attempted: one JSON line before each attempt and one after each acceptance,
//! in the outbox folder, hidden from Obsidian. It outlives the database and travels with the vault to other
//! machines; nothing in it is private but ids.

use crate::vault::{Vault, VaultError};
use anyhow::Result;
use serde::{Deserialize, Serialize};

const FILE: &str = ".postnote-ledger.jsonl";
const MOST: u64 = 64 * 1024 * 1024;

/// One line of the record.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Line {
    draft_id: String,
    /// The message's id, without brackets; empty where it is not known.
    pub(super) message_id: String,
    /// What happened.
    pub(super) event: Event,
    /// When, local, as ISO 8601 without a zone.
    pub(super) at: String,
}

/// What was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Event {
    /// An attempt begins.
    Attempting,
    /// That attempt surely sent nothing.
    Refused,
    /// Nobody can tell, and the owner was told so.
    Uncertain,
    /// The server took the message.
    Sent,
}

/// Records an event, durably, before anything further happens.
pub(super) fn record(
    vault: &Vault,
    outbox: &str,
    draft_id: &str,
    message_id: &str,
    event: Event,
    at: &str,
) -> Result<()> {
    let line = Line { draft_id: draft_id.to_owned(), message_id: message_id.to_owned(), event, at: at.to_owned() };
    Ok(vault.append_line(&format!("{outbox}/{FILE}"), &serde_json::to_string(&line)?)?)
}

/// The last event of a draft; of several, `Sent` stands.
pub(super) fn last(vault: &Vault, outbox: &str, draft_id: &str) -> Result<Option<Line>, VaultError> {
    let path = format!("{outbox}/{FILE}");
    if !vault.exists(&path) {
        return Ok(None);
    }
    let bytes = vault.read_bytes(&path, MOST)?;
    let mut found: Option<Line> = None;
    // A line that a crash cut short says nothing.
    for line in String::from_utf8_lossy(&bytes).lines().filter_map(|l| serde_json::from_str::<Line>(l).ok()) {
        if line.draft_id == draft_id && found.as_ref().is_none_or(|f| f.event != Event::Sent) {
            found = Some(line);
        }
    }
    Ok(found)
}
