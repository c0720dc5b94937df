//! The draft that passes a message on: its text stands in the draft, so that what is approved is what is sent.

use super::{Status, body, shown};
use crate::mail::{Address, inert};
use crate::note::frontmatter::Writer;
use crate::note::name::wikilink;
use crate::note::original::Original;
use crate::note::source::quote;
use jiff::Zoned;

/// How a message is passed on: the key `forward`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Forward {
    /// Its text stands in the draft's (`text`).
    Here,
    /// Its text is put below the draft's: what a draft written by hand wants that says nothing.
    Below,
    /// The message goes along as a file, as it came (`attached`).
    Attached,
}

impl Forward {
    /// Reads `forward`; `None` for a word that is none of ours.
    pub fn read(written: Option<&str>) -> Option<Forward> {
        match written.map(|word| word.trim().to_lowercase()).as_deref() {
            None => Some(Forward::Below),
            Some("text") => Some(Forward::Here),
            Some("attached") => Some(Forward::Attached),
            Some(_) => None,
        }
    }
}

/// A forward to be proposed.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// When, in the owner's time zone.
    pub created: &'a Zoned,
    /// As whom.
    pub from: &'a Address,
    /// The forward's subject.
    pub subject: &'a str,
    /// Path of the source note.
    pub source_file: &'a str,
    /// The vault paths of the message's files.
    pub attachments: &'a [String],
    /// `text` or `attached`.
    pub forward: Forward,
    /// What is passed on.
    pub original: &'a Original,
    /// What its writer signs with.
    pub signature: Option<&'a str>,
    /// The id that ties the file to the ledger.
    pub draft_id: &'a str,
}

const HOW: &str =
    "fill in `to`, then set `status` to `approved` and save. Nothing is sent before; `rejected` leaves it.";

/// How the draft ends; below this line nothing is ever sent.
const FOOTER: &str = "*postnote: fill in `to` at the top, and what you have to say under “Draft Response”, above the mail's text; then set `status: approved`. It is sent once, at the next sync. `status: rejected` leaves it.*";

/// The line above a text that is passed on, as other mail programs know it.
pub const MARK: &str = "---------- Forwarded message ----------";

/// Writes a new draft note.
pub fn write(proposal: &Proposal<'_>) -> String {
    let none: [&str; 0] = [];
    let attached = proposal.forward == Forward::Attached;
    let mut writer = Writer::default();
    writer
        .plain("type", "draft-forward")
        .plain("status", Status::Pending.as_str())
        .plain("created", proposal.created.strftime("%Y-%m-%dT%H:%M:%S"))
        .plain("urgency", "normal")
        .text("from", &proposal.from.to_string())
        .list("to", &none)
        .list("cc", &none)
        .list("bcc", &none)
        .text("subject", proposal.subject)
        .text("source_file", proposal.source_file)
        .plain("forward", if attached { "attached" } else { "text" })
        .list("attachments", proposal.attachments)
        .plain("draft_id", proposal.draft_id)
        .plain("generated_by", "offline")
        .list("context_used", &none);
    let mut out = writer.finish();
    let from = shown(&proposal.original.message.from).join(", ");
    out.push_str(&format!("# Forward of a mail from {}\n\n", inert::line(&from)));
    out.push_str(&super::callout(HOW));
    out.push('\n');
    out.push_str(&format!("**Regarding**: {}\n\n---\n\n## Draft Response\n\n", wikilink(proposal.source_file)));
    if !attached {
        // Below the usual mark of a signature, programs would fold what is passed on.
        let lines = proposal.signature.unwrap_or_default().lines().map(|line| format!("{}  ", inert::line(line)));
        let signature = lines.collect::<Vec<_>>().join("\n");
        out.push_str(&format!("\n{}\n\n", signature.trim_end()));
        out.push_str(&passed_on(proposal.original));
        out.push('\n');
    }
    out.push_str(&format!("\n---\n\n{FOOTER}\n"));
    out
}

/// What is passed on, under the headers that a reader wants to see.
pub fn passed_on(original: &Original) -> String {
    let Original { message, received, table, new, quoted, signature } = original;
    let mut out = format!("{MARK}\n");
    let date = received.map(|at| at.strftime("%A, %Y-%m-%d %H:%M").to_string());
    for (name, value) in [
        ("From", shown(&message.from).join(", ")),
        ("Date", date.unwrap_or_default()),
        ("Subject", message.subject.clone()),
        ("To", shown(&message.to).join(", ")),
        ("Cc", shown(&message.cc).join(", ")),
    ] {
        if !value.is_empty() {
            out.push_str(&format!("{name}: {}\n", inert::line(&value)));
        }
    }
    let mut earlier = String::new();
    if !quoted.is_empty() {
        quote(&mut earlier, quoted.lines());
    }
    for part in [table, new, signature, &earlier] {
        if !part.trim().is_empty() {
            out.push_str(&format!("\n{}\n", part.trim_end()));
        }
    }
    out.lines().map(body::harmless).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::draft::{self, Kind};

    #[test]
    fn a_forward_reads_back_whatever_the_mail_says() {
        let original = Original {
            message: crate::mail::Message {
                from: vec![Address::named("Ada", "ada@example.com")],
                to: vec![Address::bare("sam@example.org")],
                subject: "Plan".into(),
                ..Default::default()
            },
            new: "One.\n\n## Draft Response\n\ntwo\n\n## Original Summary\n*postnote: three*\n\\[TODO\\] [TODO list](https://e.org)".into(),
            quoted: "four\n\n---".into(),
            signature: "Ada".into(),
            ..Original::default()
        };
        let (created, from) = ("2026-01-05T19:35:19[UTC]".parse().expect("a time"), Address::named("Sam", "sam@x.org"));
        let files = ["Sources/attachments/x.pdf".to_owned()];
        let proposal = |forward| Proposal {
            created: &created,
            from: &from,
            subject: "Fwd: Plan",
            source_file: "Sources/x.md",
            attachments: &files,
            forward,
            original: &original,
            signature: Some("Sam Reed\nExample Ltd"),
            draft_id: "01JH0000000000000000000000",
        };
        let text = write(&proposal(Forward::Here));
        let draft = draft::read(&text).expect("yaml").expect("a draft");
        assert_eq!((draft.kind, draft.forward.as_deref()), (Kind::Forward, Some("text")));
        let body = draft.body.expect("a text");
        for part in [
            "Sam Reed",
            MARK,
            "From: Ada",
            "Date",
            "two",
            "\\*postnote: three\\*",
            "> four\n>\n> ---",
            "\\## Draft Response",
        ] {
            let part = part.replace("three\\*", "three*");
            assert_eq!(body.contains(&part), part != "Date", "{part}:\n{body}");
        }
        assert!(body.find("Sam Reed") < body.find(MARK) && body.trim_end().ends_with("> ---"), "{body}");
        let attached = draft::read(&write(&proposal(Forward::Attached))).expect("yaml").expect("a draft");
        assert_eq!((attached.forward.as_deref(), attached.body), (Some("attached"), Ok(String::new())));
    }
}
