//! One HTTP/1.1 request over a connection of its own: the same TCP, TLS and roots as everything else here.
//!
//! What enters is a request to an absolute address; what leaves is the answer, whatever its status. `https` needs a
//! verified certificate, and `http` is for loopback only. Redirects are not followed: what is sent is often a secret.

use super::{NetError, Stream, tcp, tls};
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

/// How long the answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// The most that is read of an answer, in octets.
const MAX: usize = 1024 * 1024;

/// Sends the request, and reads the whole answer.
pub async fn send(request: Request<Vec<u8>>, ca_file: Option<&Path>) -> Result<Response<Vec<u8>>, NetError> {
    let endpoint = endpoint(request.uri(), ca_file)?;
    let stream = tcp(&endpoint).await?;
    let stream = match endpoint.security {
        Security::Plaintext => Stream::Plain(stream),
        _ => Stream::Tls(Box::new(tls(stream, &endpoint).await?)),
    };
    let failed = |detail: String| NetError::Io { at: endpoint.to_string(), source: io::Error::other(detail) };
    let request = of_origin(request).ok_or_else(|| failed("the address cannot be asked for".to_owned()))?;
    let talk = async {
        let (mut sender, connection) = hyper::client::conn::http1::handshake(Wire(stream)).await?;
        // Ends with the answer, or when nobody waits for it any more.
        tokio::spawn(async move { connection.await.ok() });
        sender.send_request(request).await
    };
    let whole = async {
        let (head, body) = talk.await.map_err(|e| failed(e.to_string()))?.into_parts();
        let body = Limited::new(body, MAX).collect().await.map_err(|e| failed(e.to_string()))?;
        Ok(Response::from_parts(head, body.to_bytes().to_vec()))
    };
    let timed = tokio::time::timeout(PATIENCE, whole).await;
    timed.unwrap_or_else(|_| Err(NetError::TimedOut { at: endpoint.to_string() }))
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
