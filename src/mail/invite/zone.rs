//! The time zone that an invitation names: a name of the database, one of Windows's, or what its own VTIMEZONE defines
//! (RFC 5545 §3.6.5).

use calcard::common::timezone::Tz;
use calcard::icalendar::{
    ICalendar, ICalendarComponent, ICalendarComponentType, ICalendarFrequency, ICalendarProperty,
    ICalendarRecurrenceRule, ICalendarValue,
};
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::str::FromStr;

/// The zone of a TZID, for an event at that time. Known names come first: what old programs define of them is often outdated.
pub(super) fn named(id: &str, calendar: &ICalendar, at: DateTime) -> Option<TimeZone> {
    let bare = id.trim_matches(['"', '/', ' ']);
    let known = || match Tz::from_str(id.trim_matches('"')).ok()? {
        Tz::Tz(zone) => TimeZone::get(zone.name()).ok(),
        _ => None,
    };
    TimeZone::get(bare).ok().or_else(known).or_else(|| defined(id, calendar, at)).or_else(|| fixed(id))
}

/// `(UTC+01:00) Somewhere`.
fn fixed(id: &str) -> Option<TimeZone> {
    let name = Tz::from_str(id).ok().filter(|zone| matches!(zone, Tz::Fixed(_)))?.name()?;
    TimeZone::get(&name).ok()
}

/// One half of the year, as a VTIMEZONE gives it.
struct Observance<'c> {
    start: DateTime,
    /// Seconds east of Greenwich.
    offset: i32,
    rule: Option<&'c ICalendarRecurrenceRule>,
}

fn defined(id: &str, calendar: &ICalendar, at: DateTime) -> Option<TimeZone> {
    let text =
        |c: &ICalendarComponent| c.property(&ICalendarProperty::Tzid)?.values.first()?.as_text().map(str::to_owned);
    let zones = calendar.components.iter().filter(|c| c.component_type == ICalendarComponentType::VTimezone);
    let zone = zones.clone().find(|c| text(c).is_some_and(|own| own == id))?;
    let halves = |kind: ICalendarComponentType| {
        let ids = zone.component_ids.iter().filter_map(|i| calendar.components.get(usize::try_from(*i).ok()?));
        let all: Vec<Observance<'_>> = ids.filter(|c| c.component_type == kind).filter_map(observance).collect();
        // The one that holds at the time of the event: the last that began before it.
        let begun = all.iter().filter(|o| o.start <= at).map(|o| o.start).max();
        let wanted = begun.or_else(|| all.iter().map(|o| o.start).min());
        all.into_iter().find(|o| Some(o.start) == wanted)
    };
    let (standard, daylight) = (halves(ICalendarComponentType::Standard), halves(ICalendarComponentType::Daylight));
    if let (Some(standard), Some(daylight)) = (&standard, &daylight)
        && let (Some(out), Some(back)) = (posix_rule(daylight), posix_rule(standard))
    {
        let posix =
            format!("<STD>{}<DST>{},{out},{back}", posix_offset(standard.offset), posix_offset(daylight.offset));
        return TimeZone::posix(&posix).ok();
    }
    let last = [standard, daylight].into_iter().flatten().max_by_key(|o| (o.start <= at, o.start))?;
    Some(TimeZone::fixed(Offset::from_seconds(last.offset).ok()?))
}

fn observance(component: &ICalendarComponent) -> Option<Observance<'_>> {
    let time = |property| component.property(&property)?.values.first()?.as_partial_date_time();
    let offset = time(ICalendarProperty::Tzoffsetto)?;
    let seconds = i32::from(offset.tz_hour?) * 3600 + i32::from(offset.tz_minute.unwrap_or(0)) * 60;
    let rule = component.property(&ICalendarProperty::Rrule).and_then(|entry| match entry.values.first() {
        Some(ICalendarValue::RecurrenceRule(rule)) => Some(rule.as_ref()),
        _ => None,
    });
    Some(Observance {
        start: super::civil(time(ICalendarProperty::Dtstart)?)?,
        offset: if offset.tz_minus { -seconds } else { seconds },
        rule,
    })
}

/// `M3.5.0/02:00:00` (POSIX.1 §8.3): yearly, in one month, on the n-th or last of a weekday.
fn posix_rule(observance: &Observance<'_>) -> Option<String> {
    let rule = observance.rule.filter(|r| r.freq == ICalendarFrequency::Yearly)?;
    let ([month], [day]) = (rule.bymonth.as_slice(), rule.byday.as_slice()) else { return None };
    let week = match (day.ordwk, rule.bymonthday.iter().min()) {
        (Some(-1), _) => 5,
        (Some(week @ 1..=5), _) => week,
        // `BYDAY=SU;BYMONTHDAY=8,9,10,11,12,13,14`: the second.
        (None, Some(first @ 1..=29)) if rule.bymonthday.len() == 7 => i16::from((first - 1) / 7 + 1),
        _ => return None,
    };
    let time = observance.start.time();
    let weekday = super::repeats::weekday(day.weekday).to_sunday_zero_offset();
    Some(format!("M{}.{week}.{weekday}/{:02}:{:02}:{:02}", month.month(), time.hour(), time.minute(), time.second()))
}

/// POSIX counts westward.
fn posix_offset(east: i32) -> String {
    let west = east.unsigned_abs();
    let sign = if east > 0 { "-" } else { "" };
    format!("{sign}{:02}:{:02}:{:02}", west / 3600, west / 60 % 60, west % 60)
}
