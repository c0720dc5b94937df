//! What was said to a language model and by it, kept beside the state for whoever wants to look.

use super::{StoreError, make_folder, private};
use std::fs::File;
use std::io::Write;
use std::path::Path;

/// Writes one conversation into `prompts/DAY/NAME.json` of the state folder, for its owner's eyes only.
pub fn keep(state: &Path, day: &str, name: &str, json: &str) -> Result<(), StoreError> {
    let folder = state.join("prompts").join(day);
    make_folder(&folder)?;
    let path = folder.join(format!("{name}.json"));
    let io = |source| StoreError::Io { path: path.clone(), source };
    let mut options = File::options();
    options.write(true).create(true).truncate(true);
    private(&mut options);
    options.open(&path).and_then(|mut file| file.write_all(json.as_bytes())).map_err(io)
}
