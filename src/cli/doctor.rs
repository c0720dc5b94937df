//! `postnote doctor`: what was found, for people and as JSON.
//!
//! Exit status: 0 nothing is broken (there may be warnings); 1 something is; 2 the config cannot be used.

use super::{Ended, Failure, ask, named, place, screen};
use crate::doctor::{self, Finding, Level};
use clap::Args;
use serde_json::json;
use std::io::IsTerminal;
use std::path::Path;

#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Open no connection: look at files, secrets and the clock alone
    #[arg(long)]
    offline: bool,
    /// As one JSON object
    #[arg(long)]
    json: bool,
}

pub(super) async fn doctor(path: &Path, args: &DoctorArgs) -> Result<Ended, Failure> {
    let config = match place::load(path) {
        Ok(config) => config,
        Err(Failure::Usage(e)) => {
            let fix = match path.exists() {
                true => "mend what is said there; config.example.toml explains every key",
                false => "postnote init writes one",
            };
            show(&[Finding::fault("config", format!("{e:#}"), fix)], args.json);
            return Ok(Ended::WithBadConfig);
        }
        Err(other) => return Err(other),
    };
    if let Some(name) = &args.account {
        named(&config, name)?;
    }
    let state = place::state(&config)?;
    let found = doctor::examine(&config, path, &state, args.account.as_deref(), args.offline).await;
    show(&found, args.json);
    let is_broken = found.iter().any(|f| f.level == Level::Fault);
    Ok(if is_broken { Ended::WithProblems } else { Ended::Well })
}

fn show(found: &[Finding], as_json: bool) {
    let count = |level| found.iter().filter(|f| f.level == level).count();
    let (faults, warnings) = (count(Level::Fault), count(Level::Warning));
    if as_json {
        println!("{:#}", json!({ "ok": faults == 0, "faults": faults, "warnings": warnings, "findings": found }));
        return;
    }
    let colours = std::io::stdout().is_terminal() && screen::colours();
    for finding in found {
        let (word, colour) = match finding.level {
            Level::Ok => ("ok", "32"),
            Level::Note => ("note", "36"),
            Level::Warning => ("warning", "33"),
            Level::Fault => ("FAULT", "31"),
        };
        let about = finding.account.as_deref().map(|a| format!(" {a}")).unwrap_or_default();
        let fix = finding.fix.as_deref().map(|f| format!("\n  to mend it: {f}")).unwrap_or_default();
        let text = format!("{word}: {}{about}: {}{fix}", finding.check, finding.text);
        if colours {
            ask::say_coloured("  ", &text, word, colour);
        } else {
            ask::say_with("  ", &text);
        }
    }
    match (faults, warnings) {
        (0, 0) => ask::say("All is well."),
        (0, 1) => ask::say("Nothing is broken; there is 1 warning."),
        (0, n) => ask::say(&format!("Nothing is broken; there are {n} warnings.")),
        (1, _) => ask::say("1 fault."),
        (n, _) => ask::say(&format!("{n} faults.")),
    }
}
