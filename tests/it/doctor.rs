//! `postnote doctor` finds what is planted, each fault by itself, and says what mends it.

use crate::support::*;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// What is planted, and what is expected: the check, words of the finding, words of the fix.
struct Fault {
    name: &'static str,
    plant: fn(&mut World),
    check: &'static str,
    text: &'static str,
    fix: &'static str,
}

const fn fault(
    name: &'static str,
    plant: fn(&mut World),
    check: &'static str,
    text: &'static str,
    fix: &'static str,
) -> Fault {
    Fault { name, plant, check, text, fix }
}

fn config(world: &World) -> String {
    fs::read_to_string(world.case.config_path()).unwrap()
}

/// The config with something else in a place of it.
fn change(world: &mut World, from: &str, to: &str) {
    let text = config(world);
    assert!(text.contains(from), "{from}: {text}");
    world.case.raw_config(&text.replacen(from, to, 1));
}

/// The config with the IMAP server's table replaced.
fn imap(world: &mut World, table: &str) {
    let port = format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"plaintext\"\n[accounts.smtp]", world.imap);
    change(world, &port, &format!("{table}\n[accounts.smtp]"));
}

fn secret(world: &mut World, source: &str) {
    change(world, &format!("{{ env = \"{PASSWORD_VARIABLE}\" }}"), source);
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

/// A server whose certificate is somebody else's, or past.
fn other(world: &mut World, name: &str, until: i32) {
    let authority = Box::leak(Box::new(Authority::new()));
    let certificate = authority.certificate(name, until);
    let server = Scripted::start(move |wire| wire.secure(&certificate));
    let table = format!("host = \"localhost\"\nport = {}\nca_file = '{}'", server.port, authority.file.display());
    imap(world, &table);
}

fn model(world: &mut World, name: &str, answer: &'static str) {
    let server = web(move |_| answer.to_owned());
    let table = format!(
        "[assistant]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nmodel = \"{name}\"\n",
        server.port
    );
    change(world, "[send]", &format!("{table}[send]"));
}

const MODELS: &str = "200 OK\r\n\r\n{\"data\":[{\"id\":\"llama3.2:latest\"},{\"id\":\"phi4\"}]}";

fn draft(world: &World, name: &str, id: &str) {
    world.case.draft(
        name,
        &format!("---\ntype: draft-mail\nstatus: pending\nto: ada@example.com\nsubject: x\ndraft_id: {id}\n---\nHi\n"),
    );
}

fn unit(world: &mut World) {
    let folder = world.case.path().join("home/.config/systemd/user");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("postnote.service"), "[Service]\nExecStart=/nowhere/at/all/postnote run\n").unwrap();
}

