//! Invitations: what asks for an answer gets a draft of one, and approving it answers in the organizer's calendar.

use crate::support::*;
use postnote::mail::parse;
use std::path::{Path, PathBuf};

/// A mail of Ada's about the event `u-1`. Far ahead, so that it is never past.
fn event(ada: &User, sam: &User, id: &str, method: &str, lines: &str) -> String {
    format!(
        "From: Ada Park <{ada}>\nTo: {sam}\nSubject: Invitation: Harbour plan\nMessage-ID: <{id}@example.com>\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0000\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n\
         Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nYou are invited.\n--b\n\
         Content-Type: text/calendar; method={method}; charset=utf-8\n\n\
         BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:u-1\nDTSTAMP:20260105T100000Z\nSUMMARY:Harbour\\, plan\n\
         DTSTART;TZID=Europe/Lisbon:20960114T140000\nDTEND;TZID=Europe/Lisbon:20960114T150000\n\
         ORGANIZER;CN=Ada Park:mailto:{ada}\nATTENDEE;PARTSTAT=NEEDS-ACTION;RSVP=TRUE:mailto:{sam}\n\
         {lines}\nEND:VEVENT\nEND:VCALENDAR\n--b--\n",
        ada = ada.email,
        sam = sam.email
    )
}

/// A world in which Ada has invited, and the draft is there.
fn invited(world: &World) -> (User, PathBuf) {
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&event(&ada, &world.sam, "first", "REQUEST", "SEQUENCE:2"));
    world.sync();
    (ada, world.draft("Harbour, plan"))
}

fn edit(path: &Path, changes: &[(&str, &str)]) {
    let mut text = std::fs::read_to_string(path).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{from:?} in {text}");
        text = text.replacen(from, to, 1);
    }
    put(path, &text);
}

#[test]
fn an_invitation_is_answered_on_greenmail() {
    answered(&World::on_greenmail());
}

#[test]
fn an_invitation_is_answered_on_dovecot() {
    answered(&World::on_dovecot());
}

