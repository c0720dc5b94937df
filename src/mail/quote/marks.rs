//! Lines that part what is new from what is not: attributions, separators, header blocks. What they say stands in `words`.

use super::words::{self, Field};
use crate::mail::clean;

/// An attribution is wrapped over at most so many lines.
const MAX_WRAPPED: usize = 4;

/// An attribution that was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attribution {
    /// Its first line.
    pub(super) start: usize,
    /// It names an address or a time, so that what follows is quoted even without `>`.
    pub(super) sure: bool,
}

/// Lowercased, without the marks of emphasis, white space folded.
pub(super) fn fold(line: &str) -> String {
    let line = clean::prefix(line, 600);
    let mut out = String::with_capacity(line.len());
    let mut apart = false;
    for c in line.chars().filter(|c| *c != '*') {
        if c.is_whitespace() {
            apart = !out.is_empty();
            continue;
        }
        if std::mem::take(&mut apart) {
            out.push(' ');
        }
        if c.is_ascii() { out.push(c.to_ascii_lowercase()) } else { out.extend(c.to_lowercase()) }
    }
    out
}

fn digits(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// `4:58`, `04.58`, `4h58`.
fn has_time(text: &str) -> bool {
    text.as_bytes().windows(4).any(|w| {
        matches!(w, [a, b':' | b'.' | b'h', b, c] if a.is_ascii_digit() && b.is_ascii_digit() && c.is_ascii_digit())
    })
}

fn has_mailbox(text: &str) -> bool {
    memchr::memchr(b'@', text.as_bytes()).is_some() && text.contains(['<', '(', '['])
}

/// True for a line that an attribution may end with: all but a few lines are ruled out by their ends.
fn may_end(line: &str) -> bool {
    let line = line.trim_end_matches(['*', ' ', '\u{a0}']);
    let first = line.bytes().find(|b| !b" \t*".contains(b));
    line.ends_with([':', '：', '>'])
        || first.is_some_and(|b| b.is_ascii_digit()) && line.contains(" GMT")
        || memchr::memchr(b'@', line.as_bytes()).is_some() && line.contains('<')
}

/// The attribution (`On …, … wrote:`) that ends with line `end`.
pub(super) fn attribution(lines: &[&str], end: usize) -> Option<Attribution> {
    if !lines.get(end).is_some_and(|l| may_end(l) && l.len() <= 400) {
        return None;
    }
    let mut windows = Vec::new();
    let mut joined = String::new();
    for start in (0..=end).rev().take(MAX_WRAPPED) {
        let folded = fold(lines.get(start)?);
        if folded.is_empty()
            || folded.len() > 300
            || start < end && folded.ends_with([':', '.', '!', '?']) && digits(&folded) == 0
        {
            break;
        }
        joined = if joined.is_empty() { folded.clone() } else { format!("{folded} {joined}") };
        windows.push((start, begins(&folded), judge(&joined)));
    }
    let best = |wanted: Start| windows.iter().find(|(_, start, sure)| *start == wanted && sure.is_some());
    let single = windows.first().filter(|(_, _, sure)| sure.is_some());
    let (start, _, sure) =
        best(Start::Word).or_else(|| best(Start::Date)).or_else(|| best(Start::Mailbox)).or(single)?;
    Some(Attribution { start: *start, sure: sure.unwrap_or_default() })
}

/// How the first line of an attribution begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Start {
    /// `On 1 Feb`.
    Word,
    /// `2026-02-01`, `Mon 1`.
    Date,
    /// `Ada Park <ada@example.com>`.
    Mailbox,
    None,
}

fn begins(folded: &str) -> Start {
    let digit = |w: &str| w.starts_with(|c: char| c.is_ascii_digit());
    let mut words = folded.split(' ');
    let weekday =
        words.next().is_some_and(|w| w.chars().count() <= 5 || w.ends_with(',')) && words.next().is_some_and(digit);
    match () {
        () if digits(folded) > 0 && words::starts_attribution(folded) => Start::Word,
        () if digit(folded) || weekday => Start::Date,
        () if has_mailbox(folded) && !folded.starts_with('<') => Start::Mailbox,
        () => Start::None,
    }
}

/// Whether a whole attribution says so much that what follows must be quoted; `None` when it is none.
fn judge(text: &str) -> Option<bool> {
    let said = text.trim_end_matches([':', '：', ' ']);
    let (numbers, addressed) = (digits(said), has_mailbox(said));
    let led = said.starts_with(|c: char| c.is_ascii_digit());
    let colon = said.len() < text.len();
    // `2016-02-01 4:58 GMT+01:00 Ada <ada@example.com>:` says it without a verb.
    let bare = said.len() < 160 && (said.ends_with(['>', ')']) && addressed && numbers >= 6 && (colon || led));
    let zoned = led && said.len() < 100 && numbers >= 8 && (said.contains(" gmt+") || said.contains(" gmt-"));
    if bare || zoned && !said.contains("wrote") && has_time(said) {
        return Some(true);
    }
    if !colon {
        let whole = addressed && numbers >= 8 && has_time(said) && begins(said) != Start::None;
        return (whole && words::ends_with_wrote(said)).then_some(true);
    }
    let cjk = || said.chars().any(|c| ('\u{3040}'..='\u{9fff}').contains(&c)) && numbers >= 3;
    let sure = || addressed || numbers >= 8 || (numbers >= 3 && has_time(said)) || cjk();
    words::says_wrote(said).then(sure)
}

