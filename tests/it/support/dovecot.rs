//! A private Dovecot (scripts/dovecot.sh): SPECIAL-USE, CONDSTORE, STARTTLS and whatever else GreenMail lacks.

use super::lifeline::Lifeline;
use super::{Imap, User, free_pair, script};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

/// A Dovecot on 127.0.0.1. Every user name exists, with one password.
pub struct Dovecot {
    /// The port of IMAP, with STARTTLS offered.
    pub imap: u16,
    /// The port of IMAP with TLS, for `localhost` and `127.0.0.1`.
    pub imaps: u16,
    /// The CA that signed its certificate, PEM.
    pub ca_file: PathBuf,
    /// Its folder: the mail is in `users/NAME/Maildir`.
    pub dir: PathBuf,
    _line: Lifeline,
}

const PASSWORD: &str = "secret";
const STOP: &str = r#"cat >/dev/null; "$1" stop "$2"; rm -rf "$2""#;

impl Dovecot {
    /// The one that all tests share; it ends with the test process.
    pub fn shared() -> &'static Dovecot {
        static SHARED: OnceLock<Dovecot> = OnceLock::new();
        SHARED.get_or_init(Dovecot::start)
    }

    /// One of the test's own.
    pub fn start() -> Dovecot {
        Dovecot::with("", "")
    }

    /// One with more configuration, in which `DIR` is its folder; `aside` is a file there, `extra.aside`.
    pub fn with(extra: &str, aside: &str) -> Dovecot {
        for _ in 0..3 {
            // Another process may take a port between here and there.
            if let Some(server) = Dovecot::try_start(extra, aside) {
                return server;
            }
        }
        panic!("Dovecot did not start in three attempts (scripts/install.sh test installs it)");
    }

    fn try_start(extra: &str, aside: &str) -> Option<Dovecot> {
        let dir = tempfile::Builder::new().prefix("postnote-dovecot.").tempdir().unwrap().keep();
        #[cfg(unix)]
        {
            // As root the mail processes run as nobody, who must get through.
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&dir, std::fs::Permissions::from_mode(0o711)).unwrap();
        }
        let program = script("dovecot.sh");
        // Before the start: what is half started is ended too.
        let line = Lifeline::spawn(STOP, &[program.to_str().unwrap(), dir.to_str().unwrap()]);
        let imap = free_pair();
        let more = dir.join("extra.conf");
        std::fs::write(&more, extra.replace("DIR", dir.to_str().unwrap())).unwrap();
        std::fs::write(dir.join("extra.aside"), aside).unwrap();
        // Not `output()`: a daemon may keep the pipes that it was started with open.
        let status = Command::new(&program)
            .arg("start")
            .arg(&dir)
            .arg(imap.to_string())
            .env("LAB_PASS", PASSWORD)
            .env("LAB_EXTRA", &more)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        if !status.success() {
            eprintln!("{}", std::fs::read_to_string(dir.join("dovecot.log")).unwrap_or_default());
            return None;
        }
        let ca_file = dir.join("tls/ca.crt");
        Some(Dovecot { imap, imaps: imap + 1, ca_file, dir, _line: line })
    }

    /// Ends it and starts it again, on the same port with the same mail.
    pub fn restart(&self) {
        let (dir, port) = (self.dir.to_str().unwrap().to_owned(), self.imap.to_string());
        for words in [&["stop", &dir][..], &["start", &dir, &port]] {
            // Not `output()`: a daemon may keep the pipes that it was started with open.
            let mut command = Command::new(script("dovecot.sh"));
            command
                .args(words)
                .env("LAB_PASS", PASSWORD)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null());
            assert!(command.status().unwrap().success(), "{words:?}");
        }
    }

    /// A user that no other test has: `local-N@domain`.
    pub fn user(&self, local: &str, domain: &str) -> User {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        User { email: format!("{local}-{number}@{domain}"), password: PASSWORD.to_owned() }
    }

    /// Puts a message into the user's INBOX, unseen. (There is no SMTP here.)
    pub fn deliver(&self, to: &User, message: &[u8]) {
        self.imap(to).append("INBOX", "", message);
    }

    /// Logs in over IMAP.
    pub fn imap(&self, user: &User) -> Imap {
        Imap::login(self.imap, &user.email, &user.password)
    }
}
