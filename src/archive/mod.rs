//! Mail in files: mbox, Maildir, and files of one message each → the messages, one after the other.
//!
//! An edge: it reads what it is given, and changes nothing there. What a file is, its content says before its name does.
//! Never more than one message is in memory; nothing that is no regular file or folder is opened (a FIFO would wait for
//! ever), and no folder is entered through a link.
//!
//! - [`mod@walk`]: a path → the mailboxes below it
//! - [`maildir`]: the files of a Maildir folder, and what their names say
//! - [`mbox`]: a file of many messages, streamed; [`separator`]: the line that begins one
//! - [`own_fields`]: what mail programs write into a message that lies in an mbox
//! - this file: the messages of one mailbox

mod maildir;
mod mbox;
mod own_fields;
mod separator;
mod walk;

pub use walk::{Walked, walk};

use jiff::Timestamp;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// A message larger than this is left out, in octets: no server takes one.
pub const MAX_MESSAGE: u64 = 256 * 1024 * 1024;

/// A mailbox in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The folder or file.
    pub path: PathBuf,
    /// What its owner calls it, as far as the path tells; it may be in modified UTF-7.
    pub mailbox: String,
    /// The last level of that.
    pub leaf: String,
    /// The path that was given is this one.
    pub named: bool,
    /// Its messages together, in octets.
    pub octets: u64,
    /// How it is kept.
    pub kind: Kind,
}

/// How a mailbox is kept in files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A folder with `cur` and `new`; `tmp` holds what is not delivered yet.
    Maildir,
    /// One file.
    Mbox,
    /// Files of one message each, by their names in the folder.
    Letters(Vec<OsString>),
}

/// One message as it was kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Letter {
    /// Its bytes, without what the mailbox added.
    pub bytes: Vec<u8>,
    /// When it came there: for a message that says no time itself.
    pub came: Option<Timestamp>,
    /// Its owner answered it.
    pub answered: bool,
    /// It is a draft, or was deleted.
    pub aside: bool,
    /// Gmail's labels, from an export.
    pub labels: Vec<String>,
    /// The file ends in the middle of it.
    pub cut: bool,
}

/// What reading comes upon.
#[derive(Debug)]
pub enum Found {
    /// A message.
    Letter(Letter),
    /// Something that could not be read, in words; the rest goes on.
    Problem(String),
}

/// Whoever takes what is found; he may break off.
pub type Taker<'a> = dyn FnMut(Found) -> ControlFlow<()> + 'a;

/// Reads a mailbox, in an order that is the same each time.
pub fn read(source: &Source, on: &mut Taker<'_>) -> ControlFlow<()> {
    match &source.kind {
        Kind::Mbox => mbox::read(&source.path, on),
        Kind::Maildir => maildir::read(&source.path, on),
        Kind::Letters(names) => {
            names.iter().try_for_each(|name| one(&source.path.join(name), &mut |letter| letter, on))
        }
    }
}

/// Reads a file of one message; `edit` adds what else is known of it.
fn one(path: &Path, edit: &mut dyn FnMut(Letter) -> Letter, on: &mut Taker<'_>) -> ControlFlow<()> {
    match whole(path) {
        Ok(Some(letter)) => on(Found::Letter(edit(letter))),
        Ok(None) => on(Found::Problem(format!("{} is empty: there is no message in it", path.display()))),
        Err(e) => on(Found::Problem(format!("{} cannot be read: {e}", path.display()))),
    }
}

fn whole(path: &Path) -> io::Result<Option<Letter>> {
    let metadata = regular(path)?;
    if metadata.len() > MAX_MESSAGE {
        let size = metadata.len() / 1_000_000;
        return Err(io::Error::other(format!("a message of {size} MB is too large; it is left out")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    File::open(path)?.take(MAX_MESSAGE).read_to_end(&mut bytes)?;
    if bytes.starts_with(BOM) {
        bytes.drain(..BOM.len());
    }
    let came = metadata.modified().ok().and_then(|t| Timestamp::try_from(t).ok());
    Ok((!bytes.is_empty()).then(|| Letter { bytes, came, ..Letter::default() }))
}

/// Some programs on Windows begin every text like this.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// What is known of a file that may be opened.
fn regular(path: &Path) -> io::Result<fs::Metadata> {
    let metadata = fs::metadata(path)?;
    match metadata.is_file() {
        true => Ok(metadata),
        false => Err(io::Error::other("it is no regular file")),
    }
}

#[cfg(test)]
mod tests;
