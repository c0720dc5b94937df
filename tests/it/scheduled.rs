//! `postnote run`: on schedule, one pass at a time, and a clean end at any moment.

use crate::support::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const TO: &str = "ada@example.com";

/// A case that syncs every second.
fn every_second(sink: &Sink) -> (Case, User) {
    let (case, user) = Case::posting(sink);
    schedule(&case, "every 1s");
    (case, user)
}

fn schedule(case: &Case, schedule: &str) {
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let sync = format!("[sync]\nschedule = \"{schedule}\"\njitter = \"0\"\n[send]");
    std::fs::write(case.config_path(), config.replace("[send]", &sync)).unwrap();
}

fn mail(to: &User, number: usize) -> Vec<u8> {
    let text = format!(
        "From: Ada Park <{TO}>\r\nTo: {}\r\nSubject: Harbour {number}\r\nMessage-ID: <{number}.{}>\r\nDate: Mon, 5 Jan \
         2026 10:00:00 +0000\r\n\r\nCan you come to pier {number} on Monday?\r\n",
        to.email, to.email
    );
    text.into_bytes()
}

/// Everything in the vault is whole: no temporary file, and each note has its end.
fn whole(case: &Case) {
    for (path, bytes) in case.snapshot() {
        let name = path.to_string_lossy().into_owned();
        assert!(!name.ends_with(".tmp"), "{name} is left");
        let text = String::from_utf8(bytes).unwrap();
        assert!(
            !name.ends_with(".md") || (text.starts_with("---\n") && text.matches("\n---\n").count() >= 1),
            "{name}"
        );
        assert!(!name.starts_with("Sources") || text.contains("Can you come to pier"), "{name}: {text}");
    }
}

#[test]
fn mail_and_approvals_are_picked_up_without_a_restart() {
    let (sink, server) = (Sink::start(), GreenMail::shared());
    let (case, user) = every_second(&sink);
    let running = Running::start(&case);
    until("the first pass is done", || running.says("next sync at") >= 1);
    server.deliver(&user, &mail(&user, 1));
    until("the mail is a note", || case.notes("Sources").len() == 1 && case.notes("Outbox").len() == 1);
    case.draft("a.md", &letter(TO, "Hello"));
    until("the draft is sent", || case.says("a.md", "status") == "sent");
    assert_eq!(sink.taken().len(), 1);
    // The vault goes away for a while: that is said, and nothing is made in its place.
    let away = case.path().join("away");
    std::fs::rename(case.vault(), &away).unwrap();
    until("it is missed", || running.says("is not there; create the folder") >= 1);
    assert!(!case.vault().exists());
    std::fs::rename(&away, case.vault()).unwrap();
    server.deliver(&user, &mail(&user, 2));
    until("it goes on", || case.notes("Sources").len() == 2);
    running.stop("INT");
    whole(&case);
}

#[test]
fn asked_to_end_at_any_moment_it_ends_well_and_the_next_sync_goes_on() {
    let server = GreenMail::shared();
    // Ten times each, two at a time: in the first pass over many messages, and between passes.
    at_once(["TERM", "INT"], |with| {
        let sink = Sink::start();
        let (case, user) = every_second(&sink);
        let mut imap = server.imap(&user);
        let mut sent = 0;
        for round in 0..10_usize {
            for number in 0..8 {
                imap.append("INBOX", "", &mail(&user, round * 8 + number));
            }
            case.draft(&format!("{round}.md"), &letter(TO, &format!("Hello {round}")));
            let running = Running::start(&case);
            until("it is at work", || case.state().join("lock").exists());
            // A moment that differs each time, up to the end of the pass.
            let moment = Duration::from_millis((round as u64 * 137 + with.len() as u64 * 61) % 1100);
            std::thread::sleep(moment);
            running.stop(with);
            whole(&case);
            sent += 1;
            let count = sink.taken().len();
            assert!(count == sent || count + 1 == sent, "{with} {round}: {count} of {sent} sent");
            case.postnote(&["sync"]).ended(0);
            whole(&case);
            assert_eq!((case.notes("Sources").len(), sink.taken().len()), (8 * (round + 1), sent), "{with} {round}");
            std::fs::remove_file(case.state().join("lock")).unwrap();
        }
    });
}

