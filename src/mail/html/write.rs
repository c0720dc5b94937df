//! A marked tree → marked Markdown, through htmd, with our own way of writing links, images, code and tables.
//! What these handlers write as Markdown is marked raw, so that nothing after them escapes it again.

use super::tree::{Tree, attr, image, inner_text, tag};
use crate::mail::clean;
use crate::mail::inert::escape::{self, push_raw, push_text, unmark};
use htmd::element_handler::{HandlerResult, Handlers};
use htmd::options::{BulletListMarker, Options};
use htmd::{Element, HtmlToMarkdown, Node};
use std::borrow::Cow;
use std::rc::Rc;
use std::sync::LazyLock;

const MAX_URL: usize = 4096;
const MAX_CELLS: usize = 20_000;
const MAX_COLUMNS: usize = 40;

/// Markdown with the text still marked.
pub(super) fn to_marked(tree: &Tree) -> String {
    static CONVERTER: LazyLock<HtmlToMarkdown> = LazyLock::new(converter);
    CONVERTER.tree_to_markdown(&tree.root)
}

fn converter() -> HtmlToMarkdown {
    let options = Options {
        bullet_list_marker: BulletListMarker::Dash,
        ul_bullet_spacing: 1,
        ol_number_spacing: 1,
        ..Options::default()
    };
    HtmlToMarkdown::builder()
        .options(options)
        .add_handler(vec!["a"], link)
        .add_handler(vec!["img"], |_: &dyn Handlers, el: Element| Some(text(&image(el.node)).into()))
        .add_handler(vec!["b"], |h: &dyn Handlers, el: Element| emphasis(h, &el, "**"))
        .add_handler(vec!["i"], |h: &dyn Handlers, el: Element| emphasis(h, &el, "*"))
        .add_handler(vec!["h1", "h2", "h3", "h4", "h5", "h6"], heading)
        .add_handler(vec!["code", "kbd", "samp"], inline_code)
        .add_handler(vec!["pre"], code_block)
        .add_handler(vec!["span"], |h: &dyn Handlers, el: Element| Some(h.walk_children(el.node)))
        .add_handler(vec!["table"], table)
        .build()
}

fn text(text: &str) -> String {
    let mut out = String::new();
    push_text(&mut out, text);
    out
}

fn raw(text: &str) -> String {
    let mut out = String::new();
    push_raw(&mut out, text);
    out
}

/// The address if it may be a link's target (web, mail, telephone), made safe to stand between parentheses
/// or angle brackets.
pub(super) fn web_address(href: &str) -> Option<String> {
    let href = href.trim();
    let href: Cow<'_, str> = match href.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        true => Cow::Borrowed(href),
        false => href.chars().filter(|c| !c.is_control()).collect(),
    };
    let (scheme, rest) = href.split_once(':')?;
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    let known = match () {
        () if is("http") || is("https") => rest.starts_with("//") && rest.len() > 2,
        () if is("mailto") || is("tel") => !rest.is_empty(),
        () => false,
    };
    (known && href.len() <= MAX_URL).then(|| encode(&scheme.to_ascii_lowercase(), rest))
}

fn encode(scheme: &str, rest: &str) -> String {
    let mut out = String::with_capacity(scheme.len() + 1 + rest.len());
    out.push_str(scheme);
    out.push(':');
    for (at, c) in rest.char_indices() {
        let hex = |s: &str| s.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2;
        let keep = match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '/' | '.' | '-' | '_' | '?' | '&' => true,
            '%' => hex(rest.get(at + 1..).unwrap_or_default()),
            '~' | ':' | '=' => !out.ends_with(c),
            c if c.is_ascii() => "#@!'+,".contains(c),
            c => c.is_alphanumeric(),
        };
        if keep {
            out.push(c);
        } else {
            // A semicolon too: an entity would be decoded in a link's target.
            let mut buffer = [0; 4];
            out.extend(c.encode_utf8(&mut buffer).bytes().map(|b| format!("%{b:02X}")));
        }
    }
    out
}

