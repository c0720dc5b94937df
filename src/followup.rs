//! Questions that the owner asked: a note when nobody answers, a draft that asks again if that is wanted, and both withdrawn when an
//! answer comes.
//!
//! Wiring. What is asked is read in sent mail as it is taken in ([`asked`]), from whichever program it was sent; at the end of a pass
//! [`tell`] looks who has answered. The note's file, the draft's id and the Message-ID that it would be sent under follow from the
//! mail that asks, so that a state that was lost leads to the same note and the same draft again, and never to a second one.

use crate::assistant::offline::nudge;
use crate::compose;
use crate::config::{Account, Config};
use crate::draft;
use crate::entity::is_nobodys;
use crate::inbound::redrafts::carries;
use crate::inbound::take::place;
use crate::inbound::templates::{Templates, look};
use crate::inbound::{Desk, keep, manners};
use crate::mail::hash::sha256;
use crate::mail::subject::{self, Mark};
use crate::mail::{Address, Message, inert};
use crate::note::awaiting::{self, Awaiting};
use crate::note::context::VaultContext;
use crate::note::digest::{Digest, OFFLINE};
use crate::note::draft::{Proposal, Status, write_as};
use crate::note::frontmatter;
use crate::note::name::{awaiting_stem, folder_name, nudge_stem};
use crate::note::template::Kind;
use crate::outbound::{self, Standing};
use crate::store::Store;
use crate::store::awaited::{Awaited, Stage};
use crate::store::messages::StoredMessage;
use anyhow::Result;
use jiff::{Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// A question to more people than these is for whoever feels asked.
const MOST_ASKED: usize = 5;
/// So long after it was due nobody is reminded any more, in seconds.
const PAST: i64 = 60 * 24 * 60 * 60;

/// What a mail asks, and whom.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    from: String,
    to: Vec<String>,
    cc: Vec<String>,
    questions: Vec<String>,
    language: Option<String>,
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Followed {
    /// Notes that were written or changed.
    pub notes: Vec<String>,
    /// Drafts that ask again, by account.
    pub drafts: Vec<(String, String)>,
    /// What did not work, in words.
    pub problems: Vec<String>,
}

/// The owner sent a mail: what it asks is kept in mind.
pub fn asked(
    store: &Store,
    (config, account): (&Config, &Account),
    message: &Message,
    new_text: &str,
    stored: &StoredMessage,
    now: &Zoned,
) -> Result<()> {
    let Some(after) = config.follow_up.after else { return Ok(()) };
    let seconds = now.timestamp().as_second();
    let is_past = stored.at.saturating_add(after.as_secs()).saturating_add(PAST) < seconds;
    let owner = account.owner();
    let others: Vec<&Address> = message.recipients().filter(|a| !owner.is_me(a)).collect();
    let to_people = !others.is_empty()
        && others.len() <= MOST_ASKED
        && message.to.iter().any(|to| !owner.is_me(to))
        && others.iter().all(|a| !is_nobodys(&a.key()));
    let passes_on = subject::parts(&message.subject).1 == Some(Mark::Forward);
    if is_past || !to_people || passes_on || message.invite.is_some() || message.message_id.is_none() {
        return Ok(());
    }
    for other in others {
        if store.is_list(&other.key())? {
            return Ok(());
        }
    }
    let (questions, language) = nudge::asked(message, new_text, &stored.subject, now);
    if questions.is_empty() {
        return Ok(());
    }
    let texts = |list: &[Address]| list.iter().filter(|a| !owner.is_me(a)).map(Address::to_string).collect::<Vec<_>>();
    let from = message.author().map(Address::to_string).unwrap_or_default();
    let said = Said { from, to: texts(&message.to), cc: texts(&message.cc), questions, language };
    Ok(store.await_answer(&stored.key, &account.name, &serde_json::to_string(&said)?)?)
}

/// Looks who has answered, and writes notes and drafts on what is due. Only of `accounts`, whose mail is known as it is now.
pub fn tell(desk: &mut Desk, config: &Config, accounts: &[&str], now: &Zoned) -> Result<Followed> {
    let mut followed = Followed::default();
    // Switched off, what was told of is withdrawn all the same when it is answered.
    let known = |row: &Awaited| accounts.contains(&row.account.as_str());
    let rows: Vec<Awaited> = desk.store.awaited()?.into_iter().filter(known).collect();
    let mut due = Vec::new();
    for row in rows {
        let Some(message) = desk.store.message(&row.key)?.filter(|message| message.own) else { continue };
        match fate(config, desk, &row, &message)? {
            Fate::Answered => due.push((row, message, Some("answered"))),
            Fate::AskedAgain => due.push((row, message, Some("superseded"))),
            Fate::IsNudge => desk.store.set_awaited(&row.key, Stage::Over, None)?,
            Fate::Waits if row.stage == Stage::Open => {
                let Some(after) = config.follow_up.after else { continue };
                let at = message.at.saturating_add(after.as_secs());
                match now.timestamp().as_second() {
                    seconds if seconds < at => {}
                    seconds if seconds > at.saturating_add(PAST) => {
                        desk.store.set_awaited(&row.key, Stage::Over, None)?;
                    }
                    _ => due.push((row, message, None)),
                }
            }
            Fate::Waits => {}
        }
    }
    if due.is_empty() {
        return Ok(followed);
    }
    // Where drafts stand is asked before the group begins: what it writes is not to be seen before it is whole.
    let mut standings = Vec::new();
    for (_, message, _) in &due {
        standings.push(outbound::standing(config, desk, &nudge_id(message))?);
    }
    let Desk { vault, store } = desk;
    let templates = Templates::new(vault);
    let moves = keep::commit_untimed(vault, store, |store| {
        let desk = Writer { vault, store, config, templates: &templates, now };
        for ((row, message, how), standing) in due.iter().zip(&standings) {
            match how {
                Some(how) => desk.withdraw(row, standing, how, &mut followed)?,
                None => desk.remind(row, message, standing, &mut followed)?,
            }
        }
        Ok(())
    })?;
    followed.problems.extend(templates.problems());
    keep::put_in_place(vault, store, &moves, &mut followed.problems)?;
    keep::finish(desk, &mut followed.problems)?;
    Ok(followed)
}

/// What has become of a question.
enum Fate {
    Waits,
    Answered,
    /// Its owner wrote in the thread again: what counts is that.
    AskedAgain,
    /// The mail asks again what another one asked.
    IsNudge,
}

fn fate(config: &Config, desk: &Desk, row: &Awaited, message: &StoredMessage) -> Result<Fate> {
    for parent in &message.in_reply_to {
        if let Some(parent) = desk.store.message_by_id(parent)?.filter(|parent| parent.own && parent.key != row.key)
            && is_nudge(config, desk, &parent, message)?
        {
            return Ok(Fate::IsNudge);
        }
    }
    for key in desk.store.later_in(&message.thread, message.at)? {
        let Some(later) = desk.store.message(&key)? else { continue };
        match later.own {
            true if is_nudge(config, desk, message, &later)? => {}
            true => return Ok(Fate::AskedAgain),
            false if is_of_a_machine(desk, &later) => {}
            false => return Ok(Fate::Answered),
        }
    }
    Ok(Fate::Waits)
}

/// True for the mail that postnote sent to ask again: by the id that it was to be sent under, or, where a server gave it another one,
/// by what it answers.
fn is_nudge(config: &Config, desk: &Desk, question: &StoredMessage, later: &StoredMessage) -> Result<bool> {
    let id = nudge_id(question);
    let own = |account: &Account| {
        let addresses = account.owner().addresses;
        addresses
            .iter()
            .any(|a| later.message_id.as_deref() == Some(compose::message_id(&id, &Address::bare(a)).as_str()))
    };
    if config.accounts.iter().any(own) {
        return Ok(true);
    }
    let replies = question.message_id.as_ref().is_some_and(|id| later.in_reply_to.contains(id));
    Ok(replies && matches!(outbound::standing(config, desk, &id)?, Standing::Sent(_)))
}

/// Nobody has answered where a machine has: somebody is away, or the mail was not delivered.
fn is_of_a_machine(desk: &Desk, message: &StoredMessage) -> bool {
    let text = message.note.as_deref().and_then(|note| desk.vault.read(note).ok()).unwrap_or_default();
    frontmatter::parse(&text).is_ok_and(|(front, _)| front.text("triage").as_deref() == Some("automatic"))
}

/// The id of the draft that asks again: the same for the same mail, so that there is one.
fn nudge_id(message: &StoredMessage) -> String {
    draft::nudge_id(&message.key, Timestamp::from_second(message.at).unwrap_or_default())
}

struct Writer<'a> {
    vault: &'a crate::vault::Vault,
    store: &'a Store,
    config: &'a Config,
    templates: &'a Templates<'a>,
    now: &'a Zoned,
}

