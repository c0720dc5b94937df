//! Obsidian's links in Markdown: `[[note]]`, `[[note|text]]`, `[[note#part]]`, and embeds of all these.

/// Replaces each link outside of code by what `with` makes of it: whether it is an embed, and what stands in the brackets.
pub fn replaced(markdown: &str, with: impl Fn(bool, &str) -> String) -> String {
    let mut out = String::with_capacity(markdown.len());
    let mut fenced = false;
    for line in markdown.split_inclusive('\n') {
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            fenced = !fenced;
        }
        if fenced { out.push_str(line) } else { replace(line, &with, &mut out) }
    }
    out
}

fn replace(line: &str, with: &impl Fn(bool, &str) -> String, out: &mut String) {
    let mut rest = line;
    let mut ticks = 0;
    while let Some((before, link)) = rest.split_once("[[") {
        let Some((inner, after)) = link.split_once("]]") else { break };
        ticks += before.matches('`').count();
        if ticks % 2 == 1 || inner.contains("[[") {
            out.push_str(before);
            out.push_str("[[");
            rest = link;
            continue;
        }
        let embed = before.strip_suffix('!').filter(|before| !before.ends_with('\\'));
        out.push_str(embed.unwrap_or(before));
        out.push_str(&with(embed.is_some(), inner));
        rest = after;
    }
    out.push_str(rest);
}

/// What a link reads as.
pub fn text(inner: &str) -> &str {
    let text = match inner.split_once('|') {
        Some((_, alias)) => alias,
        None => inner.rsplit('/').next().unwrap_or(inner).split('#').find(|s| !s.is_empty()).unwrap_or(inner),
    };
    text.trim().strip_suffix(".md").unwrap_or(text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_outside_of_code_become_their_text() {
        let plain = |markdown: &str| replaced(markdown, |_, inner| text(inner).to_owned());
        for (markdown, expect) in [
            ("see [[Notes/Plan|the plan]] and [[x/Plan#When]]", "see the plan and Plan"),
            ("![[Plan.md]] ![[Plan|p]]", "Plan p"),
            ("`[[a]]` [[b]] `[[c]]` ![[d]]", "`[[a]]` b `[[c]]` d"),
            ("```\n[[a]]\n```\n[[b]]", "```\n[[a]]\n```\nb"),
            ("[[a [[b]]", "[[a b"),
            ("[[open", "[[open"),
        ] {
            assert_eq!(plain(markdown), expect, "{markdown}");
        }
        assert_eq!(replaced("![[a]] [[b]] \\![[c]]", |embed, _| embed.to_string()), "true false \\!false");
    }
}
