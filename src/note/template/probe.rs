//! Where a template puts values: in plain text, or where text of a mail would not stay text.

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// Stands where a value would: a character of the private area, which no template has a use for.
pub(super) const MARK: char = '\u{f0f0}';

/// What is wrong with a note's shape, in which [`MARK`] stands for each value; `None`: nothing.
pub(super) fn misplaced(body: &str) -> Option<String> {
    between(body).or_else(|| in_markup(body))
}

fn said(place: &str, text: &str) -> String {
    let line = text.lines().find(|line| line.contains(MARK)).unwrap_or(text);
    let shown: String = line.trim().replace(MARK, "{{ … }}").chars().take(60).collect();
    format!("a value stands in {place} ({shown}); put it into plain text")
}

/// Marks of Obsidian and of plugins, which Markdown knows nothing of.
fn between(body: &str) -> Option<String> {
    for (open, close, place) in [
        ("[[", "]]", "a link (ready links, such as `source`, come with their brackets)"),
        ("<%", "%>", "a command"),
        ("%%", "%%", "a comment"),
    ] {
        let mut rest = body;
        while let Some((_, after)) = rest.split_once(open) {
            let (inside, after) = after.split_once(close).unwrap_or((after.split("\n\n").next().unwrap_or(after), ""));
            if inside.contains(MARK) {
                return Some(said(place, inside));
            }
            rest = after;
        }
    }
    None
}

fn in_markup(body: &str) -> Option<String> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS | Options::ENABLE_MATH;
    let mut in_code = false;
    for event in Parser::new_ext(body, options) {
        let (place, text) = match &event {
            Event::Start(Tag::CodeBlock(kind)) => {
                in_code = true;
                match kind {
                    CodeBlockKind::Fenced(info) => ("code", info.to_string()),
                    CodeBlockKind::Indented => continue,
                }
            }
            Event::End(TagEnd::CodeBlock) => {
                in_code = false;
                continue;
            }
            Event::Text(text) if in_code => ("code", text.to_string()),
            Event::Code(text) => ("code", text.to_string()),
            Event::InlineMath(text) | Event::DisplayMath(text) => ("a formula", text.to_string()),
            Event::Html(text) | Event::InlineHtml(text) => ("HTML or a comment", text.to_string()),
            Event::Start(Tag::Link { dest_url, title, .. } | Tag::Image { dest_url, title, .. }) => {
                ("a link's address", format!("{dest_url} {title}"))
            }
            _ => continue,
        };
        // An address is shown with what stands for a mark in it.
        if text.contains(MARK) || text.contains("%EF%83%B0") {
            return Some(said(place, &text));
        }
    }
    None
}
