//! The vault's files: read, written whole, never outside, never over a change that a person made.
//!
//! An edge: the only module that touches the vault. Every path that enters is relative to the vault; every file
//! is written beside its place, synced, and moved there (mode 0600; folders 0700). Nothing is ever deleted.
//!
//! - [`group`]: files that become visible together
//! - `scribe`: the thread that writes them
//! - `place`: from a path inside the vault to a place on disk
//! - `stamp`: whether a file was changed
//! - [`mod@watch`]: being told when one was
//! - this file: one file at a time

mod group;
mod place;
mod scribe;
mod stamp;
mod watch;

pub use stamp::Stamp;
pub use watch::watch;

pub use group::Hitch;

use crate::note::moving::Move;
use group::{Group, Moved};
use place::Folders;
use scribe::Scribe;

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

/// Temporary files begin like this; what a crash left of them is swept by [`Vault::sweep`].
const TEMPORARY: &str = ".postnote-";
/// A note larger than this is not read: no person writes one.
const MAX_NOTE: u64 = 16 * 1024 * 1024;

/// What a caller may have to decide on.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The vault's folder is not there, or is none.
    #[error("the vault {0} is not there; create the folder, mount its disk, or correct `vault` in the config")]
    Missing(PathBuf),
    /// The vault's folder is another one than it was.
    #[error("the vault {0} was replaced by another folder while postnote was at work; put it back and run this again")]
    Replaced(PathBuf),
    /// A path would lead out of the vault, by `..` or through a symbolic link.
    #[error("{0:?} leads out of the vault")]
    Outside(String),
    /// A file is there already.
    #[error("{0} is there already")]
    Exists(String),
    /// The file is not what the caller read any more: a person, or a sync tool, was faster.
    #[error("{0} was changed meanwhile; it is left as it is")]
    Changed(String),
    /// Not UTF-8, or too large for a note.
    #[error("{0} is no text note ({1})")]
    NotText(String, &'static str),
    /// Reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The path inside the vault.
        path: String,
        /// The reason.
        source: io::Error,
    },
}

impl VaultError {
    fn io(path: &str) -> impl Fn(io::Error) -> VaultError + '_ {
        move |source| VaultError::Io { path: path.to_owned(), source }
    }

    /// True when the file is not there.
    pub fn is_missing_file(&self) -> bool {
        matches!(self, VaultError::Io { source, .. } if source.kind() == io::ErrorKind::NotFound)
    }
}

/// An open vault.
#[derive(Debug)]
pub struct Vault {
    folders: Folders,
    /// What is written and not there yet: reading sees it.
    overlay: Mutex<Overlay>,
    /// Where files were moved and the disk may not know yet.
    moved: Mutex<Moved>,
    /// From the first group on.
    scribe: Mutex<Option<Arc<Scribe>>>,
}

#[derive(Debug, Default)]
enum Overlay {
    /// What is written is there at once.
    #[default]
    None,
    /// A dry run: what would have been written.
    Rehearsal(BTreeMap<String, Vec<u8>>),
    /// Between [`Vault::begin`] and [`Vault::stage`].
    Group(Group),
}

impl Vault {
    /// Opens the vault: its folder must be there.
    pub fn open(root: &Path) -> Result<Vault, VaultError> {
        let root = fs::canonicalize(root).map_err(|_| VaultError::Missing(root.to_owned()))?;
        if !root.is_dir() {
            return Err(VaultError::Missing(root));
        }
        Ok(Vault {
            folders: Folders::below(root),
            overlay: Mutex::default(),
            moved: Mutex::default(),
            scribe: Mutex::default(),
        })
    }

    /// The same vault for a dry run: it reads as if what is written were there, and nothing is written.
    pub fn rehearsing(self) -> Vault {
        Vault { overlay: Mutex::new(Overlay::Rehearsal(BTreeMap::new())), ..self }
    }

    /// What was opened is still what is there. A group looks when it begins, and once more when it is staged.
    fn same(&self) -> Result<(), VaultError> {
        if matches!(*self.overlay(), Overlay::Group(_)) { Ok(()) } else { self.folders.same() }
    }

    fn overlay(&self) -> MutexGuard<'_, Overlay> {
        self.overlay.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From here to [`Vault::stage`], what is written becomes visible together. What an earlier group left unfinished is
    /// dropped.
    pub fn begin(&self) -> Result<(), VaultError> {
        self.folders.same()?;
        let mut overlay = self.overlay();
        if !matches!(*overlay, Overlay::Rehearsal(_)) {
            *overlay = Overlay::None;
            *overlay = Overlay::Group(Group::new(self.scribe().map_err(VaultError::io("the vault"))?));
        }
        Ok(())
    }

