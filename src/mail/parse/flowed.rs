//! format=flowed (RFC 3676): lines that a mail program wrapped become paragraphs again.

/// Joins flowed lines; `del_sp` says that the space at their ends was put there for wrapping alone.
pub(super) fn unwrap(text: &str, del_sp: bool) -> String {
    let mut out = String::with_capacity(text.len());
    // The quote depth of the paragraph that goes on in the next line.
    let mut open: Option<usize> = None;
    for line in text.split('\n') {
        let line = line.strip_suffix('\r').unwrap_or(line);
        let content = line.trim_start_matches('>');
        let depth = line.len() - content.len();
        let content = content.strip_prefix(' ').unwrap_or(content);
        let is_signature = content == "-- ";
        if open != Some(depth) || is_signature {
            if open.is_some() {
                out.truncate(out.trim_end_matches(' ').len());
                out.push('\n');
            }
            if depth > 0 {
                out.push_str(&">".repeat(depth));
                out.push(' ');
            }
        }
        let flowed = content.ends_with(' ') && !is_signature;
        match content.strip_suffix(' ') {
            Some(short) if flowed && del_sp => out.push_str(short),
            _ => out.push_str(content),
        }
        open = flowed.then_some(depth);
        if !flowed {
            out.push('\n');
        }
    }
    if open.is_none() {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::unwrap;

    #[test]
    fn paragraphs_are_joined() {
        for (text, del_sp, expect) in [
            ("one \ntwo\nthree", false, "one two\nthree"),
            ("one \r\ntwo\r\n", false, "one two\n"),
            ("日本 \n語", true, "日本語"),
            ("> a \n> b\nc \n> d", false, "> a b\nc\n> d"),
            (" From me\n >x", false, "From me\n>x"),
            ("text \n-- \nme", false, "text\n-- \nme"),
            (">> a \n> b", false, ">> a\n> b"),
            ("", false, ""),
        ] {
            assert_eq!(unwrap(text, del_sp), expect, "{text:?}");
        }
    }
}
