//! The owner's mailbox on one server, everyone else's on GreenMail, and a vault between them.

use super::{Account, Case, Dovecot, GreenMail, Imap, PASSWORD_VARIABLE, User, crlf};
use postnote::note::frontmatter::{self, Frontmatter};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Own addresses besides the account's: those that the samples are written to.
const ALIASES: [&str; 2] = ["sam@example.org", "sam.reed@example.net"];

/// One owner with a vault, and the servers around.
pub struct World {
    /// Where the binary runs.
    pub case: Case,
    /// The owner; the address is of this test alone.
    pub sam: User,
    /// The port of the owner's IMAP server.
    pub imap: u16,
    /// The server that mail is sent over, and where everyone else has a mailbox.
    pub greenmail: &'static GreenMail,
    /// IMAP is Dovecot's.
    pub dovecot: Option<&'static Dovecot>,
}

impl World {
    /// IMAP and SMTP on GreenMail. There is no mailbox for sent mail yet.
    pub fn on_greenmail() -> World {
        let greenmail = GreenMail::shared();
        let sam = greenmail.user("sam", "example.org");
        World { case: Case::new(), imap: greenmail.imap, sam, greenmail, dovecot: None }.configured("", |toml| toml)
    }

    /// IMAP on Dovecot, SMTP on GreenMail.
    pub fn on_dovecot() -> World {
        let (greenmail, dovecot) = (GreenMail::shared(), Dovecot::shared());
        let sam = dovecot.user("sam", "dovecot.example.org");
        greenmail.add(&sam);
        World { case: Case::new(), imap: dovecot.imap, sam, greenmail, dovecot: Some(dovecot) }
            .configured("", |toml| toml)
    }

    /// A config that sends without delay: `head`, then the account's table as `edit` leaves it.
    pub fn configured(mut self, head: &str, edit: impl FnOnce(String) -> String) -> World {
        let account = Account {
            name: "work",
            user: &self.sam,
            display_name: "Sam Reed",
            aliases: &ALIASES,
            imap: self.imap,
            smtp: self.greenmail.smtp,
        };
        let delay = if head.contains("[send]") { "" } else { "[send]\ndelay = \"0s\"\n" };
        let toml = edit(account.toml());
        self.case.env(PASSWORD_VARIABLE, &self.sam.password);
        self.case.config(&format!("{head}\n{delay}{toml}"));
        self
    }

    /// Logs in as the owner.
    pub fn mailbox(&self) -> Imap {
        Imap::login(self.imap, &self.sam.email, &self.sam.password)
    }

    /// Puts a mail into the owner's INBOX, unseen: over SMTP where there is one.
    pub fn receive(&self, mail: &str) {
        let mail = crlf(mail.as_bytes());
        match self.dovecot {
            Some(dovecot) => dovecot.deliver(&self.sam, &mail),
            None => self.greenmail.deliver(&self.sam, &mail),
        }
    }

    /// Puts a mail into Sent, which is made where it is not there.
    pub fn has_sent(&self, mail: &str) {
        let mut imap = self.mailbox();
        if !imap.list().contains(&"Sent".to_owned()) {
            imap.create("Sent");
        }
        imap.append("Sent", "\\Seen", &crlf(mail.as_bytes()));
    }

    /// `postnote sync`, which must end well.
    pub fn sync(&self) -> String {
        self.case.postnote(&["sync"]).ended(0).stdout
    }

    /// What somebody's INBOX on GreenMail holds.
    pub fn inbox_of(&self, user: &User) -> Vec<Received> {
        self.greenmail.imap(user).messages("INBOX").into_iter().map(Received).collect()
    }

    /// What the owner's Sent holds.
    pub fn sent(&self) -> Vec<Received> {
        let mut imap = self.mailbox();
        let there = imap.list().contains(&"Sent".to_owned());
        if there { imap.messages("Sent").into_iter().map(Received).collect() } else { Vec::new() }
    }

    /// The flags of each message in INBOX, by Message-ID (or subject, where there is none).
    pub fn flags(&self) -> BTreeMap<String, Vec<String>> {
        let mut imap = self.mailbox();
        imap.examine("INBOX");
        let all = imap.search("ALL");
        let name = |mail: &Received| mail.header("Message-ID").or(mail.header("Subject")).unwrap_or_default();
        all.into_iter().map(|uid| (name(&Received(imap.fetch(uid))), imap.flags(uid))).collect()
    }

