//! The conversation with a provider's token endpoint (RFC 6749, 7009, 8628), and its errors in words.

use super::tokens::{Access, Tokens, is_sound};
use crate::config::{OAuth2, Provider};
use crate::net::{NetError, http};
use crate::secret::{SecretError, text};
use jiff::Timestamp;
use oauth2::basic::{BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse};
use oauth2::{
    AuthType, ClientId, ClientSecret, DeviceCodeErrorResponse, DeviceCodeErrorResponseType, EndpointNotSet,
    EndpointSet, ErrorResponse, HttpRequest, HttpResponse, RefreshToken, RequestTokenError, TokenResponse, TokenUrl,
};
use secrecy::{ExposeSecret, SecretString};
use std::fmt::Display;
use std::time::Duration;

/// How long a provider may take in all: who stops postnote meanwhile waits for this.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client that knows where tokens come from.
pub(super) type Client = BasicClient<EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

/// One account's provider: whom to ask, and what never to repeat.
pub(super) struct Asking<'a> {
    pub(super) oauth: &'a OAuth2,
    pub(super) account: &'a str,
    pub(super) client: Client,
    secret: Option<SecretString>,
}

/// Why there was no answer to speak of.
#[derive(Debug, thiserror::Error)]
pub(super) enum Away {
    #[error(transparent)]
    Net(#[from] NetError),
    #[error("{0} answers with HTTP status {1}")]
    Busy(String, u16),
}

impl<'a> Asking<'a> {
    pub(super) async fn new(oauth: &'a OAuth2, account: &'a str) -> Result<Asking<'a>, SecretError> {
        let secret = match &oauth.client_secret {
            Some(source) => Some(text(source, account).await?),
            None => None,
        };
        let mut client = BasicClient::new(ClientId::new(oauth.client_id.clone()))
            .set_token_uri(TokenUrl::from_url(oauth.token_url.clone()))
            // RFC 6749 §2.3.1 has every server know Basic; the two known by name are documented with the body.
            .set_auth_type(match oauth.provider {
                Provider::Custom => AuthType::BasicAuth,
                Provider::Google | Provider::Microsoft => AuthType::RequestBody,
            });
        if let Some(secret) = &secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        Ok(Asking { oauth, account, client, secret })
    }

    /// Sends a request; an answer that says to come back later is an error.
    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, Away> {
        let at = request.uri().host().unwrap_or_default().to_owned();
        let sent = tokio::time::timeout(PATIENCE, http::send(request, self.oauth.ca_file.as_deref())).await;
        let response = sent.map_err(|_| NetError::TimedOut { at: at.clone() })??;
        let status = response.status();
        if status.is_server_error() || [408, 429].contains(&status.as_u16()) {
            return Err(Away::Busy(at, status.as_u16()));
        }
        Ok(response)
    }

    /// New tokens for a refresh token. Where the answer holds no new refresh token, the old one stays.
    pub(super) async fn refresh(&self, old: &SecretString) -> Result<Tokens, SecretError> {
        let token = RefreshToken::new(old.expose_secret().to_owned());
        let asked = now();
        let answer = self.client.exchange_refresh_token(&token).request_async(&|r| self.send(r)).await;
        let answer = answer.map_err(|e| self.in_words(e, &[old.expose_secret()]))?;
        let mut tokens = self.tokens(&answer, asked)?;
        tokens.refresh = tokens.refresh.or_else(|| Some(old.clone()));
        Ok(tokens)
    }

    /// What the provider gave, if it can be used. `asked`: when it was asked, which no token is older than.
    pub(super) fn tokens(&self, answer: &BasicTokenResponse, asked: Timestamp) -> Result<Tokens, SecretError> {
        let access = answer.access_token().secret();
        let refresh = answer.refresh_token().map(|t| t.secret());
        if !is_sound(access) || refresh.is_some_and(|t| t.is_empty() || t.chars().any(char::is_control)) {
            return Err(self.refused("it gives a token that is none"));
        }
        let until = answer.expires_in().and_then(|life| asked.checked_add(life).ok());
        Ok(Tokens {
            client_id: self.oauth.client_id.clone(),
            refresh: refresh.map(|t| SecretString::from(t.as_str())),
            access: Some(Access { token: SecretString::from(access.as_str()), since: asked, until }),
        })
    }

