//! `postnote init` without questions, and where it looks for servers. Nothing but loopback is asked.

use crate::keyring::in_session;
use crate::support::*;
use std::fs;
use std::process::Command;

/// Flags for an account on these servers.
fn on(imap: u16, smtp: u16, more: &[&str]) -> Vec<String> {
    let (imap, smtp) = (format!("127.0.0.1:{imap}"), format!("127.0.0.1:{smtp}"));
    let own = [
        "--non-interactive",
        "--imap-server",
        &imap,
        "--imap-security",
        "plaintext",
        "--smtp-server",
        &smtp,
        "--smtp-security",
        "plaintext",
    ];
    own.iter().chain(more).map(|s| (*s).to_owned()).collect()
}

fn init(case: &Case, arguments: &[String], input: &str) -> Output {
    let arguments: Vec<&str> = ["init"].into_iter().chain(arguments.iter().map(String::as_str)).collect();
    case.postnote_with_input(&arguments, input)
}

fn config(case: &Case) -> String {
    fs::read_to_string(case.config_path()).unwrap()
}

#[track_caller]
fn says(text: &str, needles: &[&str]) {
    for needle in needles {
        assert!(text.contains(needle), "{needle}: {text}");
    }
}

/// An autoconfig file for servers that are there.
fn description(imap: u16, smtp: u16) -> String {
    format!(
        "<?xml version=\"1.0\"?><clientConfig version=\"1.1\"><emailProvider id=\"x\">\
         <incomingServer type=\"imap\"><hostname>localhost</hostname><port>{imap}</port><socketType>SSL</socketType>\
         <username>%EMAILADDRESS%</username></incomingServer>\
         <outgoingServer type=\"smtp\"><hostname>localhost</hostname><port>{smtp}</port><socketType>STARTTLS</socketType>\
         <username>%EMAILLOCALPART%</username></outgoingServer></emailProvider></clientConfig>"
    )
}

#[test]
fn every_answer_can_be_a_flag() {
    let greenmail = GreenMail::shared();
    let sam = greenmail.user("sam", "example.org");
    let case = Case::new();
    let vault = case.path().join("new vault");
    let flags = on(
        greenmail.imap,
        greenmail.smtp,
        &[
            &sam.email,
            "--name",
            "work",
            "--display-name",
            "Sam Reed",
            "--alias",
            "sam@example.net",
            "--vault",
            vault.to_str().unwrap(),
            "--create-vault",
            "--since",
            "6w",
            "--password-stdin",
            "--keep",
            "file",
            "--sync",
        ],
    );
    let output = init(&case, &flags, &format!("{}\n", sam.password)).ended(0);
    says(&output.stdout, &["Written:", "work: nothing new"]);
    let text = config(&case);
    says(&text, &["since = \"6w\"", "aliases = [\"sam@example.net\"]", "name = \"work\"", "work.secret"]);
    assert!(vault.join("Outbox").is_dir() && !text.contains(&sam.password));
    // Once more: the address is there already, and nothing is changed.
    let again = init(&case, &on(greenmail.imap, greenmail.smtp, &[&sam.email, "--password-stdin"]), "x\n").ended(1);
    says(&again.stderr, &["has", &sam.email, "already", "postnote login work"]);
    assert_eq!(config(&case), text);
}

#[test]
fn without_a_terminal_the_flags_are_named() {
    let case = Case::new();
    let output = case.postnote(&["init"]).ended(2);
    says(&output.stderr, &["this is none", "--non-interactive", "--vault", "--password-command"]);
    for (flags, needles) in [
        (&["--non-interactive"][..], &["postnote init you@example.org"][..]),
        (
            &["sam@example.org", "--non-interactive", "--no-lookup"],
            &["no servers were found for example.org", "--imap-server"],
        ),
        (&["sam", "--non-interactive"], &["is no mail address"]),
        (&["sam@gmail.com", "--non-interactive"], &["--password-command", "--oauth"]),
        (&["sam@outlook.com", "--non-interactive"], &["--client-id", "docs/providers.md"]),
        (&["sam@gmail.com", "--non-interactive", "--no-test", "--password-env", "X"], &["X is not set"]),
        (&["sam@example.org", "--non-interactive", "--imap-server", "a b", "--smtp-server", "c"], &["NAME:PORT"]),
        (&["sam@example.org", "--non-interactive", "--autoconfig", "nonsense"], &["no servers were found"]),
    ] {
        let arguments: Vec<&str> = ["init"].iter().chain(flags).copied().collect();
        let output = case.postnote(&arguments);
        assert!([1, 2].contains(&output.status), "{flags:?}: {output:?}");
        says(&output.stderr, needles);
    }
    let no_vault = ["init", "sam@gmail.com", "--non-interactive", "--no-test", "--password-command", "echo x"];
    says(&case.postnote(&no_vault).ended(2).stderr, &["--vault"]);
    assert!(!case.config_path().exists());
}

