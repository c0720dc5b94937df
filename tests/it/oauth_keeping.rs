//! Tokens on their way between the provider and the disk: nothing gets lost there, and nothing is asked for twice.

use crate::oauth::{keep, kept};
use crate::support::*;
use postnote::config::{Auth, Config};
use postnote::secret::{self, Credentials, ExposeSecret};
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

/// An account whose tokens are in a folder of their own.
struct Kept {
    _dir: TempDir,
    folder: PathBuf,
    auth: Auth,
}

impl Kept {
    fn file(&self) -> PathBuf {
        self.folder.join("tokens.json")
    }

    async fn read(&self) -> Result<String, secret::SecretError> {
        secret::read(&self.auth, "work").await.map(|c| token(&c))
    }
}

fn token(credentials: &Credentials) -> String {
    match credentials {
        Credentials::Token(token) => token.expose_secret().to_owned(),
        Credentials::Password(_) => panic!("a password"),
    }
}

fn account(provider: &TokenServer, access: &str, age: i64) -> Kept {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("secrets");
    std::fs::create_dir(&folder).unwrap();
    let oauth2 = format!("[accounts.auth.oauth2]\n{}", provider.toml("tokens = { file = \"secrets/tokens.json\" }"));
    let text = format!("vault = \"v\"\n{}", crate::oauth::account("work", "sam@example.org", [9, 9], &oauth2));
    let config = Config::parse(&text, Path::new("/"), dir.path()).unwrap();
    let kept = Kept { folder, auth: config.account("work").unwrap().secret.clone(), _dir: dir };
    keep(&kept.file(), &provider.signed_in(), access, age);
    kept
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

#[test]
fn two_that_are_refused_renew_once() {
    let provider = TokenServer::start("sam@example.org");
    provider.rotates();
    let work = account(&provider, &provider.access(), 10);
    let (one, other) = wait(async {
        let old = secret::read(&work.auth, "work").await.unwrap();
        assert_eq!(provider.asked("/token").len(), 0);
        let renew = async || secret::renew(&work.auth, "work", &old).await.unwrap().unwrap();
        tokio::join!(renew(), renew())
    });
    assert_eq!(token(&one), token(&other));
    assert_eq!(provider.asked("/token").len(), 1);
    assert_eq!(provider.refresh_tokens(), [kept(&work.file(), "refresh_token")]);
}

#[test]
fn who_stops_waiting_loses_no_token() {
    let provider = TokenServer::start("sam@example.org");
    provider.rotates();
    let work = account(&provider, &provider.access(), 4000);
    provider.will([Grant::After(500)]);
    wait(async {
        assert!(tokio::time::timeout(Duration::from_millis(50), work.read()).await.is_err());
    });
    // The runtime is gone, and has waited.
    assert_eq!(provider.refresh_tokens(), [kept(&work.file(), "refresh_token")]);
    assert_eq!(wait(work.read()).unwrap(), kept(&work.file(), "access_token"));
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn a_token_that_cannot_be_kept_is_used_and_kept_later() {
    let provider = TokenServer::start("sam@example.org");
    provider.rotates();
    let work = account(&provider, &provider.access(), 4000);
    let aside = work.folder.with_extension("aside");
    provider.will([Grant::After(300)]);
    let renewed = wait(async {
        let asked = async {
            while provider.asked("/token").is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            std::fs::rename(&work.folder, &aside).unwrap();
        };
        tokio::join!(work.read(), asked).0.unwrap()
    });
    std::fs::rename(&aside, &work.folder).unwrap();
    assert_ne!(kept(&work.file(), "access_token"), renewed);
    assert_eq!(wait(work.read()).unwrap(), renewed);
    assert_eq!(provider.refresh_tokens(), [kept(&work.file(), "refresh_token")]);
    assert_eq!((kept(&work.file(), "access_token"), provider.asked("/token").len()), (renewed, 1));
}

#[test]
fn what_another_process_has_renewed_is_taken() {
    let provider = TokenServer::start("sam@example.org");
    let work = account(&provider, &provider.access(), 4000);
    // Another process was quicker with the same refresh token: what it kept is used when ours is refused.
    let next = provider.signed_in();
    provider.will([Grant::AfterError(300, "invalid_grant")]);
    let renewed = wait(async {
        let other = async {
            while provider.asked("/token").is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            keep(&work.file(), &next, "acc3ss-of-the-other", 4000);
        };
        tokio::join!(work.read(), other).0.unwrap()
    });
    assert_eq!(kept(&work.file(), "access_token"), renewed);
    assert_eq!(provider.asked("/token")[1]["refresh_token"], next);
}

#[test]
fn tokens_of_another_client_and_other_text_are_none() {
    let provider = TokenServer::start("sam@example.org");
    let work = account(&provider, &provider.access(), 10);
    let text = std::fs::read_to_string(work.file()).unwrap();
    for odd in [text.replace("postnote-test", "another"), "hunter2".to_owned(), String::new()] {
        std::fs::write(work.file(), &odd).unwrap();
        let error = wait(work.read()).unwrap_err();
        assert!(matches!(error, secret::SecretError::NotSignedIn { .. }), "{odd}: {error:?}");
        assert!(error.to_string().contains("postnote login work") && !error.is_transient());
    }
    std::fs::remove_file(work.file()).unwrap();
    assert!(matches!(wait(work.read()).unwrap_err(), secret::SecretError::NotSignedIn { .. }));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(work.file(), &text).unwrap();
        std::fs::set_permissions(work.file(), std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(wait(work.read()).unwrap_err().to_string().contains("chmod 600"));
    }
}

#[test]
fn a_token_without_an_end_is_good_until_it_is_refused() {
    let provider = TokenServer::start("sam@example.org");
    provider.life(None);
    let work = account(&provider, "acc3ss-over", 4000);
    let first = wait(work.read()).unwrap();
    assert_eq!(wait(work.read()).unwrap(), first);
    assert_eq!(provider.asked("/token").len(), 1);
}

#[test]
fn answers_that_are_none_hold_no_token_in_the_error() {
    let provider = TokenServer::start("sam@example.org");
    let work = account(&provider, &provider.access(), 4000);
    for name in ["two words", "line\nbreak", ""] {
        provider.names(name);
        let error = wait(work.read()).unwrap_err();
        assert!(error.to_string().contains("a token that is none") && !error.is_transient(), "{error}");
    }
    provider.will([Grant::Status(404)]);
    let error = wait(work.read()).unwrap_err();
    assert!(error.to_string().contains("check token_url") && !error.is_transient(), "{error}");
}