impl Writer<'_> {
    /// The note says that the question is over, and a draft that still waits says so, too; what its owner wrote into them stays.
    fn withdraw(&self, row: &Awaited, standing: &Standing, how: &str, followed: &mut Followed) -> Result<()> {
        self.store.set_awaited(&row.key, Stage::Over, None)?;
        let old = row.note.as_ref().and_then(|note| Some((note, self.vault.read(note).ok()?)));
        if let Some((note, old)) = old
            && let Some(new) = awaiting::over(&old, how, self.now)
        {
            self.vault.replace(note, &old, &new)?;
            followed.notes.push(note.clone());
        }
        if let Standing::Waits(path, text) = standing
            && crate::note::draft::read(text).is_ok_and(|d| d.is_some_and(|d| d.status == Status::Pending))
        {
            self.vault.replace(path, text, &frontmatter::set(text, &[("status", Status::Superseded.as_str())])?)?;
        }
        Ok(())
    }

    fn remind(
        &self,
        row: &Awaited,
        message: &StoredMessage,
        standing: &Standing,
        followed: &mut Followed,
    ) -> Result<()> {
        let said = row.said.as_deref().and_then(|said| serde_json::from_str::<Said>(said).ok());
        let (Some(said), Some(account), Some(id)) =
            (said, self.config.account(&row.account), message.message_id.as_deref())
        else {
            return Ok(());
        };
        let addresses = |list: &[String]| list.iter().filter_map(|a| Address::parse(a).ok()).collect::<Vec<_>>();
        let (to, cc) = (addresses(&said.to), addresses(&said.cc));
        let sent = Timestamp::from_second(message.at)?.to_zoned(self.now.time_zone().clone());
        let days = self.now.timestamp().duration_since(sent.timestamp()).as_hours() / 24;
        let note = Awaiting {
            to: &to,
            subject: &message.subject,
            sent: &sent,
            questions: &said.questions,
            account: &account.name,
            message_id: id,
            thread: &message.thread,
            days,
            source: message.note.as_deref(),
        };
        let template = self.templates.of(&self.config.shapes.awaiting, Kind::Awaiting);
        let (text, error) = awaiting::write(template.as_deref(), &note);
        self.templates.report(error);
        let folder = format!("{}/{}", self.config.paths.people, folder_name(awaiting::person(&to)));
        let path = format!("{folder}/{}.md", awaiting_stem(&message.subject, &sent));
        let is_it = |old: &str| awaiting::read(old).is_some_and(|known| known.message_id == id);
        let (path, new) = place(self.vault, &path, text.as_bytes(), is_it)?;
        // One that is there already may say that its owner closed it.
        let closed =
            !new && self.vault.read(&path).is_ok_and(|old| awaiting::read(&old).is_some_and(|s| !s.is_waiting));
        self.store.set_awaited(&row.key, if closed { Stage::Over } else { Stage::Told }, Some(&path))?;
        if new {
            followed.notes.push(path.clone());
        }
        if self.config.follow_up.nudge && !closed && *standing == Standing::None {
            self.nudge(account, message, (&said, &to, &cc), (&path, days), followed)?;
        }
        Ok(())
    }

    fn nudge(
        &self,
        account: &Account,
        message: &StoredMessage,
        (said, to, cc): (&Said, &[Address], &[Address]),
        (note, days): (&str, i64),
        followed: &mut Followed,
    ) -> Result<()> {
        let id = nudge_id(message);
        let Some(first) = to.first().filter(|_| matches!(self.store.draft(&id), Ok(None))) else { return Ok(()) };
        let from = Address::parse(&said.from).ok().filter(|from| account.owner().is_me(from));
        let from = from.unwrap_or_else(|| account.identity.clone());
        let language = said.language.as_deref();
        let manner =
            manners::towards(self.store, self.config, &account.name, Some(first), ("", language), message.at + 1)?;
        let digest = Digest {
            summary: format!("You asked this on {}, and nobody has answered for {days} days.", day(message, self.now)?),
            questions: said.questions.clone(),
            reply_reason: Some(format!("no answer for {days} days")),
            draft_body: nudge::text(language, first, &account.owner(), &said.questions, &manner, inert::line),
            generated_by: OFFLINE.to_owned(),
            ..Digest::default()
        };
        let shape = &self.config.shapes.draft;
        let template = self.templates.of(shape, Kind::Draft);
        let proposal = Proposal {
            created: self.now,
            from: &from,
            to,
            cc,
            subject: &subject::reply(&message.subject),
            source_file: note,
            in_reply_to: message.message_id.as_deref(),
            draft_id: &id,
            author: first,
            warning: None,
            quote: None,
        };
        let (text, error) = write_as(look(shape, template.as_deref()), &proposal, &digest, &VaultContext::default());
        self.templates.report(error);
        let path = format!("{}/{}.md", self.config.paths.outbox, nudge_stem(&message.subject, self.now));
        let (path, new) = place(self.vault, &path, text.as_bytes(), |old| carries(old, &id))?;
        self.store.put_draft(&id, &path, Some(&message.key))?;
        if new {
            self.store.put_drawn(&id, &sha256(&text))?;
            followed.drafts.push((account.name.clone(), path));
        }
        Ok(())
    }
}

fn day(message: &StoredMessage, now: &Zoned) -> Result<String> {
    let sent = Timestamp::from_second(message.at)?.to_zoned(now.time_zone().clone());
    Ok(sent.strftime("%A, %Y-%m-%d").to_string())
}
