//! One message → its notes, and what the database remembers of it.

use super::{Pulled, attachments, summaries, threads};
use crate::assistant::offline::{self, Reading};
use crate::config::{Account, Action, Config};
use crate::draft::{self, Setting};
use crate::mail::body::{self, Body};
use crate::mail::hash::{sha256, short};
use crate::mail::{Message, file_name, inert, parse as parser, subject};
use crate::note::digest::Digest;
use crate::note::name::{draft_stem, numbered, source_stem};
use crate::note::source::{self, Facts};
use crate::note::summary::Entry;
use crate::store::Store;
use crate::store::messages::StoredMessage;
use crate::triage::{self, Arrival, ThreadFacts, Triage, Verdict};
use crate::vault::{Vault, VaultError};
use anyhow::{Context, Result};
use jiff::{Timestamp, Zoned};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Where a message comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The config.
    pub config: &'a Config,
    /// The account.
    pub account: &'a Account,
    /// The mailbox.
    pub mailbox: &'a str,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// It is the mailbox for sent mail.
    pub is_sent: bool,
    /// Now, in the owner's time zone.
    pub now: &'a Zoned,
}

/// One message as fetched.
#[derive(Debug)]
pub struct Raw {
    /// Its UID.
    pub uid: u32,
    /// What parsing gave.
    pub parsed: Parsed,
    /// INTERNALDATE, where the message itself says no time.
    pub internal_date: Option<String>,
}

/// A parsed message and what its note will show.
#[derive(Debug)]
pub struct Parsed {
    /// The bytes as fetched.
    pub bytes: Vec<u8>,
    /// The message.
    pub message: Message,
    /// Its body, rendered.
    pub body: Body,
    /// Something in it broke the reader: it is kept as it came, with a note that says so.
    pub quarantined: bool,
}

/// Parses and renders. A panic in a library quarantines the message instead of ending the sync.
pub fn parse(bytes: Vec<u8>, headers_only: bool) -> Parsed {
    let read = catch_unwind(AssertUnwindSafe(|| {
        let (message, defects) = parser::parse(&bytes);
        let body = if headers_only { Body::default() } else { body::render(&message) };
        for defect in &defects {
            tracing::debug!(?defect, "a defect in a message");
        }
        (message, body)
    }));
    match read {
        Ok((message, body)) => Parsed { bytes, message, body, quarantined: false },
        Err(_) => {
            let message = Message {
                subject: "(a message that could not be read)".to_owned(),
                content_hash: sha256(&bytes),
                size: bytes.len(),
                ..Message::default()
            };
            let text = "*This message could not be read. It is kept as it came, attached below.*".to_owned();
            Parsed { bytes, message, body: Body { new_markdown: text, ..Body::default() }, quarantined: true }
        }
    }
}

/// Takes one message in: writes what notes it deserves and remembers it. A message that is known already is only
/// remembered where it lies now.
pub fn take(vault: &Vault, store: &Store, origin: &Origin<'_>, raw: Raw, pulled: &mut Pulled) -> Result<()> {
    let Raw { uid, parsed, internal_date } = raw;
    let message = &parsed.message;
    let at = time_of(message, internal_date.as_deref());
    let mut stored = identify(vault, store, origin, uid, message, at)?;
    let silent = origin.is_sent && !origin.config.sync.sent_notes;
    // Mail that the owner sent was seen in Sent first; when it arrives as well, it gets its note.
    let arrives_too = |known: &StoredMessage| known.own && known.note.is_none() && !origin.is_sent;
    match store.message(&stored.key)? {
        Some(known) if !arrives_too(&known) => return Ok(store.put_message(&stored)?),
        _ if silent => return Ok(store.put_message(&stored)?),
        _ => {}
    }
    let item = Item { origin, parsed: &parsed, received: at.to_zoned(origin.now.time_zone().clone()) };
    let verdict = item.verdict(store, &stored)?;
    if verdict.action == Action::Ignore {
        pulled.ignored += 1;
        return Ok(store.put_message(&stored)?);
    }
    let digest = (verdict.action >= Action::Summary && !parsed.quarantined).then(|| item.digest(&verdict));
    let word = digest.as_ref().map_or(verdict.triage, |d| triage::settle(&verdict, d));
    let note = item.write_source(vault, store, &stored, word, &verdict.tags, pulled)?;
    stored.note = Some(note.clone());
    if let Some(digest) = digest {
        let entry = item.entry(&note, digest);
        stored.digest = Some(serde_json::to_string(&(&entry.author, &entry.digest))?);
        if verdict.action == Action::Draft && word == Triage::NeedsReply && !store.has_draft_for(&stored.key)? {
            item.write_draft(vault, store, &stored.key, &entry, pulled)?;
        }
        store.put_message(&stored)?;
        summaries::write(vault, store, origin.config, &stored.thread, &entry, pulled)
    } else {
        Ok(store.put_message(&stored)?)
    }
}

