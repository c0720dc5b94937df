//! How likely the owner answers a mail, from what it looks like: mail of a person to a person, against mail to whoever reads.
//!
//! A dozen signs with weights of one digit: few enough to be read, and none that is about one mailbox.

use crate::mail::{Address, Message};
use crate::note::owner::Owner;

/// A mail, as its headers and text have it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mail<'a> {
    /// From.
    pub from: &'a str,
    /// To.
    pub to: &'a str,
    /// Cc.
    pub cc: &'a str,
    /// What the owner is called: words that a greeting may begin with, in small letters.
    pub owner: &'a [String],
    /// Subject.
    pub subject: &'a str,
    /// The text, with whatever it quotes.
    pub text: &'a str,
}

/// The same of a message whose new text is known.
pub fn of_message(message: &Message, owner: &Owner, new_text: &str) -> f64 {
    let list = |addresses: &[Address]| addresses.iter().map(|a| a.email.as_str()).collect::<Vec<_>>().join(", ");
    score(&Mail {
        from: message.author().map(|a| a.email.as_str()).unwrap_or_default(),
        to: &list(&message.to),
        cc: &list(&message.cc),
        owner: &owner.name_words(),
        subject: &message.subject,
        text: new_text,
    })
}

/// The larger, the sooner it is answered.
pub fn score(mail: &Mail<'_>) -> f64 {
    let own = own_text(mail.text);
    let lower = own.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphabetic() && c != '\'').filter(|w| !w.is_empty()).collect();
    let count = f64::from(u32::try_from(words.len()).unwrap_or(u32::MAX));
    let first_person =
        words.iter().filter(|w| matches!(**w, "i" | "my" | "me" | "i'm" | "i'll" | "i'd" | "i've")).count();
    let first_person = f64::from(u32::try_from(first_person.min(12)).unwrap_or(12)) / count.max(12.0) * 10.0;
    let local = mail.from.to_lowercase();
    let local = local.split('@').next().unwrap_or_default();
    let subject = mail.subject.to_lowercase();
    let yes = |is_so: bool, weight: f64| if is_so { weight } else { 0.0 };
    greeted(own, mail.owner) + yes(quotes_owner(mail), 0.6) + 0.7 * first_person - 0.5 * bulk(mail.text)
        + yes(is_machine(local), -0.6)
        + yes(lower.contains("http://") || lower.contains("https://") || lower.contains("www."), -0.7)
        + yes(subject.starts_with("re:") || subject.starts_with("aw:") || subject.starts_with("re "), 0.7)
        + yes(subject.starts_with("fw"), -0.8)
        + 0.5 * (1.0 + count).log10().min(2.5)
        + yes(local.contains('.') || local.len() < 12, 0.4)
        + yes(mail.to.split(',').filter(|part| part.contains('@')).count() == 1, 0.5)
        + yes(words.len() < 5, -0.7)
}

