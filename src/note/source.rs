//! The source note: one message, written once.

use super::frontmatter::{self, Writer};
use super::name::{tag, wikilink};
use super::template::{Template, TemplateError, or_usual, ready};
use super::{fate, invitation, original};
use crate::mail::body::{Body, Enclosed};
use crate::mail::invite::state::State;
use crate::mail::{Address, Message, inert, media_type, picture, thread};
use jiff::Zoned;
use minijinja::{Value, context};

/// What a source note says besides its message.
#[derive(Debug)]
pub struct Facts<'a> {
    /// Account and mailbox that it was found in.
    pub account: &'a str,
    /// The mailbox.
    pub mailbox: &'a str,
    /// The message's time in the owner's time zone.
    pub received: &'a Zoned,
    /// The thread's root, without brackets.
    pub thread: &'a str,
    /// The triage word.
    pub triage: &'a str,
    /// Why it is that word, where that does not show in the mail.
    pub triage_reason: Option<&'a str>,
    /// Its attachments, and what else was saved; in the message's order.
    pub attachments: &'a [Listed],
    /// Path of the note on the message before it in the thread.
    pub before: Option<&'a str>,
    /// How the event stands that it is about, where mails about it came before.
    pub event: Option<&'a State>,
    /// Tags from rules.
    pub tags: &'a [String],
}

/// An attachment, as its note lists it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Where it was saved, in the vault; `None`: it was left in the mailbox.
    pub path: Option<String>,
    /// Its name.
    pub name: String,
    /// Its media type.
    pub media_type: String,
    /// Its size in bytes.
    pub size: usize,
}

/// Writes the note as a template has it; where that does not do, with the reason, as [`write()`] does.
pub fn write_as(
    template: Option<&Template>,
    message: &Message,
    body: &Body,
    facts: &Facts<'_>,
) -> (String, Option<TemplateError>) {
    let usual = write(message, body, facts);
    or_usual(template.map(|template| own(template, message, body, facts, &usual)), || usual.clone())
}

/// A note as a template has it. What is read back of it is what is read back of the usual one, or it is refused.
fn own(
    template: &Template,
    message: &Message,
    body: &Body,
    facts: &Facts<'_>,
    usual: &str,
) -> Result<String, TemplateError> {
    let shown = |list: &[Address]| list.iter().map(Address::to_string).collect::<Vec<_>>();
    let links = |file: &Listed| file.path.as_ref().map(|path| ready(wikilink(path)));
    let values = context! {
        subject => message.subject.as_str(),
        from => message.author().map(Address::to_string).unwrap_or_default(),
        to => shown(&message.to),
        cc => shown(&message.cc),
        date => facts.received.strftime("%Y-%m-%d").to_string(),
        time => facts.received.strftime("%H:%M").to_string(),
        weekday => facts.received.strftime("%A").to_string(),
        account => facts.account,
        mailbox => facts.mailbox,
        triage => facts.triage,
        tags => facts.tags.to_vec(),
        attachments => facts.attachments.iter().filter_map(links).collect::<Vec<Value>>(),
        before => ready(facts.before.map(wikilink).unwrap_or_default()),
        message => ready(format!("{}\n{}\n", told(message, body, facts), original::END)),
    };
    let note = template.note(&values, |tags| frontmatter(message, facts, tags))?;
    if original::read(&note) != original::read(usual) {
        return Err(template.refused(
            "the mail could not be read back out of such a note; put `{{ message }}` into it once, on a line of its own, and no line \
             that begins with `**Date**: ` above it",
        ));
    }
    Ok(note)
}

/// Writes the note.
pub fn write(message: &Message, body: &Body, facts: &Facts<'_>) -> String {
    let title = if message.subject.is_empty() { "(no subject)".to_owned() } else { inert::line(&message.subject) };
    format!("{}# {title}\n\n{}", frontmatter(message, facts, &[]).finish(), told(message, body, facts))
}

/// What stands below the title.
fn told(message: &Message, body: &Body, facts: &Facts<'_>) -> String {
    let mut out = head(message, facts);
    if let Some(before) = facts.before {
        out.push_str(&format!("Before: {}\n\n", wikilink(before)));
    }
    if let Some(invite) = &message.invite {
        out.push_str(&invitation::table(invite, facts.event, facts.received.time_zone()));
    }
    if let Some(report) = &message.report {
        out.push_str(&fate::table(report, facts.received.time_zone()));
    }
    let placed = |markdown| picture::place(markdown, |at, width| embed(facts.attachments.get(at)?, width));
    let text = placed(body.new_markdown.trim_end());
    match text.trim().is_empty() {
        true => out.push_str(in_place_of_text(message, body)),
        false => out.push_str(text.trim_end()),
    }
    out.truncate(out.trim_end().len());
    out.push_str(if body.cut { "\n\n*(and more: the whole message is kept, below)*\n" } else { "\n" });
    enclosed(&mut out, body, facts);
    folded(&mut out, "As plain text", &placed(&body.aside_markdown));
    folded(&mut out, "Earlier in this thread", &placed(&body.quoted_markdown));
    folded(&mut out, "Signature", &placed(&body.signature_markdown));
    list_files(&mut out, message, facts);
    out
}

