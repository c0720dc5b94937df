//! IMAP: a session in which no failure looks like success.
//!
//! An edge. async-imap carries, parses and logs in; every other command goes through [`Session::exec`], because
//! async-imap gives a tagged NO, and even a lost connection, as an empty success.
//!
//! - [`login`]: connect, STARTTLS, log in
//! - [`mailbox`]: list, examine, search, fetch
//! - [`mod@file`]: append, flags
//! - [`idle`]: waiting for mail
//! - [`name`]: mailbox names on the wire (RFC 3501 §5.1.3)
//! - this file: the strict `exec` and its errors

mod file;
mod idle;
mod login;
mod mailbox;
mod name;

pub use idle::Waits;
pub use login::connect;
pub use mailbox::{Fetched, Mailbox, MailboxInfo, set};

use crate::net::{NetError, Stream};
use async_imap::imap_proto::{Response, ResponseCode, Status};
use std::time::Duration;

/// A server that says nothing for this long is gone (FETCH of a cold mailbox can take a while).
const SILENCE: Duration = Duration::from_secs(120);

/// What a caller may have to decide on.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// No connection.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The server refused name or password.
    #[error("{host} refused the login of {user}: {text}")]
    Login {
        /// The server.
        host: String,
        /// The login name.
        user: String,
        /// What it said.
        text: String,
    },
    /// A tagged NO or BAD.
    #[error("the server refused {command}: {text}")]
    Refused {
        /// The command's name.
        command: String,
        /// What it said.
        text: String,
        /// `[TRYCREATE]`: the mailbox is not there (RFC 3501 §7.1).
        try_create: bool,
    },
    /// The server closed the session.
    #[error("the server ended the session: {0}")]
    Bye(String),
    /// The connection broke or stayed silent.
    #[error("the connection to the IMAP server was lost ({0})")]
    Lost(String),
    /// The server says what IMAP does not.
    #[error("the IMAP server's answer could not be understood ({0})")]
    Protocol(String),
    /// An argument that cannot be sent.
    #[error("{0:?} cannot be sent to an IMAP server")]
    Argument(String),
}

impl ImapError {
    /// True when the login was refused: trying again with the same secret is no use.
    pub fn is_auth(&self) -> bool {
        matches!(self, ImapError::Login { .. })
    }

    /// True when a later try may well succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            ImapError::Net(e) => e.is_transient(),
            ImapError::Bye(_) | ImapError::Lost(_) => true,
            _ => false,
        }
    }
}

/// A logged-in session. After any error but [`ImapError::Refused`] it is broken: drop it.
#[derive(Debug)]
pub struct Session {
    inner: async_imap::Session<Stream>,
    capabilities: Vec<String>,
}

impl Session {
    /// Runs one command to its own tagged answer; `on` sees every untagged response on the way.
    ///
    /// Errors: [`ImapError::Refused`] for NO and BAD; [`ImapError::Bye`], [`ImapError::Lost`] and
    /// [`ImapError::Protocol`] end the session.
    async fn exec(&mut self, command: &str, on: impl FnMut(&Response<'_>)) -> Result<(), ImapError> {
        // Mailbox names reach this point from servers and configs.
        if command.contains(['\r', '\n', '\0']) {
            return Err(ImapError::Argument(command.to_owned()));
        }
        let sent = tokio::time::timeout(SILENCE, self.inner.run_command(command)).await;
        let id = match sent {
            Ok(Ok(id)) => id,
            Ok(Err(e)) => return Err(ImapError::Lost(e.to_string())),
            Err(_) => return Err(ImapError::Lost("it takes no more data".to_owned())),
        };
        self.answer(&id, command, on).await
    }

    /// Reads on to the tagged answer of `id`.
    async fn answer(
        &mut self,
        id: &async_imap::imap_proto::RequestId,
        command: &str,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<(), ImapError> {
        loop {
            let ended = self
                .next(|response| match response {
                    Response::Done { tag, status, outcome } if tag == id => {
                        let text = outcome.information.as_deref().unwrap_or_default().to_owned();
                        Some(match status {
                            Status::Ok => Ok(()),
                            Status::No | Status::Bad => Err(ImapError::Refused {
                                command: verb(command),
                                text,
                                try_create: outcome.code == Some(ResponseCode::TryCreate),
                            }),
                            Status::Bye | Status::PreAuth => Err(ImapError::Bye(text)),
                        })
                    }
                    Response::Done { .. } => Some(Err(ImapError::Protocol("an answer to another command".to_owned()))),
                    Response::Continue(_) => {
                        Some(Err(ImapError::Protocol("it asks for more where nothing is left".to_owned())))
                    }
                    response => {
                        on(response);
                        None
                    }
                })
                .await?;
            if let Some(result) = ended {
                return result;
            }
        }
    }

    /// Shows `see` the next response, within the time allowed; BYE and the end of the stream are errors.
    async fn next<T>(&mut self, see: impl FnOnce(&Response<'_>) -> T) -> Result<T, ImapError> {
        match self.next_within(SILENCE, see).await? {
            Some(seen) => Ok(seen),
            None => Err(ImapError::Lost(format!("silent for {} s", SILENCE.as_secs()))),
        }
    }

    /// The same, but silence is `None`: whatever was read of a response by then is kept for the next call.
    async fn next_within<T>(
        &mut self,
        time: Duration,
        see: impl FnOnce(&Response<'_>) -> T,
    ) -> Result<Option<T>, ImapError> {
        let data = match tokio::time::timeout(time, self.inner.read_response()).await {
            Err(_) => return Ok(None),
            Ok(Err(e)) if e.kind() == std::io::ErrorKind::Other => {
                return Err(ImapError::Protocol("a line that is no IMAP".to_owned()));
            }
            Ok(Err(e)) => return Err(ImapError::Lost(e.to_string())),
            Ok(Ok(None)) => return Err(ImapError::Lost("it was closed".to_owned())),
            Ok(Ok(Some(data))) => data,
        };
        match data.parsed() {
            Response::Data { status: Status::Bye, outcome } => {
                Err(ImapError::Bye(outcome.information.as_deref().unwrap_or_default().to_owned()))
            }
            response => Ok(Some(see(response))),
        }
    }

    /// True when the server offers the capability (compared without case).
    pub fn offers(&self, capability: &str) -> bool {
        self.capabilities.iter().any(|c| c.eq_ignore_ascii_case(capability))
    }

    /// Says goodbye; what the server answers does not matter any more.
    pub async fn logout(mut self) {
        let sent = tokio::time::timeout(Duration::from_secs(5), self.inner.run_command("LOGOUT"));
        if let Ok(Ok(_)) = sent.await {
            tokio::time::timeout(Duration::from_secs(5), self.inner.read_response()).await.ok();
        }
    }
}

/// The command's name without its arguments: arguments may be private.
fn verb(command: &str) -> String {
    let mut words = command.split(' ');
    match words.next() {
        Some("UID") => format!("UID {}", words.next().unwrap_or_default()),
        Some(word) => word.to_owned(),
        None => String::new(),
    }
}
