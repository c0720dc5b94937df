//! An error → what its reader sees: each cause once, and what to do about it where that is known.

use crate::store::StoreError;
use std::io;

/// The error in a line.
pub(super) fn words(error: &anyhow::Error) -> String {
    let mut said = String::new();
    for cause in error.chain() {
        let text = cause.to_string();
        // Many say their cause themselves; SQLite says its own code besides.
        if said.contains(&text) || text.starts_with("Error code ") {
            continue;
        }
        if !said.is_empty() {
            said.push_str(": ");
        }
        said.push_str(&text);
    }
    let of_store = |holds: fn(&StoreError) -> bool| error.chain().any(|e| e.downcast_ref().is_some_and(holds));
    let full = |e: &io::Error| matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
    if of_store(StoreError::is_full) || error.chain().any(|e| e.downcast_ref().is_some_and(full)) {
        said.push_str(". Free some space on that disk; the next sync goes on from here");
    } else if of_store(StoreError::is_of_disk) {
        said.push_str(". Look at that folder: who may write there, and the space on its disk");
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_once_and_what_to_do() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let text = full.to_string();
        let error = anyhow::Error::new(full).context(format!("a.md: {text}")).context("mailbox \"INBOX\"");
        let wanted =
            format!("mailbox \"INBOX\": a.md: {text}. Free some space on that disk; the next sync goes on from here");
        assert_eq!(words(&error), wanted);
        assert_eq!(words(&anyhow::anyhow!("b").context("a")), "a: b");
    }
}
