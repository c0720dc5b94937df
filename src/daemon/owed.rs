//! What is to be done, and when its time comes.

use super::moment::Moment;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::Instant;

/// What a pass is to look at; drafts in any case.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    /// Every account's mail.
    pub(super) all: bool,
    /// These accounts' mail.
    pub(super) mail: BTreeSet<String>,
}

/// What waits for its time.
#[derive(Debug, Default)]
pub(super) struct Owed {
    /// Accounts with mail to pull, some of which may rest.
    pub(super) mail: BTreeSet<String>,
    /// A whole pass that could not be made.
    pub(super) all: bool,
    /// Not before this: the last pass could not be made.
    pub(super) not_before: Option<Instant>,
    /// How often in a row.
    pub(super) failures: u32,
    /// The next sync on schedule.
    pub(super) scheduled: Option<Moment>,
    /// The next queued draft is due.
    pub(super) due: Option<Moment>,
    /// A draft that was too fresh to be read will have settled.
    pub(super) settled: Option<Instant>,
    /// A note has settled.
    pub(super) vault: bool,
}

impl Owed {
    /// What is to be done now, if anything is.
    pub(super) fn ready(&mut self, resting: &BTreeSet<String>) -> Option<Plan> {
        if self.not_before.is_some_and(|t| Instant::now() < t) {
            return None;
        }
        let mail: BTreeSet<String> = self.mail.difference(resting).cloned().collect();
        let all = self.all || self.scheduled.as_ref().is_some_and(Moment::is_here);
        let drafts = self.vault
            || self.due.as_ref().is_some_and(Moment::is_here)
            || self.settled.is_some_and(|t| Instant::now() >= t);
        if !all && mail.is_empty() && !drafts {
            return None;
        }
        self.mail.retain(|account| resting.contains(account));
        (self.all, self.vault, self.due, self.settled) = (false, false, None, None);
        Some(Plan { all, mail })
    }

    /// When to look again at the latest. In short steps: the time of day may be set, and the machine may sleep.
    /// `rests`: when an account has rested enough.
    pub(super) fn until(&self, rests: Option<Instant>) -> Instant {
        let step = Instant::now() + Duration::from_secs(30);
        if let Some(not_before) = self.not_before.filter(|t| Instant::now() < *t) {
            return not_before.min(step);
        }
        let moments = [&self.scheduled, &self.due].into_iter().flatten().map(Moment::instant);
        moments.chain(self.settled).chain(rests).fold(step, Instant::min)
    }
}
