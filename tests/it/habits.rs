//! What its owner does, and what becomes of the words in the notes: answered elsewhere, rejected, always answered; and mail that no
//! habit makes a draft of.

use crate::support::*;
use std::path::PathBuf;

/// A mail of that day of January; `more`: further headers.
fn mail(world: &World, from: &str, id: &str, day: u32, more: &str, text: &str) -> String {
    format!(
        "From: {from}\nTo: {}\nSubject: Matter {id}\nMessage-ID: <{id}@example.com>\n{more}Date: {day} Jan 2026 10:00:00 +0000\n\n{text}\n",
        world.sam.email
    )
}

const ADA: &str = "Ada Park <ada@example.com>";
const QUESTION: &str = "Hi Sam,\n\ncould you please send me the plan of the hall?\n\nAda";

fn source(world: &World, id: &str) -> PathBuf {
    let is_it = |path: &PathBuf| front(path).text("message_id").is_some_and(|known| known.contains(&format!("<{id}@")));
    world.case.notes("Sources").into_iter().find(is_it).unwrap_or_else(|| panic!("no note of {id}"))
}

fn word(world: &World, id: &str) -> (String, Option<String>) {
    let front = front(&source(world, id));
    (front.text("triage").unwrap_or_default(), front.text("triage_reason"))
}

/// The owner answers from another program.
fn answers(world: &World, id: &str, day: u32) {
    world.has_sent(&format!(
        "From: Sam Reed <{}>\nTo: {ADA}\nSubject: Re: Matter {id}\nMessage-ID: <re-{id}@example.org>\n\
         In-Reply-To: <{id}@example.com>\nReferences: <{id}@example.com>\nDate: {day} Jan 2026 12:00:00 +0000\n\nHere it is.\n",
        world.sam.email
    ));
}

#[test]
fn answered_elsewhere_on_greenmail() {
    answered_elsewhere(&World::on_greenmail());
}

#[test]
fn answered_elsewhere_on_dovecot() {
    answered_elsewhere(&World::on_dovecot());
}

fn answered_elsewhere(world: &World) {
    world.receive(&mail(world, ADA, "a", 5, "", QUESTION));
    world.receive(&mail(world, ADA, "b", 6, "", QUESTION));
    world.sync();
    assert_eq!([word(world, "a").0, word(world, "b").0], ["needs-reply", "needs-reply"]);
    let draft = world.draft("Re: Matter a");
    // What its owner wrote into the note stays.
    let note = source(world, "a");
    let text = std::fs::read_to_string(&note).unwrap();
    put(&note, &format!("{text}\nMine.\n"));
    answers(world, "a", 7);
    world.sync();
    assert_eq!([word(world, "a").0, word(world, "b").0], ["done", "needs-reply"]);
    let changed = std::fs::read_to_string(&note).unwrap();
    assert_eq!(changed, format!("{}\nMine.\n", text.replacen("triage: needs-reply", "triage: done", 1)));
    assert_eq!(
        (world.status(&draft), world.status(&world.draft("Re: Matter b"))),
        ("superseded".into(), "pending".into())
    );
    // Once, and after the state was lost as before.
    let before = world.case.snapshot();
    world.sync();
    world.forget();
    world.sync();
    same(&world.case.snapshot(), &before);
    // Answered before it was ever seen here, it says so from the start and gets no draft.
    answers(world, "c", 9);
    world.receive(&mail(world, ADA, "c", 8, "", QUESTION));
    world.sync();
    assert_eq!(word(world, "c").0, "done");
    assert!(world.drafts().iter().all(|(_, subject)| subject != "Re: Matter c"));
}

#[test]
fn who_is_never_drafted_for_after_three_rejections() {
    let world = World::on_dovecot();
    for (id, day) in [("a", 1), ("b", 2), ("c", 3)] {
        world.receive(&mail(&world, ADA, id, day, "", QUESTION));
    }
    world.sync();
    for (path, _) in world.drafts() {
        let text = std::fs::read_to_string(&path).unwrap();
        put(&path, &text.replacen("status: pending", "status: rejected", 1));
    }
    world.sync();
    assert_eq!(word(&world, "a"), ("needs-reply".into(), None));
    world.receive(&mail(&world, ADA, "d", 4, "", QUESTION));
    let said = ("fyi".to_owned(), Some("you rejected the last 3 drafts to Ada Park".to_owned()));
    world.sync();
    assert_eq!(word(&world, "d"), said);
    assert_eq!(world.drafts().len(), 3);
    // Urgent, it is put before its owner all the same; and of somebody else nothing was rejected.
    world.receive(&mail(&world, ADA, "e", 5, "", &QUESTION.replace("please", "urgently")));
    world.receive(&mail(&world, "Ben Okri <ben@example.com>", "f", 5, "", QUESTION));
    world.sync();
    assert_eq!([word(&world, "e"), word(&world, "f")], [("needs-reply".into(), None), ("needs-reply".into(), None)]);
    // The next one says the same when the state was lost: the files know what was rejected.
    world.forget();
    world.sync();
    world.receive(&mail(&world, ADA, "g", 6, "", QUESTION));
    world.sync();
    assert_eq!(word(&world, "g"), ("fyi".into(), Some("you rejected the last 3 drafts to Ada Park".into())));
}

