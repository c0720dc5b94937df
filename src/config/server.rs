//! Where a server is, how the way to it is secured, and where its secret is kept.

use serde::Deserialize;
use serde::de::Error as _;
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

/// Where a password is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// The platform's keyring, put there by `postnote login`.
    Keyring,
    /// An environment variable.
    Env(String),
    /// The first line that a shell command prints.
    Command(String),
    /// A file that only its owner can read.
    File(PathBuf),
}

impl<'de> Deserialize<'de> for SecretSource {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Raw {
            keyring: Option<bool>,
            env: Option<String>,
            command: Option<String>,
            file: Option<PathBuf>,
        }
        const FORMS: &str =
            "exactly one of { keyring = true }, { env = \"NAME\" }, { command = \"…\" }, { file = \"…\" }";
        let raw = Raw::deserialize(deserializer)
            .map_err(|_| D::Error::custom(format!("expected {FORMS}; a password itself has no place in a config")))?;
        match (raw.keyring, raw.env, raw.command, raw.file) {
            (Some(true), None, None, None) => Ok(SecretSource::Keyring),
            (None, Some(name), None, None) if !name.is_empty() => Ok(SecretSource::Env(name)),
            (None, None, Some(command), None) if !command.trim().is_empty() => Ok(SecretSource::Command(command)),
            (None, None, None, Some(path)) => Ok(SecretSource::File(path)),
            _ => Err(D::Error::custom(format!("expected {FORMS}"))),
        }
    }
}
