//! The command line: one file a command; the only place that prints.
//!
//! Exit status: 0 all well; 1 something failed and was reported; 2 the command line or config is wrong.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "the one place that prints")]

/// As the standard library's, but into the log file where there is one, and without a panic when nobody reads any more
/// (`postnote status | head`): nothing is left to save by then. For the modules below.
macro_rules! println {
    ($($text:tt)*) => { crate::cli::log::out(format_args!($($text)*)) };
}
macro_rules! eprintln {
    ($($text:tt)*) => { crate::cli::log::err(format_args!($($text)*)) };
}

mod ask;
mod dashboards;
mod doctor;
mod draft;
mod import;
mod init;
mod log;
mod login;
mod notices;
mod place;
mod preview;
mod progress;
mod report;
mod run;
mod screen;
mod service;
mod signals;
mod status;
mod sync;
mod tools;
mod words;

use crate::config::{Account, Config};
use crate::mail::inert;
use clap::{Args, Parser, Subcommand};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Your mailbox as notes, your approvals as mail.
///
/// postnote pulls new mail over IMAP into notes of a Markdown vault and drafts replies beside them. Set `status:
/// approved` in a draft's frontmatter, and the next sync sends it, once.
#[derive(Debug, Parser)]
#[command(name = "postnote", version, max_term_width = 100, after_help = tools::AFTER_HELP)]
struct Cli {
    /// The config file [default: config.toml in the platform's config folder for postnote]
    #[arg(long, global = true, value_name = "PATH", env = "POSTNOTE_CONFIG")]
    config: Option<PathBuf>,
    /// Say more about what happens, on standard error; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Set up an account: finds the servers, tries both logins, writes the config; run again, it adds an account
    #[command(
        after_help = "Exit status: 0 it is set up; 1 something failed; 2 the flags, or a config that is there, are wrong; \
                      130 you stopped it."
    )]
    Init(Box<init::InitArgs>),
    /// One pass: pull new mail, write notes, then send what is approved
    Sync(SyncArgs),
    /// Send what is approved, without pulling
    Send(SyncArgs),
    /// Take mail in from files: .eml, mbox, Maildir, or folders of them
    Import(ImportArgs),
    /// Stay, see new mail and approvals as they come, and sync on schedule, until Ctrl-C or SIGTERM
    Run(RunArgs),
    /// Accounts, last syncs, drafts by status, the outbox, and what needs attention
    Status(status::StatusArgs),
    /// Look at everything that a sync needs: config, secrets, servers, vault, model, clock; say what mends each fault
    #[command(
        after_help = "Exit status: 0 nothing is broken (there may be warnings); 1 something is; 2 the config cannot be used."
    )]
    Doctor(doctor::DoctorArgs),
    /// Draft a reply to the mail of a source note, an answer to its invitation, or a forward
    Draft(draft::DraftArgs),
    /// The exact message that approving this draft would send
    Preview(preview::PreviewArgs),
    /// Write Mail.md and Mail.base into the vault: drafts to approve, what needs attention, tasks
    Dashboards(dashboards::DashboardsArgs),
    /// Have the system start `postnote run`, or not any more
    Service(service::ServiceArgs),
    /// Print the completions for a shell
    Completions(tools::CompletionsArgs),
    /// Print the manual page, or write those of all commands into a folder
    Man(tools::ManArgs),
    /// Print a JSON schema of the config, for editors
    Schema,
    /// Keep an account's password in the keyring, or sign in at its provider (auth.oauth2)
    Login(LoginArgs),
    /// Remove an account's password from the keyring, or sign out
    Logout(AccountArg),
}

#[derive(Debug, Args)]
struct SyncArgs {
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Change nothing at all, in the vault, the state or on the server; say what would be done
    #[arg(long)]
    dry_run: bool,
    /// The outcome as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct ImportArgs {
    /// Messages (.eml), mailboxes (mbox, Maildir), or folders that hold such
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// The account that all of it belongs to [default: the one that each message is addressed to]
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// All of it is mail that you sent [default: what lies in a mailbox called Sent, or as imap.sent says]
    #[arg(long)]
    sent: bool,
    /// Draft replies, too, to what asks for one and was not answered
    #[arg(long)]
    drafts: bool,
    /// Change nothing at all; say what would be done
    #[arg(long)]
    dry_run: bool,
    /// The outcome as one JSON object
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Only this account
    #[arg(long, value_name = "NAME")]
    account: Option<String>,
    /// Each pass's outcome as one line of JSON
    #[arg(long)]
    json: bool,
    /// Say everything into this file; at 5 MB it is put aside, and three old ones are kept
    #[arg(long, value_name = "PATH")]
    log_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct LoginArgs {
    /// The account's name in the config
    account: String,
    /// With auth.oauth2: sign in by a code that is typed in a browser on any device
    #[arg(long)]
    device: bool,
    /// With auth.oauth2: whether to open a browser for you
    #[arg(long, value_name = "WHEN", value_enum, default_value_t)]
    browser: login::Browser,
}

#[derive(Debug, Args)]
struct AccountArg {
    /// The account's name in the config
    account: String,
}

/// A failure and the exit status that it ends with.
#[derive(Debug)]
enum Failure {
    /// Something failed and is reported with this.
    Failed(anyhow::Error),
    /// The command line or config is wrong.
    Usage(anyhow::Error),
    /// Its owner stopped it before anything was done.
    Stopped,
}

impl<E: Into<anyhow::Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Failure::Failed(error.into())
    }
}

