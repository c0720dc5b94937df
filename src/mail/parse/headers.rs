//! The header section → the header fields of a [`Message`].

use super::fields::{Fields, one_line};
use super::mailboxes::{is_address, mailboxes};
use super::tree::{Part, Tree};
use super::{note, report, words};
use crate::mail::message::{Defect, Message, Signals};
use crate::mail::{Address, clean};
use jiff::Timestamp;
use jiff::civil::Date;
use mail_parser::parsers::MessageStream;
use mail_parser::{DateTime, HeaderValue};

const MAX_ID: usize = 998;
const MAX_IDS: usize = 1000;
const MAX_ADDRESSES: usize = 2000;
/// So many fields of one name are looked through for an address.
const MAX_LISTS: usize = 20;
const MAX_SUBJECT: usize = 2000;

/// The fields that a message may have once (RFC 5322 §3.6).
const ONCE: &[&str] =
    &["From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References"];

/// A parsed message's own header fields.
pub(super) struct Headers<'a> {
    fields: &'a Fields<'a>,
    tree: &'a Tree<'a>,
}

impl<'a> Headers<'a> {
    pub(super) fn new(tree: &'a Tree<'a>, root: &'a Part<'a>) -> Self {
        Headers { fields: &root.fields, tree }
    }

    pub(super) fn fill(&self, message: &mut Message, defects: &mut Vec<Defect>) {
        for name in ONCE {
            if self.fields.all(name).nth(1).is_some() {
                note(defects, Defect::RepeatedHeader(name));
            }
        }
        let first_ids = |name| self.fields.line(name).map(|v| ids(&v)).unwrap_or_default();
        message.message_id = first_ids("Message-ID").into_iter().next();
        message.in_reply_to = first_ids("In-Reply-To");
        message.references = first_ids("References");
        if message.in_reply_to.is_empty() && message.references.is_empty() {
            message.in_reply_to.extend(report::about(self.tree));
        }
        message.report = report::read(self.tree);
        message.subject = self.fields.first("Subject").map(subject).unwrap_or_default();
        message.date = self.date();
        message.from = self.addresses("From");
        message.sender = self.addresses("Sender").into_iter().next();
        message.reply_to = self.addresses("Reply-To");
        message.to = self.addresses("To");
        message.cc = self.addresses("Cc");
        message.delivered_to = self.delivered_to();
        message.mail_followup_to = self.addresses("Mail-Followup-To");
        message.signals = self.signals();
    }

    fn has(&self, name: &str) -> bool {
        self.fields.first(name).is_some()
    }

    fn addresses(&self, name: &str) -> Vec<Address> {
        let lists = self.fields.all(name).take(MAX_LISTS).map(|value| mailboxes(value, MAX_ADDRESSES));
        lists.into_iter().find(|list| !list.is_empty()).unwrap_or_default()
    }

    fn delivered_to(&self) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        for value in self.fields.either("Delivered-To", "X-Original-To").take(50) {
            let value = one_line(value);
            let bare = value.trim_matches(|c: char| c == '<' || c == '>' || c.is_whitespace());
            if is_address(bare) && !list.iter().any(|a| a == bare) {
                list.push(bare.to_owned());
            }
        }
        list
    }

    fn date(&self) -> Option<Timestamp> {
        // Behind the last semicolon stands when it was received (RFC 5321 §4.4).
        let received = || {
            let value = self.fields.first("Received")?;
            date(value.get(memchr::memrchr(b';', value)? + 1..)?)
        };
        self.fields.first("Date").and_then(date).or_else(received)
    }

    fn signals(&self) -> Signals {
        let word = |name: &str| {
            let value = self.fields.line(name)?.to_lowercase();
            let value = value.split([';', ' ', '(']).next().unwrap_or_default().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let bracketed = |value: String| match value.rsplit_once('<').and_then(|(_, v)| v.split_once('>')) {
            Some((id, _)) => id.trim().to_owned(),
            None => value,
        };
        let markers = ["X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond", "Feedback-ID"];
        Signals {
            auto_submitted: word("Auto-Submitted"),
            null_return_path: self.fields.line("Return-Path").is_some_and(|v| v.replace(' ', "") == "<>"),
            precedence: word("Precedence"),
            list_id: self.fields.line("List-Id").map(bracketed),
            list_unsubscribe: self.has("List-Unsubscribe"),
            list_post: self.fields.line("List-Post").map(|v| list_post(&v)),
            auto_marker: markers.iter().any(|m| self.has(m)),
            report: report::kind(self.tree),
            encrypted: self.tree.parts.iter().any(is_encrypted),
        }
    }
}

fn subject(value: &[u8]) -> String {
    clean::prefix(&clean::header(&words::decode(value)), MAX_SUBJECT).to_owned()
}

/// `<mailto:list@example.org>` → the address; `NO (closed)` → `NO`.
fn list_post(value: &str) -> String {
    if value.get(..2).is_some_and(|v| v.eq_ignore_ascii_case("no")) {
        return "NO".to_owned();
    }
    let address = value.split_once("mailto:").map_or(value, |(_, a)| a);
    address.split(['>', '?', ' ']).next().unwrap_or_default().trim_matches('<').to_owned()
}

fn is_encrypted(part: &Part<'_>) -> bool {
    match part.kind.word.as_str() {
        "multipart/encrypted" | "application/pgp-encrypted" => true,
        "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
            part.kind.get("smime-type").is_none_or(|s| s.to_ascii_lowercase().contains("enveloped"))
        }
        _ => false,
    }
}

/// The ids between angle brackets; a lone bare word counts as one.
pub(super) fn ids(value: &str) -> Vec<String> {
    let usable = |id: String| (!id.is_empty() && id.len() <= MAX_ID && !id.contains('<')).then_some(id);
    let squeeze = |id: &str| id.chars().filter(|c| !c.is_whitespace()).collect::<String>();
    if !value.contains('<') {
        let bare = value.trim().trim_end_matches('>');
        return (!bare.contains(' ')).then(|| usable(squeeze(bare))).flatten().into_iter().collect();
    }
    let mut found: Vec<String> = Vec::new();
    for piece in value.split('<').skip(1).take(MAX_IDS) {
        if let Some(id) = piece.split_once('>').and_then(|(id, _)| usable(squeeze(id))) {
            found.push(id);
        }
    }
    found
}

/// The date at the start of a field's value.
pub(super) fn date(value: &[u8]) -> Option<Timestamp> {
    // The parser wants to see the field's end.
    let line = [value.get(..value.len().min(300)).unwrap_or_default().trim_ascii(), b"\n"].concat();
    match MessageStream::new(&line).parse_date() {
        HeaderValue::DateTime(found) => timestamp(&found),
        _ => None,
    }
}

/// `None` for dates that no calendar has, and for years outside 1970–2099.
fn timestamp(d: &DateTime) -> Option<Timestamp> {
    let day = Date::new(i16::try_from(d.year).ok()?, i8::try_from(d.month).ok()?, i8::try_from(d.day).ok()?).ok()?;
    let in_day = d.hour < 24 && d.minute < 60 && d.second <= 60 && d.tz_hour < 24 && d.tz_minute < 60;
    if !(1970..2100).contains(&day.year()) || !in_day {
        return None;
    }
    let offset = (i64::from(d.tz_hour) * 3600 + i64::from(d.tz_minute) * 60) * if d.tz_before_gmt { -1 } else { 1 };
    let midnight = day.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
    let seconds = i64::from(d.hour) * 3600 + i64::from(d.minute) * 60 + i64::from(d.second.min(59));
    Timestamp::from_second(midnight + seconds - offset).ok()
}
