//! Markdown → text/plain with format=flowed (RFC 3676): what was written, readable everywhere.
//!
//! Emphasis, lists and quotes stay as typed, as people write them in plain mail; links show their target;
//! backslash escapes and wikilinks become their text, and pictures are named.

use super::inline::{is_web, plain_markdown};
use crate::note::draft::pictures;

/// Lines are wrapped at a space before this column (RFC 3676 §4.2 asks for at most 78).
const WIDTH: usize = 72;

/// The body, CRLF line ends, the signature below `-- `.
pub fn flowed(markdown: &str, signature: Option<&str>) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut fenced = false;
    let text = plain_markdown(markdown);
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~");
        fenced ^= fence;
        if fenced || fence {
            lines.push(stuffed(line.trim_end()));
        } else {
            flow(&unescaped(line), &mut lines);
        }
    }
    if let Some(signature) = signature {
        lines.extend([String::new(), "-- ".to_owned()]);
        lines.extend(signature.lines().map(|l| stuffed(l.trim_end())));
    }
    lines.iter().fold(String::new(), |out, line| out + line + "\r\n")
}

/// The text as people write it in plain mail, line by line as it stands in the note.
pub fn plain(markdown: &str) -> String {
    markdown.lines().map(|line| unescaped(line.trim_end())).collect::<Vec<_>>().join("\n")
}

/// One line of the source as one flowed paragraph: every line but the last ends in a space.
fn flow(line: &str, lines: &mut Vec<String>) {
    // The signature's mark, written by hand: it keeps its space and flows nowhere (RFC 3676 §4.3).
    if line == "-- " {
        return lines.push(line.to_owned());
    }
    let line = line.trim_end();
    let (depth, text) = quote_depth(line);
    let prefix = if depth > 0 { format!("{} ", ">".repeat(depth)) } else { String::new() };
    let mut current = String::new();
    for word in text.split_inclusive(' ') {
        let width = prefix.chars().count() + current.chars().count() + word.trim_end().chars().count();
        if width > WIDTH && !current.trim().is_empty() {
            lines.push(format!("{prefix}{}", stuffed_if(depth == 0, &current)));
            current.clear();
        }
        current.push_str(word);
    }
    let last = current.trim_end();
    lines.push(if depth > 0 { format!("{prefix}{last}").trim_end().to_owned() } else { stuffed(last) });
}

fn quote_depth(line: &str) -> (usize, &str) {
    let mut depth = 0;
    let mut rest = line;
    while let Some(inner) = rest.strip_prefix('>') {
        depth += 1;
        rest = inner.strip_prefix(' ').unwrap_or(inner);
    }
    (depth, rest)
}

/// Space-stuffing (RFC 3676 §4.4).
fn stuffed(line: &str) -> String {
    if line.starts_with([' ', '>']) || line.starts_with("From ") { format!(" {line}") } else { line.to_owned() }
}

fn stuffed_if(yes: bool, line: &str) -> String {
    if yes { stuffed(line) } else { line.to_owned() }
}

/// Inline Markdown that plain text shows otherwise: `\*` → `*`, `[text](url)` → `text <url>`, `<url>` → `url`.
fn unescaped(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let tail = rest.get(c.len_utf8()..).unwrap_or_default();
        match c {
            '\\' if tail.starts_with(|n: char| n.is_ascii_punctuation()) => {
                out.extend(tail.chars().next());
                rest = tail.get(1..).unwrap_or_default();
            }
            '`' => match tail.split_once('`') {
                Some((code, after)) => {
                    out.push_str(&format!("`{code}`"));
                    rest = after;
                }
                None => {
                    out.push(c);
                    rest = tail;
                }
            },
            '!' if tail.starts_with('[') => match image(tail) {
                Some((words, after)) => {
                    out.push_str(&words);
                    rest = after;
                }
                None => {
                    out.push(c);
                    rest = tail;
                }
            },
            '[' => match link(tail) {
                Some((text, url, after)) => {
                    out.push_str(&if text == url || !is_web(&url) { text } else { format!("{text} <{url}>") });
                    rest = after;
                }
                None => {
                    out.push(c);
                    rest = tail;
                }
            },
            _ => {
                out.push(c);
                rest = tail;
            }
        }
    }
    out
}

/// `[label](target)…`: a picture of the vault by its name, any other by its words.
fn image(rest: &str) -> Option<(String, &str)> {
    let inner = rest.strip_prefix('[')?;
    let (label, target) = inner.split_once("](")?;
    if label.contains(['[', ']']) {
        return None;
    }
    let named = target.strip_prefix('<').and_then(|t| t.split_once('>'));
    let (url, after) = match named {
        Some((url, after)) => (url.to_owned(), after.get(closing(after)?..)?.strip_prefix(')')?),
        None => {
            let (_, url, after) = link(inner)?;
            (url, after)
        }
    };
    let label = unescaped(label);
    if pictures::is_picture(&url) {
        return Some((pictures::in_words(&label, &url), after));
    }
    let web = url.contains("://");
    Some((
        if label.is_empty() || label == url {
            url
        } else if web {
            format!("{label} <{url}>")
        } else {
            label
        },
        after,
    ))
}

/// `text](url)…` after the opening bracket.
fn link(rest: &str) -> Option<(String, String, &str)> {
    let (text, target) = rest.split_once("](")?;
    if text.contains(['[', ']']) {
        return None;
    }
    let (url, after) = target.split_at_checked(closing(target)?)?;
    let after = after.strip_prefix(')')?;
    let url = url.split_whitespace().next()?.trim_matches(['<', '>']);
    Some((unescaped(text), url.to_owned(), after))
}

/// Where the parenthesis that ends a link's target is: those inside the target come in pairs (CommonMark §6.3).
fn closing(target: &str) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in target.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
