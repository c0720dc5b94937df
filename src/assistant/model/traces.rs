//! What the inputs say, so that it can be told what an answer has made up.
//!
//! What enters are [`Inputs`] and a sentence; what leaves is the first thing of it that nothing in the inputs bears out:
//! an address, a figure, a date, a name. By whole words: "annual" is no trace of an Ann.

use super::Inputs;
use super::pieces::{Figure, Kind, address_key, bare, figures, is_address, raw_words};
use super::secrets;
use crate::assistant::offline::words::is_cjk;
use crate::assistant::offline::{dates, sentence};
use jiff::civil::Date;
use std::collections::{BTreeSet, HashSet};

/// What the inputs say.
#[derive(Debug)]
pub struct Traces {
    day: Date,
    language: Option<String>,
    figures: HashSet<Figure>,
    dates: BTreeSet<Date>,
    /// Whole words, lowercased.
    words: HashSet<String>,
    /// Capitalised words next to each other, lowercased.
    pairs: HashSet<(String, String)>,
    /// Words that stand uncapitalised somewhere.
    small: HashSet<String>,
    /// Words of mail and instructions, lowercased: what is in notes only is not in here.
    thread: HashSet<String>,
    /// Web and mail addresses of the thread.
    addresses: HashSet<String>,
    /// Everything, lowercased, for scripts that set no blanks.
    whole: String,
    /// What the owner said, wrote down or wants said, sentence by sentence.
    said: Vec<HashSet<String>>,
}

impl Traces {
    /// Gathers what the inputs say.
    pub fn of(inputs: &Inputs) -> Traces {
        let message = &inputs.message;
        let people: Vec<String> = message
            .from
            .iter()
            .chain(&message.reply_to)
            .chain(message.recipients())
            .map(ToString::to_string)
            .chain([inputs.owner.name.clone()])
            .chain(inputs.owner.addresses.iter().cloned())
            .collect();
        let earlier = inputs.earlier.iter().flat_map(|e| [e.who.as_str(), e.text.as_str()]);
        let thread: Vec<&str> = [inputs.base_subject.as_str(), inputs.new_text.as_str()]
            .into_iter()
            .chain(earlier)
            .chain(inputs.instructions.as_deref())
            .chain(people.iter().map(String::as_str))
            .collect();
        let notes: Vec<String> = inputs
            .context
            .excerpts
            .iter()
            .flat_map(|e| [secrets::without(&e.note), secrets::without(&e.text)])
            .chain([secrets::without(&inputs.persona.text)])
            .collect();
        let own = inputs.earlier.iter().filter(|e| e.own).map(|e| e.text.as_str());
        let excerpts = inputs.context.excerpts.iter().map(|e| e.text.as_str());
        let said: Vec<&str> = own.chain(excerpts).chain(inputs.instructions.as_deref()).collect();
        let mut traces = Traces {
            day: inputs.day,
            language: inputs.offline.language.clone(),
            figures: HashSet::new(),
            dates: BTreeSet::new(),
            words: HashSet::new(),
            pairs: HashSet::new(),
            small: HashSet::new(),
            thread: HashSet::new(),
            addresses: HashSet::new(),
            whole: String::new(),
            said: said.into_iter().flat_map(sentence::split).map(|s| content(&s.text)).collect(),
        };
        for text in thread {
            traces.add(text);
            traces.thread.extend(raw_words(text).map(|w| bare(w).to_lowercase()));
            traces.addresses.extend(raw_words(text).filter(|w| is_address(w)).map(address_key));
        }
        notes.iter().for_each(|text| traces.add(text));
        traces
    }

    fn add(&mut self, text: &str) {
        self.figures.extend(figures(text));
        for line in text.lines() {
            self.dates.extend(dates::find(line, self.day));
        }
        let mut before = "";
        for word in raw_words(text) {
            let plain = bare(word);
            let lower = plain.to_lowercase();
            if is_capital(plain) && is_capital(before) {
                self.pairs.insert((before.to_lowercase(), lower.clone()));
            }
            for part in plain.split(['-', '/', '\'', '’', '.', ',', '_', '@']) {
                self.words.insert(part.to_lowercase());
            }
            if !is_capital(plain) {
                self.small.insert(lower.clone());
            }
            self.words.insert(lower);
            before = if word.ends_with(['.', '!', '?', ';', ':']) { "" } else { plain };
        }
        self.whole.push_str(&text.to_lowercase());
        self.whole.push('\n');
    }

