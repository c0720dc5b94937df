//! `postnote import`.

use super::progress::{self, Counted};
use super::{Ended, Failure, ImportArgs, printable, report, signals};
use crate::config::Config;
use crate::inbound::import::{Imported, Order, Step};
use crate::outbound::Posted;
use crate::pass::{self, Outcome};
use serde_json::json;
use std::path::Path;

pub(super) async fn import(config: &Config, state: &Path, args: ImportArgs) -> Result<Ended, Failure> {
    let ImportArgs { paths, account, sent, drafts, dry_run, json } = args;
    let stop = signals::stop()?;
    let bar = if json { None } else { progress::bar(Counted::Octets) };
    let mut on = |step: Step| {
        let Some(bar) = &bar else { return };
        match step {
            Step::Mailbox(name, octets) => {
                bar.set_length(octets);
                bar.set_position(0);
                progress::name(bar, &name);
            }
            Step::Octets(n) => bar.inc(n),
        }
    };
    let order = Order { paths, account, sent, drafts };
    let imported = pass::import(config, state, &order, dry_run, &|| stop.is_asked(), &mut on).await;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let Imported { pulled, problems, messages, aside, left_out } = imported?;
    let outcome = Outcome {
        pulled: pulled.into_iter().map(|(name, pulled)| (name, Ok(pulled))).collect(),
        posted: Posted { problems, ..Posted::default() },
        ..Outcome::default()
    };
    if json {
        let mut value = report::as_json(&outcome, dry_run);
        if let Some(object) = value.as_object_mut() {
            object.insert("messages".to_owned(), json!(messages));
            object.insert("aside".to_owned(), json!(aside));
            object.insert("left_out".to_owned(), json!(left_out));
        }
        println!("{value:#}");
    } else {
        report::print(&outcome, dry_run, false);
        let plural = if messages == 1 { "message" } else { "messages" };
        match aside {
            0 => println!("{messages} {plural} read"),
            _ => println!("{messages} {plural} read; {aside} left out: drafts, junk, deleted"),
        }
        for what in &left_out {
            println!("left out: {}", printable(what));
        }
    }
    if stop.is_asked() {
        eprintln!("postnote: stopped; the same import goes on from here");
    }
    Ok(if outcome.has_problems() || stop.is_asked() { Ended::WithProblems } else { Ended::Well })
}
