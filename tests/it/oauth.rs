//! Signing in with OAuth 2.0: the real binary, Dovecot's own oauth2 passdb, GreenMail's XOAUTH2, and a provider of the
//! test's own.

use crate::keyring::in_session;
use crate::support::*;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

const MAIL: &str = "From: Ada <ada@example.com>\r\nTo: sam@example.org\r\nSubject: Cranes\r\nMessage-ID: <cranes@example.com>\r\n\r\nHow many?\r\n";

/// An account's table; `auth` is what stands under `[accounts.auth]`.
pub(crate) fn account(name: &str, email: &str, [imap, smtp]: [u16; 2], auth: &str) -> String {
    format!(
        "[[accounts]]\nname = \"{name}\"\nemail = \"{email}\"\n[accounts.imap]\nhost = \"127.0.0.1\"\nport = {imap}\nsecurity = \"plaintext\"\n\
         [accounts.smtp]\nhost = \"127.0.0.1\"\nport = {smtp}\nsecurity = \"plaintext\"\n[accounts.auth]\n{auth}\n"
    )
}

/// The same with tokens, kept in `tokens.json`.
fn with_tokens(provider: &TokenServer, email: &str, servers: [u16; 2]) -> Case {
    let mut case = Case::new();
    let oauth2 = format!("[accounts.auth.oauth2]\n{}", provider.toml("tokens = { file = \"tokens.json\" }"));
    case.config(&format!("[send]\ndelay = \"0s\"\n{}", account("work", email, servers, &oauth2)));
    // What it is told to log, it must not make it tell.
    case.env("RUST_LOG", "trace");
    case
}

fn file(case: &Case) -> PathBuf {
    case.path().join("tokens.json")
}

/// Tokens as an earlier sign-in left them: an access token from `age` seconds ago that lasts an hour.
pub(crate) fn keep(path: &PathBuf, refresh: &str, access: &str, age: i64) {
    let since = jiff_now() - age;
    let json = serde_json::json!({
        "client_id": "postnote-test", "refresh_token": refresh, "access_token": access, "since": since, "until": since + 3600,
    });
    std::fs::write(path, json.to_string()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn jiff_now() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "what a sign-in of before would have written")]
    jiff::Timestamp::now().as_second()
}

pub(crate) fn kept(path: &PathBuf, key: &str) -> String {
    let json: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    json[key].as_str().unwrap_or_default().to_owned()
}

fn notes(case: &Case) -> usize {
    case.notes("Sources/Email").len()
}

/// `postnote login work …` under way: what it has printed up to a line with `mark`.
fn signing_in(case: &Case, more: &[&str], mark: &str) -> (Child, String, BufReader<std::process::ChildStdout>) {
    let arguments: Vec<&str> = ["login", "work"].into_iter().chain(more.iter().copied()).collect();
    let mut child =
        case.command(&arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stdout.take().unwrap());
    let mut text = String::new();
    while !text.contains(mark) {
        assert!(said.read_line(&mut text).unwrap() > 0, "{text}");
    }
    (child, text, said)
}

/// The end of it: exit status, and everything that it said.
fn signed_in(mut child: Child, mut text: String, mut said: BufReader<std::process::ChildStdout>) -> (i32, String) {
    let status = ends(&mut child, Duration::from_secs(60)).unwrap();
    said.read_to_string(&mut text).unwrap();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    (status, text)
}

fn address(text: &str) -> String {
    text.lines().find(|line| line.starts_with("http://127.0.0.1:")).unwrap().to_owned()
}

