//! An account's tokens, and how they are written down.

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A token is renewed this many seconds before it ends, or after three quarters of its life if that is later.
const MARGIN: i64 = 120;

/// What the provider gave. `Debug` shows none of it.
#[derive(Debug, Clone)]
pub(super) struct Tokens {
    /// The client that they were given to.
    pub(super) client_id: String,
    /// Brings new access tokens, as long as the provider likes.
    pub(super) refresh: Option<SecretString>,
    /// Goes to the mail servers.
    pub(super) access: Option<Access>,
}

/// An access token and its time.
#[derive(Debug, Clone)]
pub(super) struct Access {
    pub(super) token: SecretString,
    /// When it came.
    pub(super) since: Timestamp,
    /// When it ends, if the provider says.
    pub(super) until: Option<Timestamp>,
}

impl Access {
    /// Whether it still is good, for as long as a sync's login takes.
    pub(super) fn is_fresh(&self, now: Timestamp) -> bool {
        let Some(until) = self.until else { return true };
        let life = until.as_second() - self.since.as_second();
        // A clock that was put back knows nothing of when the token ends.
        now >= self.since && now.as_second() < until.as_second() - MARGIN.min(life / 4)
    }

    /// Whether the provider said that it is over.
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now >= until)
    }
}

/// The text that is kept: one JSON object.
#[derive(Serialize, Deserialize)]
struct Written {
    client_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    access_token: Option<Zeroizing<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

impl Tokens {
    /// As JSON of at most `most` octets: an access token that does not fit is left out, since it can be had again.
    /// `None` when even that is too long.
    pub(super) fn to_json(&self, most: usize) -> Option<Zeroizing<Vec<u8>>> {
        let exposed = |secret: &SecretString| Zeroizing::new(secret.expose_secret().to_owned());
        let mut written = Written {
            client_id: self.client_id.clone(),
            refresh_token: self.refresh.as_ref().map(exposed),
            access_token: self.access.as_ref().map(|a| exposed(&a.token)),
            since: self.access.as_ref().map(|a| a.since.as_second()),
            until: self.access.as_ref().and_then(|a| a.until).map(Timestamp::as_second),
        };
        let json = |written: &Written| serde_json::to_vec(written).map(Zeroizing::new).ok();
        let fits = |json: &Zeroizing<Vec<u8>>| json.len() <= most;
        json(&written).filter(fits).or_else(|| {
            (written.access_token, written.since, written.until) = (None, None, None);
            written.refresh_token.as_ref()?;
            json(&written).filter(fits)
        })
    }

    /// What [`Tokens::to_json`] wrote; `None` for anything else.
    pub(super) fn from_json(json: &[u8]) -> Option<Tokens> {
        let written: Written = serde_json::from_slice(json).ok()?;
        let secret = |text: Zeroizing<String>| SecretString::from(text.as_str());
        let time = |second: Option<i64>| second.and_then(|s| Timestamp::from_second(s).ok());
        let access = written.access_token.map(|token| Access {
            token: secret(token),
            since: time(written.since).unwrap_or(Timestamp::UNIX_EPOCH),
            until: time(written.until),
        });
        Some(Tokens { client_id: written.client_id, refresh: written.refresh_token.map(secret), access })
    }

    /// Whether both hold the same refresh token.
    pub(super) fn same_refresh(&self, other: &Tokens) -> bool {
        same(self.refresh.as_ref(), other.refresh.as_ref())
    }
}

/// Whether two secrets are there and the same.
pub(super) fn same(one: Option<&SecretString>, other: Option<&SecretString>) -> bool {
    matches!((one, other), (Some(a), Some(b)) if a.expose_secret() == b.expose_secret())
}

/// What RFC 6750 §2.1 lets a token be: it goes into commands and headers.
pub(super) fn is_sound(token: &str) -> bool {
    !token.is_empty() && token.len() <= 16 * 1024 && token.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn tokens(access: &str) -> Tokens {
        let access = Access { token: access.into(), since: at(1000), until: Some(at(4600)) };
        Tokens { client_id: "me".into(), refresh: Some("r3fresh".into()), access: Some(access) }
    }

    #[test]
    fn renewed_before_the_end_and_when_the_clock_went_back() {
        let access = tokens("a").access.unwrap();
        let fresh = |second: i64| access.is_fresh(at(second));
        assert!(fresh(1000) && fresh(4479) && !fresh(4480) && !fresh(5000) && !fresh(999));
        assert!(!access.is_over(at(4599)) && access.is_over(at(4600)));
        let short = Access { until: Some(at(1060)), ..access.clone() };
        assert!(short.is_fresh(at(1044)) && !short.is_fresh(at(1045)));
        let endless = Access { until: None, ..access };
        assert!(endless.is_fresh(at(9_999_999)));
    }

    #[test]
    fn written_down_and_read_again() {
        let json = tokens("acc3ss").to_json(2560).unwrap();
        let again = Tokens::from_json(&json).unwrap();
        assert!(again.same_refresh(&tokens("")));
        let access = again.access.unwrap();
        assert_eq!((access.token.expose_secret(), access.until), ("acc3ss", Some(at(4600))));
        assert!(Tokens::from_json(b"hunter2").is_none());
    }

    #[test]
    fn what_is_too_long_is_kept_without_the_access_token() {
        let json = tokens(&"a".repeat(2500)).to_json(2560).unwrap();
        let again = Tokens::from_json(&json).unwrap();
        assert!(again.access.is_none() && again.refresh.is_some());
        let mut all = tokens("a");
        all.refresh = Some("r".repeat(3000).into());
        assert!(all.to_json(2560).is_none());
        all.refresh = None;
        assert!(all.to_json(10).is_none());
    }

    #[test]
    fn debug_shows_nothing() {
        let shown = format!("{:?}", tokens("acc3ss"));
        assert!(!shown.contains("acc3ss") && !shown.contains("r3fresh"), "{shown}");
    }
}
