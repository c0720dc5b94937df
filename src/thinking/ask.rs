//! One message, one or two questions to a model, and what came of it. Neither vault nor database is open meanwhile.

use super::Job;
use crate::assistant::model::{self, prompt};
use crate::config::Model;
use crate::llm::{LlmError, Question, Role, Server, estimate};
use crate::mail::hash::short;
use crate::mail::inert;
use crate::note::digest::Digest;
use crate::store::{StoreError, prompts};
use jiff::Zoned;
use serde_json::json;
use std::path::Path;

/// The longest answer, in tokens: a digest and a draft are far shorter.
const MOST_TOKENS: u32 = 2_000;

/// What came of a question.
#[derive(Debug)]
pub struct Thought {
    /// What was asked about.
    pub job: Job,
    /// What came.
    pub came: Came,
    /// What it cost, in tokens.
    pub tokens: u64,
    /// All that was said, in order.
    pub said: Vec<(&'static str, String)>,
}

/// What came.
#[derive(Debug)]
pub enum Came {
    /// A digest: the model's, or that of the rules, which says why it stands in.
    Digest(Box<Digest>),
    /// Nothing.
    Error(LlmError),
}

/// What asking about these inputs may cost, in tokens; a second question is not counted in.
pub fn cost(inputs: &model::Inputs) -> u64 {
    estimate(&question(&prompt::write(inputs))) + u64::from(MOST_TOKENS)
}

fn question(prompt: &model::Prompt) -> Question {
    Question {
        system: prompt.system.clone(),
        turns: vec![(Role::User, prompt.user.clone())],
        schema: prompt.schema.clone(),
        most_tokens: MOST_TOKENS,
    }
}

/// Asks; where the answer cannot be used, once more with what is wrong with it; and then the rules' digest stands in.
pub async fn think(server: Server, job: Job) -> Thought {
    let prompt = prompt::write(&job.inputs);
    let mut question = question(&prompt);
    let mut said = vec![("system", prompt.system.clone()), ("user", prompt.user.clone())];
    let mut tokens = 0;
    for last in [false, true] {
        let answer = match server.ask(&question).await {
            Ok(answer) => answer,
            // What it costs to be declined or cut nobody says: the estimate has to do.
            Err(error @ (LlmError::Declined | LlmError::Cut)) => {
                tokens += job.estimate;
                said.push(("error", error.to_string()));
                let why = if matches!(error, LlmError::Cut) { "its answer had no end" } else { "it declined" };
                let digest = Box::new(model::stands_in(&job.inputs, server.model(), why));
                return Thought { job, came: Came::Digest(digest), tokens, said };
            }
            Err(error) => {
                said.push(("error", error.to_string()));
                return Thought { job, came: Came::Error(error), tokens, said };
            }
        };
        tokens += answer.tokens;
        said.push(("assistant", answer.text.clone()));
        match model::digest(&job.inputs, &prompt, &answer.text, server.model(), inert::line, last) {
            Ok(digest) => return Thought { job, came: Came::Digest(Box::new(digest)), tokens, said },
            Err(faults) => {
                let again = prompt::repair(&faults);
                said.push(("user", again.clone()));
                question.turns.extend([(Role::Assistant, answer.text), (Role::User, again)]);
            }
        }
    }
    let digest = Box::new(model::stands_in(&job.inputs, server.model(), "its answer could not be used"));
    Thought { job, came: Came::Digest(digest), tokens, said }
}

/// Keeps what was said, for its owner to look at.
pub fn keep(
    state: &Path,
    model: &Model,
    job: &Job,
    said: &[(&'static str, String)],
    now: &Zoned,
) -> Result<(), StoreError> {
    let said: Vec<_> = said.iter().map(|(who, text)| json!({ "role": who, "content": text })).collect();
    let json = json!({ "note": job.note, "model": model.name, "at": now.to_string(), "messages": said });
    let name = format!("{}_{}", now.strftime("%H%M%S"), short(&job.key, 8));
    prompts::keep(state, &job.day, &name, &format!("{json:#}"))
}
