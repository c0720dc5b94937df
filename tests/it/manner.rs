//! Drafts in their owner's manner: learned from sent mail, from the person first, the same after the state was lost; and what of it
//! a language model is shown.

use crate::support::*;
use std::ops::Add;
use std::path::PathBuf;

/// A mail that the owner sent from another program; `id` is the day of December, too.
fn wrote(world: &World, id: u32, to: &str, subject: &str, text: &str) {
    world.has_sent(&format!(
        "From: Sam Reed <{}>\nTo: {to}\nSubject: {subject}\nMessage-ID: <s{id}@example.org>\n\
         Date: {id} Dec 2025 10:00:00 +0000\nContent-Type: text/plain; charset=utf-8\n\n{text}\n",
        world.sam.email
    ));
}

fn asks(world: &World, id: &str, from: &str, text: &str) {
    world.receive(&format!(
        "From: {from}\nTo: {}\nSubject: The {id}\nMessage-ID: <{id}@example.com>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\
         Content-Type: text/plain; charset=utf-8\n\n{text}\n",
        world.sam.email
    ));
}

const ADA: &str = "Ada Park <ada@example.com>";
const PARK: &str = "Ines Park <i.park@university.example>";
const QUESTION: &str = "Hi Sam,\n\ncould you please send me the plan for this week?\n\nBest,\nAda";

/// What would be sent of the draft with that subject.
fn response(world: &World, subject: &str) -> String {
    let text = std::fs::read_to_string(world.draft(subject)).unwrap();
    let (_, rest) = text.split_once("## Draft Response\n\n").unwrap();
    rest.split_once("\n\n---\n").unwrap().0.to_owned()
}

fn framed(world: &World, subject: &str, greeting: &str, closing: &str) {
    let text = response(world, subject);
    assert!(text.starts_with(&format!("{greeting}\n\n")), "{greeting}:\n{text}");
    assert!(text.ends_with(&format!("\n\n{closing}")), "{closing}:\n{text}");
}

fn correspondence(world: &World) {
    let plan = "the plan is on your desk, and you can have it as long as you like.";
    wrote(world, 1, ADA, "Lamps", &format!("Hi Ada,\n\n{plan}\n\nCheers,\nSammy"));
    wrote(world, 2, PARK, "Lecture", &format!("Dear Dr Park,\n\n{plan}\n\nKind regards\nSam Reed"));
    // What an answer quotes is not its owner's.
    wrote(
        world,
        3,
        ADA,
        "Re: Lamps",
        &format!("Hi Ada,\n\n{plan}\n\nCheers,\nSammy\n\nOn Monday, Ada wrote:\n> Dear Sammy,\n> no.\n> Love, A."),
    );
    // Nobody is greeted as somebody else was, nor as many were.
    wrote(
        world,
        4,
        "Ben Okri <ben@example.com>",
        "Keys",
        "Hi all,\n\nthe keys are where you can find them.\n\nLove,\nSam",
    );
}

#[test]
fn as_its_owner_writes_on_dovecot() {
    as_its_owner_writes(&World::on_dovecot());
}

#[test]
fn as_its_owner_writes_on_greenmail() {
    as_its_owner_writes(&World::on_greenmail());
}

