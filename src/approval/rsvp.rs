//! What an approved answer to an invitation says: from the invitation's own file and from what the owner wrote.

use super::Identity;
use crate::mail::invite::Invite;
use crate::mail::{Address, inert};
use crate::note::draft::DraftNote;
use crate::note::invitation;
use crate::note::owner::Owner;
use crate::note::rsvp::{self, Answer};

/// An answer to an invitation (iTIP REPLY, RFC 5546 §3.2.3).
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What is answered.
    pub invite: Invite,
    /// The answer.
    pub answer: Answer,
    /// Who was invited: the owner, under the address that the organizer knows.
    pub attendee: Address,
    /// Words of the owner's that go with it; empty for none.
    pub comment: String,
}

impl Reply {
    /// The answer that a draft gives, or why there is none.
    pub(super) fn of(
        draft: &DraftNote,
        invite: Option<&Result<Box<Invite>, String>>,
        (from, identities): (&Address, &[Identity]),
        comment: &str,
    ) -> Result<Reply, String> {
        const WORDS: &str = "write accept, tentative or decline";
        let written = draft.rsvp.as_deref().ok_or_else(|| format!("`rsvp` is empty; {WORDS}"))?;
        let answer = Answer::read(written).ok_or_else(|| format!("`rsvp`: {written:?} is no answer; {WORDS}"))?;
        let invite = match invite {
            Some(Ok(invite)) => (**invite).clone(),
            Some(Err(reason)) => return Err(reason.clone()),
            None => return Err("it names no invitation".to_owned()),
        };
        let all = identities.iter().map(|i| i.address.email.clone()).collect();
        let (one, all) = (
            Owner { name: String::new(), addresses: vec![from.email.clone()] },
            Owner { name: String::new(), addresses: all },
        );
        let invited = rsvp::attendee(&invite, |a| one.is_me(a)).or_else(|| rsvp::attendee(&invite, |a| all.is_me(a)));
        let attendee = invited.map_or_else(|| from.email.clone(), |(address, _)| address.email);
        let attendee = Address { name: from.name.clone(), email: attendee };
        Ok(Reply { invite, answer, attendee, comment: comment.to_owned() })
    }

    /// The subject: the answer, and the event's name or what the owner put in its place.
    pub(super) fn subject(&self, written: Option<&str>) -> String {
        let name = written.map(str::trim).filter(|s| !s.is_empty()).unwrap_or(&self.invite.summary);
        let mark = format!("{}: ", self.answer.mark());
        match name {
            "" => format!("{mark}(no subject)"),
            name if name.starts_with(&mark) => name.to_owned(),
            name => mark + name,
        }
    }

    /// The text for whoever reads the answer as a mail, as Markdown: what the calendar says, in words.
    pub(super) fn text(&self) -> String {
        let (what, when) = invitation::in_words(&self.invite);
        let what = if what.is_empty() { String::new() } else { format!(" to “{}”", inert::line(&what)) };
        let when = if when.is_empty() { String::new() } else { format!(", {when}") };
        let who = inert::line(self.attendee.label());
        let once = if self.invite.occurrence.is_some() { " (this one time)" } else { "" };
        let said = format!("{who} {} the invitation{what}{when}{once}.", self.answer.verb());
        if self.comment.is_empty() { said } else { format!("{said}\n\n{}", self.comment) }
    }

    /// Everything of it that was approved, for the hash.
    pub(super) fn fingerprint(&self) -> serde_json::Value {
        let Reply { invite, answer, attendee, comment } = self;
        let at = |t: Option<jiff::Timestamp>| t.map(|t| t.as_second());
        serde_json::json!([
            invite.uid,
            invite.sequence,
            at(invite.occurrence),
            invite.organizer_address,
            invite.organizer,
            at(invite.start),
            at(invite.end),
            invite.all_day,
            invite.summary,
            answer.partstat(),
            attendee.to_string(),
            comment
        ])
    }
}
