//! What a source note shows of a message's body: new, quoted and signing text, as inert Markdown.
//!
//! The plain text decides what is new. HTML is preferred for how it looks, and only where it says the same words:
//! so that a page with other content than its text part can not show the reader what the digest never saw.

mod align;
mod enclosed;
mod parts;
mod plain;
mod words;

use super::message::{Attachment, Message};
use super::quote::{Sent, Zone, Zones};
use super::subject::{self, Mark};
use super::{html, picture};
pub use enclosed::Enclosed;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use words::{Words, number};

/// So many words ahead two texts are looked at for where they meet again.
const REACH: usize = 8;
/// So many pictures that nothing places are shown below the text.
const MAX_PICTURES: usize = 50;

/// The body of a message, ready for a note. In all Markdown stand marks for the pictures that came with it: see [`picture`].
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
    /// What the text part says, where the page says something else and is shown.
    pub aside_markdown: String,
    /// Something was left out for its length.
    pub cut: bool,
    /// Messages within it.
    pub enclosed: Vec<Enclosed>,
}

/// Renders a message's body. Everything in the text lands in one of the parts.
pub fn render(message: &Message) -> Body {
    Body { enclosed: enclosed::of(message), ..render_alone(message) }
}

/// Renders what a message says itself.
fn render_alone(message: &Message) -> Body {
    let page = message.html.as_deref();
    let (mut zones, mut new_text) = zones(message, &message.text);
    let page =
        page.map(|html| Page { page: html::Page::of(html), files: &message.attachments, markdown: OnceCell::new() });
    let mut from_html = page.as_ref().and_then(|page| structured(page, &message.text, &zones));
    let mut aside = "";
    if from_html.is_none()
        && let Some(page) = &page
        && let Some((text, both)) = instead(&page.page, &message.text)
    {
        (zones, new_text) = self::zones(message, &text);
        from_html = structured(page, &text, &zones);
        aside = if both { &message.text } else { "" };
    }
    let markdown = |text: &str| plain::markdown(text, &message.attachments);
    let mut new_markdown = from_html.unwrap_or_else(|| match message.pictures.is_empty() {
        true => markdown(&zones.new),
        false => markdown(&plain::with_pictures(&message.text, &zones.lines, &message.pictures)),
    });
    below(&mut new_markdown, page.is_some(), &message.attachments);
    let cut = [message.text.len(), new_text.len(), new_markdown.len()].iter().any(|length| *length >= html::MAX_OUTPUT);
    Body {
        cut,
        new_markdown,
        quoted_markdown: markdown(&unquoted(&zones.quoted)),
        signature_markdown: markdown(&zones.signature),
        aside_markdown: markdown(aside),
        enclosed: Vec::new(),
        new_text,
    }
}

/// The zones of a message's text as they are shown, and its new text.
fn zones(message: &Message, text: &str) -> (Zones, String) {
    let (_, mark) = subject::parts(&message.subject);
    let sent = if mark == Some(Mark::Forward) { Sent::PassedOn } else { Sent::Answer };
    let mut zones = parts::split(message, text, sent);
    // Passed on without a word of one's own: then what is passed on is the content.
    if zones.new.trim().is_empty() && mark != Some(Mark::Answer) {
        zones.new = std::mem::take(&mut zones.quoted);
        zones.lines.iter_mut().filter(|z| **z == Zone::Quoted).for_each(|z| *z = Zone::Forwarded);
    }
    match parts::attributed(text, &zones) {
        Some(shown) => (shown, zones.new),
        None => {
            let new = zones.new.clone();
            (zones, new)
        }
    }
}

/// A message's HTML.
struct Page<'a> {
    page: html::Page<'a>,
    files: &'a [Attachment],
    /// All of it as Markdown, once it was asked for.
    markdown: OnceCell<String>,
}

