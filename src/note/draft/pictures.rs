//! Pictures of the vault in a draft's text: which ones are named, and as what they are shown.
//!
//! `![[picture.png]]` and `![text](path/picture.png)` are one thing in two spellings. What lies elsewhere (`https://…`) is no
//! picture of the vault, and never fetched.

use crate::note::wikilink;
use pulldown_cmark::{Event, Parser, Tag};

/// What is sent as a picture, by the end of its name.
const KINDS: [&str; 7] = ["png", "jpg", "jpeg", "gif", "webp", "svg", "bmp"];

/// The text with Obsidian's embeds of pictures in Markdown's own spelling.
pub fn standard(markdown: &str) -> String {
    wikilink::replaced(markdown, |embed, inner| {
        let (target, alias) = inner.split_once('|').unwrap_or((inner, ""));
        let target = target.trim();
        if embed && is_picture(target) && !target.contains(['<', '>']) {
            return format!("![{}](<{target}>)", alias.trim());
        }
        format!("{}[[{inner}]]", if embed { "!" } else { "" })
    })
}

/// The pictures of the vault that a text shows: as they are written, each once, in order.
pub fn named(markdown: &str) -> Vec<String> {
    let text = standard(markdown);
    let mut found: Vec<String> = Vec::new();
    for event in Parser::new(&text) {
        if let Event::Start(Tag::Image { dest_url, .. }) = event
            && is_picture(&dest_url)
            && !found.iter().any(|known| **known == *dest_url)
        {
            found.push(dest_url.into_string());
        }
    }
    found
}

/// True for a path of the vault that ends as a picture does.
pub fn is_picture(target: &str) -> bool {
    let kind = target.rsplit_once('.').map(|(_, kind)| kind.to_lowercase()).unwrap_or_default();
    !is_elsewhere(target) && KINDS.contains(&kind.as_str())
}

/// True for an address with a scheme (`https:`), or of another host.
fn is_elsewhere(target: &str) -> bool {
    let scheme = target.split_once(':').map(|(scheme, _)| scheme);
    scheme.is_some_and(|s| !s.is_empty() && s.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)))
        || target.starts_with("//")
}

/// The paths that a target may mean, as the vault writes them: as it stands, and with `%20` and the like read.
pub fn spellings(target: &str) -> Vec<String> {
    let plain = target.trim().trim_start_matches("./").trim_start_matches('/').to_owned();
    let decoded = percent_decoded(&plain).filter(|decoded| *decoded != plain);
    [Some(plain), decoded].into_iter().flatten().collect()
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (code, tail) = after.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(code, 16).ok()?);
        rest = tail;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).ok()
}

/// What a picture's brackets say: the words beside it, and how wide it is shown (`300`, `300x200`, `words|300`).
pub fn caption(label: &str) -> (&str, Option<u32>) {
    let width = |text: &str| {
        let (wide, high) = text.trim().split_once('x').unwrap_or((text.trim(), "0"));
        high.parse::<u32>().ok()?;
        wide.parse::<u32>().ok().filter(|w| (1..=10_000).contains(w))
    };
    match label.rsplit_once('|') {
        Some((words, size)) if width(size).is_some() => (words.trim(), width(size)),
        None if width(label).is_some() => ("", width(label)),
        _ => (label.trim(), None),
    }
}

/// The name of a picture's file.
pub fn name(target: &str) -> String {
    let target = spellings(target).pop().unwrap_or_default();
    target.rsplit('/').next().unwrap_or_default().to_owned()
}

/// How a text without pictures names one.
pub fn in_words(label: &str, target: &str) -> String {
    let name = name(target);
    match caption(label).0 {
        "" => format!("[{name}]"),
        words => format!("[{words}: {name}]"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_where_they_show() {
        let text = "![[a.png]] ![[x/b c.JPG|300]] ![c](d%20e.gif \"title\") ![f](<g h.webp>) ![[a.png|again]]\n\
            ![[note]] ![[plan.pdf]] [[i.png]] [j](k.png) ![l](https://example.com/m.png) ![n](//example.com/o.png) ![p](data:image/png,x.png)\n\
            `![[q.png]]` \\![[r.png]] \\!\\[\\[s.png\\]\\]\n\n```\n![[t.png]]\n![u](v.png)\n```\n\n> ![[w.svg]]\n";
        assert_eq!(named(text), ["a.png", "x/b c.JPG", "d%20e.gif", "g h.webp", "w.svg"]);
    }

    #[test]
    fn what_brackets_say() {
        for (label, expect) in [
            ("Plan", ("Plan", None)),
            ("300", ("", Some(300))),
            ("300x200", ("", Some(300))),
            ("Plan|300", ("Plan", Some(300))),
            ("Plan|left", ("Plan|left", None)),
            ("0", ("0", None)),
            ("", ("", None)),
        ] {
            assert_eq!(caption(label), expect, "{label}");
        }
        assert_eq!(in_words("300", "x/a%20b.png"), "[a b.png]");
        assert_eq!(in_words("The quay|300", "a.png"), "[The quay: a.png]");
        assert_eq!(spellings("/x/50%.png"), ["x/50%.png"]);
        assert_eq!(spellings("./a%C3%A4.png"), ["a%C3%A4.png", "aä.png"]);
    }
}
