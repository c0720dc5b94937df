//! A draft file and the outbox, brought to say the same: a file that fell behind its row, a row whose text was edited,
//! and a file whose row was lost.

use super::freeze::{File, Pass};
use super::ledger::{self, Event, Line};
use super::{gather, mark};
use crate::approval::{self, Known};
use crate::note::draft::Status;
use crate::store::outbox::{OutboxRow, State};
use anyhow::Result;

/// The longest time between two attempts, in seconds: see [`super::deliver`].
const LONGEST_WAIT: i64 = 60 << 6;

impl Pass<'_> {
    /// Brings a file up to its row, or takes a row out whose text was edited.
    pub(super) fn follow(&mut self, file: File, row: OutboxRow) -> Result<()> {
        let waits = matches!(row.state, State::Queued | State::Attempting);
        if waits && self.config.account(&row.account).is_none() {
            let gone = format!("{}: its account {:?} is no longer in the config, so it waits", file.path, row.account);
            self.posted.problems.push(gone);
            return Ok(());
        }
        match row.state {
            State::Queued if file.draft.status == Status::Sending => self.change_quietly(&file, Status::Queued),
            State::Queued => {
                let gathered = gather(self.config, &self.desk.vault, &self.desk.store, &file.draft)?;
                if approval::unchanged(&file.draft, gathered.facts(&row.draft_id, Known::Unsent, self.now), &row.hash) {
                    return self.hasten(&file, &row);
                }
                let why = gathered.why_not();
                self.desk.store.set_state(row.id, State::Stopped, Some(&why))?;
                self.change(&file, Status::Pending, &why)
            }
            State::Accepted | State::Filed => {
                let at = row.sent_at.clone().unwrap_or_default();
                let id = format!("<{}>", row.message_id);
                let response = row.response.clone().unwrap_or_default();
                let mut changes = vec![
                    ("status", Status::Sent.as_str()),
                    ("sent_at", &at),
                    ("message_id", &id),
                    ("server_response", &response),
                ];
                if super::edited(self.config, self.desk, &file.draft, &row, self.now) {
                    changes.push(("error", super::EDITED));
                }
                mark(&self.desk.vault, &file.path, &file.text, &changes)?;
                self.posted.changed.push((file.path, "sent earlier; now the note says so".to_owned()));
                Ok(())
            }
            State::Failed => self.change(&file, Status::Failed, &row.error.unwrap_or_default()),
            State::Uncertain => self.uncertain(&file, &row.draft_id, &row.error.unwrap_or_default()),
            // Another machine on the same vault may have marked it meanwhile; an approval must not end without a word.
            State::Stopped => {
                let why = row
                    .error
                    .filter(|e| !e.is_empty())
                    .unwrap_or_else(|| "it was stopped before it was sent".to_owned());
                let again =
                    if why.contains("approve again") { "" } else { "; nothing was sent from here, approve again" };
                self.change(&file, Status::Pending, &format!("{why}{again}"))
            }
            State::Attempting => Ok(()),
        }
    }

    /// A row that was queued while the clock was ahead is due when it would be now; `send_at` stands as it is.
    fn hasten(&self, file: &File, row: &OutboxRow) -> Result<()> {
        let wait = self.config.send.delay.as_secs().max(if row.attempts > 0 { LONGEST_WAIT } else { 0 });
        let latest = self.now.timestamp().as_second().saturating_add(wait);
        if file.draft.send_at.is_none() && row.not_before > latest {
            self.desk.store.hasten(row.id, latest)?;
        }
        Ok(())
    }

    /// A file that says it is on its way, and a database that knows nothing of it: the state was lost.
    pub(super) fn lost(&mut self, file: File) -> Result<()> {
        let id = file.draft.draft_id.clone().unwrap_or_default();
        let line = ledger::last(&self.desk.vault, &self.config.paths.outbox, &id)?;
        match line.as_ref().map(|l| l.event) {
            Some(Event::Sent) => self.say_sent(&file, None, line.as_ref()),
            Some(Event::Attempting) => {
                self.uncertain(&file, &id, super::NOBODY_CAN_TELL)?;
                // Its owner knows now: a new approval counts.
                let at = self.now.strftime("%Y-%m-%dT%H:%M:%S").to_string();
                ledger::record(&self.desk.vault, &self.config.paths.outbox, &id, "", Event::Uncertain, &at)
            }
            Some(Event::Refused | Event::Uncertain) | None => self.change(
                &file,
                Status::Pending,
                "the state was lost before it was sent; nothing was sent, approve again",
            ),
        }
    }

    /// Says that it was sent; and when, and as what, where the file does not know (it may be an older version).
    pub(super) fn say_sent(&mut self, file: &File, row: Option<&OutboxRow>, line: Option<&Line>) -> Result<()> {
        let known = match (row, line) {
            _ if file.draft.was_sent => None,
            (Some(OutboxRow { state: State::Accepted | State::Filed, sent_at: Some(at), message_id, .. }), _) => {
                Some((at, message_id))
            }
            (_, Some(Line { event: Event::Sent, at, message_id, .. })) => Some((at, message_id)),
            _ => None,
        };
        let id = known.map(|(_, id)| format!("<{id}>")).unwrap_or_default();
        let mut changes = vec![("status", Status::Sent.as_str())];
        changes.extend(known.iter().flat_map(|(at, _)| [("sent_at", at.as_str()), ("message_id", id.as_str())]));
        mark(&self.desk.vault, &file.path, &file.text, &changes)?;
        Ok(())
    }
}
