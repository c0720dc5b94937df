//! `postnote init`, typed at a real terminal, with real servers; wrong answers included.

use crate::support::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A home whose Obsidian knows the case's vault.
fn with_obsidian(case: &Case) {
    let folder = case.path().join("home/.config/obsidian");
    fs::create_dir_all(&folder).unwrap();
    let list = serde_json::json!({ "vaults": { "a": { "path": case.vault(), "ts": 1 } } });
    fs::write(folder.join("obsidian.json"), list.to_string()).unwrap();
}

/// Everything below the case's folder but what belongs to the test.
fn files(case: &Case) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![case.path().to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path.clone());
            }
            if !path.ends_with("tmux") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const LOCAL: [&str; 5] = ["--no-lookup", "--imap-security", "plaintext", "--smtp-security", "plaintext"];

#[test]
fn from_nothing_to_the_first_draft_with_every_answer_wrong_first() {
    let greenmail = GreenMail::shared();
    let sam = greenmail.user("sam", "example.org");
    let mail = format!(
        "From: Ada Park <ada@example.com>\r\nTo: {}\r\nSubject: Storage questions\r\nMessage-ID: <init@example.com>\r\n\r\n\
         Hi Sam,\r\n\r\nhow many terabytes do you expect? Could you tell me by Friday?\r\n\r\nBest,\r\nAda\r\n",
        sam.email
    );
    greenmail.deliver(&sam, mail.as_bytes());
    let case = Case::new();
    with_obsidian(&case);
    let begin = Instant::now();
    let arguments: Vec<&str> = ["init"].into_iter().chain(LOCAL).collect();
    let terminal = Terminal::start(&case, (80, 24), &arguments);
    terminal.answer("Your mail address:", "sam at example.org");
    terminal.says("is no mail address");
    terminal.answer("Your mail address:", &sam.email);
    terminal.says("I do not know the servers of example.org.");
    terminal.answer("IMAP server (NAME or NAME:PORT):", "no such server");
    terminal.says("is no server");
    // Nobody listens there: the servers can be typed again.
    let closed = free_ports(1)[0];
    terminal.answer("IMAP server (NAME or NAME:PORT):", &format!("127.0.0.1:{closed}"));
    terminal.answer("SMTP server (NAME or NAME:PORT):", &format!("127.0.0.1:{}", greenmail.smtp));
    terminal.answer("(it is not shown):", &sam.password);
    terminal.says("refuses the connection");
    terminal.says("SMTP: works");
    terminal.answer("What now? [3]:", "9");
    terminal.says("Please type a number from 1 to 4.");
    terminal.answer("What now? [3]:", "");
    terminal.answer(
        &format!("IMAP server (NAME or NAME:PORT) [127.0.0.1:{closed}]:"),
        &format!("127.0.0.1:{}", greenmail.imap),
    );
    terminal.answer(&format!("[127.0.0.1:{}]:", greenmail.smtp), "");
    terminal.says("IMAP: works; 1 mailbox SMTP: works");
    terminal.says("no keyring service is running here");
    terminal.answer("What now? [1]:", "1");
    terminal.answer("(may be empty):", "Sam Reed");
    terminal.says("Obsidian knows these vaults:");
    terminal.answer("or the path of another folder [1]:", "/nowhere/at/all");
    terminal.answer("/nowhere/at/all is not there. Make it? (Y/n):", "n");
    let file = case.path().join("home/.config/obsidian/obsidian.json");
    terminal.answer("or the path of another folder [1]:", file.to_str().unwrap());
    terminal.says("is no folder");
    terminal.answer("or the path of another folder [1]:", "");
    terminal.answer("Write this? (Y/n):", "perhaps");
    terminal.says("Please type y or n.");
    assert!(!case.config_path().exists());
    terminal.answer("Write this? (Y/n):", "y");
    terminal.answer("now (the last 30 days)? (Y/n):", "");
    let said = terminal.says("to approve: Outbox/");
    assert_eq!(terminal.ended(), 0);
    // What is asked for: two minutes of machine time. It takes seconds.
    assert!(begin.elapsed() < Duration::from_secs(120));
    assert!(!said.contains(&sam.password), "{said}");
    let secret = case.path().join("example.secret");
    assert_eq!(fs::read_to_string(&secret).unwrap(), sam.password);
    assert_eq!((mode(&secret), mode(&case.config_path())), (0o600, 0o600));
    let config = fs::read_to_string(case.config_path()).unwrap();
    assert!(!config.contains(&sam.password) && config.contains("display_name = \"Sam Reed\""), "{config}");
    assert!(case.vault().join("Sources/Email").is_dir());
    // What was set up goes on to work.
    case.postnote(&["sync"]).ended(0);
    case.postnote(&["doctor"]).ended(0);
}

