//! The command line and what is written about it.

use super::*;
use clap::CommandFactory;

/// The words of a line as a shell would see them: quotes hold together, and what follows a lone # is a comment.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => (quote, any) = (Some(c), true),
            (None, '#') if !any => return words,
            (None, c) if c.is_whitespace() => {
                if any {
                    words.push(std::mem::take(&mut word));
                }
                any = false;
            }
            (_, c) => {
                word.push(c);
                any = true;
            }
        }
    }
    if any {
        words.push(word);
    }
    words
}

#[test]
fn the_command_line_is_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_of_the_documentation_is_one() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pages = vec![root.join("README.md")];
    pages.extend(std::fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path()));
    let mut seen = 0;
    for page in pages.iter().filter(|p| p.extension().is_some_and(|e| e == "md")) {
        let text = std::fs::read_to_string(page).unwrap();
        let mut is_shell = false;
        for line in text.lines().map(str::trim) {
            if let Some(language) = line.strip_prefix("```") {
                is_shell = language.split_whitespace().next() == Some("sh");
            }
            if !is_shell || !line.starts_with("postnote ") {
                continue;
            }
            seen += 1;
            let command = line.split(['|', '>']).next().unwrap_or(line);
            if let Err(e) = Cli::try_parse_from(words(command)) {
                assert!(!e.use_stderr(), "{}: {line}\n{e}", page.display());
            }
        }
    }
    assert!(seen > 5, "{seen}");
}
