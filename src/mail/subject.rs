//! Base subjects (RFC 5256 §2.1): what is left of a Subject without the marks of replying and forwarding.
//!
//! Beyond the RFC: the prefixes of other languages, numbers (`Re[2]:`, `Re^2:`), wide colons.

/// Marks of answering, lowercased, as mail programs write them before the colon.
const ANSWERS: &[&str] = &[
    "re", "aw", "antw", "antwort", "sv", "odp", "res", "rif", "r", "ynt", "atb", "bls", "ref", "vá", "απ", "σχετ",
    "na", "отв", "回复", "回覆", "答复", "答覆", "返信", "답장",
];

/// The same of passing on.
const FORWARDS: &[&str] = &[
    "fw",
    "fwd",
    "rv",
    "wg",
    "tr",
    "doorst",
    "vl",
    "vb",
    "i",
    "enc",
    "pd",
    "ilt",
    "továbbítás",
    "προθ",
    "yml",
    "пер",
    "转发",
    "轉寄",
    "転送",
    "전달",
];

/// Those that answer in one language and pass on in another.
const EITHER: &[&str] = &["vs"];

/// What the first mark of a subject says of the message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// It answers.
    Answer,
    /// It passes on.
    Forward,
    /// `VS:` answers in Finnish, and passes on in Danish.
    Either,
}

/// The base subject: no marks in front, no `(fwd)` behind, no list name in brackets in front.
///
/// ```
/// assert_eq!(postnote::mail::subject::base("AW: Re[2]: [team] Plan (fwd)"), "Plan");
/// ```
pub fn base(subject: &str) -> String {
    parts(subject).0
}

/// The base subject, and what the first mark says that was taken off.
pub fn parts(subject: &str) -> (String, Option<Mark>) {
    let subject = super::clean::header(subject);
    let (mut rest, mut mark) = (subject.as_str(), None);
    loop {
        let before = rest.len();
        if let Some((stripped, found)) = strip_prefix(rest) {
            (rest, mark) = (stripped, mark.or(Some(found)));
        }
        for strip in [strip_trailer, strip_wrapper] {
            if let Some(stripped) = strip(rest) {
                (rest, mark) = (stripped, mark.or(Some(Mark::Forward)));
            }
        }
        rest = strip_blob(rest).unwrap_or(rest).trim_end();
        if rest.len() == before {
            return (rest.to_owned(), mark);
        }
    }
}

/// The subject of a reply: one `Re: ` and the base subject; `Re: (no subject)` where that is empty.
pub fn reply(subject: &str) -> String {
    let base = base(subject);
    if base.is_empty() { "Re: (no subject)".to_owned() } else { format!("Re: {base}") }
}

/// The subject of a message that is passed on: one `Fwd: ` and the base subject.
pub fn forward(subject: &str) -> String {
    let base = base(subject);
    if base.is_empty() { "Fwd: (no subject)".to_owned() } else { format!("Fwd: {base}") }
}

/// `(fwd)` at the end.
fn strip_trailer(subject: &str) -> Option<&str> {
    let (rest, tail) = subject.split_at_checked(subject.len().checked_sub(5)?)?;
    tail.eq_ignore_ascii_case("(fwd)").then(|| rest.trim_end())
}

/// `Re:`, `Re[2]:`, `Re^2:`, `RE (2):`, `Re [list]:`, and the same in other languages.
fn strip_prefix(subject: &str) -> Option<(&str, Mark)> {
    let (head, rest) = subject.split_once([':', '：'])?;
    let word: String =
        head.chars().take_while(|c| c.is_alphabetic() || *c == '\u{301}').collect::<String>().to_lowercase();
    let mark = match word.as_str() {
        word if ANSWERS.contains(&word) => Mark::Answer,
        word if FORWARDS.contains(&word) => Mark::Forward,
        word if EITHER.contains(&word) => Mark::Either,
        _ => return None,
    };
    let count = head.chars().skip_while(|c| c.is_alphabetic() || *c == '\u{301}').collect::<String>();
    let count = count.trim();
    let bracketed =
        (count.starts_with('[') && count.ends_with(']')) || (count.starts_with('(') && count.ends_with(')'));
    let number = count.trim_start_matches(['^', '*', '-']).chars().all(|c| c.is_ascii_digit());
    (count.is_empty() || bracketed || number).then(|| (rest.trim_start(), mark))
}

/// `[list] ` in front of something.
fn strip_blob(subject: &str) -> Option<&str> {
    let (inner, rest) = subject.strip_prefix('[')?.split_once(']')?;
    let rest = rest.trim_start();
    (!inner.contains('[') && !rest.is_empty()).then_some(rest)
}

/// `[Fwd: subject]`.
fn strip_wrapper(subject: &str) -> Option<&str> {
    let inner = subject.strip_prefix('[')?.strip_suffix(']')?;
    let marked = ["fwd:", "fw:", "wg:", "tr:"].iter().any(|m| inner.to_lowercase().starts_with(m));
    marked.then(|| inner.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bases() {
        for (subject, expect) in [
            ("Re: Storage questions", "Storage questions"),
            ("RE: re: Fwd: x", "x"),
            ("Re[2]: x", "x"),
            ("Re^3: x", "x"),
            ("Re (2): x", "x"),
            ("AW: WG: x", "x"),
            ("Antw: Doorst: x", "x"),
            ("SV: VS: Odp: Res: Rif: Ynt: Tr: Vl: x", "x"),
            ("回复：答复: x", "x"),
            ("[list] Re: [list] x", "x"),
            ("Re: [ext] x (fwd)", "x"),
            ("[Fwd: Re: x]", "x"),
            ("[only]", "[only]"),
            ("Re:", ""),
            ("Regarding: x", "Regarding: x"),
            ("Plan: next", "Plan: next"),
            ("Re\r\nBcc: a", "Re Bcc: a"),
            ("  a   b ", "a b"),
            ("", ""),
        ] {
            assert_eq!(base(subject), expect, "{subject:?}");
        }
    }

    #[test]
    fn the_first_mark_says_what_it_is() {
        for (subject, expect) in [
            ("Re: Fwd: x", Some(Mark::Answer)),
            ("[team] WG: AW: x", Some(Mark::Forward)),
            ("x (fwd)", Some(Mark::Forward)),
            ("[Fwd: x]", Some(Mark::Forward)),
            ("VS: x", Some(Mark::Either)),
            ("转发：x", Some(Mark::Forward)),
            ("Re: x (fwd)", Some(Mark::Answer)),
            ("Regarding: x", None),
            ("[team] x", None),
        ] {
            assert_eq!(parts(subject).1, expect, "{subject}");
        }
    }

    #[test]
    fn replies_have_one_mark() {
        for (subject, expect) in
            [("x", "Re: x"), ("Re: re: AW: x", "Re: x"), ("", "Re: (no subject)"), ("Re: ", "Re: (no subject)")]
        {
            assert_eq!(reply(subject), expect, "{subject:?}");
        }
    }
}
