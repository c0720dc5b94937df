//! Files that become visible together: written under temporary names and synced at once, then moved to their places.
//!
//! What is to be moved can be remembered elsewhere ([`Move`]) before the first move: a crash in between leaves either
//! nothing or what [`publish`] completes.

use super::place::Folders;
use super::{TEMPORARY, VaultError};
use crate::mail::hash::sha256;
use crate::note::moving::Move;
use crate::note::name::numbered;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use tempfile::TempPath;

/// Up to so many files are synced one by one; more by one sync of the file system.
const FEW: usize = 12;

/// What came in between while files were moved to their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hitch {
    /// Another file had come to that place: ours is at the next numbered one.
    Elsewhere {
        /// Where it was to be.
        path: String,
        /// Where it is.
        now: String,
    },
    /// The file to be replaced was changed, moved or deleted meanwhile: it is left as it is.
    Left(String),
}

/// What has been written and is not visible yet.
#[derive(Debug, Default)]
pub(super) struct Group {
    files: BTreeMap<String, Waiting>,
}

#[derive(Debug)]
struct Waiting {
    temporary: TempPath,
    before: Option<String>,
}

impl Group {
    pub(super) fn holds(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(super) fn read(&self, path: &str) -> Option<io::Result<Vec<u8>>> {
        self.files.get(path).map(|w| fs::read(&w.temporary))
    }

    /// Takes a new file in; one that is there stays, whoever made it.
    pub(super) fn create(&mut self, folders: &Folders, path: &str, bytes: &[u8]) -> Result<(), VaultError> {
        if self.files.contains_key(path) {
            return Err(VaultError::Exists(path.to_owned()));
        }
        let place = folders.free(path)?;
        let temporary = written(place.parent().unwrap_or(folders.root()), bytes, None).map_err(VaultError::io(path))?;
        self.files.insert(path.to_owned(), Waiting { temporary, before: None });
        Ok(())
    }

    /// Takes new text for a file in. One that is in already is written anew, and goes on replacing what it replaced.
    pub(super) fn replace(&mut self, folders: &Folders, path: &str, old: &str, new: &str) -> Result<(), VaultError> {
        let place = folders.existing(path)?;
        let mode = fs::metadata(&place).ok().map(|m| m.permissions());
        let folder = place.parent().unwrap_or(folders.root());
        let temporary = written(folder, new.as_bytes(), mode).map_err(VaultError::io(path))?;
        let before = match self.files.remove(path) {
            Some(waiting) => waiting.before,
            None => Some(sha256(old)),
        };
        self.files.insert(path.to_owned(), Waiting { temporary, before });
        Ok(())
    }

    /// Makes everything durable under its temporary name.
    pub(super) fn stage(self, root: &Path) -> Result<Vec<Move>, VaultError> {
        let places: Vec<&Path> = self.files.values().map(|w| w.temporary.as_ref()).collect();
        sync(root, &places).map_err(VaultError::io("the vault"))?;
        let mut staged = Vec::with_capacity(self.files.len());
        for (path, Waiting { temporary, before }) in self.files {
            // From here on the caller answers for the file: it is in what he remembers.
            let place = temporary.keep().map_err(|e| VaultError::Io { path: path.clone(), source: e.error })?;
            let inside = place.strip_prefix(root).unwrap_or(&place);
            staged.push(Move { path, temporary: inside.to_string_lossy().into_owned(), before });
        }
        Ok(staged)
    }
}

/// A temporary file in `folder`, not synced yet.
fn written(folder: &Path, bytes: &[u8], mode: Option<fs::Permissions>) -> io::Result<TempPath> {
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).suffix(".tmp").tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    Ok(file.into_temp_path())
}

/// Moves staged files to their places, durably. Those that are there already are done.
pub(super) fn publish(folders: &Folders, staged: &[Move]) -> Result<Vec<Hitch>, VaultError> {
    let mut hitches = Vec::new();
    let mut moved = Vec::new();
    for file in staged {
        let place = folders.existing(&file.temporary)?;
        let temporary = TempPath::try_from_path(place).map_err(VaultError::io(&file.path))?;
        let outcome = match &file.before {
            None => create(folders, &file.path, temporary)?,
            Some(hash) => replace(folders, &file.path, temporary, hash)?,
        };
        if let Some((place, hitch)) = outcome {
            moved.push(place);
            hitches.extend(hitch);
        }
    }
    let places: Vec<&Path> = moved.iter().map(PathBuf::as_path).collect();
    sync_folders(folders.root(), &places).map_err(VaultError::io("the vault"))?;
    Ok(hitches)
}

