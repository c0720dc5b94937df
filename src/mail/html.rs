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
use link::Base;
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
    convert(html, Keep::All, &[], Base::Unknown)
}

/// The same of a page that is kept beside what it links to: a link that names no host (`/plan`, `plan.html`, `#part`) keeps its
/// target. Not for notes: what a mail links to is not there, and the link would open a file of the vault.
///
/// ```
/// let html = "<a href='/rules?of=2026'>The rules</a>";
/// assert_eq!(postnote::mail::html::to_markdown(html), "The rules");
/// assert_eq!(postnote::mail::html::to_markdown_in_place(html), "[The rules](/rules?of=2026)");
/// ```
pub fn to_markdown_in_place(html: &str) -> String {
    convert(html, Keep::All, &[], Base::Itself)
}

fn convert(html: &str, keep: Keep, files: &[Attachment], place: Base<'_>) -> String {
    Page::of(html).convert(keep, files, place)
}

/// A page, read once for all that is made of it.
pub(crate) struct Page<'a> {
    html: &'a str,
    tree: tree::Tree<'a>,
    base: Option<String>,
}

impl<'a> Page<'a> {
    pub(crate) fn of(html: &'a str) -> Self {
        Page { html, tree: tree::parse(clean::prefix(html, MAX_INPUT)), base: base(html) }
    }

    /// True when it may mark what it quotes, so that [`Self::markdown_new`] leaves it out.
    pub(crate) fn marks_quotes(&self) -> bool {
        let marks = quoted::QUOTES.iter().chain(quoted::REPLY_HEADERS).map(|mark| mark.as_bytes());
        let holds = |mark: &[u8]| memchr::memmem::find(self.html.as_bytes(), mark).is_some();
        marks.chain([b"type=\"cite\"".as_slice()]).any(holds)
    }

    /// [`to_markdown`], with marks ([`super::picture`]) for the pictures that are among these files.
    pub(crate) fn markdown(&self, files: &[Attachment]) -> String {
        self.convert(Keep::All, files, Base::Unknown)
    }

    /// The same without what mail programs mark as quoted text or as signature.
    pub(crate) fn markdown_new(&self, files: &[Attachment]) -> String {
        self.convert(Keep::New, files, Base::Unknown)
    }

    /// [`to_text`].
    pub(crate) fn text(&self) -> String {
        plain::write(&self.tree)
    }

    fn convert(&self, keep: Keep, files: &[Attachment], place: Base<'_>) -> String {
        let base = self.base.as_deref().map_or(place, Base::Web);
        inert::settle(&markdown::write(&self.tree, keep, files, base, MAX_OUTPUT), true)
    }
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
    Page::of(html).text()
}

#[cfg(test)]
mod tests;
