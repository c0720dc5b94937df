//! What nobody is meant to see: told by attributes, by inline styles, and by the classes of a style sheet that hide.

use super::tag::Tag;
use super::token;
use memchr::memmem;

const MAX_STYLE: usize = 4096;
const MAX_CLASSES: usize = 64;
const MAX_SHEET: usize = 256 << 10;

/// The classes that a mail's style sheets hide on every screen.
#[derive(Debug, Default)]
pub(super) struct Sheet<'a> {
    hiding: Vec<&'a str>,
}

impl<'a> Sheet<'a> {
    /// Reads `.name { display: none }` and its like; what holds on some screens only (`@media`) does not hide.
    pub(super) fn read(&mut self, css: &'a str) {
        let css = crate::mail::clean::prefix(css, MAX_SHEET);
        if memmem::find(css.as_bytes(), b"none").is_none() {
            return;
        }
        let (mut depth, mut from) = (0_usize, 0);
        let mut selector = "";
        for at in memchr::memchr2_iter(b'{', b'}', css.as_bytes()) {
            let text = css.get(from..at).unwrap_or_default();
            from = at + 1;
            if css.as_bytes().get(at) == Some(&b'{') {
                selector = if depth == 0 { text } else { "" };
                depth += 1;
                continue;
            }
            depth = depth.saturating_sub(1);
            if depth == 0 && !selector.contains('@') && declares(text).hidden(Tag::Div) {
                self.add(selector);
            }
            selector = "";
        }
    }

    fn add(&mut self, selector: &'a str) {
        let selector = selector.rsplit("*/").next().unwrap_or_default();
        for one in selector.split(',').map(str::trim) {
            let class = one.trim_start_matches(|c: char| c.is_ascii_alphanumeric()).strip_prefix('.');
            let plain = |c: &&str| !c.is_empty() && c.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            if let Some(class) = class.filter(plain)
                && self.hiding.len() < MAX_CLASSES
            {
                self.hiding.push(class);
            }
        }
    }

    fn hides(&self, classes: &str) -> bool {
        !self.hiding.is_empty() && classes.split_ascii_whitespace().any(|class| self.hiding.contains(&class))
    }
}

/// What an element's attributes say about being seen.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// Nobody is meant to see it.
    pub(super) hidden: bool,
    /// Nor its text (it has no size), until something in it says otherwise.
    pub(super) tiny: bool,
}

/// Reads all attributes.
pub(super) fn look<'a>(tag: Tag, attributes: &mut impl Iterator<Item = (&'a str, &'a str)>, sheet: &Sheet<'_>) -> Look {
    let mut look = Look::default();
    let (mut hidden, mut by_class, mut tiny) = (false, false, 0);
    let mut own = "";
    for (name, value) in attributes {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match name.len() {
            5 if is("style") => {
                own = value;
                let declared = declares(value);
                hidden |= declared.hidden(tag);
                look.tiny = declared.tiny;
            }
            5 if is("class") => by_class |= sheet.hides(value),
            6 if is("hidden") => hidden = true,
            5 | 6 if tag == Tag::Img && (is("width") || is("height")) => {
                tiny += usize::from(matches!(value.trim().trim_end_matches("px"), "0" | "1" | "2"));
            }
            _ => {}
        }
    }
    look.hidden = hidden || (by_class && !shows(own)) || tiny > 1;
    look
}

/// What a style says about being seen.
#[derive(Debug, Default)]
struct Declared {
    gone: bool,
    tiny: bool,
    clipped: bool,
    flat: bool,
}

impl Declared {
    fn hidden(&self, tag: Tag) -> bool {
        self.gone || (self.clipped && self.flat && tag != Tag::Img)
    }
}

fn declares(style: &str) -> Declared {
    let mut found = Declared::default();
    let style = crate::mail::clean::prefix(style, MAX_STYLE);
    let mut from = 0;
    for at in memchr::memchr_iter(b':', style.as_bytes()) {
        let (key, value) = (style.get(from..at).unwrap_or_default(), style.get(at + 1..).unwrap_or_default());
        from = at + 1;
        let value = value.trim_ascii_start();
        // Every value that hides begins with one of these.
        if !matches!(value.as_bytes().first(), Some(b'0' | b'-' | b'.' | b'h' | b'H' | b'a' | b'A' | b'n' | b'N')) {
            continue;
        }
        let from = key.bytes().rposition(|b| b == b';').map_or(0, |at| at + 1);
        let key = key.get(from..).unwrap_or_default().trim_ascii();
        let ends = value.bytes().position(|b| b == b';').unwrap_or(value.len());
        let value = value.get(..ends).unwrap_or_default().trim_ascii_end();
        let is = |known: &str| key.eq_ignore_ascii_case(known);
        match key.len() {
            7 if is("display") => found.gone |= begins(value, "none"),
            10 if is("visibility") => found.gone |= begins(value, "hidden"),
            8 if is("mso-hide") => found.gone |= begins(value, "all"),
            10 if is("max-height") => {
                found.gone |= is_zero(value);
                found.flat |= is_zero(value);
            }
            9 if is("font-size") => found.tiny |= is_zero(value),
            7 if is("opacity") => found.gone |= is_zero(value),
            8 if is("overflow") => found.clipped |= begins(value, "hidden"),
            5 | 6 | 9 if is("width") || is("height") || is("max-width") => found.flat |= is_zero(value),
            4 | 3 | 11 if is("left") || is("top") || is("text-indent") => found.gone |= is_far(value),
            _ => {}
        }
    }
    // What is said last holds.
    found.tiny = found.tiny && sizes(style) == Some(Size::Zero);
    found
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Size {
    Zero,
    Some,
}

/// What a style says of the text's size.
fn sizes(style: &str) -> Option<Size> {
    let declarations = style.split(';').filter_map(|declaration| declaration.split_once(':'));
    let mut sizes = declarations.filter_map(|(key, value)| {
        let is = |known: &str| key.trim_ascii().eq_ignore_ascii_case(known);
        let zero = is("font-size") && is_zero(value.trim_ascii());
        (is("font-size") || is("font")).then_some(if zero { Size::Zero } else { Size::Some })
    });
    sizes.next_back()
}

/// True for an element in one without a size whose text may have one again: it says so, or a style sheet may.
pub(super) fn may_size(attributes: &str) -> bool {
    token::attributes(attributes).any(|(name, value)| {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        is("class") || is("id") || is("size") || (is("style") && sizes(value) == Some(Size::Some))
    })
}

/// True for a style that shows an element: `display` of something.
fn shows(style: &str) -> bool {
    let declarations = style.split(';').filter_map(|declaration| declaration.split_once(':'));
    let mut displays = declarations.filter(|(key, _)| key.trim_ascii().eq_ignore_ascii_case("display"));
    displays.any(|(_, value)| !begins(value.trim_ascii(), "none"))
}

/// True when the value is that word, whatever its case and importance.
fn begins(value: &str, word: &str) -> bool {
    value.get(..word.len()).is_some_and(|v| v.eq_ignore_ascii_case(word))
}

/// Zero of any unit.
fn is_zero(value: &str) -> bool {
    let number = value.trim_start_matches(['0', '.']);
    let unit = number.split(['!', ' ']).next().unwrap_or_default();
    number.len() < value.len() && !unit.starts_with(|c: char| c.is_ascii_digit())
}

/// So far to the left or above that nobody sees it.
fn is_far(value: &str) -> bool {
    let digits = value.strip_prefix('-').map_or(0, |n| n.bytes().take_while(u8::is_ascii_digit).count());
    digits > 3 && value.contains("px")
}
