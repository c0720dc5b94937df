//! Which copies of drafts postnote has put into a mailbox: only these does it ever take back.

use super::{Store, StoreError};
use rusqlite::params;

/// A copy in a mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrored {
    /// What its own header says: the draft's id and a hash of what it shows.
    pub mark: String,
    /// The draft.
    pub draft_id: String,
    /// The account.
    pub account: String,
    /// The mailbox.
    pub mailbox: String,
    /// Its UIDVALIDITY.
    pub uid_validity: u32,
    /// The copy's UID.
    pub uid: u32,
}

impl Store {
    /// The copies of an account's drafts.
    pub fn mirrored(&self, account: &str) -> Result<Vec<Mirrored>, StoreError> {
        let sql =
            "SELECT mark, draft_id, account, mailbox, uid_validity, uid FROM mirrored WHERE account = ?1 ORDER BY mark";
        let mut statement = self.db.prepare_cached(sql)?;
        let rows = statement.query_map([account], |r| {
            Ok(Mirrored {
                mark: r.get(0)?,
                draft_id: r.get(1)?,
                account: r.get(2)?,
                mailbox: r.get(3)?,
                uid_validity: r.get(4)?,
                uid: r.get(5)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Remembers a copy.
    pub fn put_mirrored(&self, copy: &Mirrored) -> Result<(), StoreError> {
        let Mirrored { mark, draft_id, account, mailbox, uid_validity, uid } = copy;
        let sql = "INSERT OR REPLACE INTO mirrored VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        self.db.prepare_cached(sql)?.execute(params![mark, draft_id, account, mailbox, uid_validity, uid])?;
        Ok(())
    }

    /// A copy is gone, or not ours any more.
    pub fn forget_mirrored(&self, mark: &str) -> Result<(), StoreError> {
        self.db.prepare_cached("DELETE FROM mirrored WHERE mark = ?1")?.execute([mark])?;
        Ok(())
    }
}
