//! Names of notes and what is made of them: file stems, wikilinks, tags, folders.

use crate::mail::Message;
use crate::mail::file_name::slug;
use jiff::Zoned;
use sha2::{Digest as _, Sha256};

/// The stem of a source note: local date and time, four digits from the message's key, subject slug. The same
/// message gets the same stem at every time and on every machine of the same time zone.
pub fn source_stem(message: &Message, received: &Zoned) -> String {
    let hash = Sha256::digest(message.key());
    let number = hash.iter().take(4).fold(0u32, |n, byte| n.wrapping_mul(256).wrapping_add(u32::from(*byte)));
    format!("{}_{:04}_{}", received.strftime("%Y-%m-%d_%H%M%S"), number % 10_000, slug(&message.subject, 60))
}

/// The stem of a draft note.
pub fn draft_stem(subject: &str, created: &Zoned) -> String {
    format!("{}_Reply-To_{}", created.strftime("%Y-%m-%d"), slug(subject, 60))
}

/// The stem of a draft that asks again.
pub fn nudge_stem(subject: &str, created: &Zoned) -> String {
    format!("{}_Ask-Again_{}", created.strftime("%Y-%m-%d"), slug(subject, 60))
}

/// The stem of the note on a question that waits.
pub fn awaiting_stem(subject: &str, sent: &Zoned) -> String {
    let words = slug(subject, 60).replace('-', " ");
    format!("{} - Awaiting a reply - {}", sent.strftime("%Y-%m-%d"), words.trim())
}

/// The stem of the draft that passes a message on.
pub fn forward_stem(subject: &str, created: &Zoned) -> String {
    format!("{}_Forward_{}", created.strftime("%Y-%m-%d"), slug(subject, 60))
}

/// The stem of the draft of an answer to an invitation.
pub fn rsvp_stem(event: &str, created: &Zoned) -> String {
    format!("{}_Invitation_{}", created.strftime("%Y-%m-%d"), slug(event, 60))
}

/// The stem of a summary note; a readable title.
pub fn summary_stem(base_subject: &str, date: &Zoned) -> String {
    let words = slug(base_subject, 70).replace('-', " ");
    format!("{} - {}", date.strftime("%Y-%m-%d"), words.trim())
}

/// The name of a folder for a person; never empty, never hidden, portable.
pub fn folder_name(label: &str) -> String {
    let name = slug(label, 60).replace('-', " ");
    name.trim().to_owned()
}

/// A wikilink to a note, by the last part of its path and without `.md`.
pub fn wikilink(path: &str) -> String {
    let name = path.rsplit('/').next().unwrap_or(path);
    format!("[[{}]]", name.strip_suffix(".md").unwrap_or(name))
}

/// A tag below `prefix`: `person/ada-park`.
pub fn tag(prefix: &str, label: &str) -> String {
    format!("{prefix}/{}", slug(label, 60).to_lowercase())
}

/// A path with a number before its extension, for when the first choice is taken: `x.md` → `x-2.md`.
pub fn numbered(path: &str, n: usize) -> String {
    match path.rsplit_once('.') {
        _ if n < 2 => path.to_owned(),
        Some((stem, extension)) if !extension.contains('/') => format!("{stem}-{n}.{extension}"),
        _ => format!("{path}-{n}"),
    }
}
