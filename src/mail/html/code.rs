//! Code, within a line and in blocks: as it stands, but for what would run.

use super::markdown::{Gap, Writer};
use super::tag::Tag;
use super::tree::Id;

impl Writer<'_, '_> {
    fn code_text(&self, id: Id) -> String {
        defused(&self.tree.words(id, usize::MAX))
    }

    pub(super) fn code(&mut self, id: Id) {
        // A link or a block in code is more to the reader than that it is code.
        if self.tree.holds(id, |tag| matches!(tag, Tag::Pre | Tag::A) || tag.is_block()) {
            return self.children(id);
        }
        let text = self.code_text(id);
        let code = text.split_ascii_whitespace().collect::<Vec<_>>().join(" ");
        self.space |= text.starts_with(|c: char| c.is_ascii_whitespace());
        // Dataview runs `= …` and `$= …`.
        match is_plain_code(&code) {
            true => self.push_code(&code),
            false => self.solid(&code),
        }
        self.space |= text.ends_with(|c: char| c.is_ascii_whitespace()) && !code.is_empty();
    }

    pub(super) fn pre(&mut self, id: Id) {
        let code = self.code_text(id).replace("\r\n", "\n");
        let code = code.trim_matches('\n').trim_end();
        if code.trim().is_empty() {
            return;
        }
        if self.one_line > 0 {
            self.words(code);
            self.space = true;
            return;
        }
        self.part(Gap::Paragraph);
        let ticks = fence(code, 3);
        self.structure(&ticks);
        for line in code.split('\n').chain([ticks.as_str()]) {
            self.out.push_text("\n");
            self.margin(line.is_empty());
            self.out.push_raw(line);
        }
        self.part(Gap::Paragraph);
    }

    /// Code within a line.
    fn push_code(&mut self, code: &str) {
        let joined = !self.space && self.out.ends_with_raw("`");
        let code = if self.in_cell { code.replace('|', "\\|") } else { code.to_owned() };
        let ticks = fence(&code, 1);
        let last = self.out.len().saturating_sub(1);
        // Two in a row would be one with longer marks.
        if joined && ticks.len() == 1 && !self.out.as_str().ends_with("``") && self.open_keeps() {
            self.out.truncate(last);
            self.out.push_raw(&format!("{code}`"));
            return;
        }
        self.space |= joined;
        let pad = if ticks.len() > 1 { " " } else { "" };
        self.raw(&format!("{ticks}{pad}{code}{pad}{ticks}"));
    }

    /// True when nothing has to be closed or opened before the next word.
    fn open_keeps(&self) -> bool {
        let wanted = usize::from(self.wanted.bold > 0)
            + usize::from(self.wanted.italic > 0)
            + usize::from(self.wanted.struck > 0)
            + usize::from(self.wanted.link.is_some());
        self.open.len() == wanted && self.open.iter().all(|mark| self.wanted.keeps(mark)) && !self.begins_line()
    }
}

/// Backticks that the code does not hold, at least so many.
pub(crate) fn fence(code: &str, least: usize) -> String {
    let longest = code.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    "`".repeat(if longest < least { least } else { longest + 1 })
}

/// True for code that nothing runs: Dataview runs `= …` and `$= …`.
fn is_plain_code(code: &str) -> bool {
    !code.is_empty() && !code.starts_with('=') && !code.starts_with("$=")
}

/// Code as it stands, but for what is live even there: Templater's opening mark, and `key:: value`, which Dataview takes
/// for the note's. A zero-width space breaks them.
pub(crate) fn defused(code: &str) -> String {
    let code = code.replace("<%", "<\u{200b}%");
    if memchr::memmem::find(code.as_bytes(), b"::").is_none() {
        return code;
    }
    let mut out = String::with_capacity(code.len() + 8);
    let mut rest = code.as_str();
    while let Some((before, after)) = rest.split_once("::") {
        out.push_str(before);
        out.push_str(if is_field(&out, after) { ":\u{200b}:" } else { "::" });
        rest = after;
    }
    out + rest
}

/// True for a key with a blank on either side of its colons: paths (`std::fmt`) are code, and are copied.
fn is_field(before: &str, after: &str) -> bool {
    let before = before.rsplit('\n').next().unwrap_or_default();
    let is_blank = |c: char| c.is_whitespace();
    if !before.ends_with(is_blank) && !after.starts_with(is_blank) && !after.is_empty() {
        return false;
    }
    let is_key = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || b" _-/".contains(&(c as u8));
    let lead = before.trim_end_matches(is_key);
    lead.len() < before.len() && (lead.is_empty() || lead.ends_with(['[', '(']))
}
