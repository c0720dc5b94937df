//! What stands in the vault's notes, to be found again: in a file of its own (`index.db`) beside the state. It can be lost
//! at any time: then the notes are read anew.

use super::{Store, StoreError, make_folder, private};
use rusqlite::{Connection, OptionalExtension, params};
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

const FILE: &str = "index.db";
const VERSION: i64 = 2;

const SCHEMA: &str = "
CREATE TABLE notes (id INTEGER PRIMARY KEY, path TEXT NOT NULL UNIQUE, stamp BLOB NOT NULL) STRICT;
CREATE TABLE names (name TEXT NOT NULL, what TEXT NOT NULL, note INTEGER NOT NULL, PRIMARY KEY (name, what, note)) STRICT, WITHOUT ROWID;
CREATE INDEX names_note ON names (note);
CREATE VIRTUAL TABLE words USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2');
";

/// How a note can be found by a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    /// An address of the person that it is about.
    Email,
    /// A domain of the customer that it is about.
    Domain,
    /// What it calls whom it is about: title and aliases.
    Name,
}

impl By {
    fn as_str(self) -> &'static str {
        match self {
            By::Email => "email",
            By::Domain => "domain",
            By::Name => "name",
        }
    }
}

/// One name of one note.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Name {
    /// What kind of name.
    pub by: By,
    /// The name, in small letters where it is an address or a domain.
    pub name: String,
}

/// The index.
#[derive(Debug)]
pub struct Index {
    db: Connection,
    asked: Cell<bool>,
    /// What the notes call whom they are about, read when it is first asked for: few words of a mail are anybody's name.
    known: RefCell<Option<HashSet<String>>>,
}

impl Store {
    /// The index of the vault's notes, opened when it is first asked for.
    pub fn index(&self) -> Result<&Index, StoreError> {
        if let Some(index) = self.index.get() {
            return Ok(index);
        }
        let index = match &self.folder {
            Some(folder) => Index::open(folder)?,
            None => Index::made(Connection::open_in_memory()?)?,
        };
        Ok(self.index.get_or_init(|| index))
    }
}

impl Index {
    /// Opens it; one that cannot be read, or that another version wrote, is made anew.
    fn open(folder: &Path) -> Result<Index, StoreError> {
        make_folder(folder)?;
        let path = folder.join(FILE);
        let io = |source| StoreError::Io { path: path.clone(), source };
        for _ in 0..2 {
            let mut options = fs::File::options();
            options.write(true).create(true).truncate(false);
            private(&mut options);
            options.open(&path).map_err(io)?;
            match Connection::open(&path).map_err(StoreError::from).and_then(Self::made) {
                Ok(index) => return Ok(index),
                Err(e) => tracing::debug!(error = %e, "the index is made anew"),
            }
            for suffix in ["", "-wal", "-shm"] {
                let old = folder.join(format!("{FILE}{suffix}"));
                if old.exists() {
                    fs::remove_file(&old).map_err(io)?;
                }
            }
        }
        Self::made(Connection::open_in_memory()?)
    }

    fn made(mut db: Connection) -> Result<Index, StoreError> {
        db.pragma_update(None, "journal_mode", "WAL")?;
        // Nothing here is worth waiting for the disk.
        db.pragma_update(None, "synchronous", "NORMAL")?;
        db.set_prepared_statement_cache_capacity(32);
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        match db.pragma_query_value(None, "user_version", |r| r.get::<_, i64>(0))? {
            VERSION => {}
            0 => {
                let tx = db.transaction()?;
                tx.execute_batch(SCHEMA)?;
                tx.pragma_update(None, "user_version", VERSION)?;
                tx.commit()?;
            }
            _ => return Err(rusqlite::Error::InvalidQuery.into()),
        }
        Ok(Index { db, asked: Cell::new(false), known: RefCell::new(None) })
    }

    /// Runs `work` as one transaction.
    pub fn atomically<T, E: From<StoreError>>(&self, work: impl FnOnce(&Index) -> Result<T, E>) -> Result<T, E> {
        let tx = self.db.unchecked_transaction().map_err(StoreError::from)?;
        let value = work(self)?;
        tx.commit().map_err(StoreError::from)?;
        Ok(value)
    }

    /// What the file system said of each note when it was read, by path.
    pub fn stamps(&self) -> Result<BTreeMap<String, Vec<u8>>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT path, stamp FROM notes")?;
        let rows = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Puts a note in, as it is now; `text`: what it can be found by, if it may be.
    pub fn put(&self, path: &str, stamp: &[u8], names: &[Name], text: Option<&str>) -> Result<(), StoreError> {
        self.forget(path)?;
        self.known.replace(None);
        let sql = "INSERT INTO notes (path, stamp) VALUES (?1, ?2) RETURNING id";
        let id: i64 = self.db.prepare_cached(sql)?.query_row(params![path, stamp], |r| r.get(0))?;
        if let Some(text) = text {
            self.db.prepare_cached("INSERT INTO words (rowid, text) VALUES (?1, ?2)")?.execute(params![id, text])?;
        }
        for Name { by, name } in names {
            let sql = "INSERT OR IGNORE INTO names VALUES (?1, ?2, ?3)";
            self.db.prepare_cached(sql)?.execute(params![name, by.as_str(), id])?;
        }
        Ok(())
    }

