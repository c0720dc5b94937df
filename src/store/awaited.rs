//! Questions that the owner asked, until somebody answers. What is lost comes back from the notes about them and from Sent.

use super::{Store, StoreError};
use rusqlite::params;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS awaited (
  key TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, said TEXT,
  state TEXT NOT NULL CHECK (state IN ('open', 'told', 'over')), note TEXT
) STRICT, WITHOUT ROWID;
";

/// How far it has come with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// It was asked.
    Open,
    /// There is a note about it.
    Told,
    /// It is answered, closed, or past.
    Over,
}

impl Stage {
    fn as_str(self) -> &'static str {
        match self {
            Stage::Open => "open",
            Stage::Told => "told",
            Stage::Over => "over",
        }
    }
}

/// A question that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaited {
    /// The key of the mail that asks.
    pub key: String,
    /// The account that sent it.
    pub account: String,
    /// To whom and what, as JSON; `None`: the mail has not been read since the state was lost.
    pub said: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// Path of the note about it.
    pub note: Option<String>,
}

impl Store {
    /// The owner asked something; what is known of it already stays.
    pub fn await_answer(&self, key: &str, account: &str, said: &str) -> Result<(), StoreError> {
        let sql =
            "INSERT INTO awaited VALUES (?1, ?2, ?3, 'open', NULL) ON CONFLICT DO UPDATE SET said = excluded.said";
        self.db.prepare_cached(sql)?.execute([key, account, said])?;
        Ok(())
    }

    /// A note about a question was found.
    pub fn found_awaiting(&self, key: &str, account: &str, stage: Stage, note: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO awaited VALUES (?1, ?2, NULL, ?3, ?4) ON CONFLICT DO NOTHING";
        self.db.prepare_cached(sql)?.execute([key, account, stage.as_str(), note])?;
        Ok(())
    }

    /// How it stands with a question now.
    pub fn set_awaited(&self, key: &str, stage: Stage, note: Option<&str>) -> Result<(), StoreError> {
        let sql = "UPDATE awaited SET state = ?2, note = coalesce(?3, note) WHERE key = ?1";
        self.db.prepare_cached(sql)?.execute(params![key, stage.as_str(), note])?;
        Ok(())
    }

    /// The questions that are not over.
    pub fn awaited(&self) -> Result<Vec<Awaited>, StoreError> {
        let sql = "SELECT key, account, said, state, note FROM awaited WHERE state <> 'over' ORDER BY key";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| {
            let stage = if r.get::<_, String>(3)? == "told" { Stage::Told } else { Stage::Open };
            Ok(Awaited { key: r.get(0)?, account: r.get(1)?, said: r.get(2)?, stage, note: r.get(4)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What came in a thread after a time, oldest first: each message's key.
    pub fn later_in(&self, thread: &str, at: i64) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT key FROM messages WHERE thread = ?1 AND at > ?2 ORDER BY at, key";
        let mut statement = self.db.prepare_cached(sql)?;
        let keys = statement.query_map(params![thread, at], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(keys)
    }
}