/// True when a line is made of rules at its ends, as `----- words -----`; gives the words, folded.
fn between_rules(line: &str) -> Option<String> {
    let trimmed = line.trim_matches(['*', ' ', '\t', '>']);
    let ruled = trimmed.starts_with("--") || trimmed.starts_with("__") || trimmed.starts_with("==");
    let inner = trimmed.trim_matches(|c: char| "-_= ".contains(c));
    (ruled && !inner.is_empty() && trimmed.len() > inner.len() && inner.len() < 120).then(|| fold(inner))
}

/// `-----Original Message-----` and its like: known words, or any words in rules above the fields of a mail.
pub(super) fn separator(lines: &[&str], at: usize) -> bool {
    let Some(line) = lines.get(at) else { return false };
    let trimmed = line.trim_start_matches(['*', ' ', '\t']);
    if !trimmed.starts_with(['-', '_', '=', '>']) {
        return false;
    }
    // GroupWise: `>>> Ada Park 12/11/00 03:54PM >>>`.
    let inner = trimmed.strip_prefix(">>> ").and_then(|l| l.trim_end().strip_suffix(">>>"));
    if inner.is_some_and(|l| digits(l) >= 4) {
        return true;
    }
    if trimmed.starts_with('>') {
        return false;
    }
    between_rules(line).is_some_and(|inner| {
        let known = words::is_original(inner.trim_matches([':', ' ']));
        known || (trimmed.ends_with(['-', '_', '=']) && fields(lines, at + 1, 2).is_some())
    })
}

/// The line above mail that somebody passes on.
pub(super) fn forward(line: &str) -> bool {
    let bare = line.trim_matches(['*', ' ', '\t', '>']);
    if line.len() > 300
        || !(bare.starts_with("--") || bare.starts_with("__") || bare.starts_with("==") || bare.ends_with([':', '：']))
    {
        return false;
    }
    words::begins_forward(fold(bare).trim_matches(|c: char| "-_=>: ".contains(c)))
}

/// A block of `From: … Sent: … To: … Subject: …` that begins with line `at`; gives the line after it.
pub(super) fn header_block(lines: &[&str], at: usize) -> Option<usize> {
    let first = key(lines.get(at)?)?;
    matches!(first, Field::From | Field::Date | Field::To).then(|| fields(lines, at, 3))?
}

/// The field that a line sets.
fn key(line: &str) -> Option<Field> {
    let line = line.trim_start_matches([' ', '\t', '*', '\u{a0}']);
    // Most lines have none.
    memchr::memchr2(b':', 0xef, clean::prefix(line, 120).as_bytes())?;
    let colon = line.char_indices().take(30).find(|(_, c)| matches!(c, ':' | '：'))?.0;
    words::field(fold(line.get(..colon)?).trim_end())
}

/// At least so many different fields, from line `at` on; gives the line after them.
fn fields(lines: &[&str], at: usize, least: usize) -> Option<usize> {
    let mut seen = [0_u8; 5];
    let (mut blank, mut wrapped, mut end) = (0, 0, at);
    for (i, line) in lines.iter().enumerate().skip(at).take(40) {
        if line.trim_matches(['*', ' ', '\t', '\u{a0}']).is_empty() {
            blank += 1;
            if blank > 3 {
                break;
            }
            continue;
        }
        match key(line) {
            Some(field) => {
                let slot = seen.get_mut(field as usize)?;
                *slot += 1;
                // No header names its sender three times: what does is looked at no further.
                if *slot > 2 && field != Field::Other {
                    break;
                }
                (blank, wrapped, end) = (0, 0, i + 1);
            }
            // A long list of recipients runs over several lines.
            None if i > at && blank == 0 && wrapped < 25 && recipients(line, wrapped) => {
                (wrapped, end) = (wrapped + 1, i + 1)
            }
            None => break,
        }
    }
    let [from, date, to, subject, other] = seen.map(|times| times > 0);
    let count = [from, date, to, subject].iter().filter(|seen| **seen).count();
    let enough = match least {
        2 => count >= 2,
        _ => {
            (from && (date || to) && (subject || to))
                || (from && date && count >= 2 && other)
                || (to && subject && other)
        }
    };
    enough.then_some(end)
}

/// What goes on in the next line: recipients, or the one line that a subject runs over.
fn recipients(line: &str, before: usize) -> bool {
    before == 0 || line.contains(['@', ';', ',']) || before < 3 && line.starts_with([' ', '\t'])
}

/// A line with a date and a time, as Lotus Notes puts it between a name and `To:`.
pub(super) fn has_date(line: &str) -> bool {
    digits(line) >= 6 && line.contains(':') && line.len() < 100
}

/// True for a line of nothing but rules.
pub(super) fn is_rule(line: &str) -> bool {
    let line = line.trim_matches([' ', '\t', '>']);
    line.len() > 1 && line != "--" && line.bytes().all(|b| b"-_=*#~+".contains(&b))
        || line.len() > 5 && line.chars().all(|c| matches!(c, '–' | '—' | '―' | '─' | '━'))
}
