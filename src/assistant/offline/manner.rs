//! How the owner writes: text that was sent → what it shows; what several mails show → how a mail to somebody begins and ends.
//!
//! Pure, and by rules. What was written to that person comes first, word for word; what several others were written alike comes
//! second, and only what would suit anybody. A greeting is taken over only if it names nobody but whom it is for, and nothing
//! is that holds for one day alone (`Good morning`, `Have a nice weekend`).

use super::words::{Words, length};
use super::{courtesy, dates, language, name, sentence};
use crate::mail::Address;
use crate::note::manner::{Form, Manner, Shown};
use crate::note::owner::{Owner, name_words};
use std::cmp::Reverse;

/// A greeting or closing longer than this is none, in characters.
const MOST_LINE: usize = 60;
/// The closing stands among so many last lines: a signature may follow it.
const LAST_LINES: usize = 7;
/// So many sentences of one mail are kept, and so many are shown.
const MOST_LINES: usize = 2;
const MOST_EXAMPLES: usize = 5;
/// How long an example is, in characters.
const EXAMPLE: std::ops::RangeInclusive<usize> = 15..=140;
/// What so many people were written alike, a stranger may be, too.
const PEOPLE: usize = 3;

/// Words of greetings and closings that hold for a while only, or for what was asked.
#[rustfmt::skip]
const PASSING: &[&str] = &[
    "morning", "afternoon", "evening", "night", "day", "weekend", "week", "holiday", "holidays", "christmas", "easter", "year", "again",
    "advance", "soon", "tomorrow", "morgen", "mittag", "nachmittag", "abend", "wochenende", "woche", "tag", "weihnachten", "ostern", "jahr",
    "jahres", "voraus", "nochmals", "bald", "matin", "soir", "soirée", "bonsoir", "journée", "week-end", "noël", "année", "fêtes", "bientôt",
    "d'avance", "días", "tardes", "noches", "semana", "navidad", "año", "pronto", "antemano", "buonasera", "giornata", "presto", "anticipo",
    "natale", "dia", "tarde", "noite", "breve", "weekeinde", "kerst", "утро", "вечер", "день", "заранее", "congratulations",
];

/// Openings that suit anybody; the name follows.
#[rustfmt::skip]
const FOR_ANYBODY: &[&str] = &[
    "hi", "hello", "dear", "hallo", "bonjour", "hola", "ciao", "olá", "beste", "hej", "здравствуйте",
];

/// Leave that is taken of friends.
#[rustfmt::skip]
const FOR_FRIENDS: &[&str] = &[
    "love", "lg", "liebe grüße", "liebe grüsse", "un abrazo", "abrazos", "abraços", "groetjes", "amicalement", "bien à toi", "take care",
];

/// Openings that are formal by themselves, and titles.
#[rustfmt::skip]
const FORMAL_OPENINGS: &[&str] = &[
    "sehr geehrte", "sehr geehrter", "sehr geehrtes", "geachte", "estimado", "estimada", "estimados", "gentile", "prezado", "prezada",
    "уважаемый", "уважаемая", "guten tag", "dear sir", "dear madam", "尊敬的",
];
#[rustfmt::skip]
const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "miss", "dr", "prof", "professor", "sir", "madam", "herr", "herrn", "frau", "doktor", "monsieur", "madame",
    "mme", "señor", "señora", "sr", "sra", "signor", "signora", "dott", "meneer", "mevrouw", "senhor", "senhora", "様", "先生",
];
const CLOSE_OPENINGS: &[&str] = &["hi", "hey", "hiya", "lieber", "liebe", "salut", "coucou", "hoi", "oi", "привет"];

/// Pronouns that tell how somebody is addressed: language, closely, formally. Those with a capital count within a sentence only.
#[rustfmt::skip]
const PRONOUNS: &[(&str, &[&str], &[&str])] = &[
    ("deu", &["du", "dich", "dir", "dein", "deine", "deinen", "deinem", "deiner"], &["Sie", "Ihnen", "Ihr", "Ihre", "Ihren", "Ihrem", "Ihrer"]),
    ("fra", &["tu", "te", "toi", "ton", "ta", "tes"], &["vous", "votre", "vos"]),
    ("spa", &["tú", "te", "ti", "tu", "tus", "contigo"], &["usted", "ustedes"]),
    ("ita", &["tu", "ti", "te", "tuo", "tua", "tuoi"], &["Lei", "Suo", "Sua"]),
    ("por", &["tu", "te", "ti", "teu", "tua"], &["senhor", "senhora"]),
    ("nld", &["je", "jij", "jou", "jouw"], &["u", "uw"]),
    ("rus", &["ты", "тебя", "тебе", "твой", "твоя"], &["вы", "вас", "вам", "ваш", "ваша"]),
];

/// What a mail that the owner sent shows; `text` is without quotes and signature.
pub fn shown(text: &str, owner: &Owner) -> Shown {
    let language = language::detect(text);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let greeting = lines.first().and_then(|line| greeting(line)).map(str::to_owned);
    let form = form(text, greeting.as_deref(), language.as_deref());
    Shown { form, closing: closing(&lines, owner), words: length(text), lines: examples(text), language, greeting }
}

