//! `postnote run`: passes on schedule, one at a time, until it is told to stop.

use crate::config::Config;
use crate::inbound::Progress;
use crate::pass::{self, Outcome, Scope, now};
use anyhow::Result;
use jiff::{SignedDuration, Timestamp, Zoned};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Set once, when the process is asked to end; everybody else looks or waits.
#[derive(Debug, Default)]
pub struct Stop {
    asked: AtomicBool,
    wake: Notify,
}

impl Stop {
    /// Asks everybody to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.wake.notify_waiters();
    }

    /// True once asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until asked.
    pub async fn asked(&self) {
        let woken = self.wake.notified();
        if !self.is_asked() {
            woken.await;
        }
    }
}

/// Runs passes until `stop` is asked; the first at once. A pass never overlaps another: the next time is reckoned
/// when one has ended. `report` hears how each went.
///
/// Errors: only what keeps the first pass from starting at all; later ones are reported and tried again.
pub async fn run(
    config: &Config,
    state: &Path,
    scope: &Scope,
    stop: &Stop,
    report: &mut dyn FnMut(&Result<Outcome>, Option<&Zoned>),
) -> Result<()> {
    let mut first = true;
    while !stop.is_asked() {
        let outcome = one(config, state, scope, stop).await;
        if first && outcome.is_err() {
            return outcome.map(|_| ());
        }
        first = false;
        if stop.is_asked() {
            report(&outcome, None);
            break;
        }
        let due = outcome.as_ref().ok().and_then(|o| o.next_due);
        let Some(next) = next(config, due) else {
            report(&outcome, None);
            anyhow::bail!("the schedule has no next time; correct sync.schedule");
        };
        report(&outcome, Some(&next));
        wait_until(&next, stop).await;
    }
    Ok(())
}

/// One pass. Pulling is left where it is when the process must end: nothing that it has written needs undoing, and
/// what is not remembered is done again. Only a message on its way out is waited for, for a while.
async fn one(config: &Config, state: &Path, scope: &Scope, stop: &Stop) -> Result<Outcome> {
    let asked = || stop.is_asked();
    let mut quiet = |_: Progress| ();
    let work = pass::run(config, state, scope, &asked, &mut quiet);
    tokio::select! {
        outcome = work => outcome,
        () = patience(stop) => Ok(Outcome::default()),
    }
}

/// Ends some seconds after `stop` is asked.
async fn patience(stop: &Stop) {
    stop.asked().await;
    tokio::time::sleep(Duration::from_secs(10)).await;
}

fn next(config: &Config, due: Option<Timestamp>) -> Option<Zoned> {
    let now = now();
    let scheduled = config.sync.schedule.next(&now)?;
    let jitter = config.sync.jitter.as_millis().clamp(0, i128::from(i64::MAX));
    let scheduled = scheduled.checked_add(SignedDuration::from_millis(random_below(jitter))).ok()?;
    // A draft with `send_at` does not wait for the next scheduled sync.
    let due = due.map(|t| t.to_zoned(now.time_zone().clone()));
    Some(due.filter(|d| *d > now).map_or(scheduled.clone(), |d| d.min(scheduled)))
}

fn random_below(limit: i128) -> i64 {
    if limit <= 0 {
        return 0;
    }
    // A ULID's random part is randomness enough to spread clients over some seconds.
    let random = ulid::Ulid::new().random();
    i64::try_from(random % limit.unsigned_abs()).unwrap_or(0)
}

/// Sleeps in short steps, by whichever clock is there first: one may be set back, the other stands still while the
/// machine sleeps.
async fn wait_until(until: &Zoned, stop: &Stop) {
    let span = Duration::try_from(now().duration_until(until)).unwrap_or_default();
    let steady = Instant::now() + span;
    while now() < *until && Instant::now() < steady && !stop.is_asked() {
        let left = steady.duration_since(Instant::now());
        tokio::select! {
            () = tokio::time::sleep(left.min(Duration::from_secs(30))) => {}
            () = stop.asked() => {}
        }
    }
}
