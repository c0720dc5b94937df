//! A conversation's summary note, written anew as long as nobody edited it.

use super::Pulled;
use super::take::place;
use super::templates::Templates;
use super::threads::Merged;
use crate::config::{Config, Shape};
use crate::mail::hash::sha256;
use crate::mail::subject;
use crate::note::name::{folder_name, summary_stem, wikilink};
use crate::note::source::strip_brackets;
use crate::note::summary::{self, Entry};
use crate::note::template::{Kind, Template};
use crate::note::{digest::Digest, frontmatter, task};
use crate::store::Store;
use crate::store::messages::StoredMessage;
use crate::vault::{Vault, VaultError};
use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// Conversations with new messages, whose summaries are to be written.
#[derive(Debug, Default)]
pub struct Touched {
    /// Each with the shape of its note, by its last message here.
    threads: BTreeMap<String, (Shape, Vec<Entry>)>,
}

impl Touched {
    /// One message more.
    pub(super) fn add(&mut self, thread: &str, shape: &Shape, entry: Entry) {
        let (known, entries) = self.threads.entry(thread.to_owned()).or_default();
        known.clone_from(shape);
        entries.push(entry);
    }

    /// Conversations that became part of others.
    pub(super) fn rename(&mut self, merged: &[Merged]) {
        for Merged { from, into } in merged {
            if let Some((shape, entries)) = self.threads.remove(from) {
                let known = self.threads.entry(into.clone()).or_insert_with(|| (shape, Vec::new()));
                known.1.extend(entries);
            }
        }
    }
}

/// Writes or continues the summaries, each once however many of its messages are new.
pub(super) fn write(
    vault: &Vault,
    store: &Store,
    (config, templates): (&Config, &Templates<'_>),
    touched: Touched,
    pulled: &mut Pulled,
) -> Result<()> {
    touched.threads.iter().try_for_each(|(thread, (shape, new))| {
        let template = templates.of(shape, Kind::Summary);
        let shaped = Shaped { config, templates, template: template.as_deref() };
        one(vault, store, &shaped, thread, new, pulled)
    })
}

/// How a summary looks.
struct Shaped<'a> {
    config: &'a Config,
    templates: &'a Templates<'a>,
    template: Option<&'a Template>,
}

impl Shaped<'_> {
    fn write(&self, person: &str, thread: &str, entries: &[Entry]) -> String {
        let (text, error) = summary::write_as(self.template, person, thread, entries);
        self.templates.report(error);
        text
    }
}

/// Writes a conversation's summary again, out of another digest of one of its messages; one that its owner edited stays.
pub(super) fn retell(
    vault: &Vault,
    store: &Store,
    (config, shape): (&Config, &Shape),
    message: &StoredMessage,
    digest: &Digest,
    zone: &TimeZone,
) -> Result<Pulled> {
    let mut pulled = Pulled::default();
    let (Some((author, _)), Some(source)) = (message.said(), message.note.clone()) else { return Ok(pulled) };
    let untouched = store
        .summary(&message.thread)?
        .is_some_and(|(path, hash)| vault.read(&path).is_ok_and(|text| sha256(&text) == hash));
    if untouched {
        let received = Timestamp::from_second(message.at)?.to_zoned(zone.clone());
        let entry = Entry { received, author, source, digest: digest.clone() };
        let templates = Templates::new(vault);
        let template = templates.of(shape, Kind::Summary);
        let shaped = Shaped { config, templates: &templates, template: template.as_deref() };
        one(vault, store, &shaped, &message.thread, &[entry], &mut pulled)?;
        pulled.problems.extend(templates.problems());
    }
    Ok(pulled)
}

/// A message's digest as the database keeps it: with its author.
pub(super) fn with_digest(message: &StoredMessage, digest: &Digest) -> Option<String> {
    StoredMessage::saying(&message.said()?.0, digest).ok()
}

