//! Drafts that wait, copied into the mailbox for drafts, so that they can be read on a phone (`drafts.mirror`).
//!
//! A copy follows its draft: another one comes when the text changes, and it goes when the draft was sent, rejected or
//! answered elsewhere. What is taken back is only ever a copy that postnote made: of the UID that it was given, in a
//! mailbox of the same UIDVALIDITY, with the header that says so. What a person wrote or changed there has another UID,
//! and stays.

use super::identities;
use crate::approval::Identity;
use crate::compose::copy::{COPY_HEADER, Shown, copy};
use crate::config::{Account, Config};
use crate::imap::{Session, Use};
use crate::inbound::Desk;
use crate::login::Login;
use crate::mail::Address;
use crate::mail::hash::short;
use crate::note::draft::{self, DraftNote, Status};
use crate::store::mirrored::Mirrored;
use anyhow::{Result, bail};
use jiff::Zoned;
use std::collections::{BTreeMap, BTreeSet};

/// What an account's mailbox for drafts should hold.
#[derive(Debug, Default)]
struct Wanted {
    /// Copies by their marks: the draft's id, and the message.
    copies: BTreeMap<String, (String, Vec<u8>)>,
    /// Drafts on their way: what was copied of them stays for now.
    stays: BTreeSet<String>,
}

/// Makes the mailbox for drafts hold what waits, and no other copy of ours. Asks the server only when there is something to
/// do.
pub async fn mirror(config: &Config, account: &Account, desk: &Desk, now: &Zoned) -> Result<()> {
    let known = desk.store.mirrored(&account.name)?;
    let wanted = if config.drafts.mirror { wanted(config, account, desk, now)? } else { Wanted::default() };
    let (copies, stays) = (&wanted.copies, &wanted.stays);
    let put: Vec<_> = copies.iter().filter(|(mark, _)| known.iter().all(|k| k.mark != **mark)).collect();
    let over: Vec<&Mirrored> =
        known.iter().filter(|k| !copies.contains_key(&k.mark) && !stays.contains(&k.draft_id)).collect();
    if put.is_empty() && over.is_empty() {
        return Ok(());
    }
    let mut session = Login::new(account).await?.imap().await?;
    let done = change(&mut session, account, desk, &put, &over).await;
    session.logout().await;
    done
}

async fn change(
    session: &mut Session,
    account: &Account,
    desk: &Desk,
    put: &[(&String, &(String, Vec<u8>))],
    over: &[&Mirrored],
) -> Result<()> {
    if !session.offers("UIDPLUS") {
        bail!(
            "drafts.mirror: the server cannot take back a single message (it has no UIDPLUS), so no copies are put there"
        );
    }
    if !put.is_empty() {
        let list = session.list().await?;
        let Some(mailbox) = list.iter().find(|m| m.uses.contains(&Use::Drafts) && m.selectable).map(|m| m.name.clone())
        else {
            bail!(
                "drafts.mirror: the server marks no mailbox as the one for drafts (\\Drafts), so no copies are put there"
            );
        };
        for (mark, (draft_id, bytes)) in put {
            let (uid_validity, uid) = place(session, &mailbox, mark, bytes).await?;
            desk.store.put_mirrored(&Mirrored {
                mark: (*mark).clone(),
                draft_id: draft_id.clone(),
                account: account.name.clone(),
                mailbox: mailbox.clone(),
                uid_validity,
                uid,
            })?;
        }
    }
    for copy in over {
        let at = (copy.uid_validity, copy.uid);
        session.take_back(&copy.mailbox, at, (COPY_HEADER, &copy.mark)).await?;
        desk.store.forget_mirrored(&copy.mark)?;
    }
    Ok(())
}

/// Where the copy lies; it is put there unless it is: an attempt before may have been cut short.
async fn place(session: &mut Session, mailbox: &str, mark: &str, bytes: &[u8]) -> Result<(u32, u32)> {
    for put in [false, true] {
        if put {
            session.append_draft(mailbox, bytes).await?;
        }
        let open = session.examine(mailbox).await?;
        if let Some(uid) = session.search_header(COPY_HEADER, mark).await?.last().filter(|_| open.uid_validity > 0) {
            return Ok((open.uid_validity, *uid));
        }
    }
    bail!("drafts.mirror: the server does not show the copy that it took")
}

fn wanted(config: &Config, account: &Account, desk: &Desk, now: &Zoned) -> Result<Wanted> {
    let identities = identities(config);
    let mut wanted = Wanted::default();
    for path in desk.vault.notes(&config.paths.outbox)? {
        // What cannot be read is told of elsewhere.
        let Ok(text) = desk.vault.read(&path) else { continue };
        let Ok(Some(draft)) = draft::read(&text) else { continue };
        let Some(id) = draft.draft_id.clone() else { continue };
        let identity = identity(&draft, &identities);
        let Some(identity) = identity.filter(|identity| identity.account == account.name) else { continue };
        match draft.status {
            Status::Pending => {
                let Some(body) = draft::text_with_gaps(&text, draft.kind) else { continue };
                if let Some((mark, bytes)) = shown(&draft, &id, &identity.address, &body, now) {
                    wanted.copies.insert(mark, (id, bytes));
                }
            }
            Status::Sent | Status::Rejected | Status::Superseded => {}
            _ => drop(wanted.stays.insert(id)),
        }
    }
    Ok(wanted)
}

fn identity<'a>(draft: &DraftNote, identities: &'a [Identity]) -> Option<&'a Identity> {
    let Some(from) = &draft.from else { return identities.first() };
    let key = Address::parse(from).ok()?.key();
    identities.iter().find(|identity| identity.address.key() == key)
}

/// The copy of a draft, and its mark; `None` where it cannot be shown yet.
fn shown(draft: &DraftNote, id: &str, from: &Address, body: &str, now: &Zoned) -> Option<(String, Vec<u8>)> {
    let recipients = draft.recipients.as_ref().ok()?;
    let read = |list: &[String]| -> Vec<Address> {
        list.iter().filter_map(|item| Address::parse_list(item).ok()).flatten().collect()
    };
    let (to, cc) = (read(&recipients.to), read(&recipients.cc));
    let subject = draft.subject.as_deref().unwrap_or_default();
    let in_reply_to = draft.in_reply_to.as_deref();
    let says = serde_json::json!([from.to_string(), recipients.to, recipients.cc, subject, body, in_reply_to]);
    let id = short(id, 16);
    let mark = format!("{id}.{}", short(says.to_string(), 16));
    let shown = Shown { from, to: &to, cc: &cc, subject, text: body, in_reply_to, mark: &mark };
    let bytes = copy(&shown, now).ok()?;
    Some((mark, bytes))
}
