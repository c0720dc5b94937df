//! What stands below a mail's words: signatures, what phones and lists add, disclaimers, how to reach the sender.
//!
//! Each is looked for at the end of what is left, until there is no more. A name below `Thanks,` is part of the mail.

use super::marks::{fold, is_rule};
use super::{Mail, Zone, words};

/// No signature has more lines.
const MAX_SIGNATURE: usize = 25;
/// No disclaimer is longer.
const MAX_DISCLAIMER: usize = 40;
const MAX_CONTACT: usize = 12;

/// Finds what signs the first `head` lines; gives the new end.
pub(super) fn signature(mail: &mut Mail<'_>, mut head: usize) -> usize {
    for _ in 0..6 {
        let end = mail.end(head);
        let found =
            [delimiter, device, footer, disclaimer, ruled, contact].into_iter().find_map(|find| find(mail, end));
        let Some(start) = found else { break };
        let start = if mail.line(start).starts_with("--") { start } else { mail.above_rule(start) };
        if (start..end).any(|i| mail.is_quoted(i)) {
            break;
        }
        mail.fill(start, head, Zone::Signature);
        head = start;
    }
    head
}

/// The last line before `end` for which this is true, among so many.
fn last(mail: &Mail<'_>, end: usize, most: usize, mut is: impl FnMut(&str) -> bool) -> Option<usize> {
    (end.saturating_sub(most)..end).rev().find(|i| is(mail.line(*i)))
}

fn delimiter(mail: &Mail<'_>, end: usize) -> Option<usize> {
    last(mail, end, MAX_SIGNATURE, |line| matches!(line.trim(), "--" | "—" | "–" | "- --"))
}

/// `Sent from my phone` and its like: the first of the last lines that says so.
fn device(mail: &Mail<'_>, end: usize) -> Option<usize> {
    (end.saturating_sub(8)..end).find(|i| {
        let line = mail.line(*i);
        if line.is_empty() || line.len() > 160 {
            return false;
        }
        let line = fold(line);
        let inner = line.trim_start_matches(|c: char| "-_<[( ".contains(c));
        line.split(' ').count() <= 8 && words::begins_device(inner)
    })
}

/// The rule above what a mailing list adds to each mail.
fn footer(mail: &Mail<'_>, end: usize) -> Option<usize> {
    let says = |i: usize| {
        let line = fold(mail.line(i));
        ["mailing list", "listinfo", "unsubscribe", "/mailman", "mailinglist", "mailingliste"]
            .iter()
            .any(|w| line.contains(w))
    };
    (end.saturating_sub(12)..end).find(|i| is_rule(mail.line(*i)) && (i + 1..end.min(i + 5)).any(says))
}

/// A rule above few short lines: underscores say enough, below others there is a way to reach somebody.
fn ruled(mail: &Mail<'_>, end: usize) -> Option<usize> {
    let start = last(mail, end.saturating_sub(1), MAX_SIGNATURE, |line| line.len() > 4 && is_rule(line))?;
    let lines = || (start + 1..end).map(|i| mail.line(i).trim()).filter(|line| !line.is_empty());
    let underscores = mail.line(start).bytes().all(|b| b == b'_') && lines().count() <= 8;
    let reached = || lines().filter(|line| is_contact(line)).count();
    let apart =
        lines().all(|line| line.chars().count() <= 70) && (underscores || lines().all(is_short) && reached() > 0);
    (apart && mail.says(0, start)).then_some(start)
}

/// The first paragraph by which lawyers or programs go on.
fn disclaimer(mail: &Mail<'_>, end: usize) -> Option<usize> {
    let from = end.saturating_sub(MAX_DISCLAIMER);
    let begins = |i: &usize| {
        let line = mail.line(*i);
        let apart = i.checked_sub(1).is_some_and(|above| mail.line(above).is_empty() || is_rule(mail.line(above)));
        apart && line.len() > 10 && {
            let line = fold(super::super::clean::prefix(line, 80));
            words::begins_disclaimer(line.trim_start_matches(|c: char| !c.is_alphanumeric()))
        }
    };
    (from..end).find(begins).filter(|start| mail.says(0, *start))
}

/// A name with ways to reach it, below a closing or a blank line.
fn contact(mail: &Mail<'_>, end: usize) -> Option<usize> {
    let (mut start, mut reached, mut blanks) = (end, 0, 0);
    for i in (end.saturating_sub(MAX_CONTACT)..end).rev() {
        let line = mail.line(i).trim();
        if line.is_empty() {
            blanks += 1;
            if blanks > 2 {
                break;
            }
            continue;
        }
        if is_closing(line) || !is_short(line) || is_rule(line) && reached > 0 {
            break;
        }
        if is_rule(line) {
            continue;
        }
        reached += usize::from(is_contact(line));
        start = i;
    }
    let below = start.checked_sub(1).map(|above| mail.line(above).trim()).unwrap_or_default();
    let apart = below.is_empty() || is_closing(below) || is_rule(below);
    let named = is_name(mail.line(start).trim()) || is_rule(below);
    let above = (0..start).rev().find(|i| !mail.line(*i).is_empty() && !is_rule(mail.line(*i)));
    let closed = above.is_some_and(|above| is_closing(mail.line(above).trim()));
    let enough = if closed || is_rule(below) { 1 } else { 2 };
    (reached >= enough && apart && named && mail.says(0, start)).then_some(start)
}

fn is_closing(line: &str) -> bool {
    line.len() < 60 && {
        let line = fold(line);
        words::is_closing(line.trim_matches(|c: char| !c.is_alphanumeric()))
    }
}

/// A line of a signature is no sentence, no item of a list, and no long one.
fn is_short(line: &str) -> bool {
    let bullet = line.starts_with(['-', '*', '•', '>']) && line.get(1..2) == Some(" ");
    // `Inc.`, `St.`
    let last = line.rsplit(' ').next().unwrap_or_default();
    let abbreviated = last.len() <= 6 && last.ends_with('.') && last.starts_with(char::is_uppercase);
    let ended = line.ends_with(['.', '?', '!', ':', ',', ';']) && !abbreviated;
    line.chars().count() <= 70 && !bullet && (is_contact(line) || !ended)
}

/// A telephone number, an address, a site: alone in its line, or behind its label.
fn is_contact(line: &str) -> bool {
    let words = line.split_whitespace().count();
    let numbers = line.bytes().filter(u8::is_ascii_digit).count();
    let letters = line.chars().filter(|c| c.is_alphabetic()).count();
    let mailbox = line.contains('@') && line.contains('.') && words <= 4;
    let site = words <= 3 && (line.contains("www.") || line.contains("://"));
    mailbox || site || (numbers >= 7 && letters <= 24 && !line.contains(['$', '€', '%', '=']))
}

/// One to four words that begin with capitals.
fn is_name(line: &str) -> bool {
    let line = line.trim_matches(['*', '-', '_', ' ']);
    let words = line.split_whitespace();
    let capital = |word: &str| word.starts_with(|c: char| c.is_uppercase() || !c.is_lowercase() && c.is_alphabetic());
    (1..=5).contains(&words.clone().count()) && words.clone().filter(|w| capital(w)).count() * 2 > words.count()
}
