//! What is being sent, and the ledger of what was: rows go `queued → attempting → accepted → filed`, or
//! `failed`, `uncertain`, `stopped`. A row is never deleted, and one that went past `attempting` is never queued
//! again by postnote itself.

use super::{Store, StoreError};
use rusqlite::{OptionalExtension, Row, params};

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Frozen, waiting for its time.
    Queued,
    /// An attempt is under way, or was when the process ended.
    Attempting,
    /// The server has it; the Sent copy is still to be filed.
    Accepted,
    /// Done.
    Filed,
    /// Nothing was sent.
    Failed,
    /// Nobody can tell.
    Uncertain,
    /// Its owner stopped it, or changed it.
    Stopped,
}

impl State {
    const ALL: [(State, &'static str); 7] = [
        (State::Queued, "queued"),
        (State::Attempting, "attempting"),
        (State::Accepted, "accepted"),
        (State::Filed, "filed"),
        (State::Failed, "failed"),
        (State::Uncertain, "uncertain"),
        (State::Stopped, "stopped"),
    ];

    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, w)| w)
    }

    fn read(word: &str) -> State {
        // The schema's CHECK keeps other words out; of what cannot be told, nothing is resent.
        Self::ALL.iter().find(|(_, w)| *w == word).map_or(State::Uncertain, |(s, _)| *s)
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Number of the row.
    pub id: i64,
    /// The draft.
    pub draft_id: String,
    /// Path of its file when it was queued.
    pub note: String,
    /// The account that sends it.
    pub account: String,
    /// [`crate::approval::ApprovedDraft::hash`] of what was approved.
    pub hash: String,
    /// The envelope's sender.
    pub sender: String,
    /// The envelope's recipients.
    pub recipients: Vec<String>,
    /// Message-ID without brackets.
    pub message_id: String,
    /// The message.
    pub bytes: Vec<u8>,
    /// Key of the message that it answers.
    pub parent: Option<String>,
    /// Where it stands.
    pub state: State,
    /// Attempts begun.
    pub attempts: u32,
    /// Not before this time, in seconds since 1970.
    pub not_before: i64,
    /// When the server took it, local time.
    pub sent_at: Option<String>,
    /// The server's answer.
    pub response: Option<String>,
    /// What went wrong.
    pub error: Option<String>,
}

const COLUMNS: &str = "id, draft_id, note, account, hash, sender, recipients, message_id, bytes, parent, state, attempts, not_before, sent_at, response, error";

fn row(r: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let recipients: String = r.get(6)?;
    let state: String = r.get(10)?;
    Ok(OutboxRow {
        id: r.get(0)?,
        draft_id: r.get(1)?,
        note: r.get(2)?,
        account: r.get(3)?,
        hash: r.get(4)?,
        sender: r.get(5)?,
        recipients: recipients.lines().map(str::to_owned).collect(),
        message_id: r.get(7)?,
        bytes: r.get(8)?,
        parent: r.get(9)?,
        state: State::read(&state),
        attempts: r.get(11)?,
        not_before: r.get(12)?,
        sent_at: r.get(13)?,
        response: r.get(14)?,
        error: r.get(15)?,
    })
}

impl Store {
    /// Freezes a draft. A row of the same draft comes back from `failed`, `stopped` or `uncertain`, which only a
    /// new approval by its owner does; from any other state it does not, and this gives `false`.
    pub fn queue(&self, new: &OutboxRow) -> Result<bool, StoreError> {
        let changed = self.db.execute(
            "INSERT INTO outbox (draft_id, note, account, hash, sender, recipients, message_id, bytes, parent, state, attempts, not_before)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 'queued', 0, ?10)
             ON CONFLICT (draft_id) DO UPDATE SET note = excluded.note, account = excluded.account, hash = excluded.hash,
             sender = excluded.sender, recipients = excluded.recipients, message_id = excluded.message_id, bytes = excluded.bytes,
             parent = excluded.parent, state = 'queued', attempts = 0, not_before = excluded.not_before, error = NULL
             WHERE state IN ('failed', 'stopped', 'uncertain')",
            params![
                new.draft_id, new.note, new.account, new.hash, new.sender, new.recipients.join("\n"),
                new.message_id, new.bytes, new.parent, new.not_before
            ],
        )?;
        Ok(changed == 1)
    }

    /// Counts an attempt and says so durably before it begins. `false`: the row is not queued any more.
    pub fn begin_attempt(&self, id: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE outbox SET state = 'attempting', attempts = attempts + 1 WHERE id = ?1 AND state = 'queued'";
        Ok(self.db.execute(sql, [id])? == 1)
    }

    /// The server has taken the message.
    pub fn accepted(&self, id: i64, sent_at: &str, response: &str) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET state = 'accepted', sent_at = ?2, response = ?3, error = NULL WHERE id = ?1";
        self.db.execute(sql, params![id, sent_at, response])?;
        Ok(())
    }

    /// Moves a row, with what went wrong.
    pub fn set_state(&self, id: i64, state: State, error: Option<&str>) -> Result<(), StoreError> {
        self.db
            .execute("UPDATE outbox SET state = ?2, error = ?3 WHERE id = ?1", params![id, state.as_str(), error])?;
        Ok(())
    }

    /// Puts an attempt that surely sent nothing back into the queue, for later.
    pub fn retry(&self, id: i64, not_before: i64, error: &str) -> Result<(), StoreError> {
        let sql =
            "UPDATE outbox SET state = 'queued', not_before = ?2, error = ?3 WHERE id = ?1 AND state = 'attempting'";
        self.db.execute(sql, params![id, not_before, error])?;
        Ok(())
    }

    /// The draft's file was moved or renamed.
    pub fn move_note(&self, draft_id: &str, note: &str) -> Result<(), StoreError> {
        self.db.execute("UPDATE outbox SET note = ?2 WHERE draft_id = ?1", [draft_id, note])?;
        Ok(())
    }

    /// Done: nobody needs the message's bytes any more, and they are private.
    pub fn filed(&self, id: i64) -> Result<(), StoreError> {
        self.db.execute("UPDATE outbox SET state = 'filed', bytes = x'' WHERE id = ?1", [id])?;
        Ok(())
    }

    /// A queued row is due earlier.
    pub fn hasten(&self, id: i64, not_before: i64) -> Result<(), StoreError> {
        let sql = "UPDATE outbox SET not_before = ?2 WHERE id = ?1 AND state = 'queued'";
        self.db.execute(sql, params![id, not_before])?;
        Ok(())
    }

    /// How many rows are where, without reading what they hold.
    pub fn outbox_counts(&self) -> Result<Vec<(State, u32)>, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT state, count(*) FROM outbox GROUP BY state ORDER BY state")?;
        let rows = statement.query_map([], |r| Ok((State::read(&r.get::<_, String>(0)?), r.get(1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The rows in a state, oldest first.
    pub fn outbox(&self, state: State) -> Result<Vec<OutboxRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE state = ?1 ORDER BY id");
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map([state.as_str()], row)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The row of a draft.
    pub fn outbox_of(&self, draft_id: &str) -> Result<Option<OutboxRow>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM outbox WHERE draft_id = ?1");
        Ok(self.db.prepare_cached(&sql)?.query_row([draft_id], row).optional()?)
    }
}
