//! The target of a link: of the web, mail or telephone, or nothing; without the wrappers that programs on the way put
//! around it; with a host that cannot pass for another.

use super::{clean, inert};
use std::borrow::Cow;

mod unwrap;

const MAX_URL: usize = 4096;

/// The address if it may be a link's target, made safe to stand between parentheses or angle brackets.
pub(crate) fn target(href: &str) -> Option<String> {
    let href = cleaned(href);
    match unwrap::unwrapped(&href).and_then(|inner| web_address(&cleaned(&inner))) {
        Some(inner) => Some(inner),
        None => web_address(&href),
    }
}

/// A text with the wrappers taken off the web addresses in it, and with hosts that look like others in punycode.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, url, after)) = inert::split_url(rest) {
        out.push_str(before);
        let inner = unwrap::unwrapped(url).and_then(|inner| web_address(&cleaned(&inner)));
        let host = || odd_host(url).filter(|host| host.starts_with("xn--") || host.contains(".xn--"));
        match inner.or_else(|| host().and_then(|_| web_address(url))) {
            Some(inner) => out.push_str(&inner),
            None => out.push_str(url),
        }
        rest = after;
    }
    if out.is_empty() && rest.len() == text.len() {
        return Cow::Borrowed(text);
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The host that a web address leads to, as it is asked for, where a reader may take it for another: it has letters that look
/// like those of the alphabet, or something stands before it.
pub(crate) fn odd_host(href: &str) -> Option<String> {
    let href = cleaned(href);
    let rest = href.split_once("://").filter(|(scheme, _)| scheme.to_ascii_lowercase().starts_with("http"))?.1;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or_default();
    let alike = |c: char| c.is_alphabetic() && c < '\u{590}' || ('\u{13a0}'..'\u{1400}').contains(&c);
    let odd = !authority.is_ascii() && authority.chars().all(|c| c.is_ascii() || alike(c));
    if !odd && !authority.contains('@') {
        return None;
    }
    let host = authority.rsplit('@').next().unwrap_or_default();
    idna::domain_to_ascii(host.split(':').next().unwrap_or_default()).ok().filter(|host| is_host(host))
}

/// True for what can be a host: the other signs that the conversion lets through would be live in a note (`<%`).
fn is_host(host: &str) -> bool {
    !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

/// What the links of a page are relative to that name no host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Base<'a> {
    /// Nobody knows: then they lead nowhere. In the vault they would open files.
    Unknown,
    /// An address of the web, that the page names.
    Web(&'a str),
    /// The place where the page is kept.
    Itself,
}

/// [`target`] for a page (RFC 3986 §5.2, but for dots).
pub(crate) fn target_from(href: &str, base: Base<'_>) -> Option<String> {
    let whole = cleaned(href);
    let before_path = whole.split(['/', '?', '#']).next().unwrap_or_default();
    let base = match base {
        _ if whole.is_empty() || before_path.contains(':') => return target(href),
        Base::Unknown => return target(href),
        Base::Itself => return beside(&whole),
        Base::Web(_) if whole.starts_with('#') => return target(href),
        Base::Web(base) => base,
    };
    let href = whole;
    let (scheme, rest) = base.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let path = rest.get(host.len()..)?.split(['?', '#']).next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    target(&match () {
        () if href.starts_with("//") => format!("{scheme}:{href}"),
        () if href.starts_with('/') => format!("{scheme}://{host}{href}"),
        () if href.starts_with('?') => format!("{scheme}://{host}{path}{href}"),
        () => format!("{scheme}://{host}{folder}/{href}"),
    })
}

/// A link without a host as it stands, made safe to stand between parentheses.
fn beside(href: &str) -> Option<String> {
    let mut out = String::with_capacity(href.len() + 8);
    encode(href, &mut out);
    (href.len() <= MAX_URL).then_some(out)
}

/// As browsers read it: without white space at the ends, and controls.
fn cleaned(href: &str) -> Cow<'_, str> {
    let href = href.trim();
    match href.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        true => Cow::Borrowed(href),
        false => href.chars().filter(|c| !c.is_control()).collect(),
    }
}

fn web_address(href: &str) -> Option<String> {
    let (scheme, rest) = href.split_once(':')?;
    let is = |known: &str| scheme.eq_ignore_ascii_case(known);
    let known = match () {
        () if is("http") || is("https") => rest.starts_with("//") && rest.len() > 2,
        () if is("mailto") || is("tel") => !rest.is_empty(),
        () => false,
    };
    if !known || href.len() > MAX_URL {
        return None;
    }
    let mut out = String::with_capacity(href.len() + 8);
    out.push_str(scheme);
    out.make_ascii_lowercase();
    out.push(':');
    let rest = if is("http") || is("https") { with_plain_host(rest) } else { Cow::Borrowed(rest) };
    encode(&rest, &mut out);
    Some(out)
}

/// `//host/…` with a host that looks like another (letters of other scripts) in punycode, as browsers would show it.
fn with_plain_host(rest: &str) -> Cow<'_, str> {
    let after = rest.get(2..).unwrap_or_default();
    let end = after.bytes().position(|b| matches!(b, b'/' | b'?' | b'#' | b'\\')).unwrap_or(after.len());
    let (authority, tail) = after.split_at_checked(end).unwrap_or_default();
    if authority.is_ascii() {
        return Cow::Borrowed(rest);
    }
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(user, host)| (user, host));
    let (host, port) = host.rsplit_once(':').map_or((host, ""), |(host, port)| (host, port));
    let Ok(host) = idna::domain_to_ascii(host) else { return Cow::Borrowed(rest) };
    let user = if user.is_empty() { String::new() } else { format!("{user}@") };
    let port = if port.is_empty() { String::new() } else { format!(":{port}") };
    Cow::Owned(format!("//{user}{host}{port}{tail}"))
}

/// What stands for itself wherever it stands.
const PLAIN: [bool; 256] = clean::table(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ/.-_?&#@!'+,");

fn is_plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).copied().unwrap_or_default()
}

fn encode(rest: &str, out: &mut String) {
    let mut bytes = rest.bytes();
    let (mut copied, mut at) = (0, 0);
    while let Some(plain) = bytes.position(|b| !is_plain(b)) {
        at += plain;
        let Some(c) = rest.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let before = at.checked_sub(1).and_then(|before| rest.as_bytes().get(before)).copied();
        let hex = || rest.as_bytes().get(at + 1..at + 3).is_some_and(|h| h.iter().all(u8::is_ascii_hexdigit));
        let keep = match c {
            '%' => hex(),
            '~' | '=' => before != Some(c as u8),
            ':' => at > 0 && before != Some(b':'),
            c => c.is_alphanumeric(),
        };
        if !keep {
            out.push_str(rest.get(copied..at).unwrap_or_default());
            copied = at + c.len_utf8();
            // A semicolon too: an entity would be decoded in a link's target.
            for b in rest.get(at..copied).unwrap_or_default().bytes() {
                out.push('%');
                for digit in [b >> 4, b & 15] {
                    out.extend(char::from_digit(u32::from(digit), 16).map(|d| d.to_ascii_uppercase()));
                }
            }
        }
        at += c.len_utf8();
        bytes = rest.get(at..).unwrap_or_default().bytes();
    }
    out.push_str(rest.get(copied..).unwrap_or_default());
}

#[cfg(test)]
mod tests;
