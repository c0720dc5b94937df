//! The parts → the readable bodies, the attachments and the invitation of a [`Message`].

use super::mask::is_masked;
use super::short::Short;
use super::{MAX_BODY, flowed, html, note, pieces, text_body, unmask};
use crate::mail::message::{Attachment, Defect, Message};
use crate::mail::{clean, invite};
use mail_parser::decoders::base64::base64_decode;
use mail_parser::decoders::charsets::map::charset_decoder;
use mail_parser::decoders::quoted_printable::quoted_printable_decode;
use mail_parser::{Encoding, HeaderName, Message as Parsed, MessageParser, MessagePart, MimeHeaders, PartType};
use memchr::memmem;
use std::borrow::Cow;

const MAX_ATTACHMENTS: usize = 1000;
const MAX_NAME: usize = 1000;
const MAX_TEXT_PARTS: usize = 1000;

/// A parsed message's parts.
pub(super) struct Bodies<'a> {
    parsed: &'a Parsed<'a>,
    raw: &'a [u8],
    short: &'a Short<'a>,
}

impl<'a> Bodies<'a> {
    pub(super) fn new(parsed: &'a Parsed<'a>, raw: &'a [u8], short: &'a Short<'a>) -> Self {
        Bodies { parsed, raw, short }
    }

    pub(super) fn fill(&self, message: &mut Message, defects: &mut Vec<Defect>) {
        if self.parsed.parts.iter().any(|p| p.is_encoding_problem) {
            note(defects, Defect::BadEncoding);
        }
        message.html = self.parts(&self.parsed.html_body).find_map(|p| match &p.body {
            PartType::Html(_) => Some(text_body(&self.decoded(p), defects)),
            _ => None,
        });
        message.text = self.text(defects);
        self.attachments(message, defects);
    }

    fn parts(&self, ids: &'a [u32]) -> impl Iterator<Item = &'a MessagePart<'a>> {
        ids.iter().filter_map(|id| self.parsed.parts.get(*id as usize))
    }

    fn text(&self, defects: &mut Vec<Defect>) -> String {
        let mut text = String::new();
        for part in self.parts(&self.parsed.text_body).take(MAX_TEXT_PARTS) {
            if text.len() >= MAX_BODY {
                note(defects, Defect::TooLarge("body"));
                break;
            }
            let piece = match &part.body {
                PartType::Text(_) => self.plain(part, defects),
                PartType::Html(_) => html::to_text(&text_body(&self.decoded(part), defects)),
                _ => continue,
            };
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push_str(&piece);
        }
        text
    }

    fn plain(&self, part: &MessagePart<'_>, defects: &mut Vec<Defect>) -> String {
        let text = text_body(&self.decoded(part), defects);
        let is = |name: &str, value: &str| {
            part.content_type().and_then(|t| t.attribute(name)).is_some_and(|v| v.trim().eq_ignore_ascii_case(value))
        };
        if is("format", "flowed") { flowed::unwrap(&text, is("delsp", "yes")) } else { text }
    }

    /// A text part's text. Without a charset it is guessed: ISO-2022-JP by its escapes, else
    /// what is not UTF-8 is windows-1252.
    fn decoded<'p>(&self, part: &'p MessagePart<'_>) -> Cow<'p, str> {
        let mut text = Cow::Borrowed(part.text_contents().unwrap_or_default());
        let named = part.content_type().is_some_and(|t| t.attribute("charset").is_some());
        let guess = match () {
            () if named => None,
            () if memmem::find(text.as_bytes(), b"\x1b$").is_some() => Some("iso-2022-jp"),
            () if text.contains('\u{fffd}') => Some("windows-1252"),
            () => None,
        };
        if let Some(decode) = guess.and_then(|g| charset_decoder(g.as_bytes())) {
            let bytes = self.bytes(part);
            if guess == Some("iso-2022-jp") || std::str::from_utf8(&bytes).is_err() {
                text = Cow::Owned(decode(&bytes));
            }
        }
        if !is_masked(text.as_bytes()) {
            return text;
        }
        let mut bytes = text.into_owned().into_bytes();
        unmask(&mut bytes);
        // Masking changes ASCII only, so this is still UTF-8.
        Cow::Owned(String::from_utf8(bytes).unwrap_or_default())
    }

    /// A part's bytes with only the transfer encoding undone.
    fn bytes(&self, part: &MessagePart<'_>) -> Vec<u8> {
        if let Some(bytes) = self.short.decoded(part) {
            return bytes;
        }
        let raw = || self.raw.get(part.offset_body as usize..part.offset_end as usize).unwrap_or_default();
        let mut bytes = match (&part.body, part.encoding) {
            (PartType::Binary(b) | PartType::InlineBinary(b), _) => b.to_vec(),
            (PartType::Text(t) | PartType::Html(t), Encoding::Base64) => {
                base64_decode(raw()).unwrap_or_else(|| t.as_bytes().to_vec())
            }
            (PartType::Text(t) | PartType::Html(t), Encoding::QuotedPrintable) => {
                quoted_printable_decode(raw()).unwrap_or_else(|| t.as_bytes().to_vec())
            }
            (PartType::Multipart(_), _) => Vec::new(),
            _ => raw().to_vec(),
        };
        unmask(&mut bytes);
        bytes
    }

