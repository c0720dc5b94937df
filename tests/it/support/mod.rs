//! What the tests stand on: real servers of their own, a mail client that is not the code under test, and a
//! place to run the binary in. Nothing here outlives the test process, and nothing of the user's is touched.
#![allow(dead_code, unused_imports, reason = "not every test uses everything")]

mod case;
mod clock;
mod corpus;
mod dovecot;
mod drafts;
mod end_state;
mod greenmail;
mod http;
mod imap;
mod imap_server;
mod lifeline;
mod llama;
mod lookup;
mod model_server;
mod namespace;
mod proxy;
mod relay;
mod running;
mod scripted;
mod smtp;
mod strace;
mod terminal;
mod tokens;
mod world;

pub use case::{Account, Case, Output, PASSWORD_VARIABLE};
pub use corpus::{Site, attached, mail};
pub use dovecot::Dovecot;
pub use drafts::{at_once, ends, letter, signal, until};
pub use end_state::{EndState, copy};
pub use greenmail::{GreenMail, User};
pub use imap::Imap;
pub use imap_server::{Folder, ImapEvent, ImapServer, Letter, Turn, fetch_line};
pub use llama::Llama;
pub use lookup::{Record, names, web};
pub use model_server::{Asked, ModelServer, Reply};
pub use namespace::in_namespace;
pub use proxy::{Proxy, Way};
pub use relay::{Act, Relay};
pub use running::{Inside, Running};
pub use scripted::{Authority, Certificate, Scripted, Wire};
pub use smtp::{Action, Event, Sink, deliver};
pub use strace::{Call, SYNCS, Traced, WRITES, killing};
pub use terminal::Terminal;
pub use tokens::{Grant, TokenServer, get, token_dovecot};
pub use world::{Received, World, draft_mail, front, put, same};

use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// One of `scripts/`.
pub fn script(name: &str) -> PathBuf {
    root().join("scripts").join(name)
}

/// `count` different ports that were free just now.
pub fn free_ports(count: usize) -> Vec<u16> {
    let held: Vec<_> = (0..count).map(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap()).collect();
    held.iter().map(|listener| listener.local_addr().unwrap().port()).collect()
}

/// The first port of two neighbours that were free just now (Dovecot's IMAP and IMAPS).
pub fn free_pair() -> u16 {
    for _ in 0..100 {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        if port < u16::MAX && TcpListener::bind((Ipv4Addr::LOCALHOST, port + 1)).is_ok() {
            return port;
        }
    }
    panic!("no two neighbouring ports are free");
}

/// One of `samples/`, by the start of its name, with CRLF line ends as it goes over the wire.
pub fn sample(start: &str) -> Vec<u8> {
    let mut found = std::fs::read_dir(root().join("samples")).unwrap().map(|entry| entry.unwrap().path());
    let path = found.find(|p| p.file_name().unwrap().to_str().unwrap().starts_with(start));
    crlf(&std::fs::read(path.unwrap_or_else(|| panic!("no sample {start}*"))).unwrap())
}

/// The bytes with every line end made CRLF.
pub fn crlf(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + bytes.len() / 32);
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        match line.strip_suffix(b"\n") {
            Some(text) => {
                out.extend_from_slice(text.strip_suffix(b"\r").unwrap_or(text));
                out.extend_from_slice(b"\r\n");
            }
            None => out.extend_from_slice(line),
        }
    }
    out
}
