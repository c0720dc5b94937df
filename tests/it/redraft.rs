//! `postnote draft`: a reply, an answer to an invitation or a forward of a source note's mail; nothing that a person wrote is lost.

use crate::support::*;
use postnote::mail::parse;
use std::path::{Path, PathBuf};

const MAIL: &str = "From: Ada Park <ADA>\nTo: SAM, Ben Ode <ben@example.com>\nSubject: Re: Lantern room\nMessage-ID: <l2@example.com>\n\
    In-Reply-To: <l1@example.com>\nReferences: <l1@example.com>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nMIME-Version: 1.0\n\
    Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nHello Sam,\n\n\
    Where is the key — behind the door? The list says [TODO] [[x]].\n\n## Draft Response\n\nAda\n\n\
    On Sunday, Sam wrote:\n> It was there.\n--b\nContent-Type: application/pdf; name=\"list.pdf\"\n\
    Content-Disposition: attachment; filename=\"list.pdf\"\nContent-Transfer-Encoding: base64\n\nUERGIQ==\n--b--\n";

fn arrived(world: &World) -> (User, PathBuf) {
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&MAIL.replace("ADA", &ada.email).replace("SAM", &world.sam.email));
    world.sync();
    let source = world.case.notes("Sources").remove(0);
    (ada, source)
}

fn change(path: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(text.contains(from), "{from:?} in {text}");
    put(path, &text.replacen(from, to, 1));
}

/// `postnote draft` with these; the path that it prints.
fn drafted(world: &World, note: &Path, more: &[&str]) -> PathBuf {
    let out = world.case.postnote(&[&["draft", note.to_str().unwrap()], more].concat()).ended(0).stdout;
    world.case.vault().join(out.trim().strip_prefix("to approve: ").unwrap_or_else(|| panic!("{out}")))
}

fn refused(world: &World, note: &Path, more: &[&str], status: i32) -> String {
    let before = world.case.snapshot();
    let out = world.case.postnote(&[&["draft", note.to_str().unwrap()], more].concat()).ended(status);
    same(&world.case.snapshot(), &before);
    out.stderr
}

#[test]
fn a_forward_on_greenmail() {
    forward(&World::on_greenmail());
}

#[test]
fn a_forward_on_dovecot() {
    forward(&World::on_dovecot());
}

fn forward(world: &World) {
    let (_, source) = arrived(world);
    let noor = world.greenmail.user("noor", "example.net");
    let draft = drafted(world, &source, &["--forward"]);
    let text = std::fs::read_to_string(&draft).unwrap();
    for part in
        ["\ntype: draft-forward\nstatus: pending\n", "\nto: []\n", "\nsubject: \"Fwd: Lantern room\"\n", "_list.pdf"]
    {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    // As it is it goes to nobody.
    change(&draft, "\nstatus: pending\n", "\nstatus: approved\n");
    world.case.postnote(&["sync"]).ended(1);
    assert!(front(&draft).text("error").unwrap().starts_with("it has no recipient"));
    change(&draft, "\nto: []\n", &format!("\nto: [\"Noor <{}>\"]\n", noor.email));
    change(&draft, "## Draft Response\n", "## Draft Response\n\nNoor, do you *know*?\n");
    change(&draft, "status: failed", "status: approved");
    let shown = world.case.postnote(&["preview", draft.to_str().unwrap()]).ended(0).stdout;
    for part in ["Subject: Fwd: Lantern room", "---------- Forwarded message", "list.pdf, 4 bytes"] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
    assert!(!shown.contains("who does not get it"), "{shown}");
    world.sync();
    assert_eq!(world.status(&draft), "sent", "{:?}", front(&draft).text("error"));
    let inbox = world.inbox_of(&noor);
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].header("In-Reply-To"), None);
    assert_eq!(inbox[0].header("References").as_deref(), Some("<l1@example.com> <l2@example.com>"));
    let parts = inbox[0].parts();
    let [(_, plain), (_, page), (kind, pdf)] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!((kind.starts_with("application/pdf"), pdf.as_str()), (true, "PDF!"));
    let flowed = plain.replace(" \r\n", " ").replace("\r\n", "\n");
    for part in [
        "Noor, do you *know*?\n",
        "\n---------- Forwarded message ----------\nFrom: Ada Park <ada",
        "\nDate: Monday, 2026-01-05 10:00\nSubject: Re: Lantern room\nTo: ",
        "Where is the key — behind the door? The list says [TODO] [[x]].\n",
        "\n## Draft Response\n",
        "It was there.",
    ] {
        assert!(flowed.contains(part), "{part}:\n{flowed}");
    }
    assert!(page.contains("do you <em>know</em>?") && !page.contains("<h2") && page.contains("[TODO] [[x]]"), "{page}");
    // Passed on is not answered: its own draft of a reply waits on.
    let flags = &world.flags()["<l2@example.com>"];
    if world.dovecot.is_some() {
        assert_eq!(flags, &["$Forwarded"]);
    }
    assert!(!flags.contains(&"\\Answered".to_owned()), "{flags:?}");
    world.forget();
    world.sync();
    world.sync();
    assert_eq!(world.status(&world.draft("Re: Lantern room")), "pending");
    assert_eq!((world.inbox_of(&noor).len(), world.status(&draft).as_str()), (1, "sent"));
    // To somebody else, it is another forward.
    let again = drafted(world, &source, &["--forward"]);
    assert!(again != draft && front(&again).text("draft_id") != front(&draft).text("draft_id"));
}

