//! A header field's raw value → text: encoded words (RFC 2047) wherever writers put them, raw octets in any charset.
//!
//! Encoded words beside each other are joined before they are decoded, as writers cut between any two octets. What is no
//! encoded word stays as it stands.

use super::charset;
use super::transfer;
use crate::mail::escapes;
use memchr::memmem;

/// The value, decoded; it may hold any character.
pub(super) fn decode(raw: &[u8]) -> String {
    let mut out = String::new();
    let mut run = Run::default();
    let mut rest = raw;
    while let Some((before, at)) = memmem::find(rest, b"=?").and_then(|at| rest.split_at_checked(at)) {
        let Some((word, after)) = word(at) else {
            run.finish(&mut out);
            let (start, tail) = at.split_at_checked(2).unwrap_or((at, b""));
            literal(&[before, start].concat(), &mut out);
            rest = tail;
            continue;
        };
        // White space between two encoded words is not shown (§6.2).
        if run.is_empty() || !before.iter().all(u8::is_ascii_whitespace) {
            run.finish(&mut out);
            literal(before, &mut out);
        }
        run.add(word, &mut out);
        rest = after;
    }
    run.finish(&mut out);
    literal(rest, &mut out);
    out
}

/// Text without encoded words; lines that it is folded over become one.
fn literal(raw: &[u8], out: &mut String) {
    let folded = raw.iter().any(|b| matches!(b, b'\r' | b'\n'));
    if folded {
        let unfolded: Vec<u8> = raw.iter().copied().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
        out.push_str(&charset::decode(&unfolded, None));
    } else {
        out.push_str(&charset::decode(raw, None));
    }
}

#[derive(Clone, Copy)]
struct Word<'a> {
    charset: &'a [u8],
    base64: bool,
    text: &'a [u8],
}

/// `=?charset?B?text?=` at the start of `raw`, and what follows it.
fn word(raw: &[u8]) -> Option<(Word<'_>, &[u8])> {
    let rest = raw.strip_prefix(b"=?")?;
    let at = memchr::memchr(b'?', rest.get(..rest.len().min(80))?)?;
    let (charset, rest) = rest.split_at_checked(at)?;
    let charset_ok = charset.iter().all(|b| b.is_ascii_graphic() && !b"=()<>@,;\"/[]".contains(b));
    let [b'?', encoding, b'?', text @ ..] = rest else { return None };
    let base64 = match encoding {
        b'b' | b'B' => true,
        b'q' | b'Q' => false,
        _ => return None,
    };
    // Where another word begins before this one ends, this one has no end.
    let next = memmem::find(text, b"=?").map_or(text.len(), |next| text.len().min(next + 3));
    let within = text.get(..next)?;
    let end = memmem::find(within, b"?=")?;
    let (text, after) = text.split_at_checked(end)?;
    let ok = charset_ok && memmem::find(text, b"=?").is_none();
    ok.then(|| (Word { charset, base64, text }, after.get(2..).unwrap_or_default()))
}

/// Encoded words beside each other in one charset.
#[derive(Default)]
struct Run<'a> {
    charset: Option<&'a [u8]>,
    octets: Vec<u8>,
    /// Letters of base64 that are not yet a group of four.
    letters: Vec<u8>,
}

impl<'a> Run<'a> {
    fn is_empty(&self) -> bool {
        self.charset.is_none()
    }

    fn add(&mut self, word: Word<'a>, out: &mut String) {
        if self.charset.is_some_and(|c| !c.eq_ignore_ascii_case(word.charset)) {
            self.finish(out);
        }
        self.charset = Some(word.charset);
        if !word.base64 {
            self.settle();
            self.octets.extend(q(word.text));
            return;
        }
        let letters = word.text.iter().copied().filter(|b| !b.is_ascii_whitespace());
        let joined: Vec<u8> = self.letters.iter().copied().chain(letters.clone()).collect();
        // A word that ends within a group of four either goes on in the next, or lacks its padding.
        if !self.letters.is_empty() && !self.goes_on(&joined) {
            self.settle();
            self.letters.extend(letters);
        } else {
            self.letters = joined;
        }
        if self.letters.len().is_multiple_of(4) || self.letters.ends_with(b"=") {
            self.settle();
        }
    }

    /// Whether these letters of base64 make text behind what there is.
    fn goes_on(&self, letters: &[u8]) -> bool {
        let octets = [self.octets.as_slice(), &transfer::base64(letters).bytes].concat();
        let label = self.charset.map(String::from_utf8_lossy);
        let is_utf8 = label.as_deref().is_some_and(|l| l.eq_ignore_ascii_case("utf-8"));
        let text = charset::decode(&octets, label.as_deref());
        let broken = |c: char| c == char::REPLACEMENT_CHARACTER || c.is_control() && !c.is_whitespace();
        !text.contains(broken) && (!is_utf8 || std::str::from_utf8(&octets).is_ok())
    }

    fn settle(&mut self) {
        self.octets.extend(transfer::base64(&self.letters).bytes);
        self.letters.clear();
    }

    fn finish(&mut self, out: &mut String) {
        self.settle();
        if let Some(label) = self.charset.take() {
            out.push_str(&charset::decode(&self.octets, Some(&String::from_utf8_lossy(label))));
        }
        self.octets.clear();
    }
}

/// The Q encoding (§4.2).
fn q(text: &[u8]) -> Vec<u8> {
    escapes::decode(text, b'=', |b| match b {
        b'_' => Some(b' '),
        b'\r' | b'\n' => None,
        b => Some(b),
    })
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn encoded_words_are_read_wherever_they_stand() {
        for (raw, expect) in [
            ("plain", "plain"),
            ("=?utf-8?Q?Pl=C3=A4ne?= und mehr", "Pläne und mehr"),
            ("=?utf-8?B?UGzDpG5l?= =?utf-8?Q?_mehr?=", "Pläne mehr"),
            ("=?utf-8?B?UGzDpG5l?=\r\n =?iso-8859-1?Q?=FC?=", "Pläneü"),
            ("a=?utf-8?Q?b?=c", "abc"),
            ("(=?utf-8?Q?b?=)", "(b)"),
            // Cut within a letter, and within a group of base64.
            ("=?utf-8?Q?=E8=A6?= =?utf-8?Q?=8B?=", "見"),
            ("=?utf-8?B?5pel5pys6K?=\n =?utf-8?B?qe44Gu?=", "日本語の"),
            // Without padding.
            ("=?utf-8?B?YQ?= =?utf-8?B?YsOk?=", "abä"),
            ("=?utf-8?Q?with space inside?=", "with space inside"),
            ("=?utf-8*en?Q?x?=", "x"),
            ("=?iso-2022-jp?B?GyRCJU8bKEI=?= =?iso-2022-jp?B?GyRCJW0bKEI=?=", "ハロ"),
            ("=?utf-8?X?x?=", "=?utf-8?X?x?="),
            ("=?utf-8?Q?x", "=?utf-8?Q?x"),
            ("=?utf-8?Q?=ZZ?=", "=ZZ"),
            ("=?=?utf-8?Q?x?=", "=?x"),
            ("=?utf-8?Q??=", ""),
            ("=?no-such?Q?Gr=FC=DFe_an_alle?=", "Grüße an alle"),
            ("a\r\n b", "a b"),
        ] {
            assert_eq!(decode(raw.as_bytes()), expect, "{raw}");
        }
        assert_eq!(decode(b"Gr\xf6\xdfe f\xfcr rohes"), "Größe für rohes");
    }
}
