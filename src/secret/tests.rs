//! Every source but the keyring, which has a test of its own against a real daemon (tests/it/keyring.rs).

use super::*;
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Debug, Deserialize)]
struct Auth {
    password: SecretSource,
}

fn parse(text: &str) -> Result<SecretSource, String> {
    toml::from_str::<Auth>(text).map(|auth| auth.password).map_err(|e| e.message().to_owned())
}

#[test]
fn the_config_names_exactly_one_source() {
    assert_eq!(parse("password = { keyring = true }").unwrap(), SecretSource::Keyring);
    assert_eq!(parse("password = { env = 'MAIL_PW' }").unwrap(), SecretSource::Env("MAIL_PW".into()));
    assert_eq!(parse("password = { command = 'pass show x' }").unwrap(), SecretSource::Command("pass show x".into()));
    assert_eq!(parse("password = { file = '/run/pw' }").unwrap(), SecretSource::File(PathBuf::from("/run/pw")));
    assert!(parse("password = { env = 'A', file = 'b' }").unwrap_err().contains("exactly one"));
    assert!(parse("password = {}").unwrap_err().contains("needs a source"));
    assert!(parse("password = { keyring = false }").unwrap_err().contains("only be true"));
    assert!(parse("password = { env = ' ' }").unwrap_err().contains("empty"));
    assert!(parse("password = { keyrign = true }").unwrap_err().contains("keyrign"));
}

#[test]
fn a_password_in_the_config_is_refused_and_not_repeated() {
    for text in ["password = 'hunter2'", "password = 40517", "password = 40517.5"] {
        let error = parse(text).unwrap_err();
        assert!(error.contains("does not stand in the config"), "{error}");
        assert!(!error.contains("hunter2") && !error.contains("40517"), "{error}");
    }
}

#[test]
fn debug_shows_no_command() {
    assert!(!format!("{:?}", SecretSource::Command("echo hunter2".into())).contains("hunter2"));
}

async fn exposed(source: &SecretSource) -> Result<String, SecretError> {
    text(source, "work").await.map(|s| s.expose_secret().to_owned())
}

#[tokio::test]
async fn a_variable_that_is_not_set_is_named() {
    let error = exposed(&SecretSource::Env("POSTNOTE_TEST_NOT_SET".into())).await.unwrap_err().to_string();
    assert!(error.contains("POSTNOTE_TEST_NOT_SET"), "{error}");
    // Set by cargo for every test.
    assert_eq!(exposed(&SecretSource::Env("CARGO_PKG_NAME".into())).await.unwrap(), "postnote");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_gives_its_first_line() {
    let command = |text: &str| SecretSource::Command(text.into());
    assert_eq!(exposed(&command("printf 'two words\\r\\nuser: x\\n'")).await.unwrap(), "two words");
    assert_eq!(exposed(&command("printf bare")).await.unwrap(), "bare");
    // More than is read: the command is not waited for in vain.
    assert_eq!(exposed(&command("echo first; head -c 200000 /dev/zero || true")).await.unwrap(), "first");
    for (text, says) in [
        ("echo hunter2; exit 3", "failed"),
        ("true", "empty"),
        ("printf '\\n'", "empty"),
        ("printf '\\377\\n'", "UTF-8"),
        ("printf 'a\\000b\\n'", "more than one line"),
    ] {
        let error = exposed(&command(text)).await.unwrap_err();
        assert!(error.to_string().contains(says), "{text}: {error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"));
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("pw");
    let write = |text: &str, mode: u32| {
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let source = SecretSource::File(path.clone());
    for mode in [0o600, 0o400] {
        let _ = std::fs::remove_file(&path);
        write("s3cret words\n", mode);
        assert_eq!(exposed(&source).await.unwrap(), "s3cret words");
    }
    let _ = std::fs::remove_file(&path);
    for mode in [0o640, 0o604, 0o660, 0o644, 0o610] {
        write("s3cret\n", mode);
        let error = exposed(&source).await.unwrap_err();
        assert!(error.to_string().contains("chmod 600") && !error.to_string().contains("s3cret"), "{error}");
    }
    for (text, says) in [("", "empty"), ("\n", "empty"), ("a\nb\n", "more than one line")] {
        write(text, 0o600);
        assert!(exposed(&source).await.unwrap_err().to_string().contains(says), "{text:?}");
    }
    let folder = exposed(&SecretSource::File(dir.path().to_owned())).await.unwrap_err();
    assert!(folder.to_string().contains("not a regular file"), "{folder}");
    assert!(exposed(&SecretSource::File(dir.path().join("none"))).await.is_err());
}
