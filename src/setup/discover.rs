//! The servers of an address, from the nearest source to the farthest: the table, what the domain says of itself, a
//! public database, guesses.
//!
//! Each source is a function of its own, since a person may not want the next one asked. What is asked of whom:
//!
//! | source | who learns what |
//! | --- | --- |
//! | [`known`] | nobody anything |
//! | [`own`] | this machine's name servers the domain; the domain's own web server the address |
//! | [`database`] | the database's owner the domain |
//! | [`guessed`] | servers below the domain that somebody connects |

use super::dns::{self, Dns};
use super::probe::{self, Kind, Probed};
use super::provider::{self, Provider};
use super::{Servers, autoconfig, domain_of, endpoint};
use crate::config::{Endpoint, Security};
use crate::net::http::{self, Limits};
use hyper::{Request, StatusCode, Uri};
use std::path::PathBuf;
use std::time::Duration;

/// Where to look. Tests look on loopback alone.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Whom to ask for a domain's records.
    pub dns: Dns,
    /// Autoconfig addresses of the domain's own; `{domain}` and `{email}` stand for what they say.
    pub autoconfig: Vec<String>,
    /// A database of autoconfig files, to which the domain is added.
    pub database: Option<String>,
    /// Whether servers are guessed.
    pub guess: bool,
    /// One more certificate authority.
    pub ca_file: Option<PathBuf>,
}

/// Mozilla's database, which mail programs of all kinds use.
pub const DATABASE: &str = "https://autoconfig.thunderbird.net/v1.1/";

impl Default for Lookup {
    fn default() -> Lookup {
        Lookup {
            dns: Dns::System,
            autoconfig: vec![
                "https://autoconfig.{domain}/mail/config-v1.1.xml?emailaddress={email}".to_owned(),
                "https://{domain}/.well-known/autoconfig/mail/config-v1.1.xml".to_owned(),
            ],
            database: Some(DATABASE.to_owned()),
            guess: true,
            ca_file: None,
        }
    }
}

impl Lookup {
    /// One that looks nowhere.
    pub fn nowhere() -> Lookup {
        Lookup { dns: Dns::Nobody, autoconfig: Vec::new(), database: None, guess: false, ca_file: None }
    }
}

/// Who says so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The built-in table: it is one of the provider's own addresses.
    Table,
    /// The domain's MX records name a provider of the table.
    Mx,
    /// The domain's SRV records.
    Srv,
    /// The domain's own autoconfig, from this host.
    Domain(String),
    /// The database at this host.
    Database(String),
    /// It was guessed, and is there.
    Guess,
    /// The person.
    Owner,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The servers.
    pub servers: Servers,
    /// Who says so.
    pub source: Source,
    /// The provider, where it is one of the table.
    pub provider: Option<&'static Provider>,
}

impl Found {
    fn new(servers: Servers, source: Source) -> Found {
        let provider = provider::of_host(&servers.imap.host);
        Found { servers, source, provider }
    }

    /// Whether both servers are below the address's own domain, or of a provider in the table: then nobody who only
    /// answers in another's name (DNS proves nothing) can lead a password elsewhere.
    pub fn is_at_home(&self, email: &str) -> bool {
        let home = domain_of(email);
        let below = |host: &str| {
            let home = home.as_deref().unwrap_or_default();
            host == home || host.strip_suffix(home).is_some_and(|rest| rest.ends_with('.'))
        };
        match self.source {
            Source::Table | Source::Mx | Source::Owner | Source::Guess => true,
            // These came over a connection on which the server proved its name.
            Source::Domain(_) | Source::Database(_) => true,
            Source::Srv => {
                self.provider.is_some() || (below(&self.servers.imap.host) && below(&self.servers.smtp.host))
            }
        }
    }
}

/// What the table knows of the address; no traffic.
pub fn known(email: &str) -> Option<Found> {
    let provider = provider::of_domain(&domain_of(email)?)?;
    Some(Found { servers: provider.servers(email), source: Source::Table, provider: Some(provider) })
}

