//! Signing in, so that there are tokens; signing out, so that there are none.

use super::client::Asking;
use super::{Known, code, device, keep, slot};
use crate::config::OAuth2;
use crate::secret::SecretError;
use std::time::Duration;

/// How long the owner may take with the browser.
const PATIENCE: Duration = Duration::from_secs(900);

/// What the owner has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ask<'a> {
    /// Open this address in a browser on this machine.
    Open(&'a str),
    /// On any device, go to this address and type the code.
    Enter {
        /// The address.
        at: &'a str,
        /// The code.
        code: &'a str,
        /// An address that has the code in it.
        or_open: Option<&'a str>,
    },
}

/// Hears what the owner has to do.
pub type Tell<'a> = &'a mut (dyn FnMut(Ask<'_>) + Send);

/// How to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By a browser on this machine; by device code where the provider has nothing else.
    Browser,
    /// By a code that is typed on any device.
    Device,
}

/// Signs in, within a quarter of an hour, and keeps the tokens. `email` is who the provider will suggest.
pub async fn login(oauth: &OAuth2, account: &str, email: &str, way: Way, tell: Tell<'_>) -> Result<(), SecretError> {
    // Before the owner has to do anything: is there a place for what comes of it?
    keep::load(oauth, account).await?;
    let asking = Asking::new(oauth, account).await?;
    let signing_in = async {
        match (way, &oauth.auth_url, &oauth.device_url) {
            (Way::Browser, Some(url), _) => code::sign_in(&asking, url, email, tell).await,
            (_, _, Some(url)) => device::sign_in(&asking, url, tell).await,
            (_, _, None) => Err(SecretError::NoDeviceFlow { account: account.to_owned() }),
        }
    };
    let timed_out = |_| SecretError::SignInTimedOut { account: account.to_owned() };
    let tokens = tokio::time::timeout(PATIENCE, signing_in).await.map_err(timed_out)??;
    if tokens.refresh.is_none() {
        tracing::warn!(account, "the provider gave nothing to renew the sign-in with: it will not last");
    }
    let slot = slot(oauth, account);
    let mut known = slot.lock().await;
    keep::save(oauth, account, &tokens).await?;
    *known = Known { tokens: Some(tokens), instead_of: None };
    Ok(())
}

/// What became of the tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Out {
    /// There were none.
    WasNotIn,
    /// They are forgotten here.
    Forgotten,
    /// They are forgotten here, and the provider has taken them back.
    Revoked,
}

/// Forgets the tokens, and has the provider take them back where it knows how to: best effort.
pub async fn logout(oauth: &OAuth2, account: &str) -> Result<Out, SecretError> {
    let slot = slot(oauth, account);
    let mut known = slot.lock().await;
    let kept = keep::load(oauth, account).await.ok().flatten();
    let mut revoked = false;
    // The refresh token's end is the end of all that came from it.
    let token = kept.and_then(|t| t.refresh.or(t.access.map(|a| a.token)));
    if let (Some(token), Some(_)) = (token, &oauth.revoke_url) {
        revoked = match Asking::new(oauth, account).await {
            Ok(asking) => asking.revoke(&token).await.unwrap_or(false),
            Err(_) => false,
        };
    }
    *known = Known::default();
    Ok(match (keep::delete(oauth, account).await?, revoked) {
        (false, _) => Out::WasNotIn,
        (true, false) => Out::Forgotten,
        (true, true) => Out::Revoked,
    })
}
