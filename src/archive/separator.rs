//! The line that begins a message in an mbox: `From sender date`, in the forms that are met.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;

/// Longer ones are text.
const LONGEST: usize = 1000;
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// What counts as a separator in one file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Its first separator has no date that anybody knows: those of as many words are separators too.
    words: Option<usize>,
}

/// A separator that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Separator {
    /// When the message came; without a zone it is read as UTC.
    pub(super) came: Option<Timestamp>,
}

impl Shape {
    /// The shape of a file that begins with this line.
    pub(super) fn of(first: &[u8]) -> Shape {
        let odd = words(first).filter(|words| date(words).is_none());
        Shape { words: odd.map(|words| words.len()).filter(|n| *n > 0) }
    }

    /// The separator that a line is. One needs a date, so that a sentence that begins with "From" is none.
    pub(super) fn separator(self, line: &[u8]) -> Option<Separator> {
        let words = words(line)?;
        match date(&words) {
            Some(came) => Some(Separator { came }),
            None => (self.words == Some(words.len())).then_some(Separator { came: None }),
        }
    }
}

/// The words behind `From`.
fn words(line: &[u8]) -> Option<Vec<&str>> {
    let rest = line.get(..line.len().min(LONGEST)).filter(|l| l.len() == line.len())?.strip_prefix(b"From ")?;
    // Addresses may be in any character set.
    let text = rest.utf8_chunks().next().map(|c| c.valid()).unwrap_or_default();
    let text = if text.len() == rest.len() { text } else { ascii_tail(rest) };
    Some(text.split_ascii_whitespace().collect())
}

fn ascii_tail(bytes: &[u8]) -> &str {
    let start = bytes.iter().rposition(|b| !b.is_ascii()).map_or(0, |at| at + 1);
    bytes.get(start..).and_then(|tail| str::from_utf8(tail).ok()).unwrap_or_default()
}

/// `None`: no date; `Some(None)`: one that no calendar has.
fn date(words: &[&str]) -> Option<Option<Timestamp>> {
    (0..words.len()).find_map(|at| {
        let (day_name, rest) = words.get(at..)?.split_first()?;
        let day_name = day_name.trim_end_matches(',').to_ascii_lowercase();
        DAYS.contains(&day_name.as_str()).then(|| asctime(rest).or_else(|| mail_date(rest)))?
    })
}

/// `Jan  5 10:00:00 2026`, with a zone before or behind the year or without (and without seconds, as the oldest).
fn asctime(words: &[&str]) -> Option<Option<Timestamp>> {
    let [month, day, time, rest @ ..] = words else { return None };
    let near = rest.get(..rest.len().min(3)).unwrap_or_default();
    let year = near.iter().find_map(|w| year(w))?;
    let zone = near.iter().find_map(|w| offset(w)).unwrap_or(0);
    Some(moment(year, self::month(month)?, number(day)?, clock(time)?, zone))
}

/// `5 Jan 2026 10:00:00 +0100`.
fn mail_date(words: &[&str]) -> Option<Option<Timestamp>> {
    let [day, month, year, time, rest @ ..] = words else { return None };
    let zone = rest.first().and_then(|w| offset(w)).unwrap_or(0);
    Some(moment(self::year(year)?, self::month(month)?, number(day)?, clock(time)?, zone))
}

fn month(word: &str) -> Option<i8> {
    let at = MONTHS.iter().position(|m| word.eq_ignore_ascii_case(m))?;
    i8::try_from(at + 1).ok()
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|y| word.len() == 4 && (1970..2200).contains(y))
}

fn number(word: &str) -> Option<i8> {
    word.parse().ok().filter(|n| (0..=60).contains(n))
}

fn clock(word: &str) -> Option<(i8, i8, i8)> {
    let mut parts = word.split(':').map(number);
    let (hour, minute) = (parts.next()??, parts.next()??);
    let second = parts.next().unwrap_or(Some(0))?;
    parts.next().is_none().then_some((hour, minute, second))
}

