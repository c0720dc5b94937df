//! Which language a text is in.

use super::words::Words;
use std::collections::HashMap;
use std::sync::LazyLock;

/// So much of a text is read, in characters: more says no more.
const SAMPLE: usize = 1_200;

/// Words so common that two of them give a language away where there is too little text for statistics.
const COMMON: [(&str, &[&str]); 8] = [
    (
        "eng",
        &["the", "and", "you", "is", "are", "can", "could", "please", "with", "for", "this", "we", "thanks", "your"],
    ),
    (
        "deu",
        &[
            "der", "die", "das", "und", "ich", "sie", "ist", "nicht", "bitte", "wir", "mit", "könnten", "danke", "dir",
            "mir",
        ],
    ),
    (
        "fra",
        &[
            "le",
            "les",
            "et",
            "vous",
            "est",
            "je",
            "nous",
            "pour",
            "bonjour",
            "merci",
            "pouvez-vous",
            "une",
            "pas",
            "du",
            "des",
        ],
    ),
    (
        "spa",
        &["el", "los", "y", "que", "por", "favor", "gracias", "hola", "puedes", "podrías", "una", "con", "para", "las"],
    ),
    ("ita", &["il", "che", "di", "per", "grazie", "ciao", "sono", "una", "non", "puoi", "gli", "con"]),
    ("por", &["o", "os", "que", "obrigado", "obrigada", "você", "olá", "não", "uma", "por", "favor", "para", "com"]),
    ("nld", &["de", "het", "een", "en", "je", "ik", "van", "bedankt", "kun", "niet", "graag", "wij"]),
    ("rus", &["и", "в", "не", "на", "вы", "мы", "что", "пожалуйста", "спасибо", "это"]),
];

/// The ISO 639-3 code of the language of `text` (`eng`, `cmn`, `jpn`), when there is enough of it to tell.
pub fn detect(text: &str) -> Option<String> {
    let sample = text.char_indices().nth(SAMPLE).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    if sample.chars().any(|c| matches!(c, '\u{3041}'..='\u{30ff}')) {
        return Some("jpn".to_owned());
    }
    let words = Words::of(sample);
    let [first, second] = commonest(&words);
    // Statistics over all languages cost most of what a mail costs, and would say the same.
    if first.different >= 6 && first.times >= 4 * second.times {
        return Some(first.code.to_owned());
    }
    if let Some(info) = whatlang::detect(sample) {
        let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
        let own_script = info.script() != whatlang::Script::Latin && info.script() != whatlang::Script::Cyrillic;
        if own_script || info.is_reliable() && letters >= 60 {
            return Some(info.lang().code().to_owned());
        }
    }
    (first.times >= 2 && first.times > second.times).then(|| first.code.to_owned())
}

/// How many common words of one language a text has.
#[derive(Clone, Copy, Default)]
struct Count {
    code: &'static str,
    times: usize,
    different: usize,
}

/// The two languages of which the text has the most common words.
fn commonest(words: &Words) -> [Count; 2] {
    /// The place of the language, and of the word among its common ones.
    type Places = Vec<(usize, usize)>;
    static PLACES: LazyLock<HashMap<&str, Places, foldhash::fast::RandomState>> = LazyLock::new(|| {
        let mut places: HashMap<_, Places, _> = HashMap::default();
        for (language, (_, common)) in COMMON.iter().enumerate() {
            for (at, word) in common.iter().enumerate() {
                places.entry(*word).or_default().push((language, at));
            }
        }
        places
    });
    let mut counts = COMMON.map(|(code, _)| (Count { code, ..Count::default() }, 0_u32));
    for (language, at) in words.iter().filter_map(|word| PLACES.get(word)).flatten() {
        if let Some((count, seen)) = counts.get_mut(*language) {
            count.times += 1;
            count.different += usize::from(*seen & 1 << at == 0);
            *seen |= 1 << at;
        }
    }
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(count.times));
    match counts {
        [(first, _), (second, _), ..] => [first, second],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages() {
        for (text, code) in [
            ("Could you please send the plan for this week?", Some("eng")),
            ("Könnten Sie mir bitte den Plan schicken?", Some("deu")),
            ("Pouvez-vous nous envoyer le plan pour vendredi ?", Some("fra")),
            ("¿Podrías enviarme el plan por favor?", Some("spa")),
            ("計画を送っていただけますか。", Some("jpn")),
            ("请把计划发给我。", Some("cmn")),
            ("Не могли бы вы прислать план на эту неделю? Мы ждём его.", Some("rus")),
            ("Ok", None),
            ("", None),
        ] {
            assert_eq!(detect(text).as_deref(), code, "{text}");
        }
    }
}
