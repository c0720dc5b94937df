//! Lines added to an entity note, each under its heading, in the order of their days.
//!
//! What is there stays, byte for byte. What is said already, in these words or with this link, is not said again; the
//! day of the last contact only moves forward.

use super::{Kind, Section};
use crate::mail::inert;
use crate::note::frontmatter::{self, FrontmatterError};
use crate::note::name::wikilink;
use jiff::civil::Date;
use std::collections::HashSet;

/// One line to be added.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Addition {
    /// Where.
    pub section: Section,
    /// Of which day it is; a contact has none.
    pub date: Option<Date>,
    /// What it says: plain text, or for a contact the path of a note that is there.
    pub text: String,
    /// Path of the note that it was read in.
    pub source: Option<String>,
    /// Notes whose links say that this was told before.
    pub told_by: Vec<String>,
}

impl Addition {
    /// The line as Markdown.
    fn line(&self) -> String {
        if self.section == Section::Contacts {
            return format!("- {}", wikilink(&self.text));
        }
        let mark = if self.section == Section::Decisions { "✅ " } else { "" };
        let date = self.date.map(|d| format!("{d}: ")).unwrap_or_default();
        let source = self.source.as_deref().map(|s| format!(" {}", wikilink(s))).unwrap_or_default();
        format!("- {mark}{date}{}{source}", inert::line(&self.text))
    }

    /// True when it is said: by the words of it anywhere, or below its heading by a link to where it was read before.
    fn is_said(&self, below: &[String], said: &HashSet<String>) -> bool {
        let linked = |path: &String| {
            let link = wikilink(path);
            below.iter().any(|line| line.contains(&link))
        };
        match self.section {
            Section::Contacts => linked(&self.text),
            Section::Interactions => self.told_by.iter().chain(&self.source).any(linked),
            Section::Facts | Section::Decisions => said.contains(&self.essence()),
        }
    }

    fn essence(&self) -> String {
        essence(&inert::line(&self.text))
    }
}

/// Adds lines to a note, and moves its `last_contact` forward. `None`: there is nothing to add.
///
/// Errors: its frontmatter cannot be read or changed; then nothing is.
pub fn patch(
    text: &str,
    kind: Kind,
    additions: &[Addition],
    last_contact: Option<Date>,
) -> Result<Option<String>, FrontmatterError> {
    let (front, body) = frontmatter::parse(text)?;
    let known = front.text("last_contact");
    let known_day = known.as_deref().and_then(|t| t.trim().get(..10)).and_then(|t| t.parse::<Date>().ok());
    // A day that its owner wrote in words of their own is left to them.
    let moved = last_contact.filter(|day| match known {
        None => true,
        Some(_) => known_day.is_some_and(|known| known < *day),
    });
    let mut lines: Vec<String> = body.split('\n').map(str::to_owned).collect();
    let mut said: HashSet<String> = lines.iter().map(|line| essence(line)).collect();
    let mut added = false;
    let mut ordered: Vec<&Addition> = additions.iter().collect();
    ordered.sort();
    for addition in ordered {
        let Some(heading) = addition.section.heading(kind) else { continue };
        let below = section(&lines, heading).and_then(|(start, end)| lines.get(start..end)).unwrap_or_default();
        if addition.is_said(below, &said) {
            continue;
        }
        let line = addition.line();
        said.insert(addition.essence());
        insert(&mut lines, kind, heading, addition.date, line);
        added = true;
    }
    let mut out = match added {
        false => text.to_owned(),
        true => {
            let head = text.get(..text.len() - body.len()).unwrap_or_default();
            format!("{head}{}", lines.join("\n"))
        }
    };
    if let Some(day) = moved {
        out = frontmatter::set(&out, &[("last_contact", &day.to_string())])?;
    }
    Ok((out != text).then_some(out))
}

/// The words of a line, lowercased, without its day, its marks and its links: what it says.
fn essence(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, link)) = rest.split_once("[[") {
        plain.push_str(before);
        rest = link.split_once("]]").map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    let words: Vec<String> =
        plain.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect();
    let dated = matches!(words.as_slice(), [year, month, day, ..]
        if [year, month, day].iter().all(|w| w.chars().all(|c| c.is_ascii_digit())) && year.len() == 4);
    words.get(if dated { 3 } else { 0 }..).unwrap_or_default().join(" ")
}

