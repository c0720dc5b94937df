//! What to call a person: out of a display name, or not at all.

use super::words::is_cjk;
use crate::mail::Address;

/// The display name in reading order: `Park, Ada (Sales)` → `Ada Park`; an address where there is no name.
pub fn full(address: &Address) -> String {
    let label = address.label();
    let plain = label.split(['(', '[']).next().map(str::trim).filter(|s| !s.is_empty()).unwrap_or(label);
    let plain = plain.trim_matches(|c| matches!(c, '\'' | '"' | ' '));
    let name = match plain.split_once(',') {
        Some((last, first))
            if !first.contains(',')
                && is_personal(first.trim())
                && is_personal(last.trim())
                && !is_organisation(&[first.trim()]) =>
        {
            format!("{} {}", first.trim(), last.trim())
        }
        _ => plain.to_owned(),
    };
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The name to greet with, where the display name is clearly a person's: the first name (the family name in
/// Japanese order, the whole name in Chinese).
pub fn first(address: &Address) -> Option<String> {
    let name = full(address);
    address.name.as_deref()?;
    let words: Vec<&str> = name.split_whitespace().filter(|w| !is_title(w)).collect();
    if name.chars().all(|c| is_cjk(c) || c.is_whitespace()) && name.chars().count() <= 8 {
        return words.first().map(|w| (*w).to_owned());
    }
    if !(1..=4).contains(&words.len()) || !words.iter().all(|w| is_personal(w)) || is_organisation(&words) {
        return None;
    }
    let first = words.first()?;
    let plain = (first.chars().count() > 1 && !first.ends_with('.')).then(|| (*first).to_owned())?;
    let shouted = plain.chars().count() > 2 && plain.chars().all(|c| !c.is_lowercase());
    Some(if shouted { capitalise(&plain) } else { plain })
}

fn capitalise(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|c| c.to_uppercase().chain(chars.flat_map(char::to_lowercase)).collect()).unwrap_or_default()
}

fn is_title(word: &str) -> bool {
    let word = word.to_lowercase();
    matches!(word.trim_end_matches('.'), "mr" | "mrs" | "ms" | "dr" | "prof" | "herr" | "frau" | "mme" | "sr" | "sra")
}

fn is_personal(word: &str) -> bool {
    word.starts_with(char::is_alphabetic)
        && word.chars().all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '.' | ' '))
}

fn is_organisation(words: &[&str]) -> bool {
    const ORGANISATION: &[&str] = &[
        "team",
        "support",
        "sales",
        "info",
        "service",
        "services",
        "office",
        "billing",
        "accounts",
        "admin",
        "group",
        "inc",
        "ltd",
        "gmbh",
        "llc",
        "ag",
        "sa",
        "corp",
        "company",
        "newsletter",
        "news",
        "help",
        "desk",
        "helpdesk",
        "customer",
        "shop",
        "store",
        "hr",
        "marketing",
        "press",
        "bank",
        "university",
        "department",
        "committee",
        "notifications",
        "the",
        "bot",
        "kundenservice",
        "équipe",
        "equipo",
        "accounting",
        "hotel",
        "school",
        "via",
        "reception",
    ];
    words.iter().any(|w| ORGANISATION.contains(&w.to_lowercase().trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, whole, given) in [
            ("Ada Park", "Ada Park", Some("Ada")),
            ("Park, Ada", "Ada Park", Some("Ada")),
            ("Park, Ada (Sales)", "Ada Park", Some("Ada")),
            ("Dr. Ada Park", "Dr. Ada Park", Some("Ada")),
            ("ADA PARK", "ADA PARK", Some("Ada")),
            ("Jean-Luc Ode", "Jean-Luc Ode", Some("Jean-Luc")),
            ("A. Park", "A. Park", None),
            ("Ада Парк", "Ада Парк", Some("Ада")),
            ("山田 太郎", "山田 太郎", Some("山田")),
            ("Northwind Support", "Northwind Support", None),
            ("Northwind, Inc.", "Northwind, Inc.", None),
            ("ada2000", "ada2000", None),
            ("ada@example.com", "ada@example.com", None),
        ] {
            let address = Address::named(name, "ada@example.com");
            assert_eq!((full(&address).as_str(), first(&address).as_deref()), (whole, given), "{name}");
        }
        assert_eq!(full(&Address::bare("ada@example.com")), "ada@example.com");
        assert_eq!(first(&Address::bare("ada@example.com")), None);
    }
}
