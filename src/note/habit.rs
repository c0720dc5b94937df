//! What the owner did with somebody's mail.

/// What became of the last mails of a correspondent; of the newest only what is decided.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Habit {
    /// How many there were.
    pub heard: u32,
    /// How many of them the owner answered.
    pub answered: u32,
    /// How many of the others' drafts the owner rejected.
    pub rejected: u32,
}
