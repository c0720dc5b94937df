//! The loop's turns: threads that go on, drafts written by hand or twice, answers from elsewhere, second thoughts.

use crate::support::*;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// A mail to the owner from `ada`, who asks something; `n` is its place in the thread.
fn question(ada: &User, n: u32, text: &str) -> String {
    let references: Vec<_> = (1..n).map(|i| format!("<shelf-{i}@example.com>")).collect();
    let thread = match references.last() {
        Some(last) => format!("In-Reply-To: {last}\nReferences: {}\n", references.join(" ")),
        None => String::new(),
    };
    format!(
        "Date: Mon, {n:02} Jun 2026 09:00:00 +0000\nFrom: Ada Park <{}>\nTo: Sam Reed <sam@example.org>\n\
         Subject: {}The shelf\nMessage-ID: <shelf-{n}@example.com>\n{thread}\nHi Sam,\n\n{text}\n\nAda\n",
        ada.email,
        if n == 1 { "" } else { "Re: " },
    )
}

fn summary(world: &World) -> PathBuf {
    let all = world.case.notes("People");
    assert_eq!(all.len(), 1, "{all:?}");
    all[0].clone()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap()
}

#[test]
fn loop_goes_on_in_a_thread() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let first = read(&summary(&world));
    assert!(first.contains("oak shelf") && first.contains("\n## Summary\n"), "{first}");
    let draft = world.draft("Re: The shelf");

    // Nobody touched the summary: it is written anew, with both.
    world.receive(&question(&ada, 2, "And could you count the brass hooks?"));
    world.sync();
    let second = read(&summary(&world));
    assert!(
        second.contains("oak shelf") && second.contains("brass hooks") && !second.contains("## Update"),
        "{second}"
    );

    // Its owner's words stay, whatever comes.
    let edited = second.replace("\n## Summary\n", "\n## Summary\n\nMy own words, with two spaces  \n- [ ] a task\n")
        + "\nA last line";
    put(&summary(&world), &edited);
    world.receive(&question(&ada, 3, "Could you send the tin box as well?"));
    world.sync();
    let third = read(&summary(&world));
    let update = third.strip_prefix(edited.as_str()).unwrap_or_else(|| panic!("{third}"));
    assert!(update.starts_with("\n\n## Update 2026-06-03\n") && update.contains("tin box"), "{update}");
    assert!(!update.contains("brass hooks"), "{update}");
    assert_eq!(world.case.notes("Sources").len(), 3);

    // The first draft gave way to the next one's; who wants it all the same is asked once, then obeyed.
    assert_eq!(world.status(&draft), "superseded");
    put(&draft, &read(&draft).replace("\nstatus: superseded\n", "\nstatus: pending\n"));
    world.approve(&draft, "It is two metres long.");
    let asked = world.case.postnote(&["sync"]).ended(1);
    assert!(asked.stderr.contains("newer message") && world.status(&draft) == "conflict", "{asked:?}");
    assert!(world.inbox_of(&ada).is_empty());
    put(&draft, &read(&draft).replace("\nstatus: conflict\n", "\nstatus: approved\n"));
    world.sync();
    let inbox = world.inbox_of(&ada);
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].header("In-Reply-To").as_deref(), Some("<shelf-1@example.com>"));
    assert_eq!(inbox[0].header("References").as_deref(), Some("<shelf-1@example.com>"));
}

#[test]
fn loop_quotes_what_it_answers_if_asked_to() {
    let world = World::on_greenmail().configured("[drafts]\nquote = \"below\"\n", |account| account);
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the *oak* shelf?\n\n> It is old.\n> > Is it?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    assert_eq!(read(&draft).matches("\n[…]\n").count(), 1, "another's question is not asked again: {}", read(&draft));
    let quote = "On 2026-06-01 09:00, Ada Park wrote:\n\n> Hi Sam,\n>\n> Could you measure the \\*oak\\* shelf?\n";
    assert!(read(&draft).contains(quote), "{}", read(&draft));
    // Its owner sees it, and trims it.
    put(&draft, &read(&draft).replace("> Hi Sam,\n>\n", ""));
    world.approve(&draft, "It is two metres long.");
    world.sync();
    let inbox = world.inbox_of(&ada);
    let parts = inbox[0].parts();
    let [(_, text), (_, html)] = parts.as_slice() else { panic!("{parts:?}") };
    let quote = "two metres long.\n\nBest regards,\nSam Reed\n\nOn 2026-06-01 09:00, Ada Park wrote:\n\n> Could you measure the *oak* shelf?\n";
    assert!(text.replace("\r\n", "\n").replace(" \n", "\n").contains(quote), "{text}");
    assert!(html.contains("<blockquote style="), "{html}");
}

