//! The assistant that asks a language model: what is asked, and how much of the answer is believed.
//!
//! What enters are [`Inputs`]; what leaves is a [`Prompt`] and, out of the model's answer, a [`Digest`] or [`Fault`]s to
//! ask again with. Pure: who asks is the wiring. A model only ever adds words to typed fields: no recipient, header,
//! attachment or status is among them, and nothing that it writes into a draft is sent before its owner has seen it.
//! In reading order:
//!
//! - [`prompt`]: inputs → prompt; mail is delimited data in it
//! - [`schema`]: the shape of the answer
//! - [`answer`]: the answer's text → its fields
//! - [`secrets`]: what is taken out of notes before a model sees them, and out of drafts
//! - [`traces`]: what the inputs say, to tell what an answer has made up; `pieces`: figures, addresses, names in a text
//! - [`promises`]: sentences that bind whoever signs them
//! - [`persona`]: how the owner writes
//! - [`reply`]: the draft
//! - this file: the digest

pub mod answer;
pub mod persona;
mod pieces;
pub mod promises;
pub mod prompt;
pub mod reply;
pub mod schema;
pub mod secrets;
pub mod traces;

pub use answer::Fault;
pub use prompt::Prompt;

use crate::mail::Message;
use crate::note::context::VaultContext;
use crate::note::digest::{ActionItem, Digest, Urgency};
use crate::note::manner::Manner;
use crate::note::owner::Owner;
use answer::Answer;
use jiff::civil::Date;
use persona::Persona;
use traces::Traces;

/// The most that the digest holds of each kind.
const MOST_ITEMS: usize = 8;
const MOST_TITLE: usize = 120;
const MOST_SUMMARY: usize = 700;
const MOST_ITEM: usize = 300;

/// What a model is asked about.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The message; only its headers are looked at.
    pub message: Message,
    /// Its subject without reply marks.
    pub base_subject: String,
    /// Its new text, plain.
    pub new_text: String,
    /// What was said before in its thread, the newest first.
    pub earlier: Vec<Earlier>,
    /// Whose mail it is.
    pub owner: Owner,
    /// The day on which the message was written.
    pub day: Date,
    /// What the vault knows.
    pub context: VaultContext,
    /// How the owner writes.
    pub persona: Persona,
    /// How a reply begins and ends; no model hears of it.
    pub manner: Manner,
    /// How the owner writes to whom it goes, as far as a model may see that. It is no source of facts: see [`traces`].
    pub style: Manner,
    /// What the owner wants a reply to say.
    pub instructions: Option<String>,
    /// What the rules read: it holds wherever the model's answer does not.
    pub offline: Digest,
}

/// Something said before in the thread.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Earlier {
    /// Who said it.
    pub who: String,
    /// The owner did.
    pub own: bool,
    /// What was said, plain.
    pub text: String,
}

/// Reads a model's answer. `escape` makes one line of text inert in Markdown.
///
/// What cannot be used at all is a list of faults, to be told to the model. With `last`, the rules' words stand in for what
/// can be replaced field by field, and only an answer of which nothing can be used is a fault.
pub fn digest(
    inputs: &Inputs,
    prompt: &Prompt,
    answer: &str,
    model: &str,
    escape: fn(&str) -> String,
    last: bool,
) -> Result<Digest, Vec<Fault>> {
    let answer = answer::read(answer, prompt).map_err(|fault| vec![fault])?;
    let traces = Traces::of(inputs);
    let mut faults = Vec::new();
    let offline = &inputs.offline;
    let title = text(&answer.title, "title", MOST_TITLE, &traces, &mut faults);
    let summary = text(&answer.summary, "summary", MOST_SUMMARY, &traces, &mut faults);
    if let Some(fault) = reply::in_other_language(&answer, inputs) {
        faults.push(fault);
    }
    let useless = title.is_none() && summary.is_none();
    if !faults.is_empty() && (!last || useless) {
        return Err(faults);
    }
    let questions = questions(&answer, inputs);
    let mut digest = Digest {
        title: title.unwrap_or_else(|| offline.title.clone()),
        summary: summary.unwrap_or_else(|| offline.summary.clone()),
        actions: actions(&answer, inputs, &traces),
        decisions: items(&answer.decisions, &traces),
        key_information: items(&answer.key_information, &traces),
        questions,
        // Whether a reply is wanted, and how soon, the rules decide: a mail must not talk a model into it.
        reply_reason: offline.reply_reason.clone(),
        urgency: urgency(&answer.urgency).unwrap_or(offline.urgency).min(offline.urgency.max(Urgency::Normal)),
        draft_body: String::new(),
        language: offline.language.clone(),
        generated_by: one_line(model, MOST_TITLE),
    };
    digest.draft_body = reply::compose(&digest, &answer, inputs, &traces, escape);
    Ok(digest)
}

