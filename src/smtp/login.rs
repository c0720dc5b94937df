//! Logging in (RFC 4954): PLAIN or LOGIN with a password, XOAUTH2 or OAUTHBEARER (RFC 7628) with a token.

use super::{SmtpError, Until, before, clean, timed, words};
use crate::config::Endpoint;
use crate::secret::{Bearer, Credentials};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use lettre::transport::smtp::authentication::{Credentials as LettreCredentials, Mechanism};
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

type Answer = Result<Response, lettre::transport::smtp::Error>;

/// Logs in. A server that offers no suitable mechanism gets neither password nor token.
pub(super) async fn login(
    connection: &mut AsyncSmtpConnection,
    endpoint: &Endpoint,
    user: &str,
    credentials: &Credentials,
) -> Result<(), SmtpError> {
    let answer = match credentials {
        Credentials::Password(password) => by_password(connection, endpoint, user, password).await?,
        Credentials::Token(token) => by_token(connection, endpoint, user, token).await?,
    };
    match answer {
        Ok(response) if response.has_code(235) => Ok(()),
        Ok(response) => Err(SmtpError::Protocol(super::line(&response))),
        Err(e) => {
            let hidden = |words: &str| credentials.hide(words, user, (&endpoint.host, endpoint.port));
            Err(match e.status() {
                Some(code) if code.severity == Severity::PermanentNegativeCompletion => SmtpError::Login {
                    host: endpoint.host.clone(),
                    user: user.to_owned(),
                    text: clean(&hidden(&words(&e))),
                },
                Some(_) => SmtpError::Refused {
                    what: "the login".to_owned(),
                    text: clean(&hidden(&words(&e))),
                    until: Until::of(&e),
                },
                None => before("the login", &e),
            })
        }
    }
}

async fn by_password(
    connection: &mut AsyncSmtpConnection,
    endpoint: &Endpoint,
    user: &str,
    password: &SecretString,
) -> Result<Answer, SmtpError> {
    let login = LettreCredentials::new(user.to_owned(), password.expose_secret().to_owned());
    let offered = [Mechanism::Plain, Mechanism::Login];
    if connection.server_info().get_auth_mechanism(&offered).is_none() {
        return Err(SmtpError::Protocol(format!("{} offers no login by password", endpoint.host)));
    }
    timed(connection.auth(&offered, &login)).await
}

/// The exchange by hand: lettre knows no OAUTHBEARER, and gives XOAUTH2's error for a fault of its own instead of
/// asking for the refusal.
async fn by_token(
    connection: &mut AsyncSmtpConnection,
    endpoint: &Endpoint,
    user: &str,
    token: &SecretString,
) -> Result<Answer, SmtpError> {
    // ^A is what stands between the parts.
    if user.chars().any(char::is_control) {
        return Err(SmtpError::Protocol("the user name holds a control character".to_owned()));
    }
    // Of OAUTHBEARER lettre keeps nothing; a server that does not know it says so to the command's bare name.
    let known = connection.server_info().supports_auth_mechanism(Mechanism::Xoauth2);
    let mechanism = if known { Bearer::Xoauth2 } else { Bearer::OauthBearer };
    let first = mechanism.first(user, token, (&endpoint.host, endpoint.port));
    let mut said = Zeroizing::new(STANDARD.encode(first.as_bytes()));
    said.push_str("\r\n");
    let command = Zeroizing::new(format!("AUTH {} {}", mechanism.name(), said.as_str()));
    // In one line, as XOAUTH2 is documented; OAUTHBEARER only if the line is no longer than SMTP's own (RFC 4954 §4).
    let answer = if mechanism == Bearer::Xoauth2 || command.len() <= 512 {
        timed(connection.command(command.as_str())).await?
    } else {
        match timed(connection.command(format!("AUTH {}\r\n", mechanism.name()))).await? {
            Ok(response) if response.has_code(334) => timed(connection.command(said.as_str())).await?,
            Ok(response) => return Err(SmtpError::Protocol(super::line(&response))),
            Err(e) => return Ok(Err(e)),
        }
    };
    match answer {
        // The error comes first; what is said to it brings the refusal.
        Ok(response) if response.has_code(334) => {
            timed(connection.command(format!("{}\r\n", STANDARD.encode(mechanism.after_error())))).await
        }
        other => Ok(other),
    }
}
