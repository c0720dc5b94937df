//! Which sentences of a discussion people keep: a thread's sentences, the most telling for their length first.
//!
//! Two dozen signs of place, shape and vocabulary, weighed by a regression on what annotators of the BC3 corpus (University of
//! British Columbia, CC BY-SA 3.0) put into their extracts: `scripts/train_salience.py`, which reads sentences in the
//! same way.

use std::collections::{HashMap, HashSet};

/// For each sign, in the order of [`signs`].
const WEIGHTS: [f64; 25] = [
    0.155, -0.200, -0.443, -0.139, -0.498, -0.133, 0.085, -0.024, 0.605, 0.784, 0.062, -0.027, -0.128, -0.256, -0.257,
    0.454, 0.110, 0.159, 0.258, 0.057, 0.438, -0.095, -0.027, -0.160, -0.002,
];
const BIAS: f64 = 0.631;

const STOP: [&str; 79] = [
    "the", "a", "an", "of", "to", "in", "and", "is", "it", "that", "for", "on", "be", "this", "with", "as", "are", "i",
    "you", "we", "not", "have", "or", "at", "by", "if", "but", "was", "from", "they", "will", "would", "can", "do",
    "so", "there", "what", "which", "my", "me", "your", "our", "their", "has", "had", "about", "one", "all", "some",
    "any", "no", "just", "more", "when", "who", "how", "than", "then", "them", "he", "his", "she", "her", "its",
    "been", "were", "should", "could", "may", "also", "only", "other", "into", "out", "up", "like", "very", "get",
    "got",
];
const POLITE: [&str; 9] = ["hi", "hello", "dear", "thanks", "thank", "regards", "cheers", "best", "sincerely"];
const ARGUES: [&str; 15] = [
    "should", "need", "must", "propose", "suggest", "think", "agree", "would", "please", "could", "decided", "prefer",
    "plan", "problem", "because",
];

/// What a mail is about, beside its sentences.
#[derive(Debug, Clone, Default)]
pub struct About<'a> {
    /// Its subject.
    pub subject: &'a str,
    /// Who wrote it.
    pub author: String,
    /// It answers another.
    pub reply: bool,
}

/// For each sentence of one mail, how many of three readers would keep it.
pub fn in_mail(about: &About<'_>, sentences: &[&str]) -> Vec<f64> {
    let (authors, mails) = match about.reply {
        true => (vec!["", &about.author], vec![Vec::new(), sentences.to_vec()]),
        false => (vec![about.author.as_str()], vec![sentences.to_vec()]),
    };
    signs(about.subject, &authors, &mails).iter().map(|(_, _, signs)| votes(signs)).collect()
}

