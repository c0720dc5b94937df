//! The offline assistant: a digest by rules alone, at once, the same every time.
//!
//! What enters is a [`Reading`]; what leaves is a [`Digest`]. In reading order:
//!
//! - [`language`]: which language a text is in
//! - [`sentence`]: text → sentences; [`words`]: a sentence as its words
//! - [`courtesy`]: greetings, sign-offs, politeness
//! - [`intent`]: what a sentence does (its phrases are in `lexicon`); [`audience`]: whom it speaks to
//! - [`dates`], [`facts`], [`urgency`]: what it says
//! - [`summary`]: the best sentences
//! - [`manner`]: how the owner writes
//! - [`name`], [`reply`]: the draft; [`nudge`]: asking again what was asked
//! - `learned`, [`asks`], [`salience`], [`reply_rank`]: what was learned from labelled mail: does a sentence want something
//!   done, does it ask many, what does a thread say, will a mail be answered

pub mod asks;
pub mod audience;
pub mod courtesy;
pub mod dates;
pub mod facts;
pub mod intent;
pub mod language;
mod learned;
mod lexicon;
pub mod manner;
pub mod name;
pub mod nudge;
pub mod reply;
pub mod reply_rank;
pub mod salience;
pub mod sentence;
pub mod summary;
pub mod urgency;
pub mod words;

use crate::mail::Message;
use crate::note::digest::{ActionItem, Digest, OFFLINE, Urgency};
use crate::note::manner::Manner;
use crate::note::owner::Owner;
use audience::Line;
use intent::Intent;
use jiff::Zoned;
use jiff::civil::Date;
use salience::About;

/// At most so many tasks, and so many questions to answer.
const MOST_ACTIONS: usize = 8;
/// A title made of a sentence is cut here, in characters.
const MOST_TITLE: usize = 60;

/// What is read, by whom, and when.
#[derive(Debug, Clone, Copy)]
pub struct Reading<'a> {
    /// The message.
    pub message: &'a Message,
    /// Its new text: quotes and signature removed, plain.
    pub new_text: &'a str,
    /// Its subject without reply marks (RFC 5256 base subject).
    pub base_subject: &'a str,
    /// Whose mail it is.
    pub owner: &'a Owner,
    /// The time of reading, in the owner's time zone.
    pub now: &'a Zoned,
}

/// Reads a message. `escape` makes one line of mail text inert in Markdown; only the draft needs it, every other
/// text of the digest is as it was written.
pub fn digest(reading: &Reading, escape: fn(&str) -> String) -> Digest {
    let Reading { message, new_text, owner, .. } = *reading;
    let day = written_on(reading);
    let language = language::detect(new_text).or_else(|| language::detect(reading.base_subject));
    let lines = audience::attribute(sentence::split(new_text), message, owner, language.as_deref());
    let asked = distinct(lines.iter().filter(|line| line.asks_owner()));
    let actions = actions(&lines, reading, day);
    let due = actions.iter().filter(|a| a.owner == "Myself").filter_map(|a| a.due).min();
    let (urgency, why) = urgency::of(reading.base_subject, &lines, due, reading.now.date());
    let about = About {
        subject: reading.base_subject,
        author: message.author().map(name::full).unwrap_or_default(),
        reply: !message.in_reply_to.is_empty(),
    };
    let summary = summary::summarise(&lines, day, language.as_deref() == Some("eng"), &about);
    let in_to = message.to.iter().any(|a| owner.is_me(a));
    let summary_text = summary.to_lowercase();
    let mut digest = Digest {
        title: title(reading, &summary),
        summary,
        actions,
        decisions: facts::decisions(&lines),
        key_information: facts::key_information(&lines, day)
            .into_iter()
            .filter(|fact| !repeats(&summary_text, fact))
            .collect(),
        questions: asked.iter().map(|line| line.sentence.text.clone()).collect(),
        reply_reason: reply_reason(&asked, in_to, why),
        urgency,
        draft_body: String::new(),
        language,
        generated_by: OFFLINE.to_owned(),
    };
    digest.draft_body = reply::draft_body(&digest, message, owner, &Manner::default(), escape);
    digest
}

