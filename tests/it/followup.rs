//! Questions that the owner asked: told of when nobody answers, asked again if that is wanted, withdrawn when an answer comes.

use crate::support::*;
use std::path::{Path, PathBuf};

const ON: &str = "[assistant]\nfollow_up = \"3d\"\nnudge = true\n";

/// So many days ago, as a header has it.
fn days_ago(days: i64) -> String {
    let now = postnote::pass::now().with_time_zone(jiff::tz::TimeZone::UTC);
    now.saturating_sub(jiff::Span::new().days(days)).strftime("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

struct Asked {
    world: World,
    ada: User,
}

impl Asked {
    fn of(world: World) -> Asked {
        let world = world.configured(ON, |toml| toml);
        let ada = world.greenmail.user("ada", "example.com");
        Asked { world, ada }
    }

    /// The owner wrote from another program.
    fn sent(&self, id: &str, more: &str, days: i64, text: &str) {
        let (sam, ada) = (&self.world.sam.email, &self.ada.email);
        self.world.has_sent(&format!(
            "From: Sam Reed <{sam}>\nTo: Ada Park <{ada}>\nSubject: Lantern room\nMessage-ID: <{id}@example.org>\n{more}Date: {}\n\n{text}\n",
            days_ago(days)
        ));
    }

    fn answers(&self, id: &str, more: &str, text: &str) {
        let (sam, ada) = (&self.world.sam.email, &self.ada.email);
        self.world.receive(&format!(
            "From: Ada Park <{ada}>\nTo: Sam Reed <{sam}>\nSubject: Re: Lantern room\nMessage-ID: <{id}@example.com>\n\
             In-Reply-To: <q1@example.org>\nReferences: <q1@example.org>\n{more}Date: {}\n\n{text}\n",
            days_ago(0)
        ));
    }

    /// The notes on questions, and the drafts that ask again.
    fn told(&self) -> (Vec<PathBuf>, Vec<PathBuf>) {
        let all = self.world.case.notes("People");
        let notes = all.into_iter().filter(|path| path.to_string_lossy().contains("Awaiting a reply")).collect();
        let drafts = self.world.case.notes("Outbox");
        (notes, drafts.into_iter().filter(|path| path.to_string_lossy().contains("_Ask-Again_")).collect())
    }

    fn one(&self) -> (PathBuf, PathBuf) {
        match self.told() {
            (notes, drafts) if notes.len() == 1 && drafts.len() == 1 => (notes[0].clone(), drafts[0].clone()),
            told => panic!("{told:?}"),
        }
    }

    fn word(&self, path: &Path, key: &str) -> String {
        front(path).text(key).unwrap_or_default()
    }
}

const QUESTION: &str = "Hi Ada,\n\nwhen can you bring the crates to the lantern room?\n\nSam";

#[test]
fn asked_again_on_greenmail() {
    asked_again(&Asked::of(World::on_greenmail()));
}

#[test]
fn asked_again_on_dovecot() {
    asked_again(&Asked::of(World::on_dovecot()));
}

/// The whole loop: told of, asked again once, whatever is lost, and withdrawn by the answer.
fn asked_again(asked: &Asked) {
    let world = &asked.world;
    asked.sent("q1", "", 4, QUESTION);
    asked.sent("q2", "", 1, "Hi Ada,\n\ncan you lend me the ladder?\n\nSam");
    asked.sent("q3", "", 5, "Hi Ada,\n\nthe list is on your desk.\n\nSam");
    let out = world.sync();
    let (note, draft) = asked.one();
    assert!(out.contains("awaiting a reply: People/Ada Park/") && out.contains("to approve: Outbox/"), "{out}");
    assert_eq!((asked.word(&note, "status"), asked.word(&note, "triage")), ("waiting".into(), "awaiting-reply".into()));
    let text = std::fs::read_to_string(&note).unwrap();
    assert!(text.contains("\n- when can you bring the crates to the lantern room?\n"), "{text}");
    let text = std::fs::read_to_string(&draft).unwrap();
    assert!(
        text.contains("\n> when can you bring the crates to the lantern room?\n")
            && text.contains("# Draft Reply to Ada Park"),
        "{text}"
    );
    assert_eq!(asked.word(&draft, "reason"), "no answer for 4 days");
    assert_eq!(asked.word(&draft, "in_reply_to"), "<q1@example.org>");
    // Nothing of it happens twice, neither now nor when the state is lost.
    let before = world.case.snapshot();
    world.sync();
    same(&world.case.snapshot(), &before);
    world.forget();
    world.sync();
    same(&world.case.snapshot(), &before);
    // Sent as it is: to her, in its thread.
    put(&draft, &text.replacen("\nstatus: pending\n", "\nstatus: approved\n", 1));
    world.sync();
    assert_eq!(asked.word(&draft, "status"), "sent", "{}", asked.word(&draft, "error"));
    let inbox = world.inbox_of(&asked.ada);
    assert_eq!(inbox.len(), 1);
    assert_eq!(inbox[0].header("In-Reply-To").as_deref(), Some("<q1@example.org>"));
    assert_eq!(inbox[0].header("Subject").as_deref(), Some("Re: Lantern room"));
    // The question waits on, and is not asked a third time; not by what was lost either.
    world.sync();
    assert_eq!(asked.word(&note, "status"), "waiting");
    world.forget();
    world.forget_ledger();
    world.sync();
    assert_eq!((asked.one().0, asked.word(&note, "status")), (note.clone(), "waiting".into()));
    assert_eq!(world.inbox_of(&asked.ada).len(), 1);
    // A machine's word is no answer; hers is.
    asked.answers("away", "Auto-Submitted: auto-replied\n", "I am away.");
    world.sync();
    assert_eq!(asked.word(&note, "status"), "waiting");
    asked.answers("a1", "", "On Friday.");
    world.sync();
    assert_eq!((asked.word(&note, "status"), asked.word(&note, "triage")), ("answered".into(), "done".into()));
    assert_eq!(asked.word(&draft, "status"), "sent");
    let before = world.case.snapshot();
    world.forget();
    world.sync();
    assert_eq!(asked.told(), (vec![note.clone()], vec![draft]));
    assert_eq!(std::fs::read(&note).unwrap(), before[note.strip_prefix(world.case.vault()).unwrap()]);
}

#[test]
fn an_answer_withdraws_what_waits_and_keeps_what_its_owner_wrote() {
    let asked = Asked::of(World::on_greenmail());
    asked.sent("q1", "", 4, QUESTION);
    asked.world.sync();
    let (note, draft) = asked.one();
    for path in [&note, &draft] {
        let text = std::fs::read_to_string(path).unwrap();
        put(path, &text.replace("\n## ", "\nMine.\n\n## "));
    }
    asked.answers("a1", "", "On Friday.");
    asked.world.sync();
    assert_eq!((asked.word(&note, "status"), asked.word(&draft, "status")), ("answered".into(), "superseded".into()));
    for path in [&note, &draft] {
        assert!(std::fs::read_to_string(path).unwrap().contains("\nMine.\n"));
    }
}

#[test]
fn an_approved_one_waits_for_a_second_look_when_an_answer_has_come() {
    let asked = Asked::of(World::on_greenmail());
    asked.sent("q1", "", 4, QUESTION);
    asked.world.sync();
    let (note, draft) = asked.one();
    let text = std::fs::read_to_string(&draft).unwrap();
    // The answer is known before it is approved, and its owner has not looked.
    put(&draft, &text.replacen("\nstatus: pending\n", "\nstatus: approved\nsend_at: 2199-01-01T00:00\n", 1));
    asked.world.sync();
    assert_eq!(asked.word(&draft, "status"), "queued");
    put(&draft, &text.replacen("\nstatus: pending\n", "\nstatus: rejected\n", 1));
    asked.answers("a1", "", "On Friday.");
    asked.world.sync();
    assert_eq!((asked.word(&draft, "status"), asked.word(&note, "status")), ("rejected".into(), "answered".into()));
    put(&draft, &text.replacen("\nstatus: pending\n", "\nstatus: approved\n", 1));
    asked.world.case.postnote(&["sync"]).ended(1);
    assert_eq!(asked.word(&draft, "status"), "conflict");
    assert_eq!(asked.world.inbox_of(&asked.ada).len(), 0);
}

#[test]
fn who_asks_again_by_themselves_is_not_doubled() {
    let asked = Asked::of(World::on_greenmail());
    asked.sent("q1", "", 9, QUESTION);
    asked.world.sync();
    let (note, draft) = asked.one();
    asked.sent(
        "q1b",
        "In-Reply-To: <q1@example.org>\nReferences: <q1@example.org>\n",
        1,
        "Hi Ada,\n\nany news of the crates?\n\nSam",
    );
    asked.world.sync();
    assert_eq!((asked.word(&note, "status"), asked.word(&draft, "status")), ("superseded".into(), "superseded".into()));
    assert_eq!(asked.one(), (note.clone(), draft.clone()));
    asked.world.forget();
    asked.world.sync();
    assert_eq!(asked.one(), (note, draft));
}

#[test]
fn what_its_owner_closed_or_deleted_is_left_alone() {
    let asked = Asked::of(World::on_greenmail());
    asked.sent("q1", "", 4, QUESTION);
    asked.world.sync();
    let (note, draft) = asked.one();
    let text = std::fs::read_to_string(&note).unwrap();
    put(&note, &text.replacen("\nstatus: waiting\n", "\nstatus: closed\n", 1));
    std::fs::remove_file(&draft).unwrap();
    asked.world.sync();
    asked.world.forget();
    asked.answers("a1", "", "On Friday.");
    asked.world.sync();
    assert_eq!(asked.word(&note, "status"), "closed");
    assert_eq!(asked.told().1, Vec::<PathBuf>::new());
}

#[test]
fn nobody_is_reminded_unless_it_is_wanted() {
    let asked = Asked::of(World::on_greenmail());
    let world = asked.world.configured("", |toml| toml);
    let asked = Asked { world, ada: asked.ada };
    asked.sent("q1", "", 4, QUESTION);
    asked.world.sync();
    assert_eq!(asked.told(), (Vec::new(), Vec::new()));
}
