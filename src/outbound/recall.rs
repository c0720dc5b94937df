//! Which drafts were looked at and had nothing to do, so that a pass for one save does not read two thousand files.
//!
//! A promise of this module: it only ever leaves out reading what would be read to no effect. What is approved, on
//! its way or claimed by two files is read in every pass; and just before a message leaves, its file is read again.
//!
//! What is known is kept in the database ([`crate::store::judged`]), so it goes when that goes, and an older copy of
//! the database brings what was known beside it: a file says the same as then, or has another stamp. It is read at
//! the start of a pass, under the lock, and what changed is written in one transaction when all were looked at.

use super::freeze::{File, SETTLE};
use crate::inbound::Desk;
use crate::note::draft::{self, Kind, Status};
use crate::store::judged::{Judged, Judging, Waits};
use crate::store::{Generation, Store, StoreError};
use crate::vault::{Stamp, VaultError};
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A file that was changed less long ago than this when it was read may change again within the same tick of its
/// file system's clock (2 s on FAT), with the same stamp.
const RACY: Duration = Duration::from_secs(3);

/// So long, in seconds, stamps are trusted without that every draft is read once: some file systems say too little.
const TRUSTED: i64 = 24 * 60 * 60;

/// Who reads: another version may find something else in a file.
const READER: &str = env!("CARGO_PKG_VERSION");

/// What one pass leaves for the next.
#[derive(Debug, Default)]
pub struct Recall {
    hurried: bool,
    unsettled: bool,
    /// Every draft is read, whatever is known.
    reads_all: bool,
    /// What the database holds; `None` until it was asked in this pass.
    held: Option<Held>,
    fresh: BTreeMap<String, Fresh>,
}

#[derive(Debug)]
struct Held {
    judging: Option<Judging>,
    /// Drafts that wait or are over, and files that are no drafts.
    files: BTreeMap<String, Judged>,
}

/// A file that was just written.
#[derive(Debug)]
struct Fresh {
    since: Instant,
    text: String,
}

/// What is known of one file.
#[expect(clippy::large_enum_variant, reason = "one at a time, and gone at once")]
pub(super) enum Look {
    /// Nothing to do, as before.
    Known(Judged),
    /// It was read.
    Read(File, Option<Judged>),
    /// It may still be being written; the id that it goes by.
    Fresh(Option<String>),
    /// No draft.
    Nothing(Option<Judged>),
}

impl Recall {
    /// A pass begins. `hurried`: it waits for no file to settle.
    pub fn begin(&mut self, hurried: bool) {
        (self.hurried, self.unsettled) = (hurried, false);
        // Another process may have been at work since.
        self.held = None;
    }

    /// Every draft is read again.
    pub fn forget(&mut self) {
        self.reads_all = true;
    }

    /// True when the drafts that wait were judged by what the database knows now: they are not over then.
    pub fn is_up_to_date(&self, store: &Store) -> Result<bool, StoreError> {
        let judging = self.held.as_ref().and_then(|held| held.judging.as_ref());
        Ok(!self.reads_all && judging.map(|j| j.generation) == Some(store.generation()?))
    }

    /// Asks the database for what is known, once a pass.
    pub(super) fn load(&mut self, store: &Store, now: i64) -> Result<(), StoreError> {
        if self.held.is_none() {
            let judging = store.judging()?;
            let trusted =
                |j: &Judging| j.reader == READER && (j.read_at..j.read_at.saturating_add(TRUSTED)).contains(&now);
            self.reads_all |= !judging.as_ref().is_some_and(trusted);
            self.held = Some(Held { judging, files: store.judged()? });
        }
        Ok(())
    }

    /// True when a file was left out because it may still be being written.
    pub fn has_unsettled(&self) -> bool {
        self.unsettled
    }

