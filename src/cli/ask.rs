//! Questions on a terminal: plain lines, so that any terminal, of any width, and whatever reads it aloud can show them.
//!
//! An answer is read on a thread of its own: whoever waits for it can stop waiting, as for Ctrl-C, which leaves the
//! terminal as it was ([`Echo`]).

use super::screen::{Long, Screen, broken};
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
    text.lines().for_each(|line| println!("{}", laid_out(line, indent)));
}

/// The same with its first word in a colour (SGR).
pub(super) fn say_coloured(indent: &str, text: &str, word: &str, colour: &str) {
    for (at, line) in text.lines().enumerate() {
        let shown = laid_out(line, indent);
        match shown.strip_prefix(word).filter(|_| at == 0) {
            Some(rest) => println!("\u{1b}[{colour}m{word}\u{1b}[0m{rest}"),
            None => println!("{shown}"),
        }
    }
}

/// The same without indent.
pub(super) fn say(text: &str) {
    say_with("", text);
}

/// A line and its continuations; spaces that it begins with stay.
fn laid_out(line: &str, indent: &str) -> String {
    // As wide as the terminal, and no wider than is well read; what goes elsewhere is not broken.
    let width = Screen::of_stdout().width.map(|width| width.min(WIDEST));
    let text = line.trim_start_matches(' ');
    let start = line.strip_suffix(text).unwrap_or_default();
    let lines = broken(&printable(text), width.map(|width| (width, start.len(), indent.len())), Long::Whole);
    format!("{start}{}", lines.join(&format!("\n{indent}")))
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
    write!(out, "{} ", laid_out(text.trim_end(), "")).and_then(|()| out.flush()).ok();
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
