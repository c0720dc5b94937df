use super::*;
use crate::approval::{Enclosed, Facts, Identity, Judgement, Known, Parent, judge};
use crate::note::draft;

fn approved(front: &str, body: &str, files: Vec<Attachment>) -> ApprovedDraft {
    let note = format!("---\ntype: draft-reply\nstatus: approved\n{front}---\n## Draft Response\n{body}\n");
    let draft = draft::read(&note).expect("yaml").expect("a draft");
    let now = now();
    let identities = [Identity { account: "work".into(), address: Address::named("Sam Reed", "sam@example.org") }];
    let parent = Parent {
        message_id: Some("c@x".into()),
        references: (0..60).map(|i| format!("r{i}@x")).collect(),
        in_reply_to: vec![],
    };
    let facts = Facts {
        draft_id: "d1",
        known: Known::Unsent,
        identities: &identities,
        parent: Some(&parent),
        newer: None,
        attachments: Ok(files),
        enclosed: &Enclosed::default(),
        now: &now,
    };
    match judge(&draft, facts) {
        Judgement::Approved(draft) => *draft,
        other => panic!("{other:?}"),
    }
}

fn now() -> Zoned {
    "2026-01-05T19:35:19[Europe/Berlin]".parse().expect("a time")
}

const FRONT: &str =
    "to: \"Ада Парк <ada@пример.рф>\"\nbcc: hidden@example.com\nsubject: \"Re: Größe 保存\"\nin_reply_to: <c@x>\n";

#[test]
fn composes_correct_mail() {
    let out = compose(
        &approved(FRONT, "Hi **Ada**,\n\nsee [[Notes/Plan|the plan]].", vec![]),
        &now(),
        Some("Sam"),
        Format::Both,
    )
    .expect("a message");
    let text = String::from_utf8(out.bytes().to_vec()).expect("ASCII");
    assert!(!text.contains("hidden@"), "Bcc in the data");
    assert_eq!(out.recipients(), ["ada@xn--e1afmkfd.xn--p1ai", "hidden@example.com"]);
    assert!(text.contains("In-Reply-To: <c@x>\r\n"));
    assert!(
        text.contains("References: <r0@x>\r\n <r21@x>") || text.contains("References: <r0@x>\r\n <r22@x>"),
        "{text}"
    );
    assert!(text.contains(" <c@x>\r\n"));
    assert!(text.contains("MIME-Version: 1.0\r\n"));
    assert!(text.contains("Date: Mon, 05 Jan 2026 18:35:19 +0000\r\n"), "{text}");
    let parsed = mail_parser::MessageParser::default().parse(out.bytes()).expect("parses");
    assert_eq!(parsed.subject(), Some("Re: Größe 保存"));
    assert_eq!(parsed.message_id(), Some(out.message_id()));
    assert_eq!(parsed.to().and_then(|t| t.first()).and_then(|a| a.name()), Some("Ада Парк"));
    assert_eq!(
        parsed.body_text(0).as_deref().map(|t| t.replace("\r\n", "\n")),
        Some("Hi **Ada**,\n\nsee the plan.\n\n-- \nSam\n".into())
    );
    assert!(parsed.body_html(0).is_some_and(|h| h.contains("<strong>Ada</strong>") && h.contains("the plan")));
}

#[test]
fn the_id_depends_on_the_draft_alone() {
    let from = Address::bare("sam@example.org");
    assert_eq!(message_id("d1", &from), message_id("d1", &from));
    assert_ne!(message_id("d1", &from), message_id("d2", &from));
    assert!(message_id("d1", &from).ends_with("@example.org"));
}

