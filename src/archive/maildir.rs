//! The messages of a Maildir folder: their files in `cur` and `new`, and what the names say.

use super::{Found, Letter, Taker, one};
use jiff::{SignedDuration, Timestamp};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::ops::ControlFlow;
use std::path::Path;

/// Where messages lie. What is in `tmp` is not delivered yet, and may be half written.
const HOLDS: [&str; 2] = ["cur", "new"];

/// True for a Maildir folder.
pub(super) fn is_one(folder: &Path) -> bool {
    HOLDS.iter().all(|name| folder.join(name).is_dir())
}

/// How many octets its messages have together, in so far as that can be told.
pub(super) fn octets(folder: &Path) -> u64 {
    let entries = HOLDS.iter().filter_map(|hold| fs::read_dir(folder.join(hold)).ok()).flatten();
    entries.filter_map(|e| e.ok()?.metadata().ok()).map(|m| m.len()).sum()
}

/// Reads its messages in the order in which they came, as far as their names tell.
pub(super) fn read(folder: &Path, on: &mut Taker<'_>) -> ControlFlow<()> {
    let mut files: Vec<(u64, OsString, &str)> = Vec::new();
    for hold in HOLDS {
        match names(&folder.join(hold)) {
            Ok(names) => files.extend(names.into_iter().map(|n| (seconds(&n).unwrap_or(u64::MAX), n, hold))),
            Err(e) => on(Found::Problem(format!("{} cannot be read: {e}", folder.join(hold).display())))?,
        }
    }
    files.sort();
    files.iter().try_for_each(|(_, name, hold)| {
        let mut edit = |letter| named(letter, name);
        one(&folder.join(hold).join(name), &mut edit, on)
    })
}

fn names(folder: &Path) -> io::Result<Vec<OsString>> {
    let entries = fs::read_dir(folder)?.map(|e| Ok(e?.file_name()));
    // The servers' own files begin with a point.
    let is_message = |name: &io::Result<OsString>| !name.as_ref().is_ok_and(|n| n.as_encoded_bytes().starts_with(b"."));
    entries.filter(is_message).collect()
}

/// The message with what its file's name says.
fn named(letter: Letter, name: &OsStr) -> Letter {
    let flags = flags(name);
    // Servers keep the time of arrival as the file's; of a file that was copied since, only the name knows it.
    let told = seconds(name).and_then(|s| Timestamp::from_second(i64::try_from(s).ok()?).ok());
    let copied = |came: Timestamp, told: Timestamp| came > told + SignedDuration::from_hours(1);
    let came = match (letter.came, told) {
        (Some(came), Some(told)) if copied(came, told) => Some(told),
        (came, told) => came.or(told),
    };
    Letter { came, answered: flags.contains('R'), aside: flags.contains(['D', 'T']), ..letter }
}

/// The letters behind `:2,` (where a file name takes no colon, other signs stand for it).
fn flags(name: &OsStr) -> String {
    let name = name.to_string_lossy();
    let found = name.rsplit_once("2,").filter(|(before, _)| before.ends_with([':', ';', '!', '-', '\u{f022}']));
    found.map(|(_, flags)| flags.to_owned()).unwrap_or_default()
}

/// Seconds since 1970, with which a name begins.
fn seconds(name: &OsStr) -> Option<u64> {
    let name = name.to_str()?;
    let digits = name.split('.').next()?;
    digits.parse().ok().filter(|_| digits.len() < 12)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_flags_and_time() {
        let came = |seconds| Some(Timestamp::from_second(seconds).expect("a time"));
        for (name, mtime, answered, aside, time) in [
            ("1700000000.M1P2.host,S=3:2,RS", 1_700_000_000, true, false, 1_700_000_000),
            ("1700000000.M1P2.host:2,DS", 1_600_000_000, false, true, 1_600_000_000),
            ("1700000000.M1P2.host!2,T", 1_700_000_009, false, true, 1_700_000_009),
            // Copied a day later.
            ("1700000000.M1P2.host", 1_700_090_000, false, false, 1_700_000_000),
            ("R2,R", 1_700_000_000, false, false, 1_700_000_000),
        ] {
            let letter = named(Letter { came: came(mtime), ..Letter::default() }, OsStr::new(name));
            assert_eq!((letter.answered, letter.aside, letter.came), (answered, aside, came(time)), "{name}");
        }
    }
}