/// Puts a line at its place below a heading, which is made where there is none.
fn insert(lines: &mut Vec<String>, kind: Kind, heading: &str, date: Option<Date>, line: String) {
    let end_of_line = if lines.first().is_some_and(|l| l.ends_with('\r')) { "\r" } else { "" };
    let line = format!("{line}{end_of_line}");
    let Some((start, end)) = section(lines, heading) else {
        let at = place(lines, kind, heading);
        let mut block =
            vec![format!("## {heading}{end_of_line}"), end_of_line.to_owned(), line, end_of_line.to_owned()];
        if at > 0 && lines.get(at - 1).is_some_and(|l| !l.trim().is_empty()) {
            block.insert(0, end_of_line.to_owned());
        }
        // At the end the last, empty piece is what stands behind the last line's end.
        if at == lines.len() || lines.get(at..).is_some_and(|rest| rest.iter().all(|l| l.trim().is_empty())) {
            block.pop();
            lines.truncate(at);
            block.push(String::new());
        }
        lines.splice(at..at, block);
        return;
    };
    let last = (start..end).rev().find(|i| lines.get(*i).is_some_and(|l| !l.trim().is_empty()));
    let later = |at: &usize| {
        let other = lines.get(*at).map(String::as_str).unwrap_or_default();
        matches!((date, day_of(other)), (Some(day), Some(other)) if other > day)
    };
    // Behind all that are older; what is not ours has no day, and stays where it is.
    let at = (start..end).find(later).unwrap_or_else(|| last.map_or(start, |last| last + 1));
    let mut block = vec![line];
    if last.is_none() {
        block.insert(0, end_of_line.to_owned());
    }
    if lines.get(at).is_some_and(|l| l.starts_with('#')) {
        block.push(end_of_line.to_owned());
    }
    if at == lines.len() {
        block.push(String::new());
    }
    lines.splice(at..at, block);
}

/// The day of a list item of ours.
fn day_of(line: &str) -> Option<Date> {
    let item = line.strip_prefix("- ")?;
    item.strip_prefix("✅ ").unwrap_or(item).get(..10)?.parse().ok()
}

/// The title of a heading, by its level; lines within fenced code are none.
fn headings(lines: &[String]) -> Vec<(usize, usize, String)> {
    let (mut fence, mut found) = (None, Vec::new());
    for (at, line) in lines.iter().enumerate() {
        let text = line.trim();
        let mark = ["```", "~~~"].into_iter().find(|m| text.starts_with(m));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            _ => {}
        }
        let level = text.chars().take_while(|c| *c == '#').count();
        if fence.is_none() && (1..=6).contains(&level) && text.chars().nth(level) == Some(' ') {
            found.push((at, level, text.trim_matches('#').trim().to_lowercase()));
        }
    }
    found
}

/// The lines below a heading, up to the next of its level or above, or a rule at the note's foot.
fn section(lines: &[String], heading: &str) -> Option<(usize, usize)> {
    let headings = headings(lines);
    let wanted = heading.to_lowercase();
    let (at, ..) = headings.iter().find(|(_, _, title)| *title == wanted)?;
    // A heading below is a part of the section that its owner made: what is added stands above it.
    let next = headings.iter().find(|(other, _, _)| other > at).map_or(lines.len(), |(other, _, _)| *other);
    let rule = (at + 1..next).find(|i| lines.get(*i).is_some_and(|l| l.trim() == "---"));
    Some((at + 1, rule.unwrap_or(next)))
}

/// Where a new section belongs: before the first that comes after it in such notes; else at the end, before a rule that
/// closes the note.
fn place(lines: &[String], kind: Kind, heading: &str) -> usize {
    let after: Vec<String> =
        kind.sections().iter().skip_while(|s| **s != heading).skip(1).map(|s| s.to_lowercase()).collect();
    let headings = headings(lines);
    if let Some((at, ..)) = headings.iter().find(|(_, level, title)| *level <= 2 && after.contains(title)) {
        return *at;
    }
    let from = headings.last().map_or(0, |(at, ..)| *at);
    let rule = (from..lines.len()).find(|i| *i > 0 && lines.get(*i).is_some_and(|l| l.trim() == "---"));
    let text = lines.iter().rposition(|l| !l.trim().is_empty()).map_or(0, |i| i + 1);
    rule.unwrap_or(text)
}
