//! `postnote run`.

use super::{Ended, Failure, RunArgs, report, signals};
use crate::config::Config;
use crate::daemon::{self, News, Timing};
use crate::pass::Scope;
use std::path::Path;

pub(super) async fn run(config: &Config, state: &Path, args: RunArgs) -> Result<Ended, Failure> {
    let stop = signals::stop()?;
    super::dashboards::renew(config);
    let scope = Scope { account: args.account, ..Scope::default() };
    let json = args.json;
    let mut first = true;
    let mut tell = |news: News<'_>| {
        super::notices::tell(config, &news);
        match news {
            News::Pass(outcome, next) => {
                match outcome {
                    Ok(outcome) if json => println!("{}", report::as_json(outcome, false)),
                    // After the first pass only what is worth a line is told.
                    Ok(outcome) => report::print(outcome, false, !first),
                    Err(e) => eprintln!("postnote: {}", super::printable(&super::words::words(e))),
                }
                if let (Some(next), true, false) = (next, first, json) {
                    println!(
                        "running: new mail and approvals are seen as they come; next sync at {}, Ctrl-C stops",
                        next.strftime("%H:%M:%S")
                    );
                }
                first = false;
            }
            News::Down { account, why } => eprintln!(
                "postnote: {}",
                super::printable(&format!(
                    "account {account:?} is down ({why}); it is tried again now and then, and you hear when it is back"
                ))
            ),
            News::Back { account } => eprintln!("postnote: account {account:?} is back"),
        }
    };
    daemon::run(config, state, &scope, &stop, &Timing::default(), &mut tell).await?;
    eprintln!("postnote: stopped");
    Ok(Ended::Well)
}
