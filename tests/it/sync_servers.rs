//! Servers that answer wrongly, lie, or go away in the middle: a message is there whole or is told of, every other one
//! is read, and once the server does right nothing is missing and nothing is there twice.

use crate::support::*;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

const ADA: &str = "Ada Park <ada@example.com>";

/// Messages `mail1`, `mail2`, … with these UIDs.
fn letters(uids: impl IntoIterator<Item = u32>) -> Vec<Letter> {
    let letter = |uid| Letter::new(uid, &mail(&format!("mail{uid}"), ADA, &format!("The word is mail{uid}-text."), ""));
    uids.into_iter().map(letter).collect()
}

/// The UIDs of the messages that have a note, each with its own text and once.
fn noted(case: &Case) -> Vec<u32> {
    let mut found = Vec::new();
    for path in case.notes("Sources") {
        let subject = front(&path).text("subject").unwrap_or_default();
        let uid: u32 = subject.strip_prefix("About mail").unwrap_or_else(|| panic!("{subject}")).parse().unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.contains(&format!("The word is mail{uid}-text.")), "{uid} has another's text: {text}");
        found.push(uid);
    }
    found.sort_unstable();
    found
}

/// What a vault holds after a sync from a server that does all right.
fn vault_of(letters: Vec<Letter>) -> BTreeMap<PathBuf, Vec<u8>> {
    let case = ImapServer::start(letters, |_| Turn::Usual).case();
    case.postnote(&["sync"]).ended(0);
    case.snapshot()
}

/// A server that does `wrong` until it is healed.
fn ailing(
    letters: Vec<Letter>,
    wrong: impl Fn(&ImapEvent) -> Turn + Send + Sync + 'static,
) -> (ImapServer, Arc<AtomicBool>) {
    let ill = Arc::new(AtomicBool::new(true));
    let flag = ill.clone();
    let server =
        ImapServer::start(letters, move |event| if flag.load(Ordering::SeqCst) { wrong(event) } else { Turn::Usual });
    (server, ill)
}

/// What is said in place of the message with UID 3, whose number is 3, in a mailbox of five.
type Wrong = fn(Vec<u8>) -> Vec<u8>;

/// The answer with `from` changed, once, to what `to` makes of the text.
fn changed(usual: &[u8], from: &str, to: &str) -> Vec<u8> {
    let at = usual.windows(from.len()).position(|w| w == from.as_bytes());
    match at {
        Some(at) => [&usual[..at], to.as_bytes(), &usual[at + from.len()..]].concat(),
        None => usual.to_vec(),
    }
}

/// The answer's literal announced as `by` bytes longer than it is.
fn longer(usual: &[u8], by: i64) -> Vec<u8> {
    let text = String::from_utf8_lossy(usual).into_owned();
    let Some((head, rest)) = text.split_once('{') else { return usual.to_vec() };
    let (size, rest) = rest.split_once('}').unwrap();
    format!("{head}{{{}}}{rest}", size.parse::<i64>().unwrap() + by).into_bytes()
}

/// Only where the message itself is asked for: sizes and dates come as ever.
fn instead_of_body(usual: Vec<u8>, wrong: &[u8]) -> Vec<u8> {
    if usual.windows(6).any(|w| w == b" BODY[") { wrong.to_vec() } else { usual }
}

