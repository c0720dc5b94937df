//! What a server means by its NO or BYE: the response code (RFC 3501 §7.1, RFC 5530), and its words.
//!
//! Words are for people and never decide anything; a code may.

use async_imap::imap_proto::{Outcome, ResponseCode};
use std::fmt;

/// A response code that a caller may act on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// The server, or what stands behind it, cannot do it now.
    Unavailable,
    /// Name or password are wrong, or one of them; it does not say which.
    AuthenticationFailed,
    /// They are right, and still not allowed in.
    AuthorizationFailed,
    /// The password, or the account, has expired.
    Expired,
    /// This needs a secure connection.
    PrivacyRequired,
    /// The server's staff should be asked.
    ContactAdmin,
    /// No permission for this.
    NoPermission,
    /// Somebody else has it open.
    InUse,
    /// The mailbox is damaged.
    Corruption,
    /// The server found a fault of its own.
    ServerBug,
    /// The server found a fault of the client's.
    ClientBug,
    /// It cannot be done.
    Cannot,
    /// Too much of something: connections, commands, mailboxes.
    Limit,
    /// The account is full, or has used up its share of traffic.
    OverQuota,
    /// It is there already.
    AlreadyExists,
    /// It is not there.
    NonExistent,
    /// It is not there, but may be made.
    TryCreate,
    /// Too fast: Gmail's word, in no RFC.
    Throttled,
}

const NAMES: [(&str, Code); 18] = [
    ("UNAVAILABLE", Code::Unavailable),
    ("AUTHENTICATIONFAILED", Code::AuthenticationFailed),
    ("AUTHORIZATIONFAILED", Code::AuthorizationFailed),
    ("EXPIRED", Code::Expired),
    ("PRIVACYREQUIRED", Code::PrivacyRequired),
    ("CONTACTADMIN", Code::ContactAdmin),
    ("NOPERM", Code::NoPermission),
    ("INUSE", Code::InUse),
    ("CORRUPTION", Code::Corruption),
    ("SERVERBUG", Code::ServerBug),
    ("CLIENTBUG", Code::ClientBug),
    ("CANNOT", Code::Cannot),
    ("LIMIT", Code::Limit),
    ("OVERQUOTA", Code::OverQuota),
    ("ALREADYEXISTS", Code::AlreadyExists),
    ("NONEXISTENT", Code::NonExistent),
    ("TRYCREATE", Code::TryCreate),
    ("THROTTLED", Code::Throttled),
];

impl Code {
    /// True when the same may work later, with nothing changed.
    pub fn is_transient(self) -> bool {
        matches!(self, Code::Unavailable | Code::InUse | Code::ServerBug) || self.wants_backoff()
    }

    /// True when the server asks for fewer or slower requests.
    pub fn wants_backoff(self) -> bool {
        matches!(self, Code::Limit | Code::OverQuota | Code::Throttled)
    }

    /// What the owner can do about it, where the server's own words may not say.
    fn advice(self) -> Option<&'static str> {
        Some(match self {
            Code::Unavailable | Code::ServerBug => "the server has trouble of its own; postnote tries again later",
            Code::AuthorizationFailed => "the password is right, but the account may not use IMAP; see its settings",
            Code::Expired => {
                "the password or token has expired; set a new password at your provider, or sign in again with `postnote login`"
            }
            Code::PrivacyRequired => "set `security` to \"tls\" or \"starttls\"",
            Code::ContactAdmin => "ask whoever runs the server",
            Code::NoPermission => "the account has no permission for this",
            Code::InUse => "another program has it open; postnote tries again later",
            Code::Corruption => "the mailbox is damaged; ask whoever runs the server",
            Code::Limit => "a limit of the server's is reached; close other mail programs, or sync less often",
            Code::OverQuota => "the account is full, or its share of traffic is used up; make room, or wait",
            Code::Throttled => "the server wants fewer requests; postnote tries again later",
            Code::NonExistent | Code::TryCreate => "it is not there",
            // Of a wrong password, whoever shows the error says more.
            Code::AuthenticationFailed | Code::ClientBug | Code::Cannot | Code::AlreadyExists => return None,
        })
    }
}

/// What a server said: a code that decides, and words for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// The code, when it is one to act on.
    pub code: Option<Code>,
    /// The words, on one line.
    pub text: String,
}

impl Said {
    /// Reads words that may begin with a code in brackets.
    pub(super) fn parse(words: &str) -> Said {
        let clean = |text: &str| {
            let words: Vec<&str> = text.split(|c: char| c.is_control() || c == ' ').filter(|w| !w.is_empty()).collect();
            words.join(" ").chars().take(200).collect::<String>()
        };
        let words = words.trim_start();
        let coded = words.strip_prefix('[').and_then(|rest| rest.split_once(']'));
        let found = coded.and_then(|(code, text)| {
            let name = code.split(' ').next().unwrap_or_default();
            let (_, code) = NAMES.iter().find(|(n, _)| n.eq_ignore_ascii_case(name))?;
            Some(Said { code: Some(*code), text: clean(text) })
        });
        found.unwrap_or_else(|| Said { code: None, text: clean(words) })
    }

    /// Reads an answer as imap-proto gives it: codes that it does not know, it leaves in the words.
    pub(super) fn of(outcome: &Outcome<'_>) -> Said {
        let mut said = Said::parse(outcome.information.as_deref().unwrap_or_default());
        if outcome.code == Some(ResponseCode::TryCreate) {
            said.code = Some(Code::TryCreate);
        }
        said
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = if self.text.is_empty() { "it gives no reason" } else { self.text.as_str() };
        match self.code.and_then(Code::advice) {
            Some(advice) => write!(f, "{text} ({advice})"),
            None => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_read_and_words_kept() {
        for (words, code, text) in [
            (
                "[AUTHENTICATIONFAILED] Invalid credentials (Failure)",
                Some(Code::AuthenticationFailed),
                "Invalid credentials (Failure)",
            ),
            ("[unavailable] try later", Some(Code::Unavailable), "try later"),
            (
                "[OVERQUOTA] Account exceeded command or bandwidth limits.",
                Some(Code::OverQuota),
                "Account exceeded command or bandwidth limits.",
            ),
            ("[THROTTLED]", Some(Code::Throttled), ""),
            ("[LIMIT 20] too many", Some(Code::Limit), "too many"),
            ("[X-OTHER] what", None, "[X-OTHER] what"),
            ("no [UNAVAILABLE] here", None, "no [UNAVAILABLE] here"),
            ("two\r\nlines\u{1b}[31m", None, "two lines [31m"),
        ] {
            assert_eq!(Said::parse(words), Said { code, text: text.to_owned() }, "{words}");
        }
        assert_eq!(Said::default().to_string(), "it gives no reason");
    }

    #[test]
    fn what_is_transient() {
        let transient: Vec<&str> = NAMES.iter().filter(|(_, c)| c.is_transient()).map(|(n, _)| *n).collect();
        assert_eq!(transient, ["UNAVAILABLE", "INUSE", "SERVERBUG", "LIMIT", "OVERQUOTA", "THROTTLED"]);
    }
}
