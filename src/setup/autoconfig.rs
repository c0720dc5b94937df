//! The XML in which a provider describes its servers to mail programs (Thunderbird's autoconfig, `config-v1.1.xml`).
//!
//! Pure. What enters are the bytes that some web server gave, and an address; what leaves are servers that can be
//! connected to, or nothing. A server without TLS is passed over, as is what is no host name: it would go into the config.

use super::{Servers, endpoint, is_host};
use crate::config::{Endpoint, Security};
use roxmltree::{Document, Node, ParsingOptions};

/// The most that is read of such a file, in octets: real ones have two or three thousand.
pub const MOST: usize = 128 * 1024;

/// Reads what a provider says, for this address.
pub fn parse(bytes: &[u8], email: &str) -> Option<Servers> {
    let bytes = bytes.get(..bytes.len().min(MOST))?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    // What matters in it is ASCII, whatever encoding it names.
    let text = String::from_utf8_lossy(bytes);
    let options = ParsingOptions { nodes_limit: 20_000, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text.trim_start(), options).ok()?;
    let (imap, imap_user) = best(&document, "incomingServer", "imap", email)?;
    let (smtp, smtp_user) = best(&document, "outgoingServer", "smtp", email)?;
    Some(Servers { imap, imap_user, smtp, smtp_user })
}

/// The first server of the kind with TLS from the start, else the first with STARTTLS: they stand in the provider's order.
fn best(document: &Document<'_>, element: &str, kind: &str, email: &str) -> Option<(Endpoint, String)> {
    let is_kind = |n: &Node<'_, '_>| {
        n.tag_name().name() == element && n.attribute("type").is_some_and(|t| t.eq_ignore_ascii_case(kind))
    };
    let found: Vec<_> = document.descendants().filter(is_kind).filter_map(|n| server(n, email)).collect();
    let of = |security| found.iter().find(|(endpoint, _)| endpoint.security == security).cloned();
    of(Security::Tls).or_else(|| of(Security::StartTls))
}

fn server(node: Node<'_, '_>, email: &str) -> Option<(Endpoint, String)> {
    let child = |name: &str| {
        let found = node.children().find(|c| c.tag_name().name().eq_ignore_ascii_case(name));
        found.and_then(|c| c.text()).map(str::trim).filter(|t| !t.is_empty())
    };
    let security = match child("socketType")?.to_ascii_uppercase().as_str() {
        "SSL" | "TLS" => Security::Tls,
        "STARTTLS" => Security::StartTls,
        _ => return None,
    };
    let host = filled(child("hostname")?, email).to_lowercase();
    let port = child("port")?.parse::<u16>().ok().filter(|p| *p != 0)?;
    let user = filled(child("username").unwrap_or("%EMAILADDRESS%"), email);
    let sound = is_host(&host) && !user.is_empty() && !user.contains('%') && !user.chars().any(char::is_control);
    sound.then(|| (endpoint(&host, port, security), user))
}

/// With the placeholders that the format has.
fn filled(text: &str, email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let mut text = text.to_owned();
    for (mark, value) in [("%EMAILADDRESS%", email), ("%EMAILLOCALPART%", local), ("%EMAILDOMAIN%", domain)] {
        text = text.replace(mark, value);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Security::{StartTls, Tls};

    const USUAL: &str = r#"<?xml version="1.0" encoding="ISO-8859-1"?>
<!-- of the provider -->
<clientConfig version="1.1">
  <emailProvider id="example.org">
    <domain>example.org</domain>
    <incomingServer type="pop3"><hostname>pop.example.org</hostname><port>995</port><socketType>SSL</socketType></incomingServer>
    <incomingServer type="imap">
      <hostname>old.%EMAILDOMAIN%</hostname><port>143</port><socketType>STARTTLS</socketType>
      <username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication>
    </incomingServer>
    <incomingServer type="imap">
      <hostname> imap.example.org </hostname><port>993</port><socketType>SSL</socketType>
      <username>%EMAILADDRESS%</username>
    </incomingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.example.org</hostname><port>25</port><socketType>plain</socketType><username>x</username>
    </outgoingServer>
    <outgoingServer type="smtp">
      <hostname>smtp.example.org</hostname><port>587</port><socketType>STARTTLS</socketType>
      <username>%EMAILLOCALPART%</username>
    </outgoingServer>
  </emailProvider>
</clientConfig>"#;

    #[test]
    fn the_safest_of_what_is_offered() {
        let found = parse(USUAL.as_bytes(), "sam@example.org").unwrap();
        assert_eq!(found.imap, endpoint("imap.example.org", 993, Tls));
        assert_eq!(found.smtp, endpoint("smtp.example.org", 587, StartTls));
        assert_eq!((found.imap_user.as_str(), found.smtp_user.as_str()), ("sam@example.org", "sam"));
        let marked = [b"\xef\xbb\xbf\n".as_slice(), USUAL.as_bytes()].concat();
        assert_eq!(parse(&marked, "sam@example.org"), Some(found));
    }

    #[test]
    fn what_is_of_no_use_is_nothing() {
        let with = |from: &str, to: &str| parse(USUAL.replace(from, to).as_bytes(), "sam@example.org");
        assert_eq!(with("type=\"smtp\"", "type=\"lmtp\""), None);
        assert_eq!(with("<socketType>STARTTLS", "<socketType>plain"), None);
        assert_eq!(with("smtp.example.org", "smtp example org"), None);
        assert_eq!(with("smtp.example.org", "x/../../y"), None);
        assert_eq!(with("<port>587", "<port>99999"), None);
        assert_eq!(with("</emailProvider>", ""), None);
        assert_eq!(with("<clientConfig", "<!DOCTYPE x [<!ENTITY a \"aaaa\">]><clientConfig"), None);
        for text in ["", "<html><body>Not found</body></html>", "<clientConfig/>", "{}", "\u{0}"] {
            assert_eq!(parse(text.as_bytes(), "sam@example.org"), None, "{text}");
        }
    }

    #[test]
    fn deep_and_long_xml_ends() {
        let deep = format!("{}{}", "<a>".repeat(40_000), "</a>".repeat(40_000));
        let wide = "<a/>".repeat(60_000);
        for text in
            [deep, format!("<r>{wide}</r>"), "<a ".repeat(50_000), format!("<a b=\"{}\"/>", "&amp;".repeat(90_000))]
        {
            assert_eq!(parse(text.as_bytes(), "sam@example.org"), None);
        }
    }
}
