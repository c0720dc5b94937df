//! How the database is, without opening it for work: nothing is made, mended or put aside.

use super::{FILE, StoreError, VERSION};
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// How a state folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// There is no database yet, or no more.
    None,
    /// It can be read, all of it.
    Sound,
    /// Pages of it cannot be read; the next pass puts it aside and builds it anew.
    Damaged,
}

/// Reads the database over. [`StoreError::TooNew`] where a later version wrote it.
pub fn health(folder: &Path) -> Result<Health, StoreError> {
    let path = folder.join(FILE);
    match std::fs::metadata(&path) {
        Ok(file) if file.len() > 0 => {}
        Ok(_) => return Ok(Health::None),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Health::None),
        Err(source) => return Err(StoreError::Io { path, source }),
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let read = || {
        let db = Connection::open_with_flags(&path, flags)?;
        let version: i64 = db.pragma_query_value(None, "user_version", |r| r.get(0))?;
        let found: String = db.query_row("PRAGMA quick_check(1)", [], |r| r.get(0))?;
        Ok::<_, rusqlite::Error>((version, found))
    };
    match read() {
        Ok((version, _)) if version > VERSION => Err(StoreError::TooNew(folder.to_owned())),
        Ok((_, found)) if found == "ok" => Ok(Health::Sound),
        Ok(_) => Ok(Health::Damaged),
        Err(e) if super::is_damaged(&e) => Ok(Health::Damaged),
        Err(e) => Err(e.into()),
    }
}
