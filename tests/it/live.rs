//! `postnote run`, live: new mail becomes a note and a saved draft is picked up without waiting for the schedule,
//! whatever servers, networks and editors do. The schedule here never comes, so that only listening can do it.

use crate::support::*;
use postnote::daemon::Timing;
use postnote::imap::Waits;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const NEVER: &str = "[sync]\nschedule = \"0 3 29 2 *\"\njitter = \"0\"\n";
/// A draft that is picked up says `queued`, and stays so.
const WAITS: &str = "[send]\ndelay = \"1h\"\n";
const HASTY: Timing = Timing {
    waits: Waits {
        reissue: Duration::from_secs(2),
        silence: Duration::from_millis(500),
        answer: Duration::from_millis(500),
    },
    poll: Duration::from_millis(200),
};

fn live(world: World, edit: impl FnOnce(String) -> String) -> World {
    world.configured(&format!("{NEVER}{WAITS}"), edit)
}

/// A world whose IMAP goes through a relay.
fn relayed(world: World, relay: &Relay) -> World {
    let ports = (format!("port = {}", world.imap), format!("port = {}", relay.port));
    live(world, |toml| toml.replace(&ports.0, &ports.1))
}

fn mail(number: usize) -> String {
    format!(
        "From: Ada Park <ada@example.com>\nTo: sam@example.org\nSubject: Pier {number}\nMessage-ID: <{number}@live.example>\n\
         Date: Mon, 5 Jan 2026 10:00:00 +0000\n\nCan you come to pier {number} on Monday?\n"
    )
}

fn note(number: usize) -> String {
    format!("---\ntype: draft-mail\nstatus: approved\nto: ada@example.com\nsubject: Pier {number}\n---\n\nSee you.\n")
}

/// Waits, for at most ten seconds.
fn soon(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    until(what, || done() || begin.elapsed() > Duration::from_secs(10));
    assert!(done(), "not within ten seconds: {what}");
}

fn notes(world: &World) -> usize {
    world.case.notes("Sources").len()
}

/// Mail becomes a note, and a save is picked up.
fn both_ways(world: &World, first: usize) {
    for number in first..first + 2 {
        let before = notes(world);
        world.receive(&mail(number));
        soon("the mail is a note", || notes(world) == before + 1);
        let path = world.case.vault().join(format!("Outbox/{number}.md"));
        put(&path, &note(number));
        soon("the draft is picked up", || world.status(&path) == "queued");
    }
}

#[test]
fn mail_and_saves_are_seen_as_they_come() {
    at_once([0, 1, 2, 3], |which| {
        let world = match which {
            0 => live(World::on_greenmail(), |toml| toml),
            1 => live(World::on_dovecot(), |toml| toml),
            tls => {
                let dovecot = Dovecot::shared();
                live(World::on_dovecot(), |toml| {
                    let (plain, smtp) = toml.split_once("[accounts.smtp]").unwrap();
                    let (security, port) = if tls == 2 { ("tls", dovecot.imaps) } else { ("starttls", dovecot.imap) };
                    let ca = format!("security = \"{security}\"\nca_file = '{}'", dovecot.ca_file.display());
                    let secure = plain.replace("security = \"plaintext\"", &ca);
                    let secure = secure.replace(&format!("port = {}", dovecot.imap), &format!("port = {port}"));
                    format!("{}[accounts.smtp]{smtp}", secure.replace("127.0.0.1", "localhost"))
                })
            }
        };
        let running = Running::start(&world.case);
        until("it runs", || running.says("next sync at") == 1);
        both_ways(&world, 1);
        assert_eq!(running.says("postnote: account"), 0, "{}", running.said.lock().unwrap());
        running.stop("TERM");
    });
}

#[test]
fn a_connection_that_died_in_silence_is_noticed_and_nothing_is_missed() {
    let server = GreenMail::shared();
    let relay = Relay::to(server.imap);
    let world = relayed(World::on_greenmail(), &relay);
    let inside = Inside::start(&world.case, &world.sam, HASTY);
    until("it idles", || relay.idling() >= 1);
    world.receive(&mail(1));
    soon("the mail is a note", || notes(&world) == 1);
    for number in 2..4 {
        // Half open: what is sent on it goes nowhere, and nobody says so.
        relay.swallow();
        world.receive(&mail(number));
        until("it is noticed", || notes(&world) == number);
    }
    assert_eq!(inside.says("Down"), 0, "{}", inside.said());
}

