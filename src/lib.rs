//! postnote: your mailbox as notes, your approvals as mail.
pub mod cli;
pub mod config;
// values
pub mod mail;
pub mod note;
// stages
pub mod approval;
pub mod assistant;
pub mod compose;
pub mod draft;
pub mod triage;
// edges
pub mod imap;
pub mod net;
pub mod secret;
pub mod smtp;
pub mod store;
pub mod vault;
// wiring
pub mod daemon;
pub mod inbound;
pub mod outbound;
pub mod pass;
