//! Asking a language model about mail that has its notes already, and putting better words into them.
//!
//! Wiring. A message's notes are written at once with what the rules read ([`crate::assistant::offline`]); what may be shown
//! to a model waits in the database. When mail is pulled and sent, a [`Thinker`] takes what waits, the newest first, a few a
//! pass, and asks; no transaction and no connection is open meanwhile. What comes back replaces the words of notes that
//! nobody touched, and of no others.
//!
//! - [`gather`]: a message → what a model is shown, and whether it may be
//! - [`style`]: how the owner writes to whom it answers, and what of that may be shown
//! - [`ask`]: asking, and asking once more where the answer cannot be used
//! - [`keep`]: the answer → the notes
//! - [`turns`]: the questions of a pass, and of a redraft
//! - this file: what is under way, within limits

pub mod ask;
pub mod gather;
pub mod keep;
pub mod style;
pub mod turns;

use crate::assistant::model::Inputs;
use crate::config::{Config, Model};
use crate::inbound::Desk;
use crate::llm::Server;
use crate::secret;
use anyhow::Result;
use ask::{Came, Thought};
use jiff::Zoned;
use std::path::Path;
use tokio::task::JoinSet;

/// A message is tried so often while the server cannot be had.
const MOST_TRIES: u32 = 4;
/// Before the second try, in seconds; doubled before each further one.
const PAUSE: i64 = 5 * 60;
/// How long nothing is asked after a server could not be had, in seconds.
const REST: i64 = 60;

/// What a model is asked about, and how it is known.
#[derive(Debug, Clone)]
pub struct Job {
    /// The message's key.
    pub key: String,
    /// Path of its source note.
    pub note: String,
    /// What the content goes by: the same content is shown once.
    pub content: String,
    /// What is shown.
    pub inputs: Inputs,
    /// How often it was tried before.
    pub tries: u32,
    /// The day that pays for it.
    pub day: String,
    /// What it may cost, in tokens.
    pub estimate: u64,
}

/// What a pass got out of the model.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Thinking {
    /// Source notes whose messages the model has read.
    pub read: Vec<String>,
    /// Drafts and summaries with better words.
    pub improved: Vec<String>,
    /// How many messages wait, when the model could not be asked about them now.
    pub waiting: u64,
    /// Why it could not.
    pub why: Option<String>,
    /// What its owner has to mend.
    pub problems: Vec<String>,
}

/// Questions under way. Dropped, it closes their connections.
#[derive(Debug, Default)]
pub struct Thinker {
    server: Option<Server>,
    tasks: JoinSet<Thought>,
    /// What has come and is not taken in yet.
    came: Vec<Thought>,
    /// How many were begun in this pass.
    begun: usize,
    /// Nothing is asked before this time, in seconds since 1970.
    resting_until: i64,
    why: Option<String>,
}

impl Thinker {
    /// A new pass begins.
    pub fn begin(&mut self) {
        self.begun = 0;
    }

    /// True while answers are waited for, or are there and not taken in.
    pub fn is_busy(&self) -> bool {
        !self.tasks.is_empty() || !self.came.is_empty()
    }

    /// Returns when an answer is there, which [`Thinker::turn`] takes in; never when none is waited for.
    pub async fn answered(&mut self) {
        match self.tasks.join_next().await {
            // A task that panicked leaves its message as asked: it is not shown again.
            Some(thought) => self.came.extend(thought.ok()),
            None => std::future::pending().await,
        }
    }

    /// Takes in what has come, and asks about what waits.
    ///
    /// Errors: of vault and state. What the model does wrong is in `done`.
    pub async fn turn(
        &mut self,
        config: &Config,
        (desk, state): (&mut Desk, &Path),
        now: &Zoned,
        done: &mut Thinking,
    ) -> Result<()> {
        let Some(model) = &config.model else { return Ok(()) };
        while let Some(thought) = self.tasks.try_join_next() {
            self.came.extend(thought.ok());
        }
        for thought in std::mem::take(&mut self.came) {
            self.take_in(config, model, (desk, state), now, thought, done)?;
        }
        self.start(config, model, desk, now, done).await?;
        if !self.is_busy() {
            let (waiting, why) = desk.store.thoughts_waiting()?;
            done.waiting = waiting;
            done.why = self.why.clone().or(why).filter(|_| waiting > 0);
        }
        Ok(())
    }

