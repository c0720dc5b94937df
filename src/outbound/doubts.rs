//! What an approved draft should make its owner look twice at, in words: shown by `postnote preview`, and never a reason not
//! to send.

use super::parent;
use crate::approval::Rehearsal;
use crate::assistant::offline::dates;
use crate::inbound::Desk;
use crate::mail::Address;
use crate::mail::look_alike::skeleton;
use crate::note::draft::{DraftNote, Kind, forward};
use crate::note::source;
use anyhow::Result;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// How mail says that something is attached.
const PROMISES: &[&str] = &[
    "attached",
    "attachment",
    "enclosed",
    "im anhang",
    "angehängt",
    "anbei",
    "ci-joint",
    "ci-jointe",
    "pièce jointe",
    "adjunto",
    "adjunta",
    "in allegato",
    "em anexo",
    "bijlage",
    "bijgevoegd",
    "添付",
    "附件",
];

/// What to look at before approving.
pub fn doubts(desk: &Desk, draft: &DraftNote, rehearsal: &Rehearsal, today: Date) -> Result<Vec<String>> {
    let known = desk.store.addresses()?;
    let to = rehearsal.recipients();
    let mut out = Vec::new();
    if let Some(parent) = parent(&desk.store, draft)?.filter(|p| !p.own && !p.author.is_empty())
        && draft.kind != Kind::Forward
        && to.iter().all(|a| a.key() != parent.author)
    {
        out.push(format!("The mail that it answers came from {}, who does not get it.", parent.author));
    }
    let domains: BTreeSet<&str> = known.iter().filter_map(|k| k.rsplit_once('@')).map(|(_, d)| d).collect();
    for address in to.into_iter().filter(|address| !known.contains(&address.key())) {
        out.push(of_stranger(address, &domains));
    }
    let body = own_lines(rehearsal.body());
    let left = files_left_behind(desk, draft, rehearsal);
    if left > 0 {
        out.push(format!(
            "The mail came with {left} of its files that do not go along; list them in `attachments` if they are to."
        ));
    }
    if rehearsal.attachments() == 0 && promises(&body) {
        out.push("It speaks of something attached, and nothing is attached.".to_owned());
    }
    for line in body.lines() {
        if let Some((word, date)) = dates::misfit(line, today) {
            out.push(format!("It says {word}, but {date} is a {}.", date.strftime("%A")));
        }
    }
    Ok(out)
}

/// How many files of a mail that is passed on by its text are not listed.
fn files_left_behind(desk: &Desk, draft: &DraftNote, rehearsal: &Rehearsal) -> usize {
    let Some(note) = draft.source_file.as_deref().filter(|_| draft.kind == Kind::Forward) else { return 0 };
    let files = desk.vault.read(note).map(|text| source::attached(&text, note)).unwrap_or_default();
    let files = files.iter().filter(|path| !path.to_lowercase().ends_with(".eml")).count();
    if draft.forward.as_deref() == Some("attached") { 0 } else { files.saturating_sub(rehearsal.attachments()) }
}

/// The lines that are neither quoted nor passed on.
fn own_lines(body: &str) -> String {
    let own = body.split(forward::MARK).next().unwrap_or_default();
    own.lines().filter(|line| !line.trim_start().starts_with('>')).collect::<Vec<_>>().join("\n")
}

fn promises(body: &str) -> bool {
    let body = body.to_lowercase();
    let word = |at: usize, promise: &str| {
        let alone = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() || !c.is_ascii());
        let (before, rest) = body.split_at_checked(at).unwrap_or_default();
        alone(before.chars().next_back()) && alone(rest.get(promise.len()..).and_then(|r| r.chars().next()))
    };
    PROMISES.iter().any(|promise| body.match_indices(promise).any(|(at, _)| word(at, promise)))
}

/// What to say of an address that is new; `domains` are those of the ones that are not.
fn of_stranger(address: &Address, domains: &BTreeSet<&str>) -> String {
    let domain = address.domain();
    let shown = match address.plain_domain() {
        Some(plain) => format!("{} (its domain is really {plain})", address.email),
        None => address.email.clone(),
    };
    if !domains.contains(domain.as_str())
        && let Some(other) = domains.iter().find(|other| look_alike(&domain, other))
    {
        return format!("{shown} looks like an address at {other}, where you know people, and is not.");
    }
    format!("You have never had mail from {shown}, nor sent any there.")
}

/// Two domains that a quick look takes for one.
fn look_alike(a: &str, b: &str) -> bool {
    let (a, b) = (skeleton(a), skeleton(b));
    a == b || (a.len().min(b.len()) > 6 && one_apart(&a, &b))
}

/// One letter more, less or other, or two that changed places.
fn one_apart(a: &str, b: &str) -> bool {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let front = a.iter().zip(&b).take_while(|(a, b)| a == b).count();
    let back = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count();
    let rest = |all: &[char]| all.len().saturating_sub(front + back);
    let swapped = a.len() == b.len()
        && matches!((a.get(front..front + 2), b.get(front..front + 2)), (Some([w, x]), Some([y, z])) if w == z && x == y)
        && a.get(front + 2..) == b.get(front + 2..);
    swapped || (rest(&a) <= 1 && rest(&b) <= 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn look_alikes() {
        for (a, b) in [
            ("examp1e.com", "example.com"),
            ("exarnple.com", "example.com"),
            ("exаmple.com", "example.com"),
            ("exmaple.com", "example.com"),
            ("exampl.com", "example.com"),
            ("examples.com", "example.com"),
        ] {
            assert!(look_alike(a, b), "{a} {b}");
        }
        for (a, b) in [("example.org", "example.com"), ("a.de", "b.de"), ("harbour.example", "garden.example")] {
            assert!(!look_alike(a, b), "{a} {b}");
        }
    }

    #[test]
    fn new_people_are_named() {
        let said = |email: &str| of_stranger(&Address::bare(email), &BTreeSet::from(["example.com"]));
        assert!(said("ben@example.com").contains("never had mail from ben@example.com"));
        assert!(said("ada@exampIe.com".to_lowercase().as_str()).contains("looks like"));
        assert!(said("ada@пример.рф").contains("really xn--e1afmkfd.xn--p1ai"));
    }

    #[test]
    fn promises_are_words() {
        for text in ["See the attached plan.", "Anbei der Plan", "資料を添付します"] {
            assert!(promises(text), "{text}");
        }
        for text in ["I am unattached.", "> attached\n"] {
            assert!(!promises(&own_lines(text)), "{text}");
        }
    }
}
