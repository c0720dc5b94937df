//! The state is lost, damaged or older than the vault: it is built anew, no note is doubled, and nothing is sent again.

use crate::support::*;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// A vault after two syncs, one draft sent in between, and the state after each.
struct Lived {
    site: Site,
    sink: Sink,
    case: Case,
    /// The state as the first sync left it: a backup.
    older: PathBuf,
}

fn lived() -> &'static Lived {
    static LIVED: OnceLock<Lived> = OnceLock::new();
    LIVED.get_or_init(|| {
        let (site, sink) = (Site::full(), Sink::start());
        let case = site.case_between(site.port(), sink.port);
        case.postnote(&["sync"]).ended(0);
        let older = case.path().join("older");
        copy(&case.state(), &older);
        site.goes_on();
        case.draft("a.md", &letter("ada@example.com", "Hello"));
        case.postnote(&["sync"]).ended(0);
        // The copy in Sent is seen.
        case.postnote(&["sync"]).ended(0);
        assert_eq!((case.says("a.md", "status").as_str(), sink.taken().len()), ("sent", 1));
        Lived { site, sink, case, older }
    })
}

/// What the state knows of messages and cursors, whatever it went through.
fn known(case: &Case) -> Vec<(String, Option<String>)> {
    let db = rusqlite::Connection::open(case.state().join("state.db")).unwrap();
    let sql = "SELECT key, note FROM messages UNION ALL
               SELECT 'cursor of ' || mailbox || ': ' || uid_validity || ' ' || next_uid, NULL FROM cursors ORDER BY 1";
    let mut statement = db.prepare(sql).unwrap();
    statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap().collect::<Result<_, _>>().unwrap()
}

/// After `damage` to the state folder, syncs find the vault as it was and send nothing.
fn survives(what: &str, damage: impl FnOnce(&Path)) {
    let Lived { site, sink, case: before, .. } = lived();
    let case = site.case_between(site.port(), sink.port);
    case.copy_of(before);
    damage(&case.state());
    let mut status = Vec::new();
    for _ in 0..2 {
        let output = case.postnote(&["sync"]);
        status.push(output.status);
        assert_eq!(status, vec![0; status.len()], "{what}: {output:?}");
        let now = EndState { vault: case.snapshot(), database: Default::default() };
        let then = EndState { vault: before.snapshot(), database: Default::default() };
        now.must_be(&then, &format!("{what}: {output:?}"));
    }
    assert_eq!(known(&case), known(before), "{what}");
    assert_eq!(sink.taken().len(), 1, "{what}");
}

#[test]
fn a_deleted_state_is_built_anew() {
    survives("the folder is deleted", |state| std::fs::remove_dir_all(state).unwrap());
    survives("the database is deleted", |state| std::fs::remove_file(state.join("state.db")).unwrap());
}

#[test]
fn a_truncated_or_garbled_database_is_built_anew() {
    let length = std::fs::metadata(lived().case.state().join("state.db")).unwrap().len();
    let cut = [0, 1, 15, 16, 99, 100, 1024, 4095, 4096, 4097, length / 3, length / 2, length - 4096, length - 1];
    let change = |what: &str, change: &dyn Fn(&mut Vec<u8>)| {
        survives(what, |state| {
            let file = state.join("state.db");
            let mut bytes = std::fs::read(&file).unwrap();
            change(&mut bytes);
            std::fs::write(&file, bytes).unwrap();
        });
    };
    at_once([0, 1], |lane| {
        for length in cut.into_iter().skip(lane).step_by(2) {
            change(&format!("cut to {length} bytes"), &|bytes| bytes.truncate(length as usize));
        }
        // A page that is another's, a page of nothing, words of something else.
        for page in (1 + lane as u64..length / 4096).step_by(2) {
            let (at, what) = (page as usize * 4096, ["zeros", "other bytes", "the first page"][page as usize % 3]);
            change(&format!("page {page} is {what}"), &|bytes| {
                let first = bytes[..4096].to_vec();
                match what {
                    "zeros" => bytes[at..at + 4096].fill(0),
                    "other bytes" => bytes[at..at + 4096].fill(0xa5),
                    _ => bytes[at..at + 4096].copy_from_slice(&first),
                }
            });
        }
    });
}

#[test]
fn a_state_older_than_the_vault_doubles_nothing_and_sends_nothing() {
    let older = &lived().older;
    survives("a backup of the folder", |state| {
        std::fs::remove_dir_all(state).unwrap();
        copy(older, state);
    });
    survives("a backup of the database beside a newer log", |state| {
        let database = state.join("state.db");
        // A log that was not folded in yet, as a killed process leaves it.
        let db = rusqlite::Connection::open(&database).unwrap();
        db.pragma_update(None, "journal_mode", "WAL").unwrap();
        db.execute_batch("CREATE TABLE x (y); DROP TABLE x;").unwrap();
        let log = std::fs::read(state.join("state.db-wal")).unwrap();
        drop(db);
        std::fs::copy(older.join("state.db"), &database).unwrap();
        std::fs::write(state.join("state.db-wal"), log).unwrap();
    });
}
