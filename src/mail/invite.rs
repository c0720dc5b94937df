//! A calendar invitation as a value (iCalendar, RFC 5545; iTIP, RFC 5546).

use jiff::Timestamp;

/// What an invitation says, in the words that a reader wants. Texts are single lines, control-free.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Invite {
    /// METHOD, uppercased: `REQUEST`, `CANCEL`, `REPLY`, …; empty when absent.
    pub method: String,
    /// UID of the event.
    pub uid: String,
    /// SUMMARY.
    pub summary: String,
    /// DTSTART as an instant, when it can be resolved.
    pub start: Option<Timestamp>,
    /// DTEND (or DTSTART plus DURATION) as an instant.
    pub end: Option<Timestamp>,
    /// The event lasts whole days (VALUE=DATE): only the dates of `start` and `end` (UTC) count.
    pub all_day: bool,
    /// LOCATION.
    pub location: String,
    /// ORGANIZER: name or address.
    pub organizer: String,
    /// ATTENDEEs: name or address, and the answer (PARTSTAT, lowercased, `needs-action` by default).
    pub attendees: Vec<(String, String)>,
    /// An RRULE is present.
    pub recurring: bool,
}
