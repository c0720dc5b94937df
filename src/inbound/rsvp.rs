//! An invitation that asks the owner → the draft of his answer.

use super::redrafts::carries;
use super::take::place;
use crate::config::{Account, Config};
use crate::draft::addressing;
use crate::mail::{Message, subject};
use crate::note::draft::rsvp::{self, Proposal};
use crate::note::name::rsvp_stem;
use crate::note::rsvp::{Asked, is_over};
use crate::note::source;
use crate::store::Store;
use crate::vault::Vault;
use anyhow::Result;
use jiff::Zoned;

/// An invitation with its notes.
pub(super) struct Invitation<'a> {
    pub(super) message: &'a Message,
    /// The draft's id.
    pub(super) id: &'a str,
    /// Path of its source note.
    pub(super) note: &'a str,
    pub(super) asked: &'a Asked,
}

/// Writes the draft, and gives its path; `None` where it is there, or there is nothing to answer (any more).
pub(super) fn write(
    vault: &Vault,
    store: &Store,
    (config, account, now): (&Config, &Account, &Zoned),
    invitation: &Invitation<'_>,
) -> Result<Option<String>> {
    let Invitation { message, id, note, asked } = *invitation;
    let Some(invite) = message.invite.as_ref().filter(|invite| !is_over(invite, now.timestamp())) else {
        return Ok(None);
    };
    // The answer is made from this file: without it there is nothing that outlives the database.
    let files = source::calendars(&vault.read(note)?, note);
    let Some(file) = files.first() else { return Ok(None) };
    let name = if invite.summary.is_empty() { subject::base(&message.subject) } else { invite.summary.clone() };
    let warning = message.author().filter(|author| author.key() != asked.organizer.key()).map(|author| {
        format!("The mail came from {}, but the answer goes to the organizer, {}.", author.email, asked.organizer.email)
    });
    let text = rsvp::write(&Proposal {
        created: now,
        from: &addressing::own(&asked.me, &account.owner(), &account.identity),
        organizer: &asked.organizer,
        subject: &name,
        source_file: note,
        in_reply_to: message.message_id.as_deref(),
        invite_file: file,
        invite,
        draft_id: id,
        warning: warning.as_deref(),
    });
    let path = format!("{}/{}.md", config.paths.outbox, rsvp_stem(&name, now));
    let (path, new) = place(vault, &path, text.as_bytes(), |old| carries(old, id))?;
    // What has a draft in this sense has one of a reply.
    store.put_draft(id, &path, None)?;
    Ok(new.then_some(path))
}
