//! Which lines of a mail are new, which quote an earlier one, which sign it.
//!
//! Plain text in, a [`Zone`] for each of its lines out; nothing is lost or changed. What parts the zones is found by `marks`
//! (attribution lines, header blocks, separators) and `tail` (signatures, footers); the words are in `words`. One pass: a
//! line is looked at closely only where its first or last letters say that it may be a mark.

mod lines;
mod marks;
mod tail;
mod words;

use marks::{attribution, forward, has_date, header_block, is_rule, separator};

/// Above this length a quoted block that is answered is cut to its end.
const MAX_ANSWERED: usize = 15;
/// So many marks are looked at twice; nobody answers more mails below each other.
const MAX_MARKS: usize = 50;

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
    /// The signature, a disclaimer, what a list or a program adds.
    Signature,
}

/// What a mail's subject says of what follows its first words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It is answered, as far as one knows.
    Answer,
    /// It is passed on (`Fwd:`).
    PassedOn,
}

/// The zones of one mail's text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Zones {
    /// What the sender wrote, with the quoted lines that are answered in between, and what was forwarded.
    pub new: String,
    /// What is quoted, with its attribution lines.
    pub quoted: String,
    /// The signature, without the `-- ` line, and what stands below it.
    pub signature: String,
    /// The zone of each line.
    pub lines: Vec<Zone>,
}

/// Splits the text of a mail into its zones.
pub fn split(text: &str, sent: Sent) -> Zones {
    gather(text, zones(text, sent))
}

/// The texts of the zones; one for each line.
pub(super) fn gather(text: &str, zones: Vec<Zone>) -> Zones {
    let lines: Vec<&str> = text.split('\n').map(str::trim_end).collect();
    collect(&lines, zones)
}

/// The zone of each line of a mail's text.
pub fn zones(text: &str, sent: Sent) -> Vec<Zone> {
    let lines: Vec<&str> = text.split('\n').map(bare).collect();
    Mail::of(&lines, sent).zones
}

/// A line without the white space at its end; and without what is left of it at both ends where a program between sender and
/// reader did not undo quoted-printable.
fn bare(line: &str) -> &str {
    let mut line = line.trim_end();
    while let Some(rest) = line.strip_suffix("=20").or_else(|| line.strip_suffix("=09")) {
        line = rest.trim_end();
    }
    while let Some(rest) = line.strip_prefix("=09").or_else(|| line.strip_prefix("=20")) {
        line = rest.trim_start();
    }
    line
}

/// A mail's lines, and what is known of each.
struct Mail<'t> {
    lines: &'t [&'t str],
    /// Lines that carry a quote mark, or were wrapped out of one that does.
    quoted: Vec<bool>,
    zones: Vec<Zone>,
}

/// Where the sender's part ends.
struct Cut {
    /// The first line of what follows.
    start: usize,
    zone: Zone,
}

