//! SMTP: [`Session`], then `&Outgoing` → [`Receipt`], one after the other.
//!
//! An edge. The session is driven phase by phase (RFC 5321 §3.3), because what a lost connection means depends on
//! the phase: before the message's bytes nothing was sent, after them nobody can tell. Only a 250 is acceptance.

mod carrier;
mod login;

use crate::compose::Outgoing;
use crate::config::{Endpoint, Security};
use crate::net::{self, NetError, Stream};
use crate::secret::Credentials;
use carrier::Carrier;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use std::net::Ipv4Addr;
use std::time::Duration;

/// The server's word that it has taken the message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// Its answer: code and text, one line.
    pub response: String,
}

/// Why there is no receipt.
#[derive(Debug, thiserror::Error)]
pub enum SmtpError {
    /// No connection.
    #[error(transparent)]
    Net(#[from] NetError),
    /// The server refused name and password, or token.
    #[error("{host} refused the login of {user}: {text}")]
    Login {
        /// The server.
        host: String,
        /// The login name.
        user: String,
        /// What it said.
        text: String,
    },
    /// The server refused the sender, a recipient or the message.
    #[error("the server refused {what}: {text}")]
    Refused {
        /// What was refused.
        what: String,
        /// Code and text.
        text: String,
        /// For how long.
        until: Until,
    },
    /// An address that the server has no way to be told.
    #[error(
        "the address {0:?} has letters before the @ that are not ASCII, and the server takes no such addresses (it has no SMTPUTF8)"
    )]
    OnlyAscii(String),
    /// The connection broke before the message's bytes: nothing was sent.
    #[error("the connection to the SMTP server was lost before anything was sent ({0})")]
    Lost(String),
    /// The server says what SMTP does not; nothing was sent.
    #[error("the SMTP server's answer could not be understood ({0})")]
    Protocol(String),
    /// The message's bytes were under way and no answer came.
    #[error("the server went silent after the message was handed over ({0})")]
    Uncertain(String),
}

/// How long a refusal holds (RFC 5321 §4.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// A 5xx, or nothing that the server said: as long as nobody changes anything.
    Changed,
    /// A 4xx: a later try may succeed.
    Later,
    /// 421: as long as this connection, which the server ends (§3.8).
    Reconnected,
}

impl Until {
    fn of(error: &lettre::transport::smtp::Error) -> Until {
        match error.status().map(u16::from) {
            Some(421) => Until::Reconnected,
            _ if error.is_transient() => Until::Later,
            _ => Until::Changed,
        }
    }
}

impl SmtpError {
    /// True when nobody can tell whether the message was accepted.
    pub fn is_uncertain(&self) -> bool {
        matches!(self, SmtpError::Uncertain(_))
    }

    /// True when the server has ended the connection: nothing was sent over it, and another may do.
    pub fn is_closed(&self) -> bool {
        match self {
            SmtpError::Lost(_) => true,
            SmtpError::Refused { until, .. } => *until == Until::Reconnected,
            _ => false,
        }
    }

    /// True when nothing was sent and a later try may well succeed.
    pub fn is_transient(&self) -> bool {
        match self {
            SmtpError::Net(e) => e.is_transient(),
            SmtpError::Refused { until, .. } => *until != Until::Changed,
            SmtpError::Lost(_) => true,
            SmtpError::Login { .. } | SmtpError::OnlyAscii(_) | SmtpError::Protocol(_) | SmtpError::Uncertain(_) => {
                false
            }
        }
    }

    /// True when the login was refused.
    pub fn is_auth(&self) -> bool {
        matches!(self, SmtpError::Login { .. })
    }
}

const COMMAND: Duration = Duration::from_secs(300);
/// RFC 5321 §4.5.3.2.6: ten minutes for the answer to the final dot.
const FINAL: Duration = Duration::from_secs(600);

/// What the bytes themselves may take besides, over a slow line of 16 KiB a second: to give up on them half-way
/// would leave a message of which nobody can tell.
fn upload(octets: usize) -> Duration {
    Duration::from_secs(octets as u64 / (16 * 1024))
}

/// A connection that is logged in.
pub struct Session {
    connection: AsyncSmtpConnection,
    sent: usize,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("sent", &self.sent).finish_non_exhaustive()
    }
}

/// A server takes only so many messages over one connection; after these it gets a new one.
const MOST_SENT: usize = 100;

/// Connects and logs in.
pub async fn connect(endpoint: &Endpoint, user: &str, credentials: &Credentials) -> Result<Session, SmtpError> {
    let mut connection = open(endpoint).await?;
    login::login(&mut connection, endpoint, user, credentials).await?;
    Ok(Session { connection, sent: 0 })
}

