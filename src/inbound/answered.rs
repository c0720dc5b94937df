//! What the owner's reply settled: its tasks are marked as done in the summary of their conversation, and the messages as
//! done in their source notes.

use crate::mail::hash::sha256;
use crate::note::{frontmatter, task};
use crate::store::Store;
use crate::triage::Triage;
use crate::vault::{Vault, VaultError};
use anyhow::Result;
use std::collections::HashSet;

/// Marks what was answered since it was last looked at. A summary that its owner moved, deleted or is editing stays as it is.
pub(super) fn settle(vault: &Vault, store: &Store) -> Result<()> {
    for message in store.answered_now()? {
        let (Some((_, digest)), Some((path, hash))) = (message.said(), store.summary(&message.thread)?) else {
            continue;
        };
        let settled = digest.actions.iter().filter(|item| task::is_settled_by_reply(item));
        let done: HashSet<String> = settled.map(task::essence).collect();
        let Ok(old) = vault.read(&path) else { continue };
        let Some(new) = task::settle(&old, &done) else { continue };
        match vault.replace(&path, &old, &new) {
            Ok(()) if sha256(&old) == hash => store.put_summary(&message.thread, &path, &sha256(&new))?,
            Ok(()) | Err(VaultError::Changed(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    store.notes_answered_now()?.iter().try_for_each(|note| done(vault, note))
}

/// Changes the `triage` line of a note whose message waited, or was worth knowing; another word of postnote's or of its
/// owner's stays.
fn done(vault: &Vault, note: &str) -> Result<()> {
    let Ok(old) = vault.read(note) else { return Ok(()) };
    let word = frontmatter::parse(&old).ok().and_then(|(front, _)| front.text("triage"));
    let waited = [Triage::NeedsReply, Triage::Fyi].map(Triage::as_str);
    if !word.is_some_and(|word| waited.contains(&word.trim())) {
        return Ok(());
    }
    let Ok(new) = frontmatter::set(&old, &[("triage", Triage::Done.as_str())]) else { return Ok(()) };
    match vault.replace(note, &old, &new) {
        Ok(()) | Err(VaultError::Changed(_)) => Ok(()),
        Err(e) => Err(e.into()),
    }
}
