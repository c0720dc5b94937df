//! What a draft holds besides the text to send never leaves: canaries sit in every other part of it, in comments, in odd
//! headings and behind links, and none is ever in the message, neither as it goes over the wire nor decoded.

use mail_parser::MimeHeaders;
use postnote::approval::{Enclosed, Facts, Identity, Judgement, Known, judge};
use postnote::compose::compose;
use postnote::config::Format;
use postnote::mail::Address;
use postnote::note::draft;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRng, TestRunner};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// What must not leave. Letters only, so that no encoding and no line's end cuts it in two.
const CANARY: &str = "QCANARYZ";

/// What ends the text, as the templates write it and as editors, people and other tools change it. The text below is private.
const ENDS: &[&str] = &[
    "## Vault Context Used",
    "##Vault Context Used",
    "# vault context used",
    "###### VAULT CONTEXT USED ######",
    "   ## Vault Context Used:",
    "\t## Vault Context Used",
    "## **Vault Context Used**",
    "## Vault\u{a0}Context\u{a0}Used",
    "##\u{a0}Vault Context Used",
    "## Vault  Context\tUsed",
    "## Vault Context",
    "## Original Summary",
    "## Original Email",
    "## Key Points to Address",
    "---\n\n## Vault Context Used",
    "```\n## Vault Context Used",
    "*postnote: fill every gap*",
    "> [!tip] postnote: fill every gap",
    ">[!TIP]- Postnote: fill every gap",
    "*This draft was auto-generated*",
];

/// What looks like such an end: refused, or an end.
const LIKE_ENDS: &[&str] = &[
    "Vault Context Used\n------------------",
    "Vault Context Used\n==",
    "> Vault Context Used\n> ---",
    "> ## Vault Context Used",
    "> > ## Vault Context Used",
    "- ## Vault Context Used",
    "> [!note]- Vault Context Used",
    "> [!info] Vault context used (3 notes)",
    "<details>\n<summary>Vault Context Used</summary>",
    "<details><summary>Context from notes that informed this draft</summary>",
    "<h2>Vault Context Used</h2>",
    "**Vault Context Used**",
    "__Vault context used:__",
    "==Vault Context==",
    "Vault Context Used",
    "## Vault Context Used (3 notes)",
    "## 📎 Vault Context Used",
    "## 4. Vault Context Used",
    "## Vault Context – Ada",
    "## V\u{200b}ault Context Used",
    "## Vault\u{ad} Context Used",
    "## V\u{430}ult C\u{43e}ntext Used",
    "## Ｖａｕｌｔ Ｃｏｎｔｅｘｔ Ｕｓｅｄ",
    "## Original Summary of the thread",
    "Original Email\n---",
    "## Draft Response",
    "## Draft  response:",
    "## Draft Response 2",
    "Draft Response\n===",
    "## Dr\u{430}ft Response",
];

/// Remarks that are hidden, wherever they stand in the text.
const HIDDEN: &[&str] = &[
    "<!-- @ -->",
    "<!--@-->",
    "<!--\n@\n\n## Draft Response\n@\n-->",
    "<!-- %% @ -->",
    "<!-- <!-- @ -->",
    "<!-->@-->",
    "%% @ %%",
    "%%@%%",
    "%%\n@\n\n## Vault Context Used\n@\n%%",
    "%% <!-- @ %%",
    "\\\\<!-- @ -->",
    "\\\\%%@%%",
    "\n[//]: # (@)\n",
    "\n[//]: # \"@\"\n",
    "\n[comment]: <> (@)\n",
    "\n[//]: #(@)\n",
];

/// Links whose targets are the vault's own business; their text is the reader's.
const LINKS: &[&str] = &[
    "[[@/note|words]]",
    "[[@#part|words]]",
    "[[Folder @/words]]",
    "[[@/deep/words.md]]",
    "![[@/words]]",
    "[words](@/note.md)",
    "[words](<@ x/note.md>)",
    "[words](obsidian://open?vault=@)",
    "[words](file:///home/@/x)",
    "[words](javascript:@)",
];

const TEXTS: &[&str] = &[
    "Thank you for the plan.",
    "> When do we meet?\n\nOn **Friday** at `nine`.",
    "- one\n- two",
    "## My own heading\n\nand words",
    "```\ncode stays\n```",
    "| a | b |\n| - | - |\n| 1 | 2 |",
    "Größe, 日本語 and עברית",
    "A rule follows\n\n---\n\nand goes on",
];

/// A draft in the making.
#[derive(Debug, Clone)]
struct Made {
    kind: &'static str,
    head: Vec<&'static str>,
    /// Sections above the text.
    above: Vec<&'static str>,
    heading: &'static str,
    /// The text: words, hidden remarks and links.
    text: Vec<(&'static str, &'static str)>,
    end: &'static str,
    /// What stands below.
    below: Vec<&'static str>,
    crlf: bool,
    bom: bool,
    /// Words that must arrive, when it is sent at all.
    wanted: bool,
}

