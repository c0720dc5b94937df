//! The system's keyring: Secret Service, macOS Keychain, Windows Credential Manager.

use super::{SecretError, SecretString};
use keyring::v1::Entry;
use keyring_core::Error;
use secrecy::ExposeSecret;
use std::time::Duration;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

/// The service name that postnote's entries carry.
const SERVICE: &str = "postnote";
/// The most that an entry holds, in octets: Windows' credential manager takes no more.
pub(super) const MOST: usize = if cfg!(windows) { 2560 } else { 60 * 1024 };

/// The two entries that an account may have. No account's name holds a space: they cannot meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Its password; the user name is the account's name.
    Password,
    /// Its tokens.
    Tokens,
}

impl Kind {
    fn user(self, account: &str) -> String {
        match self {
            Kind::Password => account.to_owned(),
            Kind::Tokens => format!("{account} (OAuth 2.0)"),
        }
    }
}

/// How long the keyring may take: a person may have to unlock it.
const PATIENCE: Duration = Duration::from_secs(30);

/// Keeps `secret` for `account`, in place of an earlier one.
pub async fn store(account: &str, secret: &SecretString) -> Result<(), SecretError> {
    let secret = secret.clone();
    on_thread(Kind::Password, account, move |entry| entry.set_password(secret.expose_secret())).await
}

/// Removes what is kept for `account`; [`SecretError::NoEntry`] when there is nothing.
pub async fn delete(account: &str) -> Result<(), SecretError> {
    on_thread(Kind::Password, account, |entry| entry.delete_credential()).await
}

pub(super) async fn read(account: &str) -> Result<Zeroizing<String>, SecretError> {
    on_thread(Kind::Password, account, |entry| entry.get_password().map(Zeroizing::new)).await
}

/// Keeps the tokens of `account`, in place of earlier ones. As bytes: as text Windows would double them.
pub(super) async fn store_tokens(account: &str, tokens: Zeroizing<Vec<u8>>) -> Result<(), SecretError> {
    on_thread(Kind::Tokens, account, move |entry| entry.set_secret(&tokens)).await
}

pub(super) async fn read_tokens(account: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    on_thread(Kind::Tokens, account, |entry| entry.get_secret().map(Zeroizing::new)).await
}

pub(super) async fn delete_tokens(account: &str) -> Result<(), SecretError> {
    on_thread(Kind::Tokens, account, |entry| entry.delete_credential()).await
}

/// Does `work` on a thread of its own: a locked keyring can hang for ever, and a runtime waits at its end
/// for its blocking threads, but not for this one.
async fn on_thread<T: Send + 'static>(
    kind: Kind,
    account: &str,
    work: impl FnOnce(&Entry) -> Result<T, Error> + Send + 'static,
) -> Result<T, SecretError> {
    let (answer, answered) = oneshot::channel();
    let name = account.to_owned();
    let spawned = std::thread::Builder::new().name("keyring".to_owned()).spawn(move || {
        let result = Entry::new(SERVICE, &kind.user(&name)).and_then(|entry| work(&entry));
        // Nobody listens any more after a timeout.
        let _ = answer.send(result.map_err(|e| in_words(e, name)));
    });
    let failed = |detail: String| SecretError::Keyring { account: account.to_owned(), detail };
    spawned.map_err(|e| failed(e.to_string()))?;
    match tokio::time::timeout(PATIENCE, answered).await {
        Ok(Ok(result)) => result,
        Ok(Err(_)) => Err(failed("its driver stopped without an answer".to_owned())),
        Err(_) => Err(SecretError::KeyringTimedOut { account: account.to_owned(), seconds: PATIENCE.as_secs() }),
    }
}

/// The keyring's error, without the bytes of the secret that some of them carry.
fn in_words(error: Error, account: String) -> SecretError {
    match error {
        Error::NoEntry => SecretError::NoEntry { account },
        Error::NoDefaultStore => {
            let detail = match Entry::store_status() {
                Err(reason) => reason.to_string(),
                Ok(()) => "no store".to_owned(),
            };
            SecretError::KeyringMissing { account, detail }
        }
        Error::NoStorageAccess(reason) => SecretError::KeyringLocked { account, detail: reason.to_string() },
        Error::BadEncoding(_) | Error::BadDataFormat(..) => {
            SecretError::Keyring { account, detail: "what it holds is not text".to_owned() }
        }
        Error::Ambiguous(_) => SecretError::Keyring {
            account,
            detail: "it holds several entries for this account; remove them in the keyring's own program".to_owned(),
        },
        other => SecretError::Keyring { account, detail: other.to_string() },
    }
}
