//! The draft of a reply: a frame around the questions that were asked.
//!
//! It greets, quotes what has to be answered, leaves room under each, and takes leave. It promises, dates and
//! states nothing: whatever it said would be said in the owner's name.

use super::name;
use crate::mail::Message;
use crate::note::digest::Digest;
use crate::note::owner::Owner;

/// Left where the owner has to write; a draft that still holds it is not sent.
pub const BLANK: &str = "[…]";

/// The fixed phrases of one language.
struct Phrases {
    code: &'static str,
    /// With `{}` for the name.
    greeting: &'static str,
    nameless: &'static str,
    thanks: &'static str,
    leave: &'static str,
}

const ENGLISH: Phrases = Phrases {
    code: "eng",
    greeting: "Hi {},",
    nameless: "Hello,",
    thanks: "Thank you for your message.",
    leave: "Best regards,",
};

const OTHERS: [Phrases; 9] = [
    Phrases {
        code: "deu",
        greeting: "Hallo {},",
        nameless: "Guten Tag,",
        thanks: "vielen Dank für die Nachricht.",
        leave: "Viele Grüße",
    },
    Phrases {
        code: "fra",
        greeting: "Bonjour {},",
        nameless: "Bonjour,",
        thanks: "Merci pour ce message.",
        leave: "Bien cordialement,",
    },
    Phrases {
        code: "spa",
        greeting: "Hola {}:",
        nameless: "Hola:",
        thanks: "Gracias por el mensaje.",
        leave: "Un saludo,",
    },
    Phrases {
        code: "ita",
        greeting: "Ciao {},",
        nameless: "Buongiorno,",
        thanks: "Grazie per il messaggio.",
        leave: "Cordiali saluti,",
    },
    Phrases {
        code: "por",
        greeting: "Olá, {},",
        nameless: "Olá,",
        thanks: "Agradeço a mensagem.",
        leave: "Cumprimentos,",
    },
    Phrases {
        code: "nld",
        greeting: "Hallo {},",
        nameless: "Goedendag,",
        thanks: "Bedankt voor het bericht.",
        leave: "Met vriendelijke groet,",
    },
    Phrases {
        code: "rus",
        greeting: "Здравствуйте, {}!",
        nameless: "Здравствуйте!",
        thanks: "Спасибо за письмо.",
        leave: "С уважением,",
    },
    Phrases {
        code: "jpn",
        greeting: "{}さん",
        nameless: "こんにちは。",
        thanks: "ご連絡ありがとうございます。",
        leave: "よろしくお願いいたします。",
    },
    Phrases {
        code: "cmn", greeting: "{}，您好：", nameless: "您好：", thanks: "感谢来信。", leave: "祝好，"
    },
];

/// What stands around every reply, in the mail's language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// `Hi Ada,`
    pub greeting: String,
    /// A sentence of thanks.
    pub thanks: &'static str,
    /// `Best regards,` and the owner's name below it.
    pub leave: String,
}

/// The frame of a reply to this message. Everything that the mail wrote passes through `escape`.
pub fn frame(language: Option<&str>, message: &Message, owner: &Owner, escape: fn(&str) -> String) -> Frame {
    let code = language.unwrap_or("eng");
    let phrases = OTHERS.iter().find(|p| p.code == code).unwrap_or(&ENGLISH);
    let to = message.reply_to.first().filter(|a| a.name.is_some()).or(message.author());
    let greeting = match to.and_then(name::first) {
        Some(name) => phrases.greeting.replace("{}", &escape(&name)),
        None => phrases.nameless.to_owned(),
    };
    // Two blanks end a line in Markdown: the name stands under the leave, not beside it.
    let leave =
        if owner.name.is_empty() { phrases.leave.to_owned() } else { format!("{}  \n{}", phrases.leave, owner.name) };
    Frame { greeting, thanks: phrases.thanks, leave }
}

/// The reply's text in Markdown: greeting, thanks, each question quoted with [`BLANK`] under it, leave and name.
/// `escape` makes one line of a mail inert; everything that the mail wrote passes through it.
pub fn draft_body(digest: &Digest, message: &Message, owner: &Owner, escape: fn(&str) -> String) -> String {
    let Frame { greeting, thanks, leave } = frame(digest.language.as_deref(), message, owner, escape);
    let mut parts = vec![greeting, thanks.to_owned()];
    for question in &digest.questions {
        parts.push(format!("> {}", escape(question)));
        parts.push(BLANK.to_owned());
    }
    if digest.questions.is_empty() {
        parts.push(BLANK.to_owned());
    }
    parts.push(leave);
    parts.join("\n\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Address;

    fn draft(name: &str, language: Option<&str>, questions: &[&str]) -> String {
        let message = Message { from: vec![Address::named(name, "ada@example.com")], ..Message::default() };
        let digest = Digest {
            questions: questions.iter().map(|q| (*q).to_owned()).collect(),
            language: language.map(str::to_owned),
            ..Digest::default()
        };
        let owner = Owner { name: "Sam Reed".into(), addresses: vec![] };
        draft_body(&digest, &message, &owner, |text| text.replace('<', "&lt;"))
    }

    #[test]
    fn a_whole_draft() {
        assert_eq!(
            draft("Park, Ada", Some("eng"), &["Could you send the plan?", "Is <b>Friday</b> fine?"]),
            "Hi Ada,\n\nThank you for your message.\n\n> Could you send the plan?\n\n[…]\n\n\
             > Is &lt;b>Friday&lt;/b> fine?\n\n[…]\n\nBest regards,  \nSam Reed"
        );
    }

    #[test]
    fn greets_in_the_language_of_the_mail() {
        for (name, language, greeting) in [
            ("Ada Park", Some("deu"), "Hallo Ada,"),
            ("Ada Park", Some("fra"), "Bonjour Ada,"),
            ("Ada Park", Some("spa"), "Hola Ada:"),
            ("Ада Парк", Some("rus"), "Здравствуйте, Ада!"),
            ("Ada Park", Some("jpn"), "Adaさん"),
            ("Ada Park", Some("tlh"), "Hi Ada,"),
            ("Ada Park", None, "Hi Ada,"),
            ("Northwind Support", None, "Hello,"),
            ("", Some("fra"), "Bonjour,"),
        ] {
            let draft = draft(name, language, &[]);
            assert_eq!(draft.lines().next(), Some(greeting));
            assert_eq!(draft.matches(BLANK).count(), 1);
            assert!(draft.ends_with("Sam Reed"));
        }
    }
}