fn one(
    vault: &Vault,
    store: &Store,
    shaped: &Shaped<'_>,
    thread: &str,
    new: &[Entry],
    pulled: &mut Pulled,
) -> Result<()> {
    let entries = entries(store, thread, new)?;
    let (Some(first), Some(first_new)) = (entries.first(), new.first()) else { return Ok(()) };
    let (path, hash) = match store.summary(thread)? {
        None => {
            let text = shaped.write(&first.author, thread, &entries);
            let folder = format!("{}/{}", shaped.config.paths.people, folder_name(&first.author));
            let stem = summary_stem(&title(store, first_new)?, &first.received);
            let (path, _) = place(vault, &format!("{folder}/{stem}.md"), text.as_bytes(), |old| is_of(old, thread))?;
            (path, sha256(&text))
        }
        Some((path, hash)) => {
            let old = match vault.read(&path) {
                Ok(old) => old,
                // Its owner moved or deleted it: that is respected.
                Err(e) if e.is_missing_file() => return Ok(()),
                Err(e) => return Err(e.into()),
            };
            let known = sha256(&old) == hash;
            let person = frontmatter::parse(&old)
                .ok()
                .and_then(|(f, _)| f.text("person"))
                .unwrap_or_else(|| first.author.clone());
            let whole = task::carry(&shaped.write(&person, thread, &entries), &old);
            // A database that is older than the vault does not know what it wrote last.
            let untouched = known || old == whole;
            let is_new = |entry: &&Entry| !old.contains(&wikilink(&entry.source));
            let text = match untouched {
                true => whole,
                false => new
                    .iter()
                    .filter(is_new)
                    .fold(old.clone(), |text, entry| summary::update(&text, &unsaid(entry, &text, &entries))),
            };
            match vault.replace(&path, &old, &text) {
                Ok(()) => {}
                Err(VaultError::Changed(_)) => {
                    pulled.problems.push(format!("{path} was being edited; its update is left out"));
                    return Ok(());
                }
                Err(e) => return Err(e.into()),
            }
            // One that a person edited stays theirs.
            (path, if untouched { sha256(&text) } else { hash })
        }
    };
    store.put_summary(thread, &path, &hash)?;
    pulled.summaries.push(path);
    Ok(())
}

/// An entry without the tasks that its owner has decided on already: those that the note holds, in whatever state, and
/// those that were proposed before, whatever became of them.
fn unsaid(entry: &Entry, text: &str, entries: &[Entry]) -> Entry {
    let mut said = task::said(text);
    let before = entries.iter().filter(|e| e.source != entry.source && e.received < entry.received);
    said.extend(before.flat_map(|e| &e.digest.actions).map(task::essence));
    let mut entry = entry.clone();
    entry.digest.actions.retain(|item| !said.contains(&task::essence(item)));
    entry
}

/// What the thread's messages say, the new ones among them, oldest first.
fn entries(store: &Store, thread: &str, new: &[Entry]) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    for message in store.digested(thread)? {
        let (Some((author, digest)), Some(source)) = (message.said(), message.note) else { continue };
        if let Some(new) = new.iter().find(|e| e.source == source) {
            entries.push(new.clone());
            continue;
        }
        let zone = new.first().map_or(TimeZone::UTC, |e| e.received.time_zone().clone());
        let received = Timestamp::from_second(message.at)?.to_zoned(zone);
        entries.push(Entry { received, author, source, digest });
    }
    Ok(entries)
}

fn title(store: &Store, entry: &Entry) -> Result<String> {
    let stored = store.message_by_note(&entry.source)?;
    Ok(stored.map(|m| m.subject).filter(|s| !s.is_empty()).unwrap_or_else(|| subject::base(&entry.digest.title)))
}

fn is_of(text: &str, thread: &str) -> bool {
    frontmatter::parse(text).is_ok_and(|(f, _)| f.text("thread").is_some_and(|t| strip_brackets(&t) == thread))
}