    /// What is known is from now on this, by what the database knew at `generation`. Only what is not held yet is
    /// written, and often that is nothing. Files that went are forgotten.
    pub(super) fn remember(
        &mut self,
        store: &mut Store,
        files: BTreeMap<String, Judged>,
        generation: Generation,
        now: i64,
    ) -> Result<(), StoreError> {
        self.fresh.retain(|_, fresh| fresh.since.elapsed() < RACY);
        let (before, held) = match self.held.take() {
            Some(held) => (held.judging, held.files),
            None => (None, store.judged()?),
        };
        let read_at = before.as_ref().filter(|_| !self.reads_all).map_or(now, |j| j.read_at);
        let judging = Judging { generation, reader: READER.to_owned(), read_at };
        if before.as_ref() != Some(&judging) || held != files {
            store.atomically(|store| -> Result<(), StoreError> {
                for path in held.keys().filter(|path| !files.contains_key(*path)) {
                    store.unjudge(path)?;
                }
                for (path, judged) in files.iter().filter(|(path, judged)| held.get(*path) != Some(*judged)) {
                    store.put_judged(path, judged)?;
                }
                store.set_judging(&judging)
            })?;
        }
        self.held = Some(Held { judging: Some(judging), files });
        self.reads_all = false;
        Ok(())
    }

    /// Looks at a file, as far as it is necessary. The stamp was taken before, so that a change while it is read
    /// does not go by unseen.
    pub(super) fn look(&mut self, desk: &Desk, path: &str, stamp: Option<Stamp>) -> Result<Look> {
        let known = self.held.as_ref().filter(|_| !self.reads_all).and_then(|held| held.files.get(path));
        if let (Some(stamp), Some(known)) = (&stamp, known)
            && stamp.to_bytes().is_some_and(|bytes| bytes == known.stamp)
        {
            return Ok(Look::Known(known.clone()));
        }
        self.read(desk, path, stamp)
    }

    /// Reads a file; one that may be sent only once it has settled: unchanged for a moment, so that no half-written
    /// save is taken for the whole.
    pub(super) fn read(&mut self, desk: &Desk, path: &str, stamp: Option<Stamp>) -> Result<Look> {
        let mut text = desk.vault.read(path)?;
        let mut found = draft::read(&text);
        let matters = match &found {
            Ok(Some(draft)) => matches!(draft.status, Status::Approved | Status::Queued),
            Ok(None) => false,
            Err(_) => true,
        };
        if matters && desk.vault.age(path)? < SETTLE && !self.has_settled(path, &text) {
            if self.hurried {
                self.unsettled = true;
                let id = found.ok().flatten().and_then(|draft| super::draft_id_of(&text, &draft));
                return Ok(Look::Fresh(id));
            }
            text = settled(desk, path, text)?;
            found = draft::read(&text);
        }
        self.fresh.remove(path);
        let stamp = stamp.filter(|stamp| stamp.is_older_than(RACY)).and_then(|stamp| stamp.to_bytes());
        let Some(draft) = found? else {
            return Ok(Look::Nothing(stamp.map(|stamp| Judged { stamp, id: None, waits: None })));
        };
        let known = stamp.filter(|_| !matches!(draft.status, Status::Approved | Status::Queued | Status::Sending));
        let known = known.map(|stamp| Judged {
            stamp,
            id: super::draft_id_of(&text, &draft),
            waits: (draft.status == Status::Pending).then(|| Waits {
                answers: draft.kind.answers(),
                // What is passed on waits for its owner alone.
                in_reply_to: draft.in_reply_to.clone().filter(|_| draft.kind != Kind::Forward),
                source_file: draft.source_file.clone().filter(|_| draft.kind != Kind::Forward),
            }),
        });
        Ok(Look::Read(File { path: path.to_owned(), text, draft }, known))
    }

    /// True when a pass a moment ago read the same: a time of writing that lies ahead never grows old.
    fn has_settled(&mut self, path: &str, text: &str) -> bool {
        match self.fresh.get(path) {
            Some(fresh) if fresh.text == text => fresh.since.elapsed() >= SETTLE,
            _ => {
                let fresh = Fresh { since: Instant::now(), text: text.to_owned() };
                self.fresh.insert(path.to_owned(), fresh);
                false
            }
        }
    }
}

/// Waits until the file says the same twice, for some seconds.
fn settled(desk: &Desk, path: &str, mut text: String) -> Result<String> {
    for _ in 0..4 {
        std::thread::sleep(SETTLE);
        let again = desk.vault.read(path).map_err(|e: VaultError| anyhow::Error::from(e))?;
        if again == text {
            return Ok(text);
        }
        text = again;
    }
    anyhow::bail!("it is just being edited; the next sync looks at it again")
}

#[cfg(test)]
mod tests;
