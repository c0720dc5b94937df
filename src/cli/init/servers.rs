//! Which servers: found, shown, and corrected by who knows better.

use super::{Desk, by};
use crate::cli::{Failure, ask};
use crate::config::{Endpoint, Security};
use crate::setup::discover::{self, Found, Source};
use crate::setup::provider::{self, Provider, Way};
use crate::setup::{Servers, domain_of};
use anyhow::anyhow;

/// The servers that the person is content with.
pub(super) async fn find(desk: &Desk<'_>, email: &str) -> Result<Found, Failure> {
    let args = &desk.args.servers;
    let named =
        (named(args.imap_server.as_deref(), Kind::Imap, desk)?, named(args.smtp_server.as_deref(), Kind::Smtp, desk)?);
    let found = match named {
        (Some(imap), Some(smtp)) => Some(of_owner(imap, smtp, email)),
        (imap, smtp) => {
            let found = look(desk, email).await?;
            let is_changed = imap.is_some() || smtp.is_some();
            found.map(|mut found| {
                found.servers.imap = imap.unwrap_or(found.servers.imap);
                found.servers.smtp = smtp.unwrap_or(found.servers.smtp);
                found.source = if is_changed { Source::Owner } else { found.source };
                found
            })
        }
    };
    let Some(found) = found else { return typed(desk, email, None).await };
    if let Some(Provider { way: Way::None, steps, .. }) = found.provider {
        return Err(Failure::Failed(anyhow!("{}", steps.join(" "))));
    }
    let found = with_names(desk, found);
    if found.source != Source::Owner {
        ask::say(&by(&found));
        show(&found.servers);
    }
    if !found.is_at_home(email) {
        // RFC 6186 §6: what DNS says is proved by nothing.
        if !desk.asks {
            return Err(Failure::Failed(anyhow!(
                "the domain's SRV records name servers outside of it: {} and {}. Anybody who can answer in its name could \
                 do that. If they are right, name them: --imap-server, --smtp-server",
                found.servers.imap,
                found.servers.smtp
            )));
        }
        ask::say("They are outside of the domain, and nothing proves that the domain means them. Do you know them?");
        return if ask::yes("Use these servers?", false).await? {
            Ok(found)
        } else {
            typed(desk, email, Some(found)).await
        };
    }
    if desk.asks && found.source != Source::Owner && !ask::yes("Use these servers?", true).await? {
        return typed(desk, email, Some(found)).await;
    }
    Ok(found)
}

