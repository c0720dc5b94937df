//! Which conversation an id belongs to: that of a message that is here, or one that some message here names.
//!
//! A conversation goes by one id, its *thread*; usually its root's. What mentions an id before the message itself is
//! there, or in its place, ties it to its thread all the same, so that the order of arrival makes no difference.

use super::{Store, StoreError};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;

impl Store {
    /// The threads that these ids belong to, in the order of the ids; those that belong to none are left out.
    pub fn threads_of(&self, ids: &[&str]) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT id, thread FROM links WHERE id IN (SELECT value FROM json_each(?1))";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([json(ids)], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let known: HashMap<String, String> = rows.collect::<Result<_, _>>()?;
        let mut threads: Vec<String> = Vec::new();
        for thread in ids.iter().filter_map(|id| known.get(*id)) {
            let thread = self.name_of(thread)?;
            if !threads.contains(&thread) {
                threads.push(thread);
            }
        }
        Ok(threads)
    }

    /// What a thread goes by now: another one may have taken it in.
    fn name_of(&self, thread: &str) -> Result<String, StoreError> {
        let mut name = thread.to_owned();
        let mut statement = self.db.prepare_cached("SELECT thread FROM links WHERE id = ?1 AND thread <> id")?;
        while let Some(next) = statement.query_row([&name], |r| r.get(0)).optional()? {
            name = next;
        }
        Ok(name)
    }

    /// Remembers that ids belong to a thread, where nothing is known of them yet.
    pub fn link(&self, ids: &[&str], thread: &str) -> Result<(), StoreError> {
        let sql = "INSERT OR IGNORE INTO links SELECT value, ?2 FROM json_each(?1)";
        self.db.prepare_cached(sql)?.execute(params![json(ids), thread])?;
        Ok(())
    }

    /// True when the thread's first message is here: one that names none before it.
    pub fn has_root(&self, thread: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM messages WHERE thread = ?1 AND in_reply_to = '' AND refs = '' AND message_id IS NOT NULL)";
        Ok(self.db.prepare_cached(sql)?.query_row([thread], |r| r.get(0))?)
    }

    /// After notes were read back: one that still says what its thread was called before is of that thread all the same.
    pub fn settle_threads(&self) -> Result<(), StoreError> {
        let sql = "UPDATE messages SET thread = links.thread FROM links WHERE links.id = messages.thread AND links.thread <> links.id";
        self.db.execute(sql, [])?;
        Ok(())
    }

    /// Makes two threads one, `into`. Gives the paths of the source notes that still name the other, oldest first.
    pub fn merge_threads(&self, from: &str, into: &str) -> Result<Vec<String>, StoreError> {
        let notes = "SELECT note FROM messages WHERE thread = ?1 AND note IS NOT NULL ORDER BY at, key";
        let mut statement = self.db.prepare_cached(notes)?;
        let notes = statement.query_map([from], |r| r.get(0))?.collect::<Result<_, _>>()?;
        for sql in [
            "INSERT INTO links VALUES (?1, ?2) ON CONFLICT DO UPDATE SET thread = excluded.thread",
            "UPDATE messages SET thread = ?2 WHERE thread = ?1",
            // Of two summaries the one of the thread that stays goes on; the other file is left to its owner.
            "UPDATE OR IGNORE summaries SET thread = ?2 WHERE thread = ?1",
        ] {
            self.db.prepare_cached(sql)?.execute([from, into])?;
        }
        self.db.prepare_cached("DELETE FROM summaries WHERE thread = ?1")?.execute([from])?;
        Ok(notes)
    }
}

fn json(ids: &[&str]) -> String {
    serde_json::Value::from(ids).to_string()
}
