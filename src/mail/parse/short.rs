//! A message without the bulk of its attachments, for the parser to read.
//!
//! The parser decodes each part as it meets it, byte by byte, and most of a mailbox is attachments in base64. So the
//! whole lines in the middle of long base64 bodies are taken out first, and what was taken out is remembered: such
//! a body is then decoded at once, out of the raw message. It makes no difference to the structure: such lines hold neither boundaries nor fields, and a
//! multiple of four letters leaves the decoder where it was. Whether each of them lay in the body of an attachment
//! is looked at once the parts are known ([`Short::holds`]); where one did not, the message is read whole.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use mail_parser::{Encoding, Message as Parsed, MessagePart, PartType};
use memchr::memmem::Finder;
use std::borrow::Cow;
use std::ops::Range;

/// Shorter runs are left where they are.
const LEAST: usize = 4 << 10;
/// How far from its Content-Transfer-Encoding a part's other fields and its body are looked for.
const FIELDS: usize = 4 << 10;

/// What decodes: it does not care what stands in bits that no byte is made of.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// So many letters are decoded at a time.
const CHUNK: usize = 16 << 10;

/// Lines that were taken out.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cut {
    /// Where they stood, in the short message.
    at: usize,
    /// How many bytes they were.
    len: usize,
    /// How many of these were letters.
    letters: usize,
}

/// A message, perhaps shortened.
#[derive(Debug)]
pub(super) struct Short<'a> {
    pub(super) raw: &'a [u8],
    cuts: Vec<Cut>,
    pub(super) bytes: Cow<'a, [u8]>,
}

impl<'a> Short<'a> {
    /// The message as it is.
    pub(super) fn whole(raw: &'a [u8]) -> Self {
        Short { raw, cuts: Vec::new(), bytes: Cow::Borrowed(raw) }
    }

    /// The message without the middle of its long base64 bodies.
    pub(super) fn of(raw: &'a [u8]) -> Self {
        let (mut bytes, mut cuts, mut copied) = (Vec::new(), Vec::new(), 0);
        for (range, letters) in runs(raw) {
            bytes.extend_from_slice(raw.get(copied..range.start).unwrap_or_default());
            cuts.push(Cut { at: bytes.len(), len: range.len(), letters });
            copied = range.end;
        }
        if cuts.is_empty() {
            return Self::whole(raw);
        }
        bytes.extend_from_slice(raw.get(copied..).unwrap_or_default());
        Short { raw, cuts, bytes: Cow::Owned(bytes) }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.cuts.is_empty()
    }

    /// True when everything that was taken out belongs to attachments from which it can be had again.
    pub(super) fn holds(&self, parsed: &Parsed<'_>) -> bool {
        self.cuts.iter().all(|cut| {
            let around = |p: &&MessagePart<'_>| (p.offset_body as usize..p.offset_end as usize).contains(&cut.at);
            let mut parts = parsed.parts.iter().filter(|p| !matches!(p.body, PartType::Multipart(_))).filter(around);
            parts.next().is_some_and(|part| self.place(part).is_some()) && parts.next().is_none()
        })
    }

    /// The decoded content of a part from which something was taken out; `None` for other parts.
    pub(super) fn decoded(&self, part: &MessagePart<'_>) -> Option<Vec<u8>> {
        let (range, len) = self.place(part)?;
        decode(self.raw.get(range)?, len)
    }

    /// Where in the message the content of such a part stands, and how many bytes it decodes to.
    fn place(&self, part: &MessagePart<'_>) -> Option<(Range<usize>, usize)> {
        let range = part.offset_body as usize..part.offset_end as usize;
        let is_base64 = part.encoding == Encoding::Base64 && !part.is_encoding_problem;
        let cuts = || self.cuts.iter().filter(|cut| range.contains(&cut.at));
        if !is_base64
            || !matches!(part.body, PartType::Binary(_) | PartType::InlineBinary(_))
            || cuts().next().is_none()
        {
            return None;
        }
        let len = decoded_len(self.bytes.get(range.clone())?, cuts().map(|cut| cut.letters).sum())?;
        Some((self.original(range.start)..self.original(range.end), len))
    }

    /// Where in the message stands what stands at `at` in the short one.
    fn original(&self, at: usize) -> usize {
        at + self.cuts.iter().filter(|cut| cut.at <= at).map(|cut| cut.len).sum::<usize>()
    }
}

