//! Dates that a sentence names, resolved against the day that it was written on.
//!
//! What enters is a sentence and that day, in the owner's time zone; what leaves are civil dates. What two
//! countries read differently (`03/04/2026`) is left alone rather than guessed.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

const MONTHS: [&[&str]; 12] = [
    &["january", "jan", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "januari", "января"],
    &["february", "feb", "februar", "février", "febrero", "febbraio", "fevereiro", "februari", "февраля"],
    &["march", "mar", "märz", "mars", "marzo", "março", "maart", "марта"],
    &["april", "apr", "avril", "abril", "aprile", "апреля"],
    &["may", "mai", "mayo", "maggio", "maio", "mei", "мая"],
    &["june", "jun", "juni", "juin", "junio", "giugno", "junho", "июня"],
    &["july", "jul", "juli", "juillet", "julio", "luglio", "julho", "июля"],
    &["august", "aug", "août", "agosto", "augustus", "августа"],
    &["september", "sep", "sept", "septembre", "septiembre", "settembre", "setembro", "сентября"],
    &["october", "oct", "oktober", "octobre", "octubre", "ottobre", "outubro", "октября"],
    &["november", "nov", "novembre", "noviembre", "novembro", "ноября"],
    &["december", "dec", "dezember", "décembre", "diciembre", "dicembre", "dezembro", "декабря"],
];

const WEEKDAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Monday, &["monday", "montag", "lundi", "lunes", "lunedì", "maandag", "понедельник", "понедельника"]),
    (
        Weekday::Tuesday,
        &["tuesday", "tues", "dienstag", "mardi", "martes", "martedì", "dinsdag", "вторник", "вторника"],
    ),
    (
        Weekday::Wednesday,
        &["wednesday", "mittwoch", "mercredi", "miércoles", "mercoledì", "woensdag", "среду", "среды"],
    ),
    (
        Weekday::Thursday,
        &["thursday", "thurs", "donnerstag", "jeudi", "jueves", "giovedì", "donderdag", "четверг", "четверга"],
    ),
    (Weekday::Friday, &["friday", "fri", "freitag", "vendredi", "viernes", "venerdì", "vrijdag", "пятницу", "пятницы"]),
    (Weekday::Saturday, &["saturday", "samstag", "samedi", "sábado", "sabato", "zaterdag", "субботу", "субботы"]),
    (Weekday::Sunday, &["sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag", "воскресенье"]),
];

/// Words for a day so many days off.
const OFFSETS: [(i32, &[&str]); 3] = [
    (0, &["today", "tonight", "eod", "cob", "heute", "aujourd'hui", "hoy", "oggi", "hoje", "vandaag", "сегодня"]),
    (1, &["tomorrow", "tmrw", "morgen", "demain", "mañana", "domani", "amanhã", "завтра"]),
    (2, &["übermorgen", "après-demain", "послезавтра"]),
];

/// The same for scripts without spaces; the longer first, as 明後日 is not 明日.
const CJK_OFFSETS: [(i32, &[&str]); 3] =
    [(2, &["明後日", "あさって", "后天"]), (1, &["明日", "明天"]), (0, &["今日中", "本日", "今日", "今天"])];

const CJK_WEEKDAYS: [(Weekday, &[&str]); 7] = [
    (Weekday::Monday, &["月曜", "周一", "星期一"]),
    (Weekday::Tuesday, &["火曜", "周二", "星期二"]),
    (Weekday::Wednesday, &["水曜", "周三", "星期三"]),
    (Weekday::Thursday, &["木曜", "周四", "星期四"]),
    (Weekday::Friday, &["金曜", "周五", "星期五"]),
    (Weekday::Saturday, &["土曜", "周六", "星期六"]),
    (Weekday::Sunday, &["日曜", "周日", "星期日"]),
];

/// True for the name of a month.
pub fn is_month(word: &str) -> bool {
    month(word).is_some()
}

/// Every date that `sentence`, written on `day`, names: in order, without repeats.
pub fn find(sentence: &str, day: Date) -> Vec<Date> {
    let words = words(sentence);
    let mut out: Vec<Date> = in_words(&words, day).collect();
    out.extend(cjk(sentence, day));
    let mut seen = Vec::new();
    out.retain(|date| {
        !seen.contains(date) && {
            seen.push(*date);
            true
        }
    });
    out
}

/// True when [`find`] finds any.
pub(super) fn names_any(sentence: &str, day: Date) -> bool {
    in_words(&words(sentence), day).next().is_some() || !cjk(sentence, day).is_empty()
}

fn words(sentence: &str) -> Vec<Cow<'_, str>> {
    sentence.split(char::is_whitespace).map(clean).filter(|w| !w.is_empty()).collect()
}

