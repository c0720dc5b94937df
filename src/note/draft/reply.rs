//! A new reply to be proposed: its file, in the built-in shape or in that of a template of its owner's.

use super::context::{links, with_context};
use super::{Kind, Status, callout, email_draft, shown, text_with_gaps};
use crate::mail::{Address, inert};
use crate::note::context::{Excerpt, VaultContext};
use crate::note::digest::Digest;
use crate::note::frontmatter::Writer;
use crate::note::name::wikilink;
use crate::note::template::{Template, TemplateError, or_usual, ready};
use jiff::Zoned;
use minijinja::{Value, context};

/// A reply to be proposed.
#[derive(Debug)]
pub struct Proposal<'a> {
    /// When, in the owner's time zone.
    pub created: &'a Zoned,
    /// The identity that the mail was sent to.
    pub from: &'a Address,
    /// The reply's recipients.
    pub to: &'a [Address],
    /// The others, when the owner wants a reply to all.
    pub cc: &'a [Address],
    /// The reply's subject.
    pub subject: &'a str,
    /// Path of the source note.
    pub source_file: &'a str,
    /// The parent's Message-ID.
    pub in_reply_to: Option<&'a str>,
    /// The id that ties the file to the ledger.
    pub draft_id: &'a str,
    /// Who wrote the mail.
    pub author: &'a Address,
    /// Something that the owner should see before approving, in words.
    pub warning: Option<&'a str>,
    /// What stands below the reply's text, as Markdown.
    pub quote: Option<&'a str>,
}

/// How each draft ends; below this line nothing is ever sent.
pub const FOOTER: &str = "*postnote: fill every `[…]` and edit the text under “Draft Response”, then set `status: approved` at the top; it is sent once, at the next sync. `status: rejected` leaves it.*";

pub(super) const HOW: &str = "fill the gaps in brackets below, then set `status` to `approved` and save. Nothing is sent before; `rejected` leaves it.";

/// How a draft looks.
#[derive(Debug, Clone, Copy, Default)]
pub enum Look<'a> {
    /// `draft-reply`, the usual one.
    #[default]
    Reply,
    /// `email-draft`, the other one that is built in.
    EmailDraft,
    /// As a template of its owner's has it.
    Own(&'a Template),
}

/// Writes a new draft note of a look, with what the vault knows. A template that does not do, with the reason: then the draft has the
/// usual look.
pub fn write_as(
    look: Look<'_>,
    proposal: &Proposal<'_>,
    digest: &Digest,
    context: &VaultContext,
) -> (String, Option<TemplateError>) {
    let usual = || with_context(&write(proposal, digest), context);
    match look {
        Look::Reply => (usual(), None),
        Look::EmailDraft => (email_draft::write(proposal, digest, context), None),
        Look::Own(template) => or_usual(Some(own(template, proposal, digest, context)), usual),
    }
}

/// A draft as a template has it. What would be sent of it is what would be sent of the usual one, or it is refused.
fn own(
    template: &Template,
    proposal: &Proposal<'_>,
    digest: &Digest,
    context: &VaultContext,
) -> Result<String, TemplateError> {
    let texts = |list: &[Address]| list.iter().map(Address::to_string).collect::<Vec<_>>();
    let known = |excerpt: &Excerpt| {
        let lines = excerpt.text.lines().map(str::trim).filter(|line| !line.is_empty());
        let lines: Vec<String> = lines.map(str::to_owned).collect();
        context! { note => ready(format!("[[{}]]", excerpt.note)), lines => lines }
    };
    let context_values: Vec<Value> = context.excerpts.iter().map(known).collect();
    let values = context! {
        author => proposal.author.label(),
        from => proposal.from.to_string(),
        to => texts(proposal.to),
        cc => texts(proposal.cc),
        subject => proposal.subject,
        urgency => digest.urgency.as_str(),
        reason => digest.reply_reason.as_deref().unwrap_or_default(),
        warning => proposal.warning.unwrap_or_default(),
        date => proposal.created.strftime("%Y-%m-%d").to_string(),
        source => ready(wikilink(proposal.source_file)),
        questions => digest.questions.clone(),
        response => ready(response(proposal, digest).trim_end()),
        summary => digest.summary.as_str(),
        context => context_values,
        footer => ready(FOOTER),
        generated_by => digest.generated_by.as_str(),
    };
    let note = template.note(&values, |tags| {
        let mut writer = head(proposal, digest, &links(context));
        if !tags.is_empty() {
            writer.list("tags", tags);
        }
        writer
    })?;
    let sent = text_with_gaps(&note, Kind::Reply);
    if sent.is_none() || sent != text_with_gaps(&write(proposal, digest), Kind::Reply) {
        return Err(template.refused(
            "what would be sent of such a draft is not just the reply; put the heading `## Draft Response` into it once, \
             `{{ response }}` alone below that, and end the part with `## Original Summary`, `## Vault Context Used` or `{{ footer }}`",
        ));
    }
    Ok(note)
}

