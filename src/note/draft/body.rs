//! The one part of a draft that is ever sent.
//!
//! What is sent stands between `## Draft Response` and the next heading of the template. Everything here errs on
//! the side of sending less: template headings end the text at any level and in any case, comments go, and what
//! cannot be told apart is refused.

use super::Kind;
use crate::mail::look_alike::{is_invisible, skeleton};
use unicode_normalization::UnicodeNormalization;

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
    /// Something like a heading of what is never sent.
    #[error(
        "the line {0:?} looks like one that begins what is never sent, and is not written as such; where your text ends, put `## Vault Context Used` above it, else change or delete it"
    )]
    Doubtful(String),
}

/// Headings of the templates besides `Draft Response`.
const SECTIONS: [&str; 5] =
    ["key points to address", "original summary", "original email", "vault context used", "vault context"];
/// How the templates' last lines begin.
const FOOTERS: [&str; 2] = ["*postnote:", "*this draft was auto-generated"];
/// How the callout says what it says, behind its kind.
pub(super) const CALLOUT: &str = "postnote:";
/// What stands above private text besides, wherever in a line.
const PRIVATE: [&str; 2] = ["vault context", "context from notes"];

enum Line {
    Response,
    Section,
    Text,
}

fn judge(line: &str) -> Line {
    let trimmed = line.trim();
    let lower = trimmed.to_lowercase();
    if FOOTERS.iter().any(|f| lower.starts_with(f)) || is_callout(&lower) {
        return Line::Section;
    }
    let Some(title) = lower.strip_prefix('#') else { return Line::Text };
    let title = title.trim_matches(|c: char| c == '#' || c == ':' || c == '*' || c == '_' || c.is_whitespace());
    // Whatever spaces an editor has put between the words.
    let title = title.split_whitespace().collect::<Vec<_>>().join(" ");
    if title == "draft response" {
        Line::Response
    } else if SECTIONS.contains(&title.as_str()) {
        Line::Section
    } else {
        Line::Text
    }
}

/// The callout that says how to approve: wherever somebody moves it, the text ends there.
fn is_callout(line: &str) -> bool {
    let callout = line.trim_start_matches(['>', ' ']).strip_prefix("[!").and_then(|rest| rest.split_once(']'));
    line.starts_with('>')
        && callout.is_some_and(|(_, rest)| rest.trim_start_matches(['+', '-', ' ']).starts_with(CALLOUT))
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
    let body = with_gaps(kind, note_body)?;
    match placeholder(&body) {
        Some(gap) => Err(BodyError::Placeholder(gap)),
        None => Ok(body),
    }
}

/// The same, as far as it is written.
pub(super) fn with_gaps(kind: Kind, note_body: &str) -> Result<String, BodyError> {
    let text = note_body.replace("\r\n", "\n");
    // Comments go first, so that a heading within one counts for nothing.
    let text = without_comments(&text)?;
    let lines = without_hidden_definitions(&text)?;
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
    if let Some(line) = doubtful(&body) {
        return Err(BodyError::Doubtful(line.trim().to_owned()));
    }
    let body = body.join("\n").trim_matches('\n').trim_end().to_owned();
    if body.trim().is_empty() {
        // An answer to an invitation, and what is passed on, may go without a word.
        let optional = matches!(kind, Kind::Rsvp | Kind::Forward);
        return if optional { Ok(String::new()) } else { Err(BodyError::Empty) };
    }
    Ok(body)
}

/// A line that a person would take for a heading of the template, and that [`judge`] does not: underlined, quoted,
/// folded, with more words or other letters. Whether the text ends there, only its owner knows.
fn doubtful<'a>(body: &[&'a str]) -> Option<&'a str> {
    let below = body.iter().skip(1).map(Some).chain([None]);
    let titles: Vec<String> = SECTIONS.into_iter().chain(["draft response"]).map(skeleton).collect();
    let private = PRIVATE.map(skeleton);
    body.iter().zip(below).map(|(line, below)| (*line, below.is_some_and(|l| is_underline(l)))).find_map(
        |(line, underlined)| {
            let bare = without_quotes(line);
            // What a mail says stands there quoted, and with its marks escaped.
            let own = !line.trim_start().starts_with('>');
            let said = words(bare);
            if bare.starts_with('\\') {
                return None;
            }
            let headed = underlined || ["#", "<", "[!"].iter().any(|mark| bare.starts_with(mark));
            let emphatic = ["**", "__", "=="].iter().any(|mark| bare.starts_with(mark));
            let is = |title: &String| said == *title;
            let found = (headed
                && (titles.iter().any(|title| said.starts_with(title)) || private.iter().any(|p| said.contains(p))))
                || (emphatic && (titles.iter().any(is) || private.iter().any(|p| said.starts_with(p))))
                || (own && private.iter().any(|p| said == *p || said == format!("{p} {}", skeleton("used"))));
            found.then_some(line)
        },
    )
}

/// The underline of a heading (CommonMark §4.3).
fn is_underline(line: &str) -> bool {
    let line = line.trim_start_matches(|c: char| c == '>' || c.is_whitespace()).trim_end();
    !line.is_empty() && (line.chars().all(|c| c == '-') || line.chars().all(|c| c == '='))
}

/// The line without the marks of quotes and lists in front.
fn without_quotes(line: &str) -> &str {
    let line =
        line.trim_start_matches(|c: char| c.is_whitespace() || c.is_ascii_digit() || ">.)-+\u{feff}".contains(c));
    line.strip_prefix("* ").unwrap_or(line).trim()
}

/// The words that a line shows: without tags, marks, digits and what cannot be seen; letters that look alike are one.
fn words(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    let mut depth = 0u32;
    let callout = line.strip_prefix("[!").and_then(|rest| rest.split_once(']')).map_or(line, |(_, rest)| rest);
    for c in callout.nfkc().filter(|c| !is_invisible(*c)) {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            c if c.is_alphabetic() => text.extend(c.to_lowercase()),
            _ => text.push(' '),
        }
    }
    skeleton(&text.split_whitespace().collect::<Vec<_>>().join(" "))
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

/// The lines but those that hide a remark as a link's definition that leads nowhere: `[//]: # (remark)`.
fn without_hidden_definitions(text: &str) -> Result<Vec<&str>, BodyError> {
    let mut lines = Vec::new();
    for line in text.lines() {
        let bare = without_quotes(line);
        let target = bare.starts_with('[').then(|| bare.split_once("]:")).flatten().map(|(_, target)| target.trim());
        let Some(remark) = target.and_then(|t| t.strip_prefix('#').or_else(|| t.strip_prefix("<>"))) else {
            lines.push(line);
            continue;
        };
        let remark = remark.trim();
        let closed = [('"', '"'), ('\'', '\''), ('(', ')')]
            .iter()
            .any(|(open, close)| remark.starts_with(*open) && remark.len() > 1 && remark.ends_with(*close));
        if !closed && remark.starts_with(['"', '\'', '(']) {
            return Err(BodyError::OpenComment("[//]: #"));
        }
        if !closed {
            lines.push(line);
        }
    }
    Ok(lines)
}

/// Where a comment opens. An escaped mark, as a quoted mail has it, opens none: else a mail could make the answers
/// below it vanish.
fn opening(text: &str, mark: &str) -> Option<usize> {
    let backslashes = |at: usize| text.get(..at).map_or(0, |before| before.len() - before.trim_end_matches('\\').len());
    // Two of them are one that is shown, and escape nothing.
    text.match_indices(mark).map(|(at, _)| at).find(|at| backslashes(*at).is_multiple_of(2))
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
