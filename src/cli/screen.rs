//! Where text is shown: how wide that is, and whether it has colours.
//!
//! What enters are lines that are safe to print (see `printable`); what leaves is broken where the terminal ends, with
//! what hangs together below each other. What goes into a file or a pipe is neither broken nor coloured.

use std::io::IsTerminal;

/// Below this nothing sensible can be laid out.
const NARROWEST: usize = 24;

/// How to show things.
#[derive(Debug, Clone, Copy)]
pub(super) struct Screen {
    /// Columns; `None`: as long as a line likes.
    pub(super) width: Option<usize>,
    /// Rows, on a terminal.
    pub(super) rows: Option<usize>,
    colours: bool,
}

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    Heading,
    Alarm,
    Care,
    Faint,
    Plain,
}

impl Screen {
    /// Standard output as it is. `$COLUMNS` says better.
    pub(super) fn of_stdout() -> Screen {
        let terminal = std::io::stdout().is_terminal();
        let size = if terminal { console::Term::stdout().size_checked() } else { None };
        let asked = std::env::var("COLUMNS").ok().and_then(|text| text.trim().parse::<usize>().ok());
        Screen {
            width: asked.or(size.map(|(_, columns)| usize::from(columns))).map(|w| w.max(NARROWEST)),
            rows: size.map(|(rows, _)| usize::from(rows)),
            colours: terminal && colours(),
        }
    }

    /// The text in its tone.
    pub(super) fn paint(&self, tone: Tone, text: &str) -> String {
        let code = match tone {
            _ if !self.colours => return text.to_owned(),
            Tone::Plain => return text.to_owned(),
            Tone::Heading => "1",
            Tone::Alarm => "31",
            Tone::Care => "33",
            Tone::Faint => "2",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// The text, `indent` columns in, and what does not fit two more below it. A line each.
    pub(super) fn lines(&self, indent: usize, tone: Tone, text: &str) -> Vec<String> {
        let [first, rest] = [indent, indent + 2].map(|n| " ".repeat(n));
        let broken = broken(text, self.width.map(|width| (width, first.len(), rest.len())), Long::Cut);
        let begin = std::iter::once(&first).chain(std::iter::repeat(&rest));
        begin.zip(&broken).map(|(begin, line)| format!("{begin}{}", self.paint(tone, line))).collect()
    }

    /// The text in one line, its end left out where it does not fit.
    pub(super) fn line(&self, indent: usize, tone: Tone, text: &str) -> String {
        let room = self.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(2));
        format!("{}{}", " ".repeat(indent), self.paint(tone, &shortened(text, room)))
    }
}

/// Whether colours are wanted at all: <https://no-color.org>, and a terminal that knows them.
pub(super) fn colours() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// What becomes of a word that is longer than a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Long {
    /// It is cut: nothing stands beyond the edge.
    Cut,
    /// It stays whole, so that it can be copied, as an address to open.
    Whole,
}

/// A text broken at its spaces. `room`: the columns of a line, and how many of them are taken on the first one, and on
/// each other; without, it stays one line.
pub(super) fn broken(text: &str, room: Option<(usize, usize, usize)>, long: Long) -> Vec<String> {
    let Some((width, first, rest)) = room else { return vec![text.to_owned()] };
    let room = |is_first: bool| width.saturating_sub(if is_first { first } else { rest }).max(1);
    let mut lines = Vec::new();
    let mut line: Option<String> = None;
    for word in text.split(' ') {
        let mut word = word.to_owned();
        if let Some(line) = &mut line
            && columns(line) + 1 + columns(&word) <= room(lines.is_empty())
        {
            line.push(' ');
            line.push_str(&word);
            continue;
        }
        lines.extend(line.take());
        while long == Long::Cut && columns(&word) > room(lines.is_empty()) {
            let (head, tail) = cut(&word, room(lines.is_empty()));
            lines.push(head);
            word = tail;
        }
        line = Some(word);
    }
    lines.extend(line);
    lines
}

/// How many columns a text takes: wide letters take two, marks on letters none.
fn columns(text: &str) -> usize {
    console::measure_text_width(text)
}

/// The text, its end left out where it takes more columns than that.
pub(super) fn shortened(text: &str, room: usize) -> String {
    if columns(text) <= room { text.to_owned() } else { cut(text, room.saturating_sub(1)).0 + "…" }
}

/// The most that fits, at least one letter, and the rest.
fn cut(text: &str, room: usize) -> (String, String) {
    let mut head = String::new();
    let mut letters = unicode_segmentation::UnicodeSegmentation::graphemes(text, true);
    for letter in letters.by_ref() {
        if !head.is_empty() && columns(&head) + columns(letter) > room {
            return (head, letter.to_owned() + letters.as_str());
        }
        head.push_str(letter);
    }
    (head, String::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn screen(width: usize) -> Screen {
        Screen { width: Some(width), rows: None, colours: false }
    }

    #[test]
    fn lines_end_where_the_screen_does() {
        let text = "Outbox/2026-01-05_Reply-To_Storage-questions.md: failed: 数据库 does not know the recipient";
        for width in [24, 30, 40, 80, 200] {
            let lines = screen(width).lines(2, Tone::Plain, text);
            assert!(lines.iter().all(|line| columns(line) <= width), "{width}: {lines:?}");
            let bare = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            assert_eq!(bare(&lines.concat()), bare(text), "{width}");
            assert!(lines.iter().skip(1).all(|line| line.starts_with("    ")), "{lines:?}");
            assert!(columns(&screen(width).line(4, Tone::Plain, text)) <= width);
        }
        let wide = Screen { width: None, rows: None, colours: false };
        assert_eq!(wide.lines(2, Tone::Alarm, text), [format!("  {text}")]);
        assert_eq!(screen(24).lines(0, Tone::Plain, ""), [""]);
        assert_eq!(shortened("数据库 and more", 8), "数据库 …");
    }

    #[test]
    fn a_long_word_is_cut_or_stays_whole() {
        let text = "1 Open https://example.org/a/very/long/address/to/copy and make an app password";
        let whole = broken(text, Some((30, 2, 5)), Long::Whole);
        assert_eq!(whole[..2], ["1 Open", "https://example.org/a/very/long/address/to/copy"]);
        assert!(whole[2..].iter().all(|line| columns(line) <= 25), "{whole:?}");
        let cut = broken(text, Some((30, 2, 5)), Long::Cut);
        assert_eq!(cut[..2], ["1 Open", "https://example.org/a/ver"]);
        assert!(cut.iter().all(|line| columns(line) <= 28), "{cut:?}");
        assert_eq!(broken(text, None, Long::Cut), [text]);
    }
}
