//! `Mail.md` and `Mail.base`: written when asked for, kept up to date while nobody changes them, and then left alone.

use crate::support::*;
use serde_json::{Value, json};

const BOTH: [&str; 2] = ["Mail.md", "Mail.base"];

fn read(case: &Case, name: &str) -> String {
    std::fs::read_to_string(case.vault().join(name)).unwrap_or_default()
}

#[test]
fn they_follow_the_config_until_somebody_changes_them() {
    let world = World::on_greenmail();
    world.sync();
    assert!(BOTH.iter().all(|name| !world.case.vault().join(name).exists()), "nobody asked for them");
    let said = world.case.postnote(&["dashboards"]).ended(0).stdout;
    assert_eq!(said, "Mail.md: written\nMail.base: written\n");
    assert!(BOTH.iter().all(|name| read(&world.case, name).contains("\"Outbox\"")));
    assert_eq!(world.case.postnote(&["dashboards"]).ended(0).stdout.matches("up to date").count(), 2);
    // Another outbox: the pages follow, where they are as they were.
    let theirs = read(&world.case, "Mail.md").replace("# Mail\n", "# My mail\n");
    put(&world.case.vault().join("Mail.md"), &theirs);
    let world = world.configured("[paths]\noutbox = \"To send\"\n", |toml| toml);
    let before = world.case.snapshot();
    world.case.postnote(&["sync", "--dry-run"]).ended(0);
    same(&world.case.snapshot(), &before);
    world.sync();
    assert!(
        read(&world.case, "Mail.base").contains("\"To send\"")
            && !read(&world.case, "Mail.base").contains("\"Outbox\"")
    );
    assert_eq!(read(&world.case, "Mail.md"), theirs);
    let said = world.case.postnote(&["dashboards"]).ended(0).stdout;
    assert!(said.contains("Mail.md: is there, and you changed it"), "{said}");
    assert_eq!(read(&world.case, "Mail.md"), theirs);
    // What was deleted does not come back by itself.
    std::fs::remove_file(world.case.vault().join("Mail.md")).unwrap();
    world.sync();
    assert_eq!(read(&world.case, "Mail.md"), "");
}

#[test]
fn types_are_added_when_asked_for_and_those_of_others_stay() {
    let world = World::on_greenmail();
    let refused = world.case.postnote(&["dashboards", "--types"]).ended(1).stderr;
    assert!(refused.contains(".obsidian") && refused.contains("open it in Obsidian"), "{refused}");
    let types = ".obsidian/types.json";
    put(&world.case.vault().join(types), "{\"types\": {\"date\": \"text\", \"mood\": \"number\"}, \"x\": 1}");
    world.case.postnote(&["dashboards"]).ended(0);
    assert!(!read(&world.case, types).contains("received"));
    world.case.postnote(&["dashboards", "--types"]).ended(0);
    let now: Value = serde_json::from_str(&read(&world.case, types)).unwrap();
    assert_eq!(
        (&now["types"]["date"], &now["types"]["mood"], &now["x"]),
        (&json!("text"), &json!("number"), &json!(1))
    );
    assert_eq!((&now["types"]["received"], &now["types"]["to"]), (&json!("datetime"), &json!("multitext")));
    let before = read(&world.case, types);
    let said = world.case.postnote(&["dashboards", "--types"]).ended(0).stdout;
    assert!(said.contains("knows all") && read(&world.case, types) == before, "{said}");
    put(&world.case.vault().join(types), "{ broken");
    let refused = world.case.postnote(&["dashboards", "--types"]).ended(1).stderr;
    assert!(refused.contains("left alone") && read(&world.case, types) == "{ broken", "{refused}");
}
