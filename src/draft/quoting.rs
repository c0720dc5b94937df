//! What a mail says → the quote below a reply, as Markdown in the draft: its owner sees it, trims it, and approves it with
//! the rest.

use crate::mail::{Message, inert};
use crate::note::source;
use jiff::Zoned;

/// A quote is cut after so many lines: whoever wants all of it has the mail.
const MOST_LINES: usize = 200;

/// The attribution line, by ISO 639-3 code: `{when}` and `{who}`.
const ATTRIBUTIONS: &[(&str, &str)] = &[
    ("deu", "Am {when} schrieb {who}:"),
    ("eng", "On {when}, {who} wrote:"),
    ("fra", "Le {when}, {who} a écrit :"),
    ("ita", "Il {when}, {who} ha scritto:"),
    ("jpn", "{when} {who}:"),
    ("nld", "Op {when} schreef {who}:"),
    ("por", "Em {when}, {who} escreveu:"),
    ("spa", "El {when}, {who} escribió:"),
];

/// The quote of `text`, the mail's own new text as inert Markdown. `None` where there is nothing, and of what was encrypted:
/// what it says must not travel in the clear.
pub fn below(message: &Message, text: &str, received: &Zoned, language: Option<&str>) -> Option<String> {
    let who = message.author().filter(|_| !message.signals.encrypted && !text.trim().is_empty())?;
    let pattern = |code| ATTRIBUTIONS.iter().find(|(c, _)| Some(*c) == code).map(|(_, pattern)| *pattern);
    let pattern = pattern(language).or_else(|| pattern(Some("eng")))?;
    let when = received.strftime("%Y-%m-%d %H:%M").to_string();
    let who = inert::line(who.label());
    let mut out = pattern.replace("{when}", &when).replace("{who}", &who);
    out.push_str("\n\n");
    let lines = text.trim().lines();
    source::quote(&mut out, lines.clone().take(MOST_LINES));
    if lines.count() > MOST_LINES {
        out.push_str(">\n> (…)\n");
    }
    Some(out.trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    #[test]
    fn a_quote_says_who_and_when() {
        let at: Zoned = "2026-01-05T09:05:00+01:00[Europe/Berlin]".parse().expect("a time");
        let mut message = Message { from: vec![Address::named("Ada [x]", "ada@example.com")], ..Message::default() };
        let quote = |message: &Message, text: &str, language| below(message, text, &at, language);
        assert_eq!(
            quote(&message, "One.\n\n> Two.\n", None).as_deref(),
            Some("On 2026-01-05 09:05, Ada \\[x\\] wrote:\n\n> One.\n>\n> > Two.")
        );
        assert!(
            quote(&message, "Eins.", Some("deu")).is_some_and(|q| q.starts_with("Am 2026-01-05 09:05 schrieb Ada"))
        );
        assert!(quote(&message, &"x\n".repeat(1000), None).is_some_and(|q| q.lines().count() == 204));
        assert_eq!(quote(&message, " \n", None), None);
        message.signals.encrypted = true;
        assert_eq!(quote(&message, "One.", None), None);
    }
}