fn made() -> impl Strategy<Value = Made> {
    let head = select(vec![
        "# @ a remark",
        "my_key: '@'",
        "reason: \"@\"",
        "context_used: [\"[[@]]\"]",
        "notes: |\n  @\n  ## Draft Response",
        "source_file: \"@/x.md\"",
        "tags: [@]",
        "generated_by: @",
    ]);
    let above = select(vec![
        "# Draft Reply to @",
        "> [!warning] @",
        "## Key Points to Address\n\n- @",
        "@\n\n---\n",
        "```\n@\n```",
        "<!-- @\n## Draft Response\n-->",
        "%%\n## Draft Response\n@\n%%",
        "## Original Summary\n\n@",
        "Draft Response\n===\n\n@",
        "**Draft Response**\n\n@",
        "## Vault Context Used\n\n<details>\n<summary>@</summary>\n\n---\ntype: @\n---\n\n</details>",
    ]);
    let heading = select(vec![
        "## Draft Response",
        "##Draft Response",
        "# DRAFT RESPONSE:",
        "## Draft Response ##",
        "### **Draft Response**",
        "## Draft\u{a0}Response",
        " \t## Draft Response",
    ]);
    let piece = prop_oneof![
        3 => select(TEXTS).prop_map(|text| (text, "")),
        3 => (select(TEXTS), select(HIDDEN)),
        2 => (select(TEXTS), select(LINKS)),
    ];
    let end = prop_oneof![3 => select(ENDS), 2 => select(LIKE_ENDS)];
    let below = select(vec![
        "@",
        "- [[@]]: @",
        "### @\n\n@",
        "---\nstatus: approved\n@: @\n---",
        "<details>\n<summary>@</summary>\n\n@\n\n</details>",
        "> @",
        "```\n@\n```",
        "## My heading\n\n@",
        "# @\n\n## Account Status\n\n| @ | @ |",
        "<!-- @ -->",
        "*postnote: @*",
    ]);
    (
        select(vec!["draft-reply", "email-draft", "draft-mail"]),
        prop::collection::vec(head, 0..4),
        prop::collection::vec(above, 0..4),
        heading,
        prop::collection::vec(piece, 1..5),
        end,
        prop::collection::vec(below, 1..4),
        any::<(bool, bool, bool)>(),
    )
        .prop_map(|(kind, mut head, above, heading, text, end, below, (crlf, bom, inside))| {
            head.sort_unstable();
            head.dedup();
            let wanted = ENDS.contains(&end);
            let text =
                text.into_iter().map(|(words, more)| if inside { (words, more) } else { (more, words) }).collect();
            Made { kind, head, above, heading, text, end, below, crlf, bom, wanted }
        })
}

/// The file; each canary has a number of its own.
fn file(made: &Made) -> String {
    let mut out = format!("---\ntype: {}\nstatus: approved\nto: ada@example.com\nsubject: Harbour plan\n", made.kind);
    for line in &made.head {
        out += &format!("{line}\n");
    }
    out += "---\n\n";
    // What a person writes from nothing has nothing private above its text, unless a heading says where that begins.
    let headed = made.kind != "draft-mail" || made.end.to_lowercase().contains("draft");
    if headed {
        for section in &made.above {
            out += &format!("{section}\n\n");
        }
        out += &format!("{}\n\n", made.heading);
    }
    for (first, second) in &made.text {
        out += &format!("{first}\n{second}\n\n");
    }
    out += &format!("{}\n\n{}\n", made.end, made.below.join("\n\n"));
    let mut parts = out.split('@');
    let mut text = parts.next().unwrap().to_owned();
    for (number, part) in parts.enumerate() {
        // The address is no canary.
        let canary = if part.starts_with("example.com") { "@".to_owned() } else { format!("{CANARY}{number}") };
        text += &(canary + part);
    }
    let text = if made.crlf { text.replace('\n', "\r\n") } else { text };
    if made.bom { format!("\u{feff}{text}") } else { text }
}

/// The message that a file makes, or why there is none.
fn message(text: &str, format: Format) -> Result<Vec<u8>, String> {
    let draft = draft::read(text).map_err(|e| format!("{e} in {text}"))?.ok_or("no draft")?;
    let now = "2026-01-05T19:35:19[UTC]".parse().unwrap();
    let identities = [Identity { account: "work".into(), address: Address::named("Sam Reed", "sam@example.org") }];
    let facts = Facts {
        draft_id: "d1",
        known: Known::Unsent,
        identities: &identities,
        parent: None,
        newer: None,
        attachments: Ok(Vec::new()),
        enclosed: &Enclosed::default(),
        now: &now,
    };
    match judge(&draft, facts) {
        Judgement::Approved(approved) => {
            Ok(compose(&approved, &now, Some("Sam"), format).map_err(|e| e.to_string())?.bytes().to_vec())
        }
        Judgement::Refused(reason) => Err(reason),
        other => panic!("{other:?}"),
    }
}

