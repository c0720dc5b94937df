//! Notes about people and customers: made when earned, found wherever they are, added to, and never taken over.

use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};

struct Desk {
    case: Case,
    number: std::cell::Cell<usize>,
}

impl Desk {
    fn new(rules: &str) -> Desk {
        let sam = User { email: "sam@example.org".into(), password: "unused".into() };
        let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
        let mut case = Case::new();
        case.config(&format!("{}\n{rules}", account.toml()));
        Desk { case, number: std::cell::Cell::new(0) }
    }

    fn file(&self, text: &str) -> PathBuf {
        self.number.set(self.number.get() + 1);
        let n = self.number.get();
        let file = self.case.path().join(format!("{n}.eml"));
        fs::write(&file, format!("Message-ID: <{n}@example.org>\nDate: Mon, 5 Jan 2026 10:{n:02}:00 +0000\n{text}"))
            .unwrap();
        file
    }

    /// A mail arrives.
    fn gets(&self, from: &str, subject: &str, text: &str) {
        let file = self.file(&format!("From: {from}\nTo: Sam Reed <sam@example.org>\nSubject: {subject}\n\n{text}\n"));
        self.case.postnote(&["import", file.to_str().unwrap()]).ended(0);
    }

    /// The owner has written.
    fn wrote(&self, to: &str) {
        let file = self.file(&format!("From: Sam Reed <sam@example.org>\nTo: {to}\nSubject: Hello\n\nHere I am.\n"));
        self.case.postnote(&["import", "--sent", file.to_str().unwrap()]).ended(0);
    }

    fn path(&self, inside: &str) -> PathBuf {
        self.case.vault().join(inside)
    }

    fn read(&self, inside: &str) -> String {
        fs::read_to_string(self.path(inside)).unwrap_or_else(|e| panic!("{inside}: {e}; {:?}", self.case.notes(".")))
    }

    /// Notes that say whom they are about.
    fn entities(&self) -> Vec<String> {
        let about = |path: &PathBuf| {
            let text = fs::read_to_string(path).unwrap();
            text.contains("\nemails: ") || text.contains("\ndomains: ") || text.contains("\ntype: projects\n")
        };
        let inside =
            |path: PathBuf| path.strip_prefix(self.case.vault()).unwrap_or(Path::new("?")).display().to_string();
        self.case
            .notes(".")
            .into_iter()
            .filter(about)
            .map(inside)
            .map(|p| p.trim_start_matches("./").to_owned())
            .collect()
    }
}

const ADA: &str = "Ada Park <ada@northwind.example>";
const NOTE: &str = "People/Ada Park/Ada Park.md";

#[test]
fn a_note_is_made_once_its_owner_has_written() {
    let desk = Desk::new("");
    desk.gets(
        ADA,
        "Storage plan",
        "Hi Sam,\n\nThe shelf costs 1,200 euros until 9 May 2026. Could you confirm the order?\n\nAda",
    );
    desk.gets("Ben Ode <ben@gmail.com>", "Lunch", "Hi Sam, are you free on Friday?");
    assert_eq!(desk.entities(), Vec::<String>::new());
    desk.wrote(ADA);
    assert_eq!(desk.entities(), ["Customers/Northwind/Northwind.md", NOTE]);
    let (person, customer) = (desk.read(NOTE), desk.read("Customers/Northwind/Northwind.md"));
    assert!(person.contains("emails: [\"ada@northwind.example\"]") && person.contains("needs-review"), "{person}");
    assert!(person.contains("- 2026-01-05: Storage plan [[2026-01-05_1001"), "{person}");
    assert!(
        customer.contains("- [[Ada Park]]\n") && customer.contains("costs 1,200 euros until 9 May 2026. [["),
        "{customer}"
    );
    // A provider that gives anybody an address is nobody's customer.
    desk.wrote("Ben Ode <ben@gmail.com>");
    assert_eq!(desk.entities(), ["Customers/Northwind/Northwind.md", NOTE, "People/Ben Ode/Ben Ode.md"]);
    for path in desk.entities() {
        let text = desk.read(&path);
        for placeholder in ["[[]]", "_Unknown_", "\n\n\n", "TODO"] {
            assert!(!text.contains(placeholder), "{placeholder:?}: {text}");
        }
    }
}

#[test]
fn machines_lists_and_the_owner_get_none() {
    let desk = Desk::new("");
    for (from, more) in [
        ("News <news@shop.example>", "List-Unsubscribe: <mailto:off@shop.example>\n"),
        ("Robot <no-reply@shop.example>", ""),
        ("Sam Reed <sam@example.org>", ""),
    ] {
        let file = desk.file(&format!(
            "From: {from}\nTo: sam@example.org\n{more}Subject: Offer\n\nIt costs 12 euros. Could you buy it?\n"
        ));
        desk.case.postnote(&["import", file.to_str().unwrap()]).ended(0);
    }
    let listed = desk.file("From: Ben Ode <ben@club.example>\nTo: dev@club.example\nList-Id: <dev.club.example>\nSubject: Plan\n\nWhat now?\n");
    desk.case.postnote(&["import", "--account", "work", listed.to_str().unwrap()]).ended(0);
    for to in ["dev@club.example", "no-reply@shop.example", "sam@example.org"] {
        desk.wrote(to);
    }
    let many: Vec<String> = (0..20).map(|n| format!("p{n}@club.example")).collect();
    desk.wrote(&many.join(", "));
    assert_eq!(desk.entities(), Vec::<String>::new());
}

