//! How the owner writes to somebody: what begins and ends a draft, and what of it a model may be shown.
//!
//! A draft is framed by all that is known, as the one without a model is. A model is shown less: mail to that very person, and of
//! it only what it may see now. Permission is asked for the mail that shows it and for all of its thread.

use crate::assistant::offline::manner;
use crate::config::{Account, Config, Model};
use crate::inbound::{Desk, manners};
use crate::mail::{Address, Message, subject};
use crate::note::context::is_confidential;
use crate::note::manner::Manner;
use crate::store::messages::StoredMessage;
use anyhow::Result;

/// A conversation with more messages than these is not looked through: nothing of it is shown.
const MOST_IN_THREAD: usize = 60;

/// How drafts to a person begin and end, and what a model is shown of how they are written to. `to`: who is answered, their new
/// text, its language, and when it was written (seconds since 1970).
pub fn of(
    config: &Config,
    model: &Model,
    desk: &Desk,
    account: &Account,
    (person, text, language, at): (Option<&Address>, &str, Option<&str>, i64),
) -> Result<(Manner, Manner)> {
    let store = &desk.store;
    let manner = manners::towards(store, config, &account.name, person, (text, language), at)?;
    let Some(person) = person.filter(|_| config.manner) else { return Ok((manner, Manner::default())) };
    let mut open = Vec::new();
    for (key, shown) in store.manners_to(&account.name, &person.key(), at, manners::MOST)? {
        let Some(message) = store.message(&key)? else { continue };
        if may_see(config, model, desk, account, (&message, person))? {
            open.push(shown);
        }
    }
    Ok((manner, manner::towards(person, (text, language), &open, &[])))
}

/// Whether a model may see what the owner wrote to somebody.
fn may_see(
    config: &Config,
    model: &Model,
    desk: &Desk,
    account: &Account,
    (sent, person): (&StoredMessage, &Address),
) -> Result<bool> {
    let keys = desk.store.later_in(&sent.thread, i64::MIN)?;
    if keys.len() > MOST_IN_THREAD {
        return Ok(false);
    }
    for key in keys {
        let Some(message) = desk.store.message(&key)? else { continue };
        let confidential = |note: &String| desk.vault.read(note).is_ok_and(|text| is_confidential(&text));
        let open = model.permits(&message.account, &message.mailbox)
            && rules_permit(config, &message, (&account.identity, person))
            && !message.note.as_ref().is_some_and(confidential);
        if !open {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whether the rules let a model see it, as they stand now: by whom it is from, and as if it were from the other.
fn rules_permit(config: &Config, message: &StoredMessage, (own, person): (&Address, &Address)) -> bool {
    let author = Address::bare(message.author.clone());
    let ways = [(author, person), (own.clone(), person), (person.clone(), own)];
    let subjects = [message.subject.clone(), subject::reply(&message.subject)];
    ways.into_iter().all(|(from, to)| {
        subjects.iter().all(|subject| {
            let subject = subject.clone();
            let known = Message { from: vec![from.clone()], to: vec![to.clone()], subject, ..Message::default() };
            let rule = config.rule_for(&known, &message.account, &message.mailbox);
            rule.is_none_or(|rule| rule.may_be_shown())
        })
    })
}
