//! The way out, wired: approved drafts → outbox → server → Sent.
//!
//! - [`freeze`]: what the vault's drafts say, judged; approved ones go into the outbox
//! - [`recall`]: drafts that need no second look
//! - [`follow`]: files and outbox brought to say the same
//! - [`deliver`]: what is due goes out, one by one
//! - [`doubts`]: what its owner should look twice at
//! - [`enclosed`]: what else goes with a draft, from the vault
//! - [`filing`]: the Sent copy, and \Answered on the mail that was answered
//! - [`mirror`]: drafts that wait, copied into the mailbox for drafts
//! - [`ledger`]: the vault's own record of what was attempted, for when the database is lost
//! - `pictures`: those of the vault that a text shows
//! - this file: what these share

pub mod deliver;
pub mod doubts;
pub mod enclosed;
pub mod filing;
mod follow;
pub mod freeze;
mod ledger;
pub mod mirror;
mod pictures;
mod recall;

use crate::approval::{self, Enclosed, Facts, Identity, Known, Parent, Rehearsal};
use crate::config::Config;
use crate::inbound::Desk;
use crate::mail::media_type;
use crate::mail::message::Attachment;
use crate::note::draft::{self, DraftNote, Status};
use crate::note::frontmatter;
use crate::store::Store;
use crate::store::messages::StoredMessage;
use crate::store::outbox::{OutboxRow, State};
use crate::vault::Vault;
use anyhow::Result;
use jiff::Zoned;

/// What a pass over the drafts did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Posted {
    /// Drafts that wait for their time, by path.
    pub queued: Vec<String>,
    /// Drafts that were sent, by path.
    pub sent: Vec<String>,
    /// Drafts whose status changed otherwise, with the reason in words.
    pub changed: Vec<(String, String)>,
    /// What did not work, in words.
    pub problems: Vec<String>,
}

/// Attachments larger than this together are refused, in octets: hardly a server takes them.
const MOST_ATTACHED: usize = 35_000_000;

/// The mail that a draft answers, as far as it is known.
fn parent(store: &Store, draft: &DraftNote) -> Result<Option<StoredMessage>> {
    Ok(store.answered_by(draft.in_reply_to.as_deref(), draft.source_file.as_deref())?)
}

/// Every own identity, each account's main one before its aliases.
fn identities(config: &Config) -> Vec<Identity> {
    let of = |account: &crate::config::Account| {
        let name = account.identity.name.clone().unwrap_or_default();
        let all = account.owner().addresses;
        all.into_iter()
            .map(|email| Identity { account: account.name.clone(), address: crate::mail::Address::named(&name, email) })
            .collect::<Vec<_>>()
    };
    config.accounts.iter().flat_map(of).collect()
}

/// The facts that judging a draft needs; owned, so that they can be lent to it.
struct Gathered {
    identities: Vec<Identity>,
    parent: Option<Parent>,
    parent_key: Option<String>,
    newer: Option<String>,
    attachments: Result<Vec<Attachment>, String>,
    enclosed: Enclosed,
}

fn gather(config: &Config, vault: &Vault, store: &Store, draft: &DraftNote) -> Result<Gathered> {
    let found = parent(store, draft)?;
    let newer = match &found {
        // Whether one comes, other words of the thread do not change; what does is in what is enclosed.
        Some(parent) if draft.kind.goes_on() => {
            store.newer_in(&parent.thread, parent.at)?.filter(|key| *key != parent.key)
        }
        _ => None,
    };
    let attachments = attachments(vault, draft);
    let listed = attachments.as_ref().map_or(0, |files| files.iter().map(|file| file.bytes.len()).sum::<usize>());
    let mut enclosed = enclosed::enclosed(vault, store, draft)?;
    enclosed.pictures = pictures::read(vault, draft, MOST_ATTACHED - listed);
    Ok(Gathered {
        identities: identities(config),
        parent_key: found.as_ref().map(|p| p.key.clone()),
        parent: found.map(|p| Parent {
            message_id: p.message_id,
            references: p.references,
            in_reply_to: p.in_reply_to,
        }),
        newer,
        attachments,
        enclosed,
    })
}

impl Gathered {
    /// Why what was frozen is not what would be sent now.
    fn why_not(&self) -> String {
        match &self.enclosed.invite {
            Some(Err(why)) => format!("{why}; it was not sent"),
            _ => EDITED_BEFORE.to_owned(),
        }
    }

    fn facts<'a>(&'a self, draft_id: &'a str, known: Known, now: &'a Zoned) -> Facts<'a> {
        Facts {
            draft_id,
            known,
            identities: &self.identities,
            parent: self.parent.as_ref(),
            newer: self.newer.as_deref(),
            attachments: self.attachments.clone(),
            enclosed: &self.enclosed,
            now,
        }
    }
}

/// What approving a draft would give; the reason in plain words when it could not be sent.
pub fn rehearse(
    config: &Config,
    desk: &Desk,
    text: &str,
    draft: &DraftNote,
    now: &Zoned,
) -> Result<Result<Rehearsal, String>> {
    let id = draft_id(text, draft);
    let gathered = gather(config, &desk.vault, &desk.store, draft)?;
    Ok(approval::rehearse(draft, gathered.facts(&id, Known::Unsent, now)))
}

/// Where the draft of an id stands, by all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// There is none (any more), and it was never sent.
    None,
    /// It waits for its owner: its path and text.
    Waits(String, String),
    /// Its owner rejected it, or it is superseded.
    Over,
    /// It was sent; its path.
    Sent(String),
    /// It is approved or on its way, or nobody can tell whether it was sent.
    OnItsWay(String),
}

