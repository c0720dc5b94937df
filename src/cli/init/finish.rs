//! Everything is known to work: it is shown, written, and used for the first time.

use super::existing::Existing;
use super::{Desk, Plan, is_sign_in};
use crate::cli::{Ended, Failure, SyncArgs, ask, place, printable, sync};
use crate::config::{Config, SecretSource};
use crate::dashboard;
use crate::secret;
use crate::setup::written::{self, NewAuth};
use crate::vault::Vault;
use anyhow::{Context, anyhow};

/// The config's text as it will be.
fn text(desk: &Desk<'_>, existing: &Existing, plan: &Plan) -> String {
    match (existing, &plan.vault) {
        (Existing::Some { text, .. }, _) => written::with(text, &written::block(&plan.account, &desk.home)),
        (Existing::None, vault) => {
            let vault = vault.as_ref().map(|v| desk.shown(&v.path)).unwrap_or_default();
            written::whole(&vault, &desk.args.since, &plan.account, &desk.home)
        }
    }
}

/// Shows what will be written, and asks whether it may.
pub(super) async fn confirm(desk: &Desk<'_>, existing: &Existing, plan: &Plan) -> Result<(), Failure> {
    let text = text(desk, existing, plan);
    Config::parse(&text, &desk.home, desk.folder()).map_err(|e| {
        // Of what was asked everything was judged; flags, or an account in a form that nothing can be added to, remain.
        Failure::Usage(anyhow!("the config would not be sound: {e}. Nothing was written"))
    })?;
    if !desk.asks {
        return Ok(());
    }
    ask::say("\nTo be written:");
    let what = if matches!(existing, Existing::None) { "the config" } else { "the account, at the end of" };
    ask::say_with("      ", &format!("  - {what} {}", desk.shown(desk.config)));
    match &plan.account.auth {
        NewAuth::Password(SecretSource::Keyring) => {
            ask::say_with("      ", &format!("  - the password into the keyring (postnote, {})", plan.account.name));
        }
        NewAuth::Password(SecretSource::File(path)) if plan.secret.is_some() => {
            ask::say_with("      ", &format!("  - the password into {}, for you alone", desk.shown(path)));
        }
        _ => {}
    }
    if let Some(vault) = &plan.vault {
        ask::say_with(
            "      ",
            &format!(
                "  - the folders Outbox and Sources/Email, the pages Mail.md and Mail.base in {}",
                desk.shown(&vault.path)
            ),
        );
    }
    if ask::yes("Write this?", true).await? { Ok(()) } else { Err(Failure::Stopped) }
}

/// Writes all of it: the secret first, so that the config never names one that is not there.
pub(super) async fn write(desk: &Desk<'_>, existing: &Existing, plan: &Plan) -> Result<(), Failure> {
    let (name, config) = (&plan.account.name, desk.config);
    if let (NewAuth::Password(kept), Some(secret)) = (&plan.account.auth, &plan.secret) {
        use secrecy::ExposeSecret;
        match kept {
            SecretSource::File(path) => {
                written::make_folder(desk.folder()).with_context(|| desk.shown(desk.folder()))?;
                secret::write_file(path, secret.expose_secret().as_bytes(), name)?;
                if let Ok(mut made) = desk.made.lock() {
                    made.push(path.clone());
                }
            }
            _ => secret::store(name, secret).await.with_context(|| format!("account {name:?}; nothing was written"))?,
        }
    }
    let done = match existing {
        Existing::None => {
            let made = plan.vault.as_ref().filter(|v| v.is_new).map_or(Ok(()), |v| written::make_folder(&v.path));
            made.and_then(|()| written::create(config, &text(desk, existing, plan)))
        }
        Existing::Some { text, .. } => written::append(config, text, &written::block(&plan.account, &desk.home)),
    };
    if let Err(e) = done {
        if matches!(plan.account.auth, NewAuth::Password(SecretSource::Keyring)) {
            secret::delete(name).await.ok();
        }
        return Err(Failure::Failed(anyhow!(
            "{} cannot be written ({}); nothing was changed. --config PATH names another place",
            desk.shown(config),
            written::in_words(&e)
        )));
    }
    // It is written: what it names stays.
    if let Ok(mut made) = desk.made.lock() {
        made.clear();
    }
    if let Ok(mut signed_in) = desk.signed_in.lock() {
        signed_in.take();
    }
    ask::say(&format!("Written: {}.", desk.shown(config)));
    if plan.vault.is_some() {
        folders(&place::load(config)?)?;
    }
    Ok(())
}

/// The folders that the first mail will need, so that they can be seen before it comes.
fn folders(config: &Config) -> Result<(), Failure> {
    let vault = Vault::open(&config.vault)?;
    let fixed = config.paths.sources.split("{{").next().unwrap_or_default().trim_end_matches('/');
    for folder in [config.paths.outbox.as_str(), fixed] {
        vault.make_folder(folder)?;
    }
    // Pages to look at; without them everything works.
    if let Err(e) = dashboard::write(config, &vault) {
        eprintln!("postnote: {}", printable(&format!("Mail.md and Mail.base cannot be written: {e:#}")));
    }
    Ok(())
}

/// Whether to sync at once.
pub(super) async fn wants_sync(desk: &Desk<'_>, plan: &Plan) -> Result<bool, Failure> {
    let reach = match plan.vault {
        Some(_) => in_words(&desk.args.since),
        None => "as far back as sync.since in the config says".to_owned(),
    };
    match (desk.args.sync, desk.args.no_sync || !desk.asks) {
        (true, _) => Ok(true),
        (_, true) => Ok(false),
        _ => ask::yes(&format!("Fetch the mail of {} now ({reach})?", plan.account.name), true).await,
    }
}

/// Syncs for the first time, if that is wanted, and tells how to go on.
pub(super) async fn first_sync(desk: &Desk<'_>, plan: &Plan, wanted: bool) -> Result<Ended, Failure> {
    let config = place::load(desk.config)?;
    let (name, with) = (&plan.account.name, place::flag(desk.config));
    let mut ended = Ended::Well;
    if wanted {
        let state = place::state(&config)?;
        let args = SyncArgs { account: Some(name.clone()), dry_run: false, json: false };
        ended = sync::sync(&config, &state, args, false).await?;
        if ended == Ended::WithProblems {
            ask::say("The account is set up all the same; the next sync goes on from here.");
        }
    } else {
        ask::say(&format!("`postnote{with} sync` fetches the mail."));
    }
    ask::say(&format!(
        "`postnote{with} run` stays, and sees new mail and approvals as they come; `postnote{with} doctor` looks whether all \
         is well."
    ));
    if is_sign_in(&plan.account.auth) {
        ask::say(&format!("The sign-in renews itself; if it ever ends: `postnote{with} login {name}`."));
    }
    Ok(ended)
}

/// `30d` as people say it.
fn in_words(since: &str) -> String {
    let number = since.trim_end_matches(|c: char| c.is_alphabetic());
    match since.strip_prefix(number) {
        Some("d") => format!("the last {number} days"),
        Some("w") => format!("the last {number} weeks"),
        _ if since == "all" => "all of it".to_owned(),
        _ => format!("the last {since}"),
    }
}