/// The new part of the HTML, where it says what the plain text says.
fn structured(page: &Page<'_>, text: &str, zones: &Zones) -> Option<String> {
    let Page { page, files, markdown: all } = page;
    let whole = zones.quoted.is_empty() && zones.signature.is_empty();
    let fits = |markdown: &&str| same_words(markdown, &zones.new, whole);
    if !whole && page.marks_quotes() {
        let markdown = page.markdown_new(files);
        if fits(&markdown.as_str()) {
            return Some(markdown);
        }
    }
    let markdown = all.get_or_init(|| page.markdown(files));
    if whole {
        return Some(markdown.as_str()).filter(fits).map(str::to_owned);
    }
    let markdown = align::shown(markdown, text, &zones.lines);
    fits(&markdown.as_str()).then_some(markdown)
}

/// The text of the page, where the text part leaves out much of it: of a mail in two forms, all programs show the page. And
/// whether the text part says something of its own.
fn instead(page: &html::Page<'_>, text: &str) -> Option<(String, bool)> {
    let page = page.text();
    let (theirs, ours) = (Words::of(text).collect::<Vec<_>>(), Words::of(&page).collect::<Vec<_>>());
    let shared = shared(&theirs, &ours);
    (shared * 10 < ours.len() * 8).then_some((page, shared * 10 < theirs.len() * 9))
}

/// Pictures that were put between or below the words of a plain text.
fn below(markdown: &mut String, has_page: bool, files: &[Attachment]) {
    let shown = |file: &Attachment| {
        let small = picture::is_spacer(file) || picture::is_icon(file);
        // What a page names, it shows where it wants; or in a part of it that is not new.
        let placed = || has_page && file.content_id.is_some();
        file.inline && file.media_type.starts_with("image/") && !small && !placed()
    };
    for (at, _) in files.iter().enumerate().filter(|(_, file)| shown(file)).take(MAX_PICTURES) {
        let mark = picture::mark(at, None, "");
        if !markdown.contains(&mark) {
            markdown.push_str(if markdown.is_empty() { "" } else { "\n\n" });
            markdown.push_str(&mark);
        }
    }
}

/// True when the two share nearly all of their words. Addresses do not count: text parts write them out. Where parts of the
/// HTML were left out, hardly a word of the text may be missing: one that is would stand nowhere in the note.
fn same_words(markdown: &str, text: &str, whole: bool) -> bool {
    let text = without_ids(text);
    let (theirs, ours) = (Words::of(&text).collect::<Vec<_>>(), Words::of(markdown).collect::<Vec<_>>());
    let (most, shared) = (theirs.len().max(ours.len()), shared(&theirs, &ours));
    most > 0 && shared * 10 >= most * 8 && (whole || (theirs.len() - shared.min(theirs.len())) * 25 <= theirs.len())
}

