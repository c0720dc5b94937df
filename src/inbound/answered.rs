//! Tasks that the owner's reply settled, marked as done in the summary of their conversation.

use crate::mail::hash::sha256;
use crate::note::task;
use crate::store::Store;
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
    Ok(())
}
