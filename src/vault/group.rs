//! Files that become visible together: written under temporary names and synced at once, then moved to their places.
//!
//! What is to be moved can be remembered elsewhere ([`Move`]) before the first move: a crash in between leaves either
//! nothing or what [`publish`] completes.

use super::VaultError;
use super::place::Folders;
use super::scribe::{Scribe, temporary};
use crate::mail::hash::sha256;
use crate::note::moving::Move;
use crate::note::name::numbered;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempPath;

/// Up to so many files are synced one by one; more by one sync of the file system.
const FEW: usize = 12;
/// A file of more bytes is written at once: it would have to be copied to be handed over.
const LARGE: usize = 256 * 1024;

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

/// What is being written and not visible yet.
#[derive(Debug)]
pub(super) struct Group {
    /// The hash of what each replaces.
    files: BTreeMap<String, Option<String>>,
    scribe: Arc<Scribe>,
    written: BTreeMap<String, TempPath>,
    /// What could not be written. Whoever was told of it first may have gone on without; the group does not.
    failed: Option<(String, io::Error)>,
}

impl Group {
    pub(super) fn new(scribe: Arc<Scribe>) -> Group {
        Group { files: BTreeMap::new(), scribe, written: BTreeMap::new(), failed: None }
    }

    pub(super) fn holds(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub(super) fn read(&mut self, path: &str) -> Option<Result<Vec<u8>, VaultError>> {
        if !self.holds(path) {
            return None;
        }
        self.take_over();
        let unwritten = || VaultError::io(path)(io::Error::other("it is not written yet"));
        Some(self.written.get(path).ok_or_else(unwritten).and_then(|file| fs::read(file).map_err(VaultError::io(path))))
    }

    /// Takes a new file in; one that is there stays, whoever made it.
    pub(super) fn create(&mut self, folders: &Folders, path: &str, bytes: &[u8]) -> Result<(), VaultError> {
        if self.holds(path) {
            return Err(VaultError::Exists(path.to_owned()));
        }
        let place = folders.free(path)?;
        let folder = place.parent().unwrap_or(folders.root());
        if bytes.len() > LARGE {
            let file = temporary(folder, bytes, None).map_err(VaultError::io(path))?;
            self.written.insert(path.to_owned(), file.into_temp_path());
        } else {
            self.scribe.write(path, folder, bytes, None).map_err(VaultError::io(path))?;
        }
        self.files.insert(path.to_owned(), None);
        Ok(())
    }

    /// Takes new text for a file in. One that is in already is written anew, and goes on replacing what it replaced.
    pub(super) fn replace(&mut self, folders: &Folders, path: &str, old: &str, new: &str) -> Result<(), VaultError> {
        let place = folders.existing(path)?;
        let mode = fs::metadata(&place).ok().map(|m| m.permissions());
        let folder = place.parent().unwrap_or(folders.root());
        self.scribe.write(path, folder, new.as_bytes(), mode).map_err(VaultError::io(path))?;
        self.files.entry(path.to_owned()).or_insert_with(|| Some(sha256(old)));
        Ok(())
    }

    /// Waits for what is being written.
    fn take_over(&mut self) {
        match self.scribe.hand_over() {
            Ok(written) => self.written.extend(written),
            Err(failed) => {
                self.failed.get_or_insert(failed);
            }
        }
    }

    /// Makes everything durable under its temporary name, and what was moved before at its place.
    pub(super) fn stage(mut self, root: &Path, moved: &Moved) -> Result<Vec<Move>, VaultError> {
        self.take_over();
        if let Some((path, source)) = self.failed.take() {
            return Err(VaultError::Io { path, source });
        }
        let places: Vec<&Path> = self.written.values().map(AsRef::as_ref).collect();
        sync(root, &places, moved).map_err(VaultError::io("the vault"))?;
        let mut staged = Vec::with_capacity(self.files.len());
        for (path, before) in std::mem::take(&mut self.files) {
            let unwritten = || VaultError::io(&path)(io::Error::other("it was not written"));
            let temporary = self.written.remove(&path).ok_or_else(unwritten)?;
            // From here on the caller answers for the file: it is in what he remembers.
            let place = temporary.keep().map_err(|e| VaultError::Io { path: path.clone(), source: e.error })?;
            let inside = place.strip_prefix(root).unwrap_or(&place);
            staged.push(Move { path, temporary: inside.to_string_lossy().into_owned(), before });
        }
        Ok(staged)
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // What is written for a group that is given up is removed before another begins.
        if !self.files.is_empty() {
            self.scribe.hand_over().ok();
        }
    }
}

/// The folders in which files were moved, and where that is not durable yet.
pub(super) type Moved = BTreeSet<PathBuf>;

/// Moves staged files to their places. Those that are there already are done, by a process that may not have come to make
/// it durable.
pub(super) fn publish(folders: &Folders, staged: &[Move], moved: &mut Moved) -> Result<Vec<Hitch>, VaultError> {
    let mut hitches = Vec::new();
    for file in staged {
        let place = folders.target(&file.temporary)?;
        moved.extend(place.parent().map(Path::to_owned));
        let temporary = TempPath::try_from_path(place).map_err(VaultError::io(&file.path))?;
        hitches.extend(match &file.before {
            None => create(folders, &file.path, temporary)?,
            Some(hash) => replace(folders, &file.path, temporary, hash)?,
        });
    }
    Ok(hitches)
}

/// Moves a new file to its place, unless that was done before.
fn create(folders: &Folders, path: &str, mut temporary: TempPath) -> Result<Option<Hitch>, VaultError> {
    for n in 1.. {
        let candidate = numbered(path, n);
        let place = folders.target(&candidate)?;
        match temporary.persist_noclobber(&place) {
            Ok(()) if n == 1 => return Ok(None),
            Ok(()) => return Ok(Some(Hitch::Elsewhere { path: path.to_owned(), now: candidate })),
            Err(e) if !e.path.exists() => return Ok(None),
            Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                temporary = e.path;
                let same = |a: &Path, b: &Path| Ok::<_, io::Error>(fs::read(a)? == fs::read(b)?);
                if same(&place, &temporary).unwrap_or(false) {
                    return Ok(None);
                }
            }
            Err(e) => return Err(kept(path, e)),
        }
    }
    unreachable!("the numbers do not end")
}

