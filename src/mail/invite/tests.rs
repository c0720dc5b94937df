use super::state::{Later, overtakes, state};
use super::*;

const REQUEST: &str = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:request\r\nBEGIN:VEVENT\r\nUID:u1\r\nSUMMARY:Plan\\, and\r\n  more\r\n\
    DTSTART;TZID=Europe/Berlin:20260701T100000\r\nDURATION:PT90M\r\nLOCATION:Room 1\r\n\
    ORGANIZER;CN=Ada Park:mailto:ada@example.com\r\nATTENDEE;PARTSTAT=ACCEPTED:mailto:sam@example.org\r\n\
    ATTENDEE;CN=\"Lee, K\":mailto:k@example.org\r\nRRULE:FREQ=WEEKLY\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";

fn event(lines: &str) -> Invite {
    let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    parse(&text, None).expect("an invitation")
}

#[test]
fn reads_a_request() {
    let invite = parse(REQUEST, None).expect("an invitation");
    assert_eq!((invite.method.as_str(), invite.summary.as_str()), ("REQUEST", "Plan, and more"));
    assert_eq!(invite.start.map(|t| t.to_string()).as_deref(), Some("2026-07-01T08:00:00Z"));
    assert_eq!(invite.end.map(|t| t.to_string()).as_deref(), Some("2026-07-01T09:30:00Z"));
    assert_eq!((invite.organizer.as_str(), invite.all_day), ("Ada Park", false));
    assert_eq!(invite.repeats, "every week on Wednesday");
    let attendees: Vec<_> = invite.attendees.iter().map(|a| (a.name.as_str(), a.answer.as_str())).collect();
    assert_eq!(attendees, [("sam@example.org", "accepted"), ("Lee, K", "needs-action")]);
    assert_eq!(invite.attendees[1].address, "k@example.org");
}

#[test]
fn times_in_every_form() {
    let unknown = || Clock::Unknown("Nowhere".into());
    let berlin = || Clock::Zone(TimeZone::get("Europe/Berlin").unwrap());
    for (start, expect, all_day, clock) in [
        ("DTSTART:20260701T100000Z", "2026-07-01T10:00:00Z", false, Clock::Utc),
        ("DTSTART:20260701T100000", "2026-07-01T10:00:00Z", false, Clock::Wall),
        ("DTSTART;VALUE=DATE:20260701", "2026-07-01T00:00:00Z", true, Clock::Wall),
        ("DTSTART;TZID=Europe/Berlin:20260701T100000", "2026-07-01T08:00:00Z", false, berlin()),
        ("DTSTART;TZID=W. Europe Standard Time:20260701T100000", "2026-07-01T08:00:00Z", false, berlin()),
        (
            "DTSTART;TZID=/softwarestudio.org/Olson_20011030_5/Europe/Berlin:20260701T100000",
            "2026-07-01T08:00:00Z",
            false,
            berlin(),
        ),
        ("DTSTART;TZID=Nowhere:20260701T100000", "2026-07-01T10:00:00Z", false, unknown()),
    ] {
        let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{start}\nEND:VEVENT\nEND:VCALENDAR\n");
        let invite = parse(&text, Some("cancel")).expect("an invitation");
        assert_eq!(invite.start.map(|t| t.to_string()).as_deref(), Some(expect), "{start}");
        assert_eq!((invite.all_day, invite.method.as_str(), invite.clock), (all_day, "CANCEL", clock), "{start}");
    }
}

/// A zone that no database knows by its name: New York's, as Outlook writes it.
const OWN_ZONE: &str = "BEGIN:VTIMEZONE\nTZID:Ours\n\
    BEGIN:STANDARD\nDTSTART:16011104T020000\nRRULE:FREQ=YEARLY;BYDAY=1SU;BYMONTH=11\nTZOFFSETFROM:-0400\nTZOFFSETTO:-0500\nEND:STANDARD\n\
    BEGIN:DAYLIGHT\nDTSTART:16010311T020000\nRRULE:FREQ=YEARLY;BYDAY=2SU;BYMONTH=3\nTZOFFSETFROM:-0500\nTZOFFSETTO:-0400\nEND:DAYLIGHT\n\
    END:VTIMEZONE\n";
/// And one without summer.
const OWN_OFFSET: &str = "BEGIN:VTIMEZONE\nTZID:Ours\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0545\nTZOFFSETTO:+0545\nEND:STANDARD\nEND:VTIMEZONE\n";

