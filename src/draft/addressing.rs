//! `&Message` → to whom a reply goes, and as whom. From the headers alone, never from a text or a model.

use crate::mail::{Address, Message};
use crate::note::owner::Owner;

/// To whom a reply goes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recipients {
    /// Those whom it answers.
    pub to: Vec<Address>,
    /// With a reply to all: the others to whom the mail went.
    pub others: Vec<Address>,
    /// With a reply to all: those to whom a copy went.
    pub cc: Vec<Address>,
}

/// Reply-To before From (RFC 5322 §3.6.3), and what went to the owner's own recipients goes there again; to the others
/// with `all`, less own addresses and doubles. Mail-Followup-To counts before all of them then.
///
/// A Reply-To that names nobody but whom the mail went to anyway was put there by a list: it says nothing of its
/// writer, and what is meant for one person must not reach a thousand.
pub fn recipients(message: &Message, owner: &Owner, all: bool) -> Recipients {
    let mut out = Recipients::default();
    if all && !message.mail_followup_to.is_empty() {
        add(&mut out.to, &message.mail_followup_to, |_| true);
        leave_out(&mut out.to, |a| owner.is_me(a));
        return out;
    }
    let list = closed_list(message);
    let open = |a: &Address| Some(a.key()) != list;
    let from_me = message.author().is_some_and(|a| owner.is_me(a));
    match () {
        () if from_me && message.to.iter().any(|a| !owner.is_me(a)) => add(&mut out.to, &message.to, open),
        () if !message.reply_to.is_empty() && !is_munged(message, owner) => {
            add(&mut out.to, &message.reply_to, |_| true)
        }
        () => add(&mut out.to, &message.from, |_| true),
    }
    leave_out(&mut out.to, |a| owner.is_me(a));
    if all {
        let to = out.to.clone();
        let wanted = |a: &Address| open(a) && !owner.is_me(a) && to.iter().all(|t| t.key() != a.key());
        add(&mut out.others, &message.to, wanted);
        let others = out.others.clone();
        add(&mut out.cc, &message.cc, |a| wanted(a) && others.iter().all(|t| t.key() != a.key()));
    }
    out
}

/// The own address that the mail was sent to: Delivered-To and X-Original-To, To, Cc, in that order; else the account's.
/// Each hand on the way puts its own Delivered-To on top, so the lowest is what the sender wrote to.
pub fn identity(message: &Message, owner: &Owner, default: &Address) -> Address {
    let delivered = message.delivered_to.iter().rev().map(Address::bare);
    let mut all = delivered.chain(message.recipients().cloned());
    let own = |written: &Address| owner.addresses.iter().find(|o| o.to_lowercase() == written.key()).cloned();
    match all.find_map(|a| own(&a)) {
        Some(email) => Address { name: default.name.clone(), email },
        None => default.clone(),
    }
}

/// The own address that somebody wrote to as `written`, whatever its case and tag; else the account's.
pub fn own(written: &Address, owner: &Owner, default: &Address) -> Address {
    let is = |own: &&String| Owner { name: String::new(), addresses: vec![(*own).clone()] }.is_me(written);
    let exact = owner.addresses.iter().find(|own| own.to_lowercase() == written.key());
    match exact.or_else(|| owner.addresses.iter().find(is)) {
        Some(email) => Address { name: default.name.clone(), email: email.clone() },
        None => default.clone(),
    }
}

/// What the owner should see of a reply's recipients before approving, in words.
pub fn warning(message: &Message, to: &[Address], owner: &Owner) -> Option<String> {
    let author = message.author().filter(|author| !owner.is_me(author))?;
    if is_munged(message, owner) {
        let list = message.reply_to.first().map(|a| a.email.as_str()).unwrap_or_default();
        return Some(format!(
            "The mail asks for replies to {list}, to which it went as well. This reply goes to {} alone.",
            author.email
        ))
        .filter(|_| to.iter().all(|a| a.email != list));
    }
    let foreign: Vec<_> =
        to.iter().filter(|t| message.from.iter().all(|f| f.key() != t.key())).map(|a| a.email.as_str()).collect();
    (!foreign.is_empty())
        .then(|| format!("The mail came from {}, but asks for replies to {}.", author.email, foreign.join(", ")))
}

/// One address of another, to which the mail went anyway.
fn is_munged(message: &Message, owner: &Owner) -> bool {
    let [one] = message.reply_to.as_slice() else { return false };
    !owner.is_me(one)
        && !message.from.is_empty()
        && message.from.iter().all(|f| f.key() != one.key())
        && message.recipients().any(|r| r.key() == one.key())
}

/// The address of a list that takes no answers (`List-Post: NO`, RFC 2369 §3.4), as its List-Id tells it.
fn closed_list(message: &Message) -> Option<String> {
    let closed = message.signals.list_post.as_deref().is_some_and(|post| post.trim().eq_ignore_ascii_case("no"));
    let id = message.signals.list_id.as_deref().filter(|_| closed)?;
    message.recipients().map(Address::key).find(|key| key.replacen('@', ".", 1) == id.to_lowercase())
}

