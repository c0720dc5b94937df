//! What the vault knows that bears on a message: the notes about its sender and those whom it names, what was written about
//! with them before, what is open, and what else the notes about them say of the matter.
//!
//! Only notes in the folders of `notes.context`, and none that is confidential. What is looked for by words is looked for
//! in the folders of the correspondent's own notes and of projects: what others wrote is not theirs to know.

use super::known::{is_context, refresh_context};
use crate::config::Config;
use crate::entity::organisation;
use crate::note::context::{Excerpt, VaultContext, excerpt, is_confidential};
use crate::note::entity;
use crate::store::Store;
use crate::store::index::{By, Index};
use crate::vault::Vault;
use anyhow::Result;
use std::collections::BTreeSet;

/// At most so many notes in all, conversations, people named, and notes found by words.
const MOST: usize = 8;
const MOST_CONVERSATIONS: usize = 3;
const MOST_NAMED: usize = 3;
const MOST_FOUND: usize = 2;
/// At most so many characters of one note about the sender, and of any other.
const LONG: usize = 700;
const SHORT: usize = 350;

/// The message that is to be answered.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The sender's address, in small letters.
    pub author: &'a str,
    /// The base subject.
    pub subject: &'a str,
    /// The new text.
    pub text: &'a str,
    /// The thread.
    pub thread: &'a str,
}

/// What the vault knows. Where the index fails there is nothing: a draft does without.
pub fn of(vault: &Vault, store: &Store, config: &Config, about: &About<'_>) -> VaultContext {
    gather(vault, store, config, about).unwrap_or_else(|error| {
        tracing::warn!(error = %format!("{error:#}"), "a draft is written without what the vault knows");
        VaultContext::default()
    })
}

fn gather(vault: &Vault, store: &Store, config: &Config, about: &About<'_>) -> Result<VaultContext> {
    if config.context.is_empty() {
        return Ok(VaultContext::default());
    }
    let index = store.index()?;
    if index.first_asked() {
        refresh_context(vault, store, config)?;
    }
    index.atomically(|index| look_up(vault, store, config, about, index))
}

fn look_up(vault: &Vault, store: &Store, config: &Config, about: &About<'_>, index: &Index) -> Result<VaultContext> {
    let mut shelf = Shelf { vault, config, seen: BTreeSet::new(), context: VaultContext::default() };
    let mut own = index.named(By::Email, about.author)?;
    if let Some(domain) = organisation(about.author) {
        own.extend(index.named(By::Domain, &domain)?);
    }
    for path in &own {
        shelf.add(path, LONG);
    }
    for path in store.conversations_with(about.author, about.thread, MOST_CONVERSATIONS)? {
        shelf.add(&path, SHORT);
    }
    for path in index.called(&names(&format!("{} . {}", about.subject, about.text)), MOST_NAMED)? {
        shelf.add(&path, SHORT);
    }
    let mut folders: Vec<String> = vec![config.paths.projects.clone()];
    // A note that lies among others is no folder of its own.
    let of_own = |path: &String| path.rsplit_once('/').map(|(folder, _)| folder.to_owned());
    folders.extend(own.iter().filter_map(of_own).filter(|folder| !config.context.contains(folder)));
    let mut room = MOST_FOUND;
    for path in index.search(&words(&format!("{} {}", about.subject, about.text)), &folders, MOST)? {
        if room > 0 && shelf.add(&path, SHORT) {
            room -= 1;
        }
    }
    Ok(shelf.context)
}

struct Shelf<'a> {
    vault: &'a Vault,
    config: &'a Config,
    seen: BTreeSet<String>,
    context: VaultContext,
}

impl Shelf<'_> {
    /// Adds what a note says, if it may be drawn on and says anything.
    fn add(&mut self, path: &str, most: usize) -> bool {
        if self.context.excerpts.len() >= MOST || !is_context(self.config, path) || !self.seen.insert(path.to_owned()) {
            return false;
        }
        let Ok(text) = self.vault.read(path) else { return false };
        if is_confidential(&text) {
            return false;
        }
        let mut said = excerpt(&text, most, &["Open Tasks", "Action Items"]);
        let open: Vec<String> = open_tasks(&text).take(3).collect();
        if !open.is_empty() {
            said.push_str(&format!("\nOpen tasks:\n{}", open.join("\n")));
        }
        if said.trim().is_empty() {
            return false;
        }
        let name = path.rsplit('/').next().unwrap_or(path);
        let note = name.strip_suffix(".md").unwrap_or(name).to_owned();
        self.context.excerpts.push(Excerpt { note, text: said, about: entity::about(&text) });
        true
    }
}

/// Tasks that their owner has accepted and not done.
fn open_tasks(text: &str) -> impl Iterator<Item = String> + '_ {
    text.lines().filter_map(|line| line.trim_start().strip_prefix("- [ ] ")).map(|task| {
        let words: Vec<&str> = task.split_whitespace().filter(|w| !w.starts_with('#')).collect();
        format!("- {}", words.join(" ").replace("[[", "").replace("]]", ""))
    })
}

/// Runs of words that may be a name: up to three, the first not in small letters.
fn names(text: &str) -> Vec<String> {
    let all: Vec<&str> =
        text.split(|c: char| !c.is_alphanumeric() && c != '.').filter(|w| !w.is_empty()).take(2_000).collect();
    let mut found = BTreeSet::new();
    for at in 0..all.len() {
        for n in 1..=3 {
            let run = all.get(at..at + n).unwrap_or_default();
            let capital = run.first().is_some_and(|w| w.chars().next().is_some_and(|c| !c.is_lowercase()));
            let whole = !run.iter().rev().skip(1).any(|w| w.ends_with('.'));
            if capital && whole && found.len() < 1_500 {
                found.insert(run.join(" ").trim_end_matches('.').to_lowercase());
            }
        }
    }
    found.into_iter().filter(|name| name.chars().count() > 3).collect()
}

/// The words that carry content, the first of them.
fn words(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in text.split(|c: char| !c.is_alphanumeric()).filter(|w| w.chars().count() > 4) {
        let word = word.to_lowercase();
        if !found.contains(&word) {
            found.push(word);
        }
        if found.len() == 12 {
            break;
        }
    }
    found
}
