//! What a message adds to what is known of people, customers and projects: `(Heard, &Digest, facts)` → patches.
//!
//! Pure. Whom a mail is from is its address, which organisation that belongs to its domain; names count only as whole
//! words of a text that is about somebody. Whether a note is there to be patched, and whether one is to be made, is
//! decided by whoever calls.

use crate::note::digest::Digest;
use crate::note::entity::{Addition, Section};
use jiff::civil::Date;
use std::collections::HashMap;

/// At most so many facts, and so many decisions, are taken out of one message.
const MOST_FACTS: usize = 3;

/// A message that was read.
#[derive(Debug, Clone, Copy)]
pub struct Heard<'a> {
    /// Its local day.
    pub date: Date,
    /// Its base subject.
    pub subject: &'a str,
    /// Path of its source note.
    pub source: &'a str,
    /// Paths of the source notes of its conversation.
    pub conversation: &'a [String],
}

/// The entities that a message has to do with, by the numbers that the caller gives them.
#[derive(Debug, Clone, Copy, Default)]
pub struct Concerned {
    /// Who wrote it.
    pub person: Option<usize>,
    /// Whose domain it came from.
    pub customer: Option<usize>,
    /// What it is about, as a rule says.
    pub project: Option<usize>,
}

/// A line for the note of one entity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntityPatch {
    /// The entity's number.
    pub entity: usize,
    /// The line.
    pub line: Addition,
}

/// What a message adds to which note.
pub fn patches(heard: &Heard<'_>, digest: &Digest, concerned: &Concerned, names: &Names) -> Vec<EntityPatch> {
    let Concerned { person, customer, project } = *concerned;
    let line = |section, text: &str| Addition {
        section,
        date: Some(heard.date),
        text: text.to_owned(),
        source: Some(heard.source.to_owned()),
        told_by: if section == Section::Interactions { heard.conversation.to_vec() } else { Vec::new() },
    };
    let subject = if heard.subject.trim().is_empty() { digest.title.as_str() } else { heard.subject };
    let mut out: Vec<EntityPatch> = Vec::new();
    for entity in [person, customer, project].into_iter().flatten() {
        out.push(EntityPatch { entity, line: line(Section::Interactions, subject) });
    }
    for text in digest.decisions.iter().take(MOST_FACTS) {
        // Decisions are about what is being done, not about who says so.
        let about = project.or(customer);
        out.extend(about.map(|entity| EntityPatch { entity, line: line(Section::Decisions, text) }));
    }
    let told = sentences(&digest.summary).into_iter().filter(|s| tells_a_fact(s));
    let mut facts: Vec<&str> = Vec::new();
    for text in digest.key_information.iter().map(String::as_str).chain(told) {
        if !facts.contains(&text) && !digest.decisions.iter().any(|d| d == text) {
            facts.push(text);
        }
    }
    for text in facts.into_iter().take(MOST_FACTS) {
        let mut about: Vec<usize> = names.mentioned(text);
        if about.is_empty() {
            let own = speaks_of_itself(text);
            let first = if own { person.or(project) } else { project.or(customer).or(person) };
            about.extend(first);
        }
        out.extend(about.into_iter().map(|entity| EntityPatch { entity, line: line(Section::Facts, text) }));
    }
    out
}

/// The sentences of a summary, which says what it says nowhere else in a digest.
fn sentences(summary: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let (mut start, mut end) = (0, None);
    for (at, c) in summary.char_indices() {
        match end {
            // Behind the mark there is space, or (as in Japanese) none.
            Some(mark) if c.is_whitespace() || mark == '。' || mark == '！' || mark == '？' => {
                out.extend(summary.get(start..at));
                (start, end) = (at, None);
            }
            _ => {}
        }
        if matches!(c, '.' | '!' | '?' | '。' | '！' | '？') {
            end = Some(c);
        } else if !matches!(c, ')' | '"' | '”' | '»' | '」') {
            end = None;
        }
    }
    out.extend(summary.get(start..));
    out.into_iter().map(str::trim).filter(|s| !s.is_empty()).collect()
}

/// True for a statement with a number in it: a day, an amount, an address.
fn tells_a_fact(sentence: &str) -> bool {
    sentence.contains(|c: char| c.is_ascii_digit()) && !sentence.contains(['?', '？'])
}

/// True when a sentence is about who wrote it.
fn speaks_of_itself(text: &str) -> bool {
    const I: [&str; 20] = [
        "i", "i'm", "i’m", "i'll", "i’ll", "i've", "i’ve", "my", "me", "ich", "mein", "meine", "mir", "mich", "je",
        "j’ai", "mon", "yo", "mi", "mis",
    ];
    let apart = |c: char| !c.is_alphanumeric() && c != '\'' && c != '’';
    text.split(apart).any(|word| I.contains(&word.to_lowercase().as_str()))
}

/// Names that texts are searched for, word by word.
#[derive(Debug, Default)]
pub struct Names {
    by_first: HashMap<String, Vec<Named>>,
}

