use super::*;
use crate::note::draft;

fn identities() -> Vec<Identity> {
    vec![
        Identity { account: "work".into(), address: Address::named("Sam Reed", "sam@example.org") },
        Identity { account: "work".into(), address: Address::named("Sam Reed", "sam.reed@example.net") },
    ]
}

fn judge_text(front: &str, body: &str, known: Known, parent: Option<&Parent>, newer: Option<&str>) -> Judgement {
    let note = format!("---\ntype: draft-reply\n{front}---\n## Draft Response\n{body}\n");
    let draft = draft::read(&note).expect("yaml").expect("a draft");
    let now = "2026-01-05T19:35:19[UTC]".parse().expect("a time");
    let identities = identities();
    judge(
        &draft,
        Facts {
            draft_id: "d1",
            known,
            identities: &identities,
            parent,
            newer,
            attachments: Ok(Vec::new()),
            enclosed: &Enclosed::default(),
            now: &now,
        },
    )
}

fn refused(front: &str, body: &str) -> String {
    match judge_text(front, body, Known::Unsent, None, None) {
        Judgement::Refused(reason) => reason,
        other => panic!("{front:?}: {other:?}"),
    }
}

const GOOD: &str = "status: approved\nfrom: sam.reed@example.net\nto: [\"Ada <ada@example.com>\"]\nsubject: \"Re: x\"\nin_reply_to: <c@x>\n";

#[test]
fn approves_what_is_sound() {
    let parent = Parent {
        message_id: Some("c@x".into()),
        references: vec!["a@x".into(), "b@x".into()],
        in_reply_to: vec!["b@x".into()],
    };
    let Judgement::Approved(draft) = judge_text(GOOD, "Hi", Known::Unsent, Some(&parent), None) else {
        panic!("not approved")
    };
    assert_eq!(draft.from().to_string(), "Sam Reed <sam.reed@example.net>");
    assert_eq!(draft.references(), ["a@x", "b@x", "c@x"]);
    assert_eq!(draft.in_reply_to(), Some("c@x"));
}

#[test]
fn only_an_approved_draft_is_judged() {
    for status in [
        "pending",
        "draft",
        "rejected",
        "queued",
        "sending",
        "sent",
        "failed",
        "uncertain",
        "superseded",
        "conflict",
        "approve",
        "yes",
        "''",
    ] {
        let front = GOOD.replace("approved", status);
        assert_eq!(judge_text(&front, "Hi", Known::Unsent, None, None), Judgement::Waiting, "{status}");
    }
}

#[test]
fn nothing_goes_twice() {
    assert_eq!(judge_text(GOOD, "Hi", Known::Sent, None, None), Judgement::AlreadySent);
    let marked = format!("{GOOD}message_id: <m@x>\n");
    assert_eq!(judge_text(&marked, "Hi", Known::Unsent, None, None), Judgement::AlreadySent);
    assert!(matches!(judge_text(GOOD, "Hi", Known::Elsewhere, None, None), Judgement::Refused(_)));
    assert_eq!(judge_text(GOOD, "Hi", Known::InFlight, None, None), Judgement::Waiting);
}

#[test]
fn a_thread_that_moved_on_asks_again_once() {
    assert_eq!(judge_text(GOOD, "Hi", Known::Unsent, None, Some("d@x")), Judgement::Conflict("d@x".into()));
    let confirmed = format!("{GOOD}conflict_with: \"<d@x>\"\n");
    assert!(matches!(judge_text(&confirmed, "Hi", Known::Unsent, None, Some("d@x")), Judgement::Approved(_)));
}

#[test]
fn refuses_with_a_reason() {
    for (from, to, what) in [
        ("Ada <ada@example.com>", "me", "`to`: \"me\" is no mail address"),
        ("Ada <ada@example.com>", "a@b.c\\r\\nBcc: d@e.f", "control character"),
        ("[\"Ada <ada@example.com>\"]", "[]", "no recipient"),
        ("[\"Ada <ada@example.com>\"]", "{a: b}", "`to` should be"),
        ("\"Re: x\"", "\"Re: x\\nBcc: d@e.f\"", "`subject` holds a line break"),
        ("\"Re: x\"", "\"a\\0b\"", "`subject` holds"),
        ("subject: \"Re: x\"", "subject:", "`subject` is empty"),
        ("sam.reed@example.net", "ada@example.com", "none of your addresses"),
        ("sam.reed@example.net", "\"x\\ny <sam@example.org>\"", "control character"),
        ("<c@x>", "\"<c@x>\\r\\nX: y\"", "`in_reply_to`"),
        ("subject:", "send_at: soon\nsubject:", "`send_at`"),
    ] {
        let front = GOOD.replacen(from, to, 1);
        assert_ne!(front, GOOD, "{from}");
        let reason = refused(&front, "Hi");
        assert!(reason.contains(what), "{to}: {reason}");
    }
    assert!(refused(GOOD, "").contains("empty"));
    assert!(refused(GOOD, "x […]").contains("gap"));
    assert!(refused(GOOD, "x \u{1b}[31m").contains("control character"));
}

#[test]
fn the_hash_covers_what_the_owner_sees() {
    let hash = |front: &str, body: &str| match judge_text(front, body, Known::Unsent, None, None) {
        Judgement::Approved(d) => d.hash(),
        other => panic!("{other:?}"),
    };
    let base = hash(GOOD, "Hi");
    assert_eq!(base, hash(GOOD, "Hi"));
    for (front, body) in [
        (GOOD.to_owned(), "Hi!"),
        (GOOD.replace("ada@", "eve@"), "Hi"),
        (GOOD.replace("Re: x", "Re: y"), "Hi"),
        (format!("{GOOD}bcc: eve@example.com\n"), "Hi"),
        (format!("{GOOD}send_at: 2026-01-06T09:00\n"), "Hi"),
    ] {
        assert_ne!(base, hash(&front, body), "{front}");
    }
}

#[test]
fn travelling_into_another_time_zone_changes_nothing() {
    let note = format!("---\ntype: draft-reply\n{GOOD}send_at: 2026-01-06T09:00\n---\n## Draft Response\nHi\n");
    let draft = draft::read(&note).expect("yaml").expect("a draft");
    let hash_in = |now: &str| {
        let (now, identities) = (now.parse().expect("a time"), identities());
        let facts = Facts {
            draft_id: "d1",
            known: Known::Unsent,
            identities: &identities,
            parent: None,
            newer: None,
            attachments: Ok(Vec::new()),
            enclosed: &Enclosed::default(),
            now: &now,
        };
        approve(&draft, facts).expect("approved").hash()
    };
    assert_eq!(hash_in("2026-01-05T19:35:19[UTC]"), hash_in("2026-01-06T04:35:19[Asia/Tokyo]"));
}
