//! The ways to an account's servers: logged in with what is good now, and once more with what is renewed when the server
//! refuses it.

use crate::compose::Outgoing;
use crate::config::Account;
use crate::imap::{self, ImapError, Session};
use crate::secret::{self, Credentials, SecretError};
use crate::smtp::{self, Receipt, SmtpError, Until};
use anyhow::Result;
use std::sync::{Mutex, PoisonError};

/// Who logs in, and with what.
#[derive(Debug)]
pub struct Login<'a> {
    account: &'a Account,
    credentials: Mutex<Credentials>,
    /// What the message before went over.
    smtp: tokio::sync::Mutex<Option<smtp::Session>>,
}

impl<'a> Login<'a> {
    /// With what the account logs in with now.
    pub async fn new(account: &'a Account) -> Result<Login<'a>, SecretError> {
        let credentials = Mutex::new(secret::read(&account.secret, &account.name).await?);
        Ok(Login { account, credentials, smtp: tokio::sync::Mutex::default() })
    }

    fn credentials(&self) -> Credentials {
        self.credentials.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Others than those that were refused, if there are any.
    async fn renewed(&self, refused: &Credentials) -> Result<Option<Credentials>, SecretError> {
        let renewed = secret::renew(&self.account.secret, &self.account.name, refused).await?;
        if let Some(credentials) = &renewed {
            *self.credentials.lock().unwrap_or_else(PoisonError::into_inner) = credentials.clone();
        }
        Ok(renewed)
    }

    /// A session over IMAP.
    pub async fn imap(&self) -> Result<Session> {
        let (account, credentials) = (self.account, self.credentials());
        let connect = async |with: &Credentials| imap::connect(&account.imap, &account.imap_username, with).await;
        match connect(&credentials).await {
            Err(e) if e.is_auth() => match self.renewed(&credentials).await? {
                Some(renewed) => Ok(connect(&renewed).await?),
                None => Err(e.into()),
            },
            other => Ok(other?),
        }
    }

    /// Sends over SMTP, over the connection of before if there is one. One that its server had closed has sent nothing
    /// more: then there is a new one.
    pub async fn smtp(&self, outgoing: &Outgoing) -> Result<Receipt, SmtpError> {
        let mut line = self.smtp.lock().await;
        if let Some(mut session) = line.take() {
            match session.send(outgoing).await {
                Err(e) if e.is_closed() => session.quit().await,
                answer => return keep(&mut line, session, answer).await,
            }
        }
        let mut session = self.smtp_session().await?;
        let answer = session.send(outgoing).await;
        keep(&mut line, session, answer).await
    }

    /// Takes leave of the SMTP server.
    pub async fn hang_up(&self) {
        if let Some(session) = self.smtp.lock().await.take() {
            session.quit().await;
        }
    }

    /// Logs in over SMTP, and sends nothing.
    pub async fn try_smtp(&self) -> Result<(), SmtpError> {
        self.smtp_session().await?.quit().await;
        Ok(())
    }

    async fn smtp_session(&self) -> Result<smtp::Session, SmtpError> {
        let (account, credentials) = (self.account, self.credentials());
        let connect = async |with: &Credentials| smtp::connect(&account.smtp, &account.smtp_username, with).await;
        match connect(&credentials).await {
            Err(refused) if refused.is_auth() => match self.renewed(&credentials).await {
                Ok(Some(renewed)) => connect(&renewed).await,
                Ok(None) => Err(refused),
                Err(e) if e.is_transient() => {
                    Err(SmtpError::Refused { what: "the login".to_owned(), text: e.to_string(), until: Until::Later })
                }
                Err(e) => {
                    let (host, user) = (account.smtp.host.clone(), account.smtp_username.clone());
                    Err(SmtpError::Login { host, user, text: e.to_string() })
                }
            },
            other => other,
        }
    }
}

/// After an acceptance the connection is kept for the next message, else it is over.
async fn keep(
    line: &mut Option<smtp::Session>,
    session: smtp::Session,
    answer: Result<Receipt, SmtpError>,
) -> Result<Receipt, SmtpError> {
    if answer.is_ok() && session.goes_on() {
        *line = Some(session);
    } else {
        session.quit().await;
    }
    answer
}

/// Whether a server refused what an account logs in with.
pub fn was_refused(error: &anyhow::Error) -> bool {
    error.chain().any(|e| e.downcast_ref::<ImapError>().is_some_and(ImapError::is_auth))
}

/// Whether trying again is no use before the owner has done something about it.
pub fn needs_owner(error: &anyhow::Error) -> bool {
    let of_secret = error.chain().find_map(|e| e.downcast_ref::<SecretError>());
    was_refused(error) || of_secret.is_some_and(|e| !e.is_transient())
}
