//! An answer to an invitation → `text/calendar; method=REPLY` (RFC 5546 §3.2.3, RFC 6047).
//!
//! Times are written as instants (UTC), days as days, and times on nobody's clock as they were: so no time zone has to be
//! defined, and who reads them takes them for what the organizer meant.

use crate::approval::rsvp::Reply;
use crate::mail::invite::{Clock, Invite};
use crate::note::rsvp;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The calendar, CRLF line ends, no line above 75 octets (RFC 5545 §3.1).
pub fn reply(reply: &Reply, now: Timestamp) -> String {
    let Reply { invite, answer, attendee, comment } = reply;
    let mut out = String::new();
    for fixed in ["BEGIN:VCALENDAR", "PRODID:-//postnote//postnote//EN", "VERSION:2.0", "METHOD:REPLY", "BEGIN:VEVENT"]
    {
        line(&mut out, fixed);
    }
    line(&mut out, &format!("UID:{}", text(&invite.uid)));
    line(&mut out, &format!("DTSTAMP:{}", utc(now)));
    line(&mut out, &format!("SEQUENCE:{}", invite.sequence.max(0)));
    for (name, at) in [("RECURRENCE-ID", invite.occurrence), ("DTSTART", invite.start), ("DTEND", invite.end)] {
        if let Some(value) = at.map(|at| moment(invite, at)) {
            line(&mut out, &format!("{name}{value}"));
        }
    }
    if !invite.summary.is_empty() {
        line(&mut out, &format!("SUMMARY:{}", text(&invite.summary)));
    }
    let organizer = rsvp::organizer(invite);
    let named = |name: Option<&str>| name.map(|name| format!(";CN={}", quoted(name))).unwrap_or_default();
    let organizer_name = named(organizer.as_ref().and_then(|o| o.name.as_deref()));
    line(&mut out, &format!("ORGANIZER{organizer_name}:mailto:{}", invite.organizer_address));
    let partstat = answer.partstat();
    line(
        &mut out,
        &format!("ATTENDEE{};PARTSTAT={partstat}:mailto:{}", named(attendee.name.as_deref()), attendee.email),
    );
    if !comment.is_empty() {
        line(&mut out, &format!("COMMENT:{}", text(comment)));
    }
    line(&mut out, "END:VEVENT");
    line(&mut out, "END:VCALENDAR");
    out
}

/// A time as the invitation meant it, with its parameters in front.
fn moment(invite: &Invite, at: Timestamp) -> String {
    let shown = |format: &str| at.to_zoned(TimeZone::UTC).strftime(format).to_string();
    match &invite.clock {
        _ if invite.all_day => format!(";VALUE=DATE:{}", shown("%Y%m%d")),
        Clock::Utc | Clock::Zone(_) => format!(":{}", utc(at)),
        Clock::Wall => format!(":{}", shown("%Y%m%dT%H%M%S")),
        // Its maker knows the zone by this name.
        Clock::Unknown(zone) => format!(";TZID={}:{}", quoted(zone), shown("%Y%m%dT%H%M%S")),
    }
}

fn utc(at: Timestamp) -> String {
    at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A text value (RFC 5545 §3.3.11).
fn text(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// A parameter's value (RFC 5545 §3.2): it has no sign for a quotation mark.
fn quoted(value: &str) -> String {
    let clean: String = value.chars().map(|c| if c == '"' { '\'' } else { c }).filter(|c| !c.is_control()).collect();
    format!("\"{clean}\"")
}

/// Adds a line, folded.
fn line(out: &mut String, content: &str) {
    let mut width = 0;
    for c in content.chars().filter(|c| !c.is_control()) {
        if width + c.len_utf8() > 74 {
            out.push_str("\r\n ");
            width = 1;
        }
        out.push(c);
        width += c.len_utf8();
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{Address, parse};
    use crate::note::rsvp::Answer;

    fn invite(event: &str) -> Invite {
        let text = format!(
            "BEGIN:VCALENDAR\nMETHOD:REQUEST\nBEGIN:VEVENT\nUID:u\\;1\nSEQUENCE:3\nSUMMARY:Räume\\, und mehr \"hier\"\n\
             ORGANIZER;CN=\"Park, Ada\":mailto:ada@example.com\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        parse::calendar(text.as_bytes()).expect("an invitation")
    }

    #[test]
    fn what_is_answered_reads_back() {
        for event in [
            "DTSTART:20260114T140000Z\nDTEND:20260114T150000Z",
            "DTSTART;TZID=Europe/Berlin:20260114T140000\nDURATION:PT1H\nRECURRENCE-ID;TZID=Europe/Berlin:20260113T140000",
            "DTSTART;VALUE=DATE:20260114\nRECURRENCE-ID;VALUE=DATE:20260113",
            "DTSTART:20260114T140000",
            "DTSTART;TZID=Nowhere:20260114T140000",
            "",
        ] {
            let invite = invite(event);
            let comment = format!("Gladly; see you,\nSam \\ {}", "ä".repeat(200));
            let attendee = Address::named("Sam \"S\" Reed", "Sam@example.org");
            let written = Reply { invite: invite.clone(), answer: Answer::Tentative, attendee, comment };
            let now: Timestamp = "2026-01-07T09:30:00Z".parse().expect("a time");
            let calendar = reply(&written, now);
            assert!(calendar.split("\r\n").all(|l| l.len() <= 75) && !calendar.replace("\r\n", "").contains('\n'));
            let read = parse::calendar(calendar.as_bytes()).expect("an answer");
            assert_eq!((read.method.as_str(), read.stamp), ("REPLY", Some(now)));
            assert_eq!((&read.uid, read.sequence, &read.summary), (&invite.uid, 3, &invite.summary));
            assert_eq!(
                (read.start, read.end, read.occurrence),
                (invite.start, invite.end, invite.occurrence),
                "{event}"
            );
            assert_eq!((read.all_day, &read.organizer_address), (invite.all_day, &invite.organizer_address));
            assert_eq!(read.organizer, "Park, Ada");
            let attendees: Vec<_> = read.attendees.iter().map(|a| (a.address.as_str(), a.answer.as_str())).collect();
            assert_eq!(attendees, [("Sam@example.org", "tentative")]);
            let unfolded = calendar.replace("\r\n ", "");
            assert!(unfolded.contains("\r\nCOMMENT:Gladly\\; see you\\,\\nSam \\\\ ää"), "{calendar}");
        }
    }
}
