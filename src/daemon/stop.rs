//! The one wish of a daemon's owner: to end.

use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::Notify;

/// Set once, when the process is asked to end; everybody else looks or waits.
#[derive(Debug, Default)]
pub struct Stop {
    asked: AtomicBool,
    wake: Notify,
}

impl Stop {
    /// Asks everybody to stop.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        self.wake.notify_waiters();
    }

    /// True once asked.
    pub fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Waits until asked.
    pub async fn asked(&self) {
        let woken = self.wake.notified();
        if !self.is_asked() {
            woken.await;
        }
    }
}