fn link(handlers: &dyn Handlers, el: Element) -> Option<HandlerResult> {
    let inner = inner_text(el.node);
    let label = clean::header(&escape::plain(&inner));
    let target = attr(el.node, "href").and_then(|href| web_address(&href));
    let Some(url) = target else { return Some(handlers.walk_children(el.node)) };
    if label.is_empty() {
        return None;
    }
    if url == label || url.strip_suffix('/') == Some(&label) {
        return Some(raw(&format!("<{url}>")).into());
    }
    let space = |yes: bool| if yes { " " } else { "" };
    let label = text(&label);
    let (before, after) = (space(inner.starts_with(char::is_whitespace)), space(inner.ends_with(char::is_whitespace)));
    Some([before, &raw("["), &label, &raw(&format!("]({url})")), after].concat().into())
}

fn emphasis(handlers: &dyn Handlers, el: &Element, marker: &str) -> Option<HandlerResult> {
    let content = handlers.walk_children(el.node).content;
    let inner = content.trim();
    // Emphasis does not reach over blocks, and nested emphasis of one kind is none.
    if inner.is_empty() || inner.contains('\n') || inner.starts_with(&raw("*")) || inner.ends_with(&raw("*")) {
        return Some(content.into());
    }
    let start = content.get(..content.len() - content.trim_start().len()).unwrap_or_default();
    let end = content.get(content.trim_end().len()..).unwrap_or_default();
    Some([start, &raw(marker), inner, &raw(marker), end].concat().into())
}

fn heading(handlers: &dyn Handlers, el: Element) -> Option<HandlerResult> {
    let content = handlers.walk_children(el.node).content;
    if has_fence(&content) {
        return Some(content.into());
    }
    let content = content.split_whitespace().collect::<Vec<_>>().join(" ");
    if content.is_empty() {
        return None;
    }
    let level = el.tag.as_bytes().get(1).map_or(1, |b| usize::from(b.saturating_sub(b'0')).clamp(1, 6));
    Some(format!("\n\n{} {content}\n\n", "#".repeat(level)).into())
}

/// Code as it stands, but for what runs even in code: Templater's opening mark is broken by a zero-width space.
fn code_text(node: &Node) -> String {
    escape::plain(&inner_text(node)).replace("<%", "<\u{200b}%")
}

fn fence(code: &str, least: usize) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(least.max(longest + 1))
}

/// A code block can not be folded into one line: as inline code it could run.
fn has_fence(content: &str) -> bool {
    content.contains(&raw("```"))
}

fn inline_code(handlers: &dyn Handlers, el: Element) -> Option<HandlerResult> {
    let code = code_text(el.node);
    let code = code.trim();
    // Dataview runs `= …` and `$= …`; Markdown has no code over several lines within a line.
    if code.is_empty() || code.contains('\n') || code.starts_with('=') || code.starts_with("$=") || is_in_pre(el.node) {
        return Some(handlers.walk_children(el.node));
    }
    let ticks = fence(code, 1);
    let pad = if ticks.len() > 1 { " " } else { "" };
    Some(raw(&format!("{ticks}{pad}{code}{pad}{ticks}")).into())
}

fn is_in_pre(node: &Rc<Node>) -> bool {
    let parent = node.parent.take();
    let up = parent.as_ref().and_then(std::rc::Weak::upgrade);
    node.parent.set(parent);
    up.is_some_and(|p| tag(&p) == "pre")
}

fn code_block(_: &dyn Handlers, el: Element) -> Option<HandlerResult> {
    let code = code_text(el.node);
    let code = code.trim_matches('\n').trim_end();
    if code.trim().is_empty() {
        return None;
    }
    let ticks = fence(code, 3);
    Some(format!("\n\n{}\n\n", raw(&format!("{ticks}\n{code}\n{ticks}"))).into())
}

fn table(handlers: &dyn Handlers, el: Element) -> Option<HandlerResult> {
    let rows = rows_of(el.node);
    let cells: usize = rows.iter().map(Vec::len).sum();
    let layout = attr(el.node, "role").is_some_and(|r| matches!(r.trim(), "presentation" | "none"))
        || rows.len() < 2
        || cells > MAX_CELLS
        || has_table(el.node);
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|c| handlers.walk_children(c).content.trim().to_owned()).collect())
        .collect();
    let filled = |row: &Vec<String>| row.iter().filter(|c| !c.is_empty()).count();
    let one_column = rows.iter().all(|r| filled(r) < 2);
    let blocks = rows.iter().flatten().any(|c| c.contains("\n\n") || has_fence(c));
    if layout || one_column || blocks {
        return Some(flat(&rows).into());
    }
    Some(data_table(&rows).into())
}

