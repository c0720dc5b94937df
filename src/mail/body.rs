//! What a source note shows of a message's body: new, quoted and signing text, as inert Markdown.
//!
//! The plain text decides what is new. HTML is preferred for how it looks, and only where it says the same words:
//! so that a page with other content than its text part can not show the reader what the digest never saw.

mod align;
mod words;

use super::message::Message;
use super::quote::{self, Sent, Zone};
use super::subject::{self, Mark};
use super::{html, inert};
use std::collections::HashMap;
use words::{Words, number};

/// So many words ahead two texts are looked at for where they meet again.
const REACH: usize = 8;

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
    let (theirs, ours) = (Words::of(text).collect::<Vec<_>>(), Words::of(markdown).collect::<Vec<_>>());
    let most = theirs.len().max(ours.len());
    most > 0 && shared(&theirs, &ours) * 10 >= most * 8
}

/// How many words two texts share, whatever their order. Mostly they run side by side.
fn shared(mut theirs: &[&[u8]], mut ours: &[&[u8]]) -> usize {
    let mut shared = 0;
    // Words of the one that the other has not, yet: theirs count up, ours down.
    let mut open: HashMap<u64, isize, foldhash::fast::RandomState> = HashMap::default();
    let mut leave = |words: &[&[u8]], one: isize| {
        for word in words {
            let count = open.entry(number(word)).or_insert(0);
            shared += usize::from(count.signum() == -one);
            *count += one;
        }
    };
    let mut beside = 0;
    while let ([their, their_rest @ ..], [our, our_rest @ ..]) = (theirs, ours) {
        if their.eq_ignore_ascii_case(our) {
            (theirs, ours, beside) = (their_rest, our_rest, beside + 1);
            continue;
        }
        let find = |words: &[&[u8]], word: &[u8]| words.iter().take(REACH).position(|w| w.eq_ignore_ascii_case(word));
        let (skip_theirs, skip_ours) = match (find(their_rest, our), find(our_rest, their)) {
            (Some(theirs), Some(ours)) if theirs < ours => (theirs + 1, 0),
            (_, Some(ours)) => (0, ours + 1),
            (Some(theirs), None) => (theirs + 1, 0),
            (None, None) => (1, 1),
        };
        let (left, rest) = theirs.split_at_checked(skip_theirs).unwrap_or_default();
        leave(left, 1);
        theirs = rest;
        let (left, rest) = ours.split_at_checked(skip_ours).unwrap_or_default();
        leave(left, -1);
        ours = rest;
    }
    leave(theirs, 1);
    leave(ours, -1);
    shared + beside
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
    fn words_are_shared_in_any_order() {
        for (theirs, ours, expect) in [
            ("a b c", "a b c", 3),
            ("a b c d", "A c x d", 3),
            ("a b c d e f g h i j k", "k j i h g f e d c b a", 11),
            ("a a a b", "a b b b", 2),
            ("", "a", 0),
            ("x a b", "a b x", 3),
        ] {
            let words = |text| Words::of(text).collect::<Vec<_>>();
            assert_eq!(shared(&words(theirs), &words(ours)), expect, "{theirs}");
            assert_eq!(shared(&words(ours), &words(theirs)), expect, "{theirs}");
        }
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
