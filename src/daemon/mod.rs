//! `postnote run`: stays, and makes a pass whenever there is something to do, until it is told to stop.
//!
//! One loop decides; whoever watches only wakes it. A pass never overlaps another. Passes on schedule are the net
//! under all of it: whatever nobody heard of is found by the next of them.
//!
//! - [`mod@line`]: the lines to the servers, which hear of new mail (IDLE)
//! - [`wakes`]: what was heard and not yet looked after
//! - [`owed`]: what is to be done, and when
//! - [`health`], [`backoff`]: accounts that cannot be had just now
//! - [`moment`]: waiting for a time of day
//! - [`told`]: nothing is told twice
//! - `service`: systemd
//! - [`stop`]: the end
//! - this file: the loop

mod backoff;
mod health;
mod line;
mod moment;
mod owed;
mod service;
mod stop;
mod told;
mod wakes;

pub use stop::Stop;

use crate::config::Config;
use crate::imap::Waits;
use crate::inbound::Progress;
use crate::outbound::freeze::SETTLE;
use crate::pass::{self, Memory, Outcome, Scope, now};
use crate::store::StoreError;
use crate::store::presence::{self, Presence};
use crate::vault;
use anyhow::Result;
use health::{Healths, Word};
use jiff::{SignedDuration, Zoned};
use line::{Calls, Lines};
use moment::{Clocks, Moment};
use owed::{Owed, Plan};
use service::Service;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::Instant;
use told::Told;
use wakes::Wakes;

/// A change in the vault is looked at when its file has settled, and a moment more.
const SETTLED: Duration = SETTLE.saturating_add(Duration::from_millis(20));
/// The end does not wait longer than this for servers to answer a goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// How patient the lines to the servers are.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// For servers that tell of new mail.
    pub waits: Waits,
    /// How often others are asked.
    pub poll: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing { waits: Waits::default(), poll: Duration::from_secs(60) }
    }
}

/// What the owner hears.
#[derive(Debug)]
pub enum News<'a> {
    /// A pass, with what is new since the last; and when the next one on schedule is.
    Pass(&'a Result<Outcome>, Option<&'a Zoned>),
    /// An account goes on failing.
    Down {
        /// Its name.
        account: &'a str,
        /// Why.
        why: &'a str,
    },
    /// An account is well again.
    Back {
        /// Its name.
        account: &'a str,
    },
}

/// Stays until `stop` is asked; the first pass is made at once. `tell` hears how it goes.
///
/// Errors: only what keeps the first pass from starting at all; later ones are reported and tried again.
pub async fn run(
    config: &Config,
    state: &Path,
    scope: &Scope,
    stop: &Arc<Stop>,
    timing: &Timing,
    tell: &mut dyn FnMut(News<'_>),
) -> Result<()> {
    let wakes = Arc::new(Wakes::default());
    let mut helpers = JoinSet::new();
    // Before the first pass: what is saved during it must not be missed.
    let (root, folder, rung) = (config.vault.clone(), config.paths.outbox.clone(), wakes.clone());
    helpers.spawn(async move { vault::watch(&root, &folder, SETTLED, || rung.vault()).await });
    let mut daemon = Daemon {
        config,
        state,
        scope,
        stop,
        wakes,
        calls: Arc::default(),
        lines: BTreeMap::new(),
        memory: Memory::default(),
        healths: Healths::default(),
        told: Told::default(),
        service: Service::new(),
        owed: Owed::default(),
        // Only whoever asks how it goes would miss it.
        // Where there is no vault, nothing is begun.
        presence: config.vault.is_dir().then(|| presence::announce(state).ok().flatten()).flatten(),
        tell,
    };
    let ended = daemon.live(timing).await;
    daemon.service.stopping();
    helpers.abort_all();
    ended
}

struct Daemon<'a> {
    config: &'a Config,
    state: &'a Path,
    scope: &'a Scope,
    stop: &'a Arc<Stop>,
    wakes: Arc<Wakes>,
    calls: Arc<Calls>,
    lines: BTreeMap<String, Lines>,
    memory: Memory,
    healths: Healths,
    told: Told,
    service: Service,
    owed: Owed,
    presence: Option<Presence>,
    tell: &'a mut dyn FnMut(News<'_>),
}

