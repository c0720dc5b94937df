//! `drafts.mirror`: drafts that wait can be read in the mailbox for drafts; what anybody else put there stays, whatever its
//! flags.

use crate::support::*;

/// An owner on Dovecot with a mail to answer, whose drafts are mirrored.
fn mirrored(sink: &Sink) -> (Site, Case) {
    let site = Site::empty();
    let mut imap = site.imap();
    let question = mail("key", "Ada Park <ada@example.com>", "Can you send me the key?", "");
    imap.append_dated("INBOX", "", "12-Jan-2026 10:00:00 +0000", &question);
    let case = site.case_between(site.port(), sink.port);
    switch(&case, true);
    (site, case)
}

fn switch(case: &Case, on: bool) {
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let config = config.replace("[drafts]\nmirror = true\n", "");
    let head = if on { "[drafts]\nmirror = true\n[sync]" } else { "[sync]" };
    std::fs::write(case.config_path(), config.replace("[sync]", head)).unwrap();
}

fn the_draft(case: &Case) -> String {
    let [path] = &case.notes("Outbox")[..] else { panic!("{:?}", case.notes("Outbox")) };
    path.file_name().unwrap().to_str().unwrap().to_owned()
}

/// What the mailbox for drafts holds: UID, flags, message.
fn drafts(site: &Site) -> Vec<(u32, Vec<String>, Received)> {
    let mut imap = site.imap();
    imap.examine("Drafts");
    let uids = imap.search("ALL");
    uids.into_iter().map(|uid| (uid, imap.flags(uid), Received(imap.fetch(uid)))).collect()
}

#[test]
fn a_draft_that_waits_can_be_read_elsewhere_and_goes_when_it_was_sent() {
    let sink = Sink::start();
    let (site, case) = mirrored(&sink);
    let mut imap = site.imap();
    // A person's own draft; and one that a program has marked as deleted, and not removed.
    imap.append("Drafts", "\\Draft", b"Subject: my own\r\n\r\nx\r\n");
    imap.append("Drafts", "\\Draft \\Deleted", b"Subject: thrown away\r\n\r\nx\r\n");
    case.postnote(&["sync"]).ended(0);
    let name = the_draft(&case);
    let held = drafts(&site);
    let [_, _, (first, flags, copy)] = &held[..] else { panic!("{held:?}") };
    assert_eq!(flags, &["\\Draft", "\\Seen"]);
    assert_eq!(copy.header("Subject").as_deref(), Some("Re: About key"));
    assert_eq!(copy.header("To").as_deref(), Some("\"Ada Park\" <ada@example.com>"));
    assert_eq!(copy.header("In-Reply-To").as_deref(), Some("<key@example.com>"));
    assert!(copy.header("X-Postnote-Copy").is_some() && copy.header("X-Postnote-Draft").is_none());
    // The text that would be sent, its gaps with it, and nothing else.
    let text = &copy.parts()[0].1;
    assert!(text.contains("[…]") && text.contains("Hi Ada") && !text.contains("Key Points"), "{text}");
    // Nothing changes: nothing happens.
    case.postnote(&["sync"]).ended(0);
    assert_eq!(drafts(&site), held);
    case.edit(&name, "[…]", "It is in the drawer, […]");
    case.postnote(&["sync"]).ended(0);
    let held = drafts(&site);
    let [.., (second, _, copy)] = &held[..] else { panic!("{held:?}") };
    assert!(held.len() == 3 && second > first && copy.parts()[0].1.contains("in the drawer"), "{held:?}");
    assert!(sink.events().is_empty());
    case.edit(&name, "status: pending", "status: approved");
    case.edit(&name, "[…]", "on the left.");
    case.postnote(&["sync"]).ended(0);
    assert_eq!((case.says(&name, "status").as_str(), sink.taken().len()), ("sent", 1));
    let left: Vec<_> = drafts(&site).into_iter().map(|(_, _, copy)| copy.header("Subject").unwrap()).collect();
    assert_eq!(left, ["my own", "thrown away"]);
    assert_eq!((imap.messages("Sent").len(), case.count("SELECT count(*) FROM mirrored")), (1, 0));
}

#[test]
fn what_was_written_on_the_phone_stays() {
    let sink = Sink::start();
    let (site, case) = mirrored(&sink);
    case.postnote(&["sync"]).ended(0);
    let name = the_draft(&case);
    let (uid, _, copy) = drafts(&site).remove(0);
    // Programs write a new message in place of the old one; this one keeps headers that it does not know.
    let mut imap = site.imap();
    imap.select("Drafts");
    imap.exec(&format!("UID STORE {uid} +FLAGS (\\Deleted)"));
    imap.exec(&format!("UID EXPUNGE {uid}"));
    let edited = String::from_utf8(copy.0).unwrap().replace("Hi Ada", "Dear Ada");
    imap.append("Drafts", "\\Draft", edited.as_bytes());
    case.edit(&name, "[…]", "It is in the drawer, […]");
    case.postnote(&["sync"]).ended(0);
    case.edit(&name, "status: pending", "status: rejected");
    case.postnote(&["sync"]).ended(0);
    let left = drafts(&site);
    assert!(left.len() == 1 && left[0].2.holds("Dear Ada"), "{left:?}");
}

#[test]
fn a_copy_is_never_taken_for_what_was_sent() {
    let sink = Sink::scripted(|event| match event {
        Event::Message(_) => Action::Close,
        _ => Action::Usual,
    });
    let (site, case) = mirrored(&sink);
    case.postnote(&["sync"]).ended(0);
    let name = the_draft(&case);
    case.edit(&name, "status: pending", "status: approved");
    case.edit(&name, "[…]", "Here it is.");
    case.postnote(&["sync"]).ended(1);
    case.postnote(&["sync"]).ended(0);
    let dots = sink.events().iter().filter(|event| matches!(event, Event::Message(_))).count();
    assert_eq!((case.says(&name, "status").as_str(), dots, drafts(&site).len()), ("uncertain", 1, 1));
}

#[test]
fn without_the_state_or_the_setting_there_is_one_copy_or_none() {
    let sink = Sink::start();
    let (site, case) = mirrored(&sink);
    case.postnote(&["sync"]).ended(0);
    let held = drafts(&site);
    assert_eq!(held.len(), 1);
    std::fs::remove_file(case.state().join("state.db")).unwrap();
    case.postnote(&["sync"]).ended(0);
    assert_eq!(drafts(&site), held);
    switch(&case, false);
    case.postnote(&["sync"]).ended(0);
    assert!(drafts(&site).is_empty());
    // Off, as it is by default, nothing comes there.
    case.edit(&the_draft(&case), "[…]", "It is in the drawer, […]");
    case.postnote(&["sync"]).ended(0);
    assert!(drafts(&site).is_empty());
}

#[test]
fn a_server_without_a_mailbox_for_drafts_is_told_of() {
    let server = GreenMail::shared();
    let (case, user) = Case::posting(&Sink::start());
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    std::fs::write(case.config_path(), config.replace("[send]", "[drafts]\nmirror = true\n[send]")).unwrap();
    let question = mail("key", "Ada Park <ada@example.com>", "Can you send me the key?", "");
    let question = String::from_utf8(question).unwrap().replace("sam@example.org", &user.email);
    server.deliver(&user, question.as_bytes());
    let output = case.postnote(&["sync"]).ended(1);
    assert!(
        output.stderr.contains("account \"work\": drafts.mirror") && output.stderr.contains("\\Drafts"),
        "{output:?}"
    );
    assert_eq!((case.notes("Outbox").len(), server.imap(&user).list().len()), (1, 1));
}