    fn scribe(&self) -> io::Result<Arc<Scribe>> {
        let mut scribe = self.scribe.lock().unwrap_or_else(PoisonError::into_inner);
        match &*scribe {
            Some(scribe) => Ok(scribe.clone()),
            None => Ok(scribe.insert(Arc::new(Scribe::new()?)).clone()),
        }
    }

    /// Makes the group durable under temporary names: what is to be moved, for [`Vault::publish`]. In a dry run nothing.
    ///
    /// What was published before is durable as well then.
    pub fn stage(&self) -> Result<Vec<Move>, VaultError> {
        self.folders.same()?;
        let mut overlay = self.overlay();
        if !matches!(*overlay, Overlay::Group(_)) {
            return Ok(Vec::new());
        }
        match std::mem::take(&mut *overlay) {
            Overlay::Group(group) => {
                let mut moved = self.moved();
                let staged = group.stage(self.root(), &moved)?;
                moved.clear();
                Ok(staged)
            }
            _ => Ok(Vec::new()),
        }
    }

    /// Moves what was staged to its places. Called again after a crash, it completes what was begun. It lasts from the
    /// next [`Vault::stage`] or [`Vault::settle`] on: what says where the files are to go is needed until then.
    pub fn publish(&self, staged: &[Move]) -> Result<Vec<Hitch>, VaultError> {
        self.same()?;
        group::publish(&self.folders, staged, &mut self.moved())
    }

    /// Makes durable what was published.
    pub fn settle(&self) -> Result<(), VaultError> {
        let mut moved = self.moved();
        if !moved.is_empty() {
            group::sync_folders(self.root(), &moved).map_err(VaultError::io("the vault"))?;
            moved.clear();
        }
        Ok(())
    }

    fn moved(&self) -> MutexGuard<'_, Moved> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up what was staged, and the group that is open.
    pub fn discard(&self, staged: &[Move]) {
        let mut overlay = self.overlay();
        if matches!(*overlay, Overlay::Group(_)) {
            *overlay = Overlay::None;
        }
        for file in staged {
            if let Ok(place) = self.folders.existing(&file.temporary) {
                // What stays is swept after the next crash, and is hidden until then.
                fs::remove_file(place).ok();
            }
        }
    }

    /// The vault's folder, absolute, without symbolic links.
    pub fn root(&self) -> &Path {
        self.folders.root()
    }

    /// Reads a note. CRLF and a BOM stay.
    pub fn read(&self, path: &str) -> Result<String, VaultError> {
        let bytes = self.read_bytes(path, MAX_NOTE)?;
        String::from_utf8(bytes).map_err(|_| VaultError::NotText(path.to_owned(), "it is not UTF-8"))
    }

    /// Reads a file of at most `max` bytes.
    pub fn read_bytes(&self, path: &str, max: u64) -> Result<Vec<u8>, VaultError> {
        self.same()?;
        let place = self.folders.existing(path)?;
        match &mut *self.overlay() {
            Overlay::Rehearsal(files) if files.contains_key(path) => {
                return Ok(files.get(path).cloned().unwrap_or_default());
            }
            Overlay::Group(group) => {
                if let Some(bytes) = group.read(path) {
                    return bytes;
                }
            }
            _ => {}
        }
        let size = fs::metadata(&place).map_err(VaultError::io(path))?.len();
        if size > max {
            return Err(VaultError::NotText(path.to_owned(), "it is too large"));
        }
        fs::read(&place).map_err(VaultError::io(path))
    }

    /// True when something is at this path.
    pub fn exists(&self, path: &str) -> bool {
        let waits = match &*self.overlay() {
            Overlay::None if self.folders.same().is_err() => return false,
            Overlay::None => false,
            Overlay::Rehearsal(files) => files.contains_key(path),
            Overlay::Group(group) => group.holds(path),
        };
        waits || self.folders.existing(path).is_ok_and(|p| p.exists())
    }

    /// How long ago the file was last written; zero for a time in the future.
    pub fn age(&self, path: &str) -> Result<Duration, VaultError> {
        self.same()?;
        let place = self.folders.existing(path)?;
        let modified = fs::metadata(&place).and_then(|m| m.modified()).map_err(VaultError::io(path))?;
        #[expect(clippy::disallowed_methods, reason = "an edge: compared with the file system's own clock")]
        Ok(SystemTime::now().duration_since(modified).unwrap_or_default())
    }

