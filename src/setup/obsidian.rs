//! The vaults that Obsidian has opened: it keeps a list of them in a file of its own, `obsidian.json`.
//!
//! The file is only read. What is in it may be of any version, or broken: then there are no vaults.

use std::path::{Path, PathBuf};

/// Where the list may be on this platform: `config` is the folder for programs' settings (`~/.config`, `~/Library/Application
/// Support`, `%APPDATA%`).
pub fn places(home: &Path, config: &Path) -> Vec<PathBuf> {
    let mut places = vec![config.join("obsidian/obsidian.json")];
    if cfg!(target_os = "linux") {
        // Where XDG_CONFIG_HOME says something else, Obsidian may have been started without it; then Flatpak and Snap.
        places.push(home.join(".config/obsidian/obsidian.json"));
        places.push(home.join(".var/app/md.obsidian.Obsidian/config/obsidian/obsidian.json"));
        places.push(home.join("snap/obsidian/current/.config/obsidian/obsidian.json"));
    }
    places.dedup();
    places
}

/// The vaults that are there, the one opened last first.
pub fn find(places: &[PathBuf]) -> Vec<PathBuf> {
    let mut found: Vec<(i64, PathBuf)> = Vec::new();
    for place in places {
        let Ok(text) = std::fs::read_to_string(place) else { continue };
        for (at, vault) in vaults(&text) {
            if vault.is_dir() && !found.iter().any(|(_, other)| *other == vault) {
                found.push((at, vault));
            }
        }
    }
    found.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    found.into_iter().map(|(_, vault)| vault).collect()
}

/// The vaults of a list, with the time that each was opened; one that is open counts as the last.
fn vaults(json: &str) -> Vec<(i64, PathBuf)> {
    let Ok(list) = serde_json::from_str::<serde_json::Value>(json) else { return Vec::new() };
    let Some(vaults) = list.get("vaults").and_then(|v| v.as_object()) else { return Vec::new() };
    let vault = |v: &serde_json::Value| {
        let path = PathBuf::from(v.get("path")?.as_str()?);
        let open = v.get("open").and_then(serde_json::Value::as_bool) == Some(true);
        let at = v.get("ts").and_then(serde_json::Value::as_i64).unwrap_or_default();
        path.is_absolute().then_some((if open { i64::MAX } else { at }, path))
    };
    vaults.values().filter_map(vault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_opened_last_comes_first() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        for name in ["old", "new", "open"] {
            std::fs::create_dir(at(name)).unwrap();
        }
        let list = serde_json::json!({ "vaults": {
            "a": { "path": at("old"), "ts": 1 }, "b": { "path": at("new"), "ts": 2 }, "c": { "path": at("gone"), "ts": 3 },
            "d": { "path": at("open"), "open": true }, "e": { "path": "relative" }, "f": 7,
        } });
        std::fs::write(at("obsidian.json"), list.to_string()).unwrap();
        let places = [at("obsidian.json"), at("obsidian.json"), at("none.json")];
        assert_eq!(find(&places), [at("open"), at("new"), at("old")]);
        for broken in ["", "[]", "{", "{\"vaults\":[]}", "{\"vaults\":{\"a\":{}}}"] {
            assert!(vaults(broken).is_empty(), "{broken}");
        }
    }
}
