//! `postnote run`.

use super::{Ended, Failure, RunArgs, report, signals};
use crate::config::Config;
use crate::daemon;
use crate::pass::{Outcome, Scope};
use anyhow::Result;
use jiff::Zoned;
use std::path::Path;

pub(super) async fn run(config: &Config, state: &Path, args: RunArgs) -> Result<Ended, Failure> {
    let stop = signals::stop()?;
    let scope = Scope { account: args.account, ..Scope::default() };
    let json = args.json;
    let mut first = true;
    let mut tell = |outcome: &Result<Outcome>, next: Option<&Zoned>| {
        match outcome {
            Ok(outcome) if json => println!("{}", report::as_json(outcome, false)),
            // After the first pass only what is worth a line is told.
            Ok(outcome) => report::print(outcome, false, !first),
            Err(e) => eprintln!("postnote: {}", super::printable(&format!("{e:#}"))),
        }
        if let (Some(next), true, false) = (next, first, json) {
            println!("running; next sync at {}, Ctrl-C stops", next.strftime("%H:%M:%S"));
        }
        first = false;
    };
    daemon::run(config, state, &scope, &stop, &mut tell).await?;
    eprintln!("postnote: stopped");
    Ok(Ended::Well)
}
