use super::*;
use crate::note::entity::patch::{Addition, patch};
use jiff::civil::date;

fn fact(day: Date, text: &str, source: &str) -> Addition {
    Addition {
        section: Section::Facts,
        date: Some(day),
        text: text.to_owned(),
        source: Some(format!("Sources/Email/{source}.md")),
        told_by: Vec::new(),
    }
}

fn met(day: Date, text: &str, source: &str, told_by: &[&str]) -> Addition {
    let told_by = told_by.iter().map(|s| format!("Sources/Email/{s}.md")).collect();
    Addition { section: Section::Interactions, told_by, ..fact(day, text, source) }
}

fn new(kind: Kind, title: &str, known_by: Option<&str>) -> String {
    write(&New { kind, title, created: date(2026, 1, 5), known_by })
}

#[test]
fn a_person() {
    let note = new(Kind::Person, "Ada Park", Some("ada@example.com"));
    let additions = [
        fact(date(2026, 1, 6), "The shelf holds [[12]] crates.", "two"),
        met(date(2026, 1, 5), "Storage plan", "one", &[]),
        met(date(2026, 1, 4), "Lantern room", "zero", &[]),
    ];
    let text = patch(&note, Kind::Person, &additions, Some(date(2026, 1, 6))).expect("a note").expect("news");
    assert_eq!(
        text,
        "---\ntype: people\ntitle: Ada Park\ncreated: 2026-01-05\nlast_contact: 2026-01-06\nstatus: active\n\
         auto_created: true\nemails: [\"ada@example.com\"]\naliases: []\n\
         tags: [type/people, person/ada-park, needs-review, status/active]\n---\n\n# Ada Park\n\n\
         **Email**: ada@example.com\n\n## Recent interactions\n\n- 2026-01-04: Lantern room [[zero]]\n\
         - 2026-01-05: Storage plan [[one]]\n\n## Key facts\n\n\
         - 2026-01-06: The shelf holds \\[\\[12\\]\\] crates. [[two]]\n\n## Open Tasks\n\n\
         ```dataview\nTASK\nWHERE !completed AND (file.folder = this.file.folder OR contains(file.outlinks, this.file.link))\nSORT due ASC\n```\n"
    );
    assert_eq!(patch(&text, Kind::Person, &additions, Some(date(2026, 1, 1))), Ok(None));
    let who = identity(&text).expect("an identity");
    assert_eq!((who.title.as_deref(), who.emails), (Some("Ada Park"), vec!["ada@example.com".to_owned()]));
}

#[test]
fn the_order_of_additions_makes_no_difference() {
    let note = new(Kind::Person, "Ada Park", Some("ada@example.com"));
    let all: Vec<Addition> = (1..=6)
        .flat_map(|day| {
            let (text, source) = (format!("Subject {day}"), format!("s{day}"));
            [met(date(2026, 2, day), &text, &source, &[]), fact(date(2026, 2, day), &format!("Fact {day}"), &source)]
        })
        .collect();
    let once = patch(&note, Kind::Person, &all, None).expect("a note").expect("news");
    for turn in 0..12 {
        let mut text = note.clone();
        for step in 0..12 {
            let one = &all[(turn + step * 5) % 12];
            text = patch(&text, Kind::Person, std::slice::from_ref(one), None).expect("a note").expect("news");
        }
        assert_eq!(text, once, "{turn}");
    }
}

#[test]
fn what_a_person_wrote_stays() {
    let own = "\u{feff}---\r\ntitle: Ada\r\nemails: [ada@example.com]\r\nlast_contact: last week\r\n---\r\nMy own words.\r\n\r\n\
               ## Key Facts\r\n\r\n* she likes tea\r\n- The Shelf holds 12 crates!\r\n\r\n### Deeper\r\n\r\nmine\r\n\r\n## Zebra\r\n";
    let additions = [
        fact(date(2026, 1, 6), "The shelf holds 12 crates.", "two"),
        fact(date(2026, 1, 7), "She leaves on Friday.", "three"),
        met(date(2026, 1, 6), "Storage plan", "two", &["one"]),
    ];
    let text = patch(own, Kind::Person, &additions, Some(date(2026, 1, 7))).expect("a note").expect("news");
    let mut rest = text.split('\n');
    assert!(own.split('\n').all(|line| rest.any(|l| l == line)), "{text}");
    assert_eq!(text.matches("12 crates").count(), 1, "{text}");
    assert!(text.contains(
        "* she likes tea\r\n- The Shelf holds 12 crates!\r\n- 2026-01-07: She leaves on Friday. [[three]]\r\n"
    ));
    assert!(text.contains("last_contact: last week\r\n"));
    assert!(text.split('\n').filter(|l| !l.is_empty()).all(|l| l.ends_with('\r')), "{text:?}");
    assert_eq!(patch(&text, Kind::Person, &additions, Some(date(2026, 1, 7))), Ok(None));
    // What was told under another message of the conversation is not told again.
    let again = [met(date(2026, 1, 9), "Storage plan", "nine", &["two"])];
    assert_eq!(patch(&text, Kind::Person, &again, None), Ok(None));
}

#[test]
fn a_customer() {
    let note = new(Kind::Customer, "Northwind", Some("northwind.example"));
    let decided =
        Addition { section: Section::Decisions, ..fact(date(2026, 1, 6), "We take the second shelf.", "two") };
    let contact = Addition {
        section: Section::Contacts,
        date: None,
        text: "People/Ada Park/Ada Park.md".to_owned(),
        source: None,
        told_by: Vec::new(),
    };
    let text = patch(&note, Kind::Customer, &[contact.clone(), decided.clone()], None).expect("a note").expect("news");
    let order =
        ["# Northwind", "## Account Status", "## Key Contacts", "- [[Ada Park]]", "## Open Tasks", "## Key Decisions"];
    let places: Vec<usize> = order.iter().map(|o| text.find(o).unwrap_or_else(|| panic!("{o}: {text}"))).collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.ends_with("## Key Decisions\n\n- ✅ 2026-01-06: We take the second shelf. [[two]]\n"), "{text}");
    assert!(!text.contains("\n\n\n") && !text.contains("[[]]"), "{text}");
    // People's notes say nothing of decisions.
    let person = new(Kind::Person, "Ada Park", None);
    assert_eq!(patch(&person, Kind::Person, &[contact, decided], None), Ok(None));
}

#[test]
fn a_fence_holds_no_heading_and_a_broken_frontmatter_no_patch() {
    let note = "---\nemails: [a@example.com]\n---\n\n```\n## Key facts\n```\n";
    let text =
        patch(note, Kind::Person, &[fact(date(2026, 1, 6), "It rains.", "x")], None).expect("a note").expect("news");
    assert_eq!(text, format!("{note}\n## Key facts\n\n- 2026-01-06: It rains. [[x]]\n"));
    assert!(patch("---\ntitle: a: b\n---\n", Kind::Person, &[], Some(date(2026, 1, 6))).is_err());
}
