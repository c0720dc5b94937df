//! A path → the mailboxes in and below it. Nothing is read but folders and the beginnings of files.

use super::separator::Shape;
use super::{BOM, Kind, Source, maildir, regular};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

/// So much of a file tells what it is.
const HEAD: u64 = 64 * 1024;
/// A folder deeper than this is not mail.
const DEEPEST: usize = 32;

/// What a path holds.
#[derive(Debug, Default)]
pub struct Walked {
    /// Mailboxes, by their paths.
    pub sources: Vec<Source>,
    /// What cannot be read, in words.
    pub problems: Vec<String>,
    /// Folders that are links; they are not entered.
    pub links: Vec<PathBuf>,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Content {
    Mbox,
    Letter,
    Nothing,
    Other,
}

/// Finds the mailboxes. `closed` folders (absolute, without links) are not entered: what is written must not be read.
pub fn walk(path: &Path, closed: &[PathBuf]) -> Walked {
    let mut walked = Walked::default();
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(e) => {
            walked.problems.push(format!("{} cannot be read: {e}", path.display()));
            return walked;
        }
    };
    if metadata.is_file() {
        named_file(path, metadata.len(), &mut walked);
    } else if !metadata.is_dir() {
        walked.problems.push(format!("{} is no regular file and no folder; left out", path.display()));
    } else {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        if closed.iter().any(|c| real.starts_with(c)) {
            let why = "is where postnote keeps its own files; name the folder or file that holds your mail";
            walked.problems.push(format!("{} {why}", path.display()));
            return walked;
        }
        folder(path, &real, &[], closed, &mut walked);
        if walked.sources.is_empty() && walked.problems.is_empty() {
            let hint = match real.parent().filter(|above| maildir::is_one(above)) {
                Some(above) => format!("; it is part of the Maildir {}: name that", above.display()),
                None => String::new(),
            };
            let shown = path.display();
            walked.problems.push(format!("{shown} holds no mail: no Maildir, no mbox, no .eml file{hint}"));
        }
    }
    walked
}

fn named_file(path: &Path, octets: u64, walked: &mut Walked) {
    let shown = path.display();
    match content(path) {
        Err(e) => walked.problems.push(format!("{shown} cannot be read: {e}")),
        Ok(Content::Nothing) => walked.problems.push(format!("{shown} is empty: there is no message in it")),
        Ok(Content::Other) => walked.problems.push(format!("{shown} is no message and no mbox; left out")),
        Ok(Content::Mbox) => walked.sources.push(mbox(path, &[], octets, true)),
        Ok(Content::Letter) => {
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { return };
            let kind = Kind::Letters(vec![name.to_owned()]);
            // Where it was exported from nobody knows.
            let inbox = "INBOX".to_owned();
            let path = folder.to_owned();
            walked.sources.push(Source { path, mailbox: inbox.clone(), leaf: inbox, named: true, octets, kind });
        }
    }
}

/// `levels`: the names of the folders from the one that was given to this one.
fn folder(path: &Path, real: &Path, levels: &[String], closed: &[PathBuf], walked: &mut Walked) {
    if closed.iter().any(|c| real == c) || levels.len() > DEEPEST {
        return;
    }
    let is_maildir = maildir::is_one(path);
    if is_maildir {
        let (mailbox, leaf) = maildir_name(path, levels);
        let (named, octets) = (levels.is_empty(), maildir::octets(path));
        walked.sources.push(Source { path: path.to_owned(), mailbox, leaf, named, octets, kind: Kind::Maildir });
    }
    let mut names: Vec<OsString> = match fs::read_dir(path).and_then(|e| e.map(|e| Ok(e?.file_name())).collect()) {
        Ok(names) => names,
        Err(e) => return walked.problems.push(format!("{} cannot be read: {e}", path.display())),
    };
    names.sort();
    let (mut letters, mut octets) = (Vec::new(), 0);
    for name in names {
        let place = path.join(&name);
        let below = || levels.iter().cloned().chain([name.to_string_lossy().into_owned()]).collect::<Vec<_>>();
        let is_eml = has_extension(&place, &["eml"]);
        match fs::metadata(&place) {
            Ok(m) if m.is_dir() && place.is_symlink() => walked.links.push(place),
            Ok(m) if m.is_dir() => {
                let own = is_maildir && ["cur", "new", "tmp"].iter().any(|n| name == *n);
                if !own {
                    folder(&place, &real.join(&name), &below(), closed, walked);
                }
            }
            // What servers keep beside a Maildir's messages is none.
            Ok(_) if is_maildir && !is_eml => {}
            Ok(m) if !m.is_file() && is_eml => {
                walked.problems.push(format!("{} is no regular file; left out", place.display()));
            }
            Ok(m) if m.is_file() => match content(&place) {
                Ok(Content::Mbox) => walked.sources.push(mbox(&place, levels, m.len(), false)),
                // Text may look like mail: in a folder only the ending says that it is.
                Ok(_) if is_eml => {
                    octets += m.len();
                    letters.push(name);
                }
                Err(e) if is_eml || has_extension(&place, &["mbox", "mbx"]) => {
                    walked.problems.push(format!("{} cannot be read: {e}", place.display()));
                }
                _ => {}
            },
            Err(e) if is_eml => walked.problems.push(format!("{} cannot be read: {e}", place.display())),
            _ => {}
        }
    }
    if !letters.is_empty() {
        let leaf = last_name(path, levels);
        let mailbox = if levels.is_empty() { leaf.clone() } else { levels.join("/") };
        let (named, kind) = (levels.is_empty(), Kind::Letters(letters));
        walked.sources.push(Source { path: path.to_owned(), mailbox, leaf, named, octets, kind });
    }
}

