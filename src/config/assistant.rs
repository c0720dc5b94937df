//! `[assistant]`: who reads the mail. Nothing here means the rules that are built in.
//!
//! What enters is the table as written; what leaves is a [`Model`] to ask, or nothing. What goes to a model is private:
//! https, or this very machine, unless the config says plainly that it may go in clear.

use super::oauth2::on_loopback;
use super::rule::Glob;
use super::{ConfigError, SecretSource, bad, schedule};
use jiff::SignedDuration;
use serde::Deserialize;
use std::path::{Component, Path, PathBuf};
use url::Url;

/// Which way a model's server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// As OpenAI's chat completions, which nearly every server understands.
    OpenAi,
    /// As Anthropic's messages.
    Anthropic,
}

/// A language model, where it is, and what it may see.
#[derive(Debug, Clone)]
pub struct Model {
    /// How its server is spoken to.
    pub dialect: Dialect,
    /// Where the server is.
    pub base_url: Url,
    /// The model's name.
    pub name: String,
    /// The key for the server.
    pub api_key: Option<SecretSource>,
    /// One more certificate authority, as PEM.
    pub ca_file: Option<PathBuf>,
    /// http:// to another machine is meant.
    pub allow_http: bool,
    /// How long one answer may take.
    pub timeout: SignedDuration,
    /// So many questions at a time.
    pub concurrency: usize,
    /// So many messages a pass.
    pub messages_per_pass: usize,
    /// So many tokens a day, prompts and answers together; `None`: no limit.
    pub tokens_per_day: Option<u64>,
    /// Keep each prompt and answer beside the state.
    pub keep_prompts: bool,
    /// The accounts whose mail it may see; `None`: all.
    pub accounts: Option<Vec<String>>,
    /// The mailboxes whose mail it may see: the last pattern that fits decides, `!` in front forbids.
    pub mailboxes: Vec<(bool, Glob)>,
    /// A note that says how its owner writes, inside the vault.
    pub persona: Option<String>,
    /// Show it what the vault knows of the matter.
    pub vault_context: bool,
}

impl Model {
    /// Whether mail that lies there may be shown to it at all.
    pub fn permits(&self, account: &str, mailbox: &str) -> bool {
        self.accounts.as_ref().is_none_or(|names| names.iter().any(|name| name == account))
            && self.mailboxes.iter().rev().find(|(_, glob)| glob.fits(mailbox)).is_some_and(|(allowed, _)| *allowed)
    }
}

/// When questions that the owner asked are asked again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FollowUp {
    /// After so long; `None`: never.
    pub after: Option<SignedDuration>,
    /// A draft that asks again is written, too.
    pub nudge: bool,
}

/// `assistant.follow_up`: days, or text such as `"7d"`; and `assistant.nudge`.
pub(super) fn follow_up(raw: &RawAssistant) -> Result<FollowUp, ConfigError> {
    let shape =
        || ConfigError("assistant.follow_up: after how long, such as \"7d\" or \"2w\", or \"never\"".to_owned());
    let days = |days: i64| (1..=3650).contains(&days).then(|| SignedDuration::from_hours(24 * days)).ok_or_else(shape);
    let after = match &raw.follow_up {
        None => None,
        Some(toml::Value::String(text)) if matches!(text.trim(), "never" | "off" | "") => None,
        Some(toml::Value::String(text)) => {
            let (number, unit) = text.trim().split_at_checked(text.trim().len().saturating_sub(1)).ok_or_else(shape)?;
            let number: i64 = number.trim().parse().map_err(|_| shape())?;
            match unit {
                "d" => Some(days(number)?),
                "w" => Some(days(number.saturating_mul(7))?),
                "h" if (1..=87_600).contains(&number) => Some(SignedDuration::from_hours(number)),
                _ => return Err(shape()),
            }
        }
        Some(toml::Value::Integer(number)) => Some(days(*number)?),
        Some(toml::Value::Boolean(false)) => None,
        Some(_) => return Err(shape()),
    };
    if raw.nudge && after.is_none() {
        return bad("assistant.nudge: say when, with assistant.follow_up = \"7d\" or the like");
    }
    Ok(FollowUp { after, nudge: raw.nudge })
}

#[derive(Debug, Deserialize)]
#[serde(default)]
pub(super) struct RawAssistant {
    provider: String,
    base_url: Option<String>,
    model: Option<String>,
    /// Not typed yet: an error about it must not quote what stands there.
    api_key: Option<toml::Value>,
    ca_file: Option<PathBuf>,
    allow_http: bool,
    timeout: String,
    concurrency: u32,
    messages_per_pass: u32,
    tokens_per_day: u64,
    keep_prompts: bool,
    accounts: Option<Vec<String>>,
    mailboxes: Vec<String>,
    persona: Option<String>,
    vault_context: bool,
    follow_up: Option<toml::Value>,
    nudge: bool,
    pub(super) manner: bool,
}

