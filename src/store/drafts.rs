//! Which draft is which file.

use super::{Store, StoreError};
use rusqlite::{OptionalExtension, params};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS drawn (draft_id TEXT NOT NULL PRIMARY KEY, hash TEXT NOT NULL) STRICT, WITHOUT ROWID;
";

/// A draft that is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDraft {
    /// Its id.
    pub draft_id: String,
    /// Path of its file.
    pub note: String,
    /// Key of the message that it answers.
    pub parent: Option<String>,
}

impl Store {
    /// Remembers a draft, or where its file is now.
    pub fn put_draft(&self, draft_id: &str, note: &str, parent: Option<&str>) -> Result<(), StoreError> {
        let sql = "INSERT INTO drafts VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET
                   note = excluded.note, parent = coalesce(excluded.parent, parent)";
        self.db.prepare_cached(sql)?.execute(params![draft_id, note, parent])?;
        Ok(())
    }

    /// Remembers what a draft said when it was written (SHA-256), so that it is known as untouched.
    pub fn put_drawn(&self, draft_id: &str, hash: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("INSERT OR REPLACE INTO drawn VALUES (?1, ?2)")?.execute([draft_id, hash])?;
        Ok(())
    }

    /// True when this is what was written, to the letter.
    pub fn is_as_drawn(&self, draft_id: &str, hash: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM drawn WHERE draft_id = ?1 AND hash = ?2)";
        Ok(self.db.prepare_cached(sql)?.query_row([draft_id, hash], |r| r.get(0))?)
    }

    /// The draft of that id.
    pub fn draft(&self, draft_id: &str) -> Result<Option<KnownDraft>, StoreError> {
        let sql = "SELECT draft_id, note, parent FROM drafts WHERE draft_id = ?1";
        let row = |r: &rusqlite::Row<'_>| Ok(KnownDraft { draft_id: r.get(0)?, note: r.get(1)?, parent: r.get(2)? });
        Ok(self.db.prepare_cached(sql)?.query_row([draft_id], row).optional()?)
    }

    /// The drafts that answer a message, whatever became of them.
    pub fn drafts_for(&self, parent: &str) -> Result<Vec<KnownDraft>, StoreError> {
        let sql = "SELECT draft_id, note, parent FROM drafts WHERE parent = ?1 ORDER BY draft_id";
        let mut statement = self.db.prepare_cached(sql)?;
        let row = |r: &rusqlite::Row<'_>| Ok(KnownDraft { draft_id: r.get(0)?, note: r.get(1)?, parent: r.get(2)? });
        let found = statement.query_map([parent], row)?.collect::<Result<_, _>>()?;
        Ok(found)
    }

    /// True when the message has been drafted for, whatever became of it.
    pub fn has_draft_for(&self, parent: &str) -> Result<bool, StoreError> {
        Ok(self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM drafts WHERE parent = ?1)")?
            .query_row([parent], |r| r.get(0))?)
    }
}
