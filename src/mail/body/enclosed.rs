//! Messages within a message: forwarded as attachments, or the items of a digest. They are content, and shown.

use crate::mail::{Message, parse, picture};
use jiff::Timestamp;

/// So many are shown; all of them are attached.
const MAX_ENCLOSED: usize = 30;
/// A larger one is only attached.
const MAX_SIZE: usize = 1 << 20;

/// A message within another, ready for a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Enclosed {
    /// Its subject, unescaped.
    pub subject: String,
    /// Its author, unescaped; empty where nobody is named.
    pub from: String,
    /// Its date.
    pub date: Option<Timestamp>,
    /// Its text as inert Markdown.
    pub markdown: String,
}

/// The messages within a message, one level deep. What came back with a report is known to who sent it.
pub(super) fn of(message: &Message) -> Vec<Enclosed> {
    if message.signals.report.is_some() {
        return Vec::new();
    }
    let nested = |kind: &str| matches!(kind, "message/rfc822" | "message/global" | "message/news");
    let files = message.attachments.iter().filter(|file| nested(&file.media_type) && file.bytes.len() <= MAX_SIZE);
    files.take(MAX_ENCLOSED).map(|file| enclosed(&file.bytes)).filter(|e| !e.markdown.is_empty()).collect()
}

fn enclosed(bytes: &[u8]) -> Enclosed {
    let (message, _) = parse::parse(bytes);
    let body = super::render_alone(&message);
    let mut markdown = picture::named(body.new_markdown.trim()).into_owned();
    if !body.quoted_markdown.is_empty() {
        markdown.push_str(if markdown.is_empty() { "" } else { "\n\n" });
        for line in picture::named(&body.quoted_markdown).lines() {
            markdown.push_str(if line.is_empty() { ">" } else { "> " });
            markdown.push_str(line);
            markdown.push('\n');
        }
    }
    let from = message.author().map(ToString::to_string).unwrap_or_default();
    Enclosed { subject: message.subject, from, date: message.date, markdown: markdown.trim_end().to_owned() }
}