#[test]
fn a_refused_login_writes_nothing_and_says_why() {
    let greenmail = GreenMail::shared();
    let sam = greenmail.user("sam", "example.org");
    let case = Case::new();
    let vault = case.vault();
    let flags =
        on(greenmail.imap, greenmail.smtp, &[&sam.email, "--vault", vault.to_str().unwrap(), "--password-stdin"]);
    let output = init(&case, &flags, "hunter2 and more\n").ended(1);
    says(&output.stderr, &["IMAP:", "refused the login", "SMTP:", "app password", "Nothing was written"]);
    assert!(!format!("{output:?}").contains("hunter2") && !case.config_path().exists());
    assert_eq!(fs::read_dir(&vault).unwrap().count(), 0);
}

#[test]
fn an_account_more_keeps_every_letter_of_the_config() {
    let greenmail = GreenMail::shared();
    let (sam, other) = (greenmail.user("sam", "example.org"), greenmail.user("sam", "example.org"));
    let account = Account {
        name: "example",
        user: &sam,
        display_name: "",
        aliases: &[],
        imap: greenmail.imap,
        smtp: greenmail.smtp,
    };
    let mut case = Case::with_account(&account);
    let before =
        format!("# mine\n{}\n[[rules]] # and this\nmatch = {{ from = '*' }}\naction = 'source'", config(&case));
    case.raw_config(&before);
    let flags = on(
        greenmail.imap,
        greenmail.smtp,
        &[&other.email, "--password-command", &format!("echo '{}'", other.password)],
    );
    init(&case, &flags, "").ended(0);
    let after = config(&case);
    assert!(after.starts_with(&before), "{after}");
    says(&after, &["name = \"example-2\"", "password = { command = "]);
    case.postnote(&["sync", "--account", "example-2"]).ended(0);
    let vault = init(&case, &on(1, 1, &["x@example.org", "--vault", "/tmp"]), "").ended(2);
    says(&vault.stderr, &["--vault is for a new config"]);
}

#[test]
fn a_config_that_cannot_be_used_is_left_alone() {
    for (text, needles) in [
        (
            "vault = '/tmp'\n[telepathy]\nrange = 3\n",
            &["unknown key `telepathy`", "newer postnote", "Nothing was changed"][..],
        ),
        ("vault = '/tmp'\n[snyc]\n", &["did you mean `sync`?"]),
        ("vault = \n", &["line 1"]),
    ] {
        let mut case = Case::new();
        case.raw_config(text);
        let output = init(&case, &on(1, 1, &["sam@example.org", "--password-command", "echo x"]), "").ended(2);
        says(&output.stderr, needles);
        assert_eq!(config(&case), text);
    }
    // One that only lacks its accounts gets one.
    let mut case = Case::new();
    case.config("[sync]\nschedule = 'every 7m' # often");
    let before = config(&case);
    init(&case, &on(1, 1, &["sam@example.org", "--password-command", "echo x", "--no-test"]), "").ended(0);
    assert!(config(&case).starts_with(&before) && config(&case).contains("sam@example.org"));
}

#[test]
fn a_disk_that_is_read_only_is_told_before_anything_is_written() {
    let case = Case::new();
    let (vault, home) = (case.vault(), case.path().to_owned());
    let flags = [
        "init",
        "sam@example.org",
        "--non-interactive",
        "--no-test",
        "--imap-server",
        "localhost",
        "--smtp-server",
        "localhost",
        "--password-command",
        "echo x",
        "--vault",
        vault.to_str().unwrap(),
    ];
    let script = r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99; shift; exec "$@""#;
    for (folder, needles) in
        [(&vault, ["cannot be written to", "Read-only file system"]), (&home, ["Read-only file system", "folder"])]
    {
        let Some(output) = in_namespace(script, &[folder], &case.command(&flags)) else { return };
        let output = output.ended(1);
        says(&output.stderr, &needles);
        assert!(!case.config_path().exists());
    }
}

