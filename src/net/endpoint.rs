//! Where a server is and how the connection to it is secured: values, as the config says them.

use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;

/// How the connection is secured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    Tls,
    /// A plain greeting, then TLS before anything else (RFC 9051 §6.2.1, RFC 3207).
    StartTls,
    /// No TLS. Only to loopback addresses.
    Plaintext,
}

/// A server to connect to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// A host name or an IP address (IPv6 without brackets). The certificate must be for it.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// PEM certificates to trust besides the platform's.
    pub ca_file: Option<PathBuf>,
}

impl fmt::Display for Endpoint {
    /// `host:port`, IPv6 addresses in brackets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
