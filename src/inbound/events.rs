//! How an event stands when a mail about it comes: what the mails before it said, read from the vault.
//!
//! The calendar files beside their notes are what is known: no table of the database has to be right, and what a person took
//! away counts no more. No note that is there is changed; the newest says how things stand.

use crate::mail::Message;
use crate::mail::invite::state::{State, state};
use crate::mail::invite::{self, Invite};
use crate::note::source;
use crate::store::Store;
use crate::vault::Vault;
use anyhow::Result;

const MAX_CALENDAR: u64 = 1 << 20;

/// How the event of this mail stands; `None` for a mail about none, and for the first one about it.
pub(super) fn so_far(vault: &Vault, store: &Store, message: &Message, thread: &str) -> Result<Option<State>> {
    let Some(this) = message.invite.as_ref().filter(|invite| !invite.uid.is_empty()) else { return Ok(None) };
    let mut known: Vec<Invite> = Vec::new();
    for note in store.notes_in(thread)? {
        // A note or a file that is gone says nothing any more.
        let Ok(text) = vault.read(&note) else { continue };
        for path in source::calendars(&text, &note) {
            let Ok(bytes) = vault.read_bytes(&path, MAX_CALENDAR) else { continue };
            known.extend(invite::parse(&String::from_utf8_lossy(&bytes), None));
        }
    }
    let mut all: Vec<&Invite> = known.iter().filter(|invite| invite.uid == this.uid).collect();
    if all.is_empty() {
        return Ok(None);
    }
    all.push(this);
    Ok(state(&all))
}
