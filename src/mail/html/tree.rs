//! HTML → a tree of bounded depth, in one pass, whatever the HTML is.
//!
//! It ends what is left open, and mends what is nested wrongly, much as browsers do, but moves nothing: text stays
//! where it is written. The tree holds no copies; texts and attributes are as written until somebody reads them.

use super::tag::Tag;
use super::token::{self, Start, Token, Tokens};
use super::{charref, style};
use std::borrow::Cow;

/// Deeper elements leave their content to those around them, so that the tree may be walked by recursion.
pub(super) const MAX_DEPTH: usize = 100;
/// How many elements may be open at a time; more are passed over.
const MAX_OPEN: usize = 512;
/// How many elements an end tag may close and open again, and all of them together: each makes a node of a few bytes
/// of HTML.
const MAX_REOPENED: usize = 12;
const MAX_REOPENED_IN_ALL: usize = 50_000;
/// An element that goes on has no longer attributes than this: they are read again for each.
const MAX_REOPENED_ATTRIBUTES: usize = 8192;

/// The number of a node; the root is 0, and no child.
pub(super) type Id = u32;

/// An element or a text.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) tag: Tag,
    /// Nobody is meant to see it.
    pub(super) hidden: bool,
    /// For a table: there is another in it.
    pub(super) nests: bool,
    /// A text, or the attributes, as they are written.
    written: &'a str,
    first: Id,
    last: Id,
    next: Id,
}

/// A tree; see [`parse`].
#[derive(Debug)]
pub(super) struct Tree<'a> {
    nodes: Vec<Node<'a>>,
}

struct Open<'a> {
    start: Start<'a>,
    tag: Tag,
    /// The element, or the one around it that takes its content.
    node: Id,
    depth: usize,
    /// Its text is not seen.
    tiny: bool,
    /// Blanks in it count.
    pre: bool,
}

struct Builder<'a> {
    tree: Tree<'a>,
    open: Vec<Open<'a>>,
    /// Open elements that were passed over.
    passed: usize,
    reopened: usize,
}

/// The tree of some HTML.
pub(super) fn parse(html: &str) -> Tree<'_> {
    let mut nodes = Vec::with_capacity(html.len() / 64 + 8);
    nodes.push(Node { tag: Tag::Root, hidden: false, nests: false, written: "", first: 0, last: 0, next: 0 });
    let root = Open { start: Start::bare("", Tag::Root), tag: Tag::Root, node: 0, depth: 0, tiny: false, pre: false };
    let mut builder = Builder { tree: Tree { nodes }, open: vec![root], passed: 0, reopened: 0 };
    for token in Tokens::new(html) {
        match token {
            Token::Text(text) => builder.text(text),
            Token::Start(start) => builder.start(start),
            Token::End(name, tag) => builder.end(name, tag),
        }
    }
    builder.tree
}

impl<'a> Tree<'a> {
    pub(super) fn node(&self, id: Id) -> Option<&Node<'a>> {
        self.nodes.get(id as usize)
    }

    pub(super) fn tag(&self, id: Id) -> Tag {
        self.node(id).map_or(Tag::Root, |node| node.tag)
    }

    /// The children of a node that are to be seen.
    pub(super) fn children(&self, id: Id) -> impl Iterator<Item = Id> + '_ {
        let mut next = self.node(id).map_or(0, |node| node.first);
        std::iter::from_fn(move || {
            while next != 0 {
                let (id, node) = (next, self.node(next)?);
                next = node.next;
                if !node.hidden {
                    return Some(id);
                }
            }
            None
        })
    }

    /// A text node's text, decoded.
    pub(super) fn text(&self, id: Id) -> Cow<'a, str> {
        charref::decode(self.node(id).map_or("", |node| node.written), false)
    }

    /// The value of an attribute as it is written.
    pub(super) fn raw_attribute(&self, id: Id, name: &str) -> Option<&'a str> {
        let node = self.node(id).filter(|node| node.tag != Tag::Text)?;
        token::attributes(node.written).find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The value of an attribute, decoded.
    pub(super) fn attribute(&self, id: Id, name: &str) -> Option<Cow<'a, str>> {
        self.raw_attribute(id, name).map(|value| charref::decode(value, true))
    }

    /// A small number.
    pub(super) fn number(&self, id: Id, name: &str) -> Option<usize> {
        self.raw_attribute(id, name)?.trim().parse().ok()
    }

    /// True for an element that has an attribute at all.
    pub(super) fn has_attributes(&self, id: Id) -> bool {
        self.node(id).is_some_and(|node| node.tag != Tag::Text && !node.written.is_empty())
    }

    fn append(&mut self, parent: Id, tag: Tag, written: &'a str, hidden: bool) -> Option<Id> {
        let id = Id::try_from(self.nodes.len()).ok()?;
        self.nodes.push(Node { tag, hidden, nests: false, written, first: 0, last: 0, next: 0 });
        let parent = self.nodes.get_mut(parent as usize)?;
        let before = std::mem::replace(&mut parent.last, id);
        if before == 0 {
            parent.first = id;
        } else if let Some(before) = self.nodes.get_mut(before as usize) {
            before.next = id;
        }
        Some(id)
    }
}

