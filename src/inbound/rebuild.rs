//! A new database learns what the vault knows: no note is written twice and no draft sent twice, although the
//! state was lost.

use super::Desk;
use super::identity::{self, Says};
use crate::config::Config;
use crate::mail::{subject, thread};
use crate::note::source::{self, strip_brackets};
use crate::note::{awaiting, draft, frontmatter};
use crate::store::awaited::Stage;
use crate::store::messages::StoredMessage;
use anyhow::Result;
use jiff::tz::TimeZone;

/// Reads source notes, summaries and drafts back into the database.
pub fn rebuild(desk: &mut Desk, config: &Config, zone: &TimeZone) -> Result<usize> {
    let Desk { vault, store } = desk;
    store.atomically(|store| {
        let mut count = 0;
        for path in vault.notes(fixed_part(&config.paths.sources))? {
            let Some(record) = vault.read(&path).ok().and_then(|text| source::read(&text)) else { continue };
            let at = identity::of_note(&record.received, zone);
            let author = crate::mail::Address::bare(record.from);
            let base = subject::base(&record.subject);
            let says = Says { author: &author.key(), subject: &base, at, text: "", own: false };
            if let Some(uid) = &record.event {
                store.link(&[&thread::event_id(uid)], &record.thread)?;
            }
            store.put_message(&StoredMessage {
                // The next pass reads Sent anew, and knows.
                own: false,
                key: identity::own_key(store, None, record.key, &says)?,
                account: record.account,
                mailbox: record.mailbox,
                uid_validity: 0,
                uid: 0,
                message_id: record.message_id,
                thread: record.thread,
                in_reply_to: record.in_reply_to.into_iter().collect(),
                references: Vec::new(),
                author: author.key(),
                subject: base,
                at: at.unwrap_or(0),
                note: Some(path),
                digest: None,
            })?;
            count += 1;
        }
        for path in vault.notes(&config.paths.people)? {
            let Ok(text) = vault.read(&path) else { continue };
            if let Some(known) = awaiting::read(&text) {
                let stage = if known.is_waiting { Stage::Told } else { Stage::Over };
                store.found_awaiting(&known.message_id, &known.account, stage, &path)?;
                continue;
            }
            let Ok((front, _)) = frontmatter::parse(&text) else { continue };
            if let (Some("email"), Some(thread)) = (front.text("source").as_deref(), front.text("thread")) {
                // Without the hash of what was written the note counts as edited: it is continued, not rewritten.
                store.put_summary(strip_brackets(&thread), &path, "")?;
            }
        }
        for path in vault.notes(&config.paths.outbox)? {
            let Some(draft) = vault.read(&path).ok().and_then(|text| draft::read(&text).ok().flatten()) else {
                continue;
            };
            if let Some(id) = &draft.draft_id {
                let parent = store.answered_by(draft.in_reply_to.as_deref(), draft.source_file.as_deref())?;
                let parent = parent.filter(|_| draft.kind.goes_on());
                if store.draft(id)?.is_none() {
                    store.put_draft(id, &path, parent.map(|p| p.key).as_deref())?;
                }
            }
        }
        store.settle_threads()?;
        store.built()?;
        Ok(count)
    })
}

/// The folder that every filled-in template lies in.
pub fn fixed_part(template: &str) -> &str {
    match template.split_once("{{") {
        Some((fixed, _)) => fixed.rsplit_once('/').map_or(fixed, |(folder, _)| folder),
        None => template,
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_fixed_part_is_a_folder() {
        assert_eq!(super::fixed_part("Sources/Email/{{ year }}"), "Sources/Email");
        assert_eq!(super::fixed_part("Sources/mail-{{ year }}"), "Sources");
        assert_eq!(super::fixed_part("Mail"), "Mail");
    }
}
