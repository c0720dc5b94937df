//! The config: text → `RawConfig` → [`Config`], validated, with every path resolved.
//!
//! What leaves is ready to use: later code never asks again whether a port, a schedule or an address is sound.
//! Nothing here reads a file, the environment or a clock; the caller brings text and home folder.

mod assistant;
mod attachments;
mod keys;
mod notify;
mod oauth2;
mod raw;
pub mod rule;
mod schedule;
mod schema;
mod secret_source;
mod server;
mod shape;
mod validate;

pub use assistant::{Dialect, FollowUp, Model};
pub use attachments::Attachments;
pub use notify::Notify;
pub use oauth2::{Auth, OAuth2, Provider};
pub use rule::{Action, Rule};
pub use schedule::Schedule;
pub use schema::schema;
pub use secret_source::SecretSource;
pub use server::{Endpoint, Security};
pub use shape::{Shape, Shapes};

use crate::mail::Address;
use crate::note::owner::Owner;
use jiff::{SignedDuration, Span};
use raw::RawConfig;
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Everything that the owner decided.
#[derive(Debug, Clone)]
pub struct Config {
    /// The vault's folder, absolute.
    pub vault: PathBuf,
    /// Where the state database lives; `None`: the platform's place for it.
    pub state: Option<PathBuf>,
    /// When and how far back to sync.
    pub sync: Sync,
    /// Folders inside the vault.
    pub paths: Paths,
    /// How sending works.
    pub send: Send,
    /// How drafts are made.
    pub drafts: Drafts,
    /// How the owner is told beyond the vault.
    pub notify: Notify,
    /// Keep each message's `.eml` beside its attachments.
    pub keep_original: bool,
    /// The language model that reads besides the built-in rules, where there is one.
    pub model: Option<Model>,
    /// When a question of the owner's is asked again.
    pub follow_up: FollowUp,
    /// How the owner writes is learned from sent mail.
    pub manner: bool,
    /// Which attachments are saved.
    pub attachments: Attachments,
    /// How notes look.
    pub shapes: Shapes,
    /// The folders whose notes drafts may draw on.
    pub context: Vec<String>,
    /// The mail accounts, at least one.
    pub accounts: Vec<Account>,
    /// The owner's rules, first match wins.
    pub rules: Vec<Rule>,
}

/// `[sync]`
#[derive(Debug, Clone)]
pub struct Sync {
    /// For `postnote run`.
    pub schedule: Schedule,
    /// A random delay of at most this is added to each scheduled sync.
    pub jitter: SignedDuration,
    /// How far back the first sync of a mailbox reaches; `None`: everything.
    pub since: Option<Span>,
    /// Write source notes for the owner's own mail too.
    pub sent_notes: bool,
}

/// `[paths]`: folder templates relative to the vault.
#[derive(Debug, Clone)]
pub struct Paths {
    /// Source notes; may use `{{ year }}`, `{{ month }}`, `{{ day }}`, `{{ account }}`.
    pub sources: String,
    /// Drafts; no template.
    pub outbox: String,
    /// Notes on people.
    pub people: String,
    /// Notes on customers.
    pub customers: String,
    /// Notes on projects.
    pub projects: String,
}

/// `[send]`
#[derive(Debug, Clone)]
pub struct Send {
    /// `false`: approved drafts wait.
    pub enabled: bool,
    /// Time to change one's mind after approving.
    pub delay: SignedDuration,
    /// Who files the Sent copy.
    pub save_sent: SaveSent,
}

/// `[drafts]`
#[derive(Debug, Clone, Copy)]
pub struct Drafts {
    /// To whom a reply goes.
    pub reply: ReplyTo,
    /// Whether an HTML alternative is made.
    pub format: Format,
    /// Whether a draft quotes what it answers.
    pub quote: Quote,
    /// Whether drafts that wait are copied into the mailbox for drafts.
    pub mirror: bool,
}

/// Who puts the copy into the Sent mailbox.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SaveSent {
    /// postnote, unless the server is known to file sent mail itself.
    #[default]
    Auto,
    /// postnote.
    Always,
    /// The server, or nobody.
    Never,
}

/// Whether what the server sends is compressed on the way (RFC 4978).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compress {
    /// While an account is read for the first time, unless the server is on this machine.
    #[default]
    Auto,
    /// Wherever it is offered.
    Always,
    /// Not at all.
    Never,
}

/// The recipients of a reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ReplyTo {
    /// The sender (Reply-To before From).
    #[default]
    Sender,
    /// The sender, and the other recipients in Cc.
    All,
}

/// What a draft quotes of the mail that it answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quote {
    /// Nothing: its reader has it.
    #[default]
    None,
    /// Its new text, below the reply, under a line that says who wrote it and when.
    Below,
}

/// The bodies of a reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// text/plain and text/html from the same Markdown.
    #[default]
    Both,
    /// text/plain alone.
    Plain,
}

/// One mail account.
#[derive(Debug, Clone)]
pub struct Account {
    /// The name it goes by.
    pub name: String,
    /// The main identity, with the display name.
    pub identity: Address,
    /// Further own addresses.
    pub aliases: Vec<String>,
    /// Put below each reply after `-- `.
    pub signature: Option<String>,
    /// The IMAP server.
    pub imap: Endpoint,
    /// The login name there.
    pub imap_username: String,
    /// Mailboxes to read.
    pub mailboxes: Vec<String>,
    /// Whether what comes from there is compressed.
    pub compress: Compress,
    /// The mailbox for sent mail, where the server does not say (RFC 6154).
    pub sent_mailbox: Option<String>,
    /// The SMTP server.
    pub smtp: Endpoint,
    /// The login name there.
    pub smtp_username: String,
    /// What it logs in with.
    pub secret: Auth,
}

/// A config that cannot be used. Its text names the key and says what would do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(String);

fn bad<T>(message: impl Into<String>) -> Result<T, ConfigError> {
    Err(ConfigError(message.into()))
}

/// The line and what is wrong with it. The line itself, which toml would show, may hold a password.
fn at_line(text: &str, error: &toml::de::Error) -> ConfigError {
    let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
    ConfigError(format!("line {}: {}", before.matches('\n').count() + 1, error.message().trim_end()))
}

impl Config {
    /// Reads a config.
    ///
    /// `home` replaces a leading `~`; `base`, the config file's folder, is where relative paths start.
    pub fn parse(text: &str, home: &Path, base: &Path) -> Result<Config, ConfigError> {
        let table: toml::Table = text.parse().map_err(|e| at_line(text, &e))?;
        if let Some(message) = keys::unknown(&table) {
            return bad(message);
        }
        let raw: RawConfig = toml::from_str(text).map_err(|e| at_line(text, &e))?;
        validate::config(raw, &|path: &Path| validate::resolve(path, home, base))
    }

    /// The account of that name.
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.name == name)
    }
}

impl Account {
    /// The person behind the account.
    pub fn owner(&self) -> Owner {
        Owner {
            name: self.identity.name.clone().unwrap_or_default(),
            addresses: std::iter::once(self.identity.email.clone()).chain(self.aliases.iter().cloned()).collect(),
        }
    }
}

#[cfg(test)]
mod tests;
