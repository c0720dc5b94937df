//! What stands between the connection and the parser, so that no server can make postnote hold what it likes.
//!
//! The parser reserves memory for a literal as soon as it is announced, up to 512 MiB, and reads a long line from its
//! beginning again with every 4 KB. So the bytes pass through here first: a [`Watch`] follows lines and literals
//! (RFC 3501 §4.3), an announcement or a line beyond measure ends the session with an [`Excess`], and a long answer to
//! SEARCH is handed on as several short ones. Within a literal nothing is looked at: mail goes through at full speed.
//! Nothing here knows a command or keeps a message.

use super::watch::{Excess, Seen, Watch};
use crate::net::Stream;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Between two responses at most so much comes: a FETCH may carry several literals.
const RESPONSE: usize = 64 * 1024 * 1024;

/// A stream that is watched.
#[derive(Debug)]
pub(super) struct Guard {
    stream: Stream,
    watch: Watch,
    /// Bytes handed on since the last response that was understood.
    given: usize,
    /// Bytes of ours to hand on, and then those read already that come after them.
    insert: &'static [u8],
    held: Vec<u8>,
}

impl Guard {
    /// Watches a connection from before its greeting (or, after STARTTLS, from before the login).
    pub(super) fn new(stream: Stream) -> Self {
        Guard { stream, watch: Watch::default(), given: 0, insert: b"", held: Vec::new() }
    }

    /// The login begins: capabilities announced until now may not hold after it.
    pub(super) fn forget_capabilities(&mut self) {
        self.watch.capabilities = None;
    }

    /// The login is over: literals may come from now on. Gives the capabilities that the server announced with its
    /// answer to the login, as it wrote them.
    pub(super) fn logged_in(&mut self) -> Option<String> {
        self.given = 0;
        self.watch.logged_in();
        self.watch.capabilities.take()
    }

    /// A response was understood.
    pub(super) fn understood(&mut self) {
        self.given = 0;
    }

    /// Looks at the bytes of `buf` from `before` on, which are new; may take some of them back for later.
    fn look(&mut self, buf: &mut ReadBuf<'_>, before: usize) -> Result<(), Excess> {
        let new = buf.filled().get(before..).unwrap_or_default();
        let mut end = before + new.len();
        if let Seen::Split { at, insert, skip } = self.watch.see(new)? {
            let later = new.get(at + skip..).unwrap_or_default();
            self.held.splice(..0, later.iter().copied());
            self.insert = insert;
            end = before + at;
            buf.set_filled(end);
        }
        self.given += end - before;
        if self.given > RESPONSE { Err(Excess::Response) } else { Ok(()) }
    }
}

/// Moves as much as fits.
fn take<'a>(from: &'a [u8], buf: &mut ReadBuf<'_>) -> &'a [u8] {
    let (now, later) = from.split_at_checked(buf.remaining()).unwrap_or((from, b""));
    buf.put_slice(now);
    later
}

impl AsyncRead for Guard {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        loop {
            if !this.insert.is_empty() {
                this.insert = take(this.insert, buf);
                return Poll::Ready(Ok(()));
            }
            if this.held.is_empty() {
                ready!(Pin::new(&mut this.stream).poll_read(cx, buf))?;
            } else {
                let held = std::mem::take(&mut this.held);
                this.held = take(&held, buf).to_vec();
            }
            if let Err(excess) = this.look(buf, before) {
                buf.set_filled(before);
                return Poll::Ready(Err(io::Error::other(excess)));
            }
            // Nothing at all would mean the end of the stream: what was taken back whole is no end.
            if buf.filled().len() > before || this.insert.is_empty() {
                return Poll::Ready(Ok(()));
            }
        }
    }
}

impl AsyncWrite for Guard {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// What comes out of a guard when the server says this and closes.
    fn through(said: &'static [u8], logged_in: bool) -> io::Result<Vec<u8>> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { server.write_all(said).await });
            let mut guard = Guard::new(Stream::Plain(client));
            if logged_in {
                guard.logged_in();
            }
            let mut out = Vec::new();
            guard.read_to_end(&mut out).await.map(|_| out)
        })
    }

    #[test]
    fn what_is_sound_passes_as_it_is() {
        let said = b"* OK hello {7}\r\n* 1 FETCH (UID 1 BODY[] {11}\r\n{999999999}\r\n)\r\n".as_slice();
        assert_eq!(through(said, true).unwrap_or_default(), said);
    }

    #[test]
    fn an_announcement_beyond_measure_is_an_error() {
        let error = through(b"* 1 FETCH (BODY[] {4294967295}\r\n", true).map_err(|e| e.to_string());
        assert_eq!(error, Err("it announces a literal of 4.3 GB".to_owned()));
        assert!(through(b"* LIST () \"/\" {5}\r\nINBOX\r\n", false).is_err());
    }

    #[test]
    fn a_long_answer_comes_in_short_lines() {
        let ids: Vec<String> = (1..=100_000).map(|n: u32| n.to_string()).collect();
        for (head, comma) in [("* SEARCH ", " "), ("* VANISHED ", ","), ("* VANISHED (EARLIER) ", ",")] {
            let said = format!("{head}{}\r\nA1 OK done\r\n", ids.join(comma)).into_bytes().leak();
            let out = String::from_utf8(through(said, true).unwrap()).unwrap();
            let (lines, last) = out.trim_end().rsplit_once("\r\n").unwrap();
            assert_eq!(last, "A1 OK done");
            let lines: Vec<&str> = lines.split("\r\n").collect();
            assert!(lines.len() > 100 && lines.iter().all(|l| l.len() < 2200), "{}", lines.len());
            let back = lines.iter().flat_map(|l| l.strip_prefix(head).unwrap().split(comma));
            assert!(back.eq(ids.iter().map(String::as_str)));
        }
    }
}