impl Default for RawAssistant {
    fn default() -> Self {
        RawAssistant {
            provider: "offline".into(),
            base_url: None,
            model: None,
            api_key: None,
            ca_file: None,
            allow_http: false,
            timeout: "2m".into(),
            concurrency: 1,
            messages_per_pass: 20,
            tokens_per_day: 500_000,
            keep_prompts: false,
            accounts: None,
            mailboxes: vec!["*".into()],
            persona: None,
            vault_context: false,
            follow_up: None,
            nudge: false,
            manner: true,
        }
    }
}

/// `accounts`: the names that there are.
pub(super) fn validate(
    raw: RawAssistant,
    accounts: &[&str],
    resolve: &dyn Fn(&Path) -> PathBuf,
) -> Result<Option<Model>, ConfigError> {
    let dialect = match raw.provider.as_str() {
        "offline" => return Ok(None),
        "openai" => Dialect::OpenAi,
        "anthropic" => Dialect::Anthropic,
        other => {
            return bad(format!(
                "assistant.provider: {other:?} is none; use \"offline\", \"openai\" (any compatible server) or \"anthropic\""
            ));
        }
    };
    let base_url = match (&raw.base_url, dialect) {
        (Some(text), _) => text.as_str(),
        (None, Dialect::Anthropic) => "https://api.anthropic.com",
        (None, Dialect::OpenAi) => {
            return bad(
                "assistant.base_url is missing: where the model's server is, such as \"http://localhost:11434/v1\" for Ollama",
            );
        }
    };
    let Some(name) = raw.model.filter(|name| !name.trim().is_empty() && !name.chars().any(char::is_control)) else {
        return bad("assistant.model is missing: the model's name, as its server knows it");
    };
    if let Some(unknown) = raw.accounts.iter().flatten().find(|name| !accounts.contains(&name.as_str())) {
        return bad(format!("assistant.accounts: no account is named {unknown:?}"));
    }
    if !(1..=16).contains(&raw.concurrency) {
        return bad("assistant.concurrency: 1 to 16, please");
    }
    let timeout = schedule::duration(&raw.timeout).map_err(|e| ConfigError(format!("assistant.timeout: {e}")))?;
    if !timeout.is_positive() {
        return bad("assistant.timeout: longer than nothing, please, such as \"2m\"");
    }
    Ok(Some(Model {
        dialect,
        base_url: address(base_url, raw.allow_http)?,
        name,
        api_key: raw.api_key.map(|value| key(value, resolve)).transpose()?,
        ca_file: raw.ca_file.as_deref().map(resolve),
        allow_http: raw.allow_http,
        timeout,
        concurrency: usize::try_from(raw.concurrency).unwrap_or(1),
        messages_per_pass: usize::try_from(raw.messages_per_pass).unwrap_or(usize::MAX),
        tokens_per_day: Some(raw.tokens_per_day).filter(|tokens| *tokens > 0),
        keep_prompts: raw.keep_prompts,
        accounts: raw.accounts,
        mailboxes: raw.mailboxes.iter().map(|pattern| permission(pattern)).collect(),
        persona: raw.persona.as_deref().map(note).transpose()?,
        vault_context: raw.vault_context,
    }))
}

fn permission(pattern: &str) -> (bool, Glob) {
    match pattern.strip_prefix('!') {
        Some(forbidden) => (false, Glob::new(forbidden)),
        None => (true, Glob::new(pattern)),
    }
}

