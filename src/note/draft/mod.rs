//! The draft note: one reply, from proposal to sent.
//!
//! - [`mod@status`]: the words of the life of a draft
//! - [`body`]: the one part of the file that is ever sent
//! - [`forward`]: a new draft that passes a message on
//! - [`pictures`]: pictures of the vault in that
//! - [`rsvp`]: a new draft that answers an invitation
//! - `reply`: a new reply, in the built-in shape or in a template's; `email_draft`: in the other built-in one
//! - this file: reading a draft

pub mod body;
mod context;
mod email_draft;
pub mod forward;
pub mod pictures;
mod reply;
pub mod rsvp;
mod status;

pub use body::BodyError;
pub use reply::{FOOTER, Look, Proposal, reworded, write, write_as};
pub use status::Status;

use super::frontmatter::{self, Frontmatter, FrontmatterError};
use super::source::strip_brackets;
use crate::mail::Address;

/// What kind of draft a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A reply that postnote drafted.
    Reply,
    /// A reply in the shape of the second template.
    EmailDraft,
    /// A new message that a person wrote.
    Mail,
    /// An answer to an invitation.
    Rsvp,
    /// A message that is passed on.
    Forward,
}

impl Kind {
    /// True for what answers a mail: it is over when that was answered.
    pub fn answers(self) -> bool {
        matches!(self, Kind::Reply | Kind::EmailDraft | Kind::Rsvp)
    }

    /// True for what goes on with a conversation: whether it still fits depends on what came meanwhile.
    pub fn goes_on(self) -> bool {
        matches!(self, Kind::Reply | Kind::EmailDraft | Kind::Mail)
    }
}

/// A draft as its file says it, not yet judged: see [`crate::approval`].
#[derive(Debug, Clone, PartialEq)]
pub struct DraftNote {
    /// `type`
    pub kind: Kind,
    /// `status`
    pub status: Status,
    /// `draft_id`; a hand-written draft has none until it is queued.
    pub draft_id: Option<String>,
    /// `from`, as written.
    pub from: Option<String>,
    /// `to`, `cc`, `bcc` as written; `Err` names the key that is no text and no list of texts.
    pub recipients: Result<Recipients, &'static str>,
    /// `subject`
    pub subject: Option<String>,
    /// `in_reply_to` without brackets.
    pub in_reply_to: Option<String>,
    /// `source_file`, or `original` in the second template.
    pub source_file: Option<String>,
    /// `attachments`: vault paths or wikilinks.
    pub attachments: Result<Vec<String>, &'static str>,
    /// `send_at`, as written.
    pub send_at: Option<String>,
    /// `rsvp`, as written: what its owner answers to an invitation.
    pub rsvp: Option<String>,
    /// `invite`: the vault path of the invitation that it answers.
    pub invite: Option<String>,
    /// `message_id` or `sent_at` is there: this file has been sent before.
    pub was_sent: bool,
    /// `conflict_with`: the message that a conflict was shown for.
    pub conflict_with: Option<String>,
    /// `uncertain_about`: the draft's id, once its owner was told that nobody can tell whether it was sent.
    pub uncertain_about: Option<String>,
    /// `urgency`, as written.
    pub urgency: Option<String>,
    /// A key that holds a list or a mapping where one text belongs: what was meant is not clear.
    pub misfit: Option<&'static str>,
    /// `forward`, as written: how a message is passed on.
    pub forward: Option<String>,
    /// The text to send, or why there is none.
    pub body: Result<String, BodyError>,
}

/// The recipients as the owner wrote them, one mailbox or list of mailboxes an item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients {
    /// `to`
    pub to: Vec<String>,
    /// `cc`
    pub cc: Vec<String>,
    /// `bcc`
    pub bcc: Vec<String>,
}

/// Reads a file of the outbox folder: `Ok(None)` when it is no draft at all.
pub fn read(text: &str) -> Result<Option<DraftNote>, FrontmatterError> {
    let (front, rest) = match frontmatter::parse(text) {
        Ok(parsed) => parsed,
        // A file without frontmatter is a note of the owner's own.
        Err(FrontmatterError::Missing) if !text.trim_start_matches('\u{feff}').starts_with("---") => return Ok(None),
        Err(e) => return Err(e),
    };
    // A list of one is taken for what it holds, so that nobody waits in vain for a draft that is none.
    let word = |key: &str| front.list(key).map(|words| words.join(", ")).unwrap_or_default();
    let kind = match Some(word("type").trim()) {
        Some("draft-reply") => Kind::Reply,
        Some("email-draft") => Kind::EmailDraft,
        Some("draft-mail") => Kind::Mail,
        Some("draft-rsvp") => Kind::Rsvp,
        Some("draft-forward") => Kind::Forward,
        _ => return Ok(None),
    };
    Ok(Some(DraftNote {
        kind,
        status: status(&front, &word("status")),
        draft_id: front.text("draft_id").map(|s| s.trim().to_owned()),
        from: front.text("from"),
        recipients: recipients(&front),
        subject: front.text("subject"),
        in_reply_to: front.text("in_reply_to").map(|id| strip_brackets(&id).to_owned()),
        source_file: front.text("source_file").or_else(|| front.text("original")),
        attachments: front.list("attachments").ok_or("attachments"),
        send_at: front.text("send_at"),
        rsvp: one_word(&front, "rsvp"),
        invite: front.text("invite"),
        forward: one_word(&front, "forward"),
        was_sent: ["message_id", "sent_at"].iter().any(|key| front.text(key).is_some() || front.is_nested(key)),
        conflict_with: front.text("conflict_with").map(|id| strip_brackets(&id).to_owned()),
        uncertain_about: front.text("uncertain_about").filter(|id| !id.is_empty()),
        urgency: front.text("urgency"),
        misfit: LINES.into_iter().find(|key| front.is_nested(key)),
        body: body::extract(kind, rest),
    }))
}

/// What would be sent of a draft's file, as far as it is written: gaps are left in it.
pub fn text_with_gaps(text: &str, kind: Kind) -> Option<String> {
    let (_, rest) = frontmatter::parse(text).ok()?;
    body::with_gaps(kind, rest).ok()
}

/// A key that holds one of a few words. What is no word must not count as nothing.
fn one_word(front: &Frontmatter, key: &str) -> Option<String> {
    let written = front.list(key).map_or_else(|| "{…}".to_owned(), |words| words.join(", "));
    Some(written).filter(|written| !written.trim().is_empty())
}

/// The keys that hold one text.
const LINES: [&str; 9] =
    ["from", "subject", "in_reply_to", "source_file", "original", "draft_id", "send_at", "invite", "uncertain_about"];

/// The status; of a list only the words are known, and none of them sends anything.
fn status(front: &Frontmatter, words: &str) -> Status {
    match Status::read(words) {
        status if !front.is_nested("status") => status,
        _ => Status::Other(format!("[{}]", words.trim())),
    }
}

fn recipients(front: &Frontmatter) -> Result<Recipients, &'static str> {
    Ok(Recipients {
        to: front.list("to").ok_or("to")?,
        cc: front.list("cc").ok_or("cc")?,
        bcc: front.list("bcc").ok_or("bcc")?,
    })
}

/// What stands at the top of a draft: how to approve it. One line, so that it is whole wherever it is moved, and it is
/// never sent.
fn callout(how: &str) -> String {
    format!("> [!tip] {} {how}\n", body::CALLOUT)
}

/// Addresses as frontmatter has them.
fn shown(list: &[Address]) -> Vec<String> {
    list.iter().map(Address::to_string).collect()
}

#[cfg(test)]
mod tests;