#[test]
fn a_wrong_password_and_a_wrong_name_in_forty_columns() {
    let (greenmail, dovecot) = (GreenMail::shared(), Dovecot::shared());
    let sam = dovecot.user("sam", "dovecot.example.org");
    greenmail.add(&sam);
    let case = Case::new();
    let (imap, smtp) = (format!("localhost:{}", dovecot.imap), format!("127.0.0.1:{}", greenmail.smtp));
    let ca_file = dovecot.ca_file.to_str().unwrap();
    let terminal = Terminal::start(
        &case,
        (40, 20),
        &[
            "init",
            &sam.email,
            "--imap-server",
            &imap,
            "--imap-security",
            "starttls",
            "--smtp-server",
            &smtp,
            "--smtp-security",
            "plaintext",
            "--ca-file",
            ca_file,
            "--keep",
            "file",
            "--name",
            "work",
            "--display-name",
            "Sam",
        ],
    );
    terminal.answer("(it is not shown):", "hunter2");
    terminal.says("localhost refused the login of");
    terminal.says("Many providers want an app password");
    terminal.answer("What now? [1]:", "2");
    terminal.answer(&format!("Login name for IMAP [{}]:", sam.email), "");
    terminal.answer(&format!("Login name for SMTP [{}]:", sam.email), "nobody");
    terminal.says("refused the login of nobody");
    terminal.answer("What now? [1]:", "1");
    terminal.answer("(it is not shown):", &sam.password);
    terminal.says("IMAP: works");
    terminal.answer("What now? [1]:", "2");
    terminal.answer(&format!("Login name for IMAP [{}]:", sam.email), "");
    terminal.answer("Login name for SMTP [nobody]:", &sam.email);
    let place = case.path().join("home/Notes here");
    terminal.says("Your notes: the folder of your vault");
    terminal.answer("The vault's folder [~/Notes]:", "~/Notes here");
    terminal.answer("~/Notes here is not there. Make it? (Y/n):", "");
    terminal.answer("Write this? (Y/n):", "");
    terminal.answer("(Y/n):", "n");
    let said = terminal.says("`postnote");
    assert_eq!(terminal.ended(), 0);
    assert!(!said.contains("hunter2"), "{said}");
    // No line was broken by the edge of the screen, but for those with what was typed, and addresses.
    for line in terminal.screen().lines().filter(|l| !l.contains(['@', '/', '['])) {
        assert!(line.chars().count() <= 40, "{line:?}");
    }
    assert!(place.join("Outbox").is_dir());
    case.postnote(&["sync"]).ended(0);
}

#[test]
fn ctrl_c_leaves_nothing_at_any_question() {
    let greenmail = GreenMail::shared();
    let sam = greenmail.user("sam", "example.org");
    let (imap, smtp) = (format!("127.0.0.1:{}", greenmail.imap), format!("127.0.0.1:{}", greenmail.smtp));
    let questions = [
        ("Your mail address:", sam.email.as_str()),
        ("(it is not shown):", sam.password.as_str()),
        ("What now? [1]:", ""),
        ("(may be empty):", ""),
        ("The vault's folder [~/Notes]:", "~"),
        ("Write this? (Y/n):", ""),
    ];
    for at in 0..questions.len() {
        let case = Case::new();
        let before = files(&case);
        let mut arguments = vec!["init", "--imap-server", &imap, "--smtp-server", &smtp];
        arguments.extend(LOCAL);
        let terminal = Terminal::start(&case, (80, 24), &arguments);
        for (question, answer) in &questions[..at] {
            terminal.answer(question, answer);
        }
        terminal.press(questions[at].0, "C-c");
        let said = terminal.says("stopped; nothing was written");
        assert_eq!(terminal.ended(), 130, "{said}");
        let (home, after) = (case.path().join("home"), files(&case));
        assert!(!home.join(".config/postnote").exists());
        assert_eq!(after, before, "at {:?}", questions[at].0);
    }
}

