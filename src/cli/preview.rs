//! `postnote preview`: what approving a draft would send, and to whom.

use super::{Ended, Failure, printable};
use crate::compose;
use crate::config::Config;
use crate::mail::invite::Invite;
use crate::mail::message::Attachment;
use crate::mail::parse;
use crate::note::{draft, invitation};
use crate::outbound;
use crate::pass::{self, now};
use anyhow::{Context, anyhow};
use clap::Args;
use std::io::Write;
use std::path::{Path, PathBuf};

#[derive(Debug, Args)]
pub(super) struct PreviewArgs {
    /// The draft's file: a path, or a path inside the vault
    draft: PathBuf,
    /// The bytes as they would be sent
    #[arg(long)]
    raw: bool,
}

pub(super) fn preview(config: &Config, state: &Path, args: &PreviewArgs) -> Result<Ended, Failure> {
    let (mut desk, _) = pass::open(config, state, true)?;
    if desk.store.is_fresh() {
        crate::inbound::rebuild::rebuild(&mut desk, config, now().time_zone())?;
    }
    let path = inside(desk.vault.root(), &args.draft)?;
    let text = desk.vault.read(&path)?;
    let note = draft::read(&text).with_context(|| path.clone())?.ok_or_else(|| {
        anyhow!(
            "{path} is no draft: its `type` should be draft-reply, draft-mail, draft-forward, draft-rsvp or email-draft"
        )
    })?;
    let rehearsal = outbound::rehearse(config, &desk, &text, &note, &now())?
        .map_err(|reason| anyhow!("{path} cannot be sent as it is: {reason}"))?;
    let account = config.account(rehearsal.account());
    let signature = account.and_then(|a| a.signature.as_deref());
    let (recipients, bytes) = compose::preview(&rehearsal, &now(), signature, config.drafts.format)?;
    if args.raw {
        std::io::stdout().write_all(&bytes)?;
        return Ok(Ended::Well);
    }
    let (message, _) = parse::parse(&bytes);
    println!("Goes to: {}", printable(&recipients.join(", ")));
    for doubt in outbound::doubts::doubts(&desk, &note, &rehearsal, now().date())? {
        println!("Look at this: {}", printable(&doubt));
    }
    let list = |l: &[crate::mail::Address]| l.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let ids = |l: &[String]| l.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ");
    for (name, value) in [
        ("From", list(&message.from)),
        ("To", list(&message.to)),
        ("Cc", list(&message.cc)),
        ("Subject", message.subject.clone()),
        ("Message-ID", message.message_id.as_ref().map(|id| format!("<{id}>")).unwrap_or_default()),
        ("In-Reply-To", ids(&message.in_reply_to)),
        ("References", ids(&message.references)),
    ] {
        if !value.is_empty() {
            println!("{name}: {}", printable(&value));
        }
    }
    println!("\n{}", printable(message.text.trim_end()));
    if let Some(html) = &message.html {
        println!("\n(the same as HTML, {} bytes)", html.len());
    }
    if let Some(answer) = &message.invite {
        println!("\n(for calendars: {})", printable(&in_words(answer)));
    }
    for file in message.attachments.iter().filter(|file| file.name.is_some() || file.media_type != "text/calendar") {
        let how = if file.content_id.is_some() { "in the text" } else { "attached" };
        let name = printable(file.name.as_deref().unwrap_or("attachment"));
        println!("({how}: {name}, {} bytes{})", file.bytes.len(), printable(&passed_on(file)));
    }
    Ok(Ended::Well)
}

/// What a mail within the mail is.
fn passed_on(file: &Attachment) -> String {
    if !file.name.as_deref().is_some_and(|name| name.to_lowercase().ends_with(".eml")) {
        return String::new();
    }
    let (message, _) = parse::parse(&file.bytes);
    let from = message.author().map(ToString::to_string).unwrap_or_default();
    format!(": the mail “{}” from {from}", message.subject)
}

/// What an answer tells the organizer's calendar.
fn in_words(answer: &Invite) -> String {
    let (what, when) = invitation::in_words(answer);
    let who = answer.attendees.iter().map(|a| format!("{} <{}>: {}", a.name, a.address, a.answer)).collect::<Vec<_>>();
    let when = if when.is_empty() { when } else { format!(", {when}") };
    format!("{}; “{what}”{when}; organizer {}", who.join(", "), answer.organizer_address)
}

/// A path as typed → a path inside the vault.
pub(super) fn inside(root: &Path, given: &Path) -> Result<String, Failure> {
    let found = std::fs::canonicalize(given).or_else(|_| std::fs::canonicalize(root.join(given)));
    let found = found.with_context(|| format!("{} is not there", given.display()))?;
    let path = found.strip_prefix(root).map_err(|_| anyhow!("{} is not in the vault", given.display()))?;
    Ok(path.to_string_lossy().replace('\\', "/"))
}
