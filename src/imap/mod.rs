//! IMAP: a session in which no failure looks like success.
//!
//! An edge. async-imap carries, parses and logs in; every other command goes through [`Session::exec`], because
//! async-imap gives a tagged NO, and even a lost connection, as an empty success.
//!
//! - [`login`]: connect, STARTTLS, log in
//! - [`bearer`]: logging in with a token
//! - [`list`]: which mailboxes there are, and whether anything is new in them
//! - [`mailbox`]: examine, search
//! - [`resync`]: what became of a mailbox since it was last read
//! - [`fetch`]: what the messages are, and the messages
//! - [`mod@file`]: append, flags
//! - [`idle`]: waiting for mail
//! - [`name`]: mailbox names on the wire (RFC 3501 §5.1.3)
//! - [`code`]: what the server means by NO and BYE
//! - [`capability`]: what the server can do
//! - [`guard`], [`framing`]: no more is taken in than is sound
//! - this file: the strict `exec` and its errors

mod bearer;
mod capability;
mod code;
pub mod fetch;
mod file;
mod framing;
mod guard;
mod idle;
pub mod list;
mod login;
mod mailbox;
pub mod name;
pub mod resync;

pub use code::{Code, Said};
pub use file::Flag;
pub use idle::Waits;
pub use list::{MailboxInfo, State, Use};
pub use login::connect;
pub use mailbox::Mailbox;

use crate::net::NetError;
use async_imap::imap_proto::{MailboxDatum, RequestId, Response, Status};
use guard::Guard;
use std::io;
use std::time::Duration;

/// A server that says nothing for this long is gone (FETCH of a cold mailbox can take a while).
const SILENCE: Duration = Duration::from_secs(120);
/// A server that sends more untagged lines of no use than this, in answer to one command, does not come to an end;
/// nor does one that sends so many of the useful kinds (a mailbox of a million messages has a million flags).
const IDLE_LINES: u32 = 50_000;
const LINES: u32 = 5_000_000;

/// What a caller may have to decide on.
#[derive(Debug, thiserror::Error)]
pub enum ImapError {
    /// No connection.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The server refused the login: for good, or, by its code, for now.
    #[error("{host} refused the login of {user}: {said}")]
    Login {
        /// The server.
        host: String,
        /// The login name.
        user: String,
        /// What it said.
        said: Said,
    },
    /// A tagged NO or BAD.
    #[error("the server refused {command}: {said}")]
    Refused {
        /// The command's name.
        command: String,
        /// What it said.
        said: Said,
    },
    /// The server closed the session.
    #[error("the server ended the session: {0}")]
    Bye(Said),
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
    /// True when the login was refused for good: trying again with the same secret is no use.
    pub fn is_auth(&self) -> bool {
        matches!(self, ImapError::Login { .. }) && !self.is_transient()
    }

    /// True when a later try may well succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            ImapError::Net(e) => e.is_transient(),
            ImapError::Bye(_) | ImapError::Lost(_) => true,
            ImapError::Login { .. } | ImapError::Refused { .. } => self.code().is_some_and(Code::is_transient),
            ImapError::Protocol(_) | ImapError::Argument(_) => false,
        }
    }

    /// True when the server asks for fewer or slower requests: wait longer than for a lost connection.
    pub fn wants_backoff(&self) -> bool {
        self.code().is_some_and(Code::wants_backoff)
    }

    /// The code that the server gave, when it gave one to act on.
    pub fn code(&self) -> Option<Code> {
        match self {
            ImapError::Login { said, .. } | ImapError::Refused { said, .. } | ImapError::Bye(said) => said.code,
            _ => None,
        }
    }
}

/// A logged-in session. After any error but [`ImapError::Refused`] it is broken: drop it.
#[derive(Debug)]
pub struct Session {
    inner: async_imap::Session<Guard>,
    capabilities: Vec<String>,
    lines: Lines,
    /// ID was sent, and its answer, for which nobody waits, has not come yet.
    introduced: bool,
    unawaited: Vec<RequestId>,
    /// The mailboxes, by their names as people read them and on the wire, once they have been listed.
    names: Option<Vec<(String, String)>>,
}

/// Untagged lines since the last tagged one.
#[derive(Debug, Default)]
struct Lines {
    idle: u32,
    all: u32,
}

impl Lines {
    fn count(&mut self, response: &Response<'_>) -> Result<(), ImapError> {
        match response {
            Response::Done { .. } => *self = Lines::default(),
            Response::Fetch(..)
            | Response::MailboxData(MailboxDatum::Search(_) | MailboxDatum::List(_) | MailboxDatum::Status { .. }) => {
                self.all += 1
            }
            _ => (self.all, self.idle) = (self.all + 1, self.idle + 1),
        }
        if self.idle > IDLE_LINES || self.all > LINES {
            return Err(ImapError::Protocol(format!("it sends line after line, {} of them, and no answer", self.all)));
        }
        Ok(())
    }
}

