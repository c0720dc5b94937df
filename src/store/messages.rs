//! What has been seen, and how it hangs together.

use super::{Store, StoreError};
use crate::note::digest::Digest;
use rusqlite::{OptionalExtension, Row, params};
use std::collections::BTreeSet;

/// One message, in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMessage {
    /// [`crate::mail::Message::key`], or that and a fingerprint where two messages claim one Message-ID.
    pub key: String,
    /// The account that it was found in.
    pub account: String,
    /// The mailbox, as the server names it.
    pub mailbox: String,
    /// UIDVALIDITY; 0 when it was read from the vault.
    pub uid_validity: u32,
    /// UID; 0 when it was read from the vault.
    pub uid: u32,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// The thread's root.
    pub thread: String,
    /// In-Reply-To ids.
    pub in_reply_to: Vec<String>,
    /// References ids.
    pub references: Vec<String>,
    /// The author's address, lowercased.
    pub author: String,
    /// The base subject.
    pub subject: String,
    /// Seconds since 1970.
    pub at: i64,
    /// The owner sent it.
    pub own: bool,
    /// Path of its source note.
    pub note: Option<String>,
    /// The digest, as JSON.
    pub digest: Option<String>,
}

impl StoredMessage {
    /// Who wrote it, and what was read in it.
    pub fn said(&self) -> Option<(String, Digest)> {
        serde_json::from_str(self.digest.as_deref()?).ok()
    }

    /// What [`StoredMessage::said`] reads.
    pub fn saying(author: &str, digest: &Digest) -> Result<String, serde_json::Error> {
        serde_json::to_string(&(author, digest))
    }
}

const COLUMNS: &str = "key, account, mailbox, uid_validity, uid, message_id, thread, in_reply_to, refs, author, subject, at, own, note, digest";

fn row(r: &Row<'_>) -> rusqlite::Result<StoredMessage> {
    let list = |text: String| text.split_whitespace().map(str::to_owned).collect();
    Ok(StoredMessage {
        key: r.get(0)?,
        account: r.get(1)?,
        mailbox: r.get(2)?,
        uid_validity: r.get(3)?,
        uid: r.get(4)?,
        message_id: r.get(5)?,
        thread: r.get(6)?,
        in_reply_to: list(r.get(7)?),
        references: list(r.get(8)?),
        author: r.get(9)?,
        subject: r.get(10)?,
        at: r.get(11)?,
        own: r.get(12)?,
        note: r.get(13)?,
        digest: r.get(14)?,
    })
}

impl Store {
    /// Every address that mail came from or went to, lowercased.
    pub fn addresses(&self) -> Result<BTreeSet<String>, StoreError> {
        let sql = "SELECT DISTINCT author FROM messages UNION SELECT recipients FROM outbox WHERE state IN ('accepted', 'filed')";
        let mut statement = self.db.prepare_cached(sql)?;
        let found = statement.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(found.iter().flat_map(|list| list.split('\n')).filter(|a| !a.is_empty()).map(str::to_lowercase).collect())
    }

    /// Puts a message in, or takes over where it was found and what is known of it now.
    pub fn put_message(&self, m: &StoredMessage) -> Result<(), StoreError> {
        self.db.prepare_cached(
            &format!("INSERT INTO messages ({COLUMNS}) VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15)
             ON CONFLICT DO UPDATE SET account = excluded.account, mailbox = excluded.mailbox,
             uid_validity = excluded.uid_validity, uid = excluded.uid, in_reply_to = excluded.in_reply_to,
             refs = excluded.refs, at = excluded.at, own = max(own, excluded.own), note = coalesce(excluded.note, note), digest = coalesce(excluded.digest, digest)"),
        )?
        .execute(
            params![
                m.key, m.account, m.mailbox, m.uid_validity, m.uid, m.message_id, m.thread,
                m.in_reply_to.join(" "), m.references.join(" "), m.author, m.subject, m.at, m.own, m.note, m.digest
            ],
        )?;
        let named = [Some(&m.thread), m.message_id.as_ref()].into_iter().flatten();
        let ids: Vec<&str> = named.chain(&m.in_reply_to).chain(&m.references).map(String::as_str).collect();
        self.link(&ids, &m.thread)?;
        if m.own {
            for parent in m.in_reply_to.iter().chain(m.references.last()) {
                self.db.prepare_cached("INSERT OR IGNORE INTO answers VALUES (?1, ?2)")?.execute([parent, &m.key])?;
            }
        }
        Ok(())
    }

    /// The message of that key.
    pub fn message(&self, key: &str) -> Result<Option<StoredMessage>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM messages WHERE key = ?1");
        Ok(self.db.prepare_cached(&sql)?.query_row([key], row).optional()?)
    }

