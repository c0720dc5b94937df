//! Plain text → inert Markdown as a note shows it: wrapped links lead where they say, patches are code, pictures have marks.

use crate::mail::message::Attachment;
use crate::mail::quote::Zone;
use crate::mail::{html, inert, link, picture};

/// What stands above a patch's first hunk.
const HEADS: &[&str] = &[
    "diff ",
    "index ",
    "Index: ",
    "--- ",
    "+++ ",
    "=====",
    "new file ",
    "deleted file ",
    "old mode ",
    "new mode ",
    "rename ",
    "similarity ",
];

/// How the id of a picture between lines begins, which has none of its own.
const BETWEEN: &str = "postnote-picture-";

/// The Markdown; `files` are what came with the mail.
pub(super) fn markdown(text: &str, files: &[Attachment]) -> String {
    let text = link::plain(text);
    let mut out = String::new();
    for (words, patch) in pieces(&text) {
        let words = inert::text(words);
        out.push_str(if out.is_empty() || words.is_empty() { "" } else { "\n\n" });
        out.push_str(&words);
        if !patch.is_empty() {
            let code = html::defused(patch.trim_matches('\n'));
            let ticks = html::fence(&code, 3);
            out.push_str(if out.is_empty() { "" } else { "\n\n" });
            out.push_str(&format!("{ticks}diff\n{code}\n{ticks}"));
        }
    }
    pictured(out, files)
}

/// The text cut into words and the patches below them.
fn pieces(text: &str) -> Vec<(&str, &str)> {
    if !text.contains("@@ -") {
        return vec![(text, "")];
    }
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (mut pieces, mut from, mut at) = (Vec::new(), 0, 0);
    let joined = |from: usize, to: usize| {
        let length = |to: usize| lines.iter().take(to).map(|line| line.len()).sum::<usize>();
        text.get(length(from)..length(to)).unwrap_or_default()
    };
    let is_head = |line: &&&str| HEADS.iter().any(|head| line.starts_with(head));
    while at < lines.len() {
        let Some(hunk) = lines.get(at).and_then(|line| counts(line)) else {
            at += 1;
            continue;
        };
        let above = lines.iter().take(at).skip(from).rev().take_while(is_head).count();
        let start = at - above;
        let mut end = at + 1 + length(lines.get(at + 1..).unwrap_or_default(), hunk);
        while let Some(rest) = lines.get(end..) {
            let heads = rest.iter().take_while(is_head).count();
            let Some(hunk) = rest.get(heads).and_then(|line| counts(line)) else { break };
            end += heads + 1 + length(rest.get(heads + 1..).unwrap_or_default(), hunk);
        }
        pieces.push((joined(from, start), joined(start, end)));
        (from, at) = (end, end);
    }
    pieces.push((joined(from, lines.len()), ""));
    pieces
}

/// How many lines a hunk has of the old and of the new file: `@@ -1,3 +1,4 @@`.
fn counts(line: &str) -> Option<(usize, usize)> {
    let (ranges, _) = line.strip_prefix("@@ -")?.split_once(" @@")?;
    let (old, new) = ranges.split_once(" +")?;
    let count = |range: &str| range.split_once(',').map_or("1", |(_, count)| count).parse().ok();
    Some((count(old)?, count(new)?))
}

/// How many of these lines belong to a hunk of so many.
fn length(lines: &[&str], (mut old, mut new): (usize, usize)) -> usize {
    let mut taken = 0;
    for line in lines {
        let (of_old, of_new) = match line.bytes().next() {
            Some(b'-') => (1, 0),
            Some(b'+') => (0, 1),
            Some(b' ' | b'\n') | None => (1, 1),
            Some(b'\\') => (0, 0),
            Some(_) => break,
        };
        if of_old > old || of_new > new || (old == 0 && new == 0 && of_old + of_new > 0) {
            break;
        }
        (old, new, taken) = (old - of_old, new - of_new, taken + 1);
    }
    taken
}

/// The lines of a text that are shown, with ids of the pictures between them.
pub(super) fn with_pictures(text: &str, zones: &[Zone], pictures: &[(usize, usize)]) -> String {
    let mut out = String::new();
    let mut pictures = pictures.iter().peekable();
    for (number, (line, zone)) in text.split('\n').zip(zones).enumerate() {
        let is_shown = !matches!(zone, Zone::Quoted | Zone::Signature);
        while let Some((_, at)) = pictures.next_if(|(before, _)| *before <= number) {
            if is_shown {
                out.push_str(&format!("\n[cid:{BETWEEN}{at}]\n\n"));
            }
        }
        if is_shown {
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// Text in which a mail program left the ids of pictures (`[cid:…]`), with marks for them.
fn pictured(mut markdown: String, files: &[Attachment]) -> String {
    if !markdown.contains("[cid:") {
        return markdown;
    }
    for (at, file) in files.iter().enumerate().filter(|(_, file)| file.media_type.starts_with("image/")) {
        let between = format!("{BETWEEN}{at}");
        for id in file.content_id.iter().chain([&between]) {
            let written = format!("\\[cid:{id}]");
            if !markdown.contains(&written) {
                continue;
            }
            let icon = picture::is_spacer(file) || picture::is_icon(file);
            let mark = if icon { String::new() } else { picture::mark(at, None, "") };
            markdown = markdown.replace(&written, &mark);
        }
    }
    markdown
}

#[cfg(test)]
mod tests {
    use super::markdown;

    #[test]
    fn patches_are_code() {
        let text = "See:\n\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ fn\n same\n-    old\n+    new `it`\n@@ -9 +9 @@\n-a\n+b\nThanks *all*\n";
        let expect = "See:\n\n```diff\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@ fn\n same\n-    old\n+    new `it`\n@@ -9 +9 @@\n-a\n+b\n```\n\nThanks \\*all\\*";
        assert_eq!(markdown(text, &[]), expect);
        assert_eq!(markdown("@@ -1 +1 @@\n-```\n+<% x %>", &[]), "````diff\n@@ -1 +1 @@\n-```\n+<\u{200b}% x %>\n````");
        assert_eq!(markdown("@@ -x @@\n- a", &[]), "@@ -x @@\n- a");
    }

    #[test]
    fn links_lead_where_they_say() {
        for (text, expect) in [
            (
                "see <https://x.safelinks.protection.outlook.com/?url=https%3A%2F%2Fa.example%2Fb&data=1>.",
                "see <https://a.example/b>.",
            ),
            ("to https://\u{430}pple.example/x now", "to <https://xn--pple-43d.example/x> now"),
            ("https://a.example。次", "https://a.example。次"),
        ] {
            assert_eq!(markdown(text, &[]), expect);
        }
    }
}
