//! How the owner writes: what one mail that was sent shows of it, and what that comes to for a mail to somebody.
//!
//! Values, made by [`crate::assistant::offline::manner`]. All text is the owner's own, plain and unescaped.

use serde::{Deserialize, Serialize};

/// How somebody is addressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Form {
    /// `du`, `tu`, a first name.
    Close,
    /// `Sie`, `vous`, a title and a family name.
    Formal,
}

/// What one mail shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// Its language (ISO 639-3), when it could be told.
    pub language: Option<String>,
    /// The line that greets, as it was written.
    pub greeting: Option<String>,
    /// The lines that take leave: the phrase, the name, or both.
    pub closing: Vec<String>,
    /// How the other is addressed.
    pub form: Option<Form>,
    /// How long it is, in words.
    pub words: usize,
    /// A few of its sentences, for a model that may see them.
    pub lines: Vec<String>,
}

/// What is known for a mail to somebody; nothing where nothing is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manner {
    /// The language in which the owner writes to them, for a mail that does not tell its own.
    pub language: Option<String>,
    /// The line that greets.
    pub greeting: Option<String>,
    /// The lines that take leave.
    pub closing: Vec<String>,
    /// How they are addressed.
    pub form: Option<Form>,
    /// How long the owner's mails to them usually are, in words.
    pub words: Option<usize>,
    /// Sentences out of the owner's mails to them, the newest first.
    pub examples: Vec<String>,
}
