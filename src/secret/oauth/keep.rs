//! Where tokens are kept: the keyring, or a file that only its owner can read.

use super::tokens::Tokens;
use crate::config::{OAuth2, SecretSource};
use crate::secret::{SecretError, file, keyring};
use std::io::ErrorKind;
use std::path::Path;

/// The most that a file holds, in octets.
const FILE_MAX: usize = 60 * 1024;

/// What is kept for the account and this client; `None` when there is nothing, or what is there is another's.
pub(super) async fn load(oauth: &OAuth2, account: &str) -> Result<Option<Tokens>, SecretError> {
    let bytes = match path(oauth) {
        Some(path) => match std::fs::symlink_metadata(path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            _ => file::read_bytes(path, account)?,
        },
        None => match keyring::read_tokens(account).await {
            Err(e) if e.is_no_entry() => return Ok(None),
            read => read?,
        },
    };
    Ok(Tokens::from_json(&bytes).filter(|tokens| tokens.client_id == oauth.client_id))
}

/// Keeps the tokens in place of earlier ones. When this returns they are where they last; until then the earlier ones
/// are.
pub(super) async fn save(oauth: &OAuth2, account: &str, tokens: &Tokens) -> Result<(), SecretError> {
    let most = if path(oauth).is_some() { FILE_MAX } else { keyring::MOST };
    let too_large = || SecretError::TokensTooLarge { account: account.to_owned() };
    let json = tokens.to_json(most).ok_or_else(too_large)?;
    match path(oauth) {
        Some(path) => file::write(path, &json, account),
        None => keyring::store_tokens(account, json).await,
    }
}

/// Removes what is kept; false when there was nothing.
pub(super) async fn delete(oauth: &OAuth2, account: &str) -> Result<bool, SecretError> {
    match path(oauth) {
        Some(path) => match std::fs::remove_file(path) {
            Ok(()) => Ok(true),
            Err(e) if e.kind() == ErrorKind::NotFound => Ok(false),
            Err(e) => Err(SecretError::File {
                account: account.to_owned(),
                path: path.to_owned(),
                problem: format!("cannot be removed: {e}"),
            }),
        },
        None => match keyring::delete_tokens(account).await {
            Err(e) if e.is_no_entry() => Ok(false),
            done => done.map(|()| true),
        },
    }
}

fn path(oauth: &OAuth2) -> Option<&Path> {
    match &oauth.tokens {
        SecretSource::File(path) => Some(path),
        _ => None,
    }
}
