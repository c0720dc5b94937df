//! Where a sync's time goes: seconds by stage, summed over threads. Told once, at the end, to the log target
//! `postnote::timing` (debug).

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A stage on the way from server to note.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stage {
    /// Waiting for the server, reading and decrypting what it sends.
    Network,
    /// Bytes to message.
    Parse,
    /// HTML to Markdown, quotes, signatures.
    Convert,
    /// What the assistant reads.
    Digest,
    /// Notes made and written under temporary names, with what the database is asked for them.
    Write,
    /// What is written made durable.
    Sync,
    /// The commit.
    Database,
    /// Notes moved to their places, durably.
    Place,
}

const NAMES: [&str; 8] = ["network", "parse", "convert", "digest", "write", "sync", "database", "place"];

/// Nanoseconds by stage.
#[derive(Debug, Default)]
pub(super) struct Timing([AtomicU64; 8]);

impl Timing {
    /// Does work that belongs to a stage.
    pub(super) fn of<T>(&self, stage: Stage, work: impl FnOnce() -> T) -> T {
        let begin = Instant::now();
        let value = work();
        self.add(stage, begin.elapsed());
        value
    }

    /// The same for work that waits.
    pub(super) async fn of_waiting<T>(&self, stage: Stage, work: impl Future<Output = T>) -> T {
        let begin = Instant::now();
        let value = work.await;
        self.add(stage, begin.elapsed());
        value
    }

    /// Counts time that was taken elsewhere.
    pub(super) fn add(&self, stage: Stage, time: Duration) {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        if let Some(counter) = self.0.get(stage as usize) {
            counter.fetch_add(nanos, Ordering::Relaxed);
        }
    }

    /// Tells it.
    pub(super) fn tell(&self) {
        let seconds = |c: &AtomicU64| Duration::from_nanos(c.load(Ordering::Relaxed)).as_secs_f64();
        let words: Vec<String> = NAMES.iter().zip(&self.0).map(|(n, c)| format!("{n}={:.3}s", seconds(c))).collect();
        tracing::debug!(target: "postnote::timing", "timing {}", words.join(" "));
    }
}
