//! SHA-256, as the lowercase hex digits in which the whole project writes it.

use sha2::{Digest as _, Sha256};

/// The SHA-256 of some bytes in 64 lowercase hex digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// The first `digits` hex digits of the SHA-256: short names for things.
pub fn short(bytes: impl AsRef<[u8]>, digits: usize) -> String {
    sha256(bytes).chars().take(digits).collect()
}

pub(super) fn hex(bytes: &[u8]) -> String {
    let digit = |n: u8| char::from_digit(u32::from(n), 16).unwrap_or_default();
    bytes.iter().flat_map(|b| [digit(b >> 4), digit(b & 15)]).collect()
}
