//! What can go wrong when a model is asked, in words for the person who reads them.

use crate::mail::inert;
use crate::net::NetError;
use serde_json::Value;
use std::time::Duration;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum LlmError {
    /// There is no way to the server, or the connection broke.
    #[error("the model's server: {0}")]
    Net(#[from] NetError),
    /// The key is missing or wrong.
    #[error(
        "the model's server refuses the key (status {status}); check assistant.api_key, and that the key may use assistant.model"
    )]
    Unauthorized {
        /// The status.
        status: u16,
    },
    /// No such model or path.
    #[error("the model's server knows no such model or address; check assistant.model and assistant.base_url{}", quoted(.said))]
    NotFound {
        /// Its words.
        said: String,
    },
    /// Too many questions, or out of order.
    #[error("the model's server is busy or out of order (status {status}); it is asked again later{}", quoted(.said))]
    Busy {
        /// The status.
        status: u16,
        /// How long it wants to be left alone.
        after: Option<Duration>,
        /// Its words.
        said: String,
    },
    /// A request that it does not take.
    #[error("the model's server does not take the request (status {status}){}", quoted(.said))]
    NotUnderstood {
        /// The status.
        status: u16,
        /// Its words.
        said: String,
    },
    /// Another status.
    #[error("the model's server answers with status {status}{}", quoted(.said))]
    Status {
        /// The status.
        status: u16,
        /// Its words.
        said: String,
    },
    /// An answer of another kind.
    #[error(
        "the model's server does not answer as one should: {what}; check assistant.provider and assistant.base_url"
    )]
    Nonsense {
        /// What is wrong.
        what: &'static str,
    },
    /// The model does not want to.
    #[error("the model declines to answer")]
    Declined,
    /// The answer has no end.
    #[error("the model's answer is longer than it was given room for")]
    Cut,
    /// The key or the address cannot stand in a request.
    #[error("assistant.api_key or assistant.base_url holds what no request can carry")]
    Unsendable,
}

fn quoted(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("; it says: {text}") }
}

impl LlmError {
    /// What a status says.
    pub(super) fn from_status(status: u16, body: &[u8], after: Option<Duration>) -> LlmError {
        let said = words_of(body);
        match status {
            // What is said to this may hold the key.
            401 | 403 => LlmError::Unauthorized { status },
            404 | 405 | 410 => LlmError::NotFound { said },
            408 | 409 | 425 | 429 | 500.. => LlmError::Busy { status, after, said },
            // Azure does not show such a question to the model at all; another shape of it would be turned away as well.
            400 if is_filtered(body) => LlmError::Declined,
            400 | 413 | 415 | 422 => LlmError::NotUnderstood { status, said },
            _ => LlmError::Status { status, said },
        }
    }

    /// Whether the server said that it has not worked on the question, so that to ask again costs nothing.
    pub fn is_unread(&self) -> bool {
        matches!(self, LlmError::Busy { .. } | LlmError::Net(NetError::Refused { .. } | NetError::UnknownHost { .. }))
    }

    /// Whether asking later, with nothing changed, may do.
    pub fn is_transient(&self) -> bool {
        match self {
            LlmError::Net(e) => e.is_transient(),
            LlmError::Busy { .. } => true,
            _ => false,
        }
    }

    /// Whether no question has a chance before its owner changes something.
    pub fn is_of_config(&self) -> bool {
        match self {
            LlmError::Net(e) => !e.is_transient() && !matches!(e, NetError::TooMuch { .. }),
            LlmError::Unauthorized { .. } | LlmError::NotFound { .. } | LlmError::Unsendable => true,
            _ => false,
        }
    }

    /// How long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            LlmError::Busy { after, .. } => *after,
            _ => None,
        }
    }
}

/// True where a filter before the model turned the question away.
fn is_filtered(body: &[u8]) -> bool {
    let said: Value = serde_json::from_slice(body).unwrap_or_default();
    let code = |path: &str| said.pointer(path).and_then(Value::as_str).unwrap_or_default().to_owned();
    code("/error/code") == "content_filter" || code("/error/innererror/code") == "ResponsibleAIPolicyViolation"
}

/// A server's words on an error, short, on one line: for people only.
fn words_of(body: &[u8]) -> String {
    let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
    let error = json.get("error").unwrap_or(&json);
    let text = error.get("message").or(error.get("detail")).unwrap_or(error).as_str().unwrap_or_default();
    inert::terminal(text).chars().take(200).collect()
}
