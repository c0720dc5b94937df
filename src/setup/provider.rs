//! Large providers: their servers, and how one logs in there.
//!
//! Pure: a table. docs/providers.md tells more of the most asked for, with the pages that say so.

use super::{Servers, endpoint};
use crate::config::{Provider as OAuthProvider, Security};

mod table;

use table::PROVIDERS;

/// A provider of mail.
#[derive(Debug, PartialEq, Eq)]
pub struct Provider {
    /// What it is called.
    pub name: &'static str,
    /// The name that an account there gets, if the person says nothing.
    pub short: &'static str,
    /// The domains that its own addresses end in.
    domains: &'static [&'static str],
    /// What the names of the servers end in that take in the mail of its customers' domains.
    mx: &'static [&'static str],
    imap: At,
    smtp: At,
    user: User,
    /// What is logged in with.
    pub way: Way,
    /// What to do for that, step by step.
    pub steps: &'static [&'static str],
    /// The provider's own page about it.
    pub page: &'static str,
}

/// Host, port, security.
type At = (&'static str, u16, Security);

/// What the login name is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum User {
    /// The address.
    Whole,
    /// What stands before the @.
    Local,
}

/// What is logged in with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The password of the mailbox.
    Password,
    /// A password made for this program alone; the usual one is refused.
    AppPassword,
    /// The same, or signing in at the provider.
    AppPasswordOr(OAuthProvider),
    /// Signing in at the provider, and nothing else.
    SignIn(OAuthProvider),
    /// The provider's own program on this machine, and the password that it shows.
    Bridge,
    /// There is no way in for mail programs.
    None,
}

impl Provider {
    /// Its servers, for this address.
    pub fn servers(&self, email: &str) -> Servers {
        let user = match (self.user, email.rsplit_once('@')) {
            // Of a domain of one's own the provider does not know people by half of the address.
            (User::Local, Some((local, domain))) if self.domains.contains(&domain.to_lowercase().as_str()) => local,
            _ => email,
        };
        let at = |(host, port, security): At| endpoint(host, port, security);
        Servers {
            imap: at(self.imap),
            imap_user: user.to_owned(),
            smtp: at(self.smtp),
            // Those that know people by half of an address over IMAP want the whole for sending.
            smtp_user: email.to_owned(),
        }
    }

    /// The provider that one signs in at, where that is possible.
    pub fn sign_in(&self) -> Option<OAuthProvider> {
        match self.way {
            Way::SignIn(provider) | Way::AppPasswordOr(provider) => Some(provider),
            _ => None,
        }
    }
}

/// The provider whose own addresses have that domain.
pub fn of_domain(domain: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|p| p.domains.contains(&domain))
}

/// The provider that takes in the mail of a domain whose MX records name these servers.
pub fn of_mx(hosts: &[String]) -> Option<&'static Provider> {
    hosts.iter().find_map(|host| PROVIDERS.iter().find(|p| p.mx.iter().any(|end| ends(host, end))))
}

/// The provider that an IMAP server belongs to.
pub fn of_host(host: &str) -> Option<&'static Provider> {
    PROVIDERS.iter().find(|p| p.way != Way::Bridge && p.imap.0.eq_ignore_ascii_case(host))
}

/// `end` itself, or something below it.
fn ends(host: &str, end: &str) -> bool {
    let host = host.trim_end_matches('.').to_lowercase();
    host.strip_suffix(end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn the_table_is_sound() {
        let mut seen = HashSet::new();
        for p in PROVIDERS {
            for domain in p.domains {
                assert!(super::super::is_host(domain) && *domain == domain.to_lowercase(), "{domain}");
                assert!(seen.insert(*domain), "{domain} stands there twice");
            }
            if p.way == Way::None {
                continue;
            }
            for (host, port, security) in [p.imap, p.smtp] {
                assert!(super::super::is_host(host), "{}: {host}", p.name);
                let usual = match security {
                    Security::Tls => [993, 465].contains(&port),
                    _ => [143, 587, 1143, 1025].contains(&port),
                };
                assert!(usual, "{}: {port}", p.name);
            }
            assert!(p.page.starts_with("https://") || p.way == Way::Password, "{}", p.name);
            assert!(!p.steps.is_empty() || p.way == Way::Password, "{}", p.name);
            assert!(crate::config::Security::Plaintext != p.imap.2, "{}", p.name);
        }
    }

    #[test]
    fn found_by_address_by_mx_and_by_host() {
        assert_eq!(of_domain("gmail.com").map(|p| p.short), Some("gmail"));
        assert_eq!(of_domain("example.org"), None);
        let mx = |host: &str| of_mx(&["mx.nowhere.example".into(), host.into()]).map(|p| p.short);
        assert_eq!(mx("ASPMX.L.GOOGLE.COM."), Some("gmail"));
        assert_eq!(mx("example-org.mail.protection.outlook.com"), Some("microsoft365"));
        assert_eq!(mx("in1-smtp.messagingengine.com"), Some("fastmail"));
        assert_eq!(mx("evilgoogle.com"), None);
        assert_eq!(of_host("IMAP.gmail.com").map(|p| p.short), Some("gmail"));
        // Of the bridge there is only the host that everybody has.
        assert_eq!(of_host("127.0.0.1"), None);
    }

    #[test]
    fn some_log_in_with_half_of_the_address() {
        let icloud = of_domain("icloud.com").unwrap().servers("sam.reed@icloud.com");
        assert_eq!((icloud.imap_user.as_str(), icloud.smtp_user.as_str()), ("sam.reed", "sam.reed@icloud.com"));
        let own = of_mx(&["mx01.mail.icloud.com.".into()]).unwrap().servers("sam@example.org");
        assert_eq!(own.imap_user, "sam@example.org");
        assert_eq!((icloud.smtp.port, icloud.smtp.security), (587, Security::StartTls));
    }
}
