//! Bad input: one clear message that names the account or note and says what to do, the right exit status, and
//! nothing sent, lost or overwritten.

use crate::support::*;
use base64::Engine as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::time::{Duration, Instant};

/// An account whose servers do not answer.
fn account(imap: &str, password: &str) -> String {
    format!(
        "[[accounts]]\nname = \"work\"\nemail = \"sam@example.org\"\n[accounts.imap]\n{imap}\n[accounts.smtp]\n\
         host = \"127.0.0.1\"\nport = 9\nsecurity = \"plaintext\"\n[accounts.auth]\npassword = {password}\n"
    )
}

const LOCAL: &str = "host = \"127.0.0.1\"\nport = 9\nsecurity = \"plaintext\"";

/// The one message on standard error.
fn complaint(output: &Output) -> &str {
    let line = output.stderr.trim_end();
    assert!(line.starts_with("postnote: ") && line.matches("postnote: ").count() == 1, "{output:?}");
    line
}

fn has(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "no {needle:?} in: {text}");
    }
}

/// Neither the secret nor what a login makes of it.
fn silent_about(output: &Output, user: &str, secrets: &[&str]) {
    let said = format!("{}{}", output.stdout, output.stderr);
    for secret in secrets {
        let engine = base64::engine::general_purpose::STANDARD;
        for form in [(*secret).to_owned(), engine.encode(secret), engine.encode(format!("\0{user}\0{secret}"))] {
            assert!(!said.contains(&form), "{form:?} is in the output");
        }
    }
}

#[test]
fn a_wrong_config_is_status_2_and_names_the_key() {
    let mut case = Case::new();
    let good = account(LOCAL, "{ env = \"X\" }");
    for (text, needles) in [
        (format!("[send]\ndelya = \"0s\"\n{good}"), ["send.delya", "`delay`"]),
        (good.replace("[accounts.imap]\nhost", "[accounts.imap]\nhots"), ["accounts.imap.hots", "`host`"]),
        (format!("[send\n{good}"), ["line 3", "postnote.toml"]),
        (good.replace("{ env = \"X\" }", "hunter2"), ["line 15", "quoted"]),
        (good.replace("{ env = \"X\" }", "\"hunter2\""), ["\"work\"", "keyring = true"]),
        (good.replace("{ env = \"X\" }", "{ enf = \"hunter2\" }"), ["enf", "env"]),
        (good.replace("sam@example.org", "sam"), ["\"work\"", "email"]),
        (good.replace("\"plaintext\"", "\"ssl\""), ["ssl", "starttls"]),
        (format!("[sync]\nschedule = \"often\"\n{good}"), ["sync.schedule", "every 5m"]),
        (String::new(), ["[[accounts]]", "config.example.toml"]),
    ] {
        case.config(&text);
        let output = case.postnote(&["sync"]).ended(2);
        has(complaint(&output), &needles);
        silent_about(&output, "", &["hunter2"]);
    }
    case.raw_config(&good);
    has(complaint(&case.postnote(&["sync"]).ended(2)), &["vault"]);
    std::fs::remove_file(case.config_path()).unwrap();
    for command in ["sync", "status", "run", "send"] {
        has(complaint(&case.postnote(&[command]).ended(2)), &["postnote.toml", "postnote init", "--config"]);
    }
    case.config(&good);
    has(complaint(&case.postnote(&["sync", "--account", "hoem"]).ended(2)), &["hoem", "work"]);
    assert_eq!(case.postnote(&["snyc"]).ended(2).stdout, "");
    assert!(case.snapshot().is_empty() && case.snapshot_of(&case.state()).is_empty());
}

