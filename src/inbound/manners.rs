//! How the owner writes: gathered as sent mail is taken in, and asked for when something is drafted.
//!
//! Of an account alone, and only what was sent before the mail that is answered: so neither the order of reading nor a lost state
//! makes a difference.

use super::take::Origin;
use crate::assistant::offline::{manner, reply};
use crate::config::{Account, Config};
use crate::entity::is_nobodys;
use crate::mail::subject::{self, Mark};
use crate::mail::{Address, Message, inert};
use crate::note::digest::{Digest, OFFLINE};
use crate::note::manner::{Manner, Shown};
use crate::store::messages::StoredMessage;
use crate::store::{Store, StoreError};
use anyhow::Result;

/// So many of the last mails to somebody say how they are written to.
pub const MOST: u32 = 8;
/// A mail that more people read is written to none of them.
const MOST_READERS: usize = 5;

/// The owner sent a mail: how it is written is kept in mind, if it is to one person.
pub(super) fn sent(
    store: &Store,
    origin: &Origin<'_>,
    message: &Message,
    new_text: &str,
    stored: &StoredMessage,
) -> Result<()> {
    let Origin { config, account, mailbox, uid_validity, .. } = *origin;
    let owner = account.owner();
    let to: Vec<&Address> = message.to.iter().filter(|a| !owner.is_me(a)).collect();
    let readers = message.recipients().filter(|a| !owner.is_me(a)).count();
    let [to] = to.as_slice() else { return Ok(()) };
    let passes_on = subject::parts(&message.subject).1 == Some(Mark::Forward);
    if !config.manner
        || new_text.trim().is_empty()
        || readers > MOST_READERS
        || passes_on
        || message.invite.is_some()
        || message.signals.encrypted
        || message.signals.auto_submitted.is_some()
        || is_nobodys(&to.key())
        || store.is_list(&to.key())?
    {
        return Ok(());
    }
    let mut shown = manner::shown(new_text, &owner);
    // Sentences are kept for a model alone, and only where it may see them as things are now.
    let rule = config.rule_for(message, &account.name, mailbox);
    let may = config.model.as_ref().is_some_and(|model| model.permits(&account.name, mailbox))
        && uid_validity.is_some()
        && rule.is_none_or(|rule| rule.may_be_shown());
    if !may {
        shown.lines.clear();
    }
    Ok(store.put_manner(&stored.key, &account.name, &to.key(), stored.at, &shown)?)
}

/// The digest with a draft that begins and ends as the owner's mails do; one of a language model's stays as it is. `said`: the
/// message's new text, and when it was written.
pub fn worded(
    store: &Store,
    (config, account): (&Config, &Account),
    message: &Message,
    (text, at): (&str, i64),
    mut digest: Digest,
) -> Result<Digest, StoreError> {
    if digest.generated_by == OFFLINE {
        let said = (text, digest.language.as_deref());
        let manner = towards(store, config, &account.name, reply::addressee(message), said, at)?;
        digest.draft_body = reply::draft_body(&digest, message, &account.owner(), &manner, inert::line);
    }
    Ok(digest)
}

/// How the owner begins and ends a mail to `person`, that answers `text` (written at `at`, in seconds since 1970) in `language`.
pub fn towards(
    store: &Store,
    config: &Config,
    account: &str,
    person: Option<&Address>,
    (text, language): (&str, Option<&str>),
    at: i64,
) -> Result<Manner, StoreError> {
    let Some(person) = person.filter(|_| config.manner) else { return Ok(Manner::default()) };
    let to_them: Vec<Shown> =
        store.manners_to(account, &person.key(), at, MOST)?.into_iter().map(|(_, shown)| shown).collect();
    let to_others = store.manners_to_others(account, &person.key(), at)?;
    Ok(manner::towards(person, (text, language), &to_them, &to_others))
}
