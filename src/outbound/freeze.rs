//! What the vault's drafts say, judged: approved ones are frozen into the outbox, stopped ones are taken out, and
//! files that fell behind the outbox are brought up to it.

use super::ledger::{self, Event};
use super::recall::Look;
pub use super::recall::Recall;
use super::{Posted, enclosed, gather, mark};
use crate::approval::{self, ApprovedDraft, Judgement, Known};
use crate::compose::{self, Outgoing};
use crate::config::Config;
use crate::inbound::Desk;
use crate::note::draft::{DraftNote, Kind, Status};
use crate::store::Store;
use crate::store::judged::{Judged, Waits};
use crate::store::outbox::{OutboxRow, State};
use crate::vault::{Hitch, VaultError};
use anyhow::Result;
use jiff::Zoned;
use std::collections::BTreeMap;
use std::time::Duration;

/// A file that was written less long ago than this may still be being written.
pub const SETTLE: Duration = Duration::from_millis(500);

/// One draft file, read.
pub(super) struct File {
    pub(super) path: String,
    pub(super) text: String,
    pub(super) draft: DraftNote,
}

/// Goes over every draft in the outbox folder. What cannot be read or sent is said in the note where possible, and
/// in `posted.problems` in any case; the rest goes on.
pub fn freeze(config: &Config, desk: &mut Desk, now: &Zoned, recall: &mut Recall, posted: &mut Posted) -> Result<()> {
    let generation = desk.store.generation()?;
    let seconds = now.timestamp().as_second();
    recall.load(&desk.store, seconds)?;
    // A draft waits on while nothing was added to what its fate is read from.
    let judged = recall.is_up_to_date(&desk.store)?;
    let mut looks = Vec::new();
    let mut owners: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (path, stamp) in desk.vault.listing(&config.paths.outbox)? {
        match recall.look(desk, &path, stamp) {
            Ok(look) => {
                let id = match &look {
                    Look::Known(known) => known.id.clone(),
                    Look::Read(file, _) => super::draft_id_of(&file.text, &file.draft),
                    Look::Fresh(id) => id.clone(),
                    Look::Nothing(_) => None,
                };
                if let Some(id) = id {
                    owners.entry(id).or_default().push(path.clone());
                }
                looks.push((path, look));
            }
            Err(e) => posted.problems.push(format!("{path}: {e}")),
        }
    }
    let shared = |id: Option<&String>| id.is_some_and(|id| owners.get(id).is_some_and(|paths| paths.len() > 1));
    let mut kept = BTreeMap::new();
    let mut over = Vec::new();
    for (path, mut look) in looks {
        if let Look::Known(known) = &look
            && (shared(known.id.as_ref()) || !judged && has_moved_on(&desk.store, known)?)
        {
            match recall.read(desk, &path, None) {
                Ok(read) => look = read,
                Err(e) => {
                    posted.problems.push(format!("{path}: {e}"));
                    continue;
                }
            }
        }
        let (file, known) = match look {
            Look::Read(file, known) => (file, known),
            Look::Known(known) | Look::Nothing(Some(known)) => {
                kept.insert(path, known);
                continue;
            }
            Look::Fresh(_) | Look::Nothing(None) => continue,
        };
        let known = known.filter(|known| !shared(known.id.as_ref()));
        let elsewhere = twin(desk, &owners, &file)?;
        let mut pass = Pass { config, desk: &mut *desk, now, posted: &mut *posted, over: &mut over };
        match pass.file(file, elsewhere) {
            // If it was written just now, its stamp is another, and it is read again.
            Ok(()) => kept.extend(known.map(|known| (path, known))),
            Err(e) => posted.problems.push(format!("{path}: {e:#}")),
        }
    }
    if let Err(e) = supersede(desk, over, posted) {
        // It names the file.
        posted.problems.push(e.to_string());
    }
    Ok(recall.remember(&mut desk.store, kept, generation, seconds)?)
}

