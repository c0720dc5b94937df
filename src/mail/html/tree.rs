//! The tree of an HTML mail: built, pruned, marked, read. Every walk is iterative.

use super::fast;
use super::sanitize::sanitize;
use crate::mail::clean;
use crate::mail::inert::{self, escape};
use htmd::Node;
use html5ever::ParseOpts;
use html5ever::tendril::TendrilSink;
use markup5ever_rcdom::{NodeData, RcDom};
use std::borrow::Cow;
use std::rc::Rc;

/// Deeper trees are not handed to code that recurses.
const MAX_DEPTH: usize = 300;
const MAX_TEXT: usize = 4 << 20;

/// What of a mail is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// All of it.
    All,
    /// Not what is marked as quoted, and not the signature.
    New,
}

/// A pruned tree of bounded depth.
pub(super) struct Tree {
    /// The document node.
    pub(super) root: Rc<Node>,
}

impl Tree {
    /// `None` when the tree is too deep to convert.
    pub(super) fn parse(html: &str, keep: Keep) -> Option<Tree> {
        let root = root_of(html);
        let mut stack = vec![(Rc::clone(&root), 0)];
        while let Some((node, depth)) = stack.pop() {
            if depth > MAX_DEPTH {
                return None;
            }
            prune(&node, keep);
            stack.extend(node.children.borrow().iter().map(|c| (Rc::clone(c), depth + 1)));
        }
        Some(Tree { root })
    }

    /// Marks the text of the tree for [`escape::settle`], with web addresses as links.
    pub(super) fn mark_text(&self) {
        let mut stack = vec![(Rc::clone(&self.root), false)];
        while let Some((node, verbatim)) = stack.pop() {
            let verbatim = verbatim || matches!(tag(&node), "a" | "pre" | "code");
            if let NodeData::Text { contents } = &node.data {
                let text = contents.take();
                let text = visible(&text);
                let mut marked = String::with_capacity(text.len());
                if verbatim {
                    escape::push_text(&mut marked, &text);
                } else {
                    inert::push_words(&mut marked, &text);
                }
                contents.replace(marked.as_str().into());
            }
            stack.extend(node.children.borrow().iter().map(|c| (Rc::clone(c), verbatim)));
        }
    }
}

/// The tree of what is worth reading in some HTML.
fn root_of(html: &str) -> Rc<Node> {
    fast::tree(html).unwrap_or_else(|| slow_root_of(html))
}

/// The same by the parsers, which take any HTML.
pub(super) fn slow_root_of(html: &str) -> Rc<Node> {
    html5ever::parse_document(RcDom::default(), ParseOpts::default()).one(sanitize(html).as_str()).document
}

/// The text without what nobody sees.
fn visible(text: &str) -> Cow<'_, str> {
    match text.bytes().all(|b| matches!(b, b'\n' | b'\t' | 0x20..=0x7e)) {
        true => Cow::Borrowed(text),
        false => text.chars().filter(|c| is_visible(*c)).collect(),
    }
}

fn is_visible(c: char) -> bool {
    !clean::is_unwanted(c) && !matches!(c, '\u{200b}' | '\u{34f}' | '\u{ad}' | '\u{2028}' | '\u{2029}')
}

/// Takes out children that are hidden, or not kept.
fn prune(node: &Node, keep: Keep) {
    let mut children = node.children.borrow_mut();
    children.retain(|child| match &child.data {
        NodeData::Text { .. } => true,
        NodeData::Element { .. } => {
            attr(child, "hidden").is_none() && (keep == Keep::All || !(is_quote(child) || is_signature(child)))
        }
        _ => false,
    });
    if keep == Keep::New
        && let Some(cut) = children.iter().position(|c| is_reply_header(c))
    {
        children.truncate(cut);
    }
    // htmd merges equal neighbours one by one; something between them keeps that from going quadratic.
    if children.len() > 500 {
        let comment = || Node::new(NodeData::Comment { contents: "".into() });
        *children = std::mem::take(&mut *children).into_iter().flat_map(|c| [c, comment()]).collect();
    }
}

