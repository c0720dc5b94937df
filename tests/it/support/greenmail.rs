//! GreenMail, one for the whole test process, with users of their own for every test.

use super::http::request;
use super::lifeline::Lifeline;
use super::{Imap, deliver, free_ports, script};
use std::process::Command;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A GreenMail on 127.0.0.1, authentication on.
pub struct GreenMail {
    /// The port of SMTP without TLS.
    pub smtp: u16,
    /// The port of SMTP with TLS; the certificate is GreenMail's own.
    pub smtps: u16,
    /// The port of IMAP without TLS.
    pub imap: u16,
    /// The port of IMAP with TLS; the certificate is GreenMail's own.
    pub imaps: u16,
    api: u16,
    line: Lifeline,
}

/// A user of GreenMail; the address is the login.
#[derive(Debug, Clone)]
pub struct User {
    /// Address and login.
    pub email: String,
    /// The password.
    pub password: String,
}

/// The clean-up ends the process that the shell itself started, and no other.
const RUN: &str = r#"exec 3<&0; "$@" >/dev/null 2>&1 </dev/null & pid=$!
cat <&3 >/dev/null; kill "$pid" 2>/dev/null; wait "$pid""#;

impl GreenMail {
    /// The one that all tests share; it ends with the test process.
    pub fn shared() -> &'static GreenMail {
        static SHARED: OnceLock<GreenMail> = OnceLock::new();
        SHARED.get_or_init(GreenMail::start)
    }

    /// One of the test's own, for what must not be shared (a restart, all mail of everyone).
    pub fn start() -> GreenMail {
        let output = Command::new(script("greenmail.sh")).arg("jar").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let jar = String::from_utf8(output.stdout).unwrap();
        for _ in 0..3 {
            // Another process may take a port between here and there.
            if let Some(server) = GreenMail::try_start(jar.trim()) {
                return server;
            }
        }
        panic!("GreenMail did not start in three attempts");
    }

    fn try_start(jar: &str) -> Option<GreenMail> {
        let ports = free_ports(5);
        let [smtp, smtps, imap, imaps, api] = ports[..] else { unreachable!() };
        let option = |name: &str, value: &dyn std::fmt::Display| format!("-Dgreenmail.{name}={value}");
        let options = [
            option("smtp.port", &smtp),
            option("smtps.port", &smtps),
            option("imap.port", &imap),
            option("imaps.port", &imaps),
            option("api.port", &api),
            option("hostname", &"127.0.0.1"),
            option("api.hostname", &"127.0.0.1"),
            option("users.login", &"email"),
        ];
        let mut words = vec!["java", "-Xmx256m"];
        words.extend(options.iter().map(String::as_str));
        words.extend(["-jar", jar]);
        let mut line = Lifeline::spawn(RUN, &words);
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(60) {
            if request(api, "GET", "/api/service/readiness", "").is_ok_and(|(status, _)| status == 200) {
                return Some(GreenMail { smtp, smtps, imap, imaps, api, line });
            }
            if line.ended() {
                return None;
            }
            sleep(Duration::from_millis(50));
        }
        None
    }

    /// A new user that no other test has: `local-N@domain`.
    pub fn user(&self, local: &str, domain: &str) -> User {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.user_named(&format!("{local}-{number}@{domain}"))
    }

    /// A new user with exactly this address. On the shared server another test may have it too.
    pub fn user_named(&self, email: &str) -> User {
        let user = User { email: email.to_owned(), password: format!("secret of {email}") };
        self.add(&user);
        user
    }

    /// Makes a user that has an address and a password already, on another server.
    pub fn add(&self, user: &User) {
        let User { email, password } = user;
        let json = serde_json::json!({ "email": email, "login": email, "password": password });
        let (status, body) = request(self.api, "POST", "/api/user", &json.to_string()).unwrap();
        assert_eq!(status, 200, "GreenMail made no user {email}: {body}");
    }

    /// Delivers a message to the user over SMTP.
    pub fn deliver(&self, to: &User, message: &[u8]) {
        deliver(self.smtp, "sender@example.com", &[&to.email], message);
    }

    /// Logs in over IMAP.
    pub fn imap(&self, user: &User) -> Imap {
        Imap::login(self.imap, &user.email, &user.password)
    }
}
