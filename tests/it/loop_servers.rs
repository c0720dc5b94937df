//! The loop and what servers do: UIDs that start anew, old mail, TLS, threads of the server's own; and the dry run,
//! after which no server and no file knows that there was one.

use crate::support::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

fn question(from: &User, name: &str) -> String {
    format!(
        "Date: Mon, 01 Jun 2026 09:00:00 +0000\nFrom: Ada Park <{}>\nTo: Sam Reed <sam@example.org>\nSubject: {name}\n\
         Message-ID: <{name}@example.com>\n\nHi Sam,\n\nCould you send me the {name}?\n\nAda\n",
        from.email
    )
}

/// UIDVALIDITY of a mailbox.
fn uid_validity(imap: &mut Imap, mailbox: &str) -> u32 {
    let lines = imap.exec(&format!("EXAMINE {mailbox}")).untagged;
    let text: String = lines.iter().map(|l| String::from_utf8_lossy(l).into_owned()).collect();
    text.split_once("[UIDVALIDITY ").unwrap().1.split(']').next().unwrap().parse().unwrap()
}

/// A mailbox with a name in modified UTF-7 (RFC 3501 §5.1.3) is deleted and made anew, with its mail in another order.
fn uids_start_anew(world: World) {
    let (name, wire) = ("Übung", "&ANw-bung");
    let mailboxes = format!("mailboxes = [\"{name}\"]\n[accounts.smtp]");
    let world = world.configured("", |toml| toml.replace("[accounts.smtp]", &mailboxes));
    let ada = world.greenmail.user("ada", "example.com");
    let mails = ["ladder", "lantern", "letter"].map(|name| crlf(question(&ada, name).as_bytes()));
    let nameless = String::from_utf8(mails[2].clone()).unwrap().replace("Message-ID: <letter@example.com>\r\n", "");
    let mut imap = world.mailbox();
    imap.create(wire);
    imap.append(wire, "", &mails[0]);
    imap.append(wire, "", nameless.as_bytes());
    world.sync();
    let before = (world.case.notes("Sources").len(), world.drafts().len(), world.case.snapshot());
    assert_eq!((before.0, before.1), (2, 2));
    let old = uid_validity(&mut imap, wire);
    imap.exec("CLOSE");
    imap.exec(&format!("DELETE {wire}"));
    // Some servers take the time in seconds for it.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    imap.create(wire);
    // One of them twice, as when somebody copied it: still one mail.
    for mail in [&mails[1], &mails[0], &mails[1], &nameless.into_bytes()] {
        imap.append(wire, "", mail);
    }
    assert_ne!(uid_validity(&mut imap, wire), old);
    world.sync();
    assert_eq!((world.case.notes("Sources").len(), world.drafts().len()), (3, 3));
    let after = world.case.snapshot();
    assert!(before.2.iter().all(|(path, bytes)| after[path] == *bytes));
    world.sync();
    same(&world.case.snapshot(), &after);
    // The one without a Message-ID is known by its new UID.
    world.approve(&world.draft("Re: letter"), "Here it is.");
    world.sync();
    assert_eq!(world.inbox_of(&ada).len(), 1);
    imap.examine(wire);
    let uids = imap.search("ALL");
    let flags: Vec<_> = uids.into_iter().map(|uid| imap.flags(uid).join(" ")).collect();
    assert_eq!(flags, ["", "", "", "\\Answered"]);
}

#[test]
fn loop_survives_new_uids_on_greenmail() {
    uids_start_anew(World::on_greenmail());
}

#[test]
fn loop_survives_new_uids_on_dovecot() {
    uids_start_anew(World::on_dovecot());
}