impl Session {
    fn new(inner: async_imap::Session<Guard>) -> Session {
        let (capabilities, unawaited) = (Vec::new(), Vec::new());
        Session { inner, capabilities, lines: Lines::default(), introduced: false, unawaited, names: None }
    }

    /// Runs one command to its own tagged answer; `on` sees every untagged response on the way.
    ///
    /// Errors: [`ImapError::Refused`] for NO and BAD; [`ImapError::Bye`], [`ImapError::Lost`] and
    /// [`ImapError::Protocol`] end the session.
    async fn exec(&mut self, command: &str, on: impl FnMut(&Response<'_>)) -> Result<(), ImapError> {
        let id = self.begin(command).await?;
        self.answer(&id, command, on).await
    }

    /// Sends a command; its tag.
    async fn begin(&mut self, command: &str) -> Result<RequestId, ImapError> {
        // Mailbox names reach this point from servers and configs.
        if command.contains(['\r', '\n', '\0']) {
            return Err(ImapError::Argument(command.to_owned()));
        }
        if !self.introduced && self.offers("ID") {
            self.introduced = true;
            let id = self.send(capability::ID).await?;
            self.unawaited.push(id);
        }
        self.send(command).await
    }

    async fn send(&mut self, command: &str) -> Result<RequestId, ImapError> {
        match tokio::time::timeout(SILENCE, self.inner.run_command(command)).await {
            Ok(Ok(id)) => Ok(id),
            Ok(Err(e)) => Err(ImapError::Lost(e.to_string())),
            Err(_) => Err(ImapError::Lost("it takes no more data".to_owned())),
        }
    }

    /// Reads on to the tagged answer of `id`.
    async fn answer(
        &mut self,
        id: &RequestId,
        command: &str,
        mut on: impl FnMut(&Response<'_>),
    ) -> Result<(), ImapError> {
        loop {
            let ended = self
                .next(|response| {
                    let ended = ending(response, id, command);
                    if ended.is_none() {
                        on(response);
                    }
                    ended
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
        loop {
            let data = match tokio::time::timeout(time, self.inner.read_response()).await {
                Err(_) => return Ok(None),
                Ok(Err(e)) => return Err(broken(&e)),
                Ok(Ok(None)) => return Err(ImapError::Lost("it was closed".to_owned())),
                Ok(Ok(Some(data))) => data,
            };
            let tagged = matches!(data.parsed(), Response::Done { .. });
            self.inner.get_mut().understood(tagged);
            self.lines.count(data.parsed())?;
            return match data.parsed() {
                Response::Data { status: Status::Bye, outcome } => Err(ImapError::Bye(Said::of(outcome))),
                Response::Done { tag, .. } if self.unawaited.contains(tag) => {
                    self.unawaited.retain(|id| id != tag);
                    continue;
                }
                response => Ok(Some(see(response))),
            };
        }
    }

    /// Says goodbye. What the server answers does not matter any more, and is not waited for.
    pub async fn logout(mut self) {
        tokio::time::timeout(Duration::from_secs(5), self.inner.run_command("LOGOUT")).await.ok();
    }
}

/// Why nothing can be read any more: what the guard refuses and what the parser cannot read is no IMAP.
fn broken(error: &io::Error) -> ImapError {
    match error.get_ref().and_then(|inner| inner.downcast_ref::<framing::Excess>()) {
        Some(excess) => ImapError::Protocol(excess.to_string()),
        None if error.kind() == io::ErrorKind::Other => ImapError::Protocol("a line that is no IMAP".to_owned()),
        None => ImapError::Lost(error.to_string()),
    }
}

/// How the command ended, if this is its end.
fn ending(response: &Response<'_>, id: &RequestId, command: &str) -> Option<Result<(), ImapError>> {
    match response {
        Response::Done { tag, status, outcome } if tag == id => {
            let said = Said::of(outcome);
            Some(match status {
                Status::Ok => Ok(()),
                Status::No | Status::Bad => Err(ImapError::Refused { command: verb(command), said }),
                Status::Bye | Status::PreAuth => Err(ImapError::Bye(said)),
            })
        }
        Response::Done { .. } => Some(Err(ImapError::Protocol("an answer to another command".to_owned()))),
        Response::Continue(_) => Some(Err(ImapError::Protocol("it asks for more where nothing is left".to_owned()))),
        _ => None,
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