/// What a note says of a message without words.
fn in_place_of_text(message: &Message, body: &Body) -> &'static str {
    match () {
        () if message.signals.encrypted => "*(encrypted: kept as it came, below; your mail program can open it)*",
        () if message.invite.is_some() || message.report.is_some() || !body.enclosed.is_empty() => "",
        () => "*(no text)*",
    }
}

/// A picture where the sender put it; the width is in pixels.
fn embed(file: &Listed, width: Option<u32>) -> Option<String> {
    let path = file.path.as_ref()?;
    let link = wikilink(path);
    let sized = width.map_or_else(|| link.clone(), |w| link.replace("]]", &format!("|{w}]]")));
    picture::is_shown(path).then(|| format!("!{sized}"))
}

/// Messages within the message: one or two are open, more are folded.
fn enclosed(out: &mut String, body: &Body, facts: &Facts<'_>) {
    let fold = if body.enclosed.len() > 2 { '-' } else { '+' };
    for Enclosed { subject, from, date, markdown } in &body.enclosed {
        let subject = if subject.is_empty() { "(no subject)".to_owned() } else { inert::line(subject) };
        out.push_str(&format!("\n> [!quote]{fold} {subject}\n"));
        let date =
            date.map(|at| at.to_zoned(facts.received.time_zone().clone()).strftime("%Y-%m-%d %H:%M").to_string());
        let known: Vec<_> = [Some(inert::line(from)).filter(|f| !f.is_empty()), date].into_iter().flatten().collect();
        if !known.is_empty() {
            out.push_str(&format!("> *{}*\n>\n", known.join(", ")));
        }
        quote(out, markdown.lines());
    }
}

/// The list of what was saved, without what nobody is meant to see.
fn list_files(out: &mut String, message: &Message, facts: &Facts<'_>) {
    let is_seen = |at: usize| !message.attachments.get(at).is_some_and(picture::is_spacer);
    let mut seen = facts.attachments.iter().enumerate().filter(|(at, _)| is_seen(*at)).peekable();
    if seen.peek().is_some() {
        out.push_str("\n## Attachments\n\n");
    }
    for (_, Listed { path, name, media_type, size }) in seen {
        let size = human_size(*size);
        // Mostly the name says what it is.
        let unknown = "application/octet-stream";
        let named = media_type::of_name(name) != unknown || media_type == unknown;
        let kind = if named { String::new() } else { format!(", {}", inert::line(media_type)) };
        match path {
            Some(path) => out.push_str(&format!("- {} ({size}{kind})\n", wikilink(path))),
            None => out.push_str(&format!("- {} ({size}{kind}; not saved)\n", inert::line(name))),
        }
    }
}

fn frontmatter(message: &Message, facts: &Facts<'_>, more_tags: &[String]) -> Writer {
    let shown = |list: &[Address]| list.iter().map(Address::to_string).collect::<Vec<_>>();
    let mut tags = vec!["type/email".to_owned()];
    if let Some(author) = message.author() {
        tags.push(tag("person", author.label()));
    }
    tags.extend(facts.tags.iter().chain(more_tags).cloned());
    let links: Vec<_> = facts.attachments.iter().filter_map(|file| Some(wikilink(file.path.as_ref()?))).collect();
    let mut writer = Writer::default();
    writer
        .plain("type", "email")
        .text("subject", &message.subject)
        .plain("date", facts.received.strftime("%Y-%m-%d"))
        .plain("received", facts.received.strftime("%Y-%m-%dT%H:%M:%S"))
        .text("from", &message.author().map(Address::to_string).unwrap_or_default())
        .list("to", &shown(&message.to))
        .list("cc", &shown(&message.cc));
    if differs(&message.reply_to, &message.from) {
        writer.list("reply_to", &shown(&message.reply_to));
    }
    writer.text("account", facts.account).text("mailbox", facts.mailbox);
    match &message.message_id {
        Some(id) => writer.text("message_id", &format!("<{id}>")),
        None => writer.text("content_hash", &message.key()),
    };
    if let Some(parent) = message.in_reply_to.first() {
        writer.text("in_reply_to", &format!("<{parent}>"));
    }
    if let Some(invite) = message.invite.as_ref().filter(|_| thread::event(message).is_some()) {
        writer.text("event", &invite.uid);
    }
    writer.text("thread", &format!("<{}>", facts.thread)).plain("triage", facts.triage);
    if let Some(reason) = facts.triage_reason {
        writer.text("triage_reason", reason);
    }
    if !links.is_empty() {
        writer.list("attachments", &links);
    }
    writer.list("tags", &tags);
    writer
}

