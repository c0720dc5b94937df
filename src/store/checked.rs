//! When the database was last read over, and what its file was when its last holder left it: so that a sync every few
//! minutes does not read all of it each time. Where anything does not fit, it is read over.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

/// So long, in seconds, it is not read over again.
const TRUSTED: i64 = 24 * 60 * 60;

fn place(folder: &Path) -> PathBuf {
    folder.join("checked")
}

/// What tells whether anybody else wrote to the database. Its log must be gone: the last to leave empties it.
#[cfg(unix)]
fn stamp(folder: &Path) -> Option<String> {
    use super::FILE;
    use std::os::unix::fs::MetadataExt;
    if folder.join(format!("{FILE}-wal")).exists() {
        return None;
    }
    let m = fs::metadata(folder.join(FILE)).ok()?;
    let (modified, changed) = ((m.mtime(), m.mtime_nsec()), (m.ctime(), m.ctime_nsec()));
    Some(format!("{} {} {} {modified:?} {changed:?}", m.dev(), m.ino(), m.size()))
}

/// Elsewhere a program may set a file's time back: nothing is trusted.
#[cfg(not(unix))]
fn stamp(_folder: &Path) -> Option<String> {
    None
}

/// When it was read over (seconds since 1970), if nobody wrote to it since its last holder left.
pub(super) fn read(folder: &Path) -> Option<i64> {
    let text = fs::read_to_string(place(folder)).ok()?;
    let (at, known) = text.trim_end().split_once(' ')?;
    at.parse().ok().filter(|_| stamp(folder).is_some_and(|now| now == known))
}

/// True when that is not too long ago; a clock that was set back makes it so.
pub(super) fn is_recent(at: i64, now: i64) -> bool {
    (at..at.saturating_add(TRUSTED)).contains(&now)
}

/// Remembers it, or that nothing is known. It costs nothing but time when that fails.
pub(super) fn write(folder: &Path, at: Option<i64>) {
    match at.and_then(|at| Some(format!("{at} {}\n", stamp(folder)?))) {
        Some(text) => {
            let mut options = fs::File::options();
            options.write(true).create(true).truncate(true);
            super::private(&mut options);
            options.open(place(folder)).and_then(|mut file| file.write_all(text.as_bytes())).ok();
        }
        None => drop(fs::remove_file(place(folder))),
    }
}
