//! What the browser shows at the end: as much HTTP as that takes. Nothing of what it asked for is in it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The most that a request's head may be, in octets.
const MAX: u64 = 16 * 1024;

/// What a request is answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// All well.
    SignedIn,
    /// It did not work; the terminal says why.
    Failed,
    /// A request that belongs to no sign-in which is waited for.
    Stranger,
    /// Not the address that the browser was sent to.
    NotHere,
}

impl Page {
    fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Page::SignedIn => ("200 OK", "You are signed in", "postnote has what it needs. You can close this page."),
            Page::Failed => ("400 Bad Request", "That did not work", "The window where postnote runs says why."),
            Page::Stranger => (
                "400 Bad Request",
                "Not the sign-in that postnote waits for",
                "Open the address that postnote printed, once more.",
            ),
            Page::NotHere => ("404 Not Found", "Nothing here", "postnote waits for a sign-in."),
        }
    }

    /// The whole answer. No script, nothing from elsewhere, and the address, which holds the code, goes nowhere.
    pub(super) fn answer(self) -> String {
        let (status, title, text) = self.parts();
        let body = format!(
            "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>postnote: {title}</title></head>\n\
             <body style=\"font-family: sans-serif; max-width: 30em; margin: 4em auto\"><h1>{title}</h1><p>{text}</p></body></html>\n"
        );
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nCache-Control: no-store\r\n\
             Referrer-Policy: no-referrer\r\nContent-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
    }
}

/// The address that a browser asks for with GET; `None` for anything else, or when it says nothing sensible.
pub(super) async fn asked(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut limited = stream.take(MAX);
    while !head.windows(4).any(|w| w == b"\r\n\r\n") {
        if limited.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let head = std::str::from_utf8(&head).ok()?;
    let mut words = head.lines().next()?.split(' ');
    match (words.next(), words.next(), words.next()) {
        (Some("GET"), Some(target), Some(version)) if version.starts_with("HTTP/1.") => Some(target.to_owned()),
        _ => None,
    }
}

/// Answers; a browser that is gone does not matter.
pub(super) async fn show(mut stream: TcpStream, page: Page) {
    if stream.write_all(page.answer().as_bytes()).await.is_ok() {
        stream.shutdown().await.ok();
    }
}
