//! What a note shows apart from what the splitter says: the armour of a signed text, the copy below a delivery report, and
//! who is quoted where answers stand in between.

use crate::mail::bounce;
use crate::mail::message::Message;
use crate::mail::quote::{self, Sent, Zone, Zones};
use memchr::memmem;
use std::borrow::Cow;

/// An attribution has no more lines.
const MAX_ATTRIBUTION: usize = 3;

const SIGNED: &str = "-----BEGIN PGP SIGNED MESSAGE-----";
const SIGNATURE: &str = "-----BEGIN PGP SIGNATURE-----";

/// The zones of a message's text.
pub(super) fn split(message: &Message, text: &str, sent: Sent) -> Zones {
    let zones = quote::split(text, sent);
    let mut lines = zones.lines.clone();
    returned(message, text, &mut lines);
    armour(text, &mut lines);
    match undashed(text) {
        Cow::Borrowed(_) if lines == zones.lines => zones,
        text => quote::gather(&text, lines),
    }
}

/// A signed text without the dash and blank that stand before each of its lines that begins with a dash (RFC 9580 §7.2).
fn undashed(text: &str) -> Cow<'_, str> {
    if memmem::find(text.as_bytes(), SIGNED.as_bytes()).is_none() {
        return Cow::Borrowed(text);
    }
    let (mut head, mut signed) = (false, false);
    let bare = text.split_inclusive('\n').map(|line| {
        let words = line.trim_end();
        (head, signed) = match words {
            SIGNED => (true, false),
            SIGNATURE => (false, false),
            "" if head => (false, true),
            _ => (head, signed),
        };
        if signed { line.strip_prefix("- ").unwrap_or(line) } else { line }
    });
    Cow::Owned(bare.collect())
}

/// In a delivery report the mail that came back is quoted.
fn returned(message: &Message, text: &str, zones: &mut [Zone]) {
    let author = message.author().map(|a| a.key()).unwrap_or_default();
    let program = ["mailer-daemon@", "postmaster@"].iter().any(|name| author.starts_with(name));
    if !program && !message.signals.null_return_path {
        return;
    }
    let Some((at, _)) = bounce::copy(text) else { return };
    let above = text.get(..at).unwrap_or_default().matches('\n').count();
    zones.iter_mut().skip(above).for_each(|zone| *zone = Zone::Quoted);
}

/// The lines that sign a text stand apart from it; what they sign is read as it stands, and nothing is said of whether it holds.
fn armour(text: &str, zones: &mut [Zone]) {
    let ends = || text.contains("\n-----END PGP SIGNATURE-----");
    if !text.contains(SIGNATURE) || !ends() {
        return;
    }
    let (mut head, mut signature) = (false, false);
    for (line, zone) in text.split('\n').map(str::trim_end).zip(zones) {
        head |= line == SIGNED;
        signature |= line == SIGNATURE;
        if (head || signature) && *zone == Zone::New {
            *zone = Zone::Signature;
        }
        head &= !line.is_empty();
        signature &= line != "-----END PGP SIGNATURE-----";
    }
}

/// Where answers stand between what they answer, the line that says who is answered stands above them, not alone below.
pub(super) fn attributed(text: &str, zones: &Zones) -> Option<Zones> {
    let zones = &zones.lines;
    let answered = zones.iter().position(|zone| *zone == Zone::Answered)?;
    let quoted: Vec<usize> = (0..zones.len()).filter(|i| zones.get(*i) == Some(&Zone::Quoted)).collect();
    let line = |i: &usize| text.split('\n').nth(*i).unwrap_or_default().trim();
    let alone =
        quoted.len() <= MAX_ATTRIBUTION + 2 && quoted.iter().all(|i| *i < answered && !line(i).starts_with('>'));
    let says = quoted.iter().rfind(|i| !line(i).is_empty()).is_some_and(|i| line(i).ends_with([':', '：', '>']));
    if !alone || !says {
        return None;
    }
    let mut zones = zones.clone();
    for i in quoted {
        if let Some(zone) = zones.get_mut(i) {
            *zone = Zone::Answered;
        }
    }
    Some(quote::gather(&undashed(text), zones))
}
