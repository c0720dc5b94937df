//! UIDs that do not stay what they were, messages that move or go away while they are fetched, and two syncs at once:
//! each message has one note with its own text, and none is skipped.

use crate::support::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Stdio;

const ADA: &str = "Ada Park <ada@example.com>";

/// A mail whose note can be told by its text.
fn numbered(name: &str) -> Vec<u8> {
    mail(name, ADA, &format!("The word is {name}-text."), "")
}

/// A site with these mails in INBOX.
fn with(names: &[&str]) -> Site {
    let site = Site::empty();
    for name in names {
        arrives(&site, "INBOX", name);
    }
    site
}

fn arrives(site: &Site, mailbox: &str, name: &str) {
    site.imap().append(mailbox, "", &numbered(name));
}

/// The subjects of all source notes, each of which must have the text that belongs to it.
fn noted(case: &Case) -> Vec<String> {
    let mut found = Vec::new();
    for path in case.notes("Sources") {
        let subject = front(&path).text("subject").unwrap();
        let name = subject.strip_prefix("About ").unwrap().to_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("The word is {name}-text.")), "{name} has another's text: {text}");
        found.push(name);
    }
    found.sort();
    found
}

/// Syncs, and finds these to have a note each.
fn sync_gives(case: &Case, names: &[&str], what: &str) {
    let output = case.postnote(&["sync"]);
    assert_eq!(output.status, 0, "{what}: {output:?}");
    let mut wanted = names.to_vec();
    wanted.sort_unstable();
    assert_eq!(noted(case), wanted, "{what}: {output:?}");
}

