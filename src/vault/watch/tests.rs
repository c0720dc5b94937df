use super::*;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

const SETTLE: Duration = Duration::from_millis(60);

/// A vault whose `Outbox` is watched, and how often it settled.
struct Watched {
    dir: tempfile::TempDir,
    count: Arc<AtomicUsize>,
    task: tokio::task::JoinHandle<()>,
}

impl Watched {
    async fn start(folder: bool) -> Watched {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path().join("vault");
        fs::create_dir(&root).expect("a vault");
        if folder {
            fs::create_dir(root.join("Outbox")).expect("a folder");
        }
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let task = tokio::spawn(async move {
            let settled = || {
                counted.fetch_add(1, Ordering::SeqCst);
            };
            watch(&root, "Outbox", SETTLE, settled).await;
        });
        let mut this = Watched { dir, count, task };
        this.settles("it begins", || ()).await;
        this
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join("vault").join(name)
    }

    /// Does it, and waits until it is noticed.
    async fn settles(&mut self, what: &str, act: impl FnOnce()) {
        // What was done before has been told by then.
        self.quiet().await;
        self.count.store(0, Ordering::SeqCst);
        act();
        let begun = Instant::now();
        // At the beginning it may have been told already.
        let told = || self.count.load(Ordering::SeqCst) > 0;
        while !told() && what != "it begins" {
            assert!(begun.elapsed() < Duration::from_secs(20), "not noticed: {what}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits until nothing is told for a while.
    async fn quiet(&self) {
        loop {
            let before = self.count.load(Ordering::SeqCst);
            tokio::time::sleep(SETTLE * 5).await;
            if self.count.load(Ordering::SeqCst) == before {
                return;
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn notes_are_seen_however_they_are_saved() {
    let mut w = Watched::start(true).await;
    let (a, b, other) = (w.path("Outbox/a.md"), w.path("Outbox/b.md"), w.path("x.tmp"));
    w.settles("a new note", || fs::write(&a, "one").expect("written")).await;
    w.settles("a note written over", || fs::write(&a, "two").expect("written")).await;
    fs::write(&other, "three").expect("written");
    w.settles("a note moved into place", || fs::rename(&other, &a).expect("moved")).await;
    w.settles("a note renamed", || fs::rename(&a, &b).expect("moved")).await;
    w.settles("a note deleted", || fs::remove_file(&b).expect("removed")).await;
    let deep = w.path("Outbox/2026/May");
    w.settles("a folder", || fs::create_dir_all(&deep).expect("made")).await;
    w.settles("a note in it", || fs::write(deep.join("c.md"), "four").expect("written")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_note_and_what_is_only_read_is_not_told() {
    let mut w = Watched::start(true).await;
    let note = w.path("Outbox/a.md");
    w.settles("a note", || fs::write(&note, "one").expect("written")).await;
    w.quiet().await;
    w.count.store(0, Ordering::SeqCst);
    for _ in 0..5 {
        assert_eq!(fs::read_to_string(&note).expect("read"), "one");
        assert_eq!(fs::read_dir(w.path("Outbox")).expect("a folder").count(), 1);
    }
    fs::write(w.path("x.md"), "beside it").expect("written");
    fs::write(w.path("Outbox/.postnote-ledger.jsonl"), "{}").expect("written");
    fs::create_dir(w.path("Outbox/.trash")).expect("made");
    fs::write(w.path("Outbox/.trash/a.md"), "gone").expect("written");
    w.quiet().await;
    assert_eq!(w.count.load(Ordering::SeqCst), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_folder_may_come_late_go_and_come_back() {
    let mut w = Watched::start(false).await;
    let (outbox, away, vault) = (w.path("Outbox"), w.path("Away"), w.path(""));
    w.settles("the folder is made", || fs::create_dir(&outbox).expect("made")).await;
    w.settles("a note in it", || fs::write(outbox.join("a.md"), "one").expect("written")).await;
    w.settles("it is renamed", || fs::rename(&outbox, &away).expect("moved")).await;
    w.settles("another in its place", || fs::create_dir(&outbox).expect("made")).await;
    w.settles("a note in that", || fs::write(outbox.join("b.md"), "one").expect("written")).await;
    // The whole vault, as when a disk is taken out and another put in.
    let gone = w.dir.path().join("gone");
    w.settles("the vault goes", || fs::rename(&vault, &gone).expect("moved")).await;
    w.settles("another comes", || {
        fs::create_dir_all(&outbox).expect("made");
        fs::write(outbox.join("c.md"), "one").expect("written");
    })
    .await;
    w.settles("a note in it is changed", || fs::write(outbox.join("c.md"), "two").expect("written")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_note_that_is_being_written_is_told_when_it_is_left_alone() {
    let mut w = Watched::start(true).await;
    let note = w.path("Outbox/a.md");
    w.quiet().await;
    w.count.store(0, Ordering::SeqCst);
    let mut pauses = 0;
    for n in 0..20 {
        let written = Instant::now();
        fs::write(&note, format!("{n}")).expect("written");
        tokio::time::sleep(SETTLE / 6).await;
        pauses += usize::from(written.elapsed() > SETTLE / 2);
    }
    let early = w.count.load(Ordering::SeqCst);
    w.quiet().await;
    // On a slow machine the writer may pause for longer than it takes to settle.
    assert!(early <= 2 + pauses && w.count.load(Ordering::SeqCst) > early, "{early}");
    w.settles("one more", || fs::write(&note, "end").expect("written")).await;
}

#[test]
fn a_look_tells_when_something_changed() {
    let dir = tempfile::tempdir().expect("a folder");
    let mut last = fingerprint(dir.path());
    let mut changed = |expected: bool| {
        let now = fingerprint(dir.path());
        let before = std::mem::replace(&mut last, now);
        assert_eq!(now != before, expected);
    };
    changed(false);
    fs::create_dir(dir.path().join("in")).expect("made");
    fs::write(dir.path().join("in/a.md"), "one").expect("written");
    changed(true);
    changed(false);
    fs::write(dir.path().join("in/a.md"), "three").expect("written");
    changed(true);
    fs::write(dir.path().join(".postnote-ledger.jsonl"), "one").expect("written");
    changed(false);
    fs::rename(dir.path().join("in/a.md"), dir.path().join("in/b.md")).expect("moved");
    changed(true);
}
