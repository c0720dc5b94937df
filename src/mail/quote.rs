//! Which lines of a mail are new, which quote an earlier one, which sign it.
//!
//! Plain text in, plain text out; nothing is lost: each line lands in one zone. The words of mail programs
//! (attribution lines, header blocks, separators) are in `marks`.

mod marks;

use marks::{attribution, forward, has_date, header_block, list_footer, separator, signature_start};

/// Above this length a quoted block that is answered is cut to its end.
const MAX_ANSWERED: usize = 15;
const MAX_SIGNATURE: usize = 25;

/// The zones of one mail's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones {
    /// What the sender wrote, with the quoted lines that are answered in between, and what was forwarded.
    pub new: String,
    /// What is quoted, with its attribution lines.
    pub quoted: String,
    /// The signature, without the `-- ` line.
    pub signature: String,
}

/// What a line of a mail is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// The sender's own words.
    New,
    /// Quoted, and answered right below.
    Answered,
    /// Passed on: another's words, and content.
    Forwarded,
    /// Quoted, or a line that says who is quoted.
    Quoted,
    /// The signature, a disclaimer, what a list adds.
    Signature,
}

/// Splits the text of a mail into its zones.
pub fn split(text: &str) -> Zones {
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    let zones = zones_of(&lines);
    collect(&lines, &zones)
}

/// The zone of each line of a mail's text.
pub fn zones(text: &str) -> Vec<Zone> {
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    zones_of(&lines)
}

fn zones_of(lines: &[&str]) -> Vec<Zone> {
    let mut zones = vec![Zone::New; lines.len()];
    let (head, rest) = boundary(lines);
    fill(&mut zones, head, rest, Zone::Forwarded);
    fill(&mut zones, rest, lines.len(), Zone::Quoted);
    if head == rest {
        let head = trailing_quote(lines, head, &mut zones);
        let head = signature(lines, head, &mut zones);
        // A signature may stand above the quote or below it.
        let head = trailing_quote(lines, head, &mut zones);
        inner_quotes(lines, head, &mut zones);
    }
    for (zone, line) in zones.iter_mut().zip(lines) {
        if *zone == Zone::New && is_quoted(line) {
            *zone = Zone::Answered;
        }
    }
    zones
}

/// Where the new text ends, and where the quoted rest begins; the two differ when mail is forwarded: then what
/// follows is content and nothing in it is split.
fn boundary(lines: &[&str]) -> (usize, usize) {
    for (i, line) in lines.iter().enumerate() {
        if line.is_empty() || (is_quoted(line) && !separator(line)) {
            continue;
        }
        if forward(line) {
            return (i, lines.len());
        }
        let tail = lines.get(i..).unwrap_or_default();
        let cut = if separator(line) || header_block(tail) {
            true
        } else if let Some(mark) = attribution(tail) {
            let next = tail.iter().skip(mark.lines).find(|l| !l.is_empty());
            mark.dated && next.is_some_and(|l| !is_quoted(l))
        } else {
            false
        };
        if cut {
            let start = above_rule(lines, above_name(lines, i));
            return (start, start);
        }
    }
    (lines.len(), lines.len())
}

/// Dashes, underscores and blank lines right above a quote belong to it.
fn above_rule(lines: &[&str], mut i: usize) -> usize {
    let is_rule = |l: &&&str| l.trim().chars().all(|c| "-_=*".contains(c)) && l.trim() != "--";
    while i > 0 && lines.get(i - 1).as_ref().is_some_and(is_rule) {
        i -= 1;
    }
    i
}

/// The name and date right above a header block that begins with `To:`.
fn above_name(lines: &[&str], i: usize) -> usize {
    let first = lines.get(i).map_or("", |l| l.trim_start());
    if !first.to_lowercase().starts_with("to:") {
        return i;
    }
    let near = lines.iter().take(i).rposition(|l| !l.is_empty());
    let Some(date) = near.filter(|d| i - d <= 2 && lines.get(*d).is_some_and(|l| has_date(l))) else { return i };
    let name = date.checked_sub(1).filter(|n| lines.get(*n).is_some_and(|l| !l.is_empty() && l.len() < 60));
    name.unwrap_or(date)
}

fn is_quoted(line: &str) -> bool {
    line.trim_start_matches([' ', '\t']).starts_with('>')
}