impl<'a> Builder<'a> {
    fn top(&self) -> (Tag, Id, usize) {
        self.open.last().map_or((Tag::Root, 0, 0), |open| (open.tag, open.node, open.depth))
    }

    fn text(&mut self, text: &'a str) {
        let blank = text.bytes().all(token::is_space);
        if self.is_between_cells() {
            if blank {
                return;
            }
            self.make_cell();
        }
        let Some((tag, node, tiny, pre)) = self.open.last().map(|open| (open.tag, open.node, open.tiny, open.pre))
        else {
            return;
        };
        // Most blanks part blocks from each other.
        if blank && !pre && self.is_beside_block(node) {
            return;
        }
        let text = if tiny { " " } else { text };
        // The first line break in preformatted text does not count.
        let first = tag == Tag::Pre && self.tree.node(node).is_some_and(|n| n.first == 0);
        let text = if first { text.strip_prefix("\r\n").or(text.strip_prefix('\n')).unwrap_or(text) } else { text };
        self.tree.append(node, Tag::Text, text, false);
    }

    /// True when what comes next in a node begins a line whatever it is.
    fn is_beside_block(&self, node: Id) -> bool {
        let Some(parent) = self.tree.node(node) else { return false };
        if parent.last == 0 {
            return parent.tag.is_block();
        }
        self.tree.node(parent.last).is_some_and(|last| last.tag.is_block() && !last.hidden)
    }

    /// True in a table, and in no cell of it.
    fn is_between_cells(&self) -> bool {
        matches!(self.tree.tag(self.top().1), Tag::Table | Tag::Rows | Tag::Row)
    }

    /// What stands in a table and in no cell gets one.
    fn make_cell(&mut self) {
        if self.tree.tag(self.top().1) != Tag::Row {
            self.push(Start::bare("tr", Tag::Row));
        }
        self.push(Start::bare("td", Tag::Cell(false)));
    }

    fn start(&mut self, start: Start<'a>) {
        let (tag, hidden) = (start.tag, start.look.hidden);
        if self.open.len() >= MAX_OPEN && !tag.is_empty() {
            // Words of two blocks are not one all the same.
            if tag.is_block() {
                self.tree.append(self.top().1, Tag::Br, "", false);
            }
            self.passed += 1;
            return;
        }
        match tag {
            Tag::Cell(_) | Tag::Row | Tag::Rows | Tag::Caption => {
                if !self.open.iter().any(|open| open.tag == Tag::Table) {
                    return;
                }
                self.pop_to(|open| match tag {
                    Tag::Cell(_) => matches!(open, Tag::Row | Tag::Rows | Tag::Table),
                    Tag::Row => matches!(open, Tag::Rows | Tag::Table),
                    _ => open == Tag::Table,
                });
                if matches!(tag, Tag::Cell(_)) && self.top().0 != Tag::Row {
                    self.push(Start::bare("tr", Tag::Row));
                }
            }
            // Nothing of a form but what is in it is seen.
            Tag::Inline if !hidden => {}
            _ if self.is_between_cells() => {
                if hidden && tag.is_empty() {
                    return;
                }
                self.make_cell();
            }
            _ => {}
        }
        match tag {
            Tag::A => self.close_near(|open| open == Tag::A, |_| false),
            Tag::Li => self.close_near(|open| open == Tag::Li, |open| matches!(open, Tag::Ul | Tag::Ol)),
            Tag::Dt | Tag::Dd => self.close_near(|open| matches!(open, Tag::Dt | Tag::Dd), |open| open == Tag::Dl),
            Tag::Heading(_) if matches!(self.top().0, Tag::Heading(_)) => drop(self.open.pop()),
            _ => {}
        }
        if tag.is_block() {
            self.close_near(|open| open == Tag::P, |_| false);
        }
        if tag.is_empty() {
            self.tree.append(self.top().1, tag, start.attributes, hidden);
        } else {
            self.push(start);
        }
    }

