//! A recurrence rule (RFC 5545 §3.3.10) in words: `every 2 weeks on Monday and Friday, 10 times`.

use calcard::icalendar::{ICalendarDay, ICalendarFrequency, ICalendarRecurrenceRule, ICalendarWeekday};
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;

/// A rule with more days, months or hours than these is cut.
const MAX_LISTED: usize = 12;
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// The rule of an event that begins on that date, in its own time zone.
pub(super) fn words(rule: &ICalendarRecurrenceRule, start: Option<Date>, zone: &TimeZone) -> String {
    let interval = rule.interval.unwrap_or(1).max(1);
    let plain = rule.bysetpos.is_empty() && rule.byday.iter().all(|day| day.ordwk.is_none());
    let workdays = plain && interval == 1 && is(&rule.byday, &WORKDAYS);
    let mut out = match rule.freq {
        ICalendarFrequency::Weekly | ICalendarFrequency::Daily if workdays => "every weekday".to_owned(),
        freq => format!("{}{}", every(freq, interval), days(rule, start)),
    };
    for (values, before) in [
        (listed(rule.byyearday.iter().map(|day| of_year("day", i32::from(*day)))), " on "),
        (listed(rule.byweekno.iter().map(|week| of_year("week", i32::from(*week)))), " in "),
        (listed(rule.byhour.iter().map(|hour| format!("{hour}h"))), " at "),
        (listed(rule.byminute.iter().map(u8::to_string)), " at minute "),
    ] {
        if !values.is_empty() {
            out.push_str(before);
            out.push_str(&values);
        }
    }
    let last =
        rule.until.as_ref().and_then(|until| super::moment_of(until, zone)).map(|at| at.to_zoned(zone.clone()).date());
    match (rule.count, last) {
        (Some(1), _) => out.push_str(", once"),
        (Some(count), _) => out.push_str(&format!(", {count} times")),
        (None, Some(last)) => out.push_str(&format!(", until {last}")),
        (None, None) => {}
    }
    out
}

fn every(freq: ICalendarFrequency, interval: u16) -> String {
    let unit = match freq {
        ICalendarFrequency::Yearly => "year",
        ICalendarFrequency::Monthly => "month",
        ICalendarFrequency::Weekly => "week",
        ICalendarFrequency::Daily => "day",
        ICalendarFrequency::Hourly => "hour",
        ICalendarFrequency::Minutely => "minute",
        ICalendarFrequency::Secondly => "second",
    };
    if interval == 1 { format!("every {unit}") } else { format!("every {interval} {unit}s") }
}

/// ` on Monday and Friday`, ` on the second Tuesday`, ` on 5 March`: what the rule says, else what follows from the first day.
fn days(rule: &ICalendarRecurrenceRule, start: Option<Date>) -> String {
    let months: Vec<&str> = rule.bymonth.iter().filter_map(|m| month(m.month())).collect();
    let own = |date: Date| month(date.month().unsigned_abs()).unwrap_or_default();
    let by_day = !rule.byday.is_empty() || !rule.bymonthday.is_empty();
    let free = !by_day && rule.byyearday.is_empty() && rule.byweekno.is_empty();
    match (rule.freq, start) {
        (ICalendarFrequency::Weekly, Some(start)) if free && months.is_empty() => {
            return format!(" on {}", name(start.weekday()));
        }
        (ICalendarFrequency::Monthly, Some(start)) if free && months.is_empty() => {
            return format!(" on day {}", start.day());
        }
        (ICalendarFrequency::Yearly, Some(start)) if free => {
            let months = if months.is_empty() { own(start).to_owned() } else { listed(months.iter()) };
            return format!(" on {} {months}", start.day());
        }
        _ => {}
    }
    if let (ICalendarFrequency::Yearly, [day @ 1..=31], [month], true) =
        (rule.freq, rule.bymonthday.as_slice(), months.as_slice(), rule.byday.is_empty() && rule.bysetpos.is_empty())
    {
        return format!(" on {day} {month}");
    }
    let mut out = String::new();
    if !rule.byday.is_empty() {
        out.push_str(&weekdays(rule));
    }
    if !rule.bymonthday.is_empty() {
        let days = rule.bymonthday.iter().map(|day| match day {
            1.. => format!("day {day}"),
            _ => format!("the {}", nth(i32::from(*day), "day")),
        });
        out.push_str(&format!(" on {}", listed(days)));
    }
    if !months.is_empty() {
        out.push_str(&format!(" in {}", listed(months.iter())));
    }
    out
}

