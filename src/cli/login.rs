//! `postnote login` and `postnote logout`.

use super::ask::{self, Echo};
use super::signals::Signals;
use super::{Ended, Failure, LoginArgs};
use crate::config::{Account, Auth, OAuth2, SecretSource};
use crate::secret;
use crate::secret::oauth::login::{self as sign_in, Ask, Out, Way};
use anyhow::{Context, anyhow};
use clap::ValueEnum;
use secrecy::{ExposeSecret, SecretString};
use std::io::{BufRead, IsTerminal};
use std::process::{Command, Stdio};

/// Whether to open a browser.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(super) enum Browser {
    /// On a terminal of this machine's own desktop
    #[default]
    Auto,
    /// Yes
    Always,
    /// No: only print the address
    Never,
}

pub(super) async fn login(account: &Account, args: &LoginArgs) -> Result<Ended, Failure> {
    match &account.secret {
        Auth::OAuth2(oauth) => with_provider(oauth, account, args).await,
        Auth::Password(_) if args.device => {
            Err(Failure::Usage(anyhow!("account {:?} has a password; --device is for auth.oauth2", account.name)))
        }
        Auth::Password(source) => with_password(source, &account.name).await,
    }
}

async fn with_password(source: &SecretSource, account: &str) -> Result<Ended, Failure> {
    let password = read(account).await?;
    secret::store(account, &password).await.with_context(|| format!("account {account:?}"))?;
    println!("The password of {account} is in the keyring.");
    if *source != SecretSource::Keyring {
        println!("The config takes it from elsewhere; set auth.password = {{ keyring = true }} to use this one.");
    }
    Ok(Ended::Well)
}

async fn with_provider(oauth: &OAuth2, account: &Account, args: &LoginArgs) -> Result<Ended, Failure> {
    let (name, email) = (&account.name, &account.identity.email);
    at_provider(oauth, name, email, &account.imap_username, args.device, args.browser).await?;
    println!("{name} is signed in; its tokens are in the {}.", kept_in(oauth));
    Ok(Ended::Well)
}

/// Signs in at a provider; the tokens are kept where the config says.
pub(super) async fn at_provider(
    oauth: &OAuth2,
    name: &str,
    email: &str,
    user: &str,
    device: bool,
    browser: Browser,
) -> Result<(), Failure> {
    let way = if device { Way::Device } else { Way::Browser };
    let mut tell = |ask: Ask<'_>| match ask {
        Ask::Open(url) => {
            ask::say(&format!("To sign in as {email}, open this address in a browser on this machine:\n\n{url}\n"));
            ask::say(&format!(
                "Waiting for the browser. Ctrl-C stops; `postnote login {name} --device` works from another machine, where \
                 the provider has it."
            ));
            if wanted(browser) {
                open(url);
            }
        }
        Ask::Enter { at, code, or_open } => {
            ask::say(&format!("To sign in as {email}, go to\n\n{at}\n\non any device, and type the code {code}"));
            if let Some(url) = or_open {
                ask::say(&format!("or open {url}"));
            }
            ask::say("\nWaiting until that is done. Ctrl-C stops.");
        }
    };
    sign_in::login(oauth, name, user, way, &mut tell).await.with_context(|| format!("account {name:?}"))?;
    Ok(())
}

fn kept_in(oauth: &OAuth2) -> String {
    match &oauth.tokens {
        SecretSource::File(path) => format!("file {}", path.display()),
        _ => "keyring".to_owned(),
    }
}

/// A desktop that is this machine's own: over ssh, the browser would open where nobody sees it.
fn wanted(browser: Browser) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    match browser {
        Browser::Always => true,
        Browser::Never => false,
        Browser::Auto => {
            let desktop = cfg!(any(windows, target_os = "macos")) || set("DISPLAY") || set("WAYLAND_DISPLAY");
            desktop && !set("SSH_CONNECTION") && std::io::stdout().is_terminal()
        }
    }
}

/// Opens the address in the usual browser, which may live longer than this; if that fails, it is printed anyway.
fn open(url: &str) {
    let (program, first): (&str, &[&str]) = if cfg!(target_os = "macos") {
        ("open", &[])
    } else if cfg!(windows) {
        ("rundll32", &["url.dll,FileProtocolHandler"])
    } else {
        ("xdg-open", &[])
    };
    let mut command = Command::new(program);
    command.args(first).arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Err(e) = command.spawn() {
        eprintln!("postnote: no browser could be opened ({program}: {e})");
    }
}

pub(super) async fn logout(account: &Account) -> Result<Ended, Failure> {
    let name = &account.name;
    let told = |e: secret::SecretError| anyhow::Error::from(e).context(format!("account {name:?}"));
    if let Auth::OAuth2(oauth) = &account.secret {
        match sign_in::logout(oauth, name).await.map_err(told)? {
            Out::WasNotIn => println!("{name} was not signed in."),
            Out::Revoked => println!("{name} is signed out; the provider has taken its tokens back."),
            Out::Forgotten => println!(
                "{name} is signed out here. To take postnote's access back as well, look at your account's settings at the provider."
            ),
        }
        return Ok(Ended::Well);
    }
    match secret::delete(name).await {
        Ok(()) => println!("The password of {name} is removed from the keyring."),
        Err(e) if e.is_no_entry() => println!("The keyring holds no password of {name}."),
        Err(e) => return Err(told(e).into()),
    }
    Ok(Ended::Well)
}

/// Typed unseen on a terminal; else the first line of standard input.
async fn read(account: &str) -> Result<SecretString, Failure> {
    let password = if std::io::stdin().is_terminal() {
        // Ctrl-C must not leave a terminal that shows nothing of what is typed.
        let (echo, mut signals) = (Echo::now(), Signals::new()?);
        let question = format!("Password of {account}, an app password where the provider wants one");
        tokio::select! {
            biased;
            () = signals.next() => {
                echo.restore();
                return Err(Failure::Stopped);
            }
            typed = ask::unseen(&question) => typed?,
        }
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
        SecretString::from(line.trim_end_matches(['\r', '\n']))
    };
    if password.expose_secret().is_empty() {
        return Err(Failure::Failed(anyhow!("no password was given; nothing is changed")));
    }
    Ok(password)
}
