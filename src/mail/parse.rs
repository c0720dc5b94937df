//! Bytes → [`Message`], and what was wrong with them. Any bytes: nothing here fails or panics.
//!
//! mail-parser reads the MIME structure; `headers`, `bodies` and `flowed` make our values of it. Nested messages
//! stay whole: they become attachments and are never parsed as a part of the mail that carries them, so that
//! nesting costs no stack.

mod bodies;
mod flowed;
mod headers;
mod pieces;

use super::message::{Defect, Message};
use super::{clean, html};
use bodies::Bodies;
use headers::Headers;
use mail_parser::{Message as Parsed, MessageParser};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a body is cut to.
const MAX_BODY: usize = 2 << 20;

/// Parses a message; header-only input gives a message without a body.
pub fn parse(raw: &[u8]) -> (Message, Vec<Defect>) {
    let masked = mask_nested(raw);
    let mut message = Message { content_hash: content_hash(raw), size: raw.len(), ..Message::default() };
    let mut defects = Vec::new();
    match read(&masked) {
        Some(parsed) => {
            Headers::new(&parsed, &masked).fill(&mut message, &mut defects);
            Bodies::new(&parsed, &masked).fill(&mut message, &mut defects);
        }
        None => {
            defects.push(Defect::NoHeaders);
            message.text = text_body(&String::from_utf8_lossy(raw), &mut defects);
        }
    }
    if message.message_id.is_none() {
        defects.push(Defect::NoMessageId);
    }
    if message.date.is_none() {
        defects.push(Defect::NoDate);
    }
    if raw.contains(&0) {
        note(&mut defects, Defect::ControlCharacters);
    }
    (message, defects)
}

/// The parser is not ours: were it to panic on some bytes, the message would still be kept.
fn read(raw: &[u8]) -> Option<Parsed<'_>> {
    let parse = |headers_only: bool| {
        let parser = MessageParser::default();
        catch_unwind(AssertUnwindSafe(|| if headers_only { parser.parse_headers(raw) } else { parser.parse(raw) }))
    };
    let parsed = parse(false).ok().flatten().or_else(|| parse(true).ok().flatten())?;
    let is_field =
        |start: u32, end: u32| raw.get(start as usize..end as usize).is_some_and(|name| name.contains(&b':'));
    let has_headers =
        parsed.parts.first().is_some_and(|p| p.headers.iter().any(|h| is_field(h.offset_field, h.offset_start)));
    has_headers.then_some(parsed)
}

fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if !defects.contains(&defect) {
        defects.push(defect);
    }
}

/// Cleans and caps a decoded body.
fn text_body(text: &str, defects: &mut Vec<Defect>) -> String {
    if text.len() > MAX_BODY {
        note(defects, Defect::TooLarge("body"));
    }
    let (text, controls) = clean::body(clean::prefix(text, MAX_BODY));
    if controls {
        note(defects, Defect::ControlCharacters);
    }
    text
}

/// SHA-256 over the bytes with bare LF made CRLF, in lowercase hex.
fn content_hash(raw: &[u8]) -> String {
    let mut hash = Sha256::new();
    let mut lines = raw.split(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        if lines.peek().is_some() {
            hash.update(line.strip_suffix(b"\r").unwrap_or(line));
            hash.update(b"\r\n");
        } else {
            hash.update(line);
        }
    }
    hash.finalize().iter().map(|b| format!("{b:02x}")).collect()
}

const MASK: u8 = 1;
/// Media types that would make the parser descend into a nested message; their last letter is masked.
const NESTED: &[&[u8]] = &[b"message/rfc822", b"message/global", b"multipart/digest"];

/// Masks the media types of nested messages where they stand in a Content-Type field. The length stays the
/// same, and [`unmask`] undoes it in what the parser decodes.
fn mask_nested(raw: &[u8]) -> Cow<'_, [u8]> {
    let mut out = Cow::Borrowed(raw);
    let (mut in_field, mut at) = (false, 0);
    for line in raw.split_inclusive(|b| *b == b'\n') {
        let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        let name = line.get(..13).unwrap_or_default();
        in_field = name.eq_ignore_ascii_case(b"content-type:") || (in_field && folded);
        if in_field {
            for nested in NESTED {
                let found = line.windows(nested.len()).position(|w| w.eq_ignore_ascii_case(nested));
                if let Some(last) = found.and_then(|i| out.to_mut().get_mut(at + i + nested.len() - 1)) {
                    *last = MASK;
                }
            }
        }
        at += line.len();
    }
    out
}

/// Gives back the letter that [`mask_nested`] took.
fn unmask(bytes: &mut [u8]) {
    if !bytes.contains(&MASK) {
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

#[cfg(test)]
mod tests;
