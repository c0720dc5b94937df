//! Header values, folded and encoded (RFC 5322 §2.2.3 and §3.4, RFC 2047): what was meant is what every reader makes of it.
//!
//! What enters has no control characters; what leaves are lines of at most 76 octets, wherever there is a place to fold.
//! A long word or address stands on a line of its own.

use crate::mail::Address;

/// RFC 2047 §2: a line with an encoded word in it.
const LINE: usize = 76;
/// The longest encoded word.
const WORD: usize = 75;
/// What frames one: `=?utf-8?b?` and `?=`.
const FRAME: usize = 12;

/// A value of words, as in Subject.
pub(super) fn unstructured(name: &str, text: &str) -> String {
    let mut out = Folded::after(name);
    if is_plain(text) {
        // Folded where one space stands between two words, so that no white space ends a line or fills one.
        let mut rest = text;
        while let Some((word, more)) = first_word(rest) {
            out.token(word);
            rest = more;
        }
    } else {
        out.encoded(text);
    }
    out.value
}

/// A list of mailboxes, as in To; `email` writes an address as it stands there.
pub(super) fn mailboxes(name: &str, all: &[Address], email: impl Fn(&Address) -> String) -> String {
    let mut out = Folded::after(name);
    for (at, address) in all.iter().enumerate() {
        let comma = if at + 1 < all.len() { "," } else { "" };
        // A control character would end the line, and what follows would be a header.
        let display: Option<String> = address.name.as_deref().map(|n| n.chars().filter(|c| !c.is_control()).collect());
        match display.filter(|name| !name.trim().is_empty()) {
            Some(display) => {
                let quoted = quoted(&display);
                if is_plain(&display) && quoted.len() < LINE - 4 {
                    out.token(&quoted);
                } else {
                    out.encoded(&display);
                }
                out.token(&format!("<{}>{comma}", email(address)));
            }
            None => out.token(&format!("{}{comma}", email(address))),
        }
    }
    out.value
}

/// ASCII that no reader takes for an encoded word, in words that fit a line.
fn is_plain(text: &str) -> bool {
    text.is_ascii()
        && !text.contains("=?")
        && !text.starts_with(' ')
        && !text.ends_with(' ')
        && text.split(' ').all(|word| word.len() < LINE - 2)
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The text up to a single space, and what is behind that.
fn first_word(text: &str) -> Option<(&str, &str)> {
    if text.is_empty() {
        return None;
    }
    let alone = |at: &usize| {
        let around = |i: Option<usize>| i.and_then(|i| text.as_bytes().get(i)) == Some(&b' ');
        !around(at.checked_sub(1)) && !around(at.checked_add(1))
    };
    let end = text.match_indices(' ').map(|(at, _)| at).find(alone);
    Some(end.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?))).unwrap_or((text, "")))
}

/// A value in the making.
struct Folded {
    value: String,
    /// Octets on the line so far.
    column: usize,
    begun: bool,
}

impl Folded {
    fn after(name: &str) -> Folded {
        Folded { value: String::new(), column: name.len() + 2, begun: false }
    }

    /// What stays together, after a space, on a new line where it has no room.
    fn token(&mut self, token: &str) {
        if self.begun && self.column + 1 + token.len() > LINE {
            self.value.push_str("\r\n");
            self.column = 0;
        }
        if self.begun {
            self.value.push(' ');
            self.column += 1;
        }
        self.value.push_str(token);
        self.column += token.len();
        self.begun = true;
    }

    /// A text as encoded words; readers leave the spaces between them out (RFC 2047 §6.2).
    fn encoded(&mut self, text: &str) {
        let coded = text.chars().filter(|c| !is_safe(*c) && *c != ' ').map(char::len_utf8).sum::<usize>();
        let base64 = coded * 6 > text.len() * 2;
        let mut rest = text;
        while !rest.is_empty() {
            let left = LINE.saturating_sub(self.column + usize::from(self.begun));
            // A few letters at the end of a line are not worth a word; and one that a line of its own has room for is not
            // cut: some readers see a space there.
            let alone = self.begun && rest.len() == text.len() && fitting(text, WORD - FRAME, base64) == text.len();
            let room = if alone || left < FRAME + 12 { WORD } else { left.min(WORD) } - FRAME;
            let (now, later) = rest.split_at_checked(fitting(rest, room, base64)).unwrap_or((rest, ""));
            let word = if base64 { format!("=?utf-8?b?{}?=", b(now)) } else { format!("=?utf-8?q?{}?=", q(now)) };
            self.token(&word);
            rest = later;
        }
    }
}

/// How much of the text goes into so many octets; at least one character.
fn fitting(text: &str, room: usize, base64: bool) -> usize {
    let mut size = 0;
    let fits = |(at, c): &(usize, char)| {
        let end = at + c.len_utf8();
        size += if is_safe(*c) || *c == ' ' { 1 } else { 3 * c.len_utf8() };
        *at == 0 || if base64 { end.div_ceil(3) * 4 <= room } else { size <= room }
    };
    text.char_indices().take_while(fits).last().map_or(0, |(at, c)| at + c.len_utf8())
}

/// What may stand for itself in an encoded word wherever that is (RFC 2047 §5).
fn is_safe(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!*+-/".contains(c)
}

fn q(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            ' ' => out.push('_'),
            c if is_safe(c) => out.push(c),
            c => {
                c.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| out.push_str(&format!("={byte:02X}")));
            }
        }
    }
    out
}

fn b(text: &str) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_folded_where_that_changes_nothing() {
        let long = "word ".repeat(40);
        for text in ["Harbour plan", long.trim(), "two  spaces", "x"] {
            let value = unstructured("Subject", text);
            assert_eq!(value.replace("\r\n ", " "), text);
            assert!(value.split("\r\n").all(|line| line.len() <= 76 && !line.ends_with(' ')), "{value}");
        }
    }

    #[test]
    fn what_would_be_read_otherwise_is_encoded() {
        for (text, value) in [
            ("Größe der Kisten", "=?utf-8?q?Gr=C3=B6=C3=9Fe_der_Kisten?="),
            ("日本", "=?utf-8?b?5pel5pys?="),
            ("=?utf-8?q?x?=", "=?utf-8?b?PT91dGYtOD9xP3g/PQ==?="),
        ] {
            assert_eq!(unstructured("Subject", text), value);
        }
        let long = unstructured("Subject", &"é".repeat(200));
        assert!(long.split("\r\n").all(|line| line.len() <= 76) && long.lines().count() > 5, "{long}");
        let word = unstructured("Subject", &"x".repeat(2000));
        assert!(word.split("\r\n").all(|line| line.len() <= 76), "{word}");
    }

    #[test]
    fn names_are_quoted_or_encoded_whole() {
        let to = |name: &str| mailboxes("To", &[Address::named(name, "a@b.org")], |a| a.email.clone());
        for (name, value) in [
            ("Ada Park", "\"Ada Park\" <a@b.org>"),
            ("Park, \"A\"", "\"Park, \\\"A\\\"\" <a@b.org>"),
            ("", "a@b.org"),
            ("Ада", "=?utf-8?b?0JDQtNCw?= <a@b.org>"),
            ("A\r\nBcc: x", "\"ABcc: x\" <a@b.org>"),
        ] {
            assert_eq!(to(name), value);
        }
        let many: Vec<_> = (0..50).map(|n| Address::named("Ada Park", format!("a{n}@example.org"))).collect();
        let value = mailboxes("To", &many, |a| a.email.clone());
        assert!(value.split("\r\n").all(|line| line.len() <= 76), "{value}");
        assert_eq!(value.matches(',').count(), 49);
    }
}
