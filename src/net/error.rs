//! What can go wrong on the way to a server, in words for the person who reads them.

use crate::config::Endpoint;
use std::io;
use std::path::PathBuf;
use tokio_rustls::rustls;
use tokio_rustls::rustls::CertificateError;

/// Why there is no connection. Each says which server, and what to do. `at` is `host:port`.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The name does not resolve.
    #[error("there is no server named {host:?}, or its name cannot be looked up now; check `host` and the network")]
    UnknownHost {
        /// The name that was looked up.
        host: String,
    },
    /// Nothing listens there.
    #[error("{at} refuses the connection; check `host` and `port`, and that the server runs")]
    Refused {
        /// The server.
        at: String,
    },
    /// No answer in time.
    #[error("{at} does not answer; check `host`, `port` and the network (a firewall may drop the connection)")]
    TimedOut {
        /// The server.
        at: String,
    },
    /// `security = "plaintext"` to a host that is not this machine.
    #[error(
        "{at} is not on this machine, and `security = \"plaintext\"` is for loopback only; use \"tls\" or \"starttls\""
    )]
    PlaintextNotLoopback {
        /// The server.
        at: String,
    },
    /// The host is no name that a certificate can be for.
    #[error("{host:?} is neither a host name nor an IP address; correct `host`")]
    BadHost {
        /// The host as the config has it.
        host: String,
    },
    /// The certificate's issuer is unknown.
    #[error(
        "the certificate of {at} is not trusted: it is signed by none of the authorities known here. \
         If it is your own server, set `ca_file` to the certificate (PEM) of the authority that signed it"
    )]
    Untrusted {
        /// The server.
        at: String,
    },
    /// The certificate is for other names.
    #[error("the certificate of {at} is for another name; set `host` to a name that it is for")]
    WrongName {
        /// The server.
        at: String,
    },
    /// The certificate is past its time.
    #[error("the certificate of {at} has expired; its owner must renew it (or this machine's clock is wrong)")]
    Expired {
        /// The server.
        at: String,
    },
    /// The certificate's time has not come.
    #[error("the certificate of {at} is not valid yet; check this machine's clock")]
    NotYetValid {
        /// The server.
        at: String,
    },
    /// Another fault of the certificate.
    #[error("the certificate of {at} is refused: {detail}")]
    Certificate {
        /// The server.
        at: String,
        /// What the verifier says.
        detail: String,
    },
    /// The peer does not speak TLS, or not a version or cipher that is safe.
    #[error(
        "{at} and postnote agree on no TLS: {detail}; check `port` and `security` (\"tls\" is usual on 993 and 465, \
         \"starttls\" on 143 and 587)"
    )]
    Handshake {
        /// The server.
        at: String,
        /// What TLS says.
        detail: String,
    },
    /// `ca_file` cannot be used.
    #[error("`ca_file` {} cannot be used: {detail}", path.display())]
    CaFile {
        /// The file.
        path: PathBuf,
        /// Why.
        detail: String,
    },
    /// No root certificates on this machine.
    #[error("there are no trusted certificates on this machine ({detail}); install ca-certificates, or set `ca_file`")]
    NoRoots {
        /// What the platform says.
        detail: String,
    },
    /// An answer without end.
    #[error("{at} answers with more than {} KiB, which is no answer to what was asked", most / 1024)]
    TooMuch {
        /// The server.
        at: String,
        /// How much would have been read, in octets.
        most: usize,
    },
    /// The connection broke, or the network is away.
    #[error("the connection to {at} failed: {source}")]
    Io {
        /// The server.
        at: String,
        /// The system's error.
        source: io::Error,
    },
}

impl NetError {
    /// Whether trying again later, with nothing changed, may do.
    pub fn is_transient(&self) -> bool {
        match self {
            NetError::UnknownHost { .. }
            | NetError::Refused { .. }
            | NetError::TimedOut { .. }
            | NetError::Io { .. } => true,
            NetError::PlaintextNotLoopback { .. }
            | NetError::BadHost { .. }
            | NetError::Untrusted { .. }
            | NetError::WrongName { .. }
            | NetError::Expired { .. }
            | NetError::NotYetValid { .. }
            | NetError::Certificate { .. }
            | NetError::Handshake { .. }
            | NetError::CaFile { .. }
            | NetError::NoRoots { .. }
            | NetError::TooMuch { .. } => false,
        }
    }

    /// An I/O error on the way to `endpoint`; the TLS library hides its own errors in these.
    pub(super) fn from_io(endpoint: &Endpoint, error: io::Error) -> Self {
        let at = endpoint.to_string();
        if let Some(tls) = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            return NetError::from_tls(at, tls);
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => NetError::Refused { at },
            io::ErrorKind::TimedOut => NetError::TimedOut { at },
            _ => NetError::Io { at, source: error },
        }
    }

    fn from_tls(at: String, error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(fault) = error else {
            return NetError::Handshake { at, detail: error.to_string() };
        };
        match fault {
            CertificateError::UnknownIssuer => NetError::Untrusted { at },
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
                NetError::WrongName { at }
            }
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => NetError::Expired { at },
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => NetError::NotYetValid { at },
            other => NetError::Certificate { at, detail: other.to_string() },
        }
    }
}