/// One source after the other, each told of before it is asked.
async fn look(desk: &Desk<'_>, email: &str) -> Result<Option<Found>, Failure> {
    let (args, lookup) = (&desk.args.servers, desk.args.servers.lookup());
    if args.autoconfig.is_none()
        && let Some(found) = discover::known(email)
    {
        return Ok(Some(found));
    }
    if args.no_lookup {
        return Ok(None);
    }
    let domain = domain_of(email).unwrap_or_default();
    desk.say(&format!("Looking for the servers of {domain} …"));
    if let Some(found) = discover::own(email, &lookup).await {
        return Ok(Some(found));
    }
    if let Some(host) = discover::database_host(&lookup) {
        let what = format!("{host}, a public database of mail servers: it learns that somebody asks about {domain}");
        let may = if desk.asks {
            ask::say(&format!("The domain says nothing itself. I can ask {what}, and nothing else."));
            ask::yes("Ask it?", true).await?
        } else {
            println!("Asking {what} (--no-ispdb leaves that out).");
            true
        };
        if may && let Some(found) = discover::database(email, &lookup).await {
            return Ok(Some(found));
        }
    }
    if !lookup.guess {
        return Ok(None);
    }
    desk.say("Trying the usual names …");
    match discover::guessed(email, &lookup).await {
        Ok(found) => Ok(Some(found)),
        Err(elsewhere) => {
            if !elsewhere.is_empty() {
                desk.say(&format!(
                    "{} answers, but its certificate is for another name: your provider's help page says which.",
                    elsewhere.join(", ")
                ));
            }
            Ok(None)
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Imap,
    Smtp,
}

/// A server of the command line.
fn named(text: Option<&str>, kind: Kind, desk: &Desk<'_>) -> Result<Option<Endpoint>, Failure> {
    text.map(|text| read(text, kind, desk).map_err(|e| Failure::Usage(anyhow!(e)))).transpose()
}

fn read(text: &str, kind: Kind, desk: &Desk<'_>) -> Result<Endpoint, String> {
    let args = &desk.args.servers;
    match kind {
        Kind::Imap => discover::typed(text, 993, args.imap_security.map(Security::from)),
        Kind::Smtp => discover::typed(text, 465, args.smtp_security.map(Security::from)),
    }
}

fn of_owner(imap: Endpoint, smtp: Endpoint, email: &str) -> Found {
    let provider = provider::of_host(&imap.host);
    let (imap_user, smtp_user) = (email.to_owned(), email.to_owned());
    Found { servers: Servers { imap, imap_user, smtp, smtp_user }, source: Source::Owner, provider }
}

/// The servers as the person types them; `shown` are those that would not do.
pub(super) async fn typed(desk: &Desk<'_>, email: &str, shown: Option<Found>) -> Result<Found, Failure> {
    let domain = domain_of(email).unwrap_or_default();
    if !desk.asks {
        return Err(Failure::Failed(anyhow!(
            "no servers were found for {domain}. Its provider's help page names them; give them as --imap-server and \
             --smtp-server"
        )));
    }
    if shown.is_none() {
        ask::say(&format!(
            "I do not know the servers of {domain}. Its provider's help page names them, under IMAP or “mail programs”."
        ));
    }
    let old = shown.as_ref().map(|f| (f.servers.imap.to_string(), f.servers.smtp.to_string()));
    let (old_imap, old_smtp) = old.unwrap_or_default();
    let imap = server("IMAP server (NAME or NAME:PORT)", &old_imap, Kind::Imap, desk).await?;
    let smtp = server("SMTP server (NAME or NAME:PORT)", &old_smtp, Kind::Smtp, desk).await?;
    let mut found = with_names(desk, of_owner(imap, smtp, email));
    if let Some(shown) = shown {
        (found.servers.imap_user, found.servers.smtp_user) = (shown.servers.imap_user, shown.servers.smtp_user);
    }
    Ok(found)
}

async fn server(question: &str, default: &str, kind: Kind, desk: &Desk<'_>) -> Result<Endpoint, Failure> {
    loop {
        match read(&ask::line(question, default).await?, kind, desk) {
            Ok(endpoint) => return Ok(endpoint),
            Err(e) => ask::say(&e),
        }
    }
}

/// With the login names and the certificate authority that were given.
fn with_names(desk: &Desk<'_>, mut found: Found) -> Found {
    let args = &desk.args.servers;
    if let Some(name) = &args.username {
        found.servers.imap_user.clone_from(name);
        found.servers.smtp_user.clone_from(name);
    }
    if let Some(name) = &args.smtp_username {
        found.servers.smtp_user.clone_from(name);
    }
    let ca_file = args.ca_file.as_ref().and_then(|path| std::path::absolute(path).ok());
    found.servers.imap.ca_file.clone_from(&ca_file);
    found.servers.smtp.ca_file = ca_file;
    found
}

fn show(servers: &Servers) {
    let how = |endpoint: &Endpoint| match endpoint.security {
        Security::Tls => "TLS",
        Security::StartTls => "STARTTLS",
        Security::Plaintext => "no TLS: this machine only",
    };
    let Servers { imap, smtp, imap_user, .. } = servers;
    ask::say(&format!("  IMAP: {imap} ({})\n  SMTP: {smtp} ({})\n  login name: {imap_user}", how(imap), how(smtp)));
}
