//! A sentence as its words: the one form that every phrase list is matched against.

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
        let mut before = b' ';
        for (at, byte) in text.bytes().enumerate() {
            if before == b' ' || byte >= 0xc0 {
                let rest = text.as_bytes().get(at..).unwrap_or_default();
                for (set, key) in [(&mut starts.three, Some(three(rest))), (&mut starts.six, six(rest))] {
                    let (slot, bit) = place(key.unwrap_or_default());
                    if let Some(word) = set.get_mut(slot) {
                        *word |= bit;
                    }
                }
            }
            before = byte;
        }
        starts
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

    /// True when some phrase occurs: as whole words, or anywhere where the script sets no spaces.
    pub fn has(&self, phrases: &[&str]) -> bool {
        self.first_of(phrases).is_some()
    }

    /// The first phrase of the list that occurs.
    pub fn first_of<'p>(&self, phrases: &[&'p str]) -> Option<&'p str> {
        phrases.iter().copied().find(|phrase| match self.starts.may_have(phrase) {
            // A phrase in such a script may begin with a letter of another, in the middle of a word.
            false => {
                !phrase.is_ascii() && !phrase.starts_with(is_cjk) && unspaced(phrase) && self.text.contains(phrase)
            }
            true if phrase.is_ascii() || !unspaced(phrase) => self.has_whole(phrase),
            true => self.text.contains(phrase),
        })
    }

    /// True when the phrase stands between two blanks.
    fn has_whole(&self, phrase: &str) -> bool {
        memchr::memchr_iter(b' ', self.text.as_bytes()).any(|at| {
            let rest = self.text.as_bytes().get(at + 1..).unwrap_or_default();
            rest.strip_prefix(phrase.as_bytes()).is_some_and(|rest| rest.first() == Some(&b' '))
        })
    }

    /// True when the text begins with some phrase.
    pub fn starts(&self, phrases: &[&str]) -> bool {
        let text = self.text.strip_prefix(' ').unwrap_or_default();
        phrases
            .iter()
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
    let wide = text.chars().filter(|c| is_cjk(*c)).count();
    let words = text.unicode_words().filter(|w| !w.chars().any(is_cjk)).count();
    words + wide.div_ceil(2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_whole_words() {
        let words = Words::of("Well — could you, Sam, don’t wait?");
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
