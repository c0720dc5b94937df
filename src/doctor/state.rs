//! The state folder: a place to write to, outside of the vault, with a database that can be read.

use super::Finding;
use crate::config::Config;
use crate::setup::written;
use crate::store::{self, Health, StoreError};
use std::path::Path;

pub(super) fn examine(config: &Config, folder: &Path) -> Vec<Finding> {
    let shown = folder.display();
    let mut found = Vec::new();
    if folder.starts_with(&config.vault) {
        let text = format!("the state {shown} lies in the vault: what syncs the vault would break the database");
        found.push(Finding::warning("state", text, "set `state` in the config to a folder elsewhere, or take it out"));
    }
    let place = written::nearest_folder(folder).unwrap_or_default();
    if let Err(e) = written::is_writable(&place) {
        let text = format!("the state {shown} cannot be written ({})", written::in_words(&e));
        found.push(Finding::fault(
            "state",
            text,
            format!("give yourself the right to write to {}, or set `state` in the config", place.display()),
        ));
        return found;
    }
    if folder.symlink_metadata().is_ok() && !folder.is_dir() {
        let text = format!("the state {shown} is no folder");
        found.push(Finding::fault("state", text, "move that file away, or set `state` in the config"));
        return found;
    }
    found.push(match store::health(folder) {
        Ok(Health::Sound) => Finding::ok("state", format!("{shown} is sound")),
        Ok(Health::None) => Finding::note("state", "there is no database yet; the first sync makes it"),
        Ok(Health::Damaged) => {
            let text = format!("the database in {shown} is damaged");
            Finding::fault(
                "state",
                text,
                "postnote sync: it puts the database aside and builds it anew from vault and server",
            )
        }
        Err(e @ StoreError::TooNew(_)) => Finding::fault("state", e.to_string(), "update postnote"),
        Err(e) => Finding::fault("state", e.to_string(), format!("look at {shown}: who may read it, and its disk")),
    });
    found
}
