//! A sentence as its words: the one form that every phrase list is matched against.

use unicode_segmentation::UnicodeSegmentation;

/// A text lowercased, its punctuation gone, its words one space apart, with a space at both ends; so a phrase
/// of whole words is a plain substring. Apostrophes are straight, hyphens inside words stay.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(String);

impl Words {
    /// The words of `text`.
    pub fn of(text: &str) -> Self {
        let mut out = String::with_capacity(text.len() + 2);
        out.push(' ');
        for c in text.chars().flat_map(char::to_lowercase) {
            match c {
                '’' | '‘' | '`' => out.push('\''),
                c if c.is_alphanumeric() || matches!(c, '\'' | '-' | '@' | 'ー' | '々') => out.push(c),
                _ if out.ends_with(' ') => {}
                _ => out.push(' '),
            }
        }
        if !out.ends_with(' ') {
            out.push(' ');
        }
        Words(out)
    }

    /// True when some phrase occurs: as whole words, or anywhere where the script sets no spaces.
    pub fn has(&self, phrases: &[&str]) -> bool {
        self.first_of(phrases).is_some()
    }

    /// The first phrase of the list that occurs.
    pub fn first_of<'p>(&self, phrases: &[&'p str]) -> Option<&'p str> {
        phrases.iter().copied().find(|phrase| {
            let mut places = self.0.match_indices(phrase);
            places.any(|(at, _)| unspaced(phrase) || self.stands_alone(at, phrase.len()))
        })
    }

    /// True when blanks surround the `len` bytes at `at`.
    fn stands_alone(&self, at: usize, len: usize) -> bool {
        let blank = |at: Option<usize>| at.and_then(|at| self.0.as_bytes().get(at)) == Some(&b' ');
        blank(at.checked_sub(1)) && blank(at.checked_add(len))
    }

    /// True when the text begins with some phrase.
    pub fn starts(&self, phrases: &[&str]) -> bool {
        phrases.iter().any(|phrase| {
            self.0
                .strip_prefix(' ')
                .and_then(|text| text.strip_prefix(phrase))
                .is_some_and(|rest| unspaced(phrase) || rest.starts_with(' '))
        })
    }

    /// True when the whole text is some phrase.
    pub fn is(&self, phrases: &[&str]) -> bool {
        phrases.contains(&self.0.trim())
    }

    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }

    /// The words after the first `n`.
    pub fn skip(&self, n: usize) -> Words {
        let mut out = String::from(" ");
        for word in self.iter().skip(n) {
            out.push_str(word);
            out.push(' ');
        }
        Words(out)
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
