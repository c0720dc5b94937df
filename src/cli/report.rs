//! How a pass went, for people and as JSON.

use super::printable;
use super::words::words;
use crate::login;
use crate::pass::{Outcome, of_account};
use serde_json::{Value, json};

/// Prints what happened, problems on standard error. `quiet`: without a line for an account with nothing new.
pub(super) fn print(outcome: &Outcome, dry_run: bool, quiet: bool) {
    let would = if dry_run { "would write" } else { "wrote" };
    for (account, result) in &outcome.pulled {
        match result {
            Err(e) => eprintln!("postnote: {}", printable(&of_account(account, &advice(account, e)))),
            Ok(pulled) => {
                let mut parts = Vec::new();
                for (list, one, many) in [
                    (&pulled.notes, "source note", "source notes"),
                    (&pulled.summaries, "summary", "summaries"),
                    (&pulled.drafts, "draft", "drafts"),
                ] {
                    if !list.is_empty() {
                        parts.push(format!("{} {}", list.len(), if list.len() == 1 { one } else { many }));
                    }
                }
                match parts.as_slice() {
                    [] if quiet => {}
                    [] => println!("{account}: nothing new"),
                    _ => println!("{account}: {would} {}", parts.join(", ")),
                }
                for draft in &pulled.drafts {
                    println!("  to approve: {}", printable(draft));
                }
                for problem in &pulled.problems {
                    eprintln!("postnote: account {account:?}: {}", printable(problem));
                }
            }
        }
    }
    if !outcome.entities.is_empty() {
        let (n, what) = (outcome.entities.len(), if outcome.entities.len() == 1 { "note" } else { "notes" });
        println!("{would} {n} {what} about people, customers or projects");
    }
    for path in &outcome.awaiting {
        println!("awaiting a reply: {}", printable(path));
    }
    let posted = &outcome.posted;
    for path in &posted.queued {
        // What was queued and sent in the same pass is told once, as sent.
        if !posted.sent.iter().any(|sent| path.starts_with(sent.as_str())) {
            println!("{}: {}", if dry_run { "would send" } else { "queued" }, printable(path));
        }
    }
    for path in &posted.sent {
        println!("sent: {}", printable(path));
    }
    for (path, why) in &posted.changed {
        println!("{}: {}", printable(path), printable(why));
    }
    let untold = outcome.untold.as_ref().map(words);
    for problem in posted.problems.iter().chain(&untold).chain(&outcome.thinking.problems) {
        eprintln!("postnote: {}", printable(problem));
    }
    let thinking = &outcome.thinking;
    match thinking.improved.len() {
        0 => {}
        1 => println!("the model: 1 note improved"),
        n => println!("the model: {n} notes improved"),
    }
    if let (Some(why), false) = (&thinking.why, quiet) {
        println!("the model: {} messages wait for it: {}", thinking.waiting, printable(why));
    }
}

/// The error, and what to do about it where that is known.
fn advice(account: &str, error: &anyhow::Error) -> String {
    let said = words(error);
    if login::was_refused(error) {
        format!(
            "{said}. Check imap.username, and run: postnote login {account} (many providers want an app password, or auth.oauth2)"
        )
    } else {
        said
    }
}

/// The same as a JSON object.
pub(super) fn as_json(outcome: &Outcome, dry_run: bool) -> Value {
    let accounts: Vec<Value> = outcome
        .pulled
        .iter()
        .map(|(name, result)| match result {
            Ok(p) => json!({
                "name": name, "notes": p.notes, "summaries": p.summaries, "drafts": p.drafts,
                "ignored": p.ignored, "problems": p.problems, "error": null,
            }),
            Err(e) => json!({
                "name": name, "notes": [], "summaries": [], "drafts": [], "ignored": 0, "problems": [],
                "error": advice(name, e),
            }),
        })
        .collect();
    let posted = &outcome.posted;
    let changed: Vec<Value> = posted.changed.iter().map(|(path, why)| json!({ "note": path, "why": why })).collect();
    json!({
        "dry_run": dry_run, "ok": !outcome.has_problems(), "accounts": accounts, "entities": outcome.entities,
        "awaiting": outcome.awaiting,
        "model": { "read": outcome.thinking.read, "improved": outcome.thinking.improved,
            "waiting": outcome.thinking.waiting, "why": outcome.thinking.why, "problems": outcome.thinking.problems },
        "queued": posted.queued, "sent": posted.sent, "changed": changed,
        "problems": posted.problems.iter().cloned().chain(outcome.untold.as_ref().map(words)).collect::<Vec<_>>(),
    })
}
