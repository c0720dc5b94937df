//! The state: an embedded SQLite database that holds what the protocols need to know.
//!
//! The vault owns what people write; this owns cursors, threads and the outbox. It can be deleted at any time:
//! the next sync builds it anew. Every commit is durable before the call returns (`synchronous=FULL`).
//!
//! - [`messages`]: what has been seen, and how it hangs together
//! - [`drafts`]: which draft is which file
//! - [`awaited`]: questions that the owner asked
//! - [`contacts`]: whom the owner writes to, and what their notes are still to be told
//! - [`habits`]: what became of a correspondent's mail
//! - [`manners`]: how the owner writes to whom
//! - [`mirrored`]: copies of drafts in mailboxes
//! - [`threads`]: which conversation an id belongs to
//! - [`judged`]: which drafts need no second look
//! - [`outbox`]: what is being sent, and the ledger of what was
//! - [`presence`]: whether a `postnote run` is at work
//! - [`cursors`]: how far each mailbox has been read, and what its server keeps back
//! - [`mod@health`]: how the database is, for who only looks
//! - [`staged`]: notes on their way to their places
//! - [`index`]: what stands in the vault's notes, in a file of its own
//! - [`thoughts`]: what a language model is to read, and has read; [`prompts`]: what was said to it
//! - this file: opening, locking, schema, transactions

pub mod awaited;
mod checked;
pub mod contacts;
pub mod cursors;
pub mod drafts;
pub mod habits;
mod health;
pub mod index;
pub mod judged;
pub mod manners;
pub mod messages;
pub mod mirrored;
pub mod outbox;
pub mod presence;
pub mod prompts;
pub mod staged;
pub mod thoughts;
pub mod threads;

pub use cursors::Cursor;
pub use health::{Health, health};

use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension, params};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

