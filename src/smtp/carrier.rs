//! What carries the session for lettre: our own stream, and a STARTTLS (RFC 3207) that trusts nothing said before
//! the handshake.

use super::{SmtpError, Until};
use crate::net::Stream;
use lettre::transport::smtp::client::AsyncTokioStream;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::TcpStream;

/// A stream for lettre. After STARTTLS the server greets no more, but lettre waits for a greeting: it is put in
/// front.
#[derive(Debug)]
pub(super) struct Carrier {
    front: &'static [u8],
    stream: Stream,
}

impl Carrier {
    pub(super) fn new(stream: Stream) -> Self {
        Carrier { front: b"", stream }
    }

    pub(super) fn greeted(stream: Stream) -> Self {
        Carrier { front: b"220 secured\r\n", stream }
    }
}

impl AsyncRead for Carrier {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.front.is_empty() {
            return Pin::new(&mut self.stream).poll_read(cx, buf);
        }
        let (now, later) = self.front.split_at(self.front.len().min(buf.remaining()));
        buf.put_slice(now);
        self.front = later;
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Carrier {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl AsyncTokioStream for Carrier {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        match &self.stream {
            Stream::Plain(tcp) => tcp.peer_addr(),
            Stream::Tls(tls) => tls.get_ref().0.get_ref().peer_addr(),
        }
    }
}

/// STARTTLS on the bare socket: a server that does not offer it, or that says more than it was asked for before
/// the handshake, gets nothing.
pub(super) async fn starttls(tcp: TcpStream) -> Result<TcpStream, SmtpError> {
    let mut reader = BufReader::new(tcp);
    expect(&mut reader, None, "220").await?;
    let offers = expect(&mut reader, Some("EHLO [127.0.0.1]\r\n"), "250").await?;
    if !offers.iter().any(|l| l.get(4..).is_some_and(|word| word.eq_ignore_ascii_case("STARTTLS"))) {
        return Err(SmtpError::Protocol("it offers no STARTTLS; the password stays here".to_owned()));
    }
    expect(&mut reader, Some("STARTTLS\r\n"), "220").await?;
    if reader.buffer().is_empty() {
        Ok(reader.into_inner())
    } else {
        Err(SmtpError::Protocol("data before the TLS handshake; somebody may be in between".to_owned()))
    }
}

async fn expect(
    reader: &mut BufReader<TcpStream>,
    command: Option<&str>,
    code: &str,
) -> Result<Vec<String>, SmtpError> {
    let lost = |e: io::Error| SmtpError::Lost(e.to_string());
    if let Some(command) = command {
        reader.write_all(command.as_bytes()).await.map_err(lost)?;
    }
    let mut lines = Vec::new();
    loop {
        let mut bytes = Vec::new();
        let mut limited = (&mut *reader).take(4096);
        let read = tokio::time::timeout(Duration::from_secs(60), limited.read_until(b'\n', &mut bytes));
        read.await.map_err(|_| SmtpError::Lost("it does not answer".to_owned()))?.map_err(lost)?;
        let line: String = String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).collect();
        if !bytes.ends_with(b"\n") || lines.len() > 100 {
            return Err(SmtpError::Lost("it was closed before STARTTLS".to_owned()));
        }
        if !line.starts_with(code) {
            let until = if line.starts_with('4') { Until::Later } else { Until::Changed };
            return Err(SmtpError::Refused { what: "STARTTLS".to_owned(), text: line, until });
        }
        let last = line.get(3..4) != Some("-");
        lines.push(line);
        if last {
            return Ok(lines);
        }
    }
}
