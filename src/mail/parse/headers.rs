//! The header section → the header fields of a [`Message`].

use super::note;
use crate::mail::message::{Defect, Message, Signals};
use crate::mail::{Address, clean};
use jiff::Timestamp;
use jiff::civil::Date;
use mail_parser::{DateTime, Header, HeaderForm, HeaderName, HeaderValue, Message as Parsed, MimeHeaders};

const MAX_ID: usize = 998;
const MAX_IDS: usize = 1000;
const MAX_ADDRESSES: usize = 2000;
const MAX_SUBJECT: usize = 2000;
const MAX_VALUE: usize = 64 << 10;

/// The fields that a message may have once (RFC 5322 §3.6).
const ONCE: &[(HeaderName<'static>, &str)] = &[
    (HeaderName::From, "From"),
    (HeaderName::Sender, "Sender"),
    (HeaderName::ReplyTo, "Reply-To"),
    (HeaderName::To, "To"),
    (HeaderName::Cc, "Cc"),
    (HeaderName::Subject, "Subject"),
    (HeaderName::Date, "Date"),
    (HeaderName::MessageId, "Message-ID"),
    (HeaderName::InReplyTo, "In-Reply-To"),
    (HeaderName::References, "References"),
];

/// A parsed message's own header fields.
pub(super) struct Headers<'a> {
    parsed: &'a Parsed<'a>,
    fields: &'a [Header<'a>],
    raw: &'a [u8],
}

impl<'a> Headers<'a> {
    pub(super) fn new(parsed: &'a Parsed<'a>, raw: &'a [u8]) -> Self {
        Headers { parsed, fields: parsed.parts.first().map_or(&[], |p| &p.headers), raw }
    }

    pub(super) fn fill(&self, message: &mut Message, defects: &mut Vec<Defect>) {
        for (name, label) in ONCE {
            if self.fields.iter().filter(|h| h.name == *name).count() > 1 {
                note(defects, Defect::RepeatedHeader(label));
            }
        }
        let first_ids = |name| self.first(&name).map(|h| ids(&self.text(h))).unwrap_or_default();
        message.message_id = first_ids(HeaderName::MessageId).into_iter().next();
        message.in_reply_to = first_ids(HeaderName::InReplyTo);
        message.references = first_ids(HeaderName::References);
        message.subject =
            self.first(&HeaderName::Subject).and_then(|h| h.value.as_text()).map(subject).unwrap_or_default();
        message.date = self.date();
        message.from = self.addresses(&HeaderName::From);
        message.sender = self.addresses(&HeaderName::Sender).into_iter().next();
        message.reply_to = self.addresses(&HeaderName::ReplyTo);
        message.to = self.addresses(&HeaderName::To);
        message.cc = self.addresses(&HeaderName::Cc);
        message.delivered_to = self.delivered_to();
        message.mail_followup_to = self.followup();
        message.signals = self.signals();
    }

    fn first(&self, name: &HeaderName<'_>) -> Option<&'a Header<'a>> {
        self.fields.iter().find(|h| h.name == *name)
    }

    fn named(&self, name: &str) -> Option<&'a Header<'a>> {
        self.fields.iter().find(|h| h.name().eq_ignore_ascii_case(name))
    }

    /// A field's value as it stands in the message, unfolded.
    fn text(&self, header: &Header<'_>) -> String {
        let (start, end) = (header.offset_start as usize, header.offset_end as usize);
        let end = end.min(start.saturating_add(MAX_VALUE));
        clean::header(&String::from_utf8_lossy(self.raw.get(start..end.min(self.raw.len())).unwrap_or_default()))
    }

    fn value(&self, name: &str) -> Option<String> {
        self.named(name).map(|h| self.text(h)).filter(|v| !v.is_empty())
    }

    fn addresses(&self, name: &HeaderName<'_>) -> Vec<Address> {
        let fields = self.fields.iter().filter(|h| h.name == *name);
        fields.map(|h| addresses(&h.value)).find(|list| !list.is_empty()).unwrap_or_default()
    }

    fn followup(&self) -> Vec<Address> {
        if self.named("Mail-Followup-To").is_none() {
            return Vec::new();
        }
        let values = self.parsed.header_as("Mail-Followup-To", HeaderForm::Addresses);
        values.first().map(addresses).unwrap_or_default()
    }

