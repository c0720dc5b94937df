//! When to sync: an interval or a cron line; and spans of time as people write them.

use croner::Cron;
use jiff::{SignedDuration, Span, Zoned};
use std::str::FromStr;

/// When `postnote run` syncs.
#[derive(Debug, Clone)]
pub enum Schedule {
    /// Every so often, at least a second.
    Every(SignedDuration),
    /// At the times of a cron line (five fields, local time).
    Cron(Box<Cron>),
}

impl Schedule {
    pub(super) fn parse(text: &str) -> Result<Schedule, String> {
        let text = text.trim();
        if let Some(rest) = text.strip_prefix("every ") {
            let every = duration(rest)?;
            if every < SignedDuration::from_secs(1) {
                return Err(format!("{text:?} is too often; at least every 1s"));
            }
            return Ok(Schedule::Every(every));
        }
        Cron::from_str(text).map(|cron| Schedule::Cron(Box::new(cron))).map_err(|e| {
            format!("{text:?} is neither like \"every 5m\" nor a cron line like \"*/10 8-18 * * 1-5\" ({e})")
        })
    }

    /// The next time after `now`; `None` when a cron line never comes again.
    pub fn next(&self, now: &Zoned) -> Option<Zoned> {
        match self {
            Schedule::Every(every) => now.checked_add(*every).ok(),
            Schedule::Cron(cron) => cron.find_next_occurrence(now, false).ok(),
        }
    }
}

/// `10s`, `5m`, `2h`, `1d`, `0`, also with spaces and as `1h 30m`.
pub(super) fn duration(text: &str) -> Result<SignedDuration, String> {
    let shape = || format!("{text:?} is no length of time; write it like \"10s\", \"5m\", \"2h\" or \"1d\"");
    if text.trim() == "0" {
        return Ok(SignedDuration::ZERO);
    }
    let span: Span = text.trim().parse().map_err(|_| shape())?;
    let duration = span.to_duration(jiff::SpanRelativeTo::days_are_24_hours()).map_err(|_| shape())?;
    if duration.is_negative() { Err(shape()) } else { Ok(duration) }
}

/// `30d`, `6w`, `3mo`, `1y`, or `all`.
pub(super) fn since(text: &str) -> Result<Option<Span>, String> {
    if text.trim() == "all" {
        return Ok(None);
    }
    match text.trim().parse::<Span>() {
        Ok(span) if !span.is_negative() => Ok(Some(span)),
        _ => Err(format!("{text:?} is no length of time; write it like \"30d\", \"6w\", \"1y\", or \"all\"")),
    }
}