fn weekdays(rule: &ICalendarRecurrenceRule) -> String {
    let names = || rule.byday.iter().map(|day| name(weekday(day.weekday)));
    if !rule.bysetpos.is_empty() {
        let what = match () {
            () if is(&rule.byday, &WORKDAYS) => "weekday".to_owned(),
            () if is(&rule.byday, &WEEKEND) => "day of the weekend".to_owned(),
            () if rule.byday.len() == 7 => "day".to_owned(),
            () => names().collect::<Vec<_>>().join(" or "),
        };
        return format!(" on the {}", listed(rule.bysetpos.iter().map(|at| nth(*at, &what))));
    }
    if rule.byday.iter().any(|day| day.ordwk.is_some()) {
        let each = rule.byday.iter().map(|day| match day.ordwk {
            Some(at) => format!("the {}", nth(i32::from(at), name(weekday(day.weekday)))),
            None => format!("every {}", name(weekday(day.weekday))),
        });
        return format!(" on {}", listed(each));
    }
    let each = if matches!(rule.freq, ICalendarFrequency::Weekly | ICalendarFrequency::Daily) { "" } else { "every " };
    format!(" on {each}{}", listed(names()))
}

/// `second Tuesday`, `last day`, `last Friday but one`.
fn nth(at: i32, what: &str) -> String {
    const ORDINALS: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];
    let place = usize::try_from(at.unsigned_abs()).unwrap_or_default();
    match (at, ORDINALS.get(place.wrapping_sub(1))) {
        (0, _) => what.to_owned(),
        (-1, _) => format!("last {what}"),
        (..0, _) => format!("{what} {place} from the end"),
        (_, Some(word)) => format!("{word} {what}"),
        _ => format!("{what} {place}"),
    }
}

/// `day 100 of the year`, `week 1 from the end of the year`.
fn of_year(what: &str, at: i32) -> String {
    let from_end = if at < 0 { "from the end " } else { "" };
    format!("{what} {} {from_end}of the year", at.unsigned_abs())
}

const WORKDAYS: [ICalendarWeekday; 5] = [
    ICalendarWeekday::Monday,
    ICalendarWeekday::Tuesday,
    ICalendarWeekday::Wednesday,
    ICalendarWeekday::Thursday,
    ICalendarWeekday::Friday,
];
const WEEKEND: [ICalendarWeekday; 2] = [ICalendarWeekday::Saturday, ICalendarWeekday::Sunday];

fn is(days: &[ICalendarDay], wanted: &[ICalendarWeekday]) -> bool {
    days.len() == wanted.len() && wanted.iter().all(|day| days.iter().any(|d| d.weekday == *day))
}

fn month(number: u8) -> Option<&'static str> {
    MONTHS.get(usize::from(number).checked_sub(1)?).copied()
}

/// The day of the week.
pub(super) fn weekday(day: ICalendarWeekday) -> Weekday {
    match day {
        ICalendarWeekday::Monday => Weekday::Monday,
        ICalendarWeekday::Tuesday => Weekday::Tuesday,
        ICalendarWeekday::Wednesday => Weekday::Wednesday,
        ICalendarWeekday::Thursday => Weekday::Thursday,
        ICalendarWeekday::Friday => Weekday::Friday,
        ICalendarWeekday::Saturday => Weekday::Saturday,
        ICalendarWeekday::Sunday => Weekday::Sunday,
    }
}

fn name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "Monday",
        Weekday::Tuesday => "Tuesday",
        Weekday::Wednesday => "Wednesday",
        Weekday::Thursday => "Thursday",
        Weekday::Friday => "Friday",
        Weekday::Saturday => "Saturday",
        Weekday::Sunday => "Sunday",
    }
}

/// `a, b and c`.
pub(super) fn listed(items: impl Iterator<Item = impl ToString>) -> String {
    let mut items: Vec<String> = items.take(MAX_LISTED + 1).map(|item| item.to_string()).collect();
    if items.len() > MAX_LISTED {
        items.truncate(MAX_LISTED);
        items.push("more".to_owned());
    }
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