fn answered(world: &World) {
    let (ada, draft) = invited(world);
    let text = std::fs::read_to_string(&draft).unwrap();
    assert!(text.contains("\ntype: draft-rsvp\nstatus: pending\nrsvp:\n"), "{text}");
    assert!(text.contains("| **What** | Harbour, plan |"), "{text}");
    assert_eq!(front(&draft).list("to"), Some(vec![format!("Ada Park <{}>", ada.email)]));
    let source = world.case.notes("Sources").remove(0);
    assert_eq!(front(&source).text("triage").as_deref(), Some("needs-reply"));
    // Without an answer nothing can go, and its owner is told what to write.
    edit(&draft, &[("\nstatus: pending\n", "\nstatus: approved\n")]);
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!(world.status(&draft), "failed");
    let error = front(&draft).text("error").unwrap();
    assert!(error.starts_with("`rsvp` is empty; write accept, tentative or decline"), "{error}");
    edit(&draft, &[("\nrsvp:\n", "\nrsvp: perhaps\n"), ("status: failed", "status: approved")]);
    world.case.postnote(&["sync"]).ended(1);
    assert!(front(&draft).text("error").unwrap().starts_with("`rsvp`: \"perhaps\" is no answer"));
    // What the answer needs outlives the state.
    world.forget();
    edit(
        &draft,
        &[
            ("\nrsvp: perhaps\n", "\nrsvp: Accepted  # gladly\n"),
            ("status: failed", "status: approved"),
            ("## Draft Response\n", "## Draft Response\n\nI bring the *charts*; all of them.\n"),
        ],
    );
    let shown = world.case.postnote(&["preview", draft.to_str().unwrap()]).ended(0).stdout;
    for part in [
        "Subject: Accepted: Harbour, plan",
        "Sam Reed accepts the invitation to “Harbour, plan”, Saturday, 2096-01-14 14:00 to 15:00 (Europe/Lisbon).",
        "(for calendars: ",
        ": accepted; “Harbour, plan”",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    assert!(!shown.contains("attached"), "{shown}");
    world.sync();
    assert_eq!(world.status(&draft), "sent", "{:?}", front(&draft).text("error"));
    let inbox = world.inbox_of(&ada);
    assert_eq!(inbox.len(), 1);
    the_answer(world, &ada, &inbox[0]);
    assert_eq!(world.flags()["<first@example.com>"], ["\\Answered"]);
    // Nothing happens twice, whatever is lost.
    world.forget();
    world.sync();
    world.sync();
    assert_eq!((world.inbox_of(&ada).len(), world.drafts().len()), (1, 1));
    let why = world.case.postnote(&["draft", source.to_str().unwrap()]).ended(1).stderr;
    assert!(why.contains("To change your answer, put a file of `type: draft-rsvp`"), "{why}");
    // Another mind: a file by hand, which need not say whom.
    let inside = source.strip_prefix(world.case.vault()).unwrap().to_str().unwrap();
    let other = world.case.vault().join("Outbox/other.md");
    put(&other, &format!("---\ntype: draft-rsvp\nstatus: approved\nrsvp: decline\nsource_file: {inside}\n---\n"));
    world.sync();
    assert_eq!(world.status(&other), "sent", "{:?}", front(&other).text("error"));
    let last = world.inbox_of(&ada).pop().unwrap();
    assert_eq!(last.header("Subject").as_deref(), Some("Declined: Harbour, plan"));
    assert_eq!(last.header("In-Reply-To").as_deref(), Some("<first@example.com>"));
    let answer = parse::parse(&last.0).0.invite.expect("an answer");
    assert_eq!((answer.uid.as_str(), answer.attendees[0].answer.as_str()), ("u-1", "declined"));
    assert!(!last.parts()[0].1.contains("charts"));
}

fn the_answer(world: &World, ada: &User, mail: &Received) {
    assert_eq!(mail.header("Subject").as_deref(), Some("Accepted: Harbour, plan"));
    assert_eq!(mail.header("To").as_deref(), Some(format!("\"Ada Park\" <{}>", ada.email).as_str()));
    assert_eq!(mail.header("In-Reply-To").as_deref(), Some("<first@example.com>"));
    assert!(mail.header("Content-Type").unwrap().starts_with("multipart/alternative;"));
    let parts = mail.parts();
    let [(_, plain), (_, page), (kind, calendar)] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!(kind, "text/calendar; charset=utf-8; method=REPLY");
    let flowed = plain.replace(" \r\n", " ");
    assert!(flowed.contains("Sam Reed accepts the invitation") && flowed.contains("I bring the *charts*"), "{plain}");
    assert!(page.contains("I bring the <em>charts</em>"), "{page}");
    for line in [
        "METHOD:REPLY",
        "UID:u-1",
        "SEQUENCE:2",
        "SUMMARY:Harbour\\, plan",
        "DTSTART:20960114T140000Z",
        "DTEND:20960114T150000Z",
        &format!("ORGANIZER;CN=\"Ada Park\":mailto:{}", ada.email),
        &format!("ATTENDEE;CN=\"Sam Reed\";PARTSTAT=ACCEPTED:mailto:{}", world.sam.email),
        "COMMENT:I bring the *charts*\\; all of them.",
    ] {
        let unfolded = calendar.replace("\r\n ", "");
        assert_eq!(unfolded.lines().filter(|l| *l == line).count(), 1, "{line}:\n{unfolded}");
    }
    let parsed = parse::parse(&mail.0).0.invite.expect("an answer");
    assert_eq!(
        (parsed.method.as_str(), parsed.attendees.len(), parsed.attendees[0].answer.as_str()),
        ("REPLY", 1, "accepted")
    );
    assert!(parsed.stamp.is_some());
}

#[test]
fn what_was_called_off_is_not_answered() {
    let world = World::on_greenmail();
    let (ada, draft) = invited(&world);
    world.receive(&event(&ada, &world.sam, "off", "CANCEL", "SEQUENCE:3").replace("10:00:00 +0000", "11:00:00 +0000"));
    // Approved in the very moment in which it is called off, or after: it is refused.
    world.sync();
    assert_eq!(world.status(&draft), "superseded");
    edit(&draft, &[("\nrsvp:\n", "\nrsvp: accept\n"), ("status: superseded", "status: approved")]);
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!(world.status(&draft), "failed");
    assert!(front(&draft).text("error").unwrap().starts_with("the event was cancelled"));
    assert_eq!((world.inbox_of(&ada).len(), world.drafts().len()), (0, 1));
}

#[test]
fn what_is_called_off_while_it_waits_to_be_sent_stays() {
    let world = World::on_greenmail();
    let (ada, draft) = invited(&world);
    let later = "\nrsvp: accept\nsend_at: 2096-01-01T09:00\n";
    edit(&draft, &[("\nrsvp:\n", later), ("\nstatus: pending\n", "\nstatus: approved\n")]);
    world.sync();
    assert_eq!(world.status(&draft), "queued");
    world.receive(&event(&ada, &world.sam, "off", "CANCEL", "SEQUENCE:3").replace("10:00:00 +0000", "11:00:00 +0000"));
    let said = world.case.postnote(&["sync"]);
    let said = said.stderr + &world.case.postnote(&["sync"]).stderr;
    assert!(said.contains("the event was cancelled; there is nothing to answer any more; it was not sent"), "{said}");
    assert_eq!((world.status(&draft).as_str(), world.inbox_of(&ada).len()), ("superseded", 0));
}

#[test]
fn a_newer_invitation_takes_the_older_ones_place() {
    let world = World::on_greenmail();
    let (ada, draft) = invited(&world);
    world.receive(
        &event(&ada, &world.sam, "other", "REQUEST", "SEQUENCE:3\nLOCATION:Quay 4")
            .replace("10:00:00 +0000", "11:00:00 +0000")
            .replace(
                "UID:u-1\nDTSTAMP:20260105T100000Z\nSUMMARY:Harbour\\, plan",
                "UID:u-1\nDTSTAMP:20260105T110000Z\nSUMMARY:Moved plan",
            ),
    );
    world.sync();
    assert_eq!(world.status(&draft), "superseded");
    let newer = world.draft("Moved plan");
    assert_eq!(world.status(&newer), "pending");
    edit(&newer, &[("\nrsvp:\n", "\nrsvp: no\n"), ("\nstatus: pending\n", "\nstatus: approved\n")]);
    world.sync();
    assert_eq!(world.status(&newer), "sent");
    let inbox = world.inbox_of(&ada);
    assert_eq!(inbox.len(), 1);
    let answer = parse::parse(&inbox[0].0).0.invite.expect("an answer");
    assert_eq!((answer.sequence, answer.attendees[0].answer.as_str()), (3, "declined"));
}

#[test]
fn a_file_that_changed_after_the_approval_stops_the_answer() {
    let world = World::on_greenmail();
    let (ada, draft) = invited(&world);
    let later = "\nrsvp: accept\nsend_at: 2096-01-01T09:00\n";
    edit(&draft, &[("\nrsvp:\n", later), ("\nstatus: pending\n", "\nstatus: approved\n")]);
    world.sync();
    assert_eq!(world.status(&draft), "queued");
    let file = world.case.vault().join(front(&draft).text("invite").unwrap());
    let other = std::fs::read_to_string(&file).unwrap().replace("UID:u-1", "UID:u-2");
    std::fs::write(&file, other).unwrap();
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!(world.status(&draft), "pending");
    assert!(front(&draft).text("error").unwrap().contains("edited after it was approved"));
    std::fs::remove_file(&file).unwrap();
    edit(&draft, &[("status: pending", "status: approved")]);
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!(world.status(&draft), "failed");
    assert!(front(&draft).text("error").unwrap().starts_with("`invite`: "));
    assert_eq!(world.inbox_of(&ada).len(), 0);
}

#[test]
fn who_is_not_asked_gets_no_draft() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    let mail = |id: &str, method: &str| event(&ada, &world.sam, id, method, "SEQUENCE:0").replace("u-1", id);
    world.receive(&mail("published", "PUBLISH"));
    world.receive(&mail("own", "REQUEST").replace(
        &format!("ORGANIZER;CN=Ada Park:mailto:{}", ada.email),
        &format!("ORGANIZER:mailto:{}", world.sam.email),
    ));
    world.receive(&mail("said", "REQUEST").replace("NEEDS-ACTION", "DECLINED"));
    world.receive(&mail("past", "REQUEST").replace("2096", "1996"));
    world.receive(&mail("off", "CANCEL"));
    world.sync();
    assert_eq!(world.case.notes("Sources").len(), 5);
    assert_eq!(world.drafts(), []);
}
