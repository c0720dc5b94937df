//! Whom the owner writes to, which notes are about whom, and what those notes are still to be told. All of it comes back
//! from mail and vault when it is lost.

use super::messages::StoredMessage;
use super::{Store, StoreError};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, params};
use std::collections::BTreeMap;

/// Somebody that the owner wrote to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// The address, lowercased.
    pub address: String,
    /// The name, as the owner's mail program had it; may be empty.
    pub name: String,
    /// When the owner last wrote, in seconds since 1970.
    pub at: i64,
    /// The note about them has not been told yet.
    pub fresh: bool,
}

/// A message that notes are still to be told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    /// The message.
    pub message: StoredMessage,
    /// The project that a rule counts it among.
    pub project: Option<String>,
}

impl Store {
    /// The owner wrote to this address.
    pub fn wrote_to(&self, address: &str, name: &str, at: i64) -> Result<(), StoreError> {
        let sql = "INSERT INTO contacts VALUES (?1, ?2, ?3, 1) ON CONFLICT DO UPDATE SET
            name = iif(name = '' OR (excluded.at > at AND excluded.name <> ''), excluded.name, name),
            fresh = iif(excluded.at > at, 1, fresh), at = max(at, excluded.at)";
        self.db.prepare_cached(sql)?.execute(params![address, name, at])?;
        Ok(())
    }

