//! A sentence as its words: the one form that every phrase list is matched against.

use std::collections::HashMap;
use std::sync::OnceLock;
use unicode_segmentation::UnicodeSegmentation;

/// A text lowercased, its punctuation gone, its words one space apart, with a space at both ends; so a phrase
/// of whole words is a plain substring. Apostrophes are straight, hyphens inside words stay.
#[derive(Debug, Clone, Default)]
pub struct Words {
    text: String,
    starts: Starts,
}

/// Two are equal when their words are.
impl PartialEq for Words {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Words {}

/// How the words, and the characters outside ASCII, begin: their first three and their first six bytes, as two sets
/// that may hold more than was put in. Nearly all phrases of a long list are ruled out by them, without a look at
/// the text.
#[derive(Debug, Clone, Copy, Default)]
struct Starts {
    three: [u64; 8],
    six: [u64; 8],
}

impl Starts {
    fn of(text: &str) -> Self {
        let mut starts = Starts::default();
        for (at, _) in places(text) {
            let rest = text.as_bytes().get(at..).unwrap_or_default();
            put(&mut starts.three, three(rest));
            if let Some(key) = six(rest) {
                put(&mut starts.six, key);
            }
        }
        starts
    }

    /// True when the two have something in common.
    fn meets(&self, other: &Starts) -> bool {
        let common = |a: &[u64; 8], b: &[u64; 8]| a.iter().zip(b).any(|(a, b)| a & b != 0);
        common(&self.three, &other.three) || common(&self.six, &other.six)
    }

    /// True when something may begin as `phrase` does.
    fn may_have(&self, phrase: &str) -> bool {
        let (set, key) = match six(phrase.as_bytes()) {
            Some(key) => (&self.six, key),
            None => (&self.three, three(phrase.as_bytes())),
        };
        let (slot, bit) = place(key);
        set.get(slot).is_some_and(|word| word & bit != 0)
    }
}

/// Where words begin, and characters outside ASCII, and whether a blank is before them.
fn places(text: &str) -> impl Iterator<Item = (usize, bool)> {
    let mut before = b' ';
    text.bytes().enumerate().filter_map(move |(at, byte)| {
        let after_blank = std::mem::replace(&mut before, byte) == b' ';
        (after_blank && byte != b' ' || byte >= 0xc0).then_some((at, after_blank))
    })
}

fn put(set: &mut [u64; 8], key: u64) {
    let (slot, bit) = place(key);
    if let Some(word) = set.get_mut(slot) {
        *word |= bit;
    }
}

/// A list of phrases, so arranged that a text is compared with few of them.
#[derive(Debug)]
pub struct Phrases {
    list: &'static [&'static str],
    index: OnceLock<Index>,
}

/// The places of phrases in their list, by how they begin.
#[derive(Debug, Default)]
struct Index {
    starts: Starts,
    six: Keyed,
    three: Keyed,
    anywhere: Vec<usize>,
}

type Keyed = HashMap<u64, Vec<usize>, foldhash::fast::RandomState>;

impl Phrases {
    /// A list; the first phrase goes before the second.
    pub const fn of(list: &'static [&'static str]) -> Self {
        Phrases { list, index: OnceLock::new() }
    }

    fn at(&self, i: usize) -> Option<&'static str> {
        self.list.get(i).copied()
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let mut index = Index::default();
            for (i, phrase) in self.list.iter().enumerate() {
                if starts_anywhere(phrase) {
                    index.anywhere.push(i);
                } else if let Some(key) = six(phrase.as_bytes()) {
                    put(&mut index.starts.six, key);
                    index.six.entry(key).or_default().push(i);
                } else {
                    put(&mut index.starts.three, three(phrase.as_bytes()));
                    index.three.entry(three(phrase.as_bytes())).or_default().push(i);
                }
            }
            index
        })
    }
}

/// True for a phrase that may begin in the middle of a word: its script sets no blanks, and its first letter is of
/// another.
fn starts_anywhere(phrase: &str) -> bool {
    !phrase.is_ascii() && !phrase.starts_with(is_cjk) && unspaced(phrase)
}

fn six(bytes: &[u8]) -> Option<u64> {
    let [a, b, c, d, e, f] = *bytes.first_chunk()?;
    Some(u64::from_le_bytes([a, b, c, d, e, f, 0, 0]))
}

/// A phrase shorter than that is a whole word: a blank follows it in the text.
fn three(bytes: &[u8]) -> u64 {
    match *bytes {
        // After a word of one letter the next word's first letter stands third.
        [a, b' ', ..] | [a] => u64::from_le_bytes([a, b' ', 0, 0, 0, 0, 0, 0]),
        [a, b, c, ..] => u64::from_le_bytes([a, b, c, 0, 0, 0, 0, 0]),
        [a, b] => u64::from_le_bytes([a, b, b' ', 0, 0, 0, 0, 0]),
        [] => 0,
    }
}

