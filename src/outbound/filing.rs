//! After the 250: the same bytes in Sent, and \Answered on the mail that was answered, $Forwarded on one that was passed on. None of it failing changes
//! that the message was sent; what is not done yet is tried again.

use super::deliver::SentBox;
use crate::config::{Config, SaveSent};
use crate::imap::{Flag, ImapError};
use crate::inbound::Desk;
use crate::mail::parse;
use crate::mail::subject::{self, Mark};
use crate::note::draft::{self, Kind};
use crate::store::outbox::OutboxRow;
use crate::vault::Vault;
use anyhow::Result;

/// Files one accepted row.
pub async fn file(config: &Config, Desk { vault, store }: &Desk, sent: &mut SentBox, row: &OutboxRow) -> Result<()> {
    if save_copy(config.send.save_sent, sent) && !sent.holds(row).await? {
        append(sent, &row.bytes).await?;
    }
    if let Some(parent) = row.parent.as_deref()
        && let Some(parent) = store.message(parent)?
    {
        let flag = if passes_on(vault, row) { Flag::Forwarded } else { Flag::Answered };
        let marked = match &parent.message_id {
            Some(id) => sent.session.mark(&parent.mailbox, id, flag).await,
            None => sent.session.mark_uid(&parent.mailbox, (parent.uid_validity, parent.uid), flag).await,
        };
        match marked {
            // A mailbox that takes no flags, or is gone, keeps nothing from being sent and filed.
            Ok(_) | Err(ImapError::Refused { .. } | ImapError::Argument(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    store.filed(row.id)?;
    Ok(())
}

/// True when what was sent passes its parent on. The draft knows; where it is gone, the subject.
fn passes_on(vault: &Vault, row: &OutboxRow) -> bool {
    let draft = vault.read(&row.note).ok().and_then(|text| draft::read(&text).ok().flatten());
    match draft.filter(|d| d.draft_id.as_deref() == Some(row.draft_id.as_str())) {
        Some(draft) => draft.kind == Kind::Forward,
        None => subject::parts(&parse::parse(&row.bytes).0.subject).1 == Some(Mark::Forward),
    }
}

/// Gmail files what goes over its SMTP server by itself.
fn save_copy(setting: SaveSent, sent: &SentBox) -> bool {
    match setting {
        SaveSent::Always => true,
        SaveSent::Never => false,
        SaveSent::Auto => !sent.session.offers("X-GM-EXT-1"),
    }
}

async fn append(sent: &mut SentBox, bytes: &[u8]) -> Result<(), ImapError> {
    let mailbox = sent.mailbox.clone().unwrap_or_else(|| sent.to_make.clone());
    match sent.session.append(&mailbox, bytes).await {
        Err(ImapError::Refused { .. }) if sent.mailbox.is_none() => {
            // A server without any mailbox for sent mail gets one.
            sent.session.create(&mailbox).await?;
            sent.session.append(&mailbox, bytes).await?;
        }
        other => other?,
    }
    sent.mailbox = Some(mailbox);
    Ok(())
}
