//! HTML that is in order → the tree, in one pass.
//!
//! Nearly all mail is written by programs, closes what it opens and nests as it should. Such HTML needs neither of the
//! two parsers that stand behind `sanitize`: this one makes the same tree of it that they make. Wherever the two
//! would repair, move, imply or guess (but for the few cases named here), it gives up and they are asked.
//! What is dropped, unwrapped, hidden or kept is decided by `sanitize`, for both.

use super::charref;
use super::sanitize::{self, MAX_ATTRIBUTES, MAX_BYTES, MAX_DEPTH, MAX_ELEMENTS};
use html5ever::{Attribute, LocalName, QualName, local_name, ns};
use markup5ever_rcdom::{Node, NodeData};
use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;

/// How an element behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Html,
    Head,
    Body,
    /// `meta` and its like: in the head, and empty.
    Meta,
    /// Closes a paragraph.
    Block,
    Heading,
    Item,
    Pre,
    Paragraph,
    Link,
    Inline,
    /// Empty, and part of a line.
    Void,
    Rule,
    Table,
    Rows,
    Row,
    Cell,
    /// Its tags are taken out, its content stays.
    Unwrapped,
    /// It and its content, which is no HTML, are taken out.
    Raw,
}

/// What an element is called in the tree, and how it behaves; `None` for those that need more thought.
fn known(name: &str) -> Option<(LocalName, Kind)> {
    macro_rules! table {
        ($($kind:ident: $($tag:tt),*;)*) => {
            match name {
                $($($tag => (local_name!($tag), Kind::$kind),)*)*
                // These two are renamed, so that there is one kind of each emphasis.
                "strong" => (local_name!("b"), Kind::Inline),
                "em" => (local_name!("i"), Kind::Inline),
                "o:p" => (LocalName::from("o:p"), Kind::Inline),
                _ if sanitize::UNWRAPPED.contains(&name) && !matches!(name, "svg" | "math") => {
                    (local_name!(""), Kind::Unwrapped)
                }
                "style" | "script" | "title" => (local_name!(""), Kind::Raw),
                _ => return None,
            }
        };
    }
    Some(table! {
        Html: "html";
        Head: "head";
        Body: "body";
        Meta: "meta", "link", "base";
        Block: "address", "article", "aside", "blockquote", "center", "details", "div", "dl", "figcaption", "figure", "footer", "header", "main", "nav", "ol", "section", "summary", "ul";
        Heading: "h1", "h2", "h3", "h4", "h5", "h6";
        Item: "li", "dd", "dt";
        Pre: "pre";
        Paragraph: "p";
        Link: "a";
        Inline: "b", "i", "code", "span", "sup", "sub", "abbr", "cite", "q", "ins", "del", "mark", "time", "var", "samp", "kbd", "dfn";
        Void: "br", "img", "wbr";
        Rule: "hr";
        Table: "table";
        Rows: "tbody", "thead", "tfoot";
        Row: "tr";
        Cell: "td", "th";
    })
}

/// Where in a document we are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Before,
    Head,
    AfterHead,
    Body,
    After,
}

struct Open<'a> {
    name: Cow<'a, str>,
    kind: Kind,
    /// `None` for what is unwrapped.
    node: Option<Rc<Node>>,
    /// No tag opened it, and none has to close it.
    implied: bool,
}

struct Builder<'a> {
    document: Rc<Node>,
    html: Option<Rc<Node>>,
    head: Option<Rc<Node>>,
    open: Vec<Open<'a>>,
    mode: Mode,
    elements: usize,
    depth: usize,
}

/// The tree of the HTML; `None` where it takes the parsers to tell.
pub(super) fn tree(html: &str) -> Option<Rc<Node>> {
    if html.len() > MAX_BYTES || memchr::memchr2(b'\r', b'\0', html.as_bytes()).is_some() {
        return None;
    }
    let mut builder = Builder {
        document: Node::new(NodeData::Document),
        html: None,
        head: None,
        open: Vec::new(),
        mode: Mode::Before,
        elements: 0,
        depth: 0,
    };
    let mut rest = html;
    while !rest.is_empty() {
        let at = memchr::memchr(b'<', rest.as_bytes()).unwrap_or(rest.len());
        let (text, markup) = rest.split_at_checked(at)?;
        if !text.is_empty() {
            builder.text(text)?;
        }
        rest = builder.markup(markup)?;
    }
    builder.end()
}

