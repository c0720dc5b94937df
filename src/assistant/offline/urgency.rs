//! How soon a message wants attention, and by which word.

use super::audience::Line;
use super::words::{Phrases, Words};
use crate::note::digest::Urgency;
use jiff::ToSpan;
use jiff::civil::Date;

#[rustfmt::skip]
static URGENT: Phrases = Phrases::of(&[
    "urgent", "urgently", "asap", "a.s.a.p", "as soon as possible", "immediately", "right away", "straight away",
    "time-sensitive", "time sensitive", "emergency", "eod", "by end of day", "by the end of the day", "by tonight",
    "before tonight", "at your earliest convenience today", "high priority", "top priority", "dringend", "eilt",
    "eilig", "sofort", "umgehend", "schnellstmöglich", "so schnell wie möglich", "so bald wie möglich", "noch heute",
    "dès que possible", "au plus vite", "le plus vite possible", "immédiatement", "d'urgence", "urgence", "urgente",
    "urgentemente", "lo antes posible", "cuanto antes", "inmediatamente", "il prima possibile",
    "o mais rápido possível", "zo snel mogelijk", "spoed", "срочно", "как можно скорее", "немедленно", "至急", "緊急",
    "大至急", "お急ぎ", "本日中", "今日中", "紧急", "尽快", "急需", "马上",
]);

#[rustfmt::skip]
static RELAXED: Phrases = Phrases::of(&[
    "not urgent", "isn't urgent", "nothing urgent", "non-urgent", "no rush", "no hurry", "no pressure",
    "whenever you", "when you have time", "when you have a moment", "when you get a chance", "take your time",
    "in your own time", "low priority", "nicht dringend", "nicht eilig", "keine eile", "eilt nicht", "hat zeit",
    "wenn du zeit hast", "pas urgent", "rien d'urgent", "rien ne presse", "quand tu auras le temps",
    "quand vous aurez le temps", "no es urgente", "sin prisa", "no hay prisa", "no corre prisa", "cuando puedas",
    "cuando tengas tiempo", "не срочно", "не спешите", "急ぎません", "お急ぎではありません", "急ぎではありません", "お時間のあるとき", "お手すきの", "不急",
    "不着急",
]);

/// What a message's subject and sentences say, and the earliest day by which the owner is asked for something;
/// `today` is the day of reading. A long-past deadline presses nobody.
pub fn of(subject: &str, lines: &[Line], due: Option<Date>, today: Date) -> (Urgency, Option<String>) {
    let subject = Words::of(subject);
    let texts = || lines.iter().filter(|l| l.body).map(|l| &l.sentence.words).chain([&subject]);
    if let Some(word) = texts().find_map(|words| words.first_of(&RELAXED)) {
        return (Urgency::Low, Some(format!("says “{word}”")));
    }
    if let Some(word) = texts().find_map(|words| words.first_of(&URGENT)) {
        return (Urgency::Urgent, Some(format!("says “{word}”")));
    }
    match due {
        Some(due) if presses(due, today) => (Urgency::Urgent, Some(format!("wants it by {due}"))),
        _ => (Urgency::Normal, None),
    }
}

/// True when `due` is tomorrow at the latest and was at most two weeks ago.
pub fn presses(due: Date, today: Date) -> bool {
    let (from, to) = (today.checked_sub(14.days()).unwrap_or(today), today.checked_add(1.days()).unwrap_or(today));
    (from..=to).contains(&due)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assistant::offline::intent::Intent;
    use crate::assistant::offline::sentence::Sentence;
    use jiff::civil::date;

    #[test]
    fn how_soon() {
        let today = date(2026, 1, 5);
        for (text, due, want) in [
            ("Please call as soon as possible.", None, Urgency::Urgent),
            ("Das ist dringend.", None, Urgency::Urgent),
            ("Répondez au plus vite.", None, Urgency::Urgent),
            ("Es urgente.", None, Urgency::Urgent),
            ("至急ご連絡ください。", None, Urgency::Urgent),
            ("It is not urgent.", None, Urgency::Low),
            ("No rush at all.", None, Urgency::Low),
            ("Das hat Zeit.", None, Urgency::Low),
            ("Please call.", None, Urgency::Normal),
            ("Please call by then.", Some(date(2026, 1, 6)), Urgency::Urgent),
            ("Please call by then.", Some(date(2026, 1, 9)), Urgency::Normal),
            ("Please call by then.", Some(date(2025, 6, 1)), Urgency::Normal),
        ] {
            let sentence = Sentence::new(text.into(), 0, false);
            let line = Line::new(sentence, Intent::Statement, true, true);
            assert_eq!(of("", &[line], due, today).0, want, "{text}");
        }
        assert_eq!(of("URGENT: the plan", &[], None, today).1.as_deref(), Some("says “urgent”"));
    }
}
