//! `postnote service`: has the system start `postnote run`, or not any more, and says how it fares.

use super::{Ended, Failure, printable};
use crate::config::Config;
use crate::service::{Manager, Place, Service};
use crate::store::presence;
use anyhow::{Context, anyhow};
use clap::{Args, Subcommand};
use directories::BaseDirs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[derive(Debug, Args)]
pub(super) struct ServiceArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Have `postnote run` started now and whenever you log in (systemd, launchd, or a task of Windows)
    Install(InstallArgs),
    /// Stop it, and have it started no more
    Remove,
    /// How it fares
    Status,
}

#[derive(Debug, Args)]
struct InstallArgs {
    /// Write and run nothing: show the file and the commands
    #[arg(long)]
    dry_run: bool,
    /// Write the file, and start nothing
    #[arg(long)]
    no_start: bool,
    /// Replace a service file that is there and says something else
    #[arg(long)]
    force: bool,
    /// systemd only: hand FILE to the service as the credential NAME (the config reads it with
    /// `{ command = 'cat "$CREDENTIALS_DIRECTORY/NAME"' }`)
    #[arg(long, value_name = "NAME:FILE")]
    credential: Vec<String>,
}

pub(super) fn service(config: &Config, config_path: &Path, state: &Path, args: &ServiceArgs) -> Result<Ended, Failure> {
    let credentials = match &args.what {
        What::Install(install) => install.credential.iter().map(|text| credential(text)).collect::<Result<_, _>>()?,
        _ => Vec::new(),
    };
    let manager = Manager::here();
    let service = manager.service(&whereabouts(config_path, credentials)?).map_err(|e| Failure::Usage(anyhow!(e)))?;
    match &args.what {
        What::Install(args) if args.dry_run => Ok(show(&service)),
        What::Install(args) => install(config, &service, args),
        What::Remove => remove(&service),
        What::Status => Ok(status(&service, state)),
    }
}

fn credential(text: &str) -> Result<(String, PathBuf), Failure> {
    let (name, file) = text.split_once(':').ok_or_else(|| {
        Failure::Usage(anyhow!("--credential {text}: write it as NAME:FILE, such as work:/home/me/x"))
    })?;
    let path = std::path::absolute(file).with_context(|| file.to_owned())?;
    Ok((name.to_owned(), path))
}

fn whereabouts(config: &Path, credentials: Vec<(String, PathBuf)>) -> Result<Place, Failure> {
    let base = BaseDirs::new().ok_or_else(|| Failure::Usage(anyhow!("no home folder is known")))?;
    Ok(Place {
        program: std::env::current_exe().context("where this program lies is not known")?,
        config: config.to_owned(),
        home: base.home_dir().to_owned(),
        config_home: base.config_dir().to_owned(),
        credentials,
    })
}

fn show(service: &Service) -> Ended {
    println!("{}:\n", printable(&service.path.display().to_string()));
    println!("{}", String::from_utf8_lossy(&service.bytes).trim_end());
    println!("\nThen:");
    for command in &service.install {
        println!("  {}", command.join(" "));
    }
    Ended::Well
}

fn install(config: &Config, service: &Service, args: &InstallArgs) -> Result<Ended, Failure> {
    // A service that cannot find its vault would fail in the dark.
    crate::vault::Vault::open(&config.vault)?;
    let at = service.path.display().to_string();
    match std::fs::read(&service.path) {
        Ok(bytes) if bytes == service.bytes => println!("{at} is there already"),
        Ok(_) if !args.force => {
            let why = "it is there and says something else: yours, or of another postnote; look at it, and replace it with --force";
            return Err(Failure::Failed(anyhow!("{at}: {why}")));
        }
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(anyhow!("{at} cannot be read: {e}").into()),
        _ => {
            write(service).with_context(|| at.clone())?;
            println!("{at} is written");
        }
    }
    if args.no_start {
        return Ok(Ended::Well);
    }
    for command in &service.install {
        if let Err(e) = run(command) {
            eprintln!("postnote: {e}. The file is in place; once that works: {}", command.join(" "));
            return Ok(Ended::WithProblems);
        }
    }
    println!("postnote runs, and is started when you log in; `postnote service status` says how it fares");
    Ok(Ended::Well)
}

fn write(service: &Service) -> io::Result<()> {
    let folder = service.path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    let mut file = tempfile::Builder::new().prefix(".postnote-").tempfile_in(folder)?;
    io::Write::write_all(&mut file, &service.bytes)?;
    file.persist(&service.path)?;
    Ok(())
}

fn remove(service: &Service) -> Result<Ended, Failure> {
    let at = service.path.display().to_string();
    if !service.path.exists() {
        println!("{at} is not there: nothing to remove");
        return Ok(Ended::Well);
    }
    let mut ended = Ended::Well;
    for command in &service.remove {
        if let Err(e) = run(command) {
            eprintln!("postnote: {e}");
            ended = Ended::WithProblems;
        }
    }
    std::fs::remove_file(&service.path).with_context(|| at.clone())?;
    for command in &service.removed {
        run(command).ok();
    }
    println!("{at} is removed; your notes, config and state are where they were");
    Ok(ended)
}

/// Fails (1) when it does not run.
fn status(service: &Service, state: &Path) -> Ended {
    let at = printable(&service.path.display().to_string());
    match std::fs::read(&service.path) {
        Ok(bytes) if bytes == service.bytes => println!("installed: {at}"),
        Ok(_) => println!("installed: {at} (not as `postnote service install` would write it now)"),
        Err(_) => println!("not installed: {at} is not there; `postnote service install` writes it"),
    }
    if service.path.exists()
        && let Err(e) = told(&service.status)
    {
        eprintln!("postnote: {e}");
    }
    let running = presence::running(state).is_some();
    println!("{}", if running { "postnote run is at work" } else { "postnote run is not at work" });
    if running { Ended::Well } else { Ended::WithProblems }
}

/// Runs it; what it says is shown when it fails.
fn run(command: &[String]) -> Result<(), String> {
    let line = command.join(" ");
    let output = prepared(command).output().map_err(|e| format!("{line}: cannot be run ({e})"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    match output.status.success() {
        true => Ok(()),
        false => Err(format!("{line}: {}", printable(said.trim()))),
    }
}

fn told(command: &[String]) -> Result<(), String> {
    let output = prepared(command).output().map_err(|e| format!("{}: cannot be run ({e})", command.join(" ")))?;
    for bytes in [&output.stdout, &output.stderr] {
        let said = String::from_utf8_lossy(bytes);
        if !said.trim().is_empty() {
            println!("{}", printable(said.trim_end()));
        }
    }
    Ok(())
}

fn prepared(command: &[String]) -> Command {
    let (program, arguments) = command.split_first().map_or(("", &[][..]), |(first, rest)| (first.as_str(), rest));
    let mut prepared = Command::new(program);
    prepared.args(arguments).stdin(Stdio::null());
    prepared
}