/// Two mails that claim one Message-ID are two, also for a state that is built anew.
#[test]
fn loop_tells_two_mails_of_one_id_apart() {
    let world = World::on_greenmail();
    let (ada, ben) = (world.greenmail.user("ada", "example.com"), world.greenmail.user("ben", "example.com"));
    world.receive(&question(&ada, "ladder"));
    world.receive(&question(&ben, "lantern").replace("<lantern@", "<ladder@").replace("Ada", "Ben"));
    world.sync();
    assert_eq!((subjects(&world).len(), world.drafts().len()), (2, 2));
    let vault = world.case.snapshot();
    world.forget();
    world.sync();
    same(&world.case.snapshot(), &vault);
    for (draft, words) in [("Re: ladder", "Here is the ladder."), ("Re: lantern", "Here is the lantern.")] {
        world.approve(&world.draft(draft), words);
    }
    world.sync();
    let (to_ada, to_ben) = (world.inbox_of(&ada), world.inbox_of(&ben));
    assert_eq!((to_ada.len(), to_ben.len()), (1, 1));
    assert!(to_ada[0].holds("Here is the ladder.") && to_ben[0].holds("Here is the lantern."));
}

fn old_mail_stays_out(world: &World) {
    let ada = world.greenmail.user("ada", "example.com");
    let mut imap = world.mailbox();
    let mut arrive =
        |name: &str, date: &str| imap.append_dated("INBOX", "", date, &crlf(question(&ada, name).as_bytes()));
    let long_ago = "01-Feb-2020 12:00:00 +0000";
    arrive("old-first", long_ago);
    arrive("new-first", "");
    arrive("old-second", long_ago);
    world.sync();
    assert_eq!(subjects(world), ["new-first"]);
    // What comes after the first sync is new, whatever date it bears: somebody moved it here.
    arrive("old-third", long_ago);
    arrive("new-second", "");
    world.sync();
    assert_eq!(subjects(world), ["new-first", "new-second", "old-third"]);
}

fn subjects(world: &World) -> Vec<String> {
    let mut all: Vec<_> = world.case.notes("Sources").iter().map(|n| front(n).text("subject").unwrap()).collect();
    all.sort();
    all
}

#[test]
fn loop_begins_at_since_on_greenmail() {
    old_mail_stays_out(&World::on_greenmail());
    let all = World::on_greenmail().configured("[sync]\nsince = \"all\"\n", |toml| toml);
    let ada = all.greenmail.user("ada", "example.com");
    let old = crlf(question(&ada, "old-first").as_bytes());
    all.mailbox().append_dated("INBOX", "", "01-Feb-2020 12:00:00 +0000", &old);
    all.sync();
    assert_eq!(subjects(&all), ["old-first"]);
}

#[test]
fn loop_begins_at_since_on_dovecot() {
    old_mail_stays_out(&World::on_dovecot());
}

/// The whole way over an encrypted connection; the reply stands under its parent in the server's own threads.
fn encrypted(port: u16, security: &str) {
    let world = World::on_dovecot();
    let dovecot = world.dovecot.unwrap();
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, "lantern"));
    // Without its authority the server is not trusted, and gets no password.
    let edit = |ca: String| {
        move |toml: String| {
            let plain = format!("port = {}\nsecurity = \"plaintext\"\n", dovecot.imap);
            assert!(toml.contains(&plain));
            toml.replacen(&plain, &format!("port = {port}\nsecurity = \"{security}\"\n{ca}"), 1)
        }
    };
    let world = world.configured("", edit(String::new()));
    let refused = world.case.postnote(&["sync"]).ended(1);
    assert!(refused.stderr.contains("\"work\"") && refused.stderr.contains("certificate"), "{refused:?}");
    assert!(world.case.snapshot().is_empty());
    let world = world.configured("", edit(format!("ca_file = '{}'\n", dovecot.ca_file.display())));
    world.sync();
    let draft = world.draft("Re: lantern");
    world.approve(&draft, "Here it is.");
    world.sync();
    assert_eq!((world.inbox_of(&ada).len(), world.status(&draft).as_str()), (1, "sent"));
    assert_eq!(world.flags()["<lantern@example.com>"], ["\\Answered"]);
    let mut imap = world.mailbox();
    let copy = world.sent().remove(0);
    // Others of the same subject, so that the subject alone tells nothing.
    imap.append("INBOX", "", &crlf(question(&ada, "lantern").replace("<lantern@", "<other@").as_bytes()));
    imap.append("INBOX", "\\Seen", &copy.0);
    imap.examine("INBOX");
    let threads = imap.exec("UID THREAD REFS UTF-8 ALL").untagged.concat();
    let threads = String::from_utf8(threads).unwrap().trim().to_owned();
    assert!(["* THREAD (1 3)(2)", "* THREAD (2)(1 3)"].contains(&threads.as_str()), "{threads}");
}