#[test]
fn zones_that_the_invitation_defines() {
    for (zone, local, expect) in [
        (OWN_ZONE, "20260114T090000", "2026-01-14T14:00:00Z"),
        (OWN_ZONE, "20260714T090000", "2026-07-14T13:00:00Z"),
        (OWN_ZONE, "20260308T010000", "2026-03-08T06:00:00Z"),
        (OWN_ZONE, "20260308T030000", "2026-03-08T07:00:00Z"),
        (OWN_ZONE, "20261101T030000", "2026-11-01T08:00:00Z"),
        (OWN_OFFSET, "20260714T090000", "2026-07-14T03:15:00Z"),
    ] {
        let text = format!(
            "BEGIN:VCALENDAR\n{zone}BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Ours:{local}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let invite = parse(&text, None).expect("an invitation");
        assert_eq!(invite.start.map(|t| t.to_string()).as_deref(), Some(expect), "{local}");
        assert!(matches!(invite.clock, Clock::Zone(_)));
    }
    // What cannot be a rule is none.
    let odd = OWN_ZONE.replace("BYDAY=2SU", "BYDAY=SU,MO");
    let text = format!(
        "BEGIN:VCALENDAR\n{odd}BEGIN:VEVENT\nUID:1\nDTSTART;TZID=Ours:20260114T090000\nEND:VEVENT\nEND:VCALENDAR\n"
    );
    assert_eq!(
        parse(&text, None).and_then(|i| i.start).map(|t| t.to_string()).as_deref(),
        Some("2026-01-14T14:00:00Z")
    );
}

#[test]
fn recurrence_in_words() {
    for (rule, expect) in [
        ("FREQ=DAILY", "every day"),
        ("FREQ=DAILY;INTERVAL=3;COUNT=10", "every 3 days, 10 times"),
        ("FREQ=WEEKLY;BYDAY=MO,WE,FR", "every week on Monday, Wednesday and Friday"),
        ("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;UNTIL=20261231T225959Z", "every weekday, until 2026-12-31"),
        ("FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", "every weekday"),
        ("FREQ=WEEKLY;INTERVAL=2;WKST=MO", "every 2 weeks on Wednesday"),
        ("FREQ=WEEKLY;UNTIL=20261231", "every week on Wednesday, until 2026-12-31"),
        ("FREQ=WEEKLY;UNTIL=20261231T233000Z", "every week on Wednesday, until 2027-01-01"),
        ("FREQ=MONTHLY", "every month on day 1"),
        ("FREQ=MONTHLY;BYMONTHDAY=15,-1", "every month on day 15 and the last day"),
        ("FREQ=MONTHLY;BYDAY=2TU", "every month on the second Tuesday"),
        ("FREQ=MONTHLY;INTERVAL=3;BYDAY=1MO,-1FR", "every 3 months on the first Monday and the last Friday"),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "every month on the last weekday"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "every month on every Friday on day 13"),
        ("FREQ=YEARLY", "every year on 1 July"),
        ("FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5", "every year on 5 March"),
        ("FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", "every year on the last Sunday in October"),
        ("FREQ=YEARLY;BYYEARDAY=100", "every year on day 100 of the year"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "every year on every Monday in week 20 of the year"),
        ("FREQ=DAILY;BYHOUR=9,14", "every day at 9h and 14h"),
        ("FREQ=DAILY;COUNT=1", "every day, once"),
        ("FREQ=WEEKLY;INTERVAL=0", "every week on Wednesday"),
    ] {
        let invite = event(&format!("DTSTART;TZID=Europe/Berlin:20260701T100000\nRRULE:{rule}"));
        assert_eq!(invite.repeats, expect, "{rule}");
    }
    let dates = event(
        "DTSTART;TZID=Europe/Berlin:20260701T100000\nRRULE:FREQ=WEEKLY\nRDATE;TZID=Europe/Berlin:20260703T100000\n\
         EXDATE;TZID=Europe/Berlin:20260708T100000,20260715T100000",
    );
    assert_eq!(dates.repeats, "every week on Wednesday, also on 2026-07-03, but not on 2026-07-08 and 2026-07-15");
    assert_eq!(event("DTSTART:20260701T100000Z").repeats, "");
}

/// What one mail says of the event.
fn said(method: &str, sequence: i64, minute: u8, more: &str) -> Invite {
    let lines = format!("SEQUENCE:{sequence}\nDTSTAMP:20260601T10{minute:02}00Z\nSUMMARY:v{sequence}\n{more}");
    let text = format!("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\n{lines}\nEND:VEVENT\nEND:VCALENDAR\n");
    parse(&text, Some(method)).expect("an invitation")
}

/// In whatever order they come.
fn stands(invites: &[Invite]) -> state::State {
    let mut turned: Vec<&Invite> = invites.iter().collect();
    let stands = state(&turned).expect("a state");
    for _ in 0..invites.len() {
        turned.rotate_left(1);
        assert_eq!(state(&turned).as_ref(), Some(&stands));
        turned.reverse();
        assert_eq!(state(&turned).as_ref(), Some(&stands));
        turned.reverse();
    }
    stands
}