#[test]
fn a_missing_secret_names_the_account_and_its_source() {
    let mut case = Case::new();
    let file = case.path().join("secret");
    std::fs::write(&file, "hunter2\n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    let (open, gone) = (format!("{{ file = '{}' }}", file.display()), "{ file = '/nonexistent/secret' }");
    case.env("POSTNOTE_TEST_EMPTY", "");
    let bus = format!("unix:path={}/no-bus", case.path().display());
    case.env("DBUS_SESSION_BUS_ADDRESS", &bus);
    case.draft("a.md", &letter("ada@example.com", "Hello"));
    let before = case.snapshot();
    for (source, needles) in [
        ("{ env = \"POSTNOTE_TEST_UNSET\" }", ["POSTNOTE_TEST_UNSET is not set", "set it"]),
        ("{ env = \"POSTNOTE_TEST_EMPTY\" }", ["empty", "env"]),
        (gone, ["/nonexistent/secret", "cannot be read"]),
        (open.as_str(), ["chmod 600", "0644"]),
        ("{ command = \"echo hunter2; exit 3\" }", ["the password command failed", "run it by hand"]),
        ("{ keyring = true }", ["no keyring service", "start one"]),
    ] {
        case.config(&format!("[send]\nenabled = false\n{}", account(LOCAL, source)));
        let output = case.postnote(&["sync", "-vv"]).ended(1);
        let said: Vec<_> = output.stderr.lines().filter(|line| line.starts_with("postnote: ")).collect();
        assert_eq!((said.len(), said[0].matches("account \"work\"").count()), (1, 1), "{said:?}");
        has(said[0], &needles);
        silent_about(&output, "sam@example.org", &["hunter2"]);
        has(&case.postnote(&["status"]).ended(0).stdout, &["Needs attention", needles[0]]);
    }
    assert_eq!(case.snapshot(), before);
}

#[test]
fn a_wrong_password_is_told_once_and_not_shown() {
    let sink = Sink::scripted(|event| match event {
        Event::Command(line) if line.starts_with("AUTH") => Action::Say("535 5.7.8 no".into()),
        _ => Action::Usual,
    });
    let (mut case, user) = Case::posting(&sink);
    case.draft("a.md", &letter("ada@example.com", "Hello"));
    let output = case.postnote(&["sync"]).ended(1);
    has(complaint(&output), &["Outbox/a.md", "refused the login of", "535", "postnote login work", "approve again"]);
    assert_eq!(case.says("a.md", "status"), "failed");
    assert!(!sink.events().iter().any(|e| matches!(e, Event::Command(line) if line.starts_with("MAIL"))));
    case.env(PASSWORD_VARIABLE, "hunter2 wrong");
    let output = case.postnote(&["sync"]).ended(1);
    has(complaint(&output), &["account \"work\"", &user.email, "postnote login work", "app password"]);
    let loud = case.postnote(&["sync", "-vv", "--json"]).ended(1);
    silent_about(&loud, &user.email, &["hunter2 wrong", &user.password]);
    has(&case.postnote(&["status"]).ended(0).stdout, &["account \"work\"", "refused the login"]);
}

#[test]
fn an_unreachable_server_is_named() {
    let (mut case, begin) = (Case::new(), Instant::now());
    case.env("X", "hunter2");
    let closed = free_ports(1)[0];
    for (imap, needles) in [
        (LOCAL.replace("port = 9", &format!("port = {closed}")), [format!("127.0.0.1:{closed}"), "refuses".into()]),
        ("host = \"mail.postnote.invalid\"".into(), ["mail.postnote.invalid".into(), "check `host`".into()]),
        (LOCAL.replace("127.0.0.1", "192.0.2.1"), ["192.0.2.1:9".into(), "is for loopback only".into()]),
    ] {
        case.config(&account(&imap, "{ env = \"X\" }"));
        let output = case.postnote(&["sync"]).ended(1);
        has(complaint(&output), &["account \"work\"", &needles[0], &needles[1]]);
    }
    // Waiting for an answer from 192.0.2.1 would take 30 seconds: there is none, and nothing was asked.
    assert!(begin.elapsed() < Duration::from_secs(25));
    assert!(case.snapshot().is_empty());
}

#[test]
fn an_unreachable_smtp_server_leaves_the_draft_queued() {
    let sink = Sink::start();
    let (mut case, user) = Case::posting(&sink);
    let closed = free_ports(1)[0];
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    case.raw_config(&config.replace(&format!("port = {}", sink.port), &format!("port = {closed}")));
    case.draft("a.md", &letter("ada@example.com", "Hello"));
    has(complaint(&case.postnote(&["sync"]).ended(1)), &["Outbox/a.md", "refuses the connection", "tried again"]);
    assert_eq!(case.says("a.md", "status"), "queued");
    // Not before its time, and not without the server.
    case.postnote(&["sync"]).ended(0);
    case.raw_config(&config.replace("127.0.0.1\"\nport = ", "192.0.2.1\"\nport = "));
    case.draft("b.md", &letter("ada@example.com", "Hello again"));
    let output = case.postnote(&["send"]).ended(1);
    has(&output.stderr, &["account \"work\"", "loopback only"]);
    silent_about(&output, &user.email, &[&user.password]);
    assert!(sink.events().is_empty());
}

#[test]
fn a_vault_that_is_not_there_is_never_made() {
    let mut case = Case::new();
    let (gone, file) = (case.path().join("gone/vault"), case.path().join("file"));
    std::fs::write(&file, "a file").unwrap();
    let rest = format!("state = '{}'\n{}", case.state().display(), account(LOCAL, "{ env = \"X\" }"));
    for place in [&gone, &file] {
        case.raw_config(&format!("vault = '{}'\n{rest}", place.display()));
        for command in [&["sync"][..], &["sync", "--dry-run"], &["send"], &["run"], &["status"]] {
            has(complaint(&case.postnote(command).ended(1)), &[&place.display().to_string(), "create the folder"]);
        }
    }
    assert!(!case.path().join("gone").exists() && case.snapshot_of(&case.state()).is_empty());
    assert_eq!(std::fs::read(&file).unwrap(), b"a file");
}

#[test]
fn a_mailbox_that_is_not_there_keeps_no_other_from_being_read() {
    let (sink, server) = (Sink::start(), GreenMail::shared());
    let (mut case, user) = Case::posting(&sink);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    case.raw_config(&config.replace("[accounts.imap]\n", "[accounts.imap]\nmailboxes = [\"Nope\", \"INBOX\"]\n"));
    let mail =
        format!("From: Ada <ada@example.com>\r\nTo: {}\r\nSubject: x\r\nMessage-ID: <x@e>\r\n\r\nHi\r\n", user.email);
    server.deliver(&user, mail.as_bytes());
    let output = case.postnote(&["sync"]).ended(1);
    has(complaint(&output), &["account \"work\"", "\"Nope\"", "imap.mailboxes"]);
    assert_eq!(case.notes("Sources").len(), 1);
}

/// A draft's text with the lines that postnote may change taken out.
fn others(text: &str) -> String {
    text.split_inclusive('\n').filter(|l| !l.starts_with("status:") && !l.starts_with("error:")).collect()
}

#[test]
fn a_draft_that_cannot_be_sent_says_why_and_nothing_else_changes() {
    let sink = Sink::start();
    let (case, user) = Case::posting(&sink);
    let outside = case.path().join("outside.txt");
    std::fs::write(&outside, "hunter2").unwrap();
    std::fs::write(case.path().join("home/outside.txt"), "hunter2").unwrap();
    symlink(&outside, case.vault().join("link.txt")).unwrap();
    symlink(case.path().join("home"), case.vault().join("folder")).unwrap();
    let front = "type: draft-reply\nstatus: approved  # now\nto: ada@example.com\nsubject: \"Re: plan\"\n# mine\n";
    let body =
        "# Draft\n\n## Key Points to Address\n\n- x\n\n## Draft Response\n\nDear Ada\n\n## Original Summary\n\ns\n";
    let with = |key: &str| format!("---\n{front}{key}\n---\n\n{body}");
    let instead = |key: &str, line: &str| {
        let kept: String = front.split_inclusive('\n').filter(|l| !l.starts_with(key)).collect();
        format!("---\n{kept}{line}\n---\n\n{body}")
    };
    let bodied = |body: &str| format!("---\n{front}---\n\n{body}");
    let drafts = [
        (bodied("# Draft\n\nDear Ada\n"), "no `## Draft Response`"),
        (bodied("## Draft Response\n\n\n## Original Summary\n\nx\n"), "its text is empty"),
        (bodied("## Draft Response\n\na\n\n## Draft Response\n\nb\n"), "more than one"),
        (bodied("## Draft Response\n\nWe meet on […].\n"), "\"[…]\" is not filled in"),
        (bodied("## Draft Response\n\n[TODO: when?]\n"), "\"[TODO: when?]\" is not filled in"),
        (bodied("## Draft Response\n\na <!-- b\n"), "is not closed"),
        (bodied("## Draft Response\n\na\u{0}b\n"), "control character U+0000"),
        (instead("to:", "to: me"), "`to`: \"me\""),
        (instead("to:", "cc: []"), "no recipient"),
        (instead("to:", "to: { a: b }"), "`to` should be an address"),
        (instead("to:", "to: \"ada@example.com\\r\\nBcc: x@example.com\""), "`to`"),
        (instead("to:", "to: \"a\\0da@example.com\""), "`to`"),
        (instead("to:", "to: [\"Ada\\nBcc: y@example.com <ada@example.com>\"]"), "`to`"),
        (instead("subject:", "subject:"), "`subject` is empty"),
        (instead("subject:", "subject: \"Re: plan\\r\\nBcc: x@example.com\""), "`subject` holds a line break"),
        (instead("subject:", "subject: \"Re: \\0plan\""), "`subject` holds a line break"),
        (with("bcc: \"x@example.com\\nX: y\""), "`bcc`"),
        (with("from: ada@example.com"), "`from`: ada@example.com is none of your addresses"),
        (with("from: \"me\""), "`from`"),
        (with(&format!("from: \"Sam\\nX: y <{}>\"", user.email)), "`from`"),
        (with("in_reply_to: \"<a@b>\\r\\nX: y\""), "`in_reply_to` should be one Message-ID"),
        (with("in_reply_to: \"<a\\0@b>\""), "`in_reply_to` should be one Message-ID"),
        (with("attachments: [Files/none.pdf]"), "Files/none.pdf"),
        (with("attachments: [../outside.txt]"), "\"../outside.txt\" leads out of the vault"),
        (with("attachments: [/etc/passwd]"), "\"/etc/passwd\" leads out of the vault"),
        (with("attachments: [link.txt]"), "\"link.txt\" leads out of the vault"),
        (with("attachments: [\"[[folder/outside.txt]]\"]"), "\"folder/outside.txt\" leads out of the vault"),
        (with("attachments: { a: b }"), "`attachments` should be a list"),
        (with("send_at: tomorrow"), "`send_at`: \"tomorrow\" is no time"),
    ];
    for (number, (text, _)) in drafts.iter().enumerate() {
        case.draft(&format!("{number:02}.md"), text);
    }
    let output = case.postnote(&["sync"]).ended(1);
    let said: Vec<_> = output.stderr.lines().collect();
    assert_eq!(said.len(), drafts.len(), "{}", output.stderr);
    for (number, (text, why)) in drafts.iter().enumerate() {
        let name = format!("{number:02}.md");
        has(said[number], &[&format!("postnote: Outbox/{name}: "), why]);
        assert_eq!(
            (case.says(&name, "status").as_str(), case.says(&name, "error").contains(why)),
            ("failed", true),
            "{why}"
        );
        assert_eq!(others(&case.draft_text(&name)), others(text), "{why}");
    }
    let before = case.snapshot();
    case.postnote(&["sync"]).ended(0);
    assert_eq!(case.snapshot(), before);
    assert!(sink.events().is_empty());
}

#[test]
fn a_draft_that_cannot_be_read_stays_as_it_is_and_others_go() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let broken = [
        ("---\ntype: draft-mail\nstatus: approved\nto: ada@example.com\nsubject: Re: x\n---\n\nHello\n", "line 5"),
        ("---\ntype: draft-mail\nstatus: approved\nto:\n\t- ada@example.com\n---\n\nHello\n", "line 5"),
        ("---\ntype: draft-mail\nstatus: approved\nstatus: pending\nto: a@b.c\n---\n\nHello\n", "status"),
        ("---\ntype: draft-mail\nstatus: approved\nto: ada@example.com\nsubject: x\n\nHello\n", "frontmatter"),
        ("---\ntype: draft-mail\nstatus: approved\nto: &a ada@example.com\ncc: *a\n---\n\nHello\n", "alias"),
    ];
    for (number, (text, _)) in broken.iter().enumerate() {
        case.draft(&format!("{number}.md"), text);
    }
    std::fs::write(case.draft_path("5.md"), b"---\ntype: draft-mail\nstatus: approved\n---\n\n\xff\n").unwrap();
    case.draft("own.md", "A note of my own: status: approved\n");
    case.draft("word.md", &letter("ada@example.com", "Hello").replace("approved", "aproved"));
    let before = case.snapshot();
    case.draft("good.md", &letter("ada@example.com", "Hello"));
    let output = case.postnote(&["sync"]).ended(1);
    let said: Vec<_> = output.stderr.lines().collect();
    assert_eq!(said.len(), 6, "{}", output.stderr);
    for (number, needle) in broken.iter().map(|(_, needle)| *needle).chain(["UTF-8"]).enumerate() {
        has(said[number], &[&format!("postnote: Outbox/{number}.md: "), needle]);
    }
    assert_eq!((case.says("good.md", "status").as_str(), sink.taken().len()), ("sent", 1));
    let after = case.snapshot();
    assert!(before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
    let status = case.postnote(&["status"]).ended(0).stdout;
    has(&status, &["Needs attention", "Outbox/0.md", "line 5", "Outbox/word.md", "\"aproved\""]);
    let preview = case.postnote(&["preview", "Outbox/0.md"]).ended(1);
    has(complaint(&preview), &["Outbox/0.md", "line 5"]);
}

#[test]
fn what_is_written_is_private_and_nothing_secret_is_said() {
    let (sink, server) = (Sink::start(), GreenMail::shared());
    let (case, user) = Case::posting(&sink);
    let mail = format!(
        "From: Ada <ada@example.com>\r\nTo: {}\r\nSubject: Plan\r\nMessage-ID: <p@example.com>\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe harbourmaster sleeps. Can you come on Monday?\r\n\
         --b\r\nContent-Type: text/plain; name=a.txt\r\nContent-Disposition: attachment\r\n\r\nlighthouse keys\r\n--b--\r\n",
        user.email
    );
    server.deliver(&user, mail.as_bytes());
    let mut said = case.postnote(&["sync", "-vv"]).ended(0);
    assert_eq!(case.notes("Outbox").len(), 1);
    for base in [case.vault(), case.state()] {
        for name in case.snapshot_of(&base).keys() {
            for (path, wanted) in name.ancestors().zip(std::iter::once(0o600).chain(std::iter::repeat(0o700))) {
                let mode = std::fs::metadata(base.join(path)).unwrap().permissions().mode() & 0o777;
                assert!(path.as_os_str().is_empty() || mode == wanted, "{name:?}: {path:?} has {mode:o}");
            }
        }
    }
    case.draft("a.md", &letter("ada@example.com", "The tide table is under the mat."));
    for arguments in [&["sync", "-vv"][..], &["sync", "-v", "--json"], &["status", "-vv", "--json"]] {
        let output = case.postnote(arguments).ended(0);
        said.stdout.push_str(&output.stdout);
        said.stderr.push_str(&output.stderr);
    }
    assert_eq!(sink.taken().len(), 1);
    silent_about(&said, &user.email, &[&user.password, "harbourmaster", "lighthouse", "tide table"]);
}
