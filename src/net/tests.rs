//! Against a TLS server of the test's own, with certificates made for the occasion.

use super::*;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A CA of the test's own, in a file.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    file: PathBuf,
    _dir: TempDir,
}

fn authority(name: &str) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, issuer.pem()).unwrap();
    Authority { issuer, file, _dir: dir }
}

/// A certificate for `name`, valid until the first day of `until`, signed by `by` or by itself.
fn certificate(name: &str, until: i32, by: Option<&Authority>) -> (CertificateDer<'static>, KeyPair) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let key = KeyPair::generate().unwrap();
    let made = match by {
        Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
        None => params.self_signed(&key).unwrap(),
    };
    (made.der().clone(), key)
}

/// A server that says hello to whoever completes the handshake; its port.
async fn server(certificate: (CertificateDer<'static>, KeyPair)) -> u16 {
    let (chain, key) = certificate;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut tls) = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await {
                let _ = tls.write_all(b"hello").await;
                let _ = tls.shutdown().await;
            }
        }
    });
    port
}

fn endpoint(host: &str, port: u16, ca_file: Option<PathBuf>) -> Endpoint {
    Endpoint { host: host.to_owned(), port, security: Security::Tls, ca_file }
}

async fn greeting(endpoint: &Endpoint) -> Result<String, NetError> {
    let mut stream = Stream::from(tls(tcp(endpoint).await?, endpoint).await?);
    assert!(stream.is_tls());
    let mut said = String::new();
    stream.read_to_string(&mut said).await.unwrap();
    Ok(said)
}

