//! What proves to a server who logs in: a password, or a token that stands for one (RFC 6750).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;
use zeroize::Zeroizing;

/// A password or an access token. No `Debug`, log or error shows it.
#[derive(Clone)]
pub enum Credentials {
    /// A password: LOGIN, PLAIN.
    Password(SecretString),
    /// An OAuth 2.0 bearer token: OAUTHBEARER, XOAUTH2.
    Token(SecretString),
}

impl Credentials {
    /// A server's words without the secret, in any form that it was sent: some servers repeat what they refuse.
    pub fn hide(&self, words: &str, user: &str, at: (&str, u16)) -> String {
        let (secret, wrapped) = match self {
            Credentials::Password(password) => {
                let plain = Zeroizing::new(format!("\0{user}\0{}", password.expose_secret()));
                (password, vec![plain])
            }
            Credentials::Token(token) => {
                (token, [Bearer::Xoauth2, Bearer::OauthBearer].map(|b| b.first(user, token, at)).to_vec())
            }
        };
        let secret = secret.expose_secret();
        let encoded = wrapped.iter().map(|text| STANDARD.encode(text.as_bytes())).chain([STANDARD.encode(secret)]);
        let forms: Vec<_> = encoded.chain([secret.to_owned()]).map(Zeroizing::new).collect();
        // A shorter one would take whole words with it, and so tell itself.
        let forms = forms.iter().filter(|form| form.len() >= 6);
        forms.fold(words.to_owned(), |words, form| words.replace(form.as_str(), "…"))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Credentials::Password(_) => "Password(…)",
            Credentials::Token(_) => "Token(…)",
        })
    }
}

/// How a token is given to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bearer {
    /// Google's mechanism of before the standard, which most providers offer.
    Xoauth2,
    /// RFC 7628.
    OauthBearer,
}

impl Bearer {
    /// The mechanism to use of those that `offered` says yes to. XOAUTH2 first: where both are offered, more
    /// has been tried with it.
    pub fn pick(offered: impl Fn(&str) -> bool) -> Option<Bearer> {
        [Bearer::Xoauth2, Bearer::OauthBearer].into_iter().find(|mechanism| offered(mechanism.name()))
    }

    /// Its name in SASL.
    pub fn name(self) -> &'static str {
        match self {
            Bearer::Xoauth2 => "XOAUTH2",
            Bearer::OauthBearer => "OAUTHBEARER",
        }
    }

    /// What the client says first, before base64. `at`: the server's host and port.
    pub fn first(self, user: &str, token: &SecretString, at: (&str, u16)) -> Zeroizing<String> {
        let token = token.expose_secret();
        Zeroizing::new(match self {
            Bearer::Xoauth2 => format!("user={user}\x01auth=Bearer {token}\x01\x01"),
            Bearer::OauthBearer => {
                // RFC 5801 §4: a comma or an equals sign would end the name.
                let user = user.replace('=', "=3D").replace(',', "=2C");
                format!("n,a={user},\x01host={}\x01port={}\x01auth=Bearer {token}\x01\x01", at.0, at.1)
            }
        })
    }

    /// What the client says to the error that the server gives before it refuses: nothing, or a lone ^A (RFC
    /// 7628 §3.2.3).
    pub fn after_error(self) -> &'static str {
        match self {
            Bearer::Xoauth2 => "",
            Bearer::OauthBearer => "\x01",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_nothing() {
        let token = Credentials::Token(SecretString::from("hunter2"));
        assert_eq!(format!("{token:?} {:?}", Credentials::Password("hunter2".into())), "Token(…) Password(…)");
    }

    #[test]
    fn what_a_server_repeats_is_hidden() {
        let (user, at) = ("sam@example.org", ("127.0.0.1", 143));
        let password = Credentials::Password("hunter2 and more".into());
        let plain = STANDARD.encode(format!("\0{user}\0hunter2 and more"));
        for (said, shown) in [
            (format!("bad line <AUTH PLAIN {plain}>"), "bad line <AUTH PLAIN …>"),
            (format!("what is {}?", STANDARD.encode("hunter2 and more")), "what is …?"),
            ("no hunter2 and more".to_owned(), "no …"),
            ("no".to_owned(), "no"),
        ] {
            assert_eq!(password.hide(&said, user, at), shown);
        }
        let text = SecretString::from("acc3ss-token");
        let token = Credentials::Token(text.clone());
        for bearer in [Bearer::Xoauth2, Bearer::OauthBearer] {
            let said = format!("<{}> acc3ss-token", STANDARD.encode(bearer.first(user, &text, at).as_bytes()));
            assert_eq!(token.hide(&said, user, at), "<…> …");
        }
        assert_eq!(Credentials::Password("no".into()).hide("no such thing", user, at), "no such thing");
    }

    #[test]
    fn both_ways_to_give_a_token() {
        let token = SecretString::from("t0ken");
        let first = |b: Bearer| b.first("a=b,c@example.org", &token, ("mail.example.org", 993)).to_string();
        assert_eq!(first(Bearer::Xoauth2), "user=a=b,c@example.org\x01auth=Bearer t0ken\x01\x01");
        let standard = "n,a=a=3Db=2Cc@example.org,\x01host=mail.example.org\x01port=993\x01auth=Bearer t0ken\x01\x01";
        assert_eq!(first(Bearer::OauthBearer), standard);
        assert_eq!(Bearer::pick(|name| name == "OAUTHBEARER"), Some(Bearer::OauthBearer));
        assert_eq!(Bearer::pick(|_| true), Some(Bearer::Xoauth2));
        assert_eq!(Bearer::pick(|name| name == "PLAIN"), None);
    }
}