/// All that a message says to whoever opens it: its bytes, its headers and its parts.
fn all(bytes: &[u8]) -> Vec<String> {
    let parsed = mail_parser::MessageParser::default().parse(bytes).unwrap();
    let mut all = vec![String::from_utf8_lossy(bytes).into_owned(), format!("{:?}", parsed.headers())];
    for part in &parsed.parts {
        all.push(String::from_utf8_lossy(part.contents()).into_owned());
        all.extend(part.attachment_name().map(str::to_owned));
    }
    // Without its line ends, in which an encoding may have cut it.
    let joined = String::from_utf8_lossy(bytes).replace("=\r\n", "").replace("\r\n", "");
    all.push(joined);
    all
}

#[test]
fn what_is_not_the_text_to_send_never_leaves() {
    let outcomes: RefCell<BTreeMap<String, usize>> = RefCell::default();
    let config = Config { cases: 6000, failure_persistence: None, ..Config::default() };
    // The same drafts each time.
    let draws = TestRng::deterministic_rng(config.rng_algorithm);
    TestRunner::new_with_rng(config, draws)
        .run(&(made(), any::<bool>()), |(made, plain)| {
            let text = file(&made);
            let format = if plain { Format::Plain } else { Format::Both };
            let outcome = match message(&text, format) {
                Ok(bytes) => {
                    for said in all(&bytes) {
                        prop_assert!(!said.contains(CANARY), "{text}\nsends\n{said}");
                    }
                    let bodies = all(&bytes).concat();
                    let first = made.text.iter().flat_map(|(a, b)| [a, b]).find(|t| **t == "Thank you for the plan.");
                    prop_assert!(
                        first.is_none() || bodies.contains("Thank you for the plan."),
                        "{text}\nsends\n{bodies}"
                    );
                    "sent".to_owned()
                }
                Err(reason) => {
                    prop_assert!(
                        !made.wanted
                            || made.kind == "email-draft"
                            || !made.above.is_empty()
                            || reason.contains("not closed")
                            || reason.contains("looks like"),
                        "{reason}\n{text}"
                    );
                    reason.chars().filter(|c| c.is_ascii_alphabetic() || *c == ' ').take(24).collect()
                }
            };
            *outcomes.borrow_mut().entry(outcome).or_default() += 1;
            Ok(())
        })
        .unwrap_or_else(|e| panic!("{e}"));
    let outcomes = outcomes.into_inner();
    eprintln!("{outcomes:#?}");
    // It proves something only as long as most are sent.
    assert!(outcomes["sent"] > 2000, "{outcomes:?}");
}

#[test]
fn each_odd_heading_ends_the_text_or_stops_it() {
    let draft = |between: &str| {
        format!(
            "---\ntype: draft-reply\nstatus: approved\nto: ada@example.com\nsubject: x\n---\n\n## Draft Response\n\nHi Ada,\n\n{between}\n\n{CANARY}\n"
        )
    };
    for end in ENDS {
        let bytes = message(&draft(end), Format::Both).unwrap_or_else(|e| panic!("{end:?}: {e}"));
        assert!(all(&bytes).iter().all(|said| !said.contains(CANARY)) && all(&bytes)[0].contains("Hi Ada,"), "{end:?}");
    }
    for end in LIKE_ENDS {
        let reason = message(&draft(end), Format::Both).expect_err(end);
        assert!(reason.contains("looks like") || reason.contains("more than one"), "{end:?}: {reason}");
    }
    for hidden in HIDDEN {
        let hidden = hidden.replace('@', CANARY);
        let bytes = message(&draft(&hidden).replace(&format!("\n\n{CANARY}\n"), "\n\nbye\n"), Format::Both);
        let bytes = bytes.unwrap_or_else(|e| panic!("{hidden:?}: {e}"));
        assert!(all(&bytes).iter().all(|said| !said.contains(CANARY)) && all(&bytes)[0].contains("bye"), "{hidden:?}");
    }
}

/// What a person writes of the same words is sent: nothing of it looks like a heading.
#[test]
fn words_of_the_templates_in_a_sentence_are_sent() {
    for line in [
        "We spoke of the vault context in which it is used.",
        "The original summary was better.",
        "**Original email** from Ada says so.",
        "> The original email said so.",
        "## My draft response to the board",
        "## What the original summary says",
        "[the original email](https://example.com/x)",
        "\\<!-- shown -->",
        "> \\#\\# Draft Response",
        "> Vault context used",
        "[1]: https://example.com/#part",
    ] {
        let text = format!(
            "---\ntype: draft-mail\nstatus: approved\nto: ada@example.com\nsubject: x\n---\n\nHi Ada,\n\n{line}\n\nend\n"
        );
        let bytes = message(&text, Format::Plain).unwrap_or_else(|e| panic!("{line:?}: {e}"));
        let sent = String::from_utf8(bytes).unwrap();
        let words: Vec<&str> = line.split(' ').filter(|w| w.chars().all(char::is_alphanumeric)).collect();
        assert!(sent.contains("end") && words.iter().all(|word| sent.contains(word)), "{line:?}: {sent}");
    }
}
