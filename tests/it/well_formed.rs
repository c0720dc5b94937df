//! Every message that is composed is well-formed under independent eyes: Python's email package with its strict policies,
//! and what DKIM and SMTP ask of the bytes. Read back by our own reader it gives the text that was written.

use crate::support::root;
use postnote::approval::{Enclosed, Facts, Identity, Judgement, Known, Parent, judge};
use postnote::compose::compose;
use postnote::config::Format;
use postnote::mail::{Address, Attachment, parse};
use postnote::note::draft;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::path::Path;
use std::process::Command;

/// So many messages are drawn; each line, name and subject of the lists below is in some.
const MESSAGES: usize = 300;

const LINES: &[&str] = &[
    "Hello",
    "",
    ".",
    "..",
    "...a",
    ". x",
    "From here on it is new",
    ">From where?",
    "From ",
    "> quoted text of some length that goes on and on, until there is no room left in one line of a mail, and further",
    ">> twice quoted",
    "> From: nobody",
    " indented",
    "    deeply indented",
    "\ttabbed",
    "trailing spaces   ",
    "- item",
    "- [x] done",
    "1. first",
    "# Heading",
    "| a | b |",
    "| --- | --- |",
    "---",
    "A line that is so long that it has to be cut more than once: it goes on about piers and lanterns and the tide, and about who keeps the key to the cellar, and it does not end before it has filled four lines.",
    "Größe und Maß",
    "日本語の長い行です。空白がないので折り返すことができません。日本語の長い行です。空白がないので折り返すことができません。日本語の長い行です。",
    "שלום עולם, مرحبا بالعالم",
    "👩‍👩‍👧‍👦 family, 🇪🇺 flag, 👍🏽",
    "e\u{301} and \u{1d54f}",
    "\u{200f}rtl mark\u{200e}",
    "=?utf-8?q?not_a_word?=",
    "=3D=20= equals=",
    "a=b==c",
    "QUIT",
    "--postnote-",
    "--",
    "Content-Type: text/html",
    "1 < 2 & 3 > 2; &amp; \"quotes\"",
    "**bold** *italic* `code` ~~gone~~",
    "https://example.com/a?b=c&d=e%20f",
    "nbsp\u{a0}here\u{a0}",
    "end of a line that is seventy-two octets long, not one less or more: ab c",
    "end of a line that is seventy-three octets long, not one less or more: ab",
];

const SUBJECTS: &[&str] = &[
    "Harbour plan",
    "Re: Größe 保存",
    "Re: =?utf-8?q?looks_encoded?=",
    "?= =?",
    "A subject that is long enough to be folded in two places at least, because it says all there is to say about the plan of the harbour",
    "Ein Betreff mit Umlauten, der überlang ist: Größenänderungsübersicht für Überlandstraßenführungen über Österreichs Höhenzüge",
    "日本語の件名はとても長いので、エンコードされた語がいくつも必要になります。日本語の件名はとても長いので。",
    "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦",
    "עברית and English (mixed)",
    "a: b; c, d <e@f> \"g\" \\h (i)",
    "x",
    "Trailing dot.",
    "two  spaces",
    "1234567890123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
];

const NAMES: &[&str] = &[
    "",
    "Ada Park",
    "Park, Ada",
    "Ada \"the Key\" Park",
    "Ада Парк",
    "朴雅達",
    "Größe (Amt)",
    "A. Park",
    "ada@example.com",
    "=?utf-8?q?Ada?=",
    "Ada\\Park",
    "O'Neil; Inc. <x>",
    "👍",
    "עדה פארק",
    "A name so long that it takes more than one line of a header, since it names an office with all of its departments",
    "Bundesanstalt für Größen- und Maßänderungen, Außenstelle Überlingen am Bodensee, Abteilung für Öffentlichkeitsarbeit",
];

const ADDRESSES: &[&str] = &[
    "ada@example.com",
    "ada.park+tag@mail.example.com",
    "a@пример.рф",
    "o'neil@example.com",
    "b@bücher.example",
    "{x}!#$%&*/=?^_`|~@example.com",
    "a-very-long-local-part-that-nearly-fills-what-is-allowed-of-it@a-very-long-domain-name-of-many-letters.example.com",
];

