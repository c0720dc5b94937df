//! `(&Message, &Digest)` → the draft note: to whom a reply goes, as whom, under which subject.
//!
//! Pure. Recipients come from the mail's headers alone, never from its text or a model: [`addressing`].

pub mod addressing;
pub mod quoting;

use crate::config::ReplyTo;
use crate::mail::{Address, Message, subject};
use crate::note::context::VaultContext;
use crate::note::digest::Digest;
use crate::note::draft::{self, Look, Proposal};
use crate::note::owner::Owner;
use crate::note::template::TemplateError;
use addressing::Recipients;
use jiff::Zoned;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// What a draft needs besides the message and its digest.
#[derive(Debug)]
pub struct Setting<'a> {
    /// Whose mail it is.
    pub owner: &'a Owner,
    /// The account's own identity, for when the mail names none.
    pub identity: &'a Address,
    /// To whom replies go.
    pub reply: ReplyTo,
    /// Path of the source note.
    pub source_file: &'a str,
    /// The draft's id.
    pub draft_id: &'a str,
    /// When.
    pub created: &'a Zoned,
    /// What stands below the reply, as Markdown.
    pub quote: Option<&'a str>,
    /// How it looks.
    pub look: Look<'a>,
    /// What the vault knows.
    pub context: &'a VaultContext,
}

/// The draft note's text, and why its template does not do where that is so; `None` when there is nobody to reply to.
pub fn propose(message: &Message, digest: &Digest, setting: &Setting<'_>) -> Option<(String, Option<TemplateError>)> {
    let author = message.author()?;
    let Recipients { to, others, cc } = addressing::recipients(message, setting.owner, setting.reply == ReplyTo::All);
    if to.is_empty() {
        return None;
    }
    let cc = [others, cc].concat();
    let from = addressing::identity(message, setting.owner, setting.identity);
    let warning = addressing::warning(message, &to, setting.owner);
    let proposal = Proposal {
        created: setting.created,
        from: &from,
        to: &to,
        cc: &cc,
        subject: &subject::reply(&message.subject),
        source_file: setting.source_file,
        in_reply_to: message.message_id.as_deref(),
        draft_id: setting.draft_id,
        author,
        warning: warning.as_deref(),
        quote: setting.quote,
    };
    Some(draft::write_as(setting.look, &proposal, digest, setting.context))
}

/// The id of the draft for a message: the same for the same message, on whichever machine, so that one mail has
/// one draft and its reply one Message-ID.
pub fn draft_id(key: &str, at: jiff::Timestamp) -> String {
    id("reply", key, at)
}

/// The id of the draft that asks again what a message of the owner's asked.
pub fn nudge_id(key: &str, at: jiff::Timestamp) -> String {
    id("nudge", key, at)
}

/// The id of the answer to a message's invitation; `at` in seconds since 1970.
pub fn rsvp_id(key: &str, at: i64) -> String {
    id("rsvp", key, jiff::Timestamp::from_second(at).unwrap_or_default())
}

/// The id of the draft that passes a message on.
pub fn forward_id(key: &str, at: jiff::Timestamp) -> String {
    id("forward", key, at)
}

/// The id of a draft that a person wrote: the same for the same text, wherever it lies, so that a copy that a sync
/// tool or a backup makes of the file is known as one.
pub fn written_id(text: &str) -> String {
    id("written", text, jiff::Timestamp::UNIX_EPOCH)
}

fn id(kind: &str, of: &str, at: jiff::Timestamp) -> String {
    let hash = Sha256::digest(format!("postnote {kind} {of}"));
    let random = hash.iter().take(10).fold(0u128, |n, byte| (n << 8) | u128::from(*byte));
    Ulid::from_parts(at.as_millisecond().max(0).unsigned_abs(), random).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_follow_from_the_message() {
        let at = jiff::Timestamp::from_second(1_765_555_466).expect("a time");
        assert_eq!(draft_id("c1@example.com", at), draft_id("c1@example.com", at));
        assert_ne!(draft_id("c1@example.com", at), draft_id("c2@example.com", at));
        assert_eq!(draft_id("c1@example.com", at).len(), 26);
    }
}
