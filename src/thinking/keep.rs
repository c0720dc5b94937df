//! A digest → the notes: the draft and the summary that say what the rules read, where nobody touched them.

use super::{Job, Thinking};
use crate::config::Config;
use crate::inbound::{self, Desk};
use crate::note::digest::Digest;
use crate::redraft;
use anyhow::Result;
use jiff::Zoned;

/// Puts a digest in the place of the one that its notes were written from. The files come first: cut short in between, they
/// count as touched, and nothing is lost.
pub fn keep(
    config: &Config,
    desk: &mut Desk,
    job: &Job,
    digest: &Digest,
    now: &Zoned,
    done: &mut Thinking,
) -> Result<()> {
    let Some(stored) = desk.store.message(&job.key)? else { return Ok(()) };
    match redraft::improve(config, desk, &job.note, digest, now) {
        Ok(draft) => done.improved.extend(draft),
        // The note went, or cannot be read any more: there is nothing to improve.
        Err(e) => tracing::debug!(note = job.note, "{e:#}"),
    }
    let Desk { vault, store } = desk;
    let shape = config.summary_shape(&job.inputs.message, &stored.account, &stored.mailbox);
    let summary = inbound::retell(vault, store, (config, shape), &stored, digest, now)?;
    done.improved.extend(summary.summaries);
    done.problems.extend(summary.problems);
    store.atomically(|store| {
        if let Some(json) = inbound::with_digest(&stored, digest) {
            store.put_digest(&job.key, &json)?;
        }
        store.thought(&job.key, &job.content)?;
        Ok::<_, anyhow::Error>(())
    })
}
