//! The digest: what an assistant read out of a message. A value that the assistant makes and that drafts,
//! summaries and entity notes are written from. Every text is plain, single-line, unescaped.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Who made a digest that no language model had a part in: see [`Digest::generated_by`].
pub const OFFLINE: &str = "offline";

/// What a message says and asks, in typed fields.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// A title for the summary note; never a subject for mail.
    pub title: String,
    /// Two to four sentences.
    pub summary: String,
    /// Requests and questions as tasks.
    pub actions: Vec<ActionItem>,
    /// Decisions that the message reports.
    pub decisions: Vec<String>,
    /// Facts worth keeping: sentences with dates, amounts, names, links.
    pub key_information: Vec<String>,
    /// Questions and requests to the owner, verbatim sentences, in the mail's order: what a reply has to answer.
    pub questions: Vec<String>,
    /// Why a reply is wanted, in words (`asks 2 questions, addressed to you`); `None`: no reply is wanted.
    pub reply_reason: Option<String>,
    /// How soon.
    pub urgency: Urgency,
    /// The reply's text in Markdown, with `[…]` where the owner has to fill something in.
    pub draft_body: String,
    /// ISO 639-3 code of the message's language (`eng`), when it could be told.
    pub language: Option<String>,
    /// [`OFFLINE`], or the model's name.
    pub generated_by: String,
}

/// One proposed task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionItem {
    /// What is to be done.
    pub text: String,
    /// Who: `Myself` (the owner) or a name.
    pub owner: String,
    /// By when.
    pub due: Option<Date>,
    /// How important.
    pub urgency: Urgency,
}

/// How soon something wants attention.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Urgency {
    /// Can wait.
    Low,
    /// The usual.
    #[default]
    Normal,
    /// Today.
    Urgent,
}

impl Urgency {
    /// The word in frontmatter.
    pub fn as_str(self) -> &'static str {
        match self {
            Urgency::Low => "low",
            Urgency::Normal => "normal",
            Urgency::Urgent => "urgent",
        }
    }
}
