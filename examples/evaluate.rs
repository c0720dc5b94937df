//! Predictions of the library's public functions on labelled cases, for a scorer to judge.
//!
//! ```text
//! cargo run --release --example evaluate -- TASK INPUT > PREDICTIONS.jsonl
//! ```
//!
//! INPUT holds the cases, a JSON line each or a folder, by task; labels in it are not read and may be missing. One JSON line a
//! case is printed, with the case's `id`. What a task reads and prints stands in its file beside this one.

#![allow(clippy::print_stdout, clippy::indexing_slicing, clippy::string_slice)]

#[path = "evaluate/bc3.rs"]
mod bc3;
#[path = "evaluate/intent.rs"]
mod intent;
#[path = "evaluate/md.rs"]
mod md;
#[path = "evaluate/mime.rs"]
mod mime;
#[path = "evaluate/rank.rs"]
mod rank;
#[path = "evaluate/reply.rs"]
mod reply;
#[path = "evaluate/replyhdr.rs"]
mod replyhdr;
#[path = "evaluate/split.rs"]
mod split;
#[path = "evaluate/threads.rs"]
mod threads;

use std::path::{Path, PathBuf};

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

type Outcome = Result<(), Box<dyn std::error::Error>>;

type Task = fn(&Path) -> Outcome;

const TASKS: &[(&str, Task)] = &[
    ("bc3acts", bc3::acts),
    ("bc3ext", bc3::extract),
    ("bc3mail", bc3::mails),
    ("bc3signs", bc3::signs),
    ("forest", threads::forests),
    ("intent", intent::run),
    ("md", md::run),
    ("mime", mime::run),
    ("rank", rank::run),
    ("reply", reply::run),
    ("replyhdr", replyhdr::run),
    ("split", split::run),
    ("thread", threads::thread),
];

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let (Some(task), Some(input)) = (arguments.next(), arguments.next()) else {
        return Err(format!("usage: evaluate TASK INPUT; tasks: {}", names()).into());
    };
    match TASKS.iter().find(|(name, _)| *name == task) {
        Some((_, run)) => run(&PathBuf::from(input)),
        None => Err(format!("no task {task:?}; tasks: {}", names()).into()),
    }
}

fn names() -> String {
    TASKS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
}

/// The cases of a file of JSON lines.
fn cases(input: &Path) -> Result<Vec<serde_json::Value>, Box<dyn std::error::Error>> {
    let text = std::fs::read_to_string(input)?;
    Ok(text.lines().filter(|line| !line.trim().is_empty()).map(serde_json::from_str).collect::<Result<_, _>>()?)
}
