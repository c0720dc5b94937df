//! A mailbox that has some of everything, on Dovecot: conversations whose summaries grow, an invitation, attachments of
//! one name, mail without an id or a date, a duplicate, two mails of one id, broken mail. And where a sync of it leads.

use super::{Account, Case, Dovecot, EndState, Imap, User, crlf, sample};
use std::path::PathBuf;
use std::sync::OnceLock;

/// A user on Dovecot with mail.
pub struct Site {
    /// Whose mail it is.
    pub user: User,
    server: &'static Dovecot,
}

const SAMPLES: [&str; 12] = ["02-", "03-", "04-", "05-", "06-", "07-", "08-", "09-", "10-", "11-", "12-", "13-"];

impl Site {
    /// A user without mail.
    pub fn empty() -> Site {
        let server = Dovecot::shared();
        Site { user: server.user("sam", "example.org"), server }
    }

    /// All of the corpus but what comes [`later`].
    pub fn full() -> Site {
        let site = Site::empty();
        let mut imap = site.server.imap(&site.user);
        let date = |number: usize| format!("{:02}-Jan-2026 10:00:00 +0000", number % 28 + 1);
        imap.append_dated("Sent", "\\Seen", &date(4), &sample("sent-01-"));
        let mails = SAMPLES.iter().map(|start| sample(start)).chain(made());
        for (number, mail) in mails.enumerate() {
            imap.append_dated("INBOX", "", &date(number), &mail);
        }
        site
    }

    /// Two small messages, one with an attachment.
    pub fn small() -> Site {
        let site = Site::empty();
        let mut imap = site.server.imap(&site.user);
        let date = "12-Jan-2026 10:00:00 +0000";
        imap.append_dated("INBOX", "", date, &mail("a", "Ada Park <ada@example.com>", "Can you send me the key?", ""));
        imap.append_dated("INBOX", "", date, &attached("b", &[("key.txt", "brass")]));
        site
    }

    /// What comes later arrives.
    pub fn goes_on(&self) {
        let mut imap = self.server.imap(&self.user);
        for mail in later() {
            imap.append_dated("INBOX", "", "14-Jan-2026 10:00:00 +0000", &mail);
        }
    }

    /// One with all of the corpus, that nobody adds to; and where an unbroken sync of it leads.
    pub fn shared() -> &'static (Site, EndState) {
        static SHARED: OnceLock<(Site, EndState)> = OnceLock::new();
        SHARED.get_or_init(|| {
            let site = Site::full();
            let wanted = site.wanted();
            assert!(wanted.vault.len() > 40, "{:?}", wanted.vault.keys());
            (site, wanted)
        })
    }

    /// Logs in over IMAP.
    pub fn imap(&self) -> Imap {
        self.server.imap(&self.user)
    }

    /// Where the mail lies: Dovecot's Maildir.
    pub fn maildir(&self) -> PathBuf {
        self.server.dir.join("users").join(&self.user.email).join("Maildir")
    }

    /// The server's port.
    pub fn port(&self) -> u16 {
        self.server.imap
    }

    /// A place to sync to, with its clock standing still.
    pub fn case(&self) -> Case {
        self.case_through(self.server.imap)
    }

    /// The same, by way of another port.
    pub fn case_through(&self, imap: u16) -> Case {
        let mut case = self.case_between(imap, 9);
        case.stop_clock();
        case
    }

    /// A place to sync to that reads and sends through these ports.
    pub fn case_between(&self, imap: u16, smtp: u16) -> Case {
        let user = &self.user;
        let account = Account {
            name: "work",
            user,
            display_name: "Sam Reed",
            aliases: &["sam@example.org", "sam.reed@example.net"],
            imap,
            smtp,
        };
        let mut case = Case::with_account(&account);
        let config = std::fs::read_to_string(case.config_path()).unwrap();
        case.raw_config(&config.replace("[send]", "[sync]\nsince = \"all\"\n[send]"));
        case
    }

    /// Where an unbroken sync leads.
    pub fn wanted(&self) -> EndState {
        let case = self.case();
        case.postnote(&["sync"]).ended(0);
        case.end_state()
    }
}

