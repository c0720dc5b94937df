//! All that came about one event → how it stands now: updates, cancellations and answers matched to the first (RFC 5546 §3.2).
//!
//! The order in which they came makes no difference: SEQUENCE and DTSTAMP say what is newer.

use super::{Attendee, Invite};
use jiff::Timestamp;

/// How an event stands.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct State {
    /// The newest word of its organizer, with the answers that came since.
    pub event: Invite,
    /// It is off.
    pub cancelled: bool,
    /// Single times of a series that were moved, in the order of the series.
    pub moved: Vec<Invite>,
    /// Single times of a series that are off, in order.
    pub skipped: Vec<Timestamp>,
}

/// How the event stands of which the last of these speaks; others among them are left out. `None` where none is left that
/// says what the event is.
pub fn state(invites: &[&Invite]) -> Option<State> {
    let uid = &invites.last()?.uid;
    let mut all: Vec<&Invite> = invites.iter().copied().filter(|invite| invite.uid == *uid).collect();
    all.sort_by_key(|invite| (invite.sequence, invite.stamp));
    let whole = |invite: &&&Invite| invite.occurrence.is_none();
    let told = all.iter().filter(whole).rfind(|invite| invite.tells());
    let off = all.iter().filter(whole).rfind(|invite| invite.is_cancelled());
    let event = *told.or(off)?;
    let mut state = State {
        event: event.clone(),
        cancelled: off.is_some_and(|off| (off.sequence, off.stamp) >= (event.sequence, event.stamp)),
        ..State::default()
    };
    // Who answers an older version has not seen this one.
    let answers = |invite: &&&Invite| invite.method == "REPLY" && invite.sequence >= event.sequence;
    let mut replies: Vec<&Invite> = all.iter().filter(whole).filter(answers).copied().collect();
    replies.sort_by_key(|reply| reply.stamp);
    for answer in replies.iter().flat_map(|reply| &reply.attendees) {
        match state.event.attendees.iter_mut().find(|known| known.is(answer)) {
            Some(known) => known.answer.clone_from(&answer.answer),
            None => state.event.attendees.push(answer.clone()),
        }
    }
    for single in all.iter().filter(|invite| invite.occurrence.is_some()) {
        let Some(at) = single.occurrence else { continue };
        if single.is_cancelled() {
            state.moved.retain(|known| known.occurrence != Some(at));
            state.skipped.push(at);
        } else if single.tells() {
            state.skipped.retain(|known| *known != at);
            state.moved.retain(|known| known.occurrence != Some(at));
            state.moved.push((*single).clone());
        }
    }
    state.skipped.sort();
    state.skipped.dedup();
    state.moved.sort_by_key(|moved| moved.occurrence);
    Some(state)
}

/// What a later word of the organizer does to an invitation that waits for an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Later {
    /// It is off.
    Cancelled,
    /// It is another time, or another place.
    Changed,
}

/// What `other` does to `asked`, whichever came first.
pub fn overtakes(other: &Invite, asked: &Invite) -> Option<Later> {
    let newer = (other.sequence, other.stamp).cmp(&(asked.sequence, asked.stamp));
    let same = other.occurrence == asked.occurrence;
    match () {
        () if other.uid != asked.uid || newer.is_lt() => None,
        () if other.is_cancelled() => (same || other.occurrence.is_none()).then_some(Later::Cancelled),
        () => (same && newer.is_gt() && other.method == "REQUEST").then_some(Later::Changed),
    }
}

impl Invite {
    /// It says that the event, or this time of it, is off.
    pub fn is_cancelled(&self) -> bool {
        self.method == "CANCEL" || self.status == "cancelled"
    }

    /// It says what the event is: no answer, no wish, no cancellation.
    fn tells(&self) -> bool {
        !self.is_cancelled() && matches!(self.method.as_str(), "" | "REQUEST" | "PUBLISH" | "ADD")
    }
}

impl Attendee {
    fn is(&self, other: &Attendee) -> bool {
        if self.address.is_empty() || other.address.is_empty() {
            self.name == other.name
        } else {
            self.address.eq_ignore_ascii_case(&other.address)
        }
    }
}
