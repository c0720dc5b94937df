//! Where the escaping policy lives. Text on its way to Markdown is carried as one string in which each ASCII
//! punctuation character is *marked*: as text of the mail (to be escaped where it would be live) or as
//! raw structure (ours). [`settle`] turns such a string into Markdown.
//!
//! The marks are private-use characters of plane 16, so that other code (an HTML converter) can carry marked
//! text without escaping it a second time. Such characters in a mail are dropped.

const TEXT: u32 = 0x10_F000;
const RAW: u32 = 0x10_F080;
/// What every mark begins with in UTF-8.
const MARK_BYTE: u8 = 0xf4;

/// One character of a marked line.
#[derive(Clone, Copy, PartialEq)]
struct Token {
    c: char,
    text: bool,
}

/// True for characters that only marking may bring in.
pub(crate) fn is_mark(c: char) -> bool {
    (TEXT..RAW + 0x80).contains(&u32::from(c))
}

fn mark(c: char, base: u32) -> char {
    if c.is_ascii_punctuation() { char::from_u32(base + u32::from(c)).unwrap_or(c) } else { c }
}

/// Whatever is neither punctuation nor a mark is copied as it stands; both begin with one of these bytes.
fn push(out: &mut String, mut text: &str, base: u32) {
    let is_special = |b: u8| b.is_ascii_punctuation() || b == MARK_BYTE;
    while let Some((plain, rest)) = text.bytes().position(is_special).and_then(|at| text.split_at_checked(at)) {
        out.push_str(plain);
        let mut chars = rest.chars();
        out.extend(chars.next().filter(|c| !is_mark(*c)).map(|c| mark(c, base)));
        text = chars.as_str();
    }
    out.push_str(text);
}

/// Appends text of the mail, its punctuation marked as text.
pub(crate) fn push_text(out: &mut String, text: &str) {
    push(out, text, TEXT);
}

/// Appends Markdown of ours (or code), its punctuation marked as raw: nothing in it will be escaped.
pub(crate) fn push_raw(out: &mut String, text: &str) {
    push(out, text, RAW);
}

/// The character behind a mark, and whether it was marked as text.
pub(crate) fn unmark(c: char) -> (char, bool) {
    let code = u32::from(c);
    match code {
        TEXT..RAW => (char::from_u32(code - TEXT).unwrap_or(c), true),
        _ if is_mark(c) => (char::from_u32(code - RAW).unwrap_or(c), false),
        _ => (c, false),
    }
}

/// What the marked text says, without any escape.
pub(crate) fn plain(marked: &str) -> String {
    marked.chars().map(|c| unmark(c).0).collect()
}

/// Marked text → Markdown. `brackets` says that the text may land inside a link label, so that `]` counts too.
pub(crate) fn settle(marked: &str, brackets: bool) -> String {
    let mut out = String::with_capacity(marked.len());
    // The tokens of one paragraph, and its lines; used again for each.
    let (mut tokens, mut rows) = (Vec::new(), Vec::new());
    let mut lines = marked.split('\n').peekable();
    while let Some(line) = lines.next() {
        let start = tokens.len();
        tokens.extend(line.chars().map(unmark).map(|(c, text)| Token { c, text }));
        rows.push((line, tokens.len()));
        let is_blank = tokens.iter().skip(start).all(|t| t.c.is_whitespace());
        if is_blank || lines.peek().is_none() {
            settle_paragraph(&tokens, &rows, brackets, &mut out);
            tokens.clear();
            rows.clear();
        }
    }
    out.pop();
    out
}

fn settle_paragraph(paragraph: &[Token], rows: &[(&str, usize)], brackets: bool, out: &mut String) {
    // Math and strikethrough may span the lines of a paragraph: two dollars anywhere in it are a pair.
    let paired = |c: char| paragraph.iter().filter(|t| t.c == c).take(2).count() > 1;
    let (dollars, tildes) = (paired('$'), paired('~'));
    let mut start = 0;
    for (marked, end) in rows {
        let tokens = paragraph.get(start..*end).unwrap_or_default();
        let brackets = brackets || tokens.iter().any(|t| !t.text && t.c == '[');
        Line { tokens, lead: lead(tokens), dollars, tildes, brackets }.write(marked, out);
        out.push('\n');
        start = *end;
    }
}

/// The index of the first token that is neither white space nor our own marker (quote, bullet, number, heading,
/// emphasis): where a character counts as standing at the start of its line.
fn lead(tokens: &[Token]) -> usize {
    let mut i = 0;
    while let Some(t) = tokens.get(i) {
        if t.c.is_whitespace() || (!t.text && "->+*#|".contains(t.c)) {
            i += 1;
        } else if t.c.is_ascii_digit() {
            let digits = tokens.iter().skip(i).take_while(|t| t.c.is_ascii_digit()).count();
            match tokens.get(i + digits) {
                Some(t) if !t.text && matches!(t.c, '.' | ')') => i += digits + 1,
                _ => break,
            }
        } else {
            break;
        }
    }
    i
}

