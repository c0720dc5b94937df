//! How each account fares: which is left alone for a while, and what its owner hears of it. Two lines for a server
//! that is away for a night: that it is down, and that it is back.

use super::backoff::pause;
use super::wakes::Line;
use crate::imap::ImapError;
use crate::login;
use anyhow::Error;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// Refused logins come at most this often after each other.
const AUTH: Duration = Duration::from_secs(60);

/// All accounts, by name.
#[derive(Debug, Default)]
pub(super) struct Healths(BTreeMap<String, Health>);

#[derive(Debug, Default)]
struct Health {
    /// Failures in a row, of passes and of lines.
    failures: u32,
    /// A pass failed: not again before this.
    until: Option<Instant>,
    line: State,
    told: bool,
    /// So often in a row a pass was turned away while the line stood.
    turned_away: u32,
}

#[derive(Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Unknown,
    Up,
    Down,
}

/// What there is to say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing, or nothing new.
    Silence,
    /// This failure is the first: it is told as it is.
    First,
    /// It goes on failing.
    Down(String),
    /// It is well again.
    Back,
}

impl Healths {
    fn of(&mut self, account: &str) -> &mut Health {
        self.0.entry(account.to_owned()).or_default()
    }

    /// The accounts that no pass should touch now.
    pub(super) fn resting(&self) -> BTreeSet<String> {
        self.0.iter().filter(|(_, h)| h.rests()).map(|(name, _)| name.clone()).collect()
    }

    /// When the first of these accounts that rest after a failed pass may be tried again.
    pub(super) fn next(&self, accounts: &BTreeSet<String>) -> Option<Instant> {
        let of = |name: &String| self.0.get(name).filter(|h| h.line != State::Down).and_then(|h| h.until);
        accounts.iter().filter_map(of).min()
    }

    /// Counts a pass that a server turned away while it keeps a line open; how often that was in a row.
    pub(super) fn turned_away(&mut self, account: &str, error: &Error) -> Option<u32> {
        let health = self.of(account);
        if health.line != State::Up || !is_turned_away(error) {
            return None;
        }
        health.turned_away += 1;
        Some(health.turned_away)
    }

    /// How many accounts are known to be down.
    pub(super) fn down(&self) -> usize {
        self.0.values().filter(|h| h.told).count()
    }

    /// A pass has pulled from the account, or failed to.
    pub(super) fn pulled(&mut self, account: &str, error: Option<&Error>) -> Word {
        let health = self.of(account);
        let Some(error) = error else {
            let told = health.told;
            *health = Health { line: std::mem::take(&mut health.line), ..Health::default() };
            return if told { Word::Back } else { Word::Silence };
        };
        let rest = pause(health.failures + 1);
        health.until = Some(Instant::now() + if login::needs_owner(error) { rest.max(AUTH) } else { rest });
        health.failed(&format!("{error:#}"))
    }

    /// A line reports.
    pub(super) fn line(&mut self, account: &str, line: &Line) -> Word {
        let health = self.of(account);
        match line {
            Line::Up => {
                if health.line == State::Down {
                    health.until = None;
                }
                health.line = State::Up;
                Word::Silence
            }
            Line::Down(trouble) => {
                health.line = State::Down;
                match health.failed(&trouble.text) {
                    // A server that restarts is no news yet.
                    Word::First => Word::Silence,
                    word => word,
                }
            }
        }
    }
}

impl Health {
    fn rests(&self) -> bool {
        self.line == State::Down || self.until.is_some_and(|until| Instant::now() < until)
    }

    fn failed(&mut self, why: &str) -> Word {
        self.failures = self.failures.saturating_add(1);
        match (self.failures, self.told) {
            (1, _) => Word::First,
            (_, true) => Word::Silence,
            (_, false) => {
                self.told = true;
                Word::Down(why.to_owned())
            }
        }
    }
}

/// True when a server that can be had turned a connection away: it may have too many of us.
fn is_turned_away(error: &Error) -> bool {
    error.chain().any(|e| matches!(e.downcast_ref(), Some(ImapError::Login { .. } | ImapError::Bye(_))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::daemon::line::Trouble;

    #[test]
    fn a_night_without_the_server_is_two_lines() {
        let mut healths = Healths::default();
        let error = anyhow::anyhow!("gone");
        let down = || Line::Down(Trouble { text: "gone".to_owned(), is_auth: false });
        assert_eq!(healths.pulled("a", None), Word::Silence);
        assert_eq!(healths.pulled("a", Some(&error)), Word::First);
        assert!(healths.resting().contains("a"));
        assert_eq!(healths.line("a", &down()), Word::Down("gone".to_owned()));
        for _ in 0..100 {
            assert_eq!(healths.line("a", &down()), Word::Silence);
            assert_eq!(healths.pulled("a", Some(&error)), Word::Silence);
        }
        assert_eq!(healths.line("a", &Line::Up), Word::Silence);
        assert!(healths.resting().is_empty());
        assert_eq!(healths.pulled("a", None), Word::Back);
        assert_eq!((healths.pulled("a", None), healths.down()), (Word::Silence, 0));
        // A line that is lost and had again in between is nobody's concern.
        assert_eq!(healths.line("b", &down()), Word::Silence);
        assert_eq!(healths.line("b", &Line::Up), Word::Silence);
        assert_eq!(healths.pulled("b", None), Word::Silence);
    }
}
