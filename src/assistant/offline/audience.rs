//! Whom a sentence speaks to: the owner, somebody else, or whoever reads.
//!
//! What enters are a message's recipients and its sentences; what leaves are the sentences with their intent and
//! whether they ask the owner. A greeting or a name before a comma directs what follows it.

use super::intent::{self, Intent};
use super::sentence::Sentence;
use super::{asks, courtesy, facts, lexicon};
use crate::mail::{Address, Message};
use crate::note::owner::{Owner, name_words};
use jiff::civil::Date;
use std::cell::OnceCell;

/// A sentence, understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The sentence.
    pub sentence: Sentence,
    /// What it does.
    pub intent: Intent,
    /// It says something: neither greeting nor sign-off.
    pub body: bool,
    /// It speaks to the owner, alone or among others.
    pub to_owner: bool,
    /// It holds something that can be looked up, once that was asked.
    fact: OnceCell<bool>,
}

impl Line {
    /// A sentence and what it does.
    pub fn new(sentence: Sentence, intent: Intent, body: bool, to_owner: bool) -> Line {
        Line { sentence, intent, body, to_owner, fact: OnceCell::new() }
    }

    /// True when it holds something that can be looked up; `day` is when it was written.
    pub fn is_fact(&self, day: Date) -> bool {
        *self.fact.get_or_init(|| facts::is_fact(&self.sentence.text, day))
    }

    /// True for a question or request to the owner.
    pub fn asks_owner(&self) -> bool {
        self.body && self.to_owner && matches!(self.intent, Intent::Question | Intent::Request)
    }
}

/// Who may be spoken to.
struct Audience {
    owner: Vec<String>,
    others: Vec<String>,
    in_to: bool,
}

/// A mail to more people than this is one to whoever reads it.
const MANY: usize = 8;

/// Words that address everyone at once.
const EVERYONE: &[&str] = &[
    "all",
    "team",
    "everyone",
    "everybody",
    "folks",
    "guys",
    "both",
    "colleagues",
    "alle",
    "zusammen",
    "beide",
    "tous",
    "toutes",
    "équipe",
    "todos",
    "todas",
    "equipo",
    "tutti",
    "allemaal",
    "все",
    "коллеги",
];

/// Reads every sentence for what it does and whom it speaks to.
pub fn attribute(sentences: Vec<Sentence>, message: &Message, owner: &Owner, language: Option<&str>) -> Vec<Line> {
    let audience = Audience::of(message, owner);
    let leave = leave_taking(&sentences, message);
    let mut default = audience.in_to;
    let mut here: Option<(usize, bool)> = None;
    let many = message.signals.list_id.is_some() || message.recipients().count() > MANY;
    let english = language == Some("eng");
    let mut out: Vec<Line> = Vec::with_capacity(sentences.len());
    for (at, sentence) in sentences.into_iter().enumerate() {
        let greeting = courtesy::greets(&sentence.text, &sentence.words);
        let spoken_to = audience.addressee(&sentence.text, greeting);
        match (spoken_to, greeting) {
            (Some(owner), true) => default = owner,
            (Some(owner), false) => here = Some((sentence.paragraph, owner)),
            (None, _) => {}
        }
        let in_paragraph = here.filter(|(paragraph, _)| *paragraph == sentence.paragraph).map(|(_, owner)| owner);
        let to_owner = in_paragraph.unwrap_or(default) || audience.names_owner(&sentence.text);
        let body =
            !greeting && leave.is_none_or(|from| at < from) && !courtesy::takes_leave(&sentence.text, &sentence.words);
        let mut intent = intent(&sentence, language);
        if english && many && body && spoken_to.is_none() && !audience.names_owner(&sentence.text) {
            let previous = out.last().map(|line| line.sentence.text.as_str());
            intent = asks::among_many(&sentence, intent, previous);
        }
        out.push(Line::new(sentence, intent, body, to_owner));
    }
    out
}

/// The intent of a sentence, or of what follows the name that it begins with.
fn intent(sentence: &Sentence, language: Option<&str>) -> Intent {
    match intent::of_words(&sentence.text, &sentence.words, language) {
        Intent::Statement => vocative(&sentence.text).map_or(Intent::Statement, |(_, rest)| intent::of(rest, language)),
        intent => intent,
    }
}

/// Where the writer takes leave: a sign-off near the end with nothing but names after it. A postscript is body.
fn leave_taking(sentences: &[Sentence], message: &Message) -> Option<usize> {
    let author = message.author().map(names_of).unwrap_or_default();
    let from = sentences.len().saturating_sub(12);
    let tail = |rest: &[Sentence]| {
        rest.iter().all(|s| s.text.split_whitespace().count() <= 6 && !s.text.ends_with(['?', '？', '。']))
    };
    sentences.iter().enumerate().skip(from).find_map(|(at, sentence)| {
        let words = name_words(&sentence.text);
        let name = at > 0 && !words.is_empty() && words.len() <= 3 && words.iter().all(|w| author.contains(w));
        let rest = sentences.get(at + 1..).unwrap_or_default();
        ((courtesy::takes_leave(&sentence.text, &sentence.words) || name) && tail(rest)).then_some(at)
    })
}