#[test]
fn asked_to_end_while_a_message_is_on_its_way_it_does_not_wait_for_ever() {
    let stuck = Arc::new(AtomicBool::new(false));
    let seen = stuck.clone();
    let sink = Sink::scripted(move |event| match event {
        Event::Message(_) => {
            seen.store(true, Ordering::SeqCst);
            Action::Wait(Duration::from_secs(60))
        }
        _ => Action::Usual,
    });
    let (case, _) = every_second(&sink);
    case.draft("a.md", &letter(TO, "Hello"));
    let mut running = Running::start(&case);
    until("the message is out", || stuck.load(Ordering::SeqCst));
    signal(&running.child, "TERM");
    // Its answer is worth some seconds' wait, not minutes'.
    assert_eq!(ends(&mut running.child, Duration::from_secs(15)), Some(0));
    case.postnote(&["sync"]).ended(1);
    case.postnote(&["sync"]).ended(0);
    assert_eq!(case.says("a.md", "status"), "uncertain");
    assert_eq!(sink.events().iter().filter(|e| matches!(e, Event::Message(_))).count(), 1);
}

#[test]
fn asked_to_end_while_a_server_or_a_password_is_waited_for_it_ends() {
    let silent = Scripted::start(|wire| {
        wire.say("* OK hello\r\n")?;
        std::thread::sleep(Duration::from_secs(60));
        Ok(())
    });
    let sink = Sink::start();
    let server = GreenMail::shared();
    let (case, _) = every_second(&sink);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let waits = [
        config.replace(&format!("port = {}", server.imap), &format!("port = {}", silent.port)),
        config.replace(&format!("env = \"{PASSWORD_VARIABLE}\""), "command = \"touch asked; exec sleep 60\""),
    ];
    let asked = case.path().join("asked");
    for (config, with) in waits.iter().zip(["TERM", "INT"]) {
        let waiting = |config: &str| if config.contains("asked") { asked.exists() } else { silent.connected() };
        std::fs::write(case.config_path(), config).unwrap();
        let running = Running::start(&case);
        until("it waits", || waiting(config));
        running.stop(with);
    }
}

#[test]
fn a_pass_that_takes_longer_than_the_interval_is_not_overlapped() {
    let (open, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (now, peak) = (open.clone(), most.clone());
    let sink = Sink::scripted(move |event| match event {
        Event::Connected => {
            peak.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            Action::Wait(Duration::from_millis(2500))
        }
        Event::Command(line) if line == "QUIT" => {
            now.fetch_sub(1, Ordering::SeqCst);
            Action::Usual
        }
        _ => Action::Usual,
    });
    let (case, _) = every_second(&sink);
    case.draft("a.md", &letter(TO, "Hello"));
    case.draft("b.md", &letter(TO, "Hello again"));
    let running = Running::start(&case);
    until("both are sent", || sink.taken().len() == 2);
    until("the pass is over", || running.says("next sync at") >= 1);
    assert_eq!((most.load(Ordering::SeqCst), running.says("at work with this vault")), (1, 0));
    running.stop("TERM");
}

#[test]
fn a_cron_line_runs_the_first_pass_at_once_and_waits_for_its_time() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    schedule(&case, "0 3 1 1 *");
    let running = Running::start(&case);
    until("the first pass is done", || running.says("next sync at 03:00:00") == 1);
    let begin = Instant::now();
    running.stop("TERM");
    assert!(begin.elapsed() < Duration::from_secs(2));
    // What approval sets a time for does not wait for the cron line.
    case.draft("a.md", &letter(TO, "Hello"));
    let running = Running::start(&case);
    until("it is sent", || sink.taken().len() == 1);
    running.stop("INT");
}

#[test]
fn a_broken_account_does_not_stop_the_others() {
    let (sink, server) = (Sink::start(), GreenMail::shared());
    let (case, user) = every_second(&sink);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let (head, work) = config.split_once("[[accounts]]").unwrap();
    let closed = free_ports(1)[0];
    let broken =
        work.replace("\"work\"", "\"broken\"").replace(&format!("port = {}", server.imap), &format!("port = {closed}"));
    std::fs::write(case.config_path(), format!("{head}[[accounts]]{broken}[[accounts]]{work}")).unwrap();
    let running = Running::start(&case);
    until("two passes are done", || running.says("account \"broken\"") >= 2);
    server.deliver(&user, &mail(&user, 1));
    until("the mail is a note", || case.notes("Sources").len() == 1);
    assert_eq!(running.says("account \"work\""), 0);
    running.stop("TERM");
    assert!(case.postnote(&["status"]).ended(0).stdout.contains("account \"broken\": "));
}
