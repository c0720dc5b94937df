//! A provider of OAuth 2.0 tokens of the test's own, and a Dovecot that believes it.

use super::Dovecot;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;
use url::Url;

/// What the token endpoint says to the next request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Grant {
    /// What it should, by the rules.
    Usual,
    /// An error of the protocol: `invalid_grant` and the like, with a description.
    Error(&'static str, &'static str),
    /// Another status and no JSON.
    Status(u16),
    /// Nothing, for so many milliseconds, then as usual.
    After(u64),
    /// Nothing, for so many milliseconds, then an error of the protocol.
    AfterError(u64, &'static str),
}

#[derive(Debug, Default)]
struct State {
    user: String,
    asked: Vec<(String, BTreeMap<String, String>)>,
    next: VecDeque<Grant>,
    /// What the next access tokens are, where the test wants a say.
    names: VecDeque<String>,
    rotate: bool,
    life: Option<u64>,
    refresh: Vec<String>,
    secrets: Vec<String>,
    /// The code, its challenge and where it goes.
    code: Option<(String, String, String)>,
    device: Option<String>,
}

/// The provider. It gives tokens to one user, and takes a client secret if one comes.
pub struct TokenServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

/// Every access token of this process that is good, and whose it is.
fn good() -> &'static Mutex<BTreeMap<String, String>> {
    static GOOD: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());
    &GOOD
}

/// The tokens that a mail server asked about.
fn shown() -> &'static Mutex<Vec<String>> {
    static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    &SHOWN
}