/// Decodes what [`decoded_len`] found plain.
fn decode(text: &[u8], len: usize) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(len + 3);
    let mut letters = Vec::with_capacity(CHUNK + 1000);
    for line in text.split_inclusive(|b| *b == b'\n') {
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
        if bare.iter().any(|b| matches!(b, b' ' | b'\t' | b'\r')) {
            letters.extend(bare.iter().filter(|b| !matches!(b, b' ' | b'\t' | b'\r')));
        } else {
            letters.extend_from_slice(bare);
        }
        if letters.len() >= CHUNK {
            // Between two groups of four.
            let whole = letters.len() & !3;
            BASE64.decode_vec(letters.get(..whole)?, &mut out).ok()?;
            letters.drain(..whole);
        }
    }
    BASE64.decode_vec(&letters, &mut out).ok()?;
    Some(out)
}

/// How many bytes this base64 stands for, `more` letters included that were taken out; `None` where it is not the
/// plain thing that every decoder reads alike.
fn decoded_len(text: &[u8], more: usize) -> Option<usize> {
    let (mut letters, mut pads) = (more, 0);
    for byte in text {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => {}
            b'=' => pads += 1,
            b if is_letter(*b) && pads == 0 => letters += 1,
            _ => return None,
        }
    }
    match (letters % 4, pads) {
        (0, 0) => Some(letters / 4 * 3),
        (2, 2) => Some(letters / 4 * 3 + 1),
        (3, 1) => Some(letters / 4 * 3 + 2),
        _ => None,
    }
}

fn is_letter(b: u8) -> bool {
    // Without a table or a branch: a line of them is then checked many bytes at a time.
    ((b | 0x20).wrapping_sub(b'a') < 26) | (b.wrapping_sub(b'0') < 10) | (b == b'+') | (b == b'/')
}

/// The middles of long base64 bodies, with the number of letters in each.
fn runs(raw: &[u8]) -> Vec<(Range<usize>, usize)> {
    let (finder, mut found, mut from) = (Finder::new(b"ase64"), Vec::new(), 0);
    while let Some(at) = raw.get(from..).and_then(|rest| finder.find(rest)).map(|at| from + at) {
        from = at + 5;
        let Some(start) = body(raw, at) else { continue };
        let (range, end, letters) = run(raw, start);
        if range.len() >= LEAST {
            found.push((range, letters));
        }
        from = end.max(from);
    }
    found
}

/// Where the body begins of the part in whose head `at` lies; `None` for text, which is wanted whole.
fn body(raw: &[u8], at: usize) -> Option<usize> {
    let (above, below) = raw.split_at_checked(at)?;
    let above = above.get(above.len().saturating_sub(FIELDS)..)?;
    let below = below.get(..FIELDS.min(below.len()))?;
    let blank = |text: &[u8]| {
        let (unix, dos) = (memchr::memmem::find(text, b"\n\n"), memchr::memmem::find(text, b"\n\r\n"));
        match (unix, dos) {
            (Some(unix), Some(dos)) => Some(if unix < dos { unix + 2 } else { dos + 3 }),
            (unix, dos) => unix.map(|at| at + 2).or_else(|| dos.map(|at| at + 3)),
        }
    };
    let end = blank(below)?;
    let (unix, dos) = (memchr::memmem::rfind(above, b"\n\n"), memchr::memmem::rfind(above, b"\n\r\n"));
    let head_start = unix.max(dos).unwrap_or(0);
    let head = [above.get(head_start..)?, below.get(..end)?].concat().to_ascii_lowercase();
    let says = |word: &str| memchr::memmem::find(&head, word.as_bytes()).is_some();
    let is_attachment = says("content-type:") && !["text/", "message/", "multipart/"].iter().any(|t| says(t));
    is_attachment.then_some(at + end)
}