fn as_its_owner_writes(world: &World) {
    correspondence(world);
    asks(world, "plan", ADA, QUESTION);
    asks(world, "lecture", PARK, "Dear Mr Reed,\n\ncould you please send me the plan for this week?\n\nInes Park");
    asks(
        world,
        "keys",
        "Ben Okri <ben@example.com>",
        "Hi Sam,\n\ncould you please send me the keys for this week?\n\nBen",
    );
    asks(
        world,
        "lamps",
        "Cyd Ode <cyd@example.com>",
        "Hi Sam,\n\ncould you please send me the lamps for this week?\n\nCyd",
    );
    world.sync();
    let same = |world: &World| {
        framed(world, "Re: The plan", "Hi Ada,", "Cheers,  \nSammy");
        framed(world, "Re: The lecture", "Dear Dr Park,", "Kind regards  \nSam Reed");
        framed(world, "Re: The keys", "Hi Ben,", "Love,  \nSam");
        framed(world, "Re: The lamps", "Hi Cyd,", "Best regards,  \nSam Reed");
    };
    same(world);
    // What was sent without a note makes none for having been read.
    assert_eq!(world.case.notes("Sources").len(), 4);
    // The state is lost: nothing changes, what nobody touched is known as that, and written anew it is the same.
    let before = world.case.snapshot();
    world.forget();
    world.sync();
    crate::support::same(&world.case.snapshot(), &before);
    for source in world.case.notes("Sources") {
        world.case.postnote(&["draft", source.to_str().unwrap()]).ended(0);
    }
    same(world);
    for (path, _) in world.drafts() {
        std::fs::remove_file(path).unwrap();
    }
    world.forget();
    world.sync();
    for source in world.case.notes("Sources") {
        world.case.postnote(&["draft", source.to_str().unwrap()]).ended(0);
    }
    same(world);
    // What is sent in this manner is what arrives.
    let draft = world.draft("Re: The plan");
    world.approve(&draft, "Here it is.");
    world.sync();
    assert_eq!(world.status(&draft), "sent");
    let sent = world.sent();
    let (_, text) =
        sent.iter().find(|m| m.header("Subject").as_deref() == Some("Re: The plan")).unwrap().parts().remove(0);
    assert!(text.starts_with("Hi Ada,") && text.contains("Cheers,") && text.contains("Sammy"), "{text}");
}

