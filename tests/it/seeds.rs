//! The four shapes that the project grew from, out of a made-up conversation: a draft, the other draft with what the vault knows, the
//! summary, and the customer's note. They were read as their owner would read them; `UPDATE_GOLDEN=1` writes them anew.

use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};

fn fixture(inside: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/seeds").join(inside)
}

/// The conversation up to its last mail, which asks, is imported first, so that there are notes that the draft can draw on.
fn case(config: &str) -> Case {
    let sam = User { email: "sam@example.org".into(), password: "unused".into() };
    let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
    let mut case = Case::new();
    case.config(&format!("{config}\n{}", account.toml()));
    let mail = |n: usize| fixture(&format!("mail/{n}.eml")).display().to_string();
    put(
        &case.vault().join("People/Ruth Moss/Ruth Moss.md"),
        "---\ntype: people\ntitle: Ruth Moss\nemails: [ruth.moss@harbourlight.example]\n---\n\n# Ruth Moss\n\n## Key facts\n\n\
         - Ruth leads the online data team at Harbour Light.\n- She prefers short meetings.\n",
    );
    put(
        &case.vault().join("Customers/Harbour Light/Harbour Light.md"),
        "---\ntype: customer\ntitle: Harbour Light\ndomains: [harbourlight.example]\n---\n\n# Harbour Light\n\n## Key Facts\n\n\
         - They want change notices from every store.\n\n## Open Tasks\n\n- [ ] Ask for the network plan #task\n",
    );
    case.postnote(&["import", &mail(1)]).ended(0);
    case.postnote(&["import", "--sent", &mail(2)]).ended(0);
    case.postnote(&["import", "--drafts", &mail(3)]).ended(0);
    case
}

/// What differs from run to run is made the same.
fn steady(text: &str) -> String {
    let line = |line: &str| match line.split_once(": ") {
        Some(("created", value)) if value.contains('T') => "created: 2026-01-05T19:35:19".to_owned(),
        _ => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

fn is_golden(name: &str, path: &Path) -> String {
    let text = steady(&fs::read_to_string(path).unwrap());
    let golden = fixture("notes").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &text).unwrap();
    }
    let wanted = fs::read_to_string(&golden).unwrap_or_default();
    assert_eq!(text, wanted, "not as in tests/fixtures/seeds/notes/{name} (UPDATE_GOLDEN=1 writes it)");
    text
}

fn one(case: &Case, folder: &str, is_it: impl Fn(&Path) -> bool) -> PathBuf {
    let found: Vec<_> = case.notes(folder).into_iter().filter(|path| is_it(path)).collect();
    assert_eq!(found.len(), 1, "{folder}: {found:?}");
    found[0].clone()
}

#[test]
fn the_seeds_shapes() {
    let usual = case("");
    let summary = one(&usual, "People/Ada Park", |path| front(path).text("source_ref").is_some());
    let customer = usual.vault().join("Customers/Northwind/Northwind.md");
    let mut all = vec![
        is_golden("draft-reply.md", &one(&usual, "Outbox", |_| true)),
        is_golden("people-summary.md", &summary),
        is_golden("customer.md", &customer),
    ];
    let other = case("[notes]\ndraft_template = \"email-draft\"");
    all.push(is_golden("email-draft.md", &one(&other, "Outbox", |_| true)));
    for text in &all {
        no_defects(text);
    }
    // A mail's subject, never a title.
    for draft in [&all[0], &all[3]] {
        assert!(draft.contains("\nsubject: \"Re: Lighthouse data platform\"\n"), "{draft}");
    }
    assert!(all[3].contains("\nvault_context_used: true\n") && all[3].contains("<details>"), "{}", all[3]);
}

/// The defects of the notes that the shapes were taken from.
fn no_defects(text: &str) {
    for defect in
        ["Re: Re:", "_Unknown_", "_No ", "[[]]", "Brief description", "/Users/", "/tmp/", "...", "{{", "\n\n\n\n"]
    {
        assert!(!text.contains(defect), "{defect:?} in\n{text}");
    }
    // A heading has something below it.
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    for pair in lines.windows(2) {
        let level = |line: &str| line.chars().take_while(|c| *c == '#').count();
        let empty = level(pair[0]) >= 2 && (pair[1] == "---" || level(pair[1]) > 0 && level(pair[1]) <= level(pair[0]));
        assert!(!empty, "{} is empty in\n{text}", pair[0]);
    }
    // A day of the week is that day's.
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    for (at, day) in DAYS.iter().flat_map(|day| text.match_indices(day)) {
        let rest = text[at + day.len()..].trim_start_matches([',', ' ']);
        if let Some(date) = rest.get(..10).and_then(|date| date.parse::<jiff::civil::Date>().ok()) {
            assert_eq!(date.strftime("%A").to_string(), *day, "{rest:.20}");
        }
    }
    // What is drawn from notes ends where a sentence does.
    if let Some((_, context)) = text.split_once("## Vault Context Used") {
        let said = context.lines().map(|l| l.trim_start_matches(['>', ' ', '-']).trim()).filter(|l| l.len() > 60);
        for line in said.filter(|line| !line.starts_with("*postnote")) {
            assert!(line.ends_with(['.', '?', '!', ')', ']', '>', '*']), "{line}");
        }
    }
}
