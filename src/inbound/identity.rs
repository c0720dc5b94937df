//! Which message is which: what a message says of itself → the key that it is known by.
//!
//! A Message-ID should say it, and mostly does. But two may claim one id, and broken programs give the same to all that they
//! send; nothing may be lost over that. Author, subject and the message's own time tell such messages apart.

use crate::mail::hash::short;
use crate::store::messages::StoredMessage;
use crate::store::{Store, StoreError};
use crate::vault::Vault;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What a message is told apart by, besides its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Says<'a> {
    /// The author's address, as it is compared.
    pub author: &'a str,
    /// The subject without marks.
    pub subject: &'a str,
    /// The time that it says itself, in seconds since 1970; `None` when it says none.
    pub at: Option<i64>,
    /// Its new text, as its note shows it.
    pub text: &'a str,
    /// The owner sent it: the copy in Sent and the one that arrives may differ by a moment.
    pub own: bool,
}

/// Copies of what the owner sent are as far apart at most, in seconds.
const COPIES: i64 = 600;
/// Time zones lie as far apart at most, and their offsets are multiples of this, in seconds.
const ZONES: i64 = 26 * 60 * 60;
const OFFSET: i64 = 15 * 60;

/// The key of a message whose id or hash is `key`: that, or one made of it where another message has it. `vault`: where the
/// notes are that a lost state was read back from; their times are local, and were perhaps written in another time zone.
pub(super) fn own_key(
    store: &Store,
    vault: Option<&Vault>,
    key: String,
    says: &Says<'_>,
) -> Result<String, StoreError> {
    let is_it = |known: &StoredMessage| {
        let note = || known.note.as_ref().filter(|_| known.uid == 0).and_then(|note| vault?.read(note).ok());
        let is_copy = |at: i64| (known.own || says.own) && (known.at - at).abs() <= COPIES;
        let is_noted = |at| may_be_one(known.at, at) && note().is_some_and(|note| note.contains(says.text));
        let is_time = |at| known.at == at || is_copy(at) || is_noted(at);
        known.author == says.author && known.subject == says.subject && says.at.is_none_or(is_time)
    };
    // The same in all time zones.
    let moment = says.at.map_or(0, |at| at.rem_euclid(OFFSET));
    for n in 0.. {
        let Says { author, subject, .. } = says;
        let own = match n {
            0 => key.clone(),
            1 => format!("{key}#{}", short(format!("{author}\n{subject}"), 12)),
            _ => format!("{key}#{}", short(format!("{author}\n{subject}\n{moment}\n{n}"), 12)),
        };
        if store.message(&own)?.as_ref().is_none_or(is_it) {
            return Ok(own);
        }
    }
    unreachable!("the numbers do not end")
}

/// True when a note that gives this local time and has this text may be that of a message.
pub(super) fn is_note_of(says: &Says<'_>, (received, text): (&str, &str), zone: &TimeZone) -> bool {
    let times = of_note(received, zone).zip(says.at);
    times.is_none_or(|(noted, at)| noted == at || may_be_one(noted, at) && text.contains(says.text))
}

/// True when two times, in seconds since 1970, may be one that was written down in two time zones.
fn may_be_one(one: i64, other: i64) -> bool {
    let apart = (one - other).abs();
    apart <= ZONES && apart % OFFSET == 0
}

/// The seconds since 1970 of a time that a note gives: local, without a zone. `None` when it is none.
pub(super) fn of_note(received: &str, zone: &TimeZone) -> Option<i64> {
    let time = received.parse::<DateTime>().and_then(|time| time.to_zoned(zone.clone())).ok()?;
    Some(time.timestamp().as_second())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_time_may_be_one_of_another_zone() {
        let noon = 1_770_000_000;
        for (apart, one) in
            [(0, true), (3600, true), (20_700, true), (-50_400, true), (1, false), (61, false), (97_200, false)]
        {
            assert_eq!((may_be_one(noon, noon + apart), may_be_one(noon + apart, noon)), (one, one), "{apart}");
        }
    }

    #[test]
    fn a_note_of_another_zone_must_have_its_text() {
        let zone = TimeZone::UTC;
        let at = of_note("2026-01-12T10:00:00", &zone);
        let says = Says { author: "", subject: "", at, text: "All is well.", own: false };
        for (received, text, one) in [
            ("2026-01-12T10:00:00", "edited", true),
            ("2026-01-12T11:00:00", "# Run\n\nAll is well.\n", true),
            ("2026-01-12T11:00:00", "# Run\n\nIt failed.\n", false),
            ("2026-01-12T10:00:01", "# Run\n\nAll is well.\n", false),
            ("no time", "", true),
        ] {
            assert_eq!(is_note_of(&says, (received, text), &zone), one, "{received} {text}");
        }
    }
}