#[test]
fn a_server_that_says_goodbye_restarts_or_stays_away_is_found_again() {
    let server = GreenMail::shared();
    let relay = Relay::to(server.imap);
    let world = relayed(World::on_greenmail(), &relay);
    let running = Running::start(&world.case);
    until("it idles", || relay.idling() >= 1);
    let idling = relay.idling();
    relay.cut("* BYE down for a moment\r\n");
    world.receive(&mail(1));
    soon("the mail is a note", || notes(&world) == 1);
    until("it idles again", || relay.idling() > idling);
    assert_eq!(running.says("down"), 0);
    relay.away(true);
    until("that is said", || running.says("account \"work\" is down") == 1);
    world.receive(&mail(2));
    // Drafts are picked up all the same.
    let path = world.case.vault().join("Outbox/a.md");
    put(&path, &note(1));
    soon("the draft is picked up", || world.status(&path) == "queued");
    relay.away(false);
    until("it is found again", || running.says("account \"work\" is back") == 1 && notes(&world) == 2);
    both_ways(&world, 3);
    assert_eq!(
        (running.says("\"work\" is down"), running.says("\"work\" is back")),
        (1, 1),
        "{}",
        running.said.lock().unwrap()
    );
    running.stop("INT");
}

#[test]
fn a_real_server_is_restarted() {
    let dovecot = Dovecot::start();
    let user = dovecot.user("sam", "dovecot.example.org");
    let account =
        Account { name: "work", user: &user, display_name: "", aliases: &[], imap: dovecot.imap, smtp: dovecot.imap };
    let mut case = Case::with_account(&account);
    case.config(&format!("{NEVER}{}", account.toml()));
    let running = Running::start(&case);
    until("it runs", || running.says("next sync at") == 1);
    dovecot.deliver(&user, &crlf(mail(1).as_bytes()));
    soon("the mail is a note", || case.notes("Sources").len() == 1);
    dovecot.restart();
    dovecot.deliver(&user, &crlf(mail(2).as_bytes()));
    until("the mail is a note", || case.notes("Sources").len() == 2);
    running.stop("TERM");
}

#[test]
fn what_arrives_between_the_fetch_and_idle_is_not_missed() {
    let server = GreenMail::shared();
    // Delivered at the moment that this line goes by, for the first time after `armed`.
    for moment in ["EXAMINE", "IDLE", "DONE"] {
        let sam = server.user("sam", "example.org");
        let (armed, count) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let (is_armed, delivered, to) = (armed.clone(), count.clone(), sam.clone());
        let relay = Relay::acting(server.imap, move |line| {
            if line.contains(moment) && is_armed.swap(false, Ordering::SeqCst) {
                let number = delivered.fetch_add(1, Ordering::SeqCst) + 1;
                server.deliver(&to, &crlf(mail(number).as_bytes()));
            }
            Act::Pass
        });
        let mut world = World::on_greenmail();
        world.sam = sam;
        let world = relayed(world, &relay);
        let inside = Inside::start(&world.case, &world.sam, HASTY);
        // The first pass opens the mailbox, too; only the line's own EXAMINE comes after its end.
        until("the first pass is over", || inside.says("Pass") >= 1);
        for number in 1..4 {
            armed.store(true, Ordering::SeqCst);
            if number > 1 && moment == "EXAMINE" {
                relay.cut("");
            }
            until("it is delivered", || count.load(Ordering::SeqCst) == number);
            soon("it is a note", || notes(&world) == number);
        }
    }
}

#[test]
fn a_server_that_does_not_idle_is_asked() {
    let server = GreenMail::shared();
    for answer in ["TAG NO not today\r\n", "TAG BAD what\r\n", "* OK well\r\nTAG OK done already\r\n"] {
        let relay = Relay::acting(server.imap, move |line| match line.ends_with(" IDLE") {
            true => Act::Answer(answer),
            false => Act::Pass,
        });
        let world = relayed(World::on_greenmail(), &relay);
        let inside = Inside::start(&world.case, &world.sam, HASTY);
        until("it is refused", || relay.idling() >= 1);
        for number in 1..3 {
            world.receive(&mail(number));
            soon("the mail is a note", || notes(&world) == number);
        }
        assert_eq!((relay.idling(), inside.says("Down")), (1, 0));
    }
}