/// How a mail to `person` begins and ends, that answers `text` in `language`. `to_them` and `to_others` (one mail each) are what
/// the owner's mails show, the newest first.
pub fn towards(
    person: &Address,
    (text, language): (&str, Option<&str>),
    to_them: &[Shown],
    to_others: &[Shown],
) -> Manner {
    let usual = to_them.iter().find_map(|shown| shown.language.as_deref());
    let wanted = language.or(usual);
    let of = |language: Option<&str>| to_them.iter().filter(|s| s.language.as_deref() == language).collect::<Vec<_>>();
    let known = of(wanted);
    // A mail too short to tell its language says something where nothing else does.
    let known = if known.is_empty() { of(None) } else { known };
    let names = names(person, text);
    let greetings = known.iter().filter_map(|s| s.greeting.as_ref()).filter(|line| names_only(line, &names));
    let mut words: Vec<usize> = known.iter().map(|s| s.words).collect();
    words.sort_unstable();
    let forms = known.iter().filter_map(|s| s.form);
    // As others are written to that are addressed alike.
    let form_of_text = form(text, text.lines().find(|l| !l.trim().is_empty()).and_then(greeting), wanted);
    let others: Vec<&Shown> = to_others
        .iter()
        .filter(|s| s.language.is_some() && s.language.as_deref() == language)
        .filter(|s| form_of_text.is_none() || s.form.is_none() || s.form == form_of_text)
        .collect();
    Manner {
        greeting: usual_of(greetings, 1).cloned().or_else(|| greeting_of_all(person, &others)),
        closing: usual_of(known.iter().map(|s| &s.closing).filter(|lines| !lines.is_empty()), 1)
            .or_else(|| usual_of(others.iter().map(|s| &s.closing).filter(|lines| suits_anybody(lines)), PEOPLE))
            .cloned()
            .unwrap_or_default(),
        form: usual_of(forms, 1),
        words: words.get(words.len() / 2).copied(),
        examples: known.iter().flat_map(|s| &s.lines).take(MOST_EXAMPLES).cloned().collect(),
        language: language.is_none().then(|| usual.map(str::to_owned)).flatten(),
    }
}

/// The greeting that a line is, or begins with.
fn greeting(line: &str) -> Option<&str> {
    let head = match courtesy::is_greeting(line) {
        true => line,
        false => line.strip_suffix(courtesy::without_greeting(line)).map(str::trim_end)?,
    };
    (!head.is_empty() && holds_any_day(head)).then_some(head)
}

/// Neither of one day, nor with figures and addresses in it.
fn holds_any_day(line: &str) -> bool {
    let plain = |c: char| !c.is_ascii_digit() && !matches!(c, '@' | '/' | '<' | '[' | '{' | '*' | '_' | '`');
    line.chars().count() <= MOST_LINE
        && line.chars().all(plain)
        && !Words::of(line).iter().any(|word| PASSING.contains(&word) || dates::is_month(word))
}

/// The lines that take leave: a phrase, and a name of the owner's below it or without it.
fn closing(lines: &[&str], owner: &Owner) -> Vec<String> {
    let own = owner.name_words();
    let last = lines.get(lines.len().saturating_sub(LAST_LINES).max(1)..).unwrap_or_default();
    let phrase = last.iter().rposition(|line| courtesy::is_sign_off(line));
    let (found, rest): (Vec<&str>, &[&str]) = match phrase.and_then(|at| last.get(at..)) {
        Some([phrase, name, rest @ ..]) if is_signed(name, &own, true) => (vec![*phrase, *name], rest),
        Some([phrase, rest @ ..]) => (vec![*phrase], rest),
        _ => (last.last().filter(|line| is_signed(line, &own, false)).copied().into_iter().collect(), &[]),
    };
    // Below it stand a company and a number, and no sentences.
    let is_end = rest.iter().all(|line| !line.ends_with(['.', '!', '?', ':']));
    match is_end && found.iter().all(|line| holds_any_day(line)) {
        true => found.into_iter().map(str::to_owned).collect(),
        false => Vec::new(),
    }
}

/// True for a name that the owner signs with: one of his, or, below a phrase, what he is called.
fn is_signed(line: &str, own: &[String], below: bool) -> bool {
    let words: Vec<String> =
        line.split_whitespace().map(|word| word.trim_matches(['.', ',', '-', '–', '!']).to_lowercase()).collect();
    let plain = |word: &String| word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’'));
    let named = words.iter().any(|word| own.contains(word));
    let called = below && words.len() == 1 && words.iter().all(|w| w.chars().count() <= 12);
    (1..=4).contains(&words.len()) && words.iter().all(plain) && (named || called)
}

