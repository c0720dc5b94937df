//! Which messages a language model is to read, and has read; and what that cost by day.
//!
//! A message goes `waiting → asked → done`, or `failed`. It is `asked` before the first octet of it leaves: one that a
//! crash found under way is not shown to a model again.

use super::{Store, StoreError};
use rusqlite::{OptionalExtension, params};

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS thoughts (
  key TEXT NOT NULL PRIMARY KEY, at INTEGER NOT NULL, content TEXT,
  state TEXT NOT NULL CHECK (state IN ('waiting', 'asked', 'done', 'failed')),
  tries INTEGER NOT NULL, not_before INTEGER NOT NULL, why TEXT
) STRICT;
CREATE INDEX IF NOT EXISTS thoughts_state ON thoughts (state, at);
CREATE TABLE IF NOT EXISTS tokens (day TEXT NOT NULL PRIMARY KEY, tokens INTEGER NOT NULL, questions INTEGER NOT NULL) STRICT;
";

/// A message that waits to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its key.
    pub key: String,
    /// How often it was tried.
    pub tries: u32,
}

impl Store {
    /// A model may read this message; one that is known already stays as it is.
    pub fn think_of(&self, key: &str, at: i64) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO thoughts VALUES (?1, ?2, NULL, 'waiting', 0, 0, NULL)";
        self.db.prepare_cached(sql)?.execute(params![key, at])?;
        Ok(())
    }

    /// Those that wait and may be tried by now (seconds since 1970), the newest first.
    pub fn to_think_of(&self, now: i64, most: usize) -> Result<Vec<Waiting>, StoreError> {
        let sql = "SELECT key, tries FROM thoughts WHERE state = 'waiting' AND not_before <= ?1 ORDER BY at DESC, key LIMIT ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = statement.query_map(params![now, most], |r| Ok(Waiting { key: r.get(0)?, tries: r.get(1)? }))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// The message is shown to the model from now on. False where the same content was shown to it before.
    pub fn asks(&self, key: &str, content: &str) -> Result<bool, StoreError> {
        let known =
            "SELECT EXISTS (SELECT 1 FROM thoughts WHERE content = ?1 AND key <> ?2 AND state IN ('asked', 'done'))";
        if self.db.prepare_cached(known)?.query_row(params![content, key], |r| r.get(0))? {
            return Ok(false);
        }
        let sql = "UPDATE thoughts SET state = 'asked', content = ?2, tries = tries + 1 WHERE key = ?1";
        self.db.prepare_cached(sql)?.execute(params![key, content])?;
        Ok(true)
    }

    /// The message is read, whatever came of it.
    pub fn thought(&self, key: &str, content: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO thoughts VALUES (?1, 0, ?2, 'done', 1, 0, NULL)
                   ON CONFLICT DO UPDATE SET state = 'done', content = excluded.content, why = NULL";
        self.db.prepare_cached(sql)?.execute(params![key, content])?;
        Ok(())
    }

    /// The message is not read: tried again from `again` on (seconds since 1970), or never.
    pub fn not_thought(&self, key: &str, why: &str, again: Option<i64>) -> Result<(), StoreError> {
        let sql = "UPDATE thoughts SET state = ?2, not_before = ?3, why = ?4 WHERE key = ?1";
        let state = if again.is_some() { "waiting" } else { "failed" };
        self.db.prepare_cached(sql)?.execute(params![key, state, again.unwrap_or(0), why])?;
        Ok(())
    }

    /// How many wait, and why the last of them was not read.
    pub fn thoughts_waiting(&self) -> Result<(u64, Option<String>), StoreError> {
        let count = "SELECT count(*) FROM thoughts WHERE state = 'waiting'";
        let count: i64 = self.db.prepare_cached(count)?.query_row([], |r| r.get(0))?;
        let why =
            "SELECT why FROM thoughts WHERE state = 'waiting' AND why IS NOT NULL ORDER BY not_before DESC LIMIT 1";
        Ok((count.unsigned_abs(), self.db.prepare_cached(why)?.query_row([], |r| r.get(0)).optional()?))
    }

    /// Adds to what a day (`2026-01-06`) cost; less than nothing where an estimate was too high.
    pub fn spend(&self, day: &str, tokens: i64, questions: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO tokens VALUES (?1, max(?2, 0), ?3) ON CONFLICT DO UPDATE SET
                   tokens = max(tokens + ?2, 0), questions = questions + ?3";
        self.db.prepare_cached(sql)?.execute(params![day, tokens, questions])?;
        Ok(())
    }

    /// What a day cost: tokens and questions.
    pub fn spent(&self, day: &str) -> Result<(u64, u64), StoreError> {
        let sql = "SELECT tokens, questions FROM tokens WHERE day = ?1";
        let row = |r: &rusqlite::Row<'_>| Ok((r.get::<_, i64>(0)?.unsigned_abs(), r.get::<_, i64>(1)?.unsigned_abs()));
        Ok(self.db.prepare_cached(sql)?.query_row([day], row).optional()?.unwrap_or_default())
    }

    /// Puts another digest (JSON) in place of a message's.
    pub fn put_digest(&self, key: &str, digest: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("UPDATE messages SET digest = ?2 WHERE key = ?1")?.execute([key, digest])?;
        Ok(())
    }
}