struct Line<'a> {
    tokens: &'a [Token],
    lead: usize,
    dollars: bool,
    tildes: bool,
    brackets: bool,
}

impl Line<'_> {
    /// `marked` is the line as it came: what is not marked is copied from it.
    fn write(&self, marked: &str, out: &mut String) {
        let rule = self.is_rule();
        let (mut rest, mut i) = (marked, 0);
        while let Some((plain, tail)) =
            memchr::memchr(MARK_BYTE, rest.as_bytes()).and_then(|at| rest.split_at_checked(at))
        {
            out.push_str(plain);
            i += plain.chars().count();
            let mut chars = tail.chars();
            let (c, text) = chars.next().map_or((' ', false), unmark);
            if text && (i == self.lead && (rule || self.starts_block(i, c)) || self.is_live(i, c)) {
                out.push('\\');
            }
            out.push(c);
            i += 1;
            rest = chars.as_str();
        }
        out.push_str(rest);
    }

    fn at(&self, i: Option<usize>) -> Option<Token> {
        i.and_then(|i| self.tokens.get(i)).copied()
    }

    fn char_at(&self, i: usize) -> char {
        self.tokens.get(i).map_or(' ', |t| t.c)
    }

    /// A line of nothing but rule characters: a thematic break, a heading's underline, a table's delimiter row.
    fn is_rule(&self) -> bool {
        self.tokens.iter().skip(self.lead).all(|t| t.c.is_whitespace() || (t.text && "-=+:_*~|".contains(t.c)))
    }

    fn starts_block(&self, i: usize, c: char) -> bool {
        match c {
            '>' | '#' => true,
            '-' | '+' => self.char_at(i + 1).is_whitespace(),
            _ => false,
        }
    }

    /// Whether the text character `c` at `i` would be live in Markdown, Obsidian, Dataview, Tasks or Templater.
    fn is_live(&self, i: usize, c: char) -> bool {
        let before = self.at(i.checked_sub(1));
        let after = self.at(Some(i + 1));
        let (prev, next) = (before.map_or(' ', |t| t.c), after.map_or(' ', |t| t.c));
        let opens_link = |t: Option<Token>| t.is_some_and(|t| !t.text && t.c == '[');
        match c {
            '\\' | '`' | '*' | '[' | '|' => true,
            ']' => self.brackets,
            '_' => !(prev.is_alphanumeric() && next.is_alphanumeric()),
            '#' => !prev.is_alphanumeric() || next.is_alphanumeric(),
            '<' => next.is_ascii_alphabetic() || "/!?".contains(next),
            '%' => prev == '<' || prev == '%' || next == '%',
            '>' => prev == '%',
            '{' | '=' => prev == c,
            '~' => self.tildes,
            ':' => prev == c || self.ends_scheme(i),
            '$' => self.dollars,
            '&' => self.starts_entity(i),
            '^' => opens_link(before) || opens_link(after) || (prev.is_whitespace() && self.is_block_id(i)),
            '!' => opens_link(before) || opens_link(after),
            '.' | ')' => next.is_whitespace() && self.is_number(i),
            _ => false,
        }
    }

    /// `javascript:` and its like, and `scheme://` of anything but the web.
    fn ends_scheme(&self, i: usize) -> bool {
        let is_scheme = |t: &&Token| t.c.is_ascii_alphanumeric() || "+.-".contains(t.c);
        let mut word: String = self.tokens.iter().take(i).rev().take_while(is_scheme).take(32).map(|t| t.c).collect();
        word.make_ascii_lowercase();
        let word: String = word.chars().rev().collect();
        match word.as_str() {
            "javascript" | "data" | "file" | "obsidian" | "vbscript" => true,
            "http" | "https" => false,
            _ => self.char_at(i + 1) == '/' && self.char_at(i + 2) == '/',
        }
    }

    fn starts_entity(&self, i: usize) -> bool {
        let rest = self.tokens.iter().skip(i + 1);
        let name = rest.clone().take_while(|t| t.c.is_ascii_alphanumeric() || t.c == '#').take(40).count();
        name > 0 && self.char_at(i + 1 + name) == ';'
    }

    fn is_block_id(&self, i: usize) -> bool {
        let mut rest = self.tokens.iter().skip(i + 1).skip_while(|t| t.c.is_ascii_alphanumeric() || t.c == '-');
        rest.all(|t| t.c.is_whitespace())
    }

    /// A list number: digits from the line's start up to `i`.
    fn is_number(&self, i: usize) -> bool {
        let digits = i.saturating_sub(self.lead);
        (1..=9).contains(&digits) && self.tokens.iter().skip(self.lead).take(digits).all(|t| t.c.is_ascii_digit())
    }
}
