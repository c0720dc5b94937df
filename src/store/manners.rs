//! How the owner writes to whom: what each of the last mails to somebody shows. All of it comes back from the mailbox for sent
//! mail when it is lost.

use super::{Store, StoreError};
use crate::note::manner::Shown;
use rusqlite::params;

pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS manners (
  key TEXT NOT NULL PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL, at INTEGER NOT NULL, shown TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS manners_address ON manners (account, address, at);
";

/// So many mails to one address are kept: the last.
const KEPT: u32 = 24;
/// So many of an account's last mails are looked through for others.
const OTHERS: u32 = 300;

impl Store {
    /// A mail to this address shows that. What is known of a mail stays; of many mails the last are kept, in whatever order they
    /// come.
    pub fn put_manner(
        &self,
        key: &str,
        account: &str,
        address: &str,
        at: i64,
        shown: &Shown,
    ) -> Result<(), StoreError> {
        let Ok(json) = serde_json::to_string(shown) else { return Ok(()) };
        let sql = "INSERT OR IGNORE INTO manners VALUES (?1, ?2, ?3, ?4, ?5)";
        self.db.prepare_cached(sql)?.execute(params![key, account, address, at, json])?;
        let sql = "DELETE FROM manners WHERE key IN (SELECT key FROM manners WHERE account = ?1 AND address = ?2
                   ORDER BY at DESC, key LIMIT -1 OFFSET ?3)";
        self.db.prepare_cached(sql)?.execute(params![account, address, KEPT])?;
        Ok(())
    }

    /// What an account's mails to this address before `at` (seconds since 1970) show, the newest first, with their keys.
    pub fn manners_to(
        &self,
        account: &str,
        address: &str,
        at: i64,
        most: u32,
    ) -> Result<Vec<(String, Shown)>, StoreError> {
        let sql = "SELECT key, shown FROM manners WHERE account = ?1 AND address = ?2 AND at < ?3 ORDER BY at DESC, key LIMIT ?4";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(params![account, address, at, most], |r| Ok((r.get(0)?, r.get(1)?)))?;
        read(rows.collect::<Result<_, _>>()?)
    }

    /// What the newest mail to each of the others shows.
    pub fn manners_to_others(&self, account: &str, address: &str, at: i64) -> Result<Vec<Shown>, StoreError> {
        let sql = "SELECT address, shown FROM manners WHERE account = ?1 AND address <> ?2 AND at < ?3 ORDER BY at DESC, key LIMIT ?4";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map(params![account, address, at, OTHERS], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let mut rows: Vec<(String, String)> = rows.collect::<Result<_, _>>()?;
        let mut seen = std::collections::HashSet::new();
        rows.retain(|(other, _)| seen.insert(other.clone()));
        Ok(read(rows)?.into_iter().map(|(_, shown)| shown).collect())
    }
}

/// What an older or newer version wrote otherwise is passed over.
fn read(rows: Vec<(String, String)>) -> Result<Vec<(String, Shown)>, StoreError> {
    Ok(rows.into_iter().filter_map(|(key, json)| Some((key, serde_json::from_str(&json).ok()?))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(greeting: &str) -> Shown {
        Shown { greeting: Some(greeting.to_owned()), ..Shown::default() }
    }

    #[test]
    fn the_last_are_kept_in_whatever_order_they_come() {
        let kept = |order: &mut dyn Iterator<Item = i64>| {
            let dir = tempfile::tempdir().expect("a folder");
            let store = Store::open(dir.path()).expect("a store");
            for at in order {
                store
                    .put_manner(&format!("m{at}"), "work", "ada@example.com", at, &shown(&at.to_string()))
                    .expect("put");
            }
            store.put_manner("b", "work", "ben@example.com", 3, &shown("ben")).expect("put");
            store.put_manner("c", "home", "cyd@example.com", 3, &shown("cyd")).expect("put");
            let found = store.manners_to("work", "ada@example.com", 100, 99).expect("read");
            assert_eq!(found.len(), 24);
            assert_eq!(store.manners_to("work", "ada@example.com", 20, 3).expect("read").len(), 3);
            assert_eq!(store.manners_to_others("work", "ada@example.com", 100).expect("read"), [shown("ben")]);
            assert_eq!(store.manners_to_others("work", "ben@example.com", 100).expect("read"), [shown("40")]);
            found
        };
        assert_eq!(kept(&mut (1..=40)), kept(&mut (1..=40).rev()));
    }
}
