//! Vault and state → what `postnote status` has to tell, the most pressing first.

use crate::config::Config;
use crate::inbound::Desk;
use crate::note::draft::{self, DraftNote, Status};
use crate::note::frontmatter::{self, Frontmatter};
use crate::pass::{self, now};
use crate::store::outbox::State;
use crate::store::presence;
use anyhow::Result;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

/// All of it; with `--json` as it stands here.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) vault: String,
    pub(super) state: String,
    /// A `postnote run` is at work.
    pub(super) running: bool,
    pub(super) accounts: Vec<AccountStatus>,
    pub(super) drafts: BTreeMap<String, Vec<DraftStatus>>,
    pub(super) outbox: BTreeMap<&'static str, u32>,
    /// `None`: no language model is configured.
    pub(super) model: Option<ModelStatus>,
    pub(super) attention: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct ModelStatus {
    pub(super) name: String,
    pub(super) tokens_today: u64,
    pub(super) tokens_per_day: Option<u64>,
    pub(super) questions_today: u64,
    pub(super) waiting: u64,
    pub(super) why: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct AccountStatus {
    pub(super) name: String,
    pub(super) email: String,
    pub(super) last_sync: Option<String>,
    /// By the schedule of the `postnote run` that is at work.
    pub(super) next_sync: Option<String>,
    pub(super) error: Option<String>,
    pub(super) source_notes: u64,
}

#[derive(Debug, Serialize)]
pub(super) struct DraftStatus {
    pub(super) note: String,
    pub(super) subject: Option<String>,
    pub(super) urgency: Option<String>,
    pub(super) to: Vec<String>,
    pub(super) created: Option<String>,
    pub(super) reason: Option<String>,
    /// Not sent before this: `send_at`, or the end of `send.delay`.
    pub(super) sends_at: Option<String>,
}

/// How pressing a line of "Needs attention" is: nobody knows whether a mail went out; nothing comes or goes; a draft is
/// stuck.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Pressing {
    Uncertain,
    Account,
    Stuck,
    Unread,
}

pub(super) fn gather(config: &Config, state: &Path, desk: &Desk, only: Option<&str>) -> Result<Report> {
    let zone = now().time_zone().clone();
    let running = presence::running(state);
    let next = running.and_then(|r| r.next).and_then(|at| local(at, &zone));
    let mut attention = Vec::new();
    let mut accounts = Vec::new();
    for account in config.accounts.iter().filter(|a| only.is_none_or(|name| name == a.name)) {
        let synced = desk.store.synced(&account.name)?;
        let error = synced.as_ref().and_then(|(_, error)| error.clone());
        if let Some(error) = &error {
            attention.push((Pressing::Account, pass::of_account(&account.name, error)));
        }
        accounts.push(AccountStatus {
            name: account.name.clone(),
            email: account.identity.email.clone(),
            last_sync: synced.and_then(|(at, _)| local(at, &zone)),
            next_sync: next.clone(),
            error,
            source_notes: desk.store.count_notes(&account.name)?,
        });
    }
    let due: BTreeMap<String, String> = desk
        .store
        .outbox(State::Queued)?
        .into_iter()
        .filter_map(|row| Some((row.note, local(row.not_before, &zone)?)))
        .collect();
    let mut drafts: BTreeMap<String, Vec<DraftStatus>> = BTreeMap::new();
    for path in desk.vault.notes(&config.paths.outbox)? {
        let read = |text: String| Ok(draft::read(&text)?.map(|draft| (draft, front(&text))));
        match desk.vault.read(&path).map_err(anyhow::Error::from).and_then(read) {
            Ok(None) => {}
            Err(e) => attention.push((Pressing::Unread, format!("{path}: {e}"))),
            Ok(Some((draft, front))) => {
                attention.extend(trouble(&path, &draft, &front));
                let status = draft.status.as_str().to_owned();
                let due = due.get(&path).cloned();
                drafts.entry(status).or_default().push(entry(path, draft, &front, due));
            }
        }
    }
    for list in drafts.values_mut() {
        list.sort_by_key(|d| (rank(d.urgency.as_deref()), d.created.clone(), d.note.clone()));
    }
    // Within one kind they stay as they were found.
    attention.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Report {
        vault: desk.vault.root().display().to_string(),
        state: state.display().to_string(),
        running: running.is_some(),
        accounts,
        drafts,
        outbox: outbox(desk)?,
        model: model(config, desk)?,
        attention: attention.into_iter().map(|(_, line)| line).collect(),
    })
}

fn outbox(desk: &Desk) -> Result<BTreeMap<&'static str, u32>> {
    let counts = desk.store.outbox_counts()?;
    Ok(counts.into_iter().filter(|(state, _)| *state != State::Stopped).map(|(state, n)| (state.as_str(), n)).collect())
}

fn model(config: &Config, desk: &Desk) -> Result<Option<ModelStatus>> {
    let Some(model) = &config.model else { return Ok(None) };
    let (tokens_today, questions_today) = desk.store.spent(&now().date().to_string())?;
    let (waiting, why) = desk.store.thoughts_waiting()?;
    let (name, tokens_per_day) = (model.name.clone(), model.tokens_per_day);
    Ok(Some(ModelStatus { name, tokens_today, tokens_per_day, questions_today, waiting, why }))
}

/// What somebody should look at in a draft.
fn trouble(path: &str, draft: &DraftNote, front: &Frontmatter) -> Option<(Pressing, String)> {
    let why = || front.text("error").unwrap_or_else(|| "look into the note".to_owned());
    let status = draft.status.as_str();
    match &draft.status {
        Status::Uncertain => Some((Pressing::Uncertain, format!("{path}: {status}: {}", why()))),
        Status::Failed | Status::Conflict => Some((Pressing::Stuck, format!("{path}: {status}: {}", why()))),
        Status::Other(word) => {
            Some((Pressing::Stuck, format!("{path}: the status {word:?} is none that postnote knows")))
        }
        _ => None,
    }
}

fn entry(note: String, draft: DraftNote, front: &Frontmatter, due: Option<String>) -> DraftStatus {
    DraftStatus {
        note,
        sends_at: due.or_else(|| draft.send_at.clone()),
        subject: draft.subject,
        urgency: draft.urgency,
        to: draft.recipients.map(|r| r.to).unwrap_or_default(),
        created: front.text("created"),
        reason: front.text("reason").filter(|reason| !reason.is_empty()),
    }
}

fn rank(urgency: Option<&str>) -> u8 {
    match urgency.map(str::trim) {
        Some("urgent") => 0,
        Some("low") => 2,
        _ => 1,
    }
}

fn front(text: &str) -> Frontmatter {
    frontmatter::parse(text).map(|(front, _)| front).unwrap_or_default()
}

fn local(at: i64, zone: &TimeZone) -> Option<String> {
    let at = Timestamp::from_second(at).ok()?;
    Some(at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string())
}