fn in_words(words: &[Cow<'_, str>], day: Date) -> impl Iterator<Item = Date> {
    (0..words.len()).filter_map(move |at| {
        let near = beside(words, at);
        written(&near, day).or_else(|| relative(&near, day))
    })
}

/// The words so many before and behind one; nothing beyond the ends.
fn beside<'w>(words: &'w [Cow<'w, str>], at: usize) -> impl Fn(usize, usize) -> &'w str {
    move |back, on| (at + on).checked_sub(back).and_then(|i| words.get(i)).map_or("", |w| &**w)
}

/// A day of the week that a date behind it is not (`Monday, 13 January 2026`): its name as written, and the date.
pub fn misfit(sentence: &str, day: Date) -> Option<(String, Date)> {
    let raw: Vec<&str> = sentence.split(char::is_whitespace).filter(|w| !w.is_empty()).collect();
    raw.iter().enumerate().find_map(|(at, word)| {
        let wanted = weekday(&clean(word))?;
        // A date in figures right behind it, and nothing that could be another's.
        let behind = raw.iter().skip(at + 1).take(5);
        let near = behind.clone().take(2).any(|w| w.contains(|c: char| c.is_ascii_digit()) || is_month(&clean(w)));
        let words: Vec<_> = behind.map(|w| clean(w)).filter(|w| !w.is_empty()).collect();
        if !near || words.iter().any(|w| weekday(w).is_some()) {
            return None;
        }
        let date = (0..words.len()).find_map(|at| written(&beside(&words, at), day))?;
        let name = word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
        (date.weekday() != wanted).then_some((name, date))
    })
}

/// The day by which a request has to be met: the first date in it that is not before `day`.
pub fn due(sentence: &str, day: Date) -> Option<Date> {
    find(sentence, day).into_iter().find(|date| *date >= day)
}

/// A word lowercased, without the punctuation around it and the `'s` or article that clings to it.
fn clean(word: &str) -> Cow<'_, str> {
    fn bare(word: &str) -> &str {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        word.strip_suffix("'s").or_else(|| word.strip_prefix("l'")).unwrap_or(word)
    }
    // Nearly all words are such, and need no copy.
    if word.bytes().all(|b| b.is_ascii() && !b.is_ascii_uppercase()) {
        return Cow::Borrowed(bare(word));
    }
    Cow::Owned(bare(&word.to_lowercase().replace('’', "'")).to_owned())
}

/// What a word names: a month, a day of the week, a day so many days off.
#[derive(Debug, Clone, Copy, Default)]
struct Named {
    month: Option<i8>,
    weekday: Option<Weekday>,
    offset: Option<i32>,
}

/// All the lists above as one: every word of a mail is looked up in it.
fn named(word: &str) -> Named {
    static NAMES: LazyLock<HashMap<&str, Named, foldhash::fast::RandomState>> = LazyLock::new(|| {
        let mut names: HashMap<_, Named, _> = HashMap::default();
        for (month, words) in (1..).zip(MONTHS) {
            words.iter().for_each(|word| _ = names.entry(*word).or_default().month.get_or_insert(month));
        }
        for (weekday, words) in WEEKDAYS {
            words.iter().for_each(|word| _ = names.entry(*word).or_default().weekday.get_or_insert(weekday));
        }
        for (offset, words) in OFFSETS {
            words.iter().for_each(|word| _ = names.entry(*word).or_default().offset.get_or_insert(offset));
        }
        names
    });
    NAMES.get(word).copied().unwrap_or_default()
}

fn month(word: &str) -> Option<i8> {
    named(word).month
}

fn weekday(word: &str) -> Option<Weekday> {
    named(word).weekday
}

/// `12`, `12th`, `1er`: a day of the month.
fn day_number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(char::is_alphabetic);
    let suffix = word.get(digits.len()..).unwrap_or_default();
    let ok = matches!(suffix, "" | "st" | "nd" | "rd" | "th" | "er" | "º");
    digits.parse().ok().filter(|day| ok && (1..=31).contains(day))
}

fn year(word: &str) -> Option<i16> {
    word.parse().ok().filter(|year| (1970..=2199).contains(year))
}

/// Without a year, the one that puts the date nearest: a month past is a year ahead only when long past.
fn nearest(year: Option<i16>, month: i8, date: i8, day: Date) -> Option<Date> {
    let this = Date::new(year.unwrap_or(day.year()), month, date).ok()?;
    if year.is_some() || this >= day.checked_sub(90.days()).unwrap_or(day) {
        return Some(this);
    }
    Date::new(day.year().checked_add(1)?, month, date).ok()
}

