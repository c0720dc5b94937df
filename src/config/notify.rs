//! `[notify]`: how `postnote run` tells its owner, beyond the vault, that there is something to see.

use super::{ConfigError, bad};
use serde::Deserialize;

/// What is told, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notify {
    /// By the desktop's own notifications.
    pub desktop: bool,
    /// By a command.
    pub command: Option<String>,
    /// New drafts.
    pub drafts: bool,
    /// Drafts that were not sent, and accounts that cannot be had.
    pub failures: bool,
    /// Say whom and what about; else only how many.
    pub subjects: bool,
}

impl Notify {
    /// Whether anything is told at all.
    pub fn is_on(&self) -> bool {
        self.desktop || self.command.is_some()
    }
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct RawNotify {
    desktop: bool,
    command: Option<String>,
    drafts: bool,
    failures: bool,
    subjects: bool,
}

impl Default for RawNotify {
    fn default() -> Self {
        RawNotify { desktop: false, command: None, drafts: true, failures: true, subjects: true }
    }
}

pub(super) fn validate(raw: RawNotify) -> Result<Notify, ConfigError> {
    let RawNotify { desktop, command, drafts, failures, subjects } = raw;
    if command.as_ref().is_some_and(|command| command.trim().is_empty()) {
        return bad("notify.command is empty: name a command, or leave the key out");
    }
    Ok(Notify { desktop, command, drafts, failures, subjects })
}
