//! Reading one mailbox: what is new in it, fetched with several commands under way, parsed beside the network, and
//! handed over in batches.

use super::batch::{BATCH, BATCH_OCTETS, Batch, Chunk, GUILTY, Served, Suspects, cut};
use super::mailboxes::Planned;
use super::read::{Raw, ReadAs};
use super::reader::{Known, News, Reader};
use super::timing::Stage;

use crate::imap::fetch::{self, Answer, Fetched, Listed, Pipeline, Section};
use crate::imap::{ImapError, Mailbox, Session, State};
use crate::mail::parse;
use crate::store::Cursor;
use crate::store::cursors::Doubt;
use anyhow::{Context, Result};
use jiff::tz::TimeZone;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;

/// A message that the server lists and does not give is asked for in so many syncs.
pub(super) const MOST_TRIES: u32 = 10;
/// So many messages are listed at once.
const WINDOW: usize = 2000;
/// So many doubts are looked at: one that is right is enough.
const MOST_DOUBTS: usize = 50;
/// What somebody writes by hand is shorter than this, in octets: of longer sent mail only the headers are read.
const LETTER: u32 = 64 * 1024;
/// FETCH commands under way: while one is answered the next lies at the server already.
const DEPTH: usize = 3;

/// A mailbox on its way: what outlasts a session that breaks.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: Arc<str>,
    /// What to say when it cannot be opened.
    pub(super) advice: String,
    is_sent: bool,
    /// As far as batches were handed over.
    cursor: Option<Cursor>,
    /// As the database has it.
    stored: Option<Cursor>,
    /// Kept back in earlier syncs, to be asked for once more in this one.
    withheld: Vec<(u32, u32)>,
    /// Whether UIDs still stand for what they stood for, in question since an earlier sync.
    doubts: Vec<Doubt>,
    /// Doubts that have been looked at.
    settled: Vec<u32>,
    /// Read anew from the beginning.
    anew: bool,
    announced: bool,
    suspects: Suspects,
    /// What the session broke over, alone: left for a later sync.
    guilty: BTreeSet<u32>,
    /// What is being answered.
    at_work: Vec<u32>,
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

/// What is gathered for the next batch.
#[derive(Debug, Default)]
struct Gathered {
    chunks: Vec<Chunk>,
    asked: Vec<u32>,
    missing: Vec<u32>,
    gmail: Vec<u64>,
    octets: u64,
}

/// How much of a mailbox's messages is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reads {
    /// All of them.
    All,
    /// Those that may be a letter; of others the headers.
    Letters,
    /// The headers.
    Headers,
}

impl Reads {
    /// What is fetched of messages that are asked for together.
    fn section(self, chunk: &[Listed]) -> Section {
        let is_letter = |l: &Listed| l.size > 0 && l.size < LETTER;
        match self {
            Reads::All => Section::Whole,
            Reads::Letters if chunk.iter().all(is_letter) => Section::Whole,
            Reads::Letters | Reads::Headers => Section::Header,
        }
    }
}

/// A mailbox's messages on their way from the session to the writer.
struct Flow<'a> {
    reader: &'a Reader,
    place: &'a mut Place,
    reads: Reads,
    cursor: Cursor,
    kept: &'a mut u64,
    batch: Gathered,
}

/// What fetched messages take of the reader's room; `None` when the process is ending.
type Room = Option<OwnedSemaphorePermit>;
/// A command's messages before and after: what was listed, what came, and the room that they take.
type Answered = (Vec<Listed>, Answer, Room);

