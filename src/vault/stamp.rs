//! What the file system says of a file, so that one that was not changed is not read again.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// Two that are the same: the same file, not written to in between. On Unix the time of the last change to the
/// file's entry is in it, which no program can set back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    modified: SystemTime,
    size: u64,
    #[cfg(unix)]
    entry: (u64, u64, i64, i64),
}

impl Stamp {
    pub(super) fn of(metadata: &Metadata) -> Option<Stamp> {
        #[cfg(unix)]
        use std::os::unix::fs::MetadataExt;
        Some(Stamp {
            modified: metadata.modified().ok()?,
            size: metadata.len(),
            #[cfg(unix)]
            entry: (metadata.dev(), metadata.ino(), metadata.ctime(), metadata.ctime_nsec()),
        })
    }

    /// True when the file was written, and its entry changed, longer ago than that.
    pub fn is_older_than(&self, age: Duration) -> bool {
        #[expect(clippy::disallowed_methods, reason = "an edge: compared with the file system's own clock")]
        let now = SystemTime::now();
        let mut last = self.modified;
        #[cfg(unix)]
        if let Ok(seconds) = u64::try_from(self.entry.2) {
            last = last.max(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds + 1));
        }
        now.duration_since(last).is_ok_and(|since| since > age)
    }
}
