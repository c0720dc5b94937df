//! What the owner asked, and asking it again: `Message` as sent → the sentences that ask; those → a draft's text.
//!
//! The draft says nothing new: it names what was asked, in the language in which it was.

use super::reply::{after as after_greeting, frame};
use super::{Reading, digest};
use crate::mail::{Address, Message};
use crate::note::manner::Manner;
use crate::note::owner::Owner;
use jiff::Zoned;

/// What a mail of the owner's asks of those that it goes to, and its language. `new_text` is without quotes and signature.
pub fn asked(message: &Message, new_text: &str, base_subject: &str, now: &Zoned) -> (Vec<String>, Option<String>) {
    // Read as they would read it.
    let reader = Owner {
        name: message.to.first().and_then(|to| to.name.clone()).unwrap_or_default(),
        addresses: message.to.iter().map(|to| to.email.clone()).collect(),
    };
    let digest = digest(&Reading { message, new_text, base_subject, owner: &reader, now }, str::to_owned);
    (digest.questions, digest.language)
}

/// `code`, what goes before the questions, and what after.
const PHRASES: [(&str, &str, &str); 10] = [
    ("eng", "I would like to come back to what I asked:", "Could you let me know? Thank you."),
    ("deu", "ich möchte noch einmal auf meine Frage zurückkommen:", "Über eine kurze Antwort würde ich mich freuen."),
    ("fra", "Je me permets de revenir sur ma question :", "Un bref retour me serait très utile."),
    ("spa", "Quería retomar mi pregunta:", "Quedo a la espera de una breve respuesta."),
    ("ita", "Torno sulla mia domanda:", "Mi farebbe piacere un breve riscontro."),
    ("por", "Volto à minha pergunta:", "Agradeço uma breve resposta."),
    ("nld", "Ik kom graag terug op mijn vraag:", "Ik hoor er graag iets over."),
    ("rus", "Возвращаюсь к своему вопросу:", "Жду короткого ответа, спасибо."),
    ("jpn", "先日お尋ねした件について、改めてご連絡いたします。", "お返事をいただけますと幸いです。"),
    ("cmn", "想再跟进一下我之前的问题：", "盼复，谢谢。"),
];

/// The text of a mail that asks again, in Markdown.
pub fn text(
    language: Option<&str>,
    to: &Address,
    owner: &Owner,
    questions: &[String],
    manner: &Manner,
    escape: fn(&str) -> String,
) -> String {
    let [english, ..] = PHRASES;
    let known = PHRASES.iter().find(|(code, ..)| Some(*code) == language);
    let (code, before, after) = known.copied().unwrap_or(english);
    let asked = Message { from: vec![to.clone()], ..Message::default() };
    let frame = frame(Some(code), &asked, owner, manner, escape);
    let before = after_greeting(&frame.greeting, before);
    let mut parts = vec![frame.greeting, before];
    parts.extend(questions.iter().map(|question| format!("> {}", escape(question))));
    parts.extend([after.to_owned(), frame.leave]);
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::inert;

    #[test]
    fn what_is_asked_of_others() {
        let now: Zoned = "2026-01-05T19:35:19[UTC]".parse().expect("a time");
        let message = Message {
            from: vec![Address::named("Sam Reed", "sam@example.org")],
            to: vec![Address::named("Ada Park", "ada@example.com")],
            ..Message::default()
        };
        for (text, questions) in [
            ("Hi Ada,\n\nwhen can you deliver the crates?\n\nSam", vec!["when can you deliver the crates?"]),
            ("Hi Ada,\n\nI have put the list on your desk.\n\nThanks,\nSam", vec![]),
            ("Hi Ada,\n\nplease send me the list of keys.\n\nSam", vec!["please send me the list of keys."]),
        ] {
            assert_eq!(asked(&message, text, "Crates", &now).0, questions, "{text}");
        }
    }

    #[test]
    fn it_asks_again_and_says_nothing_else() {
        let owner = Owner { name: "Sam Reed".into(), addresses: vec!["sam@example.org".into()] };
        let ada = Address::named("Ada Park", "ada@example.com");
        let plain = Manner::default();
        let said = text(Some("eng"), &ada, &owner, &["Is it `x`?".to_owned()], &plain, inert::line);
        assert!(said.starts_with("Hi Ada,\n\nI would like") && said.contains("\n> Is it \\`x\\`?\n"), "{said}");
        assert!(said.ends_with("Sam Reed") && !said.contains("[…]"));
        assert!(text(Some("deu"), &ada, &owner, &[], &plain, inert::line).starts_with("Hallo Ada,\n\nich möchte"));
        assert_eq!(
            text(Some("xxx"), &ada, &owner, &[], &plain, inert::line),
            text(None, &ada, &owner, &[], &plain, inert::line)
        );
    }
}
