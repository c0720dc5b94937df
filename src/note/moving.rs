//! A file on its way to its place in the vault.

/// A file that is durable under a temporary name and still has to be moved. Paths are relative to the vault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    /// Where it goes.
    pub path: String,
    /// Where it is.
    pub temporary: String,
    /// It replaces the file with this SHA-256; `None`: there must be no file yet.
    pub before: Option<String>,
}
