//! What is logged in with, tried at both servers, and where it will be kept.

use super::args::Keep;
use super::{Desk, servers, sign_in};
use crate::cli::{Failure, ask};
use crate::config::{Provider as OAuthProvider, SecretSource};
use crate::imap::{ImapError, MailboxInfo};
use crate::secret::{self, Credentials, ExposeSecret, SecretError};
use crate::setup::discover::Found;
use crate::setup::provider::{Provider, Way};
use crate::setup::written::NewAuth;
use crate::setup::{Servers, check};
use crate::smtp::SmtpError;
use anyhow::{Context, anyhow};
use secrecy::SecretString;
use std::io::BufRead;
use std::path::PathBuf;

/// What works, or is to be taken as it is.
pub(super) struct Proven {
    pub(super) servers: Servers,
    pub(super) auth: NewAuth,
    /// A secret that has yet to be put into its place.
    pub(super) secret: Option<SecretString>,
}

/// Logs in, with what the person gives; asks again until it works.
pub(super) async fn prove(desk: &Desk<'_>, email: &str, name: &str, found: Found) -> Result<Proven, Failure> {
    let args = &desk.args.access;
    let is_given = args.password_stdin
        || args.password_command.is_some()
        || args.password_file.is_some()
        || args.password_env.is_some();
    let only = found.provider.and_then(|p| if let Way::SignIn(at) = p.way { Some(at) } else { None });
    let at_provider = args.oauth.map(OAuthProvider::from).or(only.filter(|_| !is_given));
    if !is_given {
        explain(desk, found.provider, at_provider.is_some());
    }
    match at_provider {
        Some(at) => sign_in::prove(desk, email, name, found, at).await,
        None => by_password(desk, email, name, found).await,
    }
}

fn explain(desk: &Desk<'_>, provider: Option<&Provider>, is_sign_in: bool) {
    let Some(provider) = provider.filter(|p| desk.asks && (!p.steps.is_empty() || is_sign_in)) else { return };
    ask::say("");
    match provider.way {
        Way::AppPassword | Way::AppPasswordOr(_) if !is_sign_in => {
            ask::say(&format!("{} wants an app password: one that is made for postnote alone.", provider.name));
        }
        _ => {}
    }
    for (at, step) in provider.steps.iter().enumerate() {
        ask::say_with("     ", &format!("  {}. {step}", at + 1));
    }
    if !provider.page.is_empty() {
        ask::say(&format!("More: {}", provider.page));
    }
    ask::say("");
}

async fn by_password(desk: &Desk<'_>, email: &str, name: &str, mut found: Found) -> Result<Proven, Failure> {
    let args = &desk.args.access;
    let source = match (&args.password_command, &args.password_file, &args.password_env) {
        (Some(command), _, _) => Some(SecretSource::Command(command.clone())),
        (_, Some(path), _) => Some(SecretSource::File(absolute(path)?)),
        (_, _, Some(name)) => Some(SecretSource::Env(name.clone())),
        _ => None,
    };
    let mut password = match &source {
        Some(source) => secret::text(source, name).await?,
        None if args.password_stdin => first_line()?,
        None if desk.asks => typed(email).await?,
        None => {
            return Err(Failure::Usage(anyhow!(
                "no password: give --password-command, --password-file, --password-env or --password-stdin, or --oauth \
                 to sign in at the provider"
            )));
        }
    };
    loop {
        if args.no_test {
            break;
        }
        password = without_gaps(password, found.provider);
        let tried = try_both(desk, &found.servers, &Credentials::Password(password.clone())).await;
        let Some(trouble) = tried.trouble() else { break };
        let advice = advice(&found, &tried);
        match what_now(desk, &trouble, &advice, "Type the password again", tried.is_refused()).await? {
            Next::Again if source.is_some() => {}
            Next::Again => password = typed(email).await?,
            Next::Name => ask_names(&mut found.servers).await?,
            Next::Servers => found = servers::typed(desk, email, Some(found)).await?,
        }
    }
    let (kept, secret) = match source {
        Some(source) => (source, None),
        None => (place_for(desk, name, "password").await?, Some(password)),
    };
    Ok(Proven { servers: found.servers, auth: NewAuth::Password(kept), secret })
}

