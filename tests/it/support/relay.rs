//! A relay before a real IMAP server: it looks at what goes by, and does to it what networks and servers do.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// What becomes of a line that a client sends.
pub enum Act {
    /// It goes on to the server.
    Pass,
    /// The client gets this instead; `TAG` stands for its tag.
    Answer(&'static str),
    /// The client gets this, and the connection ends.
    Cut(&'static str),
}

/// The relay.
#[derive(Clone)]
pub struct Relay {
    /// Its port on 127.0.0.1.
    pub port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    server: u16,
    act: Box<dyn Fn(&str) -> Act + Send + Sync>,
    /// New connections are closed at once.
    away: AtomicBool,
    /// At most so many at a time.
    room: AtomicUsize,
    open: Mutex<Vec<Open>>,
    accepted: AtomicUsize,
    idling: AtomicUsize,
}

struct Open {
    client: TcpStream,
    swallows: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
}

impl Relay {
    /// A relay that changes nothing.
    pub fn to(server: u16) -> Relay {
        Relay::acting(server, |_| Act::Pass)
    }

    /// A relay that asks `act` about each line of a client. (A waiting `act` keeps that one connection waiting.)
    pub fn acting(server: u16, act: impl Fn(&str) -> Act + Send + Sync + 'static) -> Relay {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared {
            server,
            act: Box::new(act),
            away: AtomicBool::new(false),
            room: AtomicUsize::new(usize::MAX),
            open: Mutex::default(),
            accepted: AtomicUsize::new(0),
            idling: AtomicUsize::new(0),
        });
        let relay = Relay { port, shared: shared.clone() };
        // The thread waits for clients until the test process ends.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = shared.clone();
                std::thread::spawn(move || shared.serve(client));
            }
        });
        relay
    }

    /// The server goes away: every connection ends, and none is taken until it is back.
    pub fn away(&self, away: bool) {
        self.shared.away.store(away, Ordering::SeqCst);
        if away {
            self.cut("");
        }
    }

    /// Ends every connection, with some last words.
    pub fn cut(&self, words: &str) {
        for mut open in self.shared.open.lock().unwrap().drain(..) {
            let _ = open.client.write_all(words.as_bytes());
            let _ = open.client.shutdown(Shutdown::Both);
        }
    }

    /// From now on nothing gets through on the connections that are open now, and nobody is told.
    pub fn swallow(&self) {
        for open in self.shared.open.lock().unwrap().iter() {
            open.swallows.store(true, Ordering::SeqCst);
        }
    }

    /// Takes no more connections than this at a time.
    pub fn room(&self, room: usize) {
        self.shared.room.store(room, Ordering::SeqCst);
    }

    /// How many connections there were.
    pub fn accepted(&self) -> usize {
        self.shared.accepted.load(Ordering::SeqCst)
    }

    /// How many IDLEs were begun.
    pub fn idling(&self) -> usize {
        self.shared.idling.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn serve(&self, mut client: TcpStream) {
        let (swallows, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        {
            let mut open = self.open.lock().unwrap();
            open.retain(|o| !o.ended.load(Ordering::SeqCst));
            if self.away.load(Ordering::SeqCst) {
                return;
            }
            if open.len() >= self.room.load(Ordering::SeqCst) {
                let _ = client.write_all(b"* BYE too many connections\r\n");
                return;
            }
            self.accepted.fetch_add(1, Ordering::SeqCst);
            let client = client.try_clone().unwrap();
            open.push(Open { client, swallows: swallows.clone(), ended: ended.clone() });
        }
        if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, self.server)) {
            let (mut down, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            let quiet = swallows.clone();
            std::thread::spawn(move || {
                let mut bytes = [0; 4096];
                while let Ok(n @ 1..) = down.read(&mut bytes) {
                    if !quiet.load(Ordering::SeqCst) && back.write_all(&bytes[..n]).is_err() {
                        break;
                    }
                }
                // A line that swallows does not tell of the end, either.
                if !quiet.load(Ordering::SeqCst) {
                    let _ = back.shutdown(Shutdown::Both);
                }
            });
            self.forward(&mut client, &server, &swallows);
            let _ = server.shutdown(Shutdown::Both);
        }
        let _ = client.shutdown(Shutdown::Both);
        ended.store(true, Ordering::SeqCst);
    }

    fn forward(&self, client: &mut TcpStream, mut server: &TcpStream, swallows: &AtomicBool) {
        let mut lines = BufReader::new(client.try_clone().unwrap());
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            let tag = text.split(' ').next().unwrap_or_default();
            let act = (self.act)(&text);
            if swallows.load(Ordering::SeqCst) {
                line.clear();
                continue;
            }
            if text.ends_with(" IDLE") {
                self.idling.fetch_add(1, Ordering::SeqCst);
            }
            let done = match act {
                Act::Pass => server.write_all(&line),
                Act::Answer(answer) => client.write_all(answer.replace("TAG", tag).as_bytes()),
                Act::Cut(answer) => {
                    let _ = client.write_all(answer.replace("TAG", tag).as_bytes());
                    return;
                }
            };
            if done.is_err() {
                return;
            }
            line.clear();
        }
    }
}
