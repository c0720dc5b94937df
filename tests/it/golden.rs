//! Mails of our own making, one for each thing that mail can be, and the notes that they become. Each note was read as its
//! owner would read it. `UPDATE_GOLDEN=1` writes them anew: then read what changed.

use crate::support::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

fn fixtures(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(folder)
}

/// The files of a folder by their stems.
fn texts(folder: &Path) -> BTreeMap<String, PathBuf> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)).collect()
}

#[test]
fn every_mail_becomes_its_note() {
    let sam = User { email: "sam@example.org".into(), password: "unused".into() };
    let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
    let mut case = Case::with_account(&account);
    case.env("TZ", "Europe/Berlin");
    case.postnote(&["import", fixtures("mail").to_str().unwrap()]).ended(0);
    let files = case.snapshot();
    let by_id: BTreeMap<String, String> = case
        .notes("Sources")
        .iter()
        .map(|path| (front(path).text("message_id").unwrap(), fs::read_to_string(path).unwrap()))
        .collect();
    let (mails, goldens) = (texts(&fixtures("mail")), texts(&fixtures("notes")));
    let update = std::env::var_os("UPDATE_GOLDEN").is_some();
    let mut differ = Vec::new();
    for name in mails.keys() {
        let note = &by_id[&format!("<{name}@example.org>")];
        // A property is text, whatever it looks like.
        let (_, body) = note.split_once("\n---\n").unwrap();
        for link in body.split("[[").skip(1).filter_map(|rest| rest.split("]]").next()) {
            let target = link.split(['|', '\\']).next().unwrap();
            let is_it =
                |path: &&PathBuf| path.file_name().is_some_and(|f| f == target || f == format!("{target}.md").as_str());
            assert_eq!(files.keys().filter(is_it).count(), 1, "{name}: {link}");
        }
        let golden = fixtures("notes").join(format!("{name}.md"));
        if update {
            fs::write(&golden, note).unwrap();
        } else if fs::read_to_string(&golden).ok().as_ref() != Some(note) {
            differ.push(format!("=== {name}\n{note}"));
        }
    }
    assert!(differ.is_empty(), "not as in tests/fixtures/notes (UPDATE_GOLDEN=1 writes them):\n{}", differ.join("\n"));
    let left: Vec<_> = goldens.keys().filter(|name| !mails.contains_key(*name)).collect();
    assert!(left.is_empty() && by_id.len() == mails.len(), "{left:?}");
}

#[test]
fn what_is_too_long_for_a_note_is_kept_whole() {
    let sam = User { email: "sam@example.org".into(), password: "unused".into() };
    let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
    let case = Case::with_account(&account);
    let long = |kind: &str, piece: &str, size: usize| {
        let head =
            format!("From: ada@example.com\nTo: sam@example.org\nSubject: {kind}\nContent-Type: text/{kind}\n\n");
        head + &piece.repeat(size / piece.len()) + "the last words\n"
    };
    let folder = case.path().join("mail");
    fs::create_dir(&folder).unwrap();
    for (name, mail) in [
        ("plain", long("plain", "fifty million octets of words\n", 50 << 20)),
        ("html", long("html", "<p>words of a page</p>\n", 9 << 20)),
        // What is large in it is no text.
        ("page", long("html", &format!("<img src='data:image/png;base64,{}'>\n", "A".repeat(3 << 20)), 3 << 20)),
    ] {
        fs::write(folder.join(format!("{name}.eml")), mail).unwrap();
    }
    case.postnote(&["import", folder.to_str().unwrap()]).ended(0);
    let notes = case.notes("Sources");
    assert_eq!(notes.len(), 3);
    for path in notes {
        let note = fs::read_to_string(&path).unwrap();
        assert!(note.len() < 5 << 20);
        if front(&path).text("subject").as_deref() == Some("html") && note.len() < 1 << 20 {
            assert!(note.contains("\nthe last words\n") && !note.contains("original.eml"));
            continue;
        }
        assert!(note.contains("*(and more: the whole message is kept, below)*"), "{}", path.display());
        let original = note.split("- [[").skip(1).find_map(|link| link.split_once("_original.eml]]")).unwrap().0;
        let original = path.parent().unwrap().join(format!("attachments/{original}_original.eml"));
        assert!(fs::read_to_string(original).unwrap().ends_with("the last words\r\n"));
    }
}

#[test]
fn attachments_that_are_not_wanted_are_named() {
    let sam = User { email: "sam@example.org".into(), password: "unused".into() };
    let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
    let mut case = Case::with_account(&account);
    let notes = "[notes]\nattachment_limit = \"1 KB\"\nattachment_skip = [\"image/*\"]\n";
    case.config(&format!("{notes}{}", account.toml()));
    let mail = fixtures("mail").join("pictures-in-place.eml");
    case.postnote(&["import", mail.to_str().unwrap()]).ended(0);
    let note = case.notes("Sources").pop().unwrap();
    let (text, files) = (fs::read_to_string(&note).unwrap(), case.snapshot());
    for shown in ["(image: room.png)", "- room.png (107 bytes; not saved)\n", "_plan of the room.pdf]] (9 bytes)\n"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    assert_eq!(files.keys().filter(|path| path.to_str().unwrap().contains("/attachments/")).count(), 1);
    assert!(!text.contains("![["));
}
