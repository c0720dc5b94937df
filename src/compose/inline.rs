//! What both bodies do with Obsidian's Markdown: pictures get Markdown's own spelling, wikilinks become their text, and
//! links into the vault theirs.

use crate::note::draft::pictures;
use crate::note::wikilink;

/// Plain Markdown: without wikilinks, and without embeds of notes. Code stays as it is.
pub fn plain_markdown(markdown: &str) -> String {
    wikilink::replaced(&pictures::standard(markdown), |_, inner| wikilink::text(inner).to_owned())
}

/// True for a link that leads somewhere for others, too; all else leads into the vault, and its path is nobody's business.
pub(super) fn is_web(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    ["http://", "https://", "mailto:"].iter().any(|scheme| url.starts_with(scheme))
}
