//! A place to run the binary in: a vault, a state folder, a config, and a home that is nobody's.

use super::User;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use tempfile::TempDir;

/// The variable that [`Account`] reads its password from.
pub const PASSWORD_VARIABLE: &str = "POSTNOTE_TEST_PASSWORD";

/// A folder of the test's own, gone at the end.
pub struct Case {
    dir: TempDir,
    environment: BTreeMap<String, String>,
    /// How long the binary may run.
    pub patience: Duration,
}

/// What the binary did.
#[derive(Debug)]
pub struct Output {
    /// The exit status; -1 when a signal or the timeout ended it.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// An account for the config: one user on 127.0.0.1, without TLS.
pub struct Account<'a> {
    /// The account's name.
    pub name: &'a str,
    /// Who; the login is the address, or its part for the server.
    pub user: &'a User,
    /// The `display_name`.
    pub display_name: &'a str,
    /// Other own addresses.
    pub aliases: &'a [&'a str],
    /// The port of IMAP.
    pub imap: u16,
    /// The port of SMTP.
    pub smtp: u16,
}

impl Account<'_> {
    /// Its `[[accounts]]` table; the password comes from [`PASSWORD_VARIABLE`].
    pub fn toml(&self) -> String {
        let Account { name, user, display_name, aliases, imap, smtp } = self;
        format!(
            r#"
[[accounts]]
name = "{name}"
email = "{email}"
display_name = "{display_name}"
aliases = {aliases:?}
[accounts.imap]
host = "127.0.0.1"
port = {imap}
security = "plaintext"
[accounts.smtp]
host = "127.0.0.1"
port = {smtp}
security = "plaintext"
[accounts.auth]
password = {{ env = "{PASSWORD_VARIABLE}" }}
"#,
            email = user.email
        )
    }
}

impl Case {
    /// An empty vault, no config yet.
    pub fn new() -> Case {
        let dir = tempfile::Builder::new().prefix("postnote-test.").tempdir().unwrap();
        for folder in ["vault", "state", "home"] {
            std::fs::create_dir(dir.path().join(folder)).unwrap();
        }
        Case { dir, environment: BTreeMap::new(), patience: Duration::from_secs(120) }
    }

    /// A config for one account that sends without delay.
    pub fn with_account(account: &Account<'_>) -> Case {
        let mut case = Case::new();
        case.config(&format!("[send]\ndelay = \"0s\"\n{}", account.toml()));
        case.env(PASSWORD_VARIABLE, &account.user.password);
        case
    }

    /// The case's folder.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// The vault.
    pub fn vault(&self) -> PathBuf {
        self.path().join("vault")
    }

    /// The state folder.
    pub fn state(&self) -> PathBuf {
        self.path().join("state")
    }

    /// The config file.
    pub fn config_path(&self) -> PathBuf {
        self.path().join("postnote.toml")
    }

    /// Writes the config: `vault` and `state`, then `rest`.
    pub fn config(&mut self, rest: &str) {
        self.raw_config(&format!("vault = '{}'\nstate = '{}'\n{rest}", self.vault().display(), self.state().display()));
    }

    /// Writes the config as it is.
    pub fn raw_config(&mut self, text: &str) {
        std::fs::write(self.config_path(), text).unwrap();
    }

    /// Sets a variable for every run from now on.
    pub fn env(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    /// The binary with `--config` and `arguments`, ready to run. Of this process's environment it gets PATH only
    /// (and, inside a test session, the session bus).
    pub fn command(&self, arguments: &[&str]) -> std::process::Command {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_postnote"));
        command.arg("--config").arg(self.config_path()).args(arguments).current_dir(self.path()).env_clear();
        for name in ["PATH", "SystemRoot", "LLVM_PROFILE_FILE"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        let home = self.path().join("home");
        command.env("HOME", &home).env("XDG_CONFIG_HOME", home.join(".config"));
        command.env("XDG_STATE_HOME", home.join(".state")).env("XDG_DATA_HOME", home.join(".data"));
        command.env("TZ", "UTC").env("LANG", "C.UTF-8").envs(&self.environment);
        command
    }

    /// Runs the binary to its end.
    pub fn postnote(&self, arguments: &[&str]) -> Output {
        self.postnote_with_input(arguments, "")
    }

    /// Runs the binary to its end with `input` on its standard input.
    pub fn postnote_with_input(&self, arguments: &[&str], input: &str) -> Output {
        let mut command = assert_cmd::Command::from_std(self.command(arguments));
        let output = command.write_stdin(input).timeout(self.patience).output().unwrap();
        Output {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Runs the binary to its end; and the most memory that it held, in MB.
    pub fn measured(&self, arguments: &[&str]) -> (Output, u64) {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
            let most = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
            peak = peak.max(most.unwrap_or(0));
            std::thread::sleep(Duration::from_millis(2));
        }
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        (Output { status: output.status.code().unwrap_or(-1), stdout, stderr }, peak / 1024)
    }

    /// The Markdown files below a folder of the vault, sorted; none when it is not there.
    pub fn notes(&self, folder: &str) -> Vec<PathBuf> {
        let base = self.vault().join(folder);
        let is_note = |path: &PathBuf| path.extension().is_some_and(|e| e == "md");
        self.snapshot_of(&base).into_keys().map(|name| base.join(name)).filter(is_note).collect()
    }

    /// Every file of the vault, by its path in it, with its bytes.
    pub fn snapshot(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.snapshot_of(&self.vault())
    }

    /// Every file below a folder, by its path in it, with its bytes.
    pub fn snapshot_of(&self, base: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        let mut folders = vec![base.to_owned()];
        while let Some(folder) = folders.pop() {
            let Ok(entries) = std::fs::read_dir(&folder) else { continue };
            for entry in entries {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.insert(path.strip_prefix(base).unwrap().to_owned(), std::fs::read(&path).unwrap());
                }
            }
        }
        files
    }
}

impl Output {
    /// The same output, after it was found to have ended with `status`.
    pub fn ended(self, status: i32) -> Output {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}
