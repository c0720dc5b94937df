//! Ctrl-C and SIGTERM: the first asks for a clean stop, the second ends at once.

use crate::daemon::Stop;
use std::sync::Arc;

/// A [`Stop`] that signals ask.
pub(super) fn stop() -> std::io::Result<Arc<Stop>> {
    let stop = Arc::new(Stop::default());
    let asked = Arc::clone(&stop);
    let mut signals = Signals::new()?;
    tokio::spawn(async move {
        signals.next().await;
        asked.ask();
        signals.next().await;
        // 128 + SIGINT, as a shell would say it; everything is durable at every moment.
        std::process::exit(130);
    });
    Ok(stop)
}

#[cfg(unix)]
pub(super) struct Signals(tokio::signal::unix::Signal, tokio::signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Signals(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub(super) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Signals)
    }

    pub(super) async fn next(&mut self) {
        tokio::signal::ctrl_c().await.ok();
    }
}
