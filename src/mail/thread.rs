//! Where a message stands in its thread, from its own headers alone (RFC 5322 §3.6.4).

use super::Message;
use std::collections::HashSet;

/// The ids of the messages before this one, root first: References, then what In-Reply-To adds. No id twice,
/// and never the message's own.
pub fn ancestors(message: &Message) -> Vec<&str> {
    let mut seen = HashSet::new();
    let ids = message.references.iter().chain(&message.in_reply_to).map(String::as_str);
    ids.filter(|id| message.message_id.as_deref() != Some(*id) && seen.insert(*id)).collect()
}

/// The id of the thread: its root as far as the headers know, else the message's own key.
pub fn root(message: &Message) -> String {
    ancestors(message).first().map_or_else(|| message.key(), |id| (*id).to_owned())
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