/// Whether everything went well, for the exit status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ended {
    Well,
    WithProblems,
    /// Reported already, too.
    WithBadConfig,
}

/// Runs the command line.
pub fn run(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(e) => {
            e.print().ok();
            return ExitCode::from(if e.use_stderr() { 2 } else { 0 });
        }
    };
    if let Command::Run(RunArgs { log_file: Some(path), .. }) = &cli.command
        && let Err(e) = log::into_file(path)
    {
        eprintln!("postnote: {} cannot be written ({e}); name another file with --log-file", path.display());
        return ExitCode::from(2);
    }
    log::begin(cli.verbose);
    match dispatch(cli) {
        Ok(Ended::Well) => ExitCode::SUCCESS,
        Ok(Ended::WithProblems) => ExitCode::from(1),
        Ok(Ended::WithBadConfig) => ExitCode::from(2),
        Err(Failure::Failed(e)) => {
            eprintln!("postnote: {}", printable(&words::words(&e)));
            ExitCode::from(1)
        }
        Err(Failure::Usage(e)) => {
            eprintln!("postnote: {}", printable(&words::words(&e)));
            ExitCode::from(2)
        }
        Err(Failure::Stopped) => {
            eprintln!("\npostnote: stopped; nothing was written");
            // 128 + SIGINT, as a shell would say it.
            ExitCode::from(130)
        }
    }
}

fn dispatch(cli: Cli) -> Result<Ended, Failure> {
    // These need no config.
    match &cli.command {
        Command::Completions(args) => return tools::completions(args),
        Command::Man(args) => return tools::man(args),
        Command::Schema => return tools::schema(),
        _ => {}
    }
    let place = place::find(cli.config)?;
    let runtime = tokio::runtime::Runtime::new()?;
    match cli.command {
        Command::Init(args) => runtime.block_on(init::init(&place, &args)),
        Command::Doctor(args) => runtime.block_on(doctor::doctor(&place, &args)),
        command => with_config(command, &place, &runtime),
    }
}

/// What needs a config that can be used.
fn with_config(command: Command, place: &Path, runtime: &tokio::runtime::Runtime) -> Result<Ended, Failure> {
    let config = place::load(place)?;
    let state = place::state(&config)?;
    match command {
        Command::Init(args) => runtime.block_on(init::init(place, &args)),
        Command::Doctor(args) => runtime.block_on(doctor::doctor(place, &args)),
        Command::Sync(args) => runtime.block_on(sync::sync(&config, &state, known(&config, args)?, false)),
        Command::Send(args) => runtime.block_on(sync::sync(&config, &state, known(&config, args)?, true)),
        Command::Import(args) => {
            account(&config, args.account.as_deref())?;
            runtime.block_on(import::import(&config, &state, args))
        }
        Command::Run(args) => {
            account(&config, args.account.as_deref())?;
            runtime.block_on(run::run(&config, &state, args))
        }
        Command::Status(args) => {
            account(&config, args.account.as_deref())?;
            runtime.block_on(status::status(&config, &state, &args))
        }
        Command::Draft(args) => runtime.block_on(draft::draft(&config, &state, &args)),
        Command::Preview(args) => preview::preview(&config, &state, &args),
        Command::Service(args) => service::service(&config, place, &state, &args),
        Command::Dashboards(args) => dashboards::dashboards(&config, &args),
        Command::Completions(_) | Command::Man(_) | Command::Schema => Ok(Ended::Well),
        Command::Login(args) => {
            let account = named(&config, &args.account)?;
            runtime.block_on(login::login(account, &args))
        }
        Command::Logout(args) => {
            let account = named(&config, &args.account)?;
            runtime.block_on(login::logout(account))
        }
    }
}

fn known(config: &Config, args: SyncArgs) -> Result<SyncArgs, Failure> {
    account(config, args.account.as_deref())?;
    Ok(args)
}

fn account(config: &Config, name: Option<&str>) -> Result<(), Failure> {
    name.map_or(Ok(()), |name| named(config, name).map(drop))
}

fn named<'a>(config: &'a Config, name: &str) -> Result<&'a Account, Failure> {
    config.account(name).ok_or_else(|| {
        let names: Vec<_> = config.accounts.iter().map(|a| a.name.as_str()).collect();
        Failure::Usage(anyhow::anyhow!("no account is named {name:?}; the config has {}", names.join(", ")))
    })
}

/// Text that may come from a mail or a server, safe for a terminal.
fn printable(text: &str) -> String {
    text.lines().map(inert::terminal).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests;
