//! Chat completion over HTTP: a question to a language model, and its answer as text.
//!
//! What enters is a [`Question`]; what leaves is an [`Answer`], or an error that says what happened and what to do. An
//! edge: it knows nothing of mail or notes, keeps nothing, and believes nothing that comes back; whoever asks reads the
//! text with care. Dropping the future closes the connection, which is how a server learns that nobody waits.
//!
//! - `openai`, `anthropic`: what goes over the wire, both pure
//! - [`LlmError`]: what can go wrong
//! - this file: asking, and asking again

mod anthropic;
mod error;
mod models;
mod openai;

pub use error::LlmError;

use crate::config::{Dialect, Model};
use crate::net::http::{self, Limits};
use crate::secret::{ExposeSecret, SecretString};
use hyper::http::request::Builder;
use hyper::{Request, StatusCode};
use serde_json::Value;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;
use url::Url;

/// The most that is read of an answer, in octets: the longest answer asked for, each piece of it in an envelope, is less.
const MOST: usize = 4 * 1024 * 1024;
/// How often one question is put while the server says that it has not looked at it.
const TRIES: u32 = 3;
/// Before the second try; doubled before each further one.
const PAUSE: Duration = Duration::from_millis(500);
/// Longer than this nobody waits because a server says so; the question is given back instead.
const MOST_PAUSE: Duration = Duration::from_secs(20);

/// Who says something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Whoever asks.
    User,
    /// The model, earlier.
    Assistant,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Question {
    /// What the model is to do, whatever it reads.
    pub system: String,
    /// What was said so far, the question last.
    pub turns: Vec<(Role, String)>,
    /// The JSON schema that the answer is to have.
    pub schema: Value,
    /// The longest answer, in tokens.
    pub most_tokens: u32,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its text; JSON, if the model did as it was told.
    pub text: String,
    /// How many tokens the question and the answer were, as the server counts; an estimate where it does not.
    pub tokens: u64,
}

/// A server to ask. Clones share what is known of it, and the limit of questions at a time.
#[derive(Debug, Clone)]
pub struct Server {
    model: Model,
    key: Option<SecretString>,
    /// Which shape of a request it was content with last.
    shape: Arc<AtomicUsize>,
    slots: Arc<Semaphore>,
}

impl Server {
    /// A server as the config has it, with the key that the config says where to find.
    pub fn new(model: &Model, key: Option<SecretString>) -> Server {
        Server { model: model.clone(), key, shape: Arc::default(), slots: Arc::new(Semaphore::new(model.concurrency)) }
    }

    /// The model's name.
    pub fn model(&self) -> &str {
        &self.model.name
    }

    /// Asks, when its turn comes. What the server turned away unread (it is starting, it is busy) is tried again, with
    /// growing pauses or after as long as it says; what it may have worked on is not: that costs tokens.
    pub async fn ask(&self, question: &Question) -> Result<Answer, LlmError> {
        let Ok(_slot) = self.slots.acquire().await else { return Err(LlmError::Nonsense { what: "nobody asks" }) };
        let mut tries = 1;
        loop {
            let error = match self.in_some_shape(question).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            let wanted = error.retry_after().unwrap_or(PAUSE * (1 << (tries - 1)));
            if !error.is_unread() || tries >= TRIES || wanted > MOST_PAUSE {
                return Err(error);
            }
            tries += 1;
            tokio::time::sleep(wanted).await;
        }
    }

    /// Servers differ in what they can be asked for: what this one does not take is left out, and that is remembered.
    async fn in_some_shape(&self, question: &Question) -> Result<Answer, LlmError> {
        loop {
            let shape = self.shape.load(Ordering::Relaxed);
            match self.once(question, shape).await {
                Err(LlmError::NotUnderstood { .. }) if shape + 1 < self.shapes() => {
                    self.shape.store(shape + 1, Ordering::Relaxed);
                }
                Err(LlmError::NotUnderstood { status, said }) => {
                    // It was not the shape, then: the next question begins with the best one again.
                    self.shape.store(0, Ordering::Relaxed);
                    return Err(LlmError::NotUnderstood { status, said });
                }
                other => return other,
            }
        }
    }