    /// The message of that Message-ID; one with a note before one without.
    pub fn message_by_id(&self, id: &str) -> Result<Option<StoredMessage>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM messages WHERE message_id = ?1 ORDER BY note IS NULL LIMIT 1");
        Ok(self.db.prepare_cached(&sql)?.query_row([id], row).optional()?)
    }

    /// The message that a source note is about.
    pub fn message_by_note(&self, note: &str) -> Result<Option<StoredMessage>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM messages WHERE note = ?1");
        Ok(self.db.prepare_cached(&sql)?.query_row([note], row).optional()?)
    }

    /// The message that a draft answers: the one that its source note is about, unless it names another's id.
    pub fn answered_by(&self, id: Option<&str>, note: Option<&str>) -> Result<Option<StoredMessage>, StoreError> {
        let by_note = note.map(|note| self.message_by_note(note)).transpose()?.flatten();
        match id {
            Some(id) if by_note.as_ref().is_none_or(|m| m.message_id.as_deref() != Some(id)) => {
                Ok(self.message_by_id(id)?.or(by_note))
            }
            _ => Ok(by_note),
        }
    }

    /// The messages of a thread with a digest, oldest first.
    pub fn digested(&self, thread: &str) -> Result<Vec<StoredMessage>, StoreError> {
        let sql = format!("SELECT {COLUMNS} FROM messages WHERE thread = ?1 AND digest IS NOT NULL ORDER BY at, key");
        let mut statement = self.db.prepare_cached(&sql)?;
        let rows = statement.query_map([thread], row)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// The notes of a thread's messages, oldest first; of more than a hundred only the newest.
    pub fn notes_in(&self, thread: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT note FROM (SELECT note, at, key FROM messages WHERE thread = ?1 AND note IS NOT NULL
                   ORDER BY at DESC, key DESC LIMIT 100) ORDER BY at, key";
        let mut statement = self.db.prepare_cached(sql)?;
        let notes = statement.query_map([thread], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(notes)
    }

    /// The messages of a thread with a note before `at`, the newest first.
    pub fn noted_before(&self, thread: &str, at: i64, most: usize) -> Result<Vec<StoredMessage>, StoreError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM messages WHERE thread = ?1 AND at < ?2 AND note IS NOT NULL ORDER BY at DESC, key LIMIT ?3"
        );
        let mut statement = self.db.prepare_cached(&sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let rows = statement.query_map(params![thread, at, most], row)?.collect::<Result<_, _>>()?;
        Ok(rows)
    }

    /// True when the owner has written in the thread after this message, or in answer to it.
    pub fn is_answered(&self, message_id: Option<&str>, thread: &str, at: i64) -> Result<bool, StoreError> {
        Ok(self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM answers WHERE parent = ?1)
                 OR EXISTS (SELECT 1 FROM messages WHERE thread = ?2 AND at > ?3 AND own = 1)",
            )?
            .query_row(params![message_id, thread, at], |r| r.get(0))?)
    }

    /// True when the owner wrote anything in the thread.
    pub fn owner_wrote_in(&self, thread: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE thread = ?1 AND own = 1)";
        Ok(self.db.prepare_cached(sql)?.query_row([thread], |r| r.get(0))?)
    }

    /// The note of the last message before `at` in the thread.
    pub fn note_before(&self, thread: &str, at: i64) -> Result<Option<String>, StoreError> {
        let sql =
            "SELECT note FROM messages WHERE thread = ?1 AND at < ?2 AND note IS NOT NULL ORDER BY at DESC LIMIT 1";
        Ok(self.db.prepare_cached(sql)?.query_row(params![thread, at], |r| r.get(0)).optional()?)
    }

    /// The key of the newest message of somebody else in the thread after `at`.
    pub fn newer_in(&self, thread: &str, at: i64) -> Result<Option<String>, StoreError> {
        let sql = "SELECT key FROM messages WHERE thread = ?1 AND at > ?2 AND own = 0 ORDER BY at DESC LIMIT 1";
        Ok(self.db.prepare_cached(sql)?.query_row(params![thread, at], |r| r.get(0)).optional()?)
    }

    /// How many messages have a source note, by account.
    pub fn count_notes(&self, account: &str) -> Result<u64, StoreError> {
        let sql = "SELECT count(*) FROM messages WHERE account = ?1 AND note IS NOT NULL";
        Ok(self.db.prepare_cached(sql)?.query_row([account], |r| r.get::<_, i64>(0))?.unsigned_abs())
    }

    /// True when any source note was ever written.
    pub fn has_notes(&self) -> Result<bool, StoreError> {
        Ok(self
            .db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM messages WHERE note IS NOT NULL)")?
            .query_row([], |r| r.get(0))?)
    }

    /// The summary note of a thread, and the hash of what was last written into it.
    pub fn summary(&self, thread: &str) -> Result<Option<(String, String)>, StoreError> {
        let sql = "SELECT note, hash FROM summaries WHERE thread = ?1";
        Ok(self.db.prepare_cached(sql)?.query_row([thread], |r| Ok((r.get(0)?, r.get(1)?))).optional()?)
    }

    /// Remembers a thread's summary note.
    pub fn put_summary(&self, thread: &str, note: &str, hash: &str) -> Result<(), StoreError> {
        let sql = "INSERT INTO summaries VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET note = excluded.note, hash = excluded.hash";
        self.db.prepare_cached(sql)?.execute([thread, note, hash])?;
        Ok(())
    }
}