async fn typed(email: &str) -> Result<SecretString, Failure> {
    loop {
        let password = ask::unseen(&format!("Password of {email}")).await?;
        match password.expose_secret() {
            "" => ask::say("Nothing was typed. Ctrl-C stops, and leaves nothing behind."),
            text if text.chars().any(char::is_control) => ask::say("That holds a control character; type it again."),
            _ => return Ok(password),
        }
    }
}

/// Google shows its app passwords in groups of four, and means them without the gaps.
fn without_gaps(password: SecretString, provider: Option<&Provider>) -> SecretString {
    let is_google = provider.and_then(Provider::sign_in) == Some(OAuthProvider::Google);
    let text = password.expose_secret();
    let groups = text.split_whitespace().map(|g| g.chars().count());
    let is_in_groups = groups.clone().count() == 4 && groups.clone().all(|length| length == 4);
    if is_google && is_in_groups { SecretString::from(text.split_whitespace().collect::<String>()) } else { password }
}

fn first_line() -> Result<SecretString, Failure> {
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
    match line.trim_end_matches(['\r', '\n']) {
        "" => Err(Failure::Usage(anyhow!("--password-stdin: standard input is empty"))),
        text => Ok(SecretString::from(text)),
    }
}

pub(super) fn absolute(path: &std::path::Path) -> Result<PathBuf, Failure> {
    Ok(std::path::absolute(path).with_context(|| path.display().to_string())?)
}

/// How both logins went.
pub(super) struct Tried {
    imap: Result<Vec<MailboxInfo>, ImapError>,
    smtp: Result<(), SmtpError>,
}

pub(super) async fn try_both(desk: &Desk<'_>, servers: &Servers, credentials: &Credentials) -> Tried {
    let Servers { imap, imap_user, smtp, smtp_user } = servers;
    desk.say("Logging in at both servers …");
    let (imap, smtp) =
        tokio::join!(check::imap(imap, imap_user, credentials), check::smtp(smtp, smtp_user, credentials));
    match &imap {
        Ok(mailboxes) => {
            let many = if mailboxes.len() == 1 { "" } else { "es" };
            desk.say(&format!("  IMAP: works; {} mailbox{many}", mailboxes.len()));
        }
        Err(e) => desk.say(&format!("  IMAP: {e}")),
    }
    match &smtp {
        Ok(()) => desk.say("  SMTP: works"),
        Err(e) => desk.say(&format!("  SMTP: {e}")),
    }
    Tried { imap, smtp }
}

impl Tried {
    pub(super) fn trouble(&self) -> Option<String> {
        let imap = self.imap.as_ref().err().map(|e| format!("IMAP: {e}"));
        let smtp = self.smtp.as_ref().err().map(|e| format!("SMTP: {e}"));
        let both: Vec<_> = imap.into_iter().chain(smtp).collect();
        (!both.is_empty()).then(|| both.join("; "))
    }

    /// A server was there, and did not take the login.
    pub(super) fn is_refused(&self) -> bool {
        self.imap.as_ref().is_err_and(ImapError::is_auth) || self.smtp.as_ref().is_err_and(SmtpError::is_auth)
    }
}

/// What may be the reason.
pub(super) fn advice(found: &Found, tried: &Tried) -> String {
    let half = tried.imap.is_ok() != tried.smtp.is_ok();
    match found.provider {
        _ if !tried.is_refused() => String::new(),
        Some(p) if matches!(p.way, Way::AppPassword | Way::AppPasswordOr(_)) => {
            format!("{} wants an app password, not your usual one ({}).", p.name, p.page)
        }
        Some(p) if p.way == Way::Bridge => "The password is the one that Bridge shows, not Proton's.".to_owned(),
        Some(p) if matches!(p.way, Way::SignIn(_)) => {
            format!("{} takes no passwords from mail programs; sign in instead (--oauth microsoft).", p.name)
        }
        Some(p) if !p.steps.is_empty() => p.steps.join(" "),
        _ if half => "One of the two works: the other may want another login name.".to_owned(),
        _ => "Many providers want an app password, or another login name than the address (--username).".to_owned(),
    }
}