/// Classes of what is quoted.
pub(super) const QUOTES: &[&str] =
    &["gmail_quote", "gmail_extra", "moz-cite-prefix", "yahoo_quoted", "protonmail_quote", "tutanota_quote"];
/// Ids of what begins a quoted mail, after what a program may put before them.
pub(super) const REPLY_HEADERS: &[&str] = &["divRplyFwdMsg", "appendonsend", "mail-editor-reference-message-container"];

fn is_quote(node: &Node) -> bool {
    let class = attr(node, "class").unwrap_or_default();
    let has = |name: &str| class.split_whitespace().any(|c| c == name);
    let marked = QUOTES.iter().any(|n| has(n))
        || (tag(node) == "blockquote" && attr(node, "type").is_some_and(|t| t.eq_ignore_ascii_case("cite")));
    marked && !is_forward(node)
}

/// Outlook puts the quoted mail beside its header, up to the end.
fn is_reply_header(node: &Node) -> bool {
    let id = attr(node, "id").unwrap_or_default();
    REPLY_HEADERS.iter().any(|n| id.ends_with(n)) && !is_forward(node)
}

fn is_signature(node: &Node) -> bool {
    let class = attr(node, "class").unwrap_or_default();
    class.split_whitespace().any(|c| matches!(c, "gmail_signature" | "moz-signature"))
        || attr(node, "id").is_some_and(|id| id == "Signature")
}

/// What somebody forwards is content, not a quote.
fn is_forward(node: &Node) -> bool {
    let start = inner_text_up_to(node, 200).to_lowercase();
    ["forwarded message", "weitergeleitete nachricht", "message transféré", "mensaje reenviado"]
        .iter()
        .any(|f| start.contains(f))
}

/// The tag of an element, else an empty string.
pub(super) fn tag(node: &Node) -> &str {
    match &node.data {
        NodeData::Element { name, .. } => &name.local,
        _ => "",
    }
}

/// An attribute's value.
pub(super) fn attr(node: &Node, name: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else { return None };
    attrs.borrow().iter().find(|a| &*a.name.local == name).map(|a| a.value.to_string())
}

/// All text below a node as it stands, `\n` for `br`, `(image: alt)` for an image, a space between blocks.
pub(super) fn inner_text(node: &Node) -> String {
    inner_text_up_to(node, usize::MAX)
}

fn inner_text_up_to(node: &Node, max: usize) -> String {
    let mut out = String::new();
    let mut stack: Vec<Rc<Node>> = node.children.borrow().iter().rev().map(Rc::clone).collect();
    while let Some(node) = stack.pop() {
        if out.len() >= max {
            break;
        }
        match (&node.data, tag(&node)) {
            (NodeData::Text { contents }, _) => out.push_str(&contents.borrow()),
            (_, "br") => out.push('\n'),
            (_, "img") => out.push_str(&image(&node)),
            (_, t) if is_block(t) => out.push(' '),
            _ => {}
        }
        stack.extend(node.children.borrow().iter().rev().map(Rc::clone));
    }
    out
}

/// What stands for an image: `(image: alt)`, or nothing.
pub(super) fn image(node: &Node) -> String {
    let alt = clean::header(clean::prefix(&attr(node, "alt").unwrap_or_default(), 500));
    if alt.is_empty() { alt } else { format!("(image: {alt})") }
}

/// True for elements that start a line of their own.
pub(super) fn is_block(tag: &str) -> bool {
    matches!(
        tag,
        "p" | "div"
            | "table"
            | "tr"
            | "ul"
            | "ol"
            | "li"
            | "blockquote"
            | "pre"
            | "hr"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "section"
            | "article"
            | "header"
            | "footer"
            | "address"
            | "center"
            | "dl"
            | "dt"
            | "dd"
            | "figure"
            | "main"
            | "nav"
            | "aside"
            | "caption"
            | "details"
            | "summary"
            | "td"
            | "th"
    )
}

enum Step {
    Enter(Rc<Node>, usize),
    Leave(Rc<Node>),
}

