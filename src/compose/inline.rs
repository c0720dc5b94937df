//! What both bodies do with inline Markdown: wikilinks become their text, and links into the vault theirs.

/// Replaces `[[note]]`, `[[note|text]]`, `[[note#part]]` and embeds of notes by their text. Code stays as it is.
pub fn without_wikilinks(markdown: &str) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut fenced = false;
    for line in markdown.split_inclusive('\n') {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        }
        if fenced { out.push_str(line) } else { replace(line, &mut out) }
    }
    out
}

fn replace(line: &str, out: &mut String) {
    let mut rest = line;
    while let Some((before, link)) = rest.split_once("[[") {
        let Some((inner, after)) = link.split_once("]]") else { break };
        let code = before.matches('`').count() % 2 == 1 || inner.contains("[[");
        out.push_str(if code { before } else { before.strip_suffix('!').unwrap_or(before) });
        if code {
            out.push_str("[[");
            rest = link;
            continue;
        }
        let text = match inner.split_once('|') {
            Some((_, alias)) => alias,
            None => inner.rsplit('/').next().unwrap_or(inner).split('#').find(|s| !s.is_empty()).unwrap_or(inner),
        };
        out.push_str(text.trim().strip_suffix(".md").unwrap_or(text.trim()));
        rest = after;
    }
    out.push_str(rest);
}

/// True for a link that leads somewhere for others, too; all else leads into the vault, and its path is nobody's business.
pub(super) fn is_web(url: &str) -> bool {
    let url = url.trim().to_ascii_lowercase();
    ["http://", "https://", "mailto:"].iter().any(|scheme| url.starts_with(scheme))
}
