//! Faults on the way out: never automatically twice, never silently lost, and the note says which.

use crate::support::*;
use std::sync::atomic::{AtomicUsize, Ordering};

const TO: &str = "ada@example.com";

type Matches = fn(&Event) -> bool;

/// A sink that answers the first `times` events that `matches` with `action`.
fn faulty(times: usize, matches: Matches, action: Action) -> Sink {
    let left = AtomicUsize::new(times);
    Sink::scripted(move |event| {
        let taken = || left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if matches(event) && taken() { action.clone() } else { Action::Usual }
    })
}

fn is_message(event: &Event) -> bool {
    matches!(event, Event::Message(_))
}

fn command(event: &Event, start: &str) -> bool {
    matches!(event, Event::Command(line) if line.starts_with(start))
}

/// How many messages a server got up to the final dot, whatever it answered.
fn dots(sink: &Sink) -> usize {
    sink.events().iter().filter(|event| is_message(event)).count()
}

/// The text/plain part of a message, as its reader sees it.
fn text(data: &[u8]) -> String {
    let message = mail_parser::MessageParser::default().parse(data).unwrap();
    message.body_text(0).unwrap().replace("\r\n", "\n")
}

#[test]
fn silence_after_the_final_dot_is_uncertain_and_never_sent_again() {
    let sink = faulty(1, is_message, Action::Close);
    let (case, _) = Case::posting(&sink);
    case.draft("a.md", &letter(TO, "Hello"));
    let output = case.postnote(&["sync"]).ended(1);
    assert!(output.stderr.contains("Outbox/a.md") && output.stderr.contains("Sent mailbox"), "{}", output.stderr);
    assert_eq!(case.says("a.md", "status"), "uncertain");
    assert!(case.says("a.md", "error").contains("approve again"));
    let before = case.snapshot();
    for command in ["sync", "send", "sync"] {
        case.postnote(&[command]).ended(0);
    }
    assert_eq!((dots(&sink), case.snapshot()), (1, before));
    assert!(case.postnote(&["status"]).ended(0).stdout.contains("Outbox/a.md: uncertain"));
    // Also when the state is lost: only the owner's word sends it.
    std::fs::remove_file(case.state().join("state.db")).unwrap();
    case.postnote(&["sync"]);
    assert_eq!(dots(&sink), 1);
    case.edit("a.md", "status: uncertain", "status: approved");
    case.postnote(&["sync"]).ended(0);
    assert_eq!((dots(&sink), case.says("a.md", "status").as_str()), (2, "sent"));
}

#[test]
fn silence_after_the_final_dot_is_sent_when_sent_holds_it() {
    // Some servers file what they take by themselves: so does this one.
    let server = GreenMail::shared();
    let (case, user) = Case::posting(&Sink::start());
    let mut imap = server.imap(&user);
    imap.create("Sent");
    let filing = user.clone();
    let sink = Sink::scripted(move |event| match event {
        Event::Message(data) => {
            server.imap(&filing).append("Sent", "\\Seen", data);
            Action::Close
        }
        _ => Action::Usual,
    });
    case.use_sink(&sink);
    case.draft("a.md", &letter(TO, "Hello"));
    case.postnote(&["sync"]).ended(0);
    assert_eq!((case.says("a.md", "status").as_str(), case.says("a.md", "error").as_str()), ("sent", ""));
    case.postnote(&["sync"]).ended(0);
    assert_eq!((dots(&sink), imap.messages("Sent").len()), (1, 1));
}

#[test]
fn silence_after_the_250_changes_nothing() {
    let answers = [Action::Close, Action::Say("421 4.3.0 going down".into()), Action::Say("what?".into())];
    at_once(answers, |action| {
        let sink = faulty(1, |e| command(e, "QUIT"), action);
        let (case, _) = Case::posting(&sink);
        case.draft("a.md", &letter(TO, "Hello"));
        case.postnote(&["sync"]).ended(0);
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("sent", 1));
    });
}

