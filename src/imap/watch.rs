//! Where in the server's talk a byte stands: in a line or in a literal (RFC 3501 §4.3, §7).
//!
//! Bytes enter in the pieces that the network makes of them; a [`Seen`] or an [`Excess`] leaves. Nothing is kept
//! but the ends of the present line, and, until the login is over, the capabilities that the server announces.

/// A literal larger than this is refused: large messages are fetched in pieces of 8 MB, and some servers give more
/// than the piece that was asked for.
const LITERAL: u64 = 33_000_000;
/// A line longer than this, literals apart, is refused: nothing that is asked for makes one.
const LINE: usize = 1024 * 1024;
/// But for those that can be cut: a SEARCH answer with 800,000 UIDs has 7 MB.
const LINE_IN_PIECES: usize = 64 * 1024 * 1024;
/// They are cut into lines of about this length.
const PIECE: usize = 2048;
/// Lines that can be cut: how they begin, where a cut may be, and what begins the next line (RFC 3501 §7.2.5, RFC 7162
/// §3.2.10). At the cut, a comma goes.
const IN_PIECES: [Cut; 3] = [
    Cut { head: b"* SEARCH ", at: b' ', next: b"\r\n* SEARCH" },
    Cut { head: b"* VANISHED (EARLIER) ", at: b',', next: b"\r\n* VANISHED (EARLIER) " },
    Cut { head: b"* VANISHED ", at: b',', next: b"\r\n* VANISHED " },
];
/// So much of a line's beginning tells its kind, and so much of its end whether a literal follows.
const HEAD: usize = 24;
const TAIL: usize = 24;
/// A line that announces capabilities is not longer.
const CAPABILITIES: usize = 8192;
/// Until the login is over, no more than this comes.
const GREETING: usize = 64 * 1024;

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
}

/// What is to be done with the bytes seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Seen {
    /// Hand them on.
    All,
    /// Hand on those before `at`, then `insert`, and show those from `at` on again, `skip` of them apart.
    Split {
        /// The first byte that is not handed on.
        at: usize,
        /// What ends this line and begins the next.
        insert: &'static [u8],
        /// How many bytes go.
        skip: usize,
    },
}

/// How lines of a kind are cut.
#[derive(Debug, Clone, Copy)]
struct Cut {
    head: &'static [u8],
    at: u8,
    next: &'static [u8],
}

/// Follows the stream.
#[derive(Debug, Default)]
pub(super) struct Watch {
    session: bool,
    /// Octets of the literal that are still to come.
    literal: u64,
    /// Length of the present line, literals apart; and since the last cut.
    line: usize,
    uncut: usize,
    head: Vec<u8>,
    tail: Vec<u8>,
    /// The present line, until the login is over.
    text: Vec<u8>,
    early: usize,
    /// The last capabilities announced before the login was over.
    pub(super) capabilities: Option<String>,
}

impl Watch {
    /// From now on literals may come.
    pub(super) fn logged_in(&mut self) {
        self.session = true;
        self.text = Vec::new();
    }

    /// Looks at the next bytes. After a cut, those from there on are to be shown again.
    pub(super) fn see(&mut self, bytes: &[u8]) -> Result<Seen, Excess> {
        let mut rest = bytes;
        while !rest.is_empty() {
            if self.literal > 0 {
                let skip = usize::try_from(self.literal).unwrap_or(usize::MAX).min(rest.len());
                self.literal -= skip as u64;
                rest = rest.get(skip..).unwrap_or_default();
                continue;
            }
            // A line's kind is known before the rest of it is looked at.
            let most = if self.line == 0 { HEAD } else { rest.len() };
            let end = rest.iter().take(most).position(|b| *b == b'\n').map_or(most.min(rest.len()), |at| at + 1);
            let (part, after) = rest.split_at_checked(end).unwrap_or((rest, b""));
            if let Some((keep, cut)) = self.cut(part) {
                self.line_goes_on(part.get(..keep).unwrap_or_default())?;
                self.uncut = 0;
                let at = bytes.len() - rest.len() + keep;
                return Ok(Seen::Split { at, insert: cut.next, skip: usize::from(cut.at == b',') });
            }
            self.line_goes_on(part)?;
            if part.ends_with(b"\n") {
                self.line_ends()?;
            }
            rest = after;
        }
        Ok(Seen::All)
    }

    /// How much of `part` comes before the cut, if this is a line that can be cut and is long enough.
    fn cut(&self, part: &[u8]) -> Option<(usize, Cut)> {
        let long = PIECE.saturating_sub(self.uncut);
        if part.len() <= long {
            return None;
        }
        let cut = IN_PIECES.into_iter().find(|cut| self.is(cut.head))?;
        let at = part.iter().skip(long).position(|b| *b == cut.at)?;
        Some((long + at, cut))
    }

    fn is(&self, beginning: &[u8]) -> bool {
        self.head.get(..beginning.len()).is_some_and(|head| head.eq_ignore_ascii_case(beginning))
    }

    fn line_goes_on(&mut self, part: &[u8]) -> Result<(), Excess> {
        self.head.extend(part.iter().take(HEAD.saturating_sub(self.head.len())));
        let new = part.get(part.len().saturating_sub(TAIL)..).unwrap_or_default();
        self.tail.extend_from_slice(new);
        self.tail.drain(..self.tail.len().saturating_sub(TAIL));
        self.line = self.line.saturating_add(part.len());
        self.uncut = self.uncut.saturating_add(part.len());
        for (length, most) in [(self.uncut, LINE), (self.line, LINE_IN_PIECES)] {
            if length > most {
                return Err(Excess::Line(most));
            }
        }
        if !self.session {
            self.early = self.early.saturating_add(part.len());
            if self.early > GREETING {
                return Err(Excess::Early);
            }
            self.text.extend(part.iter().take(CAPABILITIES.saturating_sub(self.text.len())));
        }
        Ok(())
    }