#[tokio::test]
async fn an_own_ca_is_trusted_by_name_and_by_address() {
    let ca = authority("one");
    for host in ["localhost", "127.0.0.1"] {
        let port = server(certificate(host, 2100, Some(&ca))).await;
        assert_eq!(greeting(&endpoint(host, port, Some(ca.file.clone()))).await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn what_is_not_proved_is_refused() {
    let (ca, other) = (authority("one"), authority("another"));
    let self_signed = server(certificate("localhost", 2100, None)).await;
    let wrong_name = server(certificate("elsewhere.example", 2100, Some(&ca))).await;
    let expired = server(certificate("localhost", 2020, Some(&ca))).await;
    let good = server(certificate("localhost", 2100, Some(&ca))).await;
    let refusal = async |port, ca: Option<&Authority>| {
        greeting(&endpoint("localhost", port, ca.map(|a| a.file.clone()))).await.unwrap_err()
    };

    let error = refusal(self_signed, Some(&ca)).await;
    assert!(matches!(error, NetError::Untrusted { .. }), "{error:?}");
    assert!(error.to_string().contains("ca_file") && error.to_string().contains(&format!("localhost:{self_signed}")));
    assert!(!error.is_transient());
    assert!(matches!(refusal(good, Some(&other)).await, NetError::Untrusted { .. }));
    assert!(matches!(refusal(good, None).await, NetError::Untrusted { .. } | NetError::NoRoots { .. }));
    assert!(matches!(refusal(wrong_name, Some(&ca)).await, NetError::WrongName { .. }));
    assert!(matches!(refusal(expired, Some(&ca)).await, NetError::Expired { .. }));
}

/// As Proton Mail Bridge makes its own: signed by itself, and an authority.
fn bridge(name: &str, until: i32) -> (CertificateDer<'static>, KeyPair, Authority) {
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let made = params.self_signed(&key).unwrap();
    let kept = authority("unused");
    std::fs::write(&kept.file, made.pem()).unwrap();
    (made.der().clone(), key, kept)
}

#[tokio::test]
async fn the_very_certificate_of_the_file_is_trusted_and_no_other() {
    let (certificate, key, kept) = bridge("127.0.0.1", 2100);
    let port = server((certificate, key)).await;
    let at = |host: &str, file: &PathBuf| endpoint(host, port, Some(file.clone()));
    assert_eq!(greeting(&at("127.0.0.1", &kept.file)).await.unwrap(), "hello");
    assert!(matches!(greeting(&at("localhost", &kept.file)).await, Err(NetError::WrongName { .. })));
    let (_, _, other) = bridge("127.0.0.1", 2100);
    assert!(greeting(&at("127.0.0.1", &other.file)).await.is_err());
    let (past, key, kept) = bridge("127.0.0.1", 2020);
    let port = server((past, key)).await;
    let error = greeting(&endpoint("127.0.0.1", port, Some(kept.file.clone()))).await.unwrap_err();
    assert!(matches!(error, NetError::Expired { .. }), "{error:?}");
}

#[tokio::test]
async fn a_ca_file_that_is_none_is_an_error() {
    let ca = authority("one");
    let port = server(certificate("localhost", 2100, Some(&ca))).await;
    let empty = ca.file.with_file_name("empty.pem");
    std::fs::write(&empty, "no certificate here\n").unwrap();
    for file in [empty, ca.file.with_file_name("missing.pem")] {
        let error = greeting(&endpoint("localhost", port, Some(file))).await.unwrap_err();
        assert!(matches!(error, NetError::CaFile { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_peer_without_tls_is_no_server() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"* OK IMAP4rev1 ready\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    });
    let error = greeting(&endpoint("localhost", port, None)).await.unwrap_err();
    assert!(matches!(error, NetError::Handshake { .. } | NetError::NoRoots { .. }), "{error:?}");
}

#[tokio::test]
async fn plaintext_is_for_loopback() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let plain = |host: &str, port| Endpoint { security: Security::Plaintext, ..endpoint(host, port, None) };
    assert!(tcp(&plain("127.0.0.1", port)).await.is_ok());
    assert!(tcp(&plain("::ffff:127.0.0.1", port)).await.is_ok());

    // TEST-NET-1: an attempt would take the whole 30 seconds, a refusal takes none.
    let begin = std::time::Instant::now();
    let error = tcp(&plain("192.0.2.1", 143)).await.unwrap_err();
    assert!(matches!(error, NetError::PlaintextNotLoopback { .. }), "{error:?}");
    assert!(begin.elapsed() < Duration::from_secs(1));
    for host in ["0.0.0.0", "::", "10.0.0.1", "::ffff:192.0.2.1"] {
        assert!(matches!(tcp(&plain(host, 143)).await, Err(NetError::PlaintextNotLoopback { .. })), "{host}");
    }
}

#[tokio::test]
async fn refused_and_unknown_are_told_apart() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let error = tcp(&endpoint("127.0.0.1", port, None)).await.unwrap_err();
    assert!(matches!(error, NetError::Refused { .. }) && error.is_transient(), "{error:?}");
    let error = tcp(&endpoint("nowhere.invalid", 993, None)).await.unwrap_err();
    assert!(matches!(error, NetError::UnknownHost { .. }) && error.is_transient(), "{error:?}");
    assert!(error.to_string().contains("nowhere.invalid"));
}

#[test]
fn an_endpoint_names_itself() {
    assert_eq!(endpoint("::1", 993, None).to_string(), "[::1]:993");
    assert_eq!(endpoint("imap.example.org", 993, None).to_string(), "imap.example.org:993");
    fn is_usable<T: Send + Sync + Unpin + std::fmt::Debug>() {}
    is_usable::<Stream>();
}

/// A web server with TLS that gives the same answer to every request, and what it was asked.
async fn web(certificate: (CertificateDer<'static>, KeyPair), answer: String) -> (u16, Arc<std::sync::Mutex<String>>) {
    let (chain, key) = certificate;
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(std::sync::Mutex::new(String::new()));
    let kept = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if let Ok(mut tls) = TlsAcceptor::from(Arc::new(config.clone())).accept(stream).await {
                let mut request = [0; 4096];
                let count = tls.read(&mut request).await.unwrap();
                kept.lock().unwrap().push_str(std::str::from_utf8(&request[..count]).unwrap());
                let _ = tls.write_all(answer.as_bytes()).await;
                let _ = tls.shutdown().await;
            }
        }
    });
    (port, asked)
}

fn post(url: &str) -> hyper::Request<Vec<u8>> {
    hyper::Request::post(url).body(b"a=b".to_vec()).unwrap()
}

#[tokio::test]
async fn one_request_over_the_same_tls() {
    let ca = authority("one");
    let said = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:9/\r\nContent-Length: 2\r\n\r\nhi".to_owned();
    let (port, asked) = web(certificate("localhost", 2100, Some(&ca)), said).await;
    let url = format!("https://localhost:{port}/token?x=1");
    let answer = http::send(post(&url), Some(&ca.file)).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.body().as_slice()), (302, b"hi".as_slice()));
    let asked = asked.lock().unwrap().clone();
    assert!(asked.starts_with("POST /token?x=1 HTTP/1.1\r\n") && asked.ends_with("\r\n\r\na=b"), "{asked}");
    assert!(asked.contains(&format!("host: localhost:{port}\r\n")), "{asked}");
    let other = authority("two");
    assert!(matches!(http::send(post(&url), Some(&other.file)).await.unwrap_err(), NetError::Untrusted { .. }));
    let plain = http::send(post("http://192.0.2.1/token"), None).await.unwrap_err();
    assert!(matches!(plain, NetError::PlaintextNotLoopback { .. }), "{plain}");
    assert!(matches!(http::send(post("ftp://localhost/"), None).await.unwrap_err(), NetError::BadHost { .. }));
}

#[tokio::test]
async fn an_answer_without_end_is_not_read() {
    let ca = authority("one");
    let said = format!("HTTP/1.1 200 OK\r\nContent-Length: 3000000\r\n\r\n{}", "x".repeat(3_000_000));
    let (port, _) = web(certificate("localhost", 2100, Some(&ca)), said).await;
    let error = http::send(post(&format!("https://localhost:{port}/")), Some(&ca.file)).await.unwrap_err();
    assert!(matches!(error, NetError::TooMuch { .. }), "{error}");
    let (port, _) = web(certificate("localhost", 2100, Some(&ca)), "SSH-2.0-x\r\n".to_owned()).await;
    assert!(http::send(post(&format!("https://localhost:{port}/")), Some(&ca.file)).await.is_err());
}