const FILES: &[&str] = &[
    "plan.pdf",
    "Größe.pdf",
    "保存計画.docx",
    "two words.txt",
    "quote\"s.txt",
    "semi;colon.txt",
    "back\\slash.txt",
    "per%cent's.txt",
    "no-extension",
    "👍.png",
    "a name that is so long that its parameter has to go over several lines of the header when it is written down.txt",
    "ein sehr langer Name mit Größenänderungsübersicht für Überlandstraßenführungen über Österreichs Höhenzüge.txt",
    ".hidden",
    "trailing.",
];

#[derive(Debug, Clone)]
struct Made {
    subject: &'static str,
    from: &'static str,
    to: Vec<(&'static str, &'static str)>,
    cc: usize,
    lines: Vec<&'static str>,
    files: Vec<(&'static str, Vec<u8>)>,
    signature: Option<&'static str>,
    plain: bool,
    references: usize,
}

fn made() -> impl Strategy<Value = Made> {
    let person = (select(NAMES), select(ADDRESSES));
    let bytes = prop_oneof![
        Just(Vec::new()),
        Just(b"\r\n.\r\nQUIT\r\n\0\xff".to_vec()),
        prop::collection::vec(any::<u8>(), 0..400),
        Just("Text of a file.\nFrom me\n".as_bytes().to_vec()),
    ];
    (
        select(SUBJECTS),
        select(NAMES),
        prop::collection::vec(person, 1..6),
        prop_oneof![9 => 0..3_usize, 1 => Just(40)],
        prop::collection::vec(select(LINES), 1..12),
        prop::collection::vec((select(FILES), bytes), 0..3),
        select(vec![None, Some("Sam"), Some("Sam Reed\nGröße & Co.\n> a line\n-- \n  x")]),
        any::<bool>(),
        prop_oneof![Just(0_usize), 1..4_usize, Just(60)],
    )
        .prop_map(|(subject, from, to, cc, lines, files, signature, plain, references)| Made {
            subject,
            from,
            to,
            cc,
            lines,
            files,
            signature,
            plain,
            references,
        })
}

fn ascii(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap();
    format!("{local}@{}", idna::domain_to_ascii(domain).unwrap())
}

/// Writes `N.eml` and `N.json`.
fn write(folder: &Path, number: usize, made: &Made) {
    let mut to: Vec<Address> = Vec::new();
    for (name, email) in &made.to {
        if to.iter().all(|a| a.email != *email) {
            to.push(Address::named(name, *email));
        }
    }
    let cc: Vec<Address> =
        (0..made.cc).map(|n| Address::named(NAMES[n % NAMES.len()], format!("cc-{n}@example.org"))).collect();
    let list = |all: &[Address]| serde_json::json!(all.iter().map(Address::to_string).collect::<Vec<_>>());
    let body = made.lines.join("\n");
    let note = format!(
        "---\ntype: draft-reply\nstatus: approved\nto: {}\ncc: {}\nbcc: hidden@example.net\nsubject: {}\nin_reply_to: <p@example.com>\n---\n\n## \
         Draft Response\n\n{body}\n",
        list(&to),
        list(&cc),
        serde_json::json!(made.subject)
    );
    let draft = draft::read(&note).unwrap().unwrap();
    let now = "2026-01-05T19:35:19[Europe/Berlin]".parse().unwrap();
    let identities = [Identity { account: "work".into(), address: Address::named(made.from, "sam@example.org") }];
    let parent = Parent {
        message_id: Some("p@example.com".into()),
        references: (0..made.references).map(|n| format!("r{n}{}@example.com", "x".repeat(n * 3))).collect(),
        in_reply_to: vec![],
    };
    let file = |(name, bytes): &(&str, Vec<u8>)| Attachment {
        name: Some((*name).to_owned()),
        media_type: postnote::mail::media_type::of_name(name).to_owned(),
        content_id: None,
        inline: false,
        bytes: bytes.clone(),
    };
    let facts = Facts {
        draft_id: &format!("d{number}"),
        known: Known::Unsent,
        identities: &identities,
        parent: Some(&parent),
        newer: None,
        attachments: Ok(made.files.iter().map(file).collect()),
        enclosed: &Enclosed::default(),
        now: &now,
    };
    let approved = match judge(&draft, facts) {
        Judgement::Approved(approved) => approved,
        // A text of empty lines.
        Judgement::Refused(reason) if reason.contains("empty") => return,
        other => panic!("{made:?}: {other:?}"),
    };
    let format = if made.plain { Format::Plain } else { Format::Both };
    let out = compose(&approved, &now, made.signature, format).unwrap_or_else(|e| panic!("{made:?}: {e}"));
    assert!(out.recipients().contains(&"hidden@example.net".to_owned()));
    reads_back(out.bytes(), made, &body);
    let people =
        |all: &[Address]| all.iter().map(|a| (a.name.clone().unwrap_or_default(), ascii(&a.email))).collect::<Vec<_>>();
    let meant = serde_json::json!({
        "from": people(&[identities[0].address.clone()]),
        "to": people(&to),
        "cc": people(&cc),
        "subject": made.subject,
        "files": made.files.iter().map(|(name, bytes)| (name, bytes.len())).collect::<Vec<_>>(),
        "smtputf8": false,
    });
    std::fs::write(folder.join(format!("{number:04}.eml")), out.bytes()).unwrap();
    std::fs::write(folder.join(format!("{number:04}.json")), meant.to_string()).unwrap();
}

/// A text as it is to be read: without what stands at the end of a line unseen, quotes with one space.
fn shown(text: &str) -> String {
    let line = |line: &str| {
        let mut depth = 0;
        let mut rest = line;
        while let Some(inner) = rest.strip_prefix('>') {
            depth += 1;
            rest = inner.strip_prefix(' ').unwrap_or(inner);
        }
        let quoted = if depth > 0 { format!("{} {rest}", ">".repeat(depth)) } else { rest.to_owned() };
        quoted.trim_end().to_owned()
    };
    text.trim_matches('\n').lines().map(line).collect::<Vec<_>>().join("\n").trim().to_owned()
}

/// Our own reader gives the Markdown that was written, the signature below, and the files.
fn reads_back(bytes: &[u8], made: &Made, body: &str) {
    let (mail, defects) = parse::parse(bytes);
    assert!(defects.is_empty(), "{made:?}: {defects:?}");
    let signature = made.signature.map(|s| format!("\n\n-- \n{s}")).unwrap_or_default();
    let wanted = shown(&format!("{}{signature}", body.trim_matches('\n').trim_end()));
    assert_eq!(shown(&mail.text), wanted, "{made:?}\n{}", String::from_utf8_lossy(bytes));
    // A reader shows one space where there are more.
    assert_eq!(mail.subject, made.subject.split_whitespace().collect::<Vec<_>>().join(" "));
    let files: Vec<_> = mail.attachments.iter().map(|a| (a.name.clone().unwrap_or_default(), &a.bytes)).collect();
    assert_eq!(files, made.files.iter().map(|(name, bytes)| ((*name).to_owned(), bytes)).collect::<Vec<_>>());
}

#[test]
fn what_is_composed_is_well_formed_under_independent_eyes() {
    let folder = tempfile::tempdir().unwrap();
    // The same messages each time.
    let config = Config::default();
    let draws = TestRng::deterministic_rng(config.rng_algorithm);
    let mut runner = TestRunner::new_with_rng(config, draws);
    let strategy = made();
    for number in 0..MESSAGES {
        write(folder.path(), number, &strategy.new_tree(&mut runner).unwrap().current());
    }
    let count = std::fs::read_dir(folder.path()).unwrap().count();
    assert!(count > MESSAGES * 9 / 5, "{count} files");
    let script = root().join("tests/it/support/strict.py");
    let checked = Command::new("python3").arg(script).arg(folder.path()).output().unwrap();
    assert!(
        checked.status.success(),
        "{}{}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
}
