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
        ("\nvault", "\nassistant = { provider = \"openai\" }\nvault", "not available"),
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
