//! Which shape notes have: the built-in ones, or templates of the owner's (`notes.…_template`, and the same in rules).

use super::rule::Rule;
use super::{Config, ConfigError, bad};
use crate::mail::Message;
use serde::Deserialize;
use std::path::{Component, Path};

/// The shape of a kind of note.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub enum Shape {
    /// The built-in one.
    #[default]
    BuiltIn,
    /// For drafts, the other built-in one.
    EmailDraft,
    /// A template, by its path in the vault.
    File(String),
}

impl TryFrom<String> for Shape {
    type Error = String;

    fn try_from(text: String) -> Result<Shape, String> {
        let path = Path::new(&text);
        let hidden =
            |part: Component<'_>| !matches!(part, Component::Normal(name) if !name.to_string_lossy().starts_with('.'));
        match text.as_str() {
            "built-in" | "draft-reply" => Ok(Shape::BuiltIn),
            "email-draft" => Ok(Shape::EmailDraft),
            _ if text.ends_with(".md") && !text.contains('\\') && !path.components().any(hidden) => {
                Ok(Shape::File(text))
            }
            _ => Err(format!(
                "{text:?} should be \"built-in\" or a template inside the vault, such as \"Templates/Note.md\"; of a draft also \"draft-reply\" or \"email-draft\""
            )),
        }
    }
}

/// The shapes of all notes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Shapes {
    /// `source_template`
    pub source: Shape,
    /// `summary_template`
    pub summary: Shape,
    /// `draft_template`
    pub draft: Shape,
    /// `person_template`
    pub person: Shape,
    /// `customer_template`
    pub customer: Shape,
    /// `project_template`
    pub project: Shape,
    /// `awaiting_template`
    pub awaiting: Shape,
}

impl Shapes {
    /// No template lies where drafts are looked for or mail leaves files, and only drafts have two built-in shapes.
    pub(super) fn validate(&self, rules: &[Rule], forbidden: &[(&str, &str)]) -> Result<(), ConfigError> {
        let own = [
            ("notes.source_template", &self.source),
            ("notes.summary_template", &self.summary),
            ("notes.draft_template", &self.draft),
            ("notes.person_template", &self.person),
            ("notes.customer_template", &self.customer),
            ("notes.project_template", &self.project),
            ("notes.awaiting_template", &self.awaiting),
        ];
        let of_rules = rules.iter().flat_map(|rule| {
            let source = rule.source_template.as_ref().map(|shape| ("rules.source_template", shape));
            let summary = rule.summary_template.as_ref().map(|shape| ("rules.summary_template", shape));
            let draft = rule.draft_template.as_ref().map(|shape| ("rules.draft_template", shape));
            [source, summary, draft].into_iter().flatten()
        });
        for (key, shape) in own.into_iter().chain(of_rules) {
            match shape {
                Shape::EmailDraft if !key.ends_with(".draft_template") => {
                    return bad(format!("{key}: \"email-draft\" is a shape of drafts (draft_template)"));
                }
                Shape::File(path) => {
                    if let Some((folder, _)) = forbidden.iter().find(|(_, folder)| Path::new(path).starts_with(folder))
                    {
                        return bad(format!(
                            "{key}: {path:?} must not lie inside {folder}; make a folder for templates"
                        ));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Config {
    /// The rule that decides on a message.
    pub fn rule_for(&self, message: &Message, account: &str, mailbox: &str) -> Option<&Rule> {
        self.rules.iter().find(|rule| rule.matches.fits(message, account, mailbox))
    }

    /// The shape of the draft that answers a message.
    pub fn draft_shape(&self, message: &Message, account: &str, mailbox: &str) -> &Shape {
        let of_rule = self.rule_for(message, account, mailbox).and_then(|rule| rule.draft_template.as_ref());
        of_rule.unwrap_or(&self.shapes.draft)
    }

    /// The shape of the summary of a conversation, by its newest message.
    pub fn summary_shape(&self, message: &Message, account: &str, mailbox: &str) -> &Shape {
        let of_rule = self.rule_for(message, account, mailbox).and_then(|rule| rule.summary_template.as_ref());
        of_rule.unwrap_or(&self.shapes.summary)
    }

    /// The shape of a message's source note.
    pub fn source_shape(&self, message: &Message, account: &str, mailbox: &str) -> &Shape {
        let of_rule = self.rule_for(message, account, mailbox).and_then(|rule| rule.source_template.as_ref());
        of_rule.unwrap_or(&self.shapes.source)
    }
}
