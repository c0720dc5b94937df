//! A message's attachments → files beside its note: inside the vault, distinct, and nothing that Obsidian would run.

use super::read::Raw;
use crate::mail::{Attachment, file_name, media_type};
use crate::note::name::numbered;
use crate::vault::{Vault, VaultError};
use anyhow::Result;

/// Saves the attachments, and the message as it came where that is to be kept: path and size in bytes of each, in the
/// mail's order.
pub(super) fn save(vault: &Vault, raw: &Raw, folder: &str, stem: &str) -> Result<Vec<(String, usize)>> {
    // Date, time and number are enough of the stem to tell messages apart.
    let prefix: String = stem.split('_').take(3).collect::<Vec<_>>().join("_");
    let mut files: Vec<(String, &[u8])> = Vec::new();
    for attachment in &raw.message.attachments {
        files.push((saved_name(attachment), &attachment.bytes));
    }
    if let Some(original) = &raw.original {
        files.push(("original.eml".to_owned(), original));
    }
    let mut saved: Vec<(String, usize)> = Vec::new();
    for (name, bytes) in files {
        let path = place(vault, &format!("{folder}/attachments/{prefix}_{name}"), bytes, &saved)?;
        saved.push((path, bytes.len()));
    }
    Ok(saved)
}

/// The name that an attachment is saved under; one without a name gets its type's extension.
fn saved_name(attachment: &Attachment) -> String {
    let name = match (&attachment.name, media_type::extension(&attachment.media_type)) {
        (Some(name), Some(extension)) if !name.contains('.') && attachment.media_type.starts_with("image/") => {
            format!("{}.{extension}", file_name::portable_name(name))
        }
        (Some(name), _) => file_name::portable_name(name),
        (None, _) if attachment.media_type == "text/calendar" => "invite.ics".to_owned(),
        (None, _) if attachment.media_type == "message/delivery-status" => "delivery-status.txt".to_owned(),
        (None, _) if attachment.media_type == "message/disposition-notification" => "receipt.txt".to_owned(),
        (None, Some(extension)) => format!("attachment.{extension}"),
        (None, None) => "attachment".to_owned(),
    };
    inactive(&name)
}

/// Files that Obsidian or a plug-in would take for a note, a canvas or code are made plain text.
fn inactive(name: &str) -> String {
    const ACTIVE: [&str; 9] = ["md", "markdown", "mdx", "canvas", "base", "js", "mjs", "css", "excalidraw"];
    match name.rsplit_once('.') {
        Some((_, extension)) if ACTIVE.contains(&extension.to_lowercase().as_str()) => format!("{name}.txt"),
        _ => name.to_owned(),
    }
}

/// Writes a file at a path or, where another file is, at the next numbered one.
fn place(vault: &Vault, path: &str, bytes: &[u8], taken: &[(String, usize)]) -> Result<String> {
    for n in 1.. {
        let candidate = numbered(path, n);
        // Two attachments of one mail are two files, also where only case or composition tells them apart.
        if taken.iter().any(|(t, _)| t.to_lowercase() == candidate.to_lowercase()) {
            continue;
        }
        match vault.create(&candidate, bytes) {
            Ok(()) => return Ok(candidate),
            Err(VaultError::Exists(_))
                if vault.read_bytes(&candidate, bytes.len() as u64).is_ok_and(|old| old == bytes) =>
            {
                return Ok(candidate);
            }
            Err(VaultError::Exists(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    unreachable!("the numbers do not end")
}