#[test]
fn of_three_accounts_one_is_down_and_the_others_do_not_notice() {
    let server = GreenMail::shared();
    let relay = Relay::to(server.imap);
    let world = live(World::on_greenmail(), |toml| {
        let other = |name: &str, port: u16| {
            let toml = toml.replace("\"work\"", &format!("\"{name}\""));
            toml.replacen(&format!("port = {}", server.imap), &format!("port = {port}"), 1)
        };
        // The same mailbox, for simplicity's sake: a message known by its id is one note.
        format!("{}{}{toml}", other("asleep", relay.port), other("club", server.imap))
    });
    relay.away(true);
    let running = Running::start(&world.case);
    until("it runs", || running.says("next sync at") == 1);
    until("that is said", || running.says("account \"asleep\" is down") == 1);
    both_ways(&world, 1);
    assert_eq!((running.says("account \"asleep\""), running.says("account \"work\"")), (2, 0));
    relay.away(false);
    until("it is back", || running.says("account \"asleep\" is back") == 1);
    assert_eq!(running.says("account \"asleep\""), 3, "{}", running.said.lock().unwrap());
    running.stop("TERM");
}

#[test]
fn a_server_with_little_room_is_not_crowded() {
    let server = GreenMail::shared();
    for room in [1, 2] {
        let relay = Relay::to(server.imap);
        relay.room(room);
        let world = relayed(World::on_greenmail(), &relay);
        let config = std::fs::read_to_string(world.case.config_path()).unwrap();
        let config = config.replacen("security =", "mailboxes = [\"INBOX\", \"Club\", \"Choir\"]\nsecurity =", 1);
        std::fs::write(world.case.config_path(), config).unwrap();
        let mut imap = world.mailbox();
        imap.create("Club");
        imap.create("Choir");
        let inside = Inside::start(&world.case, &world.sam, HASTY);
        until("it idles", || relay.idling() >= 1);
        world.receive(&mail(1));
        // With room for one, the line gives way to the pass.
        soon("the mail is a note", || notes(&world) == 1);
        assert_eq!((inside.says("Down"), inside.says("Err(")), (0, 0), "{room}: {}", inside.said());
    }
}

#[test]
fn a_refused_login_is_said_once_and_not_repeated_in_a_loop() {
    let server = GreenMail::shared();
    let relay = Relay::to(server.imap);
    let mut world = relayed(World::on_greenmail(), &relay);
    world.case.env(PASSWORD_VARIABLE, "wrong");
    let running = Running::start(&world.case);
    until("that is said", || running.says("refused the login") >= 1);
    // The pass, and one line to see whether it stays so.
    until("it goes on failing", || running.says("account \"work\" is down") == 1);
    let path = world.case.vault().join("Outbox/a.md");
    for number in 0..3 {
        put(&path, &note(number));
        soon("the draft is picked up", || world.status(&path) == "queued");
    }
    assert_eq!((relay.accepted(), running.says("refused the login")), (2, 2), "{}", running.said.lock().unwrap());
    running.stop("TERM");
}

#[test]
fn a_vault_that_changes_in_every_way_is_seen() {
    let world = live(World::on_greenmail(), |toml| toml);
    let outbox = world.case.vault().join("Outbox");
    let running = Running::start(&world.case);
    until("it runs", || running.says("next sync at") == 1);
    let picked_up = |name: &str, number: usize| {
        let path = outbox.join(name);
        soon(name, || path.exists() && world.status(&path) == "queued");
        assert!(std::fs::read_to_string(&path).unwrap().contains(&format!("Pier {number}")));
    };
    // The folder comes later.
    put(&outbox.join("a.md"), &note(1));
    picked_up("a.md", 1);
    // An editor that writes beside it and moves it into place; a folder of one's own; one moved in whole.
    let beside = world.case.path().join("beside.md");
    put(&beside, &note(2));
    std::fs::rename(&beside, outbox.join("b.md")).unwrap();
    picked_up("b.md", 2);
    put(&outbox.join("May/c.md"), &note(3));
    picked_up("May/c.md", 3);
    let folder = world.case.path().join("June");
    put(&folder.join("d.md"), &note(4));
    std::fs::rename(&folder, outbox.join("June")).unwrap();
    picked_up("June/d.md", 4);
    // The vault's disk is taken out and comes back.
    let away = world.case.path().join("away");
    std::fs::rename(world.case.vault(), &away).unwrap();
    until("it is missed", || running.says("is not there; create the folder") >= 1);
    put(&away.join("Outbox/e.md"), &note(5));
    std::fs::rename(&away, world.case.vault()).unwrap();
    until("it is picked up", || world.status(&outbox.join("e.md")) == "queued");
    running.stop("TERM");
}

