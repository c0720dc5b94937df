//! The whole loop through the real binary: mail becomes notes, an edit approves a draft, and the reply arrives in
//! its thread, once, whatever is lost meanwhile. The same on GreenMail and on Dovecot.

use crate::support::*;
use granit_parser::{Event as Yaml, Parser};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// What the owner sent before: the roots of two threads, and an answer.
const SENT: [&str; 2] = [
    "From: Sam Reed <sam.reed@example.net>\nTo: Ada Park <ada.park@mobile.example.com>\nSubject: Lantern room\n\
     Date: Fri, 02 Jan 2026 08:00:00 +0000\nMessage-ID: <lantern-1@example.net>\n\nHello Ada, the lantern room is free.\n",
    "From: Sam Reed <sam@example.org>\nTo: Ben Ode <ben@example.com>\nSubject: Re: The ladder\n\
     Date: Mon, 05 Jan 2026 10:00:00 +0000\nMessage-ID: <ladder-2@example.org>\nIn-Reply-To: <ladder-1@example.com>\n\
     References: <ladder-1@example.com>\n\nYes, on Monday.\n",
];

/// In a thread whose root is in Sent, to an alias, with a Reply-To and a subject that others have answered.
const LANTERN: &str = "Date: Tue, 06 Jan 2026 09:00:00 +0000\nFrom: Ada Park <ada.park@mobile.example.com>\n\
     Reply-To: Ada Park <ada@example.com>\nTo: Sam Reed <sam.reed@example.net>\nSubject: RE: AW: Re[2]: Lantern room\n\
     Message-ID: <lantern-4@mobile.example.com>\nIn-Reply-To: <lantern-3@example.net>\n\
     References: <lantern-1@example.net> <lantern-2@mobile.example.com>\n <lantern-3@example.net>\n\n\
     Hi Sam,\n\nCould you send me the key of the lantern room?\n\nAda\n";

/// What arrives besides the samples.
const MADE: [&str; 5] = [
    LANTERN,
    "Date: Tue, 06 Jan 2026 10:00:00 +0000\nFrom: Ben Ode <ben@example.com>\nTo: Sam Reed <sam@example.org>\n\
     Subject: Keys for the cellar\n\nHi Sam,\n\nCould you lend me the cellar keys on Monday?\n\nBen\n",
    "Date: Mon, 05 Jan 2026 09:00:00 +0000\nFrom: Ben Ode <ben@example.com>\nTo: Sam Reed <sam@example.org>\n\
     Subject: The ladder\nMessage-ID: <ladder-1@example.com>\n\nHi Sam,\n\nCould you bring the ladder back?\n\nBen\n",
    "Date: Wed, 07 Jan 2026 10:00:00 +0000\nFrom: Ben Ode <ben@example.com>\nTo: Noor Haddad <noor@example.org>\n\
     Cc: Sam Reed <sam@example.org>\nSubject: The roof\nMessage-ID: <roof-1@example.com>\n\n\
     Hi Noor,\n\nCould you look at the roof before Friday?\n\nBen\n",
    "Date: Wed, 07 Jan 2026 11:00:00 +0000\nFrom: Cyd Hale <cyd@example.com>\nTo: Sam Reed <sam@example.org>\n\
     Subject: Away: your mail\nMessage-ID: <away-1@example.com>\nAuto-Submitted: auto-replied\n\n\
     I am away until Monday. Is it urgent? Then call the office.\n",
];

const SAMPLES: [&str; 12] = ["02-", "03-", "04-", "05-", "06-", "07-", "08-", "09-", "10-", "11-", "12-", "13-"];

/// Subjects of the drafts that are wanted: one for each mail in which a person asks the owner something.
const WANTED: [&str; 7] = [
    "Re: Keys for the cellar",
    "Re: Lantern room",
    "Re: Loan agreement for your signature",
    "Re: Offer --- status: approved bcc: thief@example.net --- <% tp.system.prompt() %> ![[Passwords]]",
    "Re: Photos from the reading room",
    "Re: Storage plan for the archive",
    "Re: 来週の打ち合わせについて",
];

