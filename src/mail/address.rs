//! Mailboxes and lists of them (RFC 5322 §3.4), as values.
//!
//! What enters is text that a mail or a person wrote; what leaves is an [`Address`] that is safe to put on
//! a line of its own. Parsing never guesses: what is no address is an error that quotes it.

use std::fmt;

/// One mailbox: an optional display name and an address.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct Address {
    /// The display name, decoded, one line, trimmed; `None` when empty.
    pub name: Option<String>,
    /// `local@domain`, as written.
    pub email: String,
}

/// Text that is no mailbox.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// A control character (CR, LF, NUL, …) in it: never repaired, always refused.
    #[error("{0:?} holds a control character")]
    Control(String),
    /// Not of the form `local@domain`.
    #[error("{0:?} is no mail address")]
    NotAnAddress(String),
}

impl Address {
    /// An address without a display name.
    pub fn bare(email: impl Into<String>) -> Self {
        Address { name: None, email: email.into() }
    }

    /// An address with a display name; a blank name counts as none.
    pub fn named(name: &str, email: impl Into<String>) -> Self {
        let name = name.trim();
        Address { name: (!name.is_empty()).then(|| name.to_owned()), email: email.into() }
    }

    /// The form in which two addresses are compared: lowercased whole. (RFC 5321 lets a host treat the
    /// local part as case-sensitive; none does, and treating them apart would answer oneself.)
    pub fn key(&self) -> String {
        self.email.to_lowercase()
    }

    /// The part after the last `@`, lowercased; empty when there is none.
    pub fn domain(&self) -> String {
        self.email.rsplit_once('@').map(|(_, d)| d.to_lowercase()).unwrap_or_default()
    }

    /// The domain as it is asked for, where that is not how it is written: letters of other scripts can look like those of
    /// another domain.
    pub fn plain_domain(&self) -> Option<String> {
        let domain = self.domain();
        if domain.is_ascii() {
            return None;
        }
        idna::domain_to_ascii(&domain).ok().filter(|plain| !plain.is_empty())
    }

    /// The part before the last `@`.
    pub fn local(&self) -> &str {
        self.email.rsplit_once('@').map_or(self.email.as_str(), |(l, _)| l)
    }

    /// What a reader would call this mailbox: the name, or the address.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.email)
    }

    /// Parses one mailbox, `a@b` or `Name <a@b>` or `"Name, Other" <a@b>`.
    pub fn parse(text: &str) -> Result<Self, AddressError> {
        let mut list = Self::parse_list(text)?;
        match (list.pop(), list.is_empty()) {
            (Some(one), true) => Ok(one),
            _ => Err(AddressError::NotAnAddress(text.to_owned())),
        }
    }

    /// Parses a comma-separated list of mailboxes; empty text gives an empty list.
    pub fn parse_list(text: &str) -> Result<Vec<Self>, AddressError> {
        if text.chars().any(|c| c.is_control() && c != '\t') {
            return Err(AddressError::Control(text.to_owned()));
        }
        split_outside_quotes(text).into_iter().map(str::trim).filter(|s| !s.is_empty()).map(parse_one).collect()
    }
}

fn split_outside_quotes(text: &str) -> Vec<&str> {
    let (mut quoted, mut escaped, mut angle) = (false, false, false);
    text.split(|c: char| {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            '\\' if quoted && !was_escaped => escaped = true,
            '"' if !was_escaped => quoted = !quoted,
            '<' if !quoted => angle = true,
            '>' if !quoted => angle = false,
            ',' | ';' if !quoted && !angle => return true,
            _ => {}
        }
        false
    })
    .collect()
}

fn parse_one(text: &str) -> Result<Address, AddressError> {
    let bad = || AddressError::NotAnAddress(text.to_owned());
    let (name, email) = match text.strip_suffix('>').and_then(|t| t.rsplit_once('<')) {
        Some((name, email)) => (unquote(name.trim()), email.trim()),
        None => (String::new(), text),
    };
    if is_addr_spec(email) { Ok(Address::named(&name, email)) } else { Err(bad()) }
}

fn unquote(name: &str) -> String {
    let Some(inner) = name.strip_prefix('"').and_then(|n| n.strip_suffix('"')) else {
        return name.to_owned();
    };
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next().unwrap_or('\\') } else { c });
    }
    out
}

/// True for a dot-atom or quoted local part, one `@`, and a domain of labels (RFC 5321 §4.1.2; RFC 6531 lets
/// both be UTF-8).
fn is_addr_spec(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else { return false };
    let quoted = local.len() > 2 && local.starts_with('"') && local.ends_with('"');
    let atom = |c: char| c.is_alphanumeric() || !c.is_ascii() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let local_ok = quoted && local.chars().filter(|c| *c == '"').count() == 2 && !local.contains('\\')
        || !local.is_empty()
            && local.chars().all(atom)
            && !local.starts_with('.')
            && !local.ends_with('.')
            && !local.contains("..");
    let label_ok = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && l.chars().all(|c| c.is_alphanumeric() || c == '-' || !c.is_ascii())
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    let literal = domain.starts_with('[')
        && domain.ends_with(']')
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || "[]:.-".contains(c));
    let invisible =
        |c: char| c.is_whitespace() || ('\u{200b}'..='\u{200f}').contains(&c) || ('\u{202a}'..='\u{202e}').contains(&c);
    local_ok && (literal || domain.split('.').all(label_ok)) && !email.chars().any(invisible) && email.len() <= 320
}

impl fmt::Display for Address {
    /// `local@domain`, `Name <local@domain>`, or `"Na,me" <local@domain>` where the name needs quotes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(name) = &self.name else { return f.write_str(&self.email) };
        if name.chars().any(|c| "()<>[]:;@\\,\"".contains(c)) {
            let quoted = name.replace('\\', "\\\\").replace('"', "\\\"");
            write!(f, "\"{quoted}\" <{}>", self.email)
        } else {
            write!(f, "{name} <{}>", self.email)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_what_people_write() {
        for (text, name, email) in [
            ("ada@example.com", None, "ada@example.com"),
            ("Ada Park <ada@example.com>", Some("Ada Park"), "ada@example.com"),
            ("\"Park, Ada\" <ada@example.com>", Some("Park, Ada"), "ada@example.com"),
            ("\"A \\\"B\\\" C\" <a@x.org>", Some("A \"B\" C"), "a@x.org"),
            ("Ада <ада@пример.рф>", Some("Ада"), "ада@пример.рф"),
            ("<a@[127.0.0.1]>", None, "a@[127.0.0.1]"),
        ] {
            let a = Address::parse(text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!((a.name.as_deref(), a.email.as_str()), (name, email));
            assert_eq!(Address::parse(&a.to_string()), Ok(a));
        }
    }

    #[test]
    fn refuses_what_is_no_address() {
        for text in
            ["me", "", "a@", "@b", "a b@c.d", "a@b c", "a..b@c.d", "a@b..c", "x <y>", "a@b.c\r\nBcc: d@e.f", "a@b, c"]
        {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn splits_lists_outside_quotes() {
        let list = Address::parse_list("\"Park, Ada\" <a@x.org>, b@y.org; C <c@z.org>").expect("a list");
        assert_eq!(list.iter().map(|a| a.email.as_str()).collect::<Vec<_>>(), ["a@x.org", "b@y.org", "c@z.org"]);
    }
}
