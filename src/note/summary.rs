//! The summary note: one conversation.

use super::digest::{ActionItem, Digest, Urgency};
use super::frontmatter::Writer;
use super::name::{tag, wikilink};
use super::template::{Template, TemplateError, or_usual, ready};
use crate::mail::inert;
use jiff::Zoned;
use minijinja::{Value, context};

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

/// Who took part: each author once, and the owner.
fn participants(entries: &[Entry]) -> Vec<String> {
    let mut participants: Vec<String> = Vec::new();
    for name in entries.iter().map(|e| e.author.clone()).chain(["Myself".to_owned()]) {
        if !participants.contains(&name) {
            participants.push(name);
        }
    }
    participants
}

/// Writes the summary as a template has it; where that does not do, with the reason, as [`write()`] does.
pub fn write_as(
    template: Option<&Template>,
    person: &str,
    thread: &str,
    entries: &[Entry],
) -> (String, Option<TemplateError>) {
    or_usual(template.map(|template| own(template, person, thread, entries)), || write(person, thread, entries))
}

fn own(template: &Template, person: &str, thread: &str, entries: &[Entry]) -> Result<String, TemplateError> {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(String::new()) };
    let message = |entry: &Entry| {
        context! {
            date => entry.received.strftime("%Y-%m-%d").to_string(),
            author => entry.author.clone(),
            summary => entry.digest.summary.clone(),
            source => ready(wikilink(&entry.source)),
        }
    };
    let task = |item: &ActionItem| {
        context! {
            line => ready(action(item)),
            text => item.text.clone(),
            owner => item.owner.clone(),
            due => item.due.map(|day| day.to_string()).unwrap_or_default(),
            urgency => item.urgency.as_str(),
        }
    };
    let all = |of: fn(&Digest) -> &Vec<String>| distinct(entries.iter().flat_map(|e| of(&e.digest)).cloned());
    let mut sections_ready = String::new();
    sections(&mut sections_ready, "##", entries);
    let values = context! {
        title => first.digest.title.as_str(),
        person => person,
        participants => participants(entries),
        date => first.received.strftime("%Y-%m-%d").to_string(),
        messages => entries.iter().map(message).collect::<Vec<Value>>(),
        summary => last.digest.summary.as_str(),
        tasks => distinct(entries.iter().flat_map(|e| &e.digest.actions).cloned()).iter().map(task).collect::<Vec<Value>>(),
        decisions => all(|d| &d.decisions),
        key_information => all(|d| &d.key_information),
        sections => ready(sections_ready),
        source => ready(wikilink(&last.source)),
        sources => entries.iter().map(|e| ready(wikilink(&e.source))).collect::<Vec<Value>>(),
        generated_by => last.digest.generated_by.as_str(),
    };
    template.note(&values, |tags| head(person, thread, entries, tags))
}

fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut out: Vec<T> = Vec::new();
    for one in all {
        if !out.contains(&one) {
            out.push(one);
        }
    }
    out
}

/// The keys of a summary.
fn head(person: &str, thread: &str, entries: &[Entry], more_tags: &[String]) -> Writer {
    let mut writer = Writer::default();
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return writer };
    let mut tags = vec!["type/people".to_owned(), tag("person", person), "generated".to_owned()];
    tags.extend(more_tags.iter().cloned());
    writer
        .plain("type", "people")
        .text("title", &first.digest.title)
        .plain("date", first.received.strftime("%Y-%m-%d"))
        .text("person", person)
        .list("participants", &participants(entries))
        .plain("source", "email")
        .text("source_ref", &last.source)
        .text("thread", &format!("<{thread}>"))
        .text("generated_by", &last.digest.generated_by)
        .list("tags", &tags);
    writer
}

/// Writes the summary of a conversation from its messages' digests, oldest first. Empty without entries.
pub fn write(person: &str, thread: &str, entries: &[Entry]) -> String {
    let Some(first) = entries.first() else { return String::new() };
    let mut out = head(person, thread, entries, &[]).finish();
    let with: Vec<_> = participants(entries).iter().map(|p| inert::line(p)).collect();
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
