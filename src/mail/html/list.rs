//! Lists: items beside their markers, what belongs to an item below it.

use super::markdown::{Container, Gap, Writer};
use super::tag::Tag;
use super::tree::Id;

impl Writer<'_, '_> {
    pub(super) fn list(&mut self, id: Id) {
        let inner = self.containers.iter().any(|c| matches!(c, Container::Item(..)));
        let gap = if inner { Gap::Line } else { Gap::Paragraph };
        self.part(gap);
        let tree = self.tree;
        let ordered = tree.tag(id) == Tag::Ol;
        let mut number = tree.number(id, "start").filter(|n| ordered && *n < 1_000_000).unwrap_or(1);
        // Two lists in a row would be one, and its numbers go on.
        let length = self.out.as_str().trim_end().len();
        let bracket = ordered && self.ended.is_some_and(|(ended, bracket)| ended == length && !bracket);
        // How far what belongs to the last item is indented; whether that item is what came last.
        let (mut indent, mut behind) = (None, false);
        for child in tree.children(id) {
            let tag = tree.tag(child);
            match (tag, indent) {
                (Tag::Li, _) => {
                    let marker = match ordered {
                        true => format!("{number}{}", if bracket { ')' } else { '.' }),
                        false => "-".to_owned(),
                    };
                    number += 1;
                    indent = Some(marker.len() + 1);
                    self.item(child, &marker);
                }
                (Tag::Ul | Tag::Ol, None) => self.list(child),
                // A list in a list belongs to the item before it; so does all else.
                (Tag::Ul | Tag::Ol, Some(indent)) => {
                    self.within(Container::Item(None, indent), Gap::Line, |writer| writer.list(child));
                }
                (_, None) => self.element(child),
                (_, Some(indent)) => {
                    let gap = if behind { Gap::Line } else { Gap::None };
                    self.within(Container::Item(None, indent), gap, |writer| writer.element(child));
                }
            }
            behind = matches!(tag, Tag::Li | Tag::Ul | Tag::Ol);
        }
        if ordered {
            self.ended = Some((self.out.as_str().trim_end().len(), bracket));
        }
        self.part(gap);
    }

    pub(super) fn item(&mut self, id: Id, marker: &str) {
        let container = Container::Item(Some(marker.to_owned()), marker.len() + 1);
        self.within(container, Gap::Line, |writer| writer.children(id));
        // Paragraphs in an item do not set it apart from the next.
        if self.one_line == 0 {
            self.gap = Gap::Line;
        }
    }
}
