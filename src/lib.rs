//! postnote: your mailbox as notes, your approvals as mail.
pub mod mail;
pub mod net;
pub mod note;
pub mod secret;
