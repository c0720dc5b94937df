//! Waiting for mail: IDLE (RFC 2177), or NOOP where a server has no IDLE.
//!
//! A session that has a mailbox open is told of all that arrives in it from then on, between two commands or while
//! it idles: so nothing can fall between opening and IDLE. Not async-imap's own IDLE, which hangs when refused.

use super::{ImapError, Said, Session};
use async_imap::imap_proto::{MailboxDatum, Response, Status};
use std::time::Duration;
use tokio::time::Instant;

/// How long a server may take, and how long it is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// An IDLE is begun anew after this: servers end one after 30 minutes (RFC 2177), many routers forget a
    /// connection much earlier.
    pub reissue: Duration,
    /// A server that said nothing for this long is asked for a sign of life.
    pub silence: Duration,
    /// It has so long to give one; else the connection is lost. Together with `silence` less than 5 minutes.
    pub answer: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Waits {
            reissue: Duration::from_secs(9 * 60),
            silence: Duration::from_secs(4 * 60),
            answer: Duration::from_secs(30),
        }
    }
}

/// What one response means to somebody who waits.
enum Heard {
    Arrival,
    Go,
    Ended(Result<(), ImapError>),
    Life,
}

impl Session {
    /// One IDLE in the open mailbox: `arrived` is called for each sign of new mail. Comes back when it is time for
    /// the next one, or soon after `enough`.
    ///
    /// Errors: [`ImapError::Refused`] when the server does not idle (the session is sound and can poll);
    /// [`ImapError::Lost`] when it gives no sign of life any more.
    pub async fn idle(
        &mut self,
        waits: &Waits,
        arrived: &mut (dyn FnMut() + Send),
        enough: impl Future<Output = ()>,
    ) -> Result<(), ImapError> {
        let lost = |e: &dyn std::fmt::Display| ImapError::Lost(e.to_string());
        let sent = tokio::time::timeout(waits.answer, self.inner.run_command("IDLE")).await;
        let id = sent.map_err(|_| lost(&"it takes no more data"))?.map_err(|e| lost(&e))?;
        let tag = id.0.clone();
        loop {
            match self.hear(&tag, waits.answer).await? {
                None => return Err(lost(&"it does not answer IDLE")),
                Some(Heard::Go) => break,
                Some(Heard::Arrival) => arrived(),
                Some(Heard::Life) => {}
                Some(Heard::Ended(Ok(()))) => return Err(refused(Said::parse("it ended before it began"))),
                Some(Heard::Ended(Err(refused))) => return Err(refused),
            }
        }
        let until = Instant::now() + waits.reissue;
        tokio::pin!(enough);
        loop {
            let patience = waits.silence.min(until.saturating_duration_since(Instant::now()));
            let heard = tokio::select! {
                heard = self.hear(&tag, patience) => heard?,
                () = &mut enough => None,
            };
            match heard {
                // Silence, or time: the answer to DONE shows that it is still there.
                None => break,
                Some(Heard::Arrival) => arrived(),
                Some(Heard::Ended(result)) => return result,
                Some(Heard::Go | Heard::Life) => {}
            }
            if Instant::now() >= until {
                break;
            }
        }
        let done = tokio::time::timeout(waits.answer, self.inner.run_command_untagged("DONE")).await;
        done.map_err(|_| lost(&"it takes no more data"))?.map_err(|e| lost(&e))?;
        // Chatter is no answer: the whole of it has its time.
        let until = Instant::now() + waits.answer;
        loop {
            match self.hear(&tag, until.saturating_duration_since(Instant::now())).await? {
                None => return Err(lost(&"it gave no sign of life")),
                Some(Heard::Arrival) => arrived(),
                Some(Heard::Ended(result)) => return result,
                Some(Heard::Go | Heard::Life) => {}
            }
        }
    }

    /// Asks a server without IDLE for news (RFC 3501 §6.1.2).
    pub async fn noop(&mut self, arrived: &mut (dyn FnMut() + Send)) -> Result<(), ImapError> {
        self.exec("NOOP", |response| {
            if is_arrival(response) {
                arrived();
            }
        })
        .await
    }

    async fn hear(&mut self, tag: &str, time: Duration) -> Result<Option<Heard>, ImapError> {
        self.next_within(time, |response| match response {
            Response::Continue(_) => Heard::Go,
            Response::Done { tag: of, status, outcome } if of.0 == tag => Heard::Ended(match status {
                Status::Ok => Ok(()),
                _ => Err(refused(Said::of(outcome))),
            }),
            response if is_arrival(response) => Heard::Arrival,
            // Flags, deletions, "still here".
            _ => Heard::Life,
        })
        .await
    }
}

fn refused(said: Said) -> ImapError {
    ImapError::Refused { command: "IDLE".to_owned(), said }
}

/// EXISTS may come with the number that was known (one deleted, one new), so each counts. (RECENT never comes without
/// EXISTS, and says no more: RFC 3501 §7.3.2.)
fn is_arrival(response: &Response<'_>) -> bool {
    matches!(response, Response::MailboxData(MailboxDatum::Exists(_)))
}

#[cfg(test)]
mod tests;
