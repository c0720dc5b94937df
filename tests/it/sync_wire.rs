//! What the wire can do: every answer cut at every byte, answers byte by byte, and answers without end. No panic, no
//! half note, bounded memory, and a sync that nothing hinders afterwards ends as an unbroken one.

use crate::support::*;
use std::io::{self, Write};
use std::net::TcpStream;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const ADA: &str = "Ada Park <ada@example.com>";

#[test]
fn cut_at_every_byte_of_the_servers_answers_it_ends_as_unbroken() {
    let site = Site::small();
    let wanted = site.wanted();
    let whole = Proxy::start(site.port(), |_| Way::Through);
    site.case_through(whole.port).postnote(&["sync"]).ended(0);
    let length = whole.heard();
    assert!(length > 1000, "{length}");
    const LANES: usize = 4;
    let failures = at_once([0, 1, 2, 3], |lane| {
        // The first connection of each sync is cut; where it connects again, that one passes.
        let next = Arc::new(Mutex::new(Way::Through));
        let taken = next.clone();
        let proxy = Proxy::start(site.port(), move |_| std::mem::replace(&mut taken.lock().unwrap(), Way::Through));
        let mut case = site.case_through(proxy.port);
        case.hurry();
        let mut failures = Vec::new();
        for at in (lane..length).step_by(LANES) {
            case.empty();
            *next.lock().unwrap() = Way::Cut(at);
            let cut = case.postnote(&["sync"]);
            let said = format!("cut after {at} of {length} bytes: {cut:?}");
            let told = cut.status == 0 || cut.status == 1 && cut.stderr.starts_with("postnote: account \"work\"");
            if !told || cut.stderr.contains("panicked") {
                failures.push(said.clone());
            }
            let half = |(path, bytes): (&std::path::PathBuf, &Vec<u8>)| wanted.vault.get(path) != Some(bytes);
            if case.snapshot().iter().any(half) {
                failures.push(format!("{said}\n{:?}", case.end_state().difference(&wanted)));
            }
            if case.state().join("state.db").exists() && case.end_state() == wanted {
                continue;
            }
            let then = case.postnote(&["sync"]);
            if let Some(difference) = case.end_state().difference(&wanted) {
                failures.push(format!("{said}\nthen {then:?}\n{difference}"));
            }
        }
        failures
    })
    .concat();
    assert!(failures.is_empty(), "{} of {length} cuts; the first: {}", failures.len(), failures[0]);
}

#[test]
fn fed_byte_by_byte_it_ends_as_in_large_pieces() {
    let (site, wanted) = Site::shared();
    let proxy = Proxy::start(site.port(), |_| Way::Drip);
    let case = site.case_through(proxy.port);
    case.postnote(&["sync"]).ended(0);
    case.end_state().must_be(wanted, "byte by byte");
}

/// The most memory that the binary may take, in kB.
const LIMIT: u64 = 200_000;

