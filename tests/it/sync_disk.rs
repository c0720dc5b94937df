//! A sync on a disk that is full, that fails, that is read-only, or that is another than it was: what could not be
//! written counts as not written, and the next sync ends as an unbroken one.

use crate::support::*;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// At most so many places of one kind of call in one folder.
const MOST: usize = 10;

/// A call that is to fail: its name, its number among the calls of that name, whether it is the vault's, and what
/// strace said of it.
#[derive(Debug, Clone)]
struct Place {
    call: String,
    number: usize,
    in_vault: bool,
    text: String,
}

/// What an unbroken sync asks of the disk: calls that `matters`, at most [`MOST`] of a kind, evenly spread.
fn places(site: &Site, matters: impl Fn(&Call) -> bool) -> Vec<Place> {
    let case = site.case();
    let traced = case.traced(&["-e", &format!("trace={WRITES}")], &["sync"]);
    assert_eq!(traced.output.status, 0, "{:?}", traced.output);
    let (vault, state) = (case.vault(), case.state());
    let mut kinds: BTreeMap<(String, bool), Vec<Place>> = BTreeMap::new();
    for call in traced.calls.iter().filter(|call| matters(call)) {
        let in_vault = call.changes(&[vault.to_str().unwrap()]);
        if in_vault || call.changes(&[state.to_str().unwrap()]) {
            let place = Place { call: call.name.clone(), number: call.number, in_vault, text: call.text.clone() };
            kinds.entry((call.name.clone(), in_vault)).or_default().push(place);
        }
    }
    for ((name, in_vault), places) in &kinds {
        let folder = if *in_vault { "vault" } else { "state" };
        eprintln!("{name} in the {folder}: {} places, every {}.", places.len(), places.len().div_ceil(MOST));
    }
    let spread = |all: Vec<Place>| {
        let step = all.len().div_ceil(MOST);
        all.into_iter().step_by(step)
    };
    kinds.into_values().flat_map(spread).collect()
}

/// Makes each of the calls fail with `errno` once: the sync says so, or does without; `between` may look at what is
/// left; then another sync ends as an unbroken one.
fn each_fails(
    errno: &str,
    places: &[Place],
    clear: impl Fn(&Place, &Case, &Output) -> bool + Sync,
    between: impl Fn(&Case) + Sync,
) {
    let (site, wanted) = Site::shared();
    let (failures, failed, muted) = (Mutex::new(Vec::new()), AtomicUsize::new(0), AtomicUsize::new(0));
    at_once([0, 1], |lane| {
        let case = site.case();
        for place in places.iter().skip(lane).step_by(2) {
            case.empty();
            let inject = format!("inject={}:error={errno}:when={}", place.call, place.number);
            let traced = case.traced(&["-e", &format!("trace={WRITES}"), "-e", &inject], &["sync"]);
            // Threads may have shared the work in another way than in the first run: what failed counts.
            let mut hits = traced.calls.iter().filter(|call| call.text.contains("(INJECTED)"));
            let Some(hit) = hits.next() else { continue };
            // Not a file, but what threads wake each other with: a kernel does not fail there.
            if hit.text.contains("[eventfd]") || hits.any(|hit| hit.text.contains("[eventfd]")) {
                continue;
            }
            let place = &Place {
                in_vault: hit.text.contains(case.vault().to_str().unwrap()),
                text: hit.text.clone(),
                ..place.clone()
            };
            let at = format!("{errno} at {} {} ({})", place.call, place.number, place.text);
            // Not a file of ours.
            if !place.in_vault && !hit.text.contains(case.state().to_str().unwrap()) {
                continue;
            }
            failed.fetch_add(1, Ordering::SeqCst);
            let fail = |what: String| failures.lock().unwrap().push(format!("{at}: {what}"));
            // Each thread counts for itself: what the message is written with may have failed as well.
            let is_mute = traced.calls.iter().any(|c| c.text.contains("(INJECTED)") && c.text.starts_with("write(2<"));
            muted.fetch_add(usize::from(is_mute), Ordering::SeqCst);
            match &traced.output {
                // It did without, or wrote it again: then everything is there.
                output if output.status == 0 => {
                    if let Some(difference) = case.end_state().difference(wanted) {
                        fail(format!("it said that all is well:\n{difference}"));
                    }
                }
                output if output.status != 1 || !(is_mute || clear(place, &case, output)) => {
                    fail(format!("{output:?}"))
                }
                _ => {}
            }
            between(&case);
            let said = case.postnote(&["sync"]);
            let difference = case.end_state().difference(wanted);
            if said.status != 0 || difference.is_some() {
                fail(format!("then {said:?}\n{}", difference.unwrap_or_default()));
            }
        }
    });
    let (failures, failed) = (failures.into_inner().unwrap(), failed.into_inner());
    assert!(failed * 10 >= places.len() * 8, "only {failed} of {} places were met", places.len());
    assert!(muted.into_inner() * 5 <= failed, "too many of {failed} messages could not be read");
    assert!(failures.is_empty(), "{} faults after {} places; {}", failures.len(), places.len(), failures.join("\n"));
}

