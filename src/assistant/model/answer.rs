//! The answer's text → its fields. Whatever stands around the JSON is passed over; what is missing is empty.

use super::prompt::Prompt;
use serde::Deserialize;

/// Longer than this no answer is read, in octets.
const MOST: usize = 64 * 1024;

/// Why an answer, or a field of it, cannot be used; as it is told to the model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No JSON of that shape.
    #[error("the answer is not one JSON object with the fields that were asked for")]
    NoJson,
    /// A field without a text.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// A field that is too long.
    #[error("`{0}` is longer than {1} characters")]
    TooLong(&'static str, usize),
    /// Something that the inputs do not say.
    #[error("`{0}` says {1:?}, which is nowhere in the mail")]
    MadeUp(&'static str, String),
    /// The answers are in another language than the mail.
    #[error("the answers and the reply are not in the mail's language ({0})")]
    Language(String),
    /// It repeats what it was told to keep to itself.
    #[error("the answer repeats its instructions")]
    Leaked,
}

/// The fields, as the model wrote them: nothing of them is believed yet.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answer {
    /// A title.
    pub title: String,
    /// A few sentences.
    pub summary: String,
    /// Tasks.
    pub actions: Vec<Action>,
    /// Decisions.
    pub decisions: Vec<String>,
    /// Facts.
    pub key_information: Vec<String>,
    /// Questions with what to say to them.
    pub questions: Vec<Answered>,
    /// How soon.
    pub urgency: String,
    /// What else to say.
    pub reply: String,
}

/// A task.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Action {
    /// What.
    pub text: String,
    /// Who.
    pub owner: String,
    /// By when, as ISO 8601.
    pub due: Option<String>,
    /// How soon.
    pub urgency: String,
}

/// A question, and what to say to it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Answered {
    /// The question, word for word.
    pub text: String,
    /// The answer; empty: the model does not know.
    pub answer: String,
}

/// Reads an answer.
pub fn read(text: &str, prompt: &Prompt) -> Result<Answer, Fault> {
    if text.contains(&prompt.mark) {
        return Err(Fault::Leaked);
    }
    if text.len() > MOST {
        return Err(Fault::NoJson);
    }
    // What a model thinks aloud comes first.
    let text = text.rsplit_once("</think>").map_or(text, |(_, said)| said);
    let (Some(start), Some(end)) = (text.find('{'), text.rfind('}')) else { return Err(Fault::NoJson) };
    let json = text.get(start..=end).ok_or(Fault::NoJson)?;
    serde_json::from_str(json).map_err(|_| Fault::NoJson)
}