#[test]
fn who_is_always_answered_is_put_before_its_owner() {
    let world = World::on_dovecot();
    for (id, day) in [("a", 1), ("b", 2), ("c", 3), ("d", 4)] {
        answers(&world, id, day + 1);
        world.receive(&mail(&world, ADA, id, day, "", QUESTION));
    }
    world.sync();
    let news = "Hi Sam,\n\nthe hall is painted at last, and the shelves come back on Monday, as we agreed when you were here.\n\nAda";
    world.receive(&mail(&world, ADA, "e", 12, "In-Reply-To: <re-d@example.org>\n", news));
    world.receive(&mail(&world, "Ben Okri <ben@example.com>", "f", 12, "", news));
    world.receive(&mail(&world, ADA, "g", 13, "", QUESTION));
    world.sync();
    let why = "you answered 4 of the last 4 mails of Ada Park";
    assert_eq!(word(&world, "e"), ("needs-reply".into(), Some(why.into())));
    assert_eq!(word(&world, "f"), ("fyi".into(), None));
    // Nothing is asked in the one: no draft. Of the other the reason tells.
    assert_eq!(world.drafts().len(), 1, "{:?}", world.drafts());
    let reason = front(&world.draft("Re: Matter g")).text("reason").unwrap();
    assert!(reason.contains("you answered 4 of the last"), "{reason}");
}

#[test]
fn mail_to_many_is_never_drafted_for() {
    let world = World::on_greenmail();
    let machines = [
        ("list", "List-Id: Lanterns <lanterns.example.com>\n"),
        ("unsubscribe", "List-Unsubscribe: <https://example.com/u>\n"),
        ("bulk", "Precedence: bulk\n"),
        ("auto", "Auto-Submitted: auto-generated\n"),
    ];
    for (id, header) in machines {
        world.receive(&mail(&world, ADA, id, 5, header, &QUESTION.replace("Hi Sam", "Hello")));
    }
    world.receive(&mail(&world, "Shop <no-reply@example.com>", "shop", 5, "", QUESTION));
    // However often it is answered.
    for id in ["list", "bulk"] {
        answers(&world, id, 6);
    }
    world.sync();
    world.receive(&mail(&world, ADA, "list2", 9, machines[0].1, &QUESTION.replace("Hi Sam", "Hello")));
    world.sync();
    assert!(world.drafts().is_empty(), "{:?}", world.drafts());
    assert_eq!(word(&world, "list2").0, "bulk");
    assert_eq!(word(&world, "shop").0, "automatic");
    assert_eq!(world.case.notes("Sources").len(), 6);
}

#[test]
fn how_soon_is_said_with_its_reason() {
    let rules = "[[rules]]\nmatch = { from = \"ada@*\" }\nurgency = \"urgent\"\n";
    let world = World::on_greenmail().configured(rules, |toml| toml);
    let ben = "Ben Okri <ben@example.com>";
    world.receive(&mail(&world, ADA, "a", 5, "", QUESTION));
    world.receive(&mail(&world, ben, "b", 5, "", &QUESTION.replace("hall?", "hall? No rush.")));
    world.receive(&mail(&world, ben, "c", 5, "", &QUESTION.replace("please", "urgently")));
    world.sync();
    for (id, urgency, why) in
        [("a", "urgent", "urgent by a rule of yours"), ("b", "low", "no rush"), ("c", "urgent", "urgently")]
    {
        let front = front(&world.draft(&format!("Re: Matter {id}")));
        assert_eq!(front.text("urgency").as_deref(), Some(urgency), "{id}");
        let reason = front.text("reason").unwrap();
        assert!(reason.contains(why), "{id}: {reason}");
    }
}