pub(super) enum Next {
    Again,
    Name,
    Servers,
}

/// Without anybody to ask, the end.
pub(super) async fn what_now(
    desk: &Desk<'_>,
    trouble: &str,
    advice: &str,
    again: &str,
    is_refused: bool,
) -> Result<Next, Failure> {
    if !desk.asks {
        let advice = if advice.is_empty() { String::new() } else { format!(". {advice}") };
        return Err(Failure::Failed(anyhow!("{}{advice} Nothing was written", trouble.trim_end_matches('.'))));
    }
    ask::say(advice);
    let usual = if is_refused { 0 } else { 2 };
    let options = [again, "Another login name", "Other servers", "Stop; nothing is written"];
    match ask::choice("What now?", &options, usual).await? {
        0 => Ok(Next::Again),
        1 => Ok(Next::Name),
        2 => Ok(Next::Servers),
        _ => Err(Failure::Stopped),
    }
}

pub(super) async fn ask_names(servers: &mut Servers) -> Result<(), Failure> {
    servers.imap_user = ask::line("Login name for IMAP", &servers.imap_user).await?;
    servers.smtp_user = ask::line("Login name for SMTP", &servers.smtp_user).await?;
    Ok(())
}

/// Where a secret will be kept. The keyring is looked into before anything is written: it may be locked, or not there.
pub(super) async fn place_for(desk: &Desk<'_>, name: &str, what: &str) -> Result<SecretSource, Failure> {
    let file = || SecretSource::File(free(desk, &format!("{name}.secret")));
    let keep = desk.args.access.keep;
    if keep == Some(Keep::File) {
        return Ok(file());
    }
    let Some(trouble) = keyring_trouble(name).await else { return Ok(SecretSource::Keyring) };
    let in_file = desk.shown(&free(desk, &format!("{name}.secret")));
    if !desk.asks {
        let others = if what == "password" { "; or give --password-command or --password-env" } else { "" };
        return Err(Failure::Failed(anyhow!(
            "the {what} cannot be kept in the keyring: {trouble}. With --keep file it is kept in {in_file}, which only you \
             can read{others}. Nothing was written"
        )));
    }
    ask::say(&format!("The {what} cannot be kept in the keyring: {trouble}."));
    let in_file = format!("Keep it in {in_file}, a file that only you can read (and whoever has your backups)");
    let options = [in_file.as_str(), "Look into the keyring again", "Stop; nothing is written"];
    loop {
        match ask::choice("What now?", &options, 0).await? {
            0 => return Ok(file()),
            1 => match keyring_trouble(name).await {
                Some(trouble) => ask::say(&format!("Still: {trouble}.")),
                None => return Ok(SecretSource::Keyring),
            },
            _ => {
                ask::say(
                    "A password manager can give the password, too: postnote init --password-command 'pass show mail' \
                     (op, bw, secret-tool and others print one as well).",
                );
                return Err(Failure::Stopped);
            }
        }
    }
}

/// Why the keyring cannot be used now. Whether it holds something already does not matter.
async fn keyring_trouble(name: &str) -> Option<String> {
    match secret::text(&SecretSource::Keyring, name).await {
        Err(SecretError::KeyringMissing { .. }) => {
            Some("no keyring service is running here (gnome-keyring and KWallet are such)".to_owned())
        }
        Err(SecretError::KeyringLocked { .. }) => Some("it is locked, or denies access; unlock it".to_owned()),
        Err(SecretError::KeyringTimedOut { .. }) => Some("it does not answer; it may wait to be unlocked".to_owned()),
        Err(SecretError::Keyring { detail, .. }) => Some(format!("it fails ({detail})")),
        _ => None,
    }
}

/// A file beside the config that is not there yet.
pub(super) fn free(desk: &Desk<'_>, name: &str) -> PathBuf {
    let first = desk.folder().join(name);
    let others = (2..100).map(|n| desk.folder().join(format!("{name}-{n}")));
    std::iter::once(first.clone()).chain(others).find(|path| path.symlink_metadata().is_err()).unwrap_or(first)
}
