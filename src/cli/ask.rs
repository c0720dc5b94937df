//! Questions on a terminal: plain lines, so that any terminal, of any width, and whatever reads it aloud can show them.
//!
//! An answer is read on a thread of its own: whoever waits for it can stop waiting, as for Ctrl-C, which leaves the
//! terminal as it was ([`Echo`]).

use super::{Failure, printable};
use anyhow::anyhow;
use secrecy::SecretString;
use std::io::{self, BufRead, IsTerminal, Write};
use tokio::sync::oneshot;

/// Wider than this, text is hard to read.
const WIDEST: usize = 88;

/// Whether somebody is there to be asked.
pub(super) fn somebody() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Says it, broken into lines where the terminal ends. `indent`: before each line but the first.
pub(super) fn say_with(indent: &str, text: &str) {
    text.lines().for_each(|line| say_line(indent, line));
}

fn say_line(indent: &str, line: &str) {
    let start: String = line.chars().take_while(|c| *c == ' ').collect();
    println!("{}", wrapped(&start, &printable(line), width(), indent).join("\n"));
}

/// How wide text may be: as the terminal, and no wider than is well read.
fn width() -> usize {
    console::Term::stdout().size_checked().map_or(80, |(_, columns)| usize::from(columns)).clamp(20, WIDEST)
}

/// The same with its first word in a colour (SGR).
pub(super) fn say_coloured(indent: &str, text: &str, word: &str, colour: &str) {
    let rest = text.strip_prefix(word).unwrap_or(text);
    print!("\u{1b}[{colour}m{word}\u{1b}[0m");
    // What follows is broken as if the word stood there: its own width is known.
    let mut lines = rest.lines();
    let first = lines.next().unwrap_or_default();
    let broken = wrapped(word, &printable(first), width(), indent).join("\n");
    println!("{}", broken.strip_prefix(word).unwrap_or(&broken));
    lines.for_each(|line| say_line(indent, line));
}

/// The same without indent.
pub(super) fn say(text: &str) {
    say_with("", text);
}

/// Broken at spaces; a word that is longer than a line, such as an address to open, stays whole, so that it can be copied.
/// `start` stands before the first line, `indent` before each other.
fn wrapped(start: &str, text: &str, width: usize, indent: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = start.to_owned();
    let mut is_empty = true;
    for word in text.split_whitespace() {
        let length = line.chars().count() + usize::from(!is_empty) + word.chars().count();
        if !is_empty && length > width {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line);
    lines
}

/// The answer to a question; what stands in brackets, `default`, is the answer of who only presses Enter.
pub(super) async fn line(question: &str, default: &str) -> Result<String, Failure> {
    let shown = if default.is_empty() { String::new() } else { format!(" [{}]", printable(default)) };
    prompt(&format!("{question}{shown}: "));
    let typed = on_thread(|| {
        let mut line = String::new();
        match std::io::stdin().lock().read_line(&mut line) {
            Ok(0) => Err(Failure::Failed(anyhow!("the input has ended; nothing was written"))),
            Ok(_) => Ok(line),
            Err(e) => Err(Failure::Failed(anyhow!("the answer cannot be read ({e}); nothing was written"))),
        }
    })
    .await?;
    // What arrow keys and their like send where nobody reads them as keys.
    let typed: String = typed.trim().chars().filter(|c| !c.is_control()).collect();
    Ok(if typed.is_empty() { default.to_owned() } else { typed })
}

/// A question whose answer is yes or no.
pub(super) async fn yes(question: &str, default: bool) -> Result<bool, Failure> {
    loop {
        let answer = line(&format!("{question} ({})", if default { "Y/n" } else { "y/N" }), "").await?;
        match answer.to_lowercase().as_str() {
            "" => return Ok(default),
            "y" | "yes" => return Ok(true),
            "n" | "no" => return Ok(false),
            _ => say("Please type y or n."),
        }
    }
}

/// One of several, by its number; `default` is the index of the usual one.
pub(super) async fn choice(question: &str, options: &[&str], default: usize) -> Result<usize, Failure> {
    for (at, option) in options.iter().enumerate() {
        say_with("     ", &format!("  {}. {option}", at + 1));
    }
    loop {
        let answer = line(question, &(default + 1).to_string()).await?;
        match answer.parse::<usize>() {
            Ok(number) if (1..=options.len()).contains(&number) => return Ok(number - 1),
            _ => say(&format!("Please type a number from 1 to {}.", options.len())),
        }
    }
}

/// A secret, which is not shown while it is typed.
pub(super) async fn unseen(question: &str) -> Result<SecretString, Failure> {
    prompt(&format!("{question} (it is not shown): "));
    let typed = on_thread(|| {
        rpassword::read_password().map_err(|e| match e.kind() {
            // It reads Ctrl-C as a key.
            io::ErrorKind::Interrupted => Failure::Stopped,
            io::ErrorKind::UnexpectedEof => Failure::Failed(anyhow!("the input has ended; nothing was written")),
            _ => Failure::Failed(anyhow!("the password cannot be read ({e}); nothing was written")),
        })
    })
    .await?;
    Ok(SecretString::from(typed))
}

fn prompt(text: &str) {
    let mut out = std::io::stdout();
    // The space at its end is lost by the breaking of lines.
    write!(out, "{} ", wrapped("", text, width(), "").join("\n")).and_then(|()| out.flush()).ok();
}

async fn on_thread<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    let (answer, answered) = oneshot::channel();
    std::thread::Builder::new().name("question".to_owned()).spawn(move || answer.send(work()).ok())?;
    match answered.await {
        Ok(result) => result,
        Err(_) => Err(Failure::Failed(anyhow!("the answer cannot be read; nothing was written"))),
    }
}

/// How the terminal was: whoever stops waiting for a secret leaves it showing what is typed.
pub(super) struct Echo(#[cfg(unix)] Option<rustix::termios::Termios>);

impl Echo {
    /// As it is now.
    pub(super) fn now() -> Echo {
        Echo(
            #[cfg(unix)]
            rustix::termios::tcgetattr(std::io::stdin()).ok(),
        )
    }

    /// Makes it so again.
    pub(super) fn restore(&self) {
        #[cfg(unix)]
        if let Some(before) = &self.0 {
            rustix::termios::tcsetattr(std::io::stdin(), rustix::termios::OptionalActions::Now, before).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_where_the_terminal_does() {
        let text = "1 Open https://example.org/a/very/long/address/to/copy and make an app password there";
        let lines = wrapped("  ", text, 30, "     ");
        assert_eq!(lines[0], "  1 Open");
        assert_eq!(lines[1], "     https://example.org/a/very/long/address/to/copy");
        assert!(lines[2..].iter().all(|l| l.chars().count() <= 30 && l.starts_with("     ")), "{lines:?}");
        assert_eq!(wrapped("", "", 30, ""), [""]);
        assert_eq!(wrapped("", "short", 30, ""), ["short"]);
    }
}
