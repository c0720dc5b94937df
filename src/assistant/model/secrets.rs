//! What looks like a secret: taken out of notes before a model sees them, and never left in a draft.

use std::borrow::Cow;

/// What stands in place of a secret.
pub const HIDDEN: &str = "…";

/// Words before `:` or `=` that say that a secret follows.
const NAMES: &[&str] = &[
    "password",
    "passwort",
    "kennwort",
    "passphrase",
    "mot de passe",
    "contraseña",
    "clave",
    "senha",
    "wachtwoord",
    "пароль",
    "パスワード",
    "密码",
    "pin",
    "pwd",
    "secret",
    "token",
    "api key",
    "api-key",
    "apikey",
    "api_key",
    "access key",
    "private key",
    "iban",
    "credit card",
    "cvv",
    "ssn",
    "passcode",
    "login code",
    "zugangscode",
];

/// The text with whatever looks like a secret taken out of it, line by line.
pub fn without(text: &str) -> String {
    let mut out = Vec::new();
    let mut armoured = false;
    for line in text.lines() {
        if line.contains("-----BEGIN ") {
            armoured = true;
            out.push(HIDDEN.to_owned());
        }
        if !armoured {
            out.push(in_line(line));
        }
        if line.contains("-----END ") {
            armoured = false;
        }
    }
    out.join("\n")
}

fn in_line(line: &str) -> String {
    let lower = line.to_lowercase();
    let named = NAMES.iter().any(|name| {
        lower.match_indices(name).any(|(at, _)| {
            let before = lower.get(..at).and_then(|s| s.chars().next_back());
            let after = lower.get(at + name.len()..).unwrap_or_default();
            let after = after.trim_start_matches(['*', '_', '`', ' ', '|']);
            let says = [":", "=", "is ", "ist ", "lautet ", "est ", "es ", "：", "は", "for ", "("];
            before.is_none_or(|c| !c.is_alphanumeric()) && says.iter().any(|s| after.starts_with(s))
        })
    });
    if named {
        return HIDDEN.to_owned();
    }
    let words: Vec<Cow<'_, str>> =
        line.split(' ').map(|word| if is_secret(word) { Cow::Borrowed(HIDDEN) } else { Cow::Borrowed(word) }).collect();
    let line = words.join(" ");
    if has_card_number(&line) { HIDDEN.to_owned() } else { line }
}

/// True for a word that nobody would write by himself: a key, a token, a code of letters and figures.
pub fn is_secret(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let count = |of: fn(char) -> bool| word.chars().filter(|c| of(*c)).count();
    let (letters, digits) = (count(char::is_alphabetic), count(|c| c.is_ascii_digit()));
    let length = word.chars().count();
    let plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "-_+/=.".contains(c));
    let known = ["sk-", "ghp_", "gho_", "github_pat_", "xoxb-", "xoxp-", "AKIA", "eyJ", "glpat-", "AIza"];
    if plain && length >= 12 && known.iter().any(|head| word.starts_with(head)) {
        return true;
    }
    let upper = count(|c| c.is_ascii_uppercase());
    let lower = count(|c| c.is_ascii_lowercase());
    let mixed = digits >= 2 && letters >= 4 && length >= 16;
    let shuffled = digits >= 1 && upper >= 2 && lower >= 2 && length >= 10;
    let iban = length >= 15 && letters >= 2 && digits >= 12 && word.chars().take(2).all(|c| c.is_ascii_uppercase());
    let address = word.contains("://") || word.contains('@') || word.starts_with("www.");
    plain && !address && (mixed && !is_date(word) || shuffled || iban)
}

/// True for a word that names a thing by letters and figures (`LANTERN-7731`): not secret by itself, but nothing that a
/// note's reader would pass on unasked.
pub fn is_code(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    let length = word.chars().count();
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let upper = word.chars().filter(char::is_ascii_uppercase).count();
    let joined = word.contains(['-', '_']);
    length >= 6 && (digits >= 2 && upper >= 2 || upper >= 6 && joined || joined && digits >= 4 && upper >= 1)
        || is_secret(word)
}

fn is_date(word: &str) -> bool {
    word.get(..10).is_some_and(|day| day.parse::<jiff::civil::Date>().is_ok())
}

/// 13 to 19 figures, blanks and hyphens between them, that are a card's by their check digit (Luhn).
fn has_card_number(line: &str) -> bool {
    line.split(|c: char| !c.is_ascii_digit() && c != ' ' && c != '-').any(|run| {
        let digits: Vec<u32> = run.chars().filter_map(|c| c.to_digit(10)).collect();
        let sum: u32 = digits
            .iter()
            .rev()
            .enumerate()
            .map(|(at, d)| match (at % 2, d * 2) {
                (0, _) => *d,
                (_, double) if double > 9 => double - 9,
                (_, double) => double,
            })
            .sum();
        (13..=19).contains(&digits.len()) && sum.is_multiple_of(10)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_and_words_stay() {
        for (line, kept) in [
            ("The plan is on page 4.", true),
            ("Meeting 2026-01-09T10:00:00 in room 12", true),
            ("Password: hunter2", false),
            ("- **Passwort**: geheim", false),
            ("| PIN | 1234 |", true),
            ("the door's pin is 1234", false),
            ("パスワード：abc", false),
            ("spinning: the wheel", true),
            ("use sk-abcdefghijklmnop", false),
            ("key Zx81kLm29QpRstUv77aa here", false),
            ("card 4111 1111 1111 1111", false),
            ("DE89370400440532013000", false),
            ("see https://example.com/a1b2c3d4e5f6g7h8i9", true),
            ("Ask Northwind about the lanterns-and-lights show", true),
        ] {
            assert_eq!(without(line) == line, kept, "{line}: {}", without(line));
        }
        assert_eq!(without("a\n-----BEGIN KEY-----\nxyz\n-----END KEY-----\nb"), "a\n…\nb");
    }

    #[test]
    fn codes() {
        for (word, code) in
            [("LANTERN-7731", true), ("canary", false), ("SECRET-CANARY", true), ("A4", false), ("2026-01-09", false)]
        {
            assert_eq!(is_code(word), code, "{word}");
        }
    }
}
