//! Mails about one event of a calendar: one conversation, whichever comes first, and also after the state is lost.

use crate::support::*;
use std::collections::BTreeMap;
use std::fs;

struct Calendar {
    case: Case,
}

impl Calendar {
    fn new() -> Calendar {
        let sam = User { email: "sam@example.org".into(), password: "unused".into() };
        let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
        Calendar { case: Case::with_account(&account) }
    }

    /// A mail about event `uid`, which answers nothing.
    fn mail(&self, id: &str, uid: &str, method: &str, event: &str) {
        let text = format!(
            "From: Ada Park <ada@example.com>\nTo: sam@example.org\nSubject: Plan {id}\nMessage-ID: <{id}@example.com>\n\
             Date: Mon, 5 Jan 2026 10:00:00 +0000\nContent-Type: text/calendar; method={method}; charset=utf-8\n\n\
             BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:{uid}\nSUMMARY:Plan\nDTSTART;TZID=Europe/Lisbon:20260114T140000\n\
             {event}\nEND:VEVENT\nEND:VCALENDAR\n"
        );
        let file = self.case.path().join(format!("{id}.eml"));
        fs::write(&file, text).unwrap();
        self.case.postnote(&["import", file.to_str().unwrap()]).ended(0);
    }

    /// The thread of each note, by its subject; and all notes as text.
    fn notes(&self) -> (BTreeMap<String, String>, String) {
        let paths = self.case.notes("Sources");
        let of = |key: &str| paths.iter().map(|p| front(p).text(key).unwrap()).collect::<Vec<_>>();
        let all = paths.iter().map(|p| fs::read_to_string(p).unwrap()).collect();
        (of("subject").into_iter().zip(of("thread")).collect(), all)
    }
}

#[test]
fn an_event_is_one_conversation() {
    let calendar = Calendar::new();
    calendar.mail("update", "u-1", "REQUEST", "SEQUENCE:1\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=4");
    calendar.mail("other", "u-2", "REQUEST", "SEQUENCE:0");
    calendar.mail("first", "u-1", "REQUEST", "SEQUENCE:0");
    fs::remove_dir_all(calendar.case.state()).unwrap();
    fs::create_dir(calendar.case.state()).unwrap();
    calendar.mail("off", "u-1", "CANCEL", "SEQUENCE:2");
    let answer = "SEQUENCE:1\nATTENDEE;CN=Noor Haddad;PARTSTAT=DECLINED:mailto:noor@example.org";
    calendar.mail("answer", "u-1", "REPLY", answer);
    let (threads, text) = calendar.notes();
    let of = |subject: &str| threads[&format!("Plan {subject}")].as_str();
    assert_eq!([of("update"), of("first"), of("off"), of("answer")], ["<update@example.com>"; 4]);
    assert_eq!(of("other"), "<other@example.com>");
    for shown in [
        "| **Repeats** | every week on Wednesday, 4 times",
        "| **Status** | updated |",
        "| **Status** | cancelled |",
        // What came before counts for what comes later, also when only the notes know of it.
        "| **Status** | an older version: now it is Wednesday, 2026-01-14 14:00 |",
        "| **Answer** | Noor Haddad (declined) |\n| **Who, so far** | Noor Haddad (declined) |\n| **Status** | the event is cancelled |",
        "event: u-1\n",
    ] {
        assert!(text.contains(shown), "{shown}:\n{text}");
    }
}
