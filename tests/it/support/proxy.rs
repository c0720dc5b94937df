//! A TCP proxy before a real server: it counts what the server says and does with it what the test says.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// It passes.
    Through,
    /// After so many of the server's bytes it is closed.
    Cut(usize),
    /// After the server has said this, it is closed.
    CutAfter(&'static str),
    /// The server's bytes come one at a time, each in a packet of its own; so do the client's.
    Drip,
    /// After the server has said this for the first time, the rest waits at the gate.
    WaitAfter(&'static str),
    /// The first command that holds this waits at the gate before the server gets it.
    WaitBefore(&'static str),
}

/// The proxy.
pub struct Proxy {
    /// Its port on 127.0.0.1.
    pub port: u16,
    connections: Arc<AtomicUsize>,
    heard: Arc<AtomicUsize>,
    gate: Arc<Gate>,
}

/// Where a connection waits until the test lets it go on.
#[derive(Default)]
struct Gate {
    state: Mutex<(bool, bool)>,
    changed: Condvar,
}

impl Proxy {
    /// One before a port of this machine; `way` says what becomes of the connection of that number, from 1.
    pub fn start(to: u16, way: impl Fn(usize) -> Way + Send + Sync + 'static) -> Proxy {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, heard, gate) =
            (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)), Arc::new(Gate::default()));
        let (count, sum, shared) = (connections.clone(), heard.clone(), gate.clone());
        // The thread waits for clients until the test process ends.
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let way = way(count.fetch_add(1, Ordering::SeqCst) + 1);
                let (sum, gate) = (sum.clone(), shared.clone());
                std::thread::spawn(move || {
                    // Either side may go away at any time: that ends the connection.
                    let _ = carry(&client, to, way, &sum, &gate);
                    client.shutdown(Shutdown::Both).ok();
                });
            }
        });
        Proxy { port, connections, heard, gate }
    }

    /// How many connections there were.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    /// How many bytes the server said over all of them.
    pub fn heard(&self) -> usize {
        self.heard.load(Ordering::SeqCst)
    }

    /// Waits until a connection stands at the gate; false when none has come within 30 seconds.
    pub fn wait_at_gate(&self) -> bool {
        let state = self.gate.state.lock().unwrap();
        let waiting = self.gate.changed.wait_timeout_while(state, Duration::from_secs(30), |(there, _)| !*there);
        waiting.unwrap().0.0
    }

    /// Lets it, and all that come later, go on.
    pub fn open_gate(&self) {
        self.gate.state.lock().unwrap().1 = true;
        self.gate.changed.notify_all();
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.open_gate();
    }
}

impl Gate {
    fn pass(&self) {
        let mut state = self.state.lock().unwrap();
        state.0 = true;
        self.changed.notify_all();
        let _open = self.changed.wait_timeout_while(state, Duration::from_secs(60), |(_, open)| !*open).unwrap();
    }
}

fn carry(client: &TcpStream, to: u16, way: Way, heard: &AtomicUsize, gate: &Arc<Gate>) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    for side in [client, &server] {
        side.set_nodelay(true)?;
    }
    let (up, gate_up) = ((client.try_clone()?, server.try_clone()?), gate.clone());
    std::thread::spawn(move || {
        commands(&up.0, &up.1, way, &gate_up).ok();
        up.1.shutdown(Shutdown::Write).ok();
    });
    let result = answers(client, &server, way, heard, gate);
    server.shutdown(Shutdown::Both).ok();
    result
}

fn commands(mut client: &TcpStream, mut server: &TcpStream, way: Way, gate: &Gate) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut waits = match way {
        Way::WaitBefore(text) => Some(text),
        _ => None,
    };
    loop {
        let n = client.read(&mut buffer)?;
        let bytes = &buffer[..n];
        if n == 0 {
            return Ok(());
        }
        if waits.is_some_and(|text| find(bytes, text).is_some()) {
            waits = None;
            gate.pass();
        }
        for part in bytes.chunks(if way == Way::Drip { 1 } else { n }) {
            server.write_all(part)?;
        }
    }
}

fn answers(
    mut client: &TcpStream,
    mut server: &TcpStream,
    way: Way,
    heard: &AtomicUsize,
    gate: &Gate,
) -> io::Result<()> {
    let mut buffer = [0; 16 * 1024];
    let mut so_far = 0;
    // The end of what was said, so that a text is found also where two reads meet in it.
    let mut said: Vec<u8> = Vec::new();
    let mut waits = true;
    if way == Way::Cut(0) {
        return Ok(());
    }
    loop {
        let n = server.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        heard.fetch_add(n, Ordering::SeqCst);
        let bytes = &buffer[..n];
        match way {
            Way::Through | Way::WaitBefore(_) => client.write_all(bytes)?,
            Way::Drip => {
                for byte in bytes.chunks(1) {
                    client.write_all(byte)?;
                }
            }
            Way::Cut(at) => {
                client.write_all(&bytes[..n.min(at - so_far)])?;
                if so_far + n >= at {
                    return Ok(());
                }
            }
            Way::WaitAfter(text) | Way::CutAfter(text) if waits => {
                let before = said.len();
                said.extend_from_slice(bytes);
                let split = find(&said, text).map(|at| at + text.len() - before);
                client.write_all(&bytes[..split.unwrap_or(n)])?;
                if let Some(split) = split {
                    if matches!(way, Way::CutAfter(_)) {
                        return Ok(());
                    }
                    waits = false;
                    gate.pass();
                    client.write_all(&bytes[split..])?;
                }
                said.drain(..said.len().saturating_sub(text.len() - 1));
            }
            Way::WaitAfter(_) | Way::CutAfter(_) => client.write_all(bytes)?,
        }
        so_far += n;
    }
}

fn find(bytes: &[u8], text: &str) -> Option<usize> {
    bytes.windows(text.len()).position(|window| window == text.as_bytes())
}
