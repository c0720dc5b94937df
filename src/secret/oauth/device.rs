//! Signing in on another device (RFC 8628): a code to type there, while this one asks again and again.

use super::client::{Asking, now};
use super::login::{Ask, Tell};
use super::tokens::Tokens;
use crate::secret::SecretError;
use oauth2::{DeviceAuthorizationUrl, Scope, StandardDeviceAuthorizationResponse};
use url::Url;

/// Asks for a code, tells it, and waits until it is used.
pub(super) async fn sign_in(asking: &Asking<'_>, device_url: &Url, tell: Tell<'_>) -> Result<Tokens, SecretError> {
    let client =
        asking.client.clone().set_device_authorization_url(DeviceAuthorizationUrl::from_url(device_url.clone()));
    let request = client.exchange_device_code().add_scopes(asking.oauth.scopes.iter().cloned().map(Scope::new));
    let answer = request.request_async(&|r| asking.send(r)).await;
    let details: StandardDeviceAuthorizationResponse = answer.map_err(|e| asking.in_words(e, &[]))?;
    let plain = |text: &str| text.chars().filter(|c| !c.is_control()).take(500).collect::<String>();
    let complete = details.verification_uri_complete().map(|url| plain(url.secret()));
    tell(Ask::Enter {
        at: &plain(details.verification_uri()),
        code: &plain(details.user_code().secret()),
        or_open: complete.as_deref(),
    });
    // The library waits as the server wants it: longer after slow_down, and when the network fails.
    let polling = client.exchange_device_access_token(&details);
    let asked = now();
    let answer = polling.request_async(&|r| asking.send(r), tokio::time::sleep, None).await;
    let answer = answer.map_err(|e| asking.in_words(e, &[details.device_code().secret()]))?;
    asking.tokens(&answer, asked)
}
