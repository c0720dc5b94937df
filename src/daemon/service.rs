//! systemd: ready, what goes on, a sign of life, and the end. Without `$NOTIFY_SOCKET`, and where there is no systemd, nothing
//! of it happens.

use std::time::Duration;
use tokio::time::Instant;

/// The first pass may take an hour: once it has been under way for this long, the service counts as started.
const UNDER_WAY: Duration = Duration::from_secs(10);
/// A pass that gets nowhere for this long hangs. Nothing that is waited for takes as long: ten minutes for a
/// server's word on a message (RFC 5321 §4.5.3.2) is the most.
const HANGS: Duration = Duration::from_secs(30 * 60);

/// What the service manager is told.
#[derive(Debug)]
pub(super) struct Service {
    is_ready: bool,
    /// Half of what the watchdog allows.
    every: Option<Duration>,
    next: Option<Instant>,
    progress: Instant,
}

impl Service {
    pub(super) fn new() -> Service {
        let now = Instant::now();
        let every = watchdog().map(|limit| limit / 2).filter(|every| !every.is_zero());
        // Not ready yet, but alive: the first pass is watched, too.
        Service {
            is_ready: false,
            every,
            next: Some(now + every.map_or(UNDER_WAY, |e| e.min(UNDER_WAY))),
            progress: now,
        }
    }

    /// The pass that begins has reached something.
    pub(super) fn progress(&mut self) {
        self.progress = Instant::now();
    }

    /// It runs as it should.
    pub(super) fn ready(&mut self) {
        if !self.is_ready {
            self.is_ready = true;
            self.next = self.every.map(|every| Instant::now() + every);
            say(State::Ready);
        }
    }

    /// What it is at, for `systemctl status`.
    pub(super) fn status(&self, text: &str) {
        say(State::Status(text));
    }

    /// It ends.
    pub(super) fn stopping(&self) {
        say(State::Stopping);
    }

    /// Waits until [`Service::beat`] is due; for ever when nobody asks for it.
    pub(super) async fn due(&self) {
        match self.next {
            Some(next) => tokio::time::sleep_until(next).await,
            None => std::future::pending().await,
        }
    }

    /// The main loop has come round once more, or would if the pass let it.
    pub(super) fn beat(&mut self) {
        if self.every.is_some() && self.progress.elapsed() < HANGS {
            say(State::Alive);
        }
        if !self.is_ready && self.progress.elapsed() < HANGS {
            self.ready();
        }
        self.next = self.every.map(|every| Instant::now() + every);
    }
}

#[derive(Debug, Clone, Copy)]
enum State<'a> {
    Ready,
    Status(&'a str),
    Alive,
    Stopping,
}

#[cfg(target_os = "linux")]
fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

#[cfg(not(target_os = "linux"))]
fn watchdog() -> Option<Duration> {
    None
}

#[cfg(target_os = "linux")]
fn say(state: State<'_>) {
    use sd_notify::NotifyState;
    let state = match state {
        State::Ready => NotifyState::Ready,
        State::Status(text) => NotifyState::Status(text),
        State::Alive => NotifyState::Watchdog,
        State::Stopping => NotifyState::Stopping,
    };
    // Whoever started us and is not there any more misses nothing.
    if let Err(e) = sd_notify::notify(&[state]) {
        tracing::debug!("the service manager cannot be told: {e}");
    }
}

/// The others look whether the process lives.
#[cfg(not(target_os = "linux"))]
fn say(state: State<'_>) {
    match state {
        State::Status(text) => tracing::trace!("{text}"),
        other => tracing::trace!("{other:?}"),
    }
}
