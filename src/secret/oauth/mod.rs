//! OAuth 2.0: tokens for an account, kept, renewed in time, and asked for by [`login`].
//!
//! What enters is the account's [`OAuth2`] from the config; what leaves is an access token that is good for a while. The
//! refresh token never leaves, but for its provider. A provider that gives a new refresh token with each use means the
//! old one to be forgotten: the new one is on the disk before anything else goes on, and a caller that is dropped
//! meanwhile changes nothing about that.
//!
//! - [`login`]: signing in by browser or device code; signing out
//! - `client`: what is said to the provider
//! - `tokens`, `keep`: what is kept, and where
//! - this file: a good token, whatever it takes

mod client;
mod code;
mod device;
mod keep;
pub mod login;
mod page;
mod tokens;

use super::SecretError;
use crate::config::OAuth2;
use client::{Asking, now};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokens::{Tokens, same};
use tokio::sync::OwnedMutexGuard;

/// What this process knows of an account beyond what is kept.
#[derive(Debug, Default)]
struct Known {
    /// The last tokens that came.
    tokens: Option<Tokens>,
    /// They could not be kept: what is kept still is this, and worth nothing any more.
    instead_of: Option<Tokens>,
}

/// One at a time for each account: a refresh token may be good for one use.
type Slot = Arc<tokio::sync::Mutex<Known>>;

fn slot(oauth: &OAuth2, account: &str) -> Slot {
    static SLOTS: Mutex<BTreeMap<String, Slot>> = Mutex::new(BTreeMap::new());
    let key = format!("{account} {} {:?}", oauth.client_id, oauth.tokens);
    SLOTS.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default().clone()
}

/// An access token that is good now: the kept one, or a new one. With `refused`, one that is not that.
///
/// Errors that say to run `postnote login`: [`SecretError::NotSignedIn`], [`SecretError::SignInOver`]. Trouble on the
/// way to the provider is transient ([`SecretError::is_transient`]).
pub(super) async fn access(
    oauth: &OAuth2,
    account: &str,
    refused: Option<&SecretString>,
) -> Result<SecretString, SecretError> {
    let mut known = slot(oauth, account).lock_owned().await;
    let tokens = current(oauth, account, &mut known).await?;
    let Some(tokens) = tokens else {
        return Err(SecretError::NotSignedIn { account: account.to_owned() });
    };
    let good = tokens.access.as_ref().filter(|a| !same(Some(&a.token), refused));
    if let Some(access) = good.filter(|a| a.is_fresh(now())) {
        return Ok(access.token.clone());
    }
    // Nearly over is not over: a provider that is away for a moment stops nobody.
    let still_good = good.filter(|a| a.since <= now() && !a.is_over(now())).map(|a| a.token.clone());
    match to_the_end(oauth.clone(), account.to_owned(), tokens, known).await {
        Err(e) if e.is_transient() => still_good.ok_or(e),
        renewed => renewed,
    }
}

/// The account's tokens: what is kept, and what this process knows better.
async fn current(oauth: &OAuth2, account: &str, known: &mut Known) -> Result<Option<Tokens>, SecretError> {
    let kept = keep::load(oauth, account).await;
    if let (Some(tokens), Some(worthless)) = (&known.tokens, &known.instead_of) {
        // What could not be kept is tried again, unless somebody has signed in anew meanwhile.
        if !matches!(&kept, Ok(Some(kept)) if !kept.same_refresh(worthless)) {
            let tokens = tokens.clone();
            if keep::save(oauth, account, &tokens).await.is_ok() {
                known.instead_of = None;
            }
            return Ok(Some(tokens));
        }
        *known = Known::default();
    }
    let mut kept = kept?;
    // An access token that had no room where the rest is kept.
    if let (Some(kept), Some(tokens)) = (&mut kept, &known.tokens)
        && kept.access.is_none()
        && kept.same_refresh(tokens)
    {
        kept.access = tokens.access.clone();
    }
    Ok(kept)
}

/// Renews on a thread that the runtime waits for at its end, so that no new refresh token gets lost between the
/// provider and the disk because somebody stopped waiting.
async fn to_the_end(
    oauth: OAuth2,
    account: String,
    tokens: Tokens,
    mut known: OwnedMutexGuard<Known>,
) -> Result<SecretString, SecretError> {
    let name = account.clone();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let failed = |e: std::io::Error| SecretError::ProviderAway { account: account.clone(), problem: e.to_string() };
        runtime.map_err(failed)?.block_on(renew(&oauth, &account, tokens, &mut known))
    };
    let failed = |e: tokio::task::JoinError| SecretError::ProviderAway { account: name, problem: e.to_string() };
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

async fn renew(oauth: &OAuth2, account: &str, mut old: Tokens, known: &mut Known) -> Result<SecretString, SecretError> {
    let asking = Asking::new(oauth, account).await?;
    let refresh = |tokens: &Tokens| {
        let none = || SecretError::SignInOver {
            account: account.to_owned(),
            said: "its token has run out, and the provider gave none to renew it with".to_owned(),
        };
        tokens.refresh.clone().ok_or_else(none)
    };
    let mut renewed = asking.refresh(&refresh(&old)?).await;
    if let Err(SecretError::SignInOver { .. }) = &renewed {
        // Another process may have used it and kept the next one.
        match keep::load(oauth, account).await {
            Ok(Some(kept)) if kept.refresh.is_some() && !kept.same_refresh(&old) => {
                renewed = asking.refresh(&refresh(&kept)?).await;
                old = kept;
            }
            _ => {}
        }
    }
    let tokens = renewed?;
    if let Err(e) = keep::save(oauth, account, &tokens).await {
        tracing::warn!(account, error = %e, "the renewed sign-in could not be kept; until it can be, it lasts only while this runs");
        known.instead_of = Some(old);
    } else {
        known.instead_of = None;
    }
    let access = tokens.access.as_ref().map(|a| a.token.clone());
    known.tokens = Some(tokens);
    access.ok_or_else(|| asking.refused("it gives no token"))
}
