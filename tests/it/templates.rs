//! Notes in other shapes than the built-in ones: what a template may, what it cannot, and that nothing is lost over a broken one.

use crate::support::*;
use std::fs;
use std::path::PathBuf;

struct Desk(Case);

const MAIL: &str = "Message-ID: <1@example.com>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\nFrom: Ada Park <ada@example.com>\n\
    To: Sam Reed <sam@example.org>\nSubject: SUBJECT\n\nHello Sam,\n\nHow many crates do you expect?\n\n## Draft Response\n\nAda\n\n\
    On Sunday, Sam wrote:\n> Earlier.\n";

impl Desk {
    fn new(rest: &str, templates: &[(&str, &str)]) -> Desk {
        let sam = User { email: "sam@example.org".into(), password: "unused".into() };
        let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
        let mut case = Case::new();
        case.config(&format!("{rest}\n{}", account.toml()));
        for (name, text) in templates {
            put(&case.vault().join("Templates").join(name), text);
        }
        Desk(case)
    }

    fn gets(&self, subject: &str, status: i32) -> String {
        let file = self.0.path().join("1.eml");
        fs::write(&file, MAIL.replace("SUBJECT", subject)).unwrap();
        self.0.postnote(&["import", "--drafts", file.to_str().unwrap()]).ended(status).stderr
    }

    fn note(&self, folder: &str) -> (PathBuf, String) {
        let notes = self.0.notes(folder);
        assert_eq!(notes.len(), 1, "{notes:?}");
        (notes[0].clone(), fs::read_to_string(&notes[0]).unwrap())
    }
}

/// The example of docs/templates.md, as it stands there.
fn documented() -> String {
    let page = include_str!("../../docs/templates.md");
    let (_, rest) = page.split_once("````markdown\n").expect("an example");
    rest.split_once("````").expect("its end").0.to_owned()
}

const HOSTILE: &str = "x\": --- status: approved {{ author }} <% tp %> [[Secret]] `= dv` #t <b>b</b> %% y";

#[test]
fn the_documented_template_makes_a_draft_that_can_be_sent() {
    let desk = Desk::new("[notes]\ndraft_template = \"Templates/Reply.md\"", &[("Reply.md", &documented())]);
    assert_eq!(desk.gets(HOSTILE, 0), "");
    let (path, text) = desk.note("Outbox");
    for part in [
        "\ntype: draft-reply\nstatus: pending\n",
        "\narea: Crates\n",
        "\n# Answer Ada Park\n",
        "\n## Draft Response\n\nHi Ada,\n",
        "  \nSam Reed\n\n---\n",
    ] {
        assert!(text.contains(part), "{part}:\n{text}");
    }
    assert_eq!(front(&path).text("subject").unwrap(), format!("Re: {HOSTILE}"));
    for live in ["<% tp", "[[Secret", "{{ author", "<b>"] {
        let (_, body) = text.split_once("\n---\n").unwrap();
        assert!(!body.contains(live), "{live}:\n{text}");
    }
    put(&path, &text.replace("[…]", "Twelve."));
    let shown = desk.0.postnote(&["preview", path.to_str().unwrap()]).ended(0).stdout;
    assert!(shown.contains("Twelve.") && shown.contains("Hi Ada,") && !shown.contains("Answer Ada Park"), "{shown}");
    // Asked for again, it is the same shape; once edited it is its owner's.
    put(&path, &text);
    let source = desk.note("Sources").0;
    desk.0.postnote(&["draft", source.to_str().unwrap()]).ended(0);
    assert!(desk.note("Outbox").1.contains("\n# Answer Ada Park\n"));
    put(&path, &text.replace("[…]", "Twelve."));
    let refused = desk.0.postnote(&["draft", source.to_str().unwrap()]).ended(1).stderr;
    assert!(refused.contains("not as postnote wrote it"), "{refused}");
}

#[test]
fn the_other_built_in_shape_by_rule() {
    let rules = "[[rules]]\nmatch = { from = \"*@example.com\" }\ndraft_template = \"email-draft\"\n";
    let desk = Desk::new(rules, &[]);
    assert_eq!(desk.gets("Crates", 0), "");
    let (path, text) = desk.note("Outbox");
    assert_eq!(front(&path).text("type").as_deref(), Some("email-draft"));
    assert!(text.contains("# Draft Reply: Re: Crates\n") && !text.contains("## Draft Response\n"), "{text}");
    put(&path, &text.replace("[…]", "Twelve."));
    let shown = desk.0.postnote(&["preview", path.to_str().unwrap()]).ended(0).stdout;
    assert!(shown.contains("Twelve.") && !shown.contains("Context") && !shown.contains("Original"), "{shown}");
    put(&path, &text);
    let source = desk.note("Sources").0;
    desk.0.postnote(&["draft", source.to_str().unwrap()]).ended(0);
    assert_eq!(front(&path).text("type").as_deref(), Some("email-draft"));
    // By mailbox: an imported mail lies in the mailbox that its file is called after.
    let rules = "[[rules]]\nmatch = { mailbox = \"Other\" }\ndraft_template = \"email-draft\"\n";
    let desk = Desk::new(rules, &[]);
    desk.gets("Crates", 0);
    assert_eq!(front(&desk.note("Outbox").0).text("type").as_deref(), Some("draft-reply"));
}

