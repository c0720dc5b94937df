//! What a server can do (RFC 3501 §6.1.1, §7.2.1): read from where it says so without being asked.

/// The capabilities that a line announces: an untagged CAPABILITY, or the code of a greeting or an OK (§7.1).
pub(super) fn announced(line: &str) -> Option<&str> {
    const WORD: &str = "CAPABILITY ";
    let line = line.trim_end();
    let after = |text: &str| text.get(..WORD.len()).is_some_and(|w| w.eq_ignore_ascii_case(WORD));
    if let Some(rest) = line.strip_prefix("* ")
        && after(rest)
    {
        return rest.get(WORD.len()..);
    }
    let (before, code) = line.split_once('[')?;
    let (code, _) = code.split_once(']')?;
    let status = before.trim_end().rsplit(' ').next().unwrap_or_default();
    let ok = status.eq_ignore_ascii_case("OK") || status.eq_ignore_ascii_case("PREAUTH");
    if ok && before.split_whitespace().count() == 2 && after(code) { code.get(WORD.len()..) } else { None }
}

/// The words of a capability list.
pub(super) fn words(list: &str) -> Vec<String> {
    list.split_whitespace().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_servers_announce() {
        for (line, found) in [
            ("* CAPABILITY IMAP4rev1 IDLE\r\n", Some("IMAP4rev1 IDLE")),
            ("* OK [CAPABILITY IMAP4rev1 ID AUTH=PLAIN] ready\r\n", Some("IMAP4rev1 ID AUTH=PLAIN")),
            ("A0001 OK [capability IMAP4rev1] Logged in\r\n", Some("IMAP4rev1")),
            ("A0001 NO [CAPABILITY IMAP4rev1] no\r\n", None),
            ("* OK hello [CAPABILITY x]\r\n", None),
            ("* OK [ALERT] hello\r\n", None),
            ("* OK [CAPABILITY IMAP4rev1\r\n", None),
        ] {
            assert_eq!(announced(line), found, "{line}");
        }
        assert_eq!(words(" A  B"), ["A", "B"]);
    }
}
