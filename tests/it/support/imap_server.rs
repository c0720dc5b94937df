//! An IMAP server that is right until the test says otherwise: mailboxes in memory, and a script that is asked
//! at each connection, at each command and before each message of a FETCH. See [`Turn`] for what it can answer.
//!
//! ```ignore
//! let server = ImapServer::start(vec![letter(1, "one")], |event| match event {
//!     ImapEvent::Message { uid: 1, .. } => Turn::raw("* 1 FETCH (UID 1 BODY[] NIL)\r\n"),
//!     _ => Turn::Usual,
//! });
//! ```

use super::{Account, Case, User};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

/// A message in a mailbox.
#[derive(Debug, Clone)]
pub struct Letter {
    /// Its UID.
    pub uid: u32,
    /// Its bytes, CRLF.
    pub bytes: Vec<u8>,
    /// INTERNALDATE.
    pub date: String,
    /// What the server says of its size.
    pub size: u64,
}

impl Letter {
    /// One whose size is what it is.
    pub fn new(uid: u32, bytes: &[u8]) -> Letter {
        let date = "01-Jun-2026 09:00:00 +0000".to_owned();
        Letter { uid, bytes: bytes.to_owned(), date, size: bytes.len() as u64 }
    }
}

/// A mailbox.
#[derive(Debug, Clone)]
pub struct Folder {
    /// Its name on the wire.
    pub name: String,
    /// UIDVALIDITY.
    pub uid_validity: u32,
    /// UIDNEXT as announced.
    pub uid_next: u32,
    /// The messages, in the order of their sequence numbers.
    pub letters: Vec<Letter>,
}

impl Folder {
    /// INBOX with these messages.
    pub fn inbox(letters: Vec<Letter>) -> Folder {
        let uid_next = letters.iter().map(|l| l.uid).max().unwrap_or(0).saturating_add(1);
        Folder { name: "INBOX".to_owned(), uid_validity: 7, uid_next, letters }
    }
}

/// What the script is asked about.
#[derive(Debug, Clone)]
pub enum ImapEvent {
    /// The connection of that number (the first is 1) is there; the greeting is due.
    Connected(usize),
    /// A command without its tag, literals in place.
    Command(usize, String),
    /// The answer for one message of a FETCH is due.
    Message {
        /// The connection's number.
        connection: usize,
        /// The FETCH, without its tag.
        command: String,
        /// The message's UID.
        uid: u32,
    },
}

type Free = Box<dyn FnOnce(&mut TcpStream) -> io::Result<()> + Send>;
type Editor = Box<dyn FnOnce(Vec<u8>) -> Vec<u8> + Send>;

/// What to do then. `{tag}` in what is said becomes the command's tag.
pub enum Turn {
    /// As a correct server does.
    Usual,
    /// These bytes instead.
    Say(Vec<u8>),
    /// These bytes, then as usual.
    First(Vec<u8>),
    /// The usual bytes, changed. (Of a command that is a FETCH: its tagged line; the messages are asked about one
    /// by one.)
    Edit(Editor),
    /// These bytes, and then the connection is closed.
    End(Vec<u8>),
    /// As usual, after a while.
    Wait(Duration),
    /// Whatever the test does with the connection, instead.
    Free(Free),
}

impl Turn {
    /// [`Turn::Say`].
    pub fn say(text: &str) -> Turn {
        Turn::Say(text.as_bytes().to_owned())
    }

    /// [`Turn::First`].
    pub fn first(text: &str) -> Turn {
        Turn::First(text.as_bytes().to_owned())
    }

    /// [`Turn::End`].
    pub fn end(text: &str) -> Turn {
        Turn::End(text.as_bytes().to_owned())
    }

    /// [`Turn::Edit`].
    pub fn edit(change: impl FnOnce(Vec<u8>) -> Vec<u8> + Send + 'static) -> Turn {
        Turn::Edit(Box::new(change))
    }