/// Whether the message names the file or folder that it is about.
fn names_a_place(in_vault: bool, case: &Case, said: &str) -> bool {
    let (vault, state) = (case.vault(), case.state());
    let vault = ["Sources/", "People/", "Customers/", "Outbox", "the vault", vault.to_str().unwrap()];
    if in_vault { vault.iter().any(|p| said.contains(p)) } else { said.contains(state.to_str().unwrap()) }
}

/// What it says for people; what it logs besides is about what it does without.
fn told(output: &Output) -> String {
    output.stderr.lines().filter(|line| !line.contains(" WARN ")).collect::<Vec<_>>().join("\n")
}

fn tells_of_a_full_disk(in_vault: bool, case: &Case, output: &Output) -> bool {
    let said = told(output);
    let clear = ["No space left on device", "disk is full"].iter().any(|w| said.contains(w))
        && said.contains("Free some space");
    // SQLite does not always say what keeps it from a file.
    let clear = clear || !in_vault && said.contains("the space on its disk");
    said.starts_with("postnote: ") && clear && names_a_place(in_vault, case, &said)
}

/// A draft's status that could not be written is told with the draft.
fn tells_of_a_draft(place: &Place, output: &Output) -> bool {
    let said = &output.stderr;
    place.text.contains("/Outbox/") && said.starts_with("postnote: Outbox/") && said.contains("No space left on device")
}

#[test]
fn no_space_at_any_write_holds_the_cursor_and_the_next_sync_completes() {
    let places = places(&Site::shared().0, |call| {
        !SYNCS.split(',').any(|sync| call.name == sync) && !["fchmod", "chmod", "unlink"].contains(&call.name.as_str())
    });
    each_fails(
        "ENOSPC",
        &places,
        // Another thread's call may have been the one that failed first.
        |place, case, output| {
            [place.in_vault, !place.in_vault].iter().any(|in_vault| tells_of_a_full_disk(*in_vault, case, output))
                || tells_of_a_draft(place, output)
        },
        |_| {},
    );
}

#[test]
fn what_could_not_be_synced_counts_as_not_saved() {
    let places = places(&Site::shared().0, |call| SYNCS.split(',').any(|sync| call.name == sync));
    let clear = |place: &Place, case: &Case, output: &Output| {
        let said = &told(output);
        let why = ["Input/output error", "disk I/O error"].iter().any(|w| said.contains(w));
        // syncfs of the vault's disk is the state's as well, where both lie on one.
        let named = names_a_place(place.in_vault, case, said) || names_a_place(!place.in_vault, case, said);
        said.starts_with("postnote: ") && why && named
    };
    each_fails("EIO", &places, clear, lose_what_is_not_counted);
}