    fn attachments(&self, message: &mut Message, defects: &mut Vec<Defect>) {
        let ids = &self.parsed.attachments;
        if ids.len() > MAX_ATTACHMENTS {
            note(defects, Defect::TooLarge("attachments"));
        }
        let page = message.html.as_deref().filter(|_| !ids.is_empty()).unwrap_or_default();
        let cids = cids(page);
        for part in self.parts(ids).take(MAX_ATTACHMENTS) {
            let attachment = self.attachment(part, &cids);
            if message.invite.is_none() && matches!(attachment.media_type.as_str(), "text/calendar" | "application/ics")
            {
                let method = part.content_type().and_then(|t| t.attribute("method"));
                message.invite = invite::parse(&self.decoded_or_bytes(part), method);
            }
            message.attachments.push(attachment);
        }
        // An invitation can also be the only part.
        if message.invite.is_none() {
            let calendar = self.parsed.parts.iter().find(|p| p.is_content_type("text", "calendar"));
            let method = calendar.and_then(|p| p.content_type()).and_then(|t| t.attribute("method"));
            message.invite = calendar.and_then(|p| invite::parse(&self.decoded_or_bytes(p), method));
        }
    }

    fn decoded_or_bytes(&self, part: &MessagePart<'_>) -> String {
        match part.body {
            PartType::Text(_) => self.decoded(part).into_owned(),
            _ => String::from_utf8_lossy(&self.bytes(part)).into_owned(),
        }
    }

    fn attachment(&self, part: &MessagePart<'_>, cids: &[&str]) -> Attachment {
        let bytes = self.bytes(part);
        let media_type = media_type(part);
        let name = self.name(part).map(|n| clean::header(clean::prefix(&n, MAX_NAME))).filter(|n| !n.is_empty());
        let name = name.or_else(|| media_type.starts_with("message/").then(|| nested_name(&bytes)).flatten());
        let content_id = part.content_id().map(clean::header);
        let content_id = content_id.map(|c| c.trim_matches(['<', '>']).to_owned()).filter(|c| !c.is_empty());
        let referenced = content_id.as_deref().is_some_and(|c| cids.contains(&c));
        let inline = referenced || part.content_disposition().is_some_and(|d| d.is_inline());
        Attachment { name, media_type, content_id, inline, bytes }
    }

    /// The name that an attachment was given.
    fn name(&self, part: &'a MessagePart<'_>) -> Option<Cow<'a, str>> {
        let name = part.attachment_name()?;
        // The parser decodes a name piece by piece, and a letter can be cut in two.
        let broken = name.contains(char::REPLACEMENT_CHARACTER);
        let joined = || {
            let fields = [(HeaderName::ContentDisposition, "filename"), (HeaderName::ContentType, "name")];
            fields.into_iter().find_map(|(field, parameter)| {
                let field = part.headers.iter().find(|h| h.name == field)?;
                let raw = self.raw.get(field.offset_start as usize..field.offset_end as usize)?;
                pieces::joined(raw, parameter)
            })
        };
        broken.then(joined).flatten().map_or(Some(name.into()), |name| Some(name.into()))
    }
}

/// The `cid:` targets in a page.
fn cids(page: &str) -> Vec<&str> {
    let end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '>' | ')');
    page.split("cid:").skip(1).take(MAX_ATTACHMENTS).filter_map(|rest| rest.split(end).next()).collect()
}

fn media_type(part: &MessagePart<'_>) -> String {
    let Some(t) = part.content_type() else {
        return if matches!(part.body, PartType::Text(_)) { "text/plain" } else { "application/octet-stream" }
            .to_owned();
    };
    let full = format!("{}/{}", t.ctype(), t.subtype().unwrap_or("octet-stream"));
    let mut bytes = clean::prefix(&full, 200).to_ascii_lowercase().into_bytes();
    unmask(&mut bytes);
    clean::header(&String::from_utf8_lossy(&bytes))
}

/// A nested message has no name of its own: its subject is one.
fn nested_name(bytes: &[u8]) -> Option<String> {
    let head = bytes.get(..bytes.len().min(64 << 10))?;
    let parsed = MessageParser::default().parse_headers(head)?;
    let subject = clean::header(clean::prefix(parsed.subject().unwrap_or("message"), 200));
    Some(format!("{}.eml", if subject.is_empty() { "message" } else { &subject }))
}
