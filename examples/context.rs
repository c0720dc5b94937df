//! How long it takes to index a vault, to bring the index up to date, and to find what bears on a mail.
//!
//! ```text
//! cargo run --release --example context -- NOTES    makes a vault of so many notes in a temporary folder
//! ```

#![allow(clippy::print_stdout)]

use postnote::config::Config;
use postnote::inbound::context::{self, About};
use postnote::store::Store;
use postnote::vault::Vault;
use std::path::Path;
use std::time::{Duration, Instant};

const LOOKUPS: usize = 200;
const WORDS: [&str; 16] = [
    "lantern",
    "shelf",
    "archive",
    "reading",
    "storage",
    "harbour",
    "ladder",
    "cellar",
    "invoice",
    "window",
    "garden",
    "catalogue",
    "winter",
    "carpet",
    "engine",
    "letter",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: usize = std::env::args().nth(1).ok_or("how many notes?")?.parse()?;
    let root = tempfile::tempdir()?;
    let (vault_folder, state) = (root.path().join("vault"), root.path().join("state"));
    fill(&vault_folder, count)?;
    let toml = format!(
        "vault = {:?}\n[[accounts]]\nname = \"work\"\nemail = \"sam@example.org\"\n[accounts.imap]\nhost = \"localhost\"\n\
         [accounts.smtp]\nhost = \"localhost\"\n[accounts.auth]\npassword = {{ env = \"NONE\" }}\n",
        vault_folder
    );
    let config = Config::parse(&toml, root.path(), root.path())?;
    let look = |store: &Store, vault: &Vault, n: usize| {
        let word = |i: usize| WORDS.get((n * 7 + i * 3) % WORDS.len()).copied().unwrap_or_default();
        let text = format!("Person {} of Town {} said the {} and the {}.", n + 1, (n + 1) % 97, word(1), word(2));
        let author = format!("p{n}@firm{n}.example");
        let about = About { author: &author, subject: word(0), text: &text, thread: "none" };
        context::of(vault, store, &config, &about).excerpts.len()
    };
    for what in ["index built", "index up to date"] {
        let (vault, store, began) = (Vault::open(&vault_folder)?, Store::open(&state)?, Instant::now());
        let found = look(&store, &vault, 0);
        println!("{what}, and one look: {:.0} ms ({found} excerpts)", began.elapsed().as_secs_f64() * 1e3);
        let mut took: Vec<Duration> = Vec::new();
        for n in 0..LOOKUPS {
            let began = Instant::now();
            look(&store, &vault, n * 13 % count.div_ceil(10).max(1));
            took.push(began.elapsed());
        }
        took.sort();
        let at = |share: usize| took.get(LOOKUPS * share / 100).map_or(0.0, |t| t.as_secs_f64() * 1e3);
        println!("look-ups: p50 {:.2} ms, p99 {:.2} ms", at(50), at(99));
    }
    Ok(())
}

/// A tenth are notes about people, each with nine conversations.
fn fill(root: &Path, count: usize) -> std::io::Result<()> {
    for n in 0..count {
        let person = n / 10;
        let folder = root.join(format!("People/{}/Person {person}", person % 100));
        let word = |i: usize| WORDS.get((n * 5 + i * 3) % WORDS.len()).copied().unwrap_or_default();
        let text = match n % 10 {
            0 => format!(
                "---\ntype: people\ntitle: Person {person} of Town {}\nemails: [p{person}@firm{person}.example]\naliases: []\n---\n\n# Person {person}\n\n## Key facts\n\n- 2026-01-05: The {} is {}.\n",
                person % 97,
                word(0),
                word(1)
            ),
            i => format!(
                "---\ntype: people\ntitle: Conversation {i}\n---\n\n## Summary\n\nThe {} stood by the {} until the {} came.\n",
                word(0),
                word(1),
                word(2)
            ),
        };
        let name = if n % 10 == 0 { format!("Person {person}.md") } else { format!("2026-01-0{} - {n}.md", n % 10) };
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(name), text)?;
    }
    Ok(())
}
