//! Whether a sentence that goes to many asks somebody for something: what the rules see in it, weighed.
//!
//! In a discussion people wonder, propose and ask for effect; three readers of one agree on few of its requests. What enters are
//! a mail's sentences in their order, with what the rules made of each; what leaves is how much each asks. A logistic regression over a score of signs, fitted to the BC3 corpus (University of British Columbia, CC BY-SA 3.0; see
//! `learned.NOTICE.md`) by `scripts/train_asks.py`, which has the signs from
//! here. English: other languages go by the rules alone.

use super::courtesy::is_rhetorical;
use super::intent::{self, Intent};
use super::learned::{self, Tokens};
use super::sentence::Sentence;
use super::words::Words;

/// How many signs there are.
pub const SIGNS: usize = 14;

/// For each sign, in the order of [`signs`].
const WEIGHTS: [f32; SIGNS] = [1.85, 2.15, -2.58, 0.18, -0.14, 1.70, 0.93, -2.13, 1.71, -0.95, -1.70, 1.16, 1.30, 1.24];
const BIAS: f32 = -4.01;
/// What a sentence in English does that goes to many and names nobody: it asks only where enough says so.
pub(super) fn among_many(sentence: &Sentence, intent: Intent, previous: Option<&str>) -> Intent {
    let rules = intent::by_rules(&sentence.text, &sentence.words, Some("eng"));
    let asks = weigh(&sentence.text, &sentence.words, rules, previous) > 0.0;
    match intent {
        Intent::Question | Intent::Request if !asks => Intent::Statement,
        Intent::Statement if asks && rules == Intent::Statement => Intent::Request,
        other => other,
    }
}

/// How much a sentence asks; above nought it does. `previous` is the sentence before it.
pub(super) fn weigh(text: &str, words: &Words, rules: Intent, previous: Option<&str>) -> f32 {
    signs(text, words, rules, previous).iter().zip(WEIGHTS).map(|(sign, weight)| sign * weight).sum::<f32>() + BIAS
}

/// The signs of a sentence of a mail in English.
pub fn signs_of(text: &str, previous: Option<&str>) -> [f32; SIGNS] {
    let words = Words::of(text);
    signs(text, &words, intent::by_rules(text, &words, Some("eng")), previous)
}

fn signs(text: &str, words: &Words, rules: Intent, previous: Option<&str>) -> [f32; SIGNS] {
    const ASKS: &[&str] = &[
        "please",
        "could you",
        "can you",
        "would you",
        "let me know",
        "appreciate",
        "i wonder",
        "was wondering",
        "like to know",
        "do you know",
        "anyone",
        "want to know",
    ];
    const KNOW: &[&str] = &[
        "like to know",
        "wonder",
        "wondering",
        "know if",
        "know whether",
        "appreciate",
        "want to know",
        "question is",
    ];
    const OPENS: &[&str] = &[
        "who", "what", "when", "where", "which", "how", "why", "whose", "is", "are", "was", "were", "do", "does",
        "did", "has", "have", "had", "can", "could", "would", "will", "should", "may", "any",
    ];
    const SPOKEN_TO: &[&str] = &["you", "anyone", "anybody", "someone", "people", "folks", "we"];
    const HELPING: &[&str] = &["can", "could", "would", "will", "are", "do", "did", "have", "has"];
    let text = text.trim();
    let tokens = Tokens::of(text);
    let weight = learned::weigh(&tokens);
    let quoted = |text: &str| text.starts_with(['>', '|']);
    let mut pairs = words.iter().zip(words.iter().skip(1));
    let previous = previous.map(str::trim).unwrap_or_default();
    let yes = |is_so: bool| if is_so { 1.0 } else { 0.0 };
    [
        yes(rules == Intent::Question),
        yes(rules == Intent::Request),
        yes(quoted(text)),
        weight.min(0.0),
        weight,
        yes(words.has(ASKS) && !quoted(text)),
        yes(pairs.any(|(first, second)| HELPING.contains(&first) && SPOKEN_TO.contains(&second))),
        yes(words.has(&["should", "propose", "suggest"])),
        yes(words.has(KNOW)),
        yes(tokens.count() < 5),
        yes(words.has(&["really"]) || is_rhetorical(words)),
        yes(words.starts(OPENS)),
        yes(text.contains('?')),
        yes(previous.contains('?') && !quoted(previous)),
    ]
}

/// For each sentence of a mail in English whether it asks somebody for something.
pub fn requests(sentences: &[&str]) -> Vec<bool> {
    let before = std::iter::once(None).chain(sentences.iter().map(|sentence| Some(*sentence)));
    let asks = |(sentence, previous): (&&str, Option<&str>)| {
        let words = Words::of(sentence);
        let rules = intent::by_rules(sentence, &words, Some("eng"));
        weigh(sentence, &words, rules, previous) > 0.0
    };
    sentences.iter().zip(before).map(asks).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_of_many() {
        let asked = requests(&[
            "Could you please send the plan to the list?",
            "> Could you please send the plan?",
            "Does anyone know when the hall opens?",
            "I suggest that we should wait.",
            "Is it not really odd?",
            "The hall is small.",
        ]);
        assert_eq!(asked, [true, false, true, false, false, false]);
        assert!(requests(&[]).is_empty());
    }
}