    async fn start(
        &mut self,
        config: &Config,
        model: &Model,
        desk: &Desk,
        now: &Zoned,
        done: &mut Thinking,
    ) -> Result<()> {
        let seconds = now.timestamp().as_second();
        let room =
            model.messages_per_pass.saturating_sub(self.begun).min(model.concurrency.saturating_sub(self.tasks.len()));
        if room == 0 || seconds < self.resting_until {
            return Ok(());
        }
        let mut begun = 0;
        for waiting in desk.store.to_think_of(seconds, model.messages_per_pass)? {
            if begun == room {
                break;
            }
            let job = match gather::job(config, model, desk, &waiting, now) {
                Ok(Ok(job)) => job,
                Ok(Err(why)) => {
                    desk.store.not_thought(&waiting.key, why, None)?;
                    continue;
                }
                Err(e) => {
                    desk.store.not_thought(&waiting.key, "its note cannot be read", None)?;
                    done.problems.push(format!("{e:#}"));
                    continue;
                }
            };
            let (spent, _) = desk.store.spent(&job.day)?;
            if model.tokens_per_day.is_some_and(|most| spent + job.estimate > most) {
                self.why = Some("the day's tokens (assistant.tokens_per_day) are used up".to_owned());
                break;
            }
            let server = match self.server(model).await {
                Ok(server) => server,
                Err(e) => {
                    done.problems.push(e);
                    self.resting_until = seconds + REST;
                    break;
                }
            };
            // Committed before anything leaves.
            if !desk.store.asks(&job.key, &job.content)? {
                desk.store.not_thought(&job.key, "the same content was read already", None)?;
                continue;
            }
            desk.store.spend(&job.day, i64::try_from(job.estimate).unwrap_or(i64::MAX), 1)?;
            self.why = None;
            begun += 1;
            self.begun += 1;
            self.tasks.spawn(ask::think(server, job));
        }
        Ok(())
    }

    /// The server, with its key, which is read once.
    async fn server(&mut self, model: &Model) -> Result<Server, String> {
        if let Some(server) = &self.server {
            return Ok(server.clone());
        }
        let server = connect(model).await.map_err(|e| format!("{e:#}"))?;
        Ok(self.server.insert(server).clone())
    }

    fn take_in(
        &mut self,
        config: &Config,
        model: &Model,
        (desk, state): (&mut Desk, &Path),
        now: &Zoned,
        thought: Thought,
        done: &mut Thinking,
    ) -> Result<()> {
        let Thought { job, came, tokens, said } = thought;
        let correction = i64::try_from(tokens).unwrap_or(i64::MAX) - i64::try_from(job.estimate).unwrap_or(i64::MAX);
        desk.store.spend(&job.day, correction, 0)?;
        if model.keep_prompts {
            ask::keep(state, model, &job, &said, now)?;
        }
        let digest = match came {
            Came::Digest(digest) => {
                done.read.push(job.note.clone());
                *digest
            }
            Came::Error(error) => {
                let words = error.to_string();
                tracing::debug!(note = job.note, "{words}");
                let seconds = now.timestamp().as_second();
                if error.is_of_config() || error.is_transient() {
                    let wanted =
                        error.retry_after().map_or(REST, |after| i64::try_from(after.as_secs()).unwrap_or(REST));
                    self.resting_until = seconds + wanted.max(REST);
                    self.why = Some(words.clone());
                    // Read anew next time: its owner may have mended it.
                    self.server = None;
                }
                if error.is_of_config() {
                    done.problems.push(words.clone());
                    desk.store.not_thought(&job.key, &words, Some(seconds + PAUSE))?;
                    return Ok(());
                }
                if error.is_transient() && job.tries + 1 < MOST_TRIES {
                    let again = seconds + (PAUSE << job.tries.min(8));
                    desk.store.not_thought(&job.key, &words, Some(again))?;
                    return Ok(());
                }
                crate::assistant::model::stands_in(&job.inputs, &model.name, "no answer")
            }
        };
        keep::keep(config, desk, &job, &digest, now, done)
    }
}

/// The server that the config names, with its key.
pub async fn connect(model: &Model) -> Result<Server> {
    let key = match &model.api_key {
        Some(source) => Some(secret::text(source, "assistant").await?),
        None => None,
    };
    Ok(Server::new(model, key))
}