#[test]
fn the_end_of_input_is_told() {
    let case = Case::new();
    let before = files(&case);
    let terminal = Terminal::start(&case, (80, 24), &["init", "--no-lookup"]);
    terminal.press("Your mail address:", "C-d");
    terminal.says("the input has ended; nothing was written");
    assert_eq!(terminal.ended(), 1);
    assert_eq!(files(&case), before);
}

#[test]
fn a_known_provider_is_shown_with_what_it_wants() {
    // Nothing is connected to: the servers are refused before a password is typed.
    for (address, needles) in [
        ("sam.reed@gmail.com", &["This is an address of Gmail.", "imap.gmail.com:993 (TLS)"][..]),
        ("sam.reed@icloud.com", &["iCloud Mail", "smtp.mail.me.com:587 (STARTTLS)", "login name: sam.reed "]),
        ("sam@outlook.com", &["Outlook.com", "outlook.office365.com:993"]),
    ] {
        let case = Case::new();
        let terminal = Terminal::start(&case, (80, 40), &["init", address]);
        terminal.answer("Use these servers? (Y/n):", "y");
        let said = match address.contains("outlook") {
            true => {
                terminal.answer("(Enter alone stops):", "");
                let said = terminal.says("--client-id");
                assert_eq!(terminal.ended(), 2);
                said
            }
            false => {
                terminal.press("(it is not shown):", "C-c");
                assert_eq!(terminal.ended(), 130);
                terminal.said()
            }
        };
        for needle in needles {
            assert!(said.contains(needle), "{needle}: {said}");
        }
    }
    let tuta = Case::new().postnote(&["init", "sam@tuta.com", "--non-interactive"]).ended(1);
    assert!(tuta.stderr.contains("no IMAP"), "{}", tuta.stderr);
}

#[test]
fn ctrl_c_at_the_password_of_login_leaves_a_terminal_that_shows_what_is_typed() {
    let greenmail = GreenMail::shared();
    let sam = greenmail.user("sam", "example.org");
    let (imap, smtp) = (greenmail.imap, greenmail.smtp);
    let case = Case::with_account(&Account { name: "work", user: &sam, display_name: "", aliases: &[], imap, smtp });
    let terminal = Terminal::start(&case, (80, 24), &["login", "work"]);
    terminal.press("(it is not shown):", "C-c");
    assert_eq!(terminal.ended(), 130);
}

/// What the terminal shows of an address: it may stand on more than one line.
fn shown_address(terminal: &Terminal) -> String {
    let screen = terminal.screen();
    let from = screen.rfind("http://127.0.0.1:").expect("an address");
    screen[from..].chars().take_while(|c| !c.is_whitespace()).collect()
}

/// The tokens that a Dovecot with this provider, and GreenMail for sending, both take.
fn sam_by_token(local: &str) -> (Dovecot, &'static GreenMail, User, TokenServer) {
    let (dovecot, greenmail) = (token_dovecot("xoauth2 oauthbearer"), GreenMail::shared());
    let sam = dovecot.user(local, "example.org");
    let provider = TokenServer::start(&sam.email);
    // GreenMail takes the password for a token.
    let token = provider.access();
    provider.names(&token);
    greenmail.add(&User { email: sam.email.clone(), password: token });
    let mail = format!(
        "From: Ada Park <ada@example.com>\r\nTo: {}\r\nSubject: Storage questions\r\nMessage-ID: <signed-in@example.com>\r\n\r\n\
         Hi Sam,\r\n\r\nhow many terabytes do you expect? Could you tell me by Friday?\r\n\r\nBest,\r\nAda\r\n",
        sam.email
    );
    dovecot.deliver(&sam, mail.as_bytes());
    (dovecot, greenmail, sam, provider)
}

