//! The side that reads: letters → chunks that are being parsed, and where each batch ends. The same files are cut the same
//! way each time.

use super::super::SPACE;
use super::super::batch::{BATCH, BATCH_OCTETS, CHUNK, CHUNK_OCTETS};
use super::super::mailboxes::{is_usually_aside, is_usually_sent};
use super::super::read::{Raw, ReadAs};
use super::super::timing::Timing;
use super::whose::{Whose, header};
use crate::archive::{self, Found, Letter, Source};
use crate::config::Config;
use jiff::{Timestamp, Zoned};
use std::ops::ControlFlow;
use std::sync::Arc;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::task::{JoinError, JoinHandle};

/// What the writer gets.
#[derive(Debug)]
pub(super) enum Parcel {
    /// A mailbox begins: its place in the plan.
    Mailbox(usize),
    /// Messages being parsed.
    Chunk(Chunk),
    /// What came since the last end is one batch, of so many octets.
    End(u64),
    /// A message that is not taken: a draft, or deleted.
    Aside,
    /// Something could not be read.
    Problem(String),
}

/// Messages being parsed. Dropped, it lets as many octets more be read.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) parsed: JoinHandle<Result<Vec<Parsed>, JoinError>>,
    _room: OwnedSemaphorePermit,
}

/// A message, and what it is.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its account's place; `None`: it belongs to none.
    pub(super) account: Option<usize>,
    pub(super) is_sent: bool,
    pub(super) raw: Raw,
}

/// How messages are read.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) config: Arc<Config>,
    pub(super) whose: Whose,
    pub(super) now: Zoned,
    pub(super) timing: Arc<Timing>,
    /// So many chunks are parsed at a time.
    pub(super) workers: Arc<Semaphore>,
}

impl Reading {
    fn parse(&self, letter: Letter, is_sent: bool) -> Option<Parsed> {
        let is_sent = is_sent || letter.labels.iter().any(|l| is_usually_sent(l));
        let account = self.whose.is(&letter.bytes, is_sent);
        let known = self.whose.accounts.get(account.unwrap_or(0))?;
        // Where it lies the writer knows.
        let (config, mailbox) = (&*self.config, "");
        let reading = ReadAs { config, account: known, mailbox, now: &self.now, timing: &self.timing };
        let Letter { bytes, came, answered, cut, .. } = letter;
        let mut bytes = on_the_wire(bytes);
        // What comes to be known of sent mail is what a sync would fetch of it.
        let headers_only = is_sent && !self.config.sync.sent_notes;
        if headers_only {
            bytes.truncate(header(&bytes).len());
        }
        let original = (cut && !headers_only).then(|| bytes.clone());
        let mut raw = Raw { answered, internal_date: came.map(internal_date), ..reading.read(bytes, headers_only) };
        // What is not whole is kept as it came.
        raw.original = raw.original.or(original);
        Some(Parsed { account, is_sent, raw })
    }
}

