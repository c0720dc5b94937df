//! One account: its secret, and both of its servers at the same time.

use super::Finding;
use crate::config::{Account, Auth, Endpoint, SecretSource, Security};
use crate::imap::{ImapError, MailboxInfo};
use crate::inbound::mailboxes;
use crate::login::Login;
use crate::net::{self, NetError};
use crate::secret::SecretError;
use crate::smtp::SmtpError;
use std::time::Duration;

/// How long one server may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long the secret may take: a keyring may have to be unlocked.
const PATIENCE_SECRET: Duration = Duration::from_secs(35);

pub(super) async fn examine(account: Account, offline: bool) -> Vec<Finding> {
    let name = account.name.clone();
    let mut found = Vec::new();
    let login = match tokio::time::timeout(PATIENCE_SECRET, Login::new(&account)).await {
        Ok(Ok(login)) => {
            found.push(Finding::ok("secret", format!("there, from {}", kept(&account.secret))));
            Some(login)
        }
        Ok(Err(e)) => {
            found.push(Finding::fault("secret", e.to_string(), mends(&e, &account)));
            None
        }
        Err(_) => {
            let text = format!("{} does not answer", kept(&account.secret));
            found.push(Finding::fault("secret", text, "unlock it, or choose another source: auth.password"));
            None
        }
    };
    if !offline {
        let (imap, smtp) = match &login {
            Some(login) => tokio::join!(imap(&account, login), smtp(&account, login)),
            // Without it, the way to the servers can be tried all the same.
            None => tokio::join!(reached("imap", &account.imap), reached("smtp", &account.smtp)),
        };
        found.extend(imap);
        found.extend(smtp);
    }
    found.into_iter().map(|finding| finding.of(&name)).collect()
}

fn kept(auth: &Auth) -> String {
    let of = |source: &SecretSource| match source {
        SecretSource::Keyring => "the keyring".to_owned(),
        SecretSource::Env(name) => format!("the environment variable {name}"),
        SecretSource::Command(_) => "the password command".to_owned(),
        SecretSource::File(path) => format!("the file {}", path.display()),
    };
    match auth {
        Auth::Password(source) => of(source),
        Auth::OAuth2(oauth) => of(&oauth.tokens),
    }
}

fn mends(error: &SecretError, account: &Account) -> String {
    let name = &account.name;
    match error {
        SecretError::NoEntry { .. }
        | SecretError::NotSignedIn { .. }
        | SecretError::SignInOver { .. }
        | SecretError::SignInRefused { .. }
        | SecretError::SignInTimedOut { .. } => format!("postnote login {name}"),
        SecretError::Env { name, .. } => {
            format!(
                "set {name} where postnote runs (for a service, in its unit), or choose another source: auth.password"
            )
        }
        SecretError::File { path, problem, .. } if problem.contains("chmod") => format!("chmod 600 {}", path.display()),
        SecretError::File { path, .. } => {
            format!(
                "put the secret into {} (one line, mode 0600), or choose another source: auth.password",
                path.display()
            )
        }
        SecretError::Command { .. } | SecretError::CommandTimedOut { .. } => {
            "run the command of auth.password by hand; it must print the password on its first line, and end".to_owned()
        }
        SecretError::Empty { .. } | SecretError::NotOneLine { .. } => {
            format!("keep the password, and nothing else, on one line: postnote login {name}, or mend its source")
        }
        SecretError::KeyringMissing { .. } => {
            "start a keyring service (gnome-keyring, KWallet), or choose another source: \
             auth.password = { command = … }, { env = … } or { file = … }"
                .to_owned()
        }
        SecretError::KeyringLocked { .. } | SecretError::KeyringTimedOut { .. } => {
            "unlock the keyring (signing in to the desktop does), and run this again".to_owned()
        }
        SecretError::ProviderAway { .. } => "see whether this machine is online; then run this again".to_owned(),
        SecretError::Provider { .. } | SecretError::NoDeviceFlow { .. } | SecretError::NoLoopback { .. } => {
            "check auth.oauth2: client_id, client_secret, scopes".to_owned()
        }
        SecretError::TokensTooLarge { .. } => {
            format!("set auth.oauth2.tokens = {{ file = … }}, then postnote login {name}")
        }
        SecretError::Keyring { .. } => {
            "look into the keyring with its own program (Passwords and Keys, KWallet)".to_owned()
        }
    }
}

async fn imap(account: &Account, login: &Login<'_>) -> Vec<Finding> {
    let work = async {
        let mut session = login.imap().await?;
        let (idle, list) = (session.offers("IDLE"), session.list().await);
        session.logout().await;
        Ok::<_, anyhow::Error>((idle, list?))
    };
    let at = &account.imap;
    match tokio::time::timeout(PATIENCE, work).await {
        Err(_) => vec![Finding::fault("connection", format!("{at} does not answer"), LATER)],
        Ok(Err(e)) => vec![of_imap(&e, account)],
        Ok(Ok((idle, list))) => {
            let mut found = vec![Finding::ok("imap", format!("{at} takes the login; {} mailboxes", list.len()))];
            if !idle {
                let text = format!("{at} does not tell of new mail (no IDLE): postnote run asks on its schedule");
                found.push(Finding::note("imap", text));
            }
            found.extend(of_mailboxes(account, &list));
            found
        }
    }
}

const LATER: &str = "see whether this machine is online, and a firewall lets it through; then run this again";

