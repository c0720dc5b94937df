//! Octets written as a mark and two hex digits: `=41` (RFC 2045 §6.7, RFC 2047 §4.2), `%41` (RFC 3986 §2.1, RFC 2231 §4).

/// The octet that two hex digits stand for.
pub(super) fn octet(a: u8, b: u8) -> Option<u8> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        b'A'..=b'F' => Some(b - b'A' + 10),
        _ => None,
    };
    Some(digit(a)? << 4 | digit(b)?)
}

/// The octets of a text; a mark that stands for nothing stays. Each other octet becomes what `plain` says, or nothing.
pub(super) fn decode(text: &[u8], mark: u8, plain: fn(u8) -> Option<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [first, a, b, tail @ ..]
                if *first == mark
                    && let Some(octet) = octet(*a, *b) =>
            {
                out.push(octet);
                rest = tail;
            }
            [b, tail @ ..] => {
                out.extend(plain(*b));
                rest = tail;
            }
            [] => return out,
        }
    }
}

/// `%41b` → `Ab`.
pub(super) fn percent(text: &[u8]) -> Vec<u8> {
    decode(text, b'%', Some)
}
