//! `(ApprovedDraft, now, id)` → [`Outgoing`]: the bytes that go into the outbox, over SMTP and into Sent.
//!
//! Bytes are composed once and checked once. Pure.
//!
//! - [`text`]: Markdown → text/plain, format=flowed (RFC 3676)
//! - `file`: files and pictures → parts
//! - [`html`]: the same Markdown → text/html
//! - [`calendar`]: an answer to an invitation → text/calendar
//! - [`copy`]: a draft that waits → a message to look at
//! - `header`: values of headers, folded and encoded
//! - this file: headers and parts, over lettre's builder

pub mod calendar;
pub mod copy;
mod file;
mod header;
pub mod html;
pub mod inline;
pub mod text;

use crate::approval::{ApprovedDraft, Rehearsal};
use crate::config::Format;
use crate::mail::Address;
use crate::mail::hash::short;
use crate::mail::message::Attachment;
use file::{attachment, content_id, inline};
use jiff::Zoned;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MultiPart, SinglePart};
use std::time::SystemTime;
use unicode_normalization::UnicodeNormalization;

/// The header that names the draft: a server may rewrite the Message-ID, and this one finds the message all the same.
pub const DRAFT_HEADER: &str = "X-Postnote-Draft";

/// A message ready to leave: only [`compose`] makes one, out of an [`ApprovedDraft`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    from: String,
    recipients: Vec<String>,
    message_id: String,
    bytes: Vec<u8>,
}

/// What cannot be composed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ComposeError {
    /// A header that lettre refuses.
    #[error("{0} cannot be written into a mail: {1}")]
    Header(&'static str, String),
    /// The finished bytes are no well-formed message (RFC 5322 §2.1.1, RFC 5321 §4.5.3.1).
    #[error("the finished message would not be well-formed ({0}); this is a fault of postnote's, please report it")]
    Malformed(&'static str),
}

impl Outgoing {
    /// The envelope's sender.
    pub fn from(&self) -> &str {
        &self.from
    }
    /// The envelope's recipients, Bcc among them.
    pub fn recipients(&self) -> &[String] {
        &self.recipients
    }
    /// The addresses that only a server with SMTPUTF8 knows what to do with (RFC 6531).
    pub fn beyond_ascii(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.from).chain(&self.recipients).map(String::as_str).filter(|address| !address.is_ascii())
    }
    /// Message-ID without brackets.
    pub fn message_id(&self) -> &str {
        &self.message_id
    }
    /// The message, CRLF line ends, ending in one.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The one named exception to "only `compose` makes one": a message that was composed earlier comes back
    /// from the outbox, byte for byte.
    pub fn from_outbox(from: String, recipients: Vec<String>, message_id: String, bytes: Vec<u8>) -> Self {
        Outgoing { from, recipients, message_id, bytes }
    }
}

/// The Message-ID that a draft's message has, however often it is tried and whatever became of the database.
pub fn message_id(draft_id: &str, from: &Address) -> String {
    let id = short(format!("postnote draft {draft_id}"), 32);
    format!("{id}@{}", ascii_domain(&from.domain()))
}

