//! Reading one mailbox: what is new in it, and how far it is read. [`super::flow`] brings the messages.

use super::batch::{GUILTY, Suspects};
use super::flow::{Flow, Gathered, Reads};
use super::mailboxes::Planned;
use super::reader::{Known, News, Reader};
use crate::imap::fetch::{Fetched, Section};
use crate::imap::{ImapError, Mailbox, Session, State};
use crate::mail::parse;
use crate::store::Cursor;
use crate::store::cursors::Doubt;
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;
use std::sync::Arc;

/// A message that the server lists and does not give is asked for in so many syncs.
pub(super) const MOST_TRIES: u32 = 10;
/// So many messages are listed at once.
const WINDOW: usize = 2000;
/// So many doubts are looked at: one that is right is enough.
const MOST_DOUBTS: usize = 50;

/// A mailbox on its way: what outlasts a session that breaks.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: Arc<str>,
    /// What to say when it cannot be opened.
    pub(super) advice: String,
    pub(super) is_sent: bool,
    /// As far as batches were handed over.
    pub(super) cursor: Option<Cursor>,
    /// As the database has it.
    pub(super) stored: Option<Cursor>,
    /// Kept back in earlier syncs, to be asked for once more in this one.
    pub(super) withheld: Vec<(u32, u32)>,
    /// Whether UIDs still stand for what they stood for, in question since an earlier sync.
    doubts: Vec<Doubt>,
    /// Doubts that have been looked at.
    pub(super) settled: Vec<u32>,
    /// Read anew from the beginning.
    pub(super) anew: bool,
    announced: bool,
    pub(super) suspects: Suspects,
    /// What the session broke over, alone: left for a later sync.
    pub(super) guilty: BTreeSet<u32>,
    /// What is being answered.
    pub(super) at_work: Vec<u32>,
}

impl Place {
    pub(super) fn new(planned: Planned, known: &Known) -> Place {
        let cursor = known.cursors.get(&planned.name).copied();
        let withheld = known
            .withheld
            .iter()
            .filter(|w| w.mailbox == planned.name && w.tries < MOST_TRIES)
            .map(|w| (w.uid_validity, w.uid))
            .collect();
        let doubts = known.doubts.iter().filter(|d| d.mailbox == planned.name).cloned().collect();
        Place {
            name: planned.name.into(),
            advice: planned.advice,
            is_sent: planned.is_sent,
            cursor,
            stored: cursor,
            withheld,
            doubts,
            settled: Vec::new(),
            anew: false,
            announced: false,
            suspects: Suspects::new(),
            guilty: BTreeSet::new(),
            at_work: Vec::new(),
        }
    }

    /// True when the server's word is that nothing came since everything was read.
    pub(super) fn is_unchanged(&self, state: Option<&State>) -> bool {
        let Some((cursor, state)) = self.stored.zip(state) else { return false };
        let same = self.doubts.is_empty() && cursor.uid_validity != 0 && cursor.uid_validity == state.uid_validity;
        same && (state.uid_next > Some(1) || state.messages == Some(0))
            && state.uid_next == Some(cursor.next_uid)
            && self.withheld.iter().all(|(v, _)| *v != cursor.uid_validity)
    }

    /// The session broke: whatever was being answered may be why, and is asked for in smaller company; where it cannot be
    /// its own `fault`, it is never given up for that.
    pub(super) fn accuse(&mut self, fault: bool) {
        for uid in std::mem::take(&mut self.at_work) {
            let times = self.suspects.entry(uid).or_default();
            *times = if fault { *times + 1 } else { (*times + 1).min(GUILTY - 2) };
            if *times >= GUILTY {
                self.guilty.insert(uid);
            }
        }
    }
}

/// Reads what is new in a mailbox.
pub(super) async fn read(
    session: &mut Session,
    reader: &Reader,
    place: &mut Place,
    dates: bool,
    kept: &mut u64,
) -> Result<()> {
    let resynced = match place.cursor.and_then(|c| c.modseq.map(|m| (c, m))) {
        Some((cursor, modseq)) => {
            session.examine_since(&place.name, cursor.uid_validity, modseq.unsigned_abs()).await?
        }
        None => None,
    };
    let (mailbox, changed) = match resynced {
        Some(found) => (found.mailbox, Some(found.changed.iter().map(|c| c.uid).collect::<Vec<u32>>())),
        None => (session.examine(&place.name).await?, None),
    };
    let mailbox = mailbox.plausible();
    let mut cursor = start(reader, place, &mailbox)?;
    if are_others(session, &cursor, place).await? {
        let first_until = mailbox.uid_next.unwrap_or(u32::MAX);
        cursor = Cursor { next_uid: 1, first_until, modseq: None, ..cursor };
    }
    place.anew |= place.cursor.is_some_and(|before| cursor.next_uid < before.next_uid);
    // A mod-sequence stands for all below the cursor: what is new has changed since.
    let changed = changed.filter(|_| place.cursor == Some(cursor));
    let uids = new_uids(session, &cursor, &mailbox, place, changed).await?;
    if !place.announced {
        place.announced = true;
        reader.say(News::Mailbox(place.name.clone(), uids.len())).await;
    }
    // What the owner asks stands in the text of what was sent.
    let asks = reader.config.sync.sent_notes || reader.config.follow_up.after.is_some();
    let reads = match place.is_sent && !asks {
        false => Reads::All,
        true if reader.config.manner => Reads::Letters,
        true => Reads::Headers,
    };
    let mut flow = Flow { reader, place, reads, cursor, kept, batch: Gathered::default() };
    for window in uids.chunks(WINDOW) {
        let outcome = flow.window(session, window, dates).await;
        if let Err(error) = outcome {
            // What is complete is not fetched again.
            flow.hand_over(None).await;
            return Err(error);
        }
    }
    let end = mailbox.uid_next.unwrap_or(0).max(uids.last().map_or(0, |u| u.saturating_add(1)));
    // Only now is everything below the cursor covered.
    flow.cursor.modseq = mailbox.modseq.and_then(|m| i64::try_from(m).ok());
    flow.hand_over(Some(end)).await;
    Ok(())
}