#[test]
fn the_mail_as_it_came_goes_along_where_it_is_kept() {
    let world = World::on_greenmail();
    let (_, source) = arrived(&world);
    let why = refused(&world, &source, &["--forward", "--attached"], 1);
    assert!(why.contains("notes.keep_original was off"), "{why}");
    let world = World::on_greenmail().configured("[notes]\nkeep_original = true", |toml| toml);
    let (_, source) = arrived(&world);
    let noor = world.greenmail.user("noor", "example.net");
    let draft = drafted(&world, &source, &["--forward", "--attached"]);
    change(&draft, "\nto: []\n", &format!("\nto: {}\n", noor.email));
    change(&draft, "\nstatus: pending\n", "\nstatus: approved\n");
    let shown = world.case.postnote(&["preview", draft.to_str().unwrap()]).ended(0).stdout;
    assert!(shown.contains(" bytes: the mail “Re: Lantern room” from Ada Park <"), "{shown}");
    assert!(!shown.contains("do not go along"), "{shown}");
    world.sync();
    assert_eq!(world.status(&draft), "sent", "{:?}", front(&draft).text("error"));
    let inbox = world.inbox_of(&noor);
    let attachments = parse::parse(&inbox[0].0).0.attachments;
    assert_eq!(attachments.len(), 1);
    // Its dash is no ASCII, and so it is no message within a message (RFC 2046), but a file.
    let (inner, _) = parse::parse(&attachments[0].bytes);
    assert_eq!((inner.message_id.as_deref(), inner.attachments.len()), (Some("l2@example.com"), 1));
    assert!(attachments[0].name.as_deref().unwrap().ends_with(".eml"));
    assert_eq!(attachments[0].media_type, "application/octet-stream");
    // One that is plain ASCII is a message.
    world.receive(&format!("From: ada@example.com\nTo: {}\nSubject: Plain\nMessage-ID: <p@example.com>\nDate: Mon, 5 Jan 2026 11:00:00 +0000\n\n{}\n", world.sam.email, "Hello = there. ".repeat(20)));
    world.sync();
    let plain =
        world.case.notes("Sources").into_iter().find(|p| front(p).text("subject").as_deref() == Some("Plain")).unwrap();
    let draft = drafted(&world, &plain, &["--forward", "--attached"]);
    change(&draft, "\nto: []\n", &format!("\nto: {}\n", noor.email));
    change(&draft, "\nstatus: pending\n", "\nstatus: approved\n");
    world.sync();
    let last = world.inbox_of(&noor).pop().unwrap();
    let parts = last.parts();
    assert!(
        parts.iter().any(|(kind, _)| kind.starts_with("message/rfc822")) && last.holds("\r\nFrom: ada@example.com\r\n"),
        "{parts:?}"
    );
    // Byte for byte, in no encoding.
    let files = world.case.snapshot();
    let kept = files
        .iter()
        .find(|(path, bytes)| {
            path.to_str().unwrap().ends_with(".eml") && bytes.windows(13).any(|w| w == b"Hello = there")
        })
        .unwrap()
        .1;
    let kept = String::from_utf8(kept.clone()).unwrap();
    assert!(kept.contains("Hello = there. Hello = there.") && last.holds(kept.trim_end()), "{kept}");
}