/// The plain text of HTML, whatever its depth.
pub(super) fn text_of(html: &str) -> String {
    let root = root_of(html);
    let mut out = PlainText::default();
    let mut stack = vec![Step::Enter(root, 0)];
    while let Some(step) = stack.pop() {
        match step {
            Step::Enter(node, quotes) => {
                if out.text.len() > MAX_TEXT {
                    break;
                }
                prune(&node, Keep::All);
                out.enter(&node, quotes);
                let quotes = quotes + usize::from(tag(&node) == "blockquote");
                stack.push(Step::Leave(Rc::clone(&node)));
                stack.extend(node.children.borrow().iter().rev().map(|c| Step::Enter(Rc::clone(c), quotes)));
            }
            Step::Leave(node) => out.leave(&node),
        }
    }
    out.text.trim().to_owned()
}

#[derive(Default)]
struct PlainText {
    text: String,
    /// Line breaks wanted before the next word.
    breaks: usize,
    /// The quote depth of the last word.
    quotes: usize,
    pre: usize,
    links: Vec<usize>,
}

impl PlainText {
    fn enter(&mut self, node: &Node, quotes: usize) {
        let tag = tag(node);
        match tag {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "a" => self.links.push(self.text.len()),
            "pre" => self.pre += 1,
            "img" => self.push(&image(node), quotes),
            "td" | "th" => self.push(" ", quotes),
            _ => {}
        }
        self.block(tag);
        if tag == "li" {
            self.push("- ", quotes);
        }
        if let NodeData::Text { contents } = &node.data {
            self.push(&visible(&contents.borrow()), quotes);
        }
    }

    fn leave(&mut self, node: &Node) {
        match tag(node) {
            "a" => self.end_link(node),
            "pre" => self.pre -= 1,
            _ => {}
        }
        self.block(tag(node));
    }

    fn block(&mut self, tag: &str) {
        let wanted = match tag {
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" | "ul" | "ol" | "blockquote" | "pre" | "hr" => 2,
            "td" | "th" => 0,
            t if is_block(t) => 1,
            _ => 0,
        };
        self.breaks = self.breaks.max(wanted);
    }

    fn push(&mut self, text: &str, quotes: usize) {
        for (i, line) in text.split('\n').enumerate() {
            if i > 0 {
                if self.pre > 0 {
                    self.breaks = (self.breaks + 1).min(2);
                } else {
                    self.word(" ", quotes);
                }
            }
            if self.pre > 0 {
                self.word(line, quotes);
                continue;
            }
            for (j, word) in line.split([' ', '\t']).enumerate() {
                if j > 0 {
                    self.word(" ", quotes);
                }
                self.word(word, quotes);
            }
        }
    }

    fn word(&mut self, word: &str, quotes: usize) {
        let at_start = self.breaks > 0 || self.text.is_empty();
        if word.is_empty() || (self.pre == 0 && word == " " && (at_start || self.text.ends_with([' ', '\n']))) {
            return;
        }
        if at_start {
            self.text.truncate(self.text.trim_end_matches(' ').len());
            let breaks = if self.text.is_empty() { 0 } else { self.breaks };
            let marker = |quotes: usize| "> ".repeat(quotes.min(20));
            let between = marker(quotes.min(self.quotes));
            for i in 0..breaks {
                self.text.push('\n');
                if i + 1 < breaks {
                    self.text.push_str(between.trim_end());
                }
            }
            self.text.push_str(&marker(quotes));
            self.breaks = 0;
            self.quotes = quotes;
        }
        self.text.push_str(word);
    }

    fn end_link(&mut self, node: &Node) {
        let start = self.links.pop().unwrap_or_default();
        let Some(url) = super::write::web_address(&attr(node, "href").unwrap_or_default()) else { return };
        let label = self.text.get(start..).unwrap_or_default().trim();
        let bare = |s: &str| {
            let s = s.trim_start_matches("mailto:").trim_start_matches("https://").trim_start_matches("http://");
            s.trim_end_matches('/').to_lowercase()
        };
        if !label.is_empty() && bare(label) != bare(&url) {
            self.text.push_str(&format!(" <{url}>"));
        }
    }
}