    fn line_ends(&mut self) -> Result<(), Excess> {
        if let Some(size) = announced(&self.tail) {
            if size > LITERAL {
                return Err(Excess::Literal(size));
            }
            if !self.is_text() {
                if !self.session {
                    return Err(Excess::Early);
                }
                self.literal = size;
                self.tail.clear();
                return Ok(());
            }
        }
        if !self.session {
            let line = String::from_utf8_lossy(&self.text).into_owned();
            if let Some(found) = super::capability::announced(&line) {
                self.capabilities = Some(found.to_owned());
            }
        }
        self.text.clear();
        self.head.clear();
        self.tail.clear();
        (self.line, self.uncut) = (0, 0);
        Ok(())
    }

    /// True for a line that ends in words for people, which may say anything (RFC 3501 §7.1, §7.5).
    fn is_text(&self) -> bool {
        let kinds: [&[u8]; 5] = [b"* OK", b"* NO", b"* BAD", b"* BYE", b"* PREAUTH"];
        !self.head.starts_with(b"* ") || kinds.iter().any(|kind| self.is(kind))
    }
}

/// The literal that a line's end announces: `{123}` (RFC 3501 §9 `literal`), `{123+}` or `~{123}`.
fn announced(tail: &[u8]) -> Option<u64> {
    let line = tail.strip_suffix(b"\n")?;
    let line = line.strip_suffix(b"\r").unwrap_or(line).strip_suffix(b"}")?;
    let line = line.strip_suffix(b"+").unwrap_or(line);
    let digits = line.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (before, number) = line.split_at_checked(line.len() - digits)?;
    if digits == 0 || !(before.is_empty() || before.ends_with(b"{")) {
        return None;
    }
    // More digits than the end holds: more than any number here.
    if before.is_empty() {
        return Some(u64::MAX);
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
mod tests {
    use super::*;

    fn watch() -> Watch {
        Watch { session: true, ..Watch::default() }
    }

    #[test]
    fn literals_are_found_however_the_network_cuts() {
        let talk = b"* 1 FETCH (UID 1 BODY[] {12}\r\n{9999999999}\r\n BODY[2] {3}\r\nabc)\r\n* 2 EXISTS\r\n";
        // The first literal's data looks like an announcement; what follows it is a line again.
        for size in 1..talk.len() {
            let mut watch = watch();
            for piece in talk.chunks(size) {
                assert_eq!(watch.see(piece), Ok(Seen::All), "pieces of {size}");
            }
            assert_eq!((watch.literal, watch.line), (0, 0), "pieces of {size}");
        }
    }

    #[test]
    fn what_is_beyond_measure_is_named() {
        for (talk, excess) in [
            ("* 1 FETCH (BODY[] {4294967296}\r\n", Excess::Literal(4_294_967_296)),
            ("* 1 FETCH (BODY[] {4294967296+}\r\n", Excess::Literal(4_294_967_296)),
            ("* 1 FETCH (BODY[] {33000001}\r\n", Excess::Literal(33_000_001)),
            ("* 1 FETCH (BODY[] {99999999999999999999999999}\r\n", Excess::Literal(u64::MAX)),
            ("* NO [BADCHARSET ({500000000}\r\n", Excess::Literal(500_000_000)),
        ] {
            for size in [1, 7, 1000] {
                let mut watch = watch();
                let seen: Result<Vec<Seen>, Excess> = talk.as_bytes().chunks(size).map(|p| watch.see(p)).collect();
                assert_eq!(seen, Err(excess.clone()), "{talk}");
            }
        }
        let mut watch = watch();
        let long = vec![b'x'; LINE];
        assert_eq!(watch.see(&long), Ok(Seen::All));
        assert_eq!(watch.see(b"x"), Err(Excess::Line(LINE)));
    }

    #[test]
    fn words_for_people_announce_nothing() {
        for talk in ["* OK wait {5}\r\n", "A1 NO no such thing {5}\r\n", "+ go on {5}\r\n", "* bye {5}\r\n"] {
            let mut watch = watch();
            assert_eq!(watch.see(talk.as_bytes()), Ok(Seen::All));
            assert_eq!(watch.literal, 0, "{talk}");
        }
    }

    #[test]
    fn before_the_login_there_are_few_words() {
        let mut watch = Watch::default();
        assert_eq!(watch.see(b"* OK [CAPABILITY IMAP4rev1 ID] hello\r\n"), Ok(Seen::All));
        assert_eq!(watch.capabilities.as_deref(), Some("IMAP4rev1 ID"));
        assert_eq!(watch.see(b"* LIST () \"/\" {5}\r\n"), Err(Excess::Early));
        let mut watch = Watch::default();
        let flood: Result<Vec<Seen>, Excess> = (0..100_000).map(|_| watch.see(b"* OK still here\r\n")).collect();
        assert_eq!(flood, Err(Excess::Early));
    }

    #[test]
    fn sizes_in_words() {
        assert_eq!(octets(33_000_001), "33 MB");
        assert_eq!(octets(4_294_967_295), "4.3 GB");
        assert_eq!(octets(u64::MAX), "more than 1000 GB");
    }
}