#[test]
fn a_4xx_or_a_lost_connection_before_the_dot_is_tried_again_later() {
    let phases: [(Matches, Action); 8] = [
        (|e| *e == Event::Connected, Action::Say("421 4.3.2 busy".into())),
        (|e| *e == Event::Connected, Action::Close),
        (|e| command(e, "EHLO"), Action::Close),
        (|e| command(e, "AUTH"), Action::Say("454 4.7.0 later".into())),
        (|e| command(e, "MAIL"), Action::Say("451 4.3.0 later".into())),
        (|e| command(e, "RCPT"), Action::Say("450 4.2.0 greylisted".into())),
        (|e| command(e, "DATA"), Action::Close),
        (is_message, Action::Say("451 4.3.0 later".into())),
    ];
    at_once(phases, |(matches, action)| {
        let what = format!("{action:?}");
        let sink = faulty(1, matches, action);
        let (case, _) = Case::posting(&sink);
        case.draft("a.md", &letter(TO, "Hello"));
        let output = case.postnote(&["sync"]).ended(1);
        assert!(output.stderr.contains("Outbox/a.md") && output.stderr.contains("tried again"), "{}", output.stderr);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("queued", 0), "{what}");
        assert!(case.says("a.md", "error").contains("Nothing was sent"), "{what}");
        let events = sink.events().len();
        case.postnote(&["sync"]).ended(0);
        assert_eq!(sink.events().len(), events, "{what}: tried before its time");
        case.sql("UPDATE outbox SET not_before = not_before - 3600");
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("sent", 1), "{what}");
        assert_eq!(case.says("a.md", "error"), "", "{what}: a sent draft shows no error");
        case.postnote(&["sync"]).ended(0);
        assert_eq!(sink.taken().len(), 1, "{what}");
    });
}

#[test]
fn a_5xx_fails_and_waits_for_a_new_approval() {
    let phases: [Matches; 4] = [|e| command(e, "MAIL"), |e| command(e, "RCPT"), |e| command(e, "DATA"), is_message];
    at_once(phases, |matches| {
        let sink = faulty(1, matches, Action::Say("552 5.2.2 mailbox full".into()));
        let (case, _) = Case::posting(&sink);
        case.draft("a.md", &letter(TO, "Hello"));
        assert!(case.postnote(&["sync"]).ended(1).stderr.contains("552"));
        let error = case.says("a.md", "error");
        assert!(error.contains("552 5.2.2 mailbox full") && error.contains("approve again"), "{error}");
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("failed", 0));
        case.edit("a.md", "status: failed", "status: approved");
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("sent", 1));
    });
}

#[test]
fn one_refused_recipient_of_three_means_none() {
    let refused = Action::Say("550 5.1.1 no such user".into());
    let sink = faulty(1, |e| command(e, "RCPT TO:<noor@example.org>"), refused);
    let (case, _) = Case::posting(&sink);
    case.draft("a.md", &letter("[ada@example.com, noor@example.org, li@example.net]", "Hello"));
    case.postnote(&["sync"]).ended(1);
    assert_eq!((case.says("a.md", "status").as_str(), dots(&sink), sink.taken().len()), ("failed", 0, 0));
    let error = case.says("a.md", "error");
    assert!(error.contains("noor@example.org") && error.contains("550") && !error.contains(TO), "{error}");
    assert!(!sink.events().iter().any(|e| command(e, "DATA")));
}

#[test]
fn a_copy_that_cannot_be_filed_is_filed_later() {
    use std::os::unix::fs::PermissionsExt;
    let (sink, server) = (Sink::start(), Dovecot::shared());
    let user = server.user("sam", "example.org");
    let account =
        Account { name: "work", user: &user, display_name: "", aliases: &[], imap: server.imap, smtp: sink.port };
    let case = Case::with_account(&account);
    let mut imap = server.imap(&user);
    imap.append("Sent", "", b"Subject: before\r\n\r\nx\r\n");
    let shut = server.dir.join("users").join(&user.email).join("Maildir/.Sent/tmp");
    let mode = |mode| std::fs::set_permissions(&shut, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(0o500);
    case.draft("a.md", &letter(TO, "Hello"));
    for sent in ["sent: Outbox/a.md", "nothing new"] {
        let output = case.postnote(&["sync"]).ended(1);
        assert!(output.stdout.contains(sent), "{output:?}");
        assert!(output.stderr.contains("Outbox/a.md: it was sent, but its copy is not in Sent"), "{output:?}");
        assert_eq!((case.says("a.md", "status").as_str(), imap.messages("Sent").len()), ("sent", 1));
    }
    assert!(case.postnote(&["status"]).ended(0).stdout.contains("1 accepted"));
    mode(0o700);
    for _ in 0..2 {
        case.postnote(&["sync"]).ended(0);
        assert_eq!((sink.taken().len(), imap.messages("Sent").len()), (1, 2));
    }
    assert_eq!(imap.messages("Sent")[1], sink.taken()[0].data);
}

#[test]
fn dots_and_line_ends_in_the_text_make_one_message_with_the_same_text() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let smuggled = "MAIL FROM:<x@example.com>\nRCPT TO:<y@example.com>\nDATA\nSubject: z";
    let texts = [".\n", "a\n.\nb", "..\n.a\n...", "a\n\n.\n\nQUIT", &format!("a\n.\n{smuggled}\n\nz\n.\nend")];
    for (number, body) in texts.iter().enumerate() {
        // As code, whose lines stay as they are; with CRLF, and with LF alone.
        let draft = letter(TO, &format!("```\n{body}\n```"));
        case.draft(&format!("{number}.md"), &draft);
        case.draft(&format!("{number}-crlf.md"), &draft.replace('\n', "\r\n").replace("plan", "plans"));
    }
    for bare in ["a\r.\rb", "a\r\n.\rb", "a\n.\r\r\nb"] {
        case.draft(&format!("bare-{}.md", bare.len()), &letter(TO, bare));
    }
    let output = case.postnote(&["sync"]).ended(1);
    assert_eq!(output.stderr.lines().filter(|line| line.contains("control character U+000D")).count(), 2, "{output:?}");
    let taken = sink.taken();
    // A stray CR before a line end counts for nothing.
    let count = 2 * texts.len() + 1;
    assert_eq!((taken.len(), dots(&sink)), (count, count));
    for mail in &taken {
        assert_eq!((mail.from.starts_with("sam-"), mail.to.as_slice()), (true, &[TO.to_owned()][..]));
        let bare = |pair: &[u8]| (pair[0] == b'\r') != (pair[1] == b'\n');
        assert!(!mail.data.windows(2).any(bare) && mail.data.split(|b| *b == b'\n').all(|line| line.len() < 999));
    }
    for (body, mail) in texts.iter().zip(taken.chunks(2)) {
        for mail in mail {
            assert!(text(&mail.data).contains(body.trim_end()), "{body:?}: {}", text(&mail.data));
        }
    }
}