impl Session {
    /// Sends a message to all of its recipients, or to none: when one recipient is refused, the message's bytes are
    /// not sent. After an error the session is over.
    pub async fn send(&mut self, outgoing: &Outgoing) -> Result<Receipt, SmtpError> {
        let address = |text: &str| {
            text.parse::<lettre::Address>().map_err(|e| SmtpError::Refused {
                what: text.to_owned(),
                text: e.to_string(),
                until: Until::Changed,
            })
        };
        let connection = &mut self.connection;
        let from = address(outgoing.from())?;
        let mut parameters = Vec::new();
        if let Some(needs) = outgoing.beyond_ascii().next() {
            // A server that takes such addresses takes eight bits, too (RFC 6531 §3.1).
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SmtpError::OnlyAscii(needs.to_owned()));
            }
            parameters = vec![MailParameter::Body(MailBodyParameter::EightBitMime), MailParameter::SmtpUtfEight];
        }
        phase("the sender", connection.command(Mail::new(Some(from), parameters))).await?;
        for recipient in outgoing.recipients() {
            phase(recipient, connection.command(Rcpt::new(address(recipient)?, vec![]))).await?;
        }
        let go = phase("the message", connection.command(Data)).await?;
        if !go.has_code(354) {
            return Err(SmtpError::Protocol(line(&go)));
        }
        // lettre writes CRLF before the dot; without our own last CRLF the message arrives as it was composed.
        let bytes = outgoing.bytes().strip_suffix(b"\r\n").unwrap_or(outgoing.bytes());
        self.sent += 1;
        match tokio::time::timeout(FINAL + upload(bytes.len()), connection.message(bytes)).await {
            Ok(Ok(response)) if response.code().severity == Severity::PositiveCompletion => {
                Ok(Receipt { response: line(&response) })
            }
            Ok(Ok(response)) => Err(SmtpError::Uncertain(line(&response))),
            Ok(Err(e)) => Err(match e.status() {
                Some(_) => refused("the message", &e),
                None => SmtpError::Uncertain(reason(&e)),
            }),
            Err(_) => Err(SmtpError::Uncertain("no answer in time".to_owned())),
        }
    }

    /// Whether it takes another message.
    pub fn goes_on(&self) -> bool {
        self.sent < MOST_SENT
    }

    /// Takes leave. What it brings changes nothing any more.
    pub async fn quit(mut self) {
        tokio::time::timeout(Duration::from_secs(5), self.connection.quit()).await.ok();
    }
}

async fn open(endpoint: &Endpoint) -> Result<AsyncSmtpConnection, SmtpError> {
    let tcp = net::tcp(endpoint).await?;
    let carrier = match endpoint.security {
        Security::Tls => Carrier::new(Stream::Tls(Box::new(net::tls(tcp, endpoint).await?))),
        Security::Plaintext => Carrier::new(Stream::Plain(tcp)),
        Security::StartTls => {
            let tcp = carrier::starttls(tcp).await?;
            Carrier::greeted(Stream::Tls(Box::new(net::tls(tcp, endpoint).await?)))
        }
    };
    // An address literal names no machine (RFC 5321 §4.1.3).
    let hello = ClientId::Ipv4(Ipv4Addr::LOCALHOST);
    let connecting = AsyncSmtpConnection::connect_with_transport(Box::new(carrier), &hello);
    timed(connecting).await?.map_err(|e| before("the connection", &e))
}

async fn phase(
    what: &str,
    work: impl Future<Output = Result<Response, lettre::transport::smtp::Error>>,
) -> Result<Response, SmtpError> {
    timed(work).await?.map_err(|e| before(what, &e))
}

async fn timed<T>(work: impl Future<Output = T>) -> Result<T, SmtpError> {
    tokio::time::timeout(COMMAND, work).await.map_err(|_| SmtpError::Lost("no answer in five minutes".to_owned()))
}

/// An error before the message's bytes.
fn before(what: &str, error: &lettre::transport::smtp::Error) -> SmtpError {
    match error.status() {
        Some(_) => refused(what, error),
        None if error.is_client() => SmtpError::Protocol(reason(error)),
        // lettre calls a connection that ends where an answer should be an incomplete response.
        None => SmtpError::Lost(reason(error)),
    }
}

fn refused(what: &str, error: &lettre::transport::smtp::Error) -> SmtpError {
    SmtpError::Refused { what: what.to_owned(), text: reason(error), until: Until::of(error) }
}

fn reason(error: &lettre::transport::smtp::Error) -> String {
    clean(&words(error))
}

/// What the server said, code and all.
fn words(error: &lettre::transport::smtp::Error) -> String {
    match (error.status(), std::error::Error::source(error)) {
        (Some(code), Some(source)) => format!("{code} {source}"),
        (_, Some(source)) => source.to_string(),
        (_, None) => error.to_string(),
    }
}

/// One line, not too long.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}

fn line(response: &Response) -> String {
    let text: Vec<_> = response.message().collect();
    let line = format!("{} {}", response.code(), text.join(" "));
    line.chars().map(|c| if c.is_control() { ' ' } else { c }).take(300).collect()
}