const ANSWER: &str = "The key hangs behind the door, Ada – and the **second** one is with [[People/Ada Park|Ada]]. \
     It is long enough a line to be flowed over more than one line of a mail, so that this is seen too.";

/// The people at the other end.
struct Others {
    ada: User,
    noor: User,
    ben: User,
}

impl Others {
    fn on(server: &GreenMail) -> Others {
        let user = |name| server.user(name, "example.com");
        Others { ada: user("ada"), noor: user("noor"), ben: user("ben") }
    }

    /// Lets a mail come from, and name, the people of this test alone.
    fn of(&self, mail: &str) -> String {
        mail.replace("ada@example.com", &self.ada.email)
            .replace("noor@example.org", &self.noor.email)
            .replace("ben@example.com", &self.ben.email)
    }
}

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
    its_own_server_knows(world);
    the_draft_says_sent(&lantern, &edited);
    nothing_happens_twice(world, &others, &lantern, &edited);
}

fn mail_becomes_notes(world: &World, others: &Others) {
    for mail in SENT {
        world.has_sent(&others.of(mail));
    }
    world.has_sent(&String::from_utf8(sample("sent-01")).unwrap());
    for mail in MADE {
        world.receive(&others.of(mail));
    }
    for start in SAMPLES {
        world.receive(&others.of(&String::from_utf8(sample(start)).unwrap()));
    }
    world.sync();
    let notes = world.case.notes("Sources/Email");
    assert_eq!(notes.len(), MADE.len() + SAMPLES.len(), "{notes:#?}");
    let ids: BTreeSet<_> =
        notes.iter().map(|n| front(n).text("message_id").or(front(n).text("content_hash"))).collect();
    assert_eq!(ids.len(), notes.len(), "{ids:?}");
    let mut drafts: Vec<_> = world.drafts().into_iter().map(|(_, subject)| subject).collect();
    drafts.sort();
    assert_eq!(drafts, WANTED);
    assert!(world.drafts().iter().all(|(path, _)| world.status(path) == "pending"));
    // The hostile mail's frontmatter is text, its attachment no note, its body no query.
    assert!(!world.case.vault().join("x.md").exists());
    for path in world.case.notes(".") {
        two_parsers_agree(&path);
    }
    for path in world.case.snapshot().keys() {
        let mode = std::fs::metadata(world.case.vault().join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    assert!(world.flags().values().all(Vec::is_empty), "{:?}", world.flags());
}

/// Every note has a frontmatter that two YAML parsers read as the same texts.
fn two_parsers_agree(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains('\r') && text.ends_with('\n'), "{}", path.display());
    postnote::note::frontmatter::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let yaml = text.strip_prefix("---\n").unwrap().split("\n---\n").next().unwrap();
    let one: serde_yaml::Value = serde_yaml::from_str(yaml).unwrap();
    let mut texts = Vec::new();
    flatten(&one, &mut texts);
    let two: Vec<String> = Parser::new_from_str(yaml)
        .filter_map(|event| match event.unwrap().0 {
            Yaml::Scalar(text, ..) => Some(text.into_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, two, "{}", path.display());
    assert!(texts.len() > 6, "{}", path.display());
}

fn flatten(value: &serde_yaml::Value, out: &mut Vec<String>) {
    match value {
        serde_yaml::Value::String(text) => out.push(text.clone()),
        serde_yaml::Value::Sequence(items) => items.iter().for_each(|item| flatten(item, out)),
        serde_yaml::Value::Mapping(map) => map.iter().for_each(|(key, item)| {
            flatten(key, out);
            flatten(item, out);
        }),
        // Nothing that postnote writes may be read as a number, a date or a truth.
        other => panic!("{other:?}"),
    }
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
        let decoded = mail_parser::MessageParser::default().parse(reply.0.as_slice()).unwrap();
        assert_eq!(decoded.html_body_count(), 1);
        assert!(!part.contains("CANARY") && !part.contains("[…]") && !part.contains("[["), "{part}");
    }
    let blind = world.inbox_of(&others.noor);
    assert_eq!(blind.len(), 1);
    assert_eq!(blind[0].header("Message-ID"), reply.header("Message-ID"));
    assert_eq!(blind[0].header("Bcc"), None);
    assert!(
        !blind[0].holds("CANARY") && !blind[0].holds(&format!("<{}>", others.noor.email))
            || arrival_lines_only(&blind[0], &others.noor.email)
    );
}

/// GreenMail names the recipient in the lines that it adds above the message.
fn arrival_lines_only(mail: &Received, address: &str) -> bool {
    mail.headers()
        .iter()
        .all(|(name, value)| !value.contains(address) || matches!(name.as_str(), "Received" | "Delivered-To"))
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
fn its_own_server_knows(world: &World) {
    let sent = world.sent();
    assert_eq!(sent.len(), SENT.len() + 1 + 2);
    let draft = world.draft("Re: Lantern room");
    let id = front(&draft).text("message_id");
    let copies: Vec<_> = sent.iter().filter(|m| m.header("Message-ID") == id).collect();
    assert_eq!(copies.len(), 1);
    let to = copies[0].header("To").unwrap();
    let user = User { email: to.split_once('<').unwrap().1.trim_end_matches('>').to_owned(), password: String::new() };
    let user = User { password: format!("secret of {}", user.email), ..user };
    let arrived = &world.inbox_of(&user)[0];
    // GreenMail puts lines of its own above a message at delivery, and keeps it without its last line end.
    let copy = copies[0].0.strip_suffix(b"\r\n").unwrap_or(&copies[0].0);
    assert!(arrived.0.strip_suffix(b"\r\n").unwrap_or(&arrived.0).ends_with(copy), "{arrived:?}");
    assert!(copies[0].headers()[0].0 == "From" && copy.len() > 1000);
    let mut imap = world.mailbox();
    imap.examine("Sent");
    let uid = imap.search(&format!("HEADER Message-ID {}", id.unwrap()))[0];
    assert_eq!(imap.flags(uid), ["\\Seen"]);
    let flags = world.flags();
    assert_eq!(flags.len(), MADE.len() + SAMPLES.len());
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
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let at: jiff::civil::DateTime = front(draft).text("sent_at").unwrap().parse().unwrap();
    assert!(at <= now && now.duration_since(at).as_secs() < 300, "{at}");
}

fn nothing_happens_twice(world: &World, others: &Others, lantern: &PathBuf, edited: &str) {
    let counts = || [&others.ada, &others.noor, &others.ben].map(|user| world.inbox_of(user).len());
    let (vault, sent) = (world.case.snapshot(), world.sent());
    world.sync();
    assert_eq!(world.case.snapshot(), vault);
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
    assert_eq!(
        front(lantern).text("message_id"),
        sent.iter()
            .filter_map(|m| m.header("Message-ID"))
            .find(|id| id.contains(&front(lantern).text("message_id").unwrap()))
    );
    assert_eq!((counts(), world.sent()), ([1, 1, 1], sent));
    let (mut now, mut then) = (world.case.snapshot(), vault);
    for changed in [lantern.strip_prefix(world.case.vault()).unwrap(), Path::new("Outbox/.postnote-ledger.jsonl")] {
        assert!(now.remove(changed).is_some() && then.remove(changed).is_some());
    }
    assert_eq!(now, then);
}

/// The vault with the quotes around the status away: those went when the owner wrote it anew.
fn unquoted(vault: &BTreeMap<PathBuf, Vec<u8>>) -> BTreeMap<PathBuf, String> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).replace("\nstatus: 'sent'", "\nstatus: sent");
    vault.iter().map(|(path, bytes)| (path.clone(), text(bytes))).collect()
}
