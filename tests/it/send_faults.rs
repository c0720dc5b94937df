//! Further faults on the way out: slow and self-willed servers, two machines, clocks that are wrong, saves caught half-way,
//! files that go and come. The count of messages that a server took is what is asserted.

use crate::support::*;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

const TO: &str = "ada@example.com";

fn messages(sink: &Sink) -> usize {
    sink.events().iter().filter(|event| matches!(event, Event::Message(_))).count()
}

/// For the binary a second of waiting is a hundredth of one.
const HASTE: u32 = 100;

fn takes_its_time(minutes: u64) -> (Sink, Case) {
    let wait = Duration::from_secs(minutes * 60) / HASTE;
    let sink = Sink::scripted(move |event| match event {
        Event::Message(_) => Action::Wait(wait),
        _ => Action::Usual,
    });
    let (mut case, _) = Case::posting(&sink);
    case.hurry_by(HASTE);
    case.draft("a.md", &letter(TO, "Hello"));
    (sink, case)
}

#[test]
fn a_250_that_takes_nine_minutes_is_waited_for() {
    let (sink, case) = takes_its_time(9);
    case.postnote(&["send"]).ended(0);
    case.postnote(&["send"]).ended(0);
    assert_eq!((case.says("a.md", "status").as_str(), messages(&sink), sink.taken().len()), ("sent", 1, 1));
    assert_eq!(case.count("SELECT attempts FROM outbox"), 1);
}

#[test]
fn a_250_that_takes_more_than_ten_minutes_is_uncertain_and_nothing_is_sent_again() {
    let (sink, case) = takes_its_time(13);
    case.postnote(&["send"]).ended(1);
    for _ in 0..2 {
        case.postnote(&["send"]).ended(0);
    }
    assert_eq!((case.says("a.md", "status").as_str(), messages(&sink)), ("uncertain", 1));
    assert_eq!(case.count("SELECT attempts FROM outbox"), 1);
}

/// A server that gives messages an id of its own and files them; the connection is lost before it can say so.
#[test]
fn a_message_id_that_the_server_has_rewritten_is_found_by_the_drafts_own_header() {
    let server = GreenMail::shared();
    let (case, user) = Case::posting(&Sink::start());
    let mut imap = server.imap(&user);
    imap.create("Sent");
    let filing = user.clone();
    let sink = Sink::scripted(move |event| match event {
        Event::Message(data) => {
            let text = String::from_utf8(data.clone()).unwrap();
            let (before, id) = text.split_once("Message-ID: <").unwrap();
            let rewritten =
                format!("{before}Message-ID: <made-by-the-server@example.net>{}", id.split_once('>').unwrap().1);
            server.imap(&filing).append("Sent", "\\Seen", rewritten.as_bytes());
            Action::Close
        }
        _ => Action::Usual,
    });
    case.use_sink(&sink);
    case.draft("a.md", &letter(TO, "Hello"));
    for _ in 0..2 {
        case.postnote(&["sync"]).ended(0);
    }
    assert_eq!((case.says("a.md", "status").as_str(), messages(&sink)), ("sent", 1));
    // The same when it was the process that ended.
    case.sql("UPDATE outbox SET state = 'attempting'");
    std::fs::write(case.vault().join("Outbox/.postnote-ledger.jsonl"), "").unwrap();
    case.edit("a.md", "status: sent", "status: sending");
    case.postnote(&["sync"]).ended(0);
    assert_eq!((case.says("a.md", "status").as_str(), messages(&sink)), ("sent", 1));
}

