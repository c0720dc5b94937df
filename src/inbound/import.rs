//! Mail out of files → the same notes, by the same writer, as a sync would make of it.
//!
//! One thread reads the files and cuts what it finds into chunks, which the workers parse; batch by batch goes to the
//! writer of the sync. What is known already is known by its Message-ID, or by its bytes: so an import finds what was
//! synced, a sync what was imported, and an import that was cut short what it did.
//!
//! - [`whose`]: the account that a message belongs to
//! - `cutter`: from letters to parcels
//! - this file: which mailboxes, in which order; and the writer's side

mod cutter;
pub mod whose;

use super::batch::Batch;
use super::keep::{Keeper, finish};
use super::mailboxes::{is_usually_aside, is_usually_sent};
use super::read::Raw;
use super::timing::Timing;
use super::{Desk, Pulled, SPACE, WAITING, rebuild};
use crate::archive::{self, Kind, Source};
use crate::config::{Account, Config};
use crate::imap::name;
use anyhow::Result;
use cutter::{Cutter, Parcel, Parsed, Reading};
use jiff::Zoned;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{Semaphore, mpsc};
use whose::Whose;

/// What is to be imported, and how.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// Files and folders.
    pub paths: Vec<PathBuf>,
    /// The account that everything belongs to; else the one that each message is addressed to.
    pub account: Option<String>,
    /// Everything is mail that the owner sent.
    pub sent: bool,
    /// What asks for a reply gets a draft.
    pub drafts: bool,
}

/// What an import did.
#[derive(Debug, Default)]
pub struct Imported {
    /// What was written, by account.
    pub pulled: Vec<(String, Pulled)>,
    /// What did not work, in words; the rest went on.
    pub problems: Vec<String>,
    /// Messages that were read.
    pub messages: usize,
    /// Drafts, and what was deleted or is junk: not taken.
    pub aside: usize,
    /// Mailboxes and folders that were not looked into, in words.
    pub left_out: Vec<String>,
}

/// What is going on, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A mailbox of so many octets is being read.
    Mailbox(String, u64),
    /// So many octets more are done.
    Octets(u64),
}

/// A mailbox in files, and what it is.
#[derive(Debug)]
struct Planned {
    source: Source,
    mailbox: Arc<str>,
    is_sent: bool,
}

/// Imports. Needs a runtime with several threads; `stop` is asked between batches.
pub async fn import(
    config: &Config,
    order: &Order,
    desk: &mut Desk,
    now: &Zoned,
    stop: &dyn Fn() -> bool,
    on: &mut dyn FnMut(Step),
) -> Result<Imported> {
    let mut imported = Imported::default();
    let plan = Arc::new(tokio::task::block_in_place(|| plan(config, order, desk, &mut imported)));
    let timing = Arc::new(Timing::default());
    let (config, accounts) = (Arc::new(config.clone()), Whose::new(config, order.account.as_deref()));
    imported.pulled = accounts.accounts.iter().map(|a| (a.name.clone(), Pulled::default())).collect();
    let reading = Reading {
        config: config.clone(),
        whose: accounts.clone(),
        now: now.clone(),
        timing: timing.clone(),
        workers: Arc::new(Semaphore::new(super::workers())),
    };
    let (sender, mut parcels) = mpsc::channel(WAITING);
    let room = Arc::new(Semaphore::new(SPACE as usize));
    let mut cutter = Cutter::new(sender, room.clone(), tokio::runtime::Handle::current(), Arc::new(reading));
    let there = plan.clone();
    let reader = tokio::task::spawn_blocking(move || {
        let sources = there.iter().enumerate();
        sources.map(|(i, p)| (i, &p.source, p.is_sent)).try_for_each(|(i, s, sent)| cutter.read(i, s, sent))
    });
    let mut writer =
        Writer { config: &config, whose: &accounts, now, timing: &timing, drafts: order.drafts, lost: 0, at: None };
    let mut gathered = Vec::new();
    while let Some(parcel) = parcels.recv().await {
        match parcel {
            Parcel::Mailbox(index) => {
                writer.leave(&mut imported);
                writer.at = plan.get(index);
                let Some(planned) = writer.at else { continue };
                on(Step::Mailbox(planned.mailbox.to_string(), planned.source.octets));
            }
            Parcel::Problem(problem) => imported.problems.push(problem),
            Parcel::Aside => imported.aside += 1,
            Parcel::Chunk(chunk) => gathered.push(chunk),
            Parcel::End(octets) => {
                let mut parsed = Vec::new();
                for chunk in &mut gathered {
                    parsed.extend((&mut chunk.parsed).await??);
                }
                imported.messages += parsed.len();
                let kept = tokio::task::block_in_place(|| writer.keep(desk, parsed, &mut imported));
                gathered.clear();
                if let Err(e) = kept {
                    imported.problems.push(format!("{e:#}; what was written until now is kept"));
                    break;
                }
                on(Step::Octets(octets));
            }
        }
        if stop() {
            break;
        }
    }
    writer.leave(&mut imported);
    // Whatever the reader waits for, it ends.
    room.close();
    drop(parcels);
    reader.await.map(drop)?;
    finish(desk, &mut imported.problems)?;
    timing.tell();
    imported.pulled = std::mem::take(&mut imported.pulled).into_iter().map(|(n, p)| (n, p.told_once())).collect();
    Ok(imported)
}