#[test]
fn what_its_owner_does_with_a_note_is_respected() {
    let desk = Desk::new("");
    desk.wrote(ADA);
    desk.gets(ADA, "Storage plan", "Hi Sam,\n\nI am in Lisbon until 9 May 2026. Could you confirm the order?\n\nAda");
    // Moved, and written in.
    let own = desk.read(NOTE).replace("## Key facts\n", "She likes tea.\n\n## Key facts\n\n- by hand #mine\n");
    fs::remove_file(desk.path(NOTE)).unwrap();
    fs::create_dir_all(desk.path("Friends/Close")).unwrap();
    fs::write(desk.path("Friends/Close/Ada.md"), &own).unwrap();
    desk.gets(ADA, "Another matter", "Hi Sam,\n\nMy train leaves on 12 May 2026. Could you come?\n\nAda");
    let now = desk.read("Friends/Close/Ada.md");
    let mut rest = now.lines();
    assert!(own.lines().all(|line| rest.any(|l| l == line)), "{now}");
    assert!(now.contains("My train leaves on 12 May 2026. [[") && now.contains(": Another matter [["), "{now}");
    assert!(!desk.path(NOTE).exists());
    // A lost database knows it again.
    fs::remove_dir_all(desk.case.state()).unwrap();
    fs::create_dir(desk.case.state()).unwrap();
    let before = desk.case.snapshot();
    desk.wrote(ADA);
    same(&desk.case.snapshot(), &before);
    desk.gets(
        "ADA@Northwind.example",
        "A third matter",
        "Hi Sam,\n\nI sell 40 crates in May 2026. Could you call me?\n\nAda",
    );
    assert!(desk.read("Friends/Close/Ada.md").contains(": A third matter [["));
    assert_eq!(desk.entities().iter().filter(|p| p.contains("Ada")).count(), 1);
    // Deleted, it stays deleted.
    fs::remove_file(desk.path("Friends/Close/Ada.md")).unwrap();
    desk.gets(ADA, "A fourth matter", "Hi Sam,\n\nCould you come on 14 May 2026?\n\nAda");
    desk.wrote(ADA);
    assert!(!desk.entities().iter().any(|p| p.contains("Ada")), "{:?}", desk.entities());
}

#[test]
fn two_people_of_one_name_have_two_notes() {
    let desk = Desk::new("");
    desk.wrote(ADA);
    desk.wrote("Ada Park <park@gmail.com>");
    desk.gets(
        "Ada Park <park@gmail.com>",
        "Hello",
        "Hi Sam,\n\nI have 3 dogs since May 2025. Could you feed them?\n\nAda",
    );
    assert_eq!(desk.entities(), ["People/Ada Park/Ada Park-2.md", NOTE]);
    assert!(desk.read("People/Ada Park/Ada Park-2.md").contains("3 dogs"));
    assert!(!desk.read(NOTE).contains("3 dogs"));
}

#[test]
fn rules_say_who_has_a_note_and_what_is_a_project() {
    let desk = Desk::new(
        "[[rules]]\nmatch = { from = \"*@club.example\" }\nentity = true\nproject = \"Boat House\"\n\
         [[rules]]\nmatch = { from = \"*@northwind.example\" }\nentity = false\n",
    );
    desk.gets(
        "Cyd Hale <cyd@club.example>",
        "Keys",
        "Hi Sam,\n\nWe decided to paint the boat on 9 May 2026. Could you help?\n\nCyd",
    );
    assert_eq!(
        desk.entities(),
        ["Customers/Club/Club.md", "People/Cyd Hale/Cyd Hale.md", "Projects/Boat House/Boat House.md"]
    );
    assert!(desk.read("Projects/Boat House/Boat House.md").contains(": Keys [["));
    desk.wrote(ADA);
    let before = desk.read(NOTE);
    desk.gets(ADA, "Storage", "Hi Sam,\n\nI am in Lisbon until 9 May 2026. Could you confirm?\n\nAda");
    assert_eq!(desk.read(NOTE), before);
}

#[test]
fn text_of_a_mail_is_text_in_every_note() {
    let desk = Desk::new("");
    let evil = "\"{{x}} ../../[[Evil]] <% tp %>\" <evil@northwind.example>";
    desk.wrote(evil);
    desk.gets(
        evil,
        "`$= x` [[Passwords]] ```dataviewjs",
        "Hi Sam,\n\nMy price is 40 euros ![[Passwords]] <% tp %> until 9 May 2026 status:: approved. Could you pay?\n",
    );
    for path in desk.entities() {
        let text = desk.read(&path);
        for live in ["<%", "{{", "![[", "[[Passwords", "status::"] {
            assert!(!text.contains(live), "{live}: {text}");
        }
        assert!(path.starts_with("People/") || path.starts_with("Customers/"), "{path}");
    }
    assert_eq!(desk.entities().len(), 2);
}