#[test]
fn a_sent_mailbox_that_is_full_gets_its_copy_later() {
    for answer in ["TAG NO [OVERQUOTA] the mailbox is full\r\n", "TAG NO not now\r\n"] {
        let (sink, server) = (Sink::start(), Dovecot::shared());
        let user = server.user("sam", "example.org");
        let (full, left) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicUsize::new(0)));
        let (is_full, rest) = (full.clone(), left.clone());
        let relay = Relay::acting(server.imap, move |line| {
            // The lines of a literal that was not waited for belong to the command.
            let waits = rest.load(Ordering::SeqCst);
            if waits > 0 {
                rest.store(waits.saturating_sub(line.len() + 2), Ordering::SeqCst);
                return Act::Answer("");
            }
            match line.split_once(" APPEND ") {
                Some((_, what)) if is_full.load(Ordering::SeqCst) => {
                    let size = what.rsplit('{').next().unwrap().trim_end_matches(['}', '+']).parse::<usize>().unwrap();
                    let at_once = what.ends_with("+}");
                    rest.store(if at_once { size + 2 } else { 0 }, Ordering::SeqCst);
                    Act::Answer(answer)
                }
                _ => Act::Pass,
            }
        });
        let account =
            Account { name: "work", user: &user, display_name: "", aliases: &[], imap: relay.port, smtp: sink.port };
        let case = Case::with_account(&account);
        case.draft("a.md", &letter(TO, "Hello"));
        for _ in 0..2 {
            let output = case.postnote(&["sync"]).ended(1);
            assert!(output.stderr.contains("Outbox/a.md: it was sent, but its copy is not in Sent yet"), "{output:?}");
            assert_eq!((case.says("a.md", "status").as_str(), messages(&sink)), ("sent", 1));
        }
        assert!(case.postnote(&["status"]).ended(0).stdout.contains("1 accepted"));
        full.store(false, Ordering::SeqCst);
        for _ in 0..2 {
            case.postnote(&["sync"]).ended(0);
        }
        assert_eq!((messages(&sink), server.imap(&user).messages("Sent").len()), (1, 1));
    }
}

/// Another machine that works on the same vault, with a state of its own.
fn other_machine(case: &Case) -> Case {
    let mut other = Case::new();
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let password =
        case.command(&[]).get_envs().find(|(k, _)| *k == PASSWORD_VARIABLE).and_then(|(_, v)| v).unwrap().to_owned();
    let state = |of: &Case| of.state().display().to_string();
    other.raw_config(&config.replace(&state(case), &state(&other)));
    other.env(PASSWORD_VARIABLE, password.to_str().unwrap());
    other
}

#[test]
fn of_two_machines_on_one_vault_one_sends_and_the_other_says_why_not() {
    let (reached, go) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (at, gate) = (reached.clone(), go.clone());
    let sink = Sink::scripted(move |event| {
        if matches!(event, Event::Command(line) if line == "DATA") {
            at.store(true, Ordering::SeqCst);
            until("the test goes on", || gate.load(Ordering::SeqCst));
        }
        Action::Usual
    });
    let (case, user) = Case::posting(&sink);
    let other = other_machine(&case);
    GreenMail::shared().imap(&user).create("Sent");
    case.draft("a.md", &letter(TO, "Hello"));
    let mut first = case.start(&["sync"]);
    until("it is being sent", || reached.load(Ordering::SeqCst));
    let said = other.postnote(&["sync"]).ended(1);
    assert!(said.stderr.contains("Outbox/a.md: ") && said.stderr.contains("attempt to send it"), "{said:?}");
    assert_eq!(messages(&sink), 0);
    go.store(true, Ordering::SeqCst);
    ends(&mut first, Duration::from_secs(30));
    for machine in [&other, &case, &other] {
        machine.postnote(&["sync"]).ended(0);
    }
    assert_eq!((case.says("a.md", "status").as_str(), messages(&sink)), ("sent", 1));
    assert_eq!(GreenMail::shared().imap(&user).messages("Sent").len(), 1);
    // A vault that is carried over late: the file as it was approved, nothing else. Sent tells that it is out.
    let late = other_machine(&case);
    std::fs::create_dir(late.path().join("carried")).unwrap();
    let mut late = late;
    let config = std::fs::read_to_string(late.config_path()).unwrap();
    late.raw_config(&config.replace(&case.vault().display().to_string(), &late.vault().display().to_string()));
    late.draft("a.md", &letter(TO, "Hello"));
    late.postnote(&["sync"]).ended(0);
    assert_eq!((late.says("a.md", "status").as_str(), messages(&sink)), ("sent", 1));
}

