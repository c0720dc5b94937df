//! One HTTP/1.1 request over a connection of its own: the same TCP, TLS and roots as everything else here.
//!
//! What enters is a request to an absolute address; what leaves is the answer, whatever its status. `https` needs a
//! verified certificate, and `http` is for loopback only unless its caller says otherwise ([`Limits::in_clear`]). Redirects are not followed: what is sent is often a secret.

use super::{NetError, Stream, tcp, tcp_anywhere, tls};
use crate::config::{Endpoint, Security};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper::header::{HOST, HeaderValue};
use hyper::rt::ReadBufCursor;
use hyper::{Request, Response, Uri};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of an answer is waited for and read.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// How long the answer may take, from the request to its last octet.
    pub patience: Duration,
    /// The most that is read of it, in octets.
    pub most: usize,
    /// `http` may lead to another machine: whoever set this knows that all can be read on the way.
    pub in_clear: bool,
}

/// For whoever asks for something small.
const SMALL: Limits = Limits { patience: Duration::from_secs(30), most: 1024 * 1024, in_clear: false };

/// Sends the request, and reads the whole answer, which is a small one.
pub async fn send(request: Request<Vec<u8>>, ca_file: Option<&Path>) -> Result<Response<Vec<u8>>, NetError> {
    send_within(request, ca_file, SMALL).await
}

/// The same within other limits. Whoever drops this closes the connection: the server has no reason to go on.
pub async fn send_within(
    request: Request<Vec<u8>>,
    ca_file: Option<&Path>,
    limits: Limits,
) -> Result<Response<Vec<u8>>, NetError> {
    let endpoint = endpoint(request.uri(), ca_file)?;
    let stream = if limits.in_clear { tcp_anywhere(&endpoint).await? } else { tcp(&endpoint).await? };
    let stream = match endpoint.security {
        Security::Plaintext => Stream::Plain(stream),
        _ => Stream::Tls(Box::new(tls(stream, &endpoint).await?)),
    };
    let failed = |detail: String| NetError::Io { at: endpoint.to_string(), source: io::Error::other(detail) };
    let request = of_origin(request).ok_or_else(|| failed("the address cannot be asked for".to_owned()))?;
    let talk = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(Wire(stream)).await?;
        // Ends with the answer, or when nobody waits for it any more.
        let driving = Driving(tokio::spawn(async move { connection.await.ok() }));
        Ok::<_, hyper::Error>((sender.send_request(request).await?, driving))
    };
    let whole = async {
        let (answer, _driving) = talk.await.map_err(|e| failed(in_words(&e)))?;
        let (head, body) = answer.into_parts();
        let body =
            Limited::new(body, limits.most).collect().await.map_err(|e| match e.downcast_ref::<hyper::Error>() {
                None => NetError::TooMuch { at: endpoint.to_string(), most: limits.most },
                Some(e) => failed(in_words(e)),
            })?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    };
    let timed = tokio::time::timeout(limits.patience, whole).await;
    timed.unwrap_or_else(|_| Err(NetError::TimedOut { at: endpoint.to_string() }))
}

/// The connection's other half, which ends with whoever waits for the answer.
struct Driving(tokio::task::JoinHandle<Option<()>>);

impl Drop for Driving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// hyper's errors name the reason only below themselves.
fn in_words(error: &hyper::Error) -> String {
    const CLOSED: &str = "it was closed before the answer was whole";
    if error.is_incomplete_message() || error.is_body_write_aborted() || error.is_closed() {
        return CLOSED.to_owned();
    }
    let mut words = error.to_string();
    let mut below = std::error::Error::source(error);
    while let Some(error) = below {
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::UnexpectedEof) {
            return CLOSED.to_owned();
        }
        words = format!("{words}: {error}");
        below = error.source();
    }
    words
}

fn endpoint(uri: &Uri, ca_file: Option<&Path>) -> Result<Endpoint, NetError> {
    let host = uri.host().unwrap_or_default().trim_matches(['[', ']']).to_owned();
    let (security, usual) = match uri.scheme_str() {
        Some("https") => (Security::Tls, 443),
        Some("http") => (Security::Plaintext, 80),
        _ => return Err(NetError::BadHost { host }),
    };
    let port = uri.port_u16().unwrap_or(usual);
    Ok(Endpoint { host, port, security, ca_file: ca_file.map(Path::to_owned) })
}

/// The request as its server wants it: the path alone, and the host beside it (RFC 9112 §3.2.1).
fn of_origin(request: Request<Vec<u8>>) -> Option<Request<Full<Bytes>>> {
    let (mut head, body) = request.into_parts();
    let host = HeaderValue::from_str(head.uri.authority()?.as_str()).ok()?;
    head.uri = head.uri.path_and_query().map_or("/", |p| p.as_str()).parse().ok()?;
    head.headers.insert(HOST, host);
    Some(Request::from_parts(head, Full::from(body)))
}

/// Our stream, as hyper wants it.
struct Wire(Stream);

impl hyper::rt::Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, mut into: ReadBufCursor<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [0; 8192];
        let most = into.remaining().min(bytes.len());
        let Some(room) = bytes.get_mut(..most) else { return Poll::Ready(Ok(())) };
        let mut room = ReadBuf::new(room);
        match Pin::new(&mut self.0).poll_read(cx, &mut room) {
            Poll::Ready(Ok(())) => {
                into.put_slice(room.filled());
                Poll::Ready(Ok(()))
            }
            other => other,
        }
    }
}

impl hyper::rt::Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }
    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
