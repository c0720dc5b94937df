//! What the file system says of a file, so that one that was not changed is not read again.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// Two that are the same: the same file, not written to in between. On Unix the time of the last change to the
/// file's entry is in it, which no program can set back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(
    /// Device, inode, size; time of writing and time of the entry's change, in seconds and nanoseconds.
    #[cfg(unix)]
    [i64; 7],
    #[cfg(not(unix))] (SystemTime, u64),
);

#[cfg(unix)]
impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        Some(Stamp([
            metadata.dev().cast_signed(),
            metadata.ino().cast_signed(),
            metadata.size().cast_signed(),
            metadata.mtime(),
            metadata.mtime_nsec(),
            metadata.ctime(),
            metadata.ctime_nsec(),
        ]))
    }

    /// As it is kept for another process. `None` where the file system does not say enough for that.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        Some(self.0.iter().flat_map(|word| word.to_le_bytes()).collect())
    }

    fn last(&self) -> SystemTime {
        let Stamp([_, _, _, modified, _, changed, _]) = self;
        // Rounded up; what is before 1970 is long ago.
        let seconds = u64::try_from(*modified.max(changed)).map_or(0, |s| s.saturating_add(1));
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds)).unwrap_or(SystemTime::UNIX_EPOCH)
    }
}

#[cfg(not(unix))]
impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Option<Stamp> {
        Some(Stamp((metadata.modified().ok()?, metadata.len())))
    }

    /// As it is kept for another process. `None` where the file system does not say enough for that: a program may
    /// set the time of writing back.
    pub fn to_bytes(&self) -> Option<Vec<u8>> {
        None
    }

    fn last(&self) -> SystemTime {
        self.0.0
    }
}

impl Stamp {
    /// True when the file was written, and its entry changed, longer ago than that.
    pub fn is_older_than(&self, age: Duration) -> bool {
        #[expect(clippy::disallowed_methods, reason = "an edge: compared with the file system's own clock")]
        let now = SystemTime::now();
        now.duration_since(self.last()).is_ok_and(|since| since > age)
    }
}