/// The day on which the message was written, as the owner's calendar has it.
fn written_on(reading: &Reading) -> Date {
    let zone = reading.now.time_zone();
    reading.message.date.map_or_else(|| reading.now.date(), |at| at.to_zoned(zone.clone()).date())
}

/// The first few lines, none twice.
fn distinct<'l>(lines: impl Iterator<Item = &'l Line>) -> Vec<&'l Line> {
    let mut out: Vec<&Line> = Vec::new();
    for line in lines {
        if out.len() < MOST_ACTIONS && !out.iter().any(|seen| seen.sentence.words == line.sentence.words) {
            out.push(line);
        }
    }
    out
}

/// Every question and request to the owner, and every promise of the sender's, as a task.
fn actions(lines: &[Line], reading: &Reading, day: Date) -> Vec<ActionItem> {
    let sender = reading.message.author().map(name::full).unwrap_or_default();
    let promised = |line: &&Line| line.body && line.intent == Intent::Promise && !sender.is_empty();
    distinct(lines.iter().filter(|line| line.asks_owner() || promised(line)))
        .into_iter()
        .map(|line| {
            let said = &line.sentence.text;
            let (text, owner) = match line.intent {
                Intent::Promise => (said.clone(), sender.clone()),
                Intent::Question if !sender.is_empty() => (format!("Answer {sender}: {said}"), "Myself".to_owned()),
                _ => (said.clone(), "Myself".to_owned()),
            };
            let due = dates::due(said, day);
            let own = urgency::of("", std::slice::from_ref(line), due, reading.now.date()).0;
            let urgency = if line.intent == Intent::Promise { Urgency::Normal } else { own };
            ActionItem { text, owner, due, urgency }
        })
        .collect()
}

/// `asks 2 questions, addressed to you; says “asap”`; `None` when nothing is asked of the owner.
fn reply_reason(asked: &[&Line], in_to: bool, why: Option<String>) -> Option<String> {
    let questions = asked.iter().filter(|line| line.intent == Intent::Question).count();
    let what = match (questions, asked.len() - questions) {
        (0, 0) => return None,
        (0, 1) => "requests something".to_owned(),
        (0, n) => format!("requests {n} things"),
        (1, 0) => "asks a question".to_owned(),
        (n, 0) => format!("asks {n} questions"),
        (1, _) => "asks a question and requests something".to_owned(),
        (n, _) => format!("asks {n} questions and requests something"),
    };
    let whom = if in_to { "addressed to you" } else { "naming you" };
    let why = why.map(|why| format!("; {why}")).unwrap_or_default();
    Some(format!("{what}, {whom}{why}"))
}

/// `Ada Park: storage questions`: who, and about what.
fn title(reading: &Reading, summary: &str) -> String {
    let who = reading.message.author().map(name::full).unwrap_or_default();
    let subject = reading.base_subject.split_whitespace().collect::<Vec<_>>().join(" ");
    let what = if subject.is_empty() { head(summary) } else { subject };
    match (who.is_empty(), what.is_empty()) {
        (false, false) => format!("{who}: {what}"),
        (false, true) => who,
        _ => what,
    }
}

/// The first words of a text, for want of a subject.
fn head(text: &str) -> String {
    if text.chars().count() <= MOST_TITLE {
        return text.trim_end_matches(['.', '。']).to_owned();
    }
    let cut: String = text.chars().take(MOST_TITLE).collect();
    let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
    format!("{whole}…")
}

/// True when the summary, lowercased, says the fact already.
fn repeats(summary: &str, fact: &str) -> bool {
    summary.contains(fact.to_lowercase().trim_end_matches(['.', '!', '?']))
}

#[cfg(test)]
mod tests;
