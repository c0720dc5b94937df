//! From a path inside the vault to a place on disk that really lies there.

use super::VaultError;
use std::collections::HashSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Folders that were found to lie in the vault: while many files are written, each is looked at once.
#[derive(Debug, Default)]
pub(super) struct Folders {
    sound: HashSet<PathBuf>,
}

impl Folders {
    /// As [`existing`].
    pub(super) fn existing(&mut self, root: &Path, path: &str) -> Result<PathBuf, VaultError> {
        self.look(root, path, existing)
    }

    /// As [`new`].
    pub(super) fn made(&mut self, root: &Path, path: &str) -> Result<PathBuf, VaultError> {
        self.look(root, path, new)
    }

    fn look(
        &mut self,
        root: &Path,
        path: &str,
        first: fn(&Path, &str) -> Result<PathBuf, VaultError>,
    ) -> Result<PathBuf, VaultError> {
        let place = root.join(relative(path)?);
        if place.parent().is_some_and(|folder| self.sound.contains(folder)) && !place.is_symlink() {
            return Ok(place);
        }
        let place = first(root, path)?;
        if let Some(folder) = place.parent().filter(|f| f.is_dir()) {
            self.sound.insert(folder.to_owned());
        }
        Ok(place)
    }
}

/// The place of a path that may or may not be there; its folders are, or do not matter.
pub(super) fn existing(root: &Path, path: &str) -> Result<PathBuf, VaultError> {
    let place = root.join(relative(path)?);
    inside(root, &place, path)?;
    Ok(place)
}

/// The place for a new file: its folders are made (mode 0700).
pub(super) fn new(root: &Path, path: &str) -> Result<PathBuf, VaultError> {
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
