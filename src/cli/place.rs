//! Where config and state are: the environment's part of the config.

use super::Failure;
use crate::config::Config;
use crate::mail::hash::short;
use anyhow::{Context, anyhow};
use directories::{BaseDirs, ProjectDirs};
use std::path::{Path, PathBuf};

fn project() -> Result<ProjectDirs, Failure> {
    ProjectDirs::from("", "", "postnote")
        .ok_or_else(|| Failure::Usage(anyhow!("no home folder is known; name the config with --config PATH")))
}

/// The config file's path, absolute.
pub(super) fn find(given: Option<PathBuf>) -> Result<PathBuf, Failure> {
    let path = match given {
        Some(path) => path,
        None => project()?.config_dir().join("config.toml"),
    };
    Ok(std::path::absolute(&path).with_context(|| path.display().to_string())?)
}

/// The home folder; empty where there is none.
pub(super) fn home() -> PathBuf {
    BaseDirs::new().map(|b| b.home_dir().to_owned()).unwrap_or_default()
}

/// What a command line needs so that it means this config: nothing where it is the usual one.
pub(super) fn flag(path: &Path) -> String {
    match find(std::env::var_os("POSTNOTE_CONFIG").map(PathBuf::from)) {
        Ok(usual) if usual == path => String::new(),
        _ => format!(" --config {}", path.display()),
    }
}

/// Reads the config.
pub(super) fn load(path: &Path) -> Result<Config, Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let hint = "`postnote init` writes one; or name yours with --config PATH";
        Failure::Usage(anyhow!("the config {} cannot be read ({e}); {hint}", path.display()))
    })?;
    let home = home();
    let base = path.parent().unwrap_or(Path::new("/"));
    Config::parse(&text, &home, base).map_err(|e| Failure::Usage(anyhow!("the config {}: {e}", path.display())))
}

/// The state folder: as configured, else one for each vault in the platform's place.
pub(super) fn state(config: &Config) -> Result<PathBuf, Failure> {
    if let Some(state) = &config.state {
        return Ok(state.clone());
    }
    let project = project()?;
    let base = project.state_dir().unwrap_or_else(|| project.data_local_dir());
    // The same vault by another way is the same vault.
    let vault = std::fs::canonicalize(&config.vault).unwrap_or_else(|_| config.vault.clone());
    let name = vault.file_name().map(|n| crate::mail::file_name::slug(&n.to_string_lossy(), 40)).unwrap_or_default();
    Ok(base.join(format!("{name}-{}", short(vault.to_string_lossy().as_bytes(), 8))))
}