/// The message's own time; else the server's; else the beginning of time, so that it is the same at every try.
fn time_of(message: &Message, internal_date: Option<&str>) -> Timestamp {
    let server = || jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", internal_date?.trim()).ok()?.to_timestamp().ok();
    message.date.or_else(server).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// The key that a message goes by. Two messages that claim one Message-ID are two messages: neither may hide the
/// other.
pub(super) fn own_key(store: &Store, key: String, author: &str, base_subject: &str) -> Result<String> {
    if let Some(known) = store.message(&key)?
        && (known.author != author || known.subject != base_subject)
    {
        return Ok(format!("{key}#{}", short(format!("{author}\n{base_subject}"), 12)));
    }
    Ok(key)
}

fn identify(
    vault: &Vault,
    store: &Store,
    origin: &Origin<'_>,
    uid: u32,
    message: &Message,
    at: Timestamp,
) -> Result<StoredMessage> {
    let author = message.author().map(|a| a.key()).unwrap_or_default();
    let base = subject::base(&message.subject);
    let key = own_key(store, message.key(), &author, &base)?;
    let (thread, _) = threads::of(vault, store, message)?;
    Ok(StoredMessage {
        key,
        account: origin.account.name.clone(),
        mailbox: origin.mailbox.to_owned(),
        uid_validity: origin.uid_validity,
        uid,
        message_id: message.message_id.clone(),
        thread,
        in_reply_to: message.in_reply_to.clone(),
        references: threads::shortened(&message.references),
        author,
        subject: base,
        at: at.as_second(),
        // Only what lies in Sent is the owner's: anybody can write his address into From.
        own: origin.is_sent,
        note: None,
        digest: None,
    })
}

/// A new message on its way into notes.
struct Item<'a> {
    origin: &'a Origin<'a>,
    parsed: &'a Parsed,
    received: Zoned,
}

