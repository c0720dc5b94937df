//! The config that is there already, if there is one.

use super::InitArgs;
use crate::cli::Failure;
use crate::config::Config;
use crate::setup::provider::Provider;
use crate::setup::written;
use anyhow::anyhow;
use std::io;
use std::path::Path;

/// What is at the config's place.
pub(super) enum Existing {
    /// Nothing.
    None,
    /// A config, to which an account can be added.
    Some {
        /// Its text.
        text: String,
        /// What it says, with an account of ours if it had none.
        config: Box<Config>,
        /// It had none.
        is_without: bool,
    },
}

/// An account, to see whether a config that has none is sound otherwise.
const STAND_IN: &str = r#"
[[accounts]]
name = "stand-in"
email = "stand-in@example.org"
imap = { host = "localhost" }
smtp = { host = "localhost" }
auth = { password = { keyring = true } }
"#;

/// Reads it. One that cannot be used is left for its owner to mend: what would be added to it could not be tried.
pub(super) fn read(path: &Path, home: &Path) -> Result<Existing, Failure> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Existing::None),
        Err(e) => return Err(Failure::Usage(anyhow!("the config {} cannot be read ({e})", path.display()))),
    };
    let base = path.parent().unwrap_or(Path::new("/"));
    let parse = |text: &str| Config::parse(text, home, base);
    match (parse(&text), parse(&written::with(&text, STAND_IN))) {
        (Ok(config), _) => Ok(Existing::Some { text, config: Box::new(config), is_without: false }),
        (Err(_), Ok(config)) => Ok(Existing::Some { text, config: Box::new(config), is_without: true }),
        (Err(e), Err(_)) => Err(Failure::Usage(anyhow!(
            "there is a config already, {}, and it cannot be used: {e}. Nothing was changed. Mend it, or begin another \
             with --config PATH",
            path.display()
        ))),
    }
}

impl Existing {
    /// Whether what the command line says can be done with it.
    pub(super) fn fits(&self, args: &InitArgs) -> Result<(), Failure> {
        match self {
            Existing::Some { config, .. } if args.vault.is_some() => Err(Failure::Usage(anyhow!(
                "the config has its vault, {}; --vault is for a new config (--config PATH begins another)",
                config.vault.display()
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the address is new to it.
    pub(super) fn lacks(&self, email: &str) -> Result<(), Failure> {
        let Existing::Some { config, .. } = self else { return Ok(()) };
        let same = |other: &str| other.eq_ignore_ascii_case(email);
        match config.accounts.iter().find(|a| same(&a.identity.email) || a.aliases.iter().any(|alias| same(alias))) {
            None => Ok(()),
            Some(account) => Err(Failure::Failed(anyhow!(
                "the config has {email} already, in the account {name:?}. `postnote login {name}` changes its password, \
                 `postnote doctor` looks whether it works",
                name = account.name
            ))),
        }
    }

    /// A name for the new account: the one given, or one that follows from the address and is free.
    pub(super) fn name_for(
        &self,
        given: Option<&str>,
        email: &str,
        provider: Option<&Provider>,
    ) -> Result<String, Failure> {
        let taken = |name: &str| match self {
            Existing::Some { config, is_without: false, .. } => config.account(name).is_some(),
            _ => false,
        };
        if let Some(name) = given {
            let plain = |c: char| c.is_alphanumeric() || "-_.@".contains(c);
            return if name.is_empty() || !name.chars().all(plain) {
                Err(Failure::Usage(anyhow!("--name {name:?}: letters, digits, - _ . or @, please")))
            } else if taken(name) {
                Err(Failure::Usage(anyhow!("--name {name:?}: the config has an account of that name already")))
            } else {
                Ok(name.to_owned())
            };
        }
        let domain = email.rsplit_once('@').map_or("mail", |(_, domain)| domain).to_lowercase();
        let label = domain.split('.').next().filter(|l| l.chars().all(char::is_alphanumeric)).unwrap_or("mail");
        let base =
            provider.filter(|p| crate::setup::provider::of_domain(&domain) == Some(*p)).map_or(label, |p| p.short);
        let names = std::iter::once(base.to_owned()).chain((2..).map(|n| format!("{base}-{n}")));
        Ok(names.into_iter().find(|name| !taken(name)).unwrap_or_default())
    }
}
