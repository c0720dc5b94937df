//! Rules: what the owner says about mail before any judgement is made.
//!
//! What enters is a `[[rules]]` table; what leaves is a [`Rule`] that answers whether it speaks of a message.
//! Patterns are globs, matched in bounded time: a rule can be slow to write, never slow to run.

use super::Shape;
use crate::mail::{Address, Message};
use crate::note::digest::Urgency;
use serde::{Deserialize, Deserializer};

/// One rule. The first whose `match` fits decides; what it leaves out keeps its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Which messages the rule speaks of.
    #[serde(rename = "match", default)]
    pub matches: Match,
    /// How far such a message goes.
    #[serde(default)]
    pub action: Option<Action>,
    /// How soon it wants attention.
    #[serde(default, deserialize_with = "urgency")]
    pub urgency: Option<Urgency>,
    /// Tags to add to its notes.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Whether a language model may see it.
    #[serde(default)]
    pub llm: Option<bool>,
    /// Whether what it says is kept in a note about its sender, written to or not.
    #[serde(default)]
    pub entity: Option<bool>,
    /// The project that it is about.
    #[serde(default)]
    pub project: Option<String>,
    /// How its source note looks.
    #[serde(default)]
    pub source_template: Option<Shape>,
    /// How the summary of its conversation looks.
    #[serde(default)]
    pub summary_template: Option<Shape>,
    /// How its draft looks.
    #[serde(default)]
    pub draft_template: Option<Shape>,
}

impl Rule {
    /// Whether a language model may see such a message, as far as this rule goes.
    pub fn may_be_shown(&self) -> bool {
        let is_confidential =
            |tag: &String| tag.trim_start_matches('#').split('/').any(|part| part.eq_ignore_ascii_case("confidential"));
        self.llm != Some(false) && !self.tags.iter().any(is_confidential)
    }
}

/// The patterns of a rule: every one that is given has to fit, so none at all fits every message.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Match {
    /// The author's address, name, or `Name <address>`.
    #[serde(default)]
    pub from: Option<Glob>,
    /// Any address or name in To, Cc or Delivered-To.
    #[serde(default)]
    pub to: Option<Glob>,
    /// The List-Id; `*` fits whatever came over a list.
    #[serde(default)]
    pub list_id: Option<Glob>,
    /// The whole subject.
    #[serde(default)]
    pub subject: Option<Glob>,
    /// The account that received it.
    #[serde(default)]
    pub account: Option<Glob>,
    /// The mailbox that it lies in.
    #[serde(default)]
    pub mailbox: Option<Glob>,
}

/// How far a message goes, each step including those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// No note at all.
    Ignore,
    /// A source note.
    Source,
    /// And a summary.
    Summary,
    /// And, where the digest finds something to answer, a draft.
    Draft,
}

/// A pattern of `*` (any text) and `?` (one character), compared without regard to case, against the whole text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub struct Glob {
    /// The pattern, lowercased.
    pattern: Vec<char>,
}

impl From<String> for Glob {
    fn from(pattern: String) -> Self {
        Glob::new(&pattern)
    }
}

impl Glob {
    /// A pattern as the owner wrote it.
    pub fn new(pattern: &str) -> Self {
        let mut lower: Vec<char> = pattern.trim().chars().flat_map(char::to_lowercase).collect();
        lower.dedup_by(|a, b| *a == '*' && *b == '*');
        Glob { pattern: lower }
    }

    /// True when the whole of `text` fits. Time is at most pattern × text: on a mismatch only the last `*`
    /// grows, since an earlier one could win nothing that the last cannot.
    pub fn fits(&self, text: &str) -> bool {
        let text: Vec<char> = text.chars().flat_map(char::to_lowercase).collect();
        let (mut p, mut t) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while let Some(&c) = text.get(t) {
            match (self.pattern.get(p), retry) {
                (Some('*'), _) => {
                    retry = Some((p + 1, t));
                    p += 1;
                }
                (Some(&q), _) if q == '?' || q == c => {
                    p += 1;
                    t += 1;
                }
                (_, Some((after, from))) => {
                    retry = Some((after, from + 1));
                    p = after;
                    t = from + 1;
                }
                (_, None) => return false,
            }
        }
        self.pattern.iter().skip(p).all(|c| *c == '*')
    }

