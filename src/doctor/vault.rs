//! The vault: there, ours to write to and nobody else's, on a file system that does what notes need; and what lies in the
//! outbox.

use super::Finding;
use crate::config::Config;
use crate::note::draft;
use crate::setup::written;
use crate::vault::Vault;
use std::collections::BTreeMap;
use std::path::Path;

/// More of one kind are counted, not named.
const NAMED: usize = 5;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    let root = &config.vault;
    let shown = root.display();
    let vault = match Vault::open(root) {
        Ok(vault) => vault,
        Err(e) => {
            let fix = format!("make the folder {shown}, mount its disk, or correct `vault` in the config");
            return vec![Finding::fault("vault", e.to_string(), fix)];
        }
    };
    let mut found = Vec::new();
    match written::is_writable(root) {
        Ok(()) => found.push(Finding::ok("vault", format!("{shown} can be written to"))),
        Err(e) => {
            let text = format!("{shown} cannot be written to ({})", written::in_words(&e));
            found.push(Finding::fault(
                "vault",
                text,
                "mount its disk writable, or give yourself the right to write there",
            ));
        }
    }
    found.extend(who_may(root));
    found.extend(kind(root));
    found.extend(space(root));
    found.extend(case(root));
    found.extend(synced_by(root));
    found.extend(outbox(config, &vault));
    found
}

/// Whoever can write to the outbox can approve.
#[cfg(unix)]
fn who_may(root: &Path) -> Option<Finding> {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(root).ok()?.permissions().mode();
    let others = mode & 0o002 != 0 && mode & 0o1000 == 0;
    others.then(|| {
        let text =
            format!("everybody on this machine can write to {}: whoever can, can approve drafts", root.display());
        Finding::fault("vault", text, format!("chmod o-w {}", root.display()))
    })
}

#[cfg(not(unix))]
fn who_may(_root: &Path) -> Option<Finding> {
    None
}

/// What the file system is, where that matters.
#[cfg(target_os = "linux")]
fn kind(root: &Path) -> Option<Finding> {
    let at = rustix::fs::statfs(root).ok()?;
    // linux/magic.h
    let odd = match u64::try_from(at.f_type).unwrap_or_default() & 0xffff_ffff {
        0x4d44 | 0x2011_bab0 => "FAT: it keeps no permissions, so that everybody on this machine may read the notes",
        0x6969 => "NFS: changes made from other machines are seen with the schedule only",
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => {
            "a Windows share: changes made from other machines are seen with the schedule only"
        }
        0x0102_1997 => "a share of the host (9p): changes made there are seen with the schedule only",
        _ => return None,
    };
    Some(Finding::note("vault", format!("its file system is {odd}")))
}

#[cfg(not(target_os = "linux"))]
fn kind(_root: &Path) -> Option<Finding> {
    None
}

/// Whether its disk is nearly full.
#[cfg(unix)]
fn space(root: &Path) -> Option<Finding> {
    // Less than this is soon used up by attachments.
    const SPACE: u64 = 200 * 1024 * 1024;
    let at = rustix::fs::statvfs(root).ok()?;
    (at.f_bavail.saturating_mul(at.f_frsize) < SPACE).then(|| {
        let text = format!("its disk has less than {} MB left", SPACE / 1024 / 1024);
        Finding::warning("vault", text, "free some space there")
    })
}

#[cfg(not(unix))]
fn space(_root: &Path) -> Option<Finding> {
    None
}

/// Whether `a` and `A` are one file. It is tried out: no flag says so of a folder.
fn case(root: &Path) -> Option<Finding> {
    let file = tempfile::Builder::new().prefix(".postnote-case").tempfile_in(root).ok()?;
    let name = file.path().file_name()?.to_string_lossy().to_uppercase();
    let same = root.join(name).exists();
    same.then(|| {
        let text = "its file system does not tell a from A; postnote names its files so that this does not matter";
        Finding::note("vault", text)
    })
}