    /// The date stands in the inputs.
    pub fn has_date(&self, date: Date) -> bool {
        self.dates.contains(&date)
    }

    /// The name stands in the inputs, its words next to each other.
    pub fn has_name(&self, name: &str) -> bool {
        if name.chars().any(is_cjk) {
            return self.whole.contains(&name.to_lowercase());
        }
        let words: Vec<String> = name.split_whitespace().map(|w| bare(w).to_lowercase()).collect();
        words.iter().all(|w| self.words.contains(w))
            && words.windows(2).all(|w| match w {
                [a, b] => self.pairs.contains(&(a.clone(), b.clone())) || self.pairs.contains(&(b.clone(), a.clone())),
                _ => true,
            })
    }

    /// What a line of the digest says that nothing bears out: an address, a figure, code.
    pub fn made_up_in_digest(&self, line: &str) -> Option<String> {
        let code = ["<", "![", "]("].iter().find(|code| line.contains(**code) && !self.whole.contains(**code));
        code.map(|code| (*code).to_owned()).or_else(|| self.foreign_word(line)).or_else(|| self.foreign_figure(line))
    }

    /// What a sentence of a draft says that nothing bears out. `starts`: its first word begins a sentence.
    pub fn made_up(&self, sentence: &str) -> Option<String> {
        self.foreign_word(sentence)
            .or_else(|| self.foreign_figure(sentence))
            .or_else(|| self.foreign_date(sentence))
            .or_else(|| self.number_word(sentence))
            .or_else(|| self.foreign_name(sentence))
    }

    /// An address that is not in the thread, or a code that is only in notes.
    fn foreign_word(&self, text: &str) -> Option<String> {
        raw_words(text).find(|word| self.is_foreign(word)).map(str::to_owned)
    }

    /// True for a word that must not be in a draft even in brackets.
    pub fn is_foreign(&self, word: &str) -> bool {
        let known = || self.thread.contains(&bare(word).to_lowercase());
        if is_address(word) {
            !self.addresses.contains(&address_key(word))
        } else {
            secrets::is_code(bare(word)) && !known()
        }
    }

    fn foreign_figure(&self, text: &str) -> Option<String> {
        let dates: Vec<Date> = dates::find(text, self.day).into_iter().filter(|d| self.has_date(*d)).collect();
        let of_date = |value: &str| {
            value.parse::<Date>().is_ok_and(|d| self.has_date(d))
                || dates.iter().any(|d| {
                    let parts = [i32::from(d.day()), i32::from(d.month()), i32::from(d.year())];
                    let written = |n: &str| n.parse::<i32>().is_ok_and(|n| parts.contains(&n));
                    value.split(['.', '/', '-']).all(|n| !n.is_empty() && written(n))
                })
        };
        let known = |figure: &Figure| {
            // A price has to be one in the inputs, too; a figure without a unit may be any.
            self.figures.contains(figure)
                || figure.kind == Kind::Plain && self.figures.iter().any(|f| f.value == figure.value)
                || figure.kind == Kind::Plain && of_date(&figure.value)
        };
        figures(text).into_iter().find(|figure| !known(figure)).map(|figure| figure.value)
    }

    fn foreign_date(&self, text: &str) -> Option<String> {
        if let Some(date) = dates::find(text, self.day).into_iter().find(|date| !self.has_date(*date)) {
            return Some(date.to_string());
        }
        // A day of the week that its date is not.
        dates::misfit(text, self.day).map(|(name, _)| name)
    }

    /// `five thousand` is a figure as well.
    fn number_word(&self, text: &str) -> Option<String> {
        raw_words(text)
            .map(|w| bare(w).to_lowercase())
            .find(|word| NUMBER_WORDS.contains(&word.as_str()) && !self.words.contains(word))
    }

