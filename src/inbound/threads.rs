//! The conversation that a message belongs to, whatever the order in which its messages arrive.
//!
//! Ids that a message names belong to its conversation, also when the messages themselves come later, or never. When a
//! message ties two conversations together they become one, and the notes of the one that gives up its name are told
//! of it: their `thread` line changes, and nothing else.

use crate::mail::hash::sha256;
use crate::mail::{Message, thread};
use crate::note::frontmatter;
use crate::note::source::strip_brackets;
use crate::store::Store;
use crate::vault::{Vault, VaultError};
use anyhow::Result;

/// More ids than these are not looked at: no thread has them, and a hostile mail may name a hundred thousand.
const MOST_REFERENCES: usize = 60;

/// A thread that goes on as part of another.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Merged {
    /// What it was called.
    pub(super) from: String,
    /// What it is now.
    pub(super) into: String,
}

/// The thread of a message, and which others it makes part of it.
pub(super) fn of(vault: &Vault, store: &Store, message: &Message) -> Result<(String, Vec<Merged>)> {
    let ancestors = shortened(&thread::ancestors(message));
    // The nearest ancestor counts; without any, whoever named this message before it came.
    let mut ids: Vec<&str> = ancestors.iter().rev().copied().collect();
    ids.extend(message.message_id.as_deref());
    let mut threads = store.threads_of(&ids)?.into_iter();
    let Some(mut name) = threads.next() else { return Ok((thread::root(message), Vec::new())) };
    let mut merged = Vec::new();
    for other in threads {
        let from = match (store.has_root(&name)?, store.has_root(&other)?) {
            // Each has its first message: these are two conversations, whoever claims to answer both.
            (true, true) => continue,
            (false, true) => std::mem::replace(&mut name, other),
            _ => other,
        };
        merge(vault, store, &from, &name)?;
        merged.push(Merged { from, into: name.clone() });
    }
    Ok((name, merged))
}

/// Of very many ids the root and the tail.
pub(super) fn shortened<T: Clone>(ids: &[T]) -> Vec<T> {
    let skip = ids.len().saturating_sub(MOST_REFERENCES);
    ids.iter().enumerate().filter(|(i, _)| *i == 0 || *i > skip).map(|(_, id)| id.clone()).collect()
}

fn merge(vault: &Vault, store: &Store, from: &str, into: &str) -> Result<()> {
    let summary = store.summary(from)?;
    for note in store.merge_threads(from, into)? {
        rename(vault, &note, from, into)?;
    }
    // A summary that goes on under the new name; untouched as before, if it was.
    if let Some((path, hash)) = summary
        && store.summary(into)?.is_some_and(|(kept, _)| kept == path)
        && let Some((old, new)) = rename(vault, &path, from, into)?
        && sha256(&old) == hash
    {
        store.put_summary(into, &path, &sha256(&new))?;
    }
    Ok(())
}

/// Changes the `thread` line of a note that names `from`. A note that its owner moved, deleted, changed there or is
/// editing stays as it is: the database knows better, and what is rebuilt from the notes is only less joined.
fn rename(vault: &Vault, path: &str, from: &str, into: &str) -> Result<Option<(String, String)>> {
    let Ok(old) = vault.read(path) else { return Ok(None) };
    let names_it =
        frontmatter::parse(&old).is_ok_and(|(f, _)| f.text("thread").is_some_and(|t| strip_brackets(&t) == from));
    let Some(new) = names_it.then(|| frontmatter::set(&old, &[("thread", &format!("<{into}>"))])).and_then(Result::ok)
    else {
        return Ok(None);
    };
    match vault.replace(path, &old, &new) {
        Ok(()) => Ok(Some((old, new))),
        Err(VaultError::Changed(_)) => Ok(None),
        Err(e) => Err(e.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_ids_root_and_tail_are_looked_at() {
        let ids: Vec<u32> = (0..100).collect();
        let kept = shortened(&ids);
        assert_eq!((kept.len(), kept[0], kept[1], kept[59]), (60, 0, 41, 99));
        assert_eq!(shortened(&ids[..60]), ids[..60]);
    }
}
