//! The way in, wired: server → messages → notes.
//!
//! Each account has a reader (a task of its own) that fetches and lets parse; one writer takes what the readers hand
//! over, batch by batch, and makes notes of it. A cursor moves only after the notes that it covers are durable.
//!
//! - [`mailboxes`]: which mailboxes an account's reader goes through; `pattern`
//! - `reader`: one account: sessions, and what to do when one breaks
//! - `mailbox`: one mailbox: what is new, fetched and cut into batches
//! - `batch`: what goes from reader to writer; [`read`]: what becomes of bytes on the way
//! - `keep`: the writer: one batch → one commit
//! - [`take`]: one message → its notes; `attachments`, `summaries`
//! - `answered`: tasks that a reply settled
//! - `heard`: what notes about people are to be told of it; [`entities`]: they are told, at the end of a pass
//! - [`redrafts`]: drafts that their owner asks for
//! - `rsvp`: an invitation → the draft of its answer
//! - [`templates`]: those of the owner's notes
//! - [`manners`]: how the owner writes
//! - `threads`: which conversation it belongs to
//! - [`import`]: the same from files
//! - [`context`]: what the vault knows that bears on a message
//! - `known`: the index of the vault's notes
//! - [`rebuild`]: a new database learns what the vault knows
//! - this file: readers and writer, side by side

mod answered;
mod attachments;
mod batch;
pub mod context;
pub mod entities;
mod events;
mod flow;
mod heard;
mod identity;
pub mod import;
pub mod keep;
mod known;
mod mailbox;
pub mod mailboxes;
pub mod manners;
mod pattern;
pub mod read;
mod reader;
pub mod rebuild;
pub mod redrafts;
mod rsvp;
mod summaries;
pub mod take;
pub mod templates;
mod threads;
mod timing;

use crate::config::{Account, Config, Shape};
use crate::note::digest::Digest;
use crate::store::Store;
use crate::store::messages::StoredMessage;
use crate::vault::Vault;
use anyhow::{Result, anyhow};
use jiff::Zoned;
use keep::Keeper;
use reader::{Known, News, Reader};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use timing::{Stage, Timing};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

/// The two places where things last. Everything that changes them goes through these.
#[derive(Debug)]
pub struct Desk {
    /// The vault.
    pub vault: Vault,
    /// The state database.
    pub store: Store,
}

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Paths of new source notes.
    pub notes: Vec<String>,
    /// Paths of new or rewritten summary notes.
    pub summaries: Vec<String>,
    /// Paths of new drafts.
    pub drafts: Vec<String>,
    /// Messages that a rule ignores.
    pub ignored: usize,
    /// What did not work, in words; the rest went on.
    pub problems: Vec<String>,
}

impl Pulled {
    /// A conversation of three new messages is one summary.
    fn told_once(mut self) -> Pulled {
        let mut seen = BTreeSet::new();
        self.summaries.retain(|path| seen.insert(path.clone()));
        self
    }
}

/// What is going on, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A mailbox is open, with so many new messages.
    Mailbox {
        /// The account's name.
        account: String,
        /// The mailbox.
        mailbox: String,
        /// New messages.
        total: usize,
    },
    /// So many messages more are done.
    Messages(usize),
}

/// KiB of messages that all readers together may have fetched and not yet written; each has at least a batch's.
const SPACE: u32 = 24 * 1024;
const LEAST_SPACE: u32 = 12 * 1024;
/// So many batches may wait for the writer.
const WAITING: usize = 4;

/// So many messages are read at a time: a core is left to the one who writes, for he is waited for.
fn workers() -> usize {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1)).max(1)
}

/// Writes a conversation's summary again, out of another digest of one of its messages; one that its owner edited stays.
pub fn retell(
    vault: &Vault,
    store: &Store,
    (config, shape): (&Config, &Shape),
    message: &StoredMessage,
    digest: &Digest,
    now: &Zoned,
) -> Result<Pulled> {
    summaries::retell(vault, store, (config, shape), message, digest, now.time_zone())
}