/// With CRLF line ends, as a server would give it.
fn on_the_wire(bytes: Vec<u8>) -> Vec<u8> {
    let ends: Vec<usize> = memchr::memchr_iter(b'\n', &bytes).collect();
    let is_bare = |at: &usize| at.checked_sub(1).and_then(|before| bytes.get(before)) != Some(&b'\r');
    if !ends.iter().any(is_bare) {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len() + ends.len());
    let mut from = 0;
    for end in ends.into_iter().filter(is_bare) {
        out.extend_from_slice(bytes.get(from..end).unwrap_or_default());
        out.push(b'\r');
        from = end;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out
}

/// As a server says it (RFC 3501 §9 `date-time`).
fn internal_date(came: Timestamp) -> String {
    came.strftime("%d-%b-%Y %H:%M:%S +0000").to_string()
}

/// Cuts what is found into parcels.
pub(super) struct Cutter {
    parcels: mpsc::Sender<Parcel>,
    room: Arc<Semaphore>,
    runtime: Handle,
    reading: Arc<Reading>,
    is_sent: bool,
    chunk: Vec<Letter>,
    octets: u64,
    batch: usize,
    batch_octets: u64,
}

impl Cutter {
    pub(super) fn new(
        parcels: mpsc::Sender<Parcel>,
        room: Arc<Semaphore>,
        runtime: Handle,
        reading: Arc<Reading>,
    ) -> Cutter {
        let (chunk, is_sent) = (Vec::new(), false);
        Cutter { parcels, room, runtime, reading, is_sent, chunk, octets: 0, batch: 0, batch_octets: 0 }
    }

    /// Reads a mailbox to its end; breaks off when nobody takes it any more. Blocks.
    pub(super) fn read(&mut self, index: usize, source: &Source, is_sent: bool) -> ControlFlow<()> {
        self.is_sent = is_sent;
        self.send(Parcel::Mailbox(index))?;
        archive::read(source, &mut |found| match found {
            Found::Problem(problem) => self.send(Parcel::Problem(problem)),
            Found::Letter(letter) => self.letter(letter),
        })?;
        self.flush()?;
        self.end()
    }

    fn letter(&mut self, letter: Letter) -> ControlFlow<()> {
        if letter.aside || letter.labels.iter().any(|l| is_usually_aside(l)) {
            return self.send(Parcel::Aside);
        }
        let octets = letter.bytes.len() as u64;
        if self.chunk.len() >= CHUNK || self.octets + octets > CHUNK_OCTETS {
            self.flush()?;
        }
        self.octets += octets;
        self.chunk.push(letter);
        ControlFlow::Continue(())
    }

    /// Lets the chunk be parsed.
    fn flush(&mut self) -> ControlFlow<()> {
        let (chunk, octets) = (std::mem::take(&mut self.chunk), std::mem::take(&mut self.octets));
        if chunk.is_empty() {
            return ControlFlow::Continue(());
        }
        // A batch that is not ended takes less than there is room: waiting below ends.
        if self.batch + chunk.len() > BATCH || self.batch_octets + octets > BATCH_OCTETS {
            self.end()?;
        }
        self.batch += chunk.len();
        self.batch_octets += octets;
        let permits = u32::try_from(octets / 1024 + 1).unwrap_or(u32::MAX).min(SPACE);
        let Ok(room) = self.runtime.block_on(self.room.clone().acquire_many_owned(permits)) else {
            return ControlFlow::Break(());
        };
        let (reading, is_sent) = (self.reading.clone(), self.is_sent);
        let parse = move || chunk.into_iter().filter_map(|letter| reading.parse(letter, is_sent)).collect();
        let workers = self.reading.workers.clone();
        let parsed = self.runtime.spawn(async move {
            let _turn = workers.acquire_owned().await;
            tokio::task::spawn_blocking(parse).await
        });
        self.send(Parcel::Chunk(Chunk { parsed, _room: room }))
    }

    fn end(&mut self) -> ControlFlow<()> {
        let (batch, octets) = (std::mem::take(&mut self.batch), std::mem::take(&mut self.batch_octets));
        if batch == 0 { ControlFlow::Continue(()) } else { self.send(Parcel::End(octets)) }
    }

    fn send(&self, parcel: Parcel) -> ControlFlow<()> {
        match self.parcels.blocking_send(parcel) {
            Ok(()) => ControlFlow::Continue(()),
            Err(_) => ControlFlow::Break(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::on_the_wire;

    #[test]
    fn lines_end_as_on_the_wire() {
        for (text, expect) in
            [("a\nb\n", "a\r\nb\r\n"), ("\n\r\n\n", "\r\n\r\n\r\n"), ("a\r\nb", "a\r\nb"), ("a\rb", "a\rb"), ("", "")]
        {
            assert_eq!(on_the_wire(text.as_bytes().to_vec()), expect.as_bytes(), "{text:?}");
        }
    }
}
