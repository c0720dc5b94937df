//! The parts of a delivery report or a read receipt (RFC 3464, RFC 8098) → of which kind it is, and which message it is about.

use super::fields::Fields;
use super::headers::ids;
use super::tree::{Part, Tree};
use crate::mail::clean;

/// So much of a part is read for its fields.
const HEAD: usize = 64 << 10;
const MAX_KIND: usize = 100;

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

/// The id of the message that a report is about: a receipt names it, other reports carry its head or all of it.
pub(super) fn about(tree: &Tree<'_>) -> Option<String> {
    tree.root().filter(|p| p.is("multipart/report"))?;
    let id = |part: &Part<'_>, name: &str| {
        let content = tree.content(part).bytes;
        let (fields, _) = Fields::read(content.get(..content.len().min(HEAD))?, 0, |_| false);
        ids(&fields.line(name)?).into_iter().next()
    };
    let receipts = tree.leaves().filter(|p| p.is("message/disposition-notification"));
    let heads =
        ["message/rfc822", "text/rfc822-headers", "message/rfc822-headers", "message/global", "message/global-headers"];
    let carried = tree.leaves().filter(|p| heads.contains(&p.kind.word.as_str()));
    receipts.filter_map(|p| id(p, "Original-Message-ID")).chain(carried.filter_map(|p| id(p, "Message-ID"))).next()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        ] {
            let tree = Tree::of(raw.as_bytes());
            assert_eq!((kind(&tree).as_deref(), about(&tree).as_deref()), (expect_kind, expect_id), "{raw}");
        }
    }
}