    fn push(&mut self, start: Start<'a>) {
        let Start { tag, attributes, look, .. } = start;
        let (_, parent, depth) = self.top();
        // What looks like nothing needs no node, but its end tag has to be known.
        let seen = tag != Tag::Inline || look.hidden || has_name(attributes);
        let in_tiny = self.open.last().is_some_and(|open| open.tiny);
        let tiny = look.tiny || (in_tiny && !style::may_size(attributes));
        let pre = tag == Tag::Pre || self.open.last().is_some_and(|open| open.pre);
        let mut open = Open { start, tag, node: parent, depth, tiny, pre };
        if tag == Tag::Table
            && let Some(outer) = self.open.iter().rev().find(|open| open.tag == Tag::Table)
            && let Some(outer) = self.tree.nodes.get_mut(outer.node as usize)
        {
            outer.nests = true;
        }
        if seen && depth < MAX_DEPTH {
            if let Some(node) = self.tree.append(parent, tag, attributes, look.hidden) {
                (open.node, open.depth) = (node, depth + 1);
            }
        } else if tag.is_block() {
            // Too deep: but words of two blocks are not one.
            self.tree.append(parent, Tag::Br, "", false);
        }
        self.open.push(open);
    }

    /// Closes all above the innermost that is wanted; the root stays.
    fn pop_to(&mut self, wanted: impl Fn(Tag) -> bool) {
        while self.open.len() > 1 && self.open.last().is_some_and(|open| !wanted(open.tag)) {
            self.open.pop();
        }
    }

    /// Closes the innermost such element and all in it, unless something bounds the search.
    fn close_near(&mut self, wanted: impl Fn(Tag) -> bool, bound: impl Fn(Tag) -> bool) {
        for (i, open) in self.open.iter().enumerate().rev() {
            if wanted(open.tag) {
                self.open.truncate(i);
                return;
            }
            if open.tag.bounds() || bound(open.tag) {
                return;
            }
        }
    }

    fn end(&mut self, name: &'a str, tag: Tag) {
        if matches!(tag, Tag::Br | Tag::P) && !self.open.iter().any(|open| open.tag == tag) {
            // An end without a beginning breaks the line all the same.
            if !self.is_between_cells() {
                self.tree.append(self.top().1, Tag::Br, "", false);
            }
            return;
        }
        if tag.is_empty() || matches!(tag, Tag::Nothing | Tag::Raw | Tag::Dropped) {
            return;
        }
        if self.passed > 0 {
            self.passed -= 1;
            return;
        }
        // An end tag of a table's part reaches over all but another table.
        let of_table = matches!(tag, Tag::Table | Tag::Rows | Tag::Row | Tag::Cell(_) | Tag::Caption);
        let is_it = |open: &Open<'_>| match tag {
            Tag::Inline | Tag::Div => open.tag == tag && open.start.name.eq_ignore_ascii_case(name),
            Tag::Heading(_) => matches!(open.tag, Tag::Heading(_)),
            _ => open.tag == tag,
        };
        let bounded = |open: &Open<'_>| if of_table { open.tag == Tag::Table } else { open.tag.bounds() };
        let found = self.open.iter().enumerate().rev().find(|(_, open)| is_it(open) || bounded(open));
        let Some(at) = found.filter(|(_, open)| is_it(open)).map(|(at, _)| at) else { return };
        // What was opened in it and is still open goes on behind it, when it is only part of a line.
        let inline = matches!(tag, Tag::A | Tag::B | Tag::I | Tag::S | Tag::Sup | Tag::Code | Tag::Inline);
        let above = self.open.len() - at - 1;
        if !inline || above == 0 {
            self.open.truncate(at);
            return;
        }
        if above > MAX_REOPENED || self.reopened > MAX_REOPENED_IN_ALL {
            return;
        }
        self.reopened += above;
        for open in self.open.split_off(at).into_iter().skip(1) {
            let mut start = open.start;
            if start.attributes.len() > MAX_REOPENED_ATTRIBUTES {
                start.attributes = "";
            }
            self.push(start);
        }
    }
}

/// True when an element's name or class may say that it quotes or signs.
fn has_name(attributes: &str) -> bool {
    memchr::memmem::find(attributes.as_bytes(), b"gmail_").is_some()
        || memchr::memmem::find(attributes.as_bytes(), b"moz-").is_some()
        || memchr::memmem::find(attributes.as_bytes(), b"mso-list").is_some()
}
