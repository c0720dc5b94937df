//! Notes on their way from a temporary name to their place: remembered in the commit that knows of them, so that a
//! crash before the last move is made good.

use super::{Store, StoreError};
use crate::note::moving::Move;
use rusqlite::params;

impl Store {
    /// Remembers a file to be moved.
    pub fn stage(&self, file: &Move) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO staged VALUES (?1, ?2, ?3)";
        self.db.prepare_cached(sql)?.execute(params![file.path, file.temporary, file.before])?;
        Ok(())
    }

    /// The files to be moved.
    pub fn staged(&self) -> Result<Vec<Move>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT path, temporary, before FROM staged ORDER BY path")?;
        let rows =
            statement.query_map([], |r| Ok(Move { path: r.get(0)?, temporary: r.get(1)?, before: r.get(2)? }))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// All of them are in their places, durably.
    pub fn unstage(&self) -> Result<(), StoreError> {
        self.db.prepare_cached("DELETE FROM staged")?.execute([])?;
        Ok(())
    }

    /// A note came to lie elsewhere than planned.
    pub fn note_moved(&self, from: &str, to: &str) -> Result<(), StoreError> {
        for table in ["messages", "drafts", "summaries", "entities", "awaited"] {
            self.db.execute(&format!("UPDATE {table} SET note = ?2 WHERE note = ?1"), [from, to])?;
        }
        Ok(())
    }
}