/// Without what mail programs write in place of pictures: `[cid:…]`.
fn without_ids(text: &str) -> Cow<'_, str> {
    if !text.contains("[cid:") {
        return Cow::Borrowed(text);
    }
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("[cid:") {
        out.push_str(before);
        rest =
            after.split_once(']').filter(|(id, _)| !id.contains(char::is_whitespace)).map_or(after, |(_, rest)| rest);
    }
    out.push_str(rest);
    Cow::Owned(out)
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
    if marked == 0 || bare > 4 {
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
    fn html_in_another_order_loses_nothing() {
        let answer = "The first of the answers has some words, too.";
        let more = "And a second one that says much more than the first one does, in many words, which are all of them in the \
            HTML as well as in the text, so that nearly nothing seems to be missing when the first one is left out of it all.";
        let text =
            format!("On 1 Feb 2026, Ada Park wrote:\n> Shall we go on?\n\n{answer}\n\n{more}\n\n{more}\n\n> Or not?\n");
        let html = format!(
            "<p>{answer}</p><p>{more}</p><p>{more}</p><p><b>From:</b> Ada Park<br><b>Sent:</b> 1 Feb 2026</p><p>Shall we go on?</p><p>Or not?</p>"
        );
        let body = render(&message("Re: x", &text, Some(&html)));
        assert!(body.new_markdown.contains("The first of the answers"), "{body:?}");
    }

    #[test]
    fn of_two_texts_that_differ_none_is_lost() {
        let parcel = "<p>Your parcel comes on <b>Monday</b>, between nine and twelve.</p>";
        let body = render(&message("x", "Open this [[page]] in a browser.", Some(parcel)));
        assert_eq!(body.new_markdown, "Your parcel comes on **Monday**, between nine and twelve.");
        // Who reads by program reads what the reader sees.
        assert_eq!(body.new_text, "Your parcel comes on Monday, between nine and twelve.");
        assert_eq!(body.aside_markdown, "Open this \\[\\[page]] in a browser.");
        // Where there are no blanks, lines are broken anywhere.
        let (text, page) = (
            "来週の水曜日の午後二時から三時\nまでを予定しております。",
            "<p>来週の水曜日の<b>午後二時</b>から三時までを予定しております。",
        );
        let body = render(&message("x", text, Some(page)));
        assert_eq!(body.new_markdown, "来週の水曜日の**午後二時**から三時までを予定しております。");
        assert_eq!((body.new_text.as_str(), body.aside_markdown.as_str()), (text, ""));
        // A text that says all that the page says is the mail; one that says less is in the page.
        let more = "Your parcel comes on Monday, between nine and twelve. The number is 0042, the price was 5, and thanks for all.";
        let body = render(&message("x", more, Some(parcel)));
        assert_eq!((body.new_markdown.as_str(), body.aside_markdown.as_str()), (more, ""));
        let body = render(&message("x", "Your parcel comes.", Some(parcel)));
        assert!(body.new_markdown.contains("**Monday**") && body.aside_markdown.is_empty(), "{body:?}");
    }

    #[test]
    fn pictures_stand_where_the_sender_put_them() {
        let picture = |id: &str, bytes: &[u8]| Attachment {
            name: None,
            media_type: "image/gif".into(),
            content_id: Some(id.into()),
            inline: true,
            bytes: bytes.into(),
        };
        let (large, tiny) = (b"GIF89a\x40\0\x40\0".as_slice(), b"GIF89a\x01\0\x01\0".as_slice());
        let attachments = vec![picture("a", large), picture("t", tiny), picture("b@c", large)];
        let shown = |text: &str, html: Option<&str>| {
            let message = Message { attachments: attachments.clone(), ..message("x", text, html) };
            let body = render(&message);
            picture::place(&body.new_markdown, |at, width| Some(format!("<{at} {width:?}>"))).into_owned()
        };
        let html = "<p>one</p><img src='cid:b@c' width=90 alt='the door'><img src=cid:t><p>two</p><img src='cid:none'>";
        assert_eq!(shown("one\n\n[image: the door]\n\ntwo", Some(html)), "one\n\n<2 Some(90)>\n\ntwo\n\n(image)");
        // What nothing places stands below; an id is no text.
        assert_eq!(shown("see [cid:b@c]", None), "see <2 None>\n\n<0 None>");
    }

    #[test]
    fn a_bare_forward_is_content() {
        let text = "-----Original Message-----\nFrom: a\nTo: b\nSubject: c\n\nwords";
        assert_eq!(render(&message("FW: x", text, None)).new_text, text);
        assert_eq!(render(&message("Re: x", text, None)).new_text, "");
    }

    #[test]
    fn a_signed_text_is_read_without_its_armour() {
        let text = "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nBring:\n- - the list\n- -----BEGIN PGP SIGNATURE-----\n\
            -----BEGIN PGP SIGNATURE-----\n\niHUE\n-----END PGP SIGNATURE-----\n";
        let body = render(&message("x", text, None));
        assert_eq!(body.new_text, "Bring:\n- the list\n-----BEGIN PGP SIGNATURE-----");
        assert_eq!(body.signature_markdown.matches("iHUE").count(), 1);
        // A list that nobody signed.
        assert_eq!(render(&message("x", "- - the list", None)).new_text, "- - the list");
    }

    #[test]
    fn signatures_are_apart() {
        let body = render(&message("x", "yes\n-- \nAda *Park*", None));
        assert_eq!((body.new_markdown.as_str(), body.signature_markdown.as_str()), ("yes", "Ada \\*Park\\*"));
    }
}
