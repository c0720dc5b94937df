//! Text of a mail → Markdown in which nothing is live: not for CommonMark, not for Obsidian and not for the
//! plugins that run code out of notes (Dataview, Tasks, Templater). The words stay readable.
//!
//! Plain text goes through [`text`] or [`line()`]; the text nodes of HTML go through the same policy, which is in
//! `escape`. Nothing here is for YAML: that is escaped by its serializer.

mod escape;
mod marked;

use super::clean;
pub(crate) use escape::settle;
pub(crate) use marked::Marked;

const MAX_QUOTE_DEPTH: usize = 20;
const NO_BREAK_SPACE: &str = "\u{a0}";

/// One line of Markdown, for headings, table cells, list items and link labels.
///
/// ```
/// assert_eq!(postnote::mail::inert::line("a [[note]]\n#tag"), "a \\[\\[note\\]\\] \\#tag");
/// ```
pub fn line(text: &str) -> String {
    let mut marked = Marked::default();
    marked.push_text(&clean::header(text));
    settle(&marked, true)
}

/// A block of Markdown. Lines, `- ` and `1. ` lists, `> ` quotes and web addresses stay what they are.
pub fn text(text: &str) -> String {
    let (text, _) = clean::body(text);
    let mut marked = Marked::with_capacity(text.len() + 64);
    let mut depth_before = 0;
    for line in text.split('\n') {
        let (depth, rest) = quote_markers(line);
        let markers = ">>>>>>>>>>>>>>>>>>>>".get(..depth).unwrap_or_default();
        let rest = rest.trim_end();
        // Without a blank line in between, Markdown takes what follows a quote for a part of it.
        if depth < depth_before && !rest.is_empty() {
            marked.push_raw(markers);
            marked.push_text("\n");
        }
        depth_before = depth;
        marked.push_raw(markers);
        if depth > 0 && !rest.is_empty() {
            marked.push_text(" ");
        }
        push_line(&mut marked, rest);
        marked.push_text("\n");
    }
    settle(&marked.trim_lines(), false)
}

/// One line for a terminal or a log: nothing that moves the cursor, colours or reorders.
pub fn terminal(text: &str) -> String {
    clean::header(text)
}

/// How often a line is quoted, and what follows the markers.
fn quote_markers(line: &str) -> (usize, &str) {
    let (mut depth, mut rest) = (0, line);
    while depth < MAX_QUOTE_DEPTH {
        let trimmed = rest.trim_start_matches(' ');
        match trimmed.strip_prefix('>') {
            Some(after) if rest.len() - trimmed.len() < 4 => {
                depth += 1;
                rest = after;
            }
            _ => break,
        }
    }
    (depth, if depth > 0 { rest.strip_prefix(' ').unwrap_or(rest) } else { rest })
}

fn push_line(marked: &mut Marked, line: &str) {
    let content = line.trim_start_matches([' ', '\t']);
    let indent = line.get(..line.len() - content.len()).unwrap_or_default();
    if indent.len() > 3 || indent.contains('\t') {
        for c in indent.chars() {
            marked.push_text(&NO_BREAK_SPACE.repeat(if c == '\t' { 4 } else { 1 }));
        }
        push_words(marked, content);
        return;
    }
    marked.push_text(indent);
    match list_marker(content) {
        Some((marker, item)) => {
            marked.push_raw(marker);
            marked.push_text(" ");
            push_words(marked, item);
        }
        None => push_words(marked, content),
    }
}

/// Splits `- item` and `1. item`; what is only dashes is no list.
fn list_marker(content: &str) -> Option<(&str, &str)> {
    let (marker, item) = content.split_once(' ')?;
    let item = item.trim_start_matches([' ', '\t']);
    let number = |m: &str| {
        let digits = m.strip_suffix(['.', ')']).unwrap_or_default();
        (1..=9).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit())
    };
    let marker = if marker == "*" { "-" } else { marker };
    let is_marker = matches!(marker, "-" | "+") || number(marker);
    (is_marker && item.chars().any(char::is_alphanumeric)).then_some((marker, item))
}

/// Appends text with the web addresses in it as autolinks.
pub(crate) fn push_words(marked: &mut Marked, mut text: &str) {
    while let Some((before, url, mut after)) = split_url(text) {
        let mut before = before;
        // An address in angle brackets has them already.
        if let Some((head, tail)) = before.strip_suffix('<').zip(after.strip_prefix('>'))
            && is_safe_url(url)
        {
            (before, after) = (head, tail);
        }
        marked.push_text(before);
        if is_safe_url(url) {
            marked.push_raw("<");
            marked.push_raw(url);
            marked.push_raw(">");
        } else {
            marked.push_text(url);
        }
        text = after;
    }
    marked.push_text(text);
}

/// The text before the first web or mail address, the address, and the text after it.
pub(super) fn split_url(text: &str) -> Option<(&str, &str, &str)> {
    for at in memchr::memchr_iter(b':', text.as_bytes()) {
        let (before, after) = (text.get(..at)?, text.get(at + 1..)?);
        if !after.starts_with("//") && !before.ends_with(['o', 'O']) {
            continue;
        }
        let scheme_len = before.bytes().rev().take(7).take_while(u8::is_ascii_alphanumeric).count();
        let start = at - scheme_len;
        let scheme = before.get(start..)?;
        let is = |known: &str| scheme.eq_ignore_ascii_case(known);
        let web = (is("http") || is("https")) && after.starts_with("//");
        if !web && !is("mailto") {
            continue;
        }
        let rest = text.get(start..)?;
        let end = rest.find(|c: char| c.is_whitespace() || "<>\"\u{a0}".contains(c)).unwrap_or(rest.len());
        let url = rest.get(..end)?;
        if !web && !url.contains('@') {
            continue;
        }
        let url = trim_url(url);
        return Some((text.get(..start)?, url, rest.get(url.len()..)?));
    }
    None
}

/// Leaves the punctuation of the sentence outside, and a closing bracket that the address did not open.
fn trim_url(mut url: &str) -> &str {
    let count = |bracket: char| url.matches(bracket).count();
    let mut unopened = count(')').saturating_sub(count('('));
    loop {
        let shorter = url.trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_', '~', '%', ']', '}', '|']);
        let shorter = match shorter.strip_suffix(')') {
            Some(open) if unopened > 0 => {
                unopened -= 1;
                open
            }
            _ => shorter,
        };
        if shorter.len() == url.len() {
            return url;
        }
        url = shorter;
    }
}

fn is_safe_url(url: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-._~/?#@!&'+,;=:%()".contains(c);
    let host = url.split_once(':').map_or("", |(_, rest)| rest.trim_start_matches('/'));
    let entity = url.split('&').skip(1).any(|s| {
        s.find(|c: char| !c.is_ascii_alphanumeric() && c != '#')
            .and_then(|i| s.get(i..))
            .is_some_and(|t| t.starts_with(';'))
    });
    url.len() <= 2048
        && host.starts_with(|c: char| c.is_ascii_alphanumeric())
        && url.chars().all(allowed)
        && !["%%", "~~", "::"].iter().any(|pair| url.contains(pair))
        && !entity
}

#[cfg(test)]
mod tests;
