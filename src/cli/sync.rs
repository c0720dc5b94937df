//! `postnote sync` and `postnote send`.

use super::progress::{self, Counted};
use super::{Ended, Failure, SyncArgs, report, signals};
use crate::config::Config;
use crate::inbound::Progress;
use crate::pass::{self, Scope};
use std::path::Path;

pub(super) async fn sync(config: &Config, state: &Path, args: SyncArgs, send_only: bool) -> Result<Ended, Failure> {
    let stop = signals::stop()?;
    let bar = if args.json { None } else { progress::bar(Counted::Messages) };
    let mut on = |progress: Progress| {
        let Some(bar) = &bar else { return };
        match progress {
            // Mailboxes of several accounts are read at a time: what is left is left of all of them.
            Progress::Mailbox { account, mailbox, total } if total > 0 => {
                bar.set_length(bar.length().unwrap_or(0) + total as u64);
                progress::name(bar, &format!("{account} {mailbox}"));
            }
            Progress::Mailbox { .. } => {}
            Progress::Messages(n) => bar.inc(n as u64),
        }
    };
    if !args.dry_run && !send_only {
        super::dashboards::renew(config);
    }
    let scope = Scope { account: args.account, dry_run: args.dry_run, send_only, ..Scope::default() };
    let outcome = pass::run(config, state, &scope, &|| stop.is_asked(), &mut on).await;
    if let Some(bar) = &bar {
        bar.finish_and_clear();
    }
    let outcome = outcome?;
    if args.json {
        println!("{:#}", report::as_json(&outcome, args.dry_run));
    } else {
        report::print(&outcome, args.dry_run, false);
    }
    if stop.is_asked() {
        eprintln!("postnote: stopped; the next sync goes on from here");
    }
    Ok(if outcome.has_problems() || stop.is_asked() { Ended::WithProblems } else { Ended::Well })
}
