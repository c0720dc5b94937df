//! Triage: what kind of mail a message is and how far it may go, decided before any assistant sees it.
//!
//! What enters is an [`Arrival`] and the owner's rules; what leaves is a [`Verdict`] with its reason. The
//! gate against answering machines is RFC 3834's: a rule can open it for bulk mail, never for a loop.

use crate::config::rule::{Action, Rule};
use crate::mail::{Address, Message};
use crate::note::digest::{Digest, Urgency};
use crate::note::owner::Owner;
use crate::note::rsvp::{self, Asked};

pub mod habit;

/// What triage looks at.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// The message.
    pub message: &'a Message,
    /// Its new text: quotes and signature removed, plain.
    pub new_text: &'a str,
    /// Whose mail this is.
    pub owner: &'a Owner,
    /// The name of the account that received it.
    pub account: &'a str,
    /// The mailbox that it lies in; empty where that is not known.
    pub mailbox: &'a str,
    /// What is known of its thread.
    pub thread: ThreadFacts,
}

/// What the rest of the mailbox says about a message's thread.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ThreadFacts {
    /// The owner has replied after this message.
    pub answered: bool,
    /// The owner wrote something in this thread.
    pub owner_wrote_in_thread: bool,
    /// The owner has written to the list that this message came over.
    pub owner_writes_to_list: bool,
}

/// What kind of mail a message is: the word in the source note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Triage {
    /// Somebody waits for the owner.
    NeedsReply,
    /// The owner waits for somebody.
    AwaitingReply,
    /// Worth knowing; nothing to answer.
    Fyi,
    /// Already answered, or nothing left to do.
    Done,
    /// Sent to many: lists, newsletters.
    Bulk,
    /// Made by a machine.
    Automatic,
}

impl Triage {
    /// The word in frontmatter.
    pub fn as_str(self) -> &'static str {
        match self {
            Triage::NeedsReply => "needs-reply",
            Triage::AwaitingReply => "awaiting-reply",
            Triage::Fyi => "fyi",
            Triage::Done => "done",
            Triage::Bulk => "bulk",
            Triage::Automatic => "automatic",
        }
    }
}

/// What triage decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The kind of mail, before the digest has been heard: see [`settle`]. Mail from a person to the owner is
    /// [`Triage::Fyi`] here, as nobody has read yet whether it asks anything.
    pub triage: Triage,
    /// How far the message may go. [`Action::Draft`] permits a draft; the digest says whether one is wanted,
    /// also where the owner is only in Cc: a digest wants no reply there unless he is named.
    pub action: Action,
    /// A rule decides how far it may go.
    pub ruled: bool,
    /// The owner is among those that it is addressed to, and not only in copy.
    pub direct: bool,
    /// Set by a rule; else the digest's holds.
    pub urgency: Option<Urgency>,
    /// Set by a rule.
    pub tags: Vec<String>,
    /// Whether a language model may see the message.
    pub llm: bool,
    /// Set by a rule: its sender gets a note whether written to or not, or never.
    pub entity: Option<bool>,
    /// Set by a rule: the project that it is about.
    pub project: Option<String>,
    /// Why, in plain words.
    pub reason: String,
    /// An invitation asks for an answer: what [`Action::Draft`] permits is that, and no reply.
    pub asked: Option<Asked>,
}

/// Decides what kind of mail this is and how far it may go.
pub fn triage(arrival: &Arrival, rules: &[Rule]) -> Verdict {
    let asked = rsvp::asked(arrival.message, arrival.owner).filter(|_| !arrival.thread.answered);
    let gate = gate(arrival, asked.is_some());
    let (mut action, mut reason) = (gate.action, gate.reason.to_owned());
    let rule = rules.iter().find(|rule| rule.matches.fits(arrival.message, arrival.account, arrival.mailbox));
    if let Some(wanted) = rule.and_then(|rule| rule.action) {
        action = wanted.min(gate.most);
        reason = match (wanted == action, action == gate.action) {
            (true, true) => reason,
            (true, false) => format!("{reason}; a rule sets the action"),
            (false, _) => format!("{reason}, whatever the rule says"),
        };
    }
    Verdict {
        triage: gate.triage,
        action,
        ruled: rule.is_some_and(|rule| rule.action.is_some()),
        direct: arrival.message.to.iter().any(|a| arrival.owner.is_me(a)),
        urgency: rule.and_then(|rule| rule.urgency),
        tags: rule.map(|rule| rule.tags.clone()).unwrap_or_default(),
        llm: rule.and_then(|rule| rule.llm).unwrap_or(true),
        entity: rule.and_then(|rule| rule.entity),
        project: rule.and_then(|rule| rule.project.clone()),
        reason,
        asked: asked.filter(|_| action == Action::Draft),
    }
}

/// The final word, once the message has been read: needs-reply when the digest wants a reply and a draft is
/// allowed. What is done, awaited, or not of human making to begin with stays so, unless a rule allowed a draft.
pub fn settle(verdict: &Verdict, digest: &Digest) -> Triage {
    match verdict.triage {
        Triage::Done | Triage::AwaitingReply => verdict.triage,
        _ if verdict.asked.is_some() => Triage::NeedsReply,
        _ if verdict.action == Action::Draft && digest.reply_reason.is_some() => Triage::NeedsReply,
        Triage::NeedsReply => Triage::Fyi,
        other => other,
    }
}

/// One finding of the deterministic gate.
struct Gate {
    triage: Triage,
    /// Without a rule.
    action: Action,
    /// The furthest that a rule may go.
    most: Action,
    reason: &'static str,
}

impl Gate {
    /// Stops unless a rule says otherwise.
    fn liftable(triage: Triage, reason: &'static str) -> Self {
        Gate { triage, action: Action::Source, most: Action::Draft, reason }
    }

