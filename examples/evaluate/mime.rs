//! `mime`: what a message's bytes say. INPUT is a folder of `.eml` files; a case's id is its file's name without that.
//!
//! Prints `{id, subject, from, to, cc, message_id, text, texts, n_leaves, leaf_types, filenames, n_attachments}`: addresses
//! bare, `text` the readable body, `texts` those of the leaves that are text. A nested message is in `leaf_types`, and its own leaves
//! follow it; `n_leaves` counts those alone.

use crate::Outcome;
use postnote::mail::{Address, parse};
use serde_json::json;
use std::path::Path;

/// Nesting deeper than this is not followed.
const DEEPEST: usize = 20;

#[derive(Default)]
struct Leaves {
    types: Vec<String>,
    names: Vec<String>,
    texts: Vec<String>,
    nested: usize,
}

pub(crate) fn run(input: &Path) -> Outcome {
    let mut files: Vec<_> = std::fs::read_dir(input)?.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "eml"));
    files.sort();
    for file in files {
        let raw = std::fs::read(&file)?;
        let message = parse::parse(&raw).0;
        let mut leaves = Leaves::default();
        leaves.add(&raw, 0);
        let emails = |list: &[Address]| list.iter().map(|a| a.email.clone()).collect::<Vec<_>>();
        let row = json!({
            "id": file.file_stem().unwrap_or_default().to_string_lossy(),
            "subject": message.subject,
            "from": emails(&message.from),
            "to": emails(&message.to),
            "cc": emails(&message.cc),
            "message_id": message.message_id,
            "text": message.text,
            "n_attachments": message.attachments.len(),
            "texts": leaves.texts,
            "n_leaves": leaves.types.len() - leaves.nested,
            "leaf_types": leaves.types,
            "filenames": leaves.names,
        });
        println!("{row}");
    }
    Ok(())
}

impl Leaves {
    fn add(&mut self, raw: &[u8], depth: usize) {
        for leaf in parse::leaves(raw) {
            if leaf.media_type == "message/rfc822" && depth < DEEPEST {
                self.types.push(leaf.media_type);
                self.nested += 1;
                self.add(&leaf.bytes, depth + 1);
                continue;
            }
            self.types.push(leaf.media_type);
            self.names.extend(leaf.name);
            self.texts.extend(leaf.text);
        }
    }
}
