//! The parts of a delivery report or a read receipt (RFC 3464, RFC 8098) → of which kind it is, and which message it is about.

use super::fields::Fields;
use super::headers::{date, ids};
use super::mailboxes::mailboxes;
use super::tree::{Part, Tree};
use super::{charset, words};
use crate::mail::message::{Fate, Report};
use crate::mail::{bounce, clean};

/// So much of a part is read for its fields.
const HEAD: usize = 64 << 10;
const MAX_KIND: usize = 100;
/// So many recipients are listed.
const MAX_FATES: usize = 50;
const MAX_WORDS: usize = 500;
/// The parts that hold what came back.
const CARRIED: [&str; 5] =
    ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"];

/// The report-type of a `multipart/report`, lowercased; where it is not said, by the parts.
pub(super) fn kind(tree: &Tree<'_>) -> Option<String> {
    let root = tree.root().filter(|p| p.is("multipart/report"))?;
    let said = root.kind.get("report-type").map(|k| clean::header(clean::prefix(k, MAX_KIND)).to_lowercase());
    let known = ["delivery-status", "disposition-notification", "feedback-report"];
    let by_parts = || {
        let is = |kind: &&str| tree.leaves().any(|p| p.kind.word.strip_prefix("message/") == Some(kind));
        known.into_iter().find(is).unwrap_or_default().to_owned()
    };
    Some(said.filter(|k| !k.is_empty()).unwrap_or_else(by_parts))
}

/// The id of the message that a report is about: a receipt names it, other reports carry its head or all of it; those of some
/// servers as text below a line.
pub(super) fn about(tree: &Tree<'_>) -> Option<String> {
    let root = tree.root()?;
    let is_report = root.is("multipart/report");
    if !is_report && !from_server(root) {
        return None;
    }
    let id = |part: &Part<'_>, name: &str| id(&tree.content(part).bytes, name);
    let receipts = tree.leaves().filter(|p| is_report && p.is("message/disposition-notification"));
    let written = || tree.leaves().find(|p| p.is("text/plain")).and_then(|part| in_text(&tree.content(part).bytes));
    let ids = receipts.filter_map(|p| id(p, "Original-Message-ID"));
    ids.chain(carried(tree).filter_map(|p| id(p, "Message-ID"))).next().or_else(written)
}

/// The parts that hold the mail that came back, or its head.
fn carried<'t>(tree: &'t Tree<'t>) -> impl Iterator<Item = &'t Part<'t>> {
    tree.leaves().filter(|p| CARRIED.contains(&p.kind.word.as_str()))
}

fn id(head: &[u8], name: &str) -> Option<String> {
    let (fields, _) = Fields::read(head.get(..head.len().min(HEAD))?, 0, |_| false);
    ids(&fields.line(name)?).into_iter().next()
}

/// True for what servers send in their own name: to nobody's address an answer could go.
fn from_server(root: &Part<'_>) -> bool {
    let empty = root.fields.line("Return-Path").is_some_and(|path| path.replace(' ', "") == "<>");
    let author = root.fields.first("From").map(|from| mailboxes(from, 2)).unwrap_or_default();
    let is_server = |email: &str| {
        let local = email.split('@').next().unwrap_or_default();
        local.eq_ignore_ascii_case("mailer-daemon") || local.eq_ignore_ascii_case("postmaster")
    };
    empty || author.iter().any(|a| is_server(&a.email))
}

/// The id in the copy below the text of a report.
fn in_text(text: &[u8]) -> Option<String> {
    let text = charset::decode(text.get(..text.len().min(HEAD))?, None);
    let (_, at) = bounce::copy(&text)?;
    id(text.get(at..)?.as_bytes(), "Message-ID")
}

/// What a report says of each recipient.
pub(super) fn read(tree: &Tree<'_>) -> Option<Report> {
    tree.root().filter(|p| p.is("multipart/report"))?;
    let mut fates: Vec<Fate> = Vec::new();
    for part in tree.leaves() {
        let is_receipt = part.is("message/disposition-notification");
        if !is_receipt && !part.is("message/delivery-status") && !part.is("message/global-delivery-status") {
            continue;
        }
        let content = tree.content(part).bytes;
        let content = content.get(..content.len().min(HEAD)).unwrap_or_default();
        let mut at = 0;
        // One group of fields for the message, and one for each recipient.
        while at < content.len() && fates.len() < MAX_FATES {
            let blank = |rest: &[u8]| rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
            at += content.get(at..).map_or(0, blank);
            let (fields, end) = Fields::read(content, at, |_| false);
            if end <= at {
                break;
            }
            at = end;
            fates.extend(if is_receipt { receipt(&fields) } else { fate(&fields) });
        }
    }
    let head = carried(tree).next().map(|part| tree.content(part).bytes);
    let subject = head.as_deref().map(|head| {
        let (fields, _) = Fields::read(head.get(..head.len().min(HEAD)).unwrap_or_default(), 0, |_| false);
        fields.first("Subject").map(|value| said(&words::decode(value))).unwrap_or_default()
    });
    (!fates.is_empty()).then(|| Report { subject: subject.unwrap_or_default(), fates })
}

