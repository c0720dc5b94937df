//! The whole loop through the real binary: mail becomes notes, an edit approves a draft, and the reply arrives in
//! its thread, once, whatever is lost meanwhile. The same on GreenMail and on Dovecot.

mod notes;

use crate::support::*;
use notes::{ARRIVING, Others, SENT_BEFORE, mail_becomes_notes};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

const ANSWER: &str = "The key hangs behind the door, Ada – and the **second** one is with [[People/Ada Park|Ada]]. \
     It is long enough a line to be flowed over more than one line of a mail, so that this is seen too.";

#[test]
fn loop_on_greenmail() {
    whole_loop(&World::on_greenmail());
}

#[test]
fn loop_on_dovecot() {
    whole_loop(&World::on_dovecot());
}

fn whole_loop(world: &World) {
    let others = Others::on(world.greenmail);
    mail_becomes_notes(world, &others);
    let lantern = world.draft("Re: Lantern room");
    let keys = world.draft("Re: Keys for the cellar");
    let before = std::fs::read_to_string(&lantern).unwrap();
    let edited = edited(&before, &others);
    put(&lantern, &edited);
    world.approve(&keys, "Yes, take them.");
    world.sync();
    the_reply_arrives(world, &others, &lantern);
    the_reply_without_a_thread(world, &others);
    its_own_server_knows(world, &others);
    the_draft_says_sent(&lantern, &edited);
    nothing_happens_twice(world, &others, &lantern, &edited);
}

/// The draft as a person leaves it: approved, with words of their own in every place that must never be sent.
fn edited(draft: &str, others: &Others) -> String {
    let mut text = draft.to_owned();
    let mut edit = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from:?} in {text}");
        text = text.replacen(from, to, 1);
    };
    edit("\nstatus: pending\n", "\nmy_key:   'CANARY-key: kept'   # CANARY-comment\nstatus: 'approved'  # CANARY-go\n");
    edit("\nbcc: []\n", &format!("\nbcc: [ \"{}\" ]\n# CANARY-line\n", others.noor.email));
    edit("\n---\n\n## Key Points to Address\n", "\nCANARY-top\n\n---\n\n## Key Points to Address\n\nCANARY-points\n");
    edit("\n[…]\n", &format!("\n{ANSWER}\n\n<!-- CANARY-html\n## Draft Response\n-->\n%% CANARY-obsidian %%\n"));
    edit(
        "\n## Original Summary\n",
        "\n## Original Summary\n\nCANARY-summary\n\n## Vault Context Used\n\nCANARY-context\n",
    );
    text.push_str("\nCANARY-end\n");
    text
}

fn the_reply_arrives(world: &World, others: &Others, draft: &Path) {
    let inbox = world.inbox_of(&others.ada);
    assert_eq!(inbox.len(), 1);
    let reply = &inbox[0];
    for (name, value) in [
        ("From", "\"Sam Reed\" <sam.reed@example.net>".to_owned()),
        ("To", format!("\"Ada Park\" <{}>", others.ada.email)),
        ("Subject", "Re: Lantern room".to_owned()),
        ("In-Reply-To", "<lantern-4@mobile.example.com>".to_owned()),
        (
            "References",
            "<lantern-1@example.net> <lantern-2@mobile.example.com> <lantern-3@example.net> <lantern-4@mobile.example.com>"
                .to_owned(),
        ),
        ("Message-ID", front(draft).text("message_id").unwrap()),
        ("MIME-Version", "1.0".to_owned()),
    ] {
        assert_eq!(reply.header(name).as_deref(), Some(value.as_str()), "{name}");
    }
    for name in ["Cc", "Bcc", "Auto-Submitted"] {
        assert_eq!(reply.header(name), None);
    }
    assert!(reply.header("Date").is_some());
    assert!(!reply.holds("CANARY") && !reply.holds(&others.noor.email));
    assert!(reply.header("Content-Type").unwrap().starts_with("multipart/alternative;"));
    let parts = reply.parts();
    let [(plain, text), (html, page)] = &parts[..] else { panic!("{parts:?}") };
    assert_eq!(plain, "text/plain; charset=utf-8; format=flowed");
    assert_eq!(html, "text/html; charset=utf-8");
    let flowed = text.replace(" \r\n", " ");
    assert!(
        flowed.contains("The key hangs behind the door, Ada – and the **second** one is with Ada. It is"),
        "{flowed}"
    );
    assert!(text.contains(" \r\n") && text.lines().all(|line| line.chars().count() <= 78), "{text}");
    assert!(text.starts_with("Hi Ada,\r\n") && text.contains("Sam Reed"), "{text}");
    assert!(
        page.contains("<p>The key hangs behind the door, Ada – and the <strong>second</strong> one is with Ada."),
        "{page}"
    );
    for part in [text, page] {
        assert!(!part.contains("CANARY") && !part.contains("[…]") && !part.contains("[["), "{part}");
    }
    let blind = world.inbox_of(&others.noor);
    assert_eq!(blind.len(), 1);
    assert_eq!((blind[0].header("Message-ID"), blind[0].header("Bcc")), (reply.header("Message-ID"), None));
    assert!(!blind[0].holds("CANARY"));
}