/// What a failed sync may cost: every file that the state does not count as saved is gone.
fn lose_what_is_not_counted(case: &Case) {
    let db = rusqlite::Connection::open(case.state().join("state.db")).unwrap();
    let mut counted: Vec<String> = Vec::new();
    for table in ["messages", "summaries", "drafts", "entities"] {
        // Where the state was cut short itself, it counts nothing.
        let Ok(mut statement) = db.prepare(&format!("SELECT note FROM {table} WHERE note IS NOT NULL")) else {
            continue;
        };
        counted.extend(statement.query_map([], |r| r.get::<_, String>(0)).unwrap().map(Result::unwrap));
    }
    let vault = case.snapshot();
    let text = |path: &String| vault.get(Path::new(path)).map(|bytes| String::from_utf8_lossy(bytes).into_owned());
    let texts: String = counted.iter().filter_map(text).collect();
    for path in vault.keys() {
        let name = path.file_name().unwrap().to_str().unwrap();
        // An attachment is counted with the note that links to it.
        let linked = !name.ends_with(".md") && texts.contains(&format!("[[{name}]]"));
        if !counted.iter().any(|c| Path::new(c) == path) && !linked {
            std::fs::remove_file(case.vault().join(path)).unwrap();
        }
    }
}

/// On a disk of `size`, then on the same one made large: the first sync's output and the second's, and the disk's
/// files are in the folder `$3`.
const SMALL_DISK: &str = r#"
folder=$1 out=$2; size=$(cat "$out/size"); shift 2
mount -t tmpfs -o "size=$size,mode=700" none "$folder" || exit 99
"$@" >"$out/1" 2>&1; echo "status $?" >>"$out/1"
mount -o remount,size=64m "$folder" || exit 99
"$@" >"$out/2" 2>&1; echo "status $?" >>"$out/2"
cp -a "$folder/." "$out/files"
"#;

#[test]
fn a_disk_that_runs_full_loses_nothing() {
    let (site, wanted) = Site::shared();
    let sizes = [
        ("vault", ["4k", "16k", "48k", "96k", "140k", "180k"]),
        ("state", ["4k", "32k", "64k", "100k", "160k", "240k"]),
    ];
    at_once(sizes, |(which, sizes)| {
        let mut full = 0;
        let mut failures = Vec::new();
        for size in sizes {
            let case = site.case();
            let folder = case.path().join(which);
            let out = case.path().join("out");
            std::fs::create_dir_all(out.join("files")).unwrap();
            std::fs::write(out.join("size"), size).unwrap();
            let Some(ran) = in_namespace(SMALL_DISK, &[&folder, &out], &case.command(&["sync"])) else { return };
            ran.ended(0);
            let [first, second] = ["1", "2"].map(|name| std::fs::read_to_string(out.join(name)).unwrap());
            let at = format!("{which} of {size}: {first}\nthen: {second}");
            if !first.ends_with("status 0\n") {
                full += 1;
                let stderr = first[first.find("postnote: ").expect(&at)..].to_owned();
                let output = Output { status: 1, stdout: String::new(), stderr };
                assert!(first.ends_with("status 1\n"), "{at}");
                if !tells_of_a_full_disk(which == "vault", &case, &output) {
                    failures.push(format!("not clear: {at}"));
                }
            }
            assert!(second.ends_with("status 0\n"), "{at}");
            std::fs::remove_dir(&folder).unwrap();
            std::fs::rename(out.join("files"), &folder).unwrap();
            failures.extend(case.end_state().difference(wanted).map(|difference| format!("{at}\n{difference}")));
        }
        assert!(full > 2, "only {full} disks ran full: {which}");
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    });
}

/// Runs the command while the folder `$1` is mounted read-only.
const READ_ONLY: &str = r#"
mount --bind "$1" "$1" && mount -o remount,bind,ro "$1" || exit 99
shift; exec "$@"
"#;