#[test]
fn an_attached_note_is_never_a_draft() {
    let (sink, server) = (Sink::start(), GreenMail::shared());
    let (case, user) = Case::posting(&sink);
    let attached = |name: &str| {
        let draft = letter("thief@example.com", "Hello").replace('\n', "\r\n");
        format!(
            "--b\r\nContent-Type: text/markdown; name=\"{name}\"\r\nContent-Disposition: attachment\r\n\r\n{draft}\r\n"
        )
    };
    let names = ["x.md", "../../../Outbox/y.md", "Outbox/z.md"];
    let mail = format!(
        "From: Ada <{TO}>\r\nTo: {}\r\nSubject: x\r\nMessage-ID: <x@example.com>\r\nMIME-Version: 1.0\r\nContent-Type: \
         multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee below.\r\n{}--b--\r\n",
        user.email,
        names.map(attached).concat()
    );
    server.deliver(&user, mail.as_bytes());
    for _ in 0..2 {
        case.postnote(&["sync"]).ended(0);
    }
    let saved = case.snapshot().into_values().filter(|b| b.windows(17).any(|w| w == b"thief@example.com")).count();
    assert_eq!((saved, sink.events().len()), (3, 0));
    assert!(case.notes("Outbox").iter().all(|path| !std::fs::read_to_string(path).unwrap().contains("thief")));
}

#[test]
fn bcc_is_in_the_envelope_only() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    case.draft(
        "a.md",
        &letter(TO, "Hello").replace("subject", "cc: noor@example.org\nbcc: Li <li@example.net>\nsubject"),
    );
    case.postnote(&["sync"]).ended(0);
    let taken = sink.taken();
    assert_eq!(taken[0].to, [TO, "noor@example.org", "li@example.net"]);
    let data = String::from_utf8_lossy(&taken[0].data).to_lowercase();
    assert!(
        !data.contains("bcc") && !data.contains("li@example.net") && data.contains("cc: noor@example.org"),
        "{data}"
    );
}

fn connections(sink: &Sink) -> usize {
    sink.events().iter().filter(|event| matches!(event, Event::Connected)).count()
}

#[test]
fn many_drafts_share_few_connections() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    for n in 0..130 {
        case.draft(&format!("{n}.md"), &letter(TO, &format!("Letter {n}.")));
    }
    case.postnote(&["sync"]).ended(0);
    let taken: std::collections::BTreeSet<String> = sink.taken().iter().map(|taken| text(&taken.data)).collect();
    assert_eq!((sink.taken().len(), taken.len(), connections(&sink)), (130, 130, 2));
    assert!(sink.taken().iter().all(|taken| taken.to == [TO]));
}

#[test]
fn a_server_that_ends_the_connection_between_two_messages_gets_another() {
    for action in [Action::Close, Action::Say("421 4.7.0 too many messages".into())] {
        // The second message's sender, over the first connection.
        let seen = AtomicUsize::new(0);
        let sink = Sink::scripted(move |event| {
            let second = command(event, "MAIL FROM") && seen.fetch_add(1, Ordering::SeqCst) == 1;
            if second { action.clone() } else { Action::Usual }
        });
        let (case, _) = Case::posting(&sink);
        case.draft("a.md", &letter(TO, "One."));
        case.draft("b.md", &letter(TO, "Two."));
        case.postnote(&["sync"]).ended(0);
        assert_eq!((dots(&sink), connections(&sink)), (2, 2));
        assert_eq!((case.says("a.md", "status").as_str(), case.says("b.md", "status").as_str()), ("sent", "sent"));
    }
}
