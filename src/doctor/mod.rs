//! `postnote doctor`: looks at everything that a sync will need, changes nothing, and says of each fault what mends it.
//!
//! Wiring. Checks that do not need each other run at the same time, each within its own patience: the slowest server, not
//! the sum of them, is what one waits for.
//!
//! - `account`: secret, name, certificate, login, what the servers can do, the mailboxes
//! - `vault`: the folder, who may write there, what lies in the outbox
//! - `state`: the database
//! - `model`: the language model
//! - `machine`: clock, service, the config file itself

mod account;
mod machine;
mod model;
mod state;
mod vault;

use crate::config::Config;
use serde::Serialize;
use std::path::Path;
use std::time::Duration;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// As it should be.
    Ok,
    /// Good to know.
    Note,
    /// It works, and may not for long, or not as its owner thinks.
    Warning,
    /// It does not work.
    Fault,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `config`, `secret`, `dns`, `connection`, `tls`, `login`, `imap`, `smtp`, `mailboxes`, `vault`,
    /// `outbox`, `state`, `model`, `clock`, `service`.
    pub check: &'static str,
    /// The account, where it is about one.
    pub account: Option<String>,
    /// How bad it is.
    pub level: Level,
    /// What was found.
    pub text: String,
    /// What mends it.
    pub fix: Option<String>,
}

impl Finding {
    fn new(check: &'static str, level: Level, text: impl Into<String>) -> Finding {
        Finding { check, account: None, level, text: text.into(), fix: None }
    }

    /// All is well.
    pub(crate) fn ok(check: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(check, Level::Ok, text)
    }

    pub(crate) fn note(check: &'static str, text: impl Into<String>) -> Finding {
        Finding::new(check, Level::Note, text)
    }

    pub(crate) fn warning(check: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { fix: Some(fix.into()), ..Finding::new(check, Level::Warning, text) }
    }

    /// It does not work, and `fix` mends it.
    pub fn fault(check: &'static str, text: impl Into<String>, fix: impl Into<String>) -> Finding {
        Finding { fix: Some(fix.into()), ..Finding::new(check, Level::Fault, text) }
    }

    fn of(self, account: &str) -> Finding {
        Finding { account: Some(account.to_owned()), ..self }
    }
}

/// How long checks of files may take: a network drive that is gone answers never.
const PATIENCE_FILES: Duration = Duration::from_secs(20);

/// Looks at everything. `only`: one account. `offline`: nothing that opens a connection.
pub async fn examine(config: &Config, path: &Path, state: &Path, only: Option<&str>, offline: bool) -> Vec<Finding> {
    let accounts = config.accounts.iter().filter(|a| only.is_none_or(|name| name == a.name));
    let accounts: Vec<_> = accounts.map(|a| tokio::spawn(account::examine(a.clone(), offline))).collect();
    let model = config.model.clone().map(|m| tokio::spawn(async move { model::examine(&m, offline).await }));
    let files = {
        let (config, path, state) = (config.clone(), path.to_owned(), state.to_owned());
        // A thread of its own: the runtime's end would wait for one of its blocking threads.
        on_thread(move || {
            let mut found = machine::config_file(&path);
            found.extend(vault::examine(&config));
            found.extend(state::examine(&config, &state));
            found.extend(machine::clock(&config, &state));
            found.extend(machine::service(&path, &state));
            found
        })
    };
    let (files, mut found) = tokio::join!(files, async {
        let mut found = Vec::new();
        for account in accounts {
            found.extend(account.await.unwrap_or_default());
        }
        found
    });
    if let Some(model) = model {
        found.extend(model.await.unwrap_or_default());
    }
    let files = files.unwrap_or_else(|| {
        let text = format!("looking at the files took longer than {} s", PATIENCE_FILES.as_secs());
        vec![Finding::fault("vault", text, "see whether the vault is on a drive that is away")]
    });
    let mut all = files;
    all.extend(found);
    all
}

async fn on_thread<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (answer, answered) = tokio::sync::oneshot::channel();
    std::thread::Builder::new().name("doctor".to_owned()).spawn(move || answer.send(work()).ok()).ok()?;
    tokio::time::timeout(PATIENCE_FILES, answered).await.ok()?.ok()
}
