//! Bytes → [`Message`], and what was wrong with them. Any bytes: nothing here fails or panics.
//!
//! mail-parser reads the MIME structure; `headers`, `bodies` and `flowed` make our values of it. Nested messages
//! stay whole: they become attachments and are never parsed as a part of the mail that carries them, so that
//! nesting costs no stack.

mod bodies;
mod flowed;
mod headers;
mod mask;
mod pieces;
mod short;

use super::hash::hex;
use super::message::{Defect, Message};
use super::{clean, html};
use bodies::Bodies;
use headers::Headers;
use mail_parser::{Message as Parsed, MessageParser};
use mask::{mask_nested, unmask};
use sha2::{Digest, Sha256};
use short::Short;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What a body is cut to.
const MAX_BODY: usize = 2 << 20;

/// Parses a message; header-only input gives a message without a body.
pub fn parse(raw: &[u8]) -> (Message, Vec<Defect>) {
    let short = Short::of(raw);
    if short.is_whole() { None } else { parse_short(raw, &short) }.unwrap_or_else(|| parse_whole(raw))
}

fn parse_whole(raw: &[u8]) -> (Message, Vec<Defect>) {
    parse_short(raw, &Short::whole(raw)).unwrap_or_default()
}

/// `None` when what was taken out of the message is missed.
fn parse_short(raw: &[u8], short: &Short<'_>) -> Option<(Message, Vec<Defect>)> {
    let masked = mask_nested(&short.bytes);
    let mut message = Message { size: raw.len(), ..Message::default() };
    let mut defects = Vec::new();
    match read(&masked) {
        Some(parsed) if short.holds(&parsed) => {
            Headers::new(&parsed, &masked).fill(&mut message, &mut defects);
            Bodies::new(&parsed, &masked, short).fill(&mut message, &mut defects);
        }
        _ if !short.is_whole() => return None,
        _ => {
            defects.push(Defect::NoHeaders);
            message.text = text_body(&String::from_utf8_lossy(raw), &mut defects);
        }
    }
    message.content_hash = content_hash(raw);
    if message.message_id.is_none() {
        defects.push(Defect::NoMessageId);
    }
    if message.date.is_none() {
        defects.push(Defect::NoDate);
    }
    if raw.contains(&0) {
        note(&mut defects, Defect::ControlCharacters);
    }
    Some((message, defects))
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
    let mut done = 0;
    for at in memchr::memchr_iter(b'\n', raw) {
        if at.checked_sub(1).and_then(|before| raw.get(before)) != Some(&b'\r') {
            hash.update(raw.get(done..at).unwrap_or_default());
            hash.update(b"\r\n");
            done = at + 1;
        }
    }
    hash.update(raw.get(done..).unwrap_or_default());
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests;