#[test]
fn two_machines_that_begin_together_send_each_draft_at_most_once() {
    let sink = Sink::start();
    let (case, user) = Case::posting(&sink);
    GreenMail::shared().imap(&user).create("Sent");
    let other = other_machine(&case);
    let mut all = 0;
    for round in 0..6 {
        for number in 0..4 {
            let name = format!("{round}-{number}.md");
            case.draft(&name, &letter(TO, &format!("Letter {round} {number}.")));
            all += 1;
        }
        let mut both = [case.start(&["sync"]), other.start(&["sync"])];
        both.iter_mut().for_each(|child| assert!(ends(child, Duration::from_secs(60)).is_some()));
    }
    // Whoever was in the other's way says so in the note; approved again, it goes.
    for machine in [&case, &other, &case] {
        machine.postnote(&["sync"]);
    }
    let mut texts: Vec<Vec<u8>> = sink.taken().into_iter().map(|taken| taken.data).collect();
    let count = texts.len();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), count, "something was sent twice");
    for (round, number) in (0..6).flat_map(|round| (0..4).map(move |number| (round, number))) {
        let name = format!("{round}-{number}.md");
        let status = case.says(&name, "status");
        assert!(["sent", "pending", "uncertain", "queued"].contains(&status.as_str()), "{name}: {status}");
        let out = texts.iter().any(|t| String::from_utf8_lossy(t).contains(&format!("Letter {round} {number}.")));
        assert!(out || status != "sent", "{name} says sent, and was not");
        assert!(status == "sent" || !case.says(&name, "error").is_empty(), "{name}: {status} without a word");
    }
    assert!(count * 2 > all, "{count} of {all}");
}

/// A save that takes its time: nothing of it is sent before it is whole.
#[test]
fn a_save_caught_at_every_byte_is_sent_whole_or_not_yet() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    std::fs::write(
        case.config_path(),
        config.replace("[send]", "[sync]\nschedule = \"every 1s\"\njitter = \"0\"\n[send]"),
    )
    .unwrap();
    let whole = letter(TO, "The first line.\n\nThe second line.\n\nThe last line: all of it is here.");
    case.draft("own.md", "no draft");
    let running = Running::start(&case);
    until("it runs", || running.says("next sync at") >= 1);
    let path = case.draft_path("a.md");
    for end in 1..=whole.len() {
        std::fs::write(&path, &whole.as_bytes()[..end]).unwrap();
        std::thread::sleep(Duration::from_millis(8));
        assert_eq!(messages(&sink), 0, "sent at byte {end} of {}", whole.len());
    }
    until("it is sent", || messages(&sink) == 1);
    until("it says so", || case.says("a.md", "status") == "sent");
    running.stop("TERM");
    let taken = sink.taken();
    let text = String::from_utf8_lossy(&taken[0].data);
    assert!(taken.len() == 1 && text.contains("The first line.") && text.contains("all of it is here."), "{text}");
}

const YEAR: i64 = 365;

#[test]
fn a_clock_that_is_a_year_off_sends_nothing_twice_and_keeps_nothing_back() {
    at_once([YEAR, -YEAR], |days| {
        let later = AtomicUsize::new(1);
        let sink = Sink::scripted(move |event| match event {
            Event::Message(_)
                if later.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() =>
            {
                Action::Say("451 4.3.0 later".into())
            }
            _ => Action::Usual,
        });
        let (mut case, _) = Case::posting(&sink);
        case.shift_clock(days);
        let original = letter(TO, "Hello");
        case.draft("a.md", &original);
        case.postnote(&["sync"]).ended(1);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("queued", 0));
        // Right again: what was to wait a minute does not wait a year. An hour, at most, as after many attempts.
        case.shift_clock(0);
        case.postnote(&["sync"]);
        case.sql("UPDATE outbox SET not_before = not_before - 4000 WHERE state = 'queued'");
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("sent", 1), "{days}");
        for again in [-days, 0, days, 2 * days, -3, 0] {
            case.shift_clock(again);
            case.postnote(&["sync"]);
            case.draft("a.md", &original);
            case.postnote(&["sync"]);
            assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("sent", 1), "{days} {again}");
        }
        // A state that was lost, and a clock that goes back.
        std::fs::remove_file(case.state().join("state.db")).unwrap();
        case.shift_clock(-days);
        case.draft("a.md", &original);
        case.postnote(&["sync"]);
        assert_eq!(sink.taken().len(), 1);
    });
}

