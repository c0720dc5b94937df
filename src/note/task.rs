//! Tasks in notes: `- [?]` proposed, `- [ ]` accepted, `- [R]` rejected, `- [x]` done.

use super::digest::ActionItem;
use crate::mail::inert;
use std::collections::HashSet;

/// True for what a reply settles: a question that its reader is to answer.
pub fn is_settled_by_reply(item: &ActionItem) -> bool {
    item.owner == "Myself" && (item.text.starts_with("Answer ") || item.text.trim_end().ends_with(['?', '？']))
}

/// What a task says, whatever its mark, day and tags are.
pub fn essence(item: &ActionItem) -> String {
    words(&inert::line(&item.text))
}

/// What the tasks of a note say, whatever became of them.
pub fn said(text: &str) -> HashSet<String> {
    text.lines().filter_map(parts).map(|(_, _, rest)| words(what(rest))).collect()
}

/// Marks tasks as done that say one of these things and are proposed or accepted; `None` where there is none.
pub fn settle(text: &str, done: &HashSet<String>) -> Option<String> {
    let is_done = |(_, mark, rest): &(&str, char, &str)| matches!(mark, '?' | ' ') && done.contains(&words(what(rest)));
    let mut changed = false;
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        match parts(line).filter(is_done) {
            Some((indent, _, rest)) => {
                changed = true;
                out.push_str(&format!("{indent}- [x] {rest}"));
            }
            None => out.push_str(line),
        }
    }
    changed.then_some(out)
}

/// A note that is written anew, with what was done in the old one.
pub fn carry(new: &str, old: &str) -> String {
    let done = old.lines().filter_map(parts).filter(|(_, mark, _)| *mark == 'x').map(|(_, _, rest)| words(what(rest)));
    let done: HashSet<String> = done.collect();
    if done.is_empty() { None } else { settle(new, &done) }.unwrap_or_else(|| new.to_owned())
}

/// What stands before a task, its mark, and what follows that.
fn parts(line: &str) -> Option<(&str, char, &str)> {
    let item = line.trim_start_matches([' ', '\t']);
    let indent = line.get(..line.len() - item.len())?;
    let mut chars = item.strip_prefix("- [")?.chars();
    let mark = chars.next()?;
    Some((indent, mark, chars.as_str().strip_prefix("] ")?))
}

/// A task's text without whose it is, by when, and its tags.
fn what(rest: &str) -> &str {
    let text = rest.split(" #task").next().unwrap_or(rest);
    text.rsplit_once(" @").map_or(text, |(text, _)| text)
}

fn words(text: &str) -> String {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase);
    words.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::digest::Urgency;

    const NOTE: &str = "- [?] Answer Ada: Can you come? @Myself 📅 2026-01-08 #task #proposed #auto\r\n\
                        \t- [ ] Answer Ada: Who pays? @Myself #task\n- [R] Answer Ada: Can you come? @Myself #task\nAnswer Ada: Can you come?\n";

    fn item(text: &str) -> ActionItem {
        ActionItem { text: text.to_owned(), owner: "Myself".to_owned(), due: None, urgency: Urgency::Normal }
    }

    #[test]
    fn what_a_reply_settles_is_done() {
        let done: HashSet<String> =
            ["Answer Ada: Can you come?", "Answer Ada: Who pays?"].map(|t| essence(&item(t))).into();
        let text = settle(NOTE, &done).expect("a change");
        assert_eq!(text, NOTE.replacen("- [?]", "- [x]", 1).replacen("- [ ]", "- [x]", 1));
        assert_eq!(settle(&text, &done), None);
        assert_eq!(carry(NOTE, &text), text);
        assert_eq!(carry(NOTE, NOTE), NOTE);
        assert!(is_settled_by_reply(&item("Answer Ada: Who pays?")) && !is_settled_by_reply(&item("Send the plan.")));
        assert!(said(NOTE).contains(&essence(&item("Answer Ada: Who pays?"))));
    }
}
