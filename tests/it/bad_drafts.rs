//! Drafts that cannot be meant so: every key empty, of the wrong type, a list where one text belongs; too much of everything;
//! signs that look like others. Each is refused before anybody connects, in the note and in `status`, in plain words, and
//! nothing else of the file changes. What is optional and empty is not there.

use crate::support::*;

const KEYS: [&str; 12] = [
    "to",
    "cc",
    "bcc",
    "from",
    "subject",
    "in_reply_to",
    "source_file",
    "attachments",
    "draft_id",
    "send_at",
    "status",
    "type",
];

/// The values of a key, and what becomes of a draft that has it: what the refusal says, or `SENT`.
const SENT: &str = "sent";

/// A status or a type that says nothing: left alone.
const LEFT: &str = "left";

fn becomes(key: &str, value: &str) -> &'static str {
    let empty = ["", "\"\"", "null", "[]", "\"  \"", "[null]"].contains(&value);
    let nested = value.starts_with(['[', '{']) && !empty;
    match key {
        "to" if empty => "no recipient",
        "cc" | "bcc" | "attachments" if empty => SENT,
        "to" | "cc" | "bcc" if value == "[[a@b.example]]" || value.starts_with('{') => "should be an address or a list",
        "to" | "cc" | "bcc" if value.contains("@b.example") => SENT,
        "to" | "cc" | "bcc" => "is no mail address",
        "attachments" if value == "[[a@b.example]]" || value.starts_with('{') => "should be a list of paths",
        "attachments" => "correct the path",
        "type" if value.is_empty() => LEFT,
        "type" | "status" => LEFT,
        "subject" if empty && !value.starts_with('[') => "`subject` is empty",
        "subject" if nested || value.starts_with('[') => "should be one line of text",
        "subject" => SENT,
        _ if nested || value.starts_with('[') => "should be one line of text",
        _ if empty => SENT,
        "from" => "`from`",
        "in_reply_to" | "source_file" | "draft_id" => SENT,
        "send_at" if value.starts_with("2026") => SENT,
        "send_at" => "is no time",
        _ => unreachable!(),
    }
}

/// A draft's text with the lines that postnote may change taken out.
fn others(text: &str) -> String {
    let ours = ["status:", "error:", "draft_id:", "sent_at:", "message_id:", "server_response:"];
    text.split_inclusive('\n').filter(|line| !ours.iter().any(|key| line.starts_with(key))).collect()
}

fn plain(words: &str) -> bool {
    !["Error", "None", "unwrap", "panicked", "::", "Some(", "please report"].iter().any(|word| words.contains(word))
}

#[test]
fn each_key_empty_or_of_another_type_is_refused_or_means_nothing() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let values = [
        "",
        "\"\"",
        "null",
        "\"  \"",
        "[]",
        "[null]",
        "[a@b.example]",
        "[[a@b.example]]",
        "{ a: b }",
        "12",
        "true",
        "3.5",
        "2026-01-05",
    ];
    let mut drafts = Vec::new();
    for key in KEYS {
        for value in values {
            let front = [
                ("type", "draft-mail"),
                ("status", "approved"),
                ("to", "ada@example.com"),
                ("subject", "Harbour plan"),
            ];
            let mut lines: Vec<String> =
                front.iter().filter(|(k, _)| *k != key).map(|(k, v)| format!("{k}: {v}\n")).collect();
            lines.push(format!("{key}: {value}\n"));
            let name = format!("{:03}.md", drafts.len());
            let text = format!("---\n{}my_key:   kept # so\n---\n\nLetter {name}.\n", lines.concat());
            case.draft(&name, &text);
            drafts.push((name, text, becomes(key, value), format!("{key}: {value}")));
        }
    }
    let output = case.postnote(&["sync"]).ended(1);
    let status = case.postnote(&["status"]).ended(0).stdout;
    let mut sent = 0;
    for (name, text, wanted, what) in &drafts {
        let now = case.draft_text(name);
        assert_eq!(others(&now), others(text), "{what}");
        match *wanted {
            SENT => {
                assert!(case.says(name, "status") == "sent", "{what}: {now}\n{}", output.stderr);
                sent += 1;
            }
            LEFT => assert_eq!(now, *text, "{what}"),
            why => {
                let error = case.says(name, "error");
                assert!(case.says(name, "status") == "failed" && error.contains(why) && plain(&error), "{what}: {now}");
                let line =
                    |text: &str| text.lines().any(|l| l.contains(&format!("Outbox/{name}: ")) && l.contains(why));
                assert!(line(&output.stderr) && line(&status), "{what}: {}\n{status}", output.stderr);
            }
        }
    }
    // What nobody can have meant as something else is told of; a type that is none of ours is another's note.
    let words = drafts.iter().filter(|(.., what)| what.starts_with("status: ") && what.contains("a@b"));
    for (name, ..) in words {
        assert!(status.contains(&format!("Outbox/{name}: the status")), "{name}: {status}");
    }
    assert_eq!((sink.taken().len(), sent > 20), (sent, true));
}

