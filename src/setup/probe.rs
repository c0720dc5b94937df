//! Whether a guessed server is there: it is connected to, must prove its name, and greet as its protocol does. Nothing
//! is sent to it but TLS.

use crate::config::{Endpoint, Security};
use crate::net::{self, NetError, Stream};
use std::time::Duration;
use tokio::io::{AsyncReadExt, BufReader};

/// How long a guess is given: most lead to where nothing answers at all.
const PATIENCE: Duration = Duration::from_secs(6);
/// The longest greeting that is read.
const MOST: u64 = 1024;

/// What is expected there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `* OK`
    Imap,
    /// `220`
    Smtp,
}

/// What became of the guesses.
#[derive(Debug, Default)]
pub struct Probed {
    /// The first that is there, in the order given.
    pub found: Option<Endpoint>,
    /// Those that are there and whose certificate is not for that name: their owner may know the right one.
    pub wrong_name: Vec<String>,
}

/// Tries all of them at once.
pub async fn first(guesses: Vec<Endpoint>, kind: Kind) -> Probed {
    let tries: Vec<_> = guesses
        .into_iter()
        .map(|endpoint| tokio::spawn(async move { (greets(&endpoint, kind).await, endpoint) }))
        .collect();
    let mut probed = Probed::default();
    for attempt in tries {
        let Ok((answer, endpoint)) = attempt.await else { continue };
        match answer {
            Ok(true) if probed.found.is_none() => probed.found = Some(endpoint),
            Err(NetError::WrongName { .. }) => probed.wrong_name.push(endpoint.host),
            _ => {}
        }
    }
    probed.wrong_name.dedup();
    probed
}

/// Whether the server is there, and greets as it should.
async fn greets(endpoint: &Endpoint, kind: Kind) -> Result<bool, NetError> {
    let asking = async {
        let tcp = net::tcp(endpoint).await?;
        let stream = match endpoint.security {
            Security::Tls => Stream::Tls(Box::new(net::tls(tcp, endpoint).await?)),
            Security::StartTls | Security::Plaintext => Stream::Plain(tcp),
        };
        let mut start = [0; 4];
        let read = BufReader::new(stream.take(MOST)).read_exact(&mut start).await;
        let expected: &[u8] = match kind {
            Kind::Imap => b"* OK",
            Kind::Smtp => b"220",
        };
        Ok(read.is_ok() && start.starts_with(expected))
    };
    let timed_out = Err(NetError::TimedOut { at: endpoint.to_string() });
    tokio::time::timeout(PATIENCE, asking).await.unwrap_or(timed_out)
}
