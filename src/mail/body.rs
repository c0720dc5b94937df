//! What a source note shows of a message's body: new, quoted and signing text, as inert Markdown.
//!
//! The plain text decides what is new. HTML is preferred for how it looks, and only where it says the same words:
//! so that a page with other content than its text part can not show the reader what the digest never saw.

mod align;

use super::message::Message;
use super::quote::{self, Sent, Zone};
use super::subject::{self, Mark};
use super::{html, inert};
use std::collections::HashMap;

/// The body of a message, ready for a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Body {
    /// What the sender wrote, plain and unescaped: for reading by program, never for a note.
    pub new_text: String,
    /// The same as inert Markdown.
    pub new_markdown: String,
    /// The quoted text as inert Markdown.
    pub quoted_markdown: String,
    /// The signature as inert Markdown.
    pub signature_markdown: String,
}

/// Renders a message's body. Everything in the text lands in one of the parts.
pub fn render(message: &Message) -> Body {
    let (_, mark) = subject::parts(&message.subject);
    let sent = if mark == Some(Mark::Forward) { Sent::PassedOn } else { Sent::Answer };
    let mut zones = quote::split(&message.text, sent);
    // Passed on without a word of one's own: then what is passed on is the content.
    if zones.new.trim().is_empty() && mark != Some(Mark::Answer) {
        zones.new = std::mem::take(&mut zones.quoted);
        zones.lines.iter_mut().filter(|z| **z == Zone::Quoted).for_each(|z| *z = Zone::Forwarded);
    }
    let from_html = message.html.as_deref().and_then(|html| structured(html, &message.text, &zones));
    Body {
        new_markdown: from_html.unwrap_or_else(|| inert::text(&zones.new)),
        quoted_markdown: inert::text(&unquoted(&zones.quoted)),
        signature_markdown: inert::text(&zones.signature),
        new_text: zones.new,
    }
}

/// The new part of the HTML, where it says what the plain text says.
fn structured(html: &str, text: &str, zones: &quote::Zones) -> Option<String> {
    let fits = |markdown: &String| same_words(markdown, &zones.new);
    let whole = zones.quoted.is_empty() && zones.signature.is_empty();
    let marked = || (!whole && html::marks_quotes(html)).then(|| html::to_markdown_new(html)).filter(fits);
    marked().or_else(|| {
        let markdown = html::to_markdown(html);
        Some(if whole { markdown } else { align::shown(&markdown, text, &zones.lines) }).filter(fits)
    })
}

/// True when the two share nearly all of their words. Addresses do not count: text parts write them out.
fn same_words(markdown: &str, text: &str) -> bool {
    let mut left: HashMap<u64, usize, foldhash::fast::RandomState> = HashMap::default();
    let (mut all, mut ours, mut shared) = (0_usize, 0_usize, 0_usize);
    let (mut theirs, mut words) = (Words::of(text).peekable(), Words::of(markdown).peekable());
    // Mostly they run side by side.
    while theirs.peek().is_some() && theirs.peek() == words.peek() {
        theirs.next();
        words.next();
        (all, ours, shared) = (all + 1, ours + 1, shared + 1);
    }
    for word in theirs {
        all += 1;
        *left.entry(word).or_insert(0) += 1;
    }
    for word in words {
        ours += 1;
        if let Some(count) = left.get_mut(&word).filter(|count| **count > 0) {
            *count -= 1;
            shared += 1;
        }
    }
    all + ours > 0 && shared * 10 >= all.max(ours) * 8
}

/// The words of a text, whatever their case, each as a number.
struct Words<'t> {
    text: &'t str,
    /// What of the text's first piece is still to be read; addresses are none.
    piece: &'t str,
}

impl<'t> Words<'t> {
    fn of(text: &'t str) -> Self {
        Words { text, piece: "" }
    }
}

impl Iterator for Words<'_> {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        loop {
            if let Some((word, rest)) = first_word(self.piece) {
                self.piece = rest;
                return Some(word);
            }
            let text = self.text.trim_start_matches(ends_piece);
            if text.is_empty() {
                return None;
            }
            let ascii = text.bytes().position(|b| !b.is_ascii() || ends_piece(b as char)).unwrap_or(text.len());
            let end = match text.as_bytes().get(ascii) {
                Some(b) if !b.is_ascii() => text.find(ends_piece).unwrap_or(text.len()),
                _ => ascii,
            };
            let (piece, rest) = text.split_at_checked(end).unwrap_or_default();
            self.text = rest;
            let has_colon = memchr::memchr(b':', piece.as_bytes()).is_some();
            if !(has_colon && (piece.contains("://") || piece.starts_with("mailto:"))) {
                self.piece = piece;
            }
        }
    }
}

