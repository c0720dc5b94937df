//! Mailbox names on the wire: quoted, in modified UTF-7 (RFC 3501 §5.1.3).

use super::ImapError;
use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::{GeneralPurpose, general_purpose::NO_PAD};

/// A mailbox as a command's argument: what a person wrote is encoded; ASCII may be the server's own name for it.
///
/// Errors: [`ImapError::Argument`] for a line break or NUL, which would end the command.
pub(super) fn argument(name: &str) -> Result<String, ImapError> {
    if name.contains(['\r', '\n', '\0']) {
        return Err(ImapError::Argument(name.to_owned()));
    }
    Ok(if name.is_ascii() { quoted(name) } else { quoted(&encode(name)) })
}

/// A name that a person wrote, as the server knows it.
fn encode(name: &str) -> String {
    let mut out = String::new();
    let mut shifted: Vec<u8> = Vec::new();
    let flush = |shifted: &mut Vec<u8>, out: &mut String| {
        if !shifted.is_empty() {
            let engine = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);
            out.push_str(&format!("&{}-", engine.encode(&shifted)));
            shifted.clear();
        }
    };
    for c in name.chars() {
        if (' '..='~').contains(&c) {
            flush(&mut shifted, &mut out);
            out.push(c);
            if c == '&' {
                out.push('-');
            }
        } else {
            let mut units = [0; 2];
            shifted.extend(c.encode_utf16(&mut units).iter().flat_map(|u| u.to_be_bytes()));
        }
    }
    flush(&mut shifted, &mut out);
    out
}

/// Text as a quoted string (RFC 3501 §9 `quoted`).
pub(super) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodes_as_the_rfc_does() {
        for (name, wire) in [
            ("INBOX", "INBOX"),
            ("Envoyés", "Envoy&AOk-s"),
            ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),
            ("a & b", "a &- b"),
            ("😀", "&2D3eAA-"),
        ] {
            assert_eq!(encode(name), wire);
        }
        assert_eq!(quoted("a\"b\\c"), "\"a\\\"b\\\\c\"");
    }
}
