//! Markdown → text/html: simple, without scripts, styles or anything remote.

use super::inline::{is_web, plain_markdown};
use crate::note::draft::pictures;
use pulldown_cmark::{CowStr, Event, Options, Parser, Tag, TagEnd, html};

/// A whole HTML document, CRLF line ends. `cid` knows the Content-ID of a picture by what the text calls it.
pub fn render(markdown: &str, signature: Option<&str>, cid: &dyn Fn(&str) -> Option<String>) -> String {
    let mut body = to_html(markdown, cid);
    if let Some(signature) = signature {
        let lines: Vec<_> = signature.lines().map(escape).collect();
        body.push_str(&format!("<p>-- <br>\n{}</p>\n", lines.join("<br>\n")));
    }
    format!("<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"></head>\n<body>\n{body}</body>\n</html>\n")
        .replace("\r\n", "\n")
        .replace('\n', "\r\n")
}

fn to_html(markdown: &str, cid: &dyn Fn(&str) -> Option<String>) -> String {
    let markdown = without_setext(&plain_markdown(markdown));
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TASKLISTS;
    let mut dropped: Vec<bool> = Vec::new();
    let events = Parser::new_ext(&markdown, options).filter_map(|event| match event {
        // A line break that the writer sees in the editor is one that the reader sees.
        Event::SoftBreak => Some(Event::HardBreak),
        // HTML in the text is text.
        Event::Start(Tag::HtmlBlock) => Some(Event::Start(Tag::Paragraph)),
        Event::End(TagEnd::HtmlBlock) => Some(Event::End(TagEnd::Paragraph)),
        Event::Html(text) | Event::InlineHtml(text) => Some(Event::Text(text)),
        Event::Start(Tag::Link { ref dest_url, .. }) => {
            let drop = !is_web(dest_url);
            dropped.push(drop);
            (!drop).then_some(event)
        }
        Event::End(TagEnd::Link) => (dropped.pop() == Some(false)).then_some(event),
        event => Some(event),
    });
    let events = with_pictures(events, cid);
    let mut out = String::new();
    html::push_html(&mut out, events.into_iter());
    styled(&out)
}

/// Pictures that go along are shown; one that lies elsewhere is a link to it, since nothing is fetched behind a reader's
/// back; of any other the words stay.
fn with_pictures<'e>(events: impl Iterator<Item = Event<'e>>, cid: &dyn Fn(&str) -> Option<String>) -> Vec<Event<'e>> {
    let mut out = Vec::new();
    // The picture that is open, and the words in its brackets.
    let mut open: Option<(CowStr<'e>, String)> = None;
    for event in events {
        match (event, &mut open) {
            (Event::Start(Tag::Image { dest_url, .. }), None) => open = Some((dest_url, String::new())),
            (Event::End(TagEnd::Image), Some((target, label))) => {
                out.push(Event::InlineHtml(picture(target, label, cid).into()));
                open = None;
            }
            (Event::Text(text) | Event::Code(text), Some((_, label))) => label.push_str(&text),
            (Event::HardBreak | Event::SoftBreak, Some((_, label))) => label.push(' '),
            (_, Some(_)) => {}
            (event, None) => out.push(event),
        }
    }
    out
}

fn picture(target: &str, label: &str, cid: &dyn Fn(&str) -> Option<String>) -> String {
    let (words, width) = pictures::caption(label);
    if let Some(id) = cid(target) {
        let width = width.map(|width| format!(" width=\"{width}\"")).unwrap_or_default();
        let words = if words.is_empty() { pictures::name(target) } else { words.to_owned() };
        return format!("<img src=\"cid:{}\" alt=\"{}\"{width}>", escape(&id), escape(&words));
    }
    if is_web(target) {
        let words = if words.is_empty() { target } else { words };
        return format!("<a href=\"{}\">{}</a>", escape(target), escape(words));
    }
    escape(if words.is_empty() { target } else { words })
}

/// Where mail programs show the bare element poorly, a style stands in it: they know no other place for one. What the
/// owner wrote is text by now, so no tag is found in it.
fn styled(html: &str) -> String {
    const CELL: &str = "border:1px solid #ccc;padding:4px 8px";
    html.replace("<blockquote>", "<blockquote style=\"margin:0 0 0 .8ex;border-left:1px solid #ccc;padding-left:1ex\">")
        .replace("<table>", "<table style=\"border-collapse:collapse\">")
        .replace("<pre>", "<pre style=\"background:#f5f5f5;padding:8px\">")
        .replace("<th>", &format!("<th style=\"{CELL}\">"))
        .replace("<td>", &format!("<td style=\"{CELL}\">"))
        .replace("<th style=\"text-align", &format!("<th style=\"{CELL};text-align"))
        .replace("<td style=\"text-align", &format!("<td style=\"{CELL};text-align"))
}

/// A line of dashes or equals signs right below a text is, in a mail, a signature's mark or a rule: it does not make
/// that text a heading (CommonMark §4.3).
fn without_setext(markdown: &str) -> String {
    let mut fenced = false;
    let mut below_text = false;
    let mut out = String::with_capacity(markdown.len());
    for line in markdown.split_inclusive('\n') {
        let trimmed = line.trim();
        let fence = trimmed.starts_with("```") || trimmed.starts_with("~~~");
        fenced ^= fence;
        let underline = ["-", "="].iter().any(|c| !trimmed.is_empty() && trimmed.replace(c, "").is_empty());
        if below_text && underline && !fenced {
            out.push('\\');
            out.push_str(line.trim_start());
        } else {
            out.push_str(line);
        }
        below_text = !fenced && !fence && !trimmed.is_empty();
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
