//! What people write to be polite: greetings, sign-offs, and sentences that ask nothing though they look like it.

use super::words::{Phrases, Words, length};

#[rustfmt::skip]
const GREETINGS: &[&str] = &[
    "hi", "hello", "hey", "dear", "hiya", "good morning", "good afternoon", "good evening", "greetings", "hallo",
    "liebe", "lieber", "liebes", "sehr geehrte", "sehr geehrter", "guten tag", "guten morgen", "guten abend", "moin",
    "servus", "grüezi", "bonjour", "bonsoir", "salut", "cher", "chère", "chers", "chères", "coucou", "hola",
    "estimado", "estimada", "estimados", "querido", "querida", "buenos días", "buenas tardes", "buenas", "ciao",
    "buongiorno", "gentile", "caro", "cara", "olá", "oi", "prezado", "prezada", "bom dia", "boa tarde", "beste",
    "geachte", "hoi", "dag", "hej", "здравствуйте", "привет", "добрый день", "доброе утро", "добрый вечер",
    "уважаемый", "уважаемая",
];

#[rustfmt::skip]
const SIGN_OFFS: &[&str] = &[
    "thanks", "many thanks", "thank you", "thanks a lot", "thanks again", "thanks in advance",
    "thank you in advance", "thank you very much", "thanks so much", "thx", "cheers", "best", "all the best",
    "best regards", "best wishes", "kind regards", "warm regards", "with kind regards", "regards", "rgds",
    "sincerely", "sincerely yours", "yours sincerely", "yours truly", "yours", "yours faithfully", "cordially",
    "take care", "talk soon", "love", "br", "mfg", "lg", "vg", "viele grüße", "viele grüsse", "liebe grüße",
    "liebe grüsse", "beste grüße", "schöne grüße", "herzliche grüße", "freundliche grüße", "mit freundlichen grüßen",
    "mit freundlichen grüssen", "mit besten grüßen", "grüße", "gruß", "danke", "vielen dank",
    "danke und viele grüße", "danke im voraus", "vielen dank im voraus", "merci", "merci beaucoup", "merci d'avance",
    "cordialement", "bien cordialement", "bien à vous", "bien à toi", "amicalement", "à bientôt", "bonne journée",
    "salutations", "sincères salutations", "gracias", "muchas gracias", "un saludo", "saludos", "saludos cordiales",
    "un cordial saludo", "un abrazo", "abrazos", "atentamente", "gracias de antemano", "grazie", "cordiali saluti",
    "saluti", "a presto", "obrigado", "obrigada", "abraços", "cumprimentos", "atenciosamente",
    "met vriendelijke groet", "groeten", "groetjes", "bedankt", "с уважением", "спасибо", "заранее спасибо",
    "всего доброго", "с наилучшими пожеланиями", "よろしくお願いします", "よろしくお願いいたします", "宜しくお願いします", "宜しくお願い致します",
    "何卒よろしくお願いいたします", "以上", "谢谢", "此致", "敬礼", "祝好",
];

#[rustfmt::skip]
static COURTESIES: Phrases = Phrases::of(&[
    "how is it going", "how's it going", "how have you been", "how was your weekend", "how was your holiday",
    "how was your vacation", "how do you do", "hope you are well", "hope you're well", "hope you are doing well",
    "hope you're doing well", "hope this finds you", "hope this email finds you", "hope this message finds you",
    "hope all is well", "hope you had a", "hope everything is", "trust you are well", "nice to meet you",
    "have a nice", "have a great", "have a good", "enjoy your", "don't hesitate", "do not hesitate",
    "not hesitate to", "feel free to contact", "feel free to call", "feel free to reach", "feel free to email",
    "feel free to get in touch", "if you have any questions", "if you have any further", "if you have questions",
    "if you have other questions", "if you need anything", "if there is anything else", "if there's anything else",
    "should you have any questions", "should you have questions", "any questions let me know",
    "if you need any help", "if you need help", "accept my apologies",
    "accept our apologies", "excuse my", "excuse the", "forgive my", "pardon my", "looking forward to seeing you",
    "look forward to seeing you", "look forward to meeting you", "wie geht es dir", "wie geht es ihnen",
    "wie geht's", "wie gehts", "wie war dein wochenende", "wie läuft's", "ich hoffe es geht", "zögern sie nicht",
    "bei fragen", "für rückfragen", "bei rückfragen", "falls du fragen hast", "falls sie fragen haben",
    "wenn sie fragen haben", "freue mich auf deine antwort", "freue mich auf ihre antwort",
    "freue mich auf ihre rückmeldung",
    "freue mich auf deine rückmeldung", "comment allez-vous", "comment vas-tu", "comment ça va", "j'espère que tu vas",
    "j'espère que vous allez", "n'hésitez pas", "n'hésite pas", "veuillez agréer", "je vous prie d'agréer",
    "je vous prie de croire", "dans l'attente de", "cómo estás", "cómo estáis", "cómo están", "cómo te va",
    "espero que estés", "espero que esté", "espero que todo", "no dudes en", "no dude en", "no duden en",
    "quedo a la espera", "quedo a tu disposición", "quedo a su disposición", "come stai", "tudo bem", "como vai",
    "hoe gaat het", "как дела", "как поживаете", "как ваши дела", "надеюсь у вас всё", "お世話になっております", "お世話になります",
    "お疲れ様です", "お疲れさまです", "お元気ですか", "いかがお過ごし", "ご不明な点", "ご質問がございましたら", "お気軽に", "今後ともよろしく", "引き続きよろしく", "どうぞよろしく",
    "何卒よろしく", "你好吗", "您好吗", "最近怎么样", "最近好吗", "如有任何问题", "如有问题", "如有疑问",
]);

