//! The one part of a draft that is ever sent.
//!
//! What is sent stands between `## Draft Response` and the next heading of the template. Everything here errs on
//! the side of sending less: template headings end the text at any level and in any case, comments go, and what
//! cannot be told apart is refused.

use super::Kind;

/// Why a draft has no text that could be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BodyError {
    /// No such section.
    #[error("it has no `## Draft Response` section; put the text to send below such a heading")]
    Missing,
    /// Nothing in it.
    #[error("its text is empty; write the reply under `## Draft Response`")]
    Empty,
    /// Twice.
    #[error("it has more than one `## Draft Response` section; keep one")]
    Doubled,
    /// A gap is left.
    #[error("the gap {0:?} is not filled in yet; replace it with your words, or delete it")]
    Placeholder(String),
    /// A comment without an end: no telling what was meant to stay private.
    #[error("a comment ({0}) is not closed; close or delete it")]
    OpenComment(&'static str),
}

/// Headings of the templates besides `Draft Response`.
const SECTIONS: [&str; 5] =
    ["key points to address", "original summary", "original email", "vault context used", "vault context"];
/// How the templates' last lines begin.
const FOOTERS: [&str; 2] = ["*postnote:", "*this draft was auto-generated"];

enum Line {
    Response,
    Section,
    Text,
}

fn judge(line: &str) -> Line {
    let trimmed = line.trim();
    let lower = trimmed.to_lowercase();
    if FOOTERS.iter().any(|f| lower.starts_with(f)) {
        return Line::Section;
    }
    let Some(title) = lower.strip_prefix('#') else { return Line::Text };
    let title = title.trim_matches(|c: char| c == '#' || c == ':' || c == '*' || c == '_' || c.is_whitespace());
    if title == "draft response" {
        Line::Response
    } else if SECTIONS.contains(&title) {
        Line::Section
    } else {
        Line::Text
    }
}

/// A line of somebody else's text that this module would take for one of the template's, made a line of text.
pub(super) fn harmless(line: &str) -> String {
    match judge(line) {
        Line::Text => line.to_owned(),
        Line::Response | Line::Section => {
            let text = line.trim_start();
            format!("{}\\{text}", line.strip_suffix(text).unwrap_or_default())
        }
    }
}

/// The text to send, as Markdown without comments, trimmed; or why there is none.
pub(super) fn extract(kind: Kind, note_body: &str) -> Result<String, BodyError> {
    let text = note_body.replace("\r\n", "\n");
    // Comments go first, so that a heading within one counts for nothing.
    let text = without_comments(&text)?;
    let lines: Vec<&str> = text.lines().collect();
    let marks: Vec<(usize, Line)> = lines.iter().enumerate().map(|(i, l)| (i, judge(l))).collect();
    let starts: Vec<usize> = marks.iter().filter(|(_, l)| matches!(l, Line::Response)).map(|(i, _)| i + 1).collect();
    let start = match (starts.as_slice(), kind) {
        ([one], _) => *one,
        ([_, ..], _) => return Err(BodyError::Doubled),
        ([], Kind::Reply) => return Err(BodyError::Missing),
        // The second template has its text below the head's rule.
        ([], Kind::EmailDraft) => 1 + lines.iter().position(|l| is_rule(l)).ok_or(BodyError::Missing)?,
        ([], Kind::Mail | Kind::Forward) => 0,
        // Words that go with the answer are its owner's choice.
        ([], Kind::Rsvp) => return Ok(String::new()),
    };
    let end = marks.iter().filter(|(i, l)| *i >= start && matches!(l, Line::Section)).map(|(i, _)| *i).next();
    let mut body: Vec<&str> = lines.get(start..end.unwrap_or(lines.len())).unwrap_or_default().to_vec();
    while body.last().is_some_and(|l| l.trim().is_empty()) {
        body.pop();
    }
    // The rule that separates the sections belongs to the template.
    if end.is_some() && body.last().is_some_and(|l| is_rule(l)) {
        body.pop();
    }
    let body = body.join("\n").trim_matches('\n').trim_end().to_owned();
    if body.trim().is_empty() {
        // An answer to an invitation, and what is passed on, may go without a word.
        let optional = matches!(kind, Kind::Rsvp | Kind::Forward);
        return if optional { Ok(String::new()) } else { Err(BodyError::Empty) };
    }
    match placeholder(&body) {
        Some(gap) => Err(BodyError::Placeholder(gap)),
        None => Ok(body),
    }
}

fn is_rule(line: &str) -> bool {
    line.trim() == "---"
}

/// Removes `<!-- … -->` and Obsidian's `%% … %%`.
fn without_comments(text: &str) -> Result<String, BodyError> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let html = opening(rest, "<!--").map(|at| (at, "<!--", "-->"));
        let obsidian = opening(rest, "%%").map(|at| (at, "%%", "%%"));
        let Some((at, open, close)) = html.into_iter().chain(obsidian).min_by_key(|(at, ..)| *at) else {
            out.push_str(rest);
            return Ok(out);
        };
        let (before, comment) = rest.split_at(at);
        out.push_str(before);
        let inner = comment.strip_prefix(open).unwrap_or_default();
        rest = inner.split_once(close).ok_or(BodyError::OpenComment(open))?.1;
        // A comment that has lines to itself leaves no empty ones behind.
        let above = if out.is_empty() { 2 } else { out.len() - out.trim_end_matches('\n').len() };
        for _ in 0..above.min(2) {
            rest = rest.strip_prefix('\n').unwrap_or(rest);
        }
    }
}

/// Where a comment opens. An escaped mark, as a quoted mail has it, opens none: else a mail could make the answers
/// below it vanish.
fn opening(text: &str, mark: &str) -> Option<usize> {
    text.match_indices(mark).map(|(at, _)| at).find(|at| !text.get(..*at).is_some_and(|before| before.ends_with('\\')))
}

/// The first gap that nobody filled: `[…]`, `[...]`, `[TODO …]`. What a mail says is escaped, and no gap; nor is a link.
fn placeholder(body: &str) -> Option<String> {
    for line in body.lines() {
        let quoted = line.trim_start().starts_with('>');
        for (at, _) in line.match_indices('[') {
            let rest = line.get(at + 1..).unwrap_or_default();
            let (inner, after) = rest.split_once(']').unwrap_or((rest, ""));
            if line.get(..at).is_some_and(|before| before.ends_with('\\')) || after.starts_with('(') {
                continue;
            }
            let word = inner.trim();
            let gap = word == "…" || word.starts_with("TODO") || (word == "..." && !quoted);
            if gap {
                return Some(format!("[{inner}]"));
            }
        }
    }
    None
}