/// The cells of a table's own rows.
fn rows_of(table: &Node) -> Vec<Vec<Rc<Node>>> {
    let mut rows = Vec::new();
    let mut stack: Vec<Rc<Node>> = table.children.borrow().iter().rev().map(Rc::clone).collect();
    while let Some(node) = stack.pop() {
        let children = || node.children.borrow().iter().map(Rc::clone).collect::<Vec<_>>();
        match tag(&node) {
            "tbody" | "thead" | "tfoot" => stack.extend(children().into_iter().rev()),
            "tr" => rows.push(children().into_iter().filter(|c| matches!(tag(c), "td" | "th")).collect()),
            "caption" => rows.insert(0, vec![Rc::clone(&node)]),
            _ => {}
        }
    }
    rows
}

fn has_table(node: &Node) -> bool {
    let mut stack: Vec<Rc<Node>> = node.children.borrow().iter().map(Rc::clone).collect();
    while let Some(node) = stack.pop() {
        if tag(&node) == "table" {
            return true;
        }
        stack.extend(node.children.borrow().iter().map(Rc::clone));
    }
    false
}

/// A layout table as what it shows: rows below each other, short cells beside each other.
fn flat(rows: &[Vec<String>]) -> String {
    let mut out = String::from("\n\n");
    for row in rows {
        let cells: Vec<&str> = row.iter().map(String::as_str).filter(|c| !c.is_empty()).collect();
        let short = cells.iter().all(|c| !c.contains('\n') && c.chars().count() < 80);
        out.push_str(&cells.join(if short { " " } else { "\n\n" }));
        out.push_str("\n\n");
    }
    out
}

fn data_table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0).min(MAX_COLUMNS);
    let mut out = String::from("\n\n");
    for (i, row) in rows.iter().filter(|r| r.iter().any(|c| !c.is_empty())).enumerate() {
        out.push('|');
        for column in 0..columns {
            let rest = || row.iter().skip(column).map(String::as_str).collect::<Vec<_>>().join(" ");
            let cell = if column + 1 == columns { rest() } else { row.get(column).cloned().unwrap_or_default() };
            let cell = cell.split_whitespace().collect::<Vec<_>>().join(" ");
            out.push(' ');
            for c in cell.chars() {
                // A pipe ends a cell even in code.
                if unmark(c) == ('|', false) {
                    out.push_str(&raw("\\"));
                }
                out.push(c);
            }
            out.push_str(" |");
        }
        out.push('\n');
        if i == 0 {
            out.push_str(&format!("|{}\n", " --- |".repeat(columns)));
        }
    }
    out.push('\n');
    out
}

/// At most one blank line in a row outside code, no white space at line ends but a line break's two spaces.
pub(super) fn tidy(marked: &str) -> String {
    let ticks = raw("```");
    let mut out = String::with_capacity(marked.len());
    let (mut open_fence, mut blank) = (None, true);
    for line in marked.lines() {
        let content = line.trim_matches([' ', '\u{a0}']).trim_start_matches(['>', ' ']);
        let fence = content.trim_start_matches(|c: char| c.is_ascii_digit() || "-. ".contains(c));
        let fenced = fence.starts_with(&ticks);
        if open_fence.is_some() || fenced {
            match open_fence {
                Some(open) if open == fence => open_fence = None,
                None => open_fence = Some(fence),
                _ => {}
            }
            out.push_str(line);
            out.push('\n');
            blank = false;
            continue;
        }
        let trimmed = line.trim_end_matches([' ', '\u{a0}']);
        if content.is_empty() && blank {
            continue;
        }
        blank = content.is_empty();
        let hard_break = !blank && line.ends_with("  ");
        out.push_str(trimmed);
        out.push_str(if hard_break { "  \n" } else { "\n" });
    }
    let out = out.replace("  \n\n", "\n\n");
    out.trim_matches('\n').trim_end().to_owned()
}