impl<'t> Mail<'t> {
    fn of(lines: &'t [&'t str], sent: Sent) -> Mail<'t> {
        let mut mail = Mail { lines, quoted: lines::quoted(lines), zones: vec![Zone::New; lines.len()] };
        let cut = mail.cut(sent);
        mail.fill(cut.start, lines.len(), cut.zone);
        mail.head(cut.start);
        for (zone, quoted) in mail.zones.iter_mut().zip(&mail.quoted) {
            if *zone == Zone::New && *quoted {
                *zone = Zone::Answered;
            }
        }
        mail.never_empty();
        mail.blanks();
        mail
    }

    fn line(&self, at: usize) -> &'t str {
        self.lines.get(at).copied().unwrap_or_default()
    }

    fn is_quoted(&self, at: usize) -> bool {
        self.quoted.get(at).copied().unwrap_or_default()
    }

    fn fill(&mut self, from: usize, to: usize, zone: Zone) {
        self.zones.iter_mut().take(to).skip(from).for_each(|z| *z = zone);
    }

    /// The next line from `at` on that is not empty.
    fn next(&self, at: usize) -> Option<usize> {
        (at..self.lines.len()).find(|i| !self.line(*i).is_empty())
    }

    /// The line after the last of the first `head` that is not empty.
    fn end(&self, head: usize) -> usize {
        self.lines.iter().take(head).rposition(|l| !l.is_empty()).map_or(0, |i| i + 1)
    }

    /// True when there are words in `from..to` that are not quoted.
    fn says(&self, from: usize, to: usize) -> bool {
        (from..to).any(|i| {
            !self.is_quoted(i) && self.zones.get(i) == Some(&Zone::New) && self.line(i).contains(char::is_alphanumeric)
        })
    }

    /// Finds where an earlier mail begins that is not marked line by line, or one that is passed on.
    fn cut(&mut self, sent: Sent) -> Cut {
        let (mut at, mut marks) = (0, 0);
        while at < self.lines.len() {
            let here = at;
            at += 1;
            let line = self.line(here);
            // Of lines that are quoted, only `>>> Ada 2/1/26 >>>` may be a mark.
            let quoted = self.is_quoted(here);
            if line.is_empty() || (quoted && !separator(self.lines, here)) {
                continue;
            }
            if !quoted && forward(line) {
                return Cut { start: here, zone: Zone::Forwarded };
            }
            let block = if quoted { None } else { header_block(self.lines, here) };
            if block.is_some() || separator(self.lines, here) {
                let after = block.or_else(|| header_block(self.lines, self.next(here + 1)?)).unwrap_or(here + 1);
                let start = self.above_rule(self.above_name(here));
                if marks < MAX_MARKS && self.answered_below(after) {
                    marks += 1;
                    self.fill(start, after, Zone::Quoted);
                    at = after;
                    continue;
                }
                let zone = if sent == Sent::PassedOn { Zone::Forwarded } else { Zone::Quoted };
                return Cut { start, zone };
            }
            let Some(mark) = attribution(self.lines, here) else { continue };
            let quotes = self.next(here + 1).is_some_and(|next| self.is_quoted(next));
            if quotes || !mark.sure {
                continue;
            }
            let start = self.above_rule(mark.start);
            if marks < MAX_MARKS && !self.says(0, start) && self.says(here + 1, self.lines.len()) {
                marks += 1;
                // Nothing would be left: the marks of quoting got lost, and this answers from below.
                self.fill(start, here + 1, Zone::Quoted);
                continue;
            }
            return Cut { start, zone: Zone::Quoted };
        }
        Cut { start: self.lines.len(), zone: Zone::Quoted }
    }

    /// True when below a mail's header, line by line marked as quoted, somebody answers.
    fn answered_below(&self, after: usize) -> bool {
        let Some(first) = self.next(after).filter(|first| self.is_quoted(*first)) else { return false };
        let marked = (first..self.lines.len()).take_while(|i| self.is_quoted(*i) || self.line(*i).is_empty()).count();
        marked > 1 && self.says(first + marked, self.lines.len())
    }

    /// Rules and blank lines right above a quote belong to it.
    fn above_rule(&self, mut at: usize) -> usize {
        while at > 0 && (self.line(at - 1).is_empty() || is_rule(self.line(at - 1))) {
            at -= 1;
        }
        at
    }

    /// What Lotus Notes puts above a header that begins with `To:`: a name, a date, who sent it for whom.
    fn above_name(&self, at: usize) -> usize {
        if !self.line(at).trim_start().get(..3).is_some_and(|key| key.eq_ignore_ascii_case("to:")) {
            return at;
        }
        let Some(date) = (at.saturating_sub(4)..at).rev().find(|i| has_date(self.line(*i))) else { return at };
        let near = |i: &usize| !self.line(*i).is_empty() && self.line(*i).len() < 100;
        let above = (date.saturating_sub(4)..date).rev().take_while(near).count();
        // With text right above there is no telling how far the name goes.
        if above < 4 { date - above } else { date - 1 }
    }

    /// What comes before the cut: signatures, and quotes that are marked line by line.
    fn head(&mut self, head: usize) {
        let quote = self.trailing_quote(head);
        // A signature may stand above the quote or below it.
        let below = tail::signature(self, quote);
        let above = self.trailing_quote(below);
        let head = if above < below { tail::signature(self, above) } else { above };
        self.inner_quotes(head);
    }

    /// Takes a quote at the end of the first `head` lines, with its attribution; gives the new end.
    fn trailing_quote(&mut self, head: usize) -> usize {
        let end = self.end(head);
        if end == 0 || !self.is_quoted(end - 1) {
            return head;
        }
        let start = (0..end).rev().take_while(|i| self.is_quoted(*i) || self.line(*i).is_empty()).count();
        let start = self.attribution_above(end - start);
        self.fill(start, head, Zone::Quoted);
        start
    }

    /// The first line of the attribution that ends right above line `at`, else `at`.
    fn attribution_above(&self, at: usize) -> usize {
        let end = self.end(at);
        let Some(last) = end.checked_sub(1) else { return at };
        attribution(self.lines, last).map_or(at, |mark| mark.start)
    }

    /// Quoted blocks with new text below them: answered ones stay, a mail quoted whole above its answer goes.
    fn inner_quotes(&mut self, head: usize) {
        let mut blocks: Vec<(usize, usize)> = Vec::new();
        let mut at = 0;
        while at < head {
            let run = (at..head).take_while(|i| self.is_quoted(*i)).count();
            if run > 0 {
                blocks.push((at, at + run));
            }
            at += run.max(1);
        }
        let parted = |w: &[(usize, usize)]| matches!(w, [a, b] if self.says(a.1, b.0));
        let answers = blocks.windows(2).filter(|w| parted(w)).count();
        let said = (0..head).find(|i| self.says(*i, i + 1)).unwrap_or(head);
        for (start, end) in blocks {
            let marked = self.attribution_above(start);
            let headed =
                self.end(start).checked_sub(1).is_some_and(|above| self.zones.get(above) == Some(&Zone::Quoted));
            let whole = marked < start || headed || end - start > MAX_ANSWERED;
            if whole && answers == 0 && marked <= said {
                self.fill(marked, end, Zone::Quoted);
            } else {
                self.fill(marked, start, Zone::Quoted);
                self.fill(start, end.saturating_sub(MAX_ANSWERED).max(start), Zone::Quoted);
            }
        }
    }

    /// Blank lines go with what is on both sides of them.
    fn blanks(&mut self) {
        let mut before: Option<usize> = None;
        for at in 0..self.lines.len() {
            if self.line(at).is_empty() {
                continue;
            }
            if let (Some(before), Some(zone)) = (before, self.zones.get(at).copied())
                && self.zones.get(before) == Some(&zone)
            {
                self.fill(before + 1, at, zone);
            }
            before = Some(at);
        }
    }

    /// Where all of it is quoted and nobody says whom, it is what the sender has to say.
    fn never_empty(&mut self) {
        let nothing = |zone: &Zone| !matches!(zone, Zone::Quoted | Zone::Signature);
        let lines = || (0..self.lines.len()).filter(|i| !self.line(*i).is_empty());
        if lines().any(|i| self.zones.get(i).is_some_and(nothing)) {
            return;
        }
        let bare: Vec<&str> = lines().take(4).map(|i| self.line(i).trim_start_matches(['>', ' '])).collect();
        let named = (0..bare.len()).any(|end| attribution(&bare, end).is_some() || header_block(&bare, end).is_some());
        let only_marked = lines().all(|i| self.zones.get(i) == Some(&Zone::Signature) || self.is_quoted(i));
        if only_marked && !named {
            self.zones.iter_mut().filter(|z| **z == Zone::Quoted).for_each(|z| *z = Zone::Answered);
        }
    }
}

fn collect(lines: &[&str], zones: Vec<Zone>) -> Zones {
    let of = |wanted: &[Zone]| {
        let mut out = String::new();
        for (line, _) in lines.iter().zip(&zones).filter(|(_, zone)| wanted.contains(zone)) {
            out.push_str(line);
            out.push('\n');
        }
        let end = out.trim_end().len();
        out.truncate(end);
        out.drain(..out.len() - out.trim_start_matches('\n').len());
        out
    };
    let signature = of(&[Zone::Signature]);
    let signature = signature
        .strip_prefix("--")
        .map(|rest| rest.trim_start_matches(' '))
        .filter(|rest| rest.is_empty() || rest.starts_with('\n'))
        .map_or(signature.as_str(), |rest| rest.trim_start_matches('\n'));
    Zones {
        new: of(&[Zone::New, Zone::Answered, Zone::Forwarded]),
        quoted: of(&[Zone::Quoted]),
        signature: signature.to_owned(),
        lines: zones,
    }
}

#[cfg(test)]
mod tests;