/// A mail; `more` are headers, each with its line end.
pub fn mail(id: &str, from: &str, text: &str, more: &str) -> Vec<u8> {
    let mail = format!(
        "Date: Mon, 12 Jan 2026 09:00:00 +0000\nFrom: {from}\nTo: Sam Reed <sam@example.org>\nSubject: About {id}\n\
         Message-ID: <{id}@example.com>\n{more}\n{text}\n"
    );
    crlf(mail.as_bytes())
}

/// A mail with text attachments.
pub fn attached(id: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let part = |(name, text): &(&str, &str)| {
        format!(
            "--b\nContent-Type: text/plain; name=\"{name}\"\nContent-Disposition: attachment; filename=\"{name}\"\n\n{text}\n"
        )
    };
    let parts: String = files.iter().map(part).collect();
    let body = format!("--b\n\nSee the files.\n{parts}--b--");
    mail(id, "Noor Haddad <noor@example.org>", &body, "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n")
}

/// One of a conversation: it answers the one before.
fn harbour(number: u32, from: &str, text: &str) -> Vec<u8> {
    let ids: Vec<String> = (1..number).map(|n| format!("<harbour-{n}@example.com>")).collect();
    let more = match ids.last() {
        Some(last) => format!("In-Reply-To: {last}\nReferences: {}\n", ids.join(" ")),
        None => String::new(),
    };
    let mail = String::from_utf8(mail(&format!("harbour-{number}"), from, text, &more)).unwrap();
    let subject = if number == 1 { "Harbour plan" } else { "Re: Harbour plan" };
    mail.replace(&format!("About harbour-{number}"), subject)
        .replace(" 09:00:00", &format!(" 09:{number:02}:00"))
        .into_bytes()
}

const ADA: &str = "Ada Park <ada@example.com>";
const BEN: &str = "Ben Okafor <ben@example.net>";

fn made() -> Vec<Vec<u8>> {
    let without = |mail: Vec<u8>, header: &str| {
        let text = String::from_utf8(mail).unwrap();
        text.split_inclusive("\r\n").filter(|line| !line.starts_with(header)).collect::<String>().into_bytes()
    };
    let first = harbour(1, ADA, "Hi Sam,\n\nCould you send me the depth of the north basin by Friday?\n\nAda");
    let mut broken = mail(
        "broken",
        "Broken <broken@example.net>",
        "",
        "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"x\n",
    );
    broken.extend_from_slice(
        b"--x\r\nContent-Type: text/plain; charset=none-such\r\nContent-Transfer-Encoding: base64\r\n\r\n%%\xff\xfe",
    );
    vec![
        first.clone(),
        harbour(2, BEN, "Sam, we decided to move the buoys on 3 March. I will order the chain."),
        harbour(4, ADA, "Please confirm the date to the harbour office, Sam."),
        harbour(3, ADA, "Thank you, Ben. The budget is 4,200 euros."),
        without(mail("nameless", BEN, "No id in here. Can you call me tomorrow?", ""), "Message-ID"),
        without(mail("timeless", BEN, "No date in here.", ""), "Date"),
        first,
        mail("claimed", ADA, "I have an id of my own.", ""),
        String::from_utf8(mail("other", BEN, "I say that I am Ada's.", ""))
            .unwrap()
            .replace("<other@", "<claimed@")
            .into_bytes(),
        attached("files", &[("plan.txt", "one"), ("plan.txt", "two"), ("Plan.txt", "three"), ("note.md", "four")]),
        broken,
        crlf(b"Subject: only headers\nMessage-ID: <headers@example.com>\n\n"),
    ]
}

/// What arrives after the first sync: the conversation goes on, a new one, a duplicate.
fn later() -> Vec<Vec<u8>> {
    vec![
        harbour(5, BEN, "The chain costs 300 euros more. Can you approve that, Sam?"),
        harbour(6, ADA, "I approved it. Please send me the bill."),
        mail("lantern", BEN, "Could you bring the lantern on Monday?", ""),
        attached("more", &[("plan.txt", "five")]),
        harbour(1, ADA, "Hi Sam,\n\nCould you send me the depth of the north basin by Friday?\n\nAda"),
    ]
}