    fn fits_address(&self, address: &Address) -> bool {
        self.fits(&address.email)
            || address.name.as_deref().is_some_and(|name| self.fits(name))
            || self.fits(&address.to_string())
    }
}

impl Match {
    /// True when every given pattern fits the message, received by `account`, in `mailbox`.
    pub fn fits(&self, message: &Message, account: &str, mailbox: &str) -> bool {
        let ok = |glob: &Option<Glob>, test: &dyn Fn(&Glob) -> bool| glob.as_ref().is_none_or(test);
        ok(&self.account, &|g| g.fits(account))
            && ok(&self.mailbox, &|g| g.fits(mailbox))
            && ok(&self.subject, &|g| g.fits(&message.subject))
            && ok(&self.list_id, &|g| message.signals.list_id.as_deref().is_some_and(|id| g.fits(id)))
            && ok(&self.from, &|g| message.from.iter().chain(&message.sender).any(|a| g.fits_address(a)))
            && ok(&self.to, &|g| {
                message.recipients().any(|a| g.fits_address(a)) || message.delivered_to.iter().any(|a| g.fits(a))
            })
    }
}

fn urgency<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Urgency>, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum Word {
        Low,
        Normal,
        Urgent,
    }
    Ok(Option::<Word>::deserialize(deserializer)?.map(|word| match word {
        Word::Low => Urgency::Low,
        Word::Normal => Urgency::Normal,
        Word::Urgent => Urgency::Urgent,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs() {
        for (pattern, text, fits) in [
            ("*@billing.example", "Invoices@Billing.Example", true),
            ("*@billing.example", "a@billing.example.org", false),
            ("ada@*", "ada@example.com", true),
            ("a?a@example.com", "ADA@example.com", true),
            ("a?a@example.com", "aa@example.com", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("*invoice*2026*", "Your INVOICE for March 2026.", true),
            ("*a*b", "ab ab a", false),
            ("ÄRA*", "ära 1", true),
            ("[ab].*", "a.x", false),
            ("**x**", "wxyz", true),
        ] {
            assert_eq!(Glob::new(pattern).fits(text), fits, "{pattern:?} on {text:?}");
        }
    }

    #[test]
    fn a_hostile_pattern_ends() {
        let pattern = "*a".repeat(200);
        assert!(!Glob::new(&pattern).fits(&"a".repeat(199)));
        assert!(!Glob::new(&format!("{pattern}b")).fits(&"a".repeat(5_000)));
    }

    #[test]
    fn reads_what_the_design_shows() {
        let rule: Rule = toml::from_str(
            r#"match = { from = "*@billing.example", list_id = "*", subject = "*" }
               action = "source"
               urgency = "urgent"
               tags = ["money"]
               llm = false"#,
        )
        .expect("a rule");
        assert_eq!((rule.action, rule.urgency, rule.llm), (Some(Action::Source), Some(Urgency::Urgent), Some(false)));
        assert_eq!(rule.tags, ["money"]);
        for bad in ["match = { form = \"x\" }", "action = \"reply\"", "urgency = \"soon\"", "colour = 1"] {
            assert!(toml::from_str::<Rule>(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_given_pattern_has_to_fit() {
        let mut message = Message {
            subject: "Invoice 7".into(),
            from: vec![Address::named("Ada Park", "ada@example.com")],
            to: vec![Address::bare("sam@example.org")],
            ..Message::default()
        };
        let rule = |text: &str| toml::from_str::<Match>(text).expect("a match");
        for (text, fits) in [
            ("", true),
            ("from = \"ada park\"", true),
            ("from = \"*<ada@*\"", true),
            ("from = \"ben*\"", false),
            ("from = \"ada*\"\nsubject = \"invoice*\"", true),
            ("from = \"ada*\"\nsubject = \"plan*\"", false),
            ("to = \"sam@*\"\naccount = \"work\"", true),
            ("account = \"home\"", false),
            ("mailbox = \"inbox\"", true),
            ("mailbox = \"Projects/*\"", false),
            ("list_id = \"*\"", false),
        ] {
            assert_eq!(rule(text).fits(&message, "work", "INBOX"), fits, "{text}");
        }
        message.signals.list_id = Some("dev.example.org".into());
        assert!(rule("list_id = \"*\"").fits(&message, "work", "INBOX"));
    }
}