#[test]
fn signs_in_by_browser_keeps_the_tokens_in_the_keyring_and_signs_out() {
    in_session("oauth::signs_in_by_browser_keeps_the_tokens_in_the_keyring_and_signs_out", || {
        let dovecot = token_dovecot("xoauth2 oauthbearer");
        let sam = dovecot.user("sam", "example.org");
        dovecot.deliver(&sam, MAIL.as_bytes());
        let provider = TokenServer::start(&sam.email);
        let mut case = Case::new();
        let oauth2 = format!("[accounts.auth.oauth2]\n{}", provider.toml(""));
        case.config(&account("work", &sam.email, [dovecot.imap, 9], &oauth2));
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            case.env(name, &std::env::var(name).unwrap());
        }
        let before = case.postnote(&["sync"]).ended(1).stderr;
        assert!(before.contains("account \"work\"") && before.contains("run: postnote login work"), "{before}");

        let (child, text, said) = signing_in(&case, &["-vv"], "Waiting for the browser");
        let (status, head, _) = get(&address(&text));
        assert_eq!(status, 302);
        let asked = &provider.asked("/authorize")[0];
        assert_eq!(
            (asked["scope"].as_str(), asked["login_hint"].as_str()),
            ("mail offline_access", sam.email.as_str())
        );
        let back = head.lines().find_map(|l| l.strip_prefix("Location: ")).unwrap().to_owned();
        // Others who find the port get nothing, and do not disturb.
        let port = url::Url::parse(&back).unwrap().port().unwrap();
        let idle = std::net::TcpStream::connect(("127.0.0.1", port)).unwrap();
        assert_eq!(get(&format!("http://127.0.0.1:{port}/favicon.ico")).0, 404);
        assert_eq!(get(&format!("http://127.0.0.1:{port}/?code=x&state=y")).0, 400);
        let (status, head, page) = get(&back);
        assert!(status == 200 && page.contains("You are signed in") && head.contains("no-store"), "{head}\n{page}");
        drop(idle);
        let (status, text) = signed_in(child, text, said);
        assert!(status == 0 && text.contains("work is signed in"), "{text}");
        provider.silent(&text);

        let output = case.postnote(&["sync", "-vv", "--json"]).ended(0);
        provider.silent(&format!("{output:?}"));
        assert_eq!((notes(&case), provider.asked("/token").len()), (1, 1));
        for path in case.snapshot_of(case.path()).values() {
            provider.silent(&String::from_utf8_lossy(path));
        }

        // The keyring takes the next one in place of the one before.
        let refresh = provider.refresh_tokens();
        provider.rotates();
        for token in provider.shown() {
            provider.expires(&token);
        }
        provider.silent(&format!("{:?}", case.postnote(&["sync", "-vv"]).ended(0)));
        case.postnote(&["sync"]).ended(0);
        assert_eq!(provider.asked("/token").len(), 2);
        assert_ne!(provider.refresh_tokens(), refresh);

        let refresh = provider.refresh_tokens();
        let out = case.postnote(&["logout", "work"]).ended(0).stdout;
        assert!(out.contains("taken its tokens back"), "{out}");
        assert_eq!((refresh.len(), provider.refresh_tokens().len()), (1, 0));
        assert!(case.postnote(&["sync"]).ended(1).stderr.contains("postnote login work"));
        assert!(case.postnote(&["logout", "work"]).ended(0).stdout.contains("was not signed in"));
    });
}

#[test]
fn a_sign_in_that_is_refused_keeps_nothing() {
    let provider = TokenServer::start("sam@example.org");
    let case = with_tokens(&provider, "sam@example.org", [9, 9]);
    let (child, text, said) = signing_in(&case, &[], "Waiting for the browser");
    let url = url::Url::parse(&address(&text)).unwrap();
    let value = |key: &str| url.query_pairs().find(|(k, _)| k == key).unwrap().1.into_owned();
    let back =
        format!("{}?error=access_denied&error_description=no+thanks&state={}", value("redirect_uri"), value("state"));
    let (status, _, page) = get(&back);
    assert!(status == 400 && page.contains("did not work"), "{page}");
    let (status, text) = signed_in(child, text, said);
    assert!(status == 1 && text.contains("access_denied: no thanks") && text.contains("postnote login work"), "{text}");

    provider.will([Grant::Error("invalid_client", "who are you?")]);
    let (child, text, said) = signing_in(&case, &[], "Waiting for the browser");
    let (_, head, _) = get(&address(&text));
    let (_, _, page) = get(head.lines().find_map(|l| l.strip_prefix("Location: ")).unwrap());
    assert!(page.contains("did not work"), "{page}");
    let (status, text) = signed_in(child, text, said);
    assert!(status == 1 && text.contains("invalid_client: who are you?") && text.contains("client_id"), "{text}");
    assert!(!file(&case).exists());
    provider.silent(&text);
}