impl Flow<'_> {
    async fn window(&mut self, session: &mut Session, uids: &[u32], dates: bool) -> Result<()> {
        // What sessions broke over is not even listed: it is fetched as one of unknown size.
        let is_sound = |uid: &u32| self.place.suspects.get(uid).is_none_or(|times| *times < 2);
        let sound: Vec<u32> = uids.iter().copied().filter(is_sound).collect();
        self.place.at_work = sound.clone();
        let mut listed = session.listed(&sound, dates).await?;
        self.place.at_work.clear();
        // One whose size the server keeps to itself is fetched all the same.
        let is_silent = |uid: &u32| listed.binary_search_by_key(uid, |l| l.uid).is_err();
        let silent: Vec<u32> = uids.iter().copied().filter(is_silent).collect();
        listed.extend(silent.into_iter().map(|uid| Listed {
            uid,
            size: 0,
            answered: false,
            internal_date: None,
            gmail: None,
        }));
        listed.sort_by_key(|l| l.uid);
        // What Gmail showed in another mailbox is not fetched again: it has its note.
        let withheld = |uid: u32| self.place.withheld.iter().any(|(_, w)| *w == uid);
        listed.retain(|l| withheld(l.uid) || l.gmail.is_none_or(|id| !self.reader.knows(id)));
        // No chunk of both kinds.
        let kind = |l: &Listed| self.reads.section(std::slice::from_ref(l));
        let runs = listed.chunk_by(|a, b| kind(a) == kind(b));
        let mut chunks: VecDeque<_> = runs.flat_map(|run| cut(run.to_vec(), &self.place.suspects)).collect();
        loop {
            for (chunk, answer, room) in self.stream(&mut session.pipeline(), &mut chunks).await? {
                if let Some(error) = answer.refused.filter(ImapError::is_transient) {
                    return Err(error.into());
                }
                let (fetched, missing) = self.complete(session, &chunk, answer.fetched).await?;
                self.take(chunk, fetched, missing, room).await;
            }
            // What stops the stream stands alone.
            match chunks.front().and_then(|chunk| chunk.first()) {
                None => return Ok(()),
                Some(first) if !self.stands_alone(first) => {}
                Some(first) => {
                    let first = first.clone();
                    chunks.pop_front();
                    self.alone(session, first).await?;
                }
            }
        }
    }

    fn stands_alone(&self, message: &Listed) -> bool {
        let section = self.reads.section(std::slice::from_ref(message));
        let large = fetch::is_large(message.size) && section == Section::Whole;
        large || self.place.guilty.contains(&message.uid)
    }

    /// A message that is too large for company, or that breaks sessions.
    async fn alone(&mut self, session: &mut Session, message: Listed) -> Result<()> {
        let uid = message.uid;
        if self.place.guilty.contains(&uid) || fetch::is_too_large(message.size) {
            let room = self.room(0).await;
            self.take(vec![message], Vec::new(), vec![uid], room).await;
            return Ok(());
        }
        let room = self.room(u64::from(message.size)).await;
        self.place.at_work = vec![uid];
        let large = session.fetch_large(uid, message.size);
        let fetched = match self.reader.timing.of_waiting(Stage::Network, large).await {
            Err(ImapError::Refused { .. }) => None,
            other => other?,
        };
        let fetched = fetched.map(|bytes| Fetched { uid, bytes }).into_iter().collect();
        let listed = vec![message];
        let (fetched, missing) = self.complete(session, &listed, fetched).await?;
        self.place.at_work.clear();
        self.take(listed, fetched, missing, room).await;
        Ok(())
    }

    /// Fetches chunks until one must stand alone or an answer is not whole. Whole answers go on at once; from the
    /// first that is not, they are given back in order.
    async fn stream(
        &mut self,
        pipeline: &mut Pipeline<'_>,
        chunks: &mut VecDeque<Vec<Listed>>,
    ) -> Result<Vec<Answered>> {
        let mut under_way: VecDeque<(Vec<Listed>, Room)> = VecDeque::new();
        let mut held: Vec<Answered> = Vec::new();
        loop {
            while held.is_empty() && pipeline.depth() < DEPTH {
                let Some(chunk) = chunks.front().filter(|c| !c.iter().any(|l| self.stands_alone(l))) else { break };
                let octets = chunk.iter().map(|l| u64::from(l.size)).sum();
                let uids = chunk.iter().map(|l| l.uid).collect();
                let room = match self.room_at_once(octets) {
                    None if pipeline.depth() > 0 => break,
                    None => self.room(octets).await,
                    room => room,
                };
                pipeline.ask(uids, self.reads.section(chunk), octets).await?;
                under_way.extend(chunks.pop_front().map(|chunk| (chunk, room)));
            }
            self.place.at_work = pipeline.front().to_vec();
            let answer = self.reader.timing.of_waiting(Stage::Network, pipeline.answer()).await?;
            let Some(mut answer) = answer else { return Ok(held) };
            self.place.at_work.clear();
            let Some((chunk, room)) = under_way.pop_front() else { return Ok(held) };
            answer.fetched.retain(|f| is_given(f, &chunk));
            let whole = answer.refused.is_none() && answer.fetched.len() == answer.uids.len();
            if whole && held.is_empty() {
                self.take(chunk, answer.fetched, Vec::new(), room).await;
            } else {
                held.push((chunk, answer, room));
            }
        }
    }

    /// An OK without the message: gone meanwhile, or kept back. The latter is asked for once more, alone. Gives what
    /// came, and the UIDs that are there but for which the server gives nothing.
    async fn complete(
        &mut self,
        session: &mut Session,
        listed: &[Listed],
        mut fetched: Vec<Fetched>,
    ) -> Result<(Vec<Fetched>, Vec<u32>)> {
        let uids: Vec<u32> = listed.iter().map(|l| l.uid).collect();
        let absent: Vec<u32> = uids.iter().copied().filter(|uid| fetched.iter().all(|f| f.uid != *uid)).collect();
        let mut missing = Vec::new();
        for set in fetch::sets(&absent) {
            let there = session.search(&format!("UID {set}")).await?;
            for uid in there.into_iter().filter(|uid| absent.contains(uid)) {
                self.place.at_work = vec![uid];
                // A FETCH that the server refuses gave nothing: one message that it cannot read must not hold up the others.
                let mut again = match session.fetch(&[uid], self.reads.section(listed)).await {
                    Err(ImapError::Refused { .. }) => Vec::new(),
                    other => other?,
                };
                again.retain(|f| is_given(f, listed));
                self.place.at_work.clear();
                if again.is_empty() {
                    missing.push(uid);
                }
                fetched.extend(again);
            }
        }
        // Many, and nothing of any: that is the server's trouble, not the messages'.
        if uids.len() > 1 && missing.len() == uids.len() {
            let gone = "the server lists messages, and gives the content of none";
            return Err(ImapError::Protocol(gone.to_owned()).into());
        }
        fetched.sort_by_key(|f| f.uid);
        Ok((fetched, missing))
    }

    fn room_at_once(&self, octets: u64) -> Option<OwnedSemaphorePermit> {
        self.reader.room.clone().try_acquire_many_owned(self.permits(octets)).ok()
    }

    /// Waits until the writer has kept enough. What is gathered is handed over first, so that he can.
    async fn room(&mut self, octets: u64) -> Room {
        if let Some(room) = self.room_at_once(octets) {
            return Some(room);
        }
        self.hand_over(None).await;
        self.reader.room.clone().acquire_many_owned(self.permits(octets)).await.ok()
    }

    fn permits(&self, octets: u64) -> u32 {
        u32::try_from(octets / 1024 + 1).unwrap_or(u32::MAX).min(self.reader.space)
    }

    /// Sends messages to be parsed, and what is gathered to the writer when it is enough.
    async fn take(&mut self, listed: Vec<Listed>, fetched: Vec<Fetched>, missing: Vec<u32>, room: Room) {
        let headers_only = self.reads.section(&listed) == Section::Header;
        self.batch.octets += listed.iter().map(|l| u64::from(l.size)).sum::<u64>();
        self.batch.asked.extend(listed.iter().map(|l| l.uid));
        self.batch.missing.extend(missing);
        for message in &listed {
            self.place.suspects.remove(&message.uid);
        }
        // What is sent and has no note may yet arrive, and have one.
        if self.reads == Reads::All && (!self.place.is_sent || self.reader.config.sync.sent_notes) {
            let came = |l: &&Listed| fetched.binary_search_by_key(&l.uid, |f| f.uid).is_ok();
            let ids: Vec<u64> = listed.iter().filter(came).filter_map(|l| l.gmail).collect();
            self.reader.learn(&ids);
            self.batch.gmail.extend(ids);
        }
        let Reader { config, account, now, timing, .. } = self.reader;
        let (config, account, now, timing) = (config.clone(), account.clone(), now.clone(), timing.clone());
        let (workers, mailbox) = (self.reader.workers.clone(), self.place.name.clone());
        let read = move || {
            let reading = ReadAs { config: &config, account: &account, mailbox: &mailbox, now: &now, timing: &timing };
            let raw = |Fetched { uid, bytes }: Fetched| {
                let said = listed.iter().find(|l| l.uid == uid);
                Raw {
                    uid,
                    internal_date: said.and_then(|l| l.internal_date.clone()),
                    answered: said.is_some_and(|l| l.answered),
                    ..reading.read(bytes, headers_only)
                }
            };
            fetched.into_iter().map(raw).collect()
        };
        let parsed = tokio::spawn(async move {
            // No more at a time than there are cores: what waits takes less room than what is half done.
            let _turn = workers.acquire_owned().await;
            tokio::task::spawn_blocking(read).await
        });
        self.batch.chunks.push(Chunk { parsed, _room: room });
        if self.batch.asked.len() >= BATCH || self.batch.octets >= BATCH_OCTETS {
            self.hand_over(None).await;
        }
    }

    /// Gives the writer what is gathered; `end`: the mailbox is covered up to there.
    async fn hand_over(&mut self, end: Option<u32>) {
        let Gathered { chunks, asked, missing, gmail, .. } = std::mem::take(&mut self.batch);
        let next = asked.last().map_or(0, |uid| uid.saturating_add(1)).max(end.unwrap_or(0));
        self.cursor.next_uid = self.cursor.next_uid.max(next);
        if asked.is_empty()
            && self.place.settled.is_empty()
            && (end.is_none() || self.place.stored == Some(self.cursor))
        {
            return;
        }
        *self.kept += u64::from(!asked.is_empty());
        let given = |uid: &u32| asked.contains(uid) && !missing.contains(uid);
        let given = self.place.withheld.iter().map(|(_, uid)| *uid).filter(given).collect();
        self.place.withheld.retain(|(_, uid)| !asked.contains(uid));
        self.place.cursor = Some(self.cursor);
        self.place.stored = self.place.cursor;
        let batch = Batch {
            mailbox: self.place.name.clone(),
            is_sent: self.place.is_sent,
            chunks,
            asked: asked.len(),
            served: Some(Served {
                missing,
                gmail,
                given,
                settled: std::mem::take(&mut self.place.settled),
                anew: self.place.anew,
                cursor: self.cursor,
            }),
        };
        self.reader.say(News::Batch(batch)).await;
    }
}

/// Nothing at all, where octets were announced, is no message.
fn is_given(fetched: &Fetched, listed: &[Listed]) -> bool {
    !fetched.bytes.is_empty() || listed.iter().any(|l| l.uid == fetched.uid && l.size == 0)
}