const FILE: &str = "state.db";
const VERSION: i64 = 10;

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS cursors (
  account TEXT NOT NULL, mailbox TEXT NOT NULL,
  uid_validity INTEGER NOT NULL, next_uid INTEGER NOT NULL, first_until INTEGER NOT NULL, since INTEGER, modseq INTEGER,
  PRIMARY KEY (account, mailbox)
) STRICT;
CREATE TABLE IF NOT EXISTS withheld (
  account TEXT NOT NULL, mailbox TEXT NOT NULL, uid_validity INTEGER NOT NULL, uid INTEGER NOT NULL,
  tries INTEGER NOT NULL, PRIMARY KEY (account, mailbox, uid_validity, uid)
) STRICT;
CREATE TABLE IF NOT EXISTS doubts (
  account TEXT NOT NULL, mailbox TEXT NOT NULL, uid_validity INTEGER NOT NULL, uid INTEGER NOT NULL,
  message_id TEXT NOT NULL, PRIMARY KEY (account, mailbox, uid_validity, uid)
) STRICT;
CREATE TABLE IF NOT EXISTS gmail (
  account TEXT NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (account, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS staged (path TEXT NOT NULL PRIMARY KEY, temporary TEXT NOT NULL, before TEXT) STRICT;
CREATE TABLE IF NOT EXISTS accounts (
  account TEXT NOT NULL PRIMARY KEY, synced_at INTEGER NOT NULL, error TEXT
) STRICT;
CREATE TABLE IF NOT EXISTS messages (
  key TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, mailbox TEXT NOT NULL,
  uid_validity INTEGER NOT NULL, uid INTEGER NOT NULL,
  message_id TEXT, thread TEXT NOT NULL, in_reply_to TEXT NOT NULL, refs TEXT NOT NULL,
  author TEXT NOT NULL, subject TEXT NOT NULL, at INTEGER NOT NULL, own INTEGER NOT NULL,
  note TEXT, digest TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS messages_thread ON messages (thread, at);
CREATE INDEX IF NOT EXISTS messages_id ON messages (message_id);
CREATE TABLE IF NOT EXISTS links (id TEXT NOT NULL PRIMARY KEY, thread TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT OR IGNORE INTO links SELECT message_id, thread FROM messages WHERE message_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS messages_note ON messages (note);
CREATE TABLE IF NOT EXISTS answers (parent TEXT NOT NULL, child TEXT NOT NULL, PRIMARY KEY (parent, child)) STRICT;
CREATE TABLE IF NOT EXISTS summaries (thread TEXT NOT NULL PRIMARY KEY, note TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE INDEX IF NOT EXISTS messages_author ON messages (author, at) WHERE digest IS NOT NULL;
CREATE TABLE IF NOT EXISTS contacts (
  address TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, at INTEGER NOT NULL, fresh INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS lists (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS news (key TEXT NOT NULL PRIMARY KEY, project TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS answered (id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS answers_told AFTER INSERT ON answers
  WHEN EXISTS (SELECT 1 FROM messages WHERE message_id = NEW.parent AND note IS NOT NULL)
  BEGIN INSERT OR IGNORE INTO answered VALUES (NEW.parent); END;
CREATE TABLE IF NOT EXISTS entities (id TEXT NOT NULL PRIMARY KEY, note TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drafts (
  draft_id TEXT NOT NULL PRIMARY KEY, note TEXT NOT NULL, parent TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS drafts_parent ON drafts (parent);
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, draft_id TEXT NOT NULL UNIQUE, note TEXT NOT NULL,
  account TEXT NOT NULL, hash TEXT NOT NULL, sender TEXT NOT NULL, recipients TEXT NOT NULL,
  message_id TEXT NOT NULL, bytes BLOB NOT NULL, parent TEXT,
  state TEXT NOT NULL CHECK (state IN ('queued', 'attempting', 'accepted', 'filed', 'failed', 'uncertain', 'stopped')),
  attempts INTEGER NOT NULL, not_before INTEGER NOT NULL, sent_at TEXT, response TEXT, error TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS outbox_state ON outbox (state);
CREATE TABLE IF NOT EXISTS mirrored (
  mark TEXT NOT NULL PRIMARY KEY, draft_id TEXT NOT NULL, account TEXT NOT NULL, mailbox TEXT NOT NULL,
  uid_validity INTEGER NOT NULL, uid INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TRIGGER IF NOT EXISTS outbox_told AFTER UPDATE OF state ON outbox
  WHEN NEW.state = 'accepted' AND NEW.parent IS NOT NULL BEGIN INSERT OR IGNORE INTO answered VALUES (NEW.parent); END;
CREATE TABLE IF NOT EXISTS judged (
  path TEXT NOT NULL PRIMARY KEY, stamp BLOB NOT NULL, id TEXT, answers INTEGER, in_reply_to TEXT, source_file TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS judging (
  only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1), generation INTEGER NOT NULL, reader TEXT NOT NULL, read_at INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS changes (only INTEGER NOT NULL PRIMARY KEY CHECK (only = 1), number INTEGER NOT NULL) STRICT;
INSERT OR IGNORE INTO changes VALUES (1, 0);
CREATE TRIGGER IF NOT EXISTS messages_new AFTER INSERT ON messages BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS messages_other AFTER UPDATE OF key, message_id, thread, at, own, note ON messages
  BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS messages_gone AFTER DELETE ON messages BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS answers_new AFTER INSERT ON answers BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS answers_gone AFTER DELETE ON answers BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS drafts_new AFTER INSERT ON drafts BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS drafts_other AFTER UPDATE OF parent ON drafts BEGIN UPDATE changes SET number = number + 1; END;
CREATE TRIGGER IF NOT EXISTS drafts_gone AFTER DELETE ON drafts BEGIN UPDATE changes SET number = number + 1; END;
";

/// What a caller may have to decide on.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another process holds the lock.
    #[error("another postnote is at work with this vault; wait for it, or stop it")]
    Locked,
    /// Written by a later version.
    #[error("the state in {0} was written by a newer postnote; update this one")]
    TooNew(PathBuf),
    /// The folder or file cannot be used.
    #[error("the state folder {path}: {source}")]
    Io {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// SQLite failed.
    #[error("the state database: {0}")]
    Sqlite(#[from] rusqlite::Error),
}

impl StoreError {
    /// True when there is no space on the disk.
    pub fn is_full(&self) -> bool {
        matches!(self, StoreError::Sqlite(e) if e.sqlite_error_code() == Some(ErrorCode::DiskFull))
    }

    /// True when the disk, or who may write to it, is the trouble: SQLite does not say which, nor when it is only full.
    pub fn is_of_disk(&self) -> bool {
        use ErrorCode::{CannotOpen, PermissionDenied, ReadOnly, SystemIoFailure};
        let StoreError::Sqlite(e) = self else { return false };
        matches!(e.sqlite_error_code(), Some(CannotOpen | PermissionDenied | ReadOnly | SystemIoFailure))
    }
}

/// An open database. [`Lock`] is held besides by whoever changes it.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    fresh: bool,
    /// Where the index lies; `None`: nowhere that lasts.
    folder: Option<PathBuf>,
    index: std::cell::OnceCell<index::Index>,
    /// Set when this is a copy that is thrown away.
    _scratch: Option<tempfile::TempDir>,
}

/// Held while a process works with the vault; freed when dropped, or when the process ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    folder: PathBuf,
    unclean: bool,
    /// When the database was read over, if it is as it was left then.
    checked: Option<i64>,
    vouched: bool,
}

impl Lock {
    /// True when the process that held the lock before was cut short.
    pub fn after_a_crash(&self) -> bool {
        self.unclean
    }

    /// True when the database was read over within a day of `now` (seconds since 1970), and nobody but those who held the
    /// lock wrote to it since.
    pub fn knows_it_sound(&self, now: i64) -> bool {
        !self.unclean && self.checked.is_some_and(|at| checked::is_recent(at, now))
    }

    /// The database is read over now.
    pub fn reads_it_over(&mut self, now: i64) {
        self.checked = Some(now);
    }

    /// All went well: what is known of the database holds for the next one. Without that it is read over again.
    pub fn vouch(&mut self) {
        self.vouched = true;
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        checked::write(&self.folder, self.checked.filter(|_| self.vouched));
        // An empty lock file says that its last holder came to the end. If that fails, the next one only sweeps.
        self.file.set_len(0).ok();
    }
}

/// Takes the lock of a state folder, which is made when it is not there.
pub fn lock(folder: &Path) -> Result<Lock, StoreError> {
    make_folder(folder)?;
    let path = folder.join("lock");
    let io = |source| StoreError::Io { path: path.clone(), source };
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    let mut file = options.open(&path).map_err(io)?;
    match file.try_lock() {
        Ok(()) => {
            let unclean = file.metadata().map_err(io)?.len() > 0;
            file.write_all(b"held\n").map_err(io)?;
            Ok(Lock { file, folder: folder.to_owned(), unclean, checked: checked::read(folder), vouched: false })
        }
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(source)) => Err(io(source)),
    }
}

fn make_folder(folder: &Path) -> Result<(), StoreError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|source| StoreError::Io { path: folder.to_owned(), source })
}

#[cfg(unix)]
fn private(options: &mut fs::OpenOptions) {
    std::os::unix::fs::OpenOptionsExt::mode(options, 0o600);
}

/// A person's own folder is for that person alone there.
#[cfg(not(unix))]
fn private(_options: &mut fs::OpenOptions) {}

impl Store {
    /// Opens the database of a state folder, new where there is none. One that SQLite cannot read is put aside
    /// (`state.db.damaged`) and built anew, as if it had been deleted.
    ///
    /// It is read over first, which takes as long as it is large: [`Store::open_trusting`] does not.
    pub fn open(folder: &Path) -> Result<Store, StoreError> {
        Self::open_and(folder, Self::sound)
    }

    /// The same for whoever has found it sound a while ago.
    pub fn open_trusting(folder: &Path) -> Result<Store, StoreError> {
        Self::open_and(folder, Ok)
    }

    fn open_and(folder: &Path, sound: impl Fn(Store) -> Result<Store, StoreError>) -> Result<Store, StoreError> {
        make_folder(folder)?;
        let path = folder.join(FILE);
        let io = |source| StoreError::Io { path: path.clone(), source };
        let mut options = File::options();
        options.write(true).create(true).truncate(false);
        private(&mut options);
        options.open(&path).map_err(io)?;
        match Self::prepare(Connection::open(&path)?, &path, None).and_then(sound) {
            Err(StoreError::Sqlite(e)) if is_damaged(&e) => {
                tracing::warn!("the state database is damaged; it is put aside and built anew");
                for suffix in ["", "-wal", "-shm"] {
                    let from = folder.join(format!("{FILE}{suffix}"));
                    if from.exists() {
                        fs::rename(&from, folder.join(format!("{FILE}{suffix}.damaged"))).map_err(io)?;
                    }
                }
                options.open(&path).map_err(io)?;
                Self::prepare(Connection::open(&path)?, &path, None)
            }
            other => other,
        }
    }

    /// This store, if every page can be read: damage must show before anything is sent, not in the middle.
    fn sound(self) -> Result<Store, StoreError> {
        let found: String = self.db.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
        if found == "ok" {
            return Ok(self);
        }
        let corrupt = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
        Err(rusqlite::Error::SqliteFailure(corrupt, Some(found)).into())
    }

    /// A copy to try things on: nothing that is done to it lasts. A damaged database counts as none, as in
    /// [`Store::open`].
    pub fn scratch(folder: &Path) -> Result<Store, StoreError> {
        let mut tries = 0;
        loop {
            // Another process may be writing while the files are copied: then the copy is no database.
            let copied = Self::copy(folder).and_then(Self::sound);
            tries += 1;
            match copied {
                Err(StoreError::Sqlite(e)) if is_damaged(&e) && tries < 5 => {}
                // What cannot be read counts as lost, as it does for `open`.
                Err(StoreError::Sqlite(e)) if is_damaged(&e) => return Self::empty(),
                other => return other,
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// The database where it is, to be read only. Cheap, whatever its size: for whoever looks again and again. What cannot
    /// be read in that way is read as a [`Store::scratch`].
    pub fn glance(folder: &Path) -> Result<Store, StoreError> {
        let path = folder.join(FILE);
        let read_only = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let glance = || -> rusqlite::Result<Store> {
            let db = Connection::open_with_flags(&path, read_only)?;
            db.busy_timeout(std::time::Duration::from_secs(10))?;
            let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
            // Of a damaged file this may be the first that is read.
            db.query_row("SELECT count(*) FROM accounts", [], |r| r.get::<_, i64>(0))?;
            if version != VERSION {
                return Err(rusqlite::Error::QueryReturnedNoRows);
            }
            Ok(Store { db, fresh: false, folder: None, index: std::cell::OnceCell::new(), _scratch: None })
        };
        glance().or_else(|_| Self::scratch(folder))
    }

    /// A database in memory.
    fn empty() -> Result<Store, StoreError> {
        Self::prepare(Connection::open_in_memory()?, Path::new(FILE), None)
    }

    fn copy(folder: &Path) -> Result<Store, StoreError> {
        let dir = tempfile::tempdir().map_err(|source| StoreError::Io { path: std::env::temp_dir(), source })?;
        for suffix in ["", "-wal"] {
            let from = folder.join(format!("{FILE}{suffix}"));
            if from.exists() {
                let to = dir.path().join(format!("{FILE}{suffix}"));
                fs::copy(&from, &to).map_err(|source| StoreError::Io { path: from, source })?;
            }
        }
        let path = dir.path().join(FILE);
        match Self::prepare(Connection::open(&path)?, &path, Some(dir)).and_then(Self::sound) {
            Err(StoreError::Sqlite(e)) if is_damaged(&e) => {
                let dir =
                    tempfile::tempdir().map_err(|source| StoreError::Io { path: std::env::temp_dir(), source })?;
                let path = dir.path().join(FILE);
                Self::prepare(Connection::open(&path)?, &path, Some(dir))
            }
            other => other,
        }
    }

    fn prepare(mut db: Connection, path: &Path, scratch: Option<tempfile::TempDir>) -> Result<Store, StoreError> {
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "FULL")?;
        // As many as there are statements in the store, so that none is compiled twice.
        db.set_prepared_statement_cache_capacity(128);
        // KiB, as a negative number. A batch's pages fit: what does not is written to the log over and over.
        db.pragma_update(None, "cache_size", -16 * 1024)?;
        // What a statement needs to be undone alone is small: no file for it.
        db.pragma_update(None, "temp_store", "MEMORY")?;
        // Pages of 4 KiB: many commits touch the same ones, which need not go into the database after each.
        db.pragma_update(None, "wal_autocheckpoint", 8 * 1024)?;
        db.busy_timeout(std::time::Duration::from_secs(10))?;
        // No query is planned anew for each value that it is asked with.
        db.set_db_config(rusqlite::config::DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
        let fresh = version == 0;
        match version {
            0 => {
                let tx = db.transaction()?;
                // The version is set by `built`: until then the database knows less than the vault.
                tx.execute_batch(SCHEMA)?;
                tx.commit()?;
            }
            // Later versions add tables and indexes, and one a column.
            1..VERSION => {
                let tx = db.transaction()?;
                tx.execute_batch(SCHEMA)?;
                let sql = "SELECT EXISTS (SELECT 1 FROM pragma_table_info('cursors') WHERE name = 'modseq')";
                if !tx.query_row(sql, [], |r| r.get::<_, bool>(0))? {
                    tx.execute_batch("ALTER TABLE cursors ADD COLUMN modseq INTEGER")?;
                }
                tx.pragma_update(None, "user_version", VERSION)?;
                tx.commit()?;
            }
            VERSION => {}
            _ => return Err(StoreError::TooNew(path.to_owned())),
        }
        // Tables that no other one needs: they come with whatever version.
        for schema in [thoughts::SCHEMA, awaited::SCHEMA, drafts::SCHEMA, habits::SCHEMA, manners::SCHEMA] {
            db.execute_batch(schema)?;
        }
        let folder = path.parent().filter(|_| path.is_absolute()).map(Path::to_owned);
        Ok(Store { db, fresh, folder, index: std::cell::OnceCell::new(), _scratch: scratch })
    }

    /// True when the database is new: what the vault knows has to be read into it, and then [`Store::built`] told.
    pub fn is_fresh(&self) -> bool {
        self.fresh
    }

    /// What the vault knows is in the database now. In the transaction that put it there: a crash in between
    /// leaves the database as fresh as it was.
    pub fn built(&self) -> Result<(), StoreError> {
        Ok(self.db.pragma_update(None, "user_version", VERSION)?)
    }

    /// Runs `work` as one transaction: all of it lasts, or nothing.
    pub fn atomically<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&mut Store) -> Result<T, E>,
    ) -> Result<T, E> {
        self.db.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from)?;
        match work(self) {
            Ok(value) => {
                self.db.execute_batch("COMMIT").map_err(StoreError::from)?;
                Ok(value)
            }
            Err(error) => {
                // The first error is the one that matters; closing rolls back in any case.
                self.db.execute_batch("ROLLBACK").ok();
                Err(error)
            }
        }
    }

    /// What decides over drafts that wait: another generation, and there may be more to know. The same, and nothing
    /// was put in, changed or taken out of what the queries for it read (messages, answers, drafts): triggers count,
    /// in the transaction of the change, so that no statement can forget to.
    pub fn generation(&self) -> Result<Generation, StoreError> {
        Ok(Generation(self.db.prepare_cached("SELECT number FROM changes")?.query_row([], |r| r.get(0))?))
    }

    /// Notes how an account's last sync went.
    pub fn set_synced(&self, account: &str, at: i64, error: Option<&str>) -> Result<(), StoreError> {
        self.db.execute(
            "INSERT INTO accounts VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
             synced_at = excluded.synced_at, error = excluded.error",
            params![account, at, error],
        )?;
        Ok(())
    }

    /// When an account was last synced (seconds since 1970), and what went wrong then.
    pub fn synced(&self, account: &str) -> Result<Option<(i64, Option<String>)>, StoreError> {
        let sql = "SELECT synced_at, error FROM accounts WHERE account = ?1";
        Ok(self.db.query_row(sql, [account], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
    }
}

/// How many changes there were to messages, answers and drafts: see [`Store::generation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generation(i64);

fn is_damaged(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt))
}

#[cfg(test)]
mod tests;
