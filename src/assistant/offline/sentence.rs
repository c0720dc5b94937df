//! Text → sentences.
//!
//! What enters is plain text as people write it: wrapped, bulleted, in any language. What leaves are sentences on
//! one line each. Nothing is judged here.

use super::courtesy;
use super::words::{Words, is_cjk, length};
use std::cell::OnceCell;

/// More than this is not read: a reply answers the start of a mail, and time stays bounded.
const MOST_CHARS: usize = 60_000;
/// The same, for sentences.
const MOST_SENTENCES: usize = 500;

/// One sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sentence {
    /// Its text, on one line, blanks folded; never empty.
    pub text: String,
    /// Which paragraph it stands in, from 0.
    pub paragraph: usize,
    /// It is an item of a list, without its mark.
    pub bullet: bool,
    /// Its words, which every rule looks at.
    pub words: Words,
    /// How long it reads, in words.
    pub length: usize,
}

impl Sentence {
    /// A sentence with what follows from its text.
    pub fn new(text: String, paragraph: usize, bullet: bool) -> Self {
        Sentence { words: Words::of(&text), length: length(&text), text, paragraph, bullet }
    }
}

/// The sentences of `text`, in order.
pub fn split(text: &str) -> Vec<Sentence> {
    let text: String = text.chars().take(MOST_CHARS).collect();
    let mut out = Vec::new();
    for block in blocks(&text) {
        for sentence in cut(&block.text) {
            out.push(Sentence::new(sentence, block.paragraph, block.bullet));
        }
        if out.len() >= MOST_SENTENCES {
            out.truncate(MOST_SENTENCES);
            break;
        }
    }
    out
}

/// Lines that belong together: a wrapped paragraph, a list item, a line that stands alone.
struct Block {
    text: String,
    paragraph: usize,
    bullet: bool,
}

fn blocks(text: &str) -> Vec<Block> {
    let mut out: Vec<Block> = Vec::new();
    let mut paragraph = 0;
    let mut open = false;
    let mut before = Row::of("");
    for line in text.lines() {
        let trimmed = line.trim();
        // What is quoted between answers are another's words.
        if trimmed.starts_with('>') || !trimmed.chars().any(char::is_alphanumeric) {
            paragraph += usize::from(open);
            open = false;
            continue;
        }
        let (bullet, content) = bullet(trimmed);
        let row = Row::of(content);
        match out.last_mut() {
            Some(block) if open && !bullet && joins(&before, &row) => {
                let tight = block.text.ends_with(is_cjk) && content.starts_with(is_cjk);
                block.text.push_str(if tight { "" } else { " " });
                block.text.push_str(content);
            }
            _ => out.push(Block { text: content.to_owned(), paragraph, bullet }),
        }
        before = row;
        open = true;
    }
    out
}

/// A list mark (`-`, `*`, `•`, `1.`, `2)`, `a)`) and what follows it.
fn bullet(line: &str) -> (bool, &str) {
    if let Some(rest) = line.strip_prefix(['-', '*', '•', '·', '–', '+', '・', '▪', '◦'])
        && (rest.starts_with(char::is_whitespace) || line.starts_with(['•', '・']))
    {
        return (true, rest.trim_start());
    }
    if let Some((mark, rest)) = line.split_once(['.', ')', '）', '、']) {
        let number = mark.len() <= 2 && mark.chars().all(|c| c.is_ascii_digit());
        let letter = mark.len() == 1 && line.get(1..2) == Some(")") && mark.chars().all(|c| c.is_ascii_lowercase());
        let spaced = rest.starts_with(char::is_whitespace) || line.contains(['）', '、']);
        if !mark.is_empty() && (number || letter) && spaced && !rest.trim().is_empty() {
            return (true, rest.trim_start());
        }
    }
    (false, line)
}

/// True when `line` goes on where `before` was wrapped, rather than being broken off on purpose.
fn joins(before: &Row, line: &Row) -> bool {
    is_wrapped(before.text, line.text)
        && !courtesy::greets(before.text, before.words())
        && !courtesy::takes_leave(before.text, before.words())
        && !courtesy::takes_leave(line.text, line.words())
}

/// A line with its words, once they are asked for.
struct Row<'a> {
    text: &'a str,
    words: OnceCell<Words>,
}

impl<'a> Row<'a> {
    fn of(text: &'a str) -> Self {
        Row { text, words: OnceCell::new() }
    }

    fn words(&self) -> &Words {
        self.words.get_or_init(|| Words::of(self.text))
    }
}

/// True when the two look as if one line had been too long.
fn is_wrapped(before: &str, line: &str) -> bool {
    if line.starts_with(char::is_lowercase) {
        return true;
    }
    let width = |text: &str| text.chars().map(|c| 1 + usize::from(is_cjk(c))).sum::<usize>();
    let first_word = line.split_whitespace().next().map_or(0, width);
    let before = width(before);
    // A line that had room for the next word was ended by its writer; one past 100 columns was never wrapped.
    (60..=100).contains(&(before + 1 + first_word)) || (60..=100).contains(&before)
}

/// Cuts one block at the ends of its sentences.
fn cut(text: &str) -> Vec<String> {
    let chars: Vec<char> = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().collect();
    let mut out = Vec::new();
    let mut sentence = String::new();
    let mut at = 0;
    while let Some(&c) = chars.get(at) {
        sentence.push(c);
        at += 1;
        if !is_end(c) {
            continue;
        }
        while let Some(&next) = chars.get(at).filter(|next| is_end(**next) || closes(**next)) {
            sentence.push(next);
            at += 1;
        }
        let after = chars.get(at).copied();
        let breaks = match after {
            None => true,
            Some(next) if matches!(c, '。' | '！' | '？') => !matches!(next, '」' | '』' | 'と'),
            Some(' ') => {
                c != '.' && c != '…' || {
                    let word: String = chars.iter().skip(at + 1).take_while(|c| **c != ' ').collect();
                    !goes_on(&sentence, &word)
                }
            }
            Some(_) => false,
        };
        if breaks {
            push(&mut out, &mut sentence);
        }
    }
    push(&mut out, &mut sentence);
    out
}

