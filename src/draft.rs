//! `(&Message, &Digest)` → the draft note: to whom a reply goes, as whom, under which subject.
//!
//! Pure. Recipients come from the mail's headers alone, never from its text or a model.

use crate::config::ReplyTo;
use crate::mail::{Address, Message, subject};
use crate::note::digest::Digest;
use crate::note::draft::{self, Proposal};
use crate::note::owner::Owner;
use jiff::Zoned;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// What a draft needs besides the message and its digest.
#[derive(Debug)]
pub struct Setting<'a> {
    /// Whose mail it is.
    pub owner: &'a Owner,
    /// The account's own identity, for when the mail names none.
    pub identity: &'a Address,
    /// To whom replies go.
    pub reply: ReplyTo,
    /// Path of the source note.
    pub source_file: &'a str,
    /// The draft's id.
    pub draft_id: &'a str,
    /// When.
    pub created: &'a Zoned,
}

/// The draft note's text; `None` when there is nobody to reply to.
pub fn propose(message: &Message, digest: &Digest, setting: &Setting<'_>) -> Option<String> {
    let author = message.author()?;
    let (to, cc) = recipients(message, setting.owner, setting.reply);
    if to.is_empty() {
        return None;
    }
    let from = identity(message, setting.owner, setting.identity);
    let warning = warning(message, &to);
    let proposal = Proposal {
        created: setting.created,
        from: &from,
        to: &to,
        cc: &cc,
        subject: &subject::reply(&message.subject),
        source_file: setting.source_file,
        in_reply_to: message.message_id.as_deref(),
        draft_id: setting.draft_id,
        author,
        warning: warning.as_deref(),
    };
    Some(draft::write(&proposal, digest))
}

/// The id of the draft for a message: the same for the same message, on whichever machine, so that one mail has
/// one draft and its reply one Message-ID.
pub fn draft_id(key: &str, at: jiff::Timestamp) -> String {
    id("reply", key, at)
}

/// The id of a draft that a person wrote: the same for the same text, wherever it lies, so that a copy that a sync
/// tool or a backup makes of the file is known as one.
pub fn written_id(text: &str) -> String {
    id("written", text, jiff::Timestamp::UNIX_EPOCH)
}

fn id(kind: &str, of: &str, at: jiff::Timestamp) -> String {
    let hash = Sha256::digest(format!("postnote {kind} {of}"));
    let random = hash.iter().take(10).fold(0u128, |n, byte| (n << 8) | u128::from(*byte));
    Ulid::from_parts(at.as_millisecond().max(0).unsigned_abs(), random).to_string()
}

/// To and Cc: Reply-To before From; with `all`, the other recipients less own addresses and doubles.
pub fn recipients(message: &Message, owner: &Owner, reply: ReplyTo) -> (Vec<Address>, Vec<Address>) {
    let mut to: Vec<Address> = Vec::new();
    let followup = reply == ReplyTo::All && !message.mail_followup_to.is_empty();
    let first = match () {
        () if followup => &message.mail_followup_to,
        () if !message.reply_to.is_empty() => &message.reply_to,
        () => &message.from,
    };
    add(&mut to, first, |_| true);
    if to.iter().any(|a| !owner.is_me(a)) {
        to.retain(|a| !owner.is_me(a));
    }
    let mut cc: Vec<Address> = Vec::new();
    if reply == ReplyTo::All && !followup {
        let others: Vec<_> = message.recipients().cloned().collect();
        add(&mut cc, &others, |a| !owner.is_me(a) && to.iter().all(|t| t.key() != a.key()));
    }
    (to, cc)
}

fn add(list: &mut Vec<Address>, more: &[Address], wanted: impl Fn(&Address) -> bool) {
    for address in more {
        // A name without a host is nobody's address outside its own machine.
        if address.email.contains('@') && wanted(address) && list.iter().all(|a| a.key() != address.key()) {
            list.push(address.clone());
        }
    }
}

/// The own address that the mail was sent to: Delivered-To, X-Original-To, To, Cc, in that order; else the
/// account's.
pub fn identity(message: &Message, owner: &Owner, default: &Address) -> Address {
    let delivered = message.delivered_to.iter().map(Address::bare);
    let mut all = delivered.chain(message.recipients().cloned());
    let own = |written: &Address| owner.addresses.iter().find(|o| o.to_lowercase() == written.key()).cloned();
    match all.find_map(|a| own(&a)) {
        Some(email) => Address { name: default.name.clone(), email },
        None => default.clone(),
    }
}

fn warning(message: &Message, to: &[Address]) -> Option<String> {
    let foreign: Vec<_> =
        to.iter().filter(|t| message.from.iter().all(|f| f.key() != t.key())).map(|a| a.email.as_str()).collect();
    match (foreign.as_slice(), message.author()) {
        ([], _) | (_, None) => None,
        (list, Some(author)) => {
            Some(format!("The mail came from {}, but asks for replies to {}.", author.email, list.join(", ")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            from: vec![Address::named("Ada Park", "ada.park@mobile.example.com")],
            to: vec![Address::bare("sam.reed@example.net"), Address::bare("ben@example.com")],
            cc: vec![
                Address::bare("SAM@example.org"),
                Address::bare("cyd@example.com"),
                Address::bare("ben@example.com"),
            ],
            subject: "Re: Re: plan".into(),
            ..Message::default()
        }
    }

    fn owner() -> Owner {
        Owner { name: "Sam Reed".into(), addresses: vec!["sam@example.org".into(), "sam.reed@example.net".into()] }
    }

    fn emails(list: &[Address]) -> Vec<&str> {
        list.iter().map(|a| a.email.as_str()).collect()
    }

    #[test]
    fn replies_go_where_the_headers_say() {
        let mut m = message();
        let (to, cc) = recipients(&m, &owner(), ReplyTo::Sender);
        assert_eq!((emails(&to), emails(&cc)), (vec!["ada.park@mobile.example.com"], vec![]));
        let (_, cc) = recipients(&m, &owner(), ReplyTo::All);
        assert_eq!(emails(&cc), ["ben@example.com", "cyd@example.com"]);
        m.reply_to = vec![Address::bare("ada@example.com"), Address::bare("sam@example.org")];
        let (to, _) = recipients(&m, &owner(), ReplyTo::Sender);
        assert_eq!(emails(&to), ["ada@example.com"]);
        assert!(warning(&m, &to).is_some_and(|w| w.contains("ada@example.com")));
    }

    #[test]
    fn the_identity_is_the_address_written_to() {
        let default = Address::named("Sam Reed", "sam@example.org");
        let mut m = message();
        assert_eq!(identity(&m, &owner(), &default).to_string(), "Sam Reed <sam.reed@example.net>");
        m.delivered_to = vec!["x@example.net".into(), "Sam@example.org".into()];
        assert_eq!(identity(&m, &owner(), &default).email, "sam@example.org");
        assert_eq!(identity(&Message::default(), &owner(), &default), default);
    }

    #[test]
    fn ids_follow_from_the_message() {
        let at = jiff::Timestamp::from_second(1_765_555_466).expect("a time");
        assert_eq!(draft_id("c1@example.com", at), draft_id("c1@example.com", at));
        assert_ne!(draft_id("c1@example.com", at), draft_id("c2@example.com", at));
        assert_eq!(draft_id("c1@example.com", at).len(), 26);
    }
}
