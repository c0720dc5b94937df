//! Mail that nobody sends by mistake: parts and pages ten thousand deep, headers by the hundred thousand, characters that show a text as
//! another, names that no disk takes. Each becomes a note that says its words, in little memory; nothing of it is lost or live.

use crate::support::*;
use base64::Engine as _;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What one run made of some mails.
struct Taken {
    /// The notes by their subjects.
    notes: BTreeMap<String, String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
}

impl Taken {
    /// Imports mails (a subject, then further headers and the body), and measures it.
    fn of(mails: &[(&str, Vec<u8>)]) -> Taken {
        let sam = User { email: "sam@example.org".into(), password: "unused".into() };
        let account = Account { name: "work", user: &sam, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 };
        let case = Case::with_account(&account);
        let folder = case.path().join("mail");
        fs::create_dir(&folder).unwrap();
        for (number, (subject, rest)) in mails.iter().enumerate() {
            let head = format!(
                "From: Ada Park <ada@example.com>\r\nTo: sam@example.org\r\nMessage-ID: <bad-{number}@example.com>\r\n\
                 Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nSubject: {subject}\r\n"
            );
            fs::write(folder.join(format!("{number:02}.eml")), [head.as_bytes(), rest].concat()).unwrap();
        }
        let (output, peak) = case.measured(&["import", folder.to_str().unwrap()]);
        output.ended(0);
        assert!(peak > 5 && peak < 300, "{peak} MB");
        let texts: Vec<_> =
            case.notes("Sources").into_iter().map(|p| (p.clone(), fs::read_to_string(p).unwrap())).collect();
        assert_eq!(texts.len(), mails.len());
        let notes = texts.into_iter().map(|(path, text)| (front(&path).text("subject").unwrap(), text)).collect();
        let files = case.snapshot();
        Taken { notes, files }
    }

    fn note(&self, subject: &str) -> &str {
        self.notes.get(subject).unwrap_or_else(|| panic!("{subject}: {:?}", self.notes.keys()))
    }

    /// The attached files, in the order of their names.
    fn attached(&self) -> Vec<(String, &[u8])> {
        let attached = |path: &Path| path.parent().is_some_and(|folder| folder.ends_with("attachments"));
        let name = |path: &'_ Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let files = self.files.iter().filter(|(path, _)| attached(path));
        files.map(|(path, bytes)| (name(path), bytes.as_slice())).collect()
    }

    /// True when some file of the vault holds the words.
    fn keeps(&self, words: &str) -> bool {
        self.files.values().any(|bytes| bytes.windows(words.len()).any(|part| part == words.as_bytes()))
    }
}

/// Parts within parts, each in a kind of its own making, around a text.
fn nested(depth: usize, around: impl Fn(usize) -> (String, String), text: &str) -> Vec<u8> {
    let (mut head, mut tail) = (String::new(), Vec::new());
    for level in 0..depth {
        let (before, after) = around(level);
        head.push_str(&before);
        tail.push(after);
    }
    let tail: String = tail.into_iter().rev().collect();
    format!("{head}Content-Type: text/plain\r\n\r\n{text}\r\n{tail}").into_bytes()
}

fn html(body: &str) -> Vec<u8> {
    format!("Content-Type: text/html; charset=utf-8\r\n\r\n{body}\r\n").into_bytes()
}

#[test]
fn what_is_nested_ten_thousand_deep_is_a_note_and_keeps_its_words() {
    let multipart = |level: usize| {
        let open = format!("Content-Type: multipart/mixed; boundary=b{level}x\r\n\r\n--b{level}x\r\n");
        (open, format!("\r\n--b{level}x--\r\n"))
    };
    let message = |_: usize| ("Content-Type: message/rfc822\r\n\r\nSubject: within\r\n".to_owned(), String::new());
    let tags = |open: &str, words: &str, close: &str| {
        html(&format!("{}<p>{words}</p>{}<p>{words}, below</p>", open.repeat(10_000), close.repeat(10_000)))
    };
    let taken = Taken::of(&[
        ("Parts", nested(10_000, multipart, "the words in the innermost part")),
        ("Messages", nested(10_000, message, "the words of the innermost message")),
        ("Blocks", tags("<div>", "words in blocks", "</div>")),
        ("Quotes", tags("<blockquote>", "words in quotes", "</blockquote>")),
        ("Lists", tags("<ul><li>", "words in lists", "</li></ul>")),
        ("Tables", tags("<table><tr><td>", "words in tables", "</td></tr></table>")),
        ("Looks", tags("<b><i><s><a href='https://example.com/'>", "words with looks", "</a></s></i></b>")),
    ]);
    for words in ["the words in the innermost part", "the words of the innermost message"] {
        assert!(taken.keeps(words), "{words}");
    }
    for (subject, words) in [
        ("Blocks", "words in blocks"),
        ("Quotes", "words in quotes"),
        ("Lists", "words in lists"),
        ("Tables", "words in tables"),
        ("Looks", "words with looks"),
    ] {
        let note = taken.note(subject);
        assert!(note.contains(words) && note.contains(&format!("{words}, below")), "{subject}");
        assert!(note.len() < 100_000, "{subject}: {}", note.len());
    }
}

