//! `postnote completions`, `man` and `schema`: what shells, `man` and editors want to know. None of it needs a config.

use super::{Cli, Ended, Failure};
use crate::config;
use anyhow::Context;
use clap::{Args, Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};
use std::io::Write;
use std::path::{Path, PathBuf};

/// What stands below `postnote --help`.
pub(super) const AFTER_HELP: &str = "First steps:
  postnote init              asks for your address, and writes the config
  postnote sync --dry-run    says what it would do, and changes nothing
  postnote sync              the last 30 days become notes
  postnote status            what waits for you
  postnote run               stays: new mail and approvals are seen as they come

To send a draft, set `status: approved` at its top and save; `postnote preview DRAFT` shows what would go out.

Exit status: 0 all well; 1 something failed and was reported; 2 the command line or config is wrong;
130 ended at once by a second Ctrl-C.";

#[derive(Debug, Args)]
pub(super) struct CompletionsArgs {
    /// Which shell
    shell: Shell,
}

#[derive(Debug, Args)]
pub(super) struct ManArgs {
    /// Where to write postnote.1, postnote-sync.1 and the others [default: postnote.1 on standard output]
    #[arg(value_name = "FOLDER")]
    folder: Option<PathBuf>,
}

pub(super) fn completions(args: &CompletionsArgs) -> Result<Ended, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "postnote", &mut script);
    printed(&script)
}

pub(super) fn schema() -> Result<Ended, Failure> {
    printed(format!("{:#}\n", config::schema()).as_bytes())
}

pub(super) fn man(args: &ManArgs) -> Result<Ended, Failure> {
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(folder) = &args.folder else { return printed(&page(&command, true)?) };
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    write(folder, "postnote", &page(&command, true)?)?;
    for inner in command.get_subcommands() {
        pages(folder, "postnote", inner)?;
    }
    Ok(Ended::Well)
}

/// A command's page, and those of its own commands.
fn pages(folder: &Path, above: &str, command: &Command) -> Result<(), Failure> {
    let name = format!("{above}-{}", command.get_name());
    // The name of a page has to live as long as the command.
    let shown: &'static str = String::leak(name.clone());
    write(folder, &name, &page(&command.clone().name(shown), false)?)?;
    command.get_subcommands().try_for_each(|inner| pages(folder, &name, inner))
}

fn write(folder: &Path, name: &str, page: &[u8]) -> Result<(), Failure> {
    let path = folder.join(format!("{name}.1"));
    Ok(std::fs::write(&path, page).with_context(|| path.display().to_string())?)
}

/// Whoever stops reading has read enough.
fn printed(bytes: &[u8]) -> Result<Ended, Failure> {
    std::io::stdout().write_all(bytes).ok();
    Ok(Ended::Well)
}

/// `whole`: postnote's own page, with what holds for all commands.
fn page(command: &Command, whole: bool) -> std::io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(command.clone()).manual("postnote").source(concat!("postnote ", env!("CARGO_PKG_VERSION")));
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    man.render_options_section(&mut page)?;
    if command.get_subcommands().next().is_some() {
        man.render_subcommands_section(&mut page)?;
    }
    let mut more = Roff::new();
    let mut list = |title: &str, items: &[(&str, &str)]| {
        more.control("SH", [title]);
        for (what, means) in items {
            more.control("TP", []);
            more.text([bold(*what)]);
            more.text(vec![roman(*means)] as Vec<Inline>);
        }
    };
    list("EXIT STATUS", EXIT);
    if whole {
        list("ENVIRONMENT", ENVIRONMENT);
        list("FILES", FILES);
        more.control("SH", ["SEE ALSO"]);
        more.text([roman("Each command has a page of its own, such as "), bold("postnote-sync"), roman("(1).")]);
    }
    more.to_writer(&mut page)?;
    Ok(page)
}

const EXIT: &[(&str, &str)] = &[
    ("0", "All well."),
    ("1", "Something failed and was reported; the rest went on."),
    ("2", "The command line or the config is wrong; nothing was done."),
    ("130", "Ended at once, by a second Ctrl-C. What was done is durable, and the next run goes on from there."),
];

const ENVIRONMENT: &[(&str, &str)] = &[
    ("POSTNOTE_CONFIG", "The config file, where --config does not name one."),
    ("NO_COLOR", "No colours, if it is not empty."),
    ("COLUMNS", "How wide postnote status may be."),
    ("RUST_LOG", "More of what happens, such as postnote::timing=debug."),
];

const FILES: &[(&str, &str)] = &[
    ("~/.config/postnote/config.toml", "The config on Linux; postnote --help says --config for other places."),
    (
        "~/.local/state/postnote/",
        "The state on Linux, a folder for each vault. It can be deleted: the next sync builds it anew.",
    ),
    ("Outbox/.postnote-ledger.jsonl", "In the vault: what was sent, so that nothing goes twice. Leave it there."),
];
