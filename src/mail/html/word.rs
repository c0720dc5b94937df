//! The lists of Word and Outlook: paragraphs that say of which level they are, with the bullet as text in them.

use super::markdown::{Container, Gap, Writer};
use super::tag::Tag;
use super::tree::{Id, Tree};

const MAX_LEVEL: usize = 6;
/// How far a level is indented: enough below a bullet and below a number.
const INDENT: usize = 3;

/// The level of a paragraph that is an item (`mso-list: l0 level1 lfo1`), from 1.
pub(super) fn level(tree: &Tree<'_>, id: Id) -> Option<usize> {
    let style = tree.raw_attribute(id, "style")?;
    let (_, list) = style.split_once("mso-list:")?;
    let (_, level) = list.split(';').next()?.split_once("level")?;
    let digits = level.get(..level.bytes().take_while(u8::is_ascii_digit).count())?;
    digits.parse().ok().filter(|level| *level > 0 && marker(tree, id).is_some())
}

/// True for what holds the bullet.
pub(super) fn is_marker(tree: &Tree<'_>, id: Id) -> bool {
    let ignored =
        |style: &str| style.split_once("mso-list:").is_some_and(|(_, list)| list.trim_start().starts_with("Ignore"));
    tree.raw_attribute(id, "style").is_some_and(ignored)
}

/// The bullet, as text.
fn marker(tree: &Tree<'_>, id: Id) -> Option<String> {
    tree.children(id).take(4).find_map(|child| match tree.tag(child) {
        Tag::Inline if is_marker(tree, child) => Some(tree.words(child, 40).trim().to_owned()),
        Tag::Inline | Tag::B | Tag::I => marker(tree, child),
        _ => None,
    })
}

/// Writes an item.
pub(super) fn item(writer: &mut Writer<'_, '_>, id: Id) {
    let level = level(writer.tree, id).unwrap_or(1).min(MAX_LEVEL);
    let bullet = marker(writer.tree, id).unwrap_or_default();
    let number =
        bullet.strip_suffix(['.', ')']).filter(|n| (1..7).contains(&n.len()) && n.bytes().all(|b| b.is_ascii_digit()));
    // Letters and Roman numbers are no markers in Markdown: they stay as words.
    let words =
        bullet.strip_suffix(['.', ')']).filter(|w| number.is_none() && w.bytes().all(|b| b.is_ascii_alphanumeric()));
    let marker = number.map_or_else(|| "-".to_owned(), |number| format!("{number}."));
    let length = |writer: &Writer<'_, '_>| Some(writer.out.as_str().trim_end().len());
    let mut gap = Gap::Paragraph;
    if writer.word_item == length(writer) && writer.one_line == 0 {
        gap = Gap::Line;
        writer.gap = gap;
    }
    nested(writer, level - 1, gap, &mut |writer| {
        let container = Container::Item(Some(marker.clone()), marker.len() + 1);
        writer.within(container, gap, |writer| {
            if words.is_some() {
                writer.solid(&bullet);
                writer.space = true;
            }
            writer.children(id);
        });
    });
    writer.word_item = length(writer);
    writer.part(Gap::Paragraph);
}

fn nested(writer: &mut Writer<'_, '_>, levels: usize, gap: Gap, write: &mut dyn FnMut(&mut Writer<'_, '_>)) {
    match levels {
        0 => write(writer),
        _ => writer.within(Container::Item(None, INDENT), gap, |writer| nested(writer, levels - 1, gap, write)),
    }
}