fn push(out: &mut Vec<String>, sentence: &mut String) {
    let text = std::mem::take(sentence);
    let text = text.trim();
    if text.chars().any(char::is_alphanumeric) {
        out.push(text.to_owned());
    } else if let (Some(last), false) = (out.last_mut(), text.is_empty()) {
        last.push(' ');
        last.push_str(text);
    }
}

fn is_end(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '।')
}

fn closes(c: char) -> bool {
    matches!(c, ')' | ']' | '"' | '\'' | '”' | '’' | '»' | '“' | '」' | '』' | '）' | '*' | '_')
}

/// True when the full stop that ends `sentence` so far ends no sentence, `next` being the word after it.
fn goes_on(sentence: &str, next: &str) -> bool {
    /// Always followed by something.
    const BEFORE: [&str; 36] = [
        "mr", "mrs", "ms", "dr", "prof", "st", "vs", "no", "nr", "fig", "approx", "e.g", "i.e", "z.b", "d.h", "u.a",
        "ca", "bzw", "hr", "fr", "sr", "sra", "srta", "dra", "mme", "m", "mlle", "p.ej", "núm", "art", "vol", "pp",
        "cf", "evtl", "ggf", "tel",
    ];
    /// May end a sentence too: what follows decides.
    const EITHER: [&str; 24] = [
        "etc", "inc", "ltd", "co", "corp", "a.m", "p.m", "am", "pm", "usw", "jan", "feb", "mar", "apr", "jun", "jul",
        "aug", "sep", "sept", "oct", "nov", "dec", "str", "ext",
    ];
    let Some(body) = sentence.trim_end_matches(closes).strip_suffix(['.', '…']) else { return false };
    if next.starts_with(char::is_lowercase) {
        return true;
    }
    let word = body.rsplit([' ', '(', '"']).next().unwrap_or(body).to_lowercase();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_alphabetic) && word != "i";
    let month = next.trim_end_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let ordinal = word.len() <= 2 && word.chars().all(|c| c.is_ascii_digit()) && super::dates::is_month(&month);
    let number = EITHER.contains(&word.as_str()) && next.starts_with(|c: char| c.is_ascii_digit());
    initial || ordinal || number || BEFORE.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<String> {
        split(text).into_iter().map(|s| s.text).collect()
    }

    #[test]
    fn where_sentences_end() {
        for (text, want) in [
            ("One. Two! Three? Four", vec!["One.", "Two!", "Three?", "Four"]),
            (
                "Dr. Park met J. Ode at 3.5 km, e.g. here. Fine.",
                vec!["Dr. Park met J. Ode at 3.5 km, e.g. here.", "Fine."],
            ),
            ("See https://example.com/a?b=c.d for it. Ok?", vec!["See https://example.com/a?b=c.d for it.", "Ok?"]),
            ("It costs $1.50. Really?!", vec!["It costs $1.50.", "Really?!"]),
            ("Pens, paper, etc. The rest follows.", vec!["Pens, paper, etc.", "The rest follows."]),
            ("At 5 p.m. we start.", vec!["At 5 p.m. we start."]),
            ("Am 12. März geht es los. Gut.", vec!["Am 12. März geht es los.", "Gut."]),
            ("She said \"Go.\" Then left.", vec!["She said \"Go.\"", "Then left."]),
            ("明日でいいですか？はい。お願いします", vec!["明日でいいですか？", "はい。", "お願いします"]),
            ("可以吗？谢谢！", vec!["可以吗？", "谢谢！"]),
            ("Wait... what? Oh…", vec!["Wait... what?", "Oh…"]),
            ("?? !! ...", vec![]),
        ] {
            assert_eq!(texts(text), want, "{text}");
        }
    }

    #[test]
    fn lines_are_joined_where_they_were_wrapped() {
        let wrapped = "Hi Sam,\n\nthe warehouse people called again about the delivery that we\n\
                       expected on Monday. Could you\ncall them?\n";
        assert_eq!(
            texts(wrapped),
            [
                "Hi Sam,",
                "the warehouse people called again about the delivery that we expected on Monday.",
                "Could you call them?"
            ]
        );
        assert_eq!(texts("Hi Sam,\ncould you call?\nBest\nAda"), ["Hi Sam,", "could you call?", "Best", "Ada"]);
        assert_eq!(texts("倉庫の方から\n連絡がありました。"), ["倉庫の方から", "連絡がありました。"]);
    }

    #[test]
    fn lists_are_items() {
        let list = split("We need:\n- the plan,\n  as agreed\n- the price. And soon.\n1. A date\n2) A place");
        let items: Vec<(&str, bool)> = list.iter().map(|s| (s.text.as_str(), s.bullet)).collect();
        assert_eq!(
            items,
            [
                ("We need:", false),
                ("the plan, as agreed", true),
                ("the price.", true),
                ("And soon.", true),
                ("A date", true),
                ("A place", true)
            ]
        );
    }

    #[test]
    fn much_text_is_cut_off() {
        assert!(split(&"a. B ".repeat(100_000)).len() <= MOST_SENTENCES);
        assert!(split(&"x".repeat(1_000_000)).len() == 1);
    }
}