const FAULTS: &[Fault] = &[
    fault("no config", |w| fs::remove_file(w.case.config_path()).unwrap(), "config", "cannot be read", "postnote init"),
    fault("broken TOML", |w| w.case.raw_config("vault = [\n"), "config", "line", "mend"),
    fault(
        "a slip in a key",
        |w| change(w, "[send]", "[sned]"),
        "config",
        "did you mean `send`?",
        "config.example.toml",
    ),
    fault(
        "a newer config",
        |w| change(w, "[send]", "[telepathy]\n[send]"),
        "config",
        "a newer postnote",
        "config.example.toml",
    ),
    fault(
        "others may write the config",
        |w| mode(&w.case.config_path(), 0o666),
        "config",
        "have commands run",
        "chmod go-w",
    ),
    fault(
        "no such variable",
        |w| secret(w, "{ env = \"NOT_THERE\" }"),
        "secret",
        "NOT_THERE is not set",
        "set NOT_THERE",
    ),
    fault(
        "others may read the secret",
        |w| {
            let file = w.case.path().join("secret");
            fs::write(&file, "x").unwrap();
            mode(&file, 0o644);
            secret(w, &format!("{{ file = '{}' }}", file.display()));
        },
        "secret",
        "can be read by others",
        "chmod 600",
    ),
    fault("the command fails", |w| secret(w, "{ command = \"exit 3\" }"), "secret", "failed", "run the command"),
    fault("an empty secret", |w| secret(w, "{ command = \"echo\" }"), "secret", "is empty", "postnote login work"),
    fault("no keyring", |w| secret(w, "{ keyring = true }"), "secret", "no keyring service", "start a keyring service"),
    fault(
        "not signed in",
        |w| {
            let file = w.case.path().join("tokens");
            let (from, tokens) =
                (format!("password = {{ env = \"{PASSWORD_VARIABLE}\" }}"), file.display().to_string());
            let to =
                format!("oauth2 = {{ provider = \"google\", client_id = \"x\", tokens = {{ file = '{tokens}' }} }}");
            change(w, &from, &to);
        },
        "secret",
        "not signed in",
        "postnote login work",
    ),
    fault(
        "an unknown host",
        |w| imap(w, "host = \"mail.postnote.invalid\""),
        "dns",
        "mail.postnote.invalid",
        "correct imap.host",
    ),
    fault(
        "nobody at the port",
        |w| imap(w, &format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"plaintext\"", free_ports(1)[0])),
        "connection",
        "refuses the connection",
        "imap.port",
    ),
    fault(
        "a wrong password",
        |w| w.case.env(PASSWORD_VARIABLE, "wrong"),
        "login",
        "refused the login",
        "postnote login work",
    ),
    fault(
        "a wrong name at the SMTP server",
        |w| change(w, "[accounts.smtp]", "[accounts.smtp]\nusername = \"nobody\""),
        "login",
        "refused the login of nobody",
        "smtp.username",
    ),
    fault(
        "an unknown authority",
        |w| imap(w, &format!("host = \"localhost\"\nport = {}", Dovecot::shared().imaps)),
        "tls",
        "not trusted",
        "imap.ca_file",
    ),
    fault("another's certificate", |w| other(w, "elsewhere.example", 2100), "tls", "for another name", "imap.host"),
    fault("a certificate that is past", |w| other(w, "localhost", 2020), "tls", "expired", "clock"),
    fault(
        "TLS to a plain port",
        |w| imap(w, &format!("host = \"127.0.0.1\"\nport = {}", w.imap)),
        "tls",
        "agree on no TLS",
        "imap.security",
    ),
    fault(
        "no TLS to another machine",
        |w| imap(w, "host = \"192.0.2.1\"\nsecurity = \"plaintext\""),
        "tls",
        "loopback only",
        "imap.security",
    ),
    fault(
        "no STARTTLS there",
        |w| imap(w, &format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"starttls\"", w.greenmail.imap)),
        "tls",
        "STARTTLS",
        "imap.port = 993",
    ),
    fault(
        "no such authority's file",
        |w| imap(w, &format!("host = \"localhost\"\nport = {}\nca_file = '/nowhere/ca.pem'", Dovecot::shared().imaps)),
        "tls",
        "/nowhere/ca.pem",
        "take imap.ca_file out",
    ),
    fault(
        "a misspelt mailbox",
        |w| change(w, "[accounts.smtp]", "mailboxes = [\"INBOX\", \"Snet\"]\n[accounts.smtp]"),
        "mailboxes",
        "did you mean \"Sent\"",
        "imap.mailboxes",
    ),
    fault("no vault", |w| fs::remove_dir_all(w.case.vault()).unwrap(), "vault", "is not there", "mount its disk"),
    fault("everybody may approve", |w| mode(&w.case.vault(), 0o777), "vault", "can approve drafts", "chmod o-w"),
    fault(
        "the outbox is a file",
        |w| fs::write(w.case.vault().join("Outbox"), "").unwrap(),
        "outbox",
        "cannot be read",
        "a folder inside the vault",
    ),
    fault(
        "the outbox leads out",
        |w| symlink("/tmp", w.case.vault().join("Outbox")).unwrap(),
        "outbox",
        "leads out",
        "without a link",
    ),
    fault(
        "conflict copies",
        |w| draft(w, "a.sync-conflict-20260105-120000-ABCDEFG.md", "1"),
        "outbox",
        "conflict copies",
        "delete the other",
    ),
    fault(
        "broken frontmatter",
        |w| w.case.draft("a.md", "---\ntype: draft-mail\nsubject: Re: x: y\n---\nHi\n"),
        "outbox",
        "cannot be read: Outbox/a.md",
        "mend its frontmatter",
    ),
    fault(
        "a draft twice",
        |w| {
            draft(w, "a.md", "1");
            draft(w, "b.md", "1");
        },
        "outbox",
        "carry the same draft_id",
        "delete all but one",
    ),
    fault(
        "the state is a file",
        |w| {
            fs::remove_dir_all(w.case.state()).unwrap();
            fs::write(w.case.state(), "").unwrap();
        },
        "state",
        "is no folder",
        "move that file away",
    ),
    fault(
        "a damaged database",
        |w| fs::write(w.case.state().join("state.db"), [7; 9000]).unwrap(),
        "state",
        "is damaged",
        "postnote sync",
    ),
    fault(
        "a newer database",
        |w| {
            let db = rusqlite::Connection::open(w.case.state().join("state.db")).unwrap();
            db.pragma_update(None, "user_version", 999).unwrap();
        },
        "state",
        "newer postnote",
        "update postnote",
    ),
    fault(
        "the state in the vault",
        |w| {
            let (from, to) = (
                format!("state = '{}'", w.case.state().display()),
                format!("state = '{}/.state'", w.case.vault().display()),
            );
            change(w, &from, &to);
        },
        "state",
        "lies in the vault",
        "a folder elsewhere",
    ),
    fault(
        "no model server",
        |w| {
            change(
                w,
                "[send]",
                &format!(
                    "[assistant]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nmodel = \"x\"\n[send]",
                    free_ports(1)[0]
                ),
            )
        },
        "model",
        "refuses the connection",
        "start the model's server",
    ),
    fault(
        "a refused key",
        |w| model(w, "phi4", "401 Unauthorized\r\n\r\n{}"),
        "model",
        "refuses the key",
        "assistant.api_key",
    ),
    fault("an unknown model", |w| model(w, "phi5", MODELS), "model", "has no model \"phi5\"", "such as \"phi4\""),
    fault("a clock that is behind", |w| w.case.shift_clock(-3650), "clock", "clock says 201", "set the clock"),
    fault(
        "a unit without its program",
        unit,
        "service",
        "/nowhere/at/all/postnote, which is not there",
        "install postnote there",
    ),
];

