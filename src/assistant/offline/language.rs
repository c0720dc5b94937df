//! Which language a text is in.

use super::words::Words;

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
    let sample = text.char_indices().nth(4_000).and_then(|(end, _)| text.get(..end)).unwrap_or(text);
    if sample.chars().any(|c| matches!(c, '\u{3041}'..='\u{30ff}')) {
        return Some("jpn".to_owned());
    }
    if let Some(info) = whatlang::detect(sample) {
        let letters = sample.chars().filter(|c| c.is_alphabetic()).count();
        let own_script = info.script() != whatlang::Script::Latin && info.script() != whatlang::Script::Cyrillic;
        if own_script || info.is_reliable() && letters >= 60 {
            return Some(info.lang().code().to_owned());
        }
    }
    let words = Words::of(sample);
    let count = |common: &[&str]| words.iter().filter(|w| common.contains(w)).count();
    let mut counts: Vec<(usize, &str)> = COMMON.iter().map(|(code, common)| (count(common), *code)).collect();
    counts.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
    match counts.as_slice() {
        [(first, code), (second, _), ..] if *first >= 2 && first > second => Some((*code).to_owned()),
        _ => None,
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
