//! The entity note: what is known of a person, a customer or a project.
//!
//! A note is read for whom it is about, written once, and from then on only added to: [`patch()`]. What a person wrote is
//! neither changed nor removed, whatever it says.

mod patch;

pub use patch::{Addition, patch};

use super::frontmatter::{self, Writer};
use super::name::tag;
use super::template::{Template, TemplateError, or_usual, ready};
use crate::mail::inert;
use jiff::civil::Date;
use minijinja::context;

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A person: known by addresses.
    Person,
    /// A customer, or any organisation: known by its domain.
    Customer,
    /// A project: known by its name.
    Project,
}

impl Kind {
    /// The word under `type`, as in the summaries of the same folder.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Person => "people",
            Kind::Customer => "customer",
            Kind::Project => "projects",
        }
    }

    /// The first part of the tag that names it.
    fn prefix(self) -> &'static str {
        match self {
            Kind::Person => "person",
            Kind::Customer => "customer",
            Kind::Project => "project",
        }
    }

    /// Its headings, in their order.
    fn sections(self) -> &'static [&'static str] {
        match self {
            Kind::Person => &["Background", "Recent interactions", "Key facts", "Open Tasks"],
            Kind::Customer | Kind::Project => &[
                "Account Overview",
                "Account Status",
                "Key Contacts",
                "Active Projects",
                "Current Blockers",
                "Next Steps",
                "Open Tasks",
                "Opportunities",
                "Key Decisions",
                "Key Facts",
                "Topics / Themes",
                "Recent Context",
                "Related People",
            ],
        }
    }
}

/// What is added to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Section {
    /// What was written about, and when.
    Interactions,
    /// What is known.
    Facts,
    /// What was decided.
    Decisions,
    /// Who to talk to.
    Contacts,
}

impl Section {
    /// Its heading in a note of that kind; `None` where such notes have no such section.
    fn heading(self, kind: Kind) -> Option<&'static str> {
        match (self, kind) {
            (Section::Interactions, Kind::Person) => Some("Recent interactions"),
            (Section::Interactions, _) => Some("Recent Context"),
            (Section::Facts, Kind::Person) => Some("Key facts"),
            (Section::Facts, _) => Some("Key Facts"),
            (Section::Decisions | Section::Contacts, Kind::Person) => None,
            (Section::Decisions, _) => Some("Key Decisions"),
            (Section::Contacts, Kind::Customer) => Some("Key Contacts"),
            (Section::Contacts, Kind::Project) => Some("Related People"),
        }
    }
}

/// Whom a note is about, as its frontmatter says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// `title`, else `name`.
    pub title: Option<String>,
    /// `emails` or `email`, lowercased.
    pub emails: Vec<String>,
    /// `domains` or `domain`, lowercased.
    pub domains: Vec<String>,
    /// `aliases` or `alias`.
    pub aliases: Vec<String>,
}

/// What kind of thing a note is about; `None` for a conversation, a message, a draft.
pub fn about(text: &str) -> Option<Kind> {
    let (front, _) = frontmatter::parse(text).ok()?;
    let word =
        front.text("type").filter(|_| !["source_ref", "message_id", "draft_id"].iter().any(|key| front.has(key)))?;
    [Kind::Person, Kind::Customer, Kind::Project].into_iter().find(|kind| kind.as_str() == word.trim())
}

/// Reads whom a note is about; `None` for a summary, a message, a draft, and what has no frontmatter.
pub fn identity(text: &str) -> Option<Identity> {
    // Most notes are about nobody: reading YAML is what takes time.
    let head = text.get(..text.len().min(4_000)).unwrap_or(text);
    if !["email", "domain", "alias"].iter().any(|key| head.contains(key)) {
        return None;
    }
    let (front, _) = frontmatter::parse(text).ok()?;
    if front.has("source_ref") || front.has("message_id") || front.has("draft_id") {
        return None;
    }
    let both = |one: &str, many: &str| {
        let texts = [one, many].iter().flat_map(|key| front.list(key).unwrap_or_default()).collect::<Vec<_>>();
        texts.into_iter().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty()).collect::<Vec<_>>()
    };
    let lower = |texts: Vec<String>| texts.into_iter().map(|t| t.to_lowercase()).collect::<Vec<_>>();
    let identity = Identity {
        title: front.text("title").or_else(|| front.text("name")),
        emails: lower(both("email", "emails")),
        domains: lower(both("domain", "domains")),
        aliases: both("alias", "aliases"),
    };
    let known = !identity.emails.is_empty() || !identity.domains.is_empty() || !identity.aliases.is_empty();
    known.then_some(identity)
}

/// A note to be made.
#[derive(Debug, Clone)]
pub struct New<'a> {
    /// What it is about.
    pub kind: Kind,
    /// What that is called.
    pub title: &'a str,
    /// The day on which the note is made.
    pub created: Date,
    /// An address, a domain, or nothing.
    pub known_by: Option<&'a str>,
}

/// Tasks of the notes beside this one, by its own place: no text of a mail stands in a query.
const TASKS: &str = "```dataview\nTASK\nWHERE !completed AND (file.folder = this.file.folder OR contains(file.outlinks, this.file.link))\nSORT due ASC\n```\n";

/// Writes a new note as a template has it; where that does not do, with the reason, as [`write()`] does.
pub fn write_as(template: Option<&Template>, new: &New<'_>) -> (String, Option<TemplateError>) {
    let own = |template: &Template| {
        let values = context! {
            title => new.title,
            known_by => new.known_by.unwrap_or_default(),
            date => new.created.to_string(),
            tasks => ready(TASKS),
        };
        template.note(&values, |tags| head(new, tags))
    };
    or_usual(template.map(own), || write(new))
}

/// The keys of a note about somebody or something.
fn head(new: &New<'_>, more_tags: &[String]) -> Writer {
    let New { kind, title, created, known_by } = *new;
    let none: [&str; 0] = [];
    let mut writer = Writer::default();
    writer
        .plain("type", kind.as_str())
        .text("title", title)
        .plain("created", created)
        .plain("last_contact", created)
        .plain("status", "active")
        .plain("auto_created", true);
    let known: Vec<&str> = known_by.into_iter().collect();
    match kind {
        Kind::Person => writer.list("emails", &known),
        Kind::Customer => writer.list("domains", &known),
        Kind::Project => &mut writer,
    };
    let mut tags = vec![
        format!("type/{}", kind.as_str()),
        tag(kind.prefix(), title),
        "needs-review".to_owned(),
        "status/active".to_owned(),
    ];
    tags.extend(more_tags.iter().cloned());
    writer.list("aliases", &none).list("tags", &tags);
    writer
}

/// Writes a new note, with nothing in it but who or what it is about.
pub fn write(new: &New<'_>) -> String {
    let New { kind, title, known_by, .. } = *new;
    let mut out = head(new, &[]).finish();
    out.push_str(&format!("# {}\n\n", inert::line(title)));
    if let Some(known) = known_by {
        let shown = inert::line(known);
        out.push_str(&match kind {
            Kind::Person => format!("**Email**: {shown}\n\n"),
            _ => format!("## Account Status\n\n| Field | Value |\n| --- | --- |\n| **Domain** | {shown} |\n\n"),
        });
    }
    out.push_str(&format!("## Open Tasks\n\n{TASKS}"));
    out
}

#[cfg(test)]
mod tests;
