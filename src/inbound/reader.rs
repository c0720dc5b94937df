//! One account's reader: it keeps a session, goes through the mailboxes, and hands batches to the writer. It never
//! touches vault or database.
//!
//! A session that breaks is made anew, and the reading goes on behind the last batch that was handed over. Where a
//! message is what breaks it, that message is found out by asking in ever smaller company, and left for a later sync.

use super::batch::{Batch, GUILTY};
use super::mailbox::{self, Place};
use super::mailboxes;
use super::timing::Timing;
use crate::config::{Account, Compress, Config};
use crate::imap::{Code, ImapError, Session};
use crate::login::Login;
use crate::store::{
    Cursor, Store,
    cursors::{Doubt, Withheld},
};
use anyhow::{Context, Result};
use jiff::Zoned;
use std::collections::{HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{Semaphore, mpsc};

/// What the writer hears.
#[derive(Debug)]
pub(super) enum News {
    /// A mailbox is open, with so many messages to come.
    Mailbox(Arc<str>, usize),
    /// Messages.
    Batch(Batch),
    /// Something does not work; the rest goes on.
    Problem(String),
    /// The account has been read, or cannot be.
    Ended(Result<()>),
}

/// What the database knows before the reading begins.
#[derive(Debug, Default)]
pub(super) struct Known {
    pub(super) cursors: HashMap<String, Cursor>,
    pub(super) withheld: Vec<Withheld>,
    pub(super) doubts: Vec<Doubt>,
    /// Gmail's ids of what has been read whole.
    pub(super) gmail: HashSet<u64>,
}

impl Known {
    pub(super) fn of(store: &Store, account: &str) -> Result<Known> {
        Ok(Known {
            cursors: store.cursors(account)?,
            withheld: store.withheld(account)?,
            doubts: store.doubts(account)?,
            gmail: store.gmail(account)?,
        })
    }
}

/// One account to be read.
#[derive(Debug)]
pub(super) struct Reader {
    pub(super) config: Arc<Config>,
    pub(super) account: Arc<Account>,
    /// Stands before everything that this reader says.
    pub(super) index: usize,
    pub(super) now: Zoned,
    /// KiB that may be fetched and not yet kept.
    pub(super) room: Arc<Semaphore>,
    /// KiB in all.
    pub(super) space: u32,
    /// Turns at parsing.
    pub(super) workers: Arc<Semaphore>,
    pub(super) news: mpsc::Sender<(usize, News)>,
    /// Gmail's ids of what has been read whole, until now.
    pub(super) gmail: Mutex<HashSet<u64>>,
    pub(super) timing: Arc<Timing>,
}

/// Sessions that break without a message got between them, until the account is given up for now.
const MOST_FAILURES: u32 = 2 + GUILTY;
/// The first wait before connecting again; it doubles.
const FIRST_WAIT: Duration = Duration::from_millis(250);

impl Reader {
    /// Reads the account to its end.
    pub(super) async fn run(self, known: Known) {
        let ended = self.read(known).await;
        self.say(News::Ended(ended)).await;
    }

    /// True when the message that Gmail knows by this id has been read, in whichever mailbox.
    pub(super) fn knows(&self, gmail: u64) -> bool {
        self.gmail.lock().unwrap_or_else(PoisonError::into_inner).contains(&gmail)
    }

    pub(super) fn learn(&self, gmail: &[u64]) {
        self.gmail.lock().unwrap_or_else(PoisonError::into_inner).extend(gmail);
    }

    pub(super) async fn say(&self, news: News) {
        // Nobody listens any more: then this task is about to be ended, too.
        self.news.send((self.index, news)).await.ok();
    }

    async fn read(&self, known: Known) -> Result<()> {
        let first = known.cursors.is_empty();
        let mut course = Course { known, places: None, dates: true, compress: true, first, kept: 0 };
        let (mut failures, mut kept) = (0, 0);
        loop {
            let outcome = match unpanicked(self.session(&mut course)).await {
                Some(outcome) => outcome,
                None => {
                    // INTERNALDATE NIL is one answer that the parser dies of; the others are not asked for at all.
                    course.dates = false;
                    Err(ImapError::Protocol("it broke the parser".to_owned()).into())
                }
            };
            let Err(error) = outcome else { return Ok(()) };
            // What never worked is told at once.
            let Some(places) = course.places.as_mut().filter(|_| breaks_session(&error)) else { return Err(error) };
            if let Some(place) = places.first_mut() {
                place.accuse(!is_of_server(&error));
            }
            failures = if course.kept > kept { 1 } else { failures + 1 };
            kept = course.kept;
            if failures > MOST_FAILURES {
                return Err(error);
            }
            tracing::info!(account = self.account.name, "the session broke ({error:#}); connecting again");
            wait(failures).await;
        }
    }

    /// Compressed, mail takes less of the line, and more of the server. For the little that comes each day it would
    /// only be one more round trip.
    fn compresses(&self, session: &Session, course: &Course) -> bool {
        course.compress
            && match self.account.compress {
                Compress::Always => true,
                Compress::Auto => course.first && !session.is_local(),
                Compress::Never => false,
            }
    }

    /// One session, as far as it goes.
    async fn session(&self, course: &mut Course) -> Result<()> {
        let login = Login::new(&self.account).await?;
        let mut session = login.imap().await?;
        if self.compresses(&session, course) {
            session = match session.compressed().await {
                // Offered and refused: without it, then.
                Err(ImapError::Refused { .. }) => {
                    course.compress = false;
                    login.imap().await?
                }
                other => other?,
            };
        }
        if course.places.is_none() {
            let names: Vec<String> = course.known.cursors.keys().cloned().collect();
            let (list, states) = session.overview(&names).await.context("cannot list the mailboxes")?;
            let (planned, problems) = mailboxes::plan(&self.account, &list);
            for problem in problems {
                self.say(News::Problem(problem)).await;
            }
            let known = std::mem::take(&mut course.known);
            let places = planned.into_iter().map(|p| Place::new(p, &known));
            // What has not changed is not even opened.
            course.places = Some(places.filter(|p| !p.is_unchanged(states.get(p.name.as_ref()))).collect());
        }
        let (places, kept) = (course.places.get_or_insert_default(), &mut course.kept);
        while let Some(place) = places.first_mut() {
            match mailbox::read(&mut session, self, place, course.dates, kept).await {
                Ok(()) => {}
                // A mailbox that cannot be opened must not keep the others from being read.
                Err(e) if matches!(e.downcast_ref(), Some(ImapError::Refused { .. })) => {
                    let (name, advice) = (&place.name, &place.advice);
                    self.say(News::Problem(format!("mailbox {name:?}: {e:#}; {advice}"))).await;
                }
                Err(e) => return Err(e.context(format!("mailbox {:?}", place.name))),
            }
            places.remove(0);
        }
        session.logout().await;
        Ok(())
    }
}

/// How far the reading has come, over all sessions.
#[derive(Debug)]
struct Course {
    known: Known,
    /// The mailboxes not read yet; the first is being read.
    places: Option<Vec<Place>>,
    dates: bool,
    compress: bool,
    /// The account is read for the first time.
    first: bool,
    /// Batches handed over.
    kept: u64,
}

/// True for errors after which a new session may go on.
fn breaks_session(error: &anyhow::Error) -> bool {
    let of_imap = error.chain().find_map(|e| e.downcast_ref::<ImapError>());
    of_imap.is_some_and(|e| e.is_transient() || matches!(e, ImapError::Protocol(_)))
}

/// True where the server says itself that it cannot go on for now: no message is to blame, if perhaps their number.
fn is_of_server(error: &anyhow::Error) -> bool {
    let said = error.chain().find_map(|e| e.downcast_ref::<ImapError>());
    matches!(said, Some(bye @ ImapError::Bye(_)) if bye.code().is_some_and(Code::is_transient))
}

/// Waits before connecting again: longer each time, and never exactly as long, so that clients do not come in step.
async fn wait(failures: u32) {
    let longest = FIRST_WAIT * 2u32.pow(failures.min(6));
    let random = u32::try_from(ulid::Ulid::new().random() % 1000).unwrap_or(0);
    tokio::time::sleep(longest / 2 + longest / 2 * random / 1000).await;
}

/// `None` where the future panics: a library that dies of a server's answer must not take the process with it.
async fn unpanicked<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(|context| match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
        Err(_) => Poll::Ready(None),
    })
    .await
}
