use super::*;
use jiff::Zoned;

const MINIMAL: &str = r#"
vault = "~/Notes"
[[accounts]]
name = "work"
email = "me@example.com"
[accounts.imap]
host = "imap.example.com"
[accounts.smtp]
host = "smtp.example.com"
[accounts.auth]
password = { keyring = true }
"#;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/home/me"), Path::new("/etc/postnote"))
}

#[test]
fn fills_in_what_is_usual() {
    let config = parse(MINIMAL).expect("a config");
    assert_eq!(config.vault, Path::new("/home/me/Notes"));
    let account = config.account("work").expect("work");
    assert_eq!((account.imap.port, account.smtp.port), (993, 465));
    assert_eq!(account.imap_username, "me@example.com");
    assert_eq!(account.mailboxes, ["INBOX"]);
    assert_eq!(config.send.delay, SignedDuration::from_secs(10));
}

#[test]
fn the_example_is_a_config_and_names_every_key() {
    let example = include_str!("../../config.example.toml");
    let config = parse(example).expect("config.example.toml");
    assert!(!config.accounts.is_empty());
    for (path, names) in keys::KEYS {
        for name in *names {
            let shown = example.lines().any(|l| {
                let l = l.trim_start_matches(['#', ' ']);
                l.starts_with(&format!("{name} ="))
                    || l.contains(&format!(" {name} = "))
                    || l.contains(&format!("{name}]"))
            });
            assert!(shown, "config.example.toml does not show {path} {name}");
        }
    }
}

#[test]
fn says_what_is_wrong() {
    for (from, to, what) in [
        ("vault =", "valut =", "did you mean `vault`"),
        ("email =", "emial =", "accounts.emial"),
        ("[accounts.imap]\n", "[accounts.imap]\nsecurty = \"tls\"\n", "did you mean `security`"),
        ("{ keyring = true }", "\"hunter2\"", "does not stand in the config itself"),
        ("{ keyring = true }", "{ env = \"A\", file = \"b\" }", "exactly one"),
        ("[accounts.auth]\npassword = { keyring = true }", "[accounts.x]", "accounts.x"),
        ("me@example.com", "me", "no mail address"),
        ("\nvault", "\nsync = { schedule = \"sometimes\" }\nvault", "sync.schedule"),
        ("\nvault", "\nsync = { since = \"30 parsecs\" }\nvault", "sync.since"),
        ("\nvault", "\npaths = { outbox = \"../x\" }\nvault", "paths.outbox"),
        ("\nvault", "\npaths = { sources = \"Outbox/in\" }\nvault", "must not lie inside"),
        ("\nvault", "\nassistant = { provider = \"openai\" }\nvault", "base_url"),
        ("host = \"imap.example.com\"", "", "host"),
    ] {
        let text = MINIMAL.replacen(from, to, 1);
        let error = parse(&text).expect_err(to).to_string();
        assert!(error.contains(what), "{to}: {error}");
        assert!(!error.contains("hunter2"), "a secret in an error");
    }
    let bare = MINIMAL
        .replace("[accounts.auth]\npassword = { keyring = true }", "")
        .replace("email =", "auth = \"hunter2\"\nemail =");
    let error = parse(&bare).expect_err("a bare secret").to_string();
    assert!(error.contains("[accounts.auth]") && !error.contains("hunter2"), "{error}");
    assert!(parse("vault = \"x\"").expect_err("no account").to_string().contains("[[accounts]]"));
}

#[test]
fn schedules_come_next() {
    let now: Zoned = "2026-01-05T19:35:19[Europe/Berlin]".parse().expect("a time");
    let next = |s: &str| Schedule::parse(s).expect(s).next(&now).expect("a next time").datetime().to_string();
    assert_eq!(next("every 5m"), "2026-01-05T19:40:19");
    assert_eq!(next("*/10 * * * *"), "2026-01-05T19:40:00");
    assert_eq!(next("0 8 * * 1-5"), "2026-01-06T08:00:00");
}

const TOKENS: &str = "oauth2 = { provider = \"google\", client_id = \"me\" }";

fn with_tokens(text: &str) -> Result<OAuth2, String> {
    let config = parse(&MINIMAL.replace("password = { keyring = true }", text)).map_err(|e| e.to_string())?;
    match &config.account("work").expect("work").secret {
        Auth::OAuth2(oauth) => Ok((**oauth).clone()),
        other => panic!("{other:?}"),
    }
}

