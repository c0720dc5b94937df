//! Logging in with a token: OAUTHBEARER (RFC 7628) and XOAUTH2, with the initial response where the server takes it
//! (RFC 4959).

use super::guard::Guard;
use super::login::{Attempt, line, timed};
use super::{ImapError, Said, capability};
use crate::config::Endpoint;
use crate::secret::Bearer;
use async_imap::Client;
use secrecy::SecretString;
use tokio::io::{AsyncWriteExt, BufReader};
use zeroize::Zeroizing;

/// Logs in. A server that offers neither mechanism does not get to see the token. `announced`: the capabilities of the
/// greeting.
pub(super) async fn login(
    client: Client<Guard>,
    announced: Option<String>,
    endpoint: &Endpoint,
    user: &str,
    token: &SecretString,
) -> Result<Attempt, ImapError> {
    // ^A is what stands between the parts.
    if user.chars().any(char::is_control) {
        return Err(ImapError::Argument("a user name with a control character".to_owned()));
    }
    let (client, announced) = match announced {
        Some(list) => (client, list),
        None => capabilities(client.into_inner()).await?,
    };
    let offers = capability::words(&announced);
    let offered = |name: &str| offers.iter().any(|o| o.eq_ignore_ascii_case(name));
    let Some(mechanism) = Bearer::pick(|name| offered(&format!("AUTH={name}"))) else {
        return Err(ImapError::Refused {
            command: "the login".to_owned(),
            said: Said::parse("it takes no token (XOAUTH2, OAUTHBEARER); use a password for this account"),
        });
    };
    let first = mechanism.first(user, token, (&endpoint.host, endpoint.port));
    let mut command = Zeroizing::new(mechanism.name().to_owned());
    let at_once = offered("SASL-IR");
    if at_once {
        use base64::Engine as _;
        command.push(' ');
        base64::engine::general_purpose::STANDARD.encode_string(first.as_bytes(), &mut command);
    }
    let answers = Answers { mechanism, first: (!at_once).then_some(first) };
    timed(client.authenticate(command.as_str(), answers)).await
}

/// What the client says when it is asked: first the token, if that was not said at once; then, to the error that
/// comes before the refusal, whatever brings the refusal about.
struct Answers {
    mechanism: Bearer,
    first: Option<Zeroizing<String>>,
}

impl async_imap::Authenticator for Answers {
    type Response = Zeroizing<String>;

    fn process(&mut self, _challenge: &[u8]) -> Zeroizing<String> {
        self.first.take().unwrap_or_else(|| Zeroizing::new(self.mechanism.after_error().to_owned()))
    }
}

/// What the server offers before the login (RFC 3501 §6.1.1), asked on the bare stream: async-imap asks only after it.
async fn capabilities(stream: Guard) -> Result<(Client<Guard>, String), ImapError> {
    let mut reader = BufReader::new(stream);
    let lost = |e: std::io::Error| ImapError::Lost(e.to_string());
    timed(reader.write_all(b"c1 CAPABILITY\r\n")).await?.map_err(lost)?;
    timed(reader.flush()).await?.map_err(lost)?;
    for _ in 0..100 {
        let answer = line(&mut reader, "the login").await?;
        let (tag, rest) = answer.split_once(' ').unwrap_or((&answer, ""));
        let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        match (tag, word.to_ascii_uppercase().as_str()) {
            ("*", "BYE") => return Err(ImapError::Bye(Said::parse(rest))),
            ("*", _) => {}
            ("c1", "OK") if reader.buffer().is_empty() => {
                let mut stream = reader.into_inner();
                let announced = stream.take_capabilities().unwrap_or_default();
                return Ok((Client::new(stream), announced));
            }
            _ => break,
        }
    }
    Err(ImapError::Protocol("before the login".to_owned()))
}
