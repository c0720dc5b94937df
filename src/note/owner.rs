//! The vault's owner: the person whose mail is read and in whose name drafts are written.

use crate::mail::Address;

/// Who "I" am: a name to sign with, and every address that is mine.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owner {
    /// The display name; empty when the configuration gives none.
    pub name: String,
    /// Own addresses, accounts and aliases alike.
    pub addresses: Vec<String>,
}

impl Owner {
    /// True when `address` is one of the owner's, case and `+tag` aside (RFC 5233 subaddressing).
    pub fn is_me(&self, address: &Address) -> bool {
        let (local, domain) = (address.local().to_lowercase(), address.domain());
        let plain = local.split_once('+').map_or(local.as_str(), |(base, _)| base);
        self.addresses.iter().any(|own| {
            let own = own.to_lowercase();
            own.rsplit_once('@').is_some_and(|(l, d)| d == domain && (l == local || l == plain))
        })
    }

    /// The words of the owner's name, lowercased, that a mail may call him by: those of two letters or more.
    pub fn name_words(&self) -> Vec<String> {
        name_words(&self.name)
    }
}

/// The words of a display name, lowercased: titles, initials and what stands in brackets are left out.
pub fn name_words(name: &str) -> Vec<String> {
    const TITLES: [&str; 10] = ["mr", "mrs", "ms", "dr", "prof", "herr", "frau", "sr", "sra", "von"];
    let plain = name.split(['(', '[', '<']).next().unwrap_or(name);
    plain
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’' && c != '-')
        .map(str::to_lowercase)
        .filter(|w| w.chars().count() > 1 && !TITLES.contains(&w.as_str()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_addresses_whatever_case_and_tag() {
        let owner = Owner { name: "Sam Reed".into(), addresses: vec!["Sam@Example.org".into(), "s+x@b.org".into()] };
        for (email, mine) in [
            ("sam@example.org", true),
            ("SAM+lists@EXAMPLE.ORG", true),
            ("s+x@b.org", true),
            ("s@b.org", false),
            ("sam@example.com", false),
            ("notsam@example.org", false),
            ("", false),
        ] {
            assert_eq!(owner.is_me(&Address::bare(email)), mine, "{email}");
        }
    }

    #[test]
    fn words_of_a_name() {
        for (name, words) in [
            ("Sam Reed", vec!["sam", "reed"]),
            ("Reed, Sam J.", vec!["reed", "sam"]),
            ("Dr. Jean-Luc Ode (Sales)", vec!["jean-luc", "ode"]),
            ("", vec![]),
        ] {
            assert_eq!(name_words(name), words);
        }
    }
}
