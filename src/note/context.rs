//! What the vault knows that bears on a message: excerpts of notes, each with the note that it is from.

use super::frontmatter::{self, FrontmatterError};

/// Excerpts of notes, those that matter most first. Only notes within the owner's scope belong in here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VaultContext {
    /// The excerpts.
    pub excerpts: Vec<Excerpt>,
}

/// A part of a note.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Excerpt {
    /// The note's name, as a wikilink has it.
    pub note: String,
    /// What it says, in plain text.
    pub text: String,
    /// Whom or what it is about, where it is a note about somebody or something.
    pub about: Option<super::entity::Kind>,
}

/// True for a note that its owner keeps to themselves: marked or tagged `confidential`.
pub fn is_confidential(text: &str) -> bool {
    let says = |tag: &str| tag.trim_start_matches('#').split('/').any(|part| part.eq_ignore_ascii_case("confidential"));
    if !text.to_lowercase().contains("confidential") {
        return false;
    }
    let body = match frontmatter::parse(text) {
        Ok((front, body)) => {
            let marked = front.text("confidential").is_some_and(|v| !matches!(v.trim(), "false" | "no"));
            let tagged = ["tags", "tag"].iter().any(|key| front.list(key).unwrap_or_default().iter().any(|t| says(t)));
            if marked || tagged {
                return true;
            }
            body
        }
        // What its owner meant cannot be told.
        Err(FrontmatterError::Missing) => text,
        Err(_) => return true,
    };
    body.split(|c: char| c.is_whitespace() || c == ',').any(|word| word.starts_with('#') && says(word))
}

/// What a note says, in plain text of at most so many characters: whole lines, and of the last one whole sentences.
/// Queries, comments, tasks and what stands under `without` are left out.
pub fn excerpt(text: &str, most: usize, without: &[&str]) -> String {
    let body = frontmatter::body(text);
    let (mut out, mut heading, mut fenced, mut skipped) = (String::new(), None, false, false);
    let mut left = most;
    for line in body.lines().map(str::trim) {
        if line.starts_with("```") || line.starts_with("~~~") {
            fenced = !fenced;
            continue;
        }
        let is_task = line.starts_with("- [") && line.chars().nth(4) == Some(']');
        let live = ["<!--", "-->", "%%", "![[", "*Source:"].iter().any(|mark| line.contains(mark));
        if fenced || live || is_task || line.is_empty() || line == "---" || line.starts_with('|') {
            continue;
        }
        if line.starts_with('#') && line.trim_start_matches('#').starts_with(' ') {
            let title = line.trim_start_matches('#').trim();
            skipped = without.iter().any(|w| w.eq_ignore_ascii_case(title));
            heading = line.starts_with("##").then(|| title.to_owned());
            continue;
        }
        if skipped {
            continue;
        }
        let plain = plain(line);
        let whole = sentences_within(&plain, left);
        if whole.trim().is_empty() {
            break;
        }
        if let Some(title) = heading.take() {
            out.push_str(&format!("{title}:\n"));
        }
        out.push_str(whole.trim_end());
        out.push('\n');
        left = left.saturating_sub(whole.chars().count());
        if whole.len() < plain.len() {
            break;
        }
    }
    out.trim_end().to_owned()
}

/// A line without its Markdown: links are their words, escapes what they stand for.
fn plain(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some((before, link)) = rest.split_once("[[") {
        // An escaped bracket is text.
        if before.ends_with('\\') {
            out.push_str(before);
            out.push_str("[[");
            rest = link;
            continue;
        }
        let (inside, after) = link.split_once("]]").unwrap_or((link, ""));
        // A link to where a line was read says nothing in a text.
        let is_source = after.trim().is_empty() && !before.trim_end_matches(['-', ' ']).is_empty();
        out.push_str(before);
        if !is_source {
            out.push_str(inside.rsplit('|').next().unwrap_or(inside));
        }
        rest = after;
    }
    out.push_str(rest);
    let mut shown = String::with_capacity(out.len());
    let mut chars = out.chars().peekable();
    while let Some(c) = chars.next() {
        let escapes = c == '\\' && chars.peek().is_some_and(char::is_ascii_punctuation);
        if !escapes {
            shown.push(c);
        } else if let Some(next) = chars.next() {
            shown.push(next);
        }
    }
    shown.replace("**", "").trim_end().to_owned()
}

/// As many whole sentences of a line as fit.
fn sentences_within(line: &str, most: usize) -> &str {
    if line.chars().count() <= most {
        return line;
    }
    let mut end = 0;
    let mut chars = line.char_indices().enumerate().peekable();
    while let Some((count, (at, c))) = chars.next() {
        if count >= most {
            break;
        }
        let next = chars.peek().map(|(_, (_, c))| *c);
        let wide = matches!(c, '。' | '！' | '？');
        if wide || matches!(c, '.' | '!' | '?') && next.is_none_or(char::is_whitespace) {
            end = at + c.len_utf8();
        }
    }
    line.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_plain_and_end_where_sentences_end() {
        let note = "---\ntitle: x\n---\n\n# Ada Park\n\n**Email**: ada@example.com\n\n## Key facts\n\n\
                    - 2026-01-05: The shelf holds \\[12\\] crates. It is [[Old Shelf|old]] indeed. [[2026-01-05_x]]\n\n\
                    ```dataview\nTASK\n```\n\n<!-- mine -->\n\n## Open Tasks\n\n- [ ] mine\n";
        assert_eq!(
            excerpt(note, 500, &["Open Tasks"]),
            "Email: ada@example.com\nKey facts:\n- 2026-01-05: The shelf holds [12] crates. It is old indeed."
        );
        assert_eq!(
            excerpt(note, 75, &["Open Tasks"]),
            "Email: ada@example.com\nKey facts:\n- 2026-01-05: The shelf holds [12] crates."
        );
        assert_eq!(excerpt(note, 30, &[]), "Email: ada@example.com");
        assert_eq!(excerpt("", 30, &[]), "");
    }

    #[test]
    fn what_is_confidential() {
        for (note, secret) in [
            ("---\ntags: [a, confidential]\n---\nx", true),
            ("---\ntags: '#Work/Confidential'\n---\nx", true),
            ("---\nconfidential: true\n---\nx", true),
            ("---\nconfidential: false\n---\nx", false),
            ("---\ntitle: Confidential: not\n---\nx", true),
            ("Text #confidential here", true),
            ("This is confidential.", false),
            ("", false),
        ] {
            assert_eq!(is_confidential(note), secret, "{note}");
        }
    }
}
