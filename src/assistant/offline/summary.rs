//! The summary: a message's own best sentences, in their order.
//!
//! Extraction only: nothing is rephrased, so nothing can be made up. Sentences are ranked by what they do and, in English, by
//! what people keep of mail ([`salience`]); elsewhere by where they stand and how much of the mail's vocabulary they hold (Luhn
//! 1958; Edmundson 1969).

use super::audience::Line;
use super::intent::Intent;
use super::salience::{self, About};
use super::words::{is_cjk, length};
use super::{courtesy, facts};
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use unicode_segmentation::UnicodeSegmentation;

/// A summary is not longer than this, in words.
const MOST_WORDS: usize = 60;
/// Nor than this, in sentences.
const MOST_SENTENCES: usize = 4;

/// What the vote of one reader weighs, beside what a sentence does.
const VOTE: f64 = 2.0;

/// Two to four sentences of at most sixty words, where the message has so much to say.
pub fn summarise(lines: &[Line], day: Date, english: bool, about: &About) -> String {
    let candidates: Vec<Candidate> = lines
        .iter()
        .enumerate()
        .filter(|(_, line)| is_candidate(line))
        .map(|(at, line)| Candidate { at, line, terms: terms(&line.sentence.text) })
        .collect();
    let texts: Vec<&str> = lines.iter().map(|line| line.sentence.text.as_str()).collect();
    let votes = if english && !candidates.is_empty() { salience::in_mail(about, &texts) } else { Vec::new() };
    let counts = if votes.is_empty() { frequencies(&candidates) } else { Counts::default() };
    let base = |place: usize, c: &Candidate| match votes.get(c.at) {
        Some(votes) => VOTE * votes,
        None => telling(c, place, &counts),
    };
    let mut ranked: Vec<(f64, &Candidate)> =
        candidates.iter().enumerate().map(|(place, c)| (base(place, c) + score(c.line, day), c)).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.at.cmp(&b.1.at)));

    let mut chosen: Vec<(usize, &str)> = Vec::new();
    let mut seen: HashSet<String> = HashSet::new();
    let mut words = 0;
    for (_, candidate) in &ranked {
        let sentence = &candidate.line.sentence;
        let text = courtesy::without_greeting(&sentence.text);
        let whole = text.len() == sentence.text.len();
        let long = if whole { sentence.length } else { length(text) };
        let own = if whole { Cow::Borrowed(&candidate.terms) } else { Cow::Owned(terms(text)) };
        let repeated = own.iter().filter(|term| seen.contains(*term)).count();
        if words + long > MOST_WORDS || !own.is_empty() && repeated * 10 > own.len() * 7 {
            continue;
        }
        words += long;
        seen.extend(own.into_owned());
        chosen.push((candidate.at, text));
        if chosen.len() == MOST_SENTENCES {
            break;
        }
    }
    chosen.sort_by_key(|(at, _)| *at);
    match (chosen.is_empty(), ranked.first()) {
        (true, Some((_, candidate))) => shorten(&candidate.line.sentence.text),
        _ => join(chosen.into_iter().map(|(_, text)| text)),
    }
}

/// How often a term occurs.
type Counts<'a> = HashMap<&'a str, usize, foldhash::fast::RandomState>;

/// A sentence that may stand in the summary.
struct Candidate<'a> {
    at: usize,
    line: &'a Line,
    terms: Vec<String>,
}

/// A sentence of the body that says something by itself: neither politeness, nor the head of a list, nor a scrap.
fn is_candidate(line: &Line) -> bool {
    let text = line.sentence.text.as_str();
    line.body
        && line.intent != Intent::Courtesy
        && line.sentence.length >= 3
        && !text.ends_with([':', '：', ','])
        && text.split_whitespace().any(|w| !w.contains("://"))
}

/// How much a sentence says, by its place, words and length.
fn telling(candidate: &Candidate, place: usize, counts: &Counts) -> f64 {
    let own = &candidate.terms;
    let weight: f64 = own
        .iter()
        .filter_map(|term| counts.get(term.as_str()))
        .map(|n| f64::from(u32::try_from(*n).unwrap_or(u32::MAX)).ln_1p())
        .sum();
    let density = if own.is_empty() { 0.0 } else { weight / (own.len() as f64).sqrt().max(1.0) };
    let position = match place {
        0 => 1.5,
        1 => 0.8,
        2 => 0.4,
        _ => 0.0,
    };
    let shape = match candidate.line.sentence.length {
        0..=4 => -1.0,
        5..=30 => 0.0,
        _ => -0.5,
    };
    density + position + shape
}

/// How much it matters for what it does.
fn score(line: &Line, day: Date) -> f64 {
    let act = match line.intent {
        Intent::Request | Intent::Question if line.to_owner => 1.0,
        Intent::Request | Intent::Question | Intent::Promise => 0.6,
        _ => 0.0,
    };
    let decided = if facts::is_decision(line) { 1.2 } else { 0.0 };
    let fact = if line.is_fact(day) { 0.5 } else { 0.0 };
    let item = if line.sentence.bullet { -0.4 } else { 0.0 };
    act + decided + fact + item
}

/// How often each term occurs in the whole text.
fn frequencies<'a>(candidates: &'a [Candidate]) -> Counts<'a> {
    let mut counts = Counts::default();
    for term in candidates.iter().flat_map(|candidate| &candidate.terms) {
        *counts.entry(term.as_str()).or_insert(0) += 1;
    }
    counts
}

/// The words that carry content, none twice, in their order: those of five letters or more, and runs of ideographs
/// by pairs. (The order matters: sums of fractions differ with it, and a mail must read the same every time.)
fn terms(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let is_wide = |c: char| matches!(c, '\u{3400}'..='\u{9fff}' | '\u{30a0}'..='\u{30ff}');
    let wide: Vec<char> = if lower.is_ascii() { Vec::new() } else { lower.chars().filter(|c| is_wide(*c)).collect() };
    let pairs: Vec<String> = wide.windows(2).map(|pair| pair.iter().collect()).collect();
    let long = lower.unicode_words().filter(|w| w.chars().nth(4).is_some() && !w.chars().any(is_cjk));
    let mut seen: HashSet<&str, foldhash::fast::RandomState> = HashSet::default();
    long.chain(pairs.iter().map(String::as_str)).filter(|term| seen.insert(term)).map(str::to_owned).collect()
}

/// Sentences on one line, each ended.
fn join<'a>(sentences: impl Iterator<Item = &'a str>) -> String {
    let mut out = String::new();
    for text in sentences {
        if !out.is_empty() && !out.ends_with(is_cjk) {
            out.push(' ');
        }
        let mut chars = text.chars();
        out.extend(chars.next().into_iter().flat_map(char::to_uppercase));
        out.push_str(chars.as_str());
        let end = text.trim_end_matches([')', '"', '”', '»', '」', '）', '\'']);
        if !end.ends_with(['.', '!', '?', '…', '。', '！', '？']) {
            out.push(if text.ends_with(is_cjk) { '。' } else { '.' });
        }
    }
    out
}

/// The head of a sentence that alone is too long.
fn shorten(text: &str) -> String {
    let mut out = String::new();
    for piece in text.split_word_bounds() {
        if length(&out) + length(piece) > MOST_WORDS || out.len() > 600 {
            break;
        }
        out.push_str(piece);
    }
    format!("{}…", out.trim_end())
}