/// Finds out where the draft of an id stands.
pub fn standing(config: &Config, desk: &Desk, id: &str) -> Result<Standing> {
    let row = desk.store.outbox_of(id)?;
    let line = ledger::last(&desk.vault, &config.paths.outbox, id)?;
    let known = desk.store.draft(id)?.map(|known| known.note).or(row.as_ref().map(|row| row.note.clone()));
    let text = known.as_deref().and_then(|path| desk.vault.read(path).ok());
    let draft = text.as_deref().and_then(|text| draft::read(text).ok().flatten());
    // A file that went, and another that came to its place, are two.
    let draft = draft.filter(|draft| draft.draft_id.as_deref() == Some(id));
    let path = known.unwrap_or_default();
    let said = draft.as_ref().map(|draft| &draft.status);
    Ok(match (row.map(|row| row.state), line.map(|line| line.event)) {
        (Some(State::Accepted | State::Filed), _) | (_, Some(ledger::Event::Sent)) => Standing::Sent(path),
        _ if draft.as_ref().is_some_and(|draft| draft.was_sent) => Standing::Sent(path),
        (Some(State::Queued | State::Attempting | State::Uncertain), _)
        | (None, Some(ledger::Event::Attempting | ledger::Event::Uncertain)) => Standing::OnItsWay(path),
        _ => match (said, text) {
            (None, _) | (_, None) => Standing::None,
            (Some(Status::Rejected | Status::Superseded), _) => Standing::Over,
            (Some(Status::Approved | Status::Queued | Status::Sending | Status::Sent | Status::Uncertain), _) => {
                Standing::OnItsWay(path)
            }
            (Some(_), Some(text)) => Standing::Waits(path, text),
        },
    })
}

/// The id that a draft goes by: its own, or the one that a draft written by hand will get.
fn draft_id(text: &str, draft: &DraftNote) -> String {
    draft.draft_id.clone().unwrap_or_else(|| crate::draft::written_id(text))
}

/// The id that a draft's file goes by, if it has one yet: one that a person wrote gets its id when it is approved.
fn draft_id_of(text: &str, draft: &DraftNote) -> Option<String> {
    let written = || (draft.status == Status::Approved).then(|| draft_id(text, draft));
    draft.draft_id.clone().or_else(written)
}

/// Why an approved draft waits for a second approval.
const MOVED_ON: &str =
    "the thread has a newer message than the one answered; look at it, and approve again to send this all the same";

/// Why a draft waits whose last attempt nobody knows the end of.
const NOBODY_CAN_TELL: &str = "an attempt to send it was cut short, and the state was lost; look for it in your Sent mailbox. If it is not there, approve again";

/// Why a queued draft is taken out.
const EDITED_BEFORE: &str = "edited after it was approved, so it was not sent; approve again";

/// Why a note that is sent may say something else than what was sent.
const EDITED: &str = "this note was edited while it was being sent: what was sent is what you had approved, and your Sent mailbox holds it";

/// True when a note does not say any more what was frozen.
fn edited(config: &Config, desk: &Desk, draft: &DraftNote, row: &OutboxRow, now: &Zoned) -> bool {
    gather(config, &desk.vault, &desk.store, draft)
        .is_ok_and(|g| !approval::unchanged(draft, g.facts(&row.draft_id, Known::Unsent, now), &row.hash))
}

/// Reads the files that the owner listed: vault paths or wikilinks to paths.
fn attachments(vault: &Vault, draft: &DraftNote) -> Result<Vec<Attachment>, String> {
    let listed = draft.attachments.as_ref().map_err(|key| format!("`{key}` should be a list of paths in the vault"))?;
    let mut total = 0;
    let mut files = Vec::new();
    for item in listed {
        let path = enclosed::plain_path(item);
        if path.is_empty() {
            continue;
        }
        let bytes = vault.read_bytes(path, MOST_ATTACHED as u64).map_err(|e| {
            let what =
                if e.is_missing_file() { format!("there is no file {path:?} in the vault") } else { e.to_string() };
            format!("`attachments`: {what}; correct the path, or delete it from the list")
        })?;
        total += bytes.len();
        if total > MOST_ATTACHED {
            return Err("`attachments` are more than 35 MB together; send a link instead".to_owned());
        }
        let name = path.rsplit('/').next().unwrap_or(path).to_owned();
        files.push(Attachment {
            media_type: media_type::of_name(&name).to_owned(),
            name: Some(name),
            content_id: None,
            inline: false,
            bytes,
        });
    }
    Ok(files)
}

/// Sets keys in a draft's frontmatter, if the file still is what was read. An `error` of before goes.
fn mark(vault: &Vault, path: &str, text: &str, changes: &[(&str, &str)]) -> Result<String> {
    // A template engine must find nothing to run in what a server said.
    let clean: Vec<(&str, String)> = changes
        .iter()
        .map(|(k, v)| (*k, v.replace("<%", "< %").replace("{{", "{ {").replace(char::is_control, " ")))
        .collect();
    let changes: Vec<(&str, &str)> = clean.iter().map(|(k, v)| (*k, v.as_str())).collect();
    // An error that is over says nothing any more; an `error` that cannot be emptied stays.
    let stale = text.contains("error")
        && changes.iter().all(|(k, _)| *k != "error")
        && frontmatter::parse(text).is_ok_and(|(front, _)| front.text("error").is_some_and(|e| !e.is_empty()));
    let cleared = stale.then(|| frontmatter::set(text, &[changes.as_slice(), &[("error", "")]].concat()));
    let new = match cleared {
        Some(Ok(new)) => new,
        _ => frontmatter::set(text, &changes)?,
    };
    if new != text {
        vault.replace(path, text, &new)?;
    }
    Ok(new)
}
