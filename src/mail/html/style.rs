//! What nobody is meant to see: told by attributes, by inline styles, and by the classes of a style sheet that hide.

use super::tag::Tag;
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

/// True for an element that nobody is meant to see. Reads all attributes.
pub(super) fn is_hidden<'a>(
    tag: Tag,
    attributes: &mut impl Iterator<Item = (&'a str, &'a str)>,
    sheet: &Sheet<'_>,
) -> bool {
    let (mut hidden, mut by_class, mut shown, mut tiny) = (false, false, false, 0);
    for (name, value) in attributes {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        match name.len() {
            5 if is("style") => {
                let declared = declares(value);
                hidden |= declared.hidden(tag);
                shown |= declared.shown;
            }
            5 if is("class") => by_class |= sheet.hides(value),
            6 if is("hidden") => hidden = true,
            5 | 6 if tag == Tag::Img && (is("width") || is("height")) => {
                tiny += usize::from(matches!(value.trim().trim_end_matches("px"), "0" | "1" | "2"));
            }
            _ => {}
        }
    }
    hidden || (by_class && !shown) || tiny > 1
}

/// What a style says about being seen.
#[derive(Debug, Default)]
struct Declared {
    gone: bool,
    /// `display` of something.
    shown: bool,
    tiny: bool,
    faint: bool,
    clipped: bool,
    flat: bool,
}

impl Declared {
    /// Layouts set font-size:0 on containers whose children set it again: alone it hides only part of a line.
    fn hidden(&self, tag: Tag) -> bool {
        self.gone || (self.tiny && (tag == Tag::Inline || self.faint)) || (self.clipped && self.flat && tag != Tag::Img)
    }
}

fn declares(style: &str) -> Declared {
    let mut found = Declared::default();
    for declaration in crate::mail::clean::prefix(style, MAX_STYLE).split(';') {
        let declaration = declaration.trim_start();
        // Most are told apart by their first letter.
        let Some(b'd' | b'v' | b'm' | b'f' | b'o' | b'l' | b'c' | b'h' | b't' | b'D' | b'V' | b'M' | b'F' | b'O') =
            declaration.as_bytes().first()
        else {
            continue;
        };
        let Some((key, value)) = declaration.split_once(':') else { continue };
        let (key, value) = (key.trim_end(), value.trim());
        let Some(first) = value.as_bytes().first() else { continue };
        // Every value that hides begins with one of these.
        let is = |known: &str| key.eq_ignore_ascii_case(known);
        if is("display") {
            found.gone |= begins(value, "none");
            found.shown |= !begins(value, "none");
            continue;
        }
        if !b"0-.1hHaAtT".contains(first) {
            continue;
        }
        match key.len() {
            10 if is("visibility") => found.gone |= begins(value, "hidden"),
            8 if is("mso-hide") => found.gone |= begins(value, "all"),
            10 if is("max-height") => {
                found.gone |= is_zero(value);
                found.flat |= is_zero(value);
            }
            9 if is("font-size") => found.tiny |= is_zero(value),
            7 if is("opacity") => found.faint |= is_zero(value),
            11 if is("line-height") => found.faint |= is_zero(value),
            5 if is("color") => found.faint |= begins(value, "transparent"),
            8 if is("overflow") => found.clipped |= begins(value, "hidden"),
            6 if is("height") => found.flat |= is_zero(value),
            4 | 3 | 11 if is("left") || is("top") || is("text-indent") => found.gone |= is_far(value),
            _ => {}
        }
    }
    found
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
