//! `RawConfig` → [`Config`]: everything that can be wrong with a config is found here, and said by its key.

use super::Attachments;
use super::attachments;
use super::raw::{RawAccount, RawAuth, RawConfig, RawServer};
use super::{
    Account, Auth, Config, ConfigError, Drafts, Endpoint, Paths, Schedule, SecretSource, Security, Send, Shapes, Sync,
    assistant, bad, notify, oauth2, schedule,
};
use crate::mail::Address;
use std::path::{Component, Path, PathBuf};

pub(super) fn config(raw: RawConfig, resolve: &dyn Fn(&Path) -> PathBuf) -> Result<Config, ConfigError> {
    let paths = Paths {
        sources: folder("paths.sources", &raw.paths.sources)?,
        outbox: folder("paths.outbox", &raw.paths.outbox)?,
        people: folder("paths.people", &raw.paths.people)?,
        customers: folder("paths.customers", &raw.paths.customers)?,
        projects: folder("paths.projects", &raw.paths.projects)?,
    };
    let context = match &raw.notes.context {
        Some(folders) => folders.iter().map(|f| folder("notes.context", f)).collect::<Result<_, _>>()?,
        None => vec![paths.people.clone(), paths.customers.clone(), paths.projects.clone()],
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
    let names: Vec<&str> = accounts.iter().map(|a| a.name.as_str()).collect();
    let follow_up = assistant::follow_up(&raw.assistant)?;
    let manner = raw.assistant.manner;
    let model = assistant::validate(raw.assistant, &names, resolve)?;
    let shapes = Shapes {
        source: raw.notes.source_template,
        summary: raw.notes.summary_template,
        draft: raw.notes.draft_template,
        person: raw.notes.person_template,
        customer: raw.notes.customer_template,
        project: raw.notes.project_template,
        awaiting: raw.notes.awaiting_template,
    };
    let mail =
        paths.sources.split("{{").next().and_then(|fixed| fixed.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let mail = if paths.sources.contains("{{") { mail } else { &paths.sources };
    let forbidden = [("paths.outbox", paths.outbox.as_str()), ("paths.sources", mail)];
    shapes
        .validate(&raw.rules, &forbidden.map(|(key, folder)| (key, if folder.is_empty() { "\0" } else { folder })))?;
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
        drafts: Drafts {
            reply: raw.drafts.reply,
            format: raw.drafts.format,
            quote: raw.drafts.quote,
            mirror: raw.drafts.mirror,
        },
        notify: notify::validate(raw.notify)?,
        keep_original: raw.notes.keep_original,
        context,
        model,
        follow_up,
        manner,
        shapes,
        attachments: Attachments {
            limit: attachments::limit(&raw.notes.attachment_limit).map_err(at("notes.attachment_limit"))?,
            skip: raw.notes.attachment_skip,
        },
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
    if raw.smtp.mailboxes.is_some() || raw.smtp.sent.is_some() || raw.smtp.compress.is_some() {
        return bad(format!("account {name:?}: mailboxes, sent and compress belong under accounts.imap"));
    }
    let auth: RawAuth = raw.auth.clone().try_into().map_err(|_| {
        ConfigError(format!("account {name:?}: auth should be a table, [accounts.auth], with password = {{ keyring = true }} or the like; a secret does not stand in the config itself"))
    })?;
    let secret = match (&auth.password, &auth.oauth2) {
        (Some(source), None) => {
            let source: SecretSource = source.clone().try_into().map_err(|e: toml::de::Error| {
                ConfigError(format!("account {name:?}: auth.password: {}", e.message()))
            })?;
            Auth::Password(match source {
                SecretSource::File(path) => SecretSource::File(resolve(&path)),
                other => other,
            })
        }
        (None, Some(value)) => {
            let judged = oauth2::validate(value, resolve);
            let judged = judged.map_err(|e| ConfigError(format!("account {name:?}: auth.oauth2: {e}")))?;
            Auth::OAuth2(Box::new(judged))
        }
        (Some(_), Some(_)) => {
            return bad(format!("account {name:?}: auth: password or oauth2, please, and not both"));
        }
        (None, None) => {
            return bad(format!(
                "account {name:?}: auth.password is missing: {{ keyring = true }}, {{ env = … }}, {{ command = … }} or {{ file = … }}; or auth.oauth2"
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
        compress: raw.imap.compress.unwrap_or_default(),
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

pub(super) fn resolve(path: &Path, home: &Path, base: &Path) -> PathBuf {
    match path.strip_prefix("~") {
        Ok(rest) => home.join(rest),
        Err(_) => base.join(path),
    }
}
