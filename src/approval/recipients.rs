//! The recipients as their owner wrote them → addresses that can be sent to; or what is wrong with one, in words.

use crate::mail::Address;
use crate::mail::look_alike::is_invisible;
use crate::note::draft::{DraftNote, Kind, Recipients};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// More than these servers do not take in one message, and a person hardly means.
const MOST: usize = 1000;

/// To, Cc and Bcc, without doubles within each. Who answers an invitation need not say whom: that is its organizer.
pub(super) fn recipients(draft: &DraftNote, organizer: Option<Address>) -> Result<[Vec<Address>; 3], String> {
    let Recipients { to, cc, bcc } =
        draft.recipients.as_ref().map_err(|key| format!("`{key}` should be an address or a list of addresses"))?;
    let mut all = [mailboxes("to", to)?, mailboxes("cc", cc)?, mailboxes("bcc", bcc)?];
    if let Some(organizer) = organizer.filter(|_| draft.kind == Kind::Rsvp && to.is_empty()) {
        sound(&organizer).map_err(|why| format!("the event's organizer: {why}"))?;
        let [to, ..] = &mut all;
        to.push(organizer);
    }
    match all.iter().map(Vec::len).sum() {
        0 => Err("it has no recipient; fill in `to`".into()),
        1..=MOST => Ok(all),
        count => Err(format!(
            "it has {count} recipients; servers take at most {MOST} or fewer in one message: write to a list, or make several drafts of it"
        )),
    }
}

fn mailboxes(key: &str, items: &[String]) -> Result<Vec<Address>, String> {
    let mut out: Vec<Address> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        for address in Address::parse_list(item).map_err(|e| format!("`{key}`: {e}; correct it"))? {
            sound(&address).map_err(|why| format!("`{key}`: {why}"))?;
            if seen.insert(address.key()) {
                out.push(address);
            }
        }
    }
    Ok(out)
}

/// Refuses an address that is not what it looks like, and one that no server could be asked for.
pub(super) fn sound(address: &Address) -> Result<(), String> {
    let (email, domain) = (&address.email, address.domain());
    let really = match idna::domain_to_ascii(&domain) {
        _ if domain.starts_with('[') => domain.clone(),
        Ok(ascii) if !ascii.is_empty() => ascii,
        _ => return Err(format!("{email:?} has a domain that cannot exist; correct it")),
    };
    if std::iter::once(address.local()).chain(domain.split('.')).any(mixes_alphabets) {
        return Err(format!(
            "{email:?} mixes letters of two alphabets that look alike (its domain is really {really}); type it anew"
        ));
    }
    // Full-width letters, another dot, a letter that falls away: read, it looks like another domain than it is.
    let written: String = domain.nfc().collect();
    if written != really && idna::domain_to_unicode(&really).0 != written {
        return Err(format!(
            "{email:?} has signs in its domain that only look like others (it is really {really}); type it anew"
        ));
    }
    // Marks stand on letters: some languages cannot be written without.
    let odd = |c: char| !c.is_ascii() && (is_invisible(c) || !c.is_alphanumeric() && !is_combining_mark(c));
    if address.local().chars().any(odd) {
        return Err(format!(
            "{email:?} has a sign before the @ that looks like another or cannot be seen; type it anew"
        ));
    }
    Ok(())
}

/// True for a word of Latin letters with Cyrillic, Greek, Armenian or Cherokee ones in it, whose shapes they share.
fn mixes_alphabets(word: &str) -> bool {
    let latin = |c: char| c.is_ascii_alphabetic() || ('\u{c0}'..='\u{24f}').contains(&c);
    let twin = |c: char| {
        c.is_alphabetic()
            && matches!(c, '\u{370}'..='\u{58f}' | '\u{13a0}'..='\u{13ff}' | '\u{1f00}'..='\u{1fff}' | '\u{ab70}'..='\u{abbf}')
    };
    word.chars().any(latin) && word.chars().any(twin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_what_they_look_like() {
        for email in [
            "ada@example.com",
            "ada@bücher.example",
            "zoe\u{308}@bu\u{308}cher.example",
            "ada@Bücher.example",
            "ada@пример.рф",
            "ада@пример.рф",
            "用户@例子.公司",
            "उपयोगकर्ता@example.com",
            "ada@[127.0.0.1]",
            "ada@xn--e1afmkfd.xn--p1ai",
            "o'neil+x@example.com",
            "ada@EXAMPLE.com",
        ] {
            assert_eq!(sound(&Address::bare(email)), Ok(()), "{email}");
        }
        for email in [
            "ada@ex\u{430}mple.com",
            "\u{430}da@example.com",
            "ada@\u{ff45}xample.com",
            "ada@example\u{3002}com",
            "ada@exam\u{ad}ple.com",
            "ada@exam\u{2060}ple.com",
            "a\u{2060}da@example.com",
            "ada\u{fe0f}@example.com",
            "\u{2024}ada@example.com",
            "ada@xn--.example",
        ] {
            assert!(sound(&Address::bare(email)).is_err(), "{email}");
        }
    }
}
