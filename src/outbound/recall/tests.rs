use super::*;
use crate::vault::Vault;
use std::fs;
use std::path::Path;

const PENDING: &str = "---\ntype: draft-mail\nstatus: pending\nto: ada@example.com\nsubject: x\n---\n\nHello\n";

fn desk(dir: &Path) -> Desk {
    fs::create_dir_all(dir.join("vault/o")).expect("a folder");
    Desk {
        vault: Vault::open(&dir.join("vault")).expect("a vault"),
        store: Store::open(&dir.join("state")).expect("a store"),
    }
}

/// The stamp as it is now, and what is known of a file that has it.
fn known(desk: &Desk) -> (Stamp, Judged) {
    let stamp = desk.vault.listing("o").expect("a listing").remove(0).1.expect("a stamp");
    let judged = Judged { stamp: stamp.to_bytes().expect("bytes"), id: None, waits: None };
    (stamp, judged)
}

/// A pass that comes to know this, `now`.
fn pass(desk: &mut Desk, judged: Judged, now: i64) {
    let mut recall = Recall::default();
    recall.begin(true);
    recall.load(&desk.store, now).expect("loaded");
    let generation = desk.store.generation().expect("a generation");
    recall.remember(&mut desk.store, [("o/a.md".to_owned(), judged)].into(), generation, now).expect("kept");
}

/// True when a process that begins `now` reads the file.
fn reads(desk: &Desk, stamp: &Stamp, now: i64) -> bool {
    let mut recall = Recall::default();
    recall.begin(true);
    recall.load(&desk.store, now).expect("loaded");
    !matches!(recall.look(desk, "o/a.md", Some(stamp.clone())).expect("looked"), Look::Known(_))
}

#[cfg(unix)]
#[test]
fn what_is_known_is_known_to_the_next_process_for_a_day() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = desk(dir.path());
    fs::write(dir.path().join("vault/o/a.md"), PENDING).expect("written");
    let (stamp, judged) = known(&desk);
    assert!(reads(&desk, &stamp, 1000), "nothing is known yet");
    pass(&mut desk, judged.clone(), 1000);
    assert!(!reads(&desk, &stamp, 1000) && !reads(&desk, &stamp, 1000 + TRUSTED - 1));
    assert!(reads(&desk, &stamp, 1000 + TRUSTED), "once a day all are read");
    assert!(reads(&desk, &stamp, 999), "the clock was ahead");
    pass(&mut desk, judged, 1000 + TRUSTED);
    assert!(!reads(&desk, &stamp, 1000 + TRUSTED), "and a day begins");
    let other = Judging { reader: "another".into(), ..desk.store.judging().expect("read").expect("there") };
    desk.store.set_judging(&other).expect("written");
    assert!(reads(&desk, &stamp, 1000 + TRUSTED), "another version reads for itself");
}

#[cfg(unix)]
#[test]
fn an_edit_that_keeps_size_and_time_is_noticed() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut desk = desk(dir.path());
    let path = dir.path().join("vault/o/a.md");
    fs::write(&path, PENDING).expect("written");
    let (before, judged) = known(&desk);
    pass(&mut desk, judged, 1000);
    let modified = fs::metadata(&path).expect("there").modified().expect("a time");
    std::thread::sleep(Duration::from_millis(50));
    fs::write(&path, PENDING.replace("Hello", "Howdy")).expect("written");
    fs::File::options().append(true).open(&path).expect("open").set_modified(modified).expect("set back");
    let (after, _) = known(&desk);
    assert!(!reads(&desk, &before, 1000) && reads(&desk, &after, 1000));
}

#[test]
fn a_file_that_was_just_written_is_not_remembered() {
    let dir = tempfile::tempdir().expect("a folder");
    let desk = desk(dir.path());
    fs::write(dir.path().join("vault/o/a.md"), PENDING).expect("written");
    let mut recall = Recall::default();
    recall.load(&desk.store, 1000).expect("loaded");
    let stamp = desk.vault.listing("o").expect("a listing").remove(0).1;
    // It may change again within the same tick of the file system's clock.
    assert!(matches!(recall.look(&desk, "o/a.md", stamp).expect("looked"), Look::Read(_, None)));
}
