//! A server that does what the test says with each connection, and keeps every byte that it gets, also what came
//! through TLS.

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;
use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// The server.
pub struct Scripted {
    /// Its port on 127.0.0.1.
    pub port: u16,
    got: Arc<Mutex<Vec<u8>>>,
    connections: Arc<AtomicUsize>,
}

/// One connection, seen from the server.
pub struct Wire {
    stream: Box<dyn Both + Send>,
    tcp: TcpStream,
    got: Arc<Mutex<Vec<u8>>>,
}

trait Both: Read + Write {}
impl<T: Read + Write> Both for T {}

impl Scripted {
    /// Runs `serve` for each connection.
    pub fn start(serve: impl Fn(&mut Wire) -> io::Result<()> + Send + Sync + 'static) -> Scripted {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (got, serve) = (Arc::new(Mutex::new(Vec::new())), Arc::new(serve));
        let kept = got.clone();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        // The thread waits for clients until the test process ends.
        std::thread::spawn(move || {
            for tcp in listener.incoming().flatten() {
                count.fetch_add(1, Ordering::SeqCst);
                let (serve, got) = (serve.clone(), kept.clone());
                std::thread::spawn(move || {
                    tcp.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
                    let stream = Box::new(tcp.try_clone().unwrap());
                    let mut wire = Wire { stream, tcp, got };
                    // A client that goes away ends the session; whatever else it sends is kept, too.
                    let _ = serve(&mut wire);
                    while wire.line().is_ok() {}
                });
            }
        });
        Scripted { port, got, connections }
    }

    /// Whether a client has come.
    pub fn connected(&self) -> bool {
        self.connections.load(Ordering::SeqCst) > 0
    }

    /// Everything that clients sent, in the clear.
    pub fn got(&self) -> String {
        String::from_utf8_lossy(&self.got.lock().unwrap()).into_owned()
    }
}

impl Wire {
    /// Sends this as it is.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(text.as_bytes())?;
        self.stream.flush()
    }

    /// The next line.
    pub fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut byte = [0];
            self.stream.read_exact(&mut byte)?;
            self.got.lock().unwrap().push(byte[0]);
            line.push(byte[0]);
        }
        Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
    }

    /// Goes over to TLS.
    pub fn secure(&mut self, certificate: &Certificate) -> io::Result<()> {
        let mut connection = ServerConnection::new(certificate.0.clone()).map_err(io::Error::other)?;
        let mut tcp = self.tcp.try_clone()?;
        while connection.is_handshaking() {
            connection.complete_io(&mut tcp)?;
        }
        self.stream = Box::new(StreamOwned::new(connection, tcp));
        Ok(())
    }
}

/// A CA of the test's own, in a file.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    /// Its certificate, PEM.
    pub file: PathBuf,
    _dir: TempDir,
}

/// A server's certificate and key.
#[derive(Clone)]
pub struct Certificate(Arc<ServerConfig>);

impl Authority {
    /// A new one.
    pub fn new() -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, "a CA of postnote's tests");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("ca.pem");
        std::fs::write(&file, issuer.pem()).unwrap();
        Authority { issuer, file, _dir: dir }
    }

    /// A certificate for `name`, valid until the first day of `until`.
    pub fn certificate(&self, name: &str, until: i32) -> Certificate {
        Certificate::made(name, until, Some(self))
    }
}

impl Certificate {
    /// One that nobody vouches for.
    pub fn self_signed(name: &str) -> Certificate {
        Certificate::made(name, 2100, None)
    }

    fn made(name: &str, until: i32, by: Option<&Authority>) -> Certificate {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2000, 1, 1);
        params.not_after = rcgen::date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let made = match by {
            Some(authority) => params.signed_by(&key, &authority.issuer).unwrap(),
            None => params.self_signed(&key).unwrap(),
        };
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![made.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        Certificate(Arc::new(config))
    }
}
