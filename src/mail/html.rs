//! HTML of a mail → Markdown or plain text, bounded in time, memory and depth whatever the HTML is.
//!
//! In order: `token` cuts the text into tags and words; `tree` nests them, without copying any; `markdown` and
//! `plain` walk the tree once and write; [`super::inert`] escapes. What nobody sees (`style`) is left out, and nothing
//! remote is kept but links (`link`).

mod charref;
mod code;
mod image;
mod inline;
mod list;
mod markdown;
mod plain;
mod quoted;
mod style;
mod table;
mod tag;
mod text;
mod token;
mod tree;
mod word;

use super::{Attachment, clean, inert, link};
pub(crate) use code::{defused, fence};
use quoted::Keep;

/// What stands behind this is not read: of a page, pictures written into it may be most.
pub(crate) const MAX_INPUT: usize = 8 << 20;
/// So far into a page its head may reach.
const MAX_HEAD: usize = 64 << 10;
/// No text of a mail becomes longer.
pub(crate) const MAX_OUTPUT: usize = 2 << 20;

/// HTML → inert Markdown (see [`super::inert`]): headings, lists, links, quotes, code, data tables.
///
/// ```
/// let html = "<p>See <a href='https://example.org/'>the <b>plan</b></a>.</p><ul><li>one<li>two</ul>";
/// let markdown = "See [the **plan**](https://example.org/).\n\n- one\n- two";
/// assert_eq!(postnote::mail::html::to_markdown(html), markdown);
/// ```
pub fn to_markdown(html: &str) -> String {
    convert(html, Keep::All, &[])
}

/// True when the HTML may mark what it quotes, so that [`to_markdown_new`] leaves it out.
pub(crate) fn marks_quotes(html: &str) -> bool {
    quoted::QUOTES
        .iter()
        .chain(quoted::REPLY_HEADERS)
        .any(|mark| memchr::memmem::find(html.as_bytes(), mark.as_bytes()).is_some())
        || html.contains("type=\"cite\"")
}

/// The same, with marks ([`super::picture`]) for the pictures that are among these files.
pub(crate) fn to_markdown_with(html: &str, files: &[Attachment]) -> String {
    convert(html, Keep::All, files)
}

/// And without what mail programs mark as quoted text or as signature.
pub(crate) fn to_markdown_new(html: &str, files: &[Attachment]) -> String {
    convert(html, Keep::New, files)
}

fn convert(html: &str, keep: Keep, files: &[Attachment]) -> String {
    let tree = tree::parse(clean::prefix(html, MAX_INPUT));
    inert::settle(&markdown::write(&tree, keep, files, base(html).as_deref(), MAX_OUTPUT), true)
}

/// What the page's relative links are relative to, where it says so (`<base href>`).
fn base(html: &str) -> Option<String> {
    // It stands in the head.
    let head = clean::prefix(html, MAX_HEAD).as_bytes();
    let at = memchr::memmem::find_iter(head, b"<")
        .find(|at| head.get(at + 1..at + 5).is_some_and(|name| name.eq_ignore_ascii_case(b"base")))?;
    let tag = html.get(at + 5..)?.split('>').next()?;
    let (_, href) = token::attributes(tag).find(|(name, _)| name.eq_ignore_ascii_case("href"))?;
    link::target(&charref::decode(href, true)).filter(|base| base.starts_with("http"))
}

/// HTML → plain text: paragraphs and lines, `- ` before list items, `text <address>` for links that say
/// something else than their address.
pub fn to_text(html: &str) -> String {
    plain::write(&tree::parse(clean::prefix(html, MAX_INPUT)))
}

#[cfg(test)]
mod tests;
