//! A thread that writes a group's files under temporary names, so that whoever makes the notes need not wait for it.
//!
//! In the order given; synced by nobody here. It lives as long as its vault, and what nobody asked for when it ends is
//! removed.

use super::TEMPORARY;
use std::collections::BTreeMap;
use std::fs::Permissions;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::{Builder, JoinHandle};
use tempfile::{NamedTempFile, TempPath};

/// So many files may wait to be written.
const WAITING: usize = 64;

/// What was written: temporary files by the paths that they are for; or the first path that could not be, and why.
pub(super) type Written = Result<BTreeMap<String, TempPath>, (String, io::Error)>;

#[derive(Debug)]
enum Job {
    Write { path: String, folder: PathBuf, bytes: Vec<u8>, mode: Option<Permissions> },
    HandOver(Sender<Written>),
}

/// The way to the thread.
#[derive(Debug)]
pub(super) struct Scribe {
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Scribe {
    pub(super) fn new() -> io::Result<Scribe> {
        let (sender, jobs) = sync_channel(WAITING);
        let thread = Builder::new().name("vault".to_owned()).spawn(move || work(&jobs))?;
        Ok(Scribe { jobs: Some(sender), thread: Some(thread) })
    }

    /// Has `bytes` written to a temporary file in `folder`, for `path`. The same path again: the later one counts.
    pub(super) fn write(&self, path: &str, folder: &Path, bytes: &[u8], mode: Option<Permissions>) -> io::Result<()> {
        let (path, folder, bytes) = (path.to_owned(), folder.to_owned(), bytes.to_owned());
        self.give(Job::Write { path, folder, bytes, mode })
    }

    /// Waits until all is written, and takes it.
    pub(super) fn hand_over(&self) -> Written {
        let (sender, written) = channel();
        let given = self.give(Job::HandOver(sender)).and_then(|()| written.recv().map_err(io::Error::other));
        given.unwrap_or_else(|e| Err(("the vault".to_owned(), e)))
    }

    fn give(&self, job: Job) -> io::Result<()> {
        let ended = || io::Error::other("the thread that writes files has ended");
        self.jobs.as_ref().ok_or_else(ended)?.send(job).map_err(|_| ended())
    }
}

impl Drop for Scribe {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            thread.join().ok();
        }
    }
}

fn work(jobs: &Receiver<Job>) {
    let mut written: Written = Ok(BTreeMap::new());
    for job in jobs {
        match job {
            Job::Write { path, folder, bytes, mode } => {
                // Where one file could not be written, the group is given up.
                let Ok(files) = &mut written else { continue };
                match temporary(&folder, &bytes, mode) {
                    Ok(file) => drop(files.insert(path, file.into_temp_path())),
                    Err(e) => written = Err((path, e)),
                }
            }
            Job::HandOver(to) => drop(to.send(std::mem::replace(&mut written, Ok(BTreeMap::new())))),
        }
    }
}

/// A temporary file in `folder`, not synced yet.
pub(super) fn temporary(folder: &Path, bytes: &[u8], mode: Option<Permissions>) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new().prefix(TEMPORARY).suffix(".tmp").tempfile_in(folder)?;
    file.write_all(bytes)?;
    if let Some(mode) = mode {
        file.as_file().set_permissions(mode)?;
    }
    Ok(file)
}
