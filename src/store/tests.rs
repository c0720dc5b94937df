use super::messages::StoredMessage;
use super::outbox::{OutboxRow, State};
use super::*;

fn store() -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).expect("a store");
    (dir, store)
}

fn row(draft_id: &str) -> OutboxRow {
    OutboxRow {
        id: 0,
        draft_id: draft_id.into(),
        note: "Outbox/x.md".into(),
        account: "work".into(),
        hash: "h".into(),
        sender: "sam@example.org".into(),
        recipients: vec!["a@b.c".into(), "d@e.f".into()],
        message_id: "m@x".into(),
        bytes: b"x".to_vec(),
        parent: None,
        state: State::Queued,
        attempts: 0,
        not_before: 5,
        sent_at: None,
        response: None,
        error: None,
    }
}

fn message(id: &str, thread: &str, at: i64, own: bool, parent: &[&str]) -> StoredMessage {
    StoredMessage {
        key: id.into(),
        account: "work".into(),
        mailbox: "INBOX".into(),
        uid_validity: 1,
        uid: 1,
        message_id: Some(id.into()),
        thread: thread.into(),
        in_reply_to: parent.iter().map(|p| (*p).to_owned()).collect(),
        references: vec![],
        author: "ada@example.com".into(),
        subject: "x".into(),
        at,
        own,
        note: Some(format!("{id}.md")),
        digest: None,
    }
}

#[test]
fn a_row_past_an_attempt_is_never_queued_again_by_itself() {
    let (_dir, store) = store();
    assert!(store.queue(&row("d1")).expect("queued"));
    let id = store.outbox_of("d1").expect("read").expect("a row").id;
    assert!(!store.queue(&row("d1")).expect("asked"), "queued twice");
    assert!(store.begin_attempt(id).expect("begun"));
    assert!(!store.begin_attempt(id).expect("asked"), "begun twice");
    assert!(!store.queue(&row("d1")).expect("asked"));
    store.accepted(id, "2026-01-05T19:35:19", "250 OK").expect("accepted");
    assert!(!store.queue(&row("d1")).expect("asked"));
    store.move_note("d1", "Outbox/Later/x.md").expect("moved");
    store.filed(id).expect("filed");
    assert!(!store.queue(&row("d1")).expect("asked"));
    let filed = store.outbox(State::Filed).expect("rows");
    assert_eq!(filed.iter().map(|r| (r.note.as_str(), r.bytes.len())).collect::<Vec<_>>(), [("Outbox/Later/x.md", 0)]);
}

#[test]
fn a_failed_row_comes_back_with_a_new_approval() {
    let (_dir, store) = store();
    store.queue(&row("d1")).expect("queued");
    let id = store.outbox_of("d1").expect("read").expect("a row").id;
    store.begin_attempt(id).expect("begun");
    store.set_state(id, State::Failed, Some("550")).expect("failed");
    let again = OutboxRow { bytes: b"y".to_vec(), ..row("d1") };
    assert!(store.queue(&again).expect("queued"));
    let found = store.outbox_of("d1").expect("read").expect("a row");
    assert_eq!(
        (found.bytes, found.state, found.attempts, found.recipients.len()),
        (b"y".to_vec(), State::Queued, 0, 2)
    );
}

#[test]
fn threads_and_answers() {
    let (_dir, store) = store();
    for m in [message("a", "a", 1, false, &[]), message("b", "a", 2, true, &["a"]), message("c", "a", 3, false, &["b"])]
    {
        store.put_message(&m).expect("put");
    }
    assert_eq!(store.threads_of(&["x", "b"]).expect("read"), ["a"]);
    assert!(store.is_answered(Some("a"), "a", 1).expect("read"));
    assert!(!store.is_answered(Some("c"), "a", 3).expect("read"));
    assert_eq!(store.note_before("a", 3).expect("read").as_deref(), Some("b.md"));
    assert_eq!(store.newer_in("a", 1).expect("read").as_deref(), Some("c"));
}