/// A message's digest as the database keeps it; `None` for a message that had none.
pub fn with_digest(message: &StoredMessage, digest: &Digest) -> Option<String> {
    summaries::with_digest(message, digest)
}

/// Pulls the new mail of several accounts, at the same time: how it went for each, in the order given; and whether one broke
/// off with a part of its mail taken in. Needs a runtime with several threads.
pub async fn pull(
    config: &Config,
    accounts: &[&Account],
    desk: &mut Desk,
    now: &Zoned,
    on: &mut dyn FnMut(Progress),
) -> (Vec<Result<Pulled>>, bool) {
    let shared = Arc::new(config.clone());
    let space = (SPACE / u32::try_from(accounts.len().max(1)).unwrap_or(1)).max(LEAST_SPACE);
    let workers = Arc::new(Semaphore::new(workers()));
    let timing = Arc::new(Timing::default());
    let (sender, mut news) = mpsc::channel(WAITING);
    // Dropped, the set ends its tasks.
    let mut readers = JoinSet::new();
    let mut ended: Vec<Option<Result<()>>> = Vec::new();
    let mut pulled: Vec<Pulled> = Vec::new();
    let mut begun: BTreeSet<usize> = BTreeSet::new();
    for (index, account) in accounts.iter().enumerate() {
        pulled.push(Pulled::default());
        ended.push(None);
        let mut known = match Known::of(&desk.store, &account.name) {
            Ok(known) => known,
            Err(e) => {
                ended.pop();
                ended.push(Some(Err(e)));
                continue;
            }
        };
        let reader = Reader {
            config: shared.clone(),
            account: Arc::new((*account).clone()),
            index,
            now: now.clone(),
            room: Arc::new(Semaphore::new(space as usize)),
            space,
            workers: workers.clone(),
            news: sender.clone(),
            gmail: Mutex::new(std::mem::take(&mut known.gmail)),
            timing: timing.clone(),
        };
        readers.spawn(reader.run(known));
    }
    drop(sender);
    while let Some((index, what)) = news.recv().await {
        let (Some(account), Some(pulled), Some(ended)) =
            (accounts.get(index), pulled.get_mut(index), ended.get_mut(index))
        else {
            continue;
        };
        match what {
            _ if ended.is_some() => {}
            News::Mailbox(mailbox, total) => {
                on(Progress::Mailbox { account: account.name.clone(), mailbox: mailbox.to_string(), total });
            }
            News::Problem(problem) => pulled.problems.push(problem),
            News::Ended(outcome) => *ended = Some(outcome),
            News::Batch(batch) => {
                let asked = batch.asked;
                begun.insert(index);
                match (Keeper { config, account, now, timing: &timing, drafts: true }).keep(desk, batch, pulled).await {
                    Ok(()) => on(Progress::Messages(asked)),
                    // What follows would leave a gap: nothing more of this account is kept in this pass.
                    Err(e) => *ended = Some(Err(e)),
                }
            }
        }
    }
    // The last batch's notes are where they belong; should they not last, the next pass moves them again.
    let settled = timing.of(Stage::Place, || desk.vault.settle()).map_err(|e| e.to_string());
    timing.tell();
    let outcome = |(ended, pulled): (Option<Result<()>>, Pulled)| {
        settled.clone().map_err(|e| anyhow!(e))?;
        ended.unwrap_or_else(|| Err(anyhow!("the reading ended in the middle; this is a fault in postnote")))?;
        Ok(pulled.told_once())
    };
    let outcomes: Vec<Result<Pulled>> = ended.into_iter().zip(pulled).map(outcome).collect();
    let midway = begun.iter().any(|index| outcomes.get(*index).is_some_and(Result::is_err));
    (outcomes, midway)
}
