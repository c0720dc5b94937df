//! What calls for a pass, gathered until somebody has time for it: ten new mails are one pass.

use super::line::Trouble;
use std::collections::BTreeSet;
use std::mem;
use std::sync::{Mutex, PoisonError};
use tokio::sync::Notify;

/// Rung by whoever watches, emptied by the daemon.
#[derive(Debug, Default)]
pub(super) struct Wakes {
    pending: Mutex<Pending>,
    bell: Notify,
}

/// What has been heard since it was looked at last.
#[derive(Debug, Default)]
pub(super) struct Pending {
    /// A note of the outbox folder has settled.
    pub(super) vault: bool,
    /// Accounts that may have new mail.
    pub(super) mail: BTreeSet<String>,
    /// How lines to the servers fared, in order.
    pub(super) lines: Vec<(String, Line)>,
}

/// How the line to an account's server fares.
#[derive(Debug)]
pub(super) enum Line {
    /// Connected and logged in.
    Up,
    /// It could not be had.
    Down(Trouble),
}

impl Wakes {
    fn change(&self, change: impl FnOnce(&mut Pending)) {
        change(&mut self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        self.bell.notify_one();
    }

    /// A note has settled.
    pub(super) fn vault(&self) {
        self.change(|p| p.vault = true);
    }

    /// An account may have new mail.
    pub(super) fn mail(&self, account: &str) {
        self.change(|p| {
            if !p.mail.contains(account) {
                p.mail.insert(account.to_owned());
            }
        });
    }

    /// An account's line is had, or cannot be had.
    pub(super) fn line(&self, account: &str, line: Line) {
        self.change(|p| {
            // Only the last counts, and a pass can take long.
            p.lines.retain(|(of, _)| of != account);
            p.lines.push((account.to_owned(), line));
        });
    }

    /// Everything since the last time.
    pub(super) fn take(&self) -> Pending {
        mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until there is something; it may be nothing any more.
    pub(super) async fn rung(&self) {
        self.bell.notified().await;
    }
}
