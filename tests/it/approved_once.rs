//! What is approved is what is sent, once: edits while it waits or goes out, and copies of the file.

use crate::support::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

const TO: &str = "ada@example.com";

/// The text/plain part of a message, as its reader sees it.
fn text(data: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(data).unwrap();
    message.body_text(0).unwrap().replace("\r\n", "\n")
}

#[test]
fn an_edit_within_the_delay_stops_the_send() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    std::fs::write(case.config_path(), config.replace("delay = \"0s\"", "delay = \"3s\"")).unwrap();
    for name in ["edited.md", "back.md", "gone.md", "kept.md"] {
        case.draft(name, &letter(TO, &format!("Hello from {name}")));
    }
    let mut child = case.start(&["sync"]);
    until("all are queued", || {
        ["edited.md", "back.md", "gone.md", "kept.md"].iter().all(|name| case.says(name, "status") == "queued")
    });
    case.edit("edited.md", "Hello from", "Never approved:");
    case.edit("back.md", "status: queued", "status: pending");
    std::fs::remove_file(case.draft_path("gone.md")).unwrap();
    assert_eq!(ends(&mut child, Duration::from_secs(30)), Some(1));
    for _ in 0..2 {
        case.postnote(&["sync"]).ended(0);
    }
    let status = |name| case.says(name, "status");
    assert_eq!([status("edited.md"), status("back.md"), status("kept.md")], ["pending", "pending", "sent"]);
    assert!(case.says("edited.md", "error").contains("approve again") && !case.draft_path("gone.md").exists());
    assert_eq!(sink.taken().len(), 1);
    assert!(text(&sink.taken()[0].data).contains("Hello from kept.md"));
    case.edit("edited.md", "status: pending", "status: approved");
    case.postnote(&["sync"]).ended(0);
    assert!(text(&sink.taken()[1].data).contains("Never approved: edited.md"));
}

#[test]
fn an_edit_while_it_is_sent_is_not_sent_and_the_note_says_so() {
    let (reached, go) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (at, gate) = (reached.clone(), go.clone());
    let sink = Sink::scripted(move |event| {
        if matches!(event, Event::Command(line) if line == "DATA") {
            at.store(true, Ordering::SeqCst);
            until("the test goes on", || gate.load(Ordering::SeqCst));
        }
        Action::Usual
    });
    let (case, _) = Case::posting(&sink);
    case.draft("a.md", &letter(TO, "Hello"));
    let mut child = case.start(&["sync"]);
    until("it is being sent", || reached.load(Ordering::SeqCst));
    assert_eq!(case.says("a.md", "status"), "sending");
    // Meanwhile a second process says why it does nothing.
    let second = case.postnote(&["sync"]).ended(1);
    assert!(second.stderr.contains("another postnote is at work"), "{second:?}");
    case.edit("a.md", "Hello", "Goodbye");
    go.store(true, Ordering::SeqCst);
    ends(&mut child, Duration::from_secs(30));
    case.postnote(&["sync"]).ended(0);
    assert_eq!((sink.taken().len(), case.says("a.md", "status").as_str()), (1, "sent"));
    assert!(text(&sink.taken()[0].data).contains("Hello") && case.draft_text("a.md").contains("Goodbye"));
    assert!(case.says("a.md", "error").contains("edited"), "{}", case.draft_text("a.md"));
}

#[test]
fn copies_of_an_approved_draft_are_sent_once() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let with_id = letter(TO, "Hello").replace("subject", "draft_id: 01JHAAAAAAAAAAAAAAAAAAAAAA\nsubject");
    let copies = ["a.md", "a (conflicted copy).md", "a.sync-conflict-20260105-193519-ABCDEFG.md"];
    copies.iter().for_each(|name| case.draft(name, &with_id));
    case.postnote(&["sync"]).ended(1);
    let count = |word| copies.iter().filter(|name| case.says(name, "status") == word).count();
    assert_eq!((sink.taken().len(), count("sent"), count("conflict")), (1, 1, 2));
    // A git checkout, or a restored backup, brings `approved` back.
    copies.iter().for_each(|name| case.draft(name, &with_id));
    case.postnote(&["sync"]);
    copies.iter().skip(1).for_each(|name| std::fs::remove_file(case.draft_path(name)).unwrap());
    case.draft("a.md", &with_id);
    case.postnote(&["sync"]);
    assert_eq!((sink.taken().len(), case.says("a.md", "status").as_str()), (1, "sent"));
    // The same for a message written by hand, which has no id.
    let written = letter(TO, "Hello again");
    ["b.md", "b 1.md"].iter().for_each(|name| case.draft(name, &written));
    case.postnote(&["sync"]);
    case.draft("b 2.md", &written);
    case.postnote(&["sync"]);
    case.draft("b.md", &written);
    case.postnote(&["sync"]);
    assert_eq!(sink.taken().len(), 2);
    assert_eq!(case.says("b 2.md", "status"), "conflict");
}

#[test]
fn a_draft_that_an_earlier_sync_knows_is_sent_once_it_is_approved_however_it_was_saved() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let approved = letter(TO, "Hello");
    let pending = approved.replace("status: approved", "status: pending").replace("Hello", "Hello!");
    assert_eq!(approved.len(), pending.len());
    ["a.md", "b.md", "c.md"].iter().for_each(|name| case.draft(name, &pending.replace("Harbour", name)));
    // Until a change could not hide in the same tick of the file system's clock.
    std::thread::sleep(std::time::Duration::from_secs(5));
    case.postnote(&["sync"]).ended(0);
    case.postnote(&["sync"]).ended(0);
    assert_eq!((sink.taken().len(), case.count("SELECT count(*) FROM judged")), (0, 3));
    // The same size, and the time set back, as a sync tool does it.
    let approve = |name: &str| {
        let path = case.draft_path(name);
        let modified = std::fs::metadata(&path).unwrap().modified().unwrap();
        std::fs::write(&path, approved.replace("Harbour", name)).unwrap();
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(modified).unwrap();
    };
    approve("a.md");
    case.postnote(&["sync"]).ended(0);
    assert_eq!((sink.taken().len(), case.says("a.md", "status").as_str()), (1, "sent"));
    // Without the database every file is read: also those that it knew.
    for suffix in ["", "-wal", "-shm"] {
        std::fs::remove_file(case.state().join(format!("state.db{suffix}"))).ok();
    }
    approve("b.md");
    case.postnote(&["sync"]).ended(0);
    assert_eq!((sink.taken().len(), case.says("b.md", "status").as_str()), (2, "sent"));
    assert_eq!(case.count("SELECT count(*) FROM judged WHERE path = 'Outbox/c.md'"), 1);
}