    /// [`Turn::Free`].
    pub fn free(act: impl FnOnce(&mut TcpStream) -> io::Result<()> + Send + 'static) -> Turn {
        Turn::Free(Box::new(act))
    }
}

type Script = Arc<dyn Fn(&ImapEvent) -> Turn + Send + Sync>;

/// The server. Any login is good.
pub struct ImapServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    state: Arc<Mutex<State>>,
}

struct State {
    boxes: Vec<Folder>,
    capabilities: String,
    commands: Vec<(usize, String)>,
    connections: usize,
}

impl ImapServer {
    /// One with an INBOX.
    pub fn start(inbox: Vec<Letter>, script: impl Fn(&ImapEvent) -> Turn + Send + Sync + 'static) -> ImapServer {
        ImapServer::with(vec![Folder::inbox(inbox)], script)
    }

    /// One with these mailboxes.
    pub fn with(boxes: Vec<Folder>, script: impl Fn(&ImapEvent) -> Turn + Send + Sync + 'static) -> ImapServer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let capabilities = "IMAP4rev1 LITERAL+ UIDPLUS".to_owned();
        let state = Arc::new(Mutex::new(State { boxes, capabilities, commands: Vec::new(), connections: 0 }));
        let (kept, script): (_, Script) = (state.clone(), Arc::new(script));
        // The thread waits for clients until the test process ends.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, script) = (kept.clone(), script.clone());
                let number = {
                    let mut state = state.lock().unwrap();
                    state.connections += 1;
                    state.connections
                };
                std::thread::spawn(move || {
                    stream.set_nodelay(true).unwrap();
                    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
                    stream.set_write_timeout(Some(Duration::from_secs(60))).unwrap();
                    let session = Session { stream: BufReader::new(stream), state, script, number, open: None };
                    // A client that goes away ends the session.
                    let _ = session.run();
                });
            }
        });
        ImapServer { port, state }
    }

    /// Says another CAPABILITY line from now on.
    pub fn offers(&self, capabilities: &str) {
        self.lock().capabilities = capabilities.to_owned();
    }

    /// Changes the mailboxes.
    pub fn change(&self, change: impl FnOnce(&mut Vec<Folder>)) {
        change(&mut self.lock().boxes);
    }

    /// Every command so far, without tags, and the connection that it came over.
    pub fn commands(&self) -> Vec<(usize, String)> {
        self.lock().commands.clone()
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.lock().connections
    }

    /// A user to log in as.
    pub fn user(&self) -> User {
        User { email: "sam@example.org".to_owned(), password: "secret".to_owned() }
    }

    /// A place to sync to from here: the wall clock stands still, and waiting is short.
    pub fn case(&self) -> Case {
        let user = self.user();
        let account = Account { name: "work", user: &user, display_name: "", aliases: &[], imap: self.port, smtp: 9 };
        let mut case = Case::with_account(&account);
        let config = std::fs::read_to_string(case.config_path()).unwrap();
        case.raw_config(&config.replace("[send]", "[sync]\nsince = \"all\"\n[send]"));
        case.stop_clock();
        case.hurry();
        case
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

struct Session {
    stream: BufReader<TcpStream>,
    state: Arc<Mutex<State>>,
    script: Script,
    number: usize,
    open: Option<String>,
}

impl Session {
    fn run(mut self) -> io::Result<()> {
        let hello = format!("* OK [CAPABILITY {}] ready\r\n", self.state.lock().unwrap().capabilities);
        self.turn(&ImapEvent::Connected(self.number), "*", hello.into_bytes())?;
        loop {
            let line = self.command()?;
            let (tag, command) = line.split_once(' ').unwrap_or((&line, ""));
            self.state.lock().unwrap().commands.push((self.number, command.to_owned()));
            let event = ImapEvent::Command(self.number, command.to_owned());
            match after_verb(command, "UID FETCH").or(after_verb(command, "FETCH")) {
                // Asked about as a command first, then message by message, then answered.
                Some(arguments) => {
                    let messages = self.fetched(command, arguments);
                    self.turn_around(&event, tag, messages)?;
                }
                None => {
                    let usual = self.usual(tag, command)?;
                    self.turn(&event, tag, usual)?;
                }
            }
            if after_verb(command, "LOGOUT").is_some() {
                return Ok(());
            }
        }
    }

    /// Does what the script says about an event whose usual answer is `usual`.
    fn turn(&mut self, event: &ImapEvent, tag: &str, usual: Vec<u8>) -> io::Result<()> {
        match (self.script)(event) {
            Turn::Usual => self.say(&usual),
            Turn::Say(bytes) => self.say(&tagged(&bytes, tag)),
            Turn::First(bytes) => {
                self.say(&tagged(&bytes, tag))?;
                self.say(&usual)
            }
            Turn::Edit(change) => self.say(&change(usual)),
            Turn::End(bytes) => {
                self.say(&tagged(&bytes, tag))?;
                self.hang_up()
            }
            Turn::Wait(time) => {
                std::thread::sleep(time);
                self.say(&usual)
            }
            Turn::Free(act) => act(self.stream.get_mut()),
        }
    }

    /// Ends the connection so that the last words arrive: closed with commands unread in it, it would be reset, and what
    /// was said last lost on the way.
    fn hang_up(&mut self) -> io::Result<()> {
        self.stream.get_ref().shutdown(std::net::Shutdown::Write)?;
        self.stream.get_ref().set_read_timeout(Some(std::time::Duration::from_secs(5)))?;
        io::copy(&mut self.stream, &mut io::sink()).ok();
        Err(io::ErrorKind::BrokenPipe.into())
    }

    /// The same for a FETCH, whose messages have a turn each.
    fn turn_around(&mut self, event: &ImapEvent, tag: &str, messages: Vec<(u32, Vec<u8>)>) -> io::Result<()> {
        let ImapEvent::Command(connection, command) = event else { return Ok(()) };
        let ok = format!("{tag} OK done\r\n").into_bytes();
        let last = match (self.script)(event) {
            Turn::Usual => ok,
            Turn::First(bytes) => {
                self.say(&tagged(&bytes, tag))?;
                ok
            }
            Turn::Edit(change) => change(ok),
            Turn::Wait(time) => {
                std::thread::sleep(time);
                ok
            }
            Turn::Say(bytes) => return self.say(&tagged(&bytes, tag)),
            Turn::Free(act) => return act(self.stream.get_mut()),
            Turn::End(bytes) => {
                self.say(&tagged(&bytes, tag))?;
                return self.hang_up();
            }
        };
        for (uid, usual) in messages {
            let event = ImapEvent::Message { connection: *connection, command: command.clone(), uid };
            self.turn(&event, tag, usual)?;
        }
        self.say(&last)
    }

    fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)
    }

    /// One command, its literals in place (RFC 3501 §4.3, RFC 7888).
    fn command(&mut self) -> io::Result<String> {
        let mut whole = Vec::new();
        loop {
            let mut line = Vec::new();
            if self.stream.read_until(b'\n', &mut line)? == 0 || !line.ends_with(b"\n") {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            while line.last().is_some_and(|b| b"\r\n".contains(b)) {
                line.pop();
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            let announced = text.strip_suffix('}').and_then(|t| t.rsplit_once('{')).map(|(_, n)| n.to_owned());
            let size = announced.as_deref().and_then(|n| n.trim_end_matches('+').parse::<usize>().ok());
            whole.extend_from_slice(&line);
            let Some(size) = size else { return Ok(String::from_utf8_lossy(&whole).into_owned()) };
            if announced.is_some_and(|n| !n.ends_with('+')) {
                self.say(b"+ go on\r\n")?;
            }
            let mut literal = vec![0; size];
            self.stream.read_exact(&mut literal)?;
            whole.extend_from_slice(&literal);
        }
    }

    /// What a correct server answers to anything but a FETCH.
    fn usual(&mut self, tag: &str, command: &str) -> io::Result<Vec<u8>> {
        let capabilities = self.state.lock().unwrap().capabilities.clone();
        let mut out = String::new();
        let mut done = format!("{tag} OK done\r\n");
        let word = command.split(' ').next().unwrap_or_default().to_ascii_uppercase();
        match word.as_str() {
            "CAPABILITY" => out = format!("* CAPABILITY {capabilities}\r\n"),
            "AUTHENTICATE" if command.split(' ').count() < 3 => {
                self.say(b"+ \r\n")?;
                self.command()?;
            }
            "LOGOUT" => out = "* BYE see you\r\n".to_owned(),
            "LIST" | "LSUB" => {
                let state = self.state.lock().unwrap();
                let line = |b: &Folder| format!("* {word} (\\HasNoChildren) \"/\" \"{}\"\r\n", b.name);
                out = state.boxes.iter().map(line).collect();
            }
            "EXAMINE" | "SELECT" => match self.open_box(command) {
                Some(b) => {
                    out = format!(
                        "* FLAGS (\\Seen \\Answered)\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] valid\r\n\
                         * OK [UIDNEXT {}] next\r\n",
                        b.letters.len(),
                        b.uid_validity,
                        b.uid_next
                    );
                    done = format!("{tag} OK [READ-ONLY] done\r\n");
                }
                None => done = format!("{tag} NO [NONEXISTENT] no such mailbox\r\n"),
            },
            "STATUS" => {
                let name = command.split(' ').nth(1).unwrap_or_default().trim_matches('"').to_owned();
                let state = self.state.lock().unwrap();
                if let Some(b) = state.boxes.iter().find(|b| b.name == name) {
                    out = format!(
                        "* STATUS \"{}\" (MESSAGES {} UIDNEXT {} UIDVALIDITY {})\r\n",
                        b.name,
                        b.letters.len(),
                        b.uid_next,
                        b.uid_validity
                    );
                }
            }
            "UID" | "SEARCH" if command.to_ascii_uppercase().contains("SEARCH") => {
                let criteria = command.to_ascii_uppercase();
                let criteria = criteria.split_once("SEARCH").map_or("", |(_, c)| c.trim());
                let uids = self.searched(criteria);
                let list: String = uids.iter().map(|uid| format!(" {uid}")).collect();
                out = format!("* SEARCH{list}\r\n");
            }
            "IDLE" => {
                self.say(b"+ idling\r\n")?;
                self.command()?;
            }
            "ENABLE" => out = "* ENABLED\r\n".to_owned(),
            "ID" => out = "* ID NIL\r\n".to_owned(),
            "NAMESPACE" => out = "* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n".to_owned(),
            _ => {}
        }
        Ok((out + &done).into_bytes())
    }

    fn open_box(&mut self, command: &str) -> Option<Folder> {
        let rest = command.split_once(' ')?.1;
        let name = rest.strip_prefix('"').and_then(|r| r.split('"').next()).or(rest.split(' ').next())?.to_owned();
        let found = self.state.lock().unwrap().boxes.iter().find(|b| b.name == name).cloned();
        self.open = found.as_ref().map(|b| b.name.clone());
        found
    }

    fn letters(&self) -> Vec<Letter> {
        let state = self.state.lock().unwrap();
        let open = state.boxes.iter().find(|b| Some(&b.name) == self.open.as_ref());
        open.map(|b| b.letters.clone()).unwrap_or_default()
    }

    /// UIDs that match `UID set` (also `NOT UID set`); every other criterion matches all.
    fn searched(&self, criteria: &str) -> Vec<u32> {
        let letters = self.letters();
        let last = letters.iter().map(|l| l.uid).max().unwrap_or(0);
        let set = criteria.split_once("UID ").map(|(_, rest)| rest.split(' ').next().unwrap_or_default().to_owned());
        letters.iter().map(|l| l.uid).filter(|uid| set.as_ref().is_none_or(|s| in_set(s, *uid, last))).collect()
    }

    /// The answers to a FETCH, message by message.
    fn fetched(&self, command: &str, arguments: &str) -> Vec<(u32, Vec<u8>)> {
        let letters = self.letters();
        let (set, items) = arguments.split_once(' ').unwrap_or((arguments, ""));
        let by_uid = command.to_ascii_uppercase().starts_with("UID");
        let last = if by_uid { letters.iter().map(|l| l.uid).max().unwrap_or(0) } else { letters.len() as u32 };
        let items = items.trim_start_matches('(').split(')').next().unwrap_or_default().to_ascii_uppercase();
        let mut answers = Vec::new();
        for (index, letter) in letters.iter().enumerate() {
            let number = index as u32 + 1;
            if in_set(set, if by_uid { letter.uid } else { number }, last) {
                answers.push((letter.uid, fetch_line(number, letter, &items)));
            }
        }
        answers
    }
}

/// `* n FETCH (…)` with the items that were asked for.
pub fn fetch_line(number: u32, letter: &Letter, items: &str) -> Vec<u8> {
    let mut out = format!("* {number} FETCH (UID {}", letter.uid).into_bytes();
    for item in items.split(' ') {
        let text = match item {
            "RFC822.SIZE" => format!(" RFC822.SIZE {}", letter.size),
            "INTERNALDATE" => format!(" INTERNALDATE \"{}\"", letter.date),
            "FLAGS" => " FLAGS ()".to_owned(),
            "ENVELOPE" => " ENVELOPE (NIL \"x\" NIL NIL NIL NIL NIL NIL NIL NIL)".to_owned(),
            "BODYSTRUCTURE" => {
                format!(" BODYSTRUCTURE (\"TEXT\" \"PLAIN\" NIL NIL NIL \"7BIT\" {} 1)", letter.bytes.len())
            }
            _ => String::new(),
        };
        out.extend_from_slice(text.as_bytes());
        let Some(section) = item.strip_prefix("BODY.PEEK").or(item.strip_prefix("BODY")) else { continue };
        if !section.starts_with('[') {
            continue;
        }
        let end = letter.bytes.windows(4).position(|w| w == b"\r\n\r\n").map_or(letter.bytes.len(), |at| at + 4);
        let body = match section.split(']').next().unwrap_or_default() {
            "[" => &letter.bytes[..],
            "[HEADER" => &letter.bytes[..end],
            _ => &letter.bytes[end..],
        };
        let (name, bytes) = match section.split_once('<').map(|(name, range)| (name, range.trim_end_matches('>'))) {
            Some((name, range)) => {
                let (from, count) = range.split_once('.').unwrap_or((range, "0"));
                let from = from.parse::<usize>().unwrap_or(0).min(body.len());
                let until = from.saturating_add(count.parse().unwrap_or(0)).min(body.len());
                (format!("{name}<{from}>"), &body[from..until])
            }
            None => (section.to_owned(), body),
        };
        out.extend_from_slice(format!(" BODY{name} {{{}}}\r\n", bytes.len()).as_bytes());
        out.extend_from_slice(bytes);
    }
    out.extend_from_slice(b")\r\n");
    out
}

/// What stands after the command's name, when it is this one.
fn after_verb<'a>(command: &'a str, verb: &str) -> Option<&'a str> {
    let head = command.get(..verb.len())?;
    head.eq_ignore_ascii_case(verb).then(|| command[verb.len()..].trim_start())
}

fn tagged(bytes: &[u8], tag: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let Some(at) = rest.windows(5).position(|w| w == b"{tag}") {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(tag.as_bytes());
        rest = &rest[at + 5..];
    }
    out.extend_from_slice(rest);
    out
}

/// Whether a number is in a sequence set (RFC 3501 §9), `*` being the last one.
fn in_set(set: &str, number: u32, last: u32) -> bool {
    let value = |text: &str| if text == "*" { last } else { text.parse().unwrap_or(0) };
    set.split(',').any(|range| {
        let (a, b) = range.split_once(':').unwrap_or((range, range));
        let (a, b) = (value(a), value(b));
        (a.min(b)..=a.max(b)).contains(&number)
    })
}
