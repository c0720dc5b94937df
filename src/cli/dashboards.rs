//! `postnote dashboards`: `Mail.md` and `Mail.base`, and the types of properties.

use super::{Ended, Failure, printable};
use crate::config::Config;
use crate::dashboard::{self, Done};
use crate::vault::Vault;
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct DashboardsArgs {
    /// Tell Obsidian, too, which properties are dates, times and lists (.obsidian/types.json); types that you set stay
    #[arg(long)]
    types: bool,
}

pub(super) fn dashboards(config: &Config, args: &DashboardsArgs) -> Result<Ended, Failure> {
    let vault = Vault::open(&config.vault)?;
    for (path, done) in dashboard::write(config, &vault)? {
        let what = match done {
            Done::Made => "written",
            Done::Renewed => "brought up to date",
            Done::Same => "is there, and up to date",
            Done::Theirs => "is there, and you changed it: it stays as it is (delete it to have postnote's again)",
        };
        println!("{}: {what}", printable(path));
    }
    if args.types {
        match dashboard::types(&vault)? {
            0 => println!(".obsidian/types.json: knows all of them"),
            1 => println!(".obsidian/types.json: 1 type added; restart Obsidian to see it"),
            n => println!(".obsidian/types.json: {n} types added; restart Obsidian to see them"),
        }
    }
    Ok(Ended::Well)
}

/// What is as postnote wrote it follows the config. That it could not is no reason not to sync.
pub(super) fn renew(config: &Config) {
    let renewed = Vault::open(&config.vault).map_err(Into::into).and_then(|vault| dashboard::renew(config, &vault));
    if let Err(e) = renewed {
        tracing::debug!("the dashboards stay as they are: {e:#}");
    }
}
