//! What changes a mailbox: filing the Sent copy, and \Answered.

use super::{ImapError, SILENCE, Said, Session};
use async_imap::imap_proto::Response;
use tokio::io::AsyncWriteExt;

const PIECE: usize = 64 * 1024;

impl Session {
    /// Appends a message with \Seen (RFC 3501 §6.3.11).
    ///
    /// Errors: [`ImapError::Refused`] with [`Code::TryCreate`](super::Code) when the mailbox is not there.
    pub async fn append(&mut self, mailbox: &str, bytes: &[u8]) -> Result<(), ImapError> {
        let wire = self.argument(mailbox).await?;
        let lost = |e: &dyn std::fmt::Display| ImapError::Lost(e.to_string());
        // RFC 7888: with LITERAL+ the server need not be waited for, with LITERAL- for short ones.
        let at_once = self.offers("LITERAL+") || (self.offers("LITERAL-") && bytes.len() <= 4096);
        let plus = if at_once { "+" } else { "" };
        let id = self.begin(&format!("APPEND {wire} (\\Seen) {{{}{plus}}}", bytes.len())).await?;
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

    /// Sets \Answered on the message with that Message-ID in a mailbox; `false` when it is not there any more.
    pub async fn mark_answered(&mut self, mailbox: &str, message_id: &str) -> Result<bool, ImapError> {
        self.select(mailbox).await?;
        let uids = self.search_header("Message-ID", &format!("<{message_id}>")).await?;
        for uid in &uids {
            self.answered(*uid).await?;
        }
        Ok(!uids.is_empty())
    }

    /// The same for a message that has no Message-ID: by its UID, as long as the mailbox still means it by that.
    pub async fn mark_answered_uid(&mut self, mailbox: &str, uid_validity: u32, uid: u32) -> Result<bool, ImapError> {
        let open = self.select(mailbox).await?;
        let same = uid != 0 && uid_validity != 0 && open.uid_validity == uid_validity;
        if same {
            self.answered(uid).await?;
        }
        Ok(same)
    }

    async fn answered(&mut self, uid: u32) -> Result<(), ImapError> {
        self.exec(&format!("UID STORE {uid} +FLAGS.SILENT (\\Answered)"), |_| ()).await
    }
}
