//! What a message leaves for the notes about people, customers and projects. They are told at the end of the pass, each
//! once, whatever came of its mail: see [`super::entities`].

use super::take::Origin;
use crate::config::Action;
use crate::entity::is_nobodys;
use crate::mail::{Address, Message};
use crate::store::Store;
use crate::store::messages::StoredMessage;
use crate::triage::{Triage, Verdict};
use anyhow::Result;
use jiff::Timestamp;

/// A mail to more people than these is written to none of them.
const MOST_RECIPIENTS: usize = 12;

/// The owner sent a message: whom it goes to may have a note from now on.
pub(super) fn sent(store: &Store, origin: &Origin<'_>, message: &Message, at: Timestamp) -> Result<()> {
    let owner = origin.account.owner();
    let others: Vec<&Address> = message.recipients().filter(|a| !owner.is_me(a)).collect();
    if others.len() > MOST_RECIPIENTS {
        return Ok(());
    }
    for address in others.into_iter().filter(|a| !is_nobodys(&a.key())) {
        store.wrote_to(&address.key(), address.name.as_deref().unwrap_or_default(), at.as_second())?;
    }
    Ok(())
}

/// A message arrived.
pub(super) fn arrived(
    store: &Store,
    origin: &Origin<'_>,
    message: &Message,
    stored: &StoredMessage,
    verdict: &Verdict,
) -> Result<()> {
    if let Some(list) = &message.signals.list_id {
        store.put_list(list)?;
    }
    let by_machine = matches!(verdict.triage, Triage::Bulk | Triage::Automatic);
    let own = message.author().is_none_or(|author| origin.account.owner().is_me(author));
    if verdict.action < Action::Summary
        || verdict.entity == Some(false)
        || own
        || by_machine && verdict.entity.is_none() && verdict.project.is_none()
    {
        return Ok(());
    }
    if verdict.entity == Some(true)
        && let Some(author) = message.author()
    {
        store.wrote_to(&author.key(), author.name.as_deref().unwrap_or_default(), stored.at)?;
    }
    Ok(store.put_news(&stored.key, verdict.project.as_deref())?)
}
