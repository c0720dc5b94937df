//! Where this process says what it has to say: standard output and error, the journal, or a file that does not grow for ever.
//!
//! With `--log-file` everything goes there, with the time in front; once it is large, it becomes `.1`, and that `.2`.
//! Under systemd each line begins with its priority, which the journal reads (`<4>`), and without a time, which it knows.

use jiff::Zoned;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// A file this large is put aside.
const LARGE: u64 = 5_000_000;
/// So many old ones are kept.
const OLD: u32 = 3;

static FILE: OnceLock<Mutex<Rotating>> = OnceLock::new();

/// From here on all of it goes into that file.
pub(super) fn into_file(path: &Path) -> io::Result<()> {
    let rotating = Rotating::open(path, LARGE)?;
    FILE.set(Mutex::new(rotating)).map_err(|_| io::Error::other("there is a log file already"))
}

/// A line for standard output.
pub(super) fn out(line: fmt::Arguments<'_>) {
    say(&mut io::stdout(), "", line);
}

/// A line for standard error.
pub(super) fn err(line: fmt::Arguments<'_>) {
    let prefix = if to_journal() { "<4>" } else { "" };
    say(&mut io::stderr(), prefix, line);
}

/// Whoever does not read any more is not told.
fn say(stream: &mut dyn Write, prefix: &str, line: fmt::Arguments<'_>) {
    match FILE.get() {
        Some(file) => {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(file, "{} {line}", time()).ok();
        }
        None => {
            writeln!(stream, "{prefix}{line}").ok();
        }
    }
}

fn time() -> String {
    #[expect(clippy::disallowed_methods, reason = "the time in a log is that of the clock")]
    let now = Zoned::now();
    now.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Standard error is the journal's (see systemd.exec, `$JOURNAL_STREAM`).
fn to_journal() -> bool {
    std::env::var_os("JOURNAL_STREAM").is_some() && !io::stderr().is_terminal()
}

/// What libraries and modules say goes to the same place.
pub(super) fn begin(verbose: u8) {
    let level = match verbose {
        0 => "warn",
        1 => "info,postnote=debug",
        _ => "debug,postnote=trace",
    };
    // $RUST_LOG may say more of postnote's own parts. Libraries stay out of it: async-imap's trace log holds LOGIN with its
    // password.
    let asked = std::env::var("RUST_LOG").unwrap_or_default();
    let own = asked.split(',').filter(|d| d.starts_with("postnote")).fold(String::new(), |all, d| all + "," + d);
    let filter = tracing_subscriber::EnvFilter::new(format!(
        "{level}{own},async_imap=off,imap_proto=off,hyper=off,rustls_platform_verifier=off,html5ever=off,selectors=off,zbus=off"
    ));
    let in_file = FILE.get().is_some();
    let colours = !in_file && io::stderr().is_terminal() && super::screen::colours();
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(Place).with_target(false);
    let log = log.with_ansi(colours);
    match in_file || to_journal() {
        true => log.without_time().try_init().ok(),
        false => log.try_init().ok(),
    };
}

struct Place;

impl<'a> MakeWriter<'a> for Place {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        Line { level: Level::INFO, text: Vec::new() }
    }

    fn make_writer_for(&'a self, meta: &Metadata<'_>) -> Line {
        Line { level: *meta.level(), text: Vec::new() }
    }
}

/// One event, handed on whole.
struct Line {
    level: Level,
    text: Vec<u8>,
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.text.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let text = String::from_utf8_lossy(&self.text);
        let priority = match self.level {
            Level::ERROR => "<3>",
            Level::WARN => "<4>",
            Level::INFO => "<6>",
            _ => "<7>",
        };
        for line in text.lines() {
            say(&mut io::stderr(), if to_journal() { priority } else { "" }, format_args!("{line}"));
        }
    }
}

/// A file that is put aside when it is large.
struct Rotating {
    path: PathBuf,
    file: File,
    length: u64,
    large: u64,
}

impl Rotating {
    fn open(path: &Path, large: u64) -> io::Result<Rotating> {
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            fs::create_dir_all(folder)?;
        }
        let mut options = File::options();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(path)?;
        let length = file.metadata()?.len();
        Ok(Rotating { path: path.to_owned(), file, length, large })
    }

    fn older(&self, n: u32) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        if n > 0 {
            name.push(format!(".{n}"));
        }
        PathBuf::from(name)
    }

    /// What cannot be put aside is written on.
    fn rotate(&mut self) -> io::Result<()> {
        for n in (0..OLD).rev() {
            let from = self.older(n);
            if from.exists() {
                fs::rename(from, self.older(n + 1))?;
            }
        }
        *self = Rotating::open(&self.path, self.large)?;
        Ok(())
    }
}

impl Write for Rotating {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A line stays whole: it ends in the piece that holds its line end.
        if self.length >= self.large {
            self.rotate().ok();
        }
        let n = self.file.write(bytes)?;
        self.length += n as u64;
        Ok(n)
    }

    fn write_fmt(&mut self, text: fmt::Arguments<'_>) -> io::Result<()> {
        self.write_all(text.to_string().as_bytes())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_does_not_grow_for_ever_and_loses_no_line() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("logs/postnote.log");
        let mut log = Rotating::open(&path, 100).expect("a log");
        for n in 0..30 {
            writeln!(log, "line {n:02} of this log").expect("written");
        }
        let files: Vec<String> = (0..=OLD).rev().map(|n| fs::read_to_string(log.older(n)).expect("there")).collect();
        assert!(files.iter().all(|text| text.len() <= 120 && text.ends_with('\n')), "{files:?}");
        let last: Vec<String> = (10..30).map(|n| format!("line {n:02} of this log\n")).collect();
        assert!(files.concat().ends_with(&last[5..].concat()), "{files:?}");
        assert!(!log.older(OLD + 1).exists());
        drop(log);
        // A new process goes on where the last one was.
        let mut log = Rotating::open(&path, 100).expect("a log");
        writeln!(log, "line 30").expect("written");
        assert!(fs::read_to_string(&path).expect("there").ends_with("line 30\n"));
    }
}
