//! `postnote login` and `postnote logout`.

use super::{Ended, Failure};
use crate::config::{Config, SecretSource};
use crate::secret;
use anyhow::{Context, anyhow};
use secrecy::SecretString;
use std::io::{BufRead, IsTerminal};

pub(super) async fn login(config: &Config, account: &str) -> Result<Ended, Failure> {
    let password = read(account)?;
    secret::store(account, &password).await.with_context(|| format!("account {account:?}"))?;
    println!("The password of {account} is in the keyring.");
    if config.account(account).is_some_and(|a| a.secret != SecretSource::Keyring) {
        println!("The config takes it from elsewhere; set auth.password = {{ keyring = true }} to use this one.");
    }
    Ok(Ended::Well)
}

pub(super) async fn logout(account: &str) -> Result<Ended, Failure> {
    match secret::delete(account).await {
        Ok(()) => println!("The password of {account} is removed from the keyring."),
        Err(e) if e.is_no_entry() => println!("The keyring holds no password of {account}."),
        Err(e) => return Err(anyhow::Error::from(e).context(format!("account {account:?}")).into()),
    }
    Ok(Ended::Well)
}

/// Typed unseen on a terminal; else the first line of standard input.
fn read(account: &str) -> Result<SecretString, Failure> {
    let password = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("Password of {account} (an app password, where the provider wants one): "))?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).context("no password on standard input")?;
        line.trim_end_matches(['\r', '\n']).to_owned()
    };
    if password.is_empty() {
        return Err(Failure::Failed(anyhow!("no password was given; nothing is changed")));
    }
    Ok(SecretString::from(password))
}
