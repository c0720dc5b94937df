//! What both bodies do with Obsidian's Markdown first: pictures get Markdown's own spelling, and wikilinks become their text.

use crate::note::draft::pictures;
use crate::note::wikilink;

/// Plain Markdown: without wikilinks, and without embeds of notes. Code stays as it is.
pub fn plain_markdown(markdown: &str) -> String {
    wikilink::replaced(&pictures::standard(markdown), |_, inner| wikilink::text(inner).to_owned())
}