/// The mail had no Message-ID: the reply names none, and invents no thread.
fn the_reply_without_a_thread(world: &World, others: &Others) {
    let inbox = world.inbox_of(&others.ben);
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].header("Subject").as_deref(), Some("Re: Keys for the cellar"));
    assert_eq!((inbox[0].header("In-Reply-To"), inbox[0].header("References")), (None, None));
    assert_eq!(inbox[0].header("From").as_deref(), Some("\"Sam Reed\" <sam@example.org>"));
}

/// Sent holds one copy with the bytes that went out; the mail that was answered is marked, and nothing is read.
fn its_own_server_knows(world: &World, others: &Others) {
    let sent = world.sent();
    assert_eq!(sent.len(), SENT_BEFORE + 2);
    let id = front(&world.draft("Re: Lantern room")).text("message_id");
    let copies: Vec<_> = sent.iter().filter(|m| m.header("Message-ID") == id).collect();
    assert_eq!(copies.len(), 1);
    assert!(copies[0].headers()[0].0 == "From" && copies[0].0.len() > 1000);
    assert!(!copies[0].holds("Bcc") && !copies[0].holds(&others.noor.email));
    for user in [&others.ada, &others.noor] {
        // GreenMail puts lines of its own above a message at delivery, and keeps it without its last line end.
        let without_end = |mail: &Received| mail.0.strip_suffix(b"\r\n").unwrap_or(&mail.0).to_vec();
        assert!(without_end(&world.inbox_of(user)[0]).ends_with(&without_end(copies[0])), "{}", user.email);
    }
    let mut imap = world.mailbox();
    imap.examine("Sent");
    let uid = imap.search(&format!("HEADER Message-ID {}", id.unwrap()))[0];
    assert_eq!(imap.flags(uid), ["\\Seen"]);
    let flags = world.flags();
    assert_eq!(flags.len(), ARRIVING);
    let marked: BTreeMap<_, _> = flags.into_iter().filter(|(_, flags)| !flags.is_empty()).collect();
    let answered = vec!["\\Answered".to_owned()];
    let wanted = [("<lantern-4@mobile.example.com>", &answered), ("Keys for the cellar", &answered)];
    assert_eq!(marked.iter().map(|(k, v)| (k.as_str(), v)).collect::<BTreeMap<_, _>>(), BTreeMap::from(wanted));
}

/// Only the status changed and three keys came; the owner's own lines are as they were, byte for byte.
fn the_draft_says_sent(draft: &Path, edited: &str) {
    let text = std::fs::read_to_string(draft).unwrap();
    let new = |line: &&str| ["sent_at: ", "message_id: ", "server_response: "].iter().any(|key| line.starts_with(key));
    assert_eq!(text.split_inclusive('\n').filter(new).count(), 3, "{text}");
    let kept: String = text.split_inclusive('\n').filter(|line| !new(line)).collect();
    let status = text.lines().find(|line| line.starts_with("status:")).unwrap();
    assert!(status.ends_with("  # CANARY-go") && front(draft).text("status").as_deref() == Some("sent"), "{status}");
    assert_eq!(kept.replace(status, "status: 'approved'  # CANARY-go"), edited);
    assert!(front(draft).text("server_response").unwrap().starts_with("250"));
    let now = postnote::pass::now().with_time_zone(jiff::tz::TimeZone::UTC).datetime();
    let at: jiff::civil::DateTime = front(draft).text("sent_at").unwrap().parse().unwrap();
    assert!(at <= now && now.duration_since(at).as_secs() < 300, "{at}");
}

fn nothing_happens_twice(world: &World, others: &Others, lantern: &PathBuf, edited: &str) {
    let counts = || [&others.ada, &others.noor, &others.ben].map(|user| world.inbox_of(user).len());
    let (vault, sent) = (world.case.snapshot(), world.sent());
    world.sync();
    same(&world.case.snapshot(), &vault);
    // The state is lost, and somebody approves what was sent.
    world.forget();
    let text = std::fs::read_to_string(lantern).unwrap();
    let status = text.lines().find(|line| line.starts_with("status:")).unwrap();
    put(lantern, &text.replace(status, "status: approved  # CANARY-go"));
    world.sync();
    assert_eq!(world.status(lantern), "sent");
    assert_eq!(unquoted(&world.case.snapshot()), unquoted(&vault));
    assert_eq!((counts(), world.sent()), ([1, 1, 1], sent.clone()));
    // All that the vault knew is lost too: the file is as it was before it was sent. Sent remembers.
    world.forget();
    world.forget_ledger();
    put(lantern, edited);
    world.sync();
    assert_eq!(world.status(lantern), "sent");
    let id = front(lantern).text("message_id");
    assert!(id.is_some() && sent.iter().any(|mail| mail.header("Message-ID") == id), "{id:?}");
    assert_eq!((counts(), world.sent()), ([1, 1, 1], sent));
    let (mut now, mut then) = (world.case.snapshot(), vault);
    for changed in [lantern.strip_prefix(world.case.vault()).unwrap(), Path::new("Outbox/.postnote-ledger.jsonl")] {
        assert!(now.remove(changed).is_some() && then.remove(changed).is_some());
    }
    same(&now, &then);
}

/// The vault with the quotes around the status away: those went when the owner wrote it anew.
fn unquoted(vault: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<PathBuf, String> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).replace("\nstatus: 'sent'", "\nstatus: sent");
    vault.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect()
}
