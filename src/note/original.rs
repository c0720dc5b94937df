//! A source note read back: what its message said, for answering it or passing it on without the server.
//!
//! The note's text is Markdown in which nothing is live, and stays that. A person may have written into it: what stands
//! where the message stood counts as the message.

use super::frontmatter;
use super::source::strip_brackets;
use crate::mail::{Address, Message};
use jiff::civil::DateTime;

/// What a source note says of its message.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Original {
    /// The headers that the note keeps.
    pub message: Message,
    /// The message's time, by the owner's clock.
    pub received: Option<DateTime>,
    /// The event's table; empty when there is none.
    pub table: String,
    /// What its writer wrote.
    pub new: String,
    /// What was quoted.
    pub quoted: String,
    /// The signature.
    pub signature: String,
}

const EARLIER: &str = "> [!quote]- Earlier in this thread";
const SIGNATURE: &str = "> [!quote]- Signature";
const TABLE: &str = "| Invitation | |";
/// Where the mail ends in a note that a template made: what stands below is its owner's.
pub(super) const END: &str = "%% end of the mail %%";
const NO_TEXT: &str = "*(no text)*";

/// Reads a source note; `None` for any other note.
pub fn read(text: &str) -> Option<Original> {
    let (front, body) = frontmatter::parse(text).ok()?;
    if front.text("type")?.as_str() != "email" {
        return None;
    }
    let list = |key: &str| front.list(key).unwrap_or_default();
    let addresses = |key: &str| {
        list(key).iter().filter_map(|item| Address::parse_list(item).ok()).flatten().collect::<Vec<Address>>()
    };
    let id = |key: &str| front.text(key).map(|id| strip_brackets(&id).to_owned());
    let message = Message {
        message_id: id("message_id"),
        in_reply_to: id("in_reply_to").into_iter().collect(),
        content_hash: front.text("content_hash").unwrap_or_default().trim_start_matches("sha256:").to_owned(),
        subject: front.text("subject").unwrap_or_default(),
        from: addresses("from"),
        reply_to: addresses("reply_to"),
        to: addresses("to"),
        cc: addresses("cc"),
        ..Message::default()
    };
    let received = front.text("received").and_then(|at| at.parse().ok());
    let body = body.replace("\r\n", "\n");
    let body = body.rsplit_once(&format!("\n{END}\n")).map_or(body.as_str(), |(mail, _)| mail);
    let (table, rest) = below_head(body);
    let (rest, signature) = folded(without_files(rest, !list("attachments").is_empty()), SIGNATURE);
    let (new, quoted) = folded(rest, EARLIER);
    let new = if new.trim() == NO_TEXT { String::new() } else { new.trim().to_owned() };
    Some(Original { message, received, table, new, quoted, signature })
}

/// The event's table, and what follows the lines above the text.
fn below_head(body: &str) -> (String, &str) {
    let mut table = String::new();
    let mut at = 0;
    let mut start = 0;
    let mut in_table = false;
    for line in body.split_inclusive('\n') {
        at += line.len();
        let text = line.trim_end();
        match () {
            () if start == 0 => start = if text.starts_with("**Date**: ") { at } else { 0 },
            () if in_table && text.starts_with('|') || text == TABLE => {
                in_table = true;
                table.push_str(line);
                start = at;
            }
            () if !in_table && text.starts_with("Before: [[") => start = at,
            () if text.is_empty() && !in_table => {}
            () => break,
        }
    }
    (table, body.get(start..).unwrap_or_default())
}

/// The text without the list of files at its end.
fn without_files(text: &str, has_files: bool) -> &str {
    let Some((before, after)) = text.rsplit_once("\n## Attachments\n").filter(|_| has_files) else { return text };
    let only_links = after.lines().all(|line| line.trim().is_empty() || line.starts_with("- [["));
    if only_links { before } else { text }
}

/// The text before a folded part, and that part without its marks.
fn folded<'t>(text: &'t str, title: &str) -> (&'t str, String) {
    let Some((before, after)) = text.rsplit_once(&format!("\n{title}\n")) else { return (text, String::new()) };
    let mut inner = String::new();
    let mut end = 0;
    for line in after.split_inclusive('\n') {
        let Some(line_inner) = line.strip_prefix('>') else { break };
        end += line.len();
        inner.push_str(line_inner.strip_prefix(' ').unwrap_or(line_inner));
    }
    // What a person wrote below it is no part of it, and is not lost sight of.
    let rest = after.get(end..).unwrap_or_default();
    if rest.trim().is_empty() { (before, inner.trim_end().to_owned()) } else { (text, String::new()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::body::Body;
    use crate::mail::invite::Invite;
    use crate::note::source::{self, Facts};

    #[test]
    fn what_was_written_reads_back() {
        let list = |text: &str| Address::parse_list(text).expect("addresses");
        let plain = Message {
            message_id: Some("a@x".into()),
            in_reply_to: vec!["b@x".into()],
            subject: "Plan: [x]".into(),
            from: list("Ada Park <ada@example.com>"),
            reply_to: list("desk@example.com"),
            to: list("sam@example.org, \"Reed, S\" <s@example.org>"),
            ..Message::default()
        };
        let invite = Invite { uid: "u".into(), summary: "Plan".into(), ..Invite::default() };
        let invited = Message { invite: Some(invite), message_id: None, content_hash: "ff".into(), ..plain.clone() };
        let file = source::Listed {
            path: Some("S/attachments/x.pdf".into()),
            name: "x.pdf".into(),
            media_type: "application/pdf".into(),
            size: 3,
        };
        for (message, files, before) in
            [(&plain, vec![file], Some("S/y.md")), (&plain, vec![], None), (&invited, vec![], Some("S/y.md"))]
        {
            for (new, quoted, signature) in [
                ("One.\n\n## Attachments\n\ntwo", "three\n\n> four", "Ada"),
                ("", "", ""),
                ("**Date**: x", "", "Ada\nPark"),
                ("| a | b |", "q", ""),
            ] {
                let body = Body {
                    new_markdown: new.into(),
                    quoted_markdown: quoted.into(),
                    signature_markdown: signature.into(),
                    ..Body::default()
                };
                let facts = Facts {
                    account: "work",
                    mailbox: "INBOX",
                    received: &"2026-01-05T19:35:19[UTC]".parse().expect("a time"),
                    thread: "a@x",
                    triage: "fyi",
                    triage_reason: None,
                    attachments: &files,
                    before,
                    tags: &[],
                    event: None,
                };
                let note = source::write(message, &body, &facts);
                for note in [note.clone(), note.replace('\n', "\r\n")] {
                    let read = read(&note).expect("a source note");
                    assert_eq!(
                        (read.new.as_str(), read.quoted.as_str(), read.signature.as_str()),
                        (new, quoted, signature),
                        "{note}"
                    );
                    assert_eq!(read.table.is_empty(), message.invite.is_none());
                    assert_eq!(read.message, Message { invite: None, ..message.clone() });
                    assert_eq!(read.received.map(|t| t.to_string()).as_deref(), Some("2026-01-05T19:35:19"));
                }
            }
        }
        assert_eq!(read("---\ntype: people\n---\nx"), None);
    }
}
