//! Where a message stands in its thread, from its own headers alone (RFC 5322 §3.6.4); and, of messages that are all here,
//! the [`forest`] of their conversations.

pub mod forest;

use super::Message;
use std::collections::HashSet;

/// The ids that RFC 5256 threads by, root first: References, or the first id of In-Reply-To where there are none. The last is
/// the parent. No id twice, and never the message's own.
pub fn references(message: &Message) -> Vec<&str> {
    let named = if message.references.is_empty() { message.in_reply_to.get(..1) } else { None };
    others(message, named.unwrap_or(&message.references).iter())
}

/// The ids of the messages before this one, root first: References, then what In-Reply-To adds. No id twice,
/// and never the message's own.
pub fn ancestors(message: &Message) -> Vec<&str> {
    others(message, message.references.iter().chain(&message.in_reply_to))
}

fn others<'m>(message: &Message, ids: impl Iterator<Item = &'m String>) -> Vec<&'m str> {
    let mut seen = HashSet::new();
    ids.map(String::as_str).filter(|id| message.message_id.as_deref() != Some(*id) && seen.insert(*id)).collect()
}

/// The id of the thread: its root as far as the headers know, else the message's own key.
pub fn root(message: &Message) -> String {
    ancestors(message).first().map_or_else(|| message.key(), |id| (*id).to_owned())
}

/// What else ties a message to others: the event that it is about, where its headers name no message before it. No Message-ID
/// looks like this.
pub fn event(message: &Message) -> Option<String> {
    let invite = message.invite.as_ref().filter(|invite| !invite.uid.is_empty())?;
    ancestors(message).is_empty().then(|| event_id(&invite.uid))
}

/// The same from a calendar's UID.
pub fn event_id(uid: &str) -> String {
    format!("event: {uid}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, references: &[&str], in_reply_to: &[&str]) -> Message {
        let own = |ids: &[&str]| ids.iter().map(|s| (*s).to_owned()).collect();
        Message {
            message_id: Some(id.to_owned()),
            references: own(references),
            in_reply_to: own(in_reply_to),
            ..Message::default()
        }
    }

    #[test]
    fn ancestors_are_root_first() {
        for (references, in_reply_to, expect, root_id) in [
            (&["a", "b"][..], &["b"][..], &["a", "b"][..], "a"),
            (&["a"], &["b"], &["a", "b"], "a"),
            (&[], &["b"], &["b"], "b"),
            (&["a", "a", "c"], &["c"], &["a"], "a"),
            (&[], &[], &[], "c"),
        ] {
            let m = message("c", references, in_reply_to);
            assert_eq!(ancestors(&m), expect);
            assert_eq!(root(&m), root_id);
        }
    }

    #[test]
    fn without_an_id_the_content_is_the_root() {
        let m = Message { content_hash: "ff".to_owned(), ..Message::default() };
        assert_eq!(root(&m), "sha256:ff");
    }
}