/// White space as HTML has it, without what was ruled out at the beginning.
fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\n' | b'\t' | 0xc)
}

fn element(name: LocalName, attributes: Vec<Attribute>) -> Rc<Node> {
    Node::new(NodeData::Element {
        name: QualName::new(None, ns!(html), name),
        attrs: RefCell::new(attributes),
        template_contents: RefCell::new(None),
        mathml_annotation_xml_integration_point: false,
    })
}

fn append(parent: &Rc<Node>, child: Rc<Node>) {
    child.parent.set(Some(Rc::downgrade(parent)));
    parent.children.borrow_mut().push(child);
}

fn append_text(parent: &Rc<Node>, text: &str) {
    let mut children = parent.children.borrow_mut();
    if let Some(NodeData::Text { contents }) = children.last().map(|last| &last.data) {
        contents.borrow_mut().push_slice(text);
        return;
    }
    let node = Node::new(NodeData::Text { contents: RefCell::new(text.into()) });
    node.parent.set(Some(Rc::downgrade(parent)));
    children.push(node);
}

impl<'a> Builder<'a> {
    /// The innermost element that is in the tree.
    fn current(&self) -> Option<(&Rc<Node>, Kind)> {
        self.open.iter().rev().find_map(|open| Some((open.node.as_ref()?, open.kind)))
    }

    fn text(&mut self, text: &str) -> Option<()> {
        let blank = text.bytes().all(is_space);
        match self.mode {
            Mode::Before if blank => return Some(()),
            Mode::Before => {
                let text = text.trim_start_matches([' ', '\n', '\t', '\u{c}']);
                self.begin_body(Vec::new())?;
                return self.text(text);
            }
            Mode::Head if blank => append_text(self.head.as_ref()?, text),
            Mode::AfterHead if blank => append_text(self.html.as_ref()?, text),
            Mode::Head | Mode::AfterHead => return None,
            Mode::After if !blank => return None,
            Mode::Body | Mode::After => {
                let (node, kind) = self.current()?;
                if !blank && matches!(kind, Kind::Table | Kind::Rows | Kind::Row) {
                    return None;
                }
                append_text(node, &charref::decode(text, false)?);
            }
        }
        Some(())
    }

