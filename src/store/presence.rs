//! Whether a `postnote run` is at work on this state, and when it will sync next: for whoever looks at it from outside.
//!
//! A locked file says that it lives, so that nothing stale is ever believed; a small file beside it says what it is at.
//! It is a courtesy: when it cannot be said, nobody is kept from working.

use super::{StoreError, make_folder, private};
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

const LOCK: &str = "run.lock";
const NEXT: &str = "run.next";

/// Says that a `postnote run` is at work, until it is dropped.
#[derive(Debug)]
pub struct Presence {
    _lock: File,
    next: PathBuf,
}

/// What is known of a `postnote run`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Running {
    /// When it will sync by its schedule, in seconds since 1970.
    pub next: Option<i64>,
}

/// Begins to say it; `None` when another one does so already.
pub fn announce(folder: &Path) -> Result<Option<Presence>, StoreError> {
    make_folder(folder)?;
    let path = folder.join(LOCK);
    let io = |source| StoreError::Io { path: path.clone(), source };
    let mut options = File::options();
    options.write(true).create(true).truncate(false);
    private(&mut options);
    let file = options.open(&path).map_err(io)?;
    // Whoever looks holds a lock, too, for a moment.
    for _ in 0..5 {
        match file.try_lock() {
            Ok(()) => {
                let next = folder.join(NEXT);
                fs::remove_file(&next).ok();
                return Ok(Some(Presence { _lock: file, next }));
            }
            Err(TryLockError::WouldBlock) => std::thread::sleep(std::time::Duration::from_millis(10)),
            Err(TryLockError::Error(source)) => return Err(io(source)),
        }
    }
    Ok(None)
}

impl Presence {
    /// Says when the next sync on schedule is, in seconds since 1970.
    pub fn next(&self, at: i64) -> Result<(), StoreError> {
        let io = |source| StoreError::Io { path: self.next.clone(), source };
        let fresh = self.next.with_extension("new");
        fs::write(&fresh, at.to_string()).map_err(io)?;
        fs::rename(&fresh, &self.next).map_err(io)
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        fs::remove_file(&self.next).ok();
    }
}

/// The `postnote run` that is at work on that folder.
pub fn running(folder: &Path) -> Option<Running> {
    let file = File::open(folder.join(LOCK)).ok()?;
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => {
            let next = fs::read_to_string(folder.join(NEXT)).ok().and_then(|text| text.trim().parse().ok());
            Some(Running { next })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_said_as_long_as_it_is_so() {
        let dir = tempfile::tempdir().expect("a folder");
        assert_eq!(running(dir.path()), None);
        let presence = announce(dir.path()).expect("can").expect("the first");
        assert_eq!(running(dir.path()), Some(Running { next: None }));
        presence.next(7).expect("written");
        assert_eq!(running(dir.path()), Some(Running { next: Some(7) }));
        assert!(announce(dir.path()).expect("can").is_none());
        drop(presence);
        assert_eq!(running(dir.path()), None);
        // What one that was killed left is not believed.
        std::fs::write(dir.path().join(NEXT), "9").expect("written");
        assert_eq!(running(dir.path()), None);
        let again = announce(dir.path()).expect("can");
        assert_eq!((again.is_some(), running(dir.path())), (true, Some(Running { next: None })));
    }
}