#[test]
fn updates_and_cancellations_are_matched_to_the_first() {
    let ask = || said("REQUEST", 0, 0, "DTSTART:20260701T100000Z");
    let later = || said("REQUEST", 1, 5, "DTSTART:20260701T110000Z");
    let moved = stands(&[ask(), later()]);
    assert_eq!((moved.event.summary.as_str(), moved.event.start, moved.cancelled), ("v1", later().start, false));
    let off = stands(&[ask(), later(), said("CANCEL", 2, 9, "")]);
    assert_eq!((off.event.summary.as_str(), off.cancelled), ("v1", true));
    // Who calls it off and then invites again.
    assert!(!stands(&[ask(), said("CANCEL", 1, 5, ""), said("REQUEST", 2, 9, "")]).cancelled);
    assert!(stands(&[said("CANCEL", 1, 5, "")]).cancelled);
    assert_eq!(state(&[&said("REPLY", 0, 0, "")]), None);
    // Another event is another event.
    let other = Invite { uid: "2".into(), ..later() };
    assert_eq!(state(&[&other, &ask()]).map(|s| s.event), Some(ask()));
}

#[test]
fn answers_are_folded_in() {
    let ask = said("REQUEST", 1, 0, "ATTENDEE;CN=Sam:mailto:sam@example.org\nATTENDEE:mailto:lee@example.org");
    let answer = |sequence, minute, who: &str, what: &str| {
        said("REPLY", sequence, minute, &format!("ATTENDEE;PARTSTAT={what}:mailto:{who}@example.org"))
    };
    let all = [
        ask,
        answer(1, 3, "SAM", "TENTATIVE"),
        answer(1, 7, "sam", "ACCEPTED"),
        answer(0, 9, "lee", "DECLINED"),
        answer(1, 8, "kim", "DECLINED"),
    ];
    let stands = stands(&all);
    let answers: Vec<_> = stands.event.attendees.iter().map(|a| (a.name.as_str(), a.answer.as_str())).collect();
    assert_eq!(answers, [("Sam", "accepted"), ("lee@example.org", "needs-action"), ("kim@example.org", "declined")]);
}

#[test]
fn single_times_of_a_series_are_moved_and_called_off() {
    let series = said("REQUEST", 0, 0, "DTSTART:20260701T100000Z\nRRULE:FREQ=WEEKLY");
    let once = |method, sequence, day| {
        said(method, sequence, 9, &format!("DTSTART:20260702T100000Z\nRECURRENCE-ID:202607{day}T100000Z"))
    };
    let stands = stands(&[
        series,
        once("REQUEST", 1, "08"),
        once("CANCEL", 1, "15"),
        once("REQUEST", 1, "22"),
        once("CANCEL", 2, "22"),
    ]);
    assert!(!stands.cancelled && stands.event.repeats == "every week on Wednesday");
    let days = |at: &Timestamp| at.strftime("%d").to_string();
    assert_eq!(stands.moved.iter().filter_map(|m| m.occurrence.as_ref()).map(days).collect::<Vec<_>>(), ["08"]);
    assert_eq!(stands.skipped.iter().map(days).collect::<Vec<_>>(), ["15", "22"]);
}

#[test]
fn what_is_no_invitation_is_none() {
    for text in ["", "hello", "BEGIN:VCALENDAR\nEND:VCALENDAR", "BEGIN:VCARD\nEND:VCARD"] {
        assert_eq!(parse(text, None), None, "{text:?}");
    }
}

#[test]
fn a_later_word_overtakes_an_invitation() {
    let said = |method: &str, sequence: i64, minute: u8, occurrence: &str| {
        let when = if occurrence.is_empty() { String::new() } else { format!("RECURRENCE-ID:{occurrence}\n") };
        let text = format!(
            "BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\nUID:1\nSEQUENCE:{sequence}\nDTSTAMP:20260101T10{minute:02}00Z\n{when}\
             DTSTART:20260701T100000Z\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        parse(&text, None).expect("an invitation")
    };
    let (one, two) = ("20260701T100000Z", "20260708T100000Z");
    let asked = said("REQUEST", 1, 5, "");
    for (other, asked, expect) in [
        (said("CANCEL", 2, 9, ""), &asked, Some(Later::Cancelled)),
        (said("CANCEL", 1, 5, ""), &asked, Some(Later::Cancelled)),
        (said("CANCEL", 0, 9, ""), &asked, None),
        (said("CANCEL", 2, 9, one), &asked, None),
        (said("CANCEL", 2, 9, ""), &said("REQUEST", 1, 5, one), Some(Later::Cancelled)),
        (said("CANCEL", 2, 9, one), &said("REQUEST", 1, 5, one), Some(Later::Cancelled)),
        (said("CANCEL", 2, 9, two), &said("REQUEST", 1, 5, one), None),
        (said("REQUEST", 2, 5, ""), &asked, Some(Later::Changed)),
        (said("REQUEST", 1, 6, ""), &asked, Some(Later::Changed)),
        (said("REQUEST", 1, 5, ""), &asked, None),
        (said("REQUEST", 2, 9, one), &asked, None),
        (said("REQUEST", 2, 9, ""), &said("REQUEST", 1, 5, one), None),
        (said("REPLY", 1, 9, ""), &asked, None),
    ] {
        assert_eq!(overtakes(&other, asked), expect, "{other:?}");
    }
    let other = Invite { uid: "2".into(), ..said("CANCEL", 2, 9, "") };
    assert_eq!(overtakes(&other, &asked), None);
}