/// The mailboxes below the paths: sent mail first, so that what was answered is known; then in the order given.
fn plan(config: &Config, order: &Order, desk: &Desk, imported: &mut Imported) -> Vec<Planned> {
    let closed: Vec<PathBuf> = [rebuild::fixed_part(&config.paths.sources), &config.paths.outbox]
        .iter()
        .map(|folder| desk.vault.root().join(folder))
        .collect();
    let mut plan: Vec<Planned> = Vec::new();
    for path in &order.paths {
        let walked = archive::walk(path, &closed);
        imported.problems.extend(walked.problems);
        let link = |l: PathBuf| format!("{} is a link to a folder; name it to have it imported", l.display());
        imported.left_out.extend(walked.links.into_iter().map(link));
        for source in walked.sources {
            let planned = planned(config, order, source);
            if !planned.source.named && is_usually_aside(&planned.source.leaf) {
                let shown = planned.source.path.display();
                imported.left_out.push(format!("{shown} holds junk, trash or drafts; name it to have it imported"));
            } else if plan.iter().all(|p| p.source != planned.source) {
                plan.push(planned);
            }
        }
    }
    plan.sort_by_key(|p| !p.is_sent);
    plan
}

fn planned(config: &Config, order: &Order, mut source: Source) -> Planned {
    let readable = |name: String| name::decode(&name).unwrap_or(name);
    source.leaf = readable(source.leaf);
    let usual = is_usually_sent(&source.leaf);
    // A folder that is named for itself is no INBOX, if it is called so.
    let mailbox = if source.kind == Kind::Maildir && source.named && usual { &source.leaf } else { &source.mailbox };
    let mailbox: Arc<str> = readable(mailbox.clone()).into();
    let is_sent_of = |a: &Account| a.sent_mailbox.as_deref() == Some(mailbox.as_ref());
    let is_sent = order.sent || usual || config.accounts.iter().any(is_sent_of);
    Planned { source, mailbox, is_sent }
}

/// The side that writes.
struct Writer<'a> {
    config: &'a Config,
    whose: &'a Whose,
    now: &'a Zoned,
    timing: &'a Timing,
    drafts: bool,
    /// Messages of this mailbox that belong to no account.
    lost: usize,
    at: Option<&'a Planned>,
}

impl Writer<'_> {
    /// Keeps a batch: one commit for each account that has mail in it.
    fn keep(&mut self, desk: &mut Desk, parsed: Vec<Parsed>, imported: &mut Imported) -> Result<()> {
        let Some(planned) = self.at else { return Ok(()) };
        let mut groups: BTreeMap<(usize, bool), Vec<Raw>> = BTreeMap::new();
        for Parsed { account, is_sent, raw } in parsed {
            match account {
                Some(account) => groups.entry((account, !is_sent)).or_default().push(raw),
                None => self.lost += 1,
            }
        }
        for ((index, received), raw) in groups {
            let (Some(account), Some((_, pulled))) = (self.whose.accounts.get(index), imported.pulled.get_mut(index))
            else {
                continue;
            };
            let (config, now, timing, drafts) = (self.config, self.now, self.timing, self.drafts);
            let mailbox = planned.mailbox.clone();
            let batch = Batch { mailbox, is_sent: !received, chunks: Vec::new(), asked: raw.len(), served: None };
            Keeper { config, account, now, timing, drafts }.write(desk, &batch, raw, pulled)?;
        }
        Ok(())
    }

    /// A mailbox is done.
    fn leave(&mut self, imported: &mut Imported) {
        let Some(planned) = self.at.take() else { return };
        if self.lost > 0 {
            let names: Vec<&str> = self.whose.accounts.iter().map(|a| a.name.as_str()).collect();
            imported.problems.push(format!(
                "{}: {} messages are addressed to none of your accounts; say whose they are with --account ({})",
                planned.source.path.display(),
                self.lost,
                names.join(", ")
            ));
        }
        self.lost = 0;
    }
}