/// `+0100`, in seconds.
fn offset(word: &str) -> Option<i64> {
    let (sign, digits) = match word.split_at_checked(1)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return None,
    };
    let minutes: i64 = digits.parse().ok().filter(|_| digits.len() == 4)?;
    Some(sign * (minutes / 100 * 3600 + minutes % 100 * 60))
}

fn moment(year: i16, month: i8, day: i8, (hour, minute, second): (i8, i8, i8), zone: i64) -> Option<Timestamp> {
    let date = Date::new(year, month, day).ok()?;
    let time = Time::new(hour, minute, second.min(59), 0).ok()?;
    let there = date.to_datetime(time).to_zoned(TimeZone::UTC).ok()?.timestamp();
    Timestamp::from_second(there.as_second() - zone).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &str) -> Option<String> {
        let found = Shape::default().separator(line.as_bytes())?;
        Some(found.came.map_or_else(String::new, |t| t.to_string()))
    }

    #[test]
    fn separators_as_programs_write_them() {
        for (line, came) in [
            ("From ada@example.org Mon Jan  5 10:00:00 2026\n", "2026-01-05T10:00:00Z"),
            ("From ada@example.org Mon Jan  5 10:00:00 2026\r\n", "2026-01-05T10:00:00Z"),
            ("From ada@example.org Mon Jan  5 10:00 2026", "2026-01-05T10:00:00Z"),
            ("From - Mon Jan 05 10:00:00 2026\n", "2026-01-05T10:00:00Z"),
            ("From MAILER-DAEMON Mon Jan  5 10:00:00 2026\n", "2026-01-05T10:00:00Z"),
            ("From 1853@xxx Mon Jan 05 10:00:00 +0100 2026\n", "2026-01-05T09:00:00Z"),
            ("From ada Mon Jan 5 10:00:00 EST 2026\n", "2026-01-05T10:00:00Z"),
            ("From ada Mon Jan 5 10:00:00 2026 -0330\n", "2026-01-05T13:30:00Z"),
            ("From Ada Park Mon Jan 5 10:00:00 2026 remote from there\n", "2026-01-05T10:00:00Z"),
            ("From ada Mon, 5 Jan 2026 10:00:00 +0100\n", "2026-01-05T09:00:00Z"),
            ("From ada Mon Feb 31 10:00:00 2026\n", ""),
            ("From \u{e4}da@example.org Mon Jan 5 10:00:00 2026\n", "2026-01-05T10:00:00Z"),
        ] {
            assert_eq!(at(line).as_deref(), Some(came), "{line:?}");
        }
    }

    #[test]
    fn sentences_are_none() {
        for line in [
            "From Monday on we are closed.\n",
            "From ada@example.org\n",
            "From: Ada\n",
            "from ada Mon Jan  5 10:00:00 2026\n",
            ">From ada Mon Jan  5 10:00:00 2026\n",
            "From Jan 5 to Feb 6 2026 at 10:00\n",
            "From Sun Jan we go on 5 10:00\n",
            "From ",
            "",
        ] {
            assert_eq!(at(line), None, "{line:?}");
        }
        let long = format!("From {} Mon Jan  5 10:00:00 2026\n", "a".repeat(2000));
        assert_eq!(at(&long), None);
    }

    #[test]
    fn a_file_of_another_shape_is_read_by_its_own() {
        let shape = Shape::of(b"From ada@example.org 2026-01-05T10:00:00Z\n");
        assert!(shape.separator(b"From bo@example.org 2026-02-05T10:00:00Z\n").is_some());
        assert!(shape.separator(b"From then on nothing happened.\n").is_none());
        assert_eq!(Shape::of(b"From ada Mon Jan  5 10:00:00 2026\n"), Shape::default());
        assert_eq!(Shape::of(b"Subject: x\n"), Shape::default());
    }
}