/// A name, and whose it is.
#[derive(Debug)]
struct Named {
    words: Vec<String>,
    /// `None`: of more than one, so that nobody can tell which one is meant.
    entity: Option<usize>,
}

impl Names {
    /// A name of an entity. One that is not enough to tell who is meant is passed over: a single word of a person's.
    pub fn add(&mut self, name: &str, entity: usize, is_person: bool) {
        let all = words(name);
        let Some((first, _)) = all.first() else { return };
        if all.len() < 2 && (is_person || name.chars().filter(|c| c.is_alphanumeric()).count() < 4) {
            return;
        }
        let lower: Vec<String> = all.iter().map(|(w, _)| w.to_lowercase()).collect();
        let bucket = self.by_first.entry(first.to_lowercase()).or_default();
        match bucket.iter_mut().find(|known| known.words == lower) {
            Some(known) if known.entity != Some(entity) => known.entity = None,
            Some(_) => {}
            None => bucket.push(Named { words: lower, entity: Some(entity) }),
        }
    }

    /// The entities that a text names, in the order of the text. A word of a longer word names nobody.
    pub fn mentioned(&self, text: &str) -> Vec<usize> {
        let all = words(text);
        let lower: Vec<String> = all.iter().map(|(w, _)| w.to_lowercase()).collect();
        let mut found: Vec<usize> = Vec::new();
        let mut at = 0;
        while let (Some(word), Some((_, is_capital))) = (lower.get(at), all.get(at)) {
            let fits = |name: &&Named| lower.get(at..).is_some_and(|rest| rest.starts_with(&name.words)) && *is_capital;
            let bucket = self.by_first.get(word);
            let best = bucket.and_then(|bucket| bucket.iter().filter(fits).max_by_key(|name| name.words.len()));
            if let Some(entity) = best.and_then(|name| name.entity)
                && !found.contains(&entity)
            {
                found.push(entity);
            }
            at += best.map_or(1, |name| name.words.len());
        }
        found
    }
}

/// The words of a text, and whether each begins as names do: not with a small letter.
fn words(text: &str) -> Vec<(&str, bool)> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|w| !w.is_empty())
        .map(|w| (w, w.chars().next().is_some_and(|c| !c.is_lowercase())))
        .collect()
}

/// Providers that give anybody an address: by the label before the ending.
const FREE: [&str; 58] = [
    "gmail",
    "googlemail",
    "outlook",
    "hotmail",
    "live",
    "msn",
    "passport",
    "yahoo",
    "ymail",
    "rocketmail",
    "icloud",
    "me",
    "mac",
    "aol",
    "aim",
    "gmx",
    "web",
    "t-online",
    "freenet",
    "arcor",
    "posteo",
    "mailbox",
    "proton",
    "protonmail",
    "pm",
    "tutanota",
    "tuta",
    "tutamail",
    "fastmail",
    "fastmail",
    "hey",
    "zoho",
    "zohomail",
    "mail",
    "email",
    "inbox",
    "bk",
    "list",
    "rambler",
    "yandex",
    "qq",
    "foxmail",
    "163",
    "126",
    "sina",
    "orange",
    "wanadoo",
    "free",
    "laposte",
    "sfr",
    "libero",
    "virgilio",
    "naver",
    "daum",
    "comcast",
    "verizon",
    "btinternet",
    "bluewin",
];

/// The domain that an organisation is known by: the registered one of an address, unless anybody can have an address there.
pub fn organisation(address: &str) -> Option<String> {
    const SECOND: [&str; 12] = ["co", "com", "org", "net", "ac", "gov", "edu", "ne", "or", "go", "gob", "gouv"];
    let (_, domain) = address.rsplit_once('@')?;
    let domain = domain.to_lowercase();
    let labels: Vec<&str> = domain.split('.').collect();
    let sound = |label: &&str| !label.is_empty() && label.chars().all(|c| c.is_alphanumeric() || c == '-');
    if labels.len() < 2 || !labels.iter().all(sound) || labels.iter().all(|l| l.chars().all(|c| c.is_ascii_digit())) {
        return None;
    }
    let country = labels.last().is_some_and(|l| l.chars().count() == 2);
    let second = labels.iter().rev().nth(1).is_some_and(|l| SECOND.contains(l));
    let keep = if country && second && labels.len() > 2 { 3 } else { 2 };
    let registered = labels.get(labels.len().saturating_sub(keep)..)?;
    let own = registered.first()?;
    (!FREE.contains(own)).then(|| registered.join("."))
}

/// What an organisation is called, for want of anything better: `north-wind.example` → `North Wind`.
pub fn organisation_title(domain: &str) -> String {
    let label = domain.split('.').next().unwrap_or(domain);
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map(|c| c.to_uppercase().chain(chars).collect::<String>()).unwrap_or_default()
    };
    label.split('-').filter(|w| !w.is_empty()).map(capital).collect::<Vec<_>>().join(" ")
}

