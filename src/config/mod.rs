//! The config: text → `RawConfig` → [`Config`], validated, with every path resolved.
//!
//! What leaves is ready to use: later code never asks again whether a port, a schedule or an address is sound.
//! Nothing here reads a file, the environment or a clock; the caller brings text and home folder.

mod keys;
mod raw;
pub mod rule;
mod schedule;
mod secret_source;
mod server;

pub use rule::{Action, Rule};
pub use schedule::Schedule;
pub use secret_source::SecretSource;
pub use server::{Endpoint, Security};

use crate::mail::Address;
use crate::note::owner::Owner;
use jiff::{SignedDuration, Span};
use raw::{RawAccount, RawAuth, RawConfig, RawServer};
use serde::Deserialize;
use std::path::{Component, Path, PathBuf};

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
    /// Keep each message's `.eml` beside its attachments.
    pub keep_original: bool,
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
    /// The mailbox for sent mail, where the server does not say (RFC 6154).
    pub sent_mailbox: Option<String>,
    /// The SMTP server.
    pub smtp: Endpoint,
    /// The login name there.
    pub smtp_username: String,
    /// Where the password comes from.
    pub secret: SecretSource,
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
        validate(raw, &|path: &Path| resolve(path, home, base))
    }

    /// The account of that name.
    pub fn account(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|a| a.name == name)
    }

    /// Every own address of every account.
    pub fn is_own(&self, address: &Address) -> bool {
        self.accounts.iter().any(|a| a.owner().is_me(address))
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

fn validate(raw: RawConfig, resolve: &dyn Fn(&Path) -> PathBuf) -> Result<Config, ConfigError> {
    if raw.assistant.provider != "offline" {
        return bad(format!(
            "assistant.provider: {:?} is not available in this version; use \"offline\"",
            raw.assistant.provider
        ));
    }
    let paths = Paths {
        sources: folder("paths.sources", &raw.paths.sources)?,
        outbox: folder("paths.outbox", &raw.paths.outbox)?,
        people: folder("paths.people", &raw.paths.people)?,
        customers: folder("paths.customers", &raw.paths.customers)?,
        projects: folder("paths.projects", &raw.paths.projects)?,
    };
    if paths.sources.starts_with("{{") {
        return bad("paths.sources: begin with a fixed folder, such as \"Sources/Email/{{ year }}\"");
    }
    if paths.outbox.contains("{{") {
        return bad("paths.outbox: a folder without {{ … }}, please: drafts stay in one place");
    }
    for (key, other) in [
        ("sources", &paths.sources),
        ("people", &paths.people),
        ("customers", &paths.customers),
        ("projects", &paths.projects),
    ] {
        // What a mail brings must never lie where drafts are looked for.
        if Path::new(other).starts_with(&paths.outbox) {
            return bad(format!("paths.{key}: must not lie inside paths.outbox ({:?})", paths.outbox));
        }
    }
    if raw.accounts.is_empty() {
        return bad("no [[accounts]]: add one (config.example.toml shows how)");
    }
    let mut accounts: Vec<Account> = Vec::new();
    for account in raw.accounts {
        let account = validate_account(account, resolve)?;
        if accounts.iter().any(|a| a.name == account.name) {
            return bad(format!("accounts: two are named {:?}; give each its own name", account.name));
        }
        accounts.push(account);
    }
    let at = |key: &'static str| move |e: String| ConfigError(format!("{key}: {e}"));
    Ok(Config {
        vault: resolve(&raw.vault),
        state: raw.state.as_deref().map(resolve),
        sync: Sync {
            schedule: Schedule::parse(&raw.sync.schedule).map_err(at("sync.schedule"))?,
            jitter: schedule::duration(&raw.sync.jitter).map_err(at("sync.jitter"))?,
            since: schedule::since(&raw.sync.since).map_err(at("sync.since"))?,
            sent_notes: raw.sync.sent_notes,
        },
        paths,
        send: Send {
            enabled: raw.send.enabled,
            delay: schedule::duration(&raw.send.delay).map_err(at("send.delay"))?,
            save_sent: raw.send.save_sent,
        },
        drafts: Drafts { reply: raw.drafts.reply, format: raw.drafts.format },
        keep_original: raw.notes.keep_original,
        accounts,
        rules: raw.rules,
    })
}

fn validate_account(raw: RawAccount, resolve: &dyn Fn(&Path) -> PathBuf) -> Result<Account, ConfigError> {
    let name = raw.name.trim().to_owned();
    let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
    if name.is_empty() || !name.chars().all(plain) {
        return bad(format!("accounts.name: {:?} should be letters, digits, - _ . or @", raw.name));
    }
    let email = |key: &str, text: &str| {
        Address::parse(text)
            .ok()
            .filter(|a| a.name.is_none())
            .map(|a| a.email)
            .ok_or_else(|| ConfigError(format!("account {name:?}: {key}: {text:?} is no mail address")))
    };
    let main = email("email", &raw.email)?;
    let aliases = raw.aliases.iter().map(|a| email("aliases", a)).collect::<Result<Vec<_>, _>>()?;
    if raw.display_name.chars().any(char::is_control) {
        return bad(format!("account {name:?}: display_name: one line, without control characters"));
    }
    let login = |server: &RawServer| server.username.clone().unwrap_or_else(|| main.clone());
    let mailboxes = raw.imap.mailboxes.clone().unwrap_or_else(|| vec!["INBOX".to_owned()]);
    if mailboxes.is_empty() || mailboxes.iter().any(|m| m.is_empty() || m.chars().any(char::is_control)) {
        return bad(format!("account {name:?}: imap.mailboxes: name at least one, such as [\"INBOX\"]"));
    }
    if raw.smtp.mailboxes.is_some() || raw.smtp.sent.is_some() {
        return bad(format!("account {name:?}: mailboxes and sent belong under accounts.imap"));
    }
    let auth: RawAuth = raw.auth.clone().try_into().map_err(|_| {
        ConfigError(format!("account {name:?}: auth should be a table, [accounts.auth], with password = {{ keyring = true }} or the like; a secret does not stand in the config itself"))
    })?;
    let secret = match (&auth.password, &auth.oauth2) {
        (Some(source), None) => {
            let source: SecretSource = source.clone().try_into().map_err(|e: toml::de::Error| {
                ConfigError(format!("account {name:?}: auth.password: {}", e.message()))
            })?;
            match source {
                SecretSource::File(path) => SecretSource::File(resolve(&path)),
                other => other,
            }
        }
        (_, Some(_)) => {
            return bad(format!("account {name:?}: auth.oauth2 is not available in this version; use an app password"));
        }
        (None, None) => {
            return bad(format!(
                "account {name:?}: auth.password is missing: {{ keyring = true }}, {{ env = … }}, {{ command = … }} or {{ file = … }}"
            ));
        }
    };
    Ok(Account {
        identity: Address::named(&raw.display_name, main.clone()),
        aliases,
        signature: raw.signature.clone().filter(|s| !s.trim().is_empty()),
        imap_username: login(&raw.imap),
        smtp_username: login(&raw.smtp),
        mailboxes,
        sent_mailbox: raw.imap.sent.clone(),
        imap: endpoint(&raw.imap, [993, 143], resolve),
        smtp: endpoint(&raw.smtp, [465, 587], resolve),
        secret,
        name,
    })
}

/// `ports`: with TLS from the start, and otherwise.
fn endpoint(raw: &RawServer, ports: [u16; 2], resolve: &dyn Fn(&Path) -> PathBuf) -> Endpoint {
    let [tls, plain] = ports;
    Endpoint {
        host: raw.host.clone(),
        port: raw.port.unwrap_or(if raw.security == Security::Tls { tls } else { plain }),
        security: raw.security,
        ca_file: raw.ca_file.as_deref().map(resolve),
    }
}

/// A folder inside the vault: relative, without `..`, and not hidden (Obsidian shows no hidden folder).
fn folder(key: &str, text: &str) -> Result<String, ConfigError> {
    let path = Path::new(text.trim().trim_end_matches('/'));
    let sound =
        path.components().all(|c| matches!(c, Component::Normal(name) if !name.to_string_lossy().starts_with('.')));
    if path.as_os_str().is_empty() || !sound || text.contains('\\') || text.chars().any(char::is_control) {
        return bad(format!("{key}: {text:?} should be a folder inside the vault, such as \"Outbox\""));
    }
    Ok(path.to_string_lossy().into_owned())
}

fn resolve(path: &Path, home: &Path, base: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => home.join(rest),
        Err(_) => base.join(path),
    }
}

#[cfg(test)]
mod tests;
