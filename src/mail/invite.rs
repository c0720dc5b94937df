//! A calendar invitation as a value (iCalendar, RFC 5545; iTIP, RFC 5546).

use super::clean;
use calcard::common::PartialDateTime;
use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarProperty, ICalendarValue,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::panic::catch_unwind;
use std::str::FromStr;

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

const MAX_TEXT: usize = 1 << 20;
const MAX_ATTENDEES: usize = 500;

/// Reads an invitation: its first event. `method` is the one of the Content-Type, which counts before the
/// calendar's own. `None` where there is no event in it.
pub(crate) fn parse(text: &str, method: Option<&str>) -> Option<Invite> {
    let text = clean::prefix(text, MAX_TEXT);
    // The parser is not ours: a panic of it costs the invitation, not the message.
    let calendar = catch_unwind(|| ICalendar::parse(text)).ok()?.ok()?;
    let events = || calendar.components.iter().filter(|c| c.component_type.is_event());
    let event = events().find(|c| !c.has_property(&ICalendarProperty::RecurrenceId)).or_else(|| events().next())?;
    let own_method = calendar.components.iter().find_map(|c| value(c, &ICalendarProperty::Method));
    let method = method.map(clean::header).filter(|m| !m.is_empty()).or(own_method).unwrap_or_default();
    let text = |p: ICalendarProperty| value(event, &p).unwrap_or_default();
    let (start, all_day) = match event.property(&ICalendarProperty::Dtstart) {
        Some(entry) => (instant(entry), is_date(entry)),
        None => (None, false),
    };
    let duration = event.property(&ICalendarProperty::Duration).and_then(|e| match e.values.first() {
        Some(ICalendarValue::Duration(d)) => Some(d.as_seconds()),
        _ => None,
    });
    let after = || Timestamp::from_second(start?.as_second().checked_add(duration?)?).ok();
    Some(Invite {
        method: clean::prefix(&method, 40).to_uppercase(),
        uid: text(ICalendarProperty::Uid),
        summary: text(ICalendarProperty::Summary),
        start,
        end: event.property(&ICalendarProperty::Dtend).and_then(instant).or_else(after),
        all_day,
        location: text(ICalendarProperty::Location),
        organizer: event.property(&ICalendarProperty::Organizer).map(person).unwrap_or_default(),
        attendees: event.properties(&ICalendarProperty::Attendee).take(MAX_ATTENDEES).map(attendee).collect(),
        recurring: event.has_property(&ICalendarProperty::Rrule),
    })
}

fn value(component: &ICalendarComponent, property: &ICalendarProperty) -> Option<String> {
    let value = component.property(property)?.values.first()?;
    let text = clean::header(clean::prefix(value.as_text()?, 2000));
    (!text.is_empty()).then_some(text)
}

fn parameter(entry: &ICalendarEntry, name: &ICalendarParameterName) -> Option<String> {
    let text = clean::header(clean::prefix(entry.parameter(name)?.as_text()?, 500));
    (!text.is_empty()).then_some(text)
}

fn person(entry: &ICalendarEntry) -> String {
    let address = || entry.calendar_address().map(clean::header).unwrap_or_default();
    parameter(entry, &ICalendarParameterName::Cn).unwrap_or_else(address)
}

fn attendee(entry: &ICalendarEntry) -> (String, String) {
    let answer = parameter(entry, &ICalendarParameterName::Partstat).unwrap_or_else(|| "needs-action".to_owned());
    (person(entry), answer.to_lowercase())
}

fn date_time(entry: &ICalendarEntry) -> Option<&PartialDateTime> {
    entry.values.first()?.as_partial_date_time()
}

fn is_date(entry: &ICalendarEntry) -> bool {
    date_time(entry).is_some_and(|d| d.hour.is_none())
}