    /// Gives a token back (RFC 7009). Whether that worked.
    pub(super) async fn revoke(&self, token: &SecretString) -> Result<bool, Away> {
        let Some(url) = &self.oauth.revoke_url else { return Ok(false) };
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", token.expose_secret()).append_pair("client_id", &self.oauth.client_id);
        if let Some(secret) = &self.secret {
            form.append_pair("client_secret", secret.expose_secret());
        }
        let request = oauth2::http::Request::post(url.as_str())
            .header("Content-Type", "application/x-www-form-urlencoded")
            .body(form.finish().into_bytes());
        match request {
            Ok(request) => Ok(self.send(request).await?.status().is_success()),
            Err(_) => Ok(false),
        }
    }

    /// The provider's refusal.
    pub(super) fn refused(&self, said: impl Display) -> SecretError {
        SecretError::Provider {
            account: self.account.to_owned(),
            at: self.oauth.token_url.host_str().unwrap_or_default().to_owned(),
            said: said.to_string(),
        }
    }

    /// An error of the library, without anything of `secrets`: a provider may well repeat what it was sent.
    pub(super) fn in_words<E: Into<Refusal> + ErrorResponse + 'static>(
        &self,
        error: RequestTokenError<Away, E>,
        secrets: &[&str],
    ) -> SecretError {
        let account = self.account.to_owned();
        let refusal = match error {
            RequestTokenError::Request(away) => {
                return SecretError::ProviderAway { account, problem: away.to_string() };
            }
            RequestTokenError::ServerResponse(response) => response.into(),
            // Neither shows the answer, which may hold tokens.
            RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                return self.refused("its answer is not what the protocol wants; check token_url");
            }
        };
        let own = self.secret.as_ref().map(|s| s.expose_secret());
        let said = said(&refusal, secrets.iter().copied().chain(own));
        match refusal.code.as_str() {
            "invalid_grant" | "interaction_required" | "consent_required" | "login_required" => {
                SecretError::SignInOver { account, said }
            }
            "temporarily_unavailable" | "server_error" => SecretError::ProviderAway { account, problem: said },
            "access_denied" => SecretError::SignInRefused { account, said },
            "expired_token" => SecretError::SignInTimedOut { account },
            _ => self.refused(said),
        }
    }
}

/// A refusal, whichever endpoint it comes from.
pub(super) struct Refusal {
    code: String,
    description: Option<String>,
}

impl From<BasicErrorResponse> for Refusal {
    fn from(response: BasicErrorResponse) -> Self {
        let code: &BasicErrorResponseType = response.error();
        Refusal { code: code.as_ref().to_owned(), description: response.error_description().cloned() }
    }
}

impl From<DeviceCodeErrorResponse> for Refusal {
    fn from(response: DeviceCodeErrorResponse) -> Self {
        let code: &DeviceCodeErrorResponseType = response.error();
        Refusal { code: code.as_ref().to_owned(), description: response.error_description().cloned() }
    }
}

/// What the provider said: one line, not too long, and no secret in it.
fn said<'s>(refusal: &Refusal, secrets: impl Iterator<Item = &'s str>) -> String {
    let mut text = match refusal.description.as_deref().map(str::trim) {
        Some(more) if !more.is_empty() => format!("{}: {more}", refusal.code),
        _ => refusal.code.clone(),
    };
    for secret in secrets.filter(|s| !s.is_empty()) {
        text = text.replace(secret, "…");
    }
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

/// The clock, of which tokens have their times.
pub(super) fn now() -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "an edge: how long a token is good is a matter of the clock")]
    Timestamp::now()
}
