//! What servers can do beyond the plain protocol, and what they must not be able to do to us.

use crate::support::*;
use postnote::config::{Endpoint, Security};
use postnote::imap;
use postnote::secret::Credentials;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// A server that greets, and answers each command by what `answer` makes of it (`TAG` stands for the tag). What
/// `answer` has no word for is done.
fn server(greeting: &'static str, answer: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |wire| {
        wire.say(&format!("* OK {greeting}\r\n"))?;
        loop {
            let line = wire.line()?;
            let Some((tag, command)) = line.split_once(' ') else { return Err(io::Error::other("no command")) };
            let said = answer(command).unwrap_or_else(|| match command.split(' ').next() {
                Some("CAPABILITY") => "* CAPABILITY IMAP4rev1\r\nTAG OK\r\n".to_owned(),
                Some("LIST") => "* LIST () \"/\" INBOX\r\nTAG OK\r\n".to_owned(),
                Some("LOGOUT") => "* BYE\r\nTAG OK\r\n".to_owned(),
                _ => "TAG OK\r\n".to_owned(),
            });
            wire.say(&said.replace("TAG", tag))?;
        }
    })
}

/// A vault with one account on that server.
fn case_on(server: &Scripted) -> Case {
    let user = User { email: "sam@example.org".to_owned(), password: "secret".to_owned() };
    let account = Account { name: "work", user: &user, display_name: "Sam", aliases: &[], imap: server.port, smtp: 9 };
    Case::with_account(&account)
}

#[test]
fn what_a_server_announces_without_measure_is_refused_in_words_and_takes_no_memory() {
    for (name, said, words) in [
        ("a literal of 4 GiB", "* LIST () \"/\" {4294967295}\r\n".to_owned(), "literal of 4.3 GB"),
        ("a literal of 500 MB", "* 1 FETCH (UID 1 BODY[] {500000000}\r\n".to_owned(), "literal of 500 MB"),
        ("a line without end", "x".repeat(2000), "a line of more than 1 MB"),
        ("lines without end", "* OK still here\r\n".repeat(1000), "line after line"),
        ("lists without end", "* LIST () \"/\" \"x\"\r\n* 1 EXPUNGE\r\n".repeat(1000), "line after line"),
        ("an id that is no number", "* SEARCH 99999999999999999999\r\n".to_owned(), "no IMAP"),
    ] {
        let without_end = said.len() > 1000;
        let server = server("ready", move |command| command.starts_with("LIST").then(|| said.clone()));
        let server = if without_end { flood(name) } else { server };
        let (output, peak) = case_on(&server).measured(&["sync"]);
        assert_eq!(output.status, 1, "{name}: {output:?}");
        assert!(output.stderr.contains(words) && output.stderr.contains("\"work\""), "{name}: {output:?}");
        assert!(peak > 5 && peak < 100, "{name}: {peak} MB");
    }
}

/// A server whose answer to LIST never ends.
fn flood(name: &'static str) -> Scripted {
    Scripted::start(move |wire| {
        wire.say("* OK ready\r\n")?;
        loop {
            let line = wire.line()?;
            let tag = line.split(' ').next().unwrap_or_default().to_owned();
            if line.contains(" LIST ") {
                let said = match name {
                    "a line without end" => "x".repeat(1 << 16),
                    "lines without end" => "* OK still here\r\n".repeat(1000),
                    _ => "* LIST () \"/\" \"x\"\r\n* 1 EXPUNGE\r\n".repeat(1000),
                };
                loop {
                    wire.say(&said)?;
                }
            }
            wire.say(&format!("* CAPABILITY IMAP4rev1\r\n{tag} OK\r\n"))?;
        }
    })
}

#[test]
fn a_flood_before_the_login_ends_too() {
    for said in ["* OK still here\r\n", "* LIST () \"/\" {30000000}\r\n", "* OK "] {
        let server = Scripted::start(move |wire| {
            wire.say("* OK ready\r\n")?;
            wire.line()?;
            loop {
                wire.say(said)?;
            }
        });
        let (output, peak) = case_on(&server).measured(&["sync"]);
        assert_eq!(output.status, 1, "{output:?}");
        assert!(output.stderr.contains("before the login"), "{output:?}");
        assert!(peak < 100, "{peak} MB");
    }
}

