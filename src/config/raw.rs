//! The config file as it is written, not yet judged.

use super::assistant::RawAssistant;
use super::notify::RawNotify;
use super::rule::Rule;
use serde::Deserialize;
use std::path::PathBuf;

/// The whole file.
#[derive(Debug, Deserialize)]
pub(super) struct RawConfig {
    pub(super) vault: PathBuf,
    pub(super) state: Option<PathBuf>,
    #[serde(default)]
    pub(super) sync: RawSync,
    #[serde(default)]
    pub(super) paths: RawPaths,
    #[serde(default)]
    pub(super) assistant: RawAssistant,
    #[serde(default)]
    pub(super) send: RawSend,
    #[serde(default)]
    pub(super) drafts: RawDrafts,
    #[serde(default)]
    pub(super) notes: RawNotes,
    #[serde(default)]
    pub(super) notify: RawNotify,
    #[serde(default)]
    pub(super) accounts: Vec<RawAccount>,
    #[serde(default)]
    pub(super) rules: Vec<Rule>,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct RawSync {
    pub(super) schedule: String,
    pub(super) since: String,
    pub(super) jitter: String,
    pub(super) sent_notes: bool,
}

impl Default for RawSync {
    fn default() -> Self {
        RawSync { schedule: "every 5m".into(), since: "30d".into(), jitter: "10s".into(), sent_notes: false }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct RawPaths {
    pub(super) sources: String,
    pub(super) outbox: String,
    pub(super) people: String,
    pub(super) customers: String,
    pub(super) projects: String,
}

impl Default for RawPaths {
    fn default() -> Self {
        RawPaths {
            sources: "Sources/Email/{{ year }}".into(),
            outbox: "Outbox".into(),
            people: "People".into(),
            customers: "Customers".into(),
            projects: "Projects".into(),
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct RawSend {
    pub(super) enabled: bool,
    pub(super) delay: String,
    pub(super) save_sent: super::SaveSent,
}

impl Default for RawSend {
    fn default() -> Self {
        RawSend { enabled: true, delay: "10s".into(), save_sent: super::SaveSent::Auto }
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RawDrafts {
    pub(super) reply: super::ReplyTo,
    pub(super) format: super::Format,
    pub(super) quote: super::Quote,
    pub(super) mirror: bool,
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct RawNotes {
    pub(super) context: Option<Vec<String>>,
    pub(super) keep_original: bool,
    pub(super) attachment_limit: String,
    pub(super) attachment_skip: Vec<super::rule::Glob>,
    pub(super) source_template: super::Shape,
    pub(super) summary_template: super::Shape,
    pub(super) draft_template: super::Shape,
    pub(super) person_template: super::Shape,
    pub(super) customer_template: super::Shape,
    pub(super) project_template: super::Shape,
    pub(super) awaiting_template: super::Shape,
}

impl Default for RawNotes {
    fn default() -> Self {
        RawNotes {
            context: None,
            keep_original: false,
            attachment_limit: "none".to_owned(),
            attachment_skip: Vec::new(),
            source_template: super::Shape::BuiltIn,
            summary_template: super::Shape::BuiltIn,
            draft_template: super::Shape::BuiltIn,
            person_template: super::Shape::BuiltIn,
            customer_template: super::Shape::BuiltIn,
            project_template: super::Shape::BuiltIn,
            awaiting_template: super::Shape::BuiltIn,
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct RawAccount {
    pub(super) name: String,
    pub(super) email: String,
    #[serde(default)]
    pub(super) display_name: String,
    #[serde(default)]
    pub(super) aliases: Vec<String>,
    pub(super) signature: Option<String>,
    pub(super) imap: RawServer,
    pub(super) smtp: RawServer,
    /// Not typed yet: an error about it must not quote what stands there.
    pub(super) auth: toml::Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawServer {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    #[serde(default)]
    pub(super) security: super::Security,
    #[serde(default)]
    pub(super) mailboxes: Option<Vec<String>>,
    pub(super) sent: Option<String>,
    pub(super) compress: Option<super::Compress>,
    pub(super) username: Option<String>,
    pub(super) ca_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RawAuth {
    pub(super) password: Option<toml::Value>,
    pub(super) oauth2: Option<toml::Value>,
}