/// True when Reply-To names anybody that From does not.
pub fn differs(reply_to: &[Address], from: &[Address]) -> bool {
    reply_to.iter().any(|r| from.iter().all(|f| f.key() != r.key()))
}

fn head(message: &Message, facts: &Facts<'_>) -> String {
    let line = |label: &str, list: &[Address]| {
        let name = |a: &Address| {
            let really = a.plain_domain().map(|plain| format!(" (really {})", inert::line(&plain)));
            inert::line(&a.to_string()) + &really.unwrap_or_default()
        };
        let names: Vec<_> = list.iter().map(name).collect();
        if names.is_empty() { String::new() } else { format!("**{label}**: {}  \n", names.join(", ")) }
    };
    let mut out = line("From", message.author().map(std::slice::from_ref).unwrap_or_default());
    out.push_str(&line("To", &message.to));
    out.push_str(&line("Cc", &message.cc));
    if differs(&message.reply_to, &message.from) {
        out.push_str(&line("Reply to", &message.reply_to));
    }
    out.push_str(&format!("**Date**: {}\n\n", facts.received.strftime("%A, %Y-%m-%d %H:%M")));
    out
}

fn folded(out: &mut String, title: &str, text: &str) {
    if text.trim().is_empty() {
        return;
    }
    out.push_str(&format!("\n> [!quote]- {title}\n"));
    let mut blank = true;
    let lines = text.trim_end().lines();
    // One blank line parts as well as many.
    quote(out, lines.filter(|line| !(std::mem::replace(&mut blank, line.is_empty()) && line.is_empty())));
}

/// Lines of Markdown as a quote.
pub fn quote<'t>(out: &mut String, lines: impl Iterator<Item = &'t str>) {
    for line in lines {
        out.push_str(if line.is_empty() { ">" } else { "> " });
        out.push_str(line);
        out.push('\n');
    }
}

fn human_size(bytes: usize) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} KB", bytes.div_ceil(1_000)),
        _ => format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000),
    }
}

/// What the state database needs to know of a message, read back from its note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// [`Message::key`] of the message.
    pub key: String,
    /// Message-ID without brackets.
    pub message_id: Option<String>,
    /// The parent's id.
    pub in_reply_to: Option<String>,
    /// UID of the event that it is about, where that ties it to its thread.
    pub event: Option<String>,
    /// The thread's root.
    pub thread: String,
    /// Subject as sent.
    pub subject: String,
    /// The author's address.
    pub from: String,
    /// Local time, as ISO 8601 without a zone.
    pub received: String,
    /// The account.
    pub account: String,
    /// The mailbox.
    pub mailbox: String,
}

/// Reads a source note back; `None` for any other note and for one without an identity.
pub fn read(text: &str) -> Option<Record> {
    let (front, _) = frontmatter::parse(text).ok()?;
    if front.text("type")?.as_str() != "email" {
        return None;
    }
    let id = |key: &str| front.text(key).map(|v| strip_brackets(&v).to_owned());
    let message_id = id("message_id");
    let key = message_id.clone().or_else(|| front.text("content_hash"))?;
    Some(Record {
        thread: id("thread").unwrap_or_else(|| key.clone()),
        in_reply_to: id("in_reply_to"),
        event: front.text("event").filter(|uid| !uid.is_empty()),
        subject: front.text("subject").unwrap_or_default(),
        from: front.text("from").and_then(|f| Address::parse(&f).ok()).map(|a| a.email).unwrap_or_default(),
        received: front.text("received").unwrap_or_default(),
        account: front.text("account").unwrap_or_default(),
        mailbox: front.text("mailbox").unwrap_or_default(),
        message_id,
        key,
    })
}

/// The vault paths of the files that came with a source note's message.
pub fn attached(text: &str, note: &str) -> Vec<String> {
    let folder = note.rsplit_once('/').map_or(String::new(), |(folder, _)| format!("{folder}/"));
    let links = frontmatter::parse(text).ok().and_then(|(front, _)| front.list("attachments")).unwrap_or_default();
    let path = |link: &String| {
        let name = link.trim().trim_start_matches("[[").trim_end_matches("]]").split('|').next()?.trim().to_owned();
        // As it is written here, a link has the name alone; its owner may have put the whole path.
        Some(if name.contains('/') { name } else { format!("{folder}attachments/{name}") })
    };
    links.iter().filter_map(path).collect()
}

/// Those of them that are calendars.
pub fn calendars(text: &str, note: &str) -> Vec<String> {
    let mut files = attached(text, note);
    files.retain(|path| path.to_lowercase().ends_with(".ics"));
    files
}

/// `<id>` → `id`.
pub fn strip_brackets(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}
