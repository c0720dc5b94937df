//! Drafts that their owner asks for, put into the vault as those that a sync writes.

use super::rsvp::{self, Invitation};
use super::take::place;
use crate::config::{Account, Config};
use crate::mail::Message;
use crate::note::rsvp::Asked;
use crate::store::Store;
use crate::vault::Vault;
use anyhow::Result;
use jiff::Zoned;

/// Writes a new draft, and gives its path.
pub fn new(vault: &Vault, path: &str, text: &str, id: &str) -> Result<String> {
    Ok(place(vault, path, text.as_bytes(), |old| carries(old, id))?.0)
}

/// True when a file is the draft of that id.
pub fn carries(text: &str, id: &str) -> bool {
    // It is written as it is: where it does not stand, nothing has to be read as YAML.
    text.contains(id)
        && crate::note::draft::read(text).is_ok_and(|d| d.is_some_and(|d| d.draft_id.as_deref() == Some(id)))
}

/// Writes the draft of an answer to an invitation, and gives its path; `None` where there is nothing to answer (any more).
pub fn rsvp(
    vault: &Vault,
    store: &Store,
    by: (&Config, &Account, &Zoned),
    (message, note, asked): (&Message, &str, &Asked),
    id: &str,
) -> Result<Option<String>> {
    rsvp::write(vault, store, by, &Invitation { message, id, note, asked })
}
