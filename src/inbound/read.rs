//! Bytes → what a note is made of: everything about one message that needs neither vault nor database. Runs on the
//! worker threads, beside the network.

use super::timing::{Stage, Timing};
use crate::assistant::offline::{self, Reading};
use crate::config::{Account, Action, Config};
use crate::mail::body::{self, Body};
use crate::mail::hash::sha256;
use crate::mail::{Defect, Message, inert, parse, subject};
use crate::note::digest::Digest;
use crate::triage::{self, Arrival, ThreadFacts, Verdict};
use jiff::Zoned;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A message read.
#[derive(Debug)]
pub struct Raw {
    /// Its UID.
    pub uid: u32,
    /// INTERNALDATE, for a message that says no time itself.
    pub internal_date: Option<String>,
    /// It carries \Answered.
    pub answered: bool,
    /// The message.
    pub message: Message,
    /// Its body, rendered.
    pub body: Body,
    /// What the assistant reads in it, unless it is plain already that nobody will ask.
    pub digest: Option<Digest>,
    /// The bytes as fetched, where they are to be kept.
    pub original: Option<Vec<u8>>,
    /// Something in it broke the reader: it is kept as it came, with a note that says so.
    pub quarantined: bool,
}

/// Who reads, for whom, and when.
#[derive(Debug, Clone, Copy)]
pub struct ReadAs<'a> {
    /// The config.
    pub config: &'a Config,
    /// The account.
    pub account: &'a Account,
    /// The mailbox; empty where that is not known yet.
    pub mailbox: &'a str,
    /// Now, in the owner's time zone.
    pub now: &'a Zoned,
    /// Where the time goes.
    pub(super) timing: &'a Timing,
}

impl ReadAs<'_> {
    /// Parses, renders and digests. A panic in a library quarantines the message instead of ending the sync.
    pub fn read(&self, bytes: Vec<u8>, headers_only: bool) -> Raw {
        let read = catch_unwind(AssertUnwindSafe(|| {
            let (message, defects) = self.timing.of(Stage::Parse, || parse::parse(&bytes));
            let mut body = match headers_only {
                true => Body::default(),
                false => self.timing.of(Stage::Convert, || body::render(&message)),
            };
            body.cut |= defects.iter().any(|defect| matches!(defect, Defect::TooLarge(_)));
            for defect in &defects {
                tracing::debug!(?defect, "a defect in a message");
            }
            (message, body)
        }));
        let (message, body, quarantined) = match read {
            Ok((message, body)) => (message, body, false),
            Err(_) => (unreadable(&bytes), Body { new_markdown: UNREADABLE.to_owned(), ..Body::default() }, true),
        };
        // The thread's facts only ever make less of a message.
        let wanted = !headers_only
            && !quarantined
            && self.verdict(&message, &body, ThreadFacts::default()).action >= Action::Summary;
        let digest = if wanted { self.digest(&message, &body) } else { None };
        // What cannot be shown must not be lost: then the message is kept as it came.
        let keep =
            self.config.keep_original || quarantined || body.cut || (is_blank(&message, &body) && has_body(&bytes));
        let original = (keep && !headers_only).then_some(bytes);
        Raw { uid: 0, internal_date: None, answered: false, message, body, digest, original, quarantined }
    }

    /// What the assistant makes of it; `None` when it fails: then there is no summary.
    pub fn digest(&self, message: &Message, body: &Body) -> Option<Digest> {
        let reading = Reading {
            message,
            new_text: &body.new_text,
            base_subject: &subject::base(&message.subject),
            owner: &self.account.owner(),
            now: self.now,
        };
        let digest = || catch_unwind(AssertUnwindSafe(|| offline::digest(&reading, inert::line))).ok();
        self.timing.of(Stage::Digest, digest)
    }

    /// What becomes of it.
    pub fn verdict(&self, message: &Message, body: &Body, thread: ThreadFacts) -> Verdict {
        let owner = self.account.owner();
        let (account, mailbox) = (self.account.name.as_str(), self.mailbox);
        let arrival = Arrival { message, new_text: &body.new_text, owner: &owner, account, mailbox, thread };
        triage::triage(&arrival, &self.config.rules)
    }
}

const UNREADABLE: &str = "*This message could not be read. It is kept as it came, attached below.*";

fn unreadable(bytes: &[u8]) -> Message {
    Message {
        subject: "(a message that could not be read)".to_owned(),
        content_hash: sha256(bytes),
        size: bytes.len(),
        ..Message::default()
    }
}

/// True when a note would show nothing of the message but its headers.
fn is_blank(message: &Message, body: &Body) -> bool {
    let shown = [&body.new_markdown, &body.quoted_markdown, &body.signature_markdown];
    shown.iter().all(|t| t.trim().is_empty()) && message.attachments.is_empty() && message.invite.is_none()
}

/// True when anything stands below the header section, or nothing ends it.
fn has_body(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes).replace("\r\n", "\n");
    text.split_once("\n\n").is_none_or(|(_, body)| !body.trim().is_empty())
}