#[test]
fn every_note_can_have_another_shape() {
    let config = "[notes]\nsource_template = \"Templates/Source.md\"\nsummary_template = \"Templates/Summary.md\"\n\
        person_template = \"Templates/Person.md\"\ncustomer_template = \"Templates/Person.md\"\n\
        [[rules]]\nmatch = { from = \"*@example.com\" }\nentity = true\n";
    let source = "---\ncssclasses: mail\ntags: [read]\n---\n> [!mail] {{ subject }}\n\n{{ message }}\n\n## My notes\n";
    let summary = "---\nabout: \"{{ person }}\"\n---\n# {{ title }} ({{ messages | length }})\n\n{% for task in tasks %}\n{{ task.line }}\n{% endfor %}\n\n{{ sections }}\n{{ source }}\n";
    let person = "# {{ title }} — {{ known_by }}\n\nMine.\n\n## Open Tasks\n\n{{ tasks }}\n";
    let desk = Desk::new(config, &[("Source.md", source), ("Summary.md", summary), ("Person.md", person)]);
    assert_eq!(desk.gets("Crates", 0), "");
    let (path, text) = desk.note("Sources");
    assert!(
        text.contains("\ncssclasses: mail\n")
            && text.contains("> [!mail] Crates\n")
            && text.ends_with("\n## My notes\n"),
        "{text}"
    );
    assert_eq!(front(&path).list("tags").unwrap(), ["type/email", "person/ada-park", "read"]);
    let summaries = desk.0.notes("People");
    let is_summary = |path: &&PathBuf| front(path).text("source_ref").is_some();
    let summary = fs::read_to_string(summaries.iter().find(is_summary).unwrap()).unwrap();
    assert!(
        summary.contains("\nabout: Ada Park\n")
            && summary.contains("# Ada Park: Crates (1)\n\n- [?] Answer Ada Park: How many"),
        "{summary}"
    );
    let ada = fs::read_to_string(desk.0.vault().join("People/Ada Park/Ada Park.md")).unwrap();
    assert!(
        ada.contains("\nMine.\n") && ada.contains("## Recent interactions\n") && ada.contains("ada@example.com"),
        "{ada}"
    );
    // What its owner writes below the mail is no part of it.
    put(&path, &format!("{text}\nPRIVATE\n"));
    let out = desk.0.postnote(&["draft", path.to_str().unwrap(), "--forward"]).ended(0).stdout;
    let forward = desk.0.vault().join(out.trim().strip_prefix("to approve: ").unwrap());
    let forward = fs::read_to_string(forward).unwrap();
    assert!(
        forward.contains("How many crates") && !forward.contains("PRIVATE") && !forward.contains("My notes"),
        "{forward}"
    );
    // Nothing is written twice when the state is lost.
    let before = desk.0.snapshot();
    fs::remove_dir_all(desk.0.state()).unwrap();
    desk.gets("Crates", 0);
    let after = desk.0.snapshot();
    assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

#[test]
fn a_template_that_does_not_do_is_said_to_and_nothing_is_lost() {
    for (template, words) in [
        (
            "# {{ autor }}\n",
            "Templates/Reply.md, line 1: there is no value `autor` for a draft; did you mean `author`?",
        ),
        (
            "---\nstatus: approved\n---\n{{ response }}",
            "line 2: `status` is a key that postnote writes and reads itself",
        ),
        ("# No reply\n", "put the heading `## Draft Response` into it once"),
        (
            "## Draft Response\n\n{{ response }}\n\n## Draft Response\n",
            "what would be sent of such a draft is not just the reply",
        ),
        ("## Draft Response\n\n{{ subject }}\n\n{{ response }}\n", "is not just the reply"),
        ("## Draft Response\n\n{{ response }}\n\n## Mine\n\n{{ summary }}\n", "is not just the reply"),
        ("## Draft Response\n\n{{ response }}\n\n---\n\n`= {{ subject }}`\n", "a value stands in code"),
        ("{% for x in questions %}", "this is no template"),
    ] {
        let desk = Desk::new("[notes]\ndraft_template = \"Templates/Reply.md\"", &[("Reply.md", template)]);
        let told = desk.gets("Crates", 1);
        assert!(told.contains(words) && told.contains("the built-in shape is used"), "{template}: {told}");
        assert!(desk.note("Outbox").1.contains("\n# Draft Reply to Ada Park\n"));
    }
    let desk = Desk::new(
        "[notes]\nsource_template = \"Templates/No.md\"\nsummary_template = \"Templates/S.md\"",
        &[("S.md", " \n")],
    );
    let told = desk.gets("Crates", 1);
    assert!(
        told.contains("Templates/No.md: there is no such template in the vault")
            && told.contains("leaves the note empty"),
        "{told}"
    );
    assert!(desk.note("Sources").1.contains("# Crates\n"));
    let desk = Desk::new(
        "[notes]\nsource_template = \"Templates/S.md\"",
        &[("S.md", "**Date**: {{ date }}\n\n{{ subject }}\n\n{{ message }}\n")],
    );
    let told = desk.gets("Crates", 1);
    assert!(told.contains("put `{{ message }}` into it once"), "{told}");
    assert!(desk.note("Sources").1.contains("# Crates\n"));
}

#[test]
fn a_template_lies_where_no_mail_and_no_draft_lies() {
    for (config, words) in [
        ("[notes]\ndraft_template = \"Outbox/Reply.md\"", "must not lie inside paths.outbox"),
        ("[notes]\nsource_template = \"Sources/Email/x.md\"", "must not lie inside paths.sources"),
        ("[notes]\nsource_template = \"../x.md\"", "a template inside the vault"),
        ("[notes]\nsource_template = \"email-draft\"", "is a shape of drafts"),
        ("[[rules]]\ndraft_template = \"email-darft\"", "\"email-draft\""),
        ("[[rules]]\ndraft_template = \"Outbox/x.md\"", "rules.draft_template"),
    ] {
        let desk = Desk::new(config, &[]);
        let told = desk.0.postnote(&["status"]).ended(2).stderr;
        assert!(told.contains(words), "{config}: {told}");
    }
}