/// Where to go on. A new UIDVALIDITY begins anew, back to where the first sync began: what is known already is known by
/// its Message-ID.
fn start(reader: &Reader, place: &Place, mailbox: &Mailbox) -> Result<Cursor> {
    let until = mailbox.uid_next.unwrap_or(u32::MAX);
    let uid_validity = mailbox.uid_validity;
    Ok(match place.cursor {
        // UIDs only ever grow (RFC 3501 §2.3.1.1). A server that came back from a backup may not keep to that.
        Some(cursor)
            if cursor.uid_validity == uid_validity
                && uid_validity != 0
                && mailbox.uid_next.is_none_or(|next| next >= cursor.next_uid) =>
        {
            cursor
        }
        Some(cursor) => Cursor { uid_validity, next_uid: 1, first_until: until, since: cursor.since, modseq: None },
        None => {
            let since = match &reader.config.sync.since {
                Some(span) => {
                    let from = reader.now.checked_sub(*span).context("sync.since reaches too far back")?;
                    Some(from.timestamp().as_second())
                }
                None => None,
            };
            Cursor { uid_validity, next_uid: 1, first_until: until, since, modseq: None }
        }
    })
}

/// True when a UID stands for another message than it did: then the server has given its UIDs anew, and kept UIDVALIDITY
/// all the same.
async fn are_others(session: &mut Session, cursor: &Cursor, place: &mut Place) -> Result<bool> {
    let doubts = place.doubts.clone();
    let doubted = |d: &&Doubt| d.uid_validity == cursor.uid_validity;
    let mut uids: Vec<u32> = doubts.iter().filter(doubted).map(|d| d.uid).collect();
    uids.sort_unstable();
    uids.truncate(MOST_DOUBTS);
    let found = match uids.is_empty() {
        true => Ok(Vec::new()),
        false => session.fetch(&uids, Section::Header).await,
    };
    let found = match found {
        Err(ImapError::Refused { .. }) => Vec::new(),
        other => other?,
    };
    place.settled.extend(place.doubts.drain(..).map(|d| d.uid));
    let is_other = |f: &Fetched| {
        let (message, _) = parse::parse(&f.bytes);
        doubts.iter().any(|d| d.uid == f.uid && message.message_id.as_ref() != Some(&d.message_id))
    };
    Ok(found.iter().any(is_other))
}

/// UIDs not covered yet, ascending. Those that were there at the first sync count only from `since` on.
/// `changed`: what the server says has changed since the cursor was there.
async fn new_uids(
    session: &mut Session,
    cursor: &Cursor,
    mailbox: &Mailbox,
    place: &Place,
    changed: Option<Vec<u32>>,
) -> Result<Vec<u32>> {
    let announced = mailbox.uid_next.map_or(0, |next| next.saturating_sub(1));
    if mailbox.exists == 0 && announced < cursor.next_uid {
        return Ok(Vec::new());
    }
    let mut uids = match changed {
        Some(changed) => changed.into_iter().filter(|uid| *uid >= cursor.next_uid).collect(),
        None => listed(session, cursor, mailbox).await?,
    };
    if announced >= cursor.next_uid && uids.last().is_none_or(|last| *last < announced) {
        // UIDNEXT may count a message that came while the mailbox was being opened, and that this session does not
        // see yet: the cursor is about to pass it.
        session.noop(&mut || ()).await?;
        uids.extend(listed(session, cursor, mailbox).await?);
    }
    uids.extend(place.withheld.iter().filter(|(v, _)| *v == cursor.uid_validity).map(|(_, uid)| *uid));
    uids.sort_unstable();
    uids.dedup();
    Ok(uids)
}

/// The UIDs that the server has from the cursor on.
async fn listed(session: &mut Session, cursor: &Cursor, mailbox: &Mailbox) -> Result<Vec<u32>> {
    let mut uids = Vec::new();
    if let Some(since) = cursor.since
        && cursor.next_uid < cursor.first_until
    {
        let day = jiff::Timestamp::from_second(since)?.to_zoned(TimeZone::UTC).strftime("%-d-%b-%Y").to_string();
        uids.extend(session.search(&format!("UID {}:{} SINCE {day}", cursor.next_uid, cursor.first_until - 1)).await?);
    }
    let from = if cursor.since.is_some() { cursor.next_uid.max(cursor.first_until) } else { cursor.next_uid };
    // Where UIDNEXT says that nothing can be there, nothing is asked.
    if from < u32::MAX && mailbox.uid_next.is_none_or(|next| next > from) {
        // `n:*` always names the last message, whatever its UID (RFC 3501 §6.4.8).
        uids.extend(session.search(&format!("UID {from}:*")).await?.into_iter().filter(|uid| *uid >= from));
    }
    Ok(uids)
}
