//! Drafts as a person writes them, and what became of them.

use super::{Account, Case, GreenMail, Sink, User};
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant, SystemTime};

impl Case {
    /// An account `work` that reads from GreenMail and sends to a sink, without delay.
    pub fn posting(sink: &Sink) -> (Case, User) {
        let server = GreenMail::shared();
        let user = server.user("sam", "example.org");
        let account =
            Account { name: "work", user: &user, display_name: "", aliases: &[], imap: server.imap, smtp: sink.port };
        (Case::with_account(&account), user)
    }

    /// The file of a draft.
    pub fn draft_path(&self, name: &str) -> PathBuf {
        self.vault().join("Outbox").join(name)
    }

    /// Saves a file of the outbox folder, a while ago: it has settled.
    pub fn draft(&self, name: &str, text: &str) {
        let path = self.draft_path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        #[expect(clippy::disallowed_methods, reason = "the file system's clock")]
        let before = SystemTime::now() - Duration::from_secs(10);
        std::fs::File::options().append(true).open(&path).unwrap().set_modified(before).unwrap();
    }

    /// What the draft's file holds.
    pub fn draft_text(&self, name: &str) -> String {
        std::fs::read_to_string(self.draft_path(name)).unwrap()
    }

    /// A key of the draft's frontmatter; empty when it is not there.
    pub fn says(&self, name: &str, key: &str) -> String {
        let text = self.draft_text(name);
        let front = text.strip_prefix("---\n").and_then(|t| t.split_once("\n---\n")).unwrap().0;
        let front: serde_yaml::Mapping = serde_yaml::from_str(front).unwrap();
        front.get(key).and_then(|v| v.as_str()).unwrap_or_default().to_owned()
    }

    /// Edits the draft: saved a while ago, too.
    pub fn edit(&self, name: &str, from: &str, to: &str) {
        let text = self.draft_text(name);
        assert!(text.contains(from), "{text}");
        self.draft(name, &text.replacen(from, to, 1));
    }

    /// Sends to another sink from now on.
    pub fn use_sink(&self, sink: &Sink) {
        let config = std::fs::read_to_string(self.config_path()).unwrap();
        let (before, smtp) = config.split_once("[accounts.smtp]").unwrap();
        let (_, after) = smtp.split_once("security").unwrap();
        let smtp = format!("[accounts.smtp]\nhost = \"127.0.0.1\"\nport = {}\nsecurity", sink.port);
        std::fs::write(self.config_path(), format!("{before}{smtp}{after}")).unwrap();
    }

    /// Changes the state's database.
    pub fn sql(&self, sql: &str) {
        rusqlite::Connection::open(self.state().join("state.db")).unwrap().execute_batch(sql).unwrap();
    }

    /// Starts the binary; its output is not kept.
    pub fn start(&self, arguments: &[&str]) -> Child {
        self.command(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    }
}

/// A new message, approved.
pub fn letter(to: &str, body: &str) -> String {
    format!("---\ntype: draft-mail\nstatus: approved\nto: {to}\nsubject: Harbour plan\n---\n\n{body}\n")
}

/// Waits until `done`, for at most 30 seconds.
pub fn until(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(30), "waited in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The exit status of a child that ends within `patience`; `None` when a signal ended it.
pub fn ends(child: &mut Child, patience: Duration) -> Option<i32> {
    let begin = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        if begin.elapsed() > patience {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("it did not end within {patience:?}");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// Sends a signal to a process that the test started.
pub fn signal(child: &Child, name: &str) {
    let sent = std::process::Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}
