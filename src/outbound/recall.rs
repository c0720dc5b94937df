//! Which drafts were looked at and had nothing to do, so that a pass for one save does not read two thousand files.
//!
//! A promise of this module: it only ever leaves out reading what would be read to no effect. What is approved, on
//! its way or claimed by two files is read in every pass; and just before a message leaves, its file is read again.

use super::freeze::{File, SETTLE};
use crate::inbound::Desk;
use crate::note::draft::{self, Kind, Status};
use crate::store::Generation;
use crate::vault::{Stamp, VaultError};
use anyhow::Result;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A file that was changed less long ago than this when it was read may change again within the same tick of its
/// file system's clock (2 s on FAT), with the same stamp.
const RACY: Duration = Duration::from_secs(3);

/// What one pass leaves for the next.
#[derive(Debug, Default)]
pub struct Recall {
    hurried: bool,
    unsettled: bool,
    /// What the database knew when the drafts that wait were judged.
    pub(super) judged_at: Option<Generation>,
    known: BTreeMap<String, Known>,
    fresh: BTreeMap<String, Fresh>,
}

/// A draft that waits or is over, or no draft at all.
#[derive(Debug, Clone)]
pub(super) struct Known {
    stamp: Stamp,
    /// The id that it goes by.
    pub(super) id: Option<String>,
    /// What decides over it while it waits for its owner.
    pub(super) waits: Option<Waits>,
}

/// What `freeze` decides by, of a draft that waits.
#[derive(Debug, Clone)]
pub(super) struct Waits {
    pub(super) kind: Kind,
    pub(super) in_reply_to: Option<String>,
    pub(super) source_file: Option<String>,
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
    Known(Known),
    /// It was read.
    Read(File, Option<Known>),
    /// It may still be being written; the id that it goes by.
    Fresh(Option<String>),
    /// No draft.
    Nothing(Option<Known>),
}

impl Recall {
    /// A pass begins. `hurried`: it waits for no file to settle.
    pub fn begin(&mut self, hurried: bool) {
        (self.hurried, self.unsettled) = (hurried, false);
    }

    /// Every draft is read again.
    pub fn forget(&mut self) {
        self.known.clear();
        self.judged_at = None;
    }

    /// True when a file was left out because it may still be being written.
    pub fn has_unsettled(&self) -> bool {
        self.unsettled
    }

    /// What is known is from now on this.
    pub(super) fn remember(&mut self, known: BTreeMap<String, Known>) {
        self.known = known;
        self.fresh.retain(|_, fresh| fresh.since.elapsed() < RACY);
    }

    /// Looks at a file, as far as it is necessary.
    pub(super) fn look(&mut self, desk: &Desk, path: &str) -> Result<Look> {
        // The stamp first: a change while it is read must not go by unseen.
        let stamp = desk.vault.stamp(path);
        if let (Some(stamp), Some(known)) = (&stamp, self.known.get(path))
            && known.stamp == *stamp
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
        let stamp = stamp.filter(|stamp| stamp.is_older_than(RACY));
        let Some(draft) = found? else {
            return Ok(Look::Nothing(stamp.map(|stamp| Known { stamp, id: None, waits: None })));
        };
        let known = stamp.filter(|_| !matches!(draft.status, Status::Approved | Status::Queued | Status::Sending));
        let known = known.map(|stamp| Known {
            stamp,
            id: super::draft_id_of(&text, &draft),
            waits: (draft.status == Status::Pending).then(|| Waits {
                kind: draft.kind,
                in_reply_to: draft.in_reply_to.clone(),
                source_file: draft.source_file.clone(),
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