    fn foreign_name(&self, text: &str) -> Option<String> {
        if text.chars().any(is_cjk) {
            return self.foreign_name_unspaced(text);
        }
        let german = self.language.as_deref() == Some("deu");
        let words: Vec<&str> = raw_words(text).collect();
        let mut before = "";
        for (at, word) in words.iter().enumerate() {
            let plain = bare(word);
            let lower = plain.to_lowercase();
            let starts = at == 0;
            let name = is_capital(plain) && plain.chars().count() > 1;
            let known = self.words.contains(&lower) || plain.split('-').all(|p| self.words.contains(&p.to_lowercase()));
            let dated = dates::is_month(&lower) || WEEKDAYS.contains(&lower.as_str());
            let common = COMMON.contains(&lower.as_str()) || dated || german && is_german_noun(&lower);
            if name && !known && !common {
                return Some(plain.to_owned());
            }
            // Two names of two people make a third.
            let pair = || (before.to_lowercase(), lower.clone());
            let no_name = |w: &str, first: bool| {
                COMMON.contains(&w) || w.contains(|c: char| c.is_ascii_digit()) || first && self.small.contains(w)
            };
            let both = name && !starts && is_capital(before) && !common;
            let both = both && !no_name(&before.to_lowercase(), at == 1) && !no_name(&lower, false);
            if both && !german && !self.pairs.contains(&pair()) {
                return Some(format!("{before} {plain}"));
            }
            before = if word.ends_with([',', '.', ';', ':', '!', '?']) { "" } else { plain };
        }
        None
    }

    /// Where no blanks are set: what stands before a title, words in katakana, words in Latin letters.
    fn foreign_name_unspaced(&self, text: &str) -> Option<String> {
        let runs = |of: &dyn Fn(char) -> bool| {
            text.split(|c: char| !of(c)).filter(|run| run.chars().count() > 1).map(str::to_owned).collect::<Vec<_>>()
        };
        let katakana = runs(&|c: char| matches!(c, '\u{30a1}'..='\u{30fc}'));
        let latin = runs(&|c: char| c.is_ascii_alphabetic());
        let titled = ["さん", "様", "氏", "先生"].iter().flat_map(|title| {
            text.match_indices(title).filter_map(|(at, _)| {
                let name: Vec<char> = text
                    .get(..at)?
                    .chars()
                    .rev()
                    .take_while(|c| matches!(c, '\u{4e00}'..='\u{9fff}'))
                    .take(4)
                    .collect();
                (!name.is_empty()).then(|| name.into_iter().rev().collect::<String>())
            })
        });
        let found: Vec<String> = katakana.into_iter().chain(latin).chain(titled).collect();
        found.into_iter().find(|run| !self.whole.contains(&run.to_lowercase()))
    }

    /// True when the owner said so: in the thread, in a note, or in what he wants said.
    pub fn was_said(&self, sentence: &str) -> bool {
        let wanted = content(sentence);
        !wanted.is_empty() && self.said.iter().any(|said| wanted.is_subset(said))
    }
}

/// Letters and figures of a text, lowercased, one blank between words: for finding one in another.
pub fn plain(text: &str) -> String {
    let text: String = text.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a sentence that say something.
fn content(sentence: &str) -> HashSet<String> {
    let plain = plain(sentence);
    let says = |w: &&str| {
        w.chars().count() > 3 || w.chars().any(|c| c.is_ascii_digit()) || matches!(*w, "not" | "no" | "yes" | "ja")
    };
    plain.split(' ').filter(says).map(str::to_owned).collect()
}

fn is_capital(word: &str) -> bool {
    word.starts_with(char::is_uppercase)
}

/// In German every noun is capitalised: those that are no names by their ending.
fn is_german_noun(lower: &str) -> bool {
    ["ung", "ungen", "heit", "heiten", "keit", "keiten", "schaft", "tion", "tionen", "tät", "nis", "nisse", "ment"]
        .iter()
        .any(|end| lower.ends_with(end) && lower.len() > end.len() + 2)
}

/// Days of the week that are written like names; whether the date is borne out is looked at elsewhere.
const WEEKDAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonntag",
];