fn add(list: &mut Vec<Address>, more: &[Address], wanted: impl Fn(&Address) -> bool) {
    for address in more {
        // A name without a host is nobody's address outside its own machine.
        if address.email.contains('@') && wanted(address) && list.iter().all(|a| a.key() != address.key()) {
            list.push(address.clone());
        }
    }
}

/// Own addresses, unless there are no others: a note to oneself is answered to oneself.
fn leave_out(list: &mut Vec<Address>, own: impl Fn(&Address) -> bool) {
    if list.iter().any(|a| !own(a)) {
        list.retain(|a| !own(a));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<Address> {
        Address::parse_list(text).expect("addresses")
    }

    fn owner() -> Owner {
        Owner { name: "Sam Reed".into(), addresses: vec!["sam@example.org".into(), "sam.reed@example.net".into()] }
    }

    fn shown(list: &[Address]) -> String {
        list.iter().map(|a| a.email.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// From, Reply-To, To, Cc; then what a reply has: to | others | cc.
    #[test]
    fn a_reply_goes_where_the_headers_say() {
        for (from, reply_to, to, cc, expect) in [
            ("ada@e.com", "", "sam@example.org, ben@e.com", "cyd@e.com, BEN@e.com", "ada@e.com|ben@e.com|cyd@e.com"),
            ("ada@e.com", "desk@e.com, sam@example.org", "Sam@example.org", "", "desk@e.com||"),
            // A list's Reply-To; and one that is the writer's.
            ("ada@e.com", "list@e.com", "list@e.com", "", "ada@e.com|list@e.com|"),
            ("ada@e.com", "ada@e.com", "sam@example.org", "", "ada@e.com||"),
            // What the owner wrote last.
            ("sam@example.org", "", "ada@e.com, sam.reed@example.net", "ben@e.com", "ada@e.com||ben@e.com"),
            ("sam@example.org", "", "sam@example.org", "", "sam@example.org||"),
            ("sam@example.org", "", "sam.reed@example.net", "ben@e.com", "sam@example.org||ben@e.com"),
            // Who is in Reply-To is nobody's other.
            (
                "ada@e.com",
                "cyd@e.com, dan@e.com",
                "sam@example.org, cyd@e.com",
                "dan@e.com, eve@e.com",
                "cyd@e.com dan@e.com||eve@e.com",
            ),
        ] {
            let message = Message {
                from: list(from),
                reply_to: list(reply_to),
                to: list(to),
                cc: list(cc),
                ..Message::default()
            };
            let all = recipients(&message, &owner(), true);
            let told = format!("{}|{}|{}", shown(&all.to), shown(&all.others), shown(&all.cc));
            assert_eq!(told, expect, "{from} {reply_to} {to} {cc}");
            let one = recipients(&message, &owner(), false);
            assert_eq!((one.to, one.others, one.cc), (all.to, vec![], vec![]), "{from} {reply_to}");
        }
    }

    #[test]
    fn lists_have_a_word() {
        let mut message = Message {
            from: list("ada@e.com"),
            to: list("news@e.com, ben@e.com"),
            mail_followup_to: list("talk@e.com, sam@example.org"),
            ..Message::default()
        };
        assert_eq!(shown(&recipients(&message, &owner(), true).to), "talk@e.com");
        assert_eq!(shown(&recipients(&message, &owner(), false).to), "ada@e.com");
        message.mail_followup_to.clear();
        message.signals.list_id = Some("news.e.com".into());
        assert_eq!(shown(&recipients(&message, &owner(), true).others), "news@e.com ben@e.com");
        message.signals.list_post = Some("NO".into());
        assert_eq!(shown(&recipients(&message, &owner(), true).others), "ben@e.com");
    }

    #[test]
    fn what_may_surprise_is_said() {
        let mut message = Message { from: list("ada@e.com"), to: list("sam@example.org"), ..Message::default() };
        let said = |message: &Message| warning(message, &recipients(message, &owner(), false).to, &owner());
        assert_eq!(said(&message), None);
        message.reply_to = list("desk@other.example");
        assert!(said(&message).is_some_and(|w| w.contains("came from ada@e.com, but asks for replies to desk@other")));
        message.to = list("desk@other.example");
        assert!(said(&message).is_some_and(|w| w.contains("goes to ada@e.com alone")));
    }

    #[test]
    fn the_identity_is_the_address_written_to() {
        let default = Address::named("Sam Reed", "sam@example.org");
        let mut message = Message { to: list("SAM.reed@example.net, sam@example.org"), ..Message::default() };
        assert_eq!(identity(&message, &owner(), &default).to_string(), "Sam Reed <sam.reed@example.net>");
        message.delivered_to = vec!["x@example.net".into(), "Sam@example.org".into()];
        assert_eq!(identity(&message, &owner(), &default).email, "sam@example.org");
        message.delivered_to = vec!["sam@example.org".into(), "sam.reed@example.net".into()];
        assert_eq!(identity(&message, &owner(), &default).email, "sam.reed@example.net", "the lowest");
        assert_eq!(identity(&Message::default(), &owner(), &default), default);
    }
}
