//! What goes from an account's reader to the one writer, and how a mailbox is cut into it.
//!
//! A *chunk* is one FETCH command and one parse task; a *batch* is one commit: chunks in the order of their UIDs, and the
//! cursor that stands behind them. The same mailbox is cut the same way each time.

use super::read::Raw;
use crate::imap::fetch::{self, Listed};
use crate::store::Cursor;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::{JoinError, JoinHandle};

/// At most so many messages in one FETCH, and so many octets unless one alone has more.
pub(super) const CHUNK: usize = 100;
pub(super) const CHUNK_OCTETS: u64 = 2 * 1024 * 1024;

/// At most so many messages in a batch, and so many octets of them.
pub(super) const BATCH: usize = 500;
pub(super) const BATCH_OCTETS: u64 = 8 * 1024 * 1024;

/// Messages being parsed. Dropped, it lets as many octets more be fetched.
#[derive(Debug)]
pub(super) struct Chunk {
    pub(super) parsed: JoinHandle<Result<Vec<Raw>, JoinError>>,
    pub(super) _room: Option<OwnedSemaphorePermit>,
}

/// One commit's worth.
#[derive(Debug)]
pub(super) struct Batch {
    pub(super) mailbox: Arc<str>,
    pub(super) is_sent: bool,
    pub(super) chunks: Vec<Chunk>,
    /// How many messages were asked for, whatever came.
    pub(super) asked: usize,
    /// What its server said besides; messages out of files have none.
    pub(super) served: Option<Served>,
}

/// What a batch that a server gave is besides its messages.
#[derive(Debug)]
pub(super) struct Served {
    /// UIDs that the server lists and does not give.
    pub(super) missing: Vec<u32>,
    /// Gmail's ids of the messages that came whole.
    pub(super) gmail: Vec<u64>,
    /// UIDs that it kept back in an earlier sync, and does not any more.
    pub(super) given: Vec<u32>,
    /// UIDs that were doubted and have been looked at.
    pub(super) settled: Vec<u32>,
    /// The mailbox is read anew: that known messages are elsewhere than before says nothing.
    pub(super) anew: bool,
    /// Where the mailbox goes on once this is kept.
    pub(super) cursor: Cursor,
}

/// How often a message was the one at which a session broke: it is asked for in ever smaller company.
pub(super) type Suspects = HashMap<u32, u32>;

/// Alone, and the session broke over it twice: it is the message.
pub(super) const GUILTY: u32 = 5;

/// Cuts listed messages, ascending, so that no chunk is too large; a large message stands alone.
pub(super) fn cut(listed: Vec<Listed>, suspects: &Suspects) -> VecDeque<Vec<Listed>> {
    let most = |l: &Listed| match suspects.get(&l.uid) {
        None => CHUNK,
        Some(1) => CHUNK / 4,
        Some(2) => CHUNK / 16,
        Some(_) => 1,
    };
    let mut out: VecDeque<Vec<Listed>> = VecDeque::new();
    let mut octets = 0;
    for message in listed {
        octets += u64::from(message.size);
        match out.back_mut() {
            Some(chunk)
                if octets <= CHUNK_OCTETS
                    && !fetch::is_large(message.size)
                    && chunk.iter().all(|l| !fetch::is_large(l.size) && chunk.len() < most(l))
                    && chunk.len() < most(&message) =>
            {
                chunk.push(message);
            }
            _ => {
                octets = u64::from(message.size);
                out.push_back(vec![message]);
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(sizes: &[u32], suspects: &Suspects) -> Vec<usize> {
        let listed = |(i, size): (usize, &u32)| Listed {
            uid: u32::try_from(i).expect("small") + 1,
            size: *size,
            answered: false,
            internal_date: None,
            gmail: None,
        };
        cut(sizes.iter().enumerate().map(listed).collect(), suspects).iter().map(Vec::len).collect()
    }

    #[test]
    fn chunks_are_bounded_by_number_and_octets_and_suspicion() {
        assert_eq!(lengths(&[1; 250], &Suspects::new()), [100, 100, 50]);
        assert_eq!(lengths(&[1 << 20; 5], &Suspects::new()), [2, 2, 1]);
        assert_eq!(lengths(&[1, 9 << 20, 1, 1], &Suspects::new()), [1, 1, 2]);
        assert_eq!(lengths(&[1; 5], &Suspects::from([(3, 3)])), [2, 1, 2]);
        let all: Suspects = (1..=50).map(|uid| (uid, 1)).collect();
        assert_eq!(lengths(&[1; 60], &all), [25, 25, 10]);
    }
}
