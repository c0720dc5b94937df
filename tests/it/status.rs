//! `postnote status`: what it shows, at any width, once and as things change.

use crate::support::*;
use serde_json::Value;
use std::time::Duration;

fn draft(subject: &str, status: &str, urgency: &str, created: &str) -> String {
    format!(
        "---\ntype: draft-mail\nstatus: {status}\nurgency: {urgency}\ncreated: {created}\nto: \"Ada Park <ada@example.com>\"\n\
         subject: {subject}\n---\n\nHello.\n"
    )
}

fn outbox() -> World {
    let world = World::on_greenmail();
    for (name, text) in [
        ("1.md", draft("Lantern oil", "pending", "normal", "2026-01-05T10:00:00")),
        ("2.md", draft("Old rope", "pending", "low", "2025-01-05T10:00:00")),
        ("3.md", draft("Fire in the tower", "pending", "urgent", "2026-01-07T10:00:00")),
        ("4.md", draft("Spare keys", "pending", "normal", "2026-01-04T10:00:00")),
        ("5.md", draft("Boat", "approved\nsend_at: 2999-01-01T09:00", "normal", "2026-01-04T10:00:00")),
        ("6.md", draft("Gone", "rejected", "normal", "2026-01-04T10:00:00")),
        ("7.md", draft("Odd", "aproved", "normal", "2026-01-04T10:00:00")),
        ("8.md", draft("Lost", "uncertain\nerror: the server went silent", "normal", "2026-01-04T10:00:00")),
    ] {
        world.case.draft(name, &text);
    }
    world
}

/// Where each of these stands, which must be in that order.
fn in_order(text: &str, wanted: &[&str]) {
    let mut from = 0;
    for what in wanted {
        let at = text[from..].find(what).unwrap_or_else(|| panic!("no {what:?} behind the others in:\n{text}"));
        from += at + what.len();
    }
}

#[test]
fn the_most_pressing_comes_first() {
    let mut world = outbox();
    let never = world.case.postnote(&["status"]).ended(0).stdout;
    in_order(
        &never,
        &["Needs attention", "Outbox/8.md: uncertain: the server went silent", "Outbox/7.md", "\"aproved\""],
    );
    in_order(
        &never,
        &[
            "To approve: 4",
            "Fire in the tower, to Ada Park (urgent)",
            "Outbox/3.md",
            "Spare keys",
            "Lantern oil",
            "Old rope",
            "(low)",
        ],
    );
    in_order(&never, &["On their way: 1", "Boat, to Ada Park: approved, not before 2999-01-01 09:00", "Outbox/5.md"]);
    in_order(
        &never,
        &["Other drafts", "1 rejected", "Accounts", "never synced", "0 source notes", "not at work", "Vault"],
    );
    world.case.postnote(&["sync"]);
    let synced = world.case.postnote(&["status"]).ended(0).stdout;
    in_order(&synced, &["Accounts", "last sync ", "just now"]);
    let json: Value = serde_json::from_str(&world.case.postnote(&["status", "--json"]).ended(0).stdout).unwrap();
    assert_eq!(json["drafts"]["pending"][0]["subject"], "Fire in the tower");
    assert_eq!((&json["running"], &json["accounts"][0]["next_sync"]), (&Value::Bool(false), &Value::Null));
    // A server that cannot be had is more than a draft that is stuck.
    world = world.configured("", |toml| toml.replace("port", "port = 9 #"));
    world.case.postnote(&["sync"]).ended(1);
    let down = world.case.postnote(&["status"]).ended(0).stdout;
    in_order(&down, &["Outbox/8.md", "account \"work\": ", "Outbox/7.md", "last tried"]);
}

#[test]
fn it_fits_forty_columns_and_colours_are_for_terminals() {
    let mut world = outbox();
    world.case.env("COLUMNS", "40");
    let narrow = world.case.postnote(&["status"]).ended(0).stdout;
    let wide = narrow.lines().filter(|line| line.chars().count() > 40).collect::<Vec<_>>();
    assert!(wide.is_empty() && narrow.contains("Fire in the tower"), "{wide:?}");
    assert!(!narrow.contains('\u{1b}'));
    let on_terminal = |environment: &str| {
        let command =
            format!("'{}' --config '{}' status", env!("CARGO_BIN_EXE_postnote"), world.case.config_path().display());
        let line = format!("stty cols 40 rows 50; env -u NO_COLOR TERM=xterm {environment} {command}");
        let output = std::process::Command::new("script").args(["-qec", &line, "/dev/null"]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let coloured = on_terminal("COLUMNS=40");
    assert!(coloured.contains("\u{1b}[31mNeeds attention\u{1b}[0m"), "{coloured}");
    assert!(!on_terminal("NO_COLOR=1").contains('\u{1b}'));
    // The terminal itself says how wide it is.
    let plain = on_terminal("NO_COLOR=1").replace('\r', "");
    assert!(plain.lines().all(|line| line.chars().count() <= 40) && plain.contains("Fire in the tower"), "{plain}");
}

#[test]
fn watching_shows_what_changes_and_that_a_run_is_at_work() {
    let world = outbox();
    let watching = Running::start_with(&world.case, &["status", "--watch", "--json"]);
    until("the first report", || watching.says("\"running\":false") == 1);
    let running = Running::start(&world.case);
    until("the run is seen", || watching.says("\"running\":true") > 0 && watching.says("\"next_sync\":\"2") > 0);
    let text = world.case.postnote(&["status"]).ended(0).stdout;
    in_order(&text, &["; next at ", "postnote run is at work"]);
    world.case.draft("9.md", &draft("A new one", "pending", "urgent", "2026-01-05T10:00:00"));
    until("the draft is seen", || watching.says("A new one") > 0);
    running.stop("TERM");
    until("the end is seen", || {
        watching.said.lock().unwrap().trim_end().lines().last().unwrap().contains("\"running\":false")
    });
    let mut child = watching;
    signal(&child.child, "TERM");
    assert_eq!(ends(&mut child.child, Duration::from_secs(8)), Some(0));
}
