//! Bytes → [`Message`], and what was wrong with them. Any bytes: nothing here fails or panics.
//!
//! `tree` finds the parts, `select` says what each is for, `transfer` and `charset` decode them; `fields`, `words`, `params` and
//! `mailboxes` read headers; `headers` and `bodies` make our values of it all, `report` tells what a report is about, `tnef` unpacks what
//! Outlook wrapped. Nested messages stay whole: they become
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
mod tnef;
mod transfer;
mod tree;
mod words;

use super::hash::hex;
use super::invite::{self, Invite};
use super::message::{Defect, Leaf, Message};
use super::{clean, html};
use bodies::Bodies;
use headers::Headers;
use sha2::{Digest, Sha256};
use tree::Tree;

/// What a body is cut to.
const MAX_BODY: usize = html::MAX_OUTPUT;

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

/// The event of a calendar's file; `None` where there is none in it.
pub fn calendar(bytes: &[u8]) -> Option<Invite> {
    invite::parse(&charset::decode(bytes, None), None)
}

fn note(defects: &mut Vec<Defect>, defect: Defect) {
    if !defects.contains(&defect) {
        defects.push(defect);
    }
}

/// Cleans and caps a decoded body.
fn text_body(text: &str, defects: &mut Vec<Defect>) -> String {
    capped(text, MAX_BODY, defects)
}

/// Cleans and caps a page: of it more is markup.
fn page_body(html: &str, defects: &mut Vec<Defect>) -> String {
    capped(html, html::MAX_INPUT, defects)
}

fn capped(text: &str, most: usize, defects: &mut Vec<Defect>) -> String {
    if text.len() > most {
        note(defects, Defect::TooLarge("body"));
    }
    let (text, controls) = clean::body(clean::prefix(text, most));
    if controls {
        note(defects, Defect::ControlCharacters);
    }
    text
}

/// SHA-256 over the bytes with bare LF made CRLF, in lowercase hex.
fn content_hash(raw: &[u8]) -> String {
    let mut hash = Sha256::new();
    let (mut whole, mut before) = (Vec::new(), 0);
    for block in raw.chunks(HASHED) {
        if has_bare_line_feed(block, before) {
            with_crlf(block, before, &mut whole);
            hash.update(&whole);
            whole.clear();
        } else {
            hash.update(block);
        }
        before = block.last().copied().unwrap_or_default();
    }
    hex(&hash.finalize())
}

/// Whether some LF does not follow a CR; `before` is the byte above.
fn has_bare_line_feed(block: &[u8], before: u8) -> bool {
    let bare = |above: u8, byte: u8| (byte == b'\n') & (above != b'\r');
    let pairs = block.iter().zip(block.get(1..).unwrap_or_default());
    // Without a branch: many are looked at at a time.
    block.first().is_some_and(|first| bare(before, *first)) | pairs.fold(false, |any, (a, b)| any | bare(*a, *b))
}

fn with_crlf(block: &[u8], before: u8, out: &mut Vec<u8>) {
    let mut done = 0;
    for at in memchr::memchr_iter(b'\n', block) {
        let above = at.checked_sub(1).map_or(Some(before), |above| block.get(above).copied());
        if above != Some(b'\r') {
            out.extend_from_slice(block.get(done..at).unwrap_or_default());
            out.extend_from_slice(b"\r\n");
            done = at + 1;
        }
    }
    out.extend_from_slice(block.get(done..).unwrap_or_default());
}

#[cfg(test)]
mod peer;
#[cfg(test)]
mod tests;
