//! What a source note shows of an invitation: a table, with times on the owner's clock.

use crate::mail::inert;
use crate::mail::invite::state::State;
use crate::mail::invite::{Attendee, Clock, Invite};
use jiff::Timestamp;
use jiff::tz::TimeZone;

const DAY: &str = "%A, %Y-%m-%d";
const TIME: &str = "%A, %Y-%m-%d %H:%M";

/// The event in words by its own clock: its name and when it is, for whoever made it.
pub fn in_words(invite: &Invite) -> (String, String) {
    let zone = match &invite.clock {
        Clock::Zone(zone) => zone.clone(),
        Clock::Utc | Clock::Wall | Clock::Unknown(_) => TimeZone::UTC,
    };
    let named = match &invite.clock {
        Clock::Utc if !invite.all_day => " (UTC)".to_owned(),
        Clock::Zone(zone) => zone.iana_name().map(|name| format!(" ({name})")).unwrap_or_default(),
        _ => String::new(),
    };
    let when = when(invite, &zone);
    (invite.summary.clone(), if when.is_empty() { when } else { when + &named })
}

/// The table, with the blank line below it. `zone` is the owner's; `so_far` says how the event stands, where mails about it
/// came before this one.
pub(super) fn table(invite: &Invite, so_far: Option<&State>, zone: &TimeZone) -> String {
    let mut out = "| Invitation | |\n| --- | --- |\n".to_owned();
    // An answer says what it answers in passing, or not at all.
    let answers = invite.method == "REPLY";
    let event = so_far.filter(|_| answers && invite.occurrence.is_none()).map_or(invite, |state| &state.event);
    let whole = so_far.filter(|_| invite.occurrence.is_none());
    let attendees = whole.map_or(&invite.attendees, |state| &state.event.attendees);
    let singles = whole.filter(|_| !invite.is_cancelled());
    let who = |attendees: &[Attendee]| attendees.iter().map(answered).collect::<Vec<_>>().join(", ");
    let only = invite.occurrence.filter(|_| !invite.is_cancelled()).map(|at| moment(at, invite, zone));
    for (label, value) in [
        ("What", inert::line(&event.summary)),
        ("When", when(event, zone)),
        ("Instead of", only.unwrap_or_default()),
        ("Repeats", repeats(event, zone)),
        ("Moved", singles.map(|state| moved(state, zone)).unwrap_or_default()),
        ("Not on", singles.map(|state| skipped(state, zone)).unwrap_or_default()),
        ("Where", inert::line(&event.location)),
        ("Organizer", inert::line(&event.organizer)),
        ("Answer", if answers { who(&invite.attendees) } else { String::new() }),
        (
            if answers { "Who, so far" } else { "Who" },
            if answers && whole.is_none() { String::new() } else { who(attendees) },
        ),
        ("Status", status(invite, so_far, zone)),
    ] {
        if !value.is_empty() {
            out.push_str(&format!("| **{label}** | {value} |\n"));
        }
    }
    out.push('\n');
    out
}

fn moment(at: Timestamp, invite: &Invite, zone: &TimeZone) -> String {
    at.to_zoned(shown_in(invite, zone)).strftime(if invite.all_day { DAY } else { TIME }).to_string()
}

