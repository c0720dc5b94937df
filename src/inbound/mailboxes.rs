//! Which mailboxes are read, and in which order: the config's names and patterns against the server's list. Pure.

use super::pattern;
use crate::config::Account;
use crate::imap::{MailboxInfo, Use};

/// A mailbox to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// Its name.
    pub name: String,
    /// It is the mailbox for sent mail.
    pub is_sent: bool,
    /// What to say when it cannot be opened.
    pub advice: String,
}

/// Usual names, where the server does not say what its mailboxes are for.
const SENT: [&str; 6] = ["sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte"];
const ASIDE: [&str; 17] = [
    "trash",
    "deleted",
    "deleted items",
    "deleted messages",
    "bin",
    "junk",
    "junk mail",
    "junk e-mail",
    "spam",
    "bulk mail",
    "drafts",
    "papierkorb",
    "gelöschte elemente",
    "gelöschte objekte",
    "spamverdacht",
    "entwürfe",
    "outbox",
];

/// The mailbox for sent mail first, so that threads have their roots and what is answered gets no draft; then the
/// others, as the config names them. And what is wrong with its names, in words.
///
/// A name that exists is that mailbox, whatever signs it holds. Else `*` stands for anything, `%` for anything within
/// one level, and a `!` in front leaves out what the patterns found. Patterns do not find junk, trash, drafts and
/// collections of what lies elsewhere (Gmail's All Mail).
pub fn plan(account: &Account, list: &[MailboxInfo]) -> (Vec<Planned>, Vec<String>) {
    let mut problems = Vec::new();
    let sent = sent_mailbox(account, list);
    // One that is not like any other is made when something is sent.
    if let (Some(name), None) = (&account.sent_mailbox, &sent)
        && let near = nearest(name, list)
        && near.contains("did you mean")
    {
        problems.push(format!("imap.sent: there is no mailbox {name:?}{near}"));
    }
    let mut plan = Plan { list, planned: Vec::new() };
    if let Some(name) = sent {
        plan.add(name, true, "check imap.sent".to_owned());
    }
    let (without, named): (Vec<&String>, Vec<&String>) =
        account.mailboxes.iter().partition(|m| m.starts_with('!') && find(m, list).is_none());
    let without: Vec<&str> = without.into_iter().filter_map(|m| m.strip_prefix('!')).collect();
    for name in named {
        if let Some(mailbox) = find(name, list) {
            if mailbox.selectable {
                plan.add(mailbox.name.clone(), false, "check imap.mailboxes".to_owned());
            } else {
                let below = mailbox.delimiter.as_deref().unwrap_or("/");
                problems.push(format!(
                    "mailbox {name:?} holds no messages, only other mailboxes; for those, write {:?} in imap.mailboxes",
                    format!("{}{below}*", mailbox.name)
                ));
            }
        } else if pattern::is_pattern(name) {
            if plan.add_matching(name, &without) == 0 {
                problems.push(format!("imap.mailboxes: {name:?} finds no mailbox{}", nearest(name, list)));
            }
        } else {
            // Some servers do not list what can be opened all the same.
            plan.add(name.clone(), false, format!("check imap.mailboxes{}", nearest(name, list)));
        }
    }
    (plan.planned, problems)
}

/// True for a usual name (its last level) of the mailbox for sent mail.
pub(super) fn is_usually_sent(leaf: &str) -> bool {
    SENT.contains(&leaf.to_lowercase().as_str())
}

/// True for a usual name of a mailbox that patterns do not find: junk, trash, drafts.
pub(super) fn is_usually_aside(leaf: &str) -> bool {
    ASIDE.contains(&leaf.to_lowercase().as_str())
}

struct Plan<'a> {
    list: &'a [MailboxInfo],
    planned: Vec<Planned>,
}

impl Plan<'_> {
    fn add(&mut self, name: String, is_sent: bool, advice: String) {
        if self.planned.iter().all(|p| p.name != name) {
            self.planned.push(Planned { name, is_sent, advice });
        }
    }

    /// How many mailboxes the pattern finds.
    fn add_matching(&mut self, name: &str, without: &[&str]) -> usize {
        let aside: Vec<&MailboxInfo> = self.list.iter().filter(|m| is_aside(m, self.list)).collect();
        let fits = |pattern: &str, m: &MailboxInfo| pattern::matches(pattern, &m.name, m.delimiter.as_deref());
        let mut found: Vec<&MailboxInfo> = self.list.iter().filter(|m| m.selectable && fits(name, m)).collect();
        found.retain(|m| !aside.iter().any(|a| a.name == m.name || is_below(m, a)));
        let all = found.len();
        found.retain(|m| !without.iter().any(|pattern| fits(pattern, m) || *pattern == m.name));
        found.sort_by_key(|m| (!m.name.eq_ignore_ascii_case("INBOX"), m.name.clone()));
        for mailbox in found {
            self.add(mailbox.name.clone(), false, "check imap.mailboxes".to_owned());
        }
        all
    }
}