    fn shapes(&self) -> usize {
        match self.model.dialect {
            Dialect::OpenAi => openai::SHAPES.len(),
            Dialect::Anthropic => anthropic::SHAPES.len(),
        }
    }

    async fn once(&self, question: &Question, shape: usize) -> Result<Answer, LlmError> {
        let body = match self.model.dialect {
            Dialect::OpenAi => openai::body(&self.model.name, question, shape),
            Dialect::Anthropic => anthropic::body(&self.model.name, question, shape),
        };
        let limits = Limits {
            patience: Duration::try_from(self.model.timeout).unwrap_or(PAUSE),
            most: MOST,
            in_clear: self.model.allow_http,
        };
        let request = self.request(&body)?;
        let answer = http::send_within(request, self.model.ca_file.as_deref(), limits).await?;
        let (head, bytes) = answer.into_parts();
        if head.status != StatusCode::OK {
            let after = head.headers.get("retry-after").and_then(|v| v.to_str().ok()?.trim().parse().ok());
            return Err(LlmError::from_status(head.status.as_u16(), &bytes, after.map(Duration::from_secs)));
        }
        let kind = head.headers.get("content-type").and_then(|v| v.to_str().ok()).unwrap_or_default();
        let json: Value = match kind.starts_with("text/event-stream") {
            true => {
                let events = String::from_utf8_lossy(&bytes);
                match self.model.dialect {
                    Dialect::OpenAi => openai::of_stream(&events),
                    Dialect::Anthropic => anthropic::of_stream(&events),
                }?
            }
            false => {
                serde_json::from_slice(&bytes).map_err(|_| LlmError::Nonsense { what: "its answer is no JSON" })?
            }
        };
        let (text, tokens) = match self.model.dialect {
            Dialect::OpenAi => openai::read(&json),
            Dialect::Anthropic => anthropic::read(&json),
        }?;
        Ok(Answer { tokens: tokens.unwrap_or_else(|| estimate(question) + tokens_of(&text)), text })
    }

    fn request(&self, body: &Value) -> Result<Request<Vec<u8>>, LlmError> {
        let url = self.url(match self.model.dialect {
            Dialect::OpenAi => "chat/completions",
            Dialect::Anthropic => "messages",
        });
        let request = Request::post(url.as_str())
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        self.headed(request, &url).body(body.to_string().into_bytes()).map_err(|_| LlmError::Unsendable)
    }

    /// The address of one of the server's services.
    fn url(&self, service: &str) -> Url {
        let mut url = self.model.base_url.clone();
        let base = url.path().trim_end_matches('/').to_owned();
        let between = match self.model.dialect {
            Dialect::Anthropic if !base.ends_with("/v1") => "/v1/",
            _ => "/",
        };
        // A query that is part of the address (Azure's `api-version`) stays behind it.
        url.set_path(&format!("{base}{between}{service}"));
        url
    }

    /// With who asks, and the key.
    fn headed(&self, request: Builder, url: &Url) -> Builder {
        let mut request = request.header("user-agent", concat!("postnote/", env!("CARGO_PKG_VERSION")));
        if self.model.dialect == Dialect::Anthropic {
            request = request.header("anthropic-version", anthropic::VERSION);
        }
        if let Some(key) = &self.key {
            let key = key.expose_secret();
            let azure = url.host_str().is_some_and(|host| host.ends_with(".azure.com"))
                || url.query_pairs().any(|(name, _)| name == "api-version");
            request = match self.model.dialect {
                Dialect::Anthropic => request.header("x-api-key", key),
                Dialect::OpenAi if azure => request.header("api-key", key),
                Dialect::OpenAi => request.header("authorization", format!("Bearer {key}")),
            };
        }
        request
    }
}

/// About how many tokens a question is: no tokenizer is ours, and most make a token of three to four octets.
pub fn estimate(question: &Question) -> u64 {
    question.turns.iter().map(|(_, text)| tokens_of(text)).sum::<u64>() + tokens_of(&question.system)
}

fn tokens_of(text: &str) -> u64 {
    u64::try_from(text.len().div_ceil(3)).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