    /// Writes a new file; one that is there stays, whoever made it.
    pub fn create(&self, path: &str, bytes: &[u8]) -> Result<(), VaultError> {
        match &mut *self.overlay() {
            Overlay::None => self.folders.same()?,
            Overlay::Rehearsal(files) => {
                self.folders.same()?;
                if files.contains_key(path) || self.folders.existing(path)?.exists() {
                    return Err(VaultError::Exists(path.to_owned()));
                }
                files.insert(path.to_owned(), bytes.to_owned());
                return Ok(());
            }
            Overlay::Group(group) => {
                // That the vault is gone says more than which file could not be written.
                return group.create(&self.folders, path, bytes).map_err(|e| self.folders.same().err().unwrap_or(e));
            }
        }
        let place = self.folders.made(path)?;
        let folder = place.parent().unwrap_or(self.root());
        let temporary = written(folder, bytes, None).map_err(VaultError::io(path))?;
        temporary.persist_noclobber(&place).map_err(|e| match e.error.kind() {
            io::ErrorKind::AlreadyExists => VaultError::Exists(path.to_owned()),
            _ => VaultError::Io { path: path.to_owned(), source: e.error },
        })?;
        sync_folder(folder).map_err(VaultError::io(path))
    }

    fn is_rehearsing(&self) -> bool {
        matches!(*self.overlay(), Overlay::Rehearsal(_))
    }

    /// Replaces a note's text, if it still is `old`.
    pub fn replace(&self, path: &str, old: &str, new: &str) -> Result<(), VaultError> {
        self.same()?;
        let is_overlaid = !matches!(*self.overlay(), Overlay::None);
        if is_overlaid && self.read(path)? != old {
            return Err(VaultError::Changed(path.to_owned()));
        }
        match &mut *self.overlay() {
            Overlay::None => {}
            Overlay::Rehearsal(files) => {
                files.insert(path.to_owned(), new.as_bytes().to_owned());
                return Ok(());
            }
            Overlay::Group(group) => return group.replace(&self.folders, path, old, new),
        }
        let place = self.folders.existing(path)?;
        let folder = place.parent().unwrap_or(self.root()).to_owned();
        let mode = fs::metadata(&place).map_err(VaultError::io(path))?.permissions();
        let temporary = written(&folder, new.as_bytes(), Some(mode)).map_err(VaultError::io(path))?;
        if self.read(path)? != old {
            return Err(VaultError::Changed(path.to_owned()));
        }
        temporary.persist(&place).map_err(|e| VaultError::Io { path: path.to_owned(), source: e.error })?;
        sync_folder(&folder).map_err(VaultError::io(path))
    }

    /// Makes a folder and those above it (mode 0700); one that is there stays as it is.
    pub fn make_folder(&self, path: &str) -> Result<(), VaultError> {
        self.same()?;
        if self.is_rehearsing() { Ok(()) } else { self.folders.made(&format!("{path}/-")).map(drop) }
    }

