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
    let mut tell = |outcome: &Result<Outcome>, next: Option<&Zoned>| {
        match outcome {
            Ok(outcome) if json => println!("{}", report::as_json(outcome, false)),
            Ok(outcome) => report::print(outcome, false),
            Err(e) => eprintln!("postnote: {}", super::printable(&format!("{e:#}"))),
        }
        if let (Some(next), false) = (next, json) {
            println!("next sync at {}", next.strftime("%H:%M:%S"));
        }
    };
    daemon::run(config, state, &scope, &stop, &mut tell).await?;
    eprintln!("postnote: stopped");
    Ok(Ended::Well)
}