#[test]
fn ids_that_are_only_named_belong_to_a_thread() {
    let (_dir, store) = store();
    store.put_message(&message("c", "b", 3, false, &["b"])).expect("put");
    assert_eq!(store.threads_of(&["x", "c", "b"]).expect("read"), ["b"]);
    assert!(!store.has_root("b").expect("read"));
    store.put_message(&message("a", "a", 1, false, &[])).expect("put");
    assert_eq!(store.threads_of(&["a", "b"]).expect("read"), ["a", "b"]);
    assert!(store.has_root("a").expect("read"));
    assert_eq!(store.merge_threads("b", "a").expect("merged"), ["c.md"]);
    assert_eq!(store.threads_of(&["c", "b", "a"]).expect("read"), ["a"]);
    assert_eq!(store.message("c").expect("read").expect("there").thread, "a");
    store.put_message(&message("d", "a", 4, false, &["c"])).expect("put");
    assert_eq!(store.merge_threads("a", "z").expect("merged"), ["a.md", "c.md", "d.md"]);
    assert_eq!(store.threads_of(&["b", "d"]).expect("read"), ["z"]);
}

#[test]
fn a_note_with_its_threads_old_name_is_of_the_thread() {
    let (_dir, store) = store();
    for m in [message("b", "a", 2, false, &["a"]), message("c", "b", 3, false, &["b"])] {
        store.put_message(&m).expect("put");
    }
    store.settle_threads().expect("settled");
    assert_eq!(store.message("c").expect("read").expect("there").thread, "a");
}

#[test]
fn a_damaged_database_is_put_aside() {
    let dir = tempfile::tempdir().expect("a folder");
    fs::write(dir.path().join(FILE), "not a database at all, but long enough to be read as one".repeat(100))
        .expect("written");
    let store = Store::open(dir.path()).expect("a new store");
    assert!(store.is_fresh());
    assert!(dir.path().join("state.db.damaged").exists());
}

#[test]
fn a_scratch_copy_leaves_the_state_alone() {
    let (dir, store) = store();
    store.set_synced("work", 1, None).expect("set");
    let before = fs::read(dir.path().join("state.db-wal")).expect("a log");
    let scratch = Store::scratch(dir.path()).expect("a copy");
    assert_eq!(scratch.synced("work").expect("read"), Some((1, None)));
    scratch.set_synced("work", 2, Some("x")).expect("set");
    assert_eq!(store.synced("work").expect("read"), Some((1, None)));
    assert_eq!(fs::read(dir.path().join("state.db-wal")).expect("a log"), before);
    let nowhere = dir.path().join("no");
    assert!(Store::scratch(&nowhere).expect("empty").is_fresh() && !nowhere.exists());
}

#[test]
fn one_lock_at_a_time() {
    let dir = tempfile::tempdir().expect("a folder");
    let held = lock(dir.path()).expect("free");
    assert!(matches!(lock(dir.path()), Err(StoreError::Locked)));
    drop(held);
    assert!(!lock(dir.path()).expect("free again").after_a_crash());
    fs::write(dir.path().join("lock"), "held\n").expect("as a crash leaves it");
    assert!(lock(dir.path()).expect("free").after_a_crash());
    assert!(!lock(dir.path()).expect("free").after_a_crash());
}

#[test]
fn stays_fresh_until_the_vault_is_read_into_it() {
    let dir = tempfile::tempdir().expect("a folder");
    drop(Store::open(dir.path()).expect("opened"));
    let mut store = Store::open(dir.path()).expect("opened");
    assert!(store.is_fresh());
    let cut_short: Result<(), StoreError> = store.atomically(|s| {
        s.built()?;
        Err(StoreError::Locked)
    });
    assert!(cut_short.is_err());
    assert!(Store::open(dir.path()).expect("opened").is_fresh());
    store.atomically(|s| s.built()).expect("built");
    assert!(!Store::open(dir.path()).expect("opened").is_fresh());
}

