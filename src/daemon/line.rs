//! The lines to one account's server: each watched mailbox has its own connection, which only wakes the daemon.
//!
//! The first mailbox's line leads: it finds out whether the server can be had, so that no pass has to wait for one
//! that cannot. The others follow while it stands. A server that takes no more connections is asked now and then.

use super::backoff::{pause, random_below};
use super::wakes::{Line, Wakes};
use super::{Stop, Timing};
use crate::config::Account;
use crate::imap::{ImapError, Session};
use crate::inbound::mailboxes;
use crate::login::{self, Login};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// Connections kept to one account's server; passes need some, too, and so do the owner's other programs.
const MOST_LINES: usize = 4;
/// A line that held this long was sound: its loss is no failure of the server's.
const STEADY: Duration = Duration::from_secs(60);
/// A mailbox that has no line is asked after so often.
const UNHEARD: Duration = Duration::from_secs(5 * 60);
/// After this long a server that took no further connection, or had no such mailbox, is tried again.
const REFUSED: Duration = Duration::from_secs(30 * 60);

/// Why a line could not be had.
#[derive(Debug)]
pub(super) struct Trouble {
    /// In words.
    pub(super) text: String,
    /// With the same secret it is no use to try again soon.
    pub(super) is_auth: bool,
}

/// What the daemon calls out to all lines.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// The machine slept, so connections may be dead and the network back.
    pub(super) resumed: Notify,
    /// A scheduled sync is due: the time to try a refused login again.
    pub(super) scheduled: Notify,
}

/// The lines of one account.
#[derive(Debug, Clone)]
pub(super) struct Lines {
    account: Arc<Account>,
    wakes: Arc<Wakes>,
    stop: Arc<Stop>,
    calls: Arc<Calls>,
    timing: Timing,
    /// How many connections there may be.
    room: watch::Sender<usize>,
}

/// How a line came to its end.
enum Left {
    Dismissed,
    NotThere,
    Lost(ImapError),
}

impl Lines {
    pub(super) fn new(
        account: &Account,
        wakes: &Arc<Wakes>,
        stop: &Arc<Stop>,
        calls: &Arc<Calls>,
        timing: &Timing,
    ) -> Lines {
        Lines {
            account: Arc::new(account.clone()),
            wakes: wakes.clone(),
            stop: stop.clone(),
            calls: calls.clone(),
            timing: *timing,
            room: watch::Sender::new(MOST_LINES),
        }
    }

    /// Holds the lines until `stop` is asked.
    pub(super) async fn hold(self) {
        self.steadily(None).await;
    }

    /// A pass was turned away while lines stand: one less for a while, and in the end none. `false` when there is
    /// none already.
    pub(super) fn give_way(&self) -> bool {
        self.room.send_if_modified(|room| {
            let fewer = *room > 0;
            *room = room.saturating_sub(1);
            fewer
        })
    }

