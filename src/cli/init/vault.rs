//! Which vault: one that Obsidian knows, or a folder that the person names.

use super::Desk;
use crate::cli::{Failure, ask};
use crate::setup::{obsidian, written};
use anyhow::anyhow;
use directories::BaseDirs;
use std::path::{Path, PathBuf};

/// The vault's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Absolute.
    pub(super) path: PathBuf,
    /// It is not there yet.
    pub(super) is_new: bool,
}

pub(super) async fn choose(desk: &Desk<'_>) -> Result<Place, Failure> {
    if let Some(given) = &desk.args.vault {
        return match judge(given, &desk.home, desk.args.create_vault) {
            Ok(place) => Ok(place),
            Err(problem) if !desk.asks => Err(Failure::Failed(anyhow!("{}", problem.0))),
            Err(problem) => {
                ask::say(&format!("{}.", problem.0));
                asked(desk, &[]).await
            }
        };
    }
    let config = BaseDirs::new().map(|b| b.config_dir().to_owned()).unwrap_or_default();
    let known = obsidian::find(&obsidian::places(&desk.home, &config));
    match (desk.asks, known.as_slice()) {
        (true, known) => asked(desk, known).await,
        (false, [only]) => {
            println!("The vault is {}, the one that Obsidian knows.", desk.shown(only));
            judge(only, &desk.home, false).map_err(|p| Failure::Failed(anyhow!("{}", p.0)))
        }
        (false, _) => Err(Failure::Usage(anyhow!(
            "which vault? Name its folder: --vault DIR (with --create-vault, it is made if it is not there)"
        ))),
    }
}

async fn asked(desk: &Desk<'_>, known: &[PathBuf]) -> Result<Place, Failure> {
    if known.is_empty() {
        ask::say("Your notes: the folder of your vault (Obsidian's, or any folder of Markdown files).");
    } else {
        ask::say("Your notes. Obsidian knows these vaults:");
        for (at, vault) in known.iter().enumerate() {
            ask::say_with("     ", &format!("  {}. {}", at + 1, desk.shown(vault)));
        }
    }
    let (question, default) = match known.first() {
        Some(_) => ("Which one? A number, or the path of another folder", "1"),
        None => ("The vault's folder", "~/Notes"),
    };
    loop {
        let answer = ask::line(question, default).await?;
        let number = answer.parse::<usize>().ok().and_then(|n| known.get(n.checked_sub(1)?));
        let path = number.cloned().unwrap_or_else(|| PathBuf::from(&answer));
        match judge(&path, &desk.home, false) {
            Ok(place) => return Ok(place),
            Err(Problem(text, Kind::Missing)) => {
                if ask::yes(&format!("{text}. Make it?"), true).await? {
                    match judge(&path, &desk.home, true) {
                        Ok(place) => return Ok(place),
                        Err(problem) => ask::say(&format!("{}.", problem.0)),
                    }
                }
            }
            Err(Problem(text, Kind::Other)) => ask::say(&format!("{text}.")),
        }
    }
}

/// Why a folder will not do, in words without a full stop.
#[derive(Debug, PartialEq, Eq)]
struct Problem(String, Kind);

#[derive(Debug, PartialEq, Eq)]
enum Kind {
    Missing,
    Other,
}

/// Whether notes can be written there.
fn judge(path: &Path, home: &Path, may_make: bool) -> Result<Place, Problem> {
    let path = match path.strip_prefix("~") {
        Ok(rest) => home.join(rest),
        Err(_) => std::path::absolute(path).unwrap_or_else(|_| path.to_owned()),
    };
    let shown = written::shown(&path, home);
    let writable = |folder: &Path| {
        written::is_writable(folder).map_err(|e| {
            let why = written::in_words(&e);
            let text = format!(
                "{} cannot be written to ({why}); make it writable, or name another folder",
                written::shown(folder, home)
            );
            Problem(text, Kind::Other)
        })
    };
    if path.is_dir() {
        writable(&path)?;
        return Ok(Place { path, is_new: false });
    }
    if path.symlink_metadata().is_ok() {
        return Err(Problem(format!("{shown} is no folder; name another"), Kind::Other));
    }
    if !may_make {
        return Err(Problem(format!("{shown} is not there"), Kind::Missing));
    }
    if let Some(above) = written::nearest_folder(&path) {
        writable(&above)?;
    }
    Ok(Place { path, is_new: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_can_be_written_to() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path();
        std::fs::create_dir(home.join("Notes")).unwrap();
        std::fs::write(home.join("file"), "").unwrap();
        let there = Place { path: home.join("Notes"), is_new: false };
        assert_eq!(judge(Path::new("~/Notes"), home, false), Ok(there));
        assert_eq!(judge(Path::new("~/New/One"), home, true), Ok(Place { path: home.join("New/One"), is_new: true }));
        assert_eq!(
            judge(Path::new("~/New"), home, false).unwrap_err(),
            Problem("~/New is not there".into(), Kind::Missing)
        );
        assert_eq!(judge(Path::new("~/file"), home, true).unwrap_err().1, Kind::Other);
        assert_eq!(std::fs::read_dir(home.join("Notes")).unwrap().count(), 0);
    }
}
