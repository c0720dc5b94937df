//! `auth.oauth2`: where tokens come from, who asks for them, and where they are kept.

use super::keys::nearest;
use super::{ConfigError, SecretSource, bad};
use serde::Deserialize;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use url::{Host, Url};

/// What an account logs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A password, from there.
    Password(SecretSource),
    /// Tokens of a provider.
    OAuth2(Box<OAuth2>),
}

/// A provider, and the client that its owner registered there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OAuth2 {
    /// Which provider's habits to follow.
    pub provider: Provider,
    /// The client's id, as registered.
    pub client_id: String,
    /// The client's secret, where the provider gave one.
    pub client_secret: Option<SecretSource>,
    /// Where the owner signs in (RFC 6749 §3.1).
    pub auth_url: Option<Url>,
    /// Where tokens come from (RFC 6749 §3.2).
    pub token_url: Url,
    /// Where the device flow begins (RFC 8628 §3.1).
    pub device_url: Option<Url>,
    /// Where tokens are given back (RFC 7009).
    pub revoke_url: Option<Url>,
    /// Where the browser comes back to: on this machine; without a port, any that is free.
    pub redirect_url: Url,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// PEM certificates trusted besides the platform's, for the provider's servers.
    pub ca_file: Option<PathBuf>,
    /// Where the tokens are kept: the keyring or a file.
    pub tokens: SecretSource,
}

/// Whose habits to follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provider {
    /// Google: gives a refresh token only when asked for offline access and consent.
    Google,
    /// Microsoft: takes any port of `http://localhost`.
    Microsoft,
    /// As the RFCs say.
    Custom,
}

const PROVIDERS: [(&str, Provider); 3] =
    [("google", Provider::Google), ("microsoft", Provider::Microsoft), ("custom", Provider::Custom)];

/// As it is written.
#[derive(Debug, Deserialize)]
struct RawOAuth2 {
    provider: String,
    client_id: String,
    client_secret: Option<SecretSource>,
    auth_url: Option<String>,
    token_url: Option<String>,
    device_url: Option<String>,
    revoke_url: Option<String>,
    redirect_url: Option<String>,
    scopes: Option<Vec<String>>,
    tenant: Option<String>,
    ca_file: Option<PathBuf>,
    tokens: Option<SecretSource>,
}

/// What a provider is known for.
#[derive(Default)]
struct Preset {
    auth: Option<String>,
    token: Option<String>,
    device: Option<String>,
    revoke: Option<&'static str>,
    scopes: &'static [&'static str],
    redirect: &'static str,
}

