//! Rules of the house that a look at the text can hold: see ARCHITECTURE.md, "Invariants".

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms of `src/`, from the bottom up, and what each may import besides `config`, `mail` and `note`.
const ROOMS: &[(&str, &[&str])] = &[
    ("mail", &[]),
    ("config", &[]),
    ("note", &[]),
    ("triage", &[]),
    ("assistant", &[]),
    ("draft", &[]),
    ("entity", &[]),
    ("approval", &[]),
    ("compose", &["approval"]),
    ("archive", &[]),
    ("net", &[]),
    ("secret", &["net"]),
    ("imap", &["net", "secret"]),
    ("smtp", &["net", "secret", "compose"]),
    ("llm", &["net", "secret"]),
    ("notice", &[]),
    ("vault", &[]),
    ("store", &[]),
];
const VALUES: &[&str] = &["config", "mail", "note"];

fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).expect("a source file");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "no sources in {folder}");
    found
}

/// The room that a file of `src/` belongs to.
fn room(path: &Path) -> String {
    let inside = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).expect("in src");
    let first = inside.components().next().expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a text names as `crate::room`.
fn imports(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
    let word = |s: &str| s.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    code.match_indices("crate::").map(|(at, m)| word(&code[at + m.len()..])).filter(|w| !w.is_empty()).collect()
}

#[test]
fn rooms_import_downwards() {
    let mut seen = Vec::new();
    for (path, text) in sources("src") {
        if path.ends_with("tests.rs") {
            continue;
        }
        // Unit tests within a file may look around.
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        let room = room(&path);
        let Some((_, allowed)) = ROOMS.iter().find(|(r, _)| *r == room) else { continue };
        seen.push(room.clone());
        for import in imports(code) {
            let value = VALUES.contains(&import.as_str()) && room != "mail";
            assert!(
                import == room || value || allowed.contains(&import.as_str()),
                "{}: `{room}` must not import `{import}`",
                path.display()
            );
        }
    }
    for (room, _) in ROOMS {
        assert!(seen.iter().any(|s| s == room), "there is no room {room} any more; change this list");
    }
}

#[test]
fn what_is_sent_was_approved() {
    for (pattern, homes) in [
        ("ApprovedDraft {", &["src/approval.rs"][..]),
        ("Outgoing {", &["src/compose/mod.rs"]),
        ("from_outbox(", &["src/compose/mod.rs", "src/outbound/deliver.rs"]),
        (".draft(), now", &["src/compose/mod.rs"]),
        ("rehearsal.draft()", &["src/compose/mod.rs"]),
        ("Status::Approved.as_str()", &[]),
        ("smtp::send(", &["src/login.rs"]),
    ] {
        for (path, text) in sources("src") {
            if path.ends_with("tests.rs") || !text.contains(pattern) {
                continue;
            }
            assert!(homes.iter().any(|h| path.ends_with(h)), "{}: {pattern} belongs to {homes:?}", path.display());
        }
    }
}

#[test]
fn only_the_command_line_prints_and_only_edges_read_clocks() {
    for (path, text) in sources("src") {
        let room = room(&path);
        if room != "cli" {
            for word in ["println!(", "print!(", "eprintln!(", "eprint!("] {
                assert!(!text.contains(word), "{}: {word} belongs to cli", path.display());
            }
        }
        let below = ["mail", "note", "config", "triage", "assistant", "draft", "entity", "approval", "compose"]
            .contains(&room.as_str());
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for word in
            ["SystemTime::now", "Zoned::now", "Timestamp::now", "std::env::", "std::fs::", "tokio::", "std::net::Tcp"]
        {
            assert!(!below || !code.contains(word), "{}: {word} in a value or stage", path.display());
        }
    }
}

#[test]
fn nothing_is_left_undone() {
    // Put together here, so that this file does not name them itself.
    let words: Vec<String> = ["#[ign ore", "to do!(", "unimple mented!(", "#[allow(dead _code", "#[expect(dead _code)"]
        .iter()
        .map(|w| w.replace(' ', ""))
        .collect();
    for (path, text) in sources("src").into_iter().chain(sources("tests")) {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{}: {word}", path.display());
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (path, text) in sources("src") {
        let test = path.ends_with("tests.rs");
        assert!(test || text.starts_with("//! "), "{}: no //! at its head", path.display());
    }
}