/// What the domain says of itself: whom it lets take in its mail, its autoconfig, its SRV records.
pub async fn own(email: &str, lookup: &Lookup) -> Option<Found> {
    let domain = domain_of(email)?;
    if let Some(provider) = provider::of_mx(&dns::mx(lookup.dns, &domain).await) {
        return Some(Found { servers: provider.servers(email), source: Source::Mx, provider: Some(provider) });
    }
    let files = lookup.autoconfig.iter().map(|url| {
        let url = url.replace("{domain}", &domain).replace("{email}", &in_query(email));
        let (ca_file, email) = (lookup.ca_file.clone(), email.to_owned());
        tokio::spawn(async move { file(&url, ca_file, &email).await })
    });
    // All at once: a web server that drops what it does not know takes its whole time.
    let files: Vec<_> = files.collect();
    let (imap, smtp) = dns::servers(lookup.dns, &domain).await;
    for file in files {
        if let Ok(Some((servers, host))) = file.await {
            return Some(Found::new(servers, Source::Domain(host)));
        }
    }
    let (imap_user, smtp_user) = (email.to_owned(), email.to_owned());
    Some(Found::new(Servers { imap: imap?, imap_user, smtp: smtp?, smtp_user }, Source::Srv))
}

/// The host of the database, if one may be asked.
pub fn database_host(lookup: &Lookup) -> Option<String> {
    let uri: Uri = lookup.database.as_ref()?.parse().ok()?;
    uri.host().map(str::to_owned)
}

/// What the database says. It learns the domain, and nothing else of the address.
pub async fn database(email: &str, lookup: &Lookup) -> Option<Found> {
    let base = lookup.database.as_ref()?;
    let url = format!("{}/{}", base.trim_end_matches('/'), domain_of(email)?);
    let (servers, host) = file(&url, lookup.ca_file.clone(), email).await?;
    Some(Found::new(servers, Source::Database(host)))
}

/// What is usual, where it is there: `imap.`, `mail.` and the domain itself; `smtp.` likewise.
pub async fn guessed(email: &str, lookup: &Lookup) -> Result<Found, Vec<String>> {
    let Some(domain) = domain_of(email).filter(|_| lookup.guess) else { return Err(Vec::new()) };
    let guesses = |first: &str, tls: u16, starttls: u16| -> Vec<Endpoint> {
        let hosts = [format!("{first}.{domain}"), format!("mail.{domain}"), domain.clone()];
        let with = |host: &String, port, security| Endpoint {
            ca_file: lookup.ca_file.clone(),
            ..endpoint(host, port, security)
        };
        let all = hosts.iter().map(|h| with(h, tls, Security::Tls));
        all.chain(hosts.iter().map(|h| with(h, starttls, Security::StartTls))).collect()
    };
    let (imap, smtp) = tokio::join!(
        probe::first(guesses("imap", 993, 143), Kind::Imap),
        probe::first(guesses("smtp", 465, 587), Kind::Smtp),
    );
    together(imap, smtp, email)
}

/// Two servers, or the names of those that are there under another name.
fn together(imap: Probed, smtp: Probed, email: &str) -> Result<Found, Vec<String>> {
    match (imap.found, smtp.found) {
        (Some(imap), Some(smtp)) => {
            let (imap_user, smtp_user) = (email.to_owned(), email.to_owned());
            Ok(Found::new(Servers { imap, imap_user, smtp, smtp_user }, Source::Guess))
        }
        _ => {
            let mut names: Vec<_> = imap.wrong_name.into_iter().chain(smtp.wrong_name).collect();
            names.sort();
            names.dedup();
            Err(names)
        }
    }
}

/// How often a web server may send us elsewhere.
const REDIRECTS: usize = 3;

