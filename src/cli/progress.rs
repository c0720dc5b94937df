//! How far a long piece of work is: how much of how much, how fast, and about how long it still takes. On a terminal only,
//! on standard error, in one line that goes away at the end.

use super::screen;
use indicatif::{HumanBytes, HumanDuration, ProgressBar, ProgressState, ProgressStyle};
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::Duration;

/// Where there is less room, the bar itself is left out.
const ROOM_FOR_BAR: usize = 60;

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Counted {
    Messages,
    Octets,
}

/// The line; `None` where nobody could see it.
pub(super) fn bar(counted: Counted) -> Option<ProgressBar> {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_dumb || !std::io::stderr().is_terminal() {
        return None;
    }
    let width = console::Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns));
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template(template(counted, width)) {
        let style = style.with_key("rate", move |state: &ProgressState, out: &mut dyn Write| rate(state, counted, out));
        bar.set_style(style.with_key("left", left));
    }
    // The times go on while a server or a disk takes its own.
    bar.enable_steady_tick(Duration::from_millis(500));
    Some(bar)
}

/// Nothing is said of it before something was done.
fn rate(state: &ProgressState, counted: Counted, out: &mut dyn Write) {
    if state.pos() > 0 {
        match counted {
            Counted::Messages => write!(out, ", {:.0}/s", state.per_sec()).ok(),
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rate is for looking at")]
            Counted::Octets => write!(out, ", {}/s", HumanBytes(state.per_sec() as u64)).ok(),
        };
    }
}

fn left(state: &ProgressState, out: &mut dyn Write) {
    if state.pos() > 0 {
        write!(out, ", {:#} left", HumanDuration(state.eta())).ok();
    }
}

/// What is at work on, as far as there is room for it.
pub(super) fn name(bar: &ProgressBar, text: &str) {
    let width = console::Term::stderr().size_checked().map_or(80, |(_, columns)| usize::from(columns));
    bar.set_message(screen::shortened(&super::printable(text), width / 3));
}

const fn template(counted: Counted, width: usize) -> &'static str {
    match (counted, width >= ROOM_FOR_BAR) {
        (Counted::Messages, true) => "{msg} {wide_bar} {pos}/{len}{rate}{left}",
        (Counted::Messages, false) => "{wide_msg} {pos}/{len}{rate}{left}",
        (Counted::Octets, true) => "{msg} {wide_bar} {bytes}/{total_bytes}{rate}{left}",
        (Counted::Octets, false) => "{wide_msg} {bytes}/{total_bytes}{left}",
    }
}
