//! What words tend to mean, learned from labelled sentences: whether a sentence wants something done.
//!
//! A logistic regression over hashed words, pairs and triples; `learned.bin` holds its weights, and
//! `scripts/train_intent.py` makes them from the Email Intent Data Set (Apache-2.0; see `learned.NOTICE.md`). English.
//! Nothing here invents words: it only weighs those that are there.

/// Bias and scale as 32-bit floats, little-endian; then a signed byte for each hash.
static WEIGHTS: &[u8] = include_bytes!("learned.bin");
/// So many hashes.
const HASHES: u32 = 1 << 16;
/// More words than these of one sentence are not looked at.
const MOST_WORDS: usize = 60;

/// The sum of what the words of a sentence weigh; above nought, something is to be done.
pub(super) fn weigh(tokens: &Tokens) -> f32 {
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

/// The small words of a sentence, one blank apart: runs of letters; a nought for a number; each other mark by itself.
#[derive(Debug)]
pub(super) struct Tokens {
    /// `<s>`, the words (of very many the first), `</s>`.
    text: String,
    /// Where each begins and ends.
    places: Vec<(usize, usize)>,
    /// How many words there are.
    count: usize,
    /// A question mark is among them.
    asks: bool,
}

impl Tokens {
    pub(super) fn of(text: &str) -> Tokens {
        let mut out =
            Tokens { text: String::with_capacity(text.len() + 16), places: Vec::new(), count: 0, asks: false };
        out.put("<s>");
        let lower = text.to_lowercase();
        for chunk in lower.split_whitespace() {
            if chunk.contains("://") || chunk.starts_with("www.") || chunk.contains("$link") {
                out.push("xurl");
            } else if chunk.contains('@') {
                out.push("xmail");
            } else {
                out.cut(chunk);
            }
        }
        out.put("</s>");
        out
    }

    /// How many words there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// The words.
    #[cfg(test)]
    fn words(&self) -> Vec<&str> {
        (1..=self.count).map(|at| self.run(at, at)).collect()
    }

    /// From one word to another, both included.
    fn run(&self, from: usize, to: usize) -> &str {
        let (Some((start, _)), Some((_, end))) = (self.places.get(from), self.places.get(to)) else { return "" };
        self.text.get(*start..*end).unwrap_or_default()
    }

    /// What stands between two blanks.
    fn cut(&mut self, chunk: &str) {
        let mut word = String::new();
        for c in chunk.chars() {
            let c = if c == '’' { '\'' } else { c };
            if c.is_alphabetic() || c == '\'' {
                if word == "0" {
                    self.push(&std::mem::take(&mut word));
                }
                word.push(c);
            } else if c.is_numeric() {
                if !word.is_empty() && word != "0" {
                    self.push(&std::mem::take(&mut word));
                }
                "0".clone_into(&mut word);
            } else {
                if !word.is_empty() {
                    self.push(&std::mem::take(&mut word));
                }
                self.push(c.encode_utf8(&mut [0; 4]));
            }
        }
        if !word.is_empty() {
            self.push(&word);
        }
    }

    fn push(&mut self, word: &str) {
        self.count += 1;
        self.asks |= word == "?";
        if self.count <= MOST_WORDS {
            self.put(word);
        }
    }

    fn put(&mut self, word: &str) {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.places.push((self.text.len(), self.text.len() + word.len()));
        self.text.push_str(word);
    }
}

/// What the model knows of a sentence, each once.
fn hashes(tokens: &Tokens) -> Vec<u32> {
    let kept = tokens.places.len().saturating_sub(2);
    let last = kept + 1;
    let mut found = Vec::with_capacity(kept * 4 + 16);
    for (n, name) in ["1:", "2:", "3:"].into_iter().enumerate() {
        found.extend(
            (0..=last.saturating_sub(n)).filter(|at| at + n <= last).map(|at| hash(&[name, tokens.run(at, at + n)])),
        );
    }
    for (at, name) in [(1, "p1:"), (2, "p2:"), (3, "p3:")] {
        if at <= last {
            found.push(hash(&[name, tokens.run(at, at)]));
        }
    }
    found.extend((2..=last).map(|at| hash(&["s:", tokens.run(at - 2, at - 2), " ", tokens.run(at, at)])));
    const LENGTHS: [&str; 9] = ["0", "1", "2", "3", "4", "5", "6", "7", "8"];
    found.push(hash(&["l:", LENGTHS.get(tokens.count / 4).copied().unwrap_or("8")]));
    found.push(hash(&["q:", if tokens.asks { "1" } else { "0" }]));
    found.sort_unstable();
    found.dedup();
    found
}

/// FNV-1a of all pieces together, folded.
fn hash(pieces: &[&str]) -> u32 {
    let step = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    let hash = pieces.iter().fold(0x811c_9dc5_u32, |hash, piece| piece.bytes().fold(hash, step));
    (hash ^ (hash >> 16)) & (HASHES - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weights_are_whole() {
        assert_eq!(WEIGHTS.len(), 8 + HASHES as usize);
        assert_eq!(
            Tokens::of("It's 12.5 kg, see https://example.org or ada@example.org!").words(),
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
            assert_eq!(weigh(&Tokens::of(sentence)) > 0.0, wants, "{sentence}");
        }
    }
}