/// Composes the message.
///
/// `signature` goes below `-- `; `format` says whether an HTML alternative is made.
pub fn compose(
    draft: &ApprovedDraft,
    now: &Zoned,
    signature: Option<&str>,
    format: Format,
) -> Result<Outgoing, ComposeError> {
    let [to, cc, bcc] = draft.recipients();
    let from = std::slice::from_ref(draft.from());
    let id = message_id(draft.draft_id(), draft.from());
    let mut builder = lettre::Message::builder();
    for (name, list) in [("From", from), ("To", to), ("Cc", cc)] {
        if !list.is_empty() {
            builder = builder.raw_header(people(name, list));
        }
    }
    builder = builder
        .raw_header(plain_header("Subject", header::unstructured("Subject", draft.subject())))
        .message_id(Some(format!("<{id}>")))
        .date(SystemTime::from(now.timestamp()))
        .envelope(envelope(draft.from(), to.iter().chain(cc).chain(bcc))?);
    if let Some(parent) = draft.in_reply_to() {
        builder = builder.raw_header(plain_header("In-Reply-To", format!("<{parent}>")));
    }
    if !draft.references().is_empty() {
        builder = builder.raw_header(plain_header("References", fold_ids(draft.references())));
    }
    builder = builder.raw_header(plain_header(DRAFT_HEADER, draft.draft_id().to_owned()));
    // A text without HTML shows no pictures: they go along as files.
    let shown = if format == Format::Plain { draft.pictures() } else { &[] };
    let files: Vec<&Attachment> = shown.iter().map(|p| &p.file).chain(draft.attachments()).collect();
    let message = match (body_part(draft, now, &id, signature, format), files.as_slice()) {
        (Content::Plain(part), []) => builder.singlepart(part),
        (Content::Both(part), []) => builder.multipart(part),
        (content, files) => {
            let mixed = MultiPart::mixed().boundary(boundary("mixed", draft));
            let mixed = match content {
                Content::Plain(part) => mixed.singlepart(part),
                Content::Both(part) => mixed.multipart(part),
            };
            builder.multipart(files.iter().fold(mixed, |mixed, file| mixed.singlepart(attachment(file))))
        }
    }
    .map_err(|e| ComposeError::Header("a header", e.to_string()))?;
    let utf8 = [from, to, cc].into_iter().flatten().any(|a| !wire(a).is_ascii());
    let mut bytes = message.formatted();
    if !bytes.ends_with(b"\r\n") {
        bytes.extend_from_slice(b"\r\n");
    }
    check(&bytes, utf8)?;
    let mut recipients: Vec<String> = Vec::new();
    for address in message.envelope().to() {
        let address = address.to_string();
        if !recipients.contains(&address) {
            recipients.push(address);
        }
    }
    Ok(Outgoing { from: wire(draft.from()), recipients, message_id: id, bytes })
}

/// What a draft would send: the envelope's recipients and the message's bytes. No [`Outgoing`], so it goes nowhere.
pub fn preview(
    rehearsal: &Rehearsal,
    now: &Zoned,
    signature: Option<&str>,
    format: Format,
) -> Result<(Vec<String>, Vec<u8>), ComposeError> {
    let outgoing = compose(rehearsal.draft(), now, signature, format)?;
    Ok((outgoing.recipients, outgoing.bytes))
}

enum Content {
    Plain(SinglePart),
    Both(MultiPart),
}

fn body_part(draft: &ApprovedDraft, now: &Zoned, id: &str, signature: Option<&str>, format: Format) -> Content {
    let signature = signature.filter(|_| draft.is_signed());
    let plain = text_part(text::flowed(draft.body(), signature), "text/plain; charset=utf-8; format=flowed");
    let pictures = draft.pictures();
    let cid = |target: &str| pictures.iter().position(|p| p.targets.iter().any(|t| t == target));
    let cid = |target: &str| cid(target).map(|n| content_id(id, n));
    let html = (format == Format::Both)
        .then(|| text_part(html::render(draft.body(), signature, &cid), "text/html; charset=utf-8"));
    // The calendar is one more way to say the same (RFC 6047 §2.4); programs that know several take the last.
    let calendar = draft
        .reply()
        .map(|reply| text_part(calendar::reply(reply, now.timestamp()), "text/calendar; charset=utf-8; method=REPLY"));
    if html.is_none() && calendar.is_none() {
        return Content::Plain(plain);
    }
    let mut all = MultiPart::alternative().boundary(boundary("alternative", draft)).singlepart(plain);
    all = match html {
        Some(html) if !pictures.is_empty() => {
            let related = MultiPart::related().boundary(boundary("related", draft)).singlepart(html);
            let shown = pictures.iter().enumerate().map(|(n, picture)| inline(&picture.file, content_id(id, n)));
            all.multipart(shown.fold(related, MultiPart::singlepart))
        }
        Some(html) => all.singlepart(html),
        None => all,
    };
    Content::Both(calendar.into_iter().fold(all, MultiPart::singlepart))
}

/// A boundary that follows from all that the message says, so that composing again gives the same bytes, and nobody whose words
/// are in it could have put it there.
fn boundary(part: &str, draft: &ApprovedDraft) -> String {
    format!("postnote-{}", short(format!("{part} {}", draft.hash()), 32))
}

