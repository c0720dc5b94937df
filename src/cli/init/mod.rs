//! `postnote init`: from an address to a config that works. Run again, it adds an account.
//!
//! First everything is asked and tried ([`gather`]); Ctrl-C then leaves nothing behind. Only at the end is anything
//! written: the secret into its place, the config, the folders.

mod access;
mod args;
mod existing;
mod finish;
mod servers;
mod sign_in;
mod vault;

pub(super) use args::InitArgs;

use super::ask::{self, Echo};
use super::{Ended, Failure, signals};
use crate::config::OAuth2;
use crate::mail::Address;
use crate::setup::discover::Found;
use crate::setup::written::{NewAccount, NewAuth};
use anyhow::anyhow;
use existing::Existing;
use secrecy::SecretString;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// Who is asked, and what is known of this machine.
struct Desk<'a> {
    args: &'a InitArgs,
    /// Somebody answers questions.
    asks: bool,
    /// The config's place.
    config: &'a Path,
    home: PathBuf,
    /// What is signed in already, to be undone if nothing comes of it.
    signed_in: Mutex<Option<(OAuth2, String)>>,
    /// Files that were written ahead, likewise.
    made: Mutex<Vec<PathBuf>>,
}

/// What is to be written, once all of it is known to work.
struct Plan {
    account: NewAccount,
    /// A secret that has yet to be put into the place that the account names.
    secret: Option<SecretString>,
    /// Of a new config.
    vault: Option<vault::Place>,
}

pub(super) async fn init(config: &Path, args: &InitArgs) -> Result<Ended, Failure> {
    let asks = !args.non_interactive;
    if asks && !ask::somebody() {
        return Err(Failure::Usage(anyhow!(
            "init asks its questions on a terminal, and this is none. Give the answers as flags: \
             postnote init you@example.org --non-interactive --vault ~/Notes --password-command 'pass show mail' \
             (postnote init --help names all of them)"
        )));
    }
    let home = super::place::home();
    let existing = existing::read(config, &home)?;
    let desk = Desk { args, asks, config, home, signed_in: Mutex::default(), made: Mutex::default() };
    let (echo, mut signals) = (Echo::now(), signals::Signals::new()?);
    let gathered = tokio::select! {
        biased;
        () = signals.next() => Err(Failure::Stopped),
        plan = gather(&desk, &existing) => plan,
    };
    let plan = match gathered {
        Ok(plan) => plan,
        Err(failure) => {
            echo.restore();
            sign_in::undo(&desk).await;
            return Err(failure);
        }
    };
    // From here on a signal waits: what is begun is finished, and that takes no time.
    if let Err(failure) = finish::write(&desk, &existing, &plan).await {
        sign_in::undo(&desk).await;
        return Err(failure);
    }
    let wanted = tokio::select! {
        biased;
        () = signals.next() => return Ok(Ended::Well),
        wanted = finish::wants_sync(&desk, &plan) => wanted?,
    };
    finish::first_sync(&desk, &plan, wanted).await
}

/// Asks for everything, and tries it.
async fn gather(desk: &Desk<'_>, existing: &Existing) -> Result<Plan, Failure> {
    match existing {
        Existing::None => desk.say(&format!("This sets up postnote: {} does not exist yet.", desk.shown(desk.config))),
        Existing::Some { .. } => desk.say(&format!("This adds an account to {}.", desk.shown(desk.config))),
    }
    existing.fits(desk.args)?;
    let email = address(desk).await?;
    existing.lacks(&email)?;
    let found = servers::find(desk, &email).await?;
    let name = existing.name_for(desk.args.name.as_deref(), &email, found.provider)?;
    let access::Proven { servers, auth, secret } = access::prove(desk, &email, &name, found).await?;
    let display_name = match &desk.args.display_name {
        Some(given) => given.clone(),
        None if desk.asks => ask::line("Your name, as those you write to see it (may be empty)", "").await?,
        None => String::new(),
    };
    if display_name.chars().any(char::is_control) {
        return Err(Failure::Usage(anyhow!("--display-name: one line, without control characters")));
    }
    let vault = match existing {
        Existing::None => Some(vault::choose(desk).await?),
        Existing::Some { .. } => None,
    };
    let aliases = desk.args.aliases.clone();
    let account = NewAccount { name, email, display_name, aliases, servers, auth };
    let plan = Plan { account, secret, vault };
    finish::confirm(desk, existing, &plan).await?;
    Ok(plan)
}

/// The address: of the command line, or asked for until it is one.
async fn address(desk: &Desk<'_>) -> Result<String, Failure> {
    let judge = |text: &str| match Address::parse(text.trim()) {
        Ok(address) if crate::setup::domain_of(&address.email).is_some() => Ok(address.email),
        _ => Err(anyhow!("{text:?} is no mail address; it looks like you@example.org")),
    };
    match &desk.args.address {
        Some(given) => judge(given).map_err(Failure::Usage),
        None if !desk.asks => Err(Failure::Usage(anyhow!(
            "whose mail? Name the address: postnote init you@example.org --non-interactive …"
        ))),
        None => loop {
            match judge(&ask::line("Your mail address", "").await?) {
                Ok(email) => return Ok(email),
                Err(e) => ask::say(&e.to_string()),
            }
        },
    }
}

impl Desk<'_> {
    /// Tells the person, if there is one; with `--non-interactive` only what matters is said.
    fn say(&self, text: &str) {
        if self.asks {
            ask::say(text);
        }
    }

    /// A path as a person would write it.
    fn shown(&self, path: &Path) -> String {
        crate::setup::written::shown(path, &self.home)
    }

    /// The folder that the config lies in.
    fn folder(&self) -> &Path {
        self.config.parent().unwrap_or(Path::new("/"))
    }
}

/// Whether it is signed in at a provider that the tokens come from.
fn is_sign_in(auth: &NewAuth) -> bool {
    matches!(auth, NewAuth::SignIn { .. })
}

/// Who says where the servers are, in a few words.
fn by(found: &Found) -> String {
    use crate::setup::discover::Source;
    match (&found.source, found.provider) {
        (Source::Table, Some(p)) => format!("This is an address of {}.", p.name),
        (Source::Mx, Some(p)) => format!("Its mail is kept by {}, as the domain's MX records say.", p.name),
        (Source::Srv, _) => "The domain names its servers (SRV records):".to_owned(),
        (Source::Domain(host), _) => format!("{host} says where the servers are:"),
        (Source::Database(host), _) => format!("{host} knows the servers:"),
        (Source::Guess, _) => "These servers were guessed, and are there:".to_owned(),
        (Source::Owner | Source::Table | Source::Mx, _) => "The servers:".to_owned(),
    }
}
