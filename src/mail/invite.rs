//! A calendar invitation as a value (iCalendar, RFC 5545; iTIP, RFC 5546).
//!
//! Text in, one [`Invite`] out: what one mail says of one event. What several mails say of it together is
//! [`state::state`]. No clock and no zone of the reader's: where times are shown, they are turned into those.

mod repeats;
pub mod state;
mod zone;

use super::clean;
use calcard::common::PartialDateTime;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarEntry, ICalendarParameterName, ICalendarProperty, ICalendarValue,
};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::panic::catch_unwind;

/// What an invitation says, in the words that a reader wants. Texts are single lines, control-free.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Invite {
    /// METHOD, uppercased: `REQUEST`, `CANCEL`, `REPLY`, …; empty when absent.
    pub method: String,
    /// UID of the event.
    pub uid: String,
    /// SEQUENCE: how often the organizer changed it.
    pub sequence: i64,
    /// DTSTAMP: when this was written.
    pub stamp: Option<Timestamp>,
    /// STATUS, lowercased: `confirmed`, `tentative`, `cancelled`; empty when absent.
    pub status: String,
    /// SUMMARY.
    pub summary: String,
    /// DTSTART as an instant, when it can be resolved.
    pub start: Option<Timestamp>,
    /// DTEND (or DTSTART plus DURATION) as an instant.
    pub end: Option<Timestamp>,
    /// The event lasts whole days (VALUE=DATE): only the dates of `start` and `end` (UTC) count.
    pub all_day: bool,
    /// Whose clock `start` and `end` go by.
    pub clock: Clock,
    /// RECURRENCE-ID: this is about that one time of a series.
    pub occurrence: Option<Timestamp>,
    /// LOCATION.
    pub location: String,
    /// ORGANIZER: name or address.
    pub organizer: String,
    /// ORGANIZER's address, as sent.
    pub organizer_address: String,
    /// ATTENDEEs.
    pub attendees: Vec<Attendee>,
    /// RRULE, RDATE and EXDATE in words, by the event's own clock; empty for an event that happens once.
    pub repeats: String,
}

/// Somebody who is invited.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attendee {
    /// Name or address.
    pub name: String,
    /// The address, as sent.
    pub address: String,
    /// PARTSTAT, lowercased, `needs-action` by default.
    pub answer: String,
}

/// Whose clock the times of an event go by.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Clock {
    /// They are instants, whoever looks.
    #[default]
    Utc,
    /// They are instants, and were set in this zone.
    Zone(TimeZone),
    /// The clock on the wall, wherever one is (RFC 5545 §3.3.5): what `start` and `end` show in UTC. So are days.
    Wall,
    /// The clock on the wall of a zone that is not known: what `start` and `end` show in UTC.
    Unknown(String),
}

