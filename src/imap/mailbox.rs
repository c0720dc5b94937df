//! List, examine and search: all of it leaves the mailbox as it was.

use super::name::{argument, quoted};
use super::{ImapError, Session};
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response, ResponseCode};

/// One mailbox of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxInfo {
    /// Its name, as the server writes it.
    pub name: String,
    /// What separates levels of its name.
    pub delimiter: Option<String>,
    /// `\Sent` (RFC 6154).
    pub is_sent: bool,
    /// Can be opened.
    pub selectable: bool,
}

/// A mailbox that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mailbox {
    /// UIDVALIDITY; 0 when the server gives none (RFC 3501 §2.3.1.1 calls such UIDs not persistent).
    pub uid_validity: u32,
    /// UIDNEXT, when the server says it.
    pub uid_next: Option<u32>,
    /// How many messages it holds.
    pub exists: u32,
}

impl Session {
    /// Every mailbox of the account.
    pub async fn list(&mut self) -> Result<Vec<MailboxInfo>, ImapError> {
        let command = if self.offers("SPECIAL-USE") && self.offers("LIST-EXTENDED") {
            "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
        } else {
            "LIST \"\" \"*\""
        };
        let mut found = Vec::new();
        self.exec(command, |response| {
            if let Response::MailboxData(MailboxDatum::List(data)) = response {
                found.push(MailboxInfo {
                    name: data.name.to_string(),
                    delimiter: data.delimiter.as_ref().map(ToString::to_string),
                    is_sent: data.name_attributes.iter().any(|a| matches!(a, NameAttribute::Sent)),
                    selectable: !data.name_attributes.iter().any(|a| matches!(a, NameAttribute::NoSelect)),
                });
            }
        })
        .await?;
        Ok(found)
    }

    /// Opens a mailbox read-only (EXAMINE); `name` as the owner writes it or as the server lists it.
    pub async fn examine(&mut self, name: &str) -> Result<Mailbox, ImapError> {
        self.open("EXAMINE", name).await
    }

    /// Opens a mailbox for changing flags.
    pub(super) async fn select(&mut self, name: &str) -> Result<Mailbox, ImapError> {
        self.open("SELECT", name).await
    }

    async fn open(&mut self, command: &str, name: &str) -> Result<Mailbox, ImapError> {
        let wire = argument(name)?;
        let mut mailbox = Mailbox { uid_validity: 0, uid_next: None, exists: 0 };
        self.exec(&format!("{command} {wire}"), |response| match response {
            Response::MailboxData(MailboxDatum::Exists(n)) => mailbox.exists = *n,
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(n)) => mailbox.uid_validity = *n,
                Some(ResponseCode::UidNext(n)) => mailbox.uid_next = Some(*n),
                _ => {}
            },
            _ => {}
        })
        .await?;
        Ok(mailbox)
    }

    /// UIDs that match, ascending. `criteria` is IMAP's own language, ASCII (RFC 3501 §6.4.4).
    pub async fn search(&mut self, criteria: &str) -> Result<Vec<u32>, ImapError> {
        let mut found = Vec::new();
        self.exec(&format!("UID SEARCH {criteria}"), |response| {
            if let Response::MailboxData(MailboxDatum::Search(uids)) = response {
                found.extend_from_slice(uids);
            }
        })
        .await?;
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// UIDs of the messages in the open mailbox whose header of that name holds `value` (RFC 3501 §6.4.4 `HEADER`).
    pub async fn search_header(&mut self, name: &str, value: &str) -> Result<Vec<u32>, ImapError> {
        if !value.is_ascii() {
            return Err(ImapError::Argument(value.to_owned()));
        }
        self.search(&format!("HEADER {name} {}", quoted(value))).await
    }
}