#[test]
fn a_draft_shows_what_the_vault_knows() {
    let desk = Desk::new("");
    desk.wrote(ADA);
    desk.gets(
        ADA,
        "Storage plan",
        "Hi Sam,\n\nThe shelf costs 1,200 euros until 9 May 2026. Could you confirm the order?\n\nAda",
    );
    desk.gets("Ben Ode <ben@gmail.com>", "Lunch", "Hi Sam,\n\nMy secret is 4711. Are you free on Friday?\n\nBen");
    let put_note = |path: &str, text: &str| put(&desk.path(path), text);
    put_note(
        "Customers/Northwind/Prices.md",
        "The lantern shelf is sold out since 2025.\n\n- [ ] Ask the lantern maker #task\n",
    );
    put_note("Customers/Northwind/Secret.md", "---\ntags: [confidential]\n---\nThe lantern shelf is cheap.\n");
    put_note("People/Ben Ode/Lantern.md", "Ben hates the lantern shelf.\n");
    put_note("Diary.md", "The lantern shelf is ugly.\n");
    put_note(
        "People/Cyd Hale/Cyd Hale.md",
        "---\ntitle: Cyd Hale\nemails: [cyd@example.com]\n---\nCyd paints boats.\n",
    );
    let file = desk.file(&format!(
        "From: {ADA}\nTo: Sam Reed <sam@example.org>\nSubject: Lantern shelf\n\nHi Sam,\n\nCyd Hale told me. Could you order the lantern shelf?\n\nAda\n"
    ));
    desk.case.postnote(&["import", "--drafts", file.to_str().unwrap()]).ended(0);
    let drafts = desk.case.notes("Outbox");
    let [draft] = drafts.as_slice() else { panic!("{drafts:?}") };
    let text = fs::read_to_string(draft).unwrap();
    let used = front(draft).list("context_used").unwrap();
    for (note, said) in [
        ("[[Ada Park]]", "ada@northwind.example"),
        ("[[Northwind]]", "costs 1,200 euros"),
        ("[[2026-01-05 - Storage plan]]", "confirm the order"),
        ("[[Cyd Hale]]", "Cyd paints boats."),
        ("[[Prices]]", "sold out since 2025"),
        ("[[Prices]]", "Ask the lantern maker"),
    ] {
        assert!(used.iter().any(|u| u == note), "{note}: {used:?}");
        assert!(text.contains(said), "{said}: {text}");
    }
    for kept in ["4711", "hates", "cheap", "ugly", "#task"] {
        assert!(!text.contains(kept), "{kept}: {text}");
    }
    let note = postnote::note::draft::read(&text.replace("[…]", "Yes.")).unwrap().unwrap();
    let sent = note.body.unwrap();
    assert!(sent.contains("Yes.") && !sent.contains("1,200") && !sent.contains("boats"), "{sent}");
}

#[test]
fn tasks_are_done_when_answered_and_not_proposed_again() {
    let desk = Desk::new("");
    desk.gets(ADA, "Storage plan", "Hi Sam,\n\nCould you confirm the order? Please send the signed plan.\n\nAda");
    let summary = "People/Ada Park/2026-01-05 - Storage plan.md";
    let before = desk.read(summary);
    let (ask, send) =
        ("- [?] Answer Ada Park: Could you confirm the order? @Myself", "- [?] Please send the signed plan. @Myself");
    assert!(before.contains(ask) && before.contains(send), "{before}");
    // Its owner rejects one, and words the other anew.
    put(&desk.path(summary), &before.replace(send, "- [ ] Print and send the plan @Myself"));
    let again = desk.file(&format!(
        "From: {ADA}\nTo: sam@example.org\nSubject: Re: Storage plan\nIn-Reply-To: <1@example.org>\n\nHi Sam,\n\nPlease send the signed plan. Could you call me?\n\nAda\n"
    ));
    desk.case.postnote(&["import", again.to_str().unwrap()]).ended(0);
    let now = desk.read(summary);
    assert!(now.contains("- [ ] Print and send the plan") && !now.contains(send), "{now}");
    assert!(now.contains("Could you call me? @Myself"), "{now}");
    let reply = desk.file("From: Sam Reed <sam@example.org>\nTo: ada@northwind.example\nSubject: Re: Storage plan\nIn-Reply-To: <1@example.org>\n\nYes.\n");
    desk.case.postnote(&["import", "--sent", reply.to_str().unwrap()]).ended(0);
    let done = desk.read(summary);
    assert_eq!(done, now.replace(ask, &ask.replace("[?]", "[x]")));
}
