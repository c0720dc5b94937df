//! Mail as it should be, read by this reader and by mail-parser: both find the same.

use super::parse;
use crate::mail::{Address, clean};
use lettre::message::header::ContentType;
use lettre::message::{Attachment, Mailbox, MultiPart, SinglePart};
use mail_parser::{MessageParser, MimeHeaders};
use proptest::prelude::*;

/// What a mail says: names and bytes of attachments come last.
#[derive(Debug, PartialEq)]
struct Said {
    subject: String,
    message_id: Option<String>,
    date: Option<i64>,
    from: Vec<(String, String)>,
    to: Vec<(String, String)>,
    text: String,
    html: Option<String>,
    attachments: Vec<(String, String, Vec<u8>)>,
}

fn ours(raw: &[u8]) -> Said {
    let (message, defects) = parse(raw);
    assert_eq!(defects, []);
    let people =
        |list: &[Address]| list.iter().map(|a| (a.name.clone().unwrap_or_default(), a.email.clone())).collect();
    Said {
        subject: message.subject,
        message_id: message.message_id,
        date: message.date.map(|d| d.as_second()),
        from: people(&message.from),
        to: people(&message.to),
        text: message.text,
        html: message.html,
        attachments: message
            .attachments
            .into_iter()
            .map(|a| (a.name.unwrap_or_default(), a.media_type, a.bytes))
            .collect(),
    }
}

fn theirs(raw: &[u8]) -> Said {
    let message = MessageParser::default().parse(raw).expect("a message");
    let line = |text: Option<&str>| clean::header(text.unwrap_or_default());
    let people = |list: Option<&mail_parser::Address<'_>>| {
        let addr = |a: &mail_parser::Addr<'_>| {
            let name = line(a.name()).trim_matches(['"', '\'', ' ']).to_owned();
            let email = line(a.address());
            (if name == email { String::new() } else { name }, email)
        };
        list.map(|list| list.iter().map(addr).collect()).unwrap_or_default()
    };
    let text = |text: &str| clean::body(text).0;
    Said {
        subject: line(message.subject()),
        message_id: message.message_id().map(str::to_owned),
        date: message.date().map(mail_parser::DateTime::to_timestamp),
        from: people(message.from()),
        to: people(message.to()),
        text: text(&message.body_text(0).unwrap_or_default()),
        html: message.html_bodies().find(|p| p.is_text_html()).and_then(|p| p.text_contents()).map(text),
        attachments: message
            .attachments()
            .map(|a| {
                let kind = a.content_type().expect("a type");
                let kind = format!("{}/{}", kind.ctype(), kind.subtype().unwrap_or_default()).to_lowercase();
                (line(a.attachment_name()), kind, a.contents().to_vec())
            })
            .collect(),
    }
}

/// Text of many scripts without what cleaning takes away.
fn line() -> impl Strategy<Value = String> {
    "[ -~äöüß€éñøłźсловаέξη日本語한국어😀]{0,60}".prop_map(|s| clean::header(&s))
}

fn person() -> impl Strategy<Value = Mailbox> {
    (line(), "[a-z]{1,9}(\\.[a-z]{1,5})?", "[a-z]{1,9}\\.example").prop_map(|(name, local, host)| {
        let name = name.replace(['"', '\\', '\'', '@'], "");
        let name = Some(name.trim().to_owned()).filter(|n| !n.is_empty());
        Mailbox::new(name, format!("{local}@{host}").parse().expect("an address"))
    })
}

fn file() -> impl Strategy<Value = SinglePart> {
    let kind = prop_oneof![Just("application/pdf"), Just("image/png"), Just("application/octet-stream")];
    let name = "[a-zA-Zäöü見積 _()-]{1,60}".prop_map(|n| format!("{}.bin", clean::header(&n)));
    (name, kind, proptest::collection::vec(any::<u8>(), 0..9000))
        .prop_map(|(name, kind, bytes)| Attachment::new(name).body(bytes, ContentType::parse(kind).expect("a type")))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
    #[test]
    fn both_readers_say_the_same(
        from in person(),
        to in proptest::collection::vec(person(), 1..5),
        subject in line(),
        lines in proptest::collection::vec(line(), 1..12),
        page in proptest::option::of(proptest::collection::vec(line(), 1..12)),
        files in proptest::collection::vec(file(), 0..3),
        time in 0_u64..3_000_000_000,
    ) {
        let mut builder = lettre::Message::builder()
            .from(from)
            .subject(subject)
            .message_id(Some("<a.b@c.example>".to_owned()))
            .date(std::time::UNIX_EPOCH + std::time::Duration::from_secs(time));
        for to in to {
            builder = builder.to(to);
        }
        // A text without a word would give way to the page.
        let text = format!("x{}", lines.join("\r\n"));
        let alternative = match page {
            Some(page) => MultiPart::alternative_plain_html(text, format!("<p>{}</p>", page.join("\r\n"))),
            None => MultiPart::alternative().singlepart(SinglePart::plain(text)),
        };
        let mixed = files.into_iter().fold(MultiPart::mixed().multipart(alternative), MultiPart::singlepart);
        let raw = builder.multipart(mixed).expect("a mail").formatted();
        prop_assert_eq!(ours(&raw), theirs(&raw), "{}", String::from_utf8_lossy(&raw));
        // What a sender's server makes of it.
        let unix = raw.iter().copied().filter(|b| *b != b'\r').collect::<Vec<u8>>();
        prop_assert_eq!(ours(&unix).attachments, ours(&raw).attachments);
    }
}
