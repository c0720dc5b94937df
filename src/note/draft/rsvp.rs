//! The draft of an answer to an invitation: its owner says `rsvp: accept`, `tentative` or `decline`, and approves it.
//!
//! What the answer needs of the invitation is read from the file that `invite` names, so that it outlives the database.

use super::{Status, shown};
use crate::mail::invite::Invite;
use crate::mail::{Address, inert};
use crate::note::frontmatter::Writer;
use crate::note::invitation;
use crate::note::name::wikilink;
use jiff::Zoned;

/// An answer to be proposed.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// When, in the owner's time zone.
    pub created: &'a Zoned,
    /// The identity that was invited.
    pub from: &'a Address,
    /// Who gets the answer.
    pub organizer: &'a Address,
    /// The event's name.
    pub subject: &'a str,
    /// Path of the source note.
    pub source_file: &'a str,
    /// The mail's Message-ID.
    pub in_reply_to: Option<&'a str>,
    /// Path of the calendar's file.
    pub invite_file: &'a str,
    /// What that file says.
    pub invite: &'a Invite,
    /// The id that ties the file to the ledger.
    pub draft_id: &'a str,
    /// Something that the owner should see before approving, in words.
    pub warning: Option<&'a str>,
}

const HOW: &str = "set `rsvp` to `accept`, `tentative` or `decline`, then `status` to `approved`, and save. Nothing is sent before; `rejected` leaves it.";

/// How the draft ends; below this line nothing is ever sent.
const FOOTER: &str = "*postnote: set `rsvp` at the top to accept, tentative or decline, then `status: approved`; the answer goes to the organizer once, at the next sync. What you write under “Draft Response” goes with it. `status: rejected` leaves it.*";

/// Writes a new draft note.
pub fn write(proposal: &Proposal<'_>) -> String {
    let none: [&str; 0] = [];
    let mut writer = Writer::default();
    writer
        .plain("type", "draft-rsvp")
        .plain("status", Status::Pending.as_str())
        .plain("rsvp", "")
        .plain("created", proposal.created.strftime("%Y-%m-%dT%H:%M:%S"))
        .plain("urgency", "normal")
        .text("from", &proposal.from.to_string())
        .list("to", &shown(std::slice::from_ref(proposal.organizer)))
        .list("cc", &none)
        .list("bcc", &none)
        .text("subject", proposal.subject)
        .text("reason", "invites you")
        .text("source_file", proposal.source_file);
    if let Some(id) = proposal.in_reply_to {
        writer.text("in_reply_to", &format!("<{id}>"));
    }
    writer
        .text("invite", proposal.invite_file)
        .list("attachments", &none)
        .plain("draft_id", proposal.draft_id)
        .plain("generated_by", "offline")
        .list("context_used", &none);
    let mut out = writer.finish();
    out.push_str(&format!("# Invitation from {}\n\n", inert::line(proposal.organizer.label())));
    out.push_str(&super::callout(HOW));
    out.push('\n');
    out.push_str(&format!("**Regarding**: {}\n", wikilink(proposal.source_file)));
    if let Some(warning) = proposal.warning {
        out.push_str(&format!("\n> [!warning] {}\n", inert::line(warning)));
    }
    out.push_str(&format!("\n{}", invitation::table(proposal.invite, None, proposal.created.time_zone())));
    out.push_str(&format!("---\n\n## Draft Response\n\n\n---\n\n{FOOTER}\n"));
    out
}
