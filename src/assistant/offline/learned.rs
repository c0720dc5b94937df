//! What words tend to mean, learned from labelled sentences: whether a sentence wants something done.
//!
//! A logistic regression over hashed words, pairs and triples; `learned.bin` holds its weights, and
//! `scripts/train_intent.py` makes them from the Email Intent Data Set (Apache-2.0). The second, of nine numbers, tells for
//! a sentence of a discussion whether it asks somebody for something; it was fitted to the BC3 corpus (University of
//! British Columbia, CC BY-SA 3.0). English. Nothing here invents words: it only weighs those that are there.

use std::collections::BTreeSet;

/// Bias and scale as 32-bit floats, little-endian; then a signed byte for each hash.
static WEIGHTS: &[u8] = include_bytes!("learned.bin");
/// So many hashes.
const HASHES: u32 = 1 << 16;
/// More words than these of one sentence are not looked at.
const MOST_WORDS: usize = 60;

/// True when a sentence wants or offers something to be done, by anybody.
pub fn acts(sentence: &str) -> bool {
    weigh(&tokens(sentence)) > -0.4
}

/// For each sentence of a mail whether it asks somebody for something.
pub fn requests(sentences: &[&str]) -> Vec<bool> {
    sentences.iter().map(|sentence| asks(sentence) > 0.0).collect()
}

/// True when any sentence of a mail asks somebody for something.
pub fn mail_requests(sentences: &[&str]) -> bool {
    requests(sentences).contains(&true)
}

/// How much a sentence asks; above nought it does.
fn asks(sentence: &str) -> f32 {
    const ASKS: [&str; 12] = [
        " please ",
        " could you ",
        " can you ",
        " would you ",
        " let me know ",
        " appreciate ",
        " i wonder ",
        " was wondering ",
        " like to know ",
        " do you know ",
        " anyone ",
        " want to know ",
    ];
    const OPENS: [&str; 18] = [
        "who", "what", "when", "where", "which", "how", "is", "are", "do", "does", "did", "has", "have", "can",
        "could", "would", "will", "should",
    ];
    let text = sentence.trim();
    let tokens = tokens(text);
    let weight = weigh(&tokens);
    let plain = format!(" {} ", tokens.join(" "));
    let has = |phrases: &[&str]| phrases.iter().any(|phrase| plain.contains(phrase));
    let first = tokens.first().map(String::as_str).unwrap_or_default();
    [
        // What is quoted was asked before.
        (-4.18, text.starts_with(['>', '|'])),
        (2.73, text.contains('?')),
        (2.70, has(&ASKS)),
        (0.68, has(&[" you ", " your "])),
        (-1.67, tokens.len() < 5),
        // Asked for effect.
        (-4.59, has(&[" why ", " really ", " yahoo "])),
        (2.24, OPENS.contains(&first) || first == "any"),
    ]
    .into_iter()
    .filter_map(|(weight, is_so)| is_so.then_some(weight))
    .sum::<f32>()
        + 0.33 * weight
        - 0.72 * weight.max(0.0)
        - 3.01
}

/// The sum of what the words of a sentence weigh.
fn weigh(tokens: &[String]) -> f32 {
    let float = |at: usize| WEIGHTS.get(at..at + 4).and_then(|b| b.try_into().ok()).map_or(0.0, f32::from_le_bytes);
    let (bias, scale) = (float(0), float(4));
    let hashes = hashes(tokens);
    let sum: i32 = hashes
        .iter()
        .filter_map(|hash| WEIGHTS.get(8 + usize::try_from(*hash).ok()?))
        .map(|byte| i32::from(byte.cast_signed()))
        .sum();
    bias + sum as f32 * scale / (hashes.len().max(1) as f32).sqrt()
}

/// Small words of a sentence: runs of letters; a nought for a number; each other mark by itself.
fn tokens(text: &str) -> Vec<String> {
    let mut out = Vec::new();
    for chunk in text.to_lowercase().replace('’', "'").split_whitespace() {
        if chunk.contains("://") || chunk.starts_with("www.") || chunk.contains("$link") {
            out.push("xurl".to_owned());
            continue;
        }
        if chunk.contains('@') {
            out.push("xmail".to_owned());
            continue;
        }
        let mut word = String::new();
        for c in chunk.chars() {
            if c.is_alphabetic() || c == '\'' {
                if word == "0" {
                    out.push(std::mem::take(&mut word));
                }
                word.push(c);
            } else if c.is_numeric() {
                if !word.is_empty() && word != "0" {
                    out.push(std::mem::take(&mut word));
                }
                "0".clone_into(&mut word);
            } else {
                if !word.is_empty() {
                    out.push(std::mem::take(&mut word));
                }
                out.push(c.to_string());
            }
        }
        if !word.is_empty() {
            out.push(word);
        }
    }
    out
}

/// What the model knows of a sentence, each once.
fn hashes(tokens: &[String]) -> BTreeSet<u32> {
    let mut words: Vec<&str> = vec!["<s>"];
    words.extend(tokens.iter().take(MOST_WORDS).map(String::as_str));
    words.push("</s>");
    let mut found = BTreeSet::new();
    for n in 1..=3 {
        found.extend(words.windows(n).map(|run| hash(&format!("{n}:{}", run.join(" ")))));
    }
    found.extend(words.iter().enumerate().skip(1).take(3).map(|(i, word)| hash(&format!("p{i}:{word}"))));
    found.extend(words.windows(3).filter_map(|run| match run {
        [first, _, last] => Some(hash(&format!("s:{first} {last}"))),
        _ => None,
    }));
    found.insert(hash(&format!("l:{}", (tokens.len() / 4).min(8))));
    found.insert(hash(&format!("q:{}", u8::from(tokens.iter().any(|t| t == "?")))));
    found
}

/// FNV-1a, folded.
fn hash(text: &str) -> u32 {
    let hash = text.bytes().fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    (hash ^ (hash >> 16)) & (HASHES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_whole() {
        assert_eq!(WEIGHTS.len(), 8 + HASHES as usize);
        assert_eq!(
            tokens("It's 12.5 kg, see https://example.org or ada@example.org!"),
            ["it's", "0", ".", "0", "kg", ",", "see", "xurl", "or", "xmail"]
        );
    }

    #[test]
    fn sentences_of_our_own() {
        for (sentence, wants) in [
            ("Please send me the signed contract by Friday.", true),
            ("Could you call me back tomorrow?", true),
            ("Let me know which date suits you.", true),
            ("Let's meet at the office on Monday.", true),
            ("The weather was lovely in Lisbon.", false),
            ("She was born in a small town.", false),
        ] {
            assert_eq!(acts(sentence), wants, "{sentence}");
        }
    }

    #[test]
    fn a_mail_asks_when_a_sentence_of_its_own_does() {
        assert_eq!(
            requests(&["Could you please send the plan?", "> Could you please send the plan?", "It rains."]),
            [true, false, false]
        );
        assert!(!mail_requests(&["> What does it cost?", "It costs a lot."]));
        assert!(!mail_requests(&[]));
    }
}