#[test]
fn nothing_is_learned_where_that_is_not_wanted() {
    let world = World::on_greenmail().configured("[assistant]\nmanner = false\n", |toml| toml);
    correspondence(&world);
    asks(&world, "plan", ADA, QUESTION);
    world.sync();
    framed(&world, "Re: The plan", "Hi Ada,", "Best regards,  \nSam Reed");
    let db = rusqlite::Connection::open(world.case.state().join("state.db")).unwrap();
    assert_eq!(db.query_row("SELECT count(*) FROM manners", [], |r| r.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn what_is_sent_later_counts_for_later_mail() {
    let world = &World::on_dovecot();
    asks(world, "plan", ADA, QUESTION);
    world.sync();
    framed(world, "Re: The plan", "Hi Ada,", "Best regards,  \nSam Reed");
    let sent = |id: u32, leave: &str, file: usize| {
        let file = "QUJD".repeat(18).add("\n").repeat(file);
        world.has_sent(&format!(
            "From: Sam Reed <{}>\nTo: {ADA}\nSubject: Lamps\nMessage-ID: <s{id}@example.org>\nDate: {id} Jan 2026 10:00:00 +0000\n\
             MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\n\
             Ada dear,\n\nthe lamps are where you can find them.\n\n{leave}\n--b\n\
             Content-Type: application/pdf; name=plan.pdf\nContent-Transfer-Encoding: base64\n\n{file}\n--b--\n",
            world.sam.email
        ));
    };
    // Large ones are not read for it; whatever lies between them is.
    sent(6, "Yours,\nSam", 2000);
    sent(7, "Cheers,\nSammy", 10);
    sent(8, "Yours,\nSam", 2000);
    let before = std::fs::read(world.draft("Re: The plan")).unwrap();
    world.sync();
    assert_eq!(std::fs::read(world.draft("Re: The plan")).unwrap(), before);
    world.receive(&format!(
        "From: {ADA}\nTo: {}\nSubject: Keys\nMessage-ID: <k1@example.com>\nDate: Fri, 9 Jan 2026 10:00:00 +0000\n\n{QUESTION}\n",
        world.sam.email
    ));
    world.sync();
    framed(world, "Re: Keys", "Hi Ada,", "Cheers,  \nSammy");
}

/// A world with a model, whose Sent holds mail to Ada and to Dr Park, each with a sentence of its own.
fn shown(more: &str, before: impl FnOnce(&World)) -> (World, String) {
    let answer = serde_json::json!({
        "title": "Ada Park wants the plan", "summary": "Ada wants the plan.", "actions": [], "decisions": [], "key_information": [],
        "questions": [], "urgency": "normal", "reply": "The lantern stands behind Marta.",
    });
    let server = ModelServer::saying(answer.to_string());
    let world = World::on_dovecot().configured(&server.toml(more), |toml| toml);
    before(&world);
    wrote(&world, 1, ADA, "Lamps", "Hi Ada,\n\nThe lantern stands behind Marta.\n\nCheers,\nSammy");
    wrote(
        &world,
        2,
        PARK,
        "Lecture",
        "Dear Dr Park,\n\nThe lecture was a delight to all of us.\n\nKind regards\nSam Reed",
    );
    world.sync();
    asks(&world, "plan", ADA, QUESTION);
    world.sync();
    let asked: Vec<_> = server.asked().into_iter().map(|asked| asked.text()).collect();
    let text = asked.iter().find(|text| text.contains("Subject: The plan")).unwrap_or_else(|| panic!("{asked:?}"));
    (world, text.clone())
}

#[test]
fn a_model_hears_how_its_owner_writes_to_that_person_and_to_nobody_else() {
    let (world, prompt) = shown("", |_| {});
    for part in ["HOW THE OWNER WRITES", "Hi Ada,", "Cheers, / Sammy", "The lantern stands behind Marta."] {
        assert!(prompt.contains(part), "{part}:\n{prompt}");
    }
    for part in ["Dr Park", "a delight", "Kind regards"] {
        assert!(!prompt.contains(part), "{part}:\n{prompt}");
    }
    // It shows a manner and is no fact: said again, it is for its owner to look at.
    framed(&world, "Re: The plan", "Hi Ada,", "Cheers,  \nSammy");
    let text = response(&world, "Re: The plan");
    assert!(text.contains("[TODO check: The lantern stands behind Marta.]"), "{text}");
}

#[test]
fn a_model_hears_of_no_mail_that_is_kept_from_it() {
    let rule = |what: &str| format!("[[rules]]\nmatch = {{ {what} }}\nllm = false\n");
    let lamps = |world: &World| {
        world.receive(&format!(
            "From: {ADA}\nTo: {}\nSubject: Lamps\nMessage-ID: <lamps@example.com>\nDate: 1 Nov 2025 10:00:00 +0000\n\n\
             Hi Sam,\n\nthe lamps are here.\n\nAda\n",
            world.sam.email
        ));
        wrote(
            world,
            3,
            ADA,
            "Re: Lamps",
            "Hi Ada,\n\nThe other lantern is in the cellar of the works.\n\nCheers,\nSammy",
        );
    };
    for more in [
        "mailboxes = [\"*\", \"!Sent\"]".to_owned(),
        rule("subject = \"*lamps*\""),
        rule("to = \"ada@*\", mailbox = \"Sent\""),
        rule("from = \"*@dovecot.example.org\""),
    ] {
        let (world, prompt) = shown(&more, lamps);
        assert!(!prompt.contains("HOW THE OWNER WRITES") && !prompt.contains("lantern"), "{more}:\n{prompt}");
        // Its own draft is framed all the same: nobody else hears of that.
        framed(&world, "Re: The plan", "Hi Ada,", "Cheers,  \nSammy");
    }
}

#[test]
fn a_conversation_that_is_confidential_shows_no_manner() {
    let server = ModelServer::saying("{}".to_owned());
    let world = World::on_dovecot().configured(&server.toml(""), |toml| toml);
    world.receive(&format!(
        "From: {ADA}\nTo: {}\nSubject: Lamps\nMessage-ID: <lamps@example.com>\nDate: 1 Nov 2025 10:00:00 +0000\n\n\
         Hi Sam,\n\nthe lamps are here.\n\nAda\n",
        world.sam.email
    ));
    world.has_sent(&format!(
        "From: Sam Reed <{}>\nTo: {ADA}\nSubject: Re: Lamps\nMessage-ID: <s1@example.org>\nIn-Reply-To: <lamps@example.com>\n\
         Date: 2 Nov 2025 10:00:00 +0000\n\nHi Ada,\n\nThe lantern stands behind the house.\n\nCheers,\nSammy\n",
        world.sam.email
    ));
    world.sync();
    let source: PathBuf = world.case.notes("Sources").remove(0);
    let text = std::fs::read_to_string(&source).unwrap();
    put(&source, &text.replacen("tags: [", "tags: [confidential, ", 1));
    asks(&world, "plan", ADA, QUESTION);
    world.sync();
    let asked =
        server.asked().into_iter().map(|asked| asked.text()).find(|text| text.contains("Subject: The plan")).unwrap();
    assert!(!asked.contains("HOW THE OWNER WRITES") && !asked.contains("behind the house"), "{asked}");
}
