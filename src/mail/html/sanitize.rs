//! The pass before a tree is built: HTML → less HTML. It takes out what is never read, keeps only the attributes
//! that the conversion looks at, and bounds depth and number of elements so that a tree is safe to build.

use crate::mail::clean;
use lol_html::html_content::Element;
use lol_html::{RewriteStrSettings, element, end_tag, rewrite_str};
use std::borrow::Cow;
use std::cell::Cell;
use std::rc::Rc;

pub(super) const MAX_BYTES: usize = 2 << 20;
pub(super) const MAX_DEPTH: usize = 120;
pub(super) const MAX_ELEMENTS: usize = 50_000;
pub(super) const MAX_ATTRIBUTES: usize = 64;

/// Elements whose content is no text of the mail.
const DROPPED: &[&str] = &[
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "noembed",
    "noframes",
    "iframe",
    "object",
    "embed",
    "applet",
    "svg",
    "canvas",
    "audio",
    "video",
    "map",
    "textarea",
    "select",
    "xmp",
    "plaintext",
];
pub(super) const KEPT_ATTRIBUTES: &[&str] =
    &["href", "src", "alt", "role", "start", "colspan", "class", "id", "type", "hidden"];
/// Formatting elements are reopened by the parser in each block after them: without attributes, and few of
/// them, that stays bounded.
pub(super) const UNWRAPPED: &[&str] =
    &["font", "u", "big", "small", "tt", "nobr", "strike", "s", "button", "form", "label", "fieldset", "svg", "math"];
/// Elements that end without an end tag do not count as depth.
pub(super) const IMPLIED_END: &[&str] =
    &["p", "li", "td", "th", "tr", "tbody", "thead", "tfoot", "dt", "dd", "option", "html", "head", "body", "colgroup"];

/// The HTML that is worth building a tree of; empty when the HTML can not be read at all.
pub(super) fn sanitize(html: &str) -> String {
    let html = clean::prefix(html, MAX_BYTES);
    let (depth, count) = (Rc::new(Cell::new(0_usize)), Cell::new(0_usize));
    let handler = element!("*", |el| {
        count.set(count.get() + 1);
        filter(el, &depth, count.get() > MAX_ELEMENTS)?;
        Ok(())
    });
    let settings =
        RewriteStrSettings { element_content_handlers: vec![handler], strict: false, ..RewriteStrSettings::new() };
    rewrite_str(html, settings).unwrap_or_else(|_| strip_tags(html))
}

fn filter(el: &mut Element<'_, '_>, depth: &Rc<Cell<usize>>, too_many: bool) -> lol_html::HandlerResult {
    let tag = el.tag_name();
    if DROPPED.contains(&tag.as_str()) {
        el.remove();
        return Ok(());
    }
    if too_many || el.attributes().len() > MAX_ATTRIBUTES || UNWRAPPED.contains(&tag.as_str()) {
        el.remove_and_keep_content();
        return Ok(());
    }
    if is_hidden(&tag, |name| el.get_attribute(name).map(Cow::Owned)) {
        // Removed from the tree, not here: without its end tag this element would take the rest along.
        el.set_attribute("hidden", "")?;
    }
    let names: Vec<String> = el.attributes().iter().map(|a| a.name()).collect();
    let formatting = is_formatting(&tag);
    for name in names.iter().filter(|n| !KEPT_ATTRIBUTES.contains(&n.as_str()) || (formatting && *n != "hidden")) {
        el.remove_attribute(name);
    }
    if tag == "strong" || tag == "em" {
        el.set_tag_name(if tag == "strong" { "b" } else { "i" })?;
    }
    if IMPLIED_END.contains(&tag.as_str()) || !el.can_have_content() {
        return Ok(());
    }
    if depth.get() >= MAX_DEPTH {
        el.remove_and_keep_content();
        return Ok(());
    }
    depth.set(depth.get() + 1);
    let depth = Rc::clone(depth);
    el.on_end_tag(end_tag!(move |_| {
        depth.set(depth.get().saturating_sub(1));
        Ok(())
    }))
}

/// Elements that keep no attributes.
pub(super) fn is_formatting(tag: &str) -> bool {
    matches!(tag, "b" | "i" | "em" | "strong" | "code")
}

/// True for an element that nobody is meant to see; `attribute` gives its attributes' values as they are written.
pub(super) fn is_hidden<'v>(tag: &str, attribute: impl Fn(&str) -> Option<Cow<'v, str>>) -> bool {
    if tag == "input" || attribute("hidden").is_some() {
        return true;
    }
    let is_tiny =
        |name: &str| attribute(name).is_some_and(|v| matches!(v.trim().trim_end_matches("px"), "0" | "1" | "2"));
    if tag == "img" && is_tiny("width") && is_tiny("height") {
        return true;
    }
    let Some(style) = attribute("style") else { return false };
    let mut small = Small::default();
    for (key, value) in clean::prefix(&style, 4096).split(';').filter_map(|declaration| declaration.split_once(':')) {
        let Some(key) = looked_for(key) else { continue };
        let value: String = plain(value).collect();
        let value = value.trim_end_matches("!important");
        let zero = matches!(value, "0" | "0px" | "0pt" | "0em" | "0%");
        match key {
            "display" if value == "none" => return true,
            "visibility" if value == "hidden" => return true,
            "mso-hide" if value == "all" => return true,
            "max-height" if zero => return true,
            "font-size" => small.font |= zero,
            "opacity" | "line-height" => small.faint |= zero,
            "color" => small.faint |= value == "transparent",
            _ => {}
        }
    }
    // Layouts set font-size:0 on containers whose children set it again: alone it hides only a span.
    small.font && (tag == "span" || small.faint)
}

/// What alone does not hide.
#[derive(Default)]
struct Small {
    font: bool,
    faint: bool,
}

/// Text without white space, in lower case.
fn plain(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase())
}

/// The property, where it is one that can hide; most are told apart by their first letter.
fn looked_for(key: &str) -> Option<&'static str> {
    let names: &[&str] = match plain(key).next()? {
        'd' => &["display"],
        'v' => &["visibility"],
        'm' => &["mso-hide", "max-height"],
        'f' => &["font-size"],
        'o' => &["opacity"],
        'l' => &["line-height"],
        'c' => &["color"],
        _ => return None,
    };
    names.iter().copied().find(|name| plain(key).eq(name.chars()))
}

/// The last resort: everything between `<` and `>` goes.
fn strip_tags(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    for (i, piece) in html.split('<').enumerate() {
        let text = if i == 0 { piece } else { piece.split_once('>').map_or("", |(_, text)| text) };
        out.push_str(text);
        out.push(' ');
    }
    out
}