/// A date in figures, or in figures and a month's name.
fn written<'w>(near: &impl Fn(usize, usize) -> &'w str, day: Date) -> Option<Date> {
    let word = near(0, 0);
    if let Some(date) = numeric(word, day) {
        return Some(date);
    }
    let month = month(word)?;
    // "12 March", "12 de marzo de 2026", "the 12th of March".
    let before = if matches!(near(1, 0), "of" | "de") { near(2, 0) } else { near(1, 0) };
    let year_after = if near(0, 1) == "de" { year(near(0, 2)) } else { year(near(0, 1)) };
    if let Some(date) = day_number(before) {
        return nearest(year_after, month, date, day);
    }
    // "March 12, 2026".
    nearest(year(near(0, 2)), month, day_number(near(0, 1))?, day)
}

/// `2026-01-08`, `8.1.2026`, `8.1`; `13/1/2026` where only one reading is a date.
fn numeric(word: &str, day: Date) -> Option<Date> {
    if !word.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if let Ok(date) = word.get(..10).unwrap_or(word).parse::<Date>() {
        return word.contains('-').then_some(date);
    }
    let number = |part: &str| part.parse::<i8>().ok();
    if word.contains('/') {
        let parts: Vec<&str> = word.split('/').collect();
        let [a, b, y] = parts.as_slice() else { return None };
        let (a, b, y) = (number(a)?, number(b)?, year(y)?);
        return match (a > 12, b > 12) {
            (true, false) => Date::new(y, b, a).ok(),
            (false, true) => Date::new(y, a, b).ok(),
            _ if a == b => Date::new(y, a, b).ok(),
            _ => None,
        };
    }
    let parts: Vec<&str> = word.split('.').collect();
    match parts.as_slice() {
        [d, m, y] => nearest(Some(year(y)?), number(m)?, number(d)?, day),
        _ => None,
    }
}

/// A day named by its distance: `tomorrow`, `next Tuesday`, `end of the week`.
fn relative<'w>(near: &impl Fn(usize, usize) -> &'w str, day: Date) -> Option<Date> {
    let word = near(0, 0);
    let monday = || day.checked_sub(i32::from(day.weekday().to_monday_zero_offset()).days()).ok();
    let next_word =
        |w: &str| matches!(w, "next" | "nächsten" | "nächste" | "kommenden" | "prochain" | "próximo" | "volgende");
    if let Some(wanted) = weekday(word) {
        if near(1, 0) == "next" {
            return monday()?.checked_add((7 + i32::from(wanted.to_monday_zero_offset())).days()).ok();
        }
        if near(1, 0) == "last" {
            return None;
        }
        let ahead = i32::from(day.weekday().until(wanted));
        let ahead = if ahead == 0 && near(1, 0) != "this" { 7 } else { ahead };
        return day.checked_add(ahead.days()).ok();
    }
    if let Some(offset) = named(word).offset {
        let of_day = matches!(near(1, 0), "guten" | "la" | "por" | "heute" | "esta") || weekday(near(1, 0)).is_some();
        let after = word == "tomorrow" && near(1, 0) == "after" || word == "mañana" && near(1, 0) == "pasado";
        return if of_day && offset == 1 { None } else { day.checked_add((offset + i32::from(after)).days()).ok() };
    }
    let friday = |weeks: i32| monday()?.checked_add((7 * weeks + 4).days()).ok();
    match word {
        "week" | "woche" | "semaine" | "semana" => match (near(1, 0), near(2, 0), near(0, 1)) {
            (w, ..) if next_word(w) => friday(1),
            (.., "prochaine" | "próxima" | "que") => friday(1),
            ("próxima", ..) => friday(1),
            ("this" | "diese" | "dieser" | "cette" | "esta", ..) | ("the", "of", _) | ("of", ..) => {
                friday(0).filter(|d| *d >= day)
            }
            ("der", "ende", _) | ("la", "de", _) => friday(0).filter(|d| *d >= day),
            _ => None,
        },
        "day" if near(1, 0) == "of" || near(2, 0) == "of" && near(1, 0) == "the" => Some(day),
        "month" if near(1, 0) == "the" && near(2, 0) == "of" || near(1, 0) == "of" => Some(day.last_of_month()),
        "monatsende" => Some(day.last_of_month()),
        _ => None,
    }
}