/// Says in each file that its draft is over, in all of them at once: after a first sync they can be thousands.
fn supersede(desk: &Desk, over: Vec<(File, &'static str)>, posted: &mut Posted) -> Result<()> {
    if over.is_empty() {
        return Ok(());
    }
    desk.vault.begin()?;
    let mut changed = BTreeMap::new();
    for (file, why) in over {
        match mark(&desk.vault, &file.path, &file.text, &[("status", Status::Superseded.as_str())]) {
            Ok(_) => drop(changed.insert(file.path, why.to_owned())),
            Err(e) => posted.problems.push(format!("{}: {e:#}", file.path)),
        }
    }
    let moves = desk.vault.stage()?;
    let hitches = match desk.vault.publish(&moves) {
        Ok(hitches) => hitches,
        Err(e) => {
            // Nothing but this knows of the files: what is not in its place is marked by the next pass.
            desk.vault.discard(&moves);
            return Err(e.into());
        }
    };
    for hitch in hitches {
        // It is being edited: the next pass sees it again.
        let (Hitch::Left(path) | Hitch::Elsewhere { path, .. }) = hitch;
        changed.remove(&path);
    }
    posted.changed.extend(changed);
    Ok(desk.vault.settle()?)
}

fn has_moved_on(store: &Store, known: &Judged) -> Result<bool> {
    Ok(match &known.waits {
        // Of an invitation only its notes can tell: any newer message is a reason to look.
        Some(waits) => match store.answered_by(waits.in_reply_to.as_deref(), waits.source_file.as_deref())? {
            Some(parent) => {
                store.newer_in(&parent.thread, parent.at)?.is_some()
                    || waits.answers && store.is_answered(parent.message_id.as_deref(), &parent.thread, parent.at)?
            }
            None => false,
        },
        None => false,
    })
}

const ANSWERED: &str = "you have answered this mail elsewhere; the text is kept";

fn answered(store: &Store, draft: &DraftNote) -> Result<Option<&'static str>> {
    let Some(parent) = super::parent(store, draft)? else { return Ok(None) };
    let answered = store.is_answered(parent.message_id.as_deref(), &parent.thread, parent.at)?;
    Ok(answered.then_some(ANSWERED))
}

/// Why a draft that waits for its owner is over, if it is.
fn fate(store: &Store, waits: &Waits) -> Result<Option<&'static str>> {
    let Some(parent) = store.answered_by(waits.in_reply_to.as_deref(), waits.source_file.as_deref())? else {
        return Ok(None);
    };
    if waits.answers && store.is_answered(parent.message_id.as_deref(), &parent.thread, parent.at)? {
        return Ok(Some(ANSWERED));
    }
    if let Some(newer) = store.newer_in(&parent.thread, parent.at)?
        && store.has_draft_for(&newer)?
    {
        return Ok(Some("a newer message in this thread has a draft of its own; the text is kept"));
    }
    Ok(None)
}

/// Where several files carry one id, the registered one has it, else the first; for the others, its path.
fn twin(desk: &Desk, owners: &BTreeMap<String, Vec<String>>, file: &File) -> Result<Option<String>> {
    let Some(id) = super::draft_id_of(&file.text, &file.draft) else { return Ok(None) };
    let Some(paths) = owners.get(&id).filter(|p| p.len() > 1) else { return Ok(None) };
    let registered = desk.store.draft(&id)?.map(|d| d.note).filter(|n| paths.contains(n));
    let owner = registered.or_else(|| paths.first().cloned());
    Ok(owner.filter(|o| *o != file.path))
}

/// A pass over one file.
pub(super) struct Pass<'a> {
    pub(super) config: &'a Config,
    pub(super) desk: &'a mut Desk,
    pub(super) now: &'a Zoned,
    pub(super) posted: &'a mut Posted,
    /// Drafts that wait no more, and why.
    over: &'a mut Vec<(File, &'static str)>,
}

