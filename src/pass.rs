//! One pass: freeze what is approved, pull what is new, send what is due. `postnote sync` is one pass;
//! `postnote run` repeats it; `postnote send` is one without pulling; `postnote import` takes mail out of files instead.

use crate::config::{Account, Config};
use crate::followup;
use crate::inbound::import::{self, Imported, Order, Step};
use crate::inbound::{self, Desk, Progress, Pulled, entities, keep, rebuild};
use crate::login::Login;
use crate::outbound::freeze::{self, Recall};
use crate::outbound::{Posted, deliver, deliver::Sender, mirror};
use crate::redraft::{self, Wish};
use crate::store::{self, Lock, Store, StoreError};
use crate::thinking::{self, Thinker, Thinking, turns};
use crate::vault::Vault;
use anyhow::{Context, Result};
use jiff::{Timestamp, Zoned};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// What a pass covers.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// Only this account.
    pub account: Option<String>,
    /// Nothing is written, sent or remembered.
    pub dry_run: bool,
    /// Do not pull.
    pub send_only: bool,
    /// Pull from these accounts alone; drafts of all others are sent as ever.
    pub only: Option<BTreeSet<String>>,
    /// These accounts' servers cannot be had now: they are left alone.
    pub resting: BTreeSet<String>,
    /// Somebody comes back when a draft is due, or a fresh file has settled: neither is waited for.
    pub hurried: bool,
}

/// What one process knows from its last pass, so that the next costs less. It may be forgotten at any time.
#[derive(Debug, Default)]
pub struct Memory {
    /// When the database was read over.
    sound: Option<Instant>,
    recall: Recall,
    thinker: Thinker,
}

/// So often a process that stays reads its database over.
const CHECKED: Duration = Duration::from_secs(24 * 60 * 60);

impl Memory {
    /// Returns when a language model has answered, which the next pass takes in; never when it is not asked.
    pub async fn answered(&mut self) {
        self.thinker.answered().await;
    }

    /// The next pass reads every draft.
    pub fn forget_drafts(&mut self) {
        self.recall.forget();
    }
}

/// What a pass did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Each account's pull.
    pub pulled: Vec<(String, Result<Pulled>)>,
    /// What became of drafts.
    pub posted: Posted,
    /// Paths of notes about people, customers and projects that were made or added to.
    pub entities: Vec<String>,
    /// Paths of notes on questions that wait for an answer, or have one now.
    pub awaiting: Vec<String>,
    /// Why those notes could not be written.
    pub untold: Option<anyhow::Error>,
    /// When the next queued draft is due.
    pub next_due: Option<Timestamp>,
    /// A draft was written just now, and has to be looked at again when it has settled.
    pub unsettled: bool,
    /// What a language model made better.
    pub thinking: Thinking,
}

impl Outcome {
    /// True when something failed and was reported.
    pub fn has_problems(&self) -> bool {
        !self.posted.problems.is_empty()
            || !self.thinking.problems.is_empty()
            || self.untold.is_some()
            || self.pulled.iter().any(|(_, r)| r.as_ref().map_or(true, |p| !p.problems.is_empty()))
    }

    /// True when there is nothing to tell.
    pub fn is_quiet(&self) -> bool {
        self.posted == Posted::default()
            && self.entities.is_empty()
            && self.awaiting.is_empty()
            && self.untold.is_none()
            && self.thinking.improved.is_empty()
            && self.thinking.problems.is_empty()
            && self.pulled.iter().all(|(_, r)| r.as_ref().is_ok_and(|p| *p == Pulled::default()))
    }
}

/// Now, in the owner's time zone: the one clock of the wiring.
pub fn now() -> Zoned {
    #[expect(clippy::disallowed_methods, reason = "the wiring's clock: everything below takes `now` as an argument")]
    Zoned::now()
}

/// Runs one pass. `stop` is asked between messages; `on` hears of progress.
///
/// Errors: the vault is not there, the state is locked or cannot be used. What fails for one account or draft is
/// in the [`Outcome`], and the rest goes on.
pub async fn run(
    config: &Config,
    state: &Path,
    scope: &Scope,
    stop: &dyn Fn() -> bool,
    on: &mut dyn FnMut(Progress),
) -> Result<Outcome> {
    run_remembering(config, state, scope, &mut Memory::default(), stop, on).await
}