fn address(text: &str, allow_http: bool) -> Result<Url, ConfigError> {
    let url =
        Url::parse(text).map_err(|e| ConfigError(format!("assistant.base_url: {text:?} is no web address ({e})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return bad("assistant.base_url: a plain web address, please; the key belongs under assistant.api_key");
    }
    match url.scheme() {
        "https" if url.has_host() => Ok(url),
        "http" if on_loopback(&url) || allow_http && url.has_host() => Ok(url),
        "http" => bad(format!(
            "assistant.base_url: {text} is another machine, and your mail would go there unencrypted; use https://, or, if that \
             network is yours, set assistant.allow_http = true"
        )),
        _ => bad(format!("assistant.base_url: {text:?} should begin with https:// (http:// for this machine)")),
    }
}

fn key(value: toml::Value, resolve: &dyn Fn(&Path) -> PathBuf) -> Result<SecretSource, ConfigError> {
    let source: SecretSource =
        value.try_into().map_err(|e: toml::de::Error| ConfigError(format!("assistant.api_key: {}", e.message())))?;
    Ok(match source {
        SecretSource::File(path) => SecretSource::File(resolve(&path)),
        other => other,
    })
}

/// A note inside the vault.
fn note(text: &str) -> Result<String, ConfigError> {
    let sound = Path::new(text).components().all(|c| matches!(c, Component::Normal(_)));
    if text.is_empty() || !sound || text.contains('\\') {
        return bad(format!(
            "assistant.persona: {text:?} should be a note inside the vault, such as \"Me/How I write.md\""
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Model>, ConfigError> {
        validate(toml::from_str(text).expect("a table"), &["work", "home"], &Path::to_owned)
    }

    #[test]
    fn what_may_go_where() {
        for (text, wrong) in [
            ("provider = \"offline\"\nmodel = \"x\"", ""),
            ("provider = \"openai\"\nmodel = \"x\"\nbase_url = \"http://localhost:11434/v1\"", ""),
            ("provider = \"openai\"\nmodel = \"x\"\nbase_url = \"http://[::1]:1/v1\"", ""),
            ("provider = \"openai\"\nmodel = \"x\"\nbase_url = \"https://models.example/v1?api-version=1\"", ""),
            ("provider = \"anthropic\"\nmodel = \"x\"\napi_key = { env = \"K\" }", ""),
            ("provider = \"openai\"\nmodel = \"x\"\nbase_url = \"http://10.0.0.7/v1\"", "allow_http"),
            ("provider = \"openai\"\nmodel = \"x\"\nallow_http = true\nbase_url = \"http://10.0.0.7/v1\"", ""),
            ("provider = \"openai\"\nmodel = \"x\"\nbase_url = \"https://me:pw@models.example\"", "api_key"),
            ("provider = \"openai\"\nmodel = \"x\"\nbase_url = \"file:///tmp\"", "https://"),
            ("provider = \"openai\"\nmodel = \"x\"", "base_url"),
            ("provider = \"anthropic\"", "model"),
            ("provider = \"gpt\"", "anthropic"),
            ("provider = \"anthropic\"\nmodel = \"x\"\naccounts = [\"nobody\"]", "nobody"),
            ("provider = \"anthropic\"\nmodel = \"x\"\nconcurrency = 0", "1 to 16"),
            ("provider = \"anthropic\"\nmodel = \"x\"\ntimeout = \"0s\"", "timeout"),
            ("provider = \"anthropic\"\nmodel = \"x\"\npersona = \"../me.md\"", "inside the vault"),
            ("provider = \"anthropic\"\nmodel = \"x\"\napi_key = \"hunter2\"", "does not stand in the config"),
        ] {
            match read(text) {
                Ok(_) => assert_eq!(wrong, "", "{text}"),
                Err(e) => {
                    assert!(!wrong.is_empty() && e.to_string().contains(wrong), "{text}: {e}");
                    assert!(!e.to_string().contains("hunter2"));
                }
            }
        }
    }

    #[test]
    fn when_a_question_is_asked_again() {
        let read = |text: &str| follow_up(&toml::from_str(text).expect("a table")).map_err(|e| e.to_string());
        for (text, days) in [
            ("", None),
            ("follow_up = \"never\"", None),
            ("follow_up = false", None),
            ("follow_up = 3", Some(3)),
            ("follow_up = \"7d\"\nnudge = true", Some(7)),
            ("follow_up = \"2w\"", Some(14)),
            ("follow_up = \"48h\"", Some(2)),
        ] {
            let read = read(text).expect(text);
            assert_eq!(read.after.map(|after| after.as_hours() / 24), days, "{text}");
            assert_eq!(read.nudge, text.contains("nudge"));
        }
        for text in
            ["follow_up = 0", "follow_up = \"soon\"", "follow_up = \"-1d\"", "follow_up = \"7é\"", "follow_up = true"]
        {
            assert!(read(text).is_err_and(|e| e.contains("\"7d\"")), "{text}");
        }
        assert!(read("nudge = true").is_err_and(|e| e.contains("follow_up")));
    }

    #[test]
    fn permission_is_by_account_and_mailbox() {
        let model = "provider = \"anthropic\"\nmodel = \"x\"\n";
        let read = |more: &str| read(&format!("{model}{more}")).expect("sound").expect("a model");
        assert!(read("").permits("work", "INBOX"));
        let some = read("accounts = [\"work\"]\nmailboxes = [\"*\", \"!Private*\", \"Private/Public\"]");
        for (account, mailbox, allowed) in [
            ("work", "INBOX", true),
            ("home", "INBOX", false),
            ("work", "Private", false),
            ("work", "private/Doctor", false),
            ("work", "Private/Public", true),
        ] {
            assert_eq!(some.permits(account, mailbox), allowed, "{account} {mailbox}");
        }
        assert!(!read("mailboxes = []").permits("work", "INBOX"));
    }
}
