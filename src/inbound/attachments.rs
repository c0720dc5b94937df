//! A message's attachments → files beside its note: inside the vault, distinct, and nothing that Obsidian would run.

use super::read::Raw;
use crate::config::Attachments;
use crate::mail::{Attachment, file_name, media_type};
use crate::note::name::numbered;
use crate::note::source::Listed;
use crate::vault::{Vault, VaultError};
use anyhow::Result;

/// Saves the attachments that are wanted, and the message as it came where that is to be kept; in the mail's order.
pub(super) fn save(vault: &Vault, raw: &Raw, wanted: &Attachments, folder: &str, stem: &str) -> Result<Vec<Listed>> {
    // Date, time and number are enough of the stem to tell messages apart.
    let prefix: String = stem.split('_').take(3).collect::<Vec<_>>().join("_");
    let mut listed: Vec<Listed> = Vec::new();
    let mut save = |name: String, media_type: &str, bytes: &[u8], wanted: bool| {
        let path = format!("{folder}/attachments/{prefix}_{name}");
        let path = if wanted { Some(place(vault, &path, bytes, &listed)?) } else { None };
        listed.push(Listed { path, name, media_type: media_type.to_owned(), size: bytes.len() });
        Ok::<_, anyhow::Error>(())
    };
    for attachment in &raw.message.attachments {
        let Attachment { name, media_type, bytes, .. } = attachment;
        let is_wanted = wanted.wants(name.as_deref().unwrap_or_default(), media_type, bytes.len());
        save(saved_name(attachment), media_type, bytes, is_wanted)?;
    }
    if let Some(original) = &raw.original {
        save("original.eml".to_owned(), "message/rfc822", original, true)?;
    }
    Ok(listed)
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
fn place(vault: &Vault, path: &str, bytes: &[u8], taken: &[Listed]) -> Result<String> {
    for n in 1.. {
        let candidate = numbered(path, n);
        // Two attachments of one mail are two files, also where only case or composition tells them apart.
        if taken.iter().filter_map(|t| t.path.as_ref()).any(|t| t.to_lowercase() == candidate.to_lowercase()) {
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
