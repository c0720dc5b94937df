//! text/enriched and text/richtext (RFC 1896, RFC 1341) → plain text: commands go, words stay.

use crate::mail::clean;

/// The longest name (RFC 1896 §3).
const MAX_COMMAND: usize = 60;

/// The text without its commands.
pub(super) fn to_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    // What was looked for once and not found is not there.
    let mut endless = Vec::new();
    while let Some((before, tail)) = rest.split_once('<') {
        out.push_str(before);
        rest = tail;
        if let Some(after) = rest.strip_prefix('<') {
            out.push('<');
            rest = after;
            continue;
        }
        let command = clean::prefix(rest, MAX_COMMAND + 2).split_once('>').filter(|(name, _)| is_command(name));
        let Some((name, _)) = command else {
            out.push('<');
            continue;
        };
        rest = rest.get(name.len() + 1..).unwrap_or_default();
        match name.to_ascii_lowercase().as_str() {
            "nl" | "np" | "/paragraph" => out.push('\n'),
            "lt" => out.push('<'),
            // What stands between is no text.
            "param" | "comment" if !endless.contains(&name) => {
                let end = format!("</{name}>");
                match rest.split_once(end.as_str()) {
                    Some((_, after)) => rest = after,
                    None => endless.push(name),
                }
            }
            _ => {}
        }
    }
    out.push_str(rest);
    out
}

fn is_command(name: &str) -> bool {
    let bare = name.strip_prefix('/').unwrap_or(name);
    (1..=MAX_COMMAND).contains(&bare.len())
        && bare.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::to_text;

    #[test]
    fn commands_go_and_words_stay() {
        for (text, expect) in [
            ("<bold>Now</bold> is <italic>the</italic> time", "Now is the time"),
            ("a << b <lt> c", "a < b < c"),
            ("<color><param>red</param>word</color>", "word"),
            ("one<nl>two", "one\ntwo"),
            ("1 < 2 > 0", "1 < 2 > 0"),
            ("open <", "open <"),
        ] {
            assert_eq!(to_text(text), expect);
        }
    }
}