impl Pass<'_> {
    fn file(&mut self, file: File, elsewhere: Option<String>) -> Result<()> {
        if let Some(other) = elsewhere {
            return match file.draft.status {
                Status::Approved | Status::Pending | Status::Queued => {
                    let why = match file.draft.draft_id {
                        Some(_) => format!(
                            "{other} carries the same draft_id; delete one of the two, or the draft_id line here to make this a draft of its own"
                        ),
                        None => {
                            format!("{other} is the same message; delete one of the two, or change what this one says")
                        }
                    };
                    self.change(&file, Status::Conflict, &why)
                }
                _ => Ok(()),
            };
        }
        let row = match &file.draft.draft_id {
            Some(id) => {
                if self.desk.store.draft(id)?.is_none_or(|known| known.note != file.path) {
                    let parent = super::parent(&self.desk.store, &file.draft)?.filter(|_| file.draft.kind.goes_on());
                    self.desk.store.put_draft(id, &file.path, parent.map(|p| p.key).as_deref())?;
                    self.desk.store.move_note(id, &file.path)?;
                }
                self.desk.store.outbox_of(id)?
            }
            None => None,
        };
        match (&file.draft.status, row) {
            (Status::Approved, row) => self.approved(file, row),
            (Status::Queued | Status::Sending, Some(row)) => self.follow(file, row),
            (Status::Queued | Status::Sending, None) => self.lost(file),
            (_, Some(row)) if row.state == State::Queued => {
                self.desk.store.set_state(row.id, State::Stopped, None)?;
                self.posted.changed.push((file.path, "taken back before it was sent".to_owned()));
                Ok(())
            }
            (Status::Pending, _) => self.pending(file),
            (Status::Rejected, _) => file.draft.draft_id.iter().try_for_each(|id| Ok(self.desk.store.reject(id)?)),
            _ => Ok(()),
        }
    }

    /// A draft that still waits, whose mail was answered elsewhere meanwhile.
    fn pending(&mut self, file: File) -> Result<()> {
        let Desk { vault, store } = &*self.desk;
        let DraftNote { kind, in_reply_to, source_file, .. } = &file.draft;
        let why = match kind {
            Kind::Rsvp => match enclosed::too_late(vault, store, &file.draft, self.now.timestamp())? {
                Some(why) => Some(why),
                None => answered(store, &file.draft)?,
            },
            Kind::Forward => None,
            _ => {
                let (in_reply_to, source_file) = (in_reply_to.clone(), source_file.clone());
                fate(store, &Waits { answers: kind.answers(), in_reply_to, source_file })?
            }
        };
        if let Some(why) = why {
            self.over.push((file, why));
        }
        Ok(())
    }

    fn approved(&mut self, file: File, row: Option<OutboxRow>) -> Result<()> {
        if !self.config.send.enabled {
            self.posted.changed.push((file.path, "approved; it waits, because send.enabled is false".to_owned()));
            return Ok(());
        }
        let id = super::draft_id(&file.text, &file.draft);
        let row = match row {
            Some(row) => Some(row),
            None => self.desk.store.outbox_of(&id)?,
        };
        if file.draft.draft_id.is_none()
            && let Some(row) = row.as_ref().filter(|r| r.note != file.path && self.desk.vault.exists(&r.note))
        {
            let why = format!(
                "{} says the very same, and is on its way or sent; delete one of the two, or change this one, and approve again",
                row.note
            );
            return self.change(&file, Status::Conflict, &why);
        }
        let gathered = gather(self.config, &self.desk.vault, &self.desk.store, &file.draft)?;
        if let Some(row) = row.as_ref().filter(|r| r.state == State::Queued) {
            // The crash between freezing and saying so in the file.
            if approval::unchanged(&file.draft, gathered.facts(&id, Known::Unsent, self.now), &row.hash) {
                return self.say_queued(&file, &id, row.not_before);
            }
            // Edited while it was queued, and approved once more: what it says now counts.
            self.desk.store.set_state(row.id, State::Stopped, Some("edited and approved again"))?;
        }
        let line = ledger::last(&self.desk.vault, &self.config.paths.outbox, &id)?;
        let known = match (row.as_ref().map(|r| r.state), line.as_ref().map(|l| l.event)) {
            // Only who was told so says with it that it is to be sent again: a file as it was before that, out of a backup
            // or a checkout, does not.
            (Some(State::Uncertain), _) | (None, Some(Event::Uncertain)) if file.draft.uncertain_about.is_none() => {
                let why = row.and_then(|r| r.error).unwrap_or_else(|| super::NOBODY_CAN_TELL.to_owned());
                return self.uncertain(&file, &id, &why);
            }
            (Some(State::Accepted | State::Filed), _) => Known::Sent,
            (Some(State::Attempting), _) => Known::InFlight,
            (Some(State::Failed | State::Stopped | State::Uncertain | State::Queued), _) => Known::Unsent,
            (None, Some(Event::Sent)) => Known::Sent,
            (None, Some(Event::Attempting)) => return self.lost(file),
            (None, Some(Event::Refused | Event::Uncertain) | None) => Known::Unsent,
        };
        match approval::judge(&file.draft, gathered.facts(&id, known, self.now)) {
            Judgement::Waiting => Ok(()),
            Judgement::Approved(approved) => self.queue(&file, &approved, gathered.parent_key),
            Judgement::AlreadySent => {
                let why = match file.draft.draft_id {
                    Some(_) => "it was sent already and is not sent again; to write again, start a new draft",
                    None => "the same message was sent already and is not sent again; to write again, change its text",
                };
                self.say_sent(&file, row.as_ref(), line.as_ref())?;
                self.posted.changed.push((file.path, why.to_owned()));
                Ok(())
            }
            Judgement::Conflict(newer) => {
                let why = super::MOVED_ON;
                let id = format!("<{newer}>");
                let changes = [("status", Status::Conflict.as_str()), ("error", why), ("conflict_with", &id)];
                mark(&self.desk.vault, &file.path, &file.text, &changes)?;
                self.posted.problems.push(format!("{}: {why}", file.path));
                Ok(())
            }
            Judgement::Refused(reason) => {
                let why = format!("{reason}. Nothing was sent; approve again when it is put right");
                self.change(&file, Status::Failed, &why)
            }
        }
    }

    fn queue(&mut self, file: &File, approved: &ApprovedDraft, parent: Option<String>) -> Result<()> {
        let account = self.config.account(approved.account());
        let signature = account.and_then(|a| a.signature.as_deref());
        let outgoing: Outgoing = match compose::compose(approved, self.now, signature, self.config.drafts.format) {
            Ok(outgoing) => outgoing,
            Err(e) => return self.change(file, Status::Failed, &e.to_string()),
        };
        let due = self.now.checked_add(self.config.send.delay)?;
        let due = approved.send_at().filter(|at| **at > due).cloned().unwrap_or(due);
        let row = OutboxRow {
            id: 0,
            draft_id: approved.draft_id().to_owned(),
            note: file.path.clone(),
            account: approved.account().to_owned(),
            hash: approved.hash(),
            sender: outgoing.from().to_owned(),
            recipients: outgoing.recipients().to_vec(),
            message_id: outgoing.message_id().to_owned(),
            bytes: outgoing.bytes().to_vec(),
            parent,
            state: State::Queued,
            attempts: 0,
            not_before: whole_second(due.timestamp(), self.config.send.delay.is_zero()),
            sent_at: None,
            response: None,
            error: None,
        };
        if !self.desk.store.queue(&row)? {
            anyhow::bail!("it is being sent already");
        }
        self.desk.store.put_draft(
            &row.draft_id,
            &file.path,
            row.parent.as_deref().filter(|_| file.draft.kind.goes_on()),
        )?;
        self.say_queued(file, &row.draft_id, row.not_before)
    }

    fn say_queued(&mut self, file: &File, id: &str, not_before: i64) -> Result<()> {
        let mut changes = vec![("status", Status::Queued.as_str())];
        if file.draft.draft_id.is_none() {
            changes.push(("draft_id", id));
        }
        match mark(&self.desk.vault, &file.path, &file.text, &changes) {
            Ok(_) => {
                let zone = self.now.time_zone().clone();
                let when =
                    jiff::Timestamp::from_second(not_before)?.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S").to_string();
                self.posted.queued.push(format!("{} (for {when})", file.path));
                Ok(())
            }
            Err(e) => {
                // What cannot be said in the file is not done behind its owner's back.
                if let Some(row) = self.desk.store.outbox_of(id)? {
                    self.desk.store.set_state(row.id, State::Stopped, Some("its file could not be marked"))?;
                }
                Err(e)
            }
        }
    }

    pub(super) fn change(&mut self, file: &File, status: Status, why: &str) -> Result<()> {
        self.say(file, why, &[("status", status.as_str()), ("error", why)])
    }

    /// Says that nobody can tell whether the draft was sent. Approved again, it goes by the same id.
    pub(super) fn uncertain(&mut self, file: &File, id: &str, why: &str) -> Result<()> {
        let mut changes = vec![("status", Status::Uncertain.as_str()), ("error", why), ("uncertain_about", id)];
        if file.draft.draft_id.is_none() {
            changes.push(("draft_id", id));
        }
        self.say(file, why, &changes)
    }

    fn say(&mut self, file: &File, why: &str, changes: &[(&str, &str)]) -> Result<()> {
        let marked = mark(&self.desk.vault, &file.path, &file.text, changes);
        self.posted.problems.push(format!("{}: {why}", file.path));
        match marked.as_ref().err().and_then(|e| e.downcast_ref::<VaultError>()) {
            // It is being edited: the next pass sees it again.
            Some(VaultError::Changed(_)) => Ok(()),
            _ => marked.map(|_| ()),
        }
    }

    pub(super) fn change_quietly(&mut self, file: &File, status: Status) -> Result<()> {
        mark(&self.desk.vault, &file.path, &file.text, &[("status", status.as_str())])?;
        Ok(())
    }
}

/// The time as whole seconds: rounded up, so that nobody gets less time than was promised, unless none was.
fn whole_second(due: jiff::Timestamp, at_once: bool) -> i64 {
    due.as_second() + i64::from(!at_once && due.subsec_nanosecond() > 0)
}
