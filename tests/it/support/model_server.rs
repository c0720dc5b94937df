//! A model's server that says what the test wants, for what no real one can be made to do.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// One request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The request's line and headers, lowercased.
    pub head: String,
    /// The body.
    pub body: Value,
}

impl Asked {
    /// All that was said, system and turns.
    pub fn text(&self) -> String {
        self.body.to_string()
    }
}

/// What the server does.
pub enum Reply {
    /// A status, further headers, a body.
    Status(u16, &'static str, String),
    /// An answer of OpenAI's shape with this content.
    Says(String),
    /// The same, piece by piece.
    Streams(String),
    /// These bytes as they are, and the end of the connection.
    Raw(Vec<u8>),
    /// A head, and then text without end, until the client goes.
    Endless,
    /// Nothing, until the client goes.
    Silence,
}

/// The server.
pub struct ModelServer {
    /// Its port on 127.0.0.1.
    pub port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl ModelServer {
    /// Answers each request as `reply` says; it is told which request this is, from 0.
    pub fn start(reply: impl Fn(usize, &Asked) -> Reply + Send + Sync + 'static) -> ModelServer {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (kept, reply) = (asked.clone(), Arc::new(reply));
        // The thread waits for clients until the test process ends.
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, reply) = (kept.clone(), reply.clone());
                std::thread::spawn(move || {
                    let Some(asked) = read(&stream) else { return };
                    let number = {
                        let mut all = kept.lock().unwrap();
                        all.push(asked.clone());
                        all.len() - 1
                    };
                    // A client that has gone is no fault.
                    let _ = write(stream, reply(number, &asked));
                });
            }
        });
        ModelServer { port, asked }
    }

    /// Always the same answer, of OpenAI's shape.
    pub fn saying(content: impl Into<String>) -> ModelServer {
        let content = content.into();
        ModelServer::start(move |_, _| Reply::Says(content.clone()))
    }

    /// What was asked.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// `[assistant]` that leads here.
    pub fn toml(&self, more: &str) -> String {
        format!(
            "[assistant]\nprovider = \"openai\"\nbase_url = \"http://127.0.0.1:{}/v1\"\nmodel = \"scripted\"\n{more}\n",
            self.port
        )
    }
}

fn read(stream: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let head = head.to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked { head, body: serde_json::from_slice(&body).ok()? })
}

fn write(mut stream: TcpStream, reply: Reply) -> std::io::Result<()> {
    let (status, headers, body) = match reply {
        Reply::Status(status, headers, body) => (status, headers, body),
        Reply::Says(content) => {
            let choice = json!({ "message": { "role": "assistant", "content": content }, "finish_reason": "stop" });
            let usage = json!({ "prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000 });
            (200, "", json!({ "choices": [choice], "usage": usage }).to_string())
        }
        Reply::Streams(content) => {
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")?;
            for piece in content.chars() {
                let event = json!({ "choices": [{ "delta": { "content": piece }, "finish_reason": null }] });
                write!(stream, "data: {event}\n\n")?;
            }
            let end =
                json!({ "choices": [{ "delta": {}, "finish_reason": "stop" }], "usage": { "total_tokens": 1000 } });
            return write!(stream, "data: {end}\n\ndata: [DONE]\n\n");
        }
        Reply::Raw(bytes) => return stream.write_all(&bytes),
        Reply::Endless => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
            loop {
                write!(stream, "400\r\n{}\r\n", "x".repeat(1024))?;
            }
        }
        Reply::Silence => {
            let mut rest = [0; 64];
            while stream.read(&mut rest)? > 0 {}
            return Ok(());
        }
    };
    write!(stream, "HTTP/1.1 {status} x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n", body.len())?;
    write!(stream, "{headers}Connection: close\r\n\r\n{body}")
}
