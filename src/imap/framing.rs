//! The server's talk, response by response: lines and the literals in them (RFC 3501 §4.3, §7).
//!
//! Bytes enter in the pieces that the network makes of them; whole lines leave, and literals as they come; what is
//! beyond measure ends the session with an [`Excess`]. The parser behind gives up at a line that it does not know, and at
//! some that are cut in the middle, so it gets none of these. Nothing is kept but the present line and, when the server
//! announces them, its capabilities.

use super::capability;

/// A literal larger than this is refused: large messages are fetched in pieces of 8 MB, and some servers give more
/// than the piece that was asked for.
const LITERAL: u64 = 33_000_000;
/// A line longer than this, literals apart, is refused: nothing that is asked for makes one.
const LINE: usize = 1024 * 1024;
/// But for those that can be cut: a SEARCH answer with 800,000 UIDs has 7 MB.
const LINE_IN_PIECES: usize = 16 * 1024 * 1024;
/// They are cut into lines of about this length.
const PIECE: usize = 2048;
/// How such lines begin, and where a cut may be (RFC 3501 §7.2.5, RFC 7162 §3.2.10).
const IN_PIECES: [(&[u8], u8); 3] = [(b"* SEARCH ", b' '), (b"* VANISHED (EARLIER) ", b','), (b"* VANISHED ", b',')];
/// Until the login is over, no more than this comes.
const GREETING: usize = 64 * 1024;
/// The untagged responses that are of use here. FLAGS, ID and the like are of none; CAPABILITY is read here.
const USED: [&str; 9] = ["OK", "NO", "BAD", "BYE", "PREAUTH", "LIST", "STATUS", "SEARCH", "VANISHED"];
const USED_WITH_NUMBER: [&str; 3] = ["EXISTS", "EXPUNGE", "FETCH"];

/// More than is sound. Ends the session.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Excess {
    /// A literal of so many octets.
    #[error("it announces a literal of {}", octets(*.0))]
    Literal(u64),
    /// A line without end.
    #[error("it sends a line of more than {}", octets(*.0 as u64))]
    Line(usize),
    /// A response without end.
    #[error("it sends an answer without end")]
    Response,
    /// A literal or a flood before the login is over.
    #[error("before the login, it sends what does not belong there")]
    Early,
    /// Line after line that is of no use.
    #[error("it sends line after line that nobody asked for")]
    Useless,
}

/// What kind of response a line begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Ends in words for people, which may say anything (RFC 3501 §7.1, §7.5).
    Text,
    Fetch,
    Data,
    /// Not handed on.
    Useless,
}

/// Follows the stream.
#[derive(Debug, Default)]
pub(super) struct Framing {
    session: bool,
    /// The present line, until it is whole, and how much of it was cut off.
    line: Vec<u8>,
    cut_off: usize,
    /// The response goes on after a literal.
    within: Option<Kind>,
    /// Octets of the literal that are still to come.
    literal: u64,
    early: usize,
    useless: u32,
    /// The capabilities that the server announced last.
    pub(super) capabilities: Option<String>,
}

impl Framing {
    /// From now on literals may come.
    pub(super) fn logged_in(&mut self) {
        self.session = true;
    }

    /// A tagged answer was understood.
    pub(super) fn answered(&mut self) {
        self.useless = 0;
    }

    /// How many octets to come belong to a literal and can go by as they are.
    pub(super) fn passing(&self) -> u64 {
        if self.within == Some(Kind::Useless) { 0 } else { self.literal }
    }

    /// So many octets of the literal went by.
    pub(super) fn passed(&mut self, octets: usize) {
        self.literal = self.literal.saturating_sub(octets as u64);
    }

