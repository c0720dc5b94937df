//! List, examine, search and fetch: all of it leaves the mailbox as it was.

use super::name::{argument, quoted};
use super::{ImapError, Session};
use async_imap::imap_proto::{AttributeValue, MailboxDatum, NameAttribute, Response, ResponseCode};

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

/// One message fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Messages larger than this come in pieces of this size, so that no answer is held in memory twice over.
const PIECE: u32 = 8 * 1024 * 1024;
/// A larger message is not fetched.
const MAX_MESSAGE: u32 = 256 * 1024 * 1024;

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

    /// RFC822.SIZE of each message, in octets.
    pub async fn sizes(&mut self, uids: &[u32]) -> Result<Vec<(u32, u32)>, ImapError> {
        let mut found = Vec::new();
        self.exec(&format!("UID FETCH {} (UID RFC822.SIZE)", set(uids)), |response| {
            if let Response::Fetch(_, attributes) = response {
                let size =
                    attributes.iter().find_map(|a| if let AttributeValue::Rfc822Size(n) = a { Some(*n) } else { None });
                found.extend(uid_of(attributes).zip(size));
            }
        })
        .await?;
        found.retain(|(uid, _)| uids.contains(uid));
        Ok(found)
    }

    /// True when a message of that size is not fetched.
    pub fn is_too_large(size: u32) -> bool {
        size > MAX_MESSAGE
    }

    /// The messages, whole, without setting \Seen (BODY.PEEK). One that is gone meanwhile is not among them.
    pub async fn fetch(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, ImapError> {
        self.fetch_section(uids, "BODY.PEEK[]").await
    }

    /// The messages' headers alone.
    pub async fn fetch_headers(&mut self, uids: &[u32]) -> Result<Vec<Fetched>, ImapError> {
        self.fetch_section(uids, "BODY.PEEK[HEADER]").await
    }

    async fn fetch_section(&mut self, uids: &[u32], section: &str) -> Result<Vec<Fetched>, ImapError> {
        let mut found: Vec<Fetched> = Vec::new();
        self.exec(&format!("UID FETCH {} (UID {section})", set(uids)), |response| {
            if let Response::Fetch(_, attributes) = response {
                found.extend(uid_of(attributes).zip(body_of(attributes)).map(|(uid, bytes)| Fetched { uid, bytes }));
            }
        })
        .await?;
        found.retain(|f| uids.contains(&f.uid));
        found.sort_by_key(|f| f.uid);
        found.dedup_by_key(|f| f.uid);
        Ok(found)
    }

    /// One large message, piece by piece. `None` when it is gone meanwhile.
    ///
    /// Errors: [`ImapError::Protocol`] when the server gives more than it announced, or when it is too large.
    pub async fn fetch_large(&mut self, uid: u32, size: u32) -> Result<Option<Vec<u8>>, ImapError> {
        if size > MAX_MESSAGE {
            return Err(ImapError::Protocol(format!("a message of {} MB", size / 1_000_000)));
        }
        let mut whole: Vec<u8> = Vec::new();
        loop {
            let from = whole.len();
            let piece = self.fetch_section(&[uid], &format!("BODY.PEEK[]<{from}.{PIECE}>")).await?;
            let Some(piece) = piece.into_iter().next() else { return Ok(None) };
            whole.extend_from_slice(&piece.bytes);
            if piece.bytes.len() < PIECE as usize {
                return Ok(Some(whole));
            }
            if whole.len() > MAX_MESSAGE as usize {
                return Err(ImapError::Protocol("a message larger than announced".to_owned()));
            }
        }
    }

    /// True when a message of that size is fetched in pieces.
    pub fn is_large(size: u32) -> bool {
        size > PIECE
    }

    /// INTERNALDATE of a message, as the server writes it (RFC 3501 §9 `date-time`).
    pub async fn internal_date(&mut self, uid: u32) -> Result<Option<String>, ImapError> {
        let mut found = None;
        self.exec(&format!("UID FETCH {uid} (UID INTERNALDATE)"), |response| {
            if let Response::Fetch(_, attributes) = response {
                let date = attributes
                    .iter()
                    .find_map(|a| if let AttributeValue::InternalDate(d) = a { Some(d.to_string()) } else { None });
                if uid_of(attributes) == Some(uid) {
                    found = date;
                }
            }
        })
        .await?;
        Ok(found)
    }
}

fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|a| if let AttributeValue::Uid(n) = a { Some(*n) } else { None })
}

fn body_of(attributes: &[AttributeValue<'_>]) -> Option<Vec<u8>> {
    attributes.iter().find_map(|a| match a {
        AttributeValue::BodySection { data: Some(data), .. } => Some(data.to_vec()),
        _ => None,
    })
}

/// A sequence set: `1:3,7` (RFC 3501 §9). `uids` ascending.
pub fn set(uids: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(uid) => *end = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    let shown: Vec<_> = ranges.iter().map(|(a, b)| if a == b { a.to_string() } else { format!("{a}:{b}") }).collect();
    shown.join(",")
}

#[cfg(test)]
mod tests {
    #[test]
    fn sets_are_short() {
        assert_eq!(super::set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(super::set(&[5]), "5");
    }
}
