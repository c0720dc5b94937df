//! What stands between the connection and the parser, so that no server can make postnote hold what it likes.
//!
//! The parser reserves memory for a literal as soon as it is announced, up to 512 MiB; it reads a long line from its
//! beginning again with every 4 KB; it gives up at a line that it does not know. So the bytes pass through here first:
//! [`Framing`] lets whole lines through, and of them those that are of use. A literal's octets go by as they are, from the
//! network into the parser's memory. Nothing here knows a command or keeps a message.

use super::framing::{Excess, Framing};
use crate::net::Stream;
use async_imap::DeflateStream;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// Between two responses at most so much comes: a FETCH may carry several literals.
const RESPONSE: usize = 64 * 1024 * 1024;
/// So much is read at once, literals apart: a TLS record.
const CHUNK: usize = 16 * 1024;

/// What brings the bytes.
#[derive(Debug)]
enum Carrier {
    Net(Stream),
    /// COMPRESS=DEFLATE (RFC 4978): what is unpacked is watched, so that little that becomes much is no way around.
    Deflate(Box<DeflateStream<Guard>>),
}

/// A stream that is watched.
#[derive(Debug)]
pub(super) struct Guard {
    carrier: Carrier,
    /// What comes is compressed, and watched elsewhere.
    packed: bool,
    framing: Framing,
    chunk: Vec<u8>,
    /// What is ready for the parser, and how much of it has been handed on.
    ready: Vec<u8>,
    taken: usize,
    /// Bytes handed on since the last response that was understood.
    given: usize,
}

impl Guard {
    /// Watches a connection from before its greeting (or, after STARTTLS, from before the login).
    pub(super) fn new(stream: Stream) -> Self {
        Guard::over(Carrier::Net(stream))
    }

    fn over(carrier: Carrier) -> Self {
        Guard {
            carrier,
            packed: false,
            framing: Framing::default(),
            chunk: vec![0; CHUNK],
            ready: Vec::new(),
            taken: 0,
            given: 0,
        }
    }

    /// Watches what is unpacked, of a logged-in session.
    pub(super) fn deflated(mut stream: DeflateStream<Guard>) -> Self {
        stream.get_mut().packed = true;
        let mut guard = Guard::over(Carrier::Deflate(Box::new(stream)));
        guard.logged_in();
        guard
    }

    /// True when the server is on this machine.
    pub(super) fn is_local(&self) -> bool {
        matches!(&self.carrier, Carrier::Net(stream) if stream.is_local())
    }

    /// The capabilities that the server announced since this was last asked, as it wrote them.
    pub(super) fn take_capabilities(&mut self) -> Option<String> {
        self.framing.capabilities.take()
    }

    /// The login is over: literals may come from now on.
    pub(super) fn logged_in(&mut self) {
        self.given = 0;
        self.framing.logged_in();
    }

    /// A response was understood; `tagged` when it answers a command.
    pub(super) fn understood(&mut self, tagged: bool) {
        self.given = 0;
        if tagged {
            self.framing.answered();
        }
    }

    /// Hands on what is ready.
    fn hand_on(&mut self, buf: &mut ReadBuf<'_>) {
        let ready = self.ready.get(self.taken..).unwrap_or_default();
        let now = ready.get(..buf.remaining()).unwrap_or(ready);
        buf.put_slice(now);
        self.taken += now.len();
        if self.taken == self.ready.len() {
            self.ready.clear();
            self.taken = 0;
        }
    }

    /// Reads a literal's octets straight into the parser's memory; how many came.
    fn poll_literal(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>, most: u64) -> Poll<io::Result<usize>> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(most));
        ready!(Pin::new(&mut self.carrier).poll_read(cx, &mut part))?;
        let came = part.filled().len();
        buf.advance(came);
        self.framing.passed(came);
        Poll::Ready(Ok(came))
    }
}

impl AsyncRead for Guard {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.packed {
            return Pin::new(&mut this.carrier).poll_read(cx, buf);
        }
        let before = buf.filled().len();
        // Nothing at all would mean the end of the stream: what was held back is no end.
        while this.ready.is_empty() {
            let passing = this.framing.passing();
            if passing > 0 {
                this.given += ready!(this.poll_literal(cx, buf, passing))?;
                return Poll::Ready(Ok(()));
            }
            let mut chunk = ReadBuf::new(&mut this.chunk);
            ready!(Pin::new(&mut this.carrier).poll_read(cx, &mut chunk))?;
            if chunk.filled().is_empty() {
                return Poll::Ready(Ok(()));
            }
            this.framing.feed(chunk.filled(), &mut this.ready).map_err(io::Error::other)?;
        }
        this.hand_on(buf);
        this.given += buf.filled().len() - before;
        if this.given > RESPONSE {
            buf.set_filled(before);
            return Poll::Ready(Err(io::Error::other(Excess::Response)));
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Guard {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().carrier).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().carrier).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().carrier).poll_shutdown(cx)
    }
}

impl AsyncRead for Carrier {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Net(s) => Pin::new(s).poll_read(cx, buf),
            Carrier::Deflate(s) => Pin::new(s).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Carrier::Net(s) => Pin::new(s).poll_write(cx, buf),
            Carrier::Deflate(s) => Pin::new(s).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Net(s) => Pin::new(s).poll_flush(cx),
            Carrier::Deflate(s) => Pin::new(s).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Carrier::Net(s) => Pin::new(s).poll_shutdown(cx),
            Carrier::Deflate(s) => Pin::new(s).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};

    /// What comes out of a guard when the server says this and closes.
    fn through(said: Vec<u8>) -> io::Result<Vec<u8>> {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
            let (mut server, _) = listener.accept().await.unwrap();
            tokio::spawn(async move { server.write_all(&said).await });
            let mut guard = Guard::new(Stream::Plain(client));
            guard.logged_in();
            let mut out = Vec::new();
            guard.read_to_end(&mut out).await.map(|_| out)
        })
    }

    #[test]
    fn mail_passes_as_it_is() {
        let mail = b"{999999999}\r\n".repeat(10_000);
        let mut said = format!("* OK hello {{7}}\r\n* 1 FETCH (UID 1 BODY[] {{{}}}\r\n", mail.len()).into_bytes();
        said.extend_from_slice(&mail);
        said.extend_from_slice(b")\r\nA1 OK done\r\n");
        assert_eq!(through(said.clone()).unwrap_or_default(), said);
    }

    #[test]
    fn what_is_beyond_measure_is_an_error() {
        let error = through(b"* 1 FETCH (BODY[] {4294967295}\r\n".to_vec()).map_err(|e| e.to_string());
        assert_eq!(error, Err("it announces a literal of 4.3 GB".to_owned()));
    }
}
