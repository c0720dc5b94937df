//! What changes a mailbox: filing the Sent copy, \Answered and $Forwarded.

use super::{ImapError, SILENCE, Said, Session};
use async_imap::imap_proto::Response;
use tokio::io::AsyncWriteExt;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flag {
    /// It was answered.
    Answered,
    /// It was passed on (RFC 9051 §2.3.2); not every mailbox takes such keywords.
    Forwarded,
}

impl Flag {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Flag::Answered => "\\Answered",
            Flag::Forwarded => "$Forwarded",
        }
    }
}

const PIECE: usize = 64 * 1024;

impl Session {
    /// Appends a message with \Seen (RFC 3501 §6.3.11).
    ///
    /// Errors: [`ImapError::Refused`] with [`Code::TryCreate`](super::Code) when the mailbox is not there.
    pub async fn append(&mut self, mailbox: &str, bytes: &[u8]) -> Result<(), ImapError> {
        self.append_flagged(mailbox, "\\Seen", bytes).await
    }

    /// The same for a draft.
    pub async fn append_draft(&mut self, mailbox: &str, bytes: &[u8]) -> Result<(), ImapError> {
        self.append_flagged(mailbox, "\\Seen \\Draft", bytes).await
    }

    /// Takes a message of one's own back, for good: the one of that UID, if the mailbox still means it by that and it has the
    /// header that says whose it is. No other is touched: it is UID EXPUNGE (RFC 4315), and the mailbox is not closed.
    pub async fn take_back(
        &mut self,
        mailbox: &str,
        (uid_validity, uid): (u32, u32),
        (header, value): (&str, &str),
    ) -> Result<bool, ImapError> {
        if !self.offers("UIDPLUS") || uid == 0 || uid_validity == 0 {
            return Ok(false);
        }
        let (open, _) = self.select_for(mailbox, Flag::Answered).await?;
        if open.uid_validity != uid_validity || !self.search_header(header, value).await?.contains(&uid) {
            return Ok(false);
        }
        self.exec(&format!("UID STORE {uid} +FLAGS.SILENT (\\Deleted)"), |_| ()).await?;
        self.exec(&format!("UID EXPUNGE {uid}"), |_| ()).await?;
        Ok(true)
    }

    async fn append_flagged(&mut self, mailbox: &str, flags: &str, bytes: &[u8]) -> Result<(), ImapError> {
        let wire = self.argument(mailbox).await?;
        let lost = |e: &dyn std::fmt::Display| ImapError::Lost(e.to_string());
        // RFC 7888: with LITERAL+ the server need not be waited for, with LITERAL- for short ones.
        let at_once = self.offers("LITERAL+") || (self.offers("LITERAL-") && bytes.len() <= 4096);
        let plus = if at_once { "+" } else { "" };
        let id = self.begin(&format!("APPEND {wire} ({flags}) {{{}{plus}}}", bytes.len())).await?;
        let mut waiting = !at_once;
        while waiting {
            let go = self
                .next(|response| match response {
                    Response::Continue(_) => Some(Ok(())),
                    Response::Done { outcome, .. } => {
                        Some(Err(ImapError::Refused { command: "APPEND".to_owned(), said: Said::of(outcome) }))
                    }
                    _ => None,
                })
                .await?;
            match go {
                Some(Ok(())) => waiting = false,
                Some(Err(refused)) => return Err(refused),
                None => {}
            }
        }
        let stream = self.inner.get_mut();
        // Each piece has its time: a large message over a slow line is no silence.
        for piece in bytes.chunks(PIECE).chain([b"\r\n".as_slice()]) {
            let written = async {
                stream.write_all(piece).await?;
                stream.flush().await
            };
            tokio::time::timeout(SILENCE, written).await.map_err(|e| lost(&e))?.map_err(|e| lost(&e))?;
        }
        self.answer(&id, "APPEND", |_| ()).await
    }

    /// Makes a mailbox.
    pub async fn create(&mut self, mailbox: &str) -> Result<(), ImapError> {
        let wire = self.argument(mailbox).await?;
        self.exec(&format!("CREATE {wire}"), |_| ()).await
    }

    /// Sets a flag on the message with that Message-ID in a mailbox; `false` when it is not there any more, or the mailbox does
    /// not keep such a flag.
    pub async fn mark(&mut self, mailbox: &str, message_id: &str, flag: Flag) -> Result<bool, ImapError> {
        if !self.select_for(mailbox, flag).await?.1 {
            return Ok(false);
        }
        let uids = self.search_header("Message-ID", &format!("<{message_id}>")).await?;
        for uid in &uids {
            self.store_flag(*uid, flag).await?;
        }
        Ok(!uids.is_empty())
    }

    /// The same for a message that has no Message-ID: by its UID, as long as the mailbox still means it by that.
    pub async fn mark_uid(
        &mut self,
        mailbox: &str,
        (uid_validity, uid): (u32, u32),
        flag: Flag,
    ) -> Result<bool, ImapError> {
        let (open, kept) = self.select_for(mailbox, flag).await?;
        let same = kept && uid != 0 && uid_validity != 0 && open.uid_validity == uid_validity;
        if same {
            self.store_flag(uid, flag).await?;
        }
        Ok(same)
    }

    async fn store_flag(&mut self, uid: u32, flag: Flag) -> Result<(), ImapError> {
        self.exec(&format!("UID STORE {uid} +FLAGS.SILENT ({})", flag.as_str()), |_| ()).await
    }
}