    /// Takes the next bytes; `out` gets what is ready for the parser.
    pub(super) fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), Excess> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let in_literal = self.literal > 0;
            let end = if in_literal {
                usize::try_from(self.literal).unwrap_or(usize::MAX).min(rest.len())
            } else {
                rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |at| at + 1)
            };
            let (part, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            rest = after;
            if in_literal {
                if self.within != Some(Kind::Useless) {
                    out.extend_from_slice(part);
                }
                self.passed(part.len());
                continue;
            }
            self.line.extend_from_slice(part);
            if !self.session {
                self.early += part.len();
                if self.early > GREETING {
                    return Err(Excess::Early);
                }
            }
            self.cut(out);
            for (length, most) in [(self.line.len(), LINE), (self.cut_off, LINE_IN_PIECES)] {
                if length > most {
                    return Err(Excess::Line(most));
                }
            }
            if part.ends_with(b"\n") {
                self.line_ends(out)?;
            }
        }
        Ok(())
    }

    /// Makes several lines of a long one, where that can be done.
    fn cut(&mut self, out: &mut Vec<u8>) {
        while self.line.len() > PIECE * 2 && self.within.is_none() {
            let Some((head, at)) = IN_PIECES.into_iter().find(|(head, _)| begins(&self.line, head)) else { return };
            let Some(end) = self.line.iter().take(PIECE).rposition(|b| *b == at).filter(|end| *end >= head.len())
            else {
                return;
            };
            out.extend(self.line.drain(..end));
            out.extend_from_slice(b"\r\n");
            self.line.splice(..1, head.iter().copied());
            self.cut_off += end;
        }
    }

    fn line_ends(&mut self, out: &mut Vec<u8>) -> Result<(), Excess> {
        let mut line = std::mem::take(&mut self.line);
        self.cut_off = 0;
        let kind = self.within.take().unwrap_or_else(|| kind(&line));
        if let Some(size) = announced(&line) {
            if size > LITERAL {
                return Err(Excess::Literal(size));
            }
            if kind != Kind::Text {
                if !self.session {
                    return Err(Excess::Early);
                }
                (self.literal, self.within) = (size, Some(kind));
            }
        }
        if kind != Kind::Fetch
            && let Some(found) = capability::announced(&String::from_utf8_lossy(&line))
        {
            self.capabilities = Some(found.to_owned());
        }
        if kind == Kind::Useless {
            self.useless += 1;
            return if self.useless > super::IDLE_LINES { Err(Excess::Useless) } else { Ok(()) };
        }
        if kind == Kind::Fetch {
            without_nil_date(&mut line);
        }
        out.extend_from_slice(line.strip_suffix(b"\n").map_or(&line, |l| l.strip_suffix(b"\r").unwrap_or(l)));
        out.extend_from_slice(b"\r\n");
        // The line's room is used again.
        line.clear();
        self.line = line;
        Ok(())
    }
}

fn begins(line: &[u8], with: &[u8]) -> bool {
    line.get(..with.len()).is_some_and(|head| head.eq_ignore_ascii_case(with))
}

fn kind(line: &[u8]) -> Kind {
    let Some(data) = line.strip_prefix(b"* ") else { return Kind::Text };
    let mut words = data.split(|b| b.is_ascii_whitespace());
    let mut word = || words.next().unwrap_or_default();
    let is = |word: &[u8], known: &[&str]| known.iter().position(|k| word.eq_ignore_ascii_case(k.as_bytes()));
    let first = word();
    if !first.is_empty() && first.iter().all(u8::is_ascii_digit) {
        return match is(word(), &USED_WITH_NUMBER) {
            Some(2) => Kind::Fetch,
            Some(_) => Kind::Data,
            None => Kind::Useless,
        };
    }
    match is(first, &USED) {
        Some(0..=4) => Kind::Text,
        Some(_) => Kind::Data,
        None => Kind::Useless,
    }
}

/// The parser ends the program at a date that is not there.
fn without_nil_date(line: &mut Vec<u8>) {
    const NIL: &[u8] = b"INTERNALDATE NIL";
    if let Some(at) = line.windows(NIL.len()).position(|w| w.eq_ignore_ascii_case(NIL)) {
        let end = at + NIL.len();
        line.splice(end - 3..end, *b"\"\"");
    }
}

/// The literal that a line's end announces: `{123}` (RFC 3501 §9 `literal`), `{123+}` or `~{123}`.
fn announced(line: &[u8]) -> Option<u64> {
    let line = line.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, number) = line.split_at_checked(line.len() - digits)?;
    if digits == 0 || !before.ends_with(b"{") {
        return None;
    }
    Some(std::str::from_utf8(number).ok().and_then(|n| n.parse().ok()).unwrap_or(u64::MAX))
}

/// A size in words.
fn octets(n: u64) -> String {
    match n {
        1_000_000_000_000.. => "more than 1000 GB".to_owned(),
        1_000_000_000.. => {
            let tenths = (n + 50_000_000) / 100_000_000;
            format!("{}.{} GB", tenths / 10, tenths % 10)
        }
        _ => format!("{} MB", n / 1_000_000),
    }
}

#[cfg(test)]
#[path = "framing/tests.rs"]
mod tests;
