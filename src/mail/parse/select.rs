//! The tree of parts → which of them are the body as text, which the body as HTML, and which are attachments.
//!
//! As RFC 8621 §4.1.4 has it: an alternative gives one of each; elsewhere what is meant to be shown in line belongs to both.

use super::tree::{Part, Tree};

/// Indices of parts, in order. A part can be in two lists.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Selected {
    pub(super) text: Vec<usize>,
    pub(super) html: Vec<usize>,
    pub(super) attachments: Vec<usize>,
}

/// What holds for the parts of one multipart.
#[derive(Clone, Copy)]
struct Level {
    /// Within an alternative, at whatever distance.
    in_alternative: bool,
    is_alternative: bool,
    is_related: bool,
    need_text: bool,
    need_html: bool,
}

/// Sorts the parts.
pub(super) fn select(tree: &Tree<'_>) -> Selected {
    let mut selected = Selected::default();
    let mut level =
        Level { in_alternative: false, is_alternative: false, is_related: false, need_text: true, need_html: true };
    if tree.root().is_some() {
        visit(tree, 0, true, &mut level, &mut selected);
    }
    if selected.text.is_empty() && selected.html.is_empty() {
        words_at_least(tree, &mut selected);
    }
    selected
}

/// The tree's depth is bounded, and so is this.
fn visit(tree: &Tree<'_>, id: usize, first: bool, level: &mut Level, selected: &mut Selected) {
    let Some(part) = tree.part(id) else { return };
    if !part.is_multipart() {
        if !tree.is_hollow(part) {
            leaf(part, id, first, level, selected);
        }
        return;
    }
    let is_alternative = part.is("multipart/alternative");
    let mut inner = Level {
        in_alternative: level.in_alternative || is_alternative,
        is_alternative,
        is_related: part.is("multipart/related"),
        ..*level
    };
    let (texts, htmls) = (selected.text.len(), selected.html.len());
    let first = if inner.is_related { root_of(tree, part) } else { part.children.first().copied() };
    for child in &part.children {
        visit(tree, *child, Some(*child) == first, &mut inner, selected);
    }
    if is_alternative && inner.need_text && inner.need_html {
        if selected.text.len() == texts {
            selected.text.extend(selected.html.iter().skip(htmls));
        } else if selected.html.len() == htmls {
            selected.html.extend(selected.text.iter().skip(texts));
        }
    }
}

/// The part of a `multipart/related` that the others belong to: the one that it names (RFC 2387 §3.2), else the first that can
/// be read.
fn root_of(tree: &Tree<'_>, related: &Part<'_>) -> Option<usize> {
    let bare = |id: &str| id.trim_matches(['<', '>', ' ']).to_owned();
    let start = related.kind.get("start").map(bare);
    let is_named = |part: &Part<'_>| start.is_some() && part.fields.line("Content-ID").map(|id| bare(&id)) == start;
    let is_readable = |part: &Part<'_>| part.is_text() || part.is_multipart();
    let find =
        |is: &dyn Fn(&Part<'_>) -> bool| related.children.iter().copied().find(|id| tree.part(*id).is_some_and(is));
    find(&is_named).or_else(|| find(&is_readable)).or_else(|| related.children.first().copied())
}

fn leaf(part: &Part<'_>, id: usize, first: bool, level: &mut Level, selected: &mut Selected) {
    // Where the parts of a multipart should be stand words.
    let hollow = part.kind.word.starts_with("multipart/");
    let (plain, html) = (part.is("text/plain") || hollow, part.is("text/html"));
    let media = ["image/", "audio/", "video/"].iter().any(|t| part.kind.word.starts_with(t));
    let in_line = (plain || html || media)
        && part.disposition.word != "attachment"
        && (first || !level.is_related && (media || !part.kind.has("name")));
    let (to_html, to_text) = if level.is_alternative {
        (html, plain)
    } else if in_line {
        if level.in_alternative {
            level.need_text &= !html;
            level.need_html &= !plain;
        }
        (level.need_html, level.need_text)
    } else {
        (false, false)
    };
    // Only text is a body.
    if to_html && !media {
        selected.html.push(id);
    }
    if to_text && !media {
        selected.text.push(id);
    }
    if !(to_html && html || to_text && plain) {
        selected.attachments.push(id);
    }
}

/// A message whose only words are in some other kind of text is not left without a body.
fn words_at_least(tree: &Tree<'_>, selected: &mut Selected) {
    let is_prose = |id: &usize| {
        tree.part(*id).is_some_and(|part| {
            let known = ["text/enriched", "text/richtext", "text/markdown", "text/x-markdown", "text/unknown"];
            known.contains(&part.kind.word.as_str()) && part.disposition.word != "attachment" && part.name().is_none()
        })
    };
    if let Some(at) = selected.attachments.iter().position(is_prose) {
        selected.text.push(selected.attachments.remove(at));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(raw: &str) -> (Vec<usize>, Vec<usize>, Vec<usize>) {
        let found = select(&Tree::of(raw.as_bytes()));
        (found.text, found.html, found.attachments)
    }

    #[test]
    fn bodies_and_attachments_are_told_apart() {
        let plain = "Content-Type: text/plain\n\na\n";
        let html = "Content-Type: text/html\n\nb\n";
        let image = "Content-Type: image/png\n\nc\n";
        let file = "Content-Type: text/plain\nContent-Disposition: attachment\n\nd\n";
        let named = "Content-Type: text/plain; name=x.txt\n\nd\n";
        let calendar = "Content-Type: text/calendar\n\ne\n";
        let multi = |kind: &str, b: &str, parts: &[&str]| {
            let parts: String = parts.iter().map(|p| format!("--{b}\n{p}")).collect();
            format!("Content-Type: multipart/{kind}; boundary={b}\n\n{parts}--{b}--\n")
        };
        for (raw, expect) in [
            (plain.to_owned(), (vec![0], vec![0], vec![])),
            (html.to_owned(), (vec![0], vec![0], vec![])),
            (file.to_owned(), (vec![], vec![], vec![0])),
            (named.to_owned(), (vec![0], vec![0], vec![])),
            (multi("alternative", "x", &[plain, html]), (vec![1], vec![2], vec![])),
            (multi("alternative", "x", &[html]), (vec![1], vec![1], vec![])),
            (multi("alternative", "x", &[plain, calendar]), (vec![1], vec![1], vec![2])),
            (multi("mixed", "x", &[plain, image, plain, file, named]), (vec![1, 3], vec![1, 3], vec![2, 4, 5])),
            (multi("alternative", "x", &[plain, &multi("related", "y", &[html, image])]), (vec![1], vec![3], vec![4])),
            (
                multi("alternative", "x", &[plain, &multi("mixed", "y", &[html, image, html])]),
                (vec![1], vec![3, 5], vec![4]),
            ),
            (multi("related", "x", &[image, html]), (vec![2], vec![2], vec![1])),
            (
                multi("related; start=\"<r>\"", "x", &[plain, "Content-ID: <r>\nContent-Type: text/html\n\nb\n"]),
                (vec![2], vec![2], vec![1]),
            ),
            ("Content-Type: multipart/mixed; boundary=b\n\nwords\n".to_owned(), (vec![0], vec![0], vec![])),
            ("Content-Type: multipart/mixed; boundary=b\n\n\n".to_owned(), (vec![], vec![], vec![])),
            ("Content-Type: text/enriched\n\nb\n".to_owned(), (vec![0], vec![], vec![])),
        ] {
            assert_eq!(selected(&raw), expect, "{raw}");
        }
    }
}