/// The text of the reply, and what it quotes.
pub(super) fn response(proposal: &Proposal<'_>, digest: &Digest) -> String {
    let quote = proposal.quote.map(|quote| format!("\n{quote}\n")).unwrap_or_default();
    format!("{}\n{quote}", digest.draft_body.trim_end())
}

/// The keys of a reply's draft.
fn head(proposal: &Proposal<'_>, digest: &Digest, context_used: &[String]) -> Writer {
    let none: [&str; 0] = [];
    let mut writer = Writer::default();
    writer
        .plain("type", "draft-reply")
        .plain("status", Status::Pending.as_str())
        .plain("created", proposal.created.strftime("%Y-%m-%dT%H:%M:%S"))
        .plain("urgency", digest.urgency.as_str())
        .text("from", &proposal.from.to_string())
        .list("to", &shown(proposal.to))
        .list("cc", &shown(proposal.cc))
        .list("bcc", &none)
        .text("subject", proposal.subject)
        .text("reason", digest.reply_reason.as_deref().unwrap_or_default())
        .text("source_file", proposal.source_file);
    if let Some(id) = proposal.in_reply_to {
        writer.text("in_reply_to", &format!("<{id}>"));
    }
    writer
        .list("attachments", &none)
        .plain("draft_id", proposal.draft_id)
        .text("generated_by", &digest.generated_by)
        .list("context_used", context_used);
    writer
}

/// Writes a new draft note.
pub fn write(proposal: &Proposal<'_>, digest: &Digest) -> String {
    let none: [String; 0] = [];
    let mut out = head(proposal, digest, &none).finish();
    out.push_str(&format!("# Draft Reply to {}\n\n", inert::line(proposal.author.label())));
    out.push_str(&callout(HOW));
    out.push_str(&format!(
        "\n**Regarding**: {}  \n**Urgency**: {}\n",
        wikilink(proposal.source_file),
        digest.urgency.as_str()
    ));
    if let Some(warning) = proposal.warning {
        out.push_str(&format!("\n> [!warning] {}\n", inert::line(warning)));
    }
    out.push_str("\n---\n\n## Key Points to Address\n\n");
    for question in &digest.questions {
        out.push_str(&format!("- {}\n", inert::line(question)));
    }
    out.push_str(&format!("\n---\n\n## Draft Response\n\n{}", response(proposal, digest)));
    out.push_str(&format!("\n---\n\n## Original Summary\n\n{}\n", inert::line(&digest.summary)));
    out.push_str(&format!("\n---\n\n{FOOTER}\n"));
    out
}

/// A draft in other words: each part that says just what `before` said says what `after` says. Whatever else stands there
/// stays. `None` when the text to send is not what was written, or stands there more than once.
pub fn reworded(text: &str, before: &Digest, after: &Digest) -> Option<String> {
    let response = |digest: &Digest| format!("## Draft Response\n\n{}\n", digest.draft_body.trim_end());
    // The other shapes have it in a place of their own.
    let bare = |digest: &Digest| format!("\n{}\n", digest.draft_body.trim_end());
    let mut out =
        once(text, &response(before), &response(after)).or_else(|| once(text, &bare(before), &bare(after)))?;
    let made_by = |digest: &Digest| {
        let mut writer = Writer::default();
        writer.text("generated_by", &digest.generated_by);
        writer.finish().lines().nth(1).map(|line| format!("\n{line}\n")).unwrap_or_default()
    };
    for part in [made_by, points, original] {
        out = once(&out, &part(before), &part(after)).unwrap_or(out);
    }
    (out != text).then_some(out)
}

fn points(digest: &Digest) -> String {
    let lines: Vec<String> = digest.questions.iter().map(|q| format!("- {}\n", inert::line(q))).collect();
    format!("## Key Points to Address\n\n{}\n---\n", lines.concat())
}

fn original(digest: &Digest) -> String {
    format!("## Original Summary\n\n{}\n\n---\n", inert::line(&digest.summary))
}

/// The text with one part of it replaced, where that stands there just once.
fn once(text: &str, old: &str, new: &str) -> Option<String> {
    (text.matches(old).count() == 1).then(|| text.replacen(old, new, 1))
}