/// What doctor finds that is worse than a note.
fn found(output: &Output) -> Vec<serde_json::Value> {
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let findings = json["findings"].as_array().unwrap().clone();
    findings.into_iter().filter(|f| f["level"] == "fault" || f["level"] == "warning").collect()
}

#[test]
fn what_is_planted_is_found_and_the_fix_named() {
    assert!(FAULTS.len() >= 20);
    let mut missed = Vec::new();
    for Fault { name, plant, check, text, fix } in FAULTS {
        let mut world = World::on_dovecot();
        plant(&mut world);
        let output = world.case.postnote(&["doctor", "--json"]);
        let found = found(&output);
        let holds = |f: &serde_json::Value, key: &str, what: &str| f[key].as_str().unwrap_or_default().contains(what);
        let hit = found.iter().any(|f| f["check"] == *check && holds(f, "text", text) && holds(f, "fix", fix));
        // A config that cannot be used is the command line's business, as for every command.
        let is_unusable = *check == "config" && !text.contains("commands");
        let status = match found.iter().any(|f| f["level"] == "fault") {
            true if is_unusable => 2,
            is_broken => i32::from(is_broken),
        };
        if !hit || output.status != status {
            missed.push(format!("{name} (status {}, not {status}): {found:#?}", output.status));
        }
    }
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

#[test]
fn where_nothing_is_wrong_nothing_is_said_to_be() {
    let greenmail = World::on_greenmail();
    // Another's password is a word that stands in the findings.
    let loud = greenmail.case.postnote(&["doctor", "-vv"]).ended(0);
    assert!(!format!("{loud:?}").contains(&greenmail.sam.password), "{loud:?}");
    for world in [greenmail, World::on_dovecot()] {
        let output = world.case.postnote(&["doctor", "--json"]).ended(0);
        assert!(found(&output).is_empty(), "{output:?}");
        let before = world.case.snapshot();
        world.case.postnote(&["sync"]).ended(0);
        let output = world.case.postnote(&["doctor"]).ended(0);
        assert!(
            output.stdout.ends_with("All is well.\n") && output.stdout.contains("takes the login"),
            "{}",
            output.stdout
        );
        assert!(!output.stdout.contains('\u{1b}'));
        // It looks, and changes nothing.
        assert_eq!(world.case.snapshot().len(), before.len());
        assert!(!world.case.postnote(&["doctor", "--offline"]).ended(0).stdout.contains("takes the login"));
        let unknown = world.case.postnote(&["doctor", "--account", "nobody"]).ended(2);
        assert!(unknown.stderr.contains("no account is named"), "{unknown:?}");
    }
}

#[test]
fn a_vault_on_a_read_only_disk() {
    let world = World::on_dovecot();
    let script = r#"mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99; shift; exec "$@""#;
    let command = world.case.command(&["doctor", "--json", "--offline"]);
    let Some(output) = in_namespace(script, &[&world.case.vault()], &command) else { return };
    let output = output.ended(1);
    let found = found(&output);
    assert!(found[0]["text"].as_str().unwrap().contains("Read-only file system"), "{found:?}");
    assert!(found[0]["fix"].as_str().unwrap().contains("mount its disk writable"), "{found:?}");
}

#[test]
fn faults_are_readable_in_forty_columns() {
    let mut world = World::on_dovecot();
    world.case.env(PASSWORD_VARIABLE, "wrong");
    let terminal = Terminal::start(&world.case, (40, 24), &["doctor"]);
    let said = terminal.says("2 faults.");
    assert!(said.contains("FAULT: login work:") && said.contains("to mend it: postnote login work"), "{said}");
    assert_eq!(terminal.ended(), 1);
}
