//! What a message settles and states: decisions, and sentences worth keeping.

use super::audience::Line;
use super::dates;
use super::intent::Intent;
use super::words::Phrases;
use jiff::civil::Date;

/// At most so many of each.
const MOST: usize = 8;

#[rustfmt::skip]
static DECISIONS: Phrases = Phrases::of(&[
    "we decided", "we have decided", "we've decided", "i decided", "i have decided", "i've decided", "has decided",
    "have decided", "it was decided", "was decided", "we agreed", "we have agreed", "we've agreed", "it was agreed",
    "agreed to", "agreed that", "agreed on", "we will go with", "we'll go with", "we are going with",
    "we're going with", "let's go with", "the decision is", "the decision was", "our decision", "we settled on",
    "we chose", "we have chosen", "has been approved", "was approved", "is approved", "board approved",
    "has been rejected", "was rejected", "signed off on", "we concluded", "wir haben beschlossen",
    "wir haben entschieden", "haben uns entschieden", "habe mich entschieden", "wir haben uns geeinigt",
    "wurde beschlossen", "wurde entschieden", "wurde genehmigt", "wir nehmen", "nous avons décidé", "on a décidé",
    "j'ai décidé", "il a été décidé", "nous avons convenu", "nous sommes convenus", "a été approuvé",
    "hemos decidido", "he decidido", "decidimos", "se decidió", "hemos acordado", "acordamos", "se acordó",
    "fue aprobado", "abbiamo deciso", "decidimos", "hebben besloten", "мы решили", "было решено", "мы договорились",
    "решено", "決定しました", "決まりました", "決定いたしました", "することにしました", "合意しました", "我们决定", "已经决定", "决定采用", "商定",
]);

/// Sentences that report a decision.
pub fn decisions(lines: &[Line]) -> Vec<String> {
    let told = lines.iter().filter(|line| is_decision(line));
    told.map(|line| line.sentence.text.clone()).take(MOST).collect()
}

/// True when the sentence reports a decision.
pub(super) fn is_decision(line: &Line) -> bool {
    line.body && line.intent != Intent::Question && decides(line)
}

fn decides(line: &Line) -> bool {
    let words = &line.sentence.words;
    words.holds(&DECISIONS)
        && !words.has(&[
            "if we decided",
            "not decided",
            "haven't decided",
            "have not decided",
            "has not decided",
            "until we have decided",
        ])
}

/// Statements with a date, an amount, a number to call, or a link: what one looks up a mail for.
pub fn key_information(lines: &[Line], day: Date) -> Vec<String> {
    let told = lines.iter().filter(|line| line.body && matches!(line.intent, Intent::Statement | Intent::Promise));
    told.filter(|line| line.sentence.length >= 3 && !decides(line) && line.is_fact(day))
        .map(|line| line.sentence.text.clone())
        .take(MOST)
        .collect()
}

/// True when the sentence holds something that can be looked up.
pub fn is_fact(text: &str, day: Date) -> bool {
    has_figure(text) || has_link(text) || dates::names_any(text, day)
}

/// An amount, a percentage, a phone number, a number of two digits or more, a time of day.
fn has_figure(text: &str) -> bool {
    let digits = |word: &str| word.chars().filter(char::is_ascii_digit).count();
    let money = text.contains(['$', '€', '£', '¥', '%', '円', '₽', '₹']) && digits(text) > 0;
    money
        || text.split_whitespace().any(|word| {
            digits(word) >= 2 || digits(word) == 1 && word.contains([':', '.', '%']) && !word.ends_with('.')
        })
}

fn has_link(text: &str) -> bool {
    text.split_whitespace().any(|word| {
        let word = word.trim_matches(|c: char| matches!(c, '<' | '>' | '(' | ')' | ',' | '.'));
        word.starts_with("http://")
            || word.starts_with("https://")
            || word.starts_with("www.")
            || word.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::offline::sentence::Sentence;
    use jiff::civil::date;

    fn line(text: &str) -> Line {
        let sentence = Sentence::new(text.into(), 0, false);
        Line::new(sentence, Intent::Statement, true, true)
    }

    #[test]
    fn decided() {
        for (text, want) in [
            ("We decided to keep the old shelves.", true),
            ("It was agreed that Ben pays.", true),
            ("Wir haben beschlossen, zu warten.", true),
            ("Nous avons décidé d'attendre.", true),
            ("Hemos acordado esperar.", true),
            ("延期することにしました。", true),
            ("We have not decided yet.", false),
            ("The decisive point is price.", false),
        ] {
            assert_eq!(decisions(&[line(text)]).len(), usize::from(want), "{text}");
        }
    }

    #[test]
    fn facts() {
        for (text, want) in [
            ("The shelf costs $1,200 a year.", true),
            ("The visit starts at 9:30 in Lisbon.", true),
            ("We open on Friday.", true),
            ("Everything is at https://example.com/plan for you.", true),
            ("Call the desk on +49 30 123456.", true),
            ("It was a lovely evening.", false),
            ("There is 1.", false),
        ] {
            assert_eq!(!key_information(&[line(text)], date(2026, 1, 5)).is_empty(), want, "{text}");
        }
    }
}
