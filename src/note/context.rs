//! What the vault knows that bears on a message: excerpts of notes, each with the note that it is from.

/// Excerpts of notes, those that matter most first. Only notes within the owner's scope belong in here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultContext {
    /// The excerpts.
    pub excerpts: Vec<Excerpt>,
}

/// A part of a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The note's name, as a wikilink has it.
    pub note: String,
    /// What it says, in plain text.
    pub text: String,
}