/// The single times of a series that were moved.
fn moved(state: &State, zone: &TimeZone) -> String {
    let one = |moved: &Invite| Some(format!("{} → {}", moment(moved.occurrence?, moved, zone), when(moved, zone)));
    state.moved.iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

fn skipped(state: &State, zone: &TimeZone) -> String {
    state.skipped.iter().map(|at| moment(*at, &state.event, zone)).collect::<Vec<_>>().join("; ")
}

/// The zone whose clock shows the event: the owner's, but for days and for times without a zone.
fn shown_in(invite: &Invite, zone: &TimeZone) -> TimeZone {
    match invite.clock {
        Clock::Wall | Clock::Unknown(_) => TimeZone::UTC,
        Clock::Utc | Clock::Zone(_) => zone.clone(),
    }
}

fn when(invite: &Invite, zone: &TimeZone) -> String {
    let Some(start) = invite.start else { return String::new() };
    if invite.all_day {
        let day = |t: Timestamp| t.to_zoned(TimeZone::UTC).strftime(DAY).to_string();
        // DTEND of a whole-day event is the day after its last (RFC 5545 §3.6.1).
        let last = invite.end.and_then(|e| e.checked_sub(jiff::Span::new().hours(24)).ok()).filter(|e| *e > start);
        return last.map_or_else(|| day(start), |last| format!("{} to {}", day(start), day(last)));
    }
    let shown = span(start, invite.end, &shown_in(invite, zone), TIME);
    match (&invite.clock, elsewhere(invite, zone)) {
        (Clock::Unknown(name), _) => format!("{shown} (in {})", inert::line(name)),
        (_, Some((theirs, name))) => {
            let same_day = start.to_zoned(zone.clone()).date() == start.to_zoned(theirs.clone()).date();
            format!(
                "{shown} ({} in {name})",
                span(start, invite.end, theirs, if same_day { "%H:%M" } else { "%A %H:%M" })
            )
        }
        _ => shown,
    }
}

fn span(start: Timestamp, end: Option<Timestamp>, zone: &TimeZone, format: &str) -> String {
    let start = start.to_zoned(zone.clone());
    let tail = match end.map(|end| end.to_zoned(zone.clone())) {
        Some(end) if end.date() == start.date() => format!(" to {}", end.strftime("%H:%M")),
        Some(end) => format!(" to {}", end.strftime(TIME)),
        None => String::new(),
    };
    format!("{}{tail}", start.strftime(format))
}

/// The zone that the event was set in and its name, where its clocks show another time than the owner's.
fn elsewhere<'i>(invite: &'i Invite, zone: &TimeZone) -> Option<(&'i TimeZone, &'i str)> {
    let (Clock::Zone(theirs), Some(start)) = (&invite.clock, invite.start) else { return None };
    let differs = theirs.to_offset(start) != zone.to_offset(start);
    theirs.iana_name().filter(|_| differs).map(|name| (theirs, name))
}

fn repeats(invite: &Invite, zone: &TimeZone) -> String {
    let away = invite.clock == Clock::Utc && invite.start.is_some_and(|start| zone.to_offset(start).seconds() != 0);
    match elsewhere(invite, zone).map(|(_, name)| name).or(away.then_some("UTC")) {
        Some(name) if !invite.repeats.is_empty() => format!("{} (in {name})", invite.repeats),
        _ => invite.repeats.clone(),
    }
}

fn answered(attendee: &Attendee) -> String {
    let answer = match attendee.answer.as_str() {
        "needs-action" => "no answer yet".to_owned(),
        answer => inert::line(answer),
    };
    format!("{} ({answer})", inert::line(&attendee.name))
}

fn status(invite: &Invite, so_far: Option<&State>, zone: &TimeZone) -> String {
    let said = said(invite);
    let Some(state) = so_far else { return said.to_owned() };
    let newer = (state.event.sequence, state.event.stamp) > (invite.sequence, invite.stamp);
    match () {
        () if invite.is_cancelled() => said.to_owned(),
        () if state.cancelled => {
            [said, "the event is cancelled"].into_iter().filter(|s| !s.is_empty()).collect::<Vec<_>>().join("; ")
        }
        () if invite.method != "REPLY" && newer && invite.occurrence.is_none() => {
            format!("an older version: now it is {}", when(&state.event, zone))
        }
        () => said.to_owned(),
    }
}

