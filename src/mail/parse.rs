//! Bytes → [`Message`], and what was wrong with them. Any bytes: nothing here fails or panics.
//!
//! `tree` finds the parts, `select` says what each is for, `transfer` and `charset` decode them; `fields`, `words`, `params` and
//! `mailboxes` read headers; `headers` and `bodies` make our values of it all, `report` tells what a report is about. Nested messages stay whole: they become
//! attachments and are never parsed as a part of the mail that carries them, so that nesting costs nothing.

mod bodies;
mod charset;
mod enriched;
mod fields;
mod flowed;
mod headers;
mod mailboxes;
mod params;
mod report;
mod select;
mod transfer;
mod tree;
mod words;

use super::hash::hex;
use super::message::{Defect, Leaf, Message};
use super::{clean, html};
use bodies::Bodies;
use headers::Headers;
use sha2::{Digest, Sha256};
use tree::Tree;

/// What a body is cut to.
const MAX_BODY: usize = 2 << 20;

/// So much of a message is hashed at a time.
const HASHED: usize = 16 << 10;

/// Parses a message; header-only input gives a message without a body.
pub fn parse(raw: &[u8]) -> (Message, Vec<Defect>) {
    let mut message = Message { size: raw.len(), ..Message::default() };
    let mut defects = Vec::new();
    let tree = Tree::of(raw);
    match tree.root() {
        Some(root) if !root.fields.is_empty() => {
            Headers::new(&tree, root).fill(&mut message, &mut defects);
            Bodies::new(&tree).fill(&mut message, &mut defects);
        }
        _ => {
            defects.push(Defect::NoHeaders);
            message.text = text_body(&charset::decode(raw, None), &mut defects);
        }
    }
    message.content_hash = content_hash(raw);
    if message.message_id.is_none() {
        defects.push(Defect::NoMessageId);
    }
    if message.date.is_none() {
        defects.push(Defect::NoDate);
    }
    if memchr::memchr(0, raw).is_some() {
        note(&mut defects, Defect::ControlCharacters);
    }
    (message, defects)
}

/// What a message consists of: every part that has no parts of its own, in order, bodies and attachments alike. A nested message is one
/// of them.
pub fn leaves(raw: &[u8]) -> Vec<Leaf> {
    let tree = Tree::of(raw);
    let mut defects = Vec::new();
    let leaf = |part: &tree::Part<'_>| {
        let bytes = bodies::content(&tree, part, &mut defects).into_owned();
        let text = part.is_text().then(|| charset::decode(&bytes, part.kind.get("charset")).into_owned());
        Leaf { media_type: bodies::media_type(part), name: bodies::name(part), bytes, text }
    };
    tree.leaves().map(leaf).collect()
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
    // Many short pieces cost more than one long one.
    let mut pieces = Vec::new();
    let mut done = 0;
    for at in memchr::memchr_iter(b'\n', raw) {
        if at.checked_sub(1).and_then(|before| raw.get(before)) == Some(&b'\r') {
            continue;
        }
        let piece = raw.get(done..at).unwrap_or_default();
        done = at + 1;
        if piece.len() + pieces.len() > HASHED {
            hash.update(&pieces);
            pieces.clear();
        }
        if piece.len() > HASHED {
            hash.update(piece);
            pieces.extend_from_slice(b"\r\n");
            continue;
        }
        pieces.reserve(HASHED + 2);
        pieces.extend_from_slice(piece);
        pieces.extend_from_slice(b"\r\n");
    }
    hash.update(&pieces);
    hash.update(raw.get(done..).unwrap_or_default());
    hex(&hash.finalize())
}

#[cfg(test)]
mod peer;
#[cfg(test)]
mod tests;