fn fill(zones: &mut [Zone], from: usize, to: usize, zone: Zone) {
    zones.iter_mut().take(to).skip(from).for_each(|z| *z = zone);
}

/// Takes a quote at the end of the first `head` lines, with its attribution; gives the new end.
fn trailing_quote(lines: &[&str], head: usize, zones: &mut [Zone]) -> usize {
    let end = lines.iter().take(head).rposition(|l| !l.is_empty()).map_or(0, |i| i + 1);
    if end == 0 || !lines.get(end - 1).is_some_and(|l| is_quoted(l)) {
        return head;
    }
    let mut start = end;
    while start > 0 && lines.get(start - 1).is_some_and(|l| is_quoted(l) || l.is_empty()) {
        start -= 1;
    }
    let start = attribution_above(lines, start);
    fill(zones, start, head, Zone::Quoted);
    start
}

/// The index of the attribution that ends right above line `i`, else `i`.
fn attribution_above(lines: &[&str], i: usize) -> usize {
    let end = lines.iter().take(i).rposition(|l| !l.is_empty()).map_or(0, |l| l + 1);
    // The longest first: a wrapped attribution has its date in the line above.
    for count in (1..=4).rev() {
        let Some(start) = end.checked_sub(count) else { continue };
        let window = lines.get(start..end).unwrap_or_default();
        if attribution(window).is_some_and(|m| m.lines == count) {
            return start;
        }
    }
    i
}

/// Finds the signature at the end of the first `head` lines; gives the new end.
fn signature(lines: &[&str], head: usize, zones: &mut [Zone]) -> usize {
    let start = lines.iter().take(head).rposition(|l| *l == "--" || *l == "-- ");
    let delimited = start.filter(|s| head - s <= MAX_SIGNATURE);
    let device = || {
        let from = head.saturating_sub(8);
        lines.iter().take(head).skip(from).position(|l| signature_start(l)).map(|i| from + i)
    };
    let footer = || (head.saturating_sub(10)..head).find(|i| list_footer(lines.get(*i..head).unwrap_or_default()));
    let Some(start) = delimited.or_else(device).or_else(footer) else { return head };
    if lines.iter().take(head).skip(start).any(|l| is_quoted(l)) {
        return head;
    }
    fill(zones, start, head, Zone::Signature);
    start
}

/// Quoted blocks with new text below them: answered ones stay, a mail quoted whole above its answer goes.
fn inner_quotes(lines: &[&str], head: usize, zones: &mut [Zone]) {
    let mut blocks = Vec::new();
    let mut i = 0;
    while i < head {
        let run = lines.iter().take(head).skip(i).take_while(|l| is_quoted(l)).count();
        if run > 0 {
            blocks.push((i, i + run));
        }
        i += run.max(1);
    }
    let above = |i: usize| lines.iter().take(i).any(|l| !l.is_empty() && !is_quoted(l));
    let parted = |a: usize, b: usize| lines.iter().take(b).skip(a).any(|l| !l.is_empty() && !is_quoted(l));
    let answers = blocks.windows(2).filter(|w| matches!(w, [a, b] if parted(a.1, b.0))).count();
    for (start, end) in blocks {
        let marked = attribution_above(lines, start);
        let whole = marked < start || end - start > MAX_ANSWERED;
        let bottom_posted = whole && answers == 0 && !above(marked);
        if bottom_posted {
            fill(zones, marked, end, Zone::Quoted);
        } else {
            fill(zones, marked, start, if marked < start { Zone::Quoted } else { Zone::New });
            fill(zones, start, end.saturating_sub(MAX_ANSWERED).max(start), Zone::Quoted);
        }
    }
}

fn collect(lines: &[&str], zones: &[Zone]) -> Zones {
    let of = |wanted: &[Zone]| {
        let mut out = String::new();
        for (line, _) in lines.iter().zip(zones).filter(|(_, zone)| wanted.contains(zone)) {
            out.push_str(line);
            out.push('\n');
        }
        out.trim_matches('\n').trim_end().to_owned()
    };
    let signature = of(&[Zone::Signature]);
    let signature = signature.strip_prefix("--").map_or(signature.as_str(), |s| s.trim_start_matches([' ', '\n']));
    Zones {
        new: of(&[Zone::New, Zone::Answered, Zone::Forwarded]),
        quoted: of(&[Zone::Quoted]),
        signature: signature.to_owned(),
    }
}

#[cfg(test)]
mod tests;