    /// The one draft with that subject.
    pub fn draft(&self, subject: &str) -> PathBuf {
        let found: Vec<_> = self.drafts().into_iter().filter(|(_, s)| s == subject).map(|(path, _)| path).collect();
        assert_eq!(found.len(), 1, "drafts {subject:?}: {:?}", self.drafts());
        found[0].clone()
    }

    /// All drafts with their subjects, by path.
    pub fn drafts(&self) -> Vec<(PathBuf, String)> {
        let subject = |path: PathBuf| (path.clone(), front(&path).text("subject").unwrap_or_default());
        self.case.notes("Outbox").into_iter().map(subject).collect()
    }

    /// A draft's status.
    pub fn status(&self, path: &Path) -> String {
        front(path).text("status").unwrap_or_default()
    }

    /// Fills the gaps of a pending draft with `words`, approves it, and gives its new text.
    pub fn approve(&self, path: &Path, words: &str) -> String {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains("\nstatus: pending\n") && text.contains("\n[…]\n"), "{text}");
        let text =
            text.replacen("\nstatus: pending\n", "\nstatus: approved\n", 1).replace("\n[…]\n", &format!("\n{words}\n"));
        put(path, &text);
        text
    }

    /// Forgets the state, as if its folder had been deleted by hand.
    pub fn forget(&self) {
        std::fs::remove_dir_all(self.case.state()).unwrap();
    }

    /// Forgets the vault's own ledger.
    pub fn forget_ledger(&self) {
        std::fs::remove_file(self.case.vault().join("Outbox/.postnote-ledger.jsonl")).unwrap();
    }
}

/// A draft that a person wrote: `keys` and the text.
pub fn draft_mail(keys: &str, text: &str) -> String {
    format!("---\ntype: draft-mail\nstatus: approved\n{keys}---\n\n{text}\n")
}

/// Writes a file of the vault as an editor does.
pub fn put(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// A note's frontmatter, read from the file.
pub fn front(path: &Path) -> Frontmatter {
    let text = std::fs::read_to_string(path).unwrap();
    frontmatter::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display())).0
}

/// A message as a mailbox holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received(pub Vec<u8>);

impl Received {
    /// The headers in order, unfolded, names as written.
    pub fn headers(&self) -> Vec<(String, String)> {
        let text = String::from_utf8_lossy(&self.0);
        let head = text.split("\r\n\r\n").next().unwrap().replace("\r\n ", " ").replace("\r\n\t", " ");
        let pair = |line: &str| line.split_once(':').map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
        head.split("\r\n").map(|line| pair(line).unwrap_or_else(|| panic!("no header: {line:?}"))).collect()
    }

    /// The value of a header that is there at most once.
    pub fn header(&self, name: &str) -> Option<String> {
        let all: Vec<_> = self.headers().into_iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).collect();
        assert!(all.len() < 2, "{all:?}");
        all.into_iter().next().map(|(_, value)| value)
    }

    /// True when the bytes hold `part`.
    pub fn holds(&self, part: &str) -> bool {
        self.0.windows(part.len()).any(|window| window == part.as_bytes())
    }

    /// The parts that are no multipart: Content-Type as written, and the content, decoded.
    pub fn parts(&self) -> Vec<(String, String)> {
        let parsed = mail_parser::MessageParser::default().parse(&self.0).unwrap();
        let part = |part: &mail_parser::MessagePart<'_>| {
            let head = String::from_utf8_lossy(&self.0[part.offset_header as usize..part.offset_body as usize]);
            let head = head.replace("\r\n ", " ").replace("\r\n\t", " ");
            let kind = head.lines().find_map(|l| l.strip_prefix("Content-Type: ")).unwrap_or_default().to_owned();
            (kind, String::from_utf8_lossy(part.contents()).into_owned())
        };
        parsed.parts.iter().filter(|p| !matches!(p.body, mail_parser::PartType::Multipart(_))).map(part).collect()
    }
}

/// Finds two snapshots of a vault to be the same, or says which files differ and how.
pub fn same(now: &BTreeMap<PathBuf, Vec<u8>>, then: &BTreeMap<PathBuf, Vec<u8>>) {
    let shown = |of: &BTreeMap<PathBuf, Vec<u8>>, other: &BTreeMap<PathBuf, Vec<u8>>| {
        let differs = |(path, bytes): &(&PathBuf, &Vec<u8>)| other.get(*path) != Some(bytes);
        let text =
            |(path, bytes): (&PathBuf, &Vec<u8>)| format!("{}:\n{}", path.display(), String::from_utf8_lossy(bytes));
        of.iter().filter(differs).map(text).collect::<String>()
    };
    assert!(now == then, "now:\n{}\nthen:\n{}", shown(now, then), shown(then, now));
}
