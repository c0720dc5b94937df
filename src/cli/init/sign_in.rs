//! Signing in at the provider (OAuth 2.0) instead of a password: the client that the person registered there, where the
//! provider is, and the sign-in itself. What was laid down for it is taken back if nothing comes of it.

use super::Desk;
use super::access::{Next, Proven, absolute, advice, ask_names, free, place_for, try_both, what_now};
use super::args::AccessArgs;
use super::servers;
use crate::cli::{Failure, ask, login};
use crate::config::{Auth, Config, OAuth2, Provider as OAuthProvider, SecretSource};
use crate::secret::{self, ExposeSecret};
use crate::setup::Servers;
use crate::setup::discover::Found;
use crate::setup::written::{self, Addresses, NewAccount, NewAuth};
use anyhow::{Context, anyhow};

/// Signs in, and tries both servers with what that gives.
pub(super) async fn prove(
    desk: &Desk<'_>,
    email: &str,
    name: &str,
    mut found: Found,
    provider: OAuthProvider,
) -> Result<Proven, Failure> {
    let args = &desk.args.access;
    let client_id = match &args.client_id {
        Some(id) => id.clone(),
        None if desk.asks => ask::line("The client id that the provider gave you (Enter alone stops)", "").await?,
        None => String::new(),
    };
    if client_id.is_empty() {
        return Err(Failure::Usage(anyhow!(
            "to sign in at the provider, a client is registered there once, for yourself: docs/providers.md says how. \
             Then give its id: --client-id. Nothing was written"
        )));
    }
    let client_secret = match (&args.client_secret_file, &args.client_secret_command) {
        (Some(path), _) => Some(SecretSource::File(absolute(path)?)),
        (_, Some(command)) => Some(SecretSource::Command(command.clone())),
        _ if desk.asks && provider != OAuthProvider::Microsoft => {
            let text = ask::unseen("The client secret that came with it (Enter alone: none)").await?;
            match text.expose_secret() {
                "" => None,
                secret => Some(kept_client(desk, name, secret)?),
            }
        }
        _ => None,
    };
    let tokens = place_for(desk, name, "tokens").await?;
    let mut at = given(args);
    let (auth, oauth) = loop {
        if desk.asks && provider == OAuthProvider::Custom && at.token_url.is_none() {
            ask_addresses(&mut at).await?;
        }
        let (client_id, client_secret, tenant) = (client_id.clone(), client_secret.clone(), args.tenant.clone());
        let auth = NewAuth::SignIn {
            provider,
            at: Box::new(at.clone()),
            client_id,
            client_secret,
            tenant,
            tokens: tokens.clone(),
        };
        match judged(desk, email, name, &found.servers, &auth) {
            Ok(oauth) => break (auth, oauth),
            // What was typed can be typed again.
            Err(Failure::Usage(e)) if desk.asks && args.token_url.is_none() && provider == OAuthProvider::Custom => {
                ask::say(&format!("{e}"));
                at = given(args);
            }
            Err(other) => return Err(other),
        }
    };
    login::at_provider(&oauth, name, email, &found.servers.imap_user, args.device, args.browser).await?;
    if let Ok(mut signed_in) = desk.signed_in.lock() {
        *signed_in = Some((oauth.clone(), name.to_owned()));
    }
    let credentials = secret::read(&Auth::OAuth2(Box::new(oauth)), name).await?;
    loop {
        if args.no_test {
            break;
        }
        let tried = try_both(desk, &found.servers, &credentials).await;
        let Some(trouble) = tried.trouble() else { break };
        match what_now(desk, &trouble, &advice(&found, &tried), "Try again", tried.is_refused()).await? {
            Next::Again => {}
            Next::Name => ask_names(&mut found.servers).await?,
            Next::Servers => found = servers::typed(desk, email, Some(found)).await?,
        }
    }
    Ok(Proven { servers: found.servers, auth, secret: None })
}

/// The provider's addresses, as far as the command line names them.
fn given(args: &AccessArgs) -> Addresses {
    Addresses {
        auth_url: args.auth_url.clone(),
        token_url: args.token_url.clone(),
        device_url: args.device_url.clone(),
        revoke_url: args.revoke_url.clone(),
        scopes: args.scopes.clone(),
    }
}

/// Of a provider that is not known; those that were not given.
async fn ask_addresses(at: &mut Addresses) -> Result<(), Failure> {
    ask::say("The provider's help names these addresses, under OAuth 2.0 or OpenID Connect.");
    for (question, url) in [
        ("Token endpoint (https://…)", &mut at.token_url),
        ("Authorization endpoint (Enter alone: none)", &mut at.auth_url),
        ("Device authorization endpoint (Enter alone: none)", &mut at.device_url),
    ] {
        if url.is_none() {
            *url = Some(ask::line(question, "").await?).filter(|answer| !answer.is_empty());
        }
    }
    if at.scopes.is_empty() {
        let answer = ask::line("Scopes, with a space between them (such as: mail offline_access)", "").await?;
        at.scopes = answer.split_whitespace().map(str::to_owned).collect();
    }
    Ok(())
}

/// The secret of a client lies in a file: it is needed before the config is written.
fn kept_client(desk: &Desk<'_>, name: &str, text: &str) -> Result<SecretSource, Failure> {
    let path = free(desk, &format!("{name}.client"));
    written::make_folder(desk.folder()).with_context(|| desk.shown(desk.folder()))?;
    secret::write_file(&path, text.as_bytes(), name)?;
    if let Ok(mut made) = desk.made.lock() {
        made.push(path.clone());
    }
    Ok(SecretSource::File(path))
}

/// What the config will make of it, which judges every key.
fn judged(desk: &Desk<'_>, email: &str, name: &str, servers: &Servers, auth: &NewAuth) -> Result<OAuth2, Failure> {
    let (name, email) = (name.to_owned(), email.to_owned());
    let (servers, auth) = (servers.clone(), auth.clone());
    let account = NewAccount { name, email, display_name: String::new(), aliases: Vec::new(), servers, auth };
    let text = written::whole("/", "30d", &account, &desk.home);
    let config = Config::parse(&text, &desk.home, desk.folder()).map_err(|e| Failure::Usage(anyhow!("{e}")))?;
    match config.accounts.into_iter().next().map(|a| a.secret) {
        Some(Auth::OAuth2(oauth)) => Ok(*oauth),
        _ => Err(Failure::Failed(anyhow!("the sign-in could not be prepared; nothing was written"))),
    }
}

/// Takes back what was signed in, or laid down, for an account that is not to be.
pub(super) async fn undo(desk: &Desk<'_>) {
    let signed_in = desk.signed_in.lock().ok().and_then(|mut s| s.take());
    if let Some((oauth, name)) = signed_in {
        secret::oauth::login::logout(&oauth, &name).await.ok();
    }
    let made = desk.made.lock().map(|mut made| std::mem::take(&mut *made)).unwrap_or_default();
    for path in made {
        std::fs::remove_file(path).ok();
    }
}