#[test]
fn loop_shows_what_to_look_twice_at() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "harbour.example");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    let text = world.approve(&draft, "I come on Friday, 10 January 2026; the plan is attached.");
    let seen = |text: &str| {
        put(&draft, text);
        world.case.postnote(&["preview", draft.to_str().unwrap()]).ended(0).stdout
    };
    let shown = seen(&text);
    assert!(shown.contains("It says Friday, but 2026-01-10 is a Saturday"), "{shown}");
    assert!(shown.contains("nothing is attached") && !shown.contains("never had mail"), "{shown}");
    let other = seen(&text.replace(&ada.email, "ada@harb0ur.example"));
    assert!(other.contains("came from") && other.contains("who does not get it"), "{other}");
    assert!(other.contains("ada@harb0ur.example looks like an address at harbour.example"), "{other}");
    let fine = seen(&text.replace("Friday, 10 January 2026; the plan is attached", "Friday"));
    assert!(!fine.contains("Look at this"), "{fine}");
}

#[test]
fn loop_sends_what_is_written_by_hand() {
    let world = World::on_greenmail();
    let (ada, noor) = (world.greenmail.user("ada", "example.com"), world.greenmail.user("noor", "example.com"));
    let plan: Vec<u8> = (0..=255).cycle().take(5000).collect();
    std::fs::create_dir(world.case.vault().join("Files")).unwrap();
    std::fs::write(world.case.vault().join("Files/Plän.pdf"), &plan).unwrap();
    let keys = format!(
        "to: Ada Park <{}>\ncc: [{}]\nsubject: 'The plan: größer'  # mine\nattachments:\n  - \"[[Files/Plän.pdf]]\"\n",
        ada.email, noor.email
    );
    let path = world.case.vault().join("Outbox/A plan.md");
    put(&path, &draft_mail(&keys, "Dear Ada,\n\nhere is the plan.\n\nSam"));
    world.sync();
    let inbox = world.inbox_of(&ada);
    assert_eq!((inbox.len(), world.inbox_of(&noor).len()), (1, 1));
    let mail = &inbox[0];
    assert_eq!(mail.header("Cc"), Some(noor.email.clone()));
    assert_eq!(mail.header("From"), Some(format!("\"Sam Reed\" <{}>", world.sam.email)));
    assert_eq!((mail.header("In-Reply-To"), mail.header("References")), (None, None));
    let parsed = mail_parser::MessageParser::default().parse(&mail.0).unwrap();
    assert_eq!(parsed.subject(), Some("The plan: größer"));
    let file = parsed.attachment(0).unwrap();
    assert_eq!((mail_parser::MimeHeaders::attachment_name(file), file.contents()), (Some("Plän.pdf"), plan.as_slice()));
    assert_eq!(mail.parts().len(), 3);
    let text = read(&path);
    assert!(text.contains(&keys) && text.ends_with("\n---\n\nDear Ada,\n\nhere is the plan.\n\nSam\n"), "{text}");
    let note = front(&path);
    assert_eq!((world.status(&path).as_str(), note.text("message_id")), ("sent", mail.header("Message-ID")));
    assert!(note.has("draft_id") && note.has("sent_at"));
    assert_eq!(world.sent().len(), 1);

    // A copy of the file is not a second mail, nor is the file of before: not even without any memory.
    let copy = world.case.vault().join("Outbox/B plan.md");
    put(&copy, &text.replace("\nstatus: sent\n", "\nstatus: approved\n"));
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!(world.status(&copy), "conflict");
    std::fs::remove_file(&copy).unwrap();
    world.forget();
    world.forget_ledger();
    put(&path, &draft_mail(&keys, "Dear Ada,\n\nhere is the plan.\n\nSam"));
    world.sync();
    assert_eq!((world.inbox_of(&ada).len(), world.sent().len(), world.status(&path).as_str()), (1, 1, "sent"));
}

#[test]
fn loop_sends_one_of_two_files_with_one_id() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    let text = world.approve(&draft, "Two metres.");
    // Before the other in the alphabet: what counts is which file the id was given to.
    let copy = world.case.vault().join("Outbox/0 copy.md");
    put(&copy, &text);
    let said = world.case.postnote(&["sync"]).ended(1);
    assert!(said.stderr.contains("0 copy.md") && said.stderr.contains("draft_id"), "{said:?}");
    assert_eq!((world.status(&draft).as_str(), world.status(&copy).as_str()), ("sent", "conflict"));
    assert_eq!((world.inbox_of(&ada).len(), world.sent().len()), (1, 1));
    // Approved once more it is still the same id.
    put(&copy, &text);
    world.case.postnote(&["sync"]).ended(1);
    assert_eq!((world.inbox_of(&ada).len(), world.status(&copy).as_str()), (1, "conflict"));
}

fn answered_elsewhere(world: &World) {
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    let before = read(&draft);
    let other = format!(
        "Date: Tue, 02 Jun 2026 09:00:00 +0000\nFrom: sam@example.org\nTo: {}\nSubject: Re: The shelf\n\
         Message-ID: <from-my-phone@example.org>\nIn-Reply-To: <shelf-1@example.com>\n\nTwo metres.\n",
        ada.email
    );
    world.has_sent(&other);
    world.sync();
    assert_eq!(read(&draft), before.replace("\nstatus: pending\n", "\nstatus: superseded\n"));
    // Nor is it drafted again when the state is gone.
    world.forget();
    let vault = world.case.snapshot();
    world.sync();
    same(&world.case.snapshot(), &vault);
    assert!(world.inbox_of(&ada).is_empty());
}

