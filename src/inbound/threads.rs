//! The conversation that a message belongs to, whatever the order in which its messages arrive.
//!
//! Ids that a message names belong to its conversation, also when the messages themselves come later, or never. When a
//! message ties two conversations together they become one, and the notes of the one that gives up its name are told
//! of it: their `thread` line changes, and nothing else.
//!
//! Only ids tie messages together here; that of a calendar's event ties invitation, update, cancellation and answer, where their
//! headers do not. Which of several mails of one subject an answer without ids belongs to changes with
//! each that comes, so that the end would depend on the order, and what was joined by mistake is never parted again.
//! [`forest`](crate::mail::thread::forest), which sees all messages at once, can go by subjects.

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
    let event = thread::event(message);
    // The nearest ancestor counts; without any, whoever named this message before it came, or what else is about its event.
    let mut ids: Vec<&str> = ancestors.iter().rev().copied().collect();
    ids.extend(message.message_id.as_deref());
    ids.extend(event.as_deref());
    let mut threads = store.threads_of(&ids)?.into_iter();
    let mut name = threads.next().unwrap_or_else(|| thread::root(message));
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
    if let Some(event) = event.as_deref() {
        store.link(&[event], &name)?;
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
    use crate::mail::Address;
    use crate::mail::invite::Invite;
    use crate::mail::thread::forest::{By, forest};
    use crate::store::messages::StoredMessage;

    fn message(id: &str, subject: &str, from: &str, to: &str, references: &[&str]) -> Message {
        Message {
            message_id: Some(id.to_owned()),
            subject: subject.to_owned(),
            from: vec![Address::bare(from.to_owned())],
            to: vec![Address::bare(to.to_owned())],
            references: references.iter().map(|id| (*id).to_owned()).collect(),
            ..Message::default()
        }
    }

    /// The threads of messages that arrive in this order.
    fn threads(messages: &[Message]) -> Vec<String> {
        let dir = tempfile::tempdir().expect("a folder");
        let (vault, store) =
            (Vault::open(dir.path()).expect("a vault"), Store::open(&dir.path().join("state")).expect("a store"));
        for message in messages {
            let (thread, _) = of(&vault, &store, message).expect("a thread");
            let stored = StoredMessage {
                key: message.key(),
                account: "work".into(),
                mailbox: "INBOX".into(),
                uid_validity: 1,
                uid: 1,
                message_id: message.message_id.clone(),
                thread,
                in_reply_to: message.in_reply_to.clone(),
                references: message.references.clone(),
                author: message.author().map(Address::key).unwrap_or_default(),
                subject: crate::mail::subject::base(&message.subject),
                at: 0,
                own: false,
                note: None,
                digest: None,
            };
            store.put_message(&stored).expect("put");
        }
        messages.iter().map(|m| store.message(&m.key()).expect("read").expect("there").thread).collect()
    }

    #[test]
    fn subjects_tie_nothing() {
        let ask = message("a", "Plan", "ada@example.com", "sam@example.org", &[]);
        let answer = message("b", "Re: Plan", "sam@example.org", "ada@example.com", &[]);
        for arriving in [[ask.clone(), answer.clone()], [answer, ask]] {
            let threads = threads(&arriving);
            assert_ne!(threads[0], threads[1]);
        }
    }

    #[test]
    fn mails_about_one_event_are_one_conversation() {
        let about = |id: &str, uid: &str, references: &[&str]| Message {
            invite: Some(Invite { uid: uid.to_owned(), ..Invite::default() }),
            ..message(id, "Plan", "ada@example.com", "sam@example.org", references)
        };
        let all = [
            about("a", "u", &[]),
            message("b", "Re: Plan", "sam@example.org", "ada@example.com", &["a"]),
            about("c", "u", &[]),
            message("d", "Re: Plan", "sam@example.org", "ada@example.com", &["c"]),
            about("e", "other", &[]),
            // Passed on in a conversation of its own.
            about("f", "u", &["g"]),
            message("g", "Hello", "ada@example.com", "sam@example.org", &[]),
            about("h", "", &[]),
        ];
        for turn in 0..8 {
            for step in [1, 3, 5, 7] {
                let arriving: Vec<Message> = (0..8).map(|i| all[(i * step + turn) % 8].clone()).collect();
                let told = threads(&arriving);
                let of = |id: &str| arriving.iter().zip(&told).find(|(m, _)| m.key() == id).map(|(_, t)| t);
                for (id, first) in [("b", "a"), ("c", "a"), ("d", "a"), ("f", "g")] {
                    assert_eq!(of(id), of(first), "{turn} {step}: {id}");
                }
                for (id, other) in [("a", "e"), ("a", "g"), ("a", "h"), ("e", "g"), ("e", "h")] {
                    assert_ne!(of(id), of(other), "{turn} {step}: {id}");
                }
            }
        }
    }

    #[test]
    fn what_comes_one_by_one_is_threaded_as_what_is_here_at_once() {
        // Parent by parent; x and y never come. By the order of a counter: fixed, and unlike any order of sending.
        let named: [(&str, &[&str]); 9] = [
            ("a", &[]),
            ("b", &["a"]),
            ("c", &["a", "b"]),
            ("d", &["x"]),
            ("e", &["x", "d"]),
            ("f", &["y", "g"]),
            ("g", &["y"]),
            ("h", &["g"]),
            ("i", &[]),
        ];
        let all: Vec<Message> =
            named.iter().map(|(id, refs)| message(id, "", "ada@example.com", "sam@example.org", refs)).collect();
        for turn in 1..9 {
            let messages: Vec<Message> =
                (0..9).map(|i| all[(i * [1, 2, 4, 5, 7, 8][turn % 6] + turn) % 9].clone()).collect();
            let told = threads(&messages);
            let forest = forest(&messages, By::References);
            let mut tree = vec![0; messages.len()];
            for root in &forest.roots {
                let mut stack = vec![*root];
                while let Some(at) = stack.pop() {
                    stack.extend(&forest.nodes[at].children);
                    forest.nodes[at].message.into_iter().for_each(|m| tree[m] = *root);
                }
            }
            for (i, j) in (0..9).flat_map(|i| (0..i).map(move |j| (i, j))) {
                assert_eq!(
                    told[i] == told[j],
                    tree[i] == tree[j],
                    "{turn}: {} {}",
                    messages[i].key(),
                    messages[j].key()
                );
            }
        }
    }

    #[test]
    fn of_many_ids_root_and_tail_are_looked_at() {
        let ids: Vec<u32> = (0..100).collect();
        let kept = shortened(&ids);
        assert_eq!((kept.len(), kept[0], kept[1], kept[59]), (60, 0, 41, 99));
        assert_eq!(shortened(&ids[..60]), ids[..60]);
    }
}
