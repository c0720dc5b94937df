//! The machine: the config file, the clock, and what starts postnote by itself.

use super::Finding;
use crate::config::Config;
use crate::pass::now;
use crate::store;
use jiff::civil::date;
use std::path::{Path, PathBuf};

/// Before this version was written, no clock that is right can be.
const WRITTEN: jiff::civil::Date = date(2026, 11, 1);
/// So much a file's time may be ahead: clocks of network drives differ.
const AHEAD: i64 = 24 * 60 * 60;

/// The config can name commands: whoever may write it can run them.
pub(super) fn config_file(path: &Path) -> Vec<Finding> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        if let Ok(file) = std::fs::metadata(path)
            && file.permissions().mode() & 0o022 != 0
        {
            let text = format!("others can write to {}, and so have commands run as you", path.display());
            return vec![Finding::fault("config", text, format!("chmod go-w {}", path.display()))];
        }
    }
    vec![Finding::ok("config", format!("{} is sound", path.display()))]
}

/// What is known of the time without asking anybody.
pub(super) fn clock(config: &Config, state: &Path) -> Vec<Finding> {
    let now = now();
    if now.date() < WRITTEN {
        let text = format!("this machine's clock says {}, which is past", now.date());
        return vec![Finding::fault("clock", text, SET)];
    }
    let outbox = config.vault.join(&config.paths.outbox);
    let stamps = [outbox, state.join("state.db"), config.vault.clone()];
    let later = stamps.iter().filter_map(|path| {
        let time = std::fs::metadata(path).ok()?.modified().ok()?;
        let time = jiff::Timestamp::try_from(time).ok()?;
        (time.as_second() - now.timestamp().as_second() > AHEAD).then_some((path, time))
    });
    match later.max_by_key(|(_, time)| *time) {
        Some((path, time)) => {
            let at = time.to_zoned(now.time_zone().clone()).date();
            let text =
                format!("{} was changed on {at}, which is to come: this machine's clock is behind", path.display());
            vec![Finding::warning("clock", text, SET)]
        }
        None => vec![Finding::ok("clock", format!("{}", now.strftime("%Y-%m-%d %H:%M %:z")))],
    }
}

const SET: &str = "set the clock, or have it set over the network (timedatectl set-ntp true)";

/// Whether postnote runs, and would after the next start of the machine.
pub(super) fn service(state: &Path) -> Vec<Finding> {
    let runs = store::is_in_use(state);
    for unit in units() {
        let Ok(text) = std::fs::read_to_string(&unit) else { continue };
        if let Some(program) = program(&text).filter(|p| p.is_absolute() && !p.exists()) {
            let text = format!("{} starts {}, which is not there", unit.display(), program.display());
            let fix = "install postnote there, or write the unit anew (postnote service install)";
            return vec![Finding::fault("service", text, fix)];
        }
        if !runs {
            let text = format!("{} is there, and postnote is not at work now", unit.display());
            return vec![Finding::note("service", text)];
        }
    }
    match runs {
        true => vec![Finding::ok("service", "postnote is at work with this vault")],
        false => vec![Finding::note("service", "postnote does not run now; `postnote run` stays and syncs by itself")],
    }
}

/// Where a unit of the person's own would be.
fn units() -> Vec<PathBuf> {
    let Some(base) = directories::BaseDirs::new() else { return Vec::new() };
    if cfg!(target_os = "macos") {
        vec![base.home_dir().join("Library/LaunchAgents/postnote.plist")]
    } else if cfg!(windows) {
        Vec::new()
    } else {
        vec![base.config_dir().join("systemd/user/postnote.service")]
    }
}

/// The program that a systemd unit starts.
fn program(unit: &str) -> Option<PathBuf> {
    let line = unit.lines().find_map(|line| line.trim().strip_prefix("ExecStart="))?;
    let line = line.trim_start_matches(['-', '@', ':', '+', '!']);
    let word = match line.strip_prefix('"') {
        Some(rest) => rest.split('"').next()?,
        None => line.split_whitespace().next()?,
    };
    let home = directories::BaseDirs::new()?.home_dir().to_string_lossy().into_owned();
    Some(PathBuf::from(word.replace("%h", &home)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_unit_starts() {
        let of = |line: &str| program(&format!("[Service]\nType=notify\n{line}\n"));
        assert_eq!(of("ExecStart=/usr/bin/postnote run"), Some(PathBuf::from("/usr/bin/postnote")));
        assert_eq!(of("ExecStart=-\"/opt/my apps/postnote\" run"), Some(PathBuf::from("/opt/my apps/postnote")));
        assert!(of("ExecStart=%h/.cargo/bin/postnote run").unwrap().is_absolute());
        assert_eq!(of("Restart=always"), None);
    }
}