/// Courtesies only when little else is said: "How are you today?", but not "How are you going to pay for it?"
#[rustfmt::skip]
static SHORT_COURTESIES: Phrases = Phrases::of(&[
    "how are you", "how are things", "how is everything", "how's everything", "are you well", "ça va", "qué tal",
    "cómo está", "come sta", "come va",
]);

#[rustfmt::skip]
/// What makes a sentence ask after all, however politely it begins.
static DIRECT: Phrases = Phrases::of(&[
    "could you", "can you", "would you", "könntest du", "könnten sie", "kannst du", "können sie", "pourriez-vous",
    "pouvez-vous", "pourrais-tu", "peux-tu", "podrías", "puedes", "いただけますか", "いただけないでしょうか",
]);

const RHETORICAL: &[&str] = &[
    "really",
    "right",
    "ok",
    "okay",
    "no",
    "yes",
    "why not",
    "so what",
    "who knows",
    "who cares",
    "guess what",
    "you know",
    "isn't it",
    "remember",
    "huh",
    "eh",
    "surprised",
    "and guess what",
    "what else",
    "what's not to like",
    "sound familiar",
    "nicht wahr",
    "oder",
    "wirklich",
    "n'est-ce pas",
    "vraiment",
    "verdad",
    "no es así",
    "de verdad",
    "правда",
    "对吧",
];

#[rustfmt::skip]
const RHETORICAL_STARTS: &[&str] = &[
    "did you know", "isn't that", "isn't it", "who would have thought", "who doesn't", "who wouldn't",
    "what could be", "how cool is", "how great is", "how often do we", "have you ever wondered", "tired of",
    "guess who", "what if i told", "wusstest du", "wussten sie", "saviez-vous", "sabías que", "sabía que",
    "вы знали",
];

/// True for a line that only greets: `Hi Sam,`, `Sehr geehrte Frau Park,`, `Sam:`.
pub fn is_greeting(line: &str) -> bool {
    greets(line, &Words::of(line))
}

/// The same, of a line whose words are known.
pub(super) fn greets(line: &str, words: &Words) -> bool {
    if words.has(&["様", "さん", "各位", "先生"]) && length(line) <= 8 && !line.contains(['。', '？', '?']) {
        return true;
    }
    if words.is(&["您好", "你好", "こんにちは", "大家好"]) || line.starts_with("尊敬的") && length(line) <= 8
    {
        return true;
    }
    let open = line.trim_end().ends_with([',', ':', '!', '，', '：', '！', '-', '–', '—']);
    let short = words.iter().count() <= 6;
    let greets = words.starts(GREETINGS) && short && !line.contains('?') && (open || words.iter().count() <= 3);
    greets || open && is_names(line, words)
}

/// The longest phrase of greeting that a text begins with.
pub(super) fn opening(words: &Words) -> Option<&'static str> {
    GREETINGS.iter().copied().filter(|phrase| words.starts(&[phrase])).max_by_key(|phrase| phrase.len())
}

/// A sentence without the greeting that it begins with: `Hi Sam, it works.` → `it works.`
pub fn without_greeting(text: &str) -> &str {
    match text.split_once([',', '!', '，', '！']) {
        Some((head, rest))
            if !rest.trim().is_empty() && Words::of(head).starts(GREETINGS) && head.split(' ').count() <= 4 =>
        {
            rest.trim_start()
        }
        _ => text,
    }
}

