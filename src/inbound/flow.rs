//! A mailbox's messages on their way from the session to the writer: fetched with several commands under way, parsed
//! beside the network, handed over in batches. What is new in the mailbox, [`super::mailbox`] says.

use super::batch::{BATCH, BATCH_OCTETS, Batch, Chunk, Served, cut};
use super::mailbox::Place;
use super::read::{Raw, ReadAs};
use super::reader::{News, Reader};
use super::timing::Stage;
use crate::imap::fetch::{self, Answer, Fetched, Listed, Pipeline, Section};
use crate::imap::{ImapError, Session};
use crate::store::Cursor;
use anyhow::Result;
use std::collections::VecDeque;
use tokio::sync::OwnedSemaphorePermit;

/// FETCH commands under way: while one is answered the next lies at the server already.
const DEPTH: usize = 3;
/// What somebody writes by hand is shorter than this, in octets: of longer sent mail only the headers are read.
const LETTER: u32 = 64 * 1024;

/// What is gathered for the next batch.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    chunks: Vec<Chunk>,
    asked: Vec<u32>,
    missing: Vec<u32>,
    gmail: Vec<u64>,
    octets: u64,
}

/// How much of a mailbox's messages is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
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
pub(super) struct Flow<'a> {
    pub(super) reader: &'a Reader,
    pub(super) place: &'a mut Place,
    pub(super) reads: Reads,
    pub(super) cursor: Cursor,
    pub(super) kept: &'a mut u64,
    pub(super) batch: Gathered,
}

/// What fetched messages take of the reader's room; `None` when the process is ending.
type Room = Option<OwnedSemaphorePermit>;
/// A command's messages before and after: what was listed, what came, and the room that they take.
type Answered = (Vec<Listed>, Answer, Room);

impl Flow<'_> {
    /// Brings these messages, ascending, as far as the writer; what is not gathered to a whole batch yet stays in `batch`.
    pub(super) async fn window(&mut self, session: &mut Session, uids: &[u32], dates: bool) -> Result<()> {
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
    pub(super) async fn hand_over(&mut self, end: Option<u32>) {
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