/// 7bit for short ASCII lines, quoted-printable for all else: no server needs 8BITMIME for it.
fn text_part(text: String, content_type: &'static str) -> SinglePart {
    let short = text.is_ascii() && text.split("\r\n").all(|l| l.len() <= 998);
    let encoding = if short { ContentTransferEncoding::SevenBit } else { ContentTransferEncoding::QuotedPrintable };
    let content_type = ContentType::parse(content_type).unwrap_or(ContentType::TEXT_PLAIN);
    let body = Body::new_with_encoding(text, encoding).unwrap_or_else(Body::new);
    SinglePart::builder().header(content_type).body(body)
}

/// A header of mailboxes. lettre looks into it for a sender, and finds the bare addresses; it folds names amiss.
fn people(name: &'static str, list: &[Address]) -> HeaderValue {
    let bare = list.iter().map(wire).collect::<Vec<_>>().join(", ");
    let value = header::mailboxes(name, list, wire);
    HeaderValue::dangerous_new_pre_encoded(HeaderName::new_from_ascii_str(name), bare, value)
}

fn envelope<'a>(
    from: &Address,
    all: impl Iterator<Item = &'a Address>,
) -> Result<lettre::address::Envelope, ComposeError> {
    let parse = |a: &Address| wire(a).parse().map_err(|_| ComposeError::Header("the envelope", a.email.clone()));
    let to = all.map(parse).collect::<Result<Vec<_>, _>>()?;
    lettre::address::Envelope::new(Some(parse(from)?), to)
        .map_err(|e| ComposeError::Header("the envelope", e.to_string()))
}

/// The address as it goes out: with its domain in ASCII (IDNA 2008 A-labels, RFC 5891); as it is written, when what is
/// before the @ needs SMTPUTF8 anyway (RFC 6531).
fn wire(address: &Address) -> String {
    if !address.local().is_ascii() {
        return address.email.nfc().collect();
    }
    format!("{}@{}", address.local(), ascii_domain(&address.domain()))
}

fn ascii_domain(domain: &str) -> String {
    idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_owned())
}

/// A header whose value is ASCII and already folded.
fn plain_header(name: &'static str, value: String) -> HeaderValue {
    let header = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(header, value.clone(), value)
}

/// Ids in brackets, one a line from the second (RFC 5322 §2.2.3); of very many the root and the tail stay.
fn fold_ids(ids: &[String]) -> String {
    const KEPT: usize = 40;
    let sound =
        |id: &&String| id.is_ascii() && id.len() < 900 && !id.chars().any(|c| c.is_whitespace() || c.is_control());
    let ids: Vec<_> = ids.iter().filter(sound).collect();
    let skip = ids.len().saturating_sub(KEPT);
    let kept = ids.iter().enumerate().filter(|(i, _)| *i == 0 || *i > skip).map(|(_, id)| format!("<{id}>"));
    kept.collect::<Vec<_>>().join("\r\n ")
}

/// The last look at the bytes: what SMTP or another reader could take for something else never leaves.
///
/// `utf8`: addresses in the head are UTF-8 (RFC 6532).
fn check(bytes: &[u8], utf8: bool) -> Result<(), ComposeError> {
    let head = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or(bytes.len());
    check_lines(bytes, if utf8 { head } else { 0 })?;
    let head = String::from_utf8_lossy(bytes.get(..head).unwrap_or_default()).to_lowercase();
    if head.lines().any(|l| l.starts_with("bcc:")) {
        return Err(ComposeError::Malformed("a Bcc header"));
    }
    if bytes.ends_with(b"\r\n") { Ok(()) } else { Err(ComposeError::Malformed("no end of line at its end")) }
}

/// Lines as every server takes them: CRLF, ASCII (but for the octets up to `eight_bit`), of at most 998 octets.
fn check_lines(bytes: &[u8], eight_bit: usize) -> Result<(), ComposeError> {
    if bytes.iter().skip(eight_bit).any(|byte| *byte > 127) {
        return Err(ComposeError::Malformed("a byte above 127"));
    }
    let mut last = 0u8;
    let mut length = 0usize;
    for &byte in bytes {
        match byte {
            b'\n' if last != b'\r' => return Err(ComposeError::Malformed("a bare LF")),
            b'\n' => length = 0,
            _ if last == b'\r' => return Err(ComposeError::Malformed("a bare CR")),
            0 => return Err(ComposeError::Malformed("a NUL")),
            b'\r' => {}
            _ => length += 1,
        }
        if length > 998 {
            return Err(ComposeError::Malformed("a line of more than 998 octets"));
        }
        last = byte;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
