//! What became of a correspondent's mail. All of it comes back from mail and vault when it is lost: answers from the mailbox
//! for sent mail, rejected drafts from their files.

use super::{Store, StoreError};
use crate::note::habit::Habit;
use rusqlite::params;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS rejected (draft_id TEXT NOT NULL PRIMARY KEY) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS messages_from ON messages (author, at) WHERE own = 0 AND note IS NOT NULL;
";

/// Seconds for which a mail may still be answered before it counts as left.
const PATIENCE: i64 = 3 * 24 * 60 * 60;

impl Store {
    /// The owner rejected this draft.
    pub fn reject(&self, draft_id: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("INSERT OR IGNORE INTO rejected VALUES (?1)")?.execute([draft_id])?;
        Ok(())
    }

    /// What became of the last mails of an author to an account before `at` (seconds since 1970), at most so many.
    pub fn dealt_with(&self, account: &str, author: &str, at: i64, most: u32) -> Result<Habit, StoreError> {
        let sql = "SELECT count(*), coalesce(sum(answered), 0), coalesce(sum(rejected AND NOT answered), 0) FROM (
              SELECT at, EXISTS (SELECT 1 FROM answers WHERE parent = m.message_id)
                  OR EXISTS (SELECT 1 FROM messages AS o WHERE o.thread = m.thread AND o.at > m.at AND o.own = 1) AS answered,
                EXISTS (SELECT 1 FROM drafts AS d JOIN rejected AS r ON r.draft_id = d.draft_id WHERE d.parent = m.key) AS rejected
              FROM messages AS m
              WHERE author = ?1 AND account = ?2 AND own = 0 AND note IS NOT NULL AND at < ?3 ORDER BY at DESC, key LIMIT ?4)
            WHERE answered OR rejected OR at < ?3 - ?5";
        let row = |r: &rusqlite::Row<'_>| Ok(Habit { heard: r.get(0)?, answered: r.get(1)?, rejected: r.get(2)? });
        Ok(self.db.prepare_cached(sql)?.query_row(params![author, account, at, most, PATIENCE], row)?)
    }

    /// The source notes whose messages are answered by what was answered since it was last looked at: those messages, and what
    /// came before the answer in their threads.
    pub fn notes_answered_now(&self) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT DISTINCT m.note FROM answered JOIN messages AS a ON a.key = answered.id OR a.message_id = answered.id
              JOIN messages AS m ON m.thread = a.thread
            WHERE m.own = 0 AND m.note IS NOT NULL AND (m.key = a.key OR EXISTS (SELECT 1 FROM answers WHERE parent = m.message_id)
              OR EXISTS (SELECT 1 FROM messages AS o WHERE o.thread = m.thread AND o.at > m.at AND o.own = 1))
            ORDER BY m.note";
        let mut statement = self.db.prepare_cached(sql)?;
        let notes = statement.query_map([], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::messages::StoredMessage;

    const DAY: i64 = 24 * 60 * 60;

    fn message(key: &str, author: &str, day: i64) -> StoredMessage {
        StoredMessage {
            key: key.into(),
            account: "work".into(),
            mailbox: "INBOX".into(),
            uid_validity: 1,
            uid: 1,
            message_id: Some(key.into()),
            thread: key.into(),
            in_reply_to: Vec::new(),
            references: Vec::new(),
            author: author.into(),
            subject: "Plan".into(),
            at: day * DAY,
            own: false,
            note: Some(format!("{key}.md")),
            digest: None,
        }
    }

    fn own(key: &str, thread: &str, parent: &str, day: i64) -> StoredMessage {
        let (own, note) = (true, None);
        StoredMessage {
            own,
            note,
            thread: thread.into(),
            in_reply_to: vec![parent.into()],
            ..message(key, "sam@example.org", day)
        }
    }

    #[test]
    fn what_became_of_mail() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("a store");
        let ada = "ada@example.com";
        for (key, author, day) in
            [("a", ada, 1), ("b", ada, 2), ("c", ada, 3), ("d", ada, 9), ("x", "ben@example.com", 1)]
        {
            store.put_message(&message(key, author, day)).expect("put");
        }
        let of = |at: i64, most| {
            let Habit { heard, answered, rejected } = store.dealt_with("work", ada, at * DAY, most).expect("counts");
            (heard, answered, rejected)
        };
        // The newest may still be answered.
        assert_eq!(of(10, 8), (3, 0, 0));
        store.put_message(&own("s", "a", "a", 2)).expect("put");
        store.put_draft("D1", "Outbox/b.md", Some("b")).expect("put");
        store.reject("D1").expect("rejected");
        store.reject("D1").expect("once");
        assert_eq!(of(10, 8), (3, 1, 1));
        assert_eq!(of(10, 2), (1, 0, 0));
        assert_eq!(of(2, 8), (1, 1, 0));
        // Answered in spite of it.
        store.put_message(&own("t", "b", "b", 3)).expect("put");
        assert_eq!(of(10, 8), (3, 2, 0));
        assert_eq!(store.dealt_with("home", ada, 10 * DAY, 8).expect("counts"), Habit::default());
    }

    #[test]
    fn notes_that_an_answer_settles() {
        let dir = tempfile::tempdir().expect("a folder");
        let store = Store::open(dir.path()).expect("a store");
        for (key, day) in [("a", 1), ("b", 2), ("c", 5)] {
            store
                .put_message(&StoredMessage { thread: "a".into(), ..message(key, "ada@example.com", day) })
                .expect("put");
        }
        assert!(store.notes_answered_now().expect("read").is_empty());
        store.put_message(&own("s", "a", "b", 3)).expect("put");
        assert_eq!(store.notes_answered_now().expect("read"), ["a.md", "b.md"]);
    }
}
