//! How far each mailbox has been read, what its server lists and keeps back, and what Gmail showed already.

use super::{Store, StoreError};
use rusqlite::params;
use std::collections::{HashMap, HashSet};

/// How far a mailbox has been read (RFC 3501 §2.3.1.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cursor {
    /// UIDVALIDITY that the next UID belongs to.
    pub uid_validity: u32,
    /// The first UID not yet covered.
    pub next_uid: u32,
    /// UIDs below this were there at the first sync, and count only from `since` on.
    pub first_until: u32,
    /// The first sync reached back to here, in seconds since 1970; `None`: to the beginning.
    pub since: Option<i64>,
    /// The mailbox's mod-sequence when all below `next_uid` was covered (RFC 7162); `None` where there is none.
    pub modseq: Option<i64>,
}

/// A message that a server lists and does not give.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The mailbox.
    pub mailbox: String,
    /// UIDVALIDITY that the UID belongs to.
    pub uid_validity: u32,
    /// The UID.
    pub uid: u32,
    /// In how many syncs it was asked for.
    pub tries: u32,
}

/// A message that was at this UID has turned up at another one of the same mailbox: delivered twice, or has the server
/// given its UIDs anew?
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The mailbox.
    pub mailbox: String,
    /// UIDVALIDITY that the UID belongs to.
    pub uid_validity: u32,
    /// Where the message was.
    pub uid: u32,
    /// Its Message-ID.
    pub message_id: String,
}

impl Store {
    /// Remembers a doubt, until the mailbox is opened the next time.
    pub fn doubt(&self, account: &str, doubt: &Doubt) -> Result<(), StoreError> {
        let sql = "INSERT OR REPLACE INTO doubts VALUES (?1, ?2, ?3, ?4, ?5)";
        let Doubt { mailbox, uid_validity, uid, message_id } = doubt;
        self.db.prepare_cached(sql)?.execute(params![account, mailbox, uid_validity, uid, message_id])?;
        Ok(())
    }

    /// An account's doubts.
    pub fn doubts(&self, account: &str) -> Result<Vec<Doubt>, StoreError> {
        let sql = "SELECT mailbox, uid_validity, uid, message_id FROM doubts WHERE account = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([account], |r| {
            Ok(Doubt { mailbox: r.get(0)?, uid_validity: r.get(1)?, uid: r.get(2)?, message_id: r.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// A mailbox's doubts about these UIDs are settled.
    pub fn settle(&self, account: &str, mailbox: &str, uids: &[u32]) -> Result<(), StoreError> {
        let mut statement =
            self.db.prepare_cached("DELETE FROM doubts WHERE account = ?1 AND mailbox = ?2 AND uid = ?3")?;
        for uid in uids {
            statement.execute(params![account, mailbox, uid])?;
        }
        Ok(())
    }

    /// How far each of an account's mailboxes has been read.
    pub fn cursors(&self, account: &str) -> Result<HashMap<String, Cursor>, StoreError> {
        let sql = "SELECT mailbox, uid_validity, next_uid, first_until, since, modseq FROM cursors WHERE account = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([account], |r| {
            let cursor = Cursor {
                uid_validity: r.get(1)?,
                next_uid: r.get(2)?,
                first_until: r.get(3)?,
                since: r.get(4)?,
                modseq: r.get(5)?,
            };
            Ok((r.get(0)?, cursor))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Moves a cursor. Only after what it covers is durable.
    pub fn set_cursor(&self, account: &str, mailbox: &str, cursor: Cursor) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO cursors (account, mailbox, uid_validity, next_uid, first_until, since, modseq)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET
                 uid_validity = excluded.uid_validity, next_uid = excluded.next_uid,
                 first_until = excluded.first_until, since = excluded.since, modseq = excluded.modseq",
            )?
            .execute(params![
                account,
                mailbox,
                cursor.uid_validity,
                cursor.next_uid,
                cursor.first_until,
                cursor.since,
                cursor.modseq
            ])?;
        Ok(())
    }

    /// Counts a message that the server lists and does not give; how often it has been asked for.
    pub fn withhold(&self, account: &str, mailbox: &str, uid_validity: u32, uid: u32) -> Result<u32, StoreError> {
        let sql = "INSERT INTO withheld VALUES (?1, ?2, ?3, ?4, 1) ON CONFLICT DO UPDATE SET tries = tries + 1 RETURNING tries";
        Ok(self.db.query_row(sql, params![account, mailbox, uid_validity, uid], |r| r.get(0))?)
    }

    /// The message was given, or is gone.
    pub fn given(&self, account: &str, mailbox: &str, uid_validity: u32, uid: u32) -> Result<(), StoreError> {
        let sql = "DELETE FROM withheld WHERE account = ?1 AND mailbox = ?2 AND uid_validity = ?3 AND uid = ?4";
        self.db.prepare_cached(sql)?.execute(params![account, mailbox, uid_validity, uid])?;
        Ok(())
    }

    /// Remembers Gmail's ids (X-GM-MSGID) of messages that were read whole.
    pub fn put_gmail(&self, account: &str, ids: &[u64]) -> Result<(), StoreError> {
        for id in ids {
            let sql = "INSERT OR IGNORE INTO gmail VALUES (?1, ?2)";
            self.db.prepare_cached(sql)?.execute(params![account, id.cast_signed()])?;
        }
        Ok(())
    }

    /// Gmail's ids of the messages that were read whole.
    pub fn gmail(&self, account: &str) -> Result<HashSet<u64>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT id FROM gmail WHERE account = ?1")?;
        let rows = statement.query_map([account], |r| r.get::<_, i64>(0).map(i64::cast_unsigned))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// What an account's server lists and did not give so far.
    pub fn withheld(&self, account: &str) -> Result<Vec<Withheld>, StoreError> {
        let sql = "SELECT mailbox, uid_validity, uid, tries FROM withheld WHERE account = ?1";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([account], |r| {
            Ok(Withheld { mailbox: r.get(0)?, uid_validity: r.get(1)?, uid: r.get(2)?, tries: r.get(3)? })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}