const WRONG: [(&str, Wrong); 18] = [
    ("OK without the message", |usual| instead_of_body(usual, b"")),
    ("NIL", |usual| instead_of_body(usual, b"* 3 FETCH (UID 3 BODY[] NIL)\r\n")),
    ("an empty literal", |usual| instead_of_body(usual, b"* 3 FETCH (UID 3 BODY[] {0}\r\n)\r\n")),
    ("another section", |usual| instead_of_body(usual, b"* 3 FETCH (UID 3 BODY[TEXT] {7}\r\nanother)\r\n")),
    ("no section", |usual| instead_of_body(usual, b"* 3 FETCH (UID 3 RFC822.SIZE 7)\r\n")),
    ("a structure", |usual| {
        instead_of_body(usual, b"* 3 FETCH (UID 3 BODY (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" 7 1))\r\n")
    }),
    ("no UID", |usual| changed(&usual, "UID 3 ", "")),
    ("the UID of nobody", |usual| changed(&usual, "UID 3 ", "UID 99 ")),
    ("the UID of another", |usual| changed(&usual, "UID 3 ", "UID 2 ")),
    ("UID 0", |usual| changed(&usual, "UID 3 ", "UID 0 ")),
    ("a UID beyond 32 bits", |usual| changed(&usual, "UID 3 ", "UID 4294967299 ")),
    ("an ENVELOPE that is none", |usual| changed(&usual, "UID 3 ", "UID 3 ENVELOPE (\"x\" (((NIL ")),
    ("a BODYSTRUCTURE that is none", |usual| changed(&usual, "UID 3 ", "UID 3 BODYSTRUCTURE (\"TEXT\" PLAIN 7) ")),
    ("a line that is no IMAP", |usual| [b"* what is this\r\n".as_slice(), &usual].concat()),
    ("a parenthesis short", |usual| changed(&usual, ")\r\n", "\r\n")),
    ("a literal that is announced too short", |usual| longer(&usual, -9)),
    ("a literal that is announced too long", |usual| longer(&usual, 20)),
    ("a literal of a negative size", |usual| longer(&usual, -100_000)),
];

#[test]
fn a_message_that_is_answered_wrongly_keeps_no_other_from_being_read() {
    let good = vault_of(letters(1..=5));
    let halves: Vec<&[(&str, Wrong)]> = WRONG.chunks(WRONG.len() / 2).collect();
    let [first, second] = halves[..] else { unreachable!() };
    let failures = at_once([first, second], |ways| {
        let attempt = |(what, wrong): &(&str, Wrong)| {
            let wrong = *wrong;
            let attempt = || answered_wrongly(what, wrong, &good);
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(attempt)).err().map(|_| (*what).to_owned())
        };
        ways.iter().filter_map(attempt).collect::<Vec<String>>()
    });
    let failures = failures.concat();
    assert!(failures.is_empty(), "{} ways failed, each is told of above: {failures:?}", failures.len());
}

fn answered_wrongly(what: &str, wrong: Wrong, good: &BTreeMap<PathBuf, Vec<u8>>) {
    let (server, ill) = ailing(letters(1..=5), move |event| match event {
        ImapEvent::Message { uid: 3, .. } => Turn::edit(wrong),
        _ => Turn::Usual,
    });
    let case = server.case();
    // The second finds nothing new, and doubles nothing.
    for time in ["first", "again"] {
        let output = case.postnote(&["sync"]);
        let at = format!("{what}, {time}: {output:?}");
        let noted = noted(&case);
        let others: Vec<u32> = noted.iter().copied().filter(|uid| *uid != 3).collect();
        assert_eq!(others, [1, 2, 4, 5], "{at}");
        if noted.len() == 4 {
            assert_eq!(output.status, 1, "{at}");
            assert!(output.stderr.contains("UID 3") && output.stderr.contains("INBOX"), "{at}");
        } else {
            assert_eq!(output.status, 0, "{at}");
        }
    }
    ill.store(false, Ordering::SeqCst);
    let output = case.postnote(&["sync"]);
    assert_eq!((output.status, noted(&case)), (0, vec![1, 2, 3, 4, 5]), "{what}, healed: {output:?}");
    same(&case.snapshot(), good);
}