    fn delivered_to(&self) -> Vec<String> {
        let mut list: Vec<String> = Vec::new();
        let is_ours =
            |h: &&Header<'_>| ["Delivered-To", "X-Original-To"].iter().any(|n| h.name().eq_ignore_ascii_case(n));
        for header in self.fields.iter().filter(is_ours).take(50) {
            let value = self.text(header);
            let bare = value.trim_matches(|c: char| c == '<' || c == '>' || c.is_whitespace());
            if is_address(bare) && !list.iter().any(|a| a == bare) {
                list.push(bare.to_owned());
            }
        }
        list
    }

    fn date(&self) -> Option<Timestamp> {
        let date = self.first(&HeaderName::Date).and_then(|h| h.value.as_datetime()).and_then(timestamp);
        let received = || self.first(&HeaderName::Received)?.value.as_received()?.date.as_ref().and_then(timestamp);
        date.or_else(received)
    }

    fn signals(&self) -> Signals {
        let word = |name: &str| {
            let value = self.value(name)?.to_lowercase();
            let value = value.split([';', ' ', '(']).next().unwrap_or_default().trim().to_owned();
            (!value.is_empty()).then_some(value)
        };
        let bracketed = |value: String| match value.rsplit_once('<').and_then(|(_, v)| v.split_once('>')) {
            Some((id, _)) => id.trim().to_owned(),
            None => value,
        };
        let report =
            self.fields.iter().find(|h| h.name == HeaderName::ContentType).and_then(|h| h.value.as_content_type());
        let report = report.filter(|t| {
            t.ctype().eq_ignore_ascii_case("multipart") && t.subtype().is_some_and(|s| s.eq_ignore_ascii_case("report"))
        });
        let markers = ["X-Auto-Response-Suppress", "X-Autoreply", "X-Autorespond", "Feedback-ID"];
        Signals {
            auto_submitted: word("Auto-Submitted"),
            null_return_path: self.value("Return-Path").is_some_and(|v| v.replace(' ', "") == "<>"),
            precedence: word("Precedence"),
            list_id: self.value("List-Id").map(bracketed),
            list_unsubscribe: self.named("List-Unsubscribe").is_some(),
            list_post: self.value("List-Post").map(|v| list_post(&v)),
            auto_marker: markers.iter().any(|m| self.named(m).is_some()),
            report: report.map(|t| clean::header(t.attribute("report-type").unwrap_or_default()).to_lowercase()),
            encrypted: self.parsed.parts.iter().any(is_encrypted),
        }
    }
}

fn subject(value: &str) -> String {
    clean::prefix(&clean::header(clean::prefix(value, MAX_VALUE)), MAX_SUBJECT).to_owned()
}

/// `<mailto:list@example.org>` → the address; `NO (closed)` → `NO`.
fn list_post(value: &str) -> String {
    if value.get(..2).is_some_and(|v| v.eq_ignore_ascii_case("no")) {
        return "NO".to_owned();
    }
    let address = value.split_once("mailto:").map_or(value, |(_, a)| a);
    address.split(['>', '?', ' ']).next().unwrap_or_default().trim_matches('<').to_owned()
}

fn is_encrypted(part: &mail_parser::MessagePart<'_>) -> bool {
    let Some(t) = part.content_type() else { return false };
    let (ctype, subtype) = (t.ctype().to_ascii_lowercase(), t.subtype().unwrap_or_default().to_ascii_lowercase());
    match (ctype.as_str(), subtype.as_str()) {
        ("multipart", "encrypted") | ("application", "pgp-encrypted") => true,
        ("application", "pkcs7-mime" | "x-pkcs7-mime") => {
            t.attribute("smime-type").is_none_or(|s| s.to_ascii_lowercase().contains("enveloped"))
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

fn addresses(value: &HeaderValue<'_>) -> Vec<Address> {
    let Some(list) = value.as_address() else { return Vec::new() };
    let mut found = Vec::new();
    for addr in list.iter().take(MAX_ADDRESSES) {
        let email: String =
            clean::header(addr.address().unwrap_or_default()).chars().filter(|c| !c.is_whitespace()).collect();
        if is_address(&email) {
            let name = clean::header(clean::prefix(addr.name().unwrap_or_default(), 1000));
            let name = name.trim_matches(|c| matches!(c, '"' | '\'')).trim();
            found.push(if name == email { Address::bare(email) } else { Address::named(name, email) });
        }
    }
    found
}

/// Lenient: real addresses break the grammar, but none holds these.
fn is_address(email: &str) -> bool {
    let around = email.rsplit_once('@').is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    around && email.len() <= 320 && !email.chars().any(|c| c.is_whitespace() || c.is_control() || "<>,;".contains(c))
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