impl Daemon<'_> {
    async fn live(&mut self, timing: &Timing) -> Result<()> {
        let mut holding = JoinSet::new();
        let mut plan = Plan { all: true, ..Plan::default() };
        let mut first = true;
        while !self.stop.is_asked() {
            let outcome = self.pass(&plan).await;
            // A sync by hand may be at work just now; the next pass comes.
            let locked = |e: &anyhow::Error| e.chain().any(|e| matches!(e.downcast_ref(), Some(StoreError::Locked)));
            if first && outcome.as_ref().is_err_and(|e| !locked(e)) {
                return outcome.map(|_| ());
            }
            if plan.all {
                self.calls.scheduled.notify_waiters();
            }
            let next = if plan.all || self.owed.scheduled.is_none() { Some(self.next_scheduled()) } else { None };
            if let Some(next) = next {
                let Some(next) = next else {
                    self.report(outcome, &plan);
                    anyhow::bail!("the schedule has no next time; correct sync.schedule");
                };
                if let Some(Err(e)) = self.presence.as_ref().map(|p| p.next(next.timestamp().as_second())) {
                    tracing::debug!("the time of the next sync cannot be noted: {e}");
                }
                self.owed.scheduled = Some(Moment::at(next));
            }
            self.report(outcome, &plan);
            if first && !self.stop.is_asked() {
                self.service.ready();
                self.connect(timing, &mut holding);
            }
            first = false;
            match self.wait().await {
                Some(next) => plan = next,
                None => break,
            }
        }
        // The lines say goodbye by themselves.
        tokio::time::timeout(GOODBYE, async { while holding.join_next().await.is_some() {} }).await.ok();
        Ok(())
    }

    /// Begins to hold the lines to the servers.
    fn connect(&mut self, timing: &Timing, holding: &mut JoinSet<()>) {
        let accounts = &self.config.accounts;
        for account in accounts.iter().filter(|a| self.scope.account.as_ref().is_none_or(|name| *name == a.name)) {
            let lines = Lines::new(account, &self.wakes, self.stop, &self.calls, timing);
            holding.spawn(lines.clone().hold());
            self.lines.insert(account.name.clone(), lines);
        }
    }

    /// One pass. Pulling is left where it is when the process must end: nothing that it has written needs undoing,
    /// and what is not remembered is done again. Only a message on its way out is waited for, for a while.
    async fn pass(&mut self, plan: &Plan) -> Result<Outcome> {
        let scope = Scope {
            send_only: !plan.all && plan.mail.is_empty(),
            only: if plan.all { None } else { Some(plan.mail.clone()) },
            resting: self.healths.resting(),
            hurried: true,
            ..self.scope.clone()
        };
        if plan.all {
            // What escaped the stamps of files is found on schedule.
            self.memory.forget_drafts();
        }
        self.service.progress();
        let stop = self.stop;
        let asked = || stop.is_asked();
        let moved = std::cell::Cell::new(false);
        let mut quiet = |_: Progress| moved.set(true);
        let work = pass::run_remembering(self.config, self.state, &scope, &mut self.memory, &asked, &mut quiet);
        let mut work = std::pin::pin!(work);
        let mut patience = std::pin::pin!(patience(stop));
        loop {
            tokio::select! {
                outcome = &mut work => return outcome,
                () = &mut patience => return Ok(Outcome::default()),
                () = self.service.due() => {
                    if moved.replace(false) {
                        self.service.progress();
                    }
                    self.service.beat();
                }
            }
        }
    }

    /// Tells how the pass went, and notes what is to be done because of it.
    fn report(&mut self, outcome: Result<Outcome>, plan: &Plan) {
        let mut words = Vec::new();
        let mut silent = false;
        let outcome = match outcome {
            Ok(mut outcome) => {
                (self.owed.failures, self.owed.not_before) = (0, None);
                self.owed.due = outcome.next_due.map(|t| Moment::at(t.to_zoned(now().time_zone().clone())));
                self.owed.settled = outcome.unsettled.then(|| Instant::now() + SETTLED);
                outcome.pulled.retain(|(account, pulled)| self.judge(account, pulled.as_ref().err(), &mut words));
                self.told.sift(&mut outcome);
                silent = !plan.all && outcome.is_quiet();
                Ok(outcome)
            }
            Err(e) => {
                self.owed.failures += 1;
                self.owed.not_before = Some(Instant::now() + backoff::pause(self.owed.failures.min(6)));
                self.owed.all |= plan.all;
                self.owed.mail.extend(plan.mail.iter().cloned());
                self.owed.vault = true;
                silent = self.told.again(&e) || silent;
                Err(e)
            }
        };
        if !silent {
            let next = if self.stop.is_asked() { None } else { self.owed.scheduled.as_ref().map(Moment::zoned) };
            (self.tell)(News::Pass(&outcome, next));
        }
        for (account, word) in words {
            self.say(&account, word);
        }
        self.service.status(&self.status());
    }

    /// Notes how an account's pull went; `true` when its outcome is worth telling.
    fn judge(&mut self, account: &str, error: Option<&anyhow::Error>, words: &mut Vec<(String, Word)>) -> bool {
        if let Some(error) = error {
            self.owed.mail.insert(account.to_owned());
            // The server can be had, but not once more: it may just be going down, or our own lines are in the way.
            if let Some(times) = self.healths.turned_away(account, error)
                && (times == 1 || self.lines.get(account).is_some_and(Lines::give_way))
            {
                self.owed.not_before = Some(Instant::now() + Duration::from_secs(1));
                return false;
            }
        }
        let word = self.healths.pulled(account, error);
        let tell = error.is_none() || word == Word::First;
        words.push((account.to_owned(), word));
        tell
    }

    fn say(&mut self, account: &str, word: Word) {
        match word {
            Word::Silence | Word::First => {}
            Word::Down(why) => (self.tell)(News::Down { account, why: &why }),
            Word::Back => (self.tell)(News::Back { account }),
        }
    }

    fn status(&self) -> String {
        let down = match self.healths.down() {
            0 => String::new(),
            1 => "; 1 account is down".to_owned(),
            n => format!("; {n} accounts are down"),
        };
        let next = self.owed.scheduled.as_ref().map(|m| m.zoned().strftime("%H:%M").to_string()).unwrap_or_default();
        format!("listening; next scheduled sync at {next}{down}")
    }

    /// Waits until there is something to do; `None` when asked to stop.
    async fn wait(&mut self) -> Option<Plan> {
        let mut clocks = Clocks::now();
        loop {
            if self.stop.is_asked() {
                return None;
            }
            if clocks.jumped() {
                self.calls.resumed.notify_waiters();
            }
            self.hear();
            self.service.progress();
            if let Some(plan) = self.owed.ready(&self.healths.resting()) {
                return Some(plan);
            }
            let until = self.owed.until(self.healths.next(&self.owed.mail));
            tokio::select! {
                () = tokio::time::sleep_until(until) => {}
                () = self.wakes.rung() => {}
                () = self.stop.asked() => {}
                () = self.service.due() => self.service.beat(),
                // A short pass puts it into its notes.
                () = self.memory.answered() => self.owed.vault = true,
            }
        }
    }

    /// Takes in what was heard.
    fn hear(&mut self) {
        let heard = self.wakes.take();
        if heard.vault {
            self.owed.vault = true;
            // A vault that was away may be back.
            self.owed.not_before = None;
        }
        self.owed.mail.extend(heard.mail);
        for (account, line) in heard.lines {
            let word = self.healths.line(&account, &line);
            if word != Word::Silence {
                self.say(&account, word);
                self.service.status(&self.status());
            }
        }
    }

    fn next_scheduled(&self) -> Option<Zoned> {
        let jitter = Duration::try_from(self.config.sync.jitter).unwrap_or_default();
        let jitter = SignedDuration::try_from(backoff::random_below(jitter)).unwrap_or_default();
        self.config.sync.schedule.next(&now())?.checked_add(jitter).ok()
    }
}

/// Ends some seconds after `stop` is asked.
async fn patience(stop: &Stop) {
    stop.asked().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
}
