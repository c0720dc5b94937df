//! Links that programs on the way, or those who count clicks, put around others: the address that they lead to, where
//! it is written in them. Nothing is asked of the network; what cannot be read stays wrapped.

use crate::mail::escapes;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use memchr::memmem::Finder;
use std::sync::LazyLock;

/// Wrapped links are wrapped again on the way; seldom more often.
const MAX_WRAPS: usize = 5;
static WEB: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("http"));
static MAIL: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new("mailto"));

/// The address within, when the link is a wrapper that tells it.
pub(super) fn unwrapped(href: &str) -> Option<String> {
    let mut inner = None;
    for _ in 0..MAX_WRAPS {
        match once(inner.as_deref().unwrap_or(href)) {
            Some(next) => inner = Some(next),
            None => break,
        }
    }
    inner
}

fn once(href: &str) -> Option<String> {
    let (scheme, rest) = href.split_once("://")?;
    // Most links lead where they say: no address is in them.
    if WEB.find(rest.as_bytes()).is_none() && MAIL.find(rest.as_bytes()).is_none() {
        return None;
    }
    if !scheme.eq_ignore_ascii_case("https") && !scheme.eq_ignore_ascii_case("http") {
        return None;
    }
    let (host, path) = rest.split_at_checked(rest.find(['/', '?']).unwrap_or(rest.len()))?;
    // A host with a user before it is somebody else's.
    if !host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b)) {
        return None;
    }
    let host = host.to_ascii_lowercase();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let query = query.split_once('#').map_or(query, |(query, _)| query);
    let get = |names: &[&str]| {
        let pairs = query.split('&').map(|pair| pair.trim_start_matches("amp;"));
        pairs.filter_map(|pair| pair.split_once('=')).find(|(name, _)| names.contains(name)).map(|(_, value)| value)
    };
    let below = |domain: &str| host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'));
    let inner = if below("safelinks.protection.outlook.com") || below("safelinks.protection.office365.us") {
        percent_decoded(get(&["url"])?)
    } else if below("urldefense.proofpoint.com") || below("urldefense.com") || below("urldefense.us") {
        defended(path, href, get(&["u"]))?
    } else if below("google.com") && path == "/url" {
        percent_decoded(get(&["q", "url"])?)
    } else if below("googleadservices.com") || below("doubleclick.net") {
        percent_decoded(get(&["adurl"])?)
    } else if below("mimecastprotect.com") || below("mimecast.com") {
        // Newer ones name only the domain that they lead to.
        percent_decoded(get(&["u", "url"])?)
    } else if below("l.facebook.com") || below("lm.facebook.com") || below("l.instagram.com") {
        percent_decoded(get(&["u"])?)
    } else if below("linkedin.com") && path.starts_with("/redir/") {
        percent_decoded(get(&["url"])?)
    } else if below("youtube.com") && path == "/redirect" {
        percent_decoded(get(&["q"])?)
    } else if below("slack-redir.net") || below("steamcommunity.com") && path.starts_with("/linkfilter") {
        percent_decoded(get(&["url", "u"])?)
    } else if below("linkprotect.cudasvc.com") {
        percent_decoded(get(&["a"])?)
    } else if below("protect2.fireeye.com") || below("protect2.fireeye.us") {
        percent_decoded(get(&["u"])?)
    } else if below("deref-gmx.net") || below("deref-web.de") || below("deref-mail.com") || below("deref-gmx.com") {
        percent_decoded(get(&["redirectUrl"])?)
    } else if below("out.reddit.com") || below("exit.sc") || below("href.li") && query.starts_with("http") {
        get(&["url"]).map_or_else(|| query.to_owned(), percent_decoded)
    } else if below("clicktime.symantec.com") || below("clicktime.cloud.postoffice.net") {
        percent_decoded(get(&["u"])?)
    } else if below("secure-web.cisco.com") || below("ddec1-0-en-ctp.trendmicro.com") || below("trendmicro.com") {
        let written = get(&["url"]).or_else(|| path.rsplit('/').next().filter(|p| p.starts_with("http")))?;
        percent_decoded(written)
    } else {
        return None;
    };
    let lower = inner.get(..inner.len().min(8)).unwrap_or_default().to_ascii_lowercase();
    (lower.starts_with("http://") || lower.starts_with("https://") || lower.starts_with("mailto:")).then_some(inner)
}

/// URLDefense: v1 is percent-encoded, v2 with `-` and `_` for `%` and `/`; v3 writes the address out, with `*` for
/// characters that are listed at its end.
fn defended(path: &str, href: &str, u: Option<&str>) -> Option<String> {
    match path.split('/').nth(1)? {
        "v1" => Some(percent_decoded(u?)),
        "v2" => Some(percent_decoded(&u?.replace('-', "%").replace('_', "/"))),
        "v3" => third(href),
        _ => None,
    }
}

fn third(href: &str) -> Option<String> {
    let (_, rest) = href.split_once("/v3/__")?;
    let (address, rest) = rest.rsplit_once("__;")?;
    let (listed, _) = rest.split_once('!')?;
    let listed = URL_SAFE_NO_PAD.decode(listed.trim_end_matches('=')).ok()?;
    let mut listed = std::str::from_utf8(&listed).ok()?.chars();
    let mut out = String::with_capacity(address.len());
    let mut rest = address.chars();
    while let Some(c) = rest.next() {
        if c != '*' {
            out.push(c);
            continue;
        }
        // `**` and a letter stand for as many characters as the letter says.
        let mut ahead = rest.clone();
        let run = if ahead.next() == Some('*') { ahead.next().and_then(run_length) } else { None };
        if run.is_some() {
            rest = ahead;
        }
        for _ in 0..run.unwrap_or(1) {
            out.push(listed.next().unwrap_or('*'));
        }
    }
    // Some gateways fold the slashes behind the scheme.
    match out.split_once(":/") {
        Some((scheme, rest)) if !rest.starts_with('/') => Some(format!("{scheme}://{rest}")),
        _ => Some(out),
    }
}

fn run_length(letter: char) -> Option<usize> {
    let at = |first: char| (letter as usize).checked_sub(first as usize);
    match letter {
        'A'..='Z' => at('A').map(|n| n + 2),
        'a'..='z' => at('a').map(|n| n + 28),
        '0'..='9' => at('0').map(|n| n + 54),
        '-' => Some(64),
        '_' => Some(65),
        _ => None,
    }
}

fn percent_decoded(text: &str) -> String {
    String::from_utf8_lossy(&escapes::percent(text.as_bytes())).into_owned()
}
