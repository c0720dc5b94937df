//! Media types of nested messages, masked while the parser reads, so that it does not descend into them.

use std::borrow::Cow;

const MASK: u8 = 1;
/// Media types that would make the parser descend into a nested message; their last letter is masked.
const NESTED: &[&[u8]] = &[b"message/rfc822", b"message/global", b"multipart/digest"];

/// Masks the media types of nested messages where they stand in a Content-Type field. The length stays the
/// same, and [`unmask`] undoes it in what the parser decodes.
pub(super) fn mask_nested(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    let mut from = 0;
    while let Some(at) = next_field(raw, from) {
        from = at;
        // The line, and those that it is folded over.
        for line in raw.get(at..).unwrap_or_default().split_inclusive(|b| *b == b'\n') {
            if from > at && !line.first().is_some_and(|b| matches!(b, b' ' | b'\t')) {
                break;
            }
            for nested in NESTED {
                let found = line.windows(nested.len()).position(|w| w.eq_ignore_ascii_case(nested));
                if let Some(last) = found.and_then(|i| out.to_mut().get_mut(from + i + nested.len() - 1)) {
                    *last = MASK;
                }
            }
            from += line.len();
        }
    }
    out
}

/// The first line from `from` on, itself the start of a line, that begins a Content-Type field.
fn next_field(raw: &[u8], from: usize) -> Option<usize> {
    let is_field = |at: &usize| {
        let rest = raw.get(*at..).unwrap_or_default();
        rest.first().is_some_and(|b| b | 0x20 == b'c')
            && rest.get(..13).is_some_and(|name| name.eq_ignore_ascii_case(b"content-type:"))
    };
    let rest = raw.get(from..)?;
    std::iter::once(from).chain(memchr::memchr_iter(b'\n', rest).map(|at| from + at + 1)).find(is_field)
}

/// True where there may be something for [`unmask`] to do.
pub(super) fn is_masked(bytes: &[u8]) -> bool {
    memchr::memchr(MASK, bytes).is_some()
}

/// Gives back the letter that [`mask_nested`] took.
pub(super) fn unmask(bytes: &mut [u8]) {
    if !is_masked(bytes) {
        return;
    }
    for nested in NESTED {
        let Some((last, start)) = nested.split_last() else { continue };
        let masked = |w: &[u8]| w.split_last().is_some_and(|(m, s)| *m == MASK && s.eq_ignore_ascii_case(start));
        let places: Vec<usize> =
            bytes.windows(nested.len()).enumerate().filter(|(_, w)| masked(w)).map(|(i, _)| i + start.len()).collect();
        for place in places {
            if let Some(byte) = bytes.get_mut(place) {
                *byte = *last;
            }
        }
    }
}
