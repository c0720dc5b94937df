//! Where a server is, and how the way to it is secured.

use serde::Deserialize;
use std::fmt;
use std::path::PathBuf;

/// A server's address and how to speak to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Host name or IP address; the name that its certificate must carry.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// PEM certificates trusted besides the platform's.
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

/// How a connection is secured. There is no way to skip the certificate's check.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Security {
    /// TLS from the first byte (RFC 8314).
    #[default]
    Tls,
    /// The STARTTLS command, which must succeed.
    StartTls,
    /// None; loopback addresses only.
    Plaintext,
}
