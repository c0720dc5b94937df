//! The questions of one pass, and those that a redraft asks: when they are put and what is waited for.

use super::ask::{self, Came, Thought};
use super::{Job, Thinker, Thinking, connect, gather};
use crate::config::{Config, Model};
use crate::inbound::Desk;
use crate::note::digest::Digest;
use crate::redraft;
use crate::store::Lock;
use anyhow::Result;
use jiff::Zoned;
use std::path::Path;

/// Takes in what a language model has answered, and asks about what waits. A pass that stays for nothing else (`hurried`) leaves
/// it under way; one by hand waits, and leaves the rest for the next when it is told to stop. `stopped` returns when it is.
pub async fn think(
    config: &Config,
    (desk, state): (&mut Desk, &Path),
    hurried: bool,
    thinker: &mut Thinker,
    (now, stop, stopped): (&dyn Fn() -> Zoned, &dyn Fn() -> bool, impl AsyncFn()),
    done: &mut Thinking,
) -> Result<()> {
    thinker.begin();
    loop {
        if stop() {
            return Ok(());
        }
        thinker.turn(config, (desk, state), &now(), done).await?;
        if hurried || !thinker.is_busy() {
            return Ok(());
        }
        tokio::select! {
            () = thinker.answered() => {}
            () = stopped() => {}
        }
    }
}

/// What a language model reads in a note's mail, asked for by its owner; `None` where it may not see it, or its answer is no
/// use and there is nothing that only it can do. `open` gives vault and state, which are not held while the model thinks.
pub async fn words_for(
    config: &Config,
    (model, state): (&Model, &Path),
    (note, instructions): (&str, Option<&str>),
    now: &dyn Fn() -> Zoned,
    open: impl Fn() -> Result<(Option<Lock>, Desk)>,
) -> Result<Option<(Job, Digest)>> {
    let job = {
        let (_lock, desk) = open()?;
        if !redraft::wants_words(config, &desk, note, &now())? {
            return Ok(None);
        }
        let job = match gather::of_note(config, model, &desk, note, instructions, &now())? {
            Ok(job) => job,
            Err(why) if instructions.is_some() => anyhow::bail!("{note}: the model may not see this mail: {why}"),
            Err(_) => return Ok(None),
        };
        let (spent, _) = desk.store.spent(&job.day)?;
        if model.tokens_per_day.is_some_and(|most| spent + job.estimate > most) {
            anyhow::bail!("the day's tokens (assistant.tokens_per_day) are used up; raise them, or draft tomorrow");
        }
        desk.store.spend(&job.day, i64::try_from(job.estimate).unwrap_or(i64::MAX), 1)?;
        job
    };
    let server = connect(model).await?;
    let Thought { job, came, tokens, said } = ask::think(server, job).await;
    if model.keep_prompts {
        ask::keep(state, model, &job, &said, &now())?;
    }
    let (_lock, desk) = open()?;
    let correction = i64::try_from(tokens).unwrap_or(i64::MAX) - i64::try_from(job.estimate).unwrap_or(i64::MAX);
    desk.store.spend(&job.day, correction, 0)?;
    match came {
        Came::Digest(digest) => Ok(Some((job, *digest))),
        Came::Error(error) => Err(error.into()),
    }
}