/// True for one to four capitalised words and nothing else: a name, or names, on a line of its own.
fn is_names(line: &str, all: &Words) -> bool {
    let words: Vec<&str> =
        line.split(|c: char| c.is_whitespace() || matches!(c, ',' | ':' | '!' | '-' | '–' | '—' | '&' | '/')).collect();
    let named = |w: &&str| w.starts_with(char::is_uppercase) && w.chars().all(|c| c.is_alphabetic() || c == '.');
    let words: Vec<&&str> =
        words.iter().filter(|w| !w.is_empty() && !matches!(**w, "and" | "und" | "et" | "y")).collect();
    (1..=4).contains(&words.len()) && words.iter().all(|w| named(w)) && !all.starts(SIGN_OFFS)
}

/// True for a line that only takes leave: `Best regards,`, `Viele Grüße`, `Thanks, Ada`.
pub fn is_sign_off(line: &str) -> bool {
    takes_leave(line, &Words::of(line))
}

/// The same, of a line whose words are known.
pub(super) fn takes_leave(line: &str, words: &Words) -> bool {
    words.starts(SIGN_OFFS)
        && !line.trim_end().ends_with('?')
        && length(line) <= 12
        && (words.is(SIGN_OFFS) || leave_and_name(line, words))
}

/// `Thanks, Ada` and `Best regards Ada Park`: after the phrase, at most three capitalised words; after a comma, a
/// title and a company too.
fn leave_and_name(line: &str, words: &Words) -> bool {
    let Some(phrase) = SIGN_OFFS.iter().filter(|p| words.starts(&[p])).max_by_key(|p| p.len()) else {
        return false;
    };
    let count = phrase.split(' ').count();
    let rest: Vec<&str> = line.split_whitespace().skip(count).collect();
    let parted = line.split_whitespace().nth(count - 1).is_some_and(|word| word.ends_with([',', '!']));
    rest.len() <= if parted { 10 } else { 3 }
        && rest.iter().all(|w| w.starts_with(char::is_uppercase) || w.starts_with(['-', '–', ':', ';']))
}

/// True for a sentence that is polite and asks nothing: `How are you?`, `Let me know if you have any questions.`
pub fn is_courtesy(words: &Words) -> bool {
    !words.holds(&DIRECT) && words.holds(&COURTESIES)
        || words.holds(&SHORT_COURTESIES) && words.iter().count() <= 7 && !words.has(&["going to"])
}

/// True for a question that waits for no answer.
pub fn is_rhetorical(words: &Words) -> bool {
    words.is(RHETORICAL) || words.starts(RHETORICAL_STARTS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings() {
        for line in [
            "Hi Sam,",
            "Hello,",
            "Dear Mr. Reed:",
            "Sam,",
            "Sam and Ben,",
            "Good morning Sam!",
            "Hallo Sam,",
            "Sehr geehrte Frau Park,",
            "Bonjour Sam,",
            "Hola Sam:",
            "Sam -",
            "Здравствуйте, Сэм!",
            "リード様",
            "您好：",
            "Hi all",
        ] {
            assert!(is_greeting(line), "{line}");
        }
        for line in [
            "Hi Sam, could you call me?",
            "However we will wait,",
            "The plan:",
            "Hello to you and thanks for the long letter.",
        ] {
            assert!(!is_greeting(line), "{line}");
        }
    }

    #[test]
    fn sign_offs() {
        for line in [
            "Best,",
            "Thanks, Ada",
            "Best regards Ada Park",
            "Viele Grüße",
            "Cordialement,",
            "Un saludo,",
            "Thanks!",
            "よろしくお願いいたします。",
            "С уважением,",
            "Danke und viele Grüße,",
        ] {
            assert!(is_sign_off(line), "{line}");
        }
        for line in ["Best to wait until Friday.", "Thanks for the plan.", "Thanks?", "Love the idea, send more."] {
            assert!(!is_sign_off(line), "{line}");
        }
    }

    #[test]
    fn courtesy_asks_nothing() {
        for text in [
            "How are you?",
            "Hope you are well?",
            "Please do not hesitate to call.",
            "Wie geht es dir?",
            "¿Qué tal?",
            "Let me know if you have any questions.",
            "Comment allez-vous ?",
            "お元気ですか？",
            "Как дела?",
        ] {
            assert!(is_courtesy(&Words::of(text)), "{text}");
        }
        for text in ["Right?", "Did you know that we opened?", "Oder?"] {
            assert!(is_rhetorical(&Words::of(text)), "{text}");
        }
        assert!(!is_courtesy(&Words::of("How are you going to pay?")));
    }
}