/// The sentences of a thread by number of mail and of sentence, the most telling first. `subject` is the first mail's;
/// `authors` has one for each mail.
pub fn ranked(subject: &str, authors: &[&str], mails: &[Vec<&str>]) -> Vec<(usize, usize)> {
    let mut scored: Vec<(f64, (usize, usize))> = signs(subject, authors, mails)
        .into_iter()
        .map(|(place, length, signs)| {
            let sum = votes(&signs);
            // Room is short: what says as much in fewer words goes first.
            (if sum > 0.0 { sum / length.max(1.0).sqrt() } else { sum }, place)
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    scored.into_iter().map(|(_, place)| place).collect()
}

fn votes(signs: &[f64; 25]) -> f64 {
    signs.iter().zip(WEIGHTS).map(|(sign, weight)| sign * weight).sum::<f64>() + BIAS
}

type Signs = ((usize, usize), f64, [f64; 25]);
/// Of terms, by their hashes: those of one text come in order and once.
type Terms = Vec<u64>;

/// What a sentence has to show by itself.
struct Read {
    terms: Terms,
    words: usize,
    contact: bool,
    polite: bool,
    argues: bool,
    own: bool,
    named: bool,
}

fn read(text: &str, length: f64, names: &[u64]) -> Read {
    const MARKS: [&str; 7] = ["://", "@", "fax", "--", "tel:", "___", "==="];
    let lower = text.to_lowercase();
    let mut read = Read {
        terms: Terms::new(),
        words: 0,
        contact: length < 14.0 && MARKS.iter().any(|m| lower.contains(m)),
        polite: false,
        argues: false,
        own: false,
        named: false,
    };
    for word in words(&lower) {
        read.words += 1;
        read.polite |= read.words == 1 && length <= 6.0 && POLITE.contains(&word);
        read.own |= matches!(word, "i" | "we");
        read.argues |= ARGUES.contains(&word);
        read.named |= !names.is_empty() && names.contains(&hash(word));
        read.terms.extend(term(word));
    }
    read.terms.sort_unstable();
    read.terms.dedup();
    read
}

fn signs<'t>(subject: &str, authors: &[&str], mails: &[Vec<&'t str>]) -> Vec<Signs> {
    let names = |mail: usize| -> Vec<u64> {
        let author = authors.get(mail).copied().unwrap_or_default();
        words(&author.split('<').next().unwrap_or_default().to_lowercase()).map(hash).collect()
    };
    let all: Vec<Vec<(&'t str, f64, Read)>> = mails
        .iter()
        .enumerate()
        .map(|(d, sentences)| {
            let names = names(d);
            let one = |raw: &&'t str| {
                let length = number(raw.split_whitespace().count());
                (raw.trim(), length, read(raw.trim(), length, &names))
            };
            sentences.iter().map(one).collect()
        })
        .collect();
    let mut counts: HashMap<u64, u32, foldhash::fast::RandomState> = HashMap::default();
    for (_, _, read) in all.iter().flatten().filter(|(text, ..)| !text.starts_with('>')) {
        for term in &read.terms {
            *counts.entry(*term).or_insert(0) += 1;
        }
    }
    let weight = |n: u32| f64::from(n).ln_1p();
    // Summed in an order of its own, so that it is the same every time.
    let mut each: Vec<u32> = counts.values().copied().collect();
    each.sort_unstable();
    let norm = each.into_iter().map(|n| weight(n).powi(2)).sum::<f64>().sqrt();
    let norm = if norm > 0.0 { norm } else { 1.0 };
    let about = read(subject, 0.0, &[]).terms;
    let mut seen: HashSet<u64, foldhash::fast::RandomState> = HashSet::default();
    let mut out = Vec::new();
    for (d, sentences) in all.iter().enumerate() {
        for (s, (text, length, read)) in sentences.iter().enumerate() {
            let (text, length, own) = (*text, *length, &read.terms);
            let introduces = ["wrote", "writes", "said"].iter().any(|end| text.trim_end_matches(':').ends_with(end));
            let quoted = text.starts_with(['>', '|']) || introduces;
            let terms = number(own.len());
            let common: f64 = own.iter().map(|t| weight(counts.get(t).copied().unwrap_or(0))).sum();
            let center = if own.is_empty() { 0.0 } else { common / (norm * terms.sqrt()) };
            let signed = (1..=5).contains(&read.words) && read.named;
            let letters = number(text.chars().filter(|c| c.is_alphabetic()).count());
            let (at, mail) = (number(s), number(d));
            let yes = |is_so: bool| if is_so { 1.0 } else { 0.0 };
            out.push((
                (d, s),
                length,
                [
                    length.ln_1p(),
                    length.min(40.0) / 40.0,
                    yes(quoted),
                    1.0 / (1.0 + at),
                    at / number(sentences.len().saturating_sub(1)).max(1.0),
                    yes(d == 0),
                    1.0 / (1.0 + mail),
                    yes(d == 0 && s == 0),
                    yes(d == 0 && s < 3),
                    center,
                    number(own.iter().filter(|t| about.contains(t)).count()),
                    yes(text.contains('?')),
                    yes(read.contact),
                    yes(signed || read.polite),
                    letters / number(text.chars().count()).max(1.0),
                    number(own.iter().filter(|t| !seen.contains(*t)).count()) / terms.max(1.0),
                    yes(read.own),
                    yes(read.argues),
                    yes(text.ends_with(['.', '?', '!'])),
                    yes(length < 4.0),
                    yes(d > 0 && s == 0 && !quoted),
                    number(sentences.len()).ln_1p(),
                    yes(text.contains(char::is_numeric)),
                    yes(text.ends_with(':')),
                    terms / length.max(1.0),
                ],
            ));
            seen.extend(own);
        }
    }
    out
}

fn number(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

/// Runs of Latin letters; the text is in small ones.
fn words(lower: &str) -> impl Iterator<Item = &str> {
    lower.split(|c: char| !c.is_ascii_lowercase()).filter(|w| !w.is_empty())
}

/// A word that carries content, cut so that endings make no difference.
fn term(word: &str) -> Option<u64> {
    let content = word.len() > 2 && (word.len() > 6 || !STOP.contains(&word));
    content.then(|| hash(word.get(..7).unwrap_or(word)))
}

/// FNV-1a: the same every time.
fn hash(word: &str) -> u64 {
    word.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_comes_before_what_frames_it() {
        let first = vec![
            "Hi all,",
            "I propose that we move the reading room to the second floor because the first one is too small.",
            "It rains.",
            "Ada Park, http://example.org/ada",
        ];
        let second =
            vec!["> I propose that we move the reading room.", "I agree that the reading room should move.", "Ben"];
        let order =
            ranked("Reading room", &["Ada Park <ada@example.com>", "Ben Ode <ben@example.com>"], &[first, second]);
        assert_eq!(order.len(), 7);
        let place = |of: (usize, usize)| order.iter().position(|o| *o == of).expect("there");
        for frame in [(0, 0), (0, 3), (1, 0), (1, 2)] {
            assert!(place((0, 1)) < place(frame) && place((1, 1)) < place(frame), "{order:?}");
        }
        assert!(ranked("", &[], &[]).is_empty());
        assert_eq!(ranked("", &[], &[vec![""]]), [(0, 0)]);
    }
}
