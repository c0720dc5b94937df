//! What README.md and docs/*.md tell people to type works: every fenced `sh` or `console` block is run, in the order of
//! its page, and every fenced `toml` block is a config.
//!
//! A page has a home of its own: postnote on the PATH, a config at its usual place for an account "work" on GreenMail, a
//! vault in ~/Notes (where the commands are run) that a sync has filled with the samples. What cannot be run here says
//! so, and why: ```` ```sh no-run: needs Docker ````. What stays until it is stopped (`postnote run`) is stopped.

use crate::support::*;
use postnote::config::Config;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

struct Block {
    page: String,
    line: usize,
    info: String,
    text: String,
}

impl Block {
    fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }

    fn kind(&self) -> &str {
        self.info.split_whitespace().next().unwrap_or_default()
    }
}

fn pages() -> Vec<PathBuf> {
    let docs = std::fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let mut pages: Vec<PathBuf> = docs.filter(|path| path.extension().is_some_and(|e| e == "md")).collect();
    pages.push(root().join("README.md"));
    pages.sort();
    pages
}

fn blocks(path: &Path) -> Vec<Block> {
    let page = path.strip_prefix(root()).unwrap().display().to_string();
    let mut blocks: Vec<Block> = Vec::new();
    let mut open: Option<Block> = None;
    for (n, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
        match (&mut open, line.trim_start().strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.trim().to_owned();
                open = Some(Block { page: page.clone(), line: n + 1, info, text: String::new() });
            }
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(block), None) => writeln!(block.text, "{line}").unwrap(),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{page}: a block is not closed");
    blocks
}

/// A home in which the commands of one page are typed.
struct Home {
    world: World,
    home: PathBuf,
}