fn letter_about(about: &str) -> String {
    format!(
        "From: Ada Park <ada@example.com>\r\nTo: sam@example.org\r\nSubject: {about}\r\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0000\r\nMessage-ID: <{about}@example.com>\r\n\r\nAbout {about}.\r\n"
    )
}

/// One mailbox on a scripted server: its name on the wire, and its messages: UID, Gmail's id, subject.
type Held = (&'static str, &'static [(u32, u64, &'static str)]);

/// A server with these mailboxes, all with UIDVALIDITY 9, that says what `special` makes of a command first.
fn holding(
    greeting: &'static str,
    boxes: &'static [Held],
    special: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
) -> Scripted {
    let open = Mutex::new(0);
    server(greeting, move |command| {
        if let Some(said) = special(command) {
            return Some(said);
        }
        let named = || boxes.iter().position(|(name, _)| command.contains(&format!("\"{name}\"")));
        let next = |mails: &[(u32, u64, &str)]| mails.last().map_or(1, |m| m.0 + 1);
        let mut said = String::new();
        if command.starts_with("LIST") {
            boxes.iter().for_each(|(name, _)| said.push_str(&format!("* LIST () \"/\" \"{name}\"\r\n")));
        } else if command.starts_with("STATUS") {
            let (name, mails) = boxes[named()?];
            let (count, next) = (mails.len(), next(mails));
            said.push_str(&format!("* STATUS \"{name}\" (MESSAGES {count} UIDNEXT {next} UIDVALIDITY 9)\r\n"));
        } else if command.starts_with("EXAMINE") {
            let Some(at) = named() else { return Some("TAG NO [NONEXISTENT] no such mailbox\r\n".to_owned()) };
            *open.lock().unwrap() = at;
            let mails = boxes[at].1;
            said.push_str(&format!("* {} EXISTS\r\n* OK [UIDVALIDITY 9] ok\r\n", mails.len()));
            said.push_str(&format!("* OK [UIDNEXT {}] ok\r\n", next(mails)));
        } else if command.starts_with("UID SEARCH") {
            let uids = boxes[*open.lock().unwrap()].1.iter().map(|(uid, _, _)| uid.to_string());
            said.push_str(&format!("* SEARCH {}\r\n", uids.collect::<Vec<_>>().join(" ")));
        } else if let Some(asked) = command.strip_prefix("UID FETCH ") {
            let (set, items) = asked.split_once(' ').unwrap();
            let within = |uid: u32| {
                set.split(',').any(|r| {
                    let (from, to) = r.split_once(':').unwrap_or((r, r));
                    (from.parse().unwrap()..=to.parse().unwrap()).contains(&uid)
                })
            };
            for (number, (uid, gmail, about)) in boxes[*open.lock().unwrap()].1.iter().enumerate() {
                if !within(*uid) {
                    continue;
                }
                let mail = letter_about(about);
                let number = number + 1;
                if items.contains("BODY") {
                    said.push_str(&format!("* {number} FETCH (UID {uid} BODY[] {{{}}}\r\n{mail})\r\n", mail.len()));
                } else {
                    let id = if items.contains("X-GM-MSGID") { format!(" X-GM-MSGID {gmail}") } else { String::new() };
                    let size = mail.len();
                    said.push_str(&format!(
                        "* {number} FETCH (UID {uid} RFC822.SIZE {size} FLAGS () INTERNALDATE \"05-Jan-2026 10:00:00 +0000\"{id})\r\n"
                    ));
                }
            }
        } else {
            return None;
        }
        Some(said + "TAG OK done\r\n")
    })
}

/// The commands that a server got, without their tags, since `from`.
fn commands(server: &Scripted, from: usize) -> Vec<String> {
    let got = server.got();
    got[from..].lines().filter_map(|l| Some(l.split_once(' ')?.1.trim().to_owned())).collect()
}

#[test]
fn what_gmail_shows_in_several_mailboxes_is_fetched_once() {
    const BOXES: &[Held] = &[
        ("INBOX", &[(1, 1001, "one"), (2, 1002, "two")]),
        ("Work", &[(7, 1001, "one"), (8, 18446744073709551615, "three")]),
        ("Play", &[(1, 1002, "two"), (2, 1003, "four")]),
    ];
    let server = holding("[CAPABILITY IMAP4rev1] Gimap ready", BOXES, |command| {
        let capable = "TAG OK [CAPABILITY IMAP4rev1 ID X-GM-EXT-1 UIDPLUS] Success\r\n";
        command.starts_with("LOGIN").then(|| capable.to_owned())
    });
    let mut case = case_on(&server);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let reading = |names: &str| config.replace("[accounts.smtp]", &format!("mailboxes = {names}\n[accounts.smtp]"));
    let all = |text: String| {
        format!("[sync]\nsince = \"all\"\n{}", text.split_once("[send]").map(|(_, t)| format!("[send]{t}")).unwrap())
    };
    case.config(&all(reading(r#"["INBOX", "Work"]"#)));
    case.postnote(&["sync"]).ended(0);
    assert_eq!(case.notes("Sources").len(), 3);
    let bodies = |from| commands(&server, from).into_iter().filter(|c| c.contains("BODY")).collect::<Vec<_>>();
    let fetch = |set: &str| format!("UID FETCH {set} (UID BODY.PEEK[])");
    assert_eq!(bodies(0), [fetch("1:2"), fetch("8")]);
    // Another mailbox, in a later sync, after nothing has changed in these.
    let before = server.got().len();
    case.config(&all(reading(r#"["INBOX", "Work", "Play"]"#)));
    case.postnote(&["sync"]).ended(0);
    assert_eq!(case.notes("Sources").len(), 4);
    assert_eq!(bodies(before), [fetch("2")]);
    assert!(!commands(&server, before).iter().any(|c| c.starts_with("EXAMINE \"INBOX\"")));
}

#[test]
fn a_sync_with_nothing_new_is_few_commands() {
    const BOXES: &[Held] = &[("INBOX", &[(5, 0, "one")]), ("Sent", &[])];
    let server = holding("[CAPABILITY IMAP4rev1] ready", BOXES, |command| {
        let capable = "TAG OK [CAPABILITY IMAP4rev1 ID] Success\r\n";
        command.starts_with("LOGIN").then(|| capable.to_owned())
    });
    let case = case_on(&server);
    case.postnote(&["sync"]).ended(0);
    let before = server.got().len();
    case.postnote(&["sync"]).ended(0);
    let mut asked = commands(&server, before);
    asked[3..5].sort();
    assert!(asked[1].starts_with("ID (\"name\" \"postnote\" \"version\" "), "{asked:?}");
    let state = |name| format!("STATUS \"{name}\" (MESSAGES UIDNEXT UIDVALIDITY)");
    assert_eq!(asked[2..], ["LIST \"\" \"*\"".to_owned(), state("INBOX"), state("Sent"), "LOGOUT".to_owned()]);
}

#[test]
fn a_server_that_wants_to_know_who_comes_is_told() {
    const BOXES: &[Held] = &[("INBOX", &[(1, 0, "one")])];
    let known = AtomicBool::new(false);
    let server = holding("Coremail ready", BOXES, move |command| match command.split(' ').next() {
        Some("CAPABILITY") => Some("* CAPABILITY IMAP4rev1 XLIST ID UIDPLUS\r\nTAG OK done\r\n".to_owned()),
        Some("ID") => {
            known.store(true, Ordering::SeqCst);
            Some("* ID (\"name\" \"Coremail Imap\" \"vendor\" NIL)\r\nTAG OK done\r\n".to_owned())
        }
        Some("EXAMINE" | "SELECT") if !known.load(Ordering::SeqCst) => {
            Some("TAG NO EXAMINE Unsafe Login. Please contact the provider\r\n".to_owned())
        }
        Some("STATUS") => Some("* STATUS \"INBOX\" ()\r\nTAG OK done\r\n".to_owned()),
        _ => None,
    });
    let case = case_on(&server);
    for _ in 0..2 {
        let output = case.postnote(&["sync"]).ended(0);
        assert!(output.stderr.is_empty(), "{output:?}");
    }
    assert_eq!(case.notes("Sources").len(), 1);
}

#[test]
fn what_nobody_asked_for_disturbs_nothing_even_byte_by_byte() {
    const ODD: &str = "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n* ESEARCH (TAG \"x\") UID\r\n* XNEWS {5}\r\nhello\r\n\
                       * FLAGS (\\Seen %odd *)\r\n* ID (\"name\" \"x\")\r\n* 3 XNEW y\r\n* THREAD (1)(2)\r\n\
                       * OK [XCODE ({)] still here\r\n* 0 RECENT\r\n";
    let server = Scripted::start(|wire| {
        let slowly = |wire: &mut Wire, text: &str| {
            text.char_indices().try_for_each(|(at, c)| {
                if at % 16 == 0 {
                    std::thread::sleep(Duration::from_micros(200));
                }
                wire.say(&c.to_string())
            })
        };
        slowly(wire, "* OK ready\r\n")?;
        loop {
            let line = wire.line()?;
            let (tag, command) = line.split_once(' ').unwrap_or_default();
            let mail = letter_about("one");
            let size = mail.len();
            let said = match command.split('(').next().unwrap_or_default().trim() {
                "CAPABILITY" => "* CAPABILITY IMAP4rev1 ID SPECIAL-USE LIST-EXTENDED\r\n".to_owned(),
                c if c.starts_with("LIST") => "* LIST (\\HasNoChildren) \"/\" INBOX\r\n".to_owned(),
                c if c.starts_with("EXAMINE") => {
                    "* 1 EXISTS\r\n* OK [UIDVALIDITY 3] a\r\n* OK [UIDNEXT 2] b\r\n".to_owned()
                }
                c if c.starts_with("UID SEARCH") => "* SEARCH 1 \r\n".to_owned(),
                c if c.starts_with("UID FETCH") && command.contains("BODY") => {
                    format!("* 1 FETCH (UID 1 BODY[] {{{size}}}\r\n{mail})\r\n")
                }
                c if c.starts_with("UID FETCH") => {
                    format!("* 1 FETCH (FLAGS () INTERNALDATE NIL UID 1 RFC822.SIZE {size})\r\n")
                }
                _ => String::new(),
            };
            let odd = if command.starts_with("LOGIN") { "" } else { ODD };
            slowly(wire, &format!("{odd}{said}{odd}{tag} OK done\r\n"))?;
        }
    });
    let case = case_on(&server);
    let output = case.postnote(&["sync"]).ended(0);
    assert!(output.stderr.is_empty(), "{output:?}");
    assert_eq!(case.notes("Sources").len(), 1);
}

#[test]
fn a_refused_login_says_whether_the_password_is_to_blame() {
    for (said, words, not) in [
        ("NO [AUTHENTICATIONFAILED] Invalid credentials", "app password", "later"),
        ("NO [UNAVAILABLE] user database is away", "postnote tries again later", "app password"),
        ("NO [LIMIT] too many connections", "close other mail programs", "app password"),
        ("NO [INUSE] locked", "postnote tries again later", "app password"),
        ("NO [CONTACTADMIN] blocked", "ask whoever runs the server", "later"),
        ("NO LOGIN failed", "app password", "later"),
    ] {
        let server = server("ready", move |c| c.starts_with("LOGIN").then(|| format!("TAG {said}\r\n")));
        let output = case_on(&server).postnote(&["sync"]).ended(1);
        assert!(output.stderr.contains(words) && !output.stderr.contains(not), "{said}: {output:?}");
        assert!(output.stderr.contains("\"work\"") && !output.stderr.contains('['), "{said}: {output:?}");
    }
}

#[test]
fn compressed_mail_is_the_same_mail() {
    let mut notes = Vec::new();
    for compress in ["always", "never"] {
        let with = format!("compress = \"{compress}\"\n[accounts.smtp]");
        let world =
            World::on_dovecot().configured("[sync]\nsince = \"all\"", |t| t.replacen("[accounts.smtp]", &with, 1));
        for n in 0..8 {
            world.receive(&format!("{}{}", letter_about(&format!("matter-{n}")), "All the same words. ".repeat(400)));
        }
        world.sync();
        assert_eq!(world.sync(), "work: nothing new\n");
        notes.push(world.case.snapshot_of(&world.case.vault().join("Sources")));
    }
    assert_eq!(notes[0].len(), 8);
    assert!(notes[0] == notes[1]);
}

#[test]
fn a_server_that_offers_compression_and_refuses_it_is_read_without() {
    const BOXES: &[Held] = &[("INBOX", &[(1, 0, "one")])];
    let server = holding("ready", BOXES, |command| match command.split(' ').next() {
        Some("CAPABILITY") => Some("* CAPABILITY IMAP4rev1 COMPRESS=DEFLATE ID\r\nTAG OK done\r\n".to_owned()),
        Some("COMPRESS") => Some("TAG NO [CANNOT] not today\r\n".to_owned()),
        _ => None,
    });
    let mut case = case_on(&server);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    for (compress, asked) in [("never", 0), ("auto", 0), ("always", 1)] {
        case.raw_config(&config.replace("[accounts.smtp]", &format!("compress = \"{compress}\"\n[accounts.smtp]")));
        let before = server.got().len();
        let output = case.postnote(&["sync"]).ended(0);
        assert!(output.stderr.is_empty(), "{output:?}");
        // On this machine "auto" does not ask either.
        let commands = commands(&server, before);
        assert_eq!(commands.iter().filter(|c| *c == "COMPRESS DEFLATE").count(), asked, "{compress}: {commands:?}");
    }
    assert_eq!(case.notes("Sources").len(), 1);
}

#[test]
fn what_changed_comes_with_the_opening_where_the_server_keeps_count() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let dovecot = Dovecot::shared();
    let sam = dovecot.user("sam", "qresync.example.org");
    let mut other = dovecot.imap(&sam);
    for n in 0..6 {
        other.append("INBOX", "", letter_about(&format!("matter-{n}")).as_bytes());
    }
    let login = |port: u16, user: &User| {
        let endpoint = Endpoint { host: "127.0.0.1".to_owned(), port, security: Security::Plaintext, ca_file: None };
        let credentials = Credentials::Password(user.password.clone().into());
        runtime.block_on(imap::connect(&endpoint, &user.email, &credentials)).unwrap()
    };
    let mut session = login(dovecot.imap, &sam);
    let validity = runtime.block_on(session.examine("INBOX")).unwrap().uid_validity;
    let mut session = login(dovecot.imap, &sam);
    let first = runtime.block_on(session.examine_since("INBOX", validity, 1)).unwrap().unwrap();
    assert_eq!((first.mailbox.exists, first.mailbox.uid_next), (6, Some(7)));
    let modseq = first.mailbox.modseq.unwrap();

    other.select("INBOX");
    other.exec("UID STORE 2 +FLAGS.SILENT (\\Answered)");
    other.exec("UID STORE 3:4,6 +FLAGS.SILENT (\\Deleted)");
    other.exec("EXPUNGE");
    other.append("INBOX", "", letter_about("news").as_bytes());
    let mut session = login(dovecot.imap, &sam);
    let since = runtime.block_on(session.examine_since("INBOX", validity, modseq)).unwrap().unwrap();
    assert_eq!((since.mailbox.exists, since.vanished), (4, Some(vec![3..=4, 6..=6])));
    let uids: Vec<u32> = since.changed.iter().map(|c| c.uid).collect();
    assert_eq!(uids, [2, 7]);
    assert!(since.changed[0].flags.contains(&"\\Answered".to_owned()));
    assert!(since.mailbox.modseq > Some(modseq));
    // Another UIDVALIDITY: everything is new, and nothing is told.
    let other_life = runtime.block_on(session.examine_since("INBOX", validity - 1, modseq)).unwrap().unwrap();
    assert_eq!((other_life.changed.len(), other_life.mailbox.uid_validity), (0, validity));

    let greenmail = GreenMail::shared();
    let mut session = login(greenmail.imap, &greenmail.user("sam", "example.org"));
    assert_eq!(runtime.block_on(session.examine_since("INBOX", 1, 1)).unwrap(), None);
}
