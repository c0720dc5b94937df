//! The second built-in shape of a reply's draft, `email-draft`: the text stands below the head's rule, and ends at `## Original Email`.

use super::context::links;
use super::reply::{FOOTER, HOW, Proposal, response};
use super::{Status, callout, shown};
use crate::mail::{inert, subject};
use crate::note::context::{Excerpt, VaultContext};
use crate::note::digest::Digest;
use crate::note::entity;
use crate::note::frontmatter::Writer;
use crate::note::name::wikilink;

/// Writes a new draft note.
pub(super) fn write(proposal: &Proposal<'_>, digest: &Digest, context: &VaultContext) -> String {
    let mut out = head(proposal, digest, context).finish();
    out.push_str(&format!("# Draft Reply: {}\n\n", inert::line(proposal.subject)));
    out.push_str(&callout(HOW));
    out.push('\n');
    let to: Vec<_> = shown(proposal.to).iter().map(|a| inert::line(a)).collect();
    out.push_str(&format!("**To:** {}  \n**Subject:** {}\n", to.join(", "), inert::line(proposal.subject)));
    if let Some(reason) = digest.reply_reason.as_deref().filter(|reason| !reason.is_empty()) {
        out.truncate(out.trim_end().len());
        out.push_str(&format!("  \n**Context:** {}\n", inert::line(reason)));
    }
    if let Some(warning) = proposal.warning {
        out.push_str(&format!("\n> [!warning] {}\n", inert::line(warning)));
    }
    out.push_str(&format!("\n---\n\n{}\n---\n\n", response(proposal, digest)));
    out.push_str(&format!("## Original Email\n\n> From: {}  \n", inert::line(&proposal.author.to_string())));
    out.push_str(&format!("> Note: {}\n", wikilink(proposal.source_file)));
    if !digest.summary.is_empty() {
        out.push_str(&format!(">\n> {}\n", inert::line(&digest.summary)));
    }
    out.push_str("\n---\n\n");
    if !context.excerpts.is_empty() {
        out.push_str(
            "## Vault Context Used\n\n<details>\n<summary>Context from notes that informed this draft</summary>\n\n",
        );
        context.excerpts.iter().for_each(|excerpt| tell(&mut out, excerpt));
        out.push_str("</details>\n\n---\n\n");
    }
    out + FOOTER + "\n"
}

fn head(proposal: &Proposal<'_>, digest: &Digest, context: &VaultContext) -> Writer {
    let none: [&str; 0] = [];
    let about = |kinds: &[entity::Kind]| {
        let fits = |e: &&Excerpt| e.about.is_some_and(|kind| kinds.contains(&kind));
        context.excerpts.iter().filter(fits).map(|e| e.note.clone()).collect::<Vec<_>>()
    };
    let mut people = about(&[entity::Kind::Person]);
    people.retain(|name| name != proposal.author.label());
    let mut topics = vec![subject::base(proposal.subject)];
    topics.extend(about(&[entity::Kind::Customer, entity::Kind::Project]));
    topics.retain(|topic| !topic.is_empty());
    let names: Vec<&str> = proposal.to.iter().map(|to| to.label()).collect();
    let mut writer = Writer::default();
    writer
        .plain("status", Status::Pending.as_str())
        .plain("type", "email-draft")
        .text("original", proposal.source_file)
        .plain("created", proposal.created.strftime("%Y-%m-%dT%H:%M:%S"))
        .plain("urgency", digest.urgency.as_str())
        .text("from", &proposal.from.to_string())
        .list("to", &shown(proposal.to))
        .text("to_name", &names.join(", "))
        .list("cc", &shown(proposal.cc))
        .list("bcc", &none)
        .text("subject", proposal.subject)
        .text("reason", digest.reply_reason.as_deref().unwrap_or_default())
        .list("topics", &topics)
        .list("people_mentioned", &people)
        .plain("vault_context_used", !context.excerpts.is_empty())
        .list("context_used", &links(context));
    if let Some(id) = proposal.in_reply_to {
        writer.text("in_reply_to", &format!("<{id}>"));
    }
    writer.list("attachments", &none).plain("draft_id", proposal.draft_id).text("generated_by", &digest.generated_by);
    writer
}

/// What one note says. A blank line below the tag makes Markdown of it again, in which nothing is live.
fn tell(out: &mut String, excerpt: &Excerpt) {
    out.push_str(&format!("### [[{}]]\n\n", excerpt.note));
    for line in excerpt.text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        match line.strip_prefix("- ") {
            Some(item) => out.push_str(&format!("- {}\n", inert::line(item))),
            None => {
                let gap = if out.ends_with("\n\n") { "" } else { "\n" };
                out.push_str(&format!("{gap}{}\n\n", inert::line(line)));
            }
        }
    }
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
}
