//! What a domain says of its mail in DNS: the servers for mail programs (SRV, RFC 6186 and RFC 8314), and who takes its
//! mail in (MX), which tells the provider of a domain of one's own.
//!
//! Only this machine's own name servers are asked, unless another is named. What they answer is not proved by anything:
//! whoever uses it shows it first, or looks whether it fits the domain.

use super::{endpoint, is_host};
use crate::config::{Endpoint, Security};
use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use std::net::SocketAddr;
use std::time::Duration;

/// Whom to ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dns {
    /// The name servers that this machine uses.
    System,
    /// This one.
    At(SocketAddr),
    /// Nobody.
    Nobody,
}

/// How long one question may take, with what is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// More records than this nobody means.
const MOST: usize = 20;

fn resolver(dns: Dns) -> Option<TokioResolver> {
    let mut builder = match dns {
        Dns::System => TokioResolver::builder_tokio().ok()?,
        Dns::At(at) => {
            let mut server = NameServerConfig::udp_and_tcp(at.ip());
            for connection in &mut server.connections {
                connection.port = at.port();
            }
            TokioResolver::builder_with_config(
                ResolverConfig::from_name_servers(vec![server]),
                TokioRuntimeProvider::default(),
            )
        }
        Dns::Nobody => return None,
    };
    let options = builder.options_mut();
    (options.timeout, options.attempts) = (Duration::from_secs(2), 1);
    builder.build().ok()
}

async fn records(resolver: &TokioResolver, name: String, kind: RecordType) -> Vec<RData> {
    // With the dot at its end it is looked up as it is, and in no search domain.
    match tokio::time::timeout(PATIENCE, resolver.lookup(format!("{name}."), kind)).await {
        Ok(Ok(found)) => found.answers().iter().take(MOST).map(|record| record.data.clone()).collect(),
        _ => Vec::new(),
    }
}

/// The hosts that take in a domain's mail, the preferred ones first; none where nobody says.
pub async fn mx(dns: Dns, domain: &str) -> Vec<String> {
    let Some(resolver) = resolver(dns) else { return Vec::new() };
    let mut found: Vec<(u16, String)> = Vec::new();
    for data in records(&resolver, domain.to_owned(), RecordType::MX).await {
        if let RData::MX(mx) = data {
            found.push((mx.preference, host(&mx.exchange.to_ascii())));
        }
    }
    found.sort();
    found.into_iter().map(|(_, host)| host).filter(|h| is_host(h)).collect()
}

/// The servers for mail programs that a domain names: IMAP and SMTP, with TLS from the start where it has both.
pub async fn servers(dns: Dns, domain: &str) -> (Option<Endpoint>, Option<Endpoint>) {
    let Some(resolver) = resolver(dns) else { return (None, None) };
    let ask = async |service: &str, security| {
        let found = records(&resolver, format!("_{service}._tcp.{domain}"), RecordType::SRV).await;
        preferred(found).map(|(host, port)| endpoint(&host, port, security))
    };
    let (imaps, imap, submissions, submission) = tokio::join!(
        ask("imaps", Security::Tls),
        ask("imap", Security::StartTls),
        ask("submissions", Security::Tls),
        ask("submission", Security::StartTls),
    );
    (imaps.or(imap), submissions.or(submission))
}

/// The record to use (RFC 2782): the lowest priority, of those the greatest weight. A lone dot says that there is none.
fn preferred(found: Vec<RData>) -> Option<(String, u16)> {
    let mut services: Vec<(u16, u16, String, u16)> = Vec::new();
    for data in found {
        if let RData::SRV(srv) = data {
            services.push((srv.priority, u16::MAX - srv.weight, host(&srv.target.to_ascii()), srv.port));
        }
    }
    services.sort();
    services.into_iter().find(|(_, _, host, port)| is_host(host) && *port != 0).map(|(_, _, host, port)| (host, port))
}

fn host(name: &str) -> String {
    name.trim_end_matches('.').to_lowercase()
}
