//! The ground that the other tests stand on: the servers, the client and the sink do what they say.

use crate::support::*;
use std::time::Duration;

const MAIL: &[u8] =
    b"From: Ada <ada@example.com>\r\nTo: sam@example.org\r\nSubject: {5}\r\n\r\n.dot\r\n..two\r\ncaf\xc3\xa9\r\n";

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[test]
fn greenmail_delivers_to_users_of_the_tests_own() {
    let server = GreenMail::shared();
    let (sam, other) = (server.user("sam", "example.org"), server.user("sam", "example.org"));
    server.deliver(&sam, MAIL);
    let mut imap = server.imap(&sam);
    imap.select("INBOX");
    let uids = imap.search("ALL");
    assert_eq!(uids.len(), 1);
    // GreenMail keeps a message without its last line end.
    assert!(holds(&imap.fetch(uids[0]), &MAIL[..MAIL.len() - 2]));
    imap.exec(&format!("UID STORE {} +FLAGS (\\Answered)", uids[0]));
    assert!(imap.flags(uids[0]).contains(&"\\Answered".to_owned()));
    imap.create("Sent");
    imap.append("Sent", "\\Seen", MAIL);
    assert_eq!(imap.messages("Sent").len(), 1);
    assert!(imap.list().contains(&"Sent".to_owned()));
    assert!(server.imap(&other).messages("INBOX").is_empty());
}

#[test]
fn greenmail_wants_the_right_password() {
    let server = GreenMail::shared();
    let sam = server.user("sam", "example.org");
    let mut imap = server.imap(&sam);
    let answer = imap.attempt("LOGOUT");
    assert!(answer.status.starts_with("OK"), "{answer:?}");
    let wrong = User { password: "wrong".to_owned(), ..sam };
    assert!(std::panic::catch_unwind(|| server.imap(&wrong)).is_err());
}

#[test]
fn dovecot_holds_mail_and_special_mailboxes() {
    let server = Dovecot::shared();
    let sam = server.user("sam", "example.org");
    server.deliver(&sam, MAIL);
    let mut imap = server.imap(&sam);
    assert_eq!(imap.messages("INBOX"), [MAIL]);
    assert_eq!(imap.search("UNSEEN").len(), 1);
    let uid = imap.search("ALL")[0];
    assert!(imap.flags(uid).is_empty());
    assert!(imap.list().contains(&"Sent".to_owned()));
    assert!(server.ca_file.is_file());
}

#[test]
fn the_sink_keeps_what_it_takes() {
    let sink = Sink::start();
    deliver(sink.port, "sam@example.org", &["ada@example.com", "noor@example.org"], MAIL);
    let taken = sink.taken();
    assert_eq!(taken.len(), 1);
    assert_eq!((taken[0].from.as_str(), taken[0].to.len()), ("sam@example.org", 2));
    assert_eq!(taken[0].data, MAIL);
    assert!(sink.events().contains(&Event::Command("QUIT".to_owned())));
}

#[test]
fn the_sink_does_as_it_is_told() {
    let sink = Sink::scripted(|event| match event {
        Event::Command(line) if line.starts_with("RCPT TO:<ada") => Action::Say("550 5.1.1 no such user".into()),
        Event::Message(_) => Action::Close,
        Event::Connected => Action::Wait(Duration::from_millis(10)),
        _ => Action::Usual,
    });
    let attempt = |to: &'static str| std::panic::catch_unwind(|| deliver(sink.port, "sam@example.org", &[to], MAIL));
    assert!(attempt("ada@example.com").is_err());
    assert!(attempt("noor@example.org").is_err());
    assert!(sink.taken().is_empty());
    assert!(sink.events().iter().any(|event| matches!(event, Event::Message(_))));
}

#[test]
fn samples_go_over_the_wire_as_crlf() {
    let mail = sample("02-");
    assert!(mail.ends_with(b"\r\n") && !holds(&mail, b"\r\r\n"));
    assert_eq!(crlf(b"a\nb\r\nc"), b"a\r\nb\r\nc");
}
