//! Signing in by browser: the authorization code flow (RFC 6749 §4.1) with PKCE (RFC 7636), back to this machine's
//! loopback (RFC 8252 §7.3).

use super::client::{Asking, now};
use super::login::{Ask, Tell};
use super::page::{self, Page};
use super::tokens::Tokens;
use crate::config::Provider;
use crate::secret::SecretError;
use oauth2::{AuthUrl, AuthorizationCode, CsrfToken, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope};
use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use url::{Host, Url};

/// How long a browser may take to say what it wants.
const PATIENCE_PER_REQUEST: Duration = Duration::from_secs(10);

/// Waits at the loopback until the browser comes back with a code, and makes tokens of it.
pub(super) async fn sign_in(
    asking: &Asking<'_>,
    auth_url: &Url,
    email: &str,
    tell: Tell<'_>,
) -> Result<Tokens, SecretError> {
    let account = asking.account;
    let cannot = |e: std::io::Error| SecretError::NoLoopback { account: account.to_owned(), detail: e.to_string() };
    let (listener, back) = listen(&asking.oauth.redirect_url).await.map_err(cannot)?;
    let redirect = RedirectUrl::from_url(back.clone());
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let client = asking.client.clone().set_auth_uri(AuthUrl::from_url(auth_url.clone()));
    let mut request = client
        .authorize_url(CsrfToken::new_random)
        .set_redirect_uri(Cow::Borrowed(&redirect))
        .set_pkce_challenge(challenge)
        .add_scopes(asking.oauth.scopes.iter().cloned().map(Scope::new))
        .add_extra_param("login_hint", email);
    if asking.oauth.provider == Provider::Google {
        // Only then is there a refresh token, also at the second time.
        request = request.add_extra_param("access_type", "offline").add_extra_param("prompt", "consent");
    }
    let (url, state) = request.url();
    tell(Ask::Open(url.as_str()));
    let (code, browser) = wait(listener, &back, &state, asking).await?;
    let tokens = exchange(asking, code, verifier, &redirect).await;
    page::show(browser, if tokens.is_ok() { Page::SignedIn } else { Page::Failed }).await;
    tokens
}

/// A listener on this machine alone, and the address that leads to it.
async fn listen(redirect: &Url) -> std::io::Result<(TcpListener, Url)> {
    let address = match redirect.host() {
        Some(Host::Ipv4(address)) => IpAddr::V4(address),
        Some(Host::Ipv6(address)) => IpAddr::V6(address),
        _ => IpAddr::V4(Ipv4Addr::LOCALHOST),
    };
    let listener = TcpListener::bind((address, redirect.port().unwrap_or(0))).await?;
    let mut back = redirect.clone();
    let port = listener.local_addr()?.port();
    back.set_port(Some(port)).map_err(|()| std::io::Error::other("an address without a port"))?;
    Ok((listener, back))
}

/// The code that comes with our state, and the browser that still waits for its page. Whatever else asks here is
/// answered and forgotten.
async fn wait(
    listener: TcpListener,
    back: &Url,
    state: &CsrfToken,
    asking: &Asking<'_>,
) -> Result<(String, TcpStream), SecretError> {
    let (found, mut asked) = mpsc::channel(16);
    // Browsers open connections that they do not use: none may keep the others waiting.
    let accepting = async {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else { continue };
            let found = found.clone();
            tokio::spawn(async move {
                if let Ok(Some(target)) = tokio::time::timeout(PATIENCE_PER_REQUEST, page::asked(&mut stream)).await {
                    found.send((target, stream)).await.ok();
                }
            });
        }
    };
    let judging = async {
        loop {
            let Some((target, stream)) = asked.recv().await else { std::future::pending().await };
            match judge(&target, back, state) {
                Answer::Code(code) => return Ok((code, stream)),
                Answer::Refused(said) => {
                    page::show(stream, Page::Failed).await;
                    let account = asking.account.to_owned();
                    return Err(SecretError::SignInRefused { account, said });
                }
                Answer::Other(page) => page::show(stream, page).await,
            }
        }
    };
    tokio::select! {
        never = accepting => never,
        judged = judging => judged,
    }
}

/// What a request means.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Code(String),
    Refused(String),
    Other(Page),
}

fn judge(target: &str, back: &Url, state: &CsrfToken) -> Answer {
    let Some(url) = back.join(target).ok().filter(|url| url.path() == back.path() && url.host() == back.host()) else {
        return Answer::Other(Page::NotHere);
    };
    let value = |key: &str| url.query_pairs().find(|(k, _)| k == key).map(|(_, v)| v.into_owned());
    if value("state").as_deref() != Some(state.secret()) {
        return Answer::Other(Page::Stranger);
    }
    match (value("code"), value("error")) {
        (Some(code), None) if !code.is_empty() => Answer::Code(code),
        (_, Some(error)) => {
            let said = match value("error_description") {
                Some(more) => format!("{error}: {more}"),
                None => error,
            };
            Answer::Refused(said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect())
        }
        _ => Answer::Other(Page::Stranger),
    }
}

async fn exchange(
    asking: &Asking<'_>,
    code: String,
    verifier: PkceCodeVerifier,
    redirect: &RedirectUrl,
) -> Result<Tokens, SecretError> {
    let asked = now();
    let secrets = [code.clone(), verifier.secret().clone()];
    let request = asking.client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
    let request = request.set_redirect_uri(Cow::Borrowed(redirect));
    let answer = request.request_async(&|r| asking.send(r)).await;
    let [code, verifier] = &secrets;
    let answer = answer.map_err(|e| asking.in_words(e, &[code, verifier]))?;
    asking.tokens(&answer, asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_sign_in_counts() {
        let back = Url::parse("http://127.0.0.1:4711/").unwrap();
        let state = CsrfToken::new("s1".into());
        let judged = |target: &str| judge(target, &back, &state);
        assert_eq!(judged("/?state=s1&code=c%2F1"), Answer::Code("c/1".into()));
        assert_eq!(judged("/?code=c1&state=s2"), Answer::Other(Page::Stranger));
        assert_eq!(judged("/?code=c1"), Answer::Other(Page::Stranger));
        assert_eq!(judged("/?state=s1"), Answer::Other(Page::Stranger));
        assert_eq!(judged("/?error=access_denied&state=s2"), Answer::Other(Page::Stranger));
        let refused = judged("/?state=s1&error=access_denied&error_description=no%0D%0Athanks");
        assert_eq!(refused, Answer::Refused("access_denied: no  thanks".into()));
        for elsewhere in ["/favicon.ico", "//evil.example/?state=s1&code=c1", "http://evil.example/?state=s1&code=c1"] {
            assert_eq!(judged(elsewhere), Answer::Other(Page::NotHere), "{elsewhere}");
        }
    }

    #[tokio::test]
    async fn the_browser_comes_back_to_this_machine() {
        let (listener, back) = listen(&Url::parse("http://localhost/").unwrap()).await.unwrap();
        assert!(listener.local_addr().unwrap().ip().is_loopback());
        let port = listener.local_addr().unwrap().port();
        assert_eq!(back.as_str(), format!("http://localhost:{port}/"));
    }
}
