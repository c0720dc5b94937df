//! `replyhdr` reads `{id, mode, me: {name, primary, others}, original: {from, to, …, body}}` and prints `{id, headers}`: From, To,
//! Cc, Subject, In-Reply-To and References of the reply as it would be sent, read from its bytes.
//!
//! Who got the mail himself stands in To of the reply (`mode` is `all`), as the cases have it; in a draft he stands in `cc`.

use super::{Outcome, cases};
use postnote::approval::{Enclosed, Facts, Identity, Known, Parent, rehearse};
use postnote::compose::preview;
use postnote::config::Format;
use postnote::draft::addressing::{identity, recipients};
use postnote::mail::{Address, parse, subject};
use postnote::note::digest::Digest;
use postnote::note::draft::{self, Proposal};
use postnote::note::owner::Owner;
use serde_json::{Value, json};
use std::path::Path;

pub(super) fn run(input: &Path) -> Outcome {
    let now: jiff::Zoned = "2026-01-05T19:35:19[UTC]".parse()?;
    for case in cases(input)? {
        println!("{}", json!({"id": case["id"], "headers": headers(&case, &now)?}));
    }
    Ok(())
}

fn headers(case: &Value, now: &jiff::Zoned) -> Result<Value, Box<dyn std::error::Error>> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let me = &case["me"];
    let own: Vec<String> =
        std::iter::once(&me["primary"]).chain(me["others"].as_array().into_iter().flatten()).map(text).collect();
    let name = text(&me["name"]);
    let identities: Vec<Identity> = own
        .iter()
        .map(|email| Identity { account: "a".into(), address: Address::named(&name, email.clone()) })
        .collect();
    let owner = Owner { name, addresses: own };
    let mut raw = String::new();
    for (key, value) in case["original"].as_object().into_iter().flatten().filter(|(key, _)| *key != "body") {
        // `header` holds further ones, as they stand.
        raw += &if key == "header" { format!("{}\n", text(value)) } else { format!("{key}: {}\n", text(value)) };
    }
    let (mail, _) = parse::parse(format!("{raw}\n{}", text(&case["original"]["body"])).as_bytes());
    let to = recipients(&mail, &owner, case["mode"] == "all");
    let from = identity(&mail, &owner, &identities.first().ok_or("nobody")?.address);
    let note = draft::write(
        &Proposal {
            created: now,
            from: &from,
            to: &[to.to, to.others].concat(),
            cc: &to.cc,
            subject: &subject::reply(&mail.subject),
            source_file: "Sources/mail.md",
            in_reply_to: mail.message_id.as_deref(),
            draft_id: "01J00000000000000000000000",
            author: mail.author().unwrap_or(&Address::default()),
            warning: None,
            quote: None,
        },
        &Digest { draft_body: "Yes.".into(), ..Digest::default() },
    );
    let note = draft::read(&note)?.ok_or("no draft")?;
    let parent = Parent { message_id: mail.message_id, references: mail.references, in_reply_to: mail.in_reply_to };
    let facts = Facts {
        draft_id: "01J00000000000000000000000",
        known: Known::Unsent,
        identities: &identities,
        parent: Some(&parent),
        newer: None,
        attachments: Ok(Vec::new()),
        enclosed: &Enclosed::default(),
        now,
    };
    let (_, bytes) = preview(&rehearse(&note, facts)?, now, None, Format::Both)?;
    let bytes = String::from_utf8(bytes)?.replace("\r\n ", " ").replace("\r\n\t", " ");
    let mut headers = json!({});
    for line in bytes.lines().take_while(|line| !line.is_empty()) {
        if let Some((name, value)) = line.split_once(": ")
            && ["From", "To", "Cc", "Subject", "In-Reply-To", "References"].contains(&name)
        {
            headers[name] = json!(value);
        }
    }
    Ok(headers)
}