fn fate(fields: &Fields<'_>) -> Option<Fate> {
    let action = fields.line("Action")?.trim().to_lowercase();
    Some(Fate {
        recipient: typed(&fields.line("Final-Recipient").or_else(|| fields.line("Original-Recipient"))?),
        action: said(&action),
        status: said(fields.line("Status").unwrap_or_default().split([' ', '(']).next().unwrap_or_default()),
        said: fields.line("Diagnostic-Code").map(|code| typed(&code)).unwrap_or_default(),
        until: fields.first("Will-Retry-Until").and_then(date),
    })
}

fn receipt(fields: &Fields<'_>) -> Option<Fate> {
    let disposition = fields.line("Disposition")?.to_lowercase();
    let what = disposition.rsplit(';').next().unwrap_or_default();
    let action = what.split(['/', ',']).next().unwrap_or_default();
    Some(Fate {
        recipient: typed(&fields.line("Final-Recipient").or_else(|| fields.line("Original-Recipient"))?),
        action: said(action),
        ..Fate::default()
    })
}

/// `rfc822; a@b` without its type.
fn typed(value: &str) -> String {
    said(value.split_once(';').map_or(value, |(_, value)| value))
}

fn said(text: &str) -> String {
    clean::header(clean::prefix(text.trim(), MAX_WORDS)).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const QMAIL: &str = "Hi. This is qmail-send.\n\n<x@y>:\nno such user\n\n--- Below this line is a copy of the message.\n\n\
        Return-Path: <s@t>\nReceived: (qmail)\n  by x\nMessage-ID: <a@b>\n\nMessage-ID: <e@f>\n";

    #[test]
    fn fates_are_read() {
        let raw = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\
            Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; a@b\nAction: Failed\n\
            Status: 5.1.1 (no)\nDiagnostic-Code: smtp; 550\n  5.1.1 no\n\n\nFinal-Recipient: RFC822;c@d\nAction: delayed\n\
            Will-Retry-Until: Sat, 17 Jan 2026 09:10:00 +0000\n\n--b\nContent-Type: text/rfc822-headers\n\n\
            Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\n--b--\n";
        let report = read(&Tree::of(raw.as_bytes())).expect("a report");
        let fates: Vec<_> = report.fates.iter().map(|f| (&*f.recipient, &*f.action, &*f.status, &*f.said)).collect();
        assert_eq!(fates, [("a@b", "failed", "5.1.1", "550 5.1.1 no"), ("c@d", "delayed", "", "")]);
        let until = report.fates.last().and_then(|f| f.until).map(|at| at.to_string());
        assert_eq!((report.subject.as_str(), until.as_deref()), ("Grüße", Some("2026-01-17T09:10:00Z")));
        let raw = "Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/disposition-notification\n\n\
            Final-Recipient: rfc822;a@b\nDisposition: manual-action/MDN-sent-manually; Displayed\n--b--\n";
        let report = read(&Tree::of(raw.as_bytes())).expect("a receipt");
        assert_eq!(report.fates, [Fate { recipient: "a@b".into(), action: "displayed".into(), ..Fate::default() }]);
    }

    #[test]
    fn reports_say_what_they_are_about() {
        let report = |kind: &str, parts: &[&str]| {
            let parts: String = parts.iter().map(|p| format!("--b\n{p}\n")).collect();
            format!("Content-Type: multipart/report; boundary=b{kind}\n\n--b\n\nwords\n{parts}--b--\n")
        };
        let status = "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example.com\n\nAction: failed\n";
        for (raw, expect_kind, expect_id) in [
            (
                report(
                    "; report-type=Delivery-Status",
                    &[status, "Content-Type: message/rfc822\n\nMessage-ID: <a@b>\n\nx"],
                ),
                Some("delivery-status"),
                Some("a@b"),
            ),
            (
                report("", &[status, "Content-Type: text/rfc822-headers\n\nMessage-ID:\n <a@b>\n"]),
                Some("delivery-status"),
                Some("a@b"),
            ),
            (
                report(
                    "; report-type=disposition-notification",
                    &[
                        "Content-Type: message/disposition-notification\n\nOriginal-Message-ID: <c@d>\nDisposition: x; displayed\n",
                        "Content-Type: message/rfc822\n\nMessage-ID: <a@b>\n\nx",
                    ],
                ),
                Some("disposition-notification"),
                Some("c@d"),
            ),
            (report("", &[]), Some(""), None),
            (format!("Content-Type: multipart/mixed; boundary=b\n\n--b\n{status}--b--\n"), None, None),
            // As qmail and Exim write them; and others' words on copies, which are none.
            (format!("From: MAILER-DAEMON@example.com\n\n{QMAIL}"), None, Some("a@b")),
            (format!("Return-Path: <>\nFrom: x@example.com\n\n{QMAIL}"), None, Some("a@b")),
            (format!("From: ada@example.com\n\n{QMAIL}"), None, None),
            (
                "From: postmaster@example.com\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nno\n\
                 --b\nContent-Type: message/rfc822\n\nMessage-ID: <c@d>\n\nx\n--b--\n"
                    .to_owned(),
                None,
                Some("c@d"),
            ),
        ] {
            let tree = Tree::of(raw.as_bytes());
            assert_eq!((kind(&tree).as_deref(), about(&tree).as_deref()), (expect_kind, expect_id), "{raw}");
        }
    }
}
