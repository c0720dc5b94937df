//! Answering an invitation, as values: whom a mail asks (iTIP REQUEST, RFC 5546 §3.2.2), and the words of the answer.
//!
//! No clock and no file: what is over, and what was overtaken, is asked with the facts at hand.

use super::owner::Owner;
use crate::mail::invite::Invite;
use crate::mail::{Address, Message};
use jiff::{Span, Timestamp};

/// What the owner answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Comes.
    Accept,
    /// Perhaps comes.
    Tentative,
    /// Does not come.
    Decline,
}

impl Answer {
    /// Reads `rsvp`, leniently: case, quotes, spaces, a trailing comment; `accepted`, `maybe`, `declined` and the like too.
    pub fn read(text: &str) -> Option<Answer> {
        let word = text.split('#').next().unwrap_or_default();
        let word = word.trim().trim_matches(['"', '\'', '“', '”']).trim().to_lowercase();
        match word.as_str() {
            "accept" | "accepted" | "yes" => Some(Answer::Accept),
            "tentative" | "tentatively" | "maybe" => Some(Answer::Tentative),
            "decline" | "declined" | "no" => Some(Answer::Decline),
            _ => None,
        }
    }

    /// PARTSTAT (RFC 5545 §3.2.12).
    pub fn partstat(self) -> &'static str {
        match self {
            Answer::Accept => "ACCEPTED",
            Answer::Tentative => "TENTATIVE",
            Answer::Decline => "DECLINED",
        }
    }

    /// The word in front of the answer's subject, as calendar programs have it.
    pub fn mark(self) -> &'static str {
        match self {
            Answer::Accept => "Accepted",
            Answer::Tentative => "Tentative",
            Answer::Decline => "Declined",
        }
    }

    /// What somebody does with it: `Sam Reed … the invitation`.
    pub fn verb(self) -> &'static str {
        match self {
            Answer::Accept => "accepts",
            Answer::Tentative => "tentatively accepts",
            Answer::Decline => "declines",
        }
    }
}

/// Whom an invitation asks, and who gets the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The owner's address, as invited.
    pub me: Address,
    /// The organizer.
    pub organizer: Address,
}

/// Whom the message's invitation asks for an answer; `None` where it does not ask the owner, or he has answered.
pub fn asked(message: &Message, owner: &Owner) -> Option<Asked> {
    let invite = message.invite.as_ref().filter(|i| i.method == "REQUEST" && !i.is_cancelled() && !i.uid.is_empty())?;
    let organizer = organizer(invite).filter(|organizer| !owner.is_me(organizer))?;
    let me = match attendee(invite, |address| owner.is_me(address)) {
        Some((me, answer)) => (answer == "needs-action").then_some(me)?,
        // Invited under a name that is not his, or not listed: the mail went to him all the same.
        None => message.to.iter().find(|a| owner.is_me(a)).map(|a| Address::bare(a.email.clone()))?,
    };
    Some(Asked { me, organizer })
}

/// The organizer, where the invitation gives a mail address.
pub fn organizer(invite: &Invite) -> Option<Address> {
    let email = Address::parse(&invite.organizer_address).ok()?.email;
    let name = if invite.organizer == invite.organizer_address { "" } else { invite.organizer.as_str() };
    Some(Address::named(name, email))
}

/// The first attendee who `is` meant, as invited, and the answer so far.
pub fn attendee(invite: &Invite, is: impl Fn(&Address) -> bool) -> Option<(Address, &str)> {
    let address = |a: &crate::mail::invite::Attendee| Address::parse(&a.address).ok().filter(|a| is(a));
    invite.attendees.iter().find_map(|a| Some((address(a)?, a.answer.as_str())))
}