/// The same for a process that makes many: what it remembers saves work, and changes nothing else.
pub async fn run_remembering(
    config: &Config,
    state: &Path,
    scope: &Scope,
    memory: &mut Memory,
    stop: &dyn Fn() -> bool,
    on: &mut dyn FnMut(Progress),
) -> Result<Outcome> {
    let Memory { sound, recall, thinker } = memory;
    let trusted = sound.take().filter(|at| at.elapsed() < CHECKED);
    let outcome = pass(config, state, scope, (trusted.is_some(), recall, thinker), stop, on).await;
    let mut outcome = outcome.map_err(|e| in_state(e, state))?;
    let named = |(account, pulled): (String, Result<Pulled>)| (account, pulled.map_err(|e| in_state(e, state)));
    outcome.pulled = outcome.pulled.into_iter().map(named).collect();
    // What went wrong may have gone wrong in the database: then the next pass reads it over.
    if !outcome.has_problems() {
        *sound = trusted.or_else(|| Some(Instant::now()));
    }
    Ok(outcome)
}

/// What the database says of itself, with the folder that it lies in: SQLite names none.
fn in_state(error: anyhow::Error, state: &Path) -> anyhow::Error {
    let of_database = |e: &(dyn std::error::Error + 'static)| matches!(e.downcast_ref(), Some(StoreError::Sqlite(_)));
    match error.chain().any(of_database) {
        true => error.context(format!("the state in {}", state.display())),
        false => error,
    }
}

async fn pass(
    config: &Config,
    state: &Path,
    scope: &Scope,
    (trusted, recall, thinker): (bool, &mut Recall, &mut Thinker),
    stop: &dyn Fn() -> bool,
    on: &mut dyn FnMut(Progress),
) -> Result<Outcome> {
    // The lock goes last, when the database is closed.
    let Ready { mut lock, mut desk, fresh, problems } = ready(config, state, scope.dry_run, trusted)?;
    if fresh {
        recall.forget();
    }
    recall.begin(scope.hurried);
    let mut outcome = Outcome { posted: Posted { problems, ..Posted::default() }, ..Outcome::default() };
    let accounts: Vec<&Account> =
        config.accounts.iter().filter(|a| scope.account.as_ref().is_none_or(|name| *name == a.name)).collect();
    let accounts: Vec<&Account> = accounts.into_iter().filter(|a| !scope.resting.contains(&a.name)).collect();
    // Frozen first: while mail is pulled, the time to change one's mind runs. But what the vault's notes do not say
    // of a thread (its References) is known again only after the pull, and a reply is composed once.
    let pull_first = fresh && !scope.send_only;
    if !pull_first {
        freeze::freeze(config, &mut desk, &now(), recall, &mut outcome.posted)?;
    }
    let mut midway = false;
    if !scope.send_only && !stop() {
        // Dropped at any point, a pull has remembered what it has written, and does the rest again.
        let now = now();
        let wanted = |a: &&&Account| scope.only.as_ref().is_none_or(|only| only.contains(&a.name));
        let accounts: Vec<&Account> = accounts.iter().filter(wanted).copied().collect();
        let (pulled, broke_off) = tokio::select! {
            pulled = inbound::pull(config, &accounts, &mut desk, &now, on) => pulled,
            () = stopped(stop) => (Vec::new(), true),
        };
        midway = broke_off;
        for (account, pulled) in accounts.iter().zip(pulled) {
            if !scope.dry_run {
                let error = pulled.as_ref().err().map(|e| format!("{e:#}"));
                desk.store.set_synced(&account.name, now.timestamp().as_second(), error.as_deref())?;
            }
            outcome.pulled.push((account.name.clone(), pulled));
        }
        if !scope.dry_run {
            let finished = keep::finish(&desk, &mut outcome.posted.problems);
            outcome.posted.problems.extend(finished.err().map(|e| format!("{:#}", in_state(e, state))));
        }
    }
    if pull_first {
        freeze::freeze(config, &mut desk, &now(), recall, &mut outcome.posted)?;
    }
    let frozen = outcome.posted.clone();
    if !scope.hurried && !scope.dry_run {
        wait_for_due(config, &desk, stop).await?;
    }
    let then = now().timestamp();
    if !scope.dry_run {
        post(config, &accounts, &mut desk, stop, &mut outcome.posted).await?;
        // What pulling brought may have answered a draft that still waits. Where it brought nothing since the drafts were
        // gone over, and nothing was sent or had a problem, this would be the same again.
        if outcome.posted != frozen || !recall.is_up_to_date(&desk.store)? {
            let mut after = Posted::default();
            freeze::freeze(config, &mut desk, &now(), recall, &mut after)?;
            outcome.posted.queued.extend(after.queued);
            outcome.posted.changed.extend(after.changed);
            let known = outcome.posted.problems.clone();
            outcome.posted.problems.extend(after.problems.into_iter().filter(|p| !known.contains(p)));
        }
    }
    // Drafts show what these notes say: in the middle of a mailbox they would show the half of it.
    if !stop() && !midway {
        match tokio::task::block_in_place(|| entities::tell(&mut desk, config, &now())) {
            Ok(told) => {
                outcome.entities = told.notes;
                outcome.posted.problems.extend(told.problems);
            }
            Err(e) => outcome.untold = Some(in_state(e, state).context("the notes about people could not be written")),
        }
    }
    if !stop() && !midway && !scope.dry_run {
        let known = outcome.pulled.iter().filter(|(_, pulled)| pulled.is_ok()).map(|(account, _)| account.as_str());
        let known: Vec<&str> = known.collect();
        match tokio::task::block_in_place(|| followup::tell(&mut desk, config, &known, &now())) {
            Ok(followed) => {
                outcome.awaiting = followed.notes;
                outcome.posted.problems.extend(followed.problems);
                for (account, draft) in followed.drafts {
                    let of = outcome.pulled.iter_mut().find(|(name, _)| *name == account);
                    of.into_iter().filter_map(|(_, p)| p.as_mut().ok()).for_each(|p| p.drafts.push(draft.clone()));
                }
            }
            Err(e) => {
                let e = in_state(e, state);
                outcome.posted.problems.push(format!("questions that wait for an answer: {e:#}"));
            }
        }
    }
    // When nobody waits for anything else; what it makes better is mirrored.
    if !scope.dry_run && (!scope.send_only || scope.hurried) {
        let until = (&now as &dyn Fn() -> Zoned, stop, async || stopped(stop).await);
        turns::think(config, (&mut desk, state), scope.hurried, thinker, until, &mut outcome.thinking).await?;
    }
    if !scope.dry_run && !stop() {
        for account in &accounts {
            if let Err(e) = mirror::mirror(config, account, &desk, &now()).await {
                outcome.posted.problems.push(of_account(&account.name, &format!("{e:#}")));
            }
        }
    }
    if config.send.enabled {
        outcome.next_due = deliver::next_due(&desk, then)?;
    }
    outcome.unsettled = recall.has_unsettled();
    // What went wrong may have gone wrong in the database.
    if let Some(lock) = lock.as_mut().filter(|_| !outcome.has_problems()) {
        lock.vouch();
    }
    Ok(outcome)
}

/// Imports mail out of files. Nothing is sent, and no server is asked.
///
/// Errors: as of [`run`]. What cannot be read is in what is given back, and the rest goes on.
pub async fn import(
    config: &Config,
    state: &Path,
    order: &Order,
    dry_run: bool,
    stop: &dyn Fn() -> bool,
    on: &mut dyn FnMut(Step),
) -> Result<Imported> {
    let Ready { lock: _lock, mut desk, problems, .. } = ready(config, state, dry_run, false)?;
    let mut imported = import::import(config, order, &mut desk, &now(), stop, on).await?;
    imported.problems.splice(..0, problems);
    if !stop() {
        let told = tokio::task::block_in_place(|| entities::tell(&mut desk, config, &now()))?;
        imported.problems.extend(told.problems);
    }
    Ok(imported)
}

/// Writes the draft that its owner asks for from a source note, and gives its path. No mail server is asked; a language
/// model is, where there is one and it may see the mail. `instructions`: what its owner wants it to say.
///
/// Errors: as of [`run`]; or there is a draft that must not be touched, and it says what to do.
pub async fn redraft(
    config: &Config,
    state: &Path,
    note: &str,
    wish: Wish,
    instructions: Option<&str>,
) -> Result<String> {
    let words = match (&config.model, wish) {
        (Some(model), Wish::Reply(_)) => {
            let open = || ready(config, state, false, false).map(|ready| (ready.lock, ready.desk));
            turns::words_for(config, (model, state), (note, instructions), &now, open).await?
        }
        _ => None,
    };
    // Not held while the model thinks: a sync need not wait for it.
    let Ready { lock: _lock, mut desk, .. } = ready(config, state, false, false)?;
    let path = redraft::redraft(config, &desk, note, wish, words.as_ref().map(|(_, digest)| digest), &now())?;
    if let Some((job, digest)) = words {
        thinking::keep::keep(config, &mut desk, &job, &digest, &now(), &mut Thinking::default())?;
    }
    Ok(path)
}

/// Vault and state, with whatever an earlier process left undone made good.
struct Ready {
    lock: Option<Lock>,
    desk: Desk,
    /// The database is new.
    fresh: bool,
    problems: Vec<String>,
}

fn ready(config: &Config, state: &Path, dry_run: bool, trusted: bool) -> Result<Ready> {
    let (mut desk, lock) = open_trusting(config, state, dry_run, trusted)?;
    let fresh = desk.store.is_fresh();
    if fresh {
        rebuild::rebuild(&mut desk, config, now().time_zone()).context("cannot read the vault's notes back")?;
    }
    the_vault_it_was(config, &desk, state)?;
    let mut problems = Vec::new();
    if let Some(lock) = &lock {
        keep::finish(&desk, &mut problems)?;
        if fresh || lock.after_a_crash() {
            sweep(config, &desk)?;
        }
    }
    Ok(Ready { lock, desk, fresh, problems })
}

/// Removes what a crash left under temporary names.
fn sweep(config: &Config, desk: &Desk) -> Result<()> {
    let paths = &config.paths;
    for folder in [rebuild::fixed_part(&paths.sources), &paths.outbox, &paths.people, &paths.customers, &paths.projects]
    {
        desk.vault.sweep(folder)?;
    }
    Ok(())
}

/// An unmounted disk leaves an empty folder behind: what was written there must still be there before more is.
fn the_vault_it_was(config: &Config, desk: &Desk, state: &Path) -> Result<()> {
    let sources = rebuild::fixed_part(&config.paths.sources);
    if desk.vault.exists(sources) || !desk.store.has_notes()? {
        return Ok(());
    }
    anyhow::bail!(
        "the vault {} holds no {sources:?} any more, though notes were written there; mount its disk, or correct `vault` \
         and `paths` in the config. If you moved or deleted the notes on purpose, make that folder, or delete the state in {}",
        desk.vault.root().display(),
        state.display()
    )
}

async fn stopped(stop: &dyn Fn() -> bool) {
    while !stop() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// Opens vault and state; in a dry run as copies of which nothing lasts.
pub fn open(config: &Config, state: &Path, dry_run: bool) -> Result<(Desk, Option<Lock>)> {
    open_trusting(config, state, dry_run, false)
}

/// The same. `trusted`: this process has found the database sound before. Reading it over costs as much as it is
/// large, and tells of one thing that no query would: pages that went bad on the disk. Once read over, it is good for a
/// day, in this process and in the next ones, unless a pass since had problems, whoever held the lock last was cut short,
/// or the file is not as it was left.
/// What is met meanwhile is an error of that pass (SQLite knows a bad page when it reads it), and nothing is sent on
/// its account: the outbox row, the ledger in the vault and the Sent mailbox each have to agree first.
fn open_trusting(config: &Config, state: &Path, dry_run: bool, trusted: bool) -> Result<(Desk, Option<Lock>)> {
    let vault = Vault::open(&config.vault)?;
    if dry_run {
        return Ok((Desk { vault: vault.rehearsing(), store: Store::scratch(state)? }, None));
    }
    let mut lock = store::lock(state)?;
    let seconds = now().timestamp().as_second();
    let sound = trusted && !lock.after_a_crash() || lock.knows_it_sound(seconds);
    if !sound {
        lock.reads_it_over(seconds);
    }
    let store = if sound { Store::open_trusting(state)? } else { Store::open(state)? };
    Ok((Desk { vault, store }, Some(lock)))
}

/// Opens vault and state only to look at them, as often as somebody likes.
pub fn look(config: &Config, state: &Path) -> Result<Desk> {
    Ok(Desk { vault: Vault::open(&config.vault)?.rehearsing(), store: Store::glance(state)? })
}

/// What went wrong with an account, with its name in front, once: a secret's error has it already.
pub fn of_account(account: &str, what: &str) -> String {
    let name = format!("account {account:?}: ");
    if what.starts_with(&name) { what.to_owned() } else { name + what }
}

/// Sends what is due.
async fn post(
    config: &Config,
    accounts: &[&Account],
    desk: &mut Desk,
    stop: &dyn Fn() -> bool,
    posted: &mut Posted,
) -> Result<()> {
    for account in accounts {
        if stop() {
            return Ok(());
        }
        if !crate::outbound::deliver::has_work(desk, &account.name, now().timestamp())? {
            continue;
        }
        let sent = match Login::new(account).await {
            Ok(login) => {
                let sender = Sender { config, account, login: &login };
                deliver::deliver(&sender, desk, &now, stop, posted).await
            }
            Err(e) => Err(e.into()),
        };
        if let Err(e) = sent {
            posted.problems.push(of_account(&account.name, &format!("{e:#}")));
        }
    }
    Ok(())
}

/// Waits out `send.delay` of what is queued.
async fn wait_for_due(config: &Config, desk: &Desk, stop: &dyn Fn() -> bool) -> Result<()> {
    // One second more, for what was rounded up.
    let horizon = now().timestamp().checked_add(config.send.delay)?.checked_add(jiff::SignedDuration::from_secs(1))?;
    let Some(due) = deliver::last_due_before(desk, horizon)? else {
        return Ok(());
    };
    // The clock may step back meanwhile: nobody waits longer than the delay for it.
    let patience = Instant::now() + config.send.delay.unsigned_abs() + Duration::from_secs(2);
    while now().timestamp() < due && Instant::now() < patience && !stop() {
        let left = now().timestamp().duration_until(due);
        let step = Duration::try_from(left).unwrap_or_default().min(Duration::from_millis(200));
        tokio::time::sleep(step).await;
    }
    Ok(())
}