/// Runs a sync and watches its memory: past the limit it is ended, and the test fails.
fn watched(case: &Case, what: &str) -> Output {
    let file = |name: &str| std::fs::File::create(case.path().join(name)).unwrap();
    let mut command = case.command(&["sync"]);
    let mut child = command.stdin(Stdio::null()).stdout(file("out")).stderr(file("err")).spawn().unwrap();
    let (begin, mut peak) = (Instant::now(), 0);
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        let memory = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = memory.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        peak = peak.max(line.map_or(0, |l| l.trim().trim_end_matches(" kB").parse().unwrap()));
        let too_long = begin.elapsed() > case.patience;
        if peak > LIMIT || too_long {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{what}: {peak} kB after {:?}{}", begin.elapsed(), if too_long { ", and no end" } else { "" });
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let text = |name| std::fs::read_to_string(case.path().join(name)).unwrap();
    let output = Output { status: status.code().unwrap_or(-1), stdout: text("out"), stderr: text("err") };
    println!("{what}: {peak} kB, {output:?}");
    output
}

/// It ended with one clear complaint about the account.
fn complains(output: &Output, what: &str) {
    let lines: Vec<&str> = output.stderr.lines().collect();
    assert_eq!(output.status, 1, "{what}: {output:?}");
    assert!(lines.iter().all(|line| line.starts_with("postnote: account \"work\"")), "{what}: {output:?}");
    assert!((1..=3).contains(&lines.len()) && lines.iter().all(|line| line.len() < 1000), "{what}: {output:?}");
}

fn letters() -> Vec<Letter> {
    (1..=3).map(|uid| Letter::new(uid, &mail(&format!("mail{uid}"), ADA, "Hello.", ""))).collect()
}

/// `head`, and then `more` again and again until the client has had enough, or a gigabyte.
fn flood(head: &'static str, more: &'static [u8]) -> Turn {
    Turn::free(move |stream: &mut TcpStream| -> io::Result<()> {
        stream.write_all(head.as_bytes())?;
        let piece = more.repeat(64 * 1024 / more.len() + 1);
        for _ in 0..1_000_000_000 / piece.len() {
            stream.write_all(&piece)?;
        }
        Err(io::ErrorKind::BrokenPipe.into())
    })
}

/// The moments at which a server can begin to say something, and how that begins.
const MOMENTS: [(&str, &str); 7] = [
    ("", "* OK "),
    ("LOGIN", "* OK "),
    ("LIST", "* LIST () \"/\" "),
    ("EXAMINE", "* OK "),
    ("SEARCH", "* SEARCH 1"),
    ("FETCH", "* 1 FETCH (UID 1 BODY[] "),
    ("LOGOUT", "* BYE "),
];

/// True when the event is the moment: connecting for "", else a command with that word in it.
fn is_at(moment: &str, event: &ImapEvent) -> bool {
    match event {
        ImapEvent::Connected(_) => moment.is_empty(),
        ImapEvent::Command(_, command) => !moment.is_empty() && command.contains(moment),
        ImapEvent::Message { .. } => false,
    }
}

/// What the server does at each of the moments; after it, a sync from a server that does right gives every note.
fn at_each_moment(what: &str, turn: impl Fn(&'static str) -> Turn + Send + Sync + Copy + 'static) {
    at_once(MOMENTS, |(moment, head)| {
        let ill = Arc::new(std::sync::atomic::AtomicBool::new(true));
        let flag = ill.clone();
        let server = ImapServer::start(letters(), move |event| {
            let now = flag.load(std::sync::atomic::Ordering::SeqCst) && is_at(moment, event);
            if now { turn(head) } else { Turn::Usual }
        });
        let case = server.case();
        let what = format!("{what} at {moment:?}");
        let output = watched(&case, &what);
        // Whatever comes at the end, it was done.
        if moment != "LOGOUT" {
            complains(&output, &what);
        }
        ill.store(false, std::sync::atomic::Ordering::SeqCst);
        case.postnote(&["sync"]).ended(0);
        assert_eq!(case.notes("Sources").len(), 3, "{what}");
    });
}

#[test]
fn a_literal_of_4_gib_takes_no_memory() {
    at_each_moment("4 GiB", |head| {
        Turn::free(move |stream: &mut TcpStream| -> io::Result<()> {
            stream.write_all(head.as_bytes())?;
            stream.write_all(b"{4294967295}\r\n")?;
            let piece = b"All work and no play. \r\n".repeat(4096);
            for _ in 0..10_000 {
                stream.write_all(&piece)?;
            }
            Err(io::ErrorKind::BrokenPipe.into())
        })
    });
}

#[test]
fn a_literal_of_more_than_there_is_takes_no_memory() {
    at_once(["4294967296", "18446744073709551615", "18446744073709551616", "99999999999999999999999"], |size| {
        let server = ImapServer::start(letters(), move |event| match event {
            ImapEvent::Message { uid: 2, command, .. } if command.contains("BODY") => {
                Turn::say(&format!("* 2 FETCH (UID 2 BODY[] {{{size}}}\r\nhello)\r\n"))
            }
            _ => Turn::Usual,
        });
        let case = server.case();
        let what = format!("a literal of {size}");
        complains(&watched(&case, &what), &what);
    });
}

#[test]
fn a_line_without_end_takes_no_memory() {
    at_each_moment("an endless line", |head| flood(head, b"1 "));
}

#[test]
fn untagged_lines_without_end_take_no_memory() {
    at_each_moment("endless untagged lines", |_| flood("", b"* OK Still here\r\n* 1 FETCH (FLAGS ())\r\n"));
}

#[test]
fn a_hundred_thousand_untagged_lines_take_no_memory() {
    const LINES: [&str; 5] = [
        "* OK Still here, and will be for a while\r\n",
        "* 3 EXISTS\r\n",
        "* 2 FETCH (UID 2 FLAGS (\\Seen))\r\n",
        "* LIST () \"/\" \"Box of things\"\r\n",
        "* SEARCH 1 2 3\r\n",
    ];
    at_once(LINES, |line| {
        let server = ImapServer::start(letters(), move |event| match event {
            ImapEvent::Command(..) => Turn::First(line.repeat(100_000).into_bytes()),
            _ => Turn::Usual,
        });
        let case = server.case();
        let output = watched(&case, line);
        match output.status {
            0 => assert_eq!(case.notes("Sources").len(), 3, "{line}: {output:?}"),
            _ => complains(&output, line),
        }
    });
}

#[test]
fn a_server_that_trickles_is_given_up() {
    // A byte every four of the client's seconds: never silent for long, and never done.
    let trickle = |head: &'static str| {
        Turn::free(move |stream: &mut TcpStream| -> io::Result<()> {
            stream.write_all(head.as_bytes())?;
            loop {
                stream.write_all(b"1")?;
                std::thread::sleep(Duration::from_millis(200));
            }
        })
    };
    let moments = [MOMENTS[0], MOMENTS[1], MOMENTS[3], MOMENTS[4], ("FETCH", "* 1 FETCH (UID 1 BODY[] {300}\r\n")];
    at_once(moments, |(moment, head)| {
        let server =
            ImapServer::start(letters(), move |event| if is_at(moment, event) { trickle(head) } else { Turn::Usual });
        let mut case = server.case();
        case.patience = Duration::from_secs(90);
        let what = format!("trickling at {moment:?}");
        complains(&watched(&case, &what), &what);
    });
}
