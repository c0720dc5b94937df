//! What a server can do (RFC 3501 §6.1.1, §7.2.1): read from where it says so without being asked; and what is made
//! of it for a session as a whole.

use super::guard::Guard;
use super::{ImapError, SILENCE, Said, Session, broken};

/// Who we are (RFC 2971). Some providers open no mailbox to a client that does not say.
pub(super) const ID: &str = concat!("ID (\"name\" \"postnote\" \"version\" \"", env!("CARGO_PKG_VERSION"), "\")");

impl Session {
    /// True when the server offers the capability (compared without case).
    pub fn offers(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c.eq_ignore_ascii_case(capability))
    }

    /// True when the server is on this machine.
    pub fn is_local(&self) -> bool {
        self.inner.get_ref().is_local()
    }

    /// The same session with COMPRESS=DEFLATE (RFC 4978), where it is offered. The first command of a session: before
    /// anything is under way.
    ///
    /// Errors: any of them has used up the session.
    pub async fn compressed(self) -> Result<Session, ImapError> {
        use async_imap::error::Error;
        if !self.offers("COMPRESS=DEFLATE") {
            return Ok(self);
        }
        let answer = tokio::time::timeout(SILENCE, self.inner.compress(Guard::deflated)).await;
        let inner = answer.map_err(|_| ImapError::Lost("it does not answer".to_owned()))?.map_err(|e| match e {
            Error::Io(e) => broken(&e),
            Error::ConnectionLost => ImapError::Lost("it was closed".to_owned()),
            _ => ImapError::Refused { command: "COMPRESS".to_owned(), said: Said::default() },
        })?;
        Ok(Session { inner, ..self })
    }
}

/// The capabilities that a line announces: an untagged CAPABILITY, or the code of a greeting or an OK (§7.1).
pub(super) fn announced(line: &str) -> Option<&str> {
    const WORD: &str = "CAPABILITY ";
    let line = line.trim_end();
    let after = |text: &str| text.get(..WORD.len()).is_some_and(|w| w.eq_ignore_ascii_case(WORD));
    if let Some(rest) = line.strip_prefix("* ")
        && after(rest)
    {
        return rest.get(WORD.len()..);
    }
    let (before, code) = line.split_once('[')?;
    let (code, _) = code.split_once(']')?;
    let status = before.trim_end().rsplit(' ').next().unwrap_or_default();
    let ok = status.eq_ignore_ascii_case("OK") || status.eq_ignore_ascii_case("PREAUTH");
    if ok && before.split_whitespace().count() == 2 && after(code) { code.get(WORD.len()..) } else { None }
}

/// The words of a capability list.
pub(super) fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_servers_announce() {
        for (line, found) in [
            ("* CAPABILITY IMAP4rev1 IDLE\r\n", Some("IMAP4rev1 IDLE")),
            ("* OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] ready\r\n", Some("IMAP4rev1 ID AUTH=PLAIN")),
            ("A0001 OK [capability IMAP4rev1] Logged in\r\n", Some("IMAP4rev1")),
            ("A0001 NO [CAPABILITY IMAP4rev1] no\r\n", None),
            ("* OK hello [CAPABILITY x]\r\n", None),
            ("* OK [ALERT] hello\r\n", None),
            ("* OK [CAPABILITY IMAP4rev1\r\n", None),
        ] {
            assert_eq!(announced(line), found, "{line}");
        }
        assert_eq!(words(" A  B"), ["A", "B"]);
    }
}
