//! The parts → the readable bodies, the attachments and the invitation of a [`Message`].

use super::select::{Selected, select};
use super::tree::{Part, Tree};
use super::{
    MAX_BODY, charset, enriched, fields::Fields, flowed, html, note, page_body, text_body, tnef, transfer, words,
};
use crate::mail::message::{Attachment, Defect, Message};
use crate::mail::{clean, invite, media_type};
use std::borrow::Cow;
use std::ops::Range;

const MAX_ATTACHMENTS: usize = 1000;
const MAX_NAME: usize = 1000;
const MAX_TEXT_PARTS: usize = 1000;
/// So many files are taken out of a text.
const MAX_UUENCODED: usize = 100;

/// A message's parts, sorted.
pub(super) struct Bodies<'a> {
    tree: &'a Tree<'a>,
    selected: Selected,
    /// Files found within the text.
    files: Vec<transfer::Uuencoded>,
    /// Pictures between its lines.
    pictures: Vec<(usize, usize)>,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(tree: &'a Tree<'a>) -> Self {
        let mut selected = select(tree);
        // Other forms of the same text, for programs of one maker.
        let is_form = |part: &Part<'_>| part.is("text/x-amp-html") || part.is("text/watch-html");
        selected.attachments.retain(|id| !tree.part(*id).is_some_and(is_form));
        Bodies { tree, selected, files: Vec::new(), pictures: Vec::new() }
    }

    pub(super) fn fill(mut self, message: &mut Message, defects: &mut Vec<Defect>) {
        message.html = self.html(defects);
        message.text = self.text(message.html.as_deref(), defects);
        message.pictures = std::mem::take(&mut self.pictures);
        self.attachments(message, defects);
    }

    fn parts<'i>(&self, ids: &'i [usize]) -> impl Iterator<Item = &'a Part<'a>> + use<'a, 'i> {
        let tree = self.tree;
        ids.iter().filter_map(|id| tree.part(*id))
    }

    /// All that is shown as HTML, one page behind the other.
    fn html(&self, defects: &mut Vec<Defect>) -> Option<String> {
        let mut all: Option<String> = None;
        for part in self.parts(&self.selected.html).filter(|p| p.is("text/html")).take(MAX_TEXT_PARTS) {
            let page = page_body(&text(self.tree, part, defects), defects);
            match &mut all {
                Some(all) if all.len() + page.len() > html::MAX_INPUT => {
                    note(defects, Defect::TooLarge("body"));
                    break;
                }
                Some(all) => {
                    all.push('\n');
                    all.push_str(&page);
                }
                None => all = Some(page),
            }
        }
        all
    }

    fn text(&mut self, page: Option<&str>, defects: &mut Vec<Defect>) -> String {
        let mut all = String::new();
        let ids = std::mem::take(&mut self.selected.text);
        let pages = self.parts(&ids).filter(|p| p.is("text/html")).count();
        let mut above = None;
        for id in ids.iter().take(MAX_TEXT_PARTS) {
            let Some(part) = self.tree.part(*id) else { continue };
            let above = above.replace(*id);
            if all.len() >= MAX_BODY {
                note(defects, Defect::TooLarge("body"));
                break;
            }
            let piece = match part.kind.word.as_str() {
                // The page was decoded already.
                "text/html"
                    if pages == 1
                        && let Some(page) = page =>
                {
                    html::to_text(page)
                }
                "text/html" => html::to_text(&page_body(&text(self.tree, part, defects), defects)),
                "text/enriched" | "text/richtext" => {
                    enriched::to_text(&text_body(&text(self.tree, part, defects), defects))
                }
                _ => self.plain(part, defects),
            };
            if all.is_empty() {
                all = piece;
                continue;
            }
            if !all.ends_with('\n') {
                all.push('\n');
            }
            if let Some(above) = above.filter(|_| page.is_none()) {
                self.between(above..*id, all.matches('\n').count());
            }
            all.push_str(&piece);
        }
        match page {
            // An empty text beside a page is a writer's formality.
            Some(page) if all.trim().is_empty() => html::to_text(page),
            _ => all,
        }
    }

    /// Notes the pictures among these parts, which stand above the line of that number.
    fn between(&mut self, parts: Range<usize>, line: usize) {
        let tree = self.tree;
        let is_picture = |id: &usize| tree.part(*id).is_some_and(|part| part.kind.word.starts_with("image/"));
        let pictures = self.selected.attachments.iter().enumerate();
        let pictures = pictures.filter(|(_, id)| parts.contains(id) && is_picture(id)).map(|(at, _)| (line, at));
        self.pictures.extend(pictures.take(MAX_ATTACHMENTS));
    }

    fn plain(&mut self, part: &Part<'_>, defects: &mut Vec<Defect>) -> String {
        let content = content(self.tree, part, defects);
        let content = self.without_files(content);
        let text = text_body(&charset::decode(&content, part.kind.get("charset")), defects);
        let is = |name: &str, value: &str| part.kind.get(name).is_some_and(|v| v.trim().eq_ignore_ascii_case(value));
        if is("format", "flowed") { flowed::unwrap(&text, is("delsp", "yes")) } else { text }
    }

    /// Takes out what is uuencoded: files that somebody put into the text.
    fn without_files<'t>(&mut self, mut text: Cow<'t, [u8]>) -> Cow<'t, [u8]> {
        let mut from = 0;
        while self.files.len() < MAX_UUENCODED
            && let Some(found) = transfer::uuencoded(&text, from)
        {
            from = found.range.start;
            text.to_mut().drain(found.range.clone());
            self.files.push(found);
        }
        text
    }

    fn attachments(self, message: &mut Message, defects: &mut Vec<Defect>) {
        let ids = &self.selected.attachments;
        if ids.len() > MAX_ATTACHMENTS {
            note(defects, Defect::TooLarge("attachments"));
        }
        let page = message.html.as_deref().filter(|_| !ids.is_empty()).unwrap_or_default();
        let cids = cids(page);
        for part in self.parts(ids).take(MAX_ATTACHMENTS) {
            let attachment = self.attachment(part, &cids, defects);
            if message.invite.is_none() && is_calendar(&attachment.media_type) {
                message.invite = invitation(part, &attachment.bytes);
            }
            message.attachments.push(attachment);
        }
        let (wrapped, plain): (Vec<_>, Vec<_>) =
            std::mem::take(&mut message.attachments).into_iter().partition(is_tnef);
        if !wrapped.is_empty() {
            // Their numbers are others now.
            message.pictures.clear();
        }
        message.attachments = plain;
        for wrapped in wrapped {
            if !unpacked(&wrapped.bytes, message, defects) {
                message.attachments.push(wrapped);
            }
        }
        // An invitation can also be the only part.
        if message.invite.is_none()
            && let Some(part) = self.tree.leaves().find(|p| p.is("text/calendar"))
        {
            message.invite = invitation(part, &content(self.tree, part, defects));
        }
        for file in self.files {
            let name = clean::header(clean::prefix(&words::decode(&file.name), MAX_NAME));
            message.attachments.push(Attachment {
                media_type: media_type::of_name(&name).to_owned(),
                name: Some(name).filter(|n| !n.is_empty()),
                content_id: None,
                inline: false,
                bytes: file.bytes,
            });
        }
    }

    fn attachment(&self, part: &Part<'_>, cids: &[&str], defects: &mut Vec<Defect>) -> Attachment {
        let bytes = content(self.tree, part, defects).into_owned();
        let media_type = media_type(part);
        let name = name(part).or_else(|| nested_name(&media_type, &bytes)).or_else(|| sealed_name(part));
        let content_id = part.fields.line("Content-ID").map(|id| id.trim_matches(['<', '>', ' ']).to_owned());
        let content_id = content_id.filter(|c| !c.is_empty());
        let referenced = content_id.as_deref().is_some_and(|c| cids.contains(&c));
        let inline = referenced || part.disposition.word == "inline";
        Attachment { name, media_type, content_id, inline, bytes }
    }
}