/// Changes Dovecot's list of UIDs behind its back, as a restored backup does. Its index and cache go away with it.
fn edit_uids(site: &Site, folder: &str, edit: impl FnOnce(String) -> Option<String>) {
    let dir = site.maildir().join(folder);
    let list = dir.join("dovecot-uidlist");
    let text = std::fs::read_to_string(&list).unwrap();
    for entry in std::fs::read_dir(&dir).unwrap() {
        let path = entry.unwrap().path();
        if path.file_name().unwrap().to_str().unwrap().starts_with("dovecot.index") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let meta = std::fs::metadata(&list).unwrap();
    std::fs::remove_file(&list).unwrap();
    if let Some(text) = edit(text) {
        std::fs::write(&list, text).unwrap();
        // As root the mail is nobody's, and stays so.
        use std::os::unix::fs::MetadataExt;
        std::os::unix::fs::chown(&list, Some(meta.uid()), Some(meta.gid())).unwrap();
    }
}

/// `3 V<validity> N<next> G<guid>`, then a line for each message: `<uid> :<file>`.
struct Uids {
    validity: u64,
    guid: String,
    files: Vec<String>,
}

impl Uids {
    fn parse(text: &str) -> Uids {
        let (head, rest) = text.split_once('\n').unwrap();
        let field = |letter: char| head.split(' ').find_map(|w| w.strip_prefix(letter)).unwrap_or_default().to_owned();
        let files = rest.lines().map(|line| line.split_once(" :").unwrap().1.to_owned()).collect();
        Uids { validity: field('V').parse().unwrap(), guid: field('G'), files }
    }

    /// The list with UIDs from 1 in the order of the files, and another UIDVALIDITY.
    fn text(&self, validity: u64, order: &[usize]) -> String {
        let mut out = format!("3 V{validity} N{} G{}\n", order.len() + 1, self.guid);
        for (index, at) in order.iter().enumerate() {
            out.push_str(&format!("{} :{}\n", index + 1, self.files[*at]));
        }
        out
    }
}

#[test]
fn a_new_uidvalidity_that_comes_back_doubles_and_skips_nothing() {
    let site = with(&["one", "two", "three"]);
    let case = site.case();
    sync_gives(&case, &["one", "two", "three"], "first");
    let before = case.snapshot();
    let mut old = 0;
    edit_uids(&site, "", |text| {
        let uids = Uids::parse(&text);
        old = uids.validity;
        Some(uids.text(old + 1000, &[0, 1, 2]))
    });
    sync_gives(&case, &["one", "two", "three"], "a new UIDVALIDITY");
    same(&case.snapshot(), &before);
    arrives(&site, "INBOX", "four");
    sync_gives(&case, &["one", "two", "three", "four"], "and a new message");
    arrives(&site, "INBOX", "five");
    edit_uids(&site, "", |text| Some(Uids::parse(&text).text(old, &[4, 3, 2, 1, 0])));
    sync_gives(&case, &["one", "two", "three", "four", "five"], "the old UIDVALIDITY, in another order");
    arrives(&site, "INBOX", "six");
    // Dovecot makes a list of its own.
    edit_uids(&site, "", |_| None);
    sync_gives(&case, &["one", "two", "three", "four", "five", "six"], "no list");
    let after = case.snapshot();
    sync_gives(&case, &["one", "two", "three", "four", "five", "six"], "nothing new");
    same(&case.snapshot(), &after);
}

#[test]
fn uids_reshuffled_under_one_uidvalidity_skip_nothing() {
    let site = with(&["one", "two", "three"]);
    let case = site.case();
    sync_gives(&case, &["one", "two", "three"], "first");
    arrives(&site, "INBOX", "four");
    // The new one takes the UID of an old one, whose own is new.
    edit_uids(&site, "", |text| {
        let uids = Uids::parse(&text);
        Some(uids.text(uids.validity, &[0, 3, 2, 1]))
    });
    // What is known turns up under a new UID: only the next sync need understand what that means.
    case.postnote(&["sync"]).ended(0);
    sync_gives(&case, &["one", "two", "three", "four"], "reshuffled");
}

#[test]
fn a_uidnext_lower_than_seen_skips_nothing() {
    let letters = |names: &[(u32, &str)]| names.iter().map(|(uid, name)| Letter::new(*uid, &numbered(name))).collect();
    let server = ImapServer::start(letters(&[(1, "one"), (2, "two"), (3, "three"), (9, "nine")]), |_| Turn::Usual);
    let case = server.case();
    sync_gives(&case, &["nine", "one", "three", "two"], "first");
    // A backup from before the third, and others since: under the same UIDVALIDITY.
    let folder = Folder::inbox(letters(&[(1, "one"), (2, "two"), (3, "new"), (4, "newer")]));
    server.change(|folders| folders[0] = folder);
    sync_gives(&case, &["new", "newer", "nine", "one", "three", "two"], "UIDNEXT went back");
    let after = case.snapshot();
    sync_gives(&case, &["new", "newer", "nine", "one", "three", "two"], "nothing new");
    same(&case.snapshot(), &after);
}

/// A case that reads these mailboxes.
fn reading(site: &Site, mailboxes: &str) -> Case {
    let case = site.case();
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let config = config.replace("[accounts.imap]\n", &format!("[accounts.imap]\nmailboxes = {mailboxes}\n"));
    std::fs::write(case.config_path(), config).unwrap();
    case
}

#[test]
fn moved_and_copied_messages_keep_their_one_note() {
    let site = with(&["one", "two", "three"]);
    site.imap().create("Projects");
    site.imap().create("Elsewhere");
    arrives(&site, "Elsewhere", "four");
    let case = reading(&site, "[\"INBOX\", \"Projects\"]");
    sync_gives(&case, &["one", "two", "three"], "first");
    let before = case.snapshot();
    let step = |what: &str, mailbox: &str, command: &str| {
        let mut imap = site.imap();
        imap.select(mailbox);
        imap.exec(command);
        case.postnote(&["sync"]).ended(0);
        assert_eq!(noted(&case).iter().collect::<BTreeSet<_>>().len(), noted(&case).len(), "{what}");
    };
    step("moved", "INBOX", "UID MOVE 1 Projects");
    step("copied", "INBOX", "UID COPY 2 Projects");
    step("copied within", "INBOX", "UID COPY 3 INBOX");
    step("copied and expunged, as by old clients", "INBOX", "UID COPY 3 Projects");
    step("moved back", "Projects", "UID MOVE 1 INBOX");
    same(&case.snapshot(), &before);
    // In a mailbox that nobody reads it has no note; moved to one that is read, it has.
    step("moved in", "Elsewhere", "UID MOVE 1 Projects");
    assert_eq!(noted(&case), ["four", "one", "three", "two"]);
    // A note is a note, whatever becomes of the message.
    step("expunged", "INBOX", "UID STORE 1:* +FLAGS (\\Deleted)");
    let mut imap = site.imap();
    imap.select("INBOX");
    imap.exec("EXPUNGE");
    sync_gives(&case, &["four", "one", "three", "two"], "expunged");
}

#[test]
fn messages_that_go_and_come_while_others_are_fetched_get_their_own_text() {
    let names: Vec<String> = (0..12).map(|n| format!("mail{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    // Before a command reaches the server, and in the middle of its answer.
    let ways = [
        Way::WaitBefore("UID SEARCH"),
        Way::WaitBefore("UID FETCH"),
        Way::WaitBefore("BODY.PEEK"),
        Way::WaitAfter("The word is mail00"),
        Way::WaitAfter("The word is mail07"),
    ];
    at_once(ways, |way| {
        let site = with(&names);
        let proxy = Proxy::start(site.port(), move |_| way);
        let case = site.case_through(proxy.port);
        let child = case.command(&["sync"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        assert!(proxy.wait_at_gate(), "{way:?}");
        let mut imap = site.imap();
        imap.select("INBOX");
        imap.exec("UID STORE 2,5,8 +FLAGS (\\Deleted)");
        imap.exec("EXPUNGE");
        arrives(&site, "INBOX", "late00");
        arrives(&site, "INBOX", "late01");
        proxy.open_gate();
        let output = child.wait_with_output().unwrap();
        let said = format!("{way:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{said}");
        case.postnote(&["sync"]).ended(0);
        // Those that are gone may have been fetched before they went.
        let gone = ["mail01", "mail04", "mail07"];
        let noted = noted(&case);
        let wanted: Vec<&str> = names.iter().copied().chain(["late00", "late01"]).collect();
        for name in &wanted {
            assert!(noted.iter().any(|n| n == name) || gone.contains(name), "{said}: no note of {name}");
        }
        assert_eq!(noted.iter().collect::<BTreeSet<_>>().len(), noted.len(), "{said}");
        uids_are_the_servers(&site, &case, &noted, &gone);
    });
}

/// What the state says of each message's UID is what the server says.
fn uids_are_the_servers(site: &Site, case: &Case, noted: &[String], gone: &[&str]) {
    let mut imap = site.imap();
    imap.examine("INBOX");
    let db = rusqlite::Connection::open(case.state().join("state.db")).unwrap();
    let mut statement = db.prepare("SELECT key, uid FROM messages").unwrap();
    let rows = statement.query_map([], |r| Ok((r.get::<_, String>(0)?, r.get::<_, u32>(1)?))).unwrap();
    let known: BTreeMap<String, u32> = rows.collect::<Result<_, _>>().unwrap();
    for name in noted.iter().filter(|name| !gone.contains(&name.as_str())) {
        let uid = known[&format!("{name}@example.com")];
        let bytes = imap.fetch(uid);
        assert!(String::from_utf8_lossy(&bytes).contains(&format!("{name}-text")), "UID {uid} is not {name}");
    }
}

#[test]
fn two_mails_of_one_id_date_and_subject_are_two() {
    let site = Site::empty();
    let mut imap = site.imap();
    let first = numbered("one");
    let second = String::from_utf8(first.clone()).unwrap();
    let second = second.replace(ADA, "Ben Okafor <ben@example.net>").replace("one-text", "other-text");
    imap.append("INBOX", "", &first);
    imap.append("INBOX", "", second.as_bytes());
    let case = site.case();
    let words = |case: &Case| {
        let texts: String = case.notes("Sources").iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
        ["one-text", "other-text"].map(|word| texts.matches(&format!("The word is {word}.")).count())
    };
    case.postnote(&["sync"]).ended(0);
    assert_eq!(words(&case), [1, 1]);
    let before = case.snapshot();
    std::fs::remove_dir_all(case.state()).unwrap();
    case.postnote(&["sync"]).ended(0);
    same(&case.snapshot(), &before);
}

#[test]
fn a_program_that_gives_all_its_mails_one_id_loses_none() {
    let site = Site::empty();
    let at = ["12 Jan 2026 10:00:00", "12 Jan 2026 10:00:07", "12 Jan 2026 11:30:00", "19 Jan 2026 10:00:00"];
    let report = |n: usize| {
        let mail = String::from_utf8(numbered(&format!("run-{n}"))).unwrap();
        let own = |line: &str| match line.split_once(':').map(|(name, _)| name) {
            Some("Message-ID") => "Message-ID: not an id <a b@@c>\r\n".to_owned(),
            Some("Date") => format!("Date: Mon, {} +0000\r\n", at[n]),
            Some("Subject") => "Subject: Nightly run\r\n".to_owned(),
            _ => line.to_owned(),
        };
        mail.split_inclusive('\n').map(own).collect::<String>()
    };
    for n in 0..at.len() {
        site.imap().append("INBOX", "", report(n).as_bytes());
    }
    let case = site.case();
    let notes = |case: &Case| {
        let texts: Vec<String> = case.notes("Sources").iter().map(|p| std::fs::read_to_string(p).unwrap()).collect();
        [0, 1, 2, 3].map(|n| texts.iter().filter(|text| text.contains(&format!("The word is run-{n}-text."))).count())
    };
    case.postnote(&["sync"]).ended(0);
    assert_eq!(notes(&case), [1; 4]);
    let before = case.snapshot();
    // One that comes once more is known, also when the state was lost.
    site.imap().append("INBOX", "", report(1).as_bytes());
    case.postnote(&["sync"]).ended(0);
    std::fs::remove_dir_all(case.state()).unwrap();
    case.postnote(&["sync"]).ended(0);
    same(&case.snapshot(), &before);
}

#[test]
fn of_two_syncs_of_one_vault_one_waits_for_another_time() {
    let (site, wanted) = Site::shared();
    let way = |number| if number == 1 { Way::WaitAfter("Harbour plan") } else { Way::Through };
    let proxy = Proxy::start(site.port(), way);
    let case = site.case_through(proxy.port);
    let child = case.command(&["sync"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    assert!(proxy.wait_at_gate());
    let before: BTreeMap<PathBuf, Vec<u8>> = case.snapshot();
    for command in [&["sync"][..], &["send"]] {
        let output = case.postnote(command).ended(1);
        assert!(output.stderr.contains("another postnote is at work"), "{output:?}");
    }
    // Looking on is allowed.
    case.postnote(&["status"]).ended(0);
    case.postnote(&["sync", "--dry-run"]).ended(0);
    assert_eq!(case.snapshot(), before);
    proxy.open_gate();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    case.end_state().must_be(wanted, "two syncs");
}