#[test]
fn what_its_owner_deletes_moves_and_renames_stays_so() {
    let (sink, server) = (Sink::start(), GreenMail::shared());
    let (case, user) = Case::posting(&sink);
    for number in 0..4 {
        let mail = format!(
            "From: Ada <{TO}>\r\nTo: {}\r\nSubject: Pier {number}\r\nMessage-ID: <{number}@example.com>\r\n\
             Date: Mon, 05 Jan 2026 10:0{number}:00 +0000\r\n\r\nCan you come to pier {number} on Monday?\r\n",
            user.email
        );
        server.deliver(&user, mail.as_bytes());
    }
    case.postnote(&["sync"]).ended(0);
    let (sources, drafts) = (case.notes("Sources"), case.notes("Outbox"));
    assert_eq!((sources.len(), drafts.len()), (4, 4));
    let approve = |path: &Path, to: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        put(to, &text.replacen("status: pending", "status: approved", 1).replace("\n[…]\n", "\nYes.\n"));
        if path != to {
            std::fs::remove_file(path).unwrap();
        }
    };
    // A source note is deleted, one is moved away; a draft is deleted, one is approved out of the outbox folder, one is
    // renamed in it, and the one left is approved without the note that it answers.
    std::fs::remove_file(&sources[0]).unwrap();
    std::fs::create_dir(case.vault().join("Archive")).unwrap();
    std::fs::rename(&sources[1], case.vault().join("Archive/kept.md")).unwrap();
    std::fs::remove_file(&drafts[0]).unwrap();
    approve(&drafts[1], &case.vault().join("Archive/approved.md"));
    approve(&drafts[2], &case.draft_path("my own name.md"));
    // A template, where templates are.
    put(&case.vault().join("Templates/mail.md"), &letter(TO, "Hello"));
    for _ in 0..3 {
        case.postnote(&["sync"]).ended(0);
        assert_eq!((sink.taken().len(), case.says("my own name.md", "status").as_str()), (1, "sent"));
    }
    assert!(!sources[0].exists() && !sources[1].exists() && !drafts[0].exists() && !drafts[1].exists());
    let now = |folder: &str| case.notes(folder).len();
    assert_eq!((now("Sources"), now("Outbox"), now("Archive")), (2, 2, 2));
    assert!(std::fs::read_to_string(case.vault().join("Archive/approved.md")).unwrap().contains("status: approved"));
    // Moved back, it is a draft again, and goes once.
    std::fs::rename(case.vault().join("Archive/approved.md"), case.draft_path("back.md")).unwrap();
    case.draft("back.md", &case.draft_text("back.md"));
    for _ in 0..2 {
        case.postnote(&["sync"]);
    }
    assert_eq!((sink.taken().len(), case.says("back.md", "status").as_str()), (2, "sent"));
    // Also where the state is lost.
    std::fs::remove_dir_all(case.state()).unwrap();
    std::fs::create_dir(case.state()).unwrap();
    case.postnote(&["sync"]);
    assert_eq!(sink.taken().len(), 2);
}

/// A template in the outbox folder itself, as a template engine's source and with what it makes of it left empty.
#[test]
fn a_template_that_says_approved_is_not_sent() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let kept = Mutex::new(Vec::new());
    for (number, to) in ["\"{{to}}\"", "\"<% tp.file.cursor() %>\"", "\"$=dv.current()\"", "", "\"Name <address>\""]
        .into_iter()
        .enumerate()
    {
        let name = format!("{number}.md");
        case.draft(&name, &letter(to, "Hello"));
        kept.lock().unwrap().push(name);
    }
    for _ in 0..2 {
        case.postnote(&["sync"]);
    }
    for name in kept.into_inner().unwrap() {
        assert_eq!(case.says(&name, "status"), "failed", "{}", case.draft_text(&name));
    }
    assert!(sink.events().is_empty());
}
