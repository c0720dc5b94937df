//! Addresses beyond ASCII (RFC 6531, RFC 6532): domains go out in punycode; a local part needs a server that takes it, and
//! without one nothing is sent.

use crate::support::*;
use postnote::mail::parse;

/// What a server says to EHLO, and the address of whom it refuses nothing.
fn sink(offers: &'static str) -> Sink {
    Sink::scripted(move |event| match event {
        Event::Command(line) if line.starts_with("EHLO") => {
            Action::Say(format!("250-sink.example\r\n{offers}250 AUTH PLAIN"))
        }
        _ => Action::Usual,
    })
}

fn commands(sink: &Sink, start: &str) -> Vec<String> {
    let line = |event| if let Event::Command(line) = event { Some(line) } else { None };
    sink.events().into_iter().filter_map(line).filter(|line| line.starts_with(start)).collect()
}

const BOTH: &str = "250-8BITMIME\r\n250-SMTPUTF8\r\n";

/// Decomposed, as some systems type it.
const TO: &str = "\"Zoe\u{308} <zoe\u{308}@bu\u{308}cher.example>\"";

#[test]
fn a_local_part_beyond_ascii_goes_to_a_server_that_takes_it() {
    let sink = sink(BOTH);
    let (case, _) = Case::posting(&sink);
    case.draft("a.md", &letter(TO, "Hello").replace("subject", "cc: \"Ада <ada@пример.рф>\"\nsubject"));
    case.postnote(&["sync"]).ended(0);
    assert_eq!(case.says("a.md", "status"), "sent");
    let (mail, rcpt) = (commands(&sink, "MAIL"), commands(&sink, "RCPT"));
    assert!(mail.len() == 1 && mail[0].ends_with("> BODY=8BITMIME SMTPUTF8"), "{mail:?}");
    assert_eq!(rcpt, ["RCPT TO:<zoë@bücher.example>", "RCPT TO:<ada@xn--e1afmkfd.xn--p1ai>"]);
    let taken = sink.taken();
    assert_eq!(taken.len(), 1);
    let (head, body) = std::str::from_utf8(&taken[0].data).unwrap().split_once("\r\n\r\n").unwrap();
    assert!(head.contains("<zoë@bücher.example>") && head.contains("<ada@xn--e1afmkfd.xn--p1ai>"), "{head}");
    assert!(body.is_ascii() && head.lines().filter(|line| !line.is_ascii()).count() == 1, "{head}");
    let (message, _) = parse::parse(&taken[0].data);
    assert_eq!(
        (message.to[0].email.as_str(), message.to[0].name.as_deref()),
        ("zoë@bücher.example", Some("Zoe\u{308}"))
    );
    // The copy in Sent is what went out.
    case.postnote(&["sync"]).ended(0);
    assert_eq!(sink.taken().len(), 1);
    assert_eq!(case.count("SELECT count(*) FROM outbox WHERE state = 'filed'"), 1);
}

#[test]
fn a_bcc_alone_may_need_it() {
    let sink = sink(BOTH);
    let (case, _) = Case::posting(&sink);
    case.draft("a.md", &letter("ada@example.com", "Hello").replace("subject", &format!("bcc: {TO}\nsubject")));
    case.postnote(&["sync"]).ended(0);
    assert!(commands(&sink, "MAIL")[0].ends_with("SMTPUTF8") && sink.taken()[0].data.is_ascii());
}

#[test]
fn without_such_a_server_nothing_is_sent_and_the_note_says_why() {
    for offers in ["", "250-8BITMIME\r\n"] {
        let sink = sink(offers);
        let (case, _) = Case::posting(&sink);
        case.draft("a.md", &letter(&format!("[ada@example.com, {TO}]"), "Hello"));
        case.draft("b.md", &letter("ada@bücher.example", "Hello"));
        let output = case.postnote(&["sync"]).ended(1);
        let error = case.says("a.md", "error");
        assert!(
            error.contains("zoë@bücher.example") && error.contains("no SMTPUTF8") && error.contains("Nothing was sent"),
            "{error}"
        );
        assert!(output.stderr.contains("Outbox/a.md: ") && case.says("a.md", "status") == "failed", "{output:?}");
        // A domain needs nothing of a server.
        assert_eq!((case.says("b.md", "status").as_str(), sink.taken().len()), ("sent", 1));
        assert_eq!(commands(&sink, "RCPT"), ["RCPT TO:<ada@xn--bcher-kva.example>"]);
        assert!(!commands(&sink, "MAIL")[0].contains("SMTPUTF8"));
        case.postnote(&["sync"]).ended(0);
        assert_eq!(sink.taken().len(), 1);
    }
}
