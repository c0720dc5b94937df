use super::*;
use crate::mail::invite::{Attendee, Invite};
use crate::mail::message::Signals;

fn owner() -> Owner {
    Owner { name: "Sam Reed".into(), addresses: vec!["sam@example.org".into(), "reed@example.net".into()] }
}

fn mail(from: &str) -> Message {
    Message {
        from: vec![Address::parse(from).expect("an address")],
        to: vec![Address::bare("sam@example.org")],
        ..Message::default()
    }
}

fn with(signals: Signals) -> Message {
    Message { signals, ..mail("Ada Park <ada@example.com>") }
}

fn judge(message: &Message, text: &str, thread: ThreadFacts, rules: &[Rule]) -> Verdict {
    triage(&Arrival { message, new_text: text, owner: &owner(), account: "work", mailbox: "INBOX", thread }, rules)
}

fn rule(text: &str) -> Rule {
    toml::from_str(text).expect("a rule")
}

#[test]
fn a_person_may_get_a_draft() {
    let cc = Message {
        to: vec![Address::bare("ben@example.com")],
        cc: vec![Address::bare("sam@example.org")],
        ..mail("ada@example.com")
    };
    for message in [
        mail("Ada Park <ada@example.com>"),
        with(Signals { auto_submitted: Some("no".into()), ..Signals::default() }),
        mail("arno.reply@example.com"),
        mail("Bouncer Ode <bounceback.ode@example.com>"),
        Message { reply_to: vec![Address::bare("ada@example.com")], ..mail("notifications@forms.example") },
        cc,
    ] {
        let verdict = judge(&message, "Hello", ThreadFacts::default(), &[]);
        assert_eq!((verdict.triage, verdict.action), (Triage::Fyi, Action::Draft), "{:?}", message.from);
    }
}

#[test]
fn who_gets_no_draft() {
    let s = Signals::default;
    for (message, kind) in [
        (with(Signals { auto_submitted: Some("auto-generated".into()), ..s() }), Triage::Automatic),
        (with(Signals { auto_submitted: Some("auto-replied".into()), ..s() }), Triage::Automatic),
        (with(Signals { null_return_path: true, ..s() }), Triage::Automatic),
        (with(Signals { auto_marker: true, ..s() }), Triage::Automatic),
        (with(Signals { report: Some("delivery-status".into()), ..s() }), Triage::Automatic),
        (with(Signals { report: Some("disposition-notification".into()), ..s() }), Triage::Automatic),
        (with(Signals { list_id: Some("dev.example.org".into()), ..s() }), Triage::Bulk),
        (with(Signals { list_unsubscribe: true, ..s() }), Triage::Bulk),
        (with(Signals { precedence: Some("bulk".into()), ..s() }), Triage::Bulk),
        (with(Signals { precedence: Some("junk".into()), ..s() }), Triage::Bulk),
        (mail("noreply@shop.example"), Triage::Automatic),
        (mail("No Reply <no-reply+77@shop.example>"), Triage::Automatic),
        (mail("do_not_reply@shop.example"), Triage::Automatic),
        (mail("team-noreply@shop.example"), Triage::Automatic),
        (mail("MAILER-DAEMON@mx.example"), Triage::Automatic),
        (mail("postmaster@mx.example"), Triage::Automatic),
        (mail("bounces+12-ab@mx.example"), Triage::Automatic),
        (mail("notifications@forge.example"), Triage::Automatic),
        (
            Message { reply_to: vec![Address::bare("noreply@shop.example")], ..mail("Ada <ada@shop.example>") },
            Triage::Automatic,
        ),
        (Message { from: vec![], ..Message::default() }, Triage::Automatic),
    ] {
        let verdict = judge(&message, "Sam, could you answer?", ThreadFacts::default(), &[]);
        assert_eq!((verdict.triage, verdict.action), (kind, Action::Source), "{message:?}");
        assert!(!verdict.reason.is_empty());
    }
}

#[test]
fn invites_and_answered_mail_are_read_only() {
    let invite = Message { invite: Some(Invite::default()), ..mail("ada@example.com") };
    let verdict = judge(&invite, "", ThreadFacts::default(), &[rule("action = \"draft\"")]);
    assert_eq!((verdict.triage, verdict.action), (Triage::Fyi, Action::Summary));
    let answered = ThreadFacts { answered: true, ..ThreadFacts::default() };
    let verdict = judge(&mail("ada@example.com"), "Well?", answered, &[]);
    assert_eq!((verdict.triage, verdict.action), (Triage::Done, Action::Summary));
    let digest = Digest { reply_reason: Some("asks a question".into()), ..Digest::default() };
    assert_eq!(settle(&verdict, &digest), Triage::Done);
}