#[test]
fn too_much_of_it_is_refused() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let people = |count: usize| (0..count).map(|n| format!("a{n}@b.example")).collect::<Vec<_>>().join(", ");
    let listed = |count| letter(&format!("[{}]", people(count)), "Hello");
    // Above 64 KiB a frontmatter is not touched; its owner hears of it all the same.
    let large = listed(10_000);
    case.draft("many.md", &listed(1_500));
    case.draft("large.md", &large);
    case.draft("body.md", &letter("ada@example.com", &"ten letters".repeat(1_000_000)));
    case.draft("huge.md", &letter("ada@example.com", &"ten letters".repeat(2_000_000)));
    case.draft("subject.md", &letter("ada@example.com", "Hello").replace("Harbour plan", &"Harbour ".repeat(700)));
    let before = case.snapshot();
    let output = case.postnote(&["sync"]).ended(1);
    let status = case.postnote(&["status"]).ended(0).stdout;
    for (name, why) in [
        ("many.md", "1500 recipients"),
        ("large.md", "larger than 64 KiB"),
        ("body.md", "its text is longer than"),
        ("huge.md", "too large"),
        ("subject.md", "`subject` is longer than"),
    ] {
        let line = |text: &str| text.lines().any(|l| l.contains(&format!("Outbox/{name}: ")) && l.contains(why));
        assert!(line(&output.stderr) && line(&status), "{name}: {}\n{status}", output.stderr);
        let path = std::path::Path::new("Outbox").join(name);
        let (now, then) = (std::fs::read_to_string(case.vault().join(&path)).unwrap(), &before[&path]);
        assert_eq!(others(&now), others(std::str::from_utf8(then).unwrap()), "{name}");
    }
    assert_eq!(case.snapshot()[std::path::Path::new("Outbox/large.md")], large.into_bytes());
    assert!(sink.events().is_empty());
}

#[test]
fn what_only_looks_like_an_address_or_an_id_is_refused() {
    let sink = Sink::start();
    let (case, _) = Case::posting(&sink);
    let to = |address: &str| letter(&format!("\"{address}\""), "Hello");
    let with = |line: &str| letter("ada@example.com", "Hello").replace("subject", &format!("{line}\nsubject"));
    let drafts = [
        (to("me"), "`to`: \"me\" is no mail address"),
        (to("ada\u{ff20}example.com"), "is no mail address"),
        (to("ada@example\u{3002}com"), "only look like others (it is really example.com)"),
        (to("ada@\u{ff45}xample.com"), "only look like others"),
        (to("ada@ex\u{430}mple.com"), "mixes letters of two alphabets"),
        (to("\u{430}da@example.com"), "mixes letters of two alphabets"),
        (to("ada@exam\u{200b}ple.com"), "is no mail address"),
        (to("ada\u{2060}@example.com"), "cannot be seen"),
        (to("Ada \u{202e}moc.elpmaxe@ada"), "is no mail address"),
        (to("ada@-example.com"), "is no mail address"),
        (to("ada@exa mple.com"), "is no mail address"),
        (to("Ada <ada@example.com"), "is no mail address"),
        (to("ada@example.com, ben"), "\"ben\" is no mail address"),
        (with("draft_id: \"x\\r\\nX-Evil: y\""), "`draft_id` is none of postnote's"),
        (with("draft_id: größe"), "`draft_id` is none of postnote's"),
        (with("draft_id: a b"), "`draft_id` is none of postnote's"),
        (with(&format!("draft_id: {}", "x".repeat(300))), "`draft_id` is none of postnote's"),
        (with("in_reply_to: \"<a@b> <c@d>\""), "one Message-ID"),
        (with("in_reply_to: größe@example.com"), "one Message-ID"),
        (with("send_at: 2026-02-30T09:00"), "is no time"),
        (with("attachments: [Outbox]"), "`attachments`"),
    ];
    for (number, (text, _)) in drafts.iter().enumerate() {
        case.draft(&format!("{number:02}.md"), text);
    }
    let output = case.postnote(&["sync"]).ended(1);
    let status = case.postnote(&["status"]).ended(0).stdout;
    for (number, (text, why)) in drafts.iter().enumerate() {
        let name = format!("{number:02}.md");
        let (error, line) = (case.says(&name, "error"), format!("Outbox/{name}: "));
        assert!(error.contains(why) && plain(&error), "{why}: {error}");
        assert!(output.stderr.lines().any(|l| l.contains(&line) && l.contains(why)), "{why}: {}", output.stderr);
        assert!(status.lines().any(|l| l.contains(&line) && l.contains(why)), "{why}: {status}");
        assert_eq!((case.says(&name, "status").as_str(), others(&case.draft_text(&name))), ("failed", others(text)));
    }
    assert!(sink.events().is_empty());
}
