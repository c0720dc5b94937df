//! Which mailboxes are read: names as people write them, patterns, and what servers make of names.

use crate::support::*;
use std::collections::BTreeSet;

fn mail(about: &str) -> Vec<u8> {
    let text = format!(
        "From: Ada Park <ada@example.com>\nTo: sam@example.org\nSubject: {about}\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\
         Message-ID: <{about}@example.com>\n\nHello Sam, this is about {about}.\n"
    );
    crlf(text.as_bytes())
}

/// Which mailboxes the notes are from.
fn mailboxes(world: &World) -> BTreeSet<String> {
    world.case.notes("Sources").iter().filter_map(|note| front(note).text("mailbox")).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

/// Makes mailboxes, by their names on the wire, with a mail in each.
fn fill(world: &World, names: &[&str]) {
    let mut imap = world.mailbox();
    for (number, name) in names.iter().enumerate() {
        if !imap.list().iter().any(|n| n == name) {
            imap.create(name);
        }
        imap.append(name, "", &mail(&format!("matter-{number}")));
    }
}

/// A world that reads these mailboxes, from the beginning.
fn reading(world: World, mailboxes: &str) -> World {
    let with = format!("mailboxes = {mailboxes}\n[accounts.smtp]");
    world.configured("[sync]\nsince = \"all\"", |toml| toml.replacen("[accounts.smtp]", &with, 1))
}

#[test]
fn patterns_read_what_they_say_on_dovecot_and_on_greenmail() {
    for world in [World::on_dovecot(), World::on_greenmail()] {
        let world = reading(world, r#"["INBOX", "Projects/*", "!Projects/Old*", "Areas/%"]"#);
        let (read, left) = (
            ["INBOX", "Projects/One", "Projects/One/Deep", "Areas/Home"],
            ["Projects/Old", "Projects/Older", "Areas/Home/Deep", "Other"],
        );
        fill(&world, &read);
        fill(&world, &left);
        world.sync();
        assert_eq!(mailboxes(&world), set(&read));
        // Nothing new, and nothing twice.
        assert_eq!(world.sync(), "work: nothing new\n");
        assert_eq!(world.case.notes("Sources").len(), read.len());
    }
}

#[test]
fn names_are_as_people_write_them() {
    let world = reading(
        World::on_dovecot(),
        r#"["Büro/日本", "R&D", "100%", "a*", "say \"hi\"", "back\\slash", "Old &AOk- stuff", "😀"]"#,
    );
    fill(
        &world,
        &[
            "B&APw-ro/&ZeVnLA-",
            "R&-D",
            "100%",
            "a*",
            "ab",
            "1000",
            "say \"hi\"",
            "back\\slash",
            "Old &-AOk- stuff",
            "&2D3eAA-",
        ],
    );
    world.sync();
    let read = ["Büro/日本", "R&D", "100%", "a*", "say \"hi\"", "back\\slash", "Old &AOk- stuff", "😀"];
    assert_eq!(mailboxes(&world), set(&read));
    let asked_again = world.case.postnote(&["sync"]).ended(0);
    assert!(asked_again.stderr.is_empty(), "{asked_again:?}");
}

#[test]
fn what_is_not_there_is_told_and_the_rest_is_read() {
    let world = reading(World::on_dovecot(), r#"["INBOX", "Projets/*", "Projects/Tow"]"#);
    fill(&world, &["INBOX", "Projects/Two"]);
    let output = world.case.postnote(&["sync"]).ended(1);
    assert_eq!(mailboxes(&world), set(&["INBOX"]));
    for words in [r#""Projets/*" finds no mailbox; did you mean "Projects/Two"?"#, r#"mailbox "Projects/Tow""#] {
        assert!(output.stderr.contains(words), "{words}: {output:?}");
    }
    assert_eq!(output.stderr.matches("did you mean").count(), 2, "{output:?}");
}

#[test]
fn everything_is_not_junk_trash_and_drafts() {
    let world = reading(World::on_dovecot(), r#"["*"]"#);
    fill(&world, &["INBOX", "Archive", "Junk", "Trash", "Drafts", "Trash/Old", "Friends"]);
    world.sync();
    assert_eq!(mailboxes(&world), set(&["INBOX", "Archive", "Friends"]));
}

/// Everything below INBOX, with a dot: as Courier and many hosts have it.
const BELOW_INBOX: &str =
    "namespace inbox {\n  prefix = INBOX.\n  separator = .\n  mailbox Sent {\n    auto = no\n  }\n}\n";

#[test]
fn everything_may_lie_below_inbox() {
    let dovecot = Dovecot::with(BELOW_INBOX, "");
    let greenmail = GreenMail::shared();
    let sam = dovecot.user("sam", "dotted.example.org");
    greenmail.add(&sam);
    let world = World { case: Case::new(), imap: dovecot.imap, sam, greenmail, dovecot: None };
    let world = reading(world, r#"["INBOX", "INBOX.Projects.%", "Projects"]"#);
    fill(&world, &["INBOX", "INBOX.Projects.One", "INBOX.Projects.One.Deep"]);
    let output = world.case.postnote(&["sync"]).ended(1);
    assert!(output.stderr.contains("mailbox \"Projects\""), "{output:?}");
    assert_eq!(mailboxes(&world), set(&["INBOX", "INBOX.Projects.One"]));

    // A mailbox for sent mail is made where all the others are.
    let world = reading(world, r#"["INBOX"]"#);
    put(
        &world.case.vault().join("Outbox/hello.md"),
        &draft_mail("to: [\"ada@example.com\"]\nsubject: \"Hello\"\n", "Hello Ada."),
    );
    world.sync();
    assert!(world.mailbox().list().contains(&"INBOX.Sent".to_owned()), "{:?}", world.mailbox().list());
}
