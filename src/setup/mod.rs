//! From a mail address to an account that works: where its servers are, how one logs in there, which vaults there are, and
//! the config that says so.
//!
//! Wiring, like `daemon`: what is asked of the person, and in which order, is `cli`'s. Nothing here sends a password but
//! [`check`], to servers that the person has seen the names of.
//!
//! - [`provider`]: large providers, and how an app password is made at each
//! - [`autoconfig`]: the XML in which providers describe their servers
//! - [`dns`]: which servers a domain names itself (RFC 6186), and who handles its mail
//! - [`discover`]: all of that for one address, and what is guessed besides
//! - [`check`]: logging in, to see whether it works
//! - [`obsidian`]: the vaults that Obsidian knows
//! - [`written`]: the config's text, and putting it into its place

pub mod autoconfig;
pub mod check;
pub mod discover;
pub mod dns;
pub mod obsidian;
pub mod probe;
pub mod provider;
pub mod written;

use crate::config::{Endpoint, Security};

/// Where an account's mail is, and where it is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Servers {
    /// The IMAP server.
    pub imap: Endpoint,
    /// The login name there.
    pub imap_user: String,
    /// The SMTP server.
    pub smtp: Endpoint,
    /// The login name there.
    pub smtp_user: String,
}

/// A server that needs no certificate authority of one's own.
pub(crate) fn endpoint(host: &str, port: u16, security: Security) -> Endpoint {
    Endpoint { host: host.to_owned(), port, security, ca_file: None }
}

/// Whether this can be a server's name: letters, digits, dots and hyphens, or an address.
pub fn is_host(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || ".-".contains(c);
    text.parse::<std::net::IpAddr>().is_ok()
        || (!text.is_empty()
            && text.len() <= 253
            && text.chars().all(plain)
            && text.split('.').all(|label| !label.is_empty() && label.len() <= 63 && !label.starts_with('-')))
}

/// The domain of an address in the letters that it is looked up by; `None` where it has none that can be.
pub fn domain_of(email: &str) -> Option<String> {
    let (_, domain) = email.rsplit_once('@')?;
    let domain = idna::domain_to_ascii(domain).ok()?.to_lowercase();
    is_host(&domain).then_some(domain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_looked_up() {
        assert_eq!(domain_of("sam@Büro.example").as_deref(), Some("xn--bro-hoa.example"));
        assert_eq!(domain_of("sam@Example.ORG").as_deref(), Some("example.org"));
        for odd in ["sam", "sam@", "sam@a..b", "sam@exa mple.org", "sam@x/../y", "sam@-x.org"] {
            assert_eq!(domain_of(odd), None, "{odd}");
        }
        assert!(is_host("127.0.0.1") && is_host("::1") && is_host("localhost") && !is_host(&"a".repeat(64)));
    }
}
