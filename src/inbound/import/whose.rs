//! The account that a message out of a file belongs to. Pure.

use crate::config::{Account, Config};
use crate::mail::parse;

/// The accounts that may have it.
#[derive(Debug, Clone)]
pub struct Whose {
    /// In the config's order; the one that was named, alone.
    pub accounts: Vec<Account>,
}

impl Whose {
    /// Those of the config, or the one of that name.
    pub fn new(config: &Config, named: Option<&str>) -> Whose {
        let wanted = |a: &&Account| named.is_none_or(|name| name == a.name);
        Whose { accounts: config.accounts.iter().filter(wanted).cloned().collect() }
    }

    /// The account of a message: the only one; else that which it was delivered or addressed to; for what the owner
    /// sent, and where nothing else tells, that which it is from. `None`: it is nobody's.
    pub fn is(&self, message: &[u8], is_sent: bool) -> Option<usize> {
        if self.accounts.len() == 1 {
            return Some(0);
        }
        let (message, _) = parse::parse(header(message));
        let to: Vec<String> = message
            .delivered_to
            .iter()
            .map(|a| a.to_lowercase())
            .chain(message.recipients().map(crate::mail::Address::key))
            .collect();
        let from: Vec<String> = message.from.iter().map(crate::mail::Address::key).collect();
        let (first, second) = if is_sent { (from, to) } else { (to, from) };
        first.into_iter().chain(second).find_map(|address| {
            self.accounts.iter().position(|a| a.owner().addresses.iter().any(|own| own.to_lowercase() == address))
        })
    }
}

/// A message's header section, with the empty line that ends it: what a server gives as `BODY[HEADER]`.
pub fn header(message: &[u8]) -> &[u8] {
    let mut end = 0;
    for line in message.split_inclusive(|b| *b == b'\n') {
        end += line.len();
        if line == b"\n" || line == b"\r\n" {
            break;
        }
    }
    message.get(..end).unwrap_or(message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn addresses_tell_whose_a_message_is() {
        let account = |name: &str, email: &str| {
            format!(
                "[[accounts]]\nname = \"{name}\"\nemail = \"{email}\"\naliases = [\"{name}@alias.example\"]\n\
                 [accounts.imap]\nhost = \"h\"\n[accounts.smtp]\nhost = \"h\"\n[accounts.auth]\npassword = {{ keyring = true }}\n"
            )
        };
        let text =
            format!("vault = \"/v\"\n{}{}", account("work", "Sam@example.org"), account("home", "sam@example.net"));
        let config = Config::parse(&text, Path::new("/"), Path::new("/")).expect("a config");
        let both = Whose::new(&config, None);
        for (message, is_sent, expect) in [
            ("To: x@example.com, SAM@example.org\n\n", false, Some(0)),
            ("Cc: Sam <home@alias.example>\n\n", false, Some(1)),
            ("Delivered-To: sam@example.net\nTo: sam@example.org\n\n", false, Some(1)),
            ("From: sam@example.net\nTo: sam@example.org\n\n", true, Some(1)),
            ("From: sam@example.net\nTo: sam@example.org\n\n", false, Some(0)),
            ("From: sam@example.net\nTo: x@example.com\n\n", false, Some(1)),
            ("To: x@example.com\n\nTo: sam@example.org\n", false, None),
        ] {
            assert_eq!(both.is(message.as_bytes(), is_sent), expect, "{message:?}");
        }
        assert_eq!(Whose::new(&config, Some("home")).is(b"To: x@example.com\n\n", false), Some(0));
    }
}
