//! Notes about people, customers and projects, told at the end of a pass of the mail that came: each note once, however
//! many messages there are, and all in one commit.
//!
//! What is to be told stays in the database until it is. So neither the order in which accounts are read nor a kill in
//! between makes a difference.

mod book;

use super::keep::{commit, finish, put_in_place};
use super::timing::Timing;
use super::{Desk, answered};
use crate::config::Config;
use crate::entity::{self, Concerned, Heard, Names};
use crate::note::entity::Kind;
use crate::store::Store;
use crate::store::contacts::{Contact, News};
use crate::store::messages::StoredMessage;
use crate::vault::Vault;
use anyhow::Result;
use book::{Book, Told};
use jiff::{Timestamp, Zoned};
use std::collections::{BTreeMap, BTreeSet};

/// A note is told of so many messages at once: of a mailbox that is read for the first time, the newest.
const MOST_TOLD: usize = 30;

/// What became of the notes.
#[derive(Debug, Default)]
pub struct Entities {
    /// Paths of notes that were made or added to.
    pub notes: Vec<String>,
    /// What did not work, in words.
    pub problems: Vec<String>,
}

/// Tells the notes. Blocks.
pub fn tell(desk: &mut Desk, config: &Config, now: &Zoned) -> Result<Entities> {
    let Desk { vault, store } = desk;
    store.wrote_to_whom_was_sent(now.time_zone())?;
    if !store.has_news()? {
        return Ok(Entities::default());
    }
    let mut told = Entities::default();
    // Nobody asks where the time of so few notes goes.
    let moves = commit(vault, store, &Timing::default(), |store| {
        answered::settle(vault, store)?;
        let Told { notes, problems } = all(vault, store, config, now)?;
        (told.notes, told.problems) = (notes, problems);
        Ok(store.told()?)
    })?;
    put_in_place(vault, store, &moves, &mut told.problems)?;
    finish(desk, &mut told.problems)?;
    Ok(told)
}

fn all(vault: &Vault, store: &Store, config: &Config, now: &Zoned) -> Result<Told> {
    let contacts = store.contacts()?;
    let news = store.news()?;
    let mut book = Book::new(vault, store, config, now);
    let mut stories: Vec<Story> = Vec::new();
    // Whom the owner has written to now: what they wrote before waits in the database.
    let mut begun: BTreeSet<&str> = BTreeSet::new();
    for contact in contacts.values().filter(|c| c.fresh) {
        let Some(before) = meet(&mut book, contact)? else { continue };
        begun.insert(&contact.address);
        stories.extend(before.into_iter().map(|message| Story { message, project: None }));
    }
    let mut by_author: BTreeMap<&str, Vec<&News>> = BTreeMap::new();
    for one in &news {
        by_author.entry(&one.message.author).or_default().push(one);
    }
    for (author, mut all) in by_author {
        let earned = contacts.contains_key(author);
        let known = book.find(Kind::Person, author, earned)?.is_some();
        if begun.contains(author) || !known {
            // All that they wrote is told already, or waits; a rule's project is told all the same.
            all.retain(|one| one.project.is_some());
        }
        let skip = all.len().saturating_sub(MOST_TOLD);
        stories.extend(
            all.into_iter().skip(skip).map(|n| Story { message: n.message.clone(), project: n.project.clone() }),
        );
    }
    stories.sort_by(|a, b| (a.message.at, &a.message.key).cmp(&(b.message.at, &b.message.key)));
    stories.dedup_by(|a, b| a.message.key == b.message.key && a.project == b.project);
    let names = book.names()?;
    for story in &stories {
        hear(&mut book, &names, story)?;
    }
    book.write()
}

/// A message to be told, and the project that it is about.
struct Story {
    message: StoredMessage,
    project: Option<String>,
}

/// The note of somebody that the owner wrote to. If it is new: what they wrote before.
fn meet(book: &mut Book<'_>, contact: &Contact) -> Result<Option<Vec<StoredMessage>>> {
    let address = contact.address.as_str();
    if let Some(person) = book.find(Kind::Person, address, true)? {
        book.met(person, contact.at)?;
        return Ok(None);
    }
    if book.is_gone(Kind::Person, address)? || book.store().is_list(address)? {
        return Ok(None);
    }
    let before = book.store().heard_from(address, MOST_TOLD)?;
    // As they call themselves; so does the folder of the conversations.
    let own = before.iter().rev().find_map(|m| m.said().map(|(author, _)| author)).filter(|name| !name.is_empty());
    let title =
        own.or_else(|| Some(contact.name.clone()).filter(|n| !n.is_empty())).unwrap_or_else(|| address.to_owned());
    let person = book.make(Kind::Person, &title, address)?;
    book.met(person, contact.at)?;
    Ok(Some(before))
}

/// The customer that a person belongs to; made where there is none, as soon as both sides have written.
fn customer(book: &mut Book<'_>, author: &str, person: Option<usize>) -> Result<Option<usize>> {
    let Some(domain) = entity::organisation(author).filter(|d| !book.is_own(d)) else { return Ok(None) };
    let known = match book.find(Kind::Customer, &domain, person.is_some())? {
        Some(known) => Some(known),
        None if person.is_none() || book.is_gone(Kind::Customer, &domain)? => None,
        None => Some(book.make(Kind::Customer, &entity::organisation_title(&domain), &domain)?),
    };
    if let (Some(customer), Some(person)) = (known, person) {
        book.belongs(person, customer)?;
    }
    Ok(known)
}

fn project(book: &mut Book<'_>, name: Option<&str>) -> Result<Option<usize>> {
    let Some(name) = name else { return Ok(None) };
    match book.find(Kind::Project, name, true)? {
        Some(known) => Ok(Some(known)),
        None if book.is_gone(Kind::Project, name)? => Ok(None),
        None => Ok(Some(book.make(Kind::Project, name, name)?)),
    }
}

fn hear(book: &mut Book<'_>, names: &Names, story: &Story) -> Result<()> {
    let message = &story.message;
    let (Some((_, digest)), Some(note)) = (message.said(), message.note.as_deref()) else { return Ok(()) };
    let person = book.find(Kind::Person, &message.author, false)?;
    let concerned = Concerned {
        person,
        customer: customer(book, &message.author, person)?,
        project: project(book, story.project.as_deref())?,
    };
    let conversation = book.store().notes_of(&message.thread)?;
    let date = Timestamp::from_second(message.at)?.to_zoned(book.zone()).date();
    let heard = Heard { date, subject: &message.subject, source: note, conversation: &conversation };
    for patch in entity::patches(&heard, &digest, &concerned, names) {
        book.add(patch.entity, patch.line);
    }
    for entity in [concerned.person, concerned.customer, concerned.project].into_iter().flatten() {
        book.met(entity, message.at)?;
    }
    Ok(())
}
