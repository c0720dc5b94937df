//! The keyring, with a real gnome-keyring-daemon on a bus of the test's own: the user's is never touched.

use crate::support::Case;
use postnote::config::SecretSource as Source;
use postnote::secret::{self, ExposeSecret, SecretString};
use std::process::{Command, Stdio};

/// The variable that says: this is the run inside the session.
const INSIDE: &str = "POSTNOTE_TEST_SESSION";

/// Unlocks a new keyring, then runs what follows. The daemon ends with the bus.
const SESSION: &str =
    r#"printf 'pw\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$0" "$@""#;

/// Runs `work` with a keyring of its own: this test binary starts itself again, for `test` alone, in a session
/// with a private bus, home and runtime folder.
pub(crate) fn in_session(test: &str, work: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        return work();
    }
    let home = tempfile::Builder::new().prefix("postnote-keyring.").tempdir().unwrap();
    let output = Command::new("dbus-run-session")
        .args(["--", "bash", "-c", SESSION])
        .arg(std::env::current_exe().unwrap())
        .args([test, "--exact", "--nocapture"])
        .env(INSIDE, "1")
        .env("HOME", home.path())
        .env("XDG_RUNTIME_DIR", home.path())
        .env("XDG_DATA_HOME", home.path().join("data"))
        .env("XDG_CONFIG_HOME", home.path().join("config"))
        .env("XDG_CACHE_HOME", home.path().join("cache"))
        .env_remove("DBUS_SESSION_BUS_ADDRESS")
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|error| panic!("dbus-run-session (scripts/install.sh test installs it): {error}"));
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn kept(account: &str) -> Result<String, secret::SecretError> {
    wait(secret::text(&Source::Keyring, account)).map(|s| s.expose_secret().to_owned())
}

#[test]
fn a_secret_is_kept_replaced_and_removed() {
    in_session("keyring::a_secret_is_kept_replaced_and_removed", || {
        let missing = kept("work").unwrap_err();
        assert!(missing.is_no_entry() && missing.to_string().contains("postnote login work"), "{missing}");
        wait(secret::store("work", &SecretString::from("first"))).unwrap();
        wait(secret::store("work", &SecretString::from("päss wörd"))).unwrap();
        wait(secret::store("home", &SecretString::from("other"))).unwrap();
        assert_eq!(kept("work").unwrap(), "päss wörd");
        wait(secret::delete("work")).unwrap();
        assert!(kept("work").unwrap_err().is_no_entry());
        assert!(wait(secret::delete("work")).unwrap_err().is_no_entry());
        assert_eq!(kept("home").unwrap(), "other");
    });
}

#[test]
fn without_a_keyring_service_the_error_says_what_to_do() {
    // Only the binary of this test knows no bus: the library's driver asks once and remembers the answer.
    if std::env::var_os(INSIDE).is_none() {
        let home = tempfile::tempdir().unwrap();
        let output = Command::new(std::env::current_exe().unwrap())
            .args(["keyring::without_a_keyring_service_the_error_says_what_to_do", "--exact", "--nocapture"])
            .env(INSIDE, "1")
            .env("XDG_RUNTIME_DIR", home.path())
            .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", home.path().join("no-bus").display()))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        return;
    }
    let error = kept("work").unwrap_err();
    assert!(matches!(error, secret::SecretError::KeyringMissing { .. }), "{error:?}");
    assert!(error.to_string().contains("no keyring service") && error.is_transient(), "{error}");
}

#[test]
fn login_and_logout_keep_and_remove_it() {
    in_session("keyring::login_and_logout_keep_and_remove_it", || {
        let mut case = Case::new();
        case.config(
            r#"
[[accounts]]
name = "work"
email = "sam@example.org"
[accounts.imap]
host = "127.0.0.1"
port = 9
security = "plaintext"
[accounts.smtp]
host = "127.0.0.1"
port = 9
security = "plaintext"
[accounts.auth]
password = { keyring = true }
"#,
        );
        for name in ["DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"] {
            case.env(name, &std::env::var(name).unwrap());
        }
        let output = case.postnote_with_input(&["login", "work"], "päss wörd\n").ended(0);
        assert!(!format!("{}{}", output.stdout, output.stderr).contains("wörd"));
        assert_eq!(kept("work").unwrap(), "päss wörd");
        case.postnote(&["logout", "work"]).ended(0);
        assert!(kept("work").unwrap_err().is_no_entry());
        let unknown = case.postnote_with_input(&["login", "nobody"], "x\n");
        assert!(unknown.status != 0 && unknown.stderr.contains("nobody"), "{unknown:?}");
    });
}