impl Audience {
    fn of(message: &Message, owner: &Owner) -> Self {
        let mut words = owner.name_words();
        let mut others = Vec::new();
        for address in message.recipients() {
            if owner.is_me(address) {
                words.extend(address.name.as_deref().map(name_words).unwrap_or_default());
            } else {
                others.extend(names_of(address));
            }
        }
        others.retain(|word| !words.contains(word));
        Audience { owner: words, others, in_to: message.to.iter().any(|a| owner.is_me(a)) }
    }

    /// Whether the name that a sentence begins or ends with is the owner's (or everyone's), or another
    /// recipient's; `None` when it names nobody known.
    fn addressee(&self, text: &str, greeting: bool) -> Option<bool> {
        let front = if greeting { Some(text) } else { vocative(text).map(|(names, _)| names) };
        let back = text
            .trim_end_matches(|c: char| !c.is_alphanumeric())
            .rsplit_once(", ")
            .map(|(_, name)| name)
            .filter(|name| name.split_whitespace().count() <= 2);
        [front, back].into_iter().flatten().find_map(|names| {
            let words = name_words(names);
            let any = |known: &[String]| words.iter().any(|w| known.contains(w));
            if any(&self.owner) {
                Some(true)
            } else if greeting && words.iter().any(|w| EVERYONE.contains(&w.as_str())) {
                // In copy, "everyone" is those it is addressed to.
                Some(self.in_to)
            } else {
                any(&self.others).then_some(false)
            }
        })
    }

    /// True when the owner's name stands in the sentence, written as a name.
    fn names_owner(&self, text: &str) -> bool {
        text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '\'' && c != '’')
            .any(|w| w.starts_with(|c: char| !c.is_lowercase()) && self.owner.contains(&w.to_lowercase()))
    }
}

/// What others may call a recipient: the words of the name, or of the local part.
fn names_of(address: &Address) -> Vec<String> {
    match &address.name {
        Some(name) if !name.contains('@') => name_words(name),
        _ => name_words(address.local()),
    }
}

/// `Ben, can you …`, `Hi Ben - …`, `@Ben …`: the names, and what is said to them.
fn vocative(text: &str) -> Option<(&str, &str)> {
    if let Some(rest) = text.strip_prefix('@') {
        return rest.split_once([' ', ',', ':']);
    }
    let (names, rest) = text
        .split_once([',', ':', '!', '–', '—'])
        .or_else(|| text.split_once(" - "))
        .or_else(|| text.split_once('、'))?;
    let words: Vec<&str> = names.split_whitespace().collect();
    let named = |w: &&str| {
        let lower = w.to_lowercase();
        w.starts_with(|c: char| !c.is_lowercase()) || lexicon::LEAD_INS.contains(&lower.as_str()) || lower == "&"
    };
    let short = (1..=4).contains(&words.len()) && words.iter().all(named);
    (short && !rest.trim().is_empty()).then_some((names, rest.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::offline::sentence::split;

    fn asked(to: &str, cc: &str, text: &str) -> Vec<String> {
        let message = Message {
            from: vec![Address::named("Ada Park", "ada@example.com")],
            to: Address::parse_list(to).expect("a list"),
            cc: Address::parse_list(cc).expect("a list"),
            ..Message::default()
        };
        let owner = Owner { name: "Sam Reed".into(), addresses: vec!["sam@example.org".into()] };
        let lines = attribute(split(text), &message, &owner, Some("eng"));
        lines.into_iter().filter(Line::asks_owner).map(|line| line.sentence.text).collect()
    }

    const SAM: &str = "Sam Reed <sam@example.org>";
    const BOTH: &str = "Ben Ode <ben@example.com>, sam@example.org";
    const BEN: &str = "ben.ode@example.com";

    #[test]
    fn whom_a_question_is_for() {
        for (to, cc, text, want) in [
            (SAM, "", "Hi Sam,\n\nCould you call?\n\nBest,\nAda", vec!["Could you call?"]),
            (SAM, "", "Could you call? Please write too.", vec!["Could you call?", "Please write too."]),
            (
                BOTH,
                "",
                "Ben, can you call? It is late.\n\nSam, please send the plan.",
                vec!["Sam, please send the plan."],
            ),
            (BOTH, "", "Hi both,\n\nAny thoughts?", vec!["Any thoughts?"]),
            (BOTH, "", "Hi Ben,\n\ncan you call?", vec![]),
            (BOTH, "", "Ben: thanks for the plan. Can you change it?\n\nWho pays?", vec!["Who pays?"]),
            (BOTH, "", "Can you do that, Ben?", vec![]),
            (BOTH, "", "However, can you call?", vec!["However, can you call?"]),
            (BEN, SAM, "Hi Ben,\n\ncan you call?", vec![]),
            (BEN, SAM, "Hi all,\n\ncan you call?", vec![]),
            (
                BEN,
                SAM,
                "Hi Ben,\n\ncan you call?\n\n@Sam could you check the price?",
                vec!["@Sam could you check the price?"],
            ),
            (
                BEN,
                SAM,
                "Hi Ben,\n\nI think Sam should check the price, or what do you say?",
                vec!["I think Sam should check the price, or what do you say?"],
            ),
            ("", "", "Could you call?", vec![]),
            ("", "", "Dear Sam,\n\ncould you call?", vec!["could you call?"]),
            (SAM, "", "Sam, send me the plan.", vec!["Sam, send me the plan."]),
            (SAM, "", "All done.\n\nThanks!\nAda", vec![]),
        ] {
            assert_eq!(asked(to, cc, text), want, "{text:?}");
        }
    }
}