#[test]
fn who_is_invited_is_asked_whatever_sent_the_mail() {
    let invite = || Invite {
        method: "REQUEST".into(),
        uid: "u".into(),
        organizer_address: "ada@example.com".into(),
        attendees: vec![Attendee {
            address: "reed@example.net".into(),
            answer: "needs-action".into(),
            ..Attendee::default()
        }],
        ..Invite::default()
    };
    let invited = |message: Message| Message { invite: Some(invite()), ..message };
    let judged = |message: Message, thread, rules: &[Rule]| {
        let verdict = judge(&invited(message), "", thread, rules);
        (verdict.action, verdict.asked.clone().map(|a| a.me.email), settle(&verdict, &Digest::default()))
    };
    let s = Signals::default;
    let fresh = ThreadFacts::default();
    for message in [
        mail("ada@example.com"),
        mail("no-reply@calendar.example"),
        with(Signals { auto_submitted: Some("auto-generated".into()), ..s() }),
        with(Signals { list_unsubscribe: true, ..s() }),
    ] {
        let expect = (Action::Draft, Some("reed@example.net".to_owned()), Triage::NeedsReply);
        assert_eq!(judged(message, fresh, &[]), expect);
    }
    for message in [
        with(Signals { auto_submitted: Some("auto-replied".into()), ..s() }),
        with(Signals { report: Some("delivery-status".into()), ..s() }),
        with(Signals { null_return_path: true, ..s() }),
        mail("Sam <sam@example.org>"),
    ] {
        assert_eq!(judged(message, fresh, &[]).1, None);
    }
    let rule = [rule("action = \"summary\"")];
    assert_eq!(judged(mail("ada@example.com"), fresh, &rule), (Action::Summary, None, Triage::Fyi));
    let answered = ThreadFacts { answered: true, ..fresh };
    assert_eq!(judged(mail("ada@example.com"), answered, &[]), (Action::Summary, None, Triage::Fyi));
}

#[test]
fn a_list_that_the_owner_writes_to_and_that_names_him() {
    let message =
        with(Signals { list_id: Some("dev.example.org".into()), list_unsubscribe: true, ..Default::default() });
    let writes = ThreadFacts { owner_writes_to_list: true, ..ThreadFacts::default() };
    for (text, thread, action) in [
        ("Sam, what do you think?", writes, Action::Draft),
        ("What do you all think?", writes, Action::Source),
        ("The reed is green.", writes, Action::Source),
        ("Sam, what do you think?", ThreadFacts::default(), Action::Source),
    ] {
        assert_eq!(judge(&message, text, thread, &[]).action, action, "{text}");
    }
}

#[test]
fn own_mail_is_never_answered() {
    let own = mail("Sam <Reed+x@example.net>");
    let sent = Message { to: vec![Address::bare("ada@example.com")], ..own.clone() };
    let always = [rule("action = \"draft\"")];
    for (message, text, kind) in [
        (&own, "Remember the milk?", Triage::Fyi),
        (&sent, "Could you send it?", Triage::AwaitingReply),
        (&sent, "Here it is.", Triage::Done),
    ] {
        let verdict = judge(message, text, ThreadFacts::default(), &always);
        assert_eq!((verdict.triage, verdict.action), (kind, Action::Summary), "{text}");
    }
}

#[test]
fn rules_first_match_wins_and_what_is_unset_keeps_its_default() {
    let rules = [
        rule("match = { from = \"*@shop.example\" }\ntags = [\"shop\"]\nllm = false"),
        rule("match = { subject = \"*invoice*\" }\naction = \"ignore\""),
        rule("match = { list_id = \"*\" }\naction = \"draft\"\nurgency = \"low\""),
    ];
    let shop = judge(&mail("ada@shop.example"), "", ThreadFacts::default(), &rules);
    assert_eq!((shop.action, shop.llm, shop.tags), (Action::Draft, false, vec!["shop".to_owned()]));
    let invoice = Message { subject: "Your invoice".into(), ..mail("ada@example.com") };
    assert_eq!(judge(&invoice, "", ThreadFacts::default(), &rules).action, Action::Ignore);
    let list = with(Signals { list_id: Some("x".into()), ..Signals::default() });
    let lifted = judge(&list, "", ThreadFacts::default(), &rules);
    assert_eq!((lifted.action, lifted.urgency, lifted.triage), (Action::Draft, Some(Urgency::Low), Triage::Bulk));
    assert!(lifted.reason.contains("rule"));
    let wants = Digest { reply_reason: Some("asks a question".into()), ..Digest::default() };
    assert_eq!(settle(&lifted, &wants), Triage::NeedsReply);
    assert_eq!(settle(&lifted, &Digest::default()), Triage::Bulk);
}

#[test]
fn no_rule_starts_a_loop() {
    let always = [rule("action = \"draft\"")];
    for message in [
        with(Signals { auto_submitted: Some("auto-replied".into()), ..Signals::default() }),
        with(Signals { null_return_path: true, ..Signals::default() }),
        with(Signals { report: Some("delivery-status".into()), ..Signals::default() }),
        mail("mailer-daemon@mx.example"),
    ] {
        assert!(judge(&message, "", ThreadFacts::default(), &always).action < Action::Draft, "{message:?}");
    }
    let machine = with(Signals { auto_submitted: Some("auto-generated".into()), ..Signals::default() });
    assert_eq!(judge(&machine, "", ThreadFacts::default(), &always).action, Action::Draft);
}

#[test]
fn settles_on_what_the_digest_read() {
    let human = judge(&mail("ada@example.com"), "", ThreadFacts::default(), &[]);
    let wants = Digest { reply_reason: Some("asks a question".into()), ..Digest::default() };
    assert_eq!(settle(&human, &wants), Triage::NeedsReply);
    assert_eq!(settle(&human, &Digest::default()), Triage::Fyi);
    let held = Verdict { action: Action::Summary, ..human };
    assert_eq!(settle(&held, &wants), Triage::Fyi);
    assert_eq!(Triage::AwaitingReply.as_str(), "awaiting-reply");
}