fn ends_piece(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '<' | '>' | '[' | ']' | '|')
}

/// The first run of letters and digits as a number, and what follows it.
fn first_word(piece: &str) -> Option<(u64, &str)> {
    let (mut hash, mut length) = (0_u64, 0_usize);
    let mut mix = |code: u32| hash = (hash.rotate_left(5) ^ u64::from(code)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for (at, c) in piece.char_indices() {
        if c.is_ascii_alphanumeric() {
            mix(u32::from(c.to_ascii_lowercase()));
        } else if !c.is_ascii() && c.is_alphanumeric() {
            c.to_lowercase().map(u32::from).for_each(&mut mix);
        } else if length > 0 {
            return Some((hash, piece.get(at..).unwrap_or_default()));
        } else {
            continue;
        }
        length += 1;
    }
    (length > 0).then_some((hash, ""))
}

/// Takes one level of `>` off where all of it is quoted: the note folds it into a quote anyway.
fn unquoted(quoted: &str) -> String {
    let (mut marked, mut bare) = (0, 0);
    for line in quoted.lines().filter(|l| !l.trim().is_empty()) {
        if line.starts_with('>') { marked += 1 } else { bare += 1 }
    }
    if marked < 2 || bare > 4 {
        return quoted.to_owned();
    }
    let strip = |l: &str| l.strip_prefix('>').map_or(l, |r| r.strip_prefix(' ').unwrap_or(r)).to_owned();
    quoted.lines().map(strip).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, text: &str, html: Option<&str>) -> Message {
        let html = html.map(str::to_owned);
        Message { subject: subject.to_owned(), text: text.to_owned(), html, ..Message::default() }
    }

    #[test]
    fn html_is_preferred_where_it_says_the_same() {
        let text =
            "Hello Ada,\n\nsee the plan <https://a.example/p>.\n\nOn 1 Feb 2026, Sam wrote:\n> old words\n> here\n";
        let html = "<p>Hello <b>Ada</b>,</p><p>see <a href='https://a.example/p'>the plan</a>.</p>\
            <div class=gmail_quote>On 1 Feb 2026, Sam wrote:<blockquote>old words here</blockquote></div>";
        let body = render(&message("Re: x", text, Some(html)));
        assert_eq!(body.new_markdown, "Hello **Ada**,\n\nsee [the plan](https://a.example/p).");
        assert_eq!(body.new_text, "Hello Ada,\n\nsee the plan <https://a.example/p>.");
        assert_eq!(body.quoted_markdown, "On 1 Feb 2026, Sam wrote:\nold words\nhere");
    }

    #[test]
    fn html_that_marks_no_quote_goes_by_the_text() {
        let text = "Fine with *me*.\n\nFrom: Sam <sam@example.org>\nSent: Monday, 2 February 2026 09:00\nTo: Ada\nSubject: Plan\n\nShall we go on?\n";
        let html = "<p>Fine with <b>me</b>.</p><hr><p><b>From:</b> Sam &lt;sam@example.org&gt;<br><b>Sent:</b> Monday, 2 February 2026 09:00\
            <br><b>To:</b> Ada<br><b>Subject:</b> Plan</p><p>Shall we go on?</p>";
        assert_eq!(render(&message("Re: x", text, Some(html))).new_markdown, "Fine with **me**.");
        // Passed on, it is all content.
        let body = render(&message("Fwd: x", text, Some(html)));
        assert!(body.new_markdown.contains("**Subject:** Plan") && body.quoted_markdown.is_empty(), "{body:?}");
    }

    #[test]
    fn html_that_says_something_else_is_not_shown() {
        let body = render(&message("x", "the [[text]] part", Some("<p>another page altogether</p>")));
        assert_eq!(body.new_markdown, "the \\[\\[text]] part");
    }

    #[test]
    fn a_bare_forward_is_content() {
        let text = "-----Original Message-----\nFrom: a\nTo: b\nSubject: c\n\nwords";
        assert_eq!(render(&message("FW: x", text, None)).new_text, text);
        assert_eq!(render(&message("Re: x", text, None)).new_text, "");
    }

    #[test]
    fn signatures_are_apart() {
        let body = render(&message("x", "yes\n-- \nAda *Park*", None));
        assert_eq!((body.new_markdown.as_str(), body.signature_markdown.as_str()), ("yes", "Ada \\*Park\\*"));
    }
}