#[test]
fn what_was_not_asked_for_does_no_harm() {
    let good = vault_of(letters(1..=5));
    let talk = "* 3 FETCH (FLAGS (\\Seen))\r\n* 2 FETCH (UID 2 FLAGS () MODSEQ (12))\r\n* 5 EXISTS\r\n* 1 RECENT\r\n\
                * OK [ALERT] the cellar is damp\r\n* OK Still here\r\n* FLAGS (\\Seen $Odd)\r\n* NO [X-ODD] careful\r\n\
                * CAPABILITY IMAP4rev1 X-ODD\r\n* LIST () \"/\" Other\r\n* SEARCH\r\n* STATUS Other (MESSAGES 3)\r\n";
    let ways: [(&str, fn(&ImapEvent, &str) -> Turn); 4] = [
        ("between messages", |event, talk| match event {
            ImapEvent::Message { .. } => Turn::first(talk),
            _ => Turn::Usual,
        }),
        ("before answers to FETCH", |event, talk| match event {
            ImapEvent::Command(_, c) if c.contains("FETCH") => Turn::first(talk),
            _ => Turn::Usual,
        }),
        ("small letters and pieces", |event, _| match event {
            ImapEvent::Message { .. } => Turn::edit(|usual| {
                let usual = changed(&changed(&usual, "FETCH (UID", "fetch (uid"), "BODY[]", "body[]");
                [b"* 1 FETCH (FLAGS ())\r\n".as_slice(), &usual].concat()
            }),
            _ => Turn::Usual,
        }),
        ("another's message", |event, _| match event {
            ImapEvent::Message { uid: 3, .. } => {
                let stranger = Letter::new(77, &mail("mail77", ADA, "Nobody asked for me.", ""));
                Turn::First(fetch_line(6, &stranger, "BODY.PEEK[]"))
            }
            _ => Turn::Usual,
        }),
    ];
    at_once(ways, |(what, way)| {
        let server = ImapServer::start(letters(1..=5), move |event| way(event, talk));
        let case = server.case();
        for _ in 0..2 {
            let output = case.postnote(&["sync"]);
            assert_eq!((output.status, noted(&case)), (0, vec![1, 2, 3, 4, 5]), "{what}: {output:?}");
        }
        same(&case.snapshot(), &good);
    });
}

#[test]
fn sizes_that_are_not_true_lose_nothing() {
    let good = vault_of(letters(1..=5));
    at_once([0, 1, 100_000, 20_000_000, 300_000_000, 4_294_967_295, 4_294_967_296], |size| {
        let mut lying = letters(1..=5);
        lying[2].size = size;
        let server = ImapServer::start(lying, |_| Turn::Usual);
        let case = server.case();
        let output = case.postnote(&["sync"]);
        let at = format!("RFC822.SIZE {size}: {output:?}");
        let got = noted(&case);
        assert!(
            got == [1, 2, 3, 4, 5] && output.status == 0 || got == [1, 2, 4, 5] && output.stderr.contains("UID 3"),
            "{at}"
        );
        server.change(|folders| folders[0].letters = letters(1..=5));
        case.postnote(&["sync"]).ended(0);
        assert_eq!(noted(&case), [1, 2, 3, 4, 5], "{at}");
        same(&case.snapshot(), &good);
    });
}

