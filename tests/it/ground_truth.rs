//! Mailboxes whose every message is known (scripts/mailgen.py) → notes, judged by scripts/truth.py, which shares no code
//! with postnote: one note a message, the same subject, sender, date, text, attachments, and the same threads.

use crate::support::*;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A mailbox on Dovecot, and what it holds.
struct Mailbox {
    case: Case,
    /// As generated; the server's own copy may change.
    maildir: PathBuf,
    manifest: PathBuf,
    served: PathBuf,
}

impl Mailbox {
    fn generated(arguments: &[&str]) -> Mailbox {
        let dovecot = Dovecot::shared();
        let sam = dovecot.user("sam", "lab.example");
        let account = Account {
            name: "lab",
            user: &sam,
            display_name: "Alex Morgan",
            aliases: &["alice@lab.example"],
            imap: dovecot.imap,
            smtp: 9,
        };
        let mut case = Case::new();
        case.config(&format!("[sync]\nsince = \"all\"\n{}", account.toml()));
        case.env(PASSWORD_VARIABLE, &sam.password);
        let (maildir, manifest) = (case.path().join("mail"), case.path().join("manifest.jsonl"));
        python("mailgen.py", &[arguments, &["--out", text(&maildir), "--manifest", text(&manifest)]].concat());
        let served = dovecot.dir.join("users").join(&sam.email).join("Maildir");
        fs::create_dir_all(served.join("cur")).unwrap();
        Mailbox { case, maildir, manifest, served }
    }

    /// The messages' files, in the order of their arrival.
    fn files(&self) -> Vec<PathBuf> {
        let rows = fs::read_to_string(&self.manifest).unwrap();
        let file =
            |row: &str| serde_json::from_str::<serde_json::Value>(row).unwrap()["file"].as_str().unwrap().to_owned();
        rows.lines().map(|row| self.maildir.join(file(row))).collect()
    }

    /// Lets messages arrive, one after the other.
    fn receive(&self, files: &[PathBuf]) {
        let before = fs::read_dir(self.served.join("cur")).unwrap().count();
        for (n, file) in files.iter().enumerate() {
            // Dovecot numbers what is new by the time in its name.
            let name = format!("{}.M0P1.lab:2,", 1_700_000_000 + before + n);
            fs::copy(file, self.served.join("cur").join(name)).unwrap();
        }
        let owned = Command::new(script("dovecot.sh")).arg("own").arg(&Dovecot::shared().dir).status().unwrap();
        assert!(owned.success());
    }

    fn sync(&self) -> String {
        self.case.postnote(&["sync"]).ended(0).stdout
    }

    /// The notes are what the manifest says.
    fn judge(&self) {
        python("truth.py", &[text(&self.manifest), text(&self.case.vault()), text(&self.maildir)]);
    }
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs one of `scripts/`, which must end well.
fn python(name: &str, arguments: &[&str]) {
    let output = Command::new("python3").arg(script(name)).args(arguments).env("TZ", "UTC").output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{name}:\n{}{}", said(&output.stdout), said(&output.stderr));
}

fn in_order(preset: &str) {
    let mailbox = Mailbox::generated(&["--preset", preset]);
    mailbox.receive(&mailbox.files());
    mailbox.sync();
    mailbox.judge();
}

#[test]
fn small() {
    in_order("small");
}

#[test]
fn threads() {
    in_order("threads");
}

#[test]
fn broken() {
    in_order("broken");
}

#[test]
fn threads_come_together_in_any_order_of_arrival() {
    let mailbox = Mailbox::generated(&["--preset", "threads", "--count", "240", "--duplicates", "3"]);
    let files = mailbox.files();
    // 77 and 240 have no common divisor: each file once, children long before their parents and after.
    let shuffled: Vec<PathBuf> = (0..files.len()).map(|n| files[(n * 77 + 5) % files.len()].clone()).collect();
    for part in shuffled.chunks(60) {
        mailbox.receive(part);
        mailbox.sync();
    }
    mailbox.judge();
    // What the database knew is in the notes, too: nothing is written twice, and no thread falls apart.
    let before = mailbox.case.snapshot();
    fs::remove_dir_all(mailbox.case.state()).unwrap();
    mailbox.sync();
    assert_eq!(mailbox.case.notes("Sources").len(), before.keys().filter(|p| is_source(p)).count());
    mailbox.judge();
}

fn is_source(path: &Path) -> bool {
    path.starts_with("Sources") && path.extension().is_some_and(|e| e == "md")
}