/// True for an address that no single person answers for: a list, a machine, nobody.
pub fn is_nobodys(address: &str) -> bool {
    const MACHINES: [&str; 14] = [
        "noreply",
        "donotreply",
        "mailerdaemon",
        "postmaster",
        "bounce",
        "bounces",
        "notifications",
        "notification",
        "newsletter",
        "unsubscribe",
        "abuse",
        "listserv",
        "majordomo",
        "autoreply",
    ];
    let Some((local, domain)) = address.rsplit_once('@') else { return true };
    let plain: String = local
        .split('+')
        .next()
        .unwrap_or(local)
        .chars()
        .filter(|c| c.is_alphanumeric())
        .collect::<String>()
        .to_lowercase();
    let listed =
        ["-request", "-owner", "-subscribe", "-unsubscribe", "-bounces"].iter().any(|end| local.ends_with(end));
    MACHINES.contains(&plain.as_str()) || listed || domain.starts_with("lists.") || domain.starts_with("list.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn names_are_whole_words_and_one_persons() {
        let mut names = Names::default();
        names.add("Ann Lee", 1, true);
        names.add("Ann Leeson", 2, true);
        names.add("Ann", 3, true);
        names.add("Northwind", 4, false);
        names.add("Sam Roe", 5, true);
        names.add("Sam Roe", 6, true);
        names.add("Ann Lee Harbour", 7, false);
        for (text, who) in [
            ("The annual plan is done.", vec![]),
            ("Ann comes on Friday.", vec![]),
            ("Ann Lee comes, and Ann Leeson goes.", vec![1, 2]),
            ("ANN LEE comes.", vec![1]),
            ("A northwind blows at Northwinds.", vec![]),
            ("NORTHWIND and Northwind's plan", vec![4]),
            ("Sam Roe is two people.", vec![]),
            ("The Ann Lee Harbour is open.", vec![7]),
            ("Lee, Ann", vec![]),
        ] {
            assert_eq!(names.mentioned(text), who, "{text}");
        }
    }

    #[test]
    fn organisations_are_known_by_their_domain() {
        for (address, domain, title) in [
            ("ada@north-wind.example", Some("north-wind.example"), "North Wind"),
            ("ada@mail.Northwind.example", Some("northwind.example"), "Northwind"),
            ("ada@post.northwind.co.uk", Some("northwind.co.uk"), "Northwind"),
            ("ada@gmail.com", None, ""),
            ("ada@yahoo.co.jp", None, ""),
            ("ada@web.de", None, ""),
            ("ada@webshop.de", Some("webshop.de"), "Webshop"),
            ("ada@localhost", None, ""),
            ("ada@[127.0.0.1]", None, ""),
            ("ada@127.0.0.1", None, ""),
            ("ada", None, ""),
        ] {
            assert_eq!(organisation(address).as_deref(), domain, "{address}");
            assert!(domain.is_none_or(|d| organisation_title(d) == title), "{address}");
        }
        for (address, nobodys) in [
            ("no-reply@example.com", true),
            ("notifications+7@example.com", true),
            ("dev@lists.example.com", true),
            ("dev-request@example.com", true),
            ("nora.reply@example.com", false),
            ("ada@example.com", false),
        ] {
            assert_eq!(is_nobodys(address), nobodys, "{address}");
        }
    }

    #[test]
    fn facts_of_a_summary() {
        for (summary, facts) in [
            ("It costs 1.200 euros. Can you pay by 9 May? Yours.", vec!["It costs 1.200 euros."]),
            ("It ends on page 3.) Soon.", vec!["It ends on page 3.)"]),
            ("明日は5人です。来ますか？", vec!["明日は5人です。"]),
            ("", vec![]),
        ] {
            let found: Vec<&str> = sentences(summary).into_iter().filter(|s| tells_a_fact(s)).collect();
            assert_eq!(found, facts, "{summary}");
        }
    }

    #[test]
    fn facts_go_to_whom_they_are_about() {
        let mut names = Names::default();
        names.add("Ben Ode", 8, true);
        let heard = Heard { date: date(2026, 1, 5), subject: "Storage", source: "s.md", conversation: &[] };
        let facts =
            ["I am in Lisbon until 9 May.", "The shelf costs 1,200 euros.", "Ben Ode leads the archive since 2024."];
        let digest = Digest {
            key_information: facts.map(str::to_owned).to_vec(),
            decisions: vec!["We take the second shelf.".to_owned()],
            ..Digest::default()
        };
        let told = |concerned: Concerned| {
            let patches = patches(&heard, &digest, &concerned, &names);
            patches.into_iter().map(|p| (p.entity, p.line.text)).collect::<Vec<_>>()
        };
        let line = |entity: usize, text: &str| (entity, text.to_owned());
        let all = Concerned { person: Some(1), customer: Some(2), project: None };
        assert_eq!(
            told(all),
            [
                line(1, "Storage"),
                line(2, "Storage"),
                line(2, "We take the second shelf."),
                line(1, facts[0]),
                line(2, facts[1]),
                line(8, facts[2])
            ]
        );
        let person = Concerned { person: Some(1), ..Concerned::default() };
        assert_eq!(told(person), [line(1, "Storage"), line(1, facts[0]), line(1, facts[1]), line(8, facts[2])]);
        assert_eq!(told(Concerned::default()), [line(8, facts[2])]);
    }
}