/// What carries the vault to other machines, as its path tells.
fn synced_by(root: &Path) -> Option<Finding> {
    let path = root.to_string_lossy().to_lowercase();
    let by = [
        ("mobile documents", "iCloud Drive"),
        ("cloudstorage", "a cloud's own folder"),
        ("dropbox", "Dropbox"),
        ("onedrive", "OneDrive"),
        ("google drive", "Google Drive"),
        ("nextcloud", "Nextcloud"),
    ];
    let marked = root.ancestors().any(|p| p.join(".stfolder").is_dir()).then_some("Syncthing");
    let by = by.iter().find(|(mark, _)| path.contains(mark)).map(|(_, name)| *name).or(marked)?;
    let text = format!("{by} carries it to other machines: let postnote run on one of them only");
    Some(Finding::note("vault", text))
}

fn outbox(config: &Config, vault: &Vault) -> Vec<Finding> {
    let folder = &config.paths.outbox;
    let notes = match vault.notes(folder) {
        Ok(notes) => notes,
        Err(e) => {
            let fix = format!("make {folder:?} a folder inside the vault, without a link that leads out of it");
            return vec![Finding::fault("outbox", format!("the outbox folder {folder:?} cannot be read: {e}"), fix)];
        }
    };
    let mut found = Vec::new();
    let conflicts: Vec<&str> = notes.iter().map(String::as_str).filter(|n| is_conflict(n, &notes)).collect();
    if !conflicts.is_empty() {
        let text = format!("a sync tool left conflict copies: {}", some(&conflicts));
        found.push(Finding::warning("outbox", text, "keep the one of each that you mean, and delete the other"));
    }
    let mut broken = Vec::new();
    let mut ids: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for note in &notes {
        match vault.read(note).map_err(anyhow::Error::from).and_then(|text| Ok(draft::read(&text)?)) {
            Ok(Some(draft)) => {
                if let Some(id) = draft.draft_id {
                    ids.entry(id).or_default().push(note);
                }
            }
            Ok(None) => {}
            Err(_) => broken.push(note.as_str()),
        }
    }
    if !broken.is_empty() {
        let text = format!("what stands between the --- lines cannot be read: {}", some(&broken));
        let fix = "open it, and mend its frontmatter (a colon or quote too many, mostly); postnote leaves it alone until then";
        found.push(Finding::warning("outbox", text, fix));
    }
    for (id, files) in ids.iter().filter(|(_, files)| files.len() > 1) {
        let text = format!("{} carry the same draft_id {id}: none of them is sent", some(files));
        found.push(Finding::warning("outbox", text, "delete all but one, or take draft_id out of the others"));
    }
    if found.is_empty() {
        let many = if notes.len() == 1 { "1 note".to_owned() } else { format!("{} notes", notes.len()) };
        found.push(Finding::ok("outbox", format!("{many} in {folder}, all of them readable")));
    }
    found
}

fn some(names: &[&str]) -> String {
    let mut text = names.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    if names.len() > NAMED {
        text.push_str(&format!(" and {} more", names.len() - NAMED));
    }
    text
}

/// Names that Syncthing, Dropbox, Nextcloud, Obsidian Sync and iCloud give to a second version.
fn is_conflict(name: &str, all: &[String]) -> bool {
    let lower = name.to_lowercase();
    let marks = [".sync-conflict-", "conflicted copy", "(conflict", "(case conflict"];
    if marks.iter().any(|mark| lower.contains(mark)) {
        return true;
    }
    // `Name 2.md` and `Name (1).md` beside `Name.md`.
    let Some(stem) = name.strip_suffix(".md") else { return false };
    let Some((first, last)) = stem.rsplit_once(' ') else { return false };
    let number = last.trim_start_matches('(').trim_end_matches(')');
    number.len() <= 2 && number.parse::<u8>().is_ok() && all.iter().any(|other| *other == format!("{first}.md"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn copies_that_sync_tools_make() {
        let all: Vec<String> = ["O/a.md", "O/a 2.md", "O/b (1).md", "O/b.md", "O/Plan 3.md", "O/2026-01-05_x.md"]
            .iter()
            .map(|s| (*s).to_owned())
            .collect();
        let is = |name: &str| is_conflict(name, &all);
        assert!(is("O/a 2.md") && is("O/b (1).md"));
        assert!(is("O/a.sync-conflict-20260105-120000-ABC.md") && is("O/a (Sam's conflicted copy 2026-01-05).md"));
        assert!(!is("O/a.md") && !is("O/Plan 3.md") && !is("O/2026-01-05_x.md"));
    }
}