#[test]
fn mailboxes_that_are_not_as_they_say_lose_nothing() {
    let good = vault_of(letters(1..=5));
    let replace = |from: &'static str, to: &'static str| {
        move |event: &ImapEvent| match event {
            ImapEvent::Command(_, c) if c.starts_with("EXAMINE") || c.starts_with("SELECT") => {
                Turn::edit(move |usual| String::from_utf8(usual).unwrap().replace(from, to).into_bytes())
            }
            _ => Turn::Usual,
        }
    };
    let search = |to: &'static str| {
        move |event: &ImapEvent| match event {
            ImapEvent::Command(_, c) if c.contains("SEARCH") => {
                Turn::edit(move |usual| changed(&usual, "* SEARCH 1 2 3 4 5", to))
            }
            _ => Turn::Usual,
        }
    };
    type Script = Box<dyn Fn(&ImapEvent) -> Turn + Send + Sync>;
    let scripts: [(&str, Script); 11] = [
        ("EXISTS too few", Box::new(replace("* 5 EXISTS", "* 2 EXISTS"))),
        ("EXISTS too many", Box::new(replace("* 5 EXISTS", "* 50 EXISTS"))),
        ("no UIDNEXT", Box::new(replace("* OK [UIDNEXT 6] next\r\n", ""))),
        ("UIDNEXT 1", Box::new(replace("[UIDNEXT 6]", "[UIDNEXT 1]"))),
        ("UIDNEXT 0", Box::new(replace("[UIDNEXT 6]", "[UIDNEXT 0]"))),
        ("no UIDVALIDITY", Box::new(replace("* OK [UIDVALIDITY 7] valid\r\n", ""))),
        ("UIDVALIDITY 0", Box::new(replace("[UIDVALIDITY 7]", "[UIDVALIDITY 0]"))),
        ("UIDs descending", Box::new(search("* SEARCH 5 4 3 2 1"))),
        ("UID 0 and UIDs twice", Box::new(search("* SEARCH 0 1 2 3 3 2 4 5"))),
        ("UIDs of nobody", Box::new(search("* SEARCH 1 2 3 4 5 17 4294967295"))),
        ("in several lines", Box::new(search("* SEARCH 1 2\r\n* SEARCH\r\n* SEARCH 3 4 5"))),
    ];
    at_once(scripts, |(what, script)| {
        let server = ImapServer::start(letters(1..=5), script);
        let case = server.case();
        for _ in 0..2 {
            let output = case.postnote(&["sync"]);
            assert_eq!(noted(&case), [1, 2, 3, 4, 5], "{what}: {output:?}");
            same(&case.snapshot(), &good);
        }
        // What comes then is seen as well.
        server.change(|folders| folders[0] = Folder::inbox(letters(1..=6)));
        let output = case.postnote(&["sync"]);
        assert!(noted(&case).contains(&6) || what.starts_with("UIDs") || what.starts_with("in "), "{what}: {output:?}");
    });
}

#[test]
fn uids_in_another_order_and_at_the_end_of_their_range_are_read() {
    let uids = [4_294_967_294, 7, 4_294_967_295, 3, 2_147_483_648];
    let server = ImapServer::start(letters(uids), |_| Turn::Usual);
    server.change(|folders| folders[0].uid_next = 4_294_967_295);
    let case = server.case();
    for _ in 0..2 {
        case.postnote(&["sync"]).ended(0);
        assert_eq!(noted(&case), [3, 7, 2_147_483_648, 4_294_967_294, 4_294_967_295]);
    }
}

/// Syncs until all is well, at most so often; gives the output of each.
fn until_well(case: &Case, most: usize, what: &str) -> Vec<Output> {
    let mut outputs = Vec::new();
    for _ in 0..most {
        outputs.push(case.postnote(&["sync"]));
        if outputs.last().is_some_and(|output| output.status == 0) {
            return outputs;
        }
    }
    panic!("{what}: not well after {most} syncs: {:?}", outputs.last());
}

#[test]
fn a_server_that_goes_away_in_the_middle_is_gone_on_with() {
    let good = vault_of(letters(1..=40));
    let last_words = [
        "",
        "* BYE\r\n",
        "* BYE [UNAVAILABLE] going down for a while\r\n",
        "* BYE [THROTTLED] too much\r\n",
        "* 9 FETCH (UID 9 BODY[] {900}\r\nDate: Mon",
        "{tag} NO [UNAVAILABLE] not now\r\n",
        "{tag} NO [THROTTLED] too much\r\n",
        "{tag} NO [OVERQUOTA] too much\r\n",
    ];
    at_once(last_words, |words| {
        // The first connection ends at its ninth message; after a NO it stays, if the client does.
        let (count, given) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (counted, sum) = (count.clone(), given.clone());
        let server = ImapServer::start(letters(1..=40), move |event| match event {
            ImapEvent::Message { connection: 1, command, .. } if command.contains("BODY") => {
                match counted.fetch_add(1, Ordering::SeqCst) {
                    8 => Turn::end(words),
                    _ => Turn::Usual,
                }
            }
            ImapEvent::Message { command, .. } if command.contains("BODY") => {
                sum.fetch_add(1, Ordering::SeqCst);
                Turn::Usual
            }
            _ => Turn::Usual,
        });
        let case = server.case();
        until_well(&case, 2, words);
        assert_eq!(noted(&case), (1..=40).collect::<Vec<u32>>(), "{words:?}");
        same(&case.snapshot(), &good);
        // What had come need not come again, and nothing comes a third time.
        assert!(given.load(Ordering::SeqCst) <= 40, "{words:?}: {} asked for again", given.load(Ordering::SeqCst));
    });
}

