//! The draft of a reply: a frame around the questions that were asked.
//!
//! It greets, quotes what has to be answered, leaves room under each, and takes leave. It promises, dates and
//! states nothing: whatever it said would be said in the owner's name.

use super::name;
use crate::mail::{Address, Message};
use crate::note::digest::Digest;
use crate::note::manner::Manner;
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
    pub thanks: String,
    /// `Best regards,` and the owner's name below it.
    pub leave: String,
}

/// Whom a reply to this message greets.
pub fn addressee(message: &Message) -> Option<&Address> {
    message.reply_to.first().filter(|a| a.name.is_some()).or(message.author())
}

/// The frame of a reply to this message, as its owner writes where that is known. Everything that a mail wrote passes through
/// `escape`.
pub fn frame(
    language: Option<&str>,
    message: &Message,
    owner: &Owner,
    manner: &Manner,
    escape: fn(&str) -> String,
) -> Frame {
    let code = language.or(manner.language.as_deref()).unwrap_or("eng");
    let phrases = OTHERS.iter().find(|p| p.code == code).unwrap_or(&ENGLISH);
    let greeting = match (&manner.greeting, addressee(message).and_then(name::first)) {
        (Some(own), _) => escape(own),
        (None, Some(name)) => phrases.greeting.replace("{}", &escape(&name)),
        (None, None) => phrases.nameless.to_owned(),
    };
    let thanks = after(&greeting, phrases.thanks);
    // Two blanks end a line in Markdown: the name stands under the leave, not beside it.
    let leave = match manner.closing.as_slice() {
        [] if owner.name.is_empty() => phrases.leave.to_owned(),
        [] => format!("{}  \n{}", phrases.leave, owner.name),
        // A phrase with a comma leads up to a name, which may have stood in the signature.
        [phrase] if phrase.ends_with(',') && !owner.name.is_empty() => format!("{}  \n{}", escape(phrase), owner.name),
        own => own.iter().map(|line| escape(line)).collect::<Vec<_>>().join("  \n"),
    };
    Frame { greeting, thanks, leave }
}

/// What follows a greeting: after `Hallo Ada,` a sentence goes on, after `Hallo Ada!` one begins.
pub(super) fn after(greeting: &str, text: &str) -> String {
    if greeting.ends_with([',', '，']) {
        return text.to_owned();
    }
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// The reply's text in Markdown: greeting, thanks, each question quoted with [`BLANK`] under it, leave and name.
/// `escape` makes one line of a mail inert; everything that a mail wrote passes through it.
pub fn draft_body(
    digest: &Digest,
    message: &Message,
    owner: &Owner,
    manner: &Manner,
    escape: fn(&str) -> String,
) -> String {
    let Frame { greeting, thanks, leave } = frame(digest.language.as_deref(), message, owner, manner, escape);
    let mut parts = vec![greeting, thanks];
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

    fn draft(name: &str, language: Option<&str>, questions: &[&str]) -> String {
        let message = Message { from: vec![Address::named(name, "ada@example.com")], ..Message::default() };
        let digest = Digest {
            questions: questions.iter().map(|q| (*q).to_owned()).collect(),
            language: language.map(str::to_owned),
            ..Digest::default()
        };
        let owner = Owner { name: "Sam Reed".into(), addresses: vec![] };
        draft_body(&digest, &message, &owner, &Manner::default(), |text| text.replace('<', "&lt;"))
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