/// What the mail itself does to the event.
fn said(invite: &Invite) -> &'static str {
    let single = invite.occurrence.is_some();
    match invite.method.as_str() {
        "REPLY" if !invite.attendees.is_empty() => "",
        "REPLY" => "an answer",
        "COUNTER" => "another time is proposed",
        "DECLINECOUNTER" => "the time that was proposed is declined",
        "REFRESH" => "asks how the event stands",
        _ if invite.is_cancelled() && single => "this one time is cancelled",
        _ if invite.is_cancelled() => "cancelled",
        "ADD" => "one more time of a series",
        _ if single => "this one time is changed",
        _ if invite.sequence > 0 => "updated",
        _ if invite.status == "tentative" => "tentative",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Option<Timestamp> {
        text.parse().ok()
    }

    #[track_caller]
    fn row(invite: &Invite, label: &str, expect: &str) {
        let zone = TimeZone::get("America/New_York").expect("a zone");
        let table = table(invite, None, &zone);
        let start = format!("| **{label}** | ");
        let found = table.lines().find_map(|line| line.strip_prefix(&start)?.strip_suffix(" |"));
        assert_eq!(found.unwrap_or_default(), expect, "{table}");
    }

    #[test]
    fn times_on_the_owners_clock_and_the_senders() {
        let lisbon = Clock::Zone(TimeZone::get("Europe/Lisbon").expect("a zone"));
        let tokyo = Clock::Zone(TimeZone::get("Asia/Tokyo").expect("a zone"));
        let own = Clock::Zone(TimeZone::get("America/New_York").expect("a zone"));
        let invite = Invite { start: at("2026-01-14T14:00:00Z"), end: at("2026-01-14T15:00:00Z"), ..Invite::default() };
        for (clock, expect) in [
            (Clock::Utc, "Wednesday, 2026-01-14 09:00 to 10:00"),
            (own, "Wednesday, 2026-01-14 09:00 to 10:00"),
            (lisbon.clone(), "Wednesday, 2026-01-14 09:00 to 10:00 (14:00 to 15:00 in Europe/Lisbon)"),
            (tokyo, "Wednesday, 2026-01-14 09:00 to 10:00 (23:00 to Thursday, 2026-01-15 00:00 in Asia/Tokyo)"),
            (Clock::Wall, "Wednesday, 2026-01-14 14:00 to 15:00"),
            (Clock::Unknown("[[x]]".into()), "Wednesday, 2026-01-14 14:00 to 15:00 (in \\[\\[x\\]\\])"),
        ] {
            row(&Invite { clock, ..invite.clone() }, "When", expect);
        }
        let weekly = Invite { repeats: "every week on Wednesday".into(), ..invite };
        row(&weekly, "Repeats", "every week on Wednesday (in UTC)");
        row(&Invite { clock: lisbon, ..weekly }, "Repeats", "every week on Wednesday (in Europe/Lisbon)");
    }

    #[test]
    fn days_are_days_everywhere() {
        let day = Invite {
            start: at("2026-01-14T00:00:00Z"),
            all_day: true,
            clock: Clock::Wall,
            occurrence: at("2026-01-13T00:00:00Z"),
            ..Invite::default()
        };
        row(&day, "When", "Wednesday, 2026-01-14");
        row(&day, "Instead of", "Tuesday, 2026-01-13");
        let days = Invite { end: at("2026-01-17T00:00:00Z"), ..day };
        row(&days, "When", "Wednesday, 2026-01-14 to Friday, 2026-01-16");
    }

    #[test]
    fn says_what_a_mail_does_to_an_event() {
        for (method, status, sequence, single, expect) in [
            ("REQUEST", "confirmed", 0, false, ""),
            ("REQUEST", "", 2, false, "updated"),
            ("REQUEST", "tentative", 0, false, "tentative"),
            ("PUBLISH", "cancelled", 0, false, "cancelled"),
            ("CANCEL", "", 1, false, "cancelled"),
            ("CANCEL", "", 1, true, "this one time is cancelled"),
            ("REQUEST", "", 1, true, "this one time is changed"),
            ("REPLY", "", 0, false, "an answer"),
            ("COUNTER", "", 0, false, "another time is proposed"),
        ] {
            let invite = Invite {
                method: method.into(),
                status: status.into(),
                sequence,
                occurrence: single.then_some(Timestamp::UNIX_EPOCH),
                ..Invite::default()
            };
            row(&invite, "Status", expect);
        }
        let live = Attendee { name: "[[a]]".into(), address: String::new(), answer: "![[b]]".into() };
        let invite = Invite { attendees: vec![live], ..Invite::default() };
        row(&invite, "Who", "\\[\\[a\\]\\] (!\\[\\[b\\]\\])");
    }
}