#[test]
fn attachments_survive() {
    let file = Attachment {
        name: Some("Größe.pdf".into()),
        media_type: "application/pdf".into(),
        content_id: None,
        inline: false,
        bytes: vec![0, 1, 255, 13, 10],
    };
    let out = compose(&approved(FRONT, "x", vec![file.clone()]), &now(), None, Format::Plain).expect("a message");
    let parsed = mail_parser::MessageParser::default().parse(out.bytes()).expect("parses");
    let part = parsed.attachment(0).expect("an attachment");
    assert_eq!(part.contents(), file.bytes);
    assert_eq!(mail_parser::MimeHeaders::attachment_name(part), Some("Größe.pdf"));
}

#[test]
fn hard_bodies_stay_one_message() {
    for body in [
        ".",
        "a\n.\nb",
        "From me\n>x\n from",
        &"x".repeat(5_000),
        "日本語の本文です。",
        "-- \nx",
        "a  \nb",
        "QUIT\n.\nMAIL FROM:<x@y>",
    ] {
        let out = compose(&approved(FRONT, body, vec![]), &now(), None, Format::Both).expect(body);
        let parsed = mail_parser::MessageParser::default().parse(out.bytes()).expect("parses");
        let words = |s: &str| {
            s.split_whitespace()
                .map(|w| w.trim_start_matches('>').to_owned())
                .filter(|w| !w.is_empty())
                .collect::<Vec<_>>()
                .concat()
        };
        assert_eq!(
            words(&parsed.body_text(0).unwrap_or_default()).replace('-', ""),
            words(body).replace('-', ""),
            "{body:?}"
        );
    }
}

#[test]
fn flowed_lines_reflow() {
    let long = "word ".repeat(60);
    let text = text::flowed(&format!("{long}\n> {long}\n- item"), None);
    assert!(text.lines().all(|l| l.chars().count() <= 78), "{text}");
    let (first, second): (Vec<_>, Vec<_>) = text.lines().partition(|l| !l.starts_with('>'));
    assert!(
        first.iter().filter(|l| l.ends_with(' ')).count() >= 3
            && second.iter().filter(|l| l.ends_with(' ')).count() >= 3
    );
    assert!(!second.last().is_some_and(|l| l.ends_with(' ')));
}

#[test]
fn html_is_harmless() {
    let out = html::render(
        "x <script>x</script> [a](javascript:x) [b](https://e.org) ![i](https://e.org/p.png) <b>c</b>\nline",
        None,
        &|_| None,
    );
    assert!(
        !out.contains("<script") && !out.contains("javascript:") && !out.contains("<img") && !out.contains("<b>"),
        "{out}"
    );
    assert!(out.contains("<a href=\"https://e.org\">b</a>") && out.contains("<br />"));
}

#[test]
fn a_signature_by_hand_stays_one() {
    let body = "See you\n-- \nSam";
    assert_eq!(text::flowed(body, None), "See you\r\n-- \r\nSam\r\n");
    let html = html::render(body, None, &|_| None);
    assert!(!html.contains("<h2"), "{html}");
    assert!(html.contains("--") && html.contains("Sam"), "{html}");
    assert!(html::render("```\na\n--\n```\n\nb\n\n---\n\nc", None, &|_| None).contains("a\r\n--\r\n"));
    assert!(html::render("b\n\n---\n\nc", None, &|_| None).contains("<hr"));
}

#[test]
fn a_links_own_parentheses_stay() {
    let text = text::flowed("see [it](https://e.org/Foo_(bar)) now", None);
    assert_eq!(text, "see it <https://e.org/Foo_(bar)> now\r\n");
    assert_eq!(text::flowed("[a](b", None), "[a](b\r\n");
}

#[test]
fn whose_words_are_in_it_cannot_know_its_boundaries() {
    let boundary = |body: &str| {
        let out = compose(&approved(FRONT, body, vec![]), &now(), None, Format::Both).expect("a message");
        let text = String::from_utf8(out.bytes().to_vec()).expect("ASCII");
        text.split("boundary=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a boundary").to_owned()
    };
    assert_eq!(boundary("x"), boundary("x"));
    assert_ne!(boundary("x"), boundary(&format!("x\n\n--{}--", boundary("x"))));
}
