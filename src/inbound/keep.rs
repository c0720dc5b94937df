//! The writer: one batch → notes, and one commit that knows of them.
//!
//! The notes are made durable under temporary names; the commit says what they are, where they go, and how far the
//! mailbox is read; then they move to their places. Cut short before the commit, nothing has happened; after it,
//! [`finish`] makes good what is left.

use super::batch::{Batch, Served};
use super::mailbox::MOST_TRIES;
use super::read::Raw;
use super::summaries::{self, Touched};
use super::take::{self, Origin, SourceFolder};
use super::templates::Templates;
use super::timing::{Stage, Timing};
use super::{Desk, Pulled};
use crate::config::{Account, Config};
use crate::note::moving::Move;
use crate::store::Store;
use crate::vault::{Hitch, Vault};
use anyhow::Result;
use jiff::Zoned;
use std::time::Instant;

/// What the writer knows besides the batch.
pub(super) struct Keeper<'a> {
    pub(super) config: &'a Config,
    pub(super) account: &'a Account,
    pub(super) now: &'a Zoned,
    pub(super) timing: &'a Timing,
    /// Whether what asks for a reply gets a draft.
    pub(super) drafts: bool,
}

impl Keeper<'_> {
    /// Waits for the batch's parsing, and keeps it.
    pub(super) async fn keep(&self, desk: &mut Desk, mut batch: Batch, pulled: &mut Pulled) -> Result<()> {
        let mut raw = Vec::with_capacity(batch.asked);
        for chunk in &mut batch.chunks {
            raw.extend((&mut chunk.parsed).await??);
        }
        // Disk and database block: the readers' tasks go to another thread meanwhile.
        tokio::task::block_in_place(|| self.write(desk, &batch, raw, pulled))
    }

    /// Keeps messages that are parsed. Blocks.
    pub(super) fn write(&self, desk: &mut Desk, batch: &Batch, raw: Vec<Raw>, pulled: &mut Pulled) -> Result<()> {
        let Keeper { config, account, now, timing, drafts } = *self;
        let Desk { vault, store } = desk;
        let Batch { mailbox, served, is_sent, .. } = batch;
        let folder = SourceFolder::new(&config.paths.sources)?;
        let origin = Origin {
            config,
            account,
            mailbox,
            uid_validity: served.as_ref().map(|s| s.cursor.uid_validity),
            is_sent: *is_sent,
            anew: served.as_ref().is_some_and(|s| s.anew),
            folder: &folder,
            drafts,
            now,
            timing,
        };
        let mut news = Pulled::default();
        let templates = Templates::new(vault);
        let moves = commit(vault, store, timing, |store| {
            let mut touched = Touched::default();
            for message in raw {
                take::take((vault, &templates), store, &origin, message, &mut touched, &mut news)?;
            }
            summaries::write(vault, store, (config, &templates), touched, &mut news)?;
            if let Some(served) = served {
                withheld(store, account, mailbox, served, &mut news)?;
                store.settle(&account.name, mailbox, &served.settled)?;
                store.put_gmail(&account.name, &served.gmail)?;
                store.set_cursor(&account.name, mailbox, served.cursor)?;
            }
            Ok(())
        })?;
        news.problems.extend(templates.problems());
        let outcome = timing.of(Stage::Place, || put_in_place(vault, store, &moves, &mut news.problems));
        pulled.add(news);
        outcome
    }
}

/// The same as [`commit`], where nobody asks where the time goes.
pub fn commit_untimed(vault: &Vault, store: &mut Store, work: impl FnOnce(&Store) -> Result<()>) -> Result<Vec<Move>> {
    commit(vault, store, &Timing::default(), work)
}

/// One commit of what `work` writes to the vault and the database: what is durable then and has to be moved to its place, for
/// [`put_in_place`].
pub(super) fn commit(
    vault: &Vault,
    store: &mut Store,
    timing: &Timing,
    work: impl FnOnce(&Store) -> Result<()>,
) -> Result<Vec<Move>> {
    let mut moves: Vec<Move> = Vec::new();
    vault.begin()?;
    let begin = Instant::now();
    let mut filled = begin;
    let mut written = begin.elapsed();
    let committed = store.atomically(|store| {
        // Those of the commit before are in their places.
        store.unstage()?;
        work(store)?;
        written = begin.elapsed();
        moves = timing.of(Stage::Sync, || vault.stage())?;
        moves.iter().try_for_each(|file| store.stage(file))?;
        filled = Instant::now();
        Ok::<_, anyhow::Error>(())
    });
    timing.add(Stage::Write, written);
    timing.add(Stage::Database, filled.elapsed());
    if let Err(error) = committed {
        // A commit that fails may have happened all the same: then the files are needed.
        if store.staged().is_ok_and(|staged| staged.is_empty() || staged != moves) {
            vault.discard(&moves);
        }
        return Err(error);
    }
    Ok(moves)
}

impl Pulled {
    fn add(&mut self, news: Pulled) {
        self.notes.extend(news.notes);
        self.summaries.extend(news.summaries);
        self.drafts.extend(news.drafts);
        self.ignored += news.ignored;
        self.problems.extend(news.problems);
    }
}

/// Remembers what the server keeps back, so that later syncs ask again; after some tries it is let go, loudly.
fn withheld(store: &Store, account: &Account, mailbox: &str, served: &Served, pulled: &mut Pulled) -> Result<()> {
    let (account, uid_validity) = (&account.name, served.cursor.uid_validity);
    for uid in &served.given {
        store.given(account, mailbox, uid_validity, *uid)?;
    }
    for uid in &served.missing {
        let tries = store.withhold(account, mailbox, uid_validity, *uid)?;
        let then = if tries < MOST_TRIES { "the next sync asks again" } else { "look at it in your mail program" };
        pulled.problems.push(format!(
            "mailbox {mailbox:?}: the server lists the message with UID {uid}, but gives no content for it; it has no note, {then}"
        ));
    }
    Ok(())
}

/// Moves notes to their places; what came in between is written down, and told. [`crate::vault::Vault::settle`] makes it
/// last, or the next batch.
pub fn put_in_place(vault: &Vault, store: &Store, moves: &[Move], problems: &mut Vec<String>) -> Result<()> {
    for hitch in vault.publish(moves)? {
        match hitch {
            Hitch::Elsewhere { path, now } => {
                store.note_moved(&path, &now)?;
                problems.push(format!("{path} was taken meanwhile; the note is {now}"));
            }
            Hitch::Left(path) => problems.push(format!("{path} was being edited; its update is left out")),
        }
    }
    Ok(())
}

/// Makes good what an earlier process left between its commit and its last move.
pub fn finish(desk: &Desk, problems: &mut Vec<String>) -> Result<()> {
    let moves = desk.store.staged()?;
    if moves.is_empty() {
        return Ok(());
    }
    put_in_place(&desk.vault, &desk.store, &moves, problems)?;
    // What was moved must last before it is forgotten.
    desk.vault.settle()?;
    Ok(desk.store.unstage()?)
}
