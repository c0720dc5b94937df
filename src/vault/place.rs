//! From a path inside the vault to a place on disk that really lies there.

use super::VaultError;
use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::{Component, Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Device and inode.
type Identity = (u64, u64);

/// The vault's root, and the folders below it that were found to lie in it. Each way is walked once, link by link; from
/// then on it is enough that the same folder is at its end, and that is looked at once between two calls of
/// [`Folders::same`].
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    /// What the root was when the vault was opened, so that another folder in its place is noticed.
    identity: Option<Identity>,
    sound: Mutex<Sound>,
}

#[derive(Debug, Default)]
struct Sound {
    /// How often everything was to be looked at again.
    round: u64,
    /// What each folder was, and in which round that was last seen.
    folders: HashMap<PathBuf, (Identity, u64)>,
}

impl Folders {
    /// `root` is absolute, without symbolic links.
    pub(super) fn below(root: PathBuf) -> Folders {
        Folders { identity: identity(&root), root, sound: Mutex::default() }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// What was opened is still what is there. From here on every folder is looked at again.
    pub(super) fn same(&self) -> Result<(), VaultError> {
        self.sound().round += 1;
        match identity(&self.root) {
            None if self.identity.is_some() => Err(VaultError::Missing(self.root.clone())),
            now if now == self.identity => Ok(()),
            _ => Err(VaultError::Replaced(self.root.clone())),
        }
    }

    /// The place of a path that may or may not be there; its folders are, or do not matter.
    pub(super) fn existing(&self, path: &str) -> Result<PathBuf, VaultError> {
        Ok(self.look(path, existing)?.0)
    }

    /// The place for a new file: its folders are made (mode 0700).
    pub(super) fn made(&self, path: &str) -> Result<PathBuf, VaultError> {
        Ok(self.look(path, new)?.0)
    }

    /// The same for what is moved there: a link at its end is not followed, so that only its folder matters.
    pub(super) fn target(&self, path: &str) -> Result<PathBuf, VaultError> {
        let place = self.root.join(relative(path)?);
        match place.parent().is_some_and(|folder| self.is_sound(folder)) {
            true => Ok(place),
            false => self.made(path),
        }
    }

    /// The same, where nothing is yet.
    pub(super) fn free(&self, path: &str) -> Result<PathBuf, VaultError> {
        match self.look(path, new)? {
            (place, None) => Ok(place),
            (_, Some(_)) => Err(VaultError::Exists(path.to_owned())),
        }
    }

    /// The place, and what is there.
    fn look(
        &self,
        path: &str,
        first: fn(&Path, &str) -> Result<PathBuf, VaultError>,
    ) -> Result<(PathBuf, Option<Metadata>), VaultError> {
        let place = self.root.join(relative(path)?);
        let there = |place: &Path| fs::symlink_metadata(place).ok();
        if place.parent().is_some_and(|folder| self.is_sound(folder)) {
            let found = there(&place);
            if !found.as_ref().is_some_and(Metadata::is_symlink) {
                return Ok((place, found));
            }
        }
        let place = first(&self.root, path)?;
        if let Some(folder) = place.parent().filter(|f| f.is_dir())
            && let Some(identity) = identity(folder)
        {
            let mut sound = self.sound();
            let round = sound.round;
            sound.folders.insert(folder.to_owned(), (identity, round));
        }
        let found = there(&place);
        Ok((place, found))
    }

    fn is_sound(&self, folder: &Path) -> bool {
        let mut sound = self.sound();
        let round = sound.round;
        let Some((known, seen)) = sound.folders.get_mut(folder) else { return false };
        if *seen != round && identity(folder) == Some(*known) {
            *seen = round;
        }
        *seen == round
    }

    fn sound(&self) -> MutexGuard<'_, Sound> {
        self.sound.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Device and inode of a folder: not its last link, which may be led elsewhere.
#[cfg(unix)]
fn identity(folder: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    fs::symlink_metadata(folder).ok().map(|m| (m.dev(), m.ino()))
}

#[cfg(not(unix))]
fn identity(_folder: &Path) -> Option<Identity> {
    None
}

/// The place of a path that may or may not be there; its folders are, or do not matter.
fn existing(root: &Path, path: &str) -> Result<PathBuf, VaultError> {
    let place = root.join(relative(path)?);
    inside(root, &place, path)?;
    Ok(place)
}

/// The place for a new file: its folders are made (mode 0700).
fn new(root: &Path, path: &str) -> Result<PathBuf, VaultError> {
    let place = existing(root, path)?;
    if let Some(folder) = place.parent()
        && !folder.is_dir()
    {
        // The vault itself is never made: an unmounted disk must not be written behind.
        if !root.is_dir() {
            return Err(VaultError::Missing(root.to_owned()));
        }
        let mut builder = fs::DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(folder).map_err(VaultError::io(path))?;
        inside(root, &place, path)?;
    }
    Ok(place)
}

fn relative(path: &str) -> Result<&Path, VaultError> {
    let relative = Path::new(path);
    let sound = relative.components().all(|c| matches!(c, Component::Normal(_)));
    if path.is_empty() || !sound || path.contains('\0') {
        return Err(VaultError::Outside(path.to_owned()));
    }
    Ok(relative)
}

/// The nearest thing on the way that is there must lie in the vault, symbolic links resolved.
fn inside(root: &Path, place: &Path, path: &str) -> Result<(), VaultError> {
    let outside = || VaultError::Outside(path.to_owned());
    for ancestor in place.ancestors() {
        match fs::canonicalize(ancestor) {
            Ok(real) if real.starts_with(root) => return Ok(()),
            Ok(_) => return Err(outside()),
            // A dangling link would be written through.
            Err(_) if ancestor.is_symlink() => return Err(outside()),
            Err(_) if ancestor == root => return Err(VaultError::Missing(root.to_owned())),
            Err(_) => {}
        }
    }
    Err(outside())
}
