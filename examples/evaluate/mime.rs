//! `mime`: what a message's bytes say. INPUT is a folder of `.eml` files; a case's id is its file's name without that.
//!
//! Prints `{id, subject, from, to, cc, message_id, text, texts, n_leaves, leaf_types, filenames, n_attachments}`: addresses
//! bare, `text` the readable body, `texts` those of the leaves that are text; a nested message is a leaf, and its own leaves follow it.

use crate::Outcome;
use postnote::mail::{Address, Message, parse};
use serde_json::json;
use std::path::Path;

/// Nesting deeper than this is not followed.
const DEEPEST: usize = 20;

#[derive(Default)]
struct Leaves {
    types: Vec<String>,
    names: Vec<String>,
    texts: Vec<String>,
}

pub fn run(input: &Path) -> Outcome {
    let mut files: Vec<_> = std::fs::read_dir(input)?.map(|e| Ok(e?.path())).collect::<std::io::Result<_>>()?;
    files.retain(|f| f.extension().is_some_and(|e| e == "eml"));
    files.sort();
    for file in files {
        let message = parse::parse(&std::fs::read(&file)?).0;
        let mut leaves = Leaves::default();
        leaves.add(&message, 0);
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
            "n_leaves": leaves.types.len(),
            "leaf_types": leaves.types,
            "filenames": leaves.names,
        });
        println!("{row}");
    }
    Ok(())
}

impl Leaves {
    fn add(&mut self, message: &Message, depth: usize) {
        if message.html.is_none() || !message.text.is_empty() {
            self.types.push("text/plain".to_owned());
            self.texts.push(message.text.clone());
        }
        if let Some(html) = &message.html {
            self.types.push("text/html".to_owned());
            self.texts.push(html.clone());
        }
        for attachment in &message.attachments {
            self.types.push(attachment.media_type.clone());
            self.names.extend(attachment.name.clone());
            if attachment.media_type == "message/rfc822" && depth < DEEPEST {
                self.add(&parse::parse(&attachment.bytes).0, depth + 1);
            } else if attachment.media_type.starts_with("text/") {
                self.texts.push(String::from_utf8_lossy(&attachment.bytes).into_owned());
            }
        }
    }
}
