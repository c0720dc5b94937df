//! TLS over a connected stream: rustls with the ring provider, the platform's roots and, besides, `ca_file`.

use super::{NetError, PATIENCE};
use crate::config::Endpoint;
use rustls_platform_verifier::Verifier;
use std::path::Path;
use std::sync::Arc;
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};

/// A CA file is a few certificates; anything larger is another file by mistake.
const CA_FILE_MAX: u64 = 4 * 1024 * 1024;

/// rustls reads 4 KiB at a time: so much is asked of the system at once.
const READ_AHEAD: usize = 64 * 1024;

/// An encrypted connection.
pub(super) type Encrypted = TlsStream<BufReader<TcpStream>>;

/// The TLS handshake over `stream`, within 30 seconds; the peer must prove that it is `endpoint.host`.
///
/// For STARTTLS, nothing that came before the handshake may be left in a buffer: give the bare stream.
pub async fn tls(stream: TcpStream, endpoint: &Endpoint) -> Result<Encrypted, NetError> {
    let name =
        ServerName::try_from(endpoint.host.clone()).map_err(|_| NetError::BadHost { host: endpoint.host.clone() })?;
    let ca_file = endpoint.ca_file.clone();
    // Reading the platform's roots is file work.
    let config = tokio::task::spawn_blocking(move || client_config(ca_file.as_deref()))
        .await
        .map_err(|e| NetError::NoRoots { detail: e.to_string() })??;
    let handshake = TlsConnector::from(Arc::new(config)).connect(name, BufReader::with_capacity(READ_AHEAD, stream));
    match tokio::time::timeout(PATIENCE, handshake).await {
        Ok(Ok(stream)) => Ok(stream),
        Ok(Err(error)) => Err(NetError::from_io(endpoint, error)),
        Err(_) => Err(NetError::TimedOut { at: endpoint.to_string() }),
    }
}

/// A configuration that trusts the platform's roots and those in `ca_file`.
fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, NetError> {
    let provider = Arc::new(ring::default_provider());
    let verifier = verifier(ca_file, &provider)?;
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|e| NetError::NoRoots { detail: e.to_string() })?
        .dangerous() // rustls's word for any verifier that it did not build itself; this one is the platform's
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_no_client_auth();
    Ok(config)
}

fn verifier(ca_file: Option<&Path>, provider: &Arc<CryptoProvider>) -> Result<Trust, NetError> {
    let no_roots = |e: tokio_rustls::rustls::Error| NetError::NoRoots { detail: e.to_string() };
    match ca_file {
        None => Ok(Trust { platform: Verifier::new(provider.clone()).map_err(no_roots)?, named: Vec::new() }),
        Some(path) => {
            let named = extra_roots(path)?;
            let platform = Verifier::new_with_extra_roots(named.clone(), provider.clone())
                .map_err(|e| NetError::CaFile { path: path.to_owned(), detail: e.to_string() })?;
            Ok(Trust { platform, named })
        }
    }
}

/// The platform's trust, and besides the very certificates of `ca_file`: some servers (Proton Mail Bridge) show one that
/// signs itself and calls itself an authority, which nobody else takes from a server. It must be the same to the last
/// octet, be for the server's name, and not be past; and the server must have its key, as always.
#[derive(Debug)]
struct Trust {
    platform: Verifier,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Trust {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged = self.platform.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            // What is past, or for another name, has errors of its own.
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)))
                if self.named.iter().any(|own| own == end_entity) =>
            {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            other => other,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.platform.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.platform.supported_verify_schemes()
    }
}

/// The certificates in a PEM file: at least one.
fn extra_roots(path: &Path) -> Result<Vec<CertificateDer<'static>>, NetError> {
    let unusable = |detail: String| NetError::CaFile { path: path.to_owned(), detail };
    let size = std::fs::metadata(path).map_err(|e| unusable(e.to_string()))?.len();
    if size > CA_FILE_MAX {
        return Err(unusable("it is larger than 4 MiB".to_owned()));
    }
    let roots = CertificateDer::pem_file_iter(path)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| unusable(format!("it is no PEM file of certificates ({e})")))?;
    if roots.is_empty() {
        return Err(unusable("it holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)".to_owned()));
    }
    Ok(roots)
}