#[test]
fn a_server_that_gives_only_a_few_messages_a_session_is_read_to_its_end() {
    let good = vault_of(letters(1..=40));
    // So many messages, and it is gone, each time.
    at_once([1, 7], |few| {
        let left = std::sync::Mutex::new(BTreeMap::<usize, usize>::new());
        let server = ImapServer::start(letters(1..=40), move |event| match event {
            ImapEvent::Message { connection, command, .. } if command.contains("BODY") => {
                let mut left = left.lock().unwrap();
                let left = left.entry(*connection).or_insert(few);
                match left.checked_sub(1) {
                    Some(rest) => {
                        *left = rest;
                        Turn::Usual
                    }
                    None => Turn::end("* BYE [UNAVAILABLE] that is enough\r\n"),
                }
            }
            _ => Turn::Usual,
        });
        let case = server.case();
        // Each sync gets on; none need do it all.
        let mut before = 0;
        for _ in 0..45 {
            let output = case.postnote(&["sync"]);
            let now = noted(&case).len();
            assert!(now > before || output.status == 0, "{few} a session: stuck at {now}: {output:?}");
            before = now;
            if output.status == 0 {
                break;
            }
        }
        assert_eq!(noted(&case), (1..=40).collect::<Vec<u32>>(), "{few} a session");
        same(&case.snapshot(), &good);
    });
}

#[test]
fn a_server_that_is_never_there_is_told_of_and_left_in_peace() {
    let bye = |event: &ImapEvent| match event {
        ImapEvent::Message { .. } => Turn::end("* BYE [UNAVAILABLE] the cellar is under water\r\n"),
        _ => Turn::Usual,
    };
    let at_login = |event: &ImapEvent| match event {
        ImapEvent::Command(_, c) if c.starts_with("LOGIN") || c.starts_with("AUTHENTICATE") => {
            Turn::say("{tag} NO [UNAVAILABLE] the cellar is under water\r\n")
        }
        _ => Turn::Usual,
    };
    let at_open = |event: &ImapEvent| match event {
        ImapEvent::Command(_, c) if c.starts_with("EXAMINE") || c.starts_with("SELECT") => {
            Turn::say("{tag} NO [UNAVAILABLE] the cellar is under water\r\n")
        }
        _ => Turn::Usual,
    };
    type Script = fn(&ImapEvent) -> Turn;
    let scripts: [Script; 3] = [bye, at_login, at_open];
    at_once(scripts, |script| {
        let (server, ill) = ailing(letters(1..=5), script);
        let case = server.case();
        let output = case.postnote(&["sync"]).ended(1);
        let line = &output.stderr;
        assert!(line.starts_with("postnote: account \"work\"") && line.contains("the cellar is under water"), "{line}");
        // A server that is unavailable has not refused the password.
        assert!(!line.contains("login work"), "{line}");
        assert!(server.connections() <= 12, "{} connections", server.connections());
        assert_eq!(noted(&case).len(), 0);
        ill.store(false, Ordering::SeqCst);
        case.postnote(&["sync"]).ended(0);
        assert_eq!(noted(&case), [1, 2, 3, 4, 5]);
    });
}

#[test]
fn dovecot_going_away_in_the_middle_ends_as_if_it_had_not() {
    let (site, wanted) = Site::shared();
    at_once(["Could you confirm", "Harbour plan", "name=plan.txt", "[UIDVALIDITY", "* SEARCH"], |after| {
        let way = move |number| if number == 1 { Way::CutAfter(after) } else { Way::Through };
        let proxy = Proxy::start(site.port(), way);
        let mut case = site.case_through(proxy.port);
        case.hurry();
        until_well(&case, 2, after);
        case.end_state().must_be(wanted, after);
    });
}