fn last_name(path: &Path, levels: &[String]) -> String {
    let own = || fs::canonicalize(path).ok()?.file_name().map(|n| n.to_string_lossy().into_owned());
    levels.last().cloned().or_else(own).unwrap_or_default()
}

/// Maildir++ has its folders in the first one, with a point before each level (`.Archive.2019`); elsewhere the folders'
/// own names tell. The first one is INBOX, whatever its folder is called.
fn maildir_name(path: &Path, levels: &[String]) -> (String, String) {
    let name = last_name(path, levels);
    match name.strip_prefix('.') {
        Some(dotted) if !dotted.is_empty() => {
            (dotted.to_owned(), dotted.rsplit('.').next().unwrap_or_default().to_owned())
        }
        _ if levels.is_empty() => ("INBOX".to_owned(), name),
        _ => (levels.join("/"), name),
    }
}

/// An mbox is named by its file; by its folder, where the file is just called `mbox`.
fn mbox(path: &Path, levels: &[String], octets: u64, named: bool) -> Source {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let bare = |name: &str| name.strip_suffix(".mbox").or(name.strip_suffix(".mbx")).unwrap_or(name).to_owned();
    let mut levels: Vec<String> = levels.iter().map(|l| bare(l.strip_suffix(".sbd").unwrap_or(l))).collect();
    if name != "mbox" {
        levels.push(bare(&name));
    } else if levels.is_empty() {
        let folder = path.parent().map(|p| last_name(p, &[])).unwrap_or_default();
        levels.push(bare(&folder));
    }
    let leaf = levels.last().cloned().unwrap_or_default();
    let mailbox = levels.join("/");
    let mailbox = if mailbox.eq_ignore_ascii_case("inbox") { "INBOX".to_owned() } else { mailbox };
    Source { path: path.to_owned(), mailbox, leaf, named, octets, kind: Kind::Mbox }
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
    extensions.iter().any(|e| extension.eq_ignore_ascii_case(e))
}

/// What a file is, by its beginning; only where that says nothing, by its name.
fn content(path: &Path) -> io::Result<Content> {
    let metadata = regular(path)?;
    let mut head = Vec::new();
    File::open(path)?.take(HEAD).read_to_end(&mut head)?;
    let head = head.strip_prefix(BOM).unwrap_or(&head);
    let mut lines = head.split_inclusive(|b| *b == b'\n').skip_while(|l| l.trim_ascii().is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    Ok(if metadata.len() == 0 {
        Content::Nothing
    } else if Shape::default().separator(first).is_some()
        || (first.starts_with(b"From ") && field(second).is_some())
        || has_extension(path, &["mbox", "mbx"])
    {
        Content::Mbox
    } else if looks_like_mail(head) || has_extension(path, &["eml"]) {
        Content::Letter
    } else if holds_separator(head) {
        // Behind something else, but there they are.
        Content::Mbox
    } else {
        Content::Other
    })
}

/// The name of the header field that a line begins.
fn field(line: &[u8]) -> Option<String> {
    let name = line.get(..line.iter().position(|b| *b == b':')?)?;
    let sound = !name.is_empty() && name.iter().all(|b| b.is_ascii_graphic());
    sound.then(|| String::from_utf8_lossy(name).to_ascii_lowercase())
}

fn looks_like_mail(head: &[u8]) -> bool {
    const TELLING: [&str; 8] =
        ["from", "to", "date", "subject", "received", "message-id", "return-path", "delivered-to"];
    let lines = head.split(|b| *b == b'\n').skip_while(|l| l.trim_ascii().is_empty());
    let mut header = lines.take_while(|l| !l.trim_ascii().is_empty()).peekable();
    let begins = header.peek().is_some_and(|first| field(first).is_some());
    begins && header.filter_map(field).any(|name| TELLING.contains(&name.as_str()))
}

fn holds_separator(head: &[u8]) -> bool {
    let mut before_blank = false;
    head.split_inclusive(|b| *b == b'\n').any(|line| {
        let after_blank = std::mem::replace(&mut before_blank, line.trim_ascii().is_empty());
        after_blank && Shape::default().separator(line).is_some()
    })
}
