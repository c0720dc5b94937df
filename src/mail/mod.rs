//! Mail as values: any bytes become a [`Message`] and the defects met on the way.
//!
//! Pure and at the bottom: nothing here reads a clock, a file or a socket, and nothing here
//! imports a stage or an edge. In reading order:
//!
//! - [`address`]: mailboxes (`Name <local@domain>`) and lists of them
//! - [`message`]: [`Message`], [`Attachment`], [`Defect`]
//! - [`media_type`]: media types and file extensions
//! - [`parse`]: bytes → `(Message, Vec<Defect>)`, never failing
//! - [`subject`]: base subjects (RFC 5256 §2.1)
//! - [`thread`]: the root of a message's thread
//! - [`file_name`]: names that every file system takes
//! - [`hash`]: SHA-256 as hex
//! - [`html`]: HTML → Markdown
//! - `link`: where links lead
//! - [`inert`]: text of a mail → Markdown in which nothing is live
//! - [`picture`]: pictures in the place where the sender put them
//! - [`quote`]: which lines are new, which quoted, which signature
//! - `bounce`: delivery reports that are plain text
//! - [`body`]: what a source note shows of all that
//! - [`look_alike`]: what is easily taken for something else
//! - [`invite`]: `text/calendar` → [`invite::Invite`]

pub mod address;
pub mod body;
mod bounce;
mod clean;
mod escapes;
pub mod file_name;
pub mod hash;
pub mod html;
pub mod inert;
pub mod invite;
mod link;
pub mod look_alike;
pub mod media_type;
pub mod message;
pub mod parse;
pub mod picture;
pub mod quote;
pub mod subject;
pub mod thread;

pub use address::Address;
pub use message::{Attachment, Defect, Leaf, Message};
