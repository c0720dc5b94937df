//! Patterns of mailbox names (RFC 3501 §6.3.8): `*` is anything, `%` anything within one level. Pure.

/// True for a name that could be a pattern.
pub(super) fn is_pattern(name: &str) -> bool {
    name.contains(['*', '%'])
}

/// True when the pattern covers the whole name. INBOX has no case.
pub(super) fn matches(pattern: &str, name: &str, delimiter: Option<&str>) -> bool {
    if name.eq_ignore_ascii_case("INBOX") && pattern.eq_ignore_ascii_case("INBOX") {
        return true;
    }
    let delimiter = delimiter.and_then(|d| d.chars().next());
    let pattern: Vec<char> = pattern.chars().collect();
    // Which beginnings of the pattern cover the name so far: linear in both, whatever the pattern.
    let mut open = vec![false; pattern.len() + 1];
    if let Some(first) = open.first_mut() {
        *first = true;
    }
    pass_stars(&pattern, &mut open);
    for c in name.chars() {
        let mut next = vec![false; open.len()];
        for (at, sign) in pattern.iter().enumerate() {
            if open.get(at) != Some(&true) {
                continue;
            }
            let stays = *sign == '*' || (*sign == '%' && Some(c) != delimiter);
            let to = if stays { Some(at) } else { (*sign == c).then_some(at + 1) };
            if let Some(place) = to.and_then(|to| next.get_mut(to)) {
                *place = true;
            }
        }
        open = next;
        pass_stars(&pattern, &mut open);
    }
    open.last() == Some(&true)
}

/// A `*` or `%` covers nothing at all, too.
fn pass_stars(pattern: &[char], open: &mut [bool]) {
    for (at, sign) in pattern.iter().enumerate() {
        if open.get(at) == Some(&true)
            && matches!(sign, '*' | '%')
            && let Some(next) = open.get_mut(at + 1)
        {
            *next = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_levels() {
        for (pattern, name, yes) in [
            ("*", "a/b", true),
            ("%", "a", true),
            ("%", "a/b", false),
            ("a/%", "a/b", true),
            ("a/%", "a/b/c", false),
            ("a/*", "a/b/c", true),
            ("a/*", "a", false),
            ("a*", "a", true),
            ("%/c", "b/c", true),
            ("*c", "a/b/c", true),
            ("a%c", "abc", true),
            ("a%c", "ab/c", false),
            ("inbox", "INBOX", true),
            ("Inbox*", "INBOX", false),
            ("Ärger/*", "Ärger/heute", true),
            ("**%*", "", true),
        ] {
            assert_eq!(matches(pattern, name, Some("/")), yes, "{pattern} {name}");
        }
        assert!(matches("a.%", "a.b/c", Some(".")) && !matches("a.%", "a.b.c", Some(".")));
        assert!(matches("%", "a/b", None));
    }

    #[test]
    fn a_pattern_of_many_stars_takes_no_time() {
        assert!(!matches(&"*a".repeat(200), &"a".repeat(199), None));
        assert!(matches(&"*a".repeat(200), &"a".repeat(2000), None));
    }
}
