//! What goes with a draft besides its text and the files that its owner listed: read from the vault, never from the database,
//! so that it is the same when that is lost.

use super::parent;
use crate::approval::{Enclosed, Passable};
use crate::mail::invite::{Invite, state};
use crate::mail::message::Attachment;
use crate::mail::parse;
use crate::note::draft::{DraftNote, Kind};
use crate::note::rsvp::is_over;
use crate::note::{original, source};
use crate::store::Store;
use crate::vault::Vault;
use anyhow::Result;
use jiff::Timestamp;

/// An invitation larger than this is none.
const MOST_CALENDAR: u64 = 1 << 20;

/// Reads it.
pub(super) fn enclosed(vault: &Vault, store: &Store, draft: &DraftNote) -> Result<Enclosed> {
    let mut enclosed = Enclosed::default();
    if draft.kind == Kind::Rsvp {
        let invite = invite(vault, draft);
        enclosed.invite = Some(match (&invite, overtaken(vault, store, draft, invite.as_ref().ok())?) {
            (_, Some(why)) => Err(why.to_owned()),
            _ => invite.map(Box::new),
        });
    }
    if draft.kind == Kind::Forward {
        enclosed.original = draft.source_file.as_deref().map(|note| passable(vault, plain_path(note)).map(Box::new));
    }
    Ok(enclosed)
}

/// The message that a note is about, to be passed on.
fn passable(vault: &Vault, note: &str) -> Result<Passable, String> {
    let text = vault.read(note).map_err(|e| format!("`source_file`: {e}; correct the path"))?;
    let read = original::read(&text).ok_or_else(|| format!("`source_file`: {note} is no note of a mail"))?;
    let file = kept(vault, note, &text, &read.message.key()).ok_or_else(|| {
        "`forward: attached` needs the mail as it came, and the vault does not have it (notes.keep_original was off when it \
         arrived); to pass its text on instead, run `postnote draft NOTE --forward` anew"
            .to_owned()
    });
    Ok(Passable { text: read, file: file.map(|(path, bytes)| eml(&path, bytes)) })
}

/// The message of a source note as it came, where the vault keeps it: its path and bytes.
pub fn kept(vault: &Vault, note: &str, text: &str, key: &str) -> Option<(String, Vec<u8>)> {
    let files = source::attached(text, note).into_iter().rev().filter(|path| path.to_lowercase().ends_with(".eml"));
    // Anybody can attach a file of that name: what is in it decides.
    files
        .filter_map(|path| Some((vault.read_bytes(&path, super::MOST_ATTACHED as u64).ok()?, path)))
        .find_map(|(bytes, path)| (parse::parse(&bytes).0.key() == key).then_some((path, bytes)))
}

fn eml(path: &str, bytes: Vec<u8>) -> Attachment {
    let name = path.rsplit('/').next().unwrap_or(path).to_owned();
    Attachment { name: Some(name), media_type: "message/rfc822".to_owned(), content_id: None, inline: false, bytes }
}

/// Why an answer to an invitation comes too late, if it does.
pub(super) fn too_late(
    vault: &Vault,
    store: &Store,
    draft: &DraftNote,
    now: Timestamp,
) -> Result<Option<&'static str>> {
    let invite = invite(vault, draft).ok();
    if invite.as_ref().is_some_and(|invite| is_over(invite, now)) {
        return Ok(Some("the event is past; there is nothing to answer any more"));
    }
    overtaken(vault, store, draft, invite.as_ref())
}

/// The invitation that a draft answers: the file that it names, else the calendar of its source note.
fn invite(vault: &Vault, draft: &DraftNote) -> Result<Invite, String> {
    let found = || {
        let note = draft.source_file.as_deref()?;
        calendars(vault, note).into_iter().next()
    };
    let path = draft.invite.as_deref().map(|path| plain_path(path).to_owned()).or_else(found);
    let path = path.ok_or("`invite` should name the invitation's file in the vault (.ics)")?;
    let bytes = vault.read_bytes(&path, MOST_CALENDAR).map_err(|e| {
        format!("`invite`: {e}; put the file back, or answer in your calendar and set `status: rejected` here")
    })?;
    let invite = parse::calendar(&bytes).filter(|invite| !invite.uid.is_empty());
    invite.ok_or_else(|| format!("`invite`: {path} holds no event; answer in your calendar"))
}

/// A vault path, as people write it: bare, or as a wikilink.
pub(super) fn plain_path(written: &str) -> &str {
    let path = written.trim().trim_start_matches('!').trim_start_matches("[[").trim_end_matches("]]");
    path.split('|').next().unwrap_or(path).trim()
}

/// The invitation that came with a source note's message.
pub fn invitation(vault: &Vault, note: &str) -> Option<Invite> {
    let read = |path: String| parse::calendar(&vault.read_bytes(&path, MOST_CALENDAR).ok()?);
    calendars(vault, note).into_iter().find_map(read)
}

/// The calendar files of a source note.
fn calendars(vault: &Vault, note: &str) -> Vec<String> {
    vault.read(note).map(|text| source::calendars(&text, note)).unwrap_or_default()
}

/// What came of the event after the invitation, as far as it takes the answer's sense: from the notes of its thread.
fn overtaken(vault: &Vault, store: &Store, draft: &DraftNote, invite: Option<&Invite>) -> Result<Option<&'static str>> {
    let (Some(invite), Some(parent)) = (invite, parent(store, draft)?) else { return Ok(None) };
    for note in store.notes_in(&parent.thread)? {
        if Some(&note) == parent.note.as_ref() {
            continue;
        }
        for path in calendars(vault, &note) {
            let Some(other) = vault.read_bytes(&path, MOST_CALENDAR).ok().and_then(|b| parse::calendar(&b)) else {
                continue;
            };
            match state::overtakes(&other, invite) {
                Some(state::Later::Cancelled) => {
                    return Ok(Some("the event was cancelled; there is nothing to answer any more"));
                }
                Some(state::Later::Changed) => {
                    return Ok(Some("the event was changed by a newer invitation; answer that one"));
                }
                None => {}
            }
        }
    }
    Ok(None)
}
