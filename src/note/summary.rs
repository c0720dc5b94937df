//! The summary note: one conversation.

use super::digest::{ActionItem, Digest, Urgency};
use super::frontmatter::Writer;
use super::name::{tag, wikilink};
use crate::mail::inert;
use jiff::Zoned;

/// One message's part in a summary.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The message's time, local.
    pub received: Zoned,
    /// Who wrote it.
    pub author: String,
    /// Path of its source note.
    pub source: String,
    /// What was read out of it.
    pub digest: Digest,
}

/// Writes the summary of a conversation from its messages' digests, oldest first. Empty without entries.
pub fn write(person: &str, thread: &str, entries: &[Entry]) -> String {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return String::new() };
    let mut participants: Vec<String> = Vec::new();
    for name in entries.iter().map(|e| e.author.clone()).chain(["Myself".to_owned()]) {
        if !participants.contains(&name) {
            participants.push(name);
        }
    }
    let mut writer = Writer::default();
    writer
        .plain("type", "people")
        .text("title", &first.digest.title)
        .plain("date", first.received.strftime("%Y-%m-%d"))
        .text("person", person)
        .list("participants", &participants)
        .plain("source", "email")
        .text("source_ref", &last.source)
        .text("thread", &format!("<{thread}>"))
        .text("generated_by", &last.digest.generated_by)
        .list("tags", &["type/people".to_owned(), tag("person", person), "generated".to_owned()]);
    let mut out = writer.finish();
    let with: Vec<_> = participants.iter().map(|p| inert::line(p)).collect();
    out.push_str(&format!(
        "# {}\n\n**Date**: {}  \n**With**: {}\n\n## Summary\n\n",
        inert::line(&first.digest.title),
        first.received.strftime("%Y-%m-%d"),
        with.join(", ")
    ));
    match entries {
        [only] => out.push_str(&format!("{}\n\n", inert::line(&only.digest.summary))),
        _ => {
            for e in entries {
                out.push_str(&format!(
                    "- {}, {}: {}\n",
                    e.received.strftime("%Y-%m-%d"),
                    inert::line(&e.author),
                    inert::line(&e.digest.summary)
                ));
            }
            out.push('\n');
        }
    }
    sections(&mut out, "##", entries);
    let sources: Vec<_> = entries.iter().map(|e| wikilink(&e.source)).collect();
    out.push_str(&format!("---\n\n*Source: {}*\n", sources.join(", ")));
    out
}

/// What is put below a summary that its owner has edited, when its conversation goes on.
pub fn update(text: &str, entry: &Entry) -> String {
    let mut out = text.trim_end().to_owned();
    out.push_str(&format!(
        "\n\n## Update {}\n\n{}, {}\n\n",
        entry.received.strftime("%Y-%m-%d"),
        inert::line(&entry.digest.summary),
        wikilink(&entry.source)
    ));
    sections(&mut out, "###", std::slice::from_ref(entry));
    format!("{}\n", out.trim_end())
}

fn sections(out: &mut String, level: &str, entries: &[Entry]) {
    let mut actions: Vec<String> = Vec::new();
    for item in entries.iter().flat_map(|e| &e.digest.actions) {
        let line = action(item);
        if !actions.contains(&line) {
            actions.push(line);
        }
    }
    let gather = |of: fn(&Digest) -> &Vec<String>| {
        let mut lines: Vec<String> = Vec::new();
        for text in entries.iter().flat_map(|e| of(&e.digest)) {
            let line = format!("- {}", inert::line(text));
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
        lines
    };
    let decisions = gather(|d| &d.decisions);
    let facts = gather(|d| &d.key_information);
    for (title, lines) in [("Action Items", actions), ("Decisions", decisions), ("Key Information", facts)] {
        if !lines.is_empty() {
            out.push_str(&format!("{level} {title}\n\n{}\n\n", lines.join("\n")));
        }
    }
}

fn action(item: &ActionItem) -> String {
    let due = item.due.map(|d| format!(" 📅 {d}")).unwrap_or_default();
    let priority = match item.urgency {
        Urgency::Urgent => " ⏫",
        Urgency::Normal => "",
        Urgency::Low => " 🔽",
    };
    let owner: String = item.owner.chars().filter(|c| c.is_alphanumeric()).collect();
    format!("- [?] {} @{owner}{due}{priority} #task #proposed #auto", inert::line(&item.text))
}
