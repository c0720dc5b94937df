//! The end of the process, the vault or the database at a bad moment: at most one message, each note once.

use crate::support::*;
use std::process::Command;

const TO: &str = "ada@example.com";

/// Runs `postnote ARGUMENTS` under strace with `options`.
fn traced(case: &Case, options: &[&str], arguments: &[&str]) -> std::process::ExitStatus {
    let plain = case.command(arguments);
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(case.path().join("trace")).args(options).arg("--");
    command.arg(plain.get_program()).args(plain.get_args()).env_clear().current_dir(case.path());
    command.envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))));
    command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
    command.status().unwrap()
}

/// What became of one draft whose send was killed: messages that the server got, and the note's word.
fn kill_and_go_on(sink: &Sink, case: &Case, call: &str, when: usize) -> Option<(usize, String)> {
    let (name, subject) = (format!("{call}-{when}.md"), format!("Subject: {call}-{when}\r\n"));
    case.draft(&name, &letter(TO, "Hello").replace("Harbour plan", &format!("{call}-{when}")));
    let inject = format!("inject={call}:signal=KILL:when={when}");
    let killed = traced(case, &["-e", &format!("trace={call}"), "-e", &inject], &["send"]);
    for _ in 0..2 {
        case.postnote(&["send"]);
    }
    let holds = |event: &&Event| matches!(event, Event::Message(data) if has(data, subject.as_bytes()));
    let messages = sink.events().iter().filter(holds).count();
    (!killed.success()).then(|| (messages, case.says(&name, "status")))
}

fn has(data: &[u8], part: &[u8]) -> bool {
    data.windows(part.len()).any(|window| window == part)
}

#[test]
fn killed_at_every_step_of_a_send_it_is_sent_at_most_once() {
    // Every fsync of a send; and each write to the network, from the SMTP greeting on.
    let lanes = [("fsync", 1, 2), ("fsync", 2, 2), ("sendto", 13, 2), ("sendto", 14, 2)];
    let outcomes = at_once(lanes, |(call, first, step)| {
        let sink = Sink::start();
        let (case, user) = Case::posting(&sink);
        let mut imap = GreenMail::shared().imap(&user);
        imap.create("Sent");
        case.postnote(&["sync"]).ended(0);
        let mut outcomes = Vec::new();
        for when in (first..60).step_by(step) {
            let Some((messages, status)) = kill_and_go_on(&sink, &case, call, when) else { break };
            let sound = matches!((messages, status.as_str()), (1, "sent") | (0 | 1, "uncertain"));
            assert!(sound, "killed at {call} {when}: {messages} messages, {status}");
            outcomes.push(status);
        }
        let sent = outcomes.iter().filter(|status| *status == "sent").count();
        // The last one of the loop was not killed.
        assert_eq!(imap.messages("Sent").len(), sent + 1, "{call}: {outcomes:?}");
        let rows = |state| case.count(&format!("SELECT count(*) FROM outbox WHERE state = '{state}'"));
        assert_eq!([rows("filed"), rows("uncertain")], [sent + 1, outcomes.len() - sent], "{call}: {outcomes:?}");
        assert!(!case.snapshot().keys().any(|path| path.to_string_lossy().ends_with(".tmp")));
        outcomes
    });
    let all = outcomes.concat();
    assert!(all.len() >= 25 && all.iter().any(|s| s == "sent") && all.iter().any(|s| s == "uncertain"), "{all:?}");
}

#[test]
fn a_vault_that_goes_away_is_not_made_anew_and_comes_back_as_it_was() {
    let sink = Sink::start();
    let (case, user) = Case::posting(&sink);
    let server = GreenMail::shared();
    server.deliver(&user, &sample("02-"));
    case.postnote(&["sync"]).ended(0);
    let (before, away) = (case.snapshot(), case.path().join("away"));
    assert!(!before.is_empty());
    std::fs::rename(case.vault(), &away).unwrap();
    server.deliver(&user, &sample("11-"));
    for arguments in [&["sync"][..], &["send"], &["status"]] {
        let output = case.postnote(arguments).ended(1);
        assert!(output.stderr.contains("is not there") && output.stderr.contains("mount its disk"), "{output:?}");
    }
    assert!(!case.vault().exists());
    // What an unmounted disk leaves behind.
    std::fs::create_dir(case.vault()).unwrap();
    let output = case.postnote(&["sync"]).ended(1);
    assert!(output.stderr.contains("mount its disk") && output.stderr.contains("Sources"), "{output:?}");
    assert_eq!(std::fs::read_dir(case.vault()).unwrap().count(), 0, "written behind an unmounted disk");
    std::fs::remove_dir(case.vault()).unwrap();
    std::fs::rename(&away, case.vault()).unwrap();
    assert_eq!(case.snapshot(), before);
    case.postnote(&["sync"]).ended(0);
    let after = case.snapshot();
    assert!(after.len() > before.len() && before.iter().all(|(path, bytes)| after.get(path) == Some(bytes)));
}

type Damage = fn(&mut Vec<u8>);

#[test]
fn a_damaged_database_is_put_aside_and_built_anew() {
    let ways: [(&str, Damage); 6] = [
        ("garbage", |bytes| bytes.fill(b'x')),
        ("half", |bytes| bytes.truncate(bytes.len() / 2)),
        ("a page and a bit", |bytes| bytes.truncate(5000)),
        ("header", |bytes| bytes[..16].fill(0)),
        ("pages", |bytes| bytes[4096..].fill(0xff)),
        ("empty", Vec::clear),
    ];
    at_once(ways, |(way, damage)| {
        let sink = Sink::start();
        let (case, user) = Case::posting(&sink);
        GreenMail::shared().deliver(&user, &sample("02-"));
        let original = letter(TO, "Hello").replace("subject", "draft_id: 01JHBBBBBBBBBBBBBBBBBBBBBB\nsubject");
        case.draft("a.md", &original);
        case.postnote(&["sync"]).ended(0);
        let (notes, before) = (case.notes("Sources"), case.snapshot());
        assert_eq!((notes.len(), sink.taken().len()), (1, 1));
        let file = case.state().join("state.db");
        let mut bytes = std::fs::read(&file).unwrap();
        damage(&mut bytes);
        std::fs::write(&file, &bytes).unwrap();
        // Looking on changes nothing.
        case.postnote(&["status"]).ended(0);
        case.postnote(&["sync", "--dry-run"]).ended(0);
        assert_eq!(std::fs::read(&file).unwrap(), bytes, "{way}");
        let output = case.postnote(&["sync"]);
        assert_eq!(output.status, 0, "{way}: {output:?}");
        let put_aside =
            case.snapshot_of(&case.state()).into_keys().any(|path| path.to_string_lossy().contains("damaged"));
        assert_eq!(put_aside, way != "empty", "{way}: {output:?}");
        assert_eq!(case.snapshot(), before, "{way}");
        // What a backup brings back, as it was when it was approved.
        case.draft("a.md", &original);
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.notes("Sources"), sink.taken().len()), (notes, 1), "{way}");
        assert_eq!(case.says("a.md", "status"), "sent", "{way}");
    });
}