fn place(key: u64) -> (usize, u64) {
    let hash = key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 55;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

impl Words {
    /// The words of `text`.
    pub fn of(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 2);
        out.push(' ');
        let mut blank = true;
        let mut push = |out: &mut String, c: char| {
            let kept = match c {
                '’' | '‘' | '`' => Some('\''),
                c if c.is_alphanumeric() || matches!(c, '\'' | '-' | '@' | 'ー' | '々') => Some(c),
                _ => None,
            };
            if let Some(c) = kept {
                out.push(c);
            } else if !blank {
                out.push(' ');
            }
            blank = kept.is_none();
        };
        for c in text.chars() {
            if c.is_ascii() {
                push(&mut out, c.to_ascii_lowercase());
            } else {
                c.to_lowercase().for_each(|c| push(&mut out, c));
            }
        }
        if !blank {
            out.push(' ');
        }
        Self::new(out)
    }

    fn new(text: String) -> Self {
        Words { starts: Starts::of(&text), text }
    }

    /// True when some phrase occurs: as whole words, or anywhere where the script sets no spaces. For a handful of
    /// them; long lists are [`Phrases`].
    pub fn has(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| match self.starts.may_have(phrase) {
            // A phrase in such a script may begin with a letter of another, in the middle of a word.
            false => starts_anywhere(phrase) && self.text.contains(phrase),
            true => self.places().any(|(at, after_blank)| self.stands(phrase, at, after_blank)),
        })
    }

    /// True when some phrase of the list occurs.
    pub fn holds(&self, phrases: &Phrases) -> bool {
        self.first_of(phrases).is_some()
    }

    /// The first phrase of the list that occurs.
    pub fn first_of(&self, phrases: &Phrases) -> Option<&'static str> {
        let index = phrases.index();
        let mut first = index.anywhere.iter().copied().find(|i| phrases.at(*i).is_some_and(|p| self.text.contains(p)));
        if self.starts.meets(&index.starts) {
            for (at, after_blank) in self.places() {
                let rest = self.text.as_bytes().get(at..).unwrap_or_default();
                let keyed = [six(rest).and_then(|key| index.six.get(&key)), index.three.get(&three(rest))];
                for i in keyed.into_iter().flatten().flatten().copied() {
                    let earlier = first.is_none_or(|first| i < first);
                    if earlier && phrases.at(i).is_some_and(|phrase| self.stands(phrase, at, after_blank)) {
                        first = Some(i);
                    }
                }
            }
        }
        first.and_then(|i| phrases.at(i))
    }

    /// Where words begin, and characters outside ASCII, and whether a blank is before them.
    fn places(&self) -> impl Iterator<Item = (usize, bool)> {
        places(&self.text)
    }

    /// True when the phrase stands at this place: between two blanks, or in a script that sets none.
    fn stands(&self, phrase: &str, at: usize, after_blank: bool) -> bool {
        let rest = self.text.as_bytes().get(at..).and_then(|rest| rest.strip_prefix(phrase.as_bytes()));
        rest.is_some_and(|rest| after_blank && rest.first() == Some(&b' ') || unspaced(phrase))
    }

    /// True when the text begins with some phrase.
    pub fn starts(&self, phrases: &[&str]) -> bool {
        let text = self.text.strip_prefix(' ').unwrap_or_default();
        phrases
            .iter()
            .filter(|phrase| phrase.as_bytes().first() == text.as_bytes().first())
            .any(|phrase| text.strip_prefix(phrase).is_some_and(|rest| rest.starts_with(' ') || unspaced(phrase)))
    }

    /// True when the whole text is some phrase.
    pub fn is(&self, phrases: &[&str]) -> bool {
        phrases.contains(&self.text.trim())
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.text.split(' ').filter(|word| !word.is_empty())
    }

    /// The words after the first `n`.
    pub fn skip(&self, n: usize) -> Words {
        if n == 0 {
            return self.clone();
        }
        let mut out = String::from(" ");
        for word in self.iter().skip(n) {
            out.push_str(word);
            out.push(' ');
        }
        Self::new(out)
    }
}

/// True for scripts written without spaces between words.
pub fn unspaced(text: &str) -> bool {
    text.chars().any(is_cjk)
}

/// Han, kana, and their punctuation.
pub fn is_cjk(c: char) -> bool {
    matches!(c, '\u{3000}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

/// How long a text reads, in words: two ideographs count as one.
pub fn length(text: &str) -> usize {
    let wide = if text.is_ascii() { 0 } else { text.chars().filter(|c| is_cjk(*c)).count() };
    match wide {
        0 => text.unicode_words().count(),
        _ => text.unicode_words().filter(|w| !w.chars().any(is_cjk)).count() + wide.div_ceil(2),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_whole_words() {
        let words = Words::of("Well — could you, Sam, don’t wait?");
        static LIST: Phrases = Phrases::of(&["you wait", "sam", "could you", "don't", "だ", "xを"]);
        assert_eq!(words.first_of(&LIST), Some("sam"));
        assert_eq!(Words::of("could you").first_of(&LIST), Some("could you"));
        assert_eq!(Words::of("確認ください").first_of(&LIST), Some("だ"));
        assert_eq!(Words::of("taxを").first_of(&LIST), Some("xを"));
        assert_eq!(Words::of("samt, could younger dont").first_of(&LIST), None);
        assert!(words.has(&["could you"]) && words.has(&["don't"]) && words.starts(&["well could"]));
        assert!(!words.has(&["ould you", "wai"]) && !words.starts(&["we"]));
        assert!(Words::of("明日までにご確認ください。").has(&["ご確認", "ください"]));
        assert!(Words::of("Thoughts?").is(&["thoughts"]));
        assert_eq!(Words::of("a b c").skip(2), Words::of("c"));
        assert_eq!(Words::of("").iter().count(), 0);
    }

    #[test]
    fn lengths() {
        for (text, n) in [("Two words.", 2), ("明日までに", 3), ("", 0)] {
            assert_eq!(length(text), n, "{text}");
        }
    }
}
