//! What servers can do beyond the plain protocol, and what they must not be able to do to us.

use crate::support::*;
use std::io;
use std::process::Stdio;
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

/// `postnote sync`: what it says, and the most memory that it held, in MB.
fn measured(case: &Case) -> (Output, u64) {
    let mut child = case.command(&["sync"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let most = status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        peak = peak.max(most.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let output = Output {
        status: output.status.code().unwrap_or(-1),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    };
    (output, peak / 1024)
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
        let (output, peak) = measured(&case_on(&server));
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
        let (output, peak) = measured(&case_on(&server));
        assert_eq!(output.status, 1, "{output:?}");
        assert!(output.stderr.contains("before the login"), "{output:?}");
        assert!(peak < 100, "{peak} MB");
    }
}
