//! Delivery reports that are plain text, as qmail, Exim and many gateways write them: words, a line, and below it the mail
//! that came back.

/// What the line above the copy says, whatever is around it.
const COPIES: &[&str] = &[
    "copy of the message",
    "copy of your message",
    "copy of the original message",
    "copy of the first part of the message",
    "header of the original message",
    "headers of the original message",
    "original message follows",
    "original message below",
    "unsent message follows",
    "unsent message below",
    "undelivered message follows",
    "returned message follows",
    "message header follows",
    "message headers follow",
    "message text follows",
];
/// So far into a text the line is looked for.
const REACH: usize = 64 << 10;
/// So many lines may stand between it and the copy.
const APART: usize = 3;

/// Where the copy begins: the line above it, and its first header, as places in the text.
pub(crate) fn copy(text: &str) -> Option<(usize, usize)> {
    let (mut at, mut line_at): (usize, Option<(usize, usize)>) = (0, None);
    for line in super::clean::prefix(text, REACH).split_inclusive('\n') {
        let here = at;
        at += line.len();
        if let Some((start, left)) = line_at {
            if is_field(line) {
                return Some((start, here));
            }
            line_at = left.checked_sub(usize::from(!line.trim().is_empty())).map(|left| (start, left));
        }
        if says_copy(line) {
            line_at = Some((here, APART));
        }
    }
    None
}

fn says_copy(line: &str) -> bool {
    let marked = line.trim_start().starts_with(['-', '*', '=', '_']) || line.trim_end().ends_with(':');
    line.len() < 200 && marked && {
        let line = line.to_lowercase();
        COPIES.iter().any(|words| line.contains(words))
    }
}

fn is_field(line: &str) -> bool {
    const FIELDS: [&str; 8] =
        ["return-path", "received", "from", "to", "date", "message-id", "delivered-to", "subject"];
    let name = line.split_once(':').map(|(name, _)| name.to_ascii_lowercase());
    name.is_some_and(|name| FIELDS.contains(&name.as_str()))
}

#[cfg(test)]
mod tests {
    use super::copy;

    #[test]
    fn copies_are_found_below_their_line() {
        for (text, expect) in [
            ("x\n--- Below this line is a copy of the message.\n\nReturn-Path: <a@b>\n", Some("Return-Path: <a@b>\n")),
            ("------ This is a copy of the message, including all the headers. ------\nFrom: a\n", Some("From: a\n")),
            ("Message header follows:\n\n\nReceived: x\nFrom: b\n", Some("Received: x\nFrom: b\n")),
            ("I sent a copy of the message to Ada.\n\nFrom: a\n", None),
            ("--- a copy of the message\n\nwords\nwords\nwords\nwords\nFrom: a\n", None),
            ("", None),
        ] {
            assert_eq!(copy(text).and_then(|(_, at)| text.get(at..)), expect, "{text}");
        }
    }
}
