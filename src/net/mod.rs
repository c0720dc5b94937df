//! The one way to a server: a TCP connection, and TLS over it.
//!
//! What enters is an [`Endpoint`]; what leaves is a stream whose peer has proved its name, or, on loopback
//! only, a plain one. There is no way to skip verification: a private CA is added as one more root
//! ([`Endpoint::ca_file`]). Nothing here speaks IMAP or SMTP ([`http`] is here for
//! whoever has one thing to ask), and nothing is sent before TLS but TLS.

mod error;
pub mod http;
mod stream;
mod tls;

pub use error::NetError;
pub use stream::Stream;
pub use tls::tls;

use crate::config::{Endpoint, Security};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};

/// How long connecting may take, and again how long the TLS handshake may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long one of several addresses may take, so that a dead one does not use up the whole time.
const PATIENCE_PER_ADDRESS: Duration = Duration::from_secs(10);

/// Connects to the endpoint's host and port, within 30 seconds.
///
/// With [`Security::Plaintext`] every address that the name resolves to must be loopback; else nothing is
/// sent at all. The addresses that were checked are the ones connected to: the name is not looked up again.
/// For [`Security::Tls`] and [`Security::StartTls`] the stream is not yet secure; [`tls()`] comes next (for
/// STARTTLS after the server's word, with nothing left unread in any buffer).
pub async fn tcp(endpoint: &Endpoint) -> Result<TcpStream, NetError> {
    connect(endpoint, endpoint.security == Security::Plaintext).await
}

/// The same where the config says plainly that what goes there may be read on the way.
async fn tcp_anywhere(endpoint: &Endpoint) -> Result<TcpStream, NetError> {
    connect(endpoint, false).await
}

async fn connect(endpoint: &Endpoint, loopback_only: bool) -> Result<TcpStream, NetError> {
    let deadline = Instant::now() + PATIENCE;
    let timed_out = || NetError::TimedOut { at: endpoint.to_string() };
    let addresses = timeout_at(deadline, resolve(endpoint)).await.map_err(|_| timed_out())??;
    if loopback_only && !addresses.iter().all(|a| is_loopback(a.ip())) {
        return Err(NetError::PlaintextNotLoopback { at: endpoint.to_string() });
    }
    let mut last = NetError::UnknownHost { host: endpoint.host.clone() };
    for (tried, address) in addresses.iter().enumerate() {
        let is_last = tried + 1 == addresses.len();
        let until = if is_last { deadline } else { deadline.min(Instant::now() + PATIENCE_PER_ADDRESS) };
        last = match timeout_at(until, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => {
                // Commands are small and each waits for its answer.
                stream.set_nodelay(true).map_err(|e| NetError::from_io(endpoint, e))?;
                return Ok(stream);
            }
            Ok(Err(error)) => NetError::from_io(endpoint, error),
            Err(_) => timed_out(),
        };
    }
    Err(last)
}

async fn resolve(endpoint: &Endpoint) -> Result<Vec<SocketAddr>, NetError> {
    let host = endpoint.host.as_str();
    match tokio::net::lookup_host((host, endpoint.port)).await {
        Ok(found) => Ok(found.collect()),
        Err(_) => Err(NetError::UnknownHost { host: host.to_owned() }),
    }
}

fn is_loopback(address: IpAddr) -> bool {
    address.to_canonical().is_loopback()
}

#[cfg(test)]
mod tests;