#[test]
fn signing_in_at_a_provider_of_ones_own_from_nothing_to_the_first_draft() {
    let (dovecot, greenmail, sam, provider) = sam_by_token("sam-by-browser");
    let case = Case::new();
    with_obsidian(&case);
    let (imap, smtp) = (format!("127.0.0.1:{}", dovecot.imap), format!("127.0.0.1:{}", greenmail.smtp));
    let mut arguments = vec!["init", &sam.email, "--imap-server", &imap, "--smtp-server", &smtp];
    arguments.extend(LOCAL);
    arguments.extend(["--oauth", "custom", "--keep", "file", "--display-name", "Sam Reed", "--name", "work"]);
    let terminal = Terminal::start(&case, (100, 40), &arguments);
    terminal.answer("(Enter alone stops):", "postnote-test");
    terminal.answer("(it is not shown):", "");
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", provider.port);
    terminal.answer("Token endpoint (https://…):", "http://login.example.org/token");
    terminal.answer("Authorization endpoint (Enter alone: none):", &at("authorize"));
    terminal.answer("Device authorization endpoint (Enter alone: none):", "");
    terminal.answer("(such as: mail offline_access):", "mail offline_access");
    // Tokens would go over the net for all to read: asked once more.
    terminal.says("token_url");
    terminal.answer("Token endpoint (https://…):", &at("token"));
    terminal.answer("Authorization endpoint (Enter alone: none):", &at("authorize"));
    terminal.answer("Device authorization endpoint (Enter alone: none):", &at("device"));
    terminal.answer("(such as: mail offline_access):", "mail offline_access");
    terminal.says("Waiting for the browser");
    assert!(!case.config_path().exists());
    let (status, head, _) = get(&shown_address(&terminal));
    assert_eq!(status, 302);
    let back = head.lines().find_map(|line| line.strip_prefix("Location: ")).unwrap();
    assert!(get(back).2.contains("You are signed in"));
    terminal.says("IMAP: works; 6 mailboxes SMTP: works");
    terminal.answer("or the path of another folder [1]:", "");
    terminal.answer("Write this? (Y/n):", "");
    terminal.answer("now (the last 30 days)? (Y/n):", "");
    let said = terminal.says("The sign-in renews itself");
    assert!(said.contains("to approve: Outbox/"), "{said}");
    assert_eq!(terminal.ended(), 0);
    provider.silent(&said);
    let config = fs::read_to_string(case.config_path()).unwrap();
    provider.silent(&config);
    assert!(config.contains(&format!("device_url = \"{}\"", at("device"))), "{config}");
    assert!(config.contains("scopes = [\"mail\", \"offline_access\"]"), "{config}");
    assert_eq!(mode(&case.path().join("work.secret")), 0o600);
    // One sign-in, and what was set up goes on to work.
    assert_eq!((provider.asked("/authorize").len(), provider.asked("/token").len()), (1, 1));
    case.postnote(&["sync"]).ended(0);
    let output = case.postnote(&["doctor"]).ended(0);
    provider.silent(&format!("{output:?}"));
}

#[test]
fn a_sign_in_by_a_code_whose_servers_refuse_it_is_taken_back() {
    let (dovecot, greenmail, sam, provider) = sam_by_token("sam-by-code");
    let case = Case::new();
    let before = files(&case);
    let at = |path: &str| format!("http://127.0.0.1:{}/{path}", provider.port);
    let (token_url, device_url, revoke_url) = (at("token"), at("device"), at("revoke"));
    let (imap, smtp) = (format!("127.0.0.1:{}", dovecot.imap), format!("127.0.0.1:{}", greenmail.smtp));
    let mut arguments = vec!["init", &sam.email, "--imap-server", &imap, "--smtp-server", &smtp];
    arguments.extend(LOCAL);
    arguments.extend(["--oauth", "custom", "--device", "--client-id", "postnote-test", "--keep", "file"]);
    arguments.extend(["--client-secret-command", "echo hush", "--scope", "mail", "--username", "nobody@example.org"]);
    arguments.extend(["--token-url", &token_url, "--device-url", &device_url, "--revoke-url", &revoke_url]);
    let terminal = Terminal::start(&case, (60, 40), &arguments);
    terminal.says("type the code WDJB-MJHT");
    terminal.says("IMAP: 127.0.0.1 refused the login of nobody@example.org");
    assert_eq!(provider.refresh_tokens().len(), 1);
    terminal.answer("What now? [1]:", "4");
    let said = terminal.says("stopped; nothing was written");
    assert_eq!(terminal.ended(), 130);
    provider.silent(&said);
    // The provider has its tokens back, and nothing lies about.
    assert_eq!((files(&case), provider.refresh_tokens()), (before, Vec::<String>::new()));
}