/// True when the event is past: nobody waits for an answer. One that repeats may always come again.
pub fn is_over(invite: &Invite, now: Timestamp) -> bool {
    let lasts = if invite.all_day { Span::new().hours(24) } else { Span::new() };
    let end = invite.end.or_else(|| invite.start?.checked_add(lasts).ok());
    // A clock on the wall can be a day away from UTC.
    let end = end.and_then(|end| end.checked_add(Span::new().hours(14)).ok());
    invite.repeats.is_empty() && end.is_some_and(|end| end < now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::invite::Attendee;

    fn owner() -> Owner {
        Owner { name: "Sam Reed".into(), addresses: vec!["sam@example.org".into()] }
    }

    fn invitation(organizer: &str, attendees: &[(&str, &str)]) -> Message {
        let of = |(address, answer): &(&str, &str)| Attendee {
            name: "x".into(),
            address: (*address).into(),
            answer: (*answer).into(),
        };
        let invite = Invite {
            method: "REQUEST".into(),
            uid: "u".into(),
            organizer: "Ada Park".into(),
            organizer_address: organizer.into(),
            attendees: attendees.iter().map(of).collect(),
            ..Invite::default()
        };
        Message { invite: Some(invite), to: vec![Address::bare("team@example.com")], ..Message::default() }
    }

    #[test]
    fn who_is_asked() {
        let me = |message: &Message| asked(message, &owner()).map(|a| a.me.email);
        let plain =
            invitation("ada@example.com", &[("ben@e.com", "accepted"), ("SAM+cal@example.org", "needs-action")]);
        assert_eq!(me(&plain).as_deref(), Some("SAM+cal@example.org"));
        let organizer = asked(&plain, &owner()).map(|a| a.organizer.to_string());
        assert_eq!(organizer.as_deref(), Some("Ada Park <ada@example.com>"));
        let unlisted = Message {
            to: vec![Address::bare("sam@example.org")],
            ..invitation("ada@example.com", &[("team@example.com", "needs-action")])
        };
        assert_eq!(me(&unlisted).as_deref(), Some("sam@example.org"));
        for message in [
            invitation("ada@example.com", &[("sam@example.org", "accepted")]),
            invitation("ada@example.com", &[("team@example.com", "needs-action")]),
            invitation("Sam@example.org", &[("sam@example.org", "needs-action")]),
            invitation("urn:x", &[("sam@example.org", "needs-action")]),
            invitation("", &[("sam@example.org", "needs-action")]),
        ] {
            assert_eq!(me(&message), None, "{:?}", message.invite);
        }
        let with = |change: fn(&mut Invite)| {
            let mut message = invitation("ada@example.com", &[("sam@example.org", "needs-action")]);
            message.invite.as_mut().map(change).expect("an invitation");
            me(&message)
        };
        assert_eq!(with(|_| ()).as_deref(), Some("sam@example.org"));
        assert_eq!(with(|i| i.method = "CANCEL".into()), None);
        assert_eq!(with(|i| i.method = "PUBLISH".into()), None);
        assert_eq!(with(|i| i.status = "cancelled".into()), None);
        assert_eq!(with(|i| i.uid.clear()), None);
    }

    #[test]
    fn answers_are_read_leniently() {
        for (text, answer) in [
            ("accept", Some(Answer::Accept)),
            (" 'Accepted' # yes", Some(Answer::Accept)),
            ("Maybe", Some(Answer::Tentative)),
            ("tentative", Some(Answer::Tentative)),
            ("\"declined\"", Some(Answer::Decline)),
            ("accept | tentative", None),
            ("perhaps", None),
            ("", None),
        ] {
            assert_eq!(Answer::read(text), answer, "{text}");
        }
    }

    #[test]
    fn what_is_past_is_over() {
        let now: Timestamp = "2026-01-14T12:00:00Z".parse().expect("a time");
        let at = |text: &str| text.parse::<Timestamp>().ok();
        for (start, end, all_day, repeats, over) in [
            ("2026-01-12T10:00:00Z", None, false, "", true),
            ("2026-01-12T10:00:00Z", None, false, "every week", false),
            ("2026-01-12T10:00:00Z", Some("2026-01-15T10:00:00Z"), false, "", false),
            ("2026-01-14T10:00:00Z", None, false, "", false),
            ("2026-01-13T00:00:00Z", None, true, "", false),
            ("2026-01-11T00:00:00Z", None, true, "", true),
        ] {
            let invite = Invite {
                start: at(start),
                end: end.and_then(at),
                all_day,
                repeats: repeats.into(),
                ..Invite::default()
            };
            assert_eq!(is_over(&invite, now), over, "{start}");
        }
        assert!(!is_over(&Invite::default(), now));
    }
}
