//! Markdown → text/html: simple, without scripts, styles or anything remote.

use super::inline::{is_web, without_wikilinks};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

/// A whole HTML document, CRLF line ends.
pub fn render(markdown: &str, signature: Option<&str>) -> String {
    let mut body = to_html(markdown);
    if let Some(signature) = signature {
        let lines: Vec<_> = signature.lines().map(escape).collect();
        body.push_str(&format!("<p>-- <br>\n{}</p>\n", lines.join("<br>\n")));
    }
    format!("<!DOCTYPE html>\n<html>\n<head><meta charset=\"utf-8\"></head>\n<body>\n{body}</body>\n</html>\n")
        .replace("\r\n", "\n")
        .replace('\n', "\r\n")
}

fn to_html(markdown: &str) -> String {
    let markdown = without_setext(&without_wikilinks(markdown));
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
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => None,
        event => Some(event),
    });
    let mut out = String::new();
    html::push_html(&mut out, events);
    styled(&out)
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
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
