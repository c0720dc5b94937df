//! The binary under strace: what it asks of the kernel, and the kernel's refusals made to order.

use super::{Case, Output};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The calls that change a file or a folder, or make a change last.
pub const WRITES: &str = "openat,open,creat,write,writev,pwrite64,pwritev,pwritev2,copy_file_range,sendfile,\
                          fsync,fdatasync,sync_file_range,syncfs,sync,rename,renameat,renameat2,link,linkat,symlink,\
                          symlinkat,unlink,unlinkat,rmdir,mkdir,mkdirat,truncate,ftruncate,fallocate,chmod,fchmod,\
                          fchmodat,utimensat";
/// Those of them that make a change last.
pub const SYNCS: &str = "fsync,fdatasync,sync_file_range,syncfs,sync";

/// A run under strace.
#[derive(Debug)]
pub struct Traced {
    /// What the binary said; status -1 when a signal ended it.
    pub output: Output,
    /// The calls that were traced, in order.
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Debug, Clone)]
pub struct Call {
    /// The thread that made it.
    pub thread: u32,
    /// Which of the thread's calls of that name it is, from 1: what strace counts by in `when=`.
    pub number: usize,
    /// Its name.
    pub name: String,
    /// All of it as strace writes it, file descriptors with their paths.
    pub text: String,
}

impl Call {
    /// True for one that changes a file, or makes a change last, below one of these folders.
    pub fn changes(&self, folders: &[&str]) -> bool {
        let there = folders
            .iter()
            .any(|folder| self.text.contains(&format!("{folder}/")) || self.text.contains(&format!("{folder}>")));
        there && (!self.name.starts_with("open") || self.text.contains("O_CREAT"))
    }

    /// The first file below this folder that it names, relative to it.
    pub fn path_below(&self, folder: &Path) -> Option<PathBuf> {
        let (_, rest) = self.text.split_once(&format!("{}/", folder.display()))?;
        rest.split(['>', '"']).next().map(PathBuf::from)
    }
}

/// strace's options that kill a run at a call: the `number`-th of that name in a thread, or, of calls to `only` that file,
/// the `number`-th of those.
pub fn killing(call: &str, number: usize, only: Option<&Path>) -> Vec<String> {
    let inject = format!("inject={call}:signal=KILL:when={number}");
    let path = only.map(|path| ["-P".to_owned(), path.to_str().unwrap().to_owned()]);
    ["-e".to_owned(), inject].into_iter().chain(path.into_iter().flatten()).collect()
}

impl Case {
    /// Runs the binary to its end under `strace -f -y` with `options`.
    pub fn traced(&self, options: &[&str], arguments: &[&str]) -> Traced {
        let plain = self.command(arguments);
        let trace = self.path().join("trace");
        let mut command = Command::new("strace");
        command.args(["-f", "-qq", "-y", "-s", "0", "-o"]).arg(&trace).args(options).arg("--");
        command.arg(plain.get_program()).args(plain.get_args()).env_clear().current_dir(self.path());
        command.envs(plain.get_envs().filter_map(|(k, v)| Some((k, v?))));
        let (out, err) = (self.path().join("trace.out"), self.path().join("trace.err"));
        let file = |path| Stdio::from(std::fs::File::create(path).unwrap());
        command.stdin(Stdio::null()).stdout(file(&out)).stderr(file(&err));
        let begin = Instant::now();
        let mut child = command.spawn().unwrap();
        let status = loop {
            if let Some(status) = child.try_wait().unwrap() {
                break status;
            }
            // What threads wake each other with cannot fail, but for an injection that meets every thread's N-th call:
            // then they may sleep for ever.
            if begin.elapsed() > DEAF && is_deaf(&trace) {
                end_traced(&child);
            }
            if begin.elapsed() > self.patience {
                // strace takes its child with it, when it is asked to go.
                super::signal(&child, "TERM");
                child.wait().unwrap();
                panic!("it did not end under strace {options:?}");
            }
            std::thread::sleep(Duration::from_millis(2));
        };
        let text = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned();
        let output = Output { status: status.code().unwrap_or(-1), stdout: text(&out), stderr: text(&err) };
        Traced { output, calls: calls(&text(&trace)) }
    }
}

/// How long a run takes that nothing holds up, amply.
const DEAF: Duration = Duration::from_secs(5);

fn is_deaf(trace: &Path) -> bool {
    let text = std::fs::read(trace).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().any(|l| l.contains("[eventfd]") && l.contains("(INJECTED)"))
}

/// Kills the process that strace runs; strace ends by itself then.
fn end_traced(strace: &std::process::Child) {
    let id = strace.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    for child in children.split_whitespace() {
        Command::new("kill").args(["-s", "KILL", child]).status().unwrap();
    }
    std::thread::sleep(Duration::from_millis(100));
}

/// The lines of a trace; a call that another thread's cut in two stands where it began.
fn calls(trace: &str) -> Vec<Call> {
    let mut found: Vec<Call> = Vec::new();
    for line in trace.lines() {
        let Some((thread, text)) = line.split_once(' ') else { continue };
        let (Ok(thread), text) = (thread.parse(), text.trim_start()) else { continue };
        if text.starts_with("<... ") {
            if let Some(call) = found.iter_mut().rfind(|c| c.thread == thread) {
                call.text.push_str(text);
            }
            continue;
        }
        let Some((name, _)) = text.split_once('(') else { continue };
        if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let number = found.iter().filter(|c| c.thread == thread && c.name == name).count() + 1;
        found.push(Call { thread, number, name: name.to_owned(), text: text.to_owned() });
    }
    found
}
