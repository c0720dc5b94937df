//! The machine: the config file, the clock, and what starts postnote by itself.

use super::Finding;
use crate::config::Config;
use crate::pass::now;
use crate::service::Manager;
use crate::store::presence;
use jiff::civil::date;
use std::path::Path;

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
pub(super) fn service(config: &Path, state: &Path) -> Vec<Finding> {
    let runs = presence::running(state).is_some();
    let manager = Manager::here();
    let base = directories::BaseDirs::new();
    let file = base.as_ref().map(|base| (manager.file(base.home_dir(), base.config_dir(), config), base.home_dir()));
    if let Some((file, home)) = file
        && let Ok(bytes) = std::fs::read(&file)
    {
        let file = file.display();
        if let Some(program) = manager.program(&bytes, home).filter(|p| p.is_absolute() && !p.exists()) {
            let text = format!("{file} starts {}, which is not there", program.display());
            let fix = "install postnote there, or write the file anew (postnote service install --force)";
            return vec![Finding::fault("service", text, fix)];
        }
        if !runs {
            let text = format!("{file} is there, and postnote run is not at work; see: postnote service status");
            return vec![Finding::note("service", text)];
        }
    }
    match runs {
        true => vec![Finding::ok("service", "postnote run is at work with this vault")],
        false => {
            let text = "postnote run is not at work: nothing syncs by itself; `postnote service install` changes that";
            vec![Finding::note("service", text)]
        }
    }
}
