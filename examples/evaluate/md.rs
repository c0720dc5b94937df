//! `md`: a folder of pages (`NAME.in.html`) → what a note would say of each; but for links without a host, which a page that stays
//! where it was keeps, and a note must not.
//!
//! Prints `{"id": NAME, "markdown": "…"}`.

use crate::Outcome;
use postnote::mail::html;
use std::path::Path;

pub(crate) fn run(folder: &Path) -> Outcome {
    let mut pages: Vec<_> = std::fs::read_dir(folder)?.map(|e| e.map(|e| e.path())).collect::<Result<_, _>>()?;
    pages.sort();
    for page in pages {
        let name = page.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let Some(id) = name.strip_suffix(".in.html") else { continue };
        let markdown = html::to_markdown_in_place(&String::from_utf8_lossy(&std::fs::read(&page)?));
        println!("{}", serde_json::json!({ "id": id, "markdown": markdown }));
    }
    Ok(())
}