    /// The note is not there any more.
    pub fn forget(&self, path: &str) -> Result<(), StoreError> {
        let id: Option<i64> = self
            .db
            .prepare_cached("SELECT id FROM notes WHERE path = ?1")?
            .query_row([path], |r| r.get(0))
            .optional()?;
        let Some(id) = id else { return Ok(()) };
        self.db.prepare_cached("DELETE FROM names WHERE note = ?1")?.execute([id])?;
        self.db.prepare_cached("DELETE FROM words WHERE rowid = ?1")?.execute([id])?;
        self.db.prepare_cached("DELETE FROM notes WHERE id = ?1")?.execute([id])?;
        Ok(())
    }

    /// The notes of that name, by path.
    pub fn named(&self, by: By, name: &str) -> Result<Vec<String>, StoreError> {
        let sql =
            "SELECT path FROM names JOIN notes ON notes.id = names.note WHERE name = ?1 AND what = ?2 ORDER BY path";
        let mut statement = self.db.prepare_cached(sql)?;
        let paths = statement.query_map([name, by.as_str()], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(paths)
    }

    /// The notes about people, customers and projects that go by one of these names, in small letters: one of several
    /// words, or of a customer's. A name of more than one note is nobody's.
    pub fn called(&self, names: &[String], most: usize) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT min(path) FROM names AS n JOIN notes ON notes.id = n.note
            WHERE n.what = 'name' AND n.name IN (SELECT value FROM json_each(?1))
              AND EXISTS (SELECT 1 FROM names AS w WHERE w.note = n.note AND (w.what = 'domain' OR w.what = 'email' AND instr(n.name, ' ')))
            GROUP BY n.name HAVING count(*) = 1 ORDER BY length(n.name) DESC, n.name LIMIT ?2";
        let names = self.known_among(names)?;
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let names = serde_json::Value::from(names).to_string();
        let mut statement = self.db.prepare_cached(sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let paths = statement.query_map(params![names, most], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(paths)
    }

    /// Those that some note goes by.
    fn known_among(&self, names: &[String]) -> Result<Vec<String>, StoreError> {
        let mut known = self.known.borrow_mut();
        let known = match known.as_ref() {
            Some(known) => known,
            None => {
                let mut statement = self.db.prepare_cached("SELECT name FROM names WHERE what = 'name'")?;
                let all = statement.query_map([], |r| r.get(0))?.collect::<Result<HashSet<String>, _>>()?;
                known.insert(all)
            }
        };
        Ok(names.iter().filter(|name| known.contains(*name)).cloned().collect())
    }

    /// The notes below these folders that say most of these words, the best first.
    pub fn search(&self, words: &[String], folders: &[String], most: usize) -> Result<Vec<String>, StoreError> {
        if words.is_empty() || folders.is_empty() {
            return Ok(Vec::new());
        }
        // Folder by folder, which are small, and word by word, without SQLite's own rank: that counts through the vault.
        let sql = "SELECT inside.path FROM
              (SELECT n.id, n.path FROM json_each(?2) AS f CROSS JOIN notes AS n
               WHERE n.path > f.value || '/' AND n.path < f.value || '0') AS inside
            CROSS JOIN words ON words.rowid = inside.id
            WHERE words MATCH ?1";
        let folders = serde_json::Value::from(folders).to_string();
        let any = "SELECT EXISTS (SELECT 1 FROM json_each(?1) AS f CROSS JOIN notes AS n
            WHERE n.path > f.value || '/' AND n.path < f.value || '0')";
        if !self.db.prepare_cached(any)?.query_row([&folders], |r| r.get::<_, bool>(0))? {
            return Ok(Vec::new());
        }
        let mut statement = self.db.prepare_cached(sql)?;
        let mut said: BTreeMap<String, usize> = BTreeMap::new();
        for word in words {
            // Quoted, no word is an operator.
            let quoted = format!("\"{}\"", word.replace('"', ""));
            let paths = statement.query_map([&quoted, &folders], |r| r.get::<_, String>(0))?;
            for path in paths.collect::<Result<std::collections::BTreeSet<_>, _>>()? {
                *said.entry(path).or_default() += 1;
            }
        }
        let mut found: Vec<(String, usize)> = said.into_iter().collect();
        found.sort_by(|(one, a), (other, b)| b.cmp(a).then_with(|| one.cmp(other)));
        Ok(found.into_iter().take(most).map(|(path, _)| path).collect())
    }

    /// True the first time that it is asked of this index since it was opened.
    pub fn first_asked(&self) -> bool {
        !self.asked.replace(true)
    }

    /// Every name, with the note that bears it.
    pub fn names(&self) -> Result<Vec<(Name, String)>, StoreError> {
        let sql = "SELECT what, name, path FROM names JOIN notes ON notes.id = names.note ORDER BY path, what, name";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| {
            let by = match r.get::<_, String>(0)?.as_str() {
                "email" => By::Email,
                "domain" => By::Domain,
                _ => By::Name,
            };
            Ok((Name { by, name: r.get(1)? }, r.get(2)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