#[test]
fn a_hundred_thousand_headers_are_passed_over() {
    let mut rest = String::new();
    for number in 0..100_000 {
        write!(rest, "X-Filler-{number}: of no use\r\n").unwrap();
    }
    rest.push_str("Cc: Mira Lund <mira@example.com>\r\n\r\nThe words below all of them.\r\n");
    let ids = (0..100_000).map(|n| format!(" <{n}@example.net>\r\n")).collect::<String>();
    let people = (0..100_000).map(|n| format!(" u{n}@example.net,\r\n")).collect::<String>();
    let taken = Taken::of(&[
        ("Headers", rest.into_bytes()),
        ("Ids", format!("References:{ids}\r\n\r\nThe words below the ids.\r\n").into_bytes()),
        ("People", format!("Cc:{people} last@example.net\r\n\r\nThe words to all of them.\r\n").into_bytes()),
    ]);
    assert!(taken.note("Headers").ends_with("\nThe words below all of them.\n"));
    assert!(taken.note("Ids").ends_with("\nThe words below the ids.\n"));
    let note = taken.note("People");
    assert!(note.ends_with("\nThe words to all of them.\n") && note.contains("u7@example.net"), "{}", note.len());
}

#[test]
fn no_text_shows_as_another() {
    let named = |name: &str| {
        format!(
            "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nSee the file.\r\n--b\r\nContent-Disposition: attachment;\r\n \
             filename*=utf-8''{name}\r\n\r\nbytes\r\n--b--\r\n"
        )
    };
    let alike = "exаmple.com"; // Its third letter is Cyrillic.
    let taken = Taken::of(&[
        (
            "a\0b\u{202e}c",
            b"\r\nbefore\0after, \xe2\x80\xaegnp.exe\xe2\x81\xa6 and \x1b[31mred\x1b[0m\x9b\r\n".to_vec(),
        ),
        ("Backwards", named("invoice%E2%80%AEfdp.exe").into_bytes()),
        (
            "Names",
            format!("Reply-To: =?utf-8?q?Bank=E2=80=AE?= <help@{alike}>\r\n\r\nSign in at https://{alike}/in\r\n")
                .into_bytes(),
        ),
        (
            "Links",
            html(&format!(
                "<p><a href='https://{alike}/in'>example.com</a>, <a href='https://example.com@evil.example/'>there</a>"
            )),
        ),
    ]);
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    for (subject, note) in &taken.notes {
        let controls = |c: char| c.is_control() && c != '\n';
        assert!(!note.contains(turns) && !note.contains(controls), "{subject}: {note:?}");
    }
    assert!(taken.files.keys().all(|path| !path.to_str().unwrap().contains(turns)));
    let note = taken.note("abc");
    assert!(note.contains("beforeafter, gnp.exe and \\[31mred\\[0m"), "{note}");
    assert!(taken.note("Backwards").contains("_invoicefdp.exe]]"));
    for subject in ["Names", "Links"] {
        let note = taken.note(subject);
        assert!(note.contains("https://xn--exmple-4nf.com/in") && !note.contains(&format!("//{alike}")), "{note}");
    }
    assert!(taken.note("Names").contains(&format!("help@{alike}> (really xn--exmple-4nf.com)")));
    assert!(taken.note("Links").contains("(→ <https://evil.example>)"));
}

#[test]
fn files_with_names_of_300_bytes_are_two_and_no_archive_is_unpacked() {
    let case = Case::new();
    let zip = case.path().join("bomb.zip");
    let make = "import sys, zipfile; zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED).writestr('zeros', bytes(50_000_000))";
    assert!(Command::new("python3").args(["-c", make, zip.to_str().unwrap()]).status().unwrap().success());
    let zip = fs::read(zip).unwrap();
    let long = "n".repeat(290);
    let part = |name: &str, bytes: &[u8]| {
        let head = format!(
            "--b\r\nContent-Type: application/octet-stream\r\nContent-Disposition: attachment; filename=\"{name}\"\r\n"
        );
        let body = base64::engine::general_purpose::STANDARD.encode(bytes);
        format!("{head}Content-Transfer-Encoding: base64\r\n\r\n{body}\r\n")
    };
    let mail = [
        "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nThe files.\r\n".to_owned(),
        part(&format!("{long}-one.pdf"), b"one"),
        part(&format!("{long}-two.pdf"), b"two"),
        part(&format!("{}.pdf", "ü".repeat(150)), b"three"),
        part("bomb.zip", &zip),
        "--b--\r\n".to_owned(),
    ]
    .concat();
    let taken = Taken::of(&[("Files", mail.into_bytes())]);
    let (note, attached) = (taken.note("Files"), taken.attached());
    let mut bytes: Vec<&[u8]> = attached.iter().map(|(_, bytes)| *bytes).collect();
    bytes.sort_unstable_by_key(|bytes| (bytes.len(), bytes.to_vec()));
    assert_eq!(bytes, [b"one".as_slice(), b"two", b"three", &zip]);
    for (name, _) in &attached {
        // A path has to fit with a folder before it, and a program's own ending behind it.
        assert!(name.len() < 200 && note.contains(&format!("[[{name}]]")), "{name}: {note}");
        assert!(name.ends_with(".pdf") || name.ends_with("_bomb.zip"), "{name}");
    }
}