    /// True when the owner has written to this address.
    pub fn has_written_to(&self, address: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM contacts WHERE address = ?1)";
        Ok(self.db.prepare_cached(sql)?.query_row([address], |r| r.get(0))?)
    }

    /// What was sent from here counts too, whether a copy of it is met or not.
    pub fn wrote_to_whom_was_sent(&self, zone: &TimeZone) -> Result<(), StoreError> {
        let sql = "SELECT recipients, coalesce(sent_at, '') FROM outbox WHERE state IN ('accepted', 'filed')";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?)))?;
        for row in rows.collect::<Result<Vec<_>, _>>()? {
            let (recipients, sent_at) = row;
            let Ok(at) = sent_at.parse::<DateTime>().and_then(|t| t.to_zoned(zone.clone())) else { continue };
            let at = at.timestamp().as_second();
            for address in recipients.lines() {
                let known = "SELECT EXISTS (SELECT 1 FROM contacts WHERE address = ?1 AND at >= ?2)";
                let address = address.to_lowercase();
                if !self.db.prepare_cached(known)?.query_row(params![address, at], |r| r.get::<_, bool>(0))? {
                    self.wrote_to(&address, "", at)?;
                }
            }
        }
        Ok(())
    }

    /// Everybody that the owner wrote to, by address.
    pub fn contacts(&self) -> Result<BTreeMap<String, Contact>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT address, name, at, fresh FROM contacts ORDER BY address")?;
        let rows = statement.query_map([], |r| {
            let contact = Contact { address: r.get(0)?, name: r.get(1)?, at: r.get(2)?, fresh: r.get(3)? };
            Ok((contact.address.clone(), contact))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// True when anything is to be told.
    pub fn has_news(&self) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM news) OR EXISTS (SELECT 1 FROM answered) OR EXISTS (SELECT 1 FROM contacts WHERE fresh = 1)";
        Ok(self.db.prepare_cached(sql)?.query_row([], |r| r.get(0))?)
    }

    /// A message that a note is to be told of.
    pub fn put_news(&self, key: &str, project: Option<&str>) -> Result<(), StoreError> {
        self.db.prepare_cached("INSERT OR REPLACE INTO news VALUES (?1, ?2)")?.execute(params![key, project])?;
        Ok(())
    }

    /// All of them, oldest first.
    pub fn news(&self) -> Result<Vec<News>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT key, project FROM news ORDER BY key")?;
        let keys = statement.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let mut news = Vec::new();
        for row in keys.collect::<Result<Vec<(String, Option<String>)>, _>>()? {
            let (key, project) = row;
            news.extend(self.message(&key)?.map(|message| News { message, project }));
        }
        news.sort_by(|a, b| (a.message.at, &a.message.key).cmp(&(b.message.at, &b.message.key)));
        Ok(news)
    }

    /// All notes are told.
    pub fn told(&self) -> Result<(), StoreError> {
        self.db.prepare_cached("DELETE FROM news")?.execute([])?;
        self.db.prepare_cached("DELETE FROM answered")?.execute([])?;
        self.db.prepare_cached("UPDATE contacts SET fresh = 0 WHERE fresh = 1")?.execute([])?;
        Ok(())
    }

    /// The messages that were answered since they were last asked for, once they are read here.
    pub fn answered_now(&self) -> Result<Vec<StoredMessage>, StoreError> {
        let mut statement = self.db.prepare_cached("SELECT id FROM answered ORDER BY id")?;
        let ids = statement.query_map([], |r| r.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let mut found: Vec<StoredMessage> = Vec::new();
        for id in &ids {
            let message = self.message(id)?.map_or_else(|| self.message_by_id(id), |m| Ok(Some(m)))?;
            found.extend(message.filter(|m| m.digest.is_some()));
        }
        Ok(found)
    }

    /// The newest messages of an author that were read, at most so many, oldest first.
    pub fn heard_from(&self, author: &str, most: usize) -> Result<Vec<StoredMessage>, StoreError> {
        let sql = "SELECT key FROM messages WHERE author = ?1 AND digest IS NOT NULL AND own = 0 ORDER BY at DESC, key LIMIT ?2";
        let mut statement = self.db.prepare_cached(sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let keys = statement.query_map(params![author, most], |r| r.get(0))?.collect::<Result<Vec<String>, _>>()?;
        let mut found = Vec::new();
        for key in keys.iter().rev() {
            found.extend(self.message(key)?);
        }
        Ok(found)
    }

    /// The source notes of a thread, oldest first.
    pub fn notes_of(&self, thread: &str) -> Result<Vec<String>, StoreError> {
        let sql = "SELECT note FROM messages WHERE thread = ?1 AND note IS NOT NULL ORDER BY at, key";
        let mut statement = self.db.prepare_cached(sql)?;
        let notes = statement.query_map([thread], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(notes)
    }

    /// The summaries of an author's other conversations, the latest first.
    pub fn conversations_with(&self, author: &str, thread: &str, most: usize) -> Result<Vec<String>, StoreError> {
        // Of somebody who writes every day the last conversations, without going through years of them.
        let sql = "SELECT s.note FROM
              (SELECT thread, at FROM messages WHERE author = ?1 AND digest IS NOT NULL AND thread <> ?2
               ORDER BY at DESC LIMIT 100) AS m
            JOIN summaries AS s ON s.thread = m.thread
            GROUP BY s.note ORDER BY max(m.at) DESC, s.note LIMIT ?3";
        let mut statement = self.db.prepare_cached(sql)?;
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let notes = statement.query_map(params![author, thread, most], |r| r.get(0))?.collect::<Result<_, _>>()?;
        Ok(notes)
    }

    /// Mail comes over a list of that id.
    pub fn put_list(&self, id: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("INSERT OR IGNORE INTO lists VALUES (?1)")?.execute([id.to_lowercase()])?;
        Ok(())
    }

    /// True when the address is a list's: `dev@lists.example.org` of `dev.lists.example.org`.
    pub fn is_list(&self, address: &str) -> Result<bool, StoreError> {
        let sql = "SELECT EXISTS (SELECT 1 FROM lists WHERE id IN (?1, ?2))";
        Ok(self.db.prepare_cached(sql)?.query_row([address, &address.replace('@', ".")], |r| r.get(0))?)
    }

    /// The note about an entity: by its address, `@domain` or `project:name`.
    pub fn entity(&self, id: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT note FROM entities WHERE id = ?1";
        Ok(self.db.prepare_cached(sql)?.query_row([id], |r| r.get(0)).optional()?)
    }

    /// Remembers the note about an entity.
    pub fn put_entity(&self, id: &str, note: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("INSERT OR REPLACE INTO entities VALUES (?1, ?2)")?.execute([id, note])?;
        Ok(())
    }
}