#[test]
fn the_keyring_keeps_the_password_and_a_second_account() {
    in_session("init_flags::the_keyring_keeps_the_password_and_a_second_account", || {
        let greenmail = GreenMail::shared();
        let (sam, other) = (greenmail.user("sam", "example.org"), greenmail.user("pat", "example.net"));
        let mut case = Case::new();
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            case.env(name, &std::env::var(name).unwrap());
        }
        let vault = case.vault();
        let flags = [&sam.email, "--password-stdin", "--vault", vault.to_str().unwrap(), "--sync"];
        init(&case, &on(greenmail.imap, greenmail.smtp, &flags), &format!("{}\n", sam.password)).ended(0);
        says(&config(&case), &["password = { keyring = true }"]);
        init(&case, &on(greenmail.imap, greenmail.smtp, &[&other.email, "--password-stdin"]), &other.password).ended(0);
        let output = case.postnote(&["sync"]).ended(0);
        says(&output.stdout, &["example: nothing new", "example-2: nothing new"]);
        case.postnote(&["doctor"]).ended(0);
        // Locked: a clear word, no hang, and nothing half-made.
        let lock = Command::new("dbus-send")
            .args(["--session", "--dest=org.freedesktop.secrets", "--type=method_call", "--print-reply"])
            .args(["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"])
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .output()
            .unwrap();
        assert!(lock.status.success(), "{lock:?}");
        case.hurry();
        let before = config(&case);
        let third = on(
            greenmail.imap,
            greenmail.smtp,
            &["x@example.net", "--no-test", "--name", "example", "--password-stdin"],
        );
        says(&init(&case, &third, "x\n").ended(2).stderr, &["an account of that name already"]);
        let doctor = case.postnote(&["doctor", "--offline"]).ended(1);
        says(&doctor.stdout, &["FAULT: secret example", "unlock the keyring"]);
        assert_eq!(config(&case), before);
    });
}

#[test]
fn a_locked_keyring_is_told_with_the_other_ways() {
    in_session("init_flags::a_locked_keyring_is_told_with_the_other_ways", || {
        let mut case = Case::new();
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            case.env(name, &std::env::var(name).unwrap());
        }
        let vault = case.vault();
        let flags = on(9, 9, &["sam@example.org", "--no-test", "--password-stdin", "--vault", vault.to_str().unwrap()]);
        // Something has to lie there for it to be locked.
        init(&case, &flags, "x\n").ended(0);
        fs::remove_file(case.config_path()).unwrap();
        let lock = Command::new("dbus-send")
            .args(["--session", "--dest=org.freedesktop.secrets", "--type=method_call", "--print-reply"])
            .args(["/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock"])
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .output()
            .unwrap();
        assert!(lock.status.success(), "{lock:?}");
        case.hurry();
        let output = init(&case, &flags, "x\n").ended(1);
        says(&output.stderr, &["cannot be kept in the keyring", "unlock", "--keep file", "Nothing was written"]);
        assert!(!case.config_path().exists());
    });
}

#[test]
fn autoconfig_is_read_followed_and_checked() {
    let (greenmail, dovecot) = (GreenMail::shared(), Dovecot::shared());
    let file = description(dovecot.imaps, greenmail.smtp);
    let server = web(move |path| match path {
        "/moved" => "302 Found\r\nLocation: /file\r\n\r\n".to_owned(),
        "/round" => "302 Found\r\nLocation: /round\r\n\r\n".to_owned(),
        "/file" => format!("200 OK\r\nContent-Type: text/xml\r\n\r\n{file}"),
        "/page" => "200 OK\r\n\r\n<html><body>Welcome!</body>".to_owned(),
        path if path.starts_with("/db/example.org") => format!("200 OK\r\n\r\n{file}"),
        _ => "404 Not Found\r\n\r\nno".to_owned(),
    });
    let at = |path: &str| format!("http://127.0.0.1:{}{path}", server.port);
    let vault = |case: &Case| case.vault().to_str().unwrap().to_owned();
    let run = |case: &Case, more: &[&str]| {
        let vault = vault(case);
        let mut flags =
            vec!["init", "sam@example.org", "--non-interactive", "--no-test", "--password-command", "echo x"];
        flags.extend(["--vault", vault.as_str()]);
        flags.extend(more);
        case.postnote(&flags)
    };
    let case = Case::new();
    run(&case, &["--autoconfig", &at("/moved")]).ended(0);
    says(
        &config(&case),
        &[
            "host = \"localhost\"",
            &format!("port = {}", dovecot.imaps),
            "security = \"starttls\"",
            "username = \"sam\"",
        ],
    );
    for path in ["/round", "/page", "/gone"] {
        let case = Case::new();
        says(&run(&case, &["--autoconfig", &at(path)]).ended(1).stderr, &["no servers were found for example.org"]);
        assert!(!case.config_path().exists());
    }
    // The database learns the domain, is told of before, and can be left out.
    let case = Case::new();
    let output = run(&case, &["--autoconfig", &at("/gone"), "--ispdb", &at("/db/")]).ended(0);
    says(&output.stdout, &["Asking 127.0.0.1", "somebody asks about example.org", "--no-ispdb"]);
    let case = Case::new();
    let asked = server.got().matches("/db/example.org").count();
    run(&case, &["--autoconfig", &at("/gone"), "--ispdb", &at("/db/"), "--no-ispdb"]).ended(1);
    assert_eq!((asked, server.got().matches("/db/example.org").count()), (1, 1));
    assert!(!server.got().contains("sam@"), "the database, and who was named, learn no address");
}

