//! The note on a question that the owner asked and nobody has answered.

use super::frontmatter::{self, Writer};
use super::name::tag;
use super::source::strip_brackets;
use super::template::{Template, TemplateError, or_usual, ready};
use crate::mail::{Address, inert};
use jiff::Zoned;
use minijinja::context;

/// What such a note says.
#[derive(Debug)]
pub struct Awaiting<'a> {
    /// Who is asked.
    pub to: &'a [Address],
    /// The base subject.
    pub subject: &'a str,
    /// When it was sent, in the owner's time zone.
    pub sent: &'a Zoned,
    /// The sentences that ask.
    pub questions: &'a [String],
    /// The account that it was sent from.
    pub account: &'a str,
    /// The mail's Message-ID.
    pub message_id: &'a str,
    /// Its thread.
    pub thread: &'a str,
    /// For how many days nobody has answered.
    pub days: i64,
    /// The mail's source note, where it has one.
    pub source: Option<&'a str>,
}

/// How the note ends.
const FOOTER: &str = "*postnote: when an answer comes, this note says so by itself. With `status: closed` at the top the question is left alone.*";

/// How a note of this kind stands, as its frontmatter says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The question's Message-ID, without brackets.
    pub message_id: String,
    /// The account.
    pub account: String,
    /// Nobody has answered yet, and the owner has not closed it.
    pub is_waiting: bool,
}

/// Reads such a note; `None` for any other.
pub fn read(text: &str) -> Option<Standing> {
    if !text.contains("awaiting-reply") {
        return None;
    }
    let (front, _) = frontmatter::parse(text).ok()?;
    (front.text("type")?.trim() == "awaiting-reply").then_some(())?;
    let message_id = strip_brackets(&front.text("message_id")?).to_owned();
    let status = front.text("status").unwrap_or_default().trim().to_lowercase();
    Some(Standing { message_id, account: front.text("account").unwrap_or_default(), is_waiting: status == "waiting" })
}

/// Writes the note, as a template has it where there is one; where that does not do, with the reason, in the built-in shape.
pub fn write(template: Option<&Template>, note: &Awaiting<'_>) -> (String, Option<TemplateError>) {
    or_usual(template.map(|template| own(template, note)), || usual(note))
}

/// Who is asked, by the first of them.
pub fn person(to: &[Address]) -> &str {
    to.first().map(Address::label).unwrap_or_default()
}

fn own(template: &Template, note: &Awaiting<'_>) -> Result<String, TemplateError> {
    let values = context! {
        person => person(note.to),
        to => note.to.iter().map(Address::to_string).collect::<Vec<_>>(),
        subject => note.subject,
        date => note.sent.strftime("%Y-%m-%d").to_string(),
        days => note.days,
        questions => note.questions.to_vec(),
        source => ready(note.source.map(super::name::wikilink).unwrap_or_default()),
        footer => ready(FOOTER),
    };
    template.note(&values, |tags| head(note, tags))
}

fn head(note: &Awaiting<'_>, more_tags: &[String]) -> Writer {
    let person = person(note.to);
    let to: Vec<_> = note.to.iter().map(Address::to_string).collect();
    let title = if note.subject.is_empty() { person.to_owned() } else { format!("{person}: {}", note.subject) };
    let mut tags = vec!["type/awaiting-reply".to_owned(), tag("person", person)];
    tags.extend(more_tags.iter().cloned());
    let mut writer = Writer::default();
    writer
        .plain("type", "awaiting-reply")
        .plain("status", "waiting")
        .text("title", &title)
        .plain("date", note.sent.strftime("%Y-%m-%d"))
        .text("person", person)
        .list("to", &to)
        .text("subject", note.subject)
        .text("account", note.account)
        .text("message_id", &format!("<{}>", note.message_id))
        .text("thread", &format!("<{}>", note.thread))
        .plain("triage", "awaiting-reply")
        .plain("generated_by", "offline")
        .list("tags", &tags);
    writer
}

fn usual(note: &Awaiting<'_>) -> String {
    let mut out = head(note, &[]).finish();
    let subject = if note.subject.is_empty() { person(note.to) } else { note.subject };
    out.push_str(&format!("# Awaiting a reply: {}\n\n", inert::line(subject)));
    let to: Vec<_> = note.to.iter().map(|a| inert::line(&a.to_string())).collect();
    out.push_str(&format!("**Asked**: {}  \n**Of**: {}\n\n", note.sent.strftime("%A, %Y-%m-%d"), to.join(", ")));
    out.push_str("## Questions\n\n");
    for question in note.questions {
        out.push_str(&format!("- {}\n", inert::line(question)));
    }
    if let Some(source) = note.source {
        out.push_str(&format!("\n*Source: {}*\n", super::name::wikilink(source)));
    }
    out + "\n---\n\n" + FOOTER + "\n"
}

/// The note, saying that it is over: `how` is its new status. A note whose owner closed it, or that says so already, stays: `None`.
pub fn over(text: &str, how: &str, on: &Zoned) -> Option<String> {
    read(text).filter(|standing| standing.is_waiting)?;
    let day = on.strftime("%Y-%m-%d").to_string();
    frontmatter::set(text, &[("status", how), ("triage", "done"), ("answered", &day)]).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_waits_until_it_is_over_and_its_owners_words_stay() {
        let sent: Zoned = "2026-01-05T19:35:19[UTC]".parse().expect("a time");
        let note = Awaiting {
            to: &[Address::named("Ada: [[Park]]", "ada@example.com")],
            subject: "status: closed\n# x",
            sent: &sent,
            questions: &["Where is the `key`?".to_owned()],
            account: "work",
            message_id: "q1@example.org",
            thread: "q1@example.org",
            days: 7,
            source: None,
        };
        let (text, error) = write(None, &note);
        assert_eq!(error, None);
        let known = read(&text).expect("a note");
        assert_eq!((known.message_id.as_str(), known.is_waiting), ("q1@example.org", true));
        assert!(text.contains("**Asked**: Monday, 2026-01-05") && text.contains("\\`key\\`"), "{text}");
        let mine = text.replace("## Questions", "## Questions\n\nMine.");
        let over = super::over(&mine, "answered", &sent).expect("a change");
        let (front, body) = frontmatter::parse(&over).expect("yaml");
        assert_eq!(
            (front.text("status").as_deref(), front.text("triage").as_deref()),
            (Some("answered"), Some("done"))
        );
        assert!(body.contains("Mine.") && !read(&over).expect("a note").is_waiting);
        assert_eq!(super::over(&over, "answered", &sent), None);
        assert_eq!(super::over(&mine.replace("status: waiting", "status: closed"), "answered", &sent), None);
        assert_eq!(read("---\ntype: email\nmessage_id: awaiting-reply\n---\n"), None);
    }
}