#[test]
fn loop_over_tls() {
    encrypted(Dovecot::shared().imaps, "tls");
}

#[test]
fn loop_over_starttls() {
    encrypted(Dovecot::shared().imap, "starttls");
}

fn dry_run(world: &World) -> serde_json::Value {
    let output = world.case.postnote(&["sync", "--dry-run", "--json"]).ended(0);
    let json: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!((&json["dry_run"], &json["ok"], &json["sent"]), (&true.into(), &true.into(), &serde_json::json!([])));
    json
}

/// All that there is, on disk and on the server. Folders count, and when a file was written.
#[derive(Debug, PartialEq)]
struct Everything {
    places: BTreeMap<PathBuf, SystemTime>,
    vault: BTreeMap<PathBuf, Vec<u8>>,
    state: BTreeMap<PathBuf, Vec<u8>>,
    flags: BTreeMap<String, Vec<String>>,
    sent: Vec<Received>,
}

fn everything(world: &World) -> Everything {
    let mut places = BTreeMap::new();
    let mut folders = vec![world.case.vault(), world.case.state(), world.case.path().join("home")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let entry = entry.unwrap();
            places.insert(entry.path(), entry.metadata().unwrap().modified().unwrap());
            folders.extend(Some(entry.path()).filter(|path| path.is_dir()));
        }
    }
    let (vault, state) = (world.case.snapshot(), world.case.snapshot_of(&world.case.state()));
    Everything { places, vault, state, flags: world.flags(), sent: world.sent() }
}

fn rehearses(world: &World) {
    let ada = world.greenmail.user("ada", "example.com");
    world.receive(&question(&ada, "ladder"));
    std::fs::remove_dir(world.case.state()).unwrap();
    let before = everything(world);
    let json = dry_run(world);
    assert_eq!(everything(world), before);
    assert!(!world.case.state().exists());
    let account = &json["accounts"][0];
    let count = |key: &str| account[key].as_array().unwrap().len();
    assert_eq!(
        (account["name"].as_str(), count("notes"), count("summaries"), count("drafts")),
        (Some("work"), 1, 1, 1)
    );

    // What it said is what comes.
    world.sync();
    let made: Vec<_> = ["notes", "summaries", "drafts"].iter().map(|key| account[key][0].as_str().unwrap()).collect();
    assert!(made.iter().all(|path| world.case.vault().join(path).is_file()), "{made:?}");

    // With a state, an approved draft and a new mail.
    let draft = world.draft("Re: ladder");
    world.approve(&draft, "Here it is.");
    world.receive(&question(&ada, "letter"));
    let before = everything(world);
    let json = dry_run(world);
    assert_eq!(everything(world), before);
    let account = &json["accounts"][0];
    assert_eq!(account["notes"].as_array().unwrap().len(), 1);
    assert!(account["notes"][0].as_str().unwrap().contains("letter"), "{json}");
    let queued = json["queued"].as_array().unwrap();
    assert!(queued.len() == 1 && queued[0].as_str().unwrap().starts_with(made[2]), "{json}");
    let words = world.case.postnote(&["sync", "--dry-run"]).ended(0).stdout;
    assert!(words.contains("would write 1 source note") && words.contains("would send"), "{words}");
    assert_eq!(everything(world), before);
    assert!(world.inbox_of(&ada).is_empty());
    world.sync();
    assert_eq!((world.inbox_of(&ada).len(), world.case.notes("Sources").len()), (1, 2));
}

#[test]
fn loop_can_be_rehearsed_on_greenmail() {
    rehearses(&World::on_greenmail());
}

#[test]
fn loop_can_be_rehearsed_on_dovecot() {
    rehearses(&World::on_dovecot());
}