/// Moves a file over the one that it replaces, unless that was done before, or somebody changed it.
fn replace(folders: &Folders, path: &str, temporary: TempPath, hash: &str) -> Result<Option<Hitch>, VaultError> {
    if !temporary.exists() {
        return Ok(None);
    }
    let place = folders.existing(path)?;
    let left = Ok(Some(Hitch::Left(path.to_owned())));
    match fs::read(&place) {
        Ok(old) if sha256(&old) == hash => {}
        Ok(_) => return left,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return left,
        Err(e) => return Err(VaultError::io(path)(e)),
    }
    match temporary.persist(&place) {
        Ok(()) => Ok(None),
        Err(e) => Err(kept(path, e)),
    }
}

/// A move that failed is tried again later: its file stays.
fn kept(path: &str, error: tempfile::PathPersistError) -> VaultError {
    let source = error.error;
    error.path.keep().ok();
    VaultError::Io { path: path.to_owned(), source }
}

/// Makes files and their names durable, and the names in the folders of `moved`.
fn sync(root: &Path, files: &[&Path], moved: &Moved) -> io::Result<()> {
    let mut folders: Moved = files.iter().filter_map(|f| f.parent()).map(Path::to_owned).collect();
    folders.extend(moved.iter().cloned());
    if files.len() > FEW && sync_file_systems(&folders)? {
        return Ok(());
    }
    // More threads make it no faster: the disk is what is waited for.
    for file in files {
        File::open(file)?.sync_all()?;
    }
    sync_folders(root, &folders)
}

/// Makes the names of files durable: in these folders, and theirs up to the vault's own.
pub(super) fn sync_folders(root: &Path, folders: &Moved) -> io::Result<()> {
    let above = |folder: &PathBuf| folder.ancestors().take_while(|a| a.starts_with(root)).map(Path::to_owned).collect();
    let all: BTreeSet<PathBuf> = folders.iter().flat_map(|f| -> Vec<PathBuf> { above(f) }).collect();
    // Folders cannot be opened for syncing on Windows; NTFS journals the rename.
    if cfg!(not(unix)) || (all.len() > FEW && sync_file_systems(&all)?) {
        return Ok(());
    }
    all.iter().try_for_each(|folder| File::open(folder)?.sync_all())
}

/// Syncs the file systems that the folders lie on (syncfs(2)); false where there is no such call.
#[cfg(target_os = "linux")]
fn sync_file_systems(folders: &Moved) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
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
fn sync_file_systems(_folders: &Moved) -> io::Result<bool> {
    Ok(false)
}