#[test]
fn what_was_judged_lasts_and_every_change_to_what_decides_counts() {
    use super::judged::{Judged, Judging, Waits};
    let (dir, mut store) = store();
    let begin = store.generation().expect("a generation");
    let waits = Waits { answers: true, in_reply_to: Some("m1".into()), source_file: None };
    let waiting = Judged { stamp: vec![1, 2], id: Some("d1".into()), waits: Some(waits) };
    let over = Judged { stamp: vec![3], id: None, waits: None };
    let judging = Judging { generation: begin, reader: "1".into(), read_at: 5 };
    store
        .atomically(|store| -> Result<(), StoreError> {
            store.put_judged("o/b.md", &over)?;
            store.put_judged("o/a.md", &over)?;
            store.put_judged("o/a.md", &waiting)?;
            store.put_judged("o/c.md", &over)?;
            store.unjudge("o/c.md")?;
            store.set_judging(&judging)
        })
        .expect("written");
    store.built().expect("built");
    drop(store);
    let mut store = Store::open(dir.path()).expect("a store");
    assert_eq!(store.judging().expect("read"), Some(judging));
    assert_eq!(store.judged().expect("read"), [("o/a.md".into(), waiting), ("o/b.md".into(), over)].into());
    let mut last = store.generation().expect("a generation");
    assert_eq!(last, begin, "remembering decides nothing");
    let mut counts = |what: &str, change: &dyn Fn(&Store) -> Result<(), StoreError>| {
        store.atomically(|store| change(store)).expect(what);
        let now = store.generation().expect("a generation");
        assert_ne!(now, last, "{what}");
        last = now;
    };
    let first = message("m1", "m1", 1, false, &[]);
    counts("a message", &|s| s.put_message(&first));
    counts("the same, the owner's", &|s| s.put_message(&StoredMessage { own: true, ..first.clone() }));
    counts("an answer", &|s| s.put_message(&message("m2", "m2", 2, true, &["m1"])));
    counts("a thread", &|s| s.merge_threads("m2", "m1").map(drop));
    counts("a note's place", &|s| s.note_moved("m1.md", "m1-2.md"));
    counts("a draft", &|s| s.put_draft("d1", "o/a.md", None));
    counts("what it answers", &|s| s.put_draft("d1", "o/a.md", Some("m1")));
}

#[test]
fn the_index_finds_notes_by_name_and_by_words() {
    use super::index::{By, Name};
    let dir = tempfile::tempdir().expect("a folder");
    let store = Store::open(dir.path()).expect("a store");
    let index = store.index().expect("an index");
    let name = |by: By, name: &str| Name { by, name: name.to_owned() };
    let ada = [name(By::Email, "ada@example.com"), name(By::Name, "ada park")];
    index.put("People/Ada.md", b"1", &ada, Some("She \"paints\" boats AND shelves.")).expect("put");
    index.put("People/Ben.md", b"1", &[name(By::Name, "ben ode")], Some("He paints shelves.")).expect("put");
    index.put("Secret.md", b"1", &[], None).expect("put");
    assert_eq!(index.named(By::Email, "ada@example.com").expect("found"), ["People/Ada.md"]);
    let called = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        index.called(&names, 9).expect("found")
    };
    // Of Ben's note nobody can tell whom it is about.
    assert_eq!(called(&["ada park", "ben ode", "ada"]), ["People/Ada.md"]);
    let search = |words: &[&str], folder: &str| {
        let words: Vec<String> = words.iter().map(|w| (*w).to_owned()).collect();
        index.search(&words, &[folder.to_owned()], 9).expect("found")
    };
    assert_eq!(search(&["boats", "paints"], "People"), ["People/Ada.md", "People/Ben.md"]);
    for odd in ["\"", "NOT", "*", "a OR", "(", "text:", ""] {
        search(&[odd, "boats"], "People");
    }
    assert!(search(&["boats"], "Peop").is_empty());
    index.put("People/Ada.md", b"2", &[], Some("Nothing.")).expect("put");
    assert!(search(&["boats"], "People").is_empty() && called(&["ada park"]).is_empty());
    index.forget("People/Ben.md").expect("forgotten");
    assert!(search(&["paints"], "People").is_empty());
    assert_eq!(index.stamps().expect("stamps").len(), 2);
    // It can be lost, and damaged.
    drop(store);
    std::fs::write(dir.path().join("index.db"), "no database at all, and long enough to be taken for one".repeat(100))
        .expect("written");
    let store = Store::open(dir.path()).expect("a store");
    assert!(store.index().expect("an index").stamps().expect("stamps").is_empty());
}
