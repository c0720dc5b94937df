//! What mail programs mark in HTML as quoted or as signature.

use super::tag::Tag;
use super::tree::{Id, Tree};

/// What of a mail is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it.
    All,
    /// Not what is marked as quoted, and not the signature.
    New,
}

/// What becomes of an element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    New,
    /// It is quoted, or signs.
    Old,
    /// It and all behind it within its parent is quoted.
    OldFromHere,
}

/// Classes of what is quoted.
pub(super) const QUOTES: &[&str] =
    &["gmail_quote", "gmail_extra", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote", "tutanota_quote"];
const SIGNATURES: &[&str] = &["gmail_signature", "gmail_signature_prefix", "moz-signature"];
/// Outlook puts the quoted mail beside its header, up to the end.
pub(super) const REPLY_HEADERS: &[&str] = &["divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"];
const FORWARDS: &[&str] = &["forwarded message", "weitergeleitete nachricht", "message transféré", "mensaje reenviado"];

/// What of the mail the element is.
pub(super) fn part(tree: &Tree<'_>, id: Id) -> Part {
    if !tree.has_attributes(id) {
        return Part::New;
    }
    let class = tree.raw_attribute(id, "class").unwrap_or_default();
    let has = |names: &[&str]| class.split_ascii_whitespace().any(|c| names.contains(&c));
    let name = tree.raw_attribute(id, "id").unwrap_or_default();
    let cites = || {
        let kind = || tree.raw_attribute(id, "type").is_some_and(|t| t.eq_ignore_ascii_case("cite"));
        tree.tag(id) == Tag::Blockquote && kind()
    };
    let signs = has(SIGNATURES) || name == "Signature";
    if signs || (has(QUOTES) || cites()) && !is_forward(tree, id) {
        Part::Old
    } else if REPLY_HEADERS.iter().any(|n| name.ends_with(n)) && !is_forward(tree, id) {
        Part::OldFromHere
    } else {
        Part::New
    }
}

/// True for what mail programs put below the new text: it stands apart from it.
pub(super) fn stands_apart(tree: &Tree<'_>, id: Id) -> bool {
    let class = tree.raw_attribute(id, "class").unwrap_or_default();
    class.split_ascii_whitespace().any(|c| QUOTES.contains(&c) || SIGNATURES.contains(&c))
}

/// What somebody forwards is content, not a quote.
fn is_forward(tree: &Tree<'_>, id: Id) -> bool {
    let start = tree.words(id, 200).to_lowercase();
    FORWARDS.iter().any(|f| start.contains(f))
}