/// The instant that a DTSTART or DTEND means. A time without a zone (floating) is taken as UTC, and so is one in
/// a zone that no database knows.
fn instant(entry: &ICalendarEntry) -> Option<Timestamp> {
    let d = date_time(entry)?;
    let part = |v: Option<u8>| i8::try_from(v.unwrap_or(0)).unwrap_or(0);
    let civil = DateTime::new(
        i16::try_from(d.year?).ok()?,
        i8::try_from(d.month?).ok()?,
        i8::try_from(d.day?).ok()?,
        part(d.hour),
        part(d.minute),
        part(d.second).min(59),
        0,
    )
    .ok()?;
    let utc = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    if let Some(hours) = d.tz_hour {
        let offset =
            (i64::from(hours) * 60 + i64::from(d.tz_minute.unwrap_or(0))) * 60 * if d.tz_minus { -1 } else { 1 };
        return Timestamp::from_second(utc.as_second().checked_sub(offset)?).ok();
    }
    let zone = parameter(entry, &ICalendarParameterName::Tzid).filter(|_| d.hour.is_some()).and_then(|id| zone(&id));
    match zone {
        Some(zone) => Some(civil.to_zoned(zone).ok()?.timestamp()),
        None => Some(utc),
    }
}

/// An IANA zone, or Windows's name for one.
fn zone(id: &str) -> Option<TimeZone> {
    let id = id.trim_matches(['"', '/']);
    let by_windows = || Tz::from_str(id).ok().and_then(|t| t.name()).and_then(|n| TimeZone::get(&n).ok());
    TimeZone::get(id).ok().or_else(by_windows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:request\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:Plan\\, and\r\n  more\r\n\
        DTSTART;TZID=Europe/Berlin:20260701T100000\r\nDURATION:PT90M\r\nLOCATION:Room 1\r\n\
        ORGANIZER;CN=Ada Park:mailto:ada@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:sam@example.org\r\n\
        ATTENDEE;CN=\"Lee, K\":mailto:k@example.org\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

    #[test]
    fn reads_a_request() {
        let invite = parse(REQUEST, None).expect("an invitation");
        assert_eq!((invite.method.as_str(), invite.summary.as_str()), ("REQUEST", "Plan, and more"));
        assert_eq!(invite.start.map(|t| t.to_string()).as_deref(), Some("2026-07-01T08:00:00Z"));
        assert_eq!(invite.end.map(|t| t.to_string()).as_deref(), Some("2026-07-01T09:30:00Z"));
        assert_eq!((invite.organizer.as_str(), invite.recurring, invite.all_day), ("Ada Park", true, false));
        let attendees: Vec<_> = invite.attendees.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        assert_eq!(attendees, [("sam@example.org", "accepted"), ("Lee, K", "needs-action")]);
    }

    #[test]
    fn times_in_every_form() {
        for (start, expect, all_day) in [
            ("DTSTART:20260701T100000Z", "2026-07-01T10:00:00Z", false),
            ("DTSTART:20260701T100000", "2026-07-01T10:00:00Z", false),
            ("DTSTART;VALUE=DATE:20260701", "2026-07-01T00:00:00Z", true),
            ("DTSTART;TZID=W. Europe Standard Time:20260701T100000", "2026-07-01T08:00:00Z", false),
            ("DTSTART;TZID=Nowhere:20260701T100000", "2026-07-01T10:00:00Z", false),
        ] {
            let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{start}\nEND:VEVENT\nEND:VCALENDAR\n");
            let invite = parse(&text, Some("cancel")).expect("an invitation");
            assert_eq!(invite.start.map(|t| t.to_string()).as_deref(), Some(expect), "{start}");
            assert_eq!((invite.all_day, invite.method.as_str()), (all_day, "CANCEL"));
        }
    }

    #[test]
    fn what_is_no_invitation_is_none() {
        for text in ["", "hello", "BEGIN:VCALENDAR\nEND:VCALENDAR", "BEGIN:VCARD\nEND:VCARD"] {
            assert_eq!(parse(text, None), None, "{text:?}");
        }
    }
}