#[test]
fn a_forward_written_by_hand() {
    let world = World::on_greenmail();
    let (_, source) = arrived(&world);
    let noor = world.greenmail.user("noor", "example.net");
    let inside = source.strip_prefix(world.case.vault()).unwrap().to_str().unwrap().to_owned();
    let draft = world.case.vault().join("Outbox/by hand.md");
    let head = format!("type: draft-forward\nstatus: approved\nto: {}\nsource_file: {inside}\n", noor.email);
    for (more, why) in [
        ("forward: attached\n", "`forward: attached` needs the mail as it came"),
        ("forward: somehow\n", "`forward`: \"somehow\" is neither text"),
        ("forward: text\n", "its text is empty"),
    ] {
        put(&draft, &format!("---\n{head}{more}---\n"));
        world.case.postnote(&["sync"]).ended(1);
        let error = front(&draft).text("error").unwrap();
        assert!(error.starts_with(why), "{error}");
    }
    put(&draft, &format!("---\n{}---\n", head.replace(&inside, "Sources/none.md")));
    world.case.postnote(&["sync"]).ended(1);
    assert!(front(&draft).text("error").unwrap().starts_with("`source_file`: "));
    put(&draft, &format!("---\n{head}---\n\nFor you, Noor.\n"));
    let shown = world.case.postnote(&["preview", draft.to_str().unwrap()]).ended(0).stdout;
    assert!(shown.contains("came with 1 of its files that do not go along"), "{shown}");
    world.sync();
    assert_eq!(world.status(&draft), "sent", "{:?}", front(&draft).text("error"));
    let mail = world.inbox_of(&noor).pop().unwrap();
    assert_eq!(mail.header("Subject").as_deref(), Some("Fwd: Lantern room"));
    let text = mail.parts()[0].1.clone();
    assert!(
        text.starts_with("For you, Noor.\r\n")
            && text.contains("Forwarded message")
            && text.contains("Where is the key"),
        "{text}"
    );
    assert!(!text.contains("postnote:") && !text.contains("## Attachments"), "{text}");
}

