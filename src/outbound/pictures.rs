//! The pictures of the vault that a draft's text shows, read: inside the vault only, and never through a link out of it.

use crate::approval::Picture;
use crate::mail::media_type;
use crate::mail::message::Attachment;
use crate::note::draft::{DraftNote, pictures};
use crate::vault::{Vault, VaultError};

/// More pictures than these are no letter.
const MOST: usize = 100;

/// Reads them, or says what is wrong with one. `room`: so many octets they may have together.
pub(super) fn read(vault: &Vault, draft: &DraftNote, room: usize) -> Result<Vec<Picture>, String> {
    let Ok(body) = &draft.body else { return Ok(Vec::new()) };
    let mut found: Vec<(String, Picture)> = Vec::new();
    let mut total = 0;
    let named = pictures::named(body);
    if named.len() > MOST {
        return Err(format!(
            "its text shows {} pictures, and a mail takes {MOST} at most; attach some, or send a link",
            named.len()
        ));
    }
    for target in named {
        let path = place(vault, &target)?;
        if let Some((_, picture)) = found.iter_mut().find(|(known, _)| *known == path) {
            picture.targets.push(target);
            continue;
        }
        let bytes = vault.read_bytes(&path, super::MOST_ATTACHED as u64).map_err(|e| wrong(&target, &e))?;
        total += bytes.len();
        if total > room {
            return Err("its pictures and `attachments` are more than 35 MB together; send links instead".to_owned());
        }
        let name = path.rsplit('/').next().unwrap_or(&path).to_owned();
        let media_type = media_type::of_name(&name).to_owned();
        let file = Attachment { name: Some(name), media_type, content_id: None, inline: true, bytes };
        found.push((path, Picture { targets: vec![target], file }));
    }
    Ok(found.into_iter().map(|(_, picture)| picture).collect())
}

fn wrong(target: &str, why: &VaultError) -> String {
    format!("the picture {target:?} in its text: {why}; correct its path, or delete it there")
}

/// Where in the vault a picture lies: at its path, else, as Obsidian does it, wherever the one file of that name is.
fn place(vault: &Vault, target: &str) -> Result<String, String> {
    let spellings = pictures::spellings(target);
    if let Some(path) = spellings.iter().find(|path| vault.exists(path)) {
        return Ok(path.clone());
    }
    let first = spellings.first().cloned().unwrap_or_default();
    if spellings.iter().any(|path| path.contains('/')) {
        return Ok(first);
    }
    for name in &spellings {
        let mut found = vault.named(name).map_err(|e| wrong(target, &e))?;
        match (found.pop(), found.pop()) {
            (Some(one), None) => return Ok(one),
            (Some(one), Some(other)) => {
                return Err(format!(
                    "the picture {target:?} in its text may be {other} or {one}; write the whole path there"
                ));
            }
            (None, _) => {}
        }
    }
    Ok(first)
}
