//! `thread` reads `{id, mbox, messages_used}` and prints `{id, thread}`, as IMAP's THREAD answers.
//! `forest` reads a folder of messages, or a folder of such folders, and prints `{id, threads, parents}` for each.

use super::{Outcome, cases};
use postnote::mail::thread::forest::{By, Forest, forest};
use postnote::mail::{Message, parse};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::{Path, PathBuf};

pub(super) fn thread(input: &Path) -> Outcome {
    for case in cases(input)? {
        let mbox = case["mbox"].as_str().unwrap_or_default();
        let used = case["messages_used"].as_u64().map_or(usize::MAX, |n| n as usize);
        let messages: Vec<Message> = pieces(mbox).iter().take(used).map(|m| parse::parse(m.as_bytes()).0).collect();
        let forest = forest(&messages, By::ReferencesAndSubject);
        let thread: String = forest.roots.iter().map(|root| format!("({})", written(&forest, *root))).collect();
        println!("{}", json!({"id": case["id"], "thread": thread}));
    }
    Ok(())
}

/// The messages of an mbox.
fn pieces(mbox: &str) -> Vec<&str> {
    let starts =
        mbox.match_indices("From ").filter(|(at, _)| *at == 0 || mbox[..*at].ends_with("\n\n")).map(|(at, _)| at);
    let starts: Vec<usize> = starts.chain([mbox.len()]).collect();
    starts.windows(2).filter_map(|w| mbox[w[0]..w[1]].split_once('\n')).map(|(_, message)| message).collect()
}

/// RFC 5256 §4: one child follows its parent, several stand in parentheses each.
fn written(forest: &Forest, at: usize) -> String {
    let own = forest.nodes[at].message.map(|m| (m + 1).to_string()).unwrap_or_default();
    let children: Vec<String> = match forest.nodes[at].children.as_slice() {
        [only] => vec![written(forest, *only)],
        many => many.iter().map(|child| format!("({})", written(forest, *child))).collect(),
    };
    let children = children.concat();
    if own.is_empty() || children.is_empty() { own + &children } else { format!("{own} {children}") }
}

pub(super) fn forests(input: &Path) -> Outcome {
    let mut folders: Vec<PathBuf> = entries(input)?.into_iter().filter(|p| p.is_dir()).collect();
    if folders.is_empty() {
        folders.push(input.to_owned());
    }
    for folder in folders {
        let id = folder.file_name().map(|n| n.to_string_lossy().into_owned());
        let mut messages = Vec::new();
        for file in files(&folder)? {
            messages.push(parse::parse(&fs::read(file)?).0);
        }
        let (mut threads, mut parents) = (Vec::new(), Map::new());
        let forest = forest(&messages, By::References);
        for root in &forest.roots {
            let (mut members, mut stack) = (Vec::new(), vec![(*root, None)]);
            while let Some((at, parent)) = stack.pop() {
                let own = forest.nodes[at].message.map(|m| messages[m].key());
                if let Some(key) = &own {
                    members.push(key.clone());
                    parents.insert(key.clone(), Value::from(parent));
                }
                stack.extend(forest.nodes[at].children.iter().map(|child| (*child, own.clone())));
            }
            threads.push(members);
        }
        println!("{}", json!({"id": id, "threads": threads, "parents": parents}));
    }
    Ok(())
}

fn entries(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found: Vec<PathBuf> = fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    found.sort();
    Ok(found)
}

fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