#[rustfmt::skip]
const NUMBER_WORDS: &[&str] = &[
    "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "fifteen", "twenty", "thirty",
    "forty", "fifty", "sixty", "seventy", "eighty", "ninety", "hundred", "thousand", "million", "half", "double", "dozen",
    "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "zwanzig", "fünfzig", "hundert", "tausend", "million",
    "deux", "trois", "quatre", "cinq", "sept", "huit", "neuf", "dix", "vingt", "cent", "mille", "dos", "tres", "cuatro", "cinco",
    "seis", "siete", "ocho", "nueve", "diez", "veinte", "cien", "mil", "due", "tre", "quattro", "cinque", "dieci", "cento",
];

/// Capitalised words that are no names: those that sentences begin with, and those that are always written so.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    // English
    "i", "i'm", "i’m", "i've", "i’ve", "i'd", "i’d", "i'll", "i’ll", "ok", "okay", "the", "a", "an", "this", "that", "these",
    "those", "it", "its", "it's", "it’s", "we", "we're", "we've", "you", "your", "yours", "they", "their", "he", "she", "his",
    "her", "my", "our", "there", "here", "thank", "thanks", "please", "yes", "no", "not", "as", "at", "in", "on", "of", "for",
    "from", "by", "to", "with", "about", "after", "before", "when", "where", "what", "which", "who", "why", "how", "if", "so",
    "and", "but", "or", "also", "regarding", "concerning", "unfortunately", "currently", "let", "once", "since", "while", "could",
    "would", "can", "may", "should", "will", "do", "does", "did", "is", "are", "was", "were", "have", "has", "had", "happy", "glad",
    "sorry", "sure", "great", "good", "both", "all", "each", "any", "some", "one", "then", "now", "just", "feel", "looking",
    "attached", "see", "note", "english", "german", "french", "spanish", "until", "apologies", "otherwise", "however", "hello",
    "hi", "dear", "best", "kind", "regards", "pdf", "fyi", "asap", "email", "e-mail", "that's", "that’s", "first", "second",
    "certainly", "perhaps", "instead", "meanwhile", "besides", "today", "nothing", "everything", "agreed", "of course",
    // German
    "ich", "wir", "sie", "ihr", "ihre", "ihren", "ihrem", "ihrer", "ihnen", "du", "dein", "deine", "dir", "dich", "der", "die",
    "das", "den", "dem", "des", "ein", "eine", "einen", "es", "ja", "nein", "danke", "vielen", "dank", "bitte", "leider", "gerne",
    "gern", "zu", "zur", "zum", "bei", "mit", "von", "für", "auf", "aus", "nach", "vor", "im", "am", "wenn", "falls", "sobald",
    "was", "wann", "wo", "wer", "wie", "warum", "ob", "und", "aber", "oder", "auch", "hier", "dazu", "dafür", "damit", "dann",
    "frage", "fragen", "antwort", "nachricht", "grüße", "gruß", "termin", "tag", "tage", "woche", "mail", "unterlagen", "angebot",
    "zeit", "anfrage", "thema", "punkt", "punkte", "stelle", "moment", "herr", "frau", "guten", "hallo", "liebe", "lieber",
    // French
    "je", "j'ai", "nous", "vous", "tu", "il", "elle", "ils", "elles", "on", "le", "la", "les", "un", "une", "des", "du", "ce",
    "cette", "ces", "c'est", "merci", "oui", "non", "bonjour", "pour", "dans", "sur", "avec", "par", "si", "quand", "et", "mais",
    "malheureusement", "votre", "vos", "notre", "nos", "mon", "ma", "mes", "concernant", "quant", "au", "aux", "en", "veuillez",
    // Spanish, Italian, Portuguese, Dutch
    "yo", "nosotros", "usted", "ustedes", "él", "ella", "el", "los", "las", "una", "sí", "gracias", "hola", "por", "para", "con",
    "como", "cuando", "y", "pero", "lamentablemente", "su", "sus", "mi", "lo", "io", "noi", "lei", "gli", "grazie", "ciao",
    "purtroppo", "per", "che", "eu", "nós", "você", "o", "os", "as", "obrigado", "obrigada", "olá", "infelizmente", "ik", "wij",
    "u", "het", "de", "een", "bedankt", "helaas", "voor", "met", "over", "op", "wat", "dat", "dit",
];
