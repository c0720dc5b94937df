//! Where a sync leads to: every file of the vault and every row of the state.

use super::Case;
use rusqlite::types::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// All that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndState {
    /// Every file of the vault with its bytes.
    pub vault: BTreeMap<PathBuf, Vec<u8>>,
    /// The rows of each table, sorted.
    pub database: BTreeMap<String, Vec<String>>,
}

impl Case {
    /// What is there now.
    pub fn end_state(&self) -> EndState {
        EndState { vault: self.snapshot(), database: dump(&self.state().join("state.db")) }
    }

    /// Takes over another case's vault and state, as they are.
    pub fn copy_of(&self, other: &Case) {
        for (from, to) in [(other.vault(), self.vault()), (other.state(), self.state())] {
            std::fs::remove_dir_all(&to).unwrap();
            copy(&from, &to);
        }
    }

    /// An empty vault and no state.
    pub fn empty(&self) {
        for folder in [self.vault(), self.state()] {
            std::fs::remove_dir_all(&folder).unwrap();
            std::fs::create_dir(&folder).unwrap();
        }
    }
}

impl EndState {
    /// Finds this to be what `wanted` is, or says where it is not. `what` names the occasion.
    pub fn must_be(&self, wanted: &EndState, what: &str) {
        if let Some(difference) = self.difference(wanted) {
            panic!("{what}:\n{difference}");
        }
    }

    /// How this differs from what is wanted.
    pub fn difference(&self, wanted: &EndState) -> Option<String> {
        let mut lines = Vec::new();
        let files: BTreeSet<&PathBuf> = self.vault.keys().chain(wanted.vault.keys()).collect();
        for path in files {
            let (now, then) = (self.vault.get(path), wanted.vault.get(path));
            if now != then {
                let text = |bytes: Option<&Vec<u8>>| match bytes {
                    Some(bytes) => format!("{:?}", String::from_utf8_lossy(bytes)),
                    None => "not there".to_owned(),
                };
                lines.push(format!("{}:\n  is:     {}\n  wanted: {}", path.display(), text(now), text(then)));
            }
        }
        let tables: BTreeSet<&String> = self.database.keys().chain(wanted.database.keys()).collect();
        for table in tables {
            let rows = |of: &EndState| of.database.get(table).cloned().unwrap_or_default();
            let (now, then) = (rows(self), rows(wanted));
            lines.extend(now.iter().filter(|row| !then.contains(row)).map(|row| format!("{table}: is:     {row}")));
            lines.extend(then.iter().filter(|row| !now.contains(row)).map(|row| format!("{table}: wanted: {row}")));
        }
        (self != wanted).then(|| lines.join("\n\n"))
    }
}

/// Copies a folder.
pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (path, target) = {
            let entry = entry.unwrap();
            (entry.path(), to.join(entry.file_name()))
        };
        if path.is_dir() {
            copy(&path, &target);
        } else if let Err(error) = std::fs::copy(&path, &target) {
            // SQLite's log and index go when the last who reads the database leaves it, which another test may be.
            let name = path.to_string_lossy();
            let passing = name.ends_with("-wal") || name.ends_with("-shm");
            assert!(passing && error.kind() == std::io::ErrorKind::NotFound, "{name}: {error}");
        }
    }
}

/// Every row of every table of the owner's but `doubts`, which is what the next sync is to look at: a second sync has, and
/// an unbroken first one has not. Rows come without the order in which they came.
fn dump(file: &Path) -> BTreeMap<String, Vec<String>> {
    let db = rusqlite::Connection::open(file).unwrap();
    let sql = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
               AND name <> 'doubts'";
    let names: Vec<String> =
        db.prepare(sql).unwrap().query_map([], |r| r.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let rows = |table: &String| {
        let mut statement = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let width = statement.column_count();
        let row = |r: &rusqlite::Row<'_>| {
            let cells: Vec<Value> = (0..width).map(|at| r.get(at)).collect::<Result<_, _>>()?;
            Ok(format!("{cells:?}"))
        };
        let mut rows: Vec<String> = statement.query_map([], row).unwrap().collect::<Result<_, _>>().unwrap();
        rows.sort();
        rows
    };
    names.iter().map(|table| (table.clone(), rows(table))).collect()
}
