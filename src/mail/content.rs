//! What an attachment holds: its bytes, or where in the message they stand encoded.
//!
//! Attachments are most of a mailbox. Those in base64, and they are most of them, stay in the message until somebody
//! wants them: nothing is decoded that is not saved, and nothing is held twice.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use std::borrow::Cow;
use std::ops::Range;

/// What decodes: strict in its letters, lenient in what follows the last of them.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);
/// So much is decoded at a time; a multiple of four.
const CHUNK: usize = 48 << 10;

/// The content of an attachment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// The bytes themselves.
    Bytes(Vec<u8>),
    /// Whole lines of base64 in the raw message.
    Base64(Encoded),
}

/// A place in the raw message where base64 stands that is known to be sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoded {
    range: Range<usize>,
    len: usize,
}

impl Content {
    /// How many bytes there are, decoded.
    pub fn len(&self) -> usize {
        match self {
            Content::Bytes(bytes) => bytes.len(),
            Content::Base64(encoded) => encoded.len,
        }
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The bytes. `raw` is the message that this was parsed from.
    pub fn bytes<'a>(&'a self, raw: &'a [u8]) -> Cow<'a, [u8]> {
        match self {
            Content::Bytes(bytes) => Cow::Borrowed(bytes),
            Content::Base64(encoded) => Cow::Owned(encoded.decode(raw)),
        }
    }
}

impl Encoded {
    /// `len` bytes that stand encoded at `range` of the message, where nothing but base64 and white space is.
    pub(super) fn new(range: Range<usize>, len: usize) -> Self {
        Encoded { range, len }
    }

    fn decode(&self, raw: &[u8]) -> Vec<u8> {
        let text = raw.get(self.range.clone()).unwrap_or_default();
        let mut out = Vec::with_capacity(self.len + 3);
        let mut letters = Vec::with_capacity(CHUNK.min(text.len()) + 1000);
        // Each line is copied on, white space left out; what is decoded ends between two groups of four.
        let mut flush = |letters: &mut Vec<u8>, all: bool| {
            let whole = if all { letters.len() } else { letters.len() & !3 };
            let ready = letters.get(..whole).unwrap_or_default();
            let decoded = BASE64.decode_vec(ready, &mut out);
            debug_assert!(decoded.is_ok(), "{decoded:?}");
            letters.drain(..whole);
        };
        for line in text.split_inclusive(|b| *b == b'\n') {
            let bare = line.strip_suffix(b"\n").unwrap_or(line);
            let bare = bare.strip_suffix(b"\r").unwrap_or(bare);
            if bare.iter().any(|b| matches!(b, b' ' | b'\t' | b'\r')) {
                letters.extend(bare.iter().filter(|b| !matches!(b, b' ' | b'\t' | b'\r')));
            } else {
                letters.extend_from_slice(bare);
            }
            if letters.len() >= CHUNK {
                flush(&mut letters, false);
            }
        }
        flush(&mut letters, true);
        out
    }
}
