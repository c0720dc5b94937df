//! Which draft files were looked at and had nothing to do: what one pass over the drafts leaves for the next, in
//! whatever process. It may be lost at any time: then every draft is read.

use super::{Generation, Store, StoreError};
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// What is remembered of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// What the file system said of it, as the vault writes it.
    pub stamp: Vec<u8>,
    /// The id that it goes by.
    pub id: Option<String>,
    /// What decides over it, while it waits for its owner.
    pub waits: Option<Waits>,
}

/// What decides over a draft that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waits {
    /// It answers a message, and is over when that was answered.
    pub answers: bool,
    /// The Message-ID that it answers.
    pub in_reply_to: Option<String>,
    /// The note of the message that it answers.
    pub source_file: Option<String>,
}

/// What counts for all that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judging {
    /// What the database knew when the drafts that wait were judged.
    pub generation: Generation,
    /// The version of postnote that read the files: another may read them in another way.
    pub reader: String,
    /// When all of them were last read, in seconds since 1970.
    pub read_at: i64,
}

impl Store {
    /// What is remembered of files, by path.
    pub fn judged(&self) -> Result<BTreeMap<String, Judged>, StoreError> {
        let sql = "SELECT path, stamp, id, answers, in_reply_to, source_file FROM judged ORDER BY path";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| {
            let waits = match r.get::<_, Option<bool>>(3)? {
                Some(answers) => Some(Waits { answers, in_reply_to: r.get(4)?, source_file: r.get(5)? }),
                None => None,
            };
            Ok((r.get(0)?, Judged { stamp: r.get(1)?, id: r.get(2)?, waits }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What counts for all of them, if anything was ever remembered.
    pub fn judging(&self) -> Result<Option<Judging>, StoreError> {
        let sql = "SELECT generation, reader, read_at FROM judging";
        let row = |r: &rusqlite::Row<'_>| {
            Ok(Judging { generation: Generation(r.get(0)?), reader: r.get(1)?, read_at: r.get(2)? })
        };
        Ok(self.db.prepare_cached(sql)?.query_row([], row).optional()?)
    }

    /// Remembers a file.
    pub fn put_judged(&self, path: &str, judged: &Judged) -> Result<(), StoreError> {
        let Judged { stamp, id, waits } = judged;
        let answers = waits.as_ref().map(|w| w.answers);
        let in_reply_to = waits.as_ref().and_then(|w| w.in_reply_to.as_deref());
        let source_file = waits.as_ref().and_then(|w| w.source_file.as_deref());
        let sql = "INSERT OR REPLACE INTO judged VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.db.prepare_cached(sql)?.execute(params![path, stamp, id, answers, in_reply_to, source_file])?;
        Ok(())
    }

    /// The file is to be read again.
    pub fn unjudge(&self, path: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("DELETE FROM judged WHERE path = ?1")?.execute([path])?;
        Ok(())
    }

    /// Remembers what counts for all of them.
    pub fn set_judging(&self, judging: &Judging) -> Result<(), StoreError> {
        let Judging { generation, reader, read_at } = judging;
        let sql = "INSERT OR REPLACE INTO judging VALUES (1, ?1, ?2, ?3)";
        self.db.prepare_cached(sql)?.execute(params![generation.0, reader, read_at])?;
        Ok(())
    }
}
