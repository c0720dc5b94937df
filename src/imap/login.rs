//! From an endpoint to a logged-in session.

use super::guard::Guard;
use super::{ImapError, SILENCE, Said, Session, bearer, broken, capability};
use crate::config::{Endpoint, Security};
use crate::net::{self, Stream};
use crate::secret::Credentials;
use async_imap::imap_proto::{Response, Status};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// Connects and logs in. A server that greets with PREAUTH is refused: whose session would it be?
pub async fn connect(endpoint: &Endpoint, user: &str, credentials: &Credentials) -> Result<Session, ImapError> {
    let tcp = net::tcp(endpoint).await?;
    let (stream, greeted) = match endpoint.security {
        Security::Tls => (Stream::Tls(Box::new(net::tls(tcp, endpoint).await?)), false),
        Security::StartTls => (Stream::Tls(Box::new(net::tls(starttls(tcp).await?, endpoint).await?)), true),
        Security::Plaintext => (Stream::Plain(tcp), false),
    };
    let mut client = async_imap::Client::new(Guard::new(stream));
    if !greeted {
        let greeting = timed(client.read_response()).await?.map_err(|e| broken(&e))?;
        match greeting.as_ref().map(|g| g.parsed()) {
            Some(Response::Data { status: Status::Ok, .. }) => {}
            Some(Response::Data { status: Status::Bye, outcome }) => {
                return Err(ImapError::Bye(Said::of(outcome)));
            }
            Some(Response::Data { status: Status::PreAuth, .. }) => {
                return Err(ImapError::Protocol("it greets with PREAUTH, which is refused".to_owned()));
            }
            Some(_) => return Err(ImapError::Protocol("no greeting".to_owned())),
            None => return Err(ImapError::Lost("it was closed".to_owned())),
        }
    }
    let greeted = client.get_mut().take_capabilities();
    let session = match credentials {
        Credentials::Password(password) => by_password(client, user, password).await?,
        Credentials::Token(token) => bearer::login(client, greeted, endpoint, user, token).await?,
    };
    let mut inner = session.map_err(|(error, _)| refusal(error, endpoint, user, credentials))?;
    let announced = inner.get_mut().take_capabilities();
    inner.get_mut().logged_in();
    let mut session = Session::new(inner);
    let announced = match announced {
        Some(list) => Some(list),
        None => {
            session.exec("CAPABILITY", |_| ()).await?;
            session.inner.get_mut().take_capabilities()
        }
    };
    session.capabilities = capability::words(&announced.unwrap_or_default());
    Ok(session)
}

/// What async-imap makes of a login.
pub(super) type Attempt = Result<async_imap::Session<Guard>, (async_imap::error::Error, async_imap::Client<Guard>)>;

async fn by_password(
    client: async_imap::Client<Guard>,
    user: &str,
    password: &SecretString,
) -> Result<Attempt, ImapError> {
    let secret = password.expose_secret();
    // LOGIN takes ASCII only (RFC 3501 §6.2.3); SASL PLAIN takes UTF-8 (RFC 4616).
    if user.is_ascii() && secret.is_ascii() {
        timed(client.login(user, secret)).await
    } else {
        timed(client.authenticate("PLAIN", Plain { user, secret })).await
    }
}

pub(super) async fn timed<T>(work: impl Future<Output = T>) -> Result<T, ImapError> {
    tokio::time::timeout(SILENCE, work).await.map_err(|_| ImapError::Lost("it does not answer".to_owned()))
}

fn refusal(error: async_imap::error::Error, endpoint: &Endpoint, user: &str, credentials: &Credentials) -> ImapError {
    use async_imap::error::Error;
    match error {
        Error::No(text) | Error::Bad(text) => {
            let words = credentials.hide(&said(&text), user, (&endpoint.host, endpoint.port));
            ImapError::Login { host: endpoint.host.clone(), user: user.to_owned(), said: Said::parse(&words) }
        }
        Error::Validate(_) => ImapError::Argument("a user name or password with a line break".to_owned()),
        Error::ConnectionLost => ImapError::Lost("it was closed during the login".to_owned()),
        Error::Io(e) => broken(&e),
        _ => ImapError::Protocol("during the login".to_owned()),
    }
}

/// The server's own words out of what async-imap makes of them: `code: …, info: Some("…")`.
fn said(text: &str) -> String {
    let inner = text.split_once("info: Some(\"").and_then(|(_, rest)| rest.rsplit_once("\")"));
    inner.map_or(text, |(words, _)| words).replace("\\\"", "\"")
}

struct Plain<'a> {
    user: &'a str,
    secret: &'a str,
}

impl async_imap::Authenticator for Plain<'_> {
    type Response = String;

    fn process(&mut self, _challenge: &[u8]) -> String {
        format!("\0{}\0{}", self.user, self.secret)
    }
}

/// STARTTLS (RFC 3501 §6.2.1) on the bare socket: what comes before the handshake and was not asked for is an
/// attack (CVE-2011-0411 and its kin), and a server without STARTTLS gets no password.
async fn starttls(tcp: TcpStream) -> Result<TcpStream, ImapError> {
    let mut reader = BufReader::new(tcp);
    let greeting = line(&mut reader, "STARTTLS").await?;
    if !greeting.to_ascii_uppercase().starts_with("* OK") {
        return Err(ImapError::Protocol("no greeting that allows STARTTLS".to_owned()));
    }
    reader.write_all(b"a1 STARTTLS\r\n").await.map_err(|e| ImapError::Lost(e.to_string()))?;
    loop {
        let answer = line(&mut reader, "STARTTLS").await?;
        if answer.to_ascii_uppercase().starts_with("A1 OK") {
            break;
        }
        if !answer.starts_with("* ") {
            let said = answer
                .split_once(' ')
                .map_or("", |(_, status)| status)
                .trim_start_matches(|c: char| c.is_ascii_alphabetic());
            return Err(ImapError::Refused { command: "STARTTLS".to_owned(), said: Said::parse(said) });
        }
    }
    if reader.buffer().is_empty() {
        Ok(reader.into_inner())
    } else {
        Err(ImapError::Protocol("data before the TLS handshake; somebody may be in between".to_owned()))
    }
}

/// One line, for where async-imap does not read yet; `before` says what an end would come before.
pub(super) async fn line<S: AsyncRead + Unpin>(reader: &mut BufReader<S>, before: &str) -> Result<String, ImapError> {
    use tokio::io::AsyncReadExt;
    let mut bytes = Vec::new();
    let mut limited = reader.take(8192);
    let read = timed(limited.read_until(b'\n', &mut bytes)).await?.map_err(|e| ImapError::Lost(e.to_string()))?;
    if read == 0 || !bytes.ends_with(b"\n") {
        return Err(ImapError::Lost(format!("it was closed before {before}")));
    }
    Ok(String::from_utf8_lossy(&bytes).trim_end().chars().filter(|c| !c.is_control()).collect())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_servers_words_alone() {
        assert_eq!(super::said(r#"code: None, info: Some("LOGIN \"failed\"")"#), "LOGIN \"failed\"");
        assert_eq!(super::said("code: None, info: None"), "code: None, info: None");
    }
}
