//! Examine and search: all of it leaves the mailbox as it was.

use super::name::quoted;
use super::{Flag, ImapError, Session};
use async_imap::imap_proto::{MailboxDatum, Response, ResponseCode};

/// A mailbox that is open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mailbox {
    /// UIDVALIDITY; 0 when the server gives none (RFC 3501 §2.3.1.1 calls such UIDs not persistent).
    pub uid_validity: u32,
    /// UIDNEXT, when the server says it.
    pub uid_next: Option<u32>,
    /// How many messages it holds.
    pub exists: u32,
    /// HIGHESTMODSEQ (RFC 7162): what to ask with next time; `None` when the mailbox keeps none.
    pub modseq: Option<u64>,
}

impl Mailbox {
    /// Takes in what the server says while it opens the mailbox.
    pub(super) fn hear(&mut self, response: &Response<'_>) {
        match response {
            Response::MailboxData(MailboxDatum::Exists(n)) => self.exists = *n,
            Response::Data { outcome, .. } => match &outcome.code {
                Some(ResponseCode::UidValidity(n)) => self.uid_validity = *n,
                Some(ResponseCode::UidNext(n)) => self.uid_next = Some(*n),
                Some(ResponseCode::HighestModSeq(n)) => self.modseq = Some(*n).filter(|n| *n > 0),
                _ => {}
            },
            _ => {}
        }
    }
}

impl Mailbox {
    /// The same without a UIDNEXT that cannot be: a message has a UID, and UIDNEXT is above it.
    pub fn plausible(self) -> Mailbox {
        Mailbox { uid_next: self.uid_next.filter(|next| *next > self.exists), ..self }
    }
}

impl Session {
    /// Opens a mailbox read-only (EXAMINE); `name` as people read it.
    pub async fn examine(&mut self, name: &str) -> Result<Mailbox, ImapError> {
        self.open("EXAMINE", name, |_| ()).await
    }

    /// Opens a mailbox for setting a flag; and whether it keeps that: it does unless it says which ones it keeps
    /// (PERMANENTFLAGS, RFC 3501 §7.1), and this is none of them.
    pub(super) async fn select_for(&mut self, name: &str, flag: Flag) -> Result<(Mailbox, bool), ImapError> {
        let mut kept = true;
        let mailbox = self
            .open("SELECT", name, |response| {
                if let Response::Data { outcome, .. } = response
                    && let Some(ResponseCode::PermanentFlags(flags)) = &outcome.code
                {
                    let any = |flag: &str| flags.iter().any(|f| f.eq_ignore_ascii_case(flag));
                    kept = flag == Flag::Answered || any("\\*") || any(flag.as_str());
                }
            })
            .await?;
        Ok((mailbox, kept))
    }

    async fn open(
        &mut self,
        command: &str,
        name: &str,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<Mailbox, ImapError> {
        let wire = self.argument(name).await?;
        let mut mailbox = Mailbox::default();
        self.exec(&format!("{command} {wire}"), |response| {
            mailbox.hear(response);
            on(response);
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
