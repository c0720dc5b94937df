//! Watching a folder of the vault: tells when what was written there has settled.
//!
//! What enters are the system's events, or a look at the folder now and then where there are none to be had; what
//! leaves is one call for all that settled together. The folder may be made later, renamed, replaced or unmounted
//! and come back. Nothing is read but names and stamps, and nothing is written.

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Config, Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// How often it is checked that the folder still is the one that is watched: events do not tell of all (a disk that
/// is mounted again).
const CHECK: Duration = Duration::from_secs(5);
/// How often the folder is looked at where it cannot be watched.
const POLL: Duration = Duration::from_secs(2);
/// So often it is tried to watch it all the same.
const TRY_AGAIN: Duration = Duration::from_secs(10 * 60);
/// More changes than this at a time are taken as one.
const MOST: usize = 1000;

/// Watches `folder` of the vault at `root` for as long as it is polled. `settled` is called when a note in it was
/// left alone for `settle` after a change; once for each time that it begins to watch, too.
pub async fn watch(root: &Path, folder: &str, settle: Duration, settled: impl Fn()) {
    let seen = Arc::new(Seen::default());
    let mut eyes = Eyes::Shut;
    let mut watched = None;
    let mut said = false;
    loop {
        let place = Place::now(root, folder);
        let stale = match &eyes {
            Eyes::Shut => true,
            Eyes::Events { .. } => watched.as_ref() != Some(&place),
            Eyes::Looking { since, .. } => since.elapsed() > TRY_AGAIN || watched.as_ref() != Some(&place),
        };
        if stale {
            // The old one first: it may be at the system's limit.
            drop(std::mem::replace(&mut eyes, Eyes::Shut));
            eyes = match open(&place, &seen) {
                Ok(watcher) => Eyes::Events { _watcher: watcher },
                Err(e) => {
                    if !said {
                        tracing::warn!(
                            "the vault's {folder:?} cannot be watched ({e}), so it is looked at every {} s",
                            POLL.as_secs()
                        );
                    }
                    said = true;
                    Eyes::Looking { since: Instant::now(), print: None }
                }
            };
            seen.change(place.folder.clone());
            watched = Some(place);
        } else if let (Eyes::Looking { print, .. }, Some(place)) = (&mut eyes, &watched) {
            let now = fingerprint(&place.folder);
            if print.replace(now).is_some_and(|before| before != now) {
                seen.change(place.folder.clone());
            }
        }
        let look = Instant::now() + if matches!(eyes, Eyes::Events { .. }) { CHECK } else { POLL };
        let next = seen.first().map_or(look, |first| look.min(first + settle));
        tokio::select! {
            () = tokio::time::sleep_until(next) => {}
            () = seen.bell.notified() => {}
        }
        if seen.take(settle) {
            settled();
        }
    }
}

/// How the folder is watched just now.
enum Eyes {
    Shut,
    /// It watches for as long as it lives.
    Events {
        _watcher: RecommendedWatcher,
    },
    Looking {
        since: Instant,
        print: Option<u64>,
    },
}

/// What was changed, and when last.
#[derive(Default)]
struct Seen {
    changes: Mutex<BTreeMap<PathBuf, Instant>>,
    bell: Notify,
}

impl Seen {
    fn changes(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Instant>> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, path: PathBuf) {
        let mut changes = self.changes();
        let path = if changes.len() < MOST { path } else { PathBuf::new() };
        changes.insert(path, Instant::now());
        self.bell.notify_one();
    }

    /// When the change that settles first was made.
    fn first(&self) -> Option<Instant> {
        self.changes().values().min().copied()
    }

    /// Forgets what has settled; `true` when there was something.
    fn take(&self, settle: Duration) -> bool {
        let mut changes = self.changes();
        let before = changes.len();
        changes.retain(|_, last| last.elapsed() < settle);
        changes.len() < before
    }
}

/// The folder, the way to it, and what each of these is just now.
#[derive(PartialEq, Eq)]
struct Place {
    folder: PathBuf,
    /// The vault, and each folder down to the one that is watched; those that are there.
    way: Vec<(PathBuf, Identity)>,
    /// `true` when the whole way is there.
    whole: bool,
}

/// What stays when a folder is renamed, and is another in a folder of the same name.
type Identity = (u64, u64);

impl Place {
    fn now(root: &Path, folder: &str) -> Place {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let path = root.join(folder);
        let mut way: Vec<PathBuf> = path.ancestors().take_while(|a| a.starts_with(&root)).map(Path::to_owned).collect();
        way.reverse();
        let steps = way.len();
        let way: Vec<_> = way.into_iter().map_while(|p| identity(&p).map(|id| (p, id))).collect();
        Place { folder: path, whole: way.len() == steps, way }
    }
}

fn identity(path: &Path) -> Option<Identity> {
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_dir)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Some((metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        let since = metadata.created().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        Some((0, since.map_or(0, |t| u64::try_from(t.as_nanos()).unwrap_or(u64::MAX))))
    }
}

fn open(place: &Place, seen: &Arc<Seen>) -> notify::Result<RecommendedWatcher> {
    let (folder, seen) = (place.folder.clone(), seen.clone());
    let heard = move |event: notify::Result<Event>| match event {
        Ok(event) => hear(&event, &folder, &seen),
        // Events were lost: look.
        Err(_) => seen.change(folder.clone()),
    };
    // A link that leads out of the vault is not followed by whoever reads the notes, either.
    let mut watcher = RecommendedWatcher::new(heard, Config::default().with_follow_symlinks(false))?;
    for (path, _) in &place.way {
        let all = place.whole && *path == place.folder;
        watcher.watch(path, if all { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive })?;
    }
    Ok(watcher)
}

fn hear(event: &Event, folder: &Path, seen: &Seen) {
    if event.need_rescan() {
        return seen.change(folder.to_owned());
    }
    // Reading, which postnote does itself, is no change.
    if matches!(event.kind, EventKind::Access(kind) if kind != AccessKind::Close(AccessMode::Write)) {
        return;
    }
    let of_names = matches!(
        event.kind,
        EventKind::Create(_) | EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) | EventKind::Any
    );
    for path in &event.paths {
        match path.strip_prefix(folder) {
            // postnote's own ledger and temporary files are hidden; so is what sync tools keep.
            Ok(inside) if inside.iter().any(|name| name.to_string_lossy().starts_with('.')) => {}
            // What has another ending may be a folder, with notes in it.
            Ok(inside) if is_note(inside) || of_names => seen.change(path.clone()),
            Ok(_) => {}
            // On the way down to it: made, renamed or replaced.
            Err(_) if folder.starts_with(path) => seen.change(folder.to_owned()),
            Err(_) => {}
        }
    }
}

fn is_note(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("md"))
}

/// A number that changes when a note below the folder does.
fn fingerprint(folder: &Path) -> u64 {
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let (path, Ok(metadata)) = (entry.path(), entry.metadata()) else { continue };
            match () {
                () if entry.file_name().to_string_lossy().starts_with('.') => {}
                () if metadata.is_dir() => folders.push(path),
                () if is_note(&path) => (path, metadata.len(), metadata.modified().ok()).hash(&mut hasher),
                () => {}
            }
        }
    }
    hasher.finish()
}

#[cfg(test)]
mod tests;