/// Where a file is now, and what came in between; `None` when it had been moved before.
type Outcome = Option<(PathBuf, Option<Hitch>)>;

fn create(folders: &Folders, path: &str, mut temporary: TempPath) -> Result<Outcome, VaultError> {
    for n in 1.. {
        let candidate = numbered(path, n);
        let place = folders.made(&candidate)?;
        match temporary.persist_noclobber(&place) {
            Ok(()) if n == 1 => return Ok(Some((place, None))),
            Ok(()) => {
                return Ok(Some((place, Some(Hitch::Elsewhere { path: path.to_owned(), now: candidate }))));
            }
            Err(e) if !e.path.exists() => return Ok(None),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                temporary = e.path;
                let same = |a: &Path, b: &Path| Ok::<_, io::Error>(fs::read(a)? == fs::read(b)?);
                if same(&place, &temporary).unwrap_or(false) {
                    return Ok(Some((place, None)));
                }
            }
            Err(e) => return Err(kept(path, e)),
        }
    }
    unreachable!("the numbers do not end")
}

fn replace(folders: &Folders, path: &str, temporary: TempPath, hash: &str) -> Result<Outcome, VaultError> {
    if !temporary.exists() {
        return Ok(None);
    }
    let place = folders.existing(path)?;
    let left = |place: PathBuf| Ok(Some((place, Some(Hitch::Left(path.to_owned())))));
    match fs::read(&place) {
        Ok(old) if sha256(&old) == hash => {}
        Ok(_) => return left(place),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return left(place),
        Err(e) => return Err(VaultError::io(path)(e)),
    }
    match temporary.persist(&place) {
        Ok(()) => Ok(Some((place, None))),
        Err(e) => Err(kept(path, e)),
    }
}

/// A move that failed is tried again later: its file stays.
fn kept(path: &str, error: tempfile::PathPersistError) -> VaultError {
    let source = error.error;
    error.path.keep().ok();
    VaultError::Io { path: path.to_owned(), source }
}

/// Makes files and their names durable.
fn sync(root: &Path, files: &[&Path]) -> io::Result<()> {
    if files.len() <= FEW {
        for file in files {
            File::open(file)?.sync_all()?;
        }
    } else if !sync_file_systems(files)? {
        // More threads make it no faster: the disk is what is waited for.
        for file in files {
            File::open(file)?.sync_all()?;
        }
    } else {
        return Ok(());
    }
    sync_folders(root, files)
}

/// Makes the names of files durable: their folders, up to the vault's own.
pub(super) fn sync_folders(root: &Path, files: &[&Path]) -> io::Result<()> {
    let above =
        |file: &&Path| file.ancestors().skip(1).take_while(|a| a.starts_with(root)).map(Path::to_owned).collect();
    let folders: BTreeSet<PathBuf> = files.iter().flat_map(|f| -> Vec<PathBuf> { above(f) }).collect();
    // Folders cannot be opened for syncing on Windows; NTFS journals the rename.
    if cfg!(not(unix)) || (folders.len() > FEW && sync_file_systems(files)?) {
        return Ok(());
    }
    folders.iter().try_for_each(|folder| File::open(folder)?.sync_all())
}

/// Syncs the file systems that the files lie on (syncfs(2)); false where there is no such call.
#[cfg(target_os = "linux")]
fn sync_file_systems(files: &[&Path]) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let mut folders: Vec<&Path> = files.iter().filter_map(|f| f.parent()).collect();
    folders.sort_unstable();
    folders.dedup();
    let mut synced = BTreeSet::new();
    for folder in folders {
        let folder = File::open(folder)?;
        if synced.insert(folder.metadata()?.dev()) {
            rustix::fs::syncfs(&folder)?;
        }
    }
    Ok(true)
}

#[cfg(not(target_os = "linux"))]
fn sync_file_systems(_files: &[&Path]) -> io::Result<bool> {
    Ok(false)
}