/// What stands above the mail that is answered or passed on.
fn own_text(text: &str) -> &str {
    let marks = ["-----Original Message", "----- Original Message", "----- Forwarded", "\n__________"];
    let end = marks.iter().filter_map(|mark| text.find(mark)).min().unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

/// What it says that the text begins with a name (`Hi Ada,`, `Ada -`, `Dear Mr. Reed:`): most, if it is the owner's.
fn greeted(text: &str, owner: &[String]) -> f64 {
    let is_owner = |name: &&str| {
        let name = name.to_lowercase();
        owner.iter().any(|word| name.starts_with(word.as_str()) || word.starts_with(&name))
    };
    let names = greeting(text);
    match () {
        () if names.is_empty() => 0.0,
        () if names.iter().any(is_owner) => 1.8,
        () if owner.is_empty() => 1.2,
        () => 0.6,
    }
}

/// The names that it begins with.
fn greeting(text: &str) -> Vec<&str> {
    let lines = text.lines().map(str::trim).filter(|l| !l.is_empty()).take(2);
    for line in lines.filter(|line| line.chars().count() < 60) {
        let mut rest = line;
        for lead in ["hi", "hello", "dear", "hey", "mr.", "ms.", "mrs."] {
            let led = rest.get(..lead.len()).is_some_and(|head| head.eq_ignore_ascii_case(lead));
            if let Some(after) = rest.get(lead.len()..).filter(|after| led && after.starts_with([' ', ','])) {
                rest = after.trim_start_matches([' ', ',']);
            }
        }
        let end = rest.find([',', ':', '-', '–']).unwrap_or(rest.len());
        let names: Vec<&str> = rest.get(..end).unwrap_or(rest).split_whitespace().collect();
        let is_name = |name: &&&str| {
            let mut chars = name.chars();
            chars.next().is_some_and(char::is_uppercase)
                && chars.clone().next().is_some()
                && chars.all(char::is_lowercase)
        };
        let short = matches!(names.len(), 1) || matches!(names.as_slice(), [_, "&" | "and", _]);
        let found: Vec<&str> = names.iter().filter(is_name).copied().collect();
        if short && found.len() == names.len().div_ceil(2) {
            return found;
        }
    }
    Vec::new()
}

/// True when what it answers was written by the owner.
fn quotes_owner(mail: &Mail<'_>) -> bool {
    let below = mail.text.get(own_text(mail.text).len()..).unwrap_or_default();
    let named = |line: &str| {
        let lower = line.to_lowercase();
        mail.owner.iter().any(|word| word.chars().count() > 1 && lower.contains(word.as_str()))
    };
    below.lines().map(str::trim).find(|line| line.starts_with("From:")).is_some_and(named)
}

/// How much of the vocabulary of mail to many it has; three at most.
fn bulk(text: &str) -> f64 {
    const WORDS: [&str; 11] = [
        "unsubscribe",
        "opt-out",
        "opt out",
        "click here",
        "newsletter",
        "subscri",
        "free ",
        "special offer",
        "if you no longer",
        "privacy",
        "remove",
    ];
    let lower = text.to_lowercase();
    f64::from(u8::try_from(WORDS.iter().filter(|w| lower.contains(*w)).count().min(3)).unwrap_or(3))
}

/// True for the local part of an address that is a desk's or a machine's.
fn is_machine(local: &str) -> bool {
    const PARTS: [&str; 21] = [
        "noreply",
        "no-reply",
        "news",
        "info",
        "announce",
        "alert",
        "notif",
        "update",
        "admin",
        "offer",
        "sales",
        "market",
        "service",
        "support",
        "list",
        "subscri",
        "mail",
        "member",
        "customer",
        "team",
        "webmaster",
    ];
    let digits = local.chars().filter(char::is_ascii_digit).count() >= 3;
    digits || !local.contains(char::is_alphabetic) || PARTS.iter().any(|part| local.contains(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_come_before_newsletters() {
        let person = Mail {
            from: "ada.park@example.com",
            to: "sam@example.org",
            subject: "RE: The shelf",
            text: "Hi Sam,\n\nI need your word on the shelf before I order it.\n\nAda",
            ..Mail::default()
        };
        let letter = Mail {
            from: "newsletter@shop.example",
            to: "list@shop.example",
            subject: "Special offer",
            text: "Our special offer of the week! Click here: http://shop.example. To unsubscribe, reply.",
            ..Mail::default()
        };
        assert!(score(&person) > score(&letter) + 2.0);
        assert!(score(&person) > score(&Mail { subject: "FW: The shelf", ..person }));
        let (sam, ben) = (vec!["sam".to_owned()], vec!["ben".to_owned()]);
        assert!(score(&Mail { owner: &sam, ..person }) > score(&Mail { owner: &ben, ..person }));
    }

    #[test]
    fn greetings() {
        for (text, greets_by_name) in [
            ("Hi Sam,\nhow are you?", true),
            ("Sam - here it is.", true),
            ("Dear Mr. Reed:", true),
            ("Sam & Ada,", true),
            ("THE NEWS, today", false),
            ("all is well, thanks", false),
            ("", false),
        ] {
            assert_eq!(!greeting(text).is_empty(), greets_by_name, "{text:?}");
        }
    }
}