#[test]
fn a_device_code_is_asked_for_as_often_as_the_provider_likes() {
    let provider = TokenServer::start("sam@example.org");
    let case = with_tokens(&provider, "sam@example.org", [9, 9]);
    provider.will([
        Grant::Error("authorization_pending", "wait"),
        Grant::Status(503),
        Grant::Error("slow_down", "not so fast"),
    ]);
    let (child, text, said) = signing_in(&case, &["--device", "-vv"], "Waiting until");
    assert!(text.contains("https://example.com/device\n") && text.contains("WDJB-MJHT"), "{text}");
    let (status, text) = signed_in(child, text, said);
    assert!(status == 0 && text.contains("work is signed in"), "{text}");
    provider.silent(&text);
    assert_eq!(provider.asked("/token").len(), 4);
    assert_eq!(kept(&file(&case), "refresh_token"), provider.refresh_tokens()[0]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(file(&case)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    provider.will([Grant::Error("access_denied", "no")]);
    let refused = case.postnote(&["login", "work", "--device"]).ended(1);
    assert!(refused.stderr.contains("access_denied") && refused.stderr.contains("postnote login work"), "{refused:?}");
    provider.silent(&format!("{refused:?}"));
    assert_eq!(kept(&file(&case), "refresh_token"), provider.refresh_tokens()[0], "what was there stays");
}

#[test]
fn a_token_is_renewed_before_it_ends_and_the_next_refresh_token_is_kept() {
    for mechanisms in ["xoauth2 oauthbearer", "oauthbearer"] {
        let dovecot = token_dovecot(mechanisms);
        let sam = dovecot.user("sam", "example.org");
        dovecot.deliver(&sam, MAIL.as_bytes());
        let provider = TokenServer::start(&sam.email);
        let case = with_tokens(&provider, &sam.email, [dovecot.imap, 9]);
        provider.rotates();
        let (first, old) = (provider.signed_in(), provider.access());
        keep(&file(&case), &first, &old, 3500);
        provider.silent(&format!("{:?}", case.postnote(&["sync", "-vv"]).ended(0)));
        assert_eq!(notes(&case), 1, "{mechanisms}");
        assert!(!provider.shown().contains(&old), "it was given to the server all the same");
        assert_eq!(provider.asked("/token").len(), 1);
        assert_eq!(provider.refresh_tokens(), [kept(&file(&case), "refresh_token")]);
        assert_ne!(kept(&file(&case), "refresh_token"), first);
        // It lasts an hour now.
        case.postnote(&["sync"]).ended(0);
        assert_eq!(provider.asked("/token").len(), 1);
    }
}

#[test]
fn a_refused_token_is_renewed_and_the_sync_goes_on() {
    for mechanisms in ["xoauth2 oauthbearer", "oauthbearer"] {
        let dovecot = token_dovecot(mechanisms);
        let sam = dovecot.user("sam", "example.org");
        dovecot.deliver(&sam, MAIL.as_bytes());
        let provider = TokenServer::start(&sam.email);
        let case = with_tokens(&provider, &sam.email, [dovecot.imap, 9]);
        let old = provider.access();
        provider.expires(&old);
        keep(&file(&case), &provider.signed_in(), &old, 10);
        let output = case.postnote(&["sync", "-vv"]).ended(0);
        provider.silent(&format!("{output:?}"));
        assert_eq!((notes(&case), provider.asked("/token").len()), (1, 1), "{mechanisms}");
        assert_eq!(provider.shown(), [old, kept(&file(&case), "access_token")]);

        // A server that wants none of them is asked twice, and no more.
        provider.names("acc3ss.nobody");
        provider.expires(&kept(&file(&case), "access_token"));
        let other = with_tokens(&provider, "noor@example.org", [dovecot.imap, 9]);
        keep(&file(&other), &provider.signed_in(), &provider.access(), 10);
        let output = other.postnote(&["sync", "-vv"]).ended(1);
        assert!(output.stderr.contains("refused the login of noor@example.org"), "{output:?}");
        assert!(output.stderr.contains("postnote login work"), "{output:?}");
        provider.silent(&format!("{output:?}"));
        assert_eq!(provider.asked("/token").len(), 2);
    }
}

#[test]
fn a_revoked_sign_in_says_what_to_run_and_the_others_go_on() {
    let dovecot = token_dovecot("xoauth2");
    let (sam, home) = (dovecot.user("sam", "example.org"), dovecot.user("home", "example.org"));
    dovecot.deliver(&home, MAIL.as_bytes());
    let provider = TokenServer::start(&sam.email);
    let mut case = with_tokens(&provider, &sam.email, [dovecot.imap, 9]);
    let mut config = std::fs::read_to_string(case.config_path()).unwrap();
    let password = format!("password = {{ env = \"{PASSWORD_VARIABLE}\" }}");
    config.push_str(&account("home", &home.email, [dovecot.imap, 9], &password));
    case.raw_config(&config);
    case.env(PASSWORD_VARIABLE, &home.password);
    let refresh = provider.signed_in();
    keep(&file(&case), &refresh, &provider.access(), 4000);
    provider.will([Grant::Error("invalid_grant", "Token has been expired or revoked.")]);
    let output = case.postnote(&["sync", "-vv"]).ended(1);
    let complaint: Vec<_> = output.stderr.lines().filter(|l| l.starts_with("postnote: ")).collect();
    assert!(complaint.len() == 1 && complaint[0].contains("account \"work\""), "{output:?}");
    assert!(complaint[0].contains("revoked") && complaint[0].contains("run: postnote login work"), "{output:?}");
    provider.silent(&format!("{output:?}"));
    assert_eq!(notes(&case), 1);
    assert!(case.postnote(&["status"]).ended(0).stdout.contains("postnote login work"));
    assert_eq!(kept(&file(&case), "refresh_token"), refresh);
}

#[test]
fn a_provider_that_is_away_is_no_revoked_sign_in() {
    let dovecot = token_dovecot("xoauth2");
    let sam = dovecot.user("sam", "example.org");
    dovecot.deliver(&sam, MAIL.as_bytes());
    let provider = TokenServer::start(&sam.email);
    let mut case = with_tokens(&provider, &sam.email, [dovecot.imap, 9]);
    let refresh = provider.signed_in();
    keep(&file(&case), &refresh, &provider.access(), 4000);
    let before = std::fs::read(file(&case)).unwrap();
    let away = |case: &Case, what: &str| {
        let output = case.postnote(&["sync", "-vv"]).ended(1);
        assert!(output.stderr.contains(what) && output.stderr.contains("tried again"), "{what}: {output:?}");
        assert!(!output.stderr.contains("postnote login"), "{output:?}");
        provider.silent(&format!("{output:?}"));
        assert_eq!(std::fs::read(file(case)).unwrap(), before);
    };
    provider.will([Grant::Status(503)]);
    away(&case, "HTTP status 503");
    provider.will([Grant::Error("temporarily_unavailable", "later")]);
    away(&case, "temporarily_unavailable");
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let closed = free_ports(1)[0];
    case.raw_config(&config.replace(&format!(":{}/token", provider.port), &format!(":{closed}/token")));
    away(&case, "refuses the connection");
    case.raw_config(&config);
    case.postnote(&["sync"]).ended(0);
    assert_eq!(notes(&case), 1);

    // Near its end, but good yet: nobody needs the provider now.
    let access = provider.access();
    keep(&file(&case), &refresh, &access, 3540);
    provider.will([Grant::Status(503)]);
    case.postnote(&["sync"]).ended(0);
    assert!(provider.shown().contains(&access));
}

#[test]
fn sends_over_smtp_with_a_token() {
    let greenmail = GreenMail::shared();
    let sam = User { email: "sam-by-token@example.org".to_owned(), password: "acc3ss.first".to_owned() };
    greenmail.add(&sam);
    let ada = greenmail.user("ada", "example.com");
    let provider = TokenServer::start(&sam.email);
    let case = with_tokens(&provider, &sam.email, [greenmail.imap, greenmail.smtp]);
    // GreenMail takes the password for a token. What is kept is an older one: both logins are refused at first.
    provider.names(&sam.password);
    keep(&file(&case), &provider.signed_in(), &provider.access(), 10);
    case.draft("a.md", &letter(&ada.email, "By token"));
    let output = case.postnote(&["sync", "-vv"]).ended(0);
    provider.silent(&format!("{output:?}"));
    assert_eq!(case.says("a.md", "status"), "sent");
    assert_eq!(greenmail.imap(&ada).messages("INBOX").len(), 1);
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn only_the_smtp_login_is_refused() {
    let dovecot = token_dovecot("xoauth2");
    let sam = dovecot.user("sam", "example.org");
    let provider = TokenServer::start(&sam.email);
    let token = provider.access();
    let refuse = format!("auth=Bearer {token}\u{1}");
    let sink = Sink::scripted(move |event| match event {
        Event::Command(line) if line.starts_with("EHLO") => Action::Say("250-sink.example\r\n250 AUTH XOAUTH2".into()),
        Event::Command(line) if line.starts_with("AUTH XOAUTH2 ") => {
            use base64::Engine as _;
            let said = base64::engine::general_purpose::STANDARD.decode(&line[13..]).unwrap();
            let old = String::from_utf8(said).unwrap().contains(&refuse);
            if old { Action::Say("535 5.7.8 expired".into()) } else { Action::Usual }
        }
        _ => Action::Usual,
    });
    let case = with_tokens(&provider, &sam.email, [dovecot.imap, sink.port]);
    keep(&file(&case), &provider.signed_in(), &token, 10);
    case.draft("a.md", &letter("ada@example.com", "Once"));
    case.draft("b.md", &letter("ada@example.com", "Twice"));
    // The provider is away: nothing was sent, so it can wait.
    provider.will([Grant::Status(503), Grant::Status(503)]);
    let output = case.postnote(&["send"]).ended(1);
    assert_eq!(case.says("a.md", "status"), "queued", "{output:?}");
    case.sql("UPDATE outbox SET not_before = 0");
    let output = case.postnote(&["send", "-vv"]).ended(0);
    provider.silent(&format!("{output:?}"));
    assert_eq!((sink.taken().len(), provider.asked("/token").len()), (2, 3), "{output:?}");
    let logins = sink.events().iter().filter(|e| matches!(e, Event::Command(l) if l.starts_with("AUTH"))).count();
    assert_eq!(logins, 4, "the old token three times, and the new one once for both messages");

    provider.will([Grant::Error("invalid_grant", "revoked")]);
    keep(&file(&case), &provider.signed_in(), &token, 10);
    case.draft("c.md", &letter("ada@example.com", "No more"));
    let output = case.postnote(&["send", "-vv"]).ended(1);
    provider.silent(&format!("{output:?}"));
    let error = case.says("c.md", "error");
    assert!(error.contains("postnote login work") && error.contains("Nothing was sent"), "{error}");
}

/// Stands between postnote and an IMAP server, and ends the first session that fetches a message from the second
/// mailbox on: as a server does whose token has run out meanwhile.
fn expiring(imap: u16, provider: &'static TokenServer, token: String) -> u16 {
    use std::io::Write;
    use std::net::{TcpListener, TcpStream};
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for (number, client) in listener.incoming().flatten().enumerate() {
            let server = TcpStream::connect(("127.0.0.1", imap)).unwrap();
            let (mut down, mut client_end) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            std::thread::spawn(move || std::io::copy(&mut down, &mut client_end));
            let (mut up, token) = (server, token.clone());
            std::thread::spawn(move || {
                let (mut opened, mut lines) = (0, BufReader::new(client.try_clone().unwrap()));
                let mut line = Vec::new();
                while lines.read_until(b'\n', &mut line).unwrap_or(0) > 0 {
                    let text = String::from_utf8_lossy(&line).to_uppercase();
                    opened += usize::from(text.contains(" EXAMINE ") || text.contains(" SELECT "));
                    if number == 0 && opened > 1 && text.contains("UID FETCH") && text.contains("BODY") {
                        provider.expires(&token);
                        (&client).write_all(b"* BYE [EXPIRED] your token has run out\r\n").ok();
                        break;
                    }
                    up.write_all(&line).ok();
                    line.clear();
                }
                client.shutdown(std::net::Shutdown::Both).ok();
                up.shutdown(std::net::Shutdown::Both).ok();
            });
        }
    });
    port
}

#[test]
fn a_token_that_ends_in_mid_session_is_renewed_and_the_sync_goes_on() {
    let dovecot = token_dovecot("xoauth2");
    let sam = dovecot.user("sam", "example.org");
    let mut mailbox = dovecot.imap(&sam);
    for (name, number) in [("INBOX", 1), ("Archive", 2), ("Archive", 3), ("Junk", 4)] {
        let mail = MAIL.replace("cranes@", &format!("cranes-{number}@")).replace("Cranes", &format!("Cranes {number}"));
        mailbox.append(name, "", mail.as_bytes());
    }
    let provider: &TokenServer = Box::leak(Box::new(TokenServer::start(&sam.email)));
    provider.rotates();
    let old = provider.access();
    let port = expiring(dovecot.imap, provider, old.clone());
    let case = with_tokens(provider, &sam.email, [port, 9]);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let config =
        config.replacen("[accounts.imap]", "[accounts.imap]\nmailboxes = [\"INBOX\", \"Archive\", \"Junk\"]", 1);
    std::fs::write(case.config_path(), config).unwrap();
    keep(&file(&case), &provider.signed_in(), &old, 10);
    let output = case.postnote(&["sync", "-vv"]).ended(0);
    assert!(output.stderr.contains("your token has run out"), "{output:?}");
    provider.silent(&format!("{output:?}"));
    assert_eq!(notes(&case), 4);
    assert_eq!(provider.asked("/token").len(), 1);
    // Whether the old one is tried once more does not matter.
    let mut shown = provider.shown();
    shown.dedup();
    assert_eq!(shown, [old, kept(&file(&case), "access_token")]);
    assert_eq!(provider.refresh_tokens(), [kept(&file(&case), "refresh_token")]);
}

#[test]
fn a_token_goes_over_tls_and_starttls_and_to_no_provider_that_nobody_vouches_for() {
    let dovecot = token_dovecot("xoauth2");
    let sam = dovecot.user("sam", "example.org");
    dovecot.deliver(&sam, MAIL.as_bytes());
    let provider = TokenServer::start(&sam.email);
    for (security, port) in [("tls", dovecot.imaps), ("starttls", dovecot.imap)] {
        let case = with_tokens(&provider, &sam.email, [port, 9]);
        let secured = format!("security = \"{security}\"\nca_file = '{}'", dovecot.ca_file.to_str().unwrap());
        let config = std::fs::read_to_string(case.config_path()).unwrap();
        std::fs::write(case.config_path(), config.replacen("security = \"plaintext\"", &secured, 1)).unwrap();
        keep(&file(&case), &provider.signed_in(), &provider.access(), 4000);
        // As long as they come.
        provider.names(&format!("acc3ss.{security}.{}", "x".repeat(4000)));
        case.postnote(&["sync"]).ended(0);
        assert_eq!(notes(&case), 1, "{security}");

        // A provider that cannot prove its name is told nothing.
        let before = provider.asked("/token").len();
        let liar = Scripted::start(|wire| wire.secure(&Certificate::self_signed("localhost")));
        let config = std::fs::read_to_string(case.config_path()).unwrap();
        let away = format!("https://localhost:{}/token", liar.port);
        let token_url = format!("http://127.0.0.1:{}/token", provider.port);
        std::fs::write(case.config_path(), config.replace(&token_url, &away)).unwrap();
        keep(&file(&case), &provider.signed_in(), &provider.access(), 4000);
        let output = case.postnote(&["sync"]).ended(1);
        assert!(output.stderr.contains("is not trusted") && output.stderr.contains("ca_file"), "{output:?}");
        assert_eq!((liar.got().as_str(), provider.asked("/token").len()), ("", before));
    }
}

#[test]
fn who_stays_renews_once_for_all_its_sessions() {
    let dovecot = token_dovecot("xoauth2");
    let sam = dovecot.user("sam", "example.org");
    dovecot.deliver(&sam, MAIL.as_bytes());
    let provider = TokenServer::start(&sam.email);
    provider.rotates();
    let case = with_tokens(&provider, &sam.email, [dovecot.imap, 9]);
    let (refresh, old) = (provider.signed_in(), provider.access());
    provider.expires(&old);
    keep(&file(&case), &refresh, &old, 10);
    let mut running = case.start(&["run"]);
    until("the first note", || notes(&case) == 1);
    until("the token is kept", || kept(&file(&case), "access_token") != old);
    // The listening session and those of the passes: mail comes in while they are there.
    dovecot.deliver(&sam, MAIL.replace("cranes@", "more-cranes@").as_bytes());
    until("the second note", || notes(&case) == 2);
    signal(&running, "TERM");
    ends(&mut running, Duration::from_secs(30));
    assert_eq!(provider.asked("/token").len(), 1);
    assert_eq!(provider.refresh_tokens(), [kept(&file(&case), "refresh_token")]);
}