/// Dates in Japanese and Chinese: `2026年3月12日`, `3月12日`, `明日`, `金曜`.
fn cjk(sentence: &str, day: Date) -> Vec<Date> {
    let mut out = Vec::new();
    if sentence.is_ascii() {
        return out;
    }
    let (mut number, mut year, mut month): (Option<i16>, Option<i16>, Option<i8>) = (None, None, None);
    for c in sentence.chars() {
        let digit = c.to_digit(10).or_else(|| ('０'..='９').contains(&c).then(|| u32::from(c) - u32::from('０')));
        match (c, digit.and_then(|d| i16::try_from(d).ok())) {
            (_, Some(d)) => number = number.unwrap_or(0).checked_mul(10).and_then(|n| n.checked_add(d)),
            ('年', _) => year = number.take().filter(|y| (1970..=2199).contains(y)),
            ('月', _) => month = number.take().and_then(|n| i8::try_from(n).ok()),
            ('日' | '号', _) => {
                if let (Some(m), Some(d)) = (month.take(), number.take().and_then(|n| i8::try_from(n).ok())) {
                    out.extend(nearest(year.take(), m, d, day));
                }
            }
            _ => number = None,
        }
    }
    let named = |names: &&[&str]| names.iter().any(|name| sentence.contains(name));
    if let Some((offset, _)) = CJK_OFFSETS.iter().find(|(_, names)| named(names)) {
        out.extend(day.checked_add(offset.days()).ok());
    }
    if let Some((wanted, _)) = CJK_WEEKDAYS.iter().find(|(_, names)| named(names)) {
        let ahead = i32::from(day.weekday().until(*wanted));
        let weeks = i32::from(["来週", "下周", "下星期"].iter().any(|w| sentence.contains(w)) && ahead == 0);
        out.extend(day.checked_add((if ahead == 0 { 7 } else { ahead } + 7 * weeks).days()).ok());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn days_of_the_week_that_do_not_fit() {
        let day: Date = "2026-01-05".parse().expect("a date");
        for (sentence, expect) in [
            ("Let us meet on Friday, 9 January.", None),
            ("Let us meet on Friday, 10 January 2026.", Some("2026-01-10")),
            ("am Freitag, den 10. Januar", Some("2026-01-10")),
            ("Tuesday 2026-01-05?", Some("2026-01-05")),
            ("on Monday or on 7 January", None),
            ("Monday, and Friday the 9th of January", None),
            ("Friday at 10", None),
            ("the 9th of January, a Monday", None),
        ] {
            let found = misfit(sentence, day).map(|(_, date)| date.to_string());
            assert_eq!(found.as_deref(), expect, "{sentence}");
        }
    }

    /// All read on Monday, 5 January 2026.
    #[test]
    fn dates_in_many_words() {
        let day = date(2026, 1, 5);
        for (text, want) in [
            ("by Friday", Some(date(2026, 1, 9))),
            ("Friday's call", Some(date(2026, 1, 9))),
            ("on Monday", Some(date(2026, 1, 12))),
            ("next Tuesday", Some(date(2026, 1, 13))),
            ("tomorrow, please", Some(date(2026, 1, 6))),
            ("the day after tomorrow", Some(date(2026, 1, 7))),
            ("by end of day", Some(day)),
            ("by EOD", Some(day)),
            ("by the end of the week", Some(date(2026, 1, 9))),
            ("some time next week", Some(date(2026, 1, 16))),
            ("by the end of the month", Some(date(2026, 1, 31))),
            ("before 2026-01-08.", Some(date(2026, 1, 8))),
            ("on 12 March", Some(date(2026, 3, 12))),
            ("on March 12th, 2027", Some(date(2027, 3, 12))),
            ("the 2nd of May", Some(date(2026, 5, 2))),
            ("am 12. März 2026", Some(date(2026, 3, 12))),
            ("bis 12.03.2026", Some(date(2026, 3, 12))),
            ("bis morgen", Some(date(2026, 1, 6))),
            ("Guten Morgen", None),
            ("bis Donnerstag", Some(date(2026, 1, 8))),
            ("avant vendredi", Some(date(2026, 1, 9))),
            ("le 1er avril", Some(date(2026, 4, 1))),
            ("el 8 de marzo de 2026", Some(date(2026, 3, 8))),
            ("para mañana", Some(date(2026, 1, 6))),
            ("por la mañana", None),
            ("до пятницы", Some(date(2026, 1, 9))),
            ("3月12日までに", Some(date(2026, 3, 12))),
            ("明日までに", Some(date(2026, 1, 6))),
            ("金曜日までに", Some(date(2026, 1, 9))),
            ("下午3点", None),
            ("12/25/2026", Some(date(2026, 12, 25))),
            ("03/04/2026", None),
            ("30 February", None),
            ("You may go", None),
            ("version 1.2.3", None),
            ("99999999999999999999 March 99999999999", None),
        ] {
            assert_eq!(due(text, day), want, "{text}");
        }
    }

    #[test]
    fn a_date_without_a_year_is_the_nearest() {
        let december = date(2025, 12, 12);
        assert_eq!(due("by 8 January", december), Some(date(2026, 1, 8)));
        assert_eq!(due("sent on 2 December", december), None);
        assert_eq!(find("sent on 2 December", december), [date(2025, 12, 2)]);
    }

    #[test]
    fn the_ends_of_time_are_no_panic() {
        for day in [Date::MAX, Date::MIN] {
            for text in ["tomorrow", "next week", "by Friday", "12 March", "end of the month", "明後日", "月曜"] {
                let _ = find(text, day);
            }
        }
    }
}