/// Sentences that show how somebody writes and say little else: no figures, no addresses.
fn examples(text: &str) -> Vec<String> {
    let says_little = |text: &str| {
        EXAMPLE.contains(&text.chars().count())
            && !text.chars().any(|c| c.is_ascii_digit() || matches!(c, '@' | '/' | '<' | '>' | '=' | '#'))
    };
    let furniture = |text: &str| courtesy::is_greeting(text) || courtesy::is_sign_off(text);
    sentence::split(text)
        .into_iter()
        .filter(|s| !s.bullet && !furniture(&s.text))
        .map(|s| courtesy::without_greeting(&s.text).to_owned())
        .filter(|text| says_little(text))
        .take(MOST_LINES)
        .collect()
}

/// How a text addresses whom it is for.
fn form(text: &str, greeting: Option<&str>, language: Option<&str>) -> Option<Form> {
    let head = Words::of(greeting.unwrap_or_default());
    if head.starts(FORMAL_OPENINGS) || head.iter().any(|word| TITLES.contains(&word)) {
        return Some(Form::Formal);
    }
    let (mut close, mut formal) = (0, 0);
    if let Some((_, closely, formally)) = PRONOUNS.iter().find(|(code, ..)| Some(*code) == language) {
        let mut begins = true;
        for raw in text.split_whitespace() {
            let word = raw.trim_matches(|c: char| !c.is_alphanumeric());
            let lower = word.to_lowercase();
            close += usize::from(closely.contains(&lower.as_str()));
            let capital = |p: &&str| p.starts_with(char::is_uppercase);
            formal +=
                usize::from(formally.iter().any(|p| if capital(p) { !begins && *p == word } else { *p == lower }));
            begins = raw.ends_with(['.', '!', '?', ':']);
        }
    }
    match close.cmp(&formal) {
        std::cmp::Ordering::Greater => Some(Form::Close),
        std::cmp::Ordering::Less => Some(Form::Formal),
        std::cmp::Ordering::Equal => (close == 0 && head.starts(CLOSE_OPENINGS)).then_some(Form::Close),
    }
}

/// What somebody may be called: by the name and the address, and as they signed what they wrote.
fn names(person: &Address, text: &str) -> Vec<String> {
    let mut names = name_words(person.name.as_deref().unwrap_or_default());
    names.extend(name_words(&person.local().replace(['.', '_', '-'], " ")));
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let signed = lines.last().filter(|line| line.split_whitespace().count() <= 2);
    names.extend(signed.map(|line| name_words(line)).unwrap_or_default());
    names
}

/// True for a greeting that names nobody but them.
fn names_only(greeting: &str, names: &[String]) -> bool {
    let (_, named) = parts(greeting);
    Words::of(&named).iter().all(|word| {
        let name = ["様", "さん", "先生"].iter().find_map(|title| word.strip_suffix(title)).unwrap_or(word);
        name == "there" || name.is_empty() || TITLES.contains(&name) || names.iter().any(|known| known == name)
    })
}

/// What a greeting says, and whom it names: `Dear`, `Dr Park,`.
fn parts(greeting: &str) -> (String, String) {
    let count = courtesy::opening(&Words::of(greeting)).map_or(0, |phrase| phrase.split(' ').count());
    let words: Vec<&str> = greeting.split_whitespace().collect();
    let (opening, named) = words.split_at_checked(count).unwrap_or((&words, &[]));
    (opening.join(" "), named.join(" "))
}

/// The greeting that several others have alike but for the name, with this one's.
fn greeting_of_all(person: &Address, others: &[&Shown]) -> Option<String> {
    let first = name::first(person)?;
    let frames = others.iter().filter_map(|s| {
        let (opening, named) = parts(s.greeting.as_deref()?);
        let mark = named.trim_start_matches(|c: char| c.is_alphabetic() || matches!(c, '-' | '\'' | '’')).to_owned();
        let one = !mark.contains(char::is_whitespace) && mark.len() < named.len();
        let bare = opening.trim_end_matches(',').to_lowercase();
        (one && FOR_ANYBODY.contains(&bare.as_str())).then_some((opening, mark))
    });
    usual_of(frames, PEOPLE).map(|(opening, mark)| format!("{opening} {first}{mark}"))
}

fn suits_anybody(closing: &[String]) -> bool {
    closing.first().is_some_and(|line| courtesy::is_sign_off(line) && !Words::of(line).starts(FOR_FRIENDS))
}

/// What is there most often, and so often at least, and of several the newest; from more than one on, by most of them.
fn usual_of<T: PartialEq>(all: impl Iterator<Item = T>, least: usize) -> Option<T> {
    let mut counted: Vec<(T, usize)> = Vec::new();
    let mut total = 0;
    for item in all {
        total += 1;
        match counted.iter_mut().find(|(known, _)| *known == item) {
            Some((_, times)) => *times += 1,
            None => counted.push((item, 1)),
        }
    }
    counted.sort_by_key(|(_, times)| Reverse(*times));
    let (usual, times) = counted.into_iter().next()?;
    (times >= least && (least == 1 || 2 * times > total)).then_some(usual)
}

#[cfg(test)]
mod tests;
