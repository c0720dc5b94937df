//! SMTP from both sides: bytes to a real server, and a server of the test's own that records what it is given
//! and answers as a script says.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Delivers a message as it is to a server on 127.0.0.1, without TLS or login; 8-bit bytes too, which GreenMail
/// takes though it does not say so (and lettre therefore refuses). GreenMail takes no null sender.
pub fn deliver(port: u16, from: &str, to: &[&str], message: &[u8]) {
    let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut stream = BufReader::new(stream);
    let mut step = |bytes: &[u8], wanted: char| {
        stream.get_mut().write_all(bytes).unwrap();
        let mut line = String::new();
        while line.is_empty() || line.as_bytes().get(3) == Some(&b'-') {
            line.clear();
            assert_ne!(stream.read_line(&mut line).unwrap(), 0, "port {port} closed the connection");
        }
        assert!(line.starts_with(wanted), "port {port} answered {line:?} to {:?}", String::from_utf8_lossy(bytes));
    };
    step(b"", '2');
    step(b"EHLO test.example\r\n", '2');
    step(format!("MAIL FROM:<{from}>\r\n").as_bytes(), '2');
    for address in to {
        step(format!("RCPT TO:<{address}>\r\n").as_bytes(), '2');
    }
    step(b"DATA\r\n", '3');
    step(&stuffed(message), '2');
    step(b"QUIT\r\n", '2');
}

/// The message as it goes over the wire: CRLF at its end, leading dots doubled, the final dot.
fn stuffed(message: &[u8]) -> Vec<u8> {
    let mut wire = Vec::with_capacity(message.len() + 16);
    for line in message.split_inclusive(|b| *b == b'\n') {
        if line.starts_with(b".") {
            wire.push(b'.');
        }
        wire.extend_from_slice(line);
    }
    if !wire.ends_with(b"\r\n") {
        wire.extend_from_slice(b"\r\n");
    }
    wire.extend_from_slice(b".\r\n");
    wire
}

/// What a client did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// It connected.
    Connected,
    /// It sent this line.
    Command(String),
    /// It sent a message up to the final dot: these bytes, dots unstuffed.
    Message(Vec<u8>),
}

/// What the server does about an [`Event`].
#[derive(Debug, Clone)]
pub enum Action {
    /// What a friendly server does.
    Usual,
    /// Says this, CRLF added. After a message the transaction is over all the same.
    Say(String),
    /// Waits, then does as usual.
    Wait(Duration),
    /// Closes the connection without a word.
    Close,
}

/// A message that was taken with a 250.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// MAIL FROM, without the brackets.
    pub from: String,
    /// Each RCPT TO, without the brackets.
    pub to: Vec<String>,
    /// The message, dots unstuffed, CRLF at its end.
    pub data: Vec<u8>,
}

#[derive(Debug, Default)]
struct Log {
    events: Vec<Event>,
    taken: Vec<Taken>,
}

type Script = Arc<dyn Fn(&Event) -> Action + Send + Sync>;

/// An SMTP server that keeps what it gets. Any login is good.
pub struct Sink {
    /// Its port on 127.0.0.1.
    pub port: u16,
    log: Arc<Mutex<Log>>,
}

impl Sink {
    /// One that takes everything.
    pub fn start() -> Sink {
        Sink::scripted(|_| Action::Usual)
    }

    /// One that asks `script` what to do at each event.
    pub fn scripted(script: impl Fn(&Event) -> Action + Send + Sync + 'static) -> Sink {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let log = Arc::new(Mutex::new(Log::default()));
        let (script, kept): (Script, _) = (Arc::new(script), log.clone());
        // The thread waits for clients until the test process ends.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (script, log) = (script.clone(), kept.clone());
                std::thread::spawn(move || Session { stream: BufReader::new(stream), script, log }.run());
            }
        });
        Sink { port, log }
    }

    /// Everything that clients did, in order.
    pub fn events(&self) -> Vec<Event> {
        self.log.lock().unwrap().events.clone()
    }

    /// The messages that were taken.
    pub fn taken(&self) -> Vec<Taken> {
        self.log.lock().unwrap().taken.clone()
    }
}