/// An autoconfig file, and the host that gave it.
async fn file(url: &str, ca_file: Option<PathBuf>, email: &str) -> Option<(Servers, String)> {
    let limits = Limits { patience: Duration::from_secs(8), most: autoconfig::MOST, in_clear: false };
    let mut uri: Uri = url.parse().ok()?;
    for _ in 0..=REDIRECTS {
        let request = Request::get(uri.clone()).header("Accept", "text/xml, application/xml").body(Vec::new()).ok()?;
        let asked = http::send_within(request, ca_file.as_deref(), limits);
        // Connecting has a longer patience of its own.
        let answer = tokio::time::timeout(limits.patience, asked).await.ok()?;
        let answer = answer.inspect_err(|e| tracing::debug!("autoconfig: {e}")).ok()?;
        if answer.status() == StatusCode::OK {
            let servers = autoconfig::parse(answer.body(), email)?;
            return Some((servers, uri.host().unwrap_or_default().to_owned()));
        }
        if !answer.status().is_redirection() {
            return None;
        }
        let to = answer.headers().get("location")?.to_str().ok()?;
        let to = url::Url::parse(&uri.to_string()).ok()?.join(to).ok()?;
        // Never from https to http: whoever is in between could answer.
        if uri.scheme_str() == Some("https") && to.scheme() != "https" {
            return None;
        }
        uri = to.as_str().parse().ok()?;
    }
    None
}

/// As it stands in a query: letters, digits and a few marks as they are.
fn in_query(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The server that was typed: `host`, `host:port`, `[address]:port`. What the port is usual for, the security follows
/// from: 993 and 465 are TLS, as is none; 143, 587 and 25 STARTTLS.
pub fn typed(text: &str, usual: u16, security: Option<Security>) -> Result<Endpoint, String> {
    let text = text.trim();
    let odd = || format!("{text:?} is no server: write its name, or NAME:PORT");
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if host.starts_with('[') || !host.contains(':') => {
            (host, Some(port.parse::<u16>().ok().filter(|p| *p != 0).ok_or_else(odd)?))
        }
        _ => (text, None),
    };
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let host = idna::domain_to_ascii(host).ok().filter(|h| !h.is_empty()).unwrap_or_else(|| host.to_owned());
    if !super::is_host(&host) {
        return Err(odd());
    }
    let by_port = match port {
        Some(143 | 587 | 25 | 1143 | 1025) => Security::StartTls,
        _ => Security::Tls,
    };
    let security = security.unwrap_or(by_port);
    let otherwise = if usual == 993 { 143 } else { 587 };
    let port = port.unwrap_or(if security == Security::Tls { usual } else { otherwise });
    Ok(endpoint(&host, port, security))
}

#[cfg(test)]
mod tests {
    use super::*;
    use Security::{Plaintext, StartTls, Tls};

    #[test]
    fn servers_as_people_write_them() {
        for (text, usual, security, expected) in [
            ("imap.example.org", 993, None, ("imap.example.org", 993, Tls)),
            (" IMAP.example.org:143 ", 993, None, ("imap.example.org", 143, StartTls)),
            ("smtp.example.org", 465, Some(StartTls), ("smtp.example.org", 587, StartTls)),
            ("127.0.0.1:3143", 993, Some(Plaintext), ("127.0.0.1", 3143, Plaintext)),
            ("[::1]:1993", 993, None, ("::1", 1993, Tls)),
            ("::1", 993, None, ("::1", 993, Tls)),
            ("büro.example", 993, None, ("xn--bro-hoa.example", 993, Tls)),
        ] {
            let (host, port, security_) = expected;
            assert_eq!(typed(text, usual, security), Ok(endpoint(host, port, security_)), "{text}");
        }
        for odd in ["", "a b", "host:0", "host:x", "host:99999", "https://host/"] {
            assert!(typed(odd, 993, None).unwrap_err().contains("NAME:PORT"), "{odd}");
        }
    }

    #[test]
    fn records_that_lead_away_from_the_domain_are_not_at_home() {
        let found = |imap: &str, smtp: &str| {
            let of = |host: &str| (endpoint(host, 993, Tls), "sam".to_owned());
            let ((imap, imap_user), (smtp, smtp_user)) = (of(imap), of(smtp));
            Found::new(Servers { imap, imap_user, smtp, smtp_user }, Source::Srv)
        };
        let at_home = |imap: &str, smtp: &str| found(imap, smtp).is_at_home("sam@example.org");
        assert!(at_home("imap.example.org", "example.org"));
        assert!(!at_home("imap.example.org", "smtp.example.com"));
        assert!(!at_home("evilexample.org", "evilexample.org"));
        assert!(at_home("imap.gmail.com", "smtp.gmail.com"));
    }
}