/// The mailbox for sent mail: as the config says, as the server says (RFC 6154), or by its usual names.
pub fn sent_mailbox(account: &Account, list: &[MailboxInfo]) -> Option<String> {
    let open = || list.iter().filter(|m| m.selectable);
    let found = match &account.sent_mailbox {
        Some(name) => find(name, list).filter(|m| m.selectable),
        None => open().find(|m| m.is(Use::Sent)).or_else(|| open().find(|m| SENT.contains(&last(m).as_str()))),
    };
    found.map(|m| m.name.clone())
}

/// The name of the mailbox for sent mail, where one has to be made: below INBOX, where everything is.
pub fn new_sent_mailbox(account: &Account, list: &[MailboxInfo]) -> String {
    let name = account.sent_mailbox.clone().unwrap_or_else(|| "Sent".to_owned());
    let inbox = list.iter().find(|m| m.name.eq_ignore_ascii_case("INBOX"));
    let Some((inbox, delimiter)) = inbox.and_then(|m| Some((m, m.delimiter.as_deref()?))) else { return name };
    let prefix = format!("{}{delimiter}", inbox.name);
    let mut others = list.iter().filter(|m| m.name != inbox.name).peekable();
    let all_below = others.peek().is_some() && others.all(|m| m.name.starts_with(&prefix));
    if all_below && !name.starts_with(&prefix) { prefix + &name } else { name }
}

/// The mailbox of that name: as people read it, or else as the server writes it. A delimiter at its end is no matter.
fn find<'l>(name: &str, list: &'l [MailboxInfo]) -> Option<&'l MailboxInfo> {
    let same = |n: &str, m: &MailboxInfo| m.name == n || (m.name == "INBOX" && n.eq_ignore_ascii_case("INBOX"));
    list.iter()
        .find(|m| same(name, m))
        .or_else(|| list.iter().find(|m| m.wire == name))
        .or_else(|| list.iter().find(|m| m.delimiter.as_deref().is_some_and(|d| name.strip_suffix(d) == Some(&m.name))))
}

/// The last level of its name, in small letters.
fn last(mailbox: &MailboxInfo) -> String {
    let name = mailbox.name.to_lowercase();
    match mailbox.delimiter.as_deref() {
        Some(delimiter) => name.rsplit(delimiter).next().unwrap_or_default().to_owned(),
        None => name,
    }
}

fn is_below(mailbox: &MailboxInfo, above: &MailboxInfo) -> bool {
    let rest = mailbox.name.strip_prefix(&above.name);
    rest.zip(above.delimiter.as_deref()).is_some_and(|(rest, delimiter)| rest.starts_with(delimiter))
}

/// Junk, trash, drafts, and collections of what lies elsewhere: by what the server says, or, where it says nothing of
/// the kind, by their usual names.
fn is_aside(mailbox: &MailboxInfo, list: &[MailboxInfo]) -> bool {
    const ASIDE_USES: [Use; 6] = [Use::Junk, Use::Trash, Use::Drafts, Use::All, Use::Flagged, Use::Important];
    let says = |m: &MailboxInfo| ASIDE_USES.iter().any(|what| m.is(*what));
    says(mailbox) || (!list.iter().any(says) && ASIDE.contains(&last(mailbox).as_str()))
}

/// `; did you mean …?`, or what there is.
fn nearest(name: &str, list: &[MailboxInfo]) -> String {
    let bare = |text: &str| text.to_lowercase().replace(['*', '%', '!'], "");
    let mut near: Vec<(f64, &str)> = list
        .iter()
        .filter(|m| m.selectable)
        .map(|m| {
            // The same name below another one is as near as a slip of the hand.
            let whole = strsim::jaro_winkler(&bare(name), &bare(&m.name));
            (whole.max(strsim::jaro_winkler(&bare(name), &last(m)) - 0.02), m.name.as_str())
        })
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let shown = |names: &[(f64, &str)]| names.iter().map(|(_, n)| format!("{n:?}")).collect::<Vec<_>>().join(", ");
    let close: Vec<_> = near.iter().copied().filter(|(likeness, _)| *likeness > 0.85).take(3).collect();
    if !close.is_empty() {
        return format!("; did you mean {}?", shown(&close));
    }
    let more = if near.len() > 6 { " …" } else { "" };
    match near.get(..6).unwrap_or(&near) {
        [] => String::new(),
        some => format!("; there are {}{more}", shown(some)),
    }
}

#[cfg(test)]
#[path = "mailboxes/tests.rs"]
mod tests;