fn of_mailboxes(account: &Account, list: &[MailboxInfo]) -> Vec<Finding> {
    let fix = "correct imap.mailboxes in the config";
    let (planned, problems) = mailboxes::plan(account, list);
    let mut found: Vec<_> = problems.into_iter().map(|p| Finding::fault("mailboxes", p, fix)).collect();
    for mailbox in &planned {
        if !list.iter().any(|m| m.name == mailbox.name) && !mailbox.name.eq_ignore_ascii_case("INBOX") {
            let text = format!("the server lists no mailbox {:?} ({})", mailbox.name, mailbox.advice);
            found.push(Finding::fault("mailboxes", text, fix));
        }
    }
    if mailboxes::sent_mailbox(account, list).is_none() {
        let name = mailboxes::new_sent_mailbox(account, list);
        let text = format!("there is no mailbox for sent mail; {name:?} is made with the first mail that is sent");
        found.push(Finding::note("mailboxes", text));
    }
    found
}

fn of_imap(error: &anyhow::Error, account: &Account) -> Finding {
    let secret = error.chain().find_map(|e| e.downcast_ref::<SecretError>());
    if let Some(error) = secret {
        return Finding::fault("secret", error.to_string(), mends(error, account));
    }
    match error.chain().find_map(|e| e.downcast_ref::<ImapError>()) {
        Some(ImapError::Net(e)) => of_net(e, &account.imap, "imap"),
        Some(e) if e.is_auth() => Finding::fault("login", e.to_string(), refused(account, "imap")),
        Some(e @ ImapError::Refused { command, .. }) if command == "STARTTLS" => {
            let text = format!("{}: {e}", account.imap);
            Finding::fault(
                "tls",
                text,
                "set imap.security = \"tls\" and imap.port = 993, or ask the provider which it is",
            )
        }
        Some(e) if e.is_transient() => Finding::fault("imap", format!("{}: {e}", account.imap), LATER),
        _ => {
            let fix = "check imap.host, imap.port and imap.security: it may be another server, or another port of it";
            Finding::fault("imap", format!("{}: {error:#}", account.imap), fix)
        }
    }
}

async fn smtp(account: &Account, login: &Login<'_>) -> Vec<Finding> {
    let at = &account.smtp;
    vec![match tokio::time::timeout(PATIENCE, login.try_smtp()).await {
        Err(_) => Finding::fault("connection", format!("{at} does not answer"), LATER),
        Ok(Ok(())) => Finding::ok("smtp", format!("{at} takes the login")),
        Ok(Err(SmtpError::Net(e))) => of_net(&e, at, "smtp"),
        Ok(Err(e)) if e.is_auth() => Finding::fault("login", e.to_string(), refused(account, "smtp")),
        Ok(Err(e)) if e.is_transient() => Finding::fault("smtp", format!("{at}: {e}"), LATER),
        Ok(Err(e)) => {
            let fix = "check smtp.host, smtp.port and smtp.security: 465 is usually \"tls\", 587 \"starttls\"";
            Finding::fault("smtp", format!("{at}: {e}"), fix)
        }
    }]
}

fn refused(account: &Account, kind: &str) -> String {
    let name = &account.name;
    match &account.secret {
        Auth::OAuth2(_) => {
            format!("postnote login {name}; check {kind}.username, and that the provider lets mail programs in")
        }
        Auth::Password(_) => {
            format!("postnote login {name}, with an app password where the provider wants one; check {kind}.username")
        }
    }
}

/// A fault of the way to a server.
fn of_net(error: &NetError, at: &Endpoint, kind: &str) -> Finding {
    let text = error.to_string();
    match error {
        NetError::UnknownHost { .. } => {
            Finding::fault("dns", text, format!("correct {kind}.host, or see whether this machine is online"))
        }
        NetError::Refused { .. } | NetError::TimedOut { .. } | NetError::Io { .. } => {
            let fix = format!("correct {kind}.host and {kind}.port (now {at}), or see whether the server runs");
            Finding::fault("connection", text, fix)
        }
        NetError::PlaintextNotLoopback { .. } => {
            Finding::fault("tls", text, format!("set {kind}.security to \"tls\" or \"starttls\""))
        }
        NetError::Untrusted { .. } => Finding::fault(
            "tls",
            text,
            format!(
                "if it is your own server, set {kind}.ca_file to the certificate of the authority that signed its own"
            ),
        ),
        NetError::WrongName { .. } | NetError::BadHost { .. } => {
            Finding::fault("tls", text, format!("set {kind}.host to a name that the certificate is for"))
        }
        NetError::Expired { .. } | NetError::NotYetValid { .. } => {
            Finding::fault("tls", text, "check this machine's clock; if it is right, the server's owner must renew it")
        }
        NetError::CaFile { path, .. } => Finding::fault(
            "tls",
            text,
            format!("put a PEM certificate at {}, or take {kind}.ca_file out", path.display()),
        ),
        NetError::NoRoots { .. } => Finding::fault("tls", text, "install the package ca-certificates"),
        NetError::Certificate { .. } | NetError::Handshake { .. } | NetError::TooMuch { .. } => {
            let fix = format!(
                "check {kind}.port and {kind}.security: \"tls\" is usual on 993 and 465, \"starttls\" on 143 and 587"
            );
            Finding::fault("tls", text, fix)
        }
    }
}

/// Whether the server can be had at all, where nobody can log in.
async fn reached(kind: &'static str, at: &Endpoint) -> Vec<Finding> {
    let work = async {
        let tcp = net::tcp(at).await?;
        if at.security == Security::Tls {
            net::tls(tcp, at).await?;
        }
        Ok::<_, NetError>(())
    };
    vec![match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(())) => Finding::note(kind, format!("{at} is there; without the secret, no login was tried")),
        Ok(Err(e)) => of_net(&e, at, kind),
        Err(_) => Finding::fault("connection", format!("{at} does not answer"), LATER),
    }]
}
