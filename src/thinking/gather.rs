//! A message → what a model is shown of it and of its thread; or why it is shown nothing.
//!
//! What may be shown is asked anew here, for the message and for each before it in its thread: the account, the mailbox, the
//! rules, and the tag `confidential`, which a rule or a person may have set.

use super::{Job, ask, style};
use crate::assistant::model::persona::{self, Persona};
use crate::assistant::model::{Earlier, Inputs};
use crate::assistant::offline::reply;
use crate::compose::text;
use crate::config::{Config, Model};
use crate::inbound::Desk;
use crate::inbound::context::{self, About};
use crate::mail::hash::sha256;
use crate::mail::{Address, Message, subject};
use crate::note::context::{VaultContext, is_confidential};
use crate::note::digest::{Digest, OFFLINE};
use crate::note::frontmatter;
use crate::redraft::{self, Source};
use crate::store::messages::StoredMessage;
use crate::store::thoughts::Waiting;
use anyhow::{Context, Result};
use jiff::Zoned;

/// So many messages before it are shown.
const MOST_EARLIER: usize = 6;

/// The job for a message that waits; `Err`: why it is not to be shown.
pub fn job(
    config: &Config,
    model: &Model,
    desk: &Desk,
    waiting: &Waiting,
    now: &Zoned,
) -> Result<Result<Job, &'static str>> {
    let stored = desk.store.message(&waiting.key)?;
    let Some(note) = stored.and_then(|stored| stored.note) else { return Ok(Err("it has no note")) };
    if !desk.vault.exists(&note) {
        return Ok(Err("its note is not there any more"));
    }
    let mut job = of_note(config, model, desk, &note, None, now)?;
    if let Ok(job) = &mut job {
        job.key.clone_from(&waiting.key);
        job.tries = waiting.tries;
    }
    Ok(job)
}

/// The job for a source note. `instructions`: what its owner wants a reply to say.
pub fn of_note(
    config: &Config,
    model: &Model,
    desk: &Desk,
    note: &str,
    instructions: Option<&str>,
    now: &Zoned,
) -> Result<Result<Job, &'static str>> {
    let (source, account) = redraft::read(config, desk, note, now)?;
    if let Err(why) = permitted(config, model, &source.text, &source.message) {
        return Ok(Err(why));
    }
    let message = source.message.clone();
    let mut earlier = Vec::new();
    if let Some(known) = &source.known {
        earlier = before(config, model, desk, known, now)?;
    }
    if earlier.is_empty() && !source.original.quoted.trim().is_empty() {
        let who = "the mail quotes that somebody".to_owned();
        earlier.push(Earlier { who, own: false, text: text::plain(&source.original.quoted) });
    }
    let offline = redraft::digest(config, desk, &source, &account, now)?;
    let base_subject = subject::base(&message.subject);
    let content = sha256(format!("{:?}\n{base_subject}\n{}", message.from, source.new.0));
    let context = match model.vault_context {
        true => known(config, desk, &source, &base_subject),
        false => VaultContext::default(),
    };
    let to = (reply::addressee(&message), source.new.0.as_str(), offline.language.as_deref(), source.at.as_second());
    let (manner, style) = style::of(config, model, desk, &account, to)?;
    let inputs = Inputs {
        base_subject,
        new_text: source.new.0.clone(),
        earlier,
        owner: account.owner(),
        day: source.at.to_zoned(now.time_zone().clone()).date(),
        context,
        persona: persona(model, desk)?,
        manner,
        style,
        instructions: instructions.map(str::to_owned),
        offline: by_rules(offline),
        message,
    };
    let estimate = ask::cost(&inputs);
    let day = now.date().to_string();
    Ok(Ok(Job { key: source.key, note: note.to_owned(), content, inputs, tries: 0, day, estimate }))
}

/// What the vault knows, as a draft shows it.
fn known(config: &Config, desk: &Desk, source: &Source, base_subject: &str) -> VaultContext {
    let author = source.message.author().map(Address::key).unwrap_or_default();
    let thread = source.known.as_ref().map_or("", |known| known.thread.as_str());
    let about = About { author: &author, subject: base_subject, text: &source.new.0, thread };
    context::of(&desk.vault, &desk.store, config, &about)
}

/// What a model made once is not what stands in for it.
fn by_rules(digest: Digest) -> Digest {
    Digest { generated_by: OFFLINE.to_owned(), ..digest }
}

/// What was said before, the newest first.
fn before(config: &Config, model: &Model, desk: &Desk, known: &StoredMessage, now: &Zoned) -> Result<Vec<Earlier>> {
    let mut out = Vec::new();
    for message in desk.store.noted_before(&known.thread, known.at, MOST_EARLIER)? {
        let Some(note) = &message.note else { continue };
        // One that its owner moved or deleted is not missed.
        let Ok((source, account)) = redraft::read(config, desk, note, now) else { continue };
        if permitted(config, model, &source.text, &source.message).is_err() {
            continue;
        }
        let who = source.message.author().map(ToString::to_string).unwrap_or_default();
        // Only what lies in Sent is the owner's own word.
        let own = message.own && source.message.author().is_some_and(|author| account.owner().is_me(author));
        out.push(Earlier { who, own, text: source.new.0 });
    }
    Ok(out)
}

/// Whether a mail may be shown, by what its note says of it.
fn permitted(config: &Config, model: &Model, note: &str, message: &Message) -> Result<(), &'static str> {
    let (front, _) = frontmatter::parse(note).map_err(|_| "its note cannot be read")?;
    let (account, mailbox) = (front.text("account").unwrap_or_default(), front.text("mailbox").unwrap_or_default());
    if !model.permits(&account, &mailbox) {
        return Err("assistant.accounts or assistant.mailboxes keep it from the model");
    }
    if is_confidential(note) {
        return Err("it is tagged confidential");
    }
    match config.rule_for(message, &account, &mailbox) {
        Some(rule) if rule.llm == Some(false) => return Err("a rule keeps it from the model"),
        Some(rule) if !rule.may_be_shown() => return Err("it is tagged confidential"),
        _ => {}
    }
    if message.signals.encrypted {
        return Err("it was encrypted");
    }
    Ok(())
}

fn persona(model: &Model, desk: &Desk) -> Result<Persona> {
    match &model.persona {
        None => Ok(Persona::default()),
        Some(path) => desk.vault.read(path).map(|note| persona::read(&note)).context("assistant.persona"),
    }
}
