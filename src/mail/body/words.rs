//! Text → its words, so that two texts can be compared by what they say. Nothing is copied.

/// The words of a text; addresses are none.
#[derive(Debug)]
pub(super) struct Words<'t> {
    text: &'t str,
    at: usize,
}

/// What a character is to words. Of each kind one bit, so that one look tells whether a byte is of one of several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Part = 1,
    /// Between words.
    Mark = 2,
    /// Between words and addresses.
    Blank = 4,
    /// A word of its own: where there are no blanks, lines are broken anywhere.
    Sign = 8,
}

/// The start of a longer character.
const LONG: u8 = 16;
/// What a word begins with; what ends it; what ends an address.
const BEGINS: u8 = Kind::Part as u8 | Kind::Sign as u8;
const ENDS: u8 = Kind::Mark as u8 | Kind::Blank as u8 | Kind::Sign as u8;
const BLANK: u8 = Kind::Blank as u8;

const KINDS: [u8; 256] = {
    let mut kinds = [Kind::Mark as u8; 256];
    let mut byte = 0_usize;
    while byte < 256 {
        #[allow(clippy::indexing_slicing)] // A constant: checked when it is compiled.
        {
            kinds[byte] = match byte as u8 {
                b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => Kind::Part as u8,
                b' ' | b'\t'..=b'\r' | b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'|' => Kind::Blank as u8,
                0x80.. => LONG,
                _ => Kind::Mark as u8,
            };
        }
        byte += 1;
    }
    kinds
};

fn kind(byte: u8) -> u8 {
    KINDS.get(usize::from(byte)).copied().unwrap_or_default()
}

impl<'t> Words<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Words { text, at: 0 }
    }

    /// Moves on to a character that is wanted, or to the end.
    fn pass(&mut self, wanted: u8) {
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            let Some(length) = rest.iter().position(|byte| kind(*byte) & (wanted | LONG) != 0) else {
                self.at = self.text.len();
                return;
            };
            self.at += length;
            if rest.get(length).is_none_or(|byte| kind(*byte) != LONG) {
                return;
            }
            let (kind, length) = self.long();
            if kind as u8 & wanted != 0 {
                return;
            }
            self.at += length;
        }
    }

    fn long(&self) -> (Kind, usize) {
        let c = self.text.get(self.at..).and_then(|rest| rest.chars().next()).unwrap_or(' ');
        // Blocks of marks and pictures; all others have letters, nearly enough, and no table is asked.
        let kind = match c {
            _ if c.is_whitespace() => Kind::Blank,
            '\u{aa}' | '\u{b5}' | '\u{ba}' => Kind::Part,
            '\u{80}'..='\u{bf}' | '\u{d7}' | '\u{f7}' => Kind::Mark,
            '\u{2000}'..='\u{2bff}' | '\u{2e00}'..='\u{2e7f}' | '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{3020}' => {
                Kind::Mark
            }
            '\u{fe00}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}' | '\u{fff0}'..='\u{ffff}' => {
                Kind::Mark
            }
            '\u{1f000}'..='\u{1faff}' => Kind::Mark,
            '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}' => Kind::Sign,
            _ => Kind::Part,
        };
        (kind, c.len_utf8())
    }
}

impl<'t> Iterator for Words<'t> {
    type Item = &'t [u8];

    fn next(&mut self) -> Option<&'t [u8]> {
        loop {
            self.pass(BEGINS);
            let from = self.at;
            let is_long = self.text.as_bytes().get(from).is_some_and(|byte| kind(*byte) == LONG);
            match is_long.then(|| self.long()) {
                Some((Kind::Sign, length)) => self.at += length,
                _ => self.pass(ENDS),
            }
            let word = self.text.as_bytes().get(from..self.at).filter(|word| !word.is_empty())?;
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            if rest.first() != Some(&b':') || !(rest.starts_with(b"://") || word.eq_ignore_ascii_case(b"mailto")) {
                return Some(word);
            }
            self.pass(BLANK);
        }
    }
}

/// A number for a word, whatever the case of its ASCII letters.
pub(super) fn number(word: &[u8]) -> u64 {
    let mut hash = word.len() as u64;
    for part in word.chunks(8) {
        let mut eight = [0_u8; 8];
        eight.iter_mut().zip(part).for_each(|(to, from)| *to = from.to_ascii_lowercase());
        hash = (hash.rotate_left(5) ^ u64::from_le_bytes(eight)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
    hash
}

#[cfg(test)]
mod tests {
    use super::{Words, number};

    #[test]
    fn addresses_and_marks_are_no_words() {
        for (text, expect) in [
            ("One, two\\_3!", vec!["One", "two", "3"]),
            ("see https://a.example/b?c=d ok", vec!["see", "ok"]),
            ("[x](https://a.example/b) y", vec!["x", "y"]),
            ("<mailto:a@b.example> MAILTO:c z:d", vec!["z", "d"]),
            ("\u{a0}Größe «и» 日本。語", vec!["Größe", "и", "日", "本", "語"]),
            ("A会議 3時", vec!["A", "会", "議", "3", "時"]),
            ("", vec![]),
            ("http://", vec![]),
        ] {
            let words: Vec<_> = Words::of(text).map(|w| std::str::from_utf8(w).unwrap()).collect();
            assert_eq!(words, expect, "{text}");
        }
        assert_eq!(number(b"Extraordinary"), number(b"eXTRAORDINARY"));
        assert_ne!(number(b"a"), number(b"a\0"));
    }
}