#[test]
fn a_draft_is_approved_and_taken_back_in_place() {
    let world = live(World::on_greenmail(), |toml| toml);
    let path = world.case.vault().join("Outbox/a.md");
    let pending = note(1).replace("approved", "pending");
    put(&path, &pending);
    old(&path);
    let running = Running::start(&world.case);
    until("it runs", || running.says("next sync at") == 1);
    for _ in 0..2 {
        // Of the same size and as old as before: only the file system knows that it was changed.
        let text = std::fs::read_to_string(&path).unwrap();
        let approved = text.replace("status: pending", "status: approved").replace("See you.", "See you");
        put(&path, &approved);
        old(&path);
        soon("the draft is picked up", || world.status(&path) == "queued");
        let text = std::fs::read_to_string(&path).unwrap().replace("status: queued", "status: pending");
        put(&path, &text.replace("See you", "See you."));
        old(&path);
        soon("it is taken out", || world.case.count("SELECT count(*) FROM outbox WHERE state = 'queued'") == 0);
    }
    running.stop("TERM");
}

/// As if it had been written a while ago.
fn old(path: &Path) {
    #[expect(clippy::disallowed_methods, reason = "the file system's clock")]
    let before = std::time::SystemTime::now() - Duration::from_secs(600);
    std::fs::File::options().append(true).open(path).unwrap().set_modified(before).unwrap();
}

#[test]
fn a_draft_goes_out_when_it_is_due_also_after_its_server_was_away() {
    let (sink, relay) = (Sink::start(), Relay::to(GreenMail::shared().imap));
    let (case, _) = Case::posting(&sink);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    let config = config.replace("[send]\ndelay = \"0s\"", &format!("{NEVER}[send]\ndelay = \"2s\""));
    let config = config.replace(&format!("port = {}", GreenMail::shared().imap), &format!("port = {}", relay.port));
    std::fs::write(case.config_path(), config).unwrap();
    let running = Running::start(&case);
    until("it idles", || relay.idling() >= 1);
    put(&case.draft_path("a.md"), &note(1));
    until("it is queued", || case.says("a.md", "status") == "queued");
    until("it is sent", || case.says("a.md", "status") == "sent");
    relay.away(true);
    until("that is said", || running.says("account \"work\" is down") == 1);
    put(&case.draft_path("b.md"), &note(2));
    until("it is queued", || case.says("b.md", "status") == "queued");
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!((case.says("b.md", "status").as_str(), sink.taken().len()), ("queued", 1));
    relay.away(false);
    until("it is sent", || case.says("b.md", "status") == "sent");
    assert_eq!(sink.taken().len(), 2);
    running.stop("TERM");
}

#[test]
fn a_message_that_uidnext_counts_and_the_mailbox_does_not_show_yet_is_not_passed_over() {
    let told = Arc::new(AtomicBool::new(false));
    let is_told = told.clone();
    let message = crlf(mail(1).as_bytes());
    let message = String::from_utf8(message).unwrap();
    let server = Scripted::start(move |wire| {
        wire.say("* OK hello\r\n")?;
        loop {
            let line = wire.line()?;
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            let shown = is_told.load(Ordering::SeqCst);
            let untagged = match command.split(' ').next().unwrap_or_default() {
                "CAPABILITY" => "* CAPABILITY IMAP4rev1\r\n".to_owned(),
                "LIST" => "* LIST () \".\" INBOX\r\n".to_owned(),
                // Seen with GreenMail: the mailbox is counted first, and then asked for its UIDNEXT.
                "EXAMINE" => {
                    format!("* {} EXISTS\r\n* OK [UIDVALIDITY 7] v\r\n* OK [UIDNEXT 2] n\r\n", i32::from(shown))
                }
                "NOOP" => {
                    is_told.store(true, Ordering::SeqCst);
                    "* 1 EXISTS\r\n".to_owned()
                }
                "UID" if command.starts_with("UID SEARCH") => {
                    format!("* SEARCH{}\r\n", if shown { " 1" } else { "" })
                }
                "UID" => {
                    let date = "INTERNALDATE \" 5-Jan-2026 10:00:00 +0000\"";
                    let head = format!("* 1 FETCH (UID 1 FLAGS () {date} RFC822.SIZE {}", message.len());
                    let body = format!(" BODY[] {{{}}}\r\n{message}", message.len());
                    format!("{head}{})\r\n", if command.contains("BODY") { body } else { String::new() })
                }
                _ => String::new(),
            };
            wire.say(&format!("{untagged}{tag} OK done\r\n"))?;
        }
    });
    let user = User { email: "sam@example.org".to_owned(), password: "secret".to_owned() };
    let account =
        Account { name: "work", user: &user, display_name: "", aliases: &[], imap: server.port, smtp: server.port };
    let mut case = Case::with_account(&account);
    case.config(&format!("[sync]\nsince = \"all\"\n{}", account.toml()));
    case.postnote(&["sync"]).ended(0);
    assert!(told.load(Ordering::SeqCst));
    assert_eq!(case.notes("Sources").len(), 1);
}