#[test]
fn records_of_the_domain_are_followed_where_they_can_be_trusted() {
    let dns = names(vec![
        ("hosted.example", Record::Mx(10, "aspmx.l.google.com")),
        ("srv.example", Record::Mx(10, "mx.srv.example")),
        ("_imaps._tcp.srv.example", Record::Srv(20, 1, 993, "backup.srv.example")),
        ("_imaps._tcp.srv.example", Record::Srv(10, 1, 1993, "imap.srv.example")),
        ("_submission._tcp.srv.example", Record::Srv(0, 0, 587, "smtp.srv.example")),
        ("_imaps._tcp.away.example", Record::Srv(0, 0, 993, "imap.elsewhere.example")),
        ("_submissions._tcp.away.example", Record::Srv(0, 0, 465, "smtp.elsewhere.example")),
        ("_imaps._tcp.none.example", Record::Srv(0, 0, 0, "")),
    ]);
    // No web is asked: the one address is on loopback, and nobody is there.
    let (dns, autoconfig) = (format!("127.0.0.1:{dns}"), format!("http://127.0.0.1:{}/", free_ports(1)[0]));
    let run = |email: &str| {
        let case = Case::new();
        let vault = case.vault().to_str().unwrap().to_owned();
        let output = case.postnote(&[
            "init",
            email,
            "--non-interactive",
            "--no-test",
            "--password-command",
            "echo x",
            "--vault",
            &vault,
            "--dns",
            &dns,
            "--autoconfig",
            &autoconfig,
        ]);
        let text = fs::read_to_string(case.config_path()).unwrap_or_default();
        (output, text)
    };
    let (output, text) = run("sam@hosted.example");
    output.ended(0);
    says(&text, &["host = \"imap.gmail.com\"", "host = \"smtp.gmail.com\"", "name = \"hosted\""]);
    let (output, text) = run("sam@srv.example");
    output.ended(0);
    says(&text, &["host = \"imap.srv.example\"", "port = 1993", "host = \"smtp.srv.example\"", "port = 587"]);
    let (output, text) = run("sam@away.example");
    says(&output.ended(1).stderr, &["outside of it", "imap.elsewhere.example", "--imap-server"]);
    assert!(text.is_empty());
    let (output, _) = run("sam@none.example");
    says(&output.ended(1).stderr, &["no servers were found"]);
}

#[test]
fn a_guess_is_connected_to_and_must_prove_its_name() {
    use postnote::config::{Endpoint, Security};
    use postnote::setup::probe::{Kind, first};
    let (greenmail, dovecot) = (GreenMail::shared(), Dovecot::shared());
    let at = |host: &str, port, security| Endpoint {
        host: host.to_owned(),
        port,
        security,
        ca_file: Some(dovecot.ca_file.clone()),
    };
    let wait = |guesses, kind| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(first(guesses, kind))
    };
    let closed = free_ports(1)[0];
    let good = at("localhost", dovecot.imaps, Security::Tls);
    let probed = wait(
        vec![at("127.0.0.1", closed, Security::Tls), good.clone(), at("localhost", dovecot.imap, Security::StartTls)],
        Kind::Imap,
    );
    assert_eq!((probed.found, probed.wrong_name.len()), (Some(good), 0));
    // One is for another name; GreenMail's comes from nobody who is known; SMTP is no IMAP.
    let authority = Authority::new();
    let certificate = authority.certificate("elsewhere.example", 2100);
    let other = Scripted::start(move |wire| wire.secure(&certificate));
    let wrong = Endpoint { ca_file: Some(authority.file.clone()), ..at("localhost", other.port, Security::Tls) };
    let probed = wait(vec![wrong, at("127.0.0.1", greenmail.imaps, Security::Tls)], Kind::Imap);
    assert_eq!((probed.found, probed.wrong_name), (None, vec!["localhost".to_owned()]));
    let smtp = at("localhost", greenmail.smtp, Security::StartTls);
    assert_eq!(wait(vec![smtp.clone()], Kind::Imap).found, None);
    assert_eq!(wait(vec![smtp.clone()], Kind::Smtp).found, Some(smtp));
}
