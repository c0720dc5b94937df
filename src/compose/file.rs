//! Files and pictures → parts of a message.

use super::check_lines;
use crate::mail::hash::short;
use crate::mail::message::Attachment;
use lettre::message::header::{ContentTransferEncoding, ContentType};
use lettre::message::{Attachment as Part, Body, SinglePart};

/// A file that goes along.
pub(super) fn attachment(file: &Attachment) -> SinglePart {
    let octets = "application/octet-stream";
    // A message within a message is encoded in no way (RFC 2046 §5.2.1): one that would have to be is a file like others.
    if file.media_type == MESSAGE {
        let lines = crlf(&file.bytes);
        let name = file.name.clone().unwrap_or_else(|| "message.eml".to_owned());
        let (kind, body) = match ContentType::parse(MESSAGE) {
            // lettre would encode lines of more than 76 octets.
            Ok(kind) if check_lines(&lines, 0).is_ok() => {
                (kind, Body::dangerous_pre_encoded(lines, ContentTransferEncoding::SevenBit))
            }
            _ => (ContentType::parse(octets).unwrap_or(ContentType::TEXT_PLAIN), base64(file.bytes.clone())),
        };
        return Part::new(name).body(body, kind);
    }
    let text =
        file.media_type.starts_with("text/") && !file.bytes.is_ascii() && std::str::from_utf8(&file.bytes).is_ok();
    let media_type = format!("{}{}", file.media_type, if text { "; charset=utf-8" } else { "" });
    let media =
        ContentType::parse(&media_type).or_else(|_| ContentType::parse(octets)).unwrap_or(ContentType::TEXT_PLAIN);
    let name = file.name.clone().unwrap_or_else(|| "attachment".to_owned());
    let body = base64(file.bytes.clone());
    Part::new(name).body(body, media)
}

/// The Content-ID of a picture, the same however often the message is composed (RFC 2392).
pub(super) fn content_id(id: &str, n: usize) -> String {
    format!("{}@{}", short(format!("picture {n} {id}"), 32), id.rsplit_once('@').map_or("postnote", |(_, host)| host))
}

/// A picture that the HTML shows.
pub(super) fn inline(file: &Attachment, content_id: String) -> SinglePart {
    let media = ContentType::parse(&file.media_type).unwrap_or(ContentType::TEXT_PLAIN);
    let name = file.name.clone().unwrap_or_else(|| "picture".to_owned());
    let body = base64(file.bytes.clone());
    Part::new_inline_with_name(content_id, name).body(body, media)
}

const MESSAGE: &str = "message/rfc822";

fn base64(bytes: Vec<u8>) -> Body {
    Body::new_with_encoding(bytes, ContentTransferEncoding::Base64).unwrap_or_else(Body::new)
}

/// The bytes with CRLF line ends.
fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
        out.extend_from_slice(if line.ends_with(b"\n") { b"\r\n" } else { b"" });
    }
    out
}
