//! Which mailboxes are read, and in which order.

use crate::config::Account;
use crate::imap::MailboxInfo;

/// A mailbox to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// It is the mailbox for sent mail.
    pub is_sent: bool,
}

/// The mailbox for sent mail first, so that threads have their roots and what is answered gets no draft; then the
/// others. And what is wrong with the config's names, in words.
pub fn plan(account: &Account, list: &[MailboxInfo]) -> (Vec<Planned>, Vec<String>) {
    let mut planned: Vec<Planned> =
        sent_mailbox(account, list).into_iter().map(|name| Planned { name, is_sent: true }).collect();
    for name in &account.mailboxes {
        if planned.iter().all(|p| p.name != *name) {
            planned.push(Planned { name: name.clone(), is_sent: false });
        }
    }
    (planned, Vec::new())
}

/// The mailbox for sent mail: as the config says, as the server says (RFC 6154), or by its usual names.
pub fn sent_mailbox(account: &Account, list: &[MailboxInfo]) -> Option<String> {
    const NAMES: [&str; 6] = ["sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte"];
    let last = |m: &MailboxInfo| {
        let name = m.name.to_lowercase();
        match m.delimiter.as_deref().filter(|d| !d.is_empty()) {
            Some(delimiter) => name.rsplit(delimiter).next().unwrap_or_default().to_owned(),
            None => name,
        }
    };
    let open = || list.iter().filter(|m| m.selectable);
    let found = match &account.sent_mailbox {
        Some(name) => open().find(|m| m.name == *name),
        None => open().find(|m| m.is_sent).or_else(|| open().find(|m| NAMES.contains(&last(m).as_str()))),
    };
    found.map(|m| m.name.clone())
}