fn unique(kind: &str) -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    format!("{kind}.{:x}~{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

impl TokenServer {
    /// One that gives tokens for `user`, which last an hour.
    pub fn start(user: &str) -> TokenServer {
        let state = State { user: user.to_owned(), life: Some(3600), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        let kept = state.clone();
        let port = serve(move |path, form| answer(&kept, path, form));
        TokenServer { port, state }
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// The `oauth2` table of an account.
    pub fn toml(&self, more: &str) -> String {
        let at = |path: &str| format!("http://127.0.0.1:{}/{path}", self.port);
        format!(
            "provider = \"custom\"\nclient_id = \"postnote-test\"\nauth_url = \"{}\"\ntoken_url = \"{}\"\ndevice_url = \"{}\"\n\
             revoke_url = \"{}\"\nscopes = [\"mail\", \"offline_access\"]\n{more}\n",
            at("authorize"),
            at("token"),
            at("device"),
            at("revoke")
        )
    }

    /// A refresh token as if its owner had signed in.
    pub fn signed_in(&self) -> String {
        let token = unique("r3fresh");
        let mut state = self.state();
        state.refresh.push(token.clone());
        state.secrets.push(token.clone());
        token
    }

    /// An access token that is good.
    pub fn access(&self) -> String {
        let token = unique("acc3ss");
        good().lock().unwrap().insert(token.clone(), self.state().user.clone());
        self.state().secrets.push(token.clone());
        token
    }

    /// From now on each refresh gives a new refresh token, and the old one is worth nothing.
    pub fn rotates(&self) {
        self.state().rotate = true;
    }

    /// How long tokens last from now on, in seconds; `None`: it does not say.
    pub fn life(&self, seconds: Option<u64>) {
        self.state().life = seconds;
    }

    /// What the token endpoint says to the next requests.
    pub fn will(&self, grants: impl IntoIterator<Item = Grant>) {
        self.state().next.extend(grants);
    }

    /// What the next access token is called.
    pub fn names(&self, token: &str) {
        self.state().names.push_back(token.to_owned());
        self.state().secrets.push(token.to_owned());
    }

    /// Makes this access token good.
    pub fn takes(&self, token: &str) {
        good().lock().unwrap().insert(token.to_owned(), self.state().user.clone());
    }

    /// Access tokens end here and now.
    pub fn expires(&self, token: &str) {
        good().lock().unwrap().remove(token);
    }

    /// The refresh tokens that are good.
    pub fn refresh_tokens(&self) -> Vec<String> {
        self.state().refresh.clone()
    }

    /// The requests to a path, each as its form.
    pub fn asked(&self, path: &str) -> Vec<BTreeMap<String, String>> {
        self.state().asked.iter().filter(|(p, _)| p == path).map(|(_, form)| form.clone()).collect()
    }

    /// The access tokens of this provider that a mail server asked about.
    pub fn shown(&self) -> Vec<String> {
        let own = self.state().secrets.clone();
        shown().lock().unwrap().iter().filter(|token| own.contains(token)).cloned().collect()
    }

    /// Finds nothing secret in what a program said.
    pub fn silent(&self, said: &str) {
        for secret in &self.state().secrets {
            assert!(!said.contains(secret.as_str()), "{secret} in:\n{said}");
        }
    }
}

/// A Dovecot that takes these mechanisms and asks the providers of this process about tokens.
pub fn token_dovecot(mechanisms: &str) -> Dovecot {
    static PORT: OnceLock<u16> = OnceLock::new();
    let port = PORT.get_or_init(|| {
        serve(|_, form| {
            let token = form.get("token").or(form.get("access_token")).cloned().unwrap_or_default();
            let user = good().lock().unwrap().get(&token).cloned();
            shown().lock().unwrap().push(token);
            let json = match user {
                Some(user) => serde_json::json!({ "active": true, "username": user }),
                None => serde_json::json!({ "active": false }),
            };
            (200, String::new(), json.to_string())
        })
    });
    let extra = format!(
        "auth_mechanisms = plain {mechanisms}\npassdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = DIR/extra.aside\n}}\n"
    );
    let aside = format!(
        "introspection_mode = post\nintrospection_url = http://127.0.0.1:{port}/introspect\nforce_introspection = yes\n\
         username_attribute = username\nactive_attribute = active\nactive_value = true\n"
    );
    Dovecot::with(&extra, &aside)
}

type Said = (u16, String, String);

fn answer(shared: &Mutex<State>, path: &str, form: &BTreeMap<String, String>) -> Said {
    let value = |key: &str| form.get(key).cloned().unwrap_or_default();
    let mut state = shared.lock().unwrap();
    state.asked.push((path.to_owned(), form.clone()));
    match path {
        "/authorize" => {
            let (code, back) = (unique("c0de"), value("redirect_uri"));
            assert_eq!((value("response_type"), value("code_challenge_method")), ("code".into(), "S256".into()));
            state.secrets.push(code.clone());
            let mut to = Url::parse(&back).unwrap();
            to.query_pairs_mut().append_pair("code", &code).append_pair("state", &value("state"));
            state.code = Some((code, value("code_challenge"), back));
            (302, format!("Location: {to}\r\n"), String::new())
        }
        "/device" => {
            let device = unique("dev1ce");
            state.secrets.push(device.clone());
            state.device = Some(device.clone());
            let json = serde_json::json!({
                "device_code": device, "user_code": "WDJB-MJHT", "verification_uri": "https://example.com/device",
                "verification_uri_complete": "https://example.com/device?c=WDJB-MJHT", "expires_in": 600, "interval": 1,
            });
            (200, String::new(), json.to_string())
        }
        "/revoke" => {
            state.refresh.retain(|token| *token != value("token"));
            (200, String::new(), String::new())
        }
        "/token" => {
            match state.next.pop_front().unwrap_or(Grant::Usual) {
                Grant::Usual => {}
                Grant::Error(code, text) => {
                    // As a careless provider does it: what it was sent is in what it says.
                    let text = format!("{text} {} {}", value("refresh_token"), value("device_code"));
                    let json = serde_json::json!({ "error": code, "error_description": text });
                    return (400, String::new(), json.to_string());
                }
                Grant::Status(status) => return (status, String::new(), "<h1>out of order</h1>".to_owned()),
                Grant::After(millis) => {
                    drop(state);
                    std::thread::sleep(Duration::from_millis(millis));
                    state = shared.lock().unwrap();
                }
                Grant::AfterError(millis, code) => {
                    drop(state);
                    std::thread::sleep(Duration::from_millis(millis));
                    return (400, String::new(), serde_json::json!({ "error": code }).to_string());
                }
            }
            grant(&mut state, form)
        }
        _ => (404, String::new(), String::new()),
    }
}

fn grant(state: &mut State, form: &BTreeMap<String, String>) -> Said {
    let value = |key: &str| form.get(key).cloned().unwrap_or_default();
    let refused = |why: &str| (400, String::new(), serde_json::json!({ "error": why }).to_string());
    let new = |state: &mut State| {
        let token = unique("r3fresh");
        state.refresh.push(token.clone());
        state.secrets.push(token.clone());
        Some(token)
    };
    let refresh = match value("grant_type").as_str() {
        "authorization_code" => {
            let Some((code, challenge, back)) = state.code.take() else { return refused("invalid_grant") };
            state.secrets.push(value("code_verifier"));
            let proof = URL_SAFE_NO_PAD.encode(Sha256::digest(value("code_verifier")));
            if code != value("code") || challenge != proof || back != value("redirect_uri") {
                return refused("invalid_grant");
            }
            new(state)
        }
        "urn:ietf:params:oauth:grant-type:device_code" if state.device == Some(value("device_code")) => new(state),
        "refresh_token" if state.refresh.contains(&value("refresh_token")) => {
            if state.rotate {
                state.refresh.retain(|token| *token != value("refresh_token"));
                new(state)
            } else {
                None
            }
        }
        _ => return refused("invalid_grant"),
    };
    let access = state.names.pop_front().unwrap_or_else(|| unique("acc3ss"));
    state.secrets.push(access.clone());
    good().lock().unwrap().insert(access.clone(), state.user.clone());
    let mut json = serde_json::json!({ "access_token": access, "token_type": "Bearer" });
    if let Some(life) = state.life {
        json["expires_in"] = life.into();
    }
    if let Some(refresh) = refresh {
        json["refresh_token"] = refresh.into();
    }
    (200, String::new(), json.to_string())
}

/// Answers each request with what `answer` makes of its path and its form, query included.
fn serve(answer: impl Fn(&str, &BTreeMap<String, String>) -> Said + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    // The thread waits for clients until the test process ends.
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answer = answer.clone();
            std::thread::spawn(move || exchange(stream, &*answer).ok());
        }
    });
    port
}

fn exchange(stream: TcpStream, answer: &dyn Fn(&str, &BTreeMap<String, String>) -> Said) -> std::io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(30)))?;
    let mut stream = BufReader::new(stream);
    let (mut first, mut length) = (String::new(), 0);
    stream.read_line(&mut first)?;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    let target = first.split(' ').nth(1).unwrap_or("/");
    let url = Url::parse("http://localhost/").unwrap().join(target).unwrap();
    let pairs = |text: &[u8]| url::form_urlencoded::parse(text).into_owned().collect::<Vec<_>>();
    let form: BTreeMap<String, String> =
        pairs(url.query().unwrap_or_default().as_bytes()).into_iter().chain(pairs(&body)).collect();
    let (status, head, body) = answer(url.path(), &form);
    write!(
        stream.get_mut(),
        "HTTP/1.1 {status} x\r\n{head}Content-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// What a browser gets from an address on 127.0.0.1: status, head and body.
pub fn get(url: &str) -> (u16, String, String) {
    let url = Url::parse(url).unwrap();
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, url.port().unwrap())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    write!(stream, "GET {target} HTTP/1.1\r\nHost: {}\r\n\r\n", url.host_str().unwrap()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).unwrap().parse().unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (status, head.to_owned(), body.to_owned())
}
