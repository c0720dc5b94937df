//! Passwords and tokens: where they come from, and what keeps them.
//!
//! What enters is an account's [`Auth`], as the config has it; what leaves is [`Credentials`], which no `Debug`,
//! log or error shows. A secret is one line of text: what is empty or holds a line break is refused here, so
//! that nothing further on can smuggle a command. Nothing here knows IMAP or SMTP.
//!
//! Whoever talks to a server calls [`read`] before it logs in, and [`renew`], once, when the login is refused or the
//! session ends because its token has run out; then it logs in again with what that gave, or gives up.

mod credentials;
mod error;
mod file;
mod keyring;
pub mod oauth;
mod process;

pub use credentials::{Bearer, Credentials};
pub use error::SecretError;
pub use file::write as write_file;
pub use keyring::{delete, store};
pub use secrecy::{ExposeSecret, SecretString};

use crate::config::{Auth, SecretSource};
use zeroize::Zeroizing;

/// The most that is read of a file's or a command's answer, in bytes.
const MAX: u64 = 64 * 1024;

/// What `account` (its name in the config) logs in with.
///
/// A token is the kept one while it is good for some time yet, else a new one. A keyring that waits for someone to unlock
/// it gives up after 30 seconds, a command after 60; a provider of tokens, too, after 30.
pub async fn read(auth: &Auth, account: &str) -> Result<Credentials, SecretError> {
    match auth {
        Auth::Password(source) => text(source, account).await.map(Credentials::Password),
        Auth::OAuth2(oauth) => oauth::access(oauth, account, None).await.map(Credentials::Token),
    }
}

/// Other credentials in place of those that a server refused, or ended a session over; `None` where there are none to
/// be had, as with a password. Nobody needs to know which it is: log in again, once, if there are some.
///
/// The token is renewed even if it should be good yet, unless somebody else has done so since `refused` was read: to
/// call this for two sessions of an account at once renews once.
pub async fn renew(auth: &Auth, account: &str, refused: &Credentials) -> Result<Option<Credentials>, SecretError> {
    match (auth, refused) {
        (Auth::OAuth2(oauth), Credentials::Token(token)) => {
            oauth::access(oauth, account, Some(token)).await.map(|token| Some(Credentials::Token(token)))
        }
        (Auth::Password(_), _) | (_, Credentials::Password(_)) => Ok(None),
    }
}

/// The secret that a source holds; in the keyring, `account` is the user name.
///
/// A keyring that waits for someone to unlock it gives up after 30 seconds, a command after 60.
pub async fn text(source: &SecretSource, account: &str) -> Result<SecretString, SecretError> {
    let text = match source {
        SecretSource::Keyring => keyring::read(account).await?,
        SecretSource::Env(name) => from_env(name, account)?,
        SecretSource::Command(command) => process::first_line(command, account).await?,
        SecretSource::File(path) => file::read(path, account)?,
    };
    checked(text, account, source.kind())
}

fn from_env(name: &str, account: &str) -> Result<Zeroizing<String>, SecretError> {
    let fault = |problem| SecretError::Env { account: account.to_owned(), name: name.to_owned(), problem };
    match std::env::var(name) {
        Ok(value) => Ok(Zeroizing::new(value)),
        Err(std::env::VarError::NotPresent) => Err(fault("is not set")),
        Err(std::env::VarError::NotUnicode(_)) => Err(fault("is not UTF-8 text")),
    }
}

/// One line, and something in it.
fn checked(text: Zeroizing<String>, account: &str, kind: &'static str) -> Result<SecretString, SecretError> {
    let account = || account.to_owned();
    if text.is_empty() {
        return Err(SecretError::Empty { account: account(), kind });
    }
    if text.contains(['\r', '\n', '\0']) {
        return Err(SecretError::NotOneLine { account: account(), kind });
    }
    Ok(SecretString::from(text.as_str()))
}

/// Bytes as text, without their trailing line break.
fn line(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    Some(Zeroizing::new(text.strip_suffix('\r').unwrap_or(text).to_owned()))
}

#[cfg(test)]
mod tests;