fn preset(provider: Provider, tenant: &str) -> Preset {
    let loopback = "http://127.0.0.1/";
    match provider {
        Provider::Google => Preset {
            auth: Some("https://accounts.google.com/o/oauth2/v2/auth".to_owned()),
            token: Some("https://oauth2.googleapis.com/token".to_owned()),
            // Google gives no mail scope to devices.
            device: None,
            revoke: Some("https://oauth2.googleapis.com/revoke"),
            scopes: &["https://mail.google.com/"],
            redirect: loopback,
        },
        Provider::Microsoft => {
            let at = |end: &str| Some(format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/{end}"));
            Preset {
                auth: at("authorize"),
                token: at("token"),
                device: at("devicecode"),
                revoke: None,
                scopes: &[
                    "https://outlook.office.com/IMAP.AccessAsUser.All",
                    "https://outlook.office.com/SMTP.Send",
                    "offline_access",
                ],
                redirect: "http://localhost/",
            }
        }
        Provider::Custom => Preset { redirect: loopback, ..Preset::default() },
    }
}

/// Judges what stands under `auth.oauth2`. Errors name the key, and the caller the account.
pub(super) fn validate(value: &toml::Value, resolve: &dyn Fn(&Path) -> PathBuf) -> Result<OAuth2, ConfigError> {
    if !value.is_table() {
        // Not quoted: it may be a secret in the wrong place.
        return bad("should be a table, such as { provider = \"google\", client_id = \"…\" }");
    }
    for key in ["provider", "client_id"] {
        if value.get(key).is_none() {
            return bad(format!("`{key}` is missing{}", if key == "client_id" { REGISTER } else { "" }));
        }
    }
    let raw: RawOAuth2 =
        value.clone().try_into().map_err(|e: toml::de::Error| ConfigError(e.message().trim_end().to_owned()))?;
    let Some((_, provider)) = PROVIDERS.iter().find(|(name, _)| *name == raw.provider) else {
        let known = PROVIDERS.map(|(name, _)| name);
        return bad(match nearest(&raw.provider, &known) {
            Some(near) => format!("provider: {:?} is not known; did you mean {near:?}?", raw.provider),
            None => format!("provider: {:?} is not known; for any other: \"custom\", with its URLs", raw.provider),
        });
    };
    let provider = *provider;
    if raw.client_id.trim().is_empty() || raw.client_id.chars().any(char::is_control) {
        return bad(format!("client_id: is empty or holds a control character{REGISTER}"));
    }
    let tenant = raw.tenant.as_deref().unwrap_or("common");
    if raw.tenant.is_some() && provider != Provider::Microsoft {
        return bad("tenant: is for provider = \"microsoft\" alone");
    }
    if tenant.is_empty() || !tenant.chars().all(|c| c.is_ascii_alphanumeric() || "-.".contains(c)) {
        return bad(format!("tenant: {tenant:?} should be an id, a domain, or \"common\""));
    }
    let Preset { auth, token, device, revoke, scopes, redirect } = preset(provider, tenant);
    let url = |key: &str, own: &Option<String>, usual: Option<String>| match own.clone().or(usual) {
        Some(text) => endpoint(key, &text).map(Some),
        None => Ok(None),
    };
    let auth_url = url("auth_url", &raw.auth_url, auth)?;
    let device_url = url("device_url", &raw.device_url, device)?;
    let Some(token_url) = url("token_url", &raw.token_url, token)? else {
        return bad("token_url: is missing; provider = \"custom\" needs it, and auth_url or device_url");
    };
    if auth_url.is_none() && device_url.is_none() {
        return bad("auth_url: is missing; provider = \"custom\" needs it, or device_url");
    }
    let scopes = raw.scopes.unwrap_or_else(|| scopes.iter().map(|s| (*s).to_owned()).collect());
    // RFC 6749 §3.3: printable ASCII without space, quote and backslash.
    if let Some(odd) = scopes.iter().find(|s| s.is_empty() || !s.chars().all(|c| c.is_ascii_graphic() && c != '"')) {
        return bad(format!("scopes: {odd:?} should be one scope, without spaces: [\"one\", \"another\"]"));
    }
    let file = |source: SecretSource| match source {
        SecretSource::File(path) => SecretSource::File(resolve(&path)),
        other => other,
    };
    let tokens = match raw.tokens.map(file).unwrap_or(SecretSource::Keyring) {
        kept @ (SecretSource::Keyring | SecretSource::File(_)) => kept,
        _ => return bad("tokens: are kept in { keyring = true } or { file = \"PATH\" }: they change"),
    };
    let client_secret = match raw.client_secret.map(file) {
        Some(SecretSource::Keyring) => {
            return bad("client_secret: comes from { env = … }, { command = … } or { file = … }");
        }
        other => other,
    };
    Ok(OAuth2 {
        provider,
        client_id: raw.client_id.trim().to_owned(),
        client_secret,
        auth_url,
        token_url,
        device_url,
        revoke_url: url("revoke_url", &raw.revoke_url, revoke.map(str::to_owned))?,
        redirect_url: redirect_url(raw.redirect_url.as_deref().unwrap_or(redirect))?,
        scopes,
        ca_file: raw.ca_file.as_deref().map(resolve),
        tokens,
    })
}

const REGISTER: &str = "; register postnote with the provider to get one (README.md says how)";

/// An address that secrets go to: https, or on this very machine http.
fn endpoint(key: &str, text: &str) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|e| ConfigError(format!("{key}: {text:?} is no URL ({e})")))?;
    let sound = match url.scheme() {
        "https" => url.has_host(),
        "http" => on_loopback(&url),
        _ => false,
    };
    if !sound || !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return bad(format!("{key}: should be an https:// address (http:// works with this very machine only)"));
    }
    Ok(url)
}

fn redirect_url(text: &str) -> Result<Url, ConfigError> {
    match Url::parse(text) {
        Ok(url) if url.scheme() == "http" && on_loopback(&url) && url.query().is_none() && url.fragment().is_none() => {
            Ok(url)
        }
        _ => bad(format!(
            "redirect_url: {text:?} should be http:// on this machine, such as \"http://127.0.0.1:8765/done\""
        )),
    }
}

pub(super) fn on_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
