//! The Markdown of a whole mail → the lines of it that say what the new lines of its text say.
//!
//! Most mail programs write HTML in which nothing tells an answer from what it answers. The text of the same mail is split by
//! what it says, and both have the same words in the same order: each line of Markdown goes with the lines of text that it matches.
//! A fenced block goes or stays whole, so that none is ever left open; no line is changed.

use super::words::{Words, number};
use crate::mail::quote::Zone;

/// So many words of the text may be missing in the Markdown at one place.
const REACH: usize = 40;

/// The lines of Markdown that are shown; `text` has a zone for each of its lines.
pub(super) fn shown(markdown: &str, text: &str, zones: &[Zone]) -> String {
    let mut words: Vec<(u64, bool)> = Vec::new();
    for (line, zone) in text.split('\n').zip(zones) {
        let shown = !matches!(zone, Zone::Quoted | Zone::Signature);
        words.extend(Words::of(line).map(|word| (number(word), shown)));
    }
    let mut rest = words.as_slice();
    let mut out = String::new();
    let mut keep = true;
    // Blank lines and rules go with what is on both sides of them.
    let mut between = String::new();
    for unit in units(markdown) {
        let (mut shown, mut hidden, mut wordless) = (0_usize, 0_usize, true);
        for word in Words::of(unit).map(number) {
            wordless = false;
            let Some(at) = rest.iter().take(REACH).position(|(other, _)| *other == word) else { continue };
            match rest.get(at) {
                Some((_, true)) => shown += 1,
                _ => hidden += 1,
            }
            rest = rest.get(at + 1..).unwrap_or_default();
        }
        if wordless {
            between.push_str(unit);
            continue;
        }
        let before = keep;
        if shown + hidden > 0 {
            keep = shown >= hidden;
        }
        if keep {
            out.push_str(if before { &between } else { "\n" });
            out.push_str(unit);
        }
        between.clear();
    }
    if keep {
        out.push_str(&between);
    }
    out.truncate(out.trim_end().len());
    out.drain(..out.len() - out.trim_start_matches('\n').len());
    out
}

/// The lines, with their ends; a fenced block is one.
fn units(markdown: &str) -> impl Iterator<Item = &str> {
    let mut rest = markdown;
    std::iter::from_fn(move || {
        let mut end = line_end(rest)?;
        let fence = rest.get(..end).and_then(fence);
        while let Some(fence) = fence {
            let Some(more) = rest.get(end..).and_then(line_end) else { break };
            let closes = rest.get(end..end + more).is_some_and(|line| is_end(line, fence));
            end += more;
            if closes {
                break;
            }
        }
        let (unit, after) = rest.split_at_checked(end)?;
        rest = after;
        Some(unit)
    })
}

/// Where the first line ends; `None` when there is none.
fn line_end(text: &str) -> Option<usize> {
    (!text.is_empty()).then(|| memchr::memchr(b'\n', text.as_bytes()).map_or(text.len(), |at| at + 1))
}

/// The ticks that open a block in this line, after marks of quotes and lists.
fn fence(line: &str) -> Option<&str> {
    let line = line.trim_start_matches(|c: char| c.is_ascii_digit() || ">-. ".contains(c));
    let ticks = line.len() - line.trim_start_matches('`').len();
    line.get(..ticks).filter(|ticks| ticks.len() > 2)
}

fn is_end(line: &str, fence: &str) -> bool {
    line.trim_start_matches(['>', ' ']).trim_end() == fence
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(markdown: &str, text: &str, zones: &str, expect: &str) {
        let zones: Vec<Zone> = zones.chars().map(|c| if c == 'Q' { Zone::Quoted } else { Zone::New }).collect();
        assert_eq!(shown(markdown, text, &zones), expect, "{markdown}");
    }

    #[test]
    fn lines_go_with_their_words() {
        check(
            "**Yes**, *please*.\n\n**From:** Ada\nshall we?",
            "Yes, please.\n\nFrom: Ada\nshall we?",
            "NNQQ",
            "**Yes**, *please*.",
        );
        check("> one?\n\nyes\n\n> two?", "> one?\nyes\n> two?", "QNQ", "yes");
        check("a [b](https://c.example/d) e", "a b <https://c.example/d> e", "N", "a [b](https://c.example/d) e");
        check("", "a", "N", "");
    }

    #[test]
    fn fenced_blocks_are_whole() {
        let code = "see\n\n```\nold code\nnew words\nold line\n```\n\nend";
        check(code, "see\nold code\nnew words\nold line\nend", "NQNQN", "see\n\nend");
        check("- ```\n  a\n  ```\nb", "a\nb", "QN", "b");
        check("```\nnever closed\nb", "never closed\nb", "QN", "");
    }
}
