//! Logging in at both servers, to see whether it works. Nothing is read but the mailboxes' names, nothing is sent.

use crate::config::Endpoint;
use crate::imap::{self, ImapError, MailboxInfo};
use crate::secret::Credentials;
use crate::smtp::{self, SmtpError};
use std::time::Duration;

/// How long one of them may take: a person waits for it.
const PATIENCE: Duration = Duration::from_secs(40);
const SILENT: &str = "it does not answer";

/// Logs in over IMAP; the mailboxes there.
pub async fn imap(endpoint: &Endpoint, user: &str, credentials: &Credentials) -> Result<Vec<MailboxInfo>, ImapError> {
    let work = async {
        let mut session = imap::connect(endpoint, user, credentials).await?;
        let mailboxes = session.list().await;
        session.logout().await;
        mailboxes
    };
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(ImapError::Lost(SILENT.to_owned())))
}

/// Logs in over SMTP.
pub async fn smtp(endpoint: &Endpoint, user: &str, credentials: &Credentials) -> Result<(), SmtpError> {
    let work = async {
        smtp::connect(endpoint, user, credentials).await?.quit().await;
        Ok(())
    };
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(SmtpError::Lost(SILENT.to_owned())))
}