const MAX_TEXT: usize = 1 << 20;
const MAX_ATTENDEES: usize = 500;
/// So many of the dates that are added to a rule or left out.
const MAX_DATES: usize = 60;

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
    let moment = |p: ICalendarProperty| event.property(&p).and_then(|entry| moment(entry, &calendar));
    let start = moment(ICalendarProperty::Dtstart);
    let at = start.as_ref().map(|start| start.at);
    let clock = start.map(|start| start.clock).unwrap_or_default();
    let duration = event.property(&ICalendarProperty::Duration).and_then(|e| match e.values.first() {
        Some(ICalendarValue::Duration(d)) => Some(d.as_seconds()),
        _ => None,
    });
    let after = || Timestamp::from_second(at?.as_second().checked_add(duration?)?).ok();
    let sequence = event.property(&ICalendarProperty::Sequence).and_then(|e| e.values.first()?.as_integer());
    Some(Invite {
        method: clean::prefix(&method, 40).to_uppercase(),
        uid: text(ICalendarProperty::Uid),
        sequence: sequence.unwrap_or_default(),
        stamp: moment(ICalendarProperty::Dtstamp).map(|m| m.at),
        status: clean::prefix(&text(ICalendarProperty::Status), 40).to_lowercase(),
        summary: text(ICalendarProperty::Summary),
        start: at,
        end: moment(ICalendarProperty::Dtend).map(|m| m.at).or_else(after),
        all_day: event.property(&ICalendarProperty::Dtstart).is_some_and(is_date),
        occurrence: moment(ICalendarProperty::RecurrenceId).map(|m| m.at),
        location: text(ICalendarProperty::Location),
        organizer: event.property(&ICalendarProperty::Organizer).map(person).unwrap_or_default(),
        organizer_address: event.property(&ICalendarProperty::Organizer).map(address).unwrap_or_default(),
        attendees: event.properties(&ICalendarProperty::Attendee).take(MAX_ATTENDEES).map(attendee).collect(),
        repeats: repeats(event, at, &clock),
        clock,
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

fn address(entry: &ICalendarEntry) -> String {
    entry.calendar_address().map(|address| clean::header(clean::prefix(address, 500))).unwrap_or_default()
}

fn person(entry: &ICalendarEntry) -> String {
    parameter(entry, &ICalendarParameterName::Cn).unwrap_or_else(|| address(entry))
}

fn attendee(entry: &ICalendarEntry) -> Attendee {
    let answer = parameter(entry, &ICalendarParameterName::Partstat).unwrap_or_else(|| "needs-action".to_owned());
    Attendee { name: person(entry), address: address(entry), answer: answer.to_lowercase() }
}

fn date_time(entry: &ICalendarEntry) -> Option<&PartialDateTime> {
    entry.values.first()?.as_partial_date_time()
}

fn is_date(entry: &ICalendarEntry) -> bool {
    date_time(entry).is_some_and(|d| d.hour.is_none())
}

/// What a DTSTART or DTEND means.
struct Moment {
    at: Timestamp,
    clock: Clock,
}

fn moment(entry: &ICalendarEntry, calendar: &ICalendar) -> Option<Moment> {
    let time = date_time(entry)?;
    let civil = civil(time)?;
    let clock = match parameter(entry, &ICalendarParameterName::Tzid) {
        _ if time.tz_hour.is_some() => Clock::Utc,
        Some(id) if time.hour.is_some() => zone::named(&id, calendar, civil)
            .map_or_else(|| Clock::Unknown(clean::prefix(&id, 80).to_owned()), Clock::Zone),
        _ => Clock::Wall,
    };
    let at = moment_of(time, &clock.zone())?;
    Some(Moment { at, clock })
}

impl Clock {
    /// The zone in which the times show what was written.
    fn zone(&self) -> TimeZone {
        match self {
            Clock::Zone(zone) => zone.clone(),
            Clock::Utc | Clock::Wall | Clock::Unknown(_) => TimeZone::UTC,
        }
    }
}

/// Date and time as written.
fn civil(d: &PartialDateTime) -> Option<DateTime> {
    let part = |v: Option<u8>| i8::try_from(v.unwrap_or(0)).unwrap_or(0);
    DateTime::new(
        i16::try_from(d.year?).ok()?,
        i8::try_from(d.month?).ok()?,
        i8::try_from(d.day?).ok()?,
        part(d.hour),
        part(d.minute),
        part(d.second).min(59),
        0,
    )
    .ok()
}

/// The instant of a time that was written in that zone, or with its own offset.
fn moment_of(d: &PartialDateTime, zone: &TimeZone) -> Option<Timestamp> {
    let civil = civil(d)?;
    if let Some(hours) = d.tz_hour {
        let utc = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
        let offset =
            (i64::from(hours) * 60 + i64::from(d.tz_minute.unwrap_or(0))) * 60 * if d.tz_minus { -1 } else { 1 };
        return Timestamp::from_second(utc.as_second().checked_sub(offset)?).ok();
    }
    Some(civil.to_zoned(zone.clone()).ok()?.timestamp())
}

/// When it happens besides the first time.
fn repeats(event: &ICalendarComponent, start: Option<Timestamp>, clock: &Clock) -> String {
    let zone = &clock.zone();
    let first = start.map(|at| at.to_zoned(zone.clone()).date());
    let mut words = event.property(&ICalendarProperty::Rrule).map(|entry| match entry.values.first() {
        Some(ICalendarValue::RecurrenceRule(rule)) => repeats::words(rule, first, zone),
        _ => "again and again".to_owned(),
    });
    for (property, before) in [(ICalendarProperty::Rdate, "also on "), (ICalendarProperty::Exdate, "but not on ")] {
        let values = event.properties(&property).flat_map(|entry| &entry.values);
        let times = values.take(MAX_DATES).filter_map(|value| moment_of(value.as_partial_date_time()?, zone));
        let dates = repeats::listed(times.map(|at| at.to_zoned(zone.clone()).date()));
        if !dates.is_empty() {
            let words = words.get_or_insert_default();
            words.push_str(if words.is_empty() { "" } else { ", " });
            words.push_str(before);
            words.push_str(&dates);
        }
    }
    words.unwrap_or_default()
}

#[cfg(test)]
mod tests;
