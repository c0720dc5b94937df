//! postnote: your mailbox as notes, your approvals as mail.
pub mod assistant;
pub mod config;
pub mod mail;
pub mod note;
pub mod triage;