#[test]
fn providers_are_known() {
    let google = with_tokens(TOKENS).expect("google");
    assert_eq!(google.token_url.as_str(), "https://oauth2.googleapis.com/token");
    assert_eq!(google.scopes, ["https://mail.google.com/"]);
    assert_eq!((google.tokens, google.device_url), (SecretSource::Keyring, None));
    let microsoft =
        with_tokens("oauth2 = { provider = \"microsoft\", client_id = \"me\", tenant = \"example.com\" }").expect("it");
    assert!(microsoft.device_url.is_some_and(|u| u.path() == "/example.com/oauth2/v2.0/devicecode"));
    assert_eq!(microsoft.redirect_url.as_str(), "http://localhost/");
    let own = with_tokens(
        r#"oauth2 = { provider = "custom", client_id = "me", token_url = "http://127.0.0.1:9/t", auth_url = "http://localhost:9/a", tokens = { file = "t.json" }, client_secret = { file = "~/s" } }"#,
    )
    .expect("custom");
    assert_eq!(own.tokens, SecretSource::File("/etc/postnote/t.json".into()));
    assert_eq!(own.client_secret, Some(SecretSource::File("/home/me/s".into())));
}

#[test]
fn says_what_is_wrong_with_auth() {
    let custom = |more: &str| format!("oauth2 = {{ provider = \"custom\", client_id = \"me\", {more} }}");
    let google = |more: &str| format!("oauth2 = {{ provider = \"google\", client_id = \"me\", {more} }}");
    for (auth, what) in [
        (format!("password = {{ keyring = true }}\n{TOKENS}"), "not both"),
        ("oauth2 = \"hunter2\"".to_owned(), "should be a table"),
        ("oauth2 = { client_id = \"me\" }".to_owned(), "`provider` is missing"),
        ("oauth2 = { provider = \"google\" }".to_owned(), "`client_id` is missing; register"),
        ("oauth2 = { provider = \"gogle\", client_id = \"me\" }".to_owned(), "did you mean \"google\""),
        ("oauth2 = { provider = \"acme\", client_id = \"me\" }".to_owned(), "\"custom\""),
        (google("client_secret = \"hunter2\""), "does not stand in the config itself"),
        (google("client_secret = { keyring = true }"), "client_secret: comes from"),
        (google("clientsecret = { keyring = true }"), "did you mean `client_secret`"),
        (google("tenant = \"x\""), "microsoft"),
        (google("tokens = { env = \"X\" }"), "tokens: are kept in"),
        (google("scopes = [\"a b\"]"), "without spaces"),
        (google("token_url = \"http://example.com/token\""), "token_url: should be an https"),
        (google("auth_url = \"https://me:pw@example.com/\""), "auth_url: should be an https"),
        (google("auth_url = \"file:///etc\""), "auth_url: should be an https"),
        (google("redirect_url = \"https://example.com/\""), "redirect_url"),
        (google("redirect_url = \"http://localhost.example.com/\""), "redirect_url"),
        (custom("auth_url = \"https://example.com/\""), "token_url: is missing"),
        (custom("token_url = \"https://example.com/\""), "auth_url: is missing"),
    ] {
        let error = with_tokens(&auth).expect_err(&auth);
        assert!(error.contains("account \"work\"") || error.contains("accounts.auth"), "{auth}: {error}");
        assert!(error.contains(what) && !error.contains("hunter2"), "{auth}: {error}");
    }
}

#[test]
fn what_the_example_says_of_tokens_is_a_config() {
    let example = include_str!("../../config.example.toml");
    let (before, block) = example.split_once("  # [accounts.auth.oauth2]\n").expect("the block");
    let (block, after) = block.split_once("\n\n").expect("its end");
    let keys: Vec<_> =
        block.lines().filter_map(|l| l.trim().strip_prefix("# ")).filter(|l| l.contains(" = ")).collect();
    // The tenant is for Microsoft alone; a sentence may hold an example of its own.
    let keys: Vec<_> =
        keys.into_iter().filter(|l| l.parse::<toml::Table>().is_ok() && !l.starts_with("tenant")).collect();
    let before = before.replace("password = {", "# password = {");
    let config = parse(&format!("{before}[accounts.auth.oauth2]\n{}\n{after}", keys.join("\n"))).expect("a config");
    let Some(Auth::OAuth2(oauth)) = config.accounts.first().map(|a| a.secret.clone()) else { panic!("no oauth2") };
    assert_eq!(oauth.redirect_url.port(), Some(8765));
    assert_eq!(keys.len(), 11, "{keys:?}");
}
