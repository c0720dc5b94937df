//! The values that parsing gives: a message, its attachments, and what was wrong with its bytes.

use super::Address;
use super::invite::Invite;
use jiff::Timestamp;

/// One message, decoded. Every text is free of CR, NUL and other control characters except `\n` and
/// `\t`; header values are single lines. Nothing is escaped yet: see [`super::inert`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Message {
    /// Message-ID without angle brackets, as sent. `None` when missing or unusable.
    pub message_id: Option<String>,
    /// In-Reply-To ids without brackets, in order (RFC 5322 §3.6.4). Of a delivery report or a read receipt that has none,
    /// and no References: the id of the message that it is about.
    pub in_reply_to: Vec<String>,
    /// References ids without brackets, root first.
    pub references: Vec<String>,
    /// The Subject, decoded, one line; empty when missing.
    pub subject: String,
    /// The Date header; when it is missing or impossible, that of the topmost Received header.
    pub date: Option<Timestamp>,
    /// From (RFC 5322 §3.6.2); usually one.
    pub from: Vec<Address>,
    /// Sender.
    pub sender: Option<Address>,
    /// Reply-To.
    pub reply_to: Vec<Address>,
    /// To.
    pub to: Vec<Address>,
    /// Cc.
    pub cc: Vec<Address>,
    /// Delivered-To and X-Original-To addresses, bare, in the order met.
    pub delivered_to: Vec<String>,
    /// Mail-Followup-To (lists).
    pub mail_followup_to: Vec<Address>,
    /// Headers that only triage reads.
    pub signals: Signals,
    /// The readable body as plain text: the text/plain part, or the text of the HTML where there is none.
    pub text: String,
    /// The HTML body, decoded, when there is one.
    pub html: Option<String>,
    /// Attachments and inline parts with content, in order; the bodies above are not repeated.
    pub attachments: Vec<Attachment>,
    /// Pictures that stand between the lines of `text`: before which line, counted from 0, and which attachment.
    pub pictures: Vec<(usize, usize)>,
    /// A calendar invitation (first `text/calendar` part that parses).
    pub invite: Option<Invite>,
    /// What it says as a delivery report or a read receipt.
    pub report: Option<Report>,
    /// SHA-256 of the raw bytes with CRLF line ends, lowercase hex.
    pub content_hash: String,
    /// Size of the raw message, in bytes.
    pub size: usize,
}

/// What the headers say about how a message was made and delivered (RFC 3834, RFC 2369, RFC 2919).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signals {
    /// Auto-Submitted, lowercased, without parameters.
    pub auto_submitted: Option<String>,
    /// `Return-Path: <>`.
    pub null_return_path: bool,
    /// Precedence, lowercased.
    pub precedence: Option<String>,
    /// List-Id, the identifier between the angle brackets where there are any.
    pub list_id: Option<String>,
    /// List-Unsubscribe is present.
    pub list_unsubscribe: bool,
    /// List-Post: the address, or `NO`.
    pub list_post: Option<String>,
    /// X-Auto-Response-Suppress, X-Autoreply, X-Autorespond or Feedback-ID is present.
    pub auto_marker: bool,
    /// `multipart/report` with its report-type (`delivery-status`, `disposition-notification`), lowercased.
    pub report: Option<String>,
    /// Some part is encrypted (PGP/MIME, S/MIME).
    pub encrypted: bool,
}

/// What became of a mail that was sent (RFC 3464, RFC 8098). Texts are single lines, control-free.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// The subject of the mail that it is about, where it came back; empty where it did not.
    pub subject: String,
    /// For whom, and what.
    pub fates: Vec<Fate>,
}

/// What became of it for one recipient.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fate {
    /// The address.
    pub recipient: String,
    /// Lowercased: `failed`, `delayed`, `delivered`, `relayed`, `expanded`; of a receipt `displayed`, `deleted` and others.
    pub action: String,
    /// The status code (`5.1.1`), or nothing.
    pub status: String,
    /// What the server said, or nothing.
    pub said: String,
    /// Until when it is tried.
    pub until: Option<Timestamp>,
}

/// One attachment, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// The name as the sender gave it, decoded, one line; it may hold anything else (`../x`, 300 bytes).
    pub name: Option<String>,
    /// Media type, lowercased (`application/pdf`).
    pub media_type: String,
    /// Content-ID without brackets, for inline parts.
    pub content_id: Option<String>,
    /// Disposition `inline`, or referenced by the HTML.
    pub inline: bool,
    /// The decoded bytes.
    pub bytes: Vec<u8>,
}

/// One part of a message without parts of its own, decoded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// Media type, lowercased.
    pub media_type: String,
    /// The name that it was given, on one line.
    pub name: Option<String>,
    /// The bytes, transfer encoding undone.
    pub bytes: Vec<u8>,
    /// The text, where it is text; not cleaned.
    pub text: Option<String>,
}

/// Something wrong with a message's bytes that parsing worked around.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Defect {
    /// No header section at all.
    NoHeaders,
    /// Message-ID missing or unusable: the message is known by its content hash.
    NoMessageId,
    /// Date missing or impossible.
    NoDate,
    /// A header that may occur once occurs again; the first is taken (RFC 5322 §3.6).
    RepeatedHeader(&'static str),
    /// A part's transfer encoding could not be decoded in full.
    BadEncoding,
    /// NUL or other control characters were removed.
    ControlCharacters,
    /// Some limit was reached: what is left out is named.
    TooLarge(&'static str),
}

impl Message {
    /// The first From address, or the Sender.
    pub fn author(&self) -> Option<&Address> {
        self.from.first().or(self.sender.as_ref())
    }

    /// The key under which the message is known: the Message-ID, else `sha256:` and the content hash.
    pub fn key(&self) -> String {
        match &self.message_id {
            Some(id) => id.clone(),
            None => format!("sha256:{}", self.content_hash),
        }
    }

    /// Every own-or-other address in To and Cc.
    pub fn recipients(&self) -> impl Iterator<Item = &Address> {
        self.to.iter().chain(&self.cc)
    }
}