impl Item<'_> {
    fn verdict(&self, store: &Store, stored: &StoredMessage) -> Result<Verdict> {
        let Origin { config, account, .. } = *self.origin;
        let owner = account.owner();
        let arrival = Arrival {
            message: &self.parsed.message,
            new_text: &self.parsed.body.new_text,
            owner: &owner,
            account: &account.name,
            thread: ThreadFacts {
                answered: store.is_answered(stored.message_id.as_deref(), &stored.thread, stored.at)?,
                owner_wrote_in_thread: store.owner_wrote_in(&stored.thread)?,
                owner_writes_to_list: false,
            },
        };
        Ok(triage::triage(&arrival, &config.rules))
    }

    fn digest(&self, verdict: &Verdict) -> Digest {
        let message = &self.parsed.message;
        let reading = Reading {
            message,
            new_text: &self.parsed.body.new_text,
            base_subject: &subject::base(&message.subject),
            owner: &self.origin.account.owner(),
            now: self.origin.now,
        };
        let mut digest = offline::digest(&reading, inert::line);
        if let Some(urgency) = verdict.urgency {
            digest.urgency = urgency;
        }
        digest
    }

    fn entry(&self, note: &str, digest: Digest) -> Entry {
        let author = self.parsed.message.author().map(|a| a.label().to_owned()).unwrap_or_default();
        Entry { received: self.received.clone(), author, source: note.to_owned(), digest }
    }

    fn write_source(
        &self,
        vault: &Vault,
        store: &Store,
        stored: &StoredMessage,
        triage: Triage,
        tags: &[String],
        pulled: &mut Pulled,
    ) -> Result<String> {
        let Origin { config, account, mailbox, .. } = *self.origin;
        let folder = source_folder(&config.paths.sources, &self.received, &account.name)?;
        let stem = source_stem(&self.parsed.message, &self.received);
        let attachments = attachments::save(vault, self.parsed, config.keep_original, &folder, &stem)?;
        let before = store.note_before(&stored.thread, stored.at)?;
        let text = source::write(
            &self.parsed.message,
            &self.parsed.body,
            &Facts {
                account: &account.name,
                mailbox,
                received: &self.received,
                thread: &stored.thread,
                triage: triage.as_str(),
                attachments: &attachments,
                before: before.as_deref(),
                tags,
            },
        );
        let same = |old: &str| source::read(old).is_some_and(|r| r.key == self.parsed.message.key());
        let (path, new) = place(vault, &format!("{folder}/{stem}.md"), text.as_bytes(), same)?;
        if new {
            pulled.notes.push(path.clone());
        }
        Ok(path)
    }

    fn write_draft(&self, vault: &Vault, store: &Store, key: &str, entry: &Entry, pulled: &mut Pulled) -> Result<()> {
        let Origin { config, account, now, .. } = *self.origin;
        let message = &self.parsed.message;
        let id = draft::draft_id(key, self.received.timestamp());
        if store.draft(&id)?.is_some() {
            return Ok(());
        }
        let setting = Setting {
            owner: &account.owner(),
            identity: &account.identity,
            reply: config.drafts.reply,
            source_file: &entry.source,
            draft_id: &id,
            created: now,
        };
        let Some(text) = draft::propose(message, &entry.digest, &setting) else { return Ok(()) };
        let path = format!("{}/{}.md", config.paths.outbox, draft_stem(&subject::base(&message.subject), now));
        let same = |old: &str| {
            crate::note::draft::read(old).is_ok_and(|d| d.is_some_and(|d| d.draft_id.as_deref() == Some(&id)))
        };
        let (path, new) = place(vault, &path, text.as_bytes(), same)?;
        store.put_draft(&id, &path, Some(key))?;
        if new {
            pulled.drafts.push(path);
        }
        Ok(())
    }
}

/// The folder for a message's note: the template with the message's own date.
pub fn source_folder(template: &str, received: &Zoned, account: &str) -> Result<String> {
    let context = minijinja::context! {
        year => received.strftime("%Y").to_string(),
        month => received.strftime("%m").to_string(),
        day => received.strftime("%d").to_string(),
        account => file_name::slug(account, 60),
    };
    let mut environment = minijinja::Environment::new();
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
    environment
        .render_str(template, context)
        .context("paths.sources cannot be filled in; it may use year, month, day and account")
}

/// Writes a note at a path or, where another note is, at the next numbered one. Where the same note is already (a
/// run was cut short after writing it), it stays. Gives the path and whether the note is new.
pub(super) fn place(vault: &Vault, path: &str, text: &[u8], same: impl Fn(&str) -> bool) -> Result<(String, bool)> {
    for n in 1.. {
        let candidate = numbered(path, n);
        match vault.create(&candidate, text) {
            Ok(()) => return Ok((candidate, true)),
            Err(VaultError::Exists(_)) if vault.read(&candidate).is_ok_and(|old| same(&old)) => {
                return Ok((candidate, false));
            }
            Err(VaultError::Exists(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    unreachable!("the numbers do not end")
}
