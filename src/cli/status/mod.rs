//! `postnote status`: what needs attention, what waits for approval, and how each account fares.
//!
//! - `gather`: vault and state → a report
//! - `show`: the report → lines
//! - this file: once, or again and again

mod gather;
mod show;

use super::screen::Screen;
use super::{Ended, Failure, signals};
use crate::config::Config;
use crate::pass::{self, now};
use clap::Args;
use gather::Report;
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

/// How often `--watch` looks.
const EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    /// Only this account
    #[arg(long, value_name = "NAME")]
    pub(super) account: Option<String>,
    /// As one JSON object; with --watch one a line, whenever something has changed
    #[arg(long)]
    json: bool,
    /// Stay, and show it anew when something changes, until Ctrl-C
    #[arg(short, long)]
    watch: bool,
}

pub(super) async fn status(config: &Config, state: &Path, args: &StatusArgs) -> Result<Ended, Failure> {
    if args.watch {
        return watch(config, state, args).await;
    }
    let report = gathered(config, state, args)?;
    if args.json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        println!("{}", show::lines(&report, &now(), &Screen::of_stdout()).join("\n"));
    }
    Ok(Ended::Well)
}

fn gathered(config: &Config, state: &Path, args: &StatusArgs) -> Result<Report, Failure> {
    let desk = pass::look(config, state)?;
    Ok(gather::gather(config, state, &desk, args.account.as_deref())?)
}

async fn watch(config: &Config, state: &Path, args: &StatusArgs) -> Result<Ended, Failure> {
    let stop = signals::stop()?;
    let on_screen = std::io::stdout().is_terminal() && !args.json;
    let mut out = std::io::stdout();
    let mut before = String::new();
    // What cannot be had at the start is an error; later it may come back.
    let mut report = Ok(gathered(config, state, args)?);
    if on_screen {
        out.write_all(b"\x1b[2J")?;
    }
    while !stop.is_asked() {
        let (shown, news) = match &report {
            // From the top, each line's rest away, and what was below: nothing flickers.
            Ok(report) if on_screen => (format!("\x1b[H{}\x1b[K\x1b[J", page(report).replace('\n', "\x1b[K\n")), None),
            Ok(report) => {
                let news = serde_json::to_string(report)?;
                // Times that pass are no news.
                let lines = || show::lines(report, &now(), &Screen::of_stdout()).join("\n") + "\n\n";
                (if args.json { format!("{news}\n") } else { lines() }, Some(news))
            }
            Err(Failure::Stopped) => return Ok(Ended::Well),
            Err(Failure::Failed(e) | Failure::Usage(e)) => {
                let said = format!("postnote: {}", super::printable(&super::words::words(e)));
                (if on_screen { format!("\x1b[H\x1b[J{said}") } else { String::new() }, Some(said))
            }
        };
        if news.as_ref().is_none_or(|news| *news != before) {
            // Nobody reads any more.
            if out.write_all(shown.as_bytes()).and_then(|()| out.flush()).is_err() {
                return Ok(Ended::Well);
            }
            if let (Err(_), Some(news), false) = (&report, &news, on_screen) {
                eprintln!("{news}");
            }
            before = news.unwrap_or_default();
        }
        tokio::select! {
            () = tokio::time::sleep(EVERY) => {}
            () = stop.asked() => {}
        }
        report = gathered(config, state, args);
    }
    if on_screen {
        println!("");
    }
    Ok(Ended::Well)
}

/// As much as the terminal has rows for.
fn page(report: &Report) -> String {
    let screen = Screen::of_stdout();
    let now = now();
    let mut lines = show::lines(report, &now, &screen);
    let room = screen.rows.unwrap_or(24).saturating_sub(2).max(1);
    if lines.len() > room {
        lines.truncate(room.saturating_sub(1));
        lines.push("…".to_owned());
    }
    lines.push(screen.line(0, super::screen::Tone::Faint, &format!("{}, Ctrl-C ends", now.strftime("%H:%M:%S"))));
    lines.join("\n")
}