/// A part's content with only the transfer encoding undone.
pub(super) fn content<'a>(tree: &Tree<'a>, part: &Part<'_>, defects: &mut Vec<Defect>) -> Cow<'a, [u8]> {
    let content = tree.content(part);
    if content.bad {
        note(defects, Defect::BadEncoding);
    }
    content.bytes
}

/// A text part's text.
fn text<'a>(tree: &Tree<'a>, part: &Part<'_>, defects: &mut Vec<Defect>) -> String {
    charset::decode(&content(tree, part, defects), part.kind.get("charset")).into_owned()
}

/// The name that a part was given, on one line.
pub(super) fn name(part: &Part<'_>) -> Option<String> {
    part.name().map(|n| clean::header(clean::prefix(n, MAX_NAME))).filter(|n| !n.is_empty())
}

/// A part's media type, clean.
pub(super) fn media_type(part: &Part<'_>) -> String {
    clean::header(clean::prefix(&part.kind.word, 200))
}

fn is_tnef(attachment: &Attachment) -> bool {
    matches!(attachment.media_type.as_str(), "application/ms-tnef" | "application/vnd.ms-tnef")
        || attachment.name.as_deref().is_some_and(|name| name.eq_ignore_ascii_case("winmail.dat"))
}

/// Puts what Outlook wrapped where it belongs; true when nothing is left in the wrapper.
fn unpacked(bytes: &[u8], message: &mut Message, defects: &mut Vec<Defect>) -> bool {
    let Some(found) = tnef::unpack(bytes) else { return false };
    let says_nothing = message.text.trim().is_empty() && message.html.is_none();
    if says_nothing && let Some(page) = &found.html {
        message.html = Some(page_body(page, defects));
    }
    if says_nothing {
        message.text = match (&found.text, &message.html) {
            (Some(text), _) => text_body(text, defects),
            (None, Some(page)) => html::to_text(page),
            (None, None) => String::new(),
        };
    }
    let any = !found.files.is_empty();
    for file in found.files {
        if message.attachments.len() >= MAX_ATTACHMENTS {
            note(defects, Defect::TooLarge("attachments"));
            return false;
        }
        let usual = || media_type::of_name(&file.name).to_owned();
        message.attachments.push(Attachment {
            media_type: file.media_type.filter(|kind| kind.contains('/')).unwrap_or_else(usual),
            name: Some(file.name).filter(|name| !name.is_empty()),
            inline: file.content_id.is_some(),
            content_id: file.content_id,
            bytes: file.bytes.to_vec(),
        });
    }
    // Without words and files, what it holds is of another kind.
    found.whole && (any || (says_nothing && !message.text.trim().is_empty()))
}