impl Home {
    fn new() -> Home {
        let world = World::on_greenmail().configured("[sync]\nsince = \"all\"\n", |toml| toml);
        let home = world.case.path().join("home");
        let (vault, notes) = (world.case.vault(), home.join("Notes"));
        std::fs::rename(&vault, &notes).unwrap();
        let config = std::fs::read_to_string(world.case.config_path()).unwrap();
        let config: String = config
            .lines()
            .filter(|l| !l.starts_with("vault") && !l.starts_with("state"))
            .fold("vault = \"~/Notes\"\n".to_owned(), |all, line| all + line + "\n");
        put(&home.join(".config/postnote/config.toml"), &config);
        let mut samples: Vec<_> =
            std::fs::read_dir(root().join("samples")).unwrap().map(|entry| entry.unwrap().path()).collect();
        samples.sort();
        for sample in samples {
            let text = crlf(&std::fs::read(&sample).unwrap());
            match sample.file_name().unwrap().to_string_lossy().starts_with("sent-") {
                true => {
                    let mut imap = world.mailbox();
                    if !imap.list().contains(&"Sent".to_owned()) {
                        imap.create("Sent");
                    }
                    imap.append("Sent", "\\Seen", &text);
                }
                false => world.greenmail.deliver(&world.sam, &text),
            }
        }
        // What pages name as files of their reader's.
        let letter = "From: Ada <ada@example.com>\nTo: sam@example.org\nSubject: Old\nMessage-ID: <old@docs.example>\n\
                      Date: Mon, 5 Jan 2015 10:00:00 +0000\n\nLong ago.\n";
        put(&home.join("Downloads/offer.eml"), letter);
        put(
            &home.join("Backup/archive-2019.mbox"),
            &format!("From ada Mon Jan  5 10:00:00 2015\n{}\n", letter.replace("old@", "older@")),
        );
        for folder in ["cur", "new", "tmp"] {
            std::fs::create_dir_all(home.join("Maildir").join(folder)).unwrap();
        }
        put(&home.join("Maildir/cur/1:2,S"), &letter.replace("old@", "oldest@"));
        // What stays is stopped after a moment, as its reader would.
        let program = env!("CARGO_BIN_EXE_postnote");
        let wrapper = format!(
            "#!/bin/bash\ncase \" $* \" in\n*\" run \"*|*\" --watch \"*) timeout -s INT 4 '{program}' \"$@\"; status=$?\n\
             [ $status = 124 ] && exit 0; exit $status ;;\n*) exec '{program}' \"$@\" ;;\nesac\n"
        );
        put(&home.join("bin/postnote"), &wrapper);
        // The service manager of a desktop that somebody is logged in to; the real one is not for tests to change.
        put(&home.join("bin/systemctl"), "#!/bin/sh\nexit 0\n");
        for program in ["postnote", "systemctl"] {
            use std::os::unix::fs::PermissionsExt;
            let path = home.join("bin").join(program);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let this = Home { world, home };
        this.types("postnote sync", "the first sync");
        this
    }

    fn types(&self, script: &str, place: &str) {
        let path = format!("{}:{}", self.home.join("bin").display(), std::env::var("PATH").unwrap());
        let mut bash = Command::new("timeout");
        bash.args(["120", "bash", "-euo", "pipefail", "-c", script]).current_dir(self.home.join("Notes")).env_clear();
        bash.env("HOME", &self.home).env("PATH", path).env("TZ", "UTC").env("LANG", "C.UTF-8");
        bash.env(PASSWORD_VARIABLE, &self.world.sam.password).stdin(std::process::Stdio::null());
        let output = bash.output().unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{place}\n{script}\n{:?}\n{out}\n{err}", output.status);
    }
}

/// The lines that are typed.
fn script(block: &Block) -> String {
    match block.kind() {
        "console" => {
            block.text.lines().filter_map(|line| line.strip_prefix("$ ")).fold(String::new(), |s, l| s + l + "\n")
        }
        _ => block.text.clone(),
    }
}

#[test]
fn every_command_of_the_pages_works() {
    let (mut run, mut left) = (0, Vec::new());
    for page in pages() {
        let blocks: Vec<Block> = blocks(&page)
            .into_iter()
            .filter(|block| ["sh", "console", "bash", "shell"].contains(&block.kind()))
            .collect();
        let mut home = None;
        for block in blocks {
            assert!(["sh", "console"].contains(&block.kind()), "{}: sh or console, please", block.place());
            match block.info.split_once(' ') {
                None => {
                    home.get_or_insert_with(Home::new).types(&script(&block), &block.place());
                    run += 1;
                }
                Some((_, why)) => {
                    let why = why.strip_prefix("no-run: ").unwrap_or_default();
                    assert!(why.len() > 5, "{}: say why it is not run: ```sh no-run: …", block.place());
                    left.push(block.place());
                }
            }
        }
    }
    // What is not run is the exception.
    assert!(run > 12 && left.len() * 2 <= run, "{run} are run, and not: {left:?}");
}

/// The parts of an account that a page leaves out.
const ACCOUNT: [(&str, &str); 3] = [
    ("[accounts.imap]", "[accounts.imap]\nhost = \"imap.example.com\"\n"),
    ("[accounts.smtp]", "[accounts.smtp]\nhost = \"smtp.example.com\"\n"),
    ("[accounts.auth", "[accounts.auth]\npassword = { keyring = true }\n"),
];

/// A page's piece of a config, made whole.
fn whole(text: &str) -> String {
    let mut config = String::new();
    if !text.lines().any(|line| line.starts_with("vault")) {
        config.push_str("vault = \"/vault\"\n");
    }
    let (head, account) = match text.contains("[[accounts]]") {
        true => (String::new(), text.to_owned()),
        false => {
            let begun = "[[accounts]]\nname = \"work\"\nemail = \"me@example.com\"\n";
            match text.contains("[accounts.") {
                true => (String::new(), format!("{begun}{text}")),
                false => (text.to_owned(), begun.to_owned()),
            }
        }
    };
    config.push_str(&head);
    config.push('\n');
    config.push_str(&account);
    for (heading, lines) in ACCOUNT {
        if !account.lines().any(|line| line.trim_start().starts_with(heading)) {
            config.push_str(lines);
        }
    }
    config
}

#[test]
fn every_config_of_the_pages_is_one() {
    let mut seen = 0;
    for block in pages().iter().flat_map(|page| blocks(page)).filter(|block| block.kind() == "toml") {
        let config = whole(&block.text);
        if let Err(e) = Config::parse(&config, Path::new("/home/me"), Path::new("/home/me/.config/postnote")) {
            panic!("{}: {e}\n{config}", block.place());
        }
        seen += 1;
    }
    assert!(seen > 5, "{seen}");
}

#[test]
fn links_between_pages_lead_somewhere() {
    let all: Vec<PathBuf> =
        pages().into_iter().chain([root().join("ARCHITECTURE.md"), root().join("CONTRIBUTING.md")]).collect();
    for page in &all {
        let text = std::fs::read_to_string(page).unwrap();
        for (at, _) in text.match_indices("](") {
            let target = text[at + 2..].split(')').next().unwrap();
            let line = &text[text[..at].rfind('\n').map_or(0, |n| n + 1)..at];
            // Within code it is an example.
            if line.matches('`').count() % 2 == 1 || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
            assert!(path.exists(), "{}: {target}", page.display());
            if !anchor.is_empty() {
                let there = std::fs::read_to_string(&path).unwrap();
                let found = there.lines().filter(|line| line.starts_with('#')).any(|line| slug(line) == anchor);
                assert!(found, "{}: {target}", page.display());
            }
        }
    }
}

/// A heading's anchor.
fn slug(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    text.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c)).map(|c| if c == ' ' { '-' } else { c }).collect()
}