    /// What breaks a line, a fault of a library included, ends that line alone; and it is begun anew.
    fn steadily(self, follower: Option<(usize, String)>) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        // In a box, because the line that leads holds those that follow.
        Box::pin(async move {
            let mut failures = 0;
            loop {
                let mut one = JoinSet::new();
                let (this, follower) = (self.clone(), follower.clone());
                one.spawn(async move {
                    match follower {
                        Some((rank, mailbox)) => this.follow(rank, &mailbox).await,
                        None => this.lead().await,
                    }
                });
                match one.join_next().await {
                    Some(Err(e)) if e.is_panic() => tracing::warn!(account = self.account.name, "a line broke: {e}"),
                    _ => return,
                }
                failures += 1;
                self.rest(pause(failures)).await;
            }
        })
    }

    async fn lead(&self) {
        let mut failures = 0;
        while self.admitted(0).await {
            let begun = Instant::now();
            let is_auth = match self.connect().await {
                None => return,
                Some(Ok(session)) => {
                    self.wakes.line(&self.account.name, Line::Up);
                    match self.head(session).await {
                        Left::Dismissed => continue,
                        Left::NotThere => {}
                        Left::Lost(e) => tracing::debug!(account = self.account.name, "the line is lost: {e}"),
                    }
                    if begun.elapsed() > STEADY {
                        failures = 0;
                    }
                    false
                }
                Some(Err(trouble)) => {
                    let is_auth = trouble.is_auth;
                    self.wakes.line(&self.account.name, Line::Down(trouble));
                    is_auth
                }
            };
            failures += 1;
            self.rest(pause(failures)).await;
            if is_auth {
                // Not before the owner expects it: servers lock accounts for less.
                tokio::select! {
                    () = self.calls.scheduled.notified() => {}
                    () = self.stop.asked() => {}
                }
            }
        }
    }

    /// Listens in the first mailbox, at the head of those that listen in the others.
    async fn head(&self, mut session: Session) -> Left {
        let mailboxes = match session.list().await {
            Ok(list) => mailboxes::plan(&self.account, &list).0,
            Err(e) => return Left::Lost(e),
        };
        let mut names = mailboxes.into_iter().filter(|planned| !planned.is_sent).map(|planned| planned.name);
        let first = names.next();
        let mut followers = JoinSet::new();
        for rank in 1..MOST_LINES {
            let Some(name) = names.next() else { break };
            followers.spawn(self.clone().steadily(Some((rank, name))));
        }
        let lines = followers.len() + 1;
        self.room.send_modify(|room| *room = lines.min(*room));
        if names.next().is_some() {
            let this = self.clone();
            followers.spawn(async move {
                while !this.stop.is_asked() {
                    this.unheard(UNHEARD).await;
                }
            });
        }
        let left = self.attend(session, first.as_deref(), 0).await;
        if self.stop.is_asked() {
            // They say goodbye, too.
            while followers.join_next().await.is_some() {}
        }
        left
    }

    async fn follow(&self, rank: usize, mailbox: &str) {
        let (mut failures, mut said) = (0, false);
        while self.admitted(rank).await {
            // Not all at the same moment.
            self.rest(random_below(Duration::from_millis(500))).await;
            let begun = Instant::now();
            let refused = match self.connect().await {
                None => return,
                Some(Ok(session)) => match self.attend(session, Some(mailbox), rank).await {
                    Left::Dismissed => continue,
                    Left::NotThere => true,
                    Left::Lost(e) => {
                        tracing::debug!(account = self.account.name, mailbox, "the line is lost: {e}");
                        false
                    }
                },
                // The leading line stands: this is one too many.
                Some(Err(trouble)) => {
                    if !said {
                        tracing::info!(
                            account = self.account.name,
                            "the server takes no further connection ({}), so {mailbox:?} is looked at now and then",
                            trouble.text
                        );
                    }
                    said = true;
                    true
                }
            };
            failures = if begun.elapsed() > STEADY { 1 } else { failures + 1 };
            if refused { self.unheard(REFUSED).await } else { self.rest(pause(failures)).await }
        }
    }

    /// Connects and logs in; `None` when asked to stop meanwhile.
    async fn connect(&self) -> Option<Result<Session, Trouble>> {
        let account = &self.account;
        let work = async {
            let trouble = |e: anyhow::Error| Trouble { is_auth: login::needs_owner(&e), text: format!("{e:#}") };
            Login::new(account).await.map_err(|e| trouble(e.into()))?.imap().await.map_err(trouble)
        };
        tokio::select! {
            done = work => Some(done),
            () = self.stop.asked() => None,
        }
    }

    /// Listens in one mailbox until the session ends or must.
    async fn attend(&self, mut session: Session, mailbox: Option<&str>, rank: usize) -> Left {
        let mut arrived = || self.wakes.mail(&self.account.name);
        let opened = match mailbox {
            Some(mailbox) => session.examine(mailbox).await.map(|_| true),
            None => Ok(false),
        };
        match opened {
            Ok(_) => {}
            // A pass says that it is not there. The leading line stays, to know whether the server does.
            Err(ImapError::Refused { .. } | ImapError::Argument(_)) if rank == 0 => {}
            Err(ImapError::Refused { .. } | ImapError::Argument(_)) => {
                session.logout().await;
                return Left::NotThere;
            }
            Err(e) => return Left::Lost(e),
        }
        // What came before this moment is found by a pass now; of what comes from now on, the server tells.
        arrived();
        let mut idles = matches!(opened, Ok(true)) && session.offers("IDLE");
        let mut room = self.room.subscribe();
        loop {
            let begun = Instant::now();
            let mut dismissed = std::pin::pin!(async {
                tokio::select! {
                    () = self.stop.asked() => true,
                    () = self.calls.resumed.notified() => false,
                    _ = room.wait_for(|room| *room <= rank) => true,
                }
            });
            let mut ends = false;
            let heard = if idles {
                let called = async { ends = dismissed.as_mut().await };
                match session.idle(&self.timing.waits, &mut arrived, called).await {
                    Err(ImapError::Refused { said, .. }) => {
                        tracing::info!(account = self.account.name, "the server does not idle ({said})");
                        idles = false;
                        Ok(())
                    }
                    heard => heard,
                }
            } else {
                tokio::select! {
                    () = tokio::time::sleep(self.timing.poll) => {}
                    asked = &mut dismissed => ends = asked,
                }
                session.noop(&mut arrived).await
            };
            if let Err(e) = heard {
                return Left::Lost(e);
            }
            if ends {
                session.logout().await;
                return Left::Dismissed;
            }
            // One that ends each IDLE at once is not asked without a breath.
            if begun.elapsed() < Duration::from_millis(500) {
                self.rest(Duration::from_secs(1)).await;
            }
        }
    }

    /// Waits for room for this line; `false` when asked to stop.
    async fn admitted(&self, rank: usize) -> bool {
        while !self.stop.is_asked() && *self.room.borrow() <= rank {
            tracing::info!(account = self.account.name, "the server has no room for a connection that is kept open");
            self.unheard(REFUSED).await;
            // There may be room again.
            self.room.send_modify(|room| *room = (*room + 1).min(MOST_LINES));
        }
        !self.stop.is_asked()
    }

    /// Waits, while passes look after what no line tells of.
    async fn unheard(&self, time: Duration) {
        let until = Instant::now() + time;
        while Instant::now() < until && !self.stop.is_asked() {
            self.rest(UNHEARD.min(until.saturating_duration_since(Instant::now()))).await;
            self.wakes.mail(&self.account.name);
        }
    }

    async fn rest(&self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            () = self.calls.resumed.notified() => {}
            () = self.stop.asked() => {}
        }
    }
}