#[test]
fn what_it_writes_itself_does_not_keep_it_busy_and_what_stays_wrong_is_said_once() {
    let world = live(World::on_greenmail(), |toml| toml);
    let outbox = world.case.vault().join("Outbox");
    let running = Running::start(&world.case);
    until("it runs", || running.says("next sync at") == 1);
    put(&outbox.join("broken.md"), "---\ntype: draft-mail\nstatus: approved\nsubject: Re: x: y\n---\n\nHello\n");
    put(&outbox.join("nobody.md"), &note(7).replace("ada@example.com", "nobody"));
    until("it is said", || running.says("broken.md") >= 1 && running.says("nobody.md") >= 1);
    both_ways(&world, 1);
    // Each pass takes the lock; in the end there is no more of them.
    let lock = world.case.state().join("lock");
    let last = || std::fs::metadata(&lock).unwrap().modified().unwrap();
    until("it is at rest", || {
        let before = last();
        std::thread::sleep(Duration::from_secs(2));
        last() == before
    });
    assert_eq!((running.says("broken.md"), running.says("nobody.md")), (1, 1), "{}", running.said.lock().unwrap());
    running.stop("TERM");
}

#[test]
fn a_sync_by_hand_in_between_loses_no_wake() {
    let world = live(World::on_greenmail(), |toml| toml);
    let running = Running::start(&world.case);
    until("it runs", || running.says("next sync at") == 1);
    let locked = std::fs::File::options().write(true).open(world.case.state().join("lock")).unwrap();
    locked.lock().unwrap();
    world.receive(&mail(1));
    until("it is told", || running.says("another postnote is at work") == 1);
    locked.unlock().unwrap();
    until("the mail is a note", || notes(&world) == 1);
    running.stop("TERM");
}

#[cfg(unix)]
#[test]
fn systemd_hears_how_it_goes() {
    let mut world = live(World::on_greenmail(), |toml| toml);
    let path = world.case.path().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let next = || {
        let mut bytes = [0; 1000];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    };
    world.case.env("NOTIFY_SOCKET", path.to_str().unwrap());
    world.case.env("WATCHDOG_USEC", "400000");
    let running = Running::start(&world.case);
    let (mut heard, mut beats) = (Vec::new(), 0);
    while beats < 3 {
        let said = next();
        if said == "WATCHDOG=1\n" && heard.contains(&"READY=1\n".to_owned()) {
            beats += 1;
        }
        heard.push(said);
    }
    assert_eq!(heard.iter().filter(|said| *said == "READY=1\n").count(), 1, "{heard:?}");
    assert!(heard.iter().any(|said| said.starts_with("STATUS=listening; next scheduled sync at 03:00")), "{heard:?}");
    running.stop("TERM");
    socket.set_nonblocking(true).unwrap();
    let mut bytes = [0; 1000];
    let mut last = Vec::new();
    while let Ok(length) = socket.recv(&mut bytes) {
        last.push(String::from_utf8(bytes[..length].to_vec()).unwrap());
    }
    assert_eq!(last.last().map(String::as_str), Some("STOPPING=1\n"), "{last:?}");
}

#[test]
fn it_ends_soon_at_any_moment_of_a_line() {
    let server = GreenMail::shared();
    // The line, the login, the mailbox, the IDLE, and its end are never answered.
    for stuck in ["LOGIN", "EXAMINE", "IDLE", "DONE"] {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        let relay = Relay::acting(server.imap, move |line| {
            // The pass's own go by.
            if line.contains(stuck) && seen.fetch_add(1, Ordering::SeqCst) > 0 || stuck == "DONE" && line == "DONE" {
                seen.fetch_add(1, Ordering::SeqCst);
                std::thread::sleep(Duration::from_secs(20));
            }
            Act::Pass
        });
        let world = relayed(World::on_greenmail(), &relay);
        let running = Running::start(&world.case);
        match stuck {
            "IDLE" | "DONE" => until("it idles", || relay.idling() >= 1 || count.load(Ordering::SeqCst) > 1),
            _ => until(stuck, || count.load(Ordering::SeqCst) > 1),
        }
        running.stop("TERM");
    }
}
