//! A draft that waits, as a message to be looked at in a mailbox for drafts. No [`super::Outgoing`]: it goes to nobody.

use super::{ComposeError, envelope, people, plain_header, text, text_part};
use crate::mail::Address;
use jiff::Zoned;
use std::time::SystemTime;

/// The header that says whose copy it is. Not the one of messages that are sent: a copy is never taken for one.
pub const COPY_HEADER: &str = "X-Postnote-Copy";

/// What a copy shows.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// The identity.
    pub from: &'a Address,
    /// The recipients that are addresses already.
    pub to: &'a [Address],
    /// The same of Cc.
    pub cc: &'a [Address],
    /// One line.
    pub subject: &'a str,
    /// The text, Markdown, gaps and all.
    pub text: &'a str,
    /// The mail answered, without brackets.
    pub in_reply_to: Option<&'a str>,
    /// What its own header says; ASCII.
    pub mark: &'a str,
}

/// Composes the copy.
pub fn copy(shown: &Shown<'_>, now: &Zoned) -> Result<Vec<u8>, ComposeError> {
    let from = std::slice::from_ref(shown.from);
    let mut builder = lettre::Message::builder();
    for (name, list) in [("From", from), ("To", shown.to), ("Cc", shown.cc)] {
        if !list.is_empty() {
            builder = builder.raw_header(people(name, list));
        }
    }
    let subject: String = shown.subject.chars().filter(|c| !c.is_control()).collect();
    builder = builder
        .raw_header(plain_header("Subject", super::header::unstructured("Subject", &subject)))
        .date(SystemTime::from(now.timestamp()))
        .envelope(envelope(shown.from, from.iter())?);
    let sound = |id: &&str| id.is_ascii() && id.len() < 900 && !id.chars().any(|c| c.is_whitespace() || c.is_control());
    if let Some(parent) = shown.in_reply_to.filter(sound) {
        builder = builder.raw_header(plain_header("In-Reply-To", format!("<{parent}>")));
    }
    builder = builder.raw_header(plain_header(COPY_HEADER, shown.mark.to_owned()));
    let part = text_part(text::flowed(shown.text, None), "text/plain; charset=utf-8; format=flowed");
    let message = builder.singlepart(part).map_err(|e| ComposeError::Header("a header", e.to_string()))?;
    let mut bytes = message.formatted();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    super::check(&bytes, !from.iter().chain(shown.to).chain(shown.cc).all(|a| a.local().is_ascii()))?;
    Ok(bytes)
}