/// What stands in when there is no answer that can be used, with the reason.
pub fn stands_in(inputs: &Inputs, model: &str, why: &str) -> Digest {
    Digest { generated_by: one_line(&format!("offline ({model}: {why})"), MOST_SUMMARY), ..inputs.offline.clone() }
}

fn one_line(text: &str, most: usize) -> String {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(most).collect()
}

/// A text field that has to be there; what is wrong with it goes to the faults.
fn text(said: &str, field: &'static str, most: usize, traces: &Traces, faults: &mut Vec<Fault>) -> Option<String> {
    let line = one_line(said, usize::MAX);
    let fault = match () {
        () if line.is_empty() => Fault::Empty(field),
        () if line.chars().count() > most => Fault::TooLong(field, most),
        () => match traces.made_up_in_digest(&line) {
            Some(what) => Fault::MadeUp(field, what),
            None => return Some(line),
        },
    };
    faults.push(fault);
    None
}

/// Lines of a list; what is not sound goes, and so does what was said already.
fn items(said: &[String], traces: &Traces) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for line in said.iter().map(|line| one_line(line, usize::MAX)) {
        let sound = !line.is_empty() && line.chars().count() <= MOST_ITEM && traces.made_up_in_digest(&line).is_none();
        if sound && out.len() < MOST_ITEMS && !out.contains(&line) {
            out.push(line);
        }
    }
    out
}

fn actions(answer: &Answer, inputs: &Inputs, traces: &Traces) -> Vec<ActionItem> {
    let mut out: Vec<ActionItem> = Vec::new();
    for said in &answer.actions {
        let text = one_line(&said.text, usize::MAX);
        let sound = !text.is_empty() && text.chars().count() <= MOST_ITEM && traces.made_up_in_digest(&text).is_none();
        let Some(owner) = task_owner(&said.owner, inputs, traces).filter(|_| sound) else { continue };
        let due = said.due.as_deref().and_then(|due| due.parse::<Date>().ok()).filter(|due| traces.has_date(*due));
        let urgency = urgency(&said.urgency).unwrap_or_default();
        let item = ActionItem { text, owner, due, urgency };
        if out.len() < MOST_ITEMS && !out.iter().any(|known| known.text == item.text) {
            out.push(item);
        }
    }
    out
}

/// `Myself`, or a name that the inputs have just so.
fn task_owner(said: &str, inputs: &Inputs, traces: &Traces) -> Option<String> {
    let name = one_line(said, 80);
    let lower = name.to_lowercase();
    let own = inputs.owner.name.to_lowercase();
    if matches!(lower.as_str(), "myself" | "me" | "owner" | "i") || !own.is_empty() && lower == own {
        return Some("Myself".to_owned());
    }
    (!name.is_empty() && traces.has_name(&name)).then_some(name)
}

/// What a reply has to answer: what the rules found, and what else the model has found word for word in the mail.
fn questions(answer: &Answer, inputs: &Inputs) -> Vec<String> {
    let mut out = inputs.offline.questions.clone();
    let mail = traces::plain(&inputs.new_text);
    for said in answer.questions.iter().map(|q| one_line(&q.text, MOST_ITEM)) {
        let plain = traces::plain(&said);
        let known = |q: &String| {
            let q = traces::plain(q);
            q.contains(&plain) || plain.contains(&q)
        };
        if plain.chars().count() > 5 && mail.contains(&plain) && out.len() < MOST_ITEMS && !out.iter().any(known) {
            out.push(said);
        }
    }
    out
}

fn urgency(word: &str) -> Option<Urgency> {
    match word {
        "urgent" => Some(Urgency::Urgent),
        "normal" => Some(Urgency::Normal),
        "low" => Some(Urgency::Low),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
