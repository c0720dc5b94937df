//! Notes as values: typed note ⇄ Markdown text. YAML lives only here.
//!
//! Pure and beside [`crate::mail`]: nothing here reads a file or a clock. In reading order:
//!
//! - [`owner`]: whose vault it is
//! - [`digest`]: what an assistant read out of a message
//! - [`habit`]: what the owner did with somebody's mail; [`manner`]: how the owner writes
//! - [`context`]: what the vault knows that bears on a message
//! - [`frontmatter`]: the YAML block: read, written, edited in place
//! - [`name`]: names of notes, wikilinks, tags
//! - [`wikilink`]: links from note to note
//! - [`source`]: one message
//! - [`original`]: the message read back from that
//! - [`invitation`]: the table of an event in it
//! - [`rsvp`]: answering that
//! - [`summary`]: one conversation
//! - [`template`]: other shapes of all these, which the owner writes
//! - [`awaiting`]: a question that waits for an answer
//! - [`task`]: what is to be done, in any note
//! - [`entity`]: what is known of a person, customer or project
//! - [`draft`]: one reply, from proposal to sent
//! - [`dashboard`]: the pages that show them all
//! - [`moving`]: a file on its way to its place

pub mod awaiting;
pub mod context;
pub mod dashboard;
pub mod digest;
pub mod draft;
pub mod entity;
mod fate;
pub mod frontmatter;
pub mod habit;
pub mod invitation;
pub mod manner;
pub mod moving;
pub mod name;
pub mod original;
pub mod owner;
pub mod rsvp;
pub mod source;
pub mod summary;
pub mod task;
pub mod template;
pub mod wikilink;