    /// Stops whatever a rule says.
    fn stop(triage: Triage, reason: &'static str) -> Self {
        Gate { triage, action: Action::Source, most: Action::Summary, reason }
    }
}

fn gate(arrival: &Arrival, asked: bool) -> Gate {
    let (message, signals) = (arrival.message, &arrival.message.signals);
    let read_only = |triage, reason| Gate { triage, action: Action::Summary, most: Action::Summary, reason };

    if message.author().is_some_and(|author| arrival.owner.is_me(author)) {
        return Gate::stop(own_mail(arrival), "sent by yourself");
    }
    // Calendars send in their users' names, and over whatever; who was invited by name is asked all the same.
    let machine = machine_made(message);
    if asked && machine.as_ref().is_none_or(|machine| machine.most == Action::Draft) {
        let reason = "an invitation that waits for your answer";
        return Gate { triage: Triage::Fyi, action: Action::Draft, most: Action::Draft, reason };
    }
    if let Some(machine) = machine {
        return machine;
    }
    let bulk = signals.precedence.as_deref().is_some_and(|p| matches!(p.trim(), "bulk" | "list" | "junk"));
    let listed = signals.list_id.is_some() || signals.list_unsubscribe || bulk;
    let personal = arrival.thread.owner_writes_to_list && names_owner(arrival);
    if listed && !personal {
        return Gate::liftable(Triage::Bulk, "sent over a list or in bulk");
    }
    if signals.auto_marker && !listed {
        return Gate::liftable(Triage::Automatic, "marked as an automatic message");
    }
    if message.invite.is_some() {
        return read_only(Triage::Fyi, "about an event; it asks you for no answer");
    }
    if arrival.thread.answered {
        return read_only(Triage::Done, "already answered");
    }
    let reason = match () {
        _ if listed => "on a list that you write to, and it names you",
        _ if message.to.iter().any(|a| arrival.owner.is_me(a)) => "written by a person, addressed to you",
        _ if message.cc.iter().any(|a| arrival.owner.is_me(a)) => "written by a person, with you in copy",
        _ => "written by a person",
    };
    Gate { triage: Triage::Fyi, action: Action::Draft, most: Action::Draft, reason }
}

/// What no person sent, or nobody would read an answer to.
fn machine_made(message: &Message) -> Option<Gate> {
    let signals = &message.signals;
    let stop = |reason| Some(Gate::stop(Triage::Automatic, reason));
    let liftable = |reason| Some(Gate::liftable(Triage::Automatic, reason));
    match signals.report.as_deref() {
        Some("disposition-notification") => return stop("a read receipt"),
        Some(_) => return stop("a delivery report"),
        None => {}
    }
    if signals.null_return_path {
        return stop("sent with a null return path");
    }
    match signals.auto_submitted.as_deref().map(str::trim) {
        None | Some("" | "no") => {}
        Some("auto-replied") => return stop("an automatic reply"),
        Some(_) => return liftable("sent by a machine (Auto-Submitted)"),
    }
    if message.author().is_none() {
        return stop("no sender to answer");
    }
    if message.from.iter().any(is_daemon) {
        return stop("sent by a mail system");
    }
    if answers_nobody(message) {
        return liftable("the sender takes no replies");
    }
    None
}

/// Own mail to others that asks something and has no answer yet is awaited; to oneself it is a note.
fn own_mail(arrival: &Arrival) -> Triage {
    let to_others = arrival.message.recipients().any(|a| !arrival.owner.is_me(a));
    match to_others {
        false => Triage::Fyi,
        true if arrival.new_text.contains(['?', '？']) => Triage::AwaitingReply,
        true => Triage::Done,
    }
}

/// True when the text calls the owner by a word of his name. (On a list alone; elsewhere the digest looks closer.)
fn names_owner(arrival: &Arrival) -> bool {
    let names = arrival.owner.name_words();
    arrival
        .new_text
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’' && c != '-')
        .any(|word| word.chars().next().is_some_and(|c| !c.is_lowercase()) && names.contains(&word.to_lowercase()))
}

/// The parts of a local part: `no-reply+7` → `no`, `reply`, `7`.
fn parts(address: &Address) -> Vec<String> {
    address.local().to_lowercase().split(['-', '_', '.', '+', '=']).map(str::to_owned).collect()
}

fn is_daemon(address: &Address) -> bool {
    let parts = parts(address);
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    matches!(words.as_slice(), ["mailer", "daemon", ..] | ["mailerdaemon", ..] | ["postmaster"])
        || matches!(words.first(), Some(&("bounce" | "bounces")))
}

fn is_no_reply(address: &Address) -> bool {
    let parts = parts(address);
    let words: Vec<&str> = parts.iter().map(String::as_str).collect();
    words.iter().any(|w| matches!(*w, "noreply" | "donotreply" | "dontreply" | "nepasrepondre" | "nichtantworten"))
        || words.windows(2).any(|w| w == ["no", "reply"] || w == ["not", "reply"] || w == ["dont", "reply"])
}

/// True when a reply would reach nobody: the sender says so, replies are directed to such an address, or the
/// address is a notifier's and no Reply-To names anyone else.
fn answers_nobody(message: &Message) -> bool {
    let notifier = |address: &Address| {
        matches!(
            address.local().to_lowercase().as_str(),
            "notification" | "notifications" | "notify" | "alert" | "alerts" | "newsletter" | "news" | "updates"
        )
    };
    message.from.iter().any(is_no_reply)
        || message.reply_to.iter().any(is_no_reply)
        || message.author().is_some_and(notifier) && message.reply_to.iter().all(notifier)
}

#[cfg(test)]
mod tests;