/// Of the whole lines of one length and of nothing but letters from `start` on, all but the first and the last;
/// where they end; and how many letters the ones between have.
fn run(raw: &[u8], start: usize) -> (Range<usize>, usize, usize) {
    let none = (start..start, start, 0);
    let Some(rest) = raw.get(start..) else { return none };
    let Some(stride) = memchr::memchr(b'\n', rest.get(..rest.len().min(1000)).unwrap_or_default()).map(|at| at + 1)
    else {
        return none;
    };
    let ending: &[u8] = if rest.get(..stride).is_some_and(|line| line.ends_with(b"\r\n")) { b"\r\n" } else { b"\n" };
    let width = stride - ending.len();
    if width == 0 || !width.is_multiple_of(4) {
        return none;
    }
    let is_run = |line: &[u8]| {
        let (letters, end) = line.split_at(width.min(line.len()));
        end == ending && letters.iter().fold(true, |all, b| all & is_letter(*b))
    };
    let lines = rest.chunks_exact(stride).take_while(|line| is_run(line)).count();
    let end = start + lines * stride;
    if lines < 3 {
        return (start..start, end, 0);
    }
    (start + stride..end - stride, end, (lines - 2) * width)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::parse::{parse, parse_short, parse_whole};
    use proptest::prelude::*;

    fn line(n: usize, width: usize) -> String {
        (0..width).map(|i| char::from(b"ABCDwxyz0189+/QQ".get((n * 7 + i * 3) % 16).copied().unwrap_or(b'A'))).collect()
    }

    fn same(raw: &[u8]) {
        assert_eq!(parse(raw), parse_whole(raw));
    }

    fn mail(width: usize, lines: usize, last: &str, kind: &str, ending: &str) -> String {
        let body: String = (0..lines).map(|n| line(n, width) + "\n").collect();
        let text = format!(
            "Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhello\n--b\n\
             Content-Type: {kind}; name=a.bin\nContent-Transfer-Encoding: base64\n\n{body}{last}\n--b\nContent-Type: a/b\n\nend\n--b--\n"
        );
        text.replace('\n', ending)
    }

    #[test]
    fn long_attachments_are_not_shown_to_the_parser() {
        for ending in ["\n", "\r\n"] {
            let raw = mail(76, 200, "QUJD", "application/pdf", ending);
            let short = Short::of(raw.as_bytes());
            assert!(short.bytes.len() < 1000 && short.raw.len() > 15_000);
            assert!(parse_short(raw.as_bytes(), &short).is_some());
            let (message, _) = parse(raw.as_bytes());
            assert_eq!(message.attachments.iter().map(|a| a.bytes.len()).collect::<Vec<_>>(), [11_403, 3]);
            same(raw.as_bytes());
        }
    }

    #[test]
    fn what_is_not_plain_is_read_whole() {
        for (last, kind) in [
            ("QQ", "application/pdf"),
            ("QQ==", "image/png"),
            ("Q===", "image/png"),
            ("QUI=\nQUI=", "image/png"),
            ("QU!I", "image/png"),
            ("-QUI", "image/png"),
            ("QUI=--", "image/png"),
            ("QUJD", "text/plain"),
            ("QUJD", "text/calendar"),
            ("QUJD", "message/rfc822"),
            ("QUJD", "application/x; x=text/"),
            ("\n\n--b--\n\nQUJD", "image/png"),
        ] {
            for width in [4, 64, 74, 76] {
                same(mail(width, 2000, last, kind, "\r\n").as_bytes());
            }
        }
    }

    const PIECE: &str = "(\\n|--b\\n|--b--\\n|Content-Type: (image/png|text/plain|message/rfc822|multipart/mixed; boundary=b)\\n|\
        Content-Transfer-Encoding: (base64|Base64|7bit|quoted-printable)\\n|=|QUI|Q|-| |\\r|[ -~]{0,5})";

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]
        /// However mail is broken, it makes no difference whether lines were taken out.
        #[test]
        fn short_or_whole_is_the_same(
            pieces in proptest::collection::vec(prop_oneof![
                3 => PIECE.prop_map(|p: String| p),
                1 => Just("Content-Type: a/b\nContent-Transfer-Encoding: base64\n\n".to_owned()),
                2 => (60..130_usize, prop_oneof![Just(76_usize), Just(4), Just(75), Just(64)])
                    .prop_map(|(n, width)| (0..n).map(|n| line(n, width) + "\n").collect::<String>()),
            ], 0..14),
            crlf in any::<bool>(),
        ) {
            let text = format!("Subject: x\nContent-Type: multipart/mixed; boundary=b\n\n--b\n{}", pieces.concat());
            let text = if crlf { text.replace('\n', "\r\n") } else { text };
            same(text.as_bytes());
        }
    }
}