#[test]
fn a_read_only_vault_or_state_is_named_and_nothing_changes() {
    let (site, wanted) = Site::shared();
    at_once(["vault", "state"], |which| {
        let case = site.case();
        let folder = case.path().join(which);
        let before = case.snapshot();
        let output = match in_namespace(READ_ONLY, &[&folder], &case.command(&["sync"])) {
            Some(output) => output,
            None => {
                use std::os::unix::fs::PermissionsExt;
                let mode = |mode| std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(mode)).unwrap();
                mode(0o500);
                let output = case.postnote(&["sync"]);
                mode(0o700);
                output
            }
        };
        assert_eq!(output.status, 1, "{output:?}");
        let said = &output.stderr;
        assert!(names_a_place(which == "vault", &case, said), "{said}");
        assert!(said.contains("Read-only file system") || said.contains("Permission denied"), "{said}");
        assert_eq!(case.snapshot(), before);
        case.postnote(&["sync"]).ended(0);
        case.end_state().must_be(wanted, which);
    });
}

/// What happens to the vault's folder in the middle of a sync; gives the folder that nothing may be written to.
type Swap = fn(&Path, &Path) -> Option<PathBuf>;

#[test]
fn a_vault_that_is_swapped_in_mid_sync_is_written_nowhere_else() {
    let site = Site::full();
    let before = site.case();
    before.postnote(&["sync"]).ended(0);
    site.goes_on();
    let unbroken = site.case();
    unbroken.copy_of(&before);
    unbroken.postnote(&["sync"]).ended(0);
    let wanted = unbroken.end_state();
    let ways: [(&str, Swap); 4] = [
        ("gone", |_, _| None),
        ("an empty folder", |vault, _| {
            std::fs::create_dir(vault).unwrap();
            Some(vault.to_owned())
        }),
        ("another vault", |vault, away| {
            copy(away, vault);
            Some(vault.to_owned())
        }),
        ("a link to elsewhere", |vault, away| {
            let elsewhere = away.with_file_name("elsewhere");
            copy(away, &elsewhere);
            std::os::unix::fs::symlink(&elsewhere, vault).unwrap();
            Some(elsewhere)
        }),
    ];
    at_once(ways, |(what, swap)| {
        let proxy = Proxy::start(site.port(), |_| Way::WaitAfter("The chain costs"));
        let case = site.case_through(proxy.port);
        case.copy_of(&before);
        let (vault, away) = (case.vault(), case.path().join("away"));
        let child = case
            .command(&["sync"])
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        assert!(proxy.wait_at_gate(), "{what}");
        std::fs::rename(&vault, &away).unwrap();
        let other = swap(&vault, &away);
        let untouched = other.as_ref().map(|folder| case.snapshot_of(folder));
        proxy.open_gate();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(1), "{what}: {said}");
        assert!(said.contains(vault.to_str().unwrap()), "{what}: {said}");
        if let Some(folder) = &other {
            assert_eq!(Some(case.snapshot_of(folder)), untouched, "{what}: written elsewhere");
        }
        for (path, bytes) in before.snapshot() {
            // A summary may go on; nothing goes away.
            let now = std::fs::read(away.join(&path)).unwrap_or_else(|e| panic!("{what}: {path:?} {e}"));
            assert!(now == bytes || path.starts_with("People") || path.starts_with("Outbox"), "{what}: {path:?}");
        }
        match std::fs::symlink_metadata(&vault) {
            Ok(there) if there.is_symlink() => std::fs::remove_file(&vault).unwrap(),
            Ok(_) => std::fs::remove_dir_all(&vault).unwrap(),
            Err(_) => {}
        }
        std::fs::rename(&away, &vault).unwrap();
        case.postnote(&["sync"]).ended(0);
        case.end_state().must_be(&wanted, what);
    });
}