    /// What begins with `<`; gives what follows it.
    fn markup(&mut self, rest: &'a str) -> Option<&'a str> {
        match rest.as_bytes() {
            [] => Some(rest),
            [b'<', b'!', b'-', b'-', ..] => self.comment(rest.get(4..)?),
            [b'<', b'!', b'd' | b'D', ..] => self.doctype(rest.get(2..)?),
            [b'<', b'/', b'a'..=b'z' | b'A'..=b'Z', ..] => self.end_tag(rest.get(2..)?),
            [b'<', b'a'..=b'z' | b'A'..=b'Z', ..] => self.start_tag(rest.get(1..)?),
            _ => None,
        }
    }

    fn comment(&mut self, rest: &'a str) -> Option<&'a str> {
        let end = memchr::memmem::find(rest.as_bytes(), b"-->")?;
        let (text, after) = rest.split_at_checked(end)?;
        if text.starts_with('>') || text.starts_with("->") || text.contains("--!>") || text.ends_with("<!-") {
            return None;
        }
        let parent = match self.mode {
            Mode::Before | Mode::After => None,
            Mode::Head => self.head.as_ref(),
            Mode::AfterHead => self.html.as_ref(),
            Mode::Body => self.current().map(|(node, _)| node),
        };
        // Nobody reads it, but it parts the text before it from the text after it.
        if let Some(parent) = parent {
            append(parent, Node::new(NodeData::Comment { contents: "".into() }));
        }
        after.get(3..)
    }

    fn doctype(&mut self, rest: &'a str) -> Option<&'a str> {
        let (text, after) = rest.split_once('>')?;
        let known = text.get(..7).is_some_and(|word| word.eq_ignore_ascii_case("doctype"));
        (known && self.mode == Mode::Before && self.html.is_none()).then_some(after)
    }

    fn start_tag(&mut self, rest: &'a str) -> Option<&'a str> {
        let tag = Tag::read(rest)?;
        let (atom, kind) = known(&tag.name)?;
        self.elements += 1;
        let empty = matches!(kind, Kind::Void | Kind::Rule | Kind::Meta);
        if self.elements > MAX_ELEMENTS || tag.attributes.len() > MAX_ATTRIBUTES || tag.closed && !empty {
            return None;
        }
        if kind == Kind::Raw {
            return skip_raw(tag.after, &tag.name);
        }
        if kind == Kind::Unwrapped {
            self.open.push(Open { name: tag.name, kind, node: None, implied: false });
            return Some(tag.after);
        }
        let attributes = tag.kept()?;
        self.enter(kind)?;
        match kind {
            Kind::Html => {
                let node = element(atom, attributes);
                append(&self.document, Rc::clone(&node));
                self.html = Some(node);
                return Some(tag.after);
            }
            Kind::Head => {
                self.begin_head(attributes)?;
                return Some(tag.after);
            }
            Kind::Body => {
                self.begin_body(attributes)?;
                return Some(tag.after);
            }
            Kind::Meta if self.mode == Mode::Head => {
                append(self.head.as_ref()?, element(atom, attributes));
                return Some(tag.after);
            }
            _ => {}
        }
        let node = element(atom, attributes);
        append(self.current()?.0, Rc::clone(&node));
        if empty {
            return Some(tag.after);
        }
        self.depth += usize::from(!sanitize::IMPLIED_END.contains(&&*tag.name));
        if self.depth >= MAX_DEPTH {
            return None;
        }
        self.open.push(Open { name: tag.name, kind, node: Some(node), implied: false });
        // A line break at the start of preformatted text does not count; let the parsers see to it.
        (kind != Kind::Pre || !tag.after.starts_with(['\n', '&'])).then_some(tag.after)
    }

    /// Makes way for an element, where it may stand here as it is.
    fn enter(&mut self, kind: Kind) -> Option<()> {
        match (self.mode, kind) {
            (Mode::Before, Kind::Html) => return self.html.is_none().then_some(()),
            (_, Kind::Html) | (Mode::After, _) => return None,
            (Mode::Before, Kind::Head) => return Some(()),
            (Mode::Before, Kind::Meta) => return self.begin_head(Vec::new()),
            (Mode::Head, Kind::Meta) => return Some(()),
            (_, Kind::Head | Kind::Meta) | (Mode::Body, Kind::Body) => return None,
            (_, Kind::Body) => return Some(()),
            (Mode::Body, _) => {}
            (Mode::Before | Mode::Head | Mode::AfterHead, _) => self.begin_body(Vec::new())?,
        }
        let within = self.current()?.1;
        let fits = match kind {
            Kind::Rows => {
                if self.open.last().is_some_and(|open| open.implied && open.kind == Kind::Rows) {
                    self.open.pop();
                }
                self.current()?.1 == Kind::Table
            }
            Kind::Row => {
                if within == Kind::Table {
                    let rows = element(local_name!("tbody"), Vec::new());
                    append(self.current()?.0, Rc::clone(&rows));
                    self.open.push(Open { name: "tbody".into(), kind: Kind::Rows, node: Some(rows), implied: true });
                }
                matches!(within, Kind::Table | Kind::Rows)
            }
            Kind::Cell => within == Kind::Row,
            _ => !matches!(within, Kind::Table | Kind::Rows | Kind::Row),
        };
        // Since the innermost cell or table, as what is outside of it is out of reach.
        let mut scope = self.open.iter().rev().take_while(|open| !matches!(open.kind, Kind::Cell | Kind::Table));
        let clear = match kind {
            Kind::Heading => within != Kind::Heading && scope.all(|open| open.kind != Kind::Paragraph),
            Kind::Item => {
                let near = scope.clone().find(|open| open.name == "ul" || open.name == "ol" || open.name == "dl");
                near.is_some() && scope.all(|open| !matches!(open.kind, Kind::Paragraph)) && self.is_list(within)
            }
            Kind::Block | Kind::Pre | Kind::Paragraph | Kind::Rule | Kind::Table => {
                scope.all(|open| open.kind != Kind::Paragraph)
            }
            Kind::Link => self.open.iter().all(|open| open.kind != Kind::Link),
            _ => true,
        };
        (fits && clear).then_some(())
    }

    /// True when the innermost element is a list.
    fn is_list(&self, within: Kind) -> bool {
        let innermost = self.open.iter().rev().find(|open| open.node.is_some());
        within == Kind::Block && innermost.is_some_and(|open| matches!(&*open.name, "ul" | "ol" | "dl"))
    }

    fn begin_html(&mut self) -> Rc<Node> {
        let document = &self.document;
        let html = self.html.get_or_insert_with(|| {
            let html = element(local_name!("html"), Vec::new());
            append(document, Rc::clone(&html));
            html
        });
        Rc::clone(html)
    }

    fn begin_head(&mut self, attributes: Vec<Attribute>) -> Option<()> {
        let html = self.begin_html();
        let head = element(local_name!("head"), attributes);
        append(&html, Rc::clone(&head));
        self.head = Some(head);
        self.mode = Mode::Head;
        Some(())
    }

    /// The body, and the head before it where there is none.
    fn begin_body(&mut self, attributes: Vec<Attribute>) -> Option<()> {
        if self.mode == Mode::Before {
            self.begin_head(Vec::new())?;
        }
        let body = element(local_name!("body"), attributes);
        append(self.html.as_ref()?, Rc::clone(&body));
        // What was opened before it and is taken out anyway may be closed in it.
        self.open.insert(0, Open { name: "body".into(), kind: Kind::Body, node: Some(body), implied: true });
        self.mode = Mode::Body;
        Some(())
    }

    fn end_tag(&mut self, rest: &'a str) -> Option<&'a str> {
        let (name, after) = rest.split_at_checked(name_length(rest))?;
        let name = lowercase(name);
        let after = after.trim_start_matches([' ', '\n', '\t', '\u{c}']).strip_prefix('>')?;
        let innermost = self.open.last();
        match (&*name, self.mode) {
            ("head", Mode::Head) if innermost.is_none() => self.mode = Mode::AfterHead,
            ("body", Mode::Body) if innermost.is_some_and(|open| open.kind == Kind::Body) => self.mode = Mode::After,
            ("html", Mode::After) => {}
            (_, Mode::Body) | (_, _) => {
                if name == "table" && innermost.is_some_and(|open| open.implied && open.kind == Kind::Rows) {
                    self.open.pop();
                }
                let open = self.open.pop()?;
                if open.implied || open.name != name {
                    return None;
                }
                let counted = open.kind != Kind::Unwrapped && !sanitize::IMPLIED_END.contains(&&*name);
                self.depth -= usize::from(counted);
            }
        }
        Some(after)
    }

    /// The whole, when everything is closed that has to be.
    fn end(mut self) -> Option<Rc<Node>> {
        if self.mode != Mode::Body && self.mode != Mode::After {
            self.begin_body(Vec::new())?;
        }
        matches!(self.open.as_slice(), [body] if body.kind == Kind::Body).then_some(self.document)
    }
}

/// After the end tag of an element that holds no HTML.
fn skip_raw<'a>(rest: &'a str, name: &str) -> Option<&'a str> {
    let mut from = 0;
    loop {
        let at = from + memchr::memmem::find(rest.as_bytes().get(from..)?, b"</")?;
        let tail = rest.get(at + 2..)?;
        from = at + 2;
        let Some(end) = tail.get(..name.len()).filter(|end| end.eq_ignore_ascii_case(name)) else { continue };
        match tail.as_bytes().get(end.len()) {
            // Scripts may hold comments that hold scripts.
            Some(b'>') if name != "script" || !rest.get(..at)?.contains("<!--") => return tail.get(end.len() + 1..),
            Some(b) if *b != b'>' && !is_space(*b) && *b != b'/' => {}
            _ => return None,
        }
    }
}

fn name_length(text: &str) -> usize {
    text.bytes().position(|b| is_space(b) || matches!(b, b'/' | b'>')).unwrap_or(text.len())
}

fn lowercase(name: &str) -> Cow<'_, str> {
    if name.bytes().any(|b| b.is_ascii_uppercase()) {
        Cow::Owned(name.to_ascii_lowercase())
    } else {
        Cow::Borrowed(name)
    }
}

/// A start tag.
struct Tag<'a> {
    name: Cow<'a, str>,
    attributes: Vec<(Cow<'a, str>, &'a str)>,
    /// `/>`
    closed: bool,
    after: &'a str,
}

impl<'a> Tag<'a> {
    fn read(rest: &'a str) -> Option<Self> {
        let (name, mut rest) = rest.split_at_checked(name_length(rest))?;
        let mut tag = Tag { name: lowercase(name), attributes: Vec::new(), closed: false, after: rest };
        loop {
            let spaced = rest.as_bytes().first().copied().is_some_and(is_space);
            rest = rest.trim_start_matches([' ', '\n', '\t', '\u{c}']);
            if let Some(after) = rest.strip_prefix('>') {
                tag.after = after;
                return Some(tag);
            }
            if let Some(after) = rest.strip_prefix("/>") {
                (tag.closed, tag.after) = (true, after);
                return Some(tag);
            }
            if !spaced {
                return None;
            }
            let end =
                rest.bytes().position(|b| is_space(b) || matches!(b, b'/' | b'>' | b'=' | b'"' | b'\'' | b'<'))?;
            let (name, tail) = rest.split_at_checked(end)?;
            let name = lowercase(name);
            if name.is_empty() || tail.starts_with(['"', '\'', '<']) || tag.attributes.iter().any(|(n, _)| *n == name) {
                return None;
            }
            let tail_bare = tail.trim_start_matches([' ', '\n', '\t', '\u{c}']);
            let Some(tail) = tail_bare.strip_prefix('=') else {
                tag.attributes.push((name, ""));
                rest = tail;
                continue;
            };
            let tail = tail.trim_start_matches([' ', '\n', '\t', '\u{c}']);
            let (value, after) = match tail.as_bytes().first()? {
                b'"' => tail.get(1..)?.split_once('"')?,
                b'\'' => tail.get(1..)?.split_once('\'')?,
                _ => {
                    let (value, after) = tail.split_at_checked(tail.bytes().position(|b| is_space(b) || b == b'>')?)?;
                    if value.is_empty() || value.contains(['"', '\'', '<', '=', '`']) {
                        return None;
                    }
                    (value, after)
                }
            };
            tag.attributes.push((name, value));
            rest = after;
        }
    }

    /// The attributes that the conversion looks at.
    fn kept(&self) -> Option<Vec<Attribute>> {
        let value = |name: &str| self.attributes.iter().find(|(n, _)| n == name).map(|(_, value)| *value);
        let hidden = sanitize::is_hidden(&self.name, |name| value(name).map(Cow::Borrowed));
        let formatting = sanitize::is_formatting(&self.name);
        let mut kept = Vec::new();
        for (name, value) in &self.attributes {
            if name == "hidden" {
                kept.push(attribute(name, ""));
            } else if !formatting && sanitize::KEPT_ATTRIBUTES.contains(&&**name) {
                kept.push(attribute(name, &charref::decode(value, true)?));
            }
        }
        if hidden && value("hidden").is_none() {
            kept.push(attribute("hidden", ""));
        }
        Some(kept)
    }
}

fn attribute(name: &str, value: &str) -> Attribute {
    let name = match name {
        "href" => local_name!("href"),
        "class" => local_name!("class"),
        "src" => local_name!("src"),
        "alt" => local_name!("alt"),
        "id" => local_name!("id"),
        _ => LocalName::from(name),
    };
    Attribute { name: QualName::new(None, ns!(), name), value: value.into() }
}
