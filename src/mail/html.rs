//! HTML of a mail → Markdown or plain text, bounded in time, memory and depth whatever the HTML is.
//!
//! In order: `sanitize` cuts what nobody reads and bounds the nesting; the tree is built, pruned, and its text
//! marked for [`super::inert`]; htmd writes Markdown; the marks become escapes. Nothing remote is kept but links.

mod charref;
mod fast;
mod sanitize;
mod tree;
mod write;

use super::inert::escape;
use tree::{Keep, Tree};

const MAX_OUTPUT: usize = 8 << 20;

/// HTML → inert Markdown (see [`super::inert`]): headings, lists, links, quotes, code, data tables.
pub fn to_markdown(html: &str) -> String {
    convert(html, Keep::All)
}

/// True when the HTML may mark what it quotes, so that [`to_markdown_new`] leaves it out.
pub(crate) fn marks_quotes(html: &str) -> bool {
    tree::QUOTES
        .iter()
        .chain(tree::REPLY_HEADERS)
        .any(|mark| memchr::memmem::find(html.as_bytes(), mark.as_bytes()).is_some())
        || html.contains("type=\"cite\"")
}

/// The same, without what mail programs mark as quoted text or as signature.
pub(crate) fn to_markdown_new(html: &str) -> String {
    convert(html, Keep::New)
}

fn convert(html: &str, keep: Keep) -> String {
    let Some(tree) = Tree::parse(html, keep) else {
        return super::inert::text(&to_text(html));
    };
    tree.mark_text();
    let marked = write::to_marked(&tree);
    if marked.len() > MAX_OUTPUT {
        return super::inert::text(&to_text(html));
    }
    escape::settle(&write::tidy(&marked), true)
}

/// HTML → plain text: paragraphs and lines, `- ` before list items, `text <address>` for links that say
/// something else than their address.
pub fn to_text(html: &str) -> String {
    tree::text_of(html)
}

#[cfg(test)]
mod tests;