#[test]
fn a_draft_that_a_person_edited_stays() {
    let world = World::on_greenmail();
    let (ada, source) = arrived(&world);
    let draft = world.draft("Re: Lantern room");
    let first = std::fs::read_to_string(&draft).unwrap();
    assert!(!first.contains("ben@example.com"), "{first}");
    // Untouched, it is written anew, in the same place.
    assert_eq!(drafted(&world, &source, &["--reply-all"]), draft);
    assert_eq!(front(&draft).list("cc"), Some(vec!["Ben Ode <ben@example.com>".to_owned()]));
    assert_eq!(drafted(&world, &source, &[]), draft);
    let id = front(&draft).text("draft_id");
    change(&draft, "\n[…]\n", "\nMy own words.\n");
    for wish in [&[][..], &["--all"]] {
        let why = refused(&world, &source, wish, 1);
        assert!(why.contains("set `status: rejected` there or delete it"), "{why}");
    }
    // Rejected, it stays, and there is another one.
    change(&draft, "\nstatus: pending\n", "\nstatus: rejected\n");
    let second = drafted(&world, &source, &[]);
    assert!(second != draft && front(&second).text("draft_id") != id);
    assert!(std::fs::read_to_string(&draft).unwrap().contains("My own words."));
    // Deleted, it comes back as it was, also when the state is lost.
    std::fs::remove_file(&second).unwrap();
    world.forget();
    world.sync();
    let second = drafted(&world, &source, &["--all"]);
    assert_eq!(world.status(&second), "pending");
    // Approved, it is not touched; sent, there is none any more.
    change(&second, "\nstatus: pending\n", "\nstatus: approved\nsend_at: 2096-01-01T09:00\n");
    put(&second, &std::fs::read_to_string(&second).unwrap().replace("\n[…]\n", "\nBehind the door.\n"));
    world.sync();
    let why = refused(&world, &source, &[], 1);
    assert!(why.contains("is approved or on its way"), "{why}");
    change(&second, "\nsend_at: 2096-01-01T09:00\n", "\n");
    change(&second, "\nstatus: queued\n", "\nstatus: approved\n");
    world.sync();
    assert_eq!(world.status(&second), "sent");
    assert_eq!(world.inbox_of(&ada).len(), 1);
    for lost in [false, true] {
        if lost {
            world.forget();
        }
        let why = refused(&world, &source, &[], 1);
        assert!(why.contains("sent already") || why.contains("answered this mail already"), "{why}");
    }
}

#[test]
fn what_cannot_be_drafted_is_said_in_words() {
    let world = World::on_greenmail();
    let (_, source) = arrived(&world);
    let why = refused(&world, &source, &["--instructions", "be brief"], 2);
    assert!(why.contains("none is configured"), "{why}");
    let draft = world.draft("Re: Lantern room");
    assert!(refused(&world, &draft, &[], 1).contains("is no note of a mail"));
    assert!(refused(&world, Path::new("nowhere.md"), &[], 1).contains("nowhere.md is not there"));
    refused(&world, &source, &["--attached"], 2);
    refused(&world, &source, &["--forward", "--all"], 2);
}

#[test]
fn an_invitation_is_drafted_again() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&format!(
        "From: Ada Park <{ada}>\nTo: {sam}\nSubject: Invitation: Plan\nMessage-ID: <i1@example.com>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\
         Content-Type: text/calendar; method=REQUEST; charset=utf-8\n\nBEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u\nSUMMARY:Plan\n\
         DTSTART:20960114T140000Z\nORGANIZER:mailto:{ada}\nATTENDEE:mailto:{sam}\nEND:VEVENT\nEND:VCALENDAR\n",
        ada = ada.email,
        sam = world.sam.email
    ));
    world.sync();
    let source = world.case.notes("Sources").remove(0);
    let draft = world.draft("Plan");
    assert!(refused(&world, &source, &[], 1).contains("is the draft of your answer"));
    std::fs::remove_file(&draft).unwrap();
    world.forget();
    assert_eq!(drafted(&world, &source, &[]), draft);
    change(&draft, "\nrsvp:\n", "\nrsvp: maybe\n");
    change(&draft, "\nstatus: pending\n", "\nstatus: approved\n");
    world.sync();
    let (answer, _) = parse::parse(&world.inbox_of(&ada)[0].0);
    assert_eq!(answer.invite.expect("an answer").attendees[0].answer, "tentative");
}

/// A draft's id follows from the mail's time, and a rebuilt state takes that by the clock of wherever it is.
#[test]
fn travelling_makes_no_second_draft() {
    let mut world = World::on_greenmail();
    let (_, source) = arrived(&world);
    let draft = world.draft("Re: Lantern room");
    change(&draft, "\n[…]\n", "\nMy own words.\n");
    world.forget();
    world.case.env("TZ", "Asia/Tokyo");
    let why = refused(&world, &source, &[], 1);
    assert!(why.contains("set `status: rejected` there or delete it"), "{why}");
    assert_eq!(world.drafts().len(), 1);
}