struct Session {
    stream: BufReader<TcpStream>,
    script: Script,
    log: Arc<Mutex<Log>>,
}

impl Session {
    fn run(mut self) {
        // A client that goes away ends the session; what it did is in the log.
        let _ = self.serve();
    }

    fn serve(&mut self) -> std::io::Result<()> {
        if self.react(Event::Connected, "220 sink.example ESMTP")?.is_none() {
            return Ok(());
        }
        let (mut from, mut to) = (String::new(), Vec::new());
        while let Some(line) = self.line()? {
            let line = String::from_utf8_lossy(&line).trim_end().to_owned();
            let word = line.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            let usual = match word.as_str() {
                "EHLO" => "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 AUTH PLAIN LOGIN",
                "AUTH" if line.split(' ').count() < 3 => "334 VXNlcm5hbWU6",
                "AUTH" => "235 2.7.0 welcome",
                "DATA" => "354 go on",
                "QUIT" => "221 2.0.0 bye",
                _ => "250 2.0.0 fine",
            };
            let Some(said) = self.react(Event::Command(line.clone()), usual)? else { return Ok(()) };
            match word.as_str() {
                "MAIL" if said.starts_with('2') => from = path(&line),
                "RCPT" if said.starts_with('2') => to.push(path(&line)),
                "RSET" => (from, to) = Default::default(),
                "AUTH" if said.starts_with("334") => self.rest_of_login(&line)?,
                "DATA" if said.starts_with('3') => {
                    let Some(data) = self.message()? else { return Ok(()) };
                    let (from, to) = (std::mem::take(&mut from), std::mem::take(&mut to));
                    let Some(said) = self.react(Event::Message(data.clone()), "250 2.0.0 taken")? else {
                        return Ok(());
                    };
                    if said.starts_with('2') {
                        self.log.lock().unwrap().taken.push(Taken { from, to, data });
                    }
                }
                "QUIT" => return Ok(()),
                _ => {}
            }
        }
        Ok(())
    }

    /// Does what the script says; what was said, or `None` when the connection is to close.
    fn react(&mut self, event: Event, usual: &str) -> std::io::Result<Option<String>> {
        let action = (self.script)(&event);
        self.log.lock().unwrap().events.push(event);
        let said = match action {
            Action::Usual => usual.to_owned(),
            Action::Say(text) => text,
            Action::Wait(time) => {
                std::thread::sleep(time);
                usual.to_owned()
            }
            Action::Close => return Ok(None),
        };
        self.say(&said)?;
        Ok(Some(said))
    }

    /// `AUTH LOGIN` asks for both parts, `AUTH PLAIN` without its argument for one.
    fn rest_of_login(&mut self, line: &str) -> std::io::Result<()> {
        self.line()?;
        if line.to_ascii_uppercase().contains("LOGIN") {
            self.say("334 UGFzc3dvcmQ6")?;
            self.line()?;
        }
        self.say("235 2.7.0 welcome")
    }

    fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.stream.get_mut().write_all(format!("{text}\r\n").as_bytes())
    }

    fn line(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut line = Vec::new();
        self.stream.read_until(b'\n', &mut line)?;
        Ok(line.ends_with(b"\n").then_some(line))
    }

    /// Up to the line that is a dot (CRLF . CRLF and nothing else), dots unstuffed.
    fn message(&mut self) -> std::io::Result<Option<Vec<u8>>> {
        let mut data: Vec<u8> = Vec::new();
        while let Some(line) = self.line()? {
            let at_start = data.is_empty() || data.ends_with(b"\r\n");
            match line.strip_prefix(b".") {
                Some(b"\r\n") if at_start => return Ok(Some(data)),
                Some(rest) if at_start => data.extend_from_slice(rest),
                _ => data.extend_from_slice(&line),
            }
        }
        Ok(None)
    }
}

/// What stands between `<` and `>`.
fn path(line: &str) -> String {
    line.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(path, _)| path.to_owned()).unwrap_or_default()
}