    /// Adds a line to a file of postnote's own, durably.
    pub fn append_line(&self, path: &str, line: &str) -> Result<(), VaultError> {
        self.same()?;
        if self.is_rehearsing() {
            return Ok(());
        }
        let place = self.folders.made(path)?;
        let fresh = !place.exists();
        let mut options = File::options();
        options.read(true).append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&place).map_err(VaultError::io(path))?;
        // A line that a crash cut short must not swallow this one.
        let mut last = [b'\n'];
        if file.seek(io::SeekFrom::End(-1)).is_ok() {
            file.read_exact(&mut last).map_err(VaultError::io(path))?;
        }
        let text = if last == [b'\n'] { format!("{line}\n") } else { format!("\n{line}\n") };
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(VaultError::io(path))?;
        if fresh { sync_folder(place.parent().unwrap_or(self.root())).map_err(VaultError::io(path)) } else { Ok(()) }
    }

    /// The notes (`*.md`) below a folder, by path, sorted. Hidden files and symbolic links are passed over; a
    /// folder that is not there has none.
    pub fn notes(&self, folder: &str) -> Result<Vec<String>, VaultError> {
        Ok(self.listed(folder, |_| ())?.into_iter().map(|(path, ())| path).collect())
    }

    /// The same with what tells whether each was changed since; `None` where that is not to be had. One look at each:
    /// the folder was found to lie in the vault, and no link is followed from there.
    pub fn listing(&self, folder: &str) -> Result<Vec<(String, Option<Stamp>)>, VaultError> {
        self.listed(folder, |entry| entry.metadata().ok().filter(fs::Metadata::is_file).and_then(|m| Stamp::of(&m)))
    }

    /// The same of the whole vault but some folders.
    pub fn listing_without(&self, left_out: &[&str]) -> Result<Vec<(String, Option<Stamp>)>, VaultError> {
        self.same()?;
        let mut top: Vec<(String, Option<Stamp>)> = Vec::new();
        let mut folders = Vec::new();
        for entry in fs::read_dir(self.root()).map_err(VaultError::io("the vault"))? {
            let entry = entry.map_err(VaultError::io("the vault"))?;
            let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
            match () {
                () if name.starts_with('.') => {}
                () if kind.is_dir() => folders.push(name),
                () if kind.is_file() && name.to_lowercase().ends_with(".md") => {
                    top.push((name, entry.metadata().ok().and_then(|m| Stamp::of(&m))));
                }
                () => {}
            }
        }
        let of = |entry: &fs::DirEntry| entry.metadata().ok().and_then(|m| Stamp::of(&m));
        top.extend(self.below(folders, left_out, of)?);
        top.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(top)
    }

    fn listed<T>(&self, folder: &str, of: impl Fn(&fs::DirEntry) -> T) -> Result<Vec<(String, T)>, VaultError> {
        self.same()?;
        if !self.folders.existing(folder)?.exists() {
            return Ok(Vec::new());
        }
        self.below(vec![folder.to_owned()], &[], of)
    }

    fn below<T>(
        &self,
        mut folders: Vec<String>,
        left_out: &[&str],
        of: impl Fn(&fs::DirEntry) -> T,
    ) -> Result<Vec<(String, T)>, VaultError> {
        let mut found = Vec::new();
        while let Some(folder) = folders.pop() {
            if left_out.contains(&folder.as_str()) {
                continue;
            }
            let place = self.folders.existing(&folder)?;
            for entry in fs::read_dir(&place).map_err(VaultError::io(&folder))? {
                let entry = entry.map_err(VaultError::io(&folder))?;
                let (Ok(name), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
                let path = format!("{folder}/{name}");
                match () {
                    () if name.starts_with('.') => {}
                    () if kind.is_dir() => folders.push(path),
                    () if kind.is_file() && name.to_lowercase().ends_with(".md") => found.push((path, of(&entry))),
                    () => {}
                }
            }
        }
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(found)
    }

    /// The files of that name, wherever they lie in the vault; hidden folders and symbolic links are passed over.
    pub fn named(&self, name: &str) -> Result<Vec<String>, VaultError> {
        self.same()?;
        let mut found = Vec::new();
        let mut folders = vec![(self.root().to_owned(), String::new())];
        while let Some((place, folder)) = folders.pop() {
            for entry in fs::read_dir(&place).map_err(VaultError::io(&folder))? {
                let entry = entry.map_err(VaultError::io(&folder))?;
                let (Ok(here), Ok(kind)) = (entry.file_name().into_string(), entry.file_type()) else { continue };
                if kind.is_dir() && !here.starts_with('.') {
                    folders.push((entry.path(), format!("{folder}{here}/")));
                } else if kind.is_file() && here == name {
                    found.push(format!("{folder}{here}"));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Removes the temporary files that a crash left below a folder. Call it only under the lock.
    pub fn sweep(&self, folder: &str) -> Result<(), VaultError> {
        if self.is_rehearsing() || !self.folders.existing(folder)?.exists() {
            return Ok(());
        }
        let mut folders = vec![folder.to_owned()];
        while let Some(folder) = folders.pop() {
            let place = self.folders.existing(&folder)?;
            for entry in fs::read_dir(&place).map_err(VaultError::io(&folder))?.flatten() {
                let (name, kind) = (entry.file_name(), entry.file_type().map_err(VaultError::io(&folder))?);
                let name = name.to_string_lossy();
                if kind.is_dir() {
                    folders.push(format!("{folder}/{name}"));
                } else if name.starts_with(TEMPORARY) && name.ends_with(".tmp") {
                    fs::remove_file(entry.path()).map_err(VaultError::io(&folder))?;
                }
            }
        }
        Ok(())
    }
}

/// A synced temporary file in `folder`, ready to be moved to its place.
fn written(folder: &Path, bytes: &[u8], mode: Option<fs::Permissions>) -> io::Result<tempfile::NamedTempFile> {
    let file = scribe::temporary(folder, bytes, mode)?;
    file.as_file().sync_all()?;
    Ok(file)
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    // Folders cannot be opened for syncing on Windows; NTFS journals the rename.
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests;