#[test]
fn loop_ends_when_answered_elsewhere_on_greenmail() {
    answered_elsewhere(&World::on_greenmail());
}

#[test]
fn loop_ends_when_answered_elsewhere_on_dovecot() {
    answered_elsewhere(&World::on_dovecot());
}

/// The state is lost between the draft and its approval: the thread's whole line of references is still there.
#[test]
fn loop_keeps_the_thread_without_the_state() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 4, "Could you measure the oak shelf?"));
    world.sync();
    world.approve(&world.draft("Re: The shelf"), "Two metres.");
    world.forget();
    world.sync();
    let inbox = world.inbox_of(&ada);
    let references = (1..=4).map(|n| format!("<shelf-{n}@example.com>")).collect::<Vec<_>>().join(" ");
    assert_eq!((inbox.len(), inbox[0].header("References")), (1, Some(references)));
    assert_eq!(world.flags()["<shelf-4@example.com>"], ["\\Answered"]);
}

#[test]
fn loop_waits_and_lets_its_owner_think_again() {
    let world = World::on_greenmail().configured("[send]\ndelay = \"1s\"\n", |toml| toml);
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    let text = world.approve(&draft, "Two metres.");
    let begin = Instant::now();
    world.sync();
    assert!(begin.elapsed() >= Duration::from_secs(1));
    assert_eq!((world.inbox_of(&ada).len(), world.status(&draft).as_str()), (1, "sent"));

    // While another waits, its owner takes it back.
    let world = World::on_greenmail().configured("[send]\ndelay = \"4s\"\n", |toml| toml);
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    assert_ne!(world.approve(&draft, "Two metres."), text);
    let mut running = world.case.command(&["sync"]).stdout(Stdio::null()).spawn().unwrap();
    while world.status(&draft) != "queued" {
        assert!(running.try_wait().unwrap().is_none() && begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(50));
    }
    put(&draft, &read(&draft).replace("\nstatus: queued\n", "\nstatus: pending\n"));
    assert!(running.wait().unwrap().success());
    assert_eq!((world.inbox_of(&ada).len(), world.status(&draft).as_str()), (1, "pending"));
    assert!(world.sent().is_empty());
    world.sync();
    assert_eq!((world.inbox_of(&ada).len(), world.status(&draft).as_str()), (1, "pending"));
}

/// An editor that writes CRLF and a byte order mark: the file keeps both, the mail shows neither.
#[test]
fn loop_takes_a_file_as_its_editor_writes_it() {
    let world = World::on_greenmail();
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    let text = format!("\u{feff}{}", world.approve(&draft, "Two metres.\n\nOr a little more.").replace('\n', "\r\n"));
    put(&draft, &text);
    world.sync();
    let after = read(&draft);
    let new = |line: &&str| ["sent_at: ", "message_id: ", "server_response: "].iter().any(|key| line.starts_with(key));
    let kept: String = after.split_inclusive('\n').filter(|line| !new(line)).collect();
    assert_eq!(kept, text.replace("\r\nstatus: approved\r\n", "\r\nstatus: sent\r\n"));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{after:?}");
    let inbox = world.inbox_of(&ada);
    assert_eq!(inbox.len(), 1);
    let plain = inbox[0].parts()[0].1.clone();
    assert!(plain.contains("\r\nTwo metres.\r\n\r\nOr a little more.\r\n") && !plain.contains('\u{feff}'), "{plain:?}");
}

/// Nothing is filed in Sent, and the state is lost: the vault's own ledger knows what was sent, as when the vault
/// comes to another machine.
#[test]
fn loop_remembers_in_the_vault() {
    let world = World::on_greenmail().configured("[send]\ndelay = \"0s\"\nsave_sent = \"never\"\n", |toml| toml);
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, 1, "Could you measure the oak shelf?"));
    world.sync();
    let draft = world.draft("Re: The shelf");
    let approved = world.approve(&draft, "Two metres.");
    world.sync();
    assert!(world.sent().is_empty());
    let said = ["status", "sent_at", "message_id"].map(|key| front(&draft).text(key));
    for (status, forget) in [("approved", false), ("approved", true), ("sending", true)] {
        if forget {
            world.forget();
        }
        put(&draft, &approved.replace("\nstatus: approved\n", &format!("\nstatus: {status}\n")));
        world.sync();
        assert_eq!(world.inbox_of(&ada).len(), 1);
        assert_eq!(["status", "sent_at", "message_id"].map(|key| front(&draft).text(key)), said, "{status} {forget}");
    }
    assert_eq!(said[2], world.inbox_of(&ada)[0].header("Message-ID"));
}
