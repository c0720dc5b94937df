//! `postnote status`: accounts, drafts by status, the outbox, and what needs attention first.

use super::{Ended, Failure, StatusArgs, printable};
use crate::config::Config;
use crate::inbound::Desk;
use crate::note::draft::{self, Status};
use crate::note::frontmatter;
use crate::pass::{self, now};
use crate::store::outbox::State;
use anyhow::Result;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;

#[derive(Debug, Serialize)]
struct Report {
    vault: String,
    state: String,
    accounts: Vec<AccountStatus>,
    drafts: BTreeMap<String, Vec<DraftStatus>>,
    outbox: BTreeMap<&'static str, usize>,
    /// `None`: no language model is configured.
    model: Option<ModelStatus>,
    attention: Vec<String>,
}

#[derive(Debug, Serialize)]
struct ModelStatus {
    name: String,
    tokens_today: u64,
    tokens_per_day: Option<u64>,
    questions_today: u64,
    waiting: u64,
    why: Option<String>,
}

#[derive(Debug, Serialize)]
struct AccountStatus {
    name: String,
    email: String,
    last_sync: Option<String>,
    error: Option<String>,
    source_notes: u64,
}

#[derive(Debug, Serialize)]
struct DraftStatus {
    note: String,
    subject: Option<String>,
    urgency: Option<String>,
}

pub(super) fn status(config: &Config, state: &Path, args: &StatusArgs) -> Result<Ended, Failure> {
    let (desk, _) = pass::open(config, state, true)?;
    let report = gather(config, state, &desk, args.account.as_deref())?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print(&report);
    }
    Ok(Ended::Well)
}

fn gather(config: &Config, state: &Path, desk: &Desk, only: Option<&str>) -> Result<Report> {
    let zone = now().time_zone().clone();
    let mut attention = Vec::new();
    let mut accounts = Vec::new();
    for account in config.accounts.iter().filter(|a| only.is_none_or(|name| name == a.name)) {
        let synced = desk.store.synced(&account.name)?;
        let error = synced.as_ref().and_then(|(_, error)| error.clone());
        if let Some(error) = &error {
            attention.push(pass::of_account(&account.name, error));
        }
        let at = synced.map(|(at, _)| Timestamp::from_second(at)).transpose()?;
        accounts.push(AccountStatus {
            name: account.name.clone(),
            email: account.identity.email.clone(),
            last_sync: at.map(|t| t.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S").to_string()),
            error,
            source_notes: desk.store.count_notes(&account.name)?,
        });
    }
    let mut drafts: BTreeMap<String, Vec<DraftStatus>> = BTreeMap::new();
    for path in desk.vault.notes(&config.paths.outbox)? {
        let read = |text: String| Ok(draft::read(&text)?.map(|draft| (draft, error(&text))));
        match desk.vault.read(&path).map_err(anyhow::Error::from).and_then(read) {
            Ok(None) => {}
            Err(e) => attention.push(format!("{path}: {e}")),
            Ok(Some((draft, error))) => {
                match &draft.status {
                    Status::Failed | Status::Uncertain | Status::Conflict => {
                        let why = error.unwrap_or_else(|| "look into the note".to_owned());
                        attention.push(format!("{path}: {}: {why}", draft.status.as_str()));
                    }
                    Status::Other(word) => {
                        attention.push(format!("{path}: the status {word:?} is none that postnote knows"))
                    }
                    _ => {}
                }
                let entry = DraftStatus { note: path, subject: draft.subject, urgency: draft.urgency };
                drafts.entry(draft.status.as_str().to_owned()).or_default().push(entry);
            }
        }
    }
    let mut outbox = BTreeMap::new();
    for state in [State::Queued, State::Attempting, State::Accepted, State::Filed, State::Failed, State::Uncertain] {
        let count = desk.store.outbox(state)?.len();
        if count > 0 {
            outbox.insert(state.as_str(), count);
        }
    }
    let model = match &config.model {
        Some(model) => {
            let (tokens_today, questions_today) = desk.store.spent(&now().date().to_string())?;
            let (waiting, why) = desk.store.thoughts_waiting()?;
            let (name, tokens_per_day) = (model.name.clone(), model.tokens_per_day);
            Some(ModelStatus { name, tokens_today, tokens_per_day, questions_today, waiting, why })
        }
        None => None,
    };
    let vault = desk.vault.root().display().to_string();
    Ok(Report { vault, state: state.display().to_string(), accounts, drafts, outbox, model, attention })
}

/// What a note says about what went wrong.
fn error(text: &str) -> Option<String> {
    frontmatter::parse(text).ok().and_then(|(front, _)| front.text("error"))
}

fn print(report: &Report) {
    println!("Vault  {}\nState  {}", printable(&report.vault), printable(&report.state));
    println!("\nAccounts");
    for a in &report.accounts {
        let last =
            a.last_sync.as_deref().map_or("never synced".to_owned(), |t| format!("last sync {}", t.replace('T', " ")));
        println!("  {}  {}  {last}, {} source notes", a.name, a.email, a.source_notes);
    }
    if let Some(model) = &report.model {
        let most = model.tokens_per_day.map(|most| format!(" of {most}")).unwrap_or_default();
        println!(
            "\nModel\n  {}: {}{most} tokens today, {} asked",
            printable(&model.name),
            model.tokens_today,
            model.questions_today
        );
        let why = model.why.as_deref().map(|why| format!(": {}", printable(why))).unwrap_or_default();
        match model.waiting {
            0 => {}
            1 => println!("  1 message waits for it{why}"),
            n => println!("  {n} messages wait for it{why}"),
        }
    }
    println!("\nDrafts");
    if report.drafts.is_empty() {
        println!("  none");
    }
    for (status, drafts) in &report.drafts {
        println!("  {}: {}", printable(status), drafts.len());
        let waiting = ["pending", "approved", "queued", "failed", "uncertain", "conflict"].contains(&status.as_str());
        for draft in drafts.iter().filter(|_| waiting) {
            let urgency = draft
                .urgency
                .as_deref()
                .filter(|u| *u != "normal")
                .map(|u| format!(" ({})", printable(u)))
                .unwrap_or_default();
            println!("    {}{}", printable(&draft.note), urgency);
        }
    }
    if !report.outbox.is_empty() {
        let states: Vec<_> = report.outbox.iter().map(|(state, n)| format!("{n} {state}")).collect();
        println!("\nOutbox  {}", states.join(", "));
    }
    if !report.attention.is_empty() {
        println!("\nNeeds attention");
        for line in &report.attention {
            println!("  {}", printable(line));
        }
    }
}
