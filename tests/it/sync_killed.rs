//! A sync that is killed at any of its writes, and run again: the end state is an unbroken run's, byte for byte.
//!
//! Every call that changes a file of the vault or of the state is a place to be killed at. Where there are more places
//! than [`MOST`], every k-th is taken of the calls of one kind, and said so; `POSTNOTE_TEST_FULL=1` takes all.

use crate::support::*;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// At most so many places of one kind of call in one kind of file.
const MOST: usize = 60;

/// A place in the run: which call of that name in its thread, and what it does to what.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    call: String,
    number: usize,
    kind: String,
    /// The file, below the case's folder.
    path: Option<PathBuf>,
}

/// What is done, and to what kind of file.
fn kind(call: &Call, case: &Case) -> String {
    let state = case.state();
    let folder = if call.text.contains(state.to_str().unwrap()) { "state" } else { "vault" };
    format!("{} in the {folder}", call.name)
}

/// The places of one sync, those of `from` if it goes on from there.
fn places(site: &Site, from: Option<&Case>) -> Vec<Place> {
    let case = site.case();
    from.inspect(|from| case.copy_of(from));
    let traced = case.traced(&["-e", &format!("trace={WRITES}")], &["sync"]);
    assert_eq!(traced.output.status, 0, "{:?}", traced.output);
    let (vault, state) = (case.vault(), case.state());
    let folders = [vault.to_str().unwrap(), state.to_str().unwrap()];
    let changes: Vec<&Call> = traced.calls.iter().filter(|call| call.changes(&folders)).collect();
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for call in &changes {
        *counts.entry(kind(call, &case)).or_default() += 1;
    }
    let full = std::env::var_os("POSTNOTE_TEST_FULL").is_some();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut places = BTreeSet::new();
    for call in changes {
        let kind = kind(call, &case);
        let step = if full { 1 } else { counts[&kind].div_ceil(MOST) };
        let nth = seen.entry(kind.clone()).or_default();
        if nth.is_multiple_of(step) {
            let path = call.path_below(case.path());
            places.insert(Place { call: call.name.clone(), number: call.number, kind, path });
        }
        *nth += 1;
    }
    eprintln!("{} places out of {counts:?}", places.len());
    places.into_iter().collect()
}

/// Kills a sync at each of the places, each time from the same beginning, and runs it again to its end, which must be
/// the one that is wanted.
fn sweep(site: &Site, from: Option<&Case>, places: &[Place], wanted: &EndState) {
    let met: Mutex<BTreeMap<String, usize>> = Mutex::new(BTreeMap::new());
    let failures = Mutex::new(Vec::new());
    let kill = |case: &Case, call: &str, number: usize, only: Option<&Path>| {
        match from {
            Some(from) => case.copy_of(from),
            None => case.empty(),
        }
        let (trace, kills) =
            (format!("trace={WRITES}"), killing(call, number, only.map(|p| case.path().join(p)).as_deref()));
        let options: Vec<&str> = ["-e", &trace].into_iter().chain(kills.iter().map(String::as_str)).collect();
        let traced = case.traced(&options, &["sync"]);
        // Threads may have shared the work in another way than in the first run: then it came to its end.
        let last = traced.calls.iter().rfind(|c| c.name == *call && c.number == number);
        let what = match last {
            Some(last) if traced.output.status != 0 => kind(last, case),
            _ => "nowhere".to_owned(),
        };
        let said = case.postnote(&["sync"]);
        let at = format!("killed at {call} {number}, {what} ({last:?}); then {said:?}");
        let difference = case.end_state().difference(wanted);
        if said.status != 0 || difference.is_some() {
            failures.lock().unwrap().push((at, difference.unwrap_or_default()));
        }
        *met.lock().unwrap().entry(what).or_default() += 1;
    };
    at_once([0, 1], |lane| {
        let case = site.case();
        for Place { call, number, .. } in places.iter().skip(lane).step_by(2) {
            kill(&case, call, *number, None);
        }
    });
    // A rare kind may have been missed, where threads shared the work in another way: then calls to that file alone are
    // counted; and where its name is another each time, it is looked for nearby.
    let case = site.case();
    for number in 1..=3 {
        for Place { call, kind, path, .. } in places {
            if !met.lock().unwrap().contains_key(kind) {
                kill(&case, call, number, path.as_deref());
            }
        }
    }
    for off in (0isize..=12).flat_map(|n| [n, -n]) {
        for Place { call, number, kind, .. } in places {
            if !met.lock().unwrap().contains_key(kind) {
                kill(&case, call, number.saturating_add_signed(off).max(1), None);
            }
        }
    }
    let (met, failures) = (met.into_inner().unwrap(), failures.into_inner().unwrap());
    eprintln!("killed: {met:?}");
    assert!(failures.is_empty(), "{} of {} places. {}", failures.len(), places.len(), one_of_each(&failures));
    for Place { kind, .. } in places {
        assert!(met.contains_key(kind), "never killed at {kind}: {met:?}");
    }
}

/// How often each file or table differed, and the first occasion.
fn one_of_each(failures: &[(String, String)]) -> String {
    let mut kinds: BTreeMap<&str, (usize, &str, &str)> = BTreeMap::new();
    for (at, difference) in failures {
        let differs: BTreeMap<&str, &str> =
            difference.split("\n\n").filter_map(|part| Some((part.split_once(':')?.0, part))).collect();
        for (name, part) in differs {
            kinds.entry(name).or_insert((0, at, part)).0 += 1;
        }
    }
    let line = |(name, (count, at, part)): (&&str, &(usize, &str, &str))| {
        format!("{name} differs {count} times; first {at}:\n{part}\n")
    };
    kinds.iter().map(line).collect()
}

#[test]
fn killed_at_every_write_of_a_first_sync_it_ends_as_an_unbroken_one() {
    let (site, wanted) = Site::shared();
    let places = places(site, None);
    sweep(site, None, &places, wanted);
}

#[test]
fn killed_at_every_write_of_a_later_sync_it_ends_as_an_unbroken_one() {
    let site = Site::full();
    let before = site.case();
    before.postnote(&["sync"]).ended(0);
    site.goes_on();
    let unbroken = site.case();
    unbroken.copy_of(&before);
    unbroken.postnote(&["sync"]).ended(0);
    let wanted = unbroken.end_state();
    let places = places(&site, Some(&before));
    sweep(&site, Some(&before), &places, &wanted);
}