fn is_calendar(media_type: &str) -> bool {
    matches!(media_type, "text/calendar" | "application/ics")
}

fn invitation(part: &Part<'_>, bytes: &[u8]) -> Option<invite::Invite> {
    invite::parse(&charset::decode(bytes, part.kind.get("charset")), part.kind.get("method"))
}

/// The `cid:` targets in a page.
fn cids(page: &str) -> Vec<&str> {
    let end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ')');
    page.split("cid:").skip(1).take(MAX_ATTACHMENTS).filter_map(|rest| rest.split(end).next()).collect()
}

/// A nested message has no name of its own: its subject is one.
fn nested_name(media_type: &str, bytes: &[u8]) -> Option<String> {
    if !matches!(media_type, "message/rfc822" | "message/global" | "message/news" | "text/rfc822-headers") {
        return None;
    }
    let (fields, _) = Fields::read(bytes.get(..bytes.len().min(64 << 10))?, 0, |_| false);
    let subject = fields.first("Subject").map(words::decode).unwrap_or_default();
    let subject = clean::header(clean::prefix(&subject, 200));
    Some(format!("{}.eml", if subject.is_empty() { "message" } else { &subject }))
}

/// What is signed or encrypted is kept as it came, under the names that programs know it by.
fn sealed_name(part: &Part<'_>) -> Option<String> {
    let name = match part.kind.word.as_str() {
        "application/pgp-signature" => "signature.asc",
        "application/pgp-encrypted" => "encrypted-version.asc",
        "application/pgp-keys" => "key.asc",
        "application/pkcs7-signature" | "application/x-pkcs7-signature" => "smime.p7s",
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => "smime.p7m",
        "application/ms-tnef" | "application/vnd.ms-tnef" => "winmail.dat",
        _ => return None,
    };
    Some(name.to_owned())
}
