//! A person at a terminal: tmux holds the screen, and the test types.

use super::Case;
use super::lifeline::Lifeline;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

/// A program on a terminal of its own.
pub struct Terminal {
    socket: PathBuf,
    _line: Lifeline,
}

/// Runs the program, which alone is meant by Ctrl-C; then says how it ended, and whether the terminal still shows what is typed.
const RUN: &str = r#"trap : INT; "$@"; code=$?; stty -a | grep -q -- ' -echo ' && echo MUTE; printf '\n[ended %s]\n' "$code"; exec sleep 600"#;
const END: &str = r#"cat >/dev/null; tmux -S "$1" kill-server 2>/dev/null"#;

impl Terminal {
    /// The binary with `--config` and these arguments, on a screen of so many columns and lines.
    pub fn start(case: &Case, size: (u16, u16), arguments: &[&str]) -> Terminal {
        let socket = case.path().join("tmux");
        let line = Lifeline::spawn(END, &[socket.to_str().unwrap()]);
        let inner = case.command(arguments);
        let mut tmux = Command::new("tmux");
        tmux.arg("-S").arg(&socket).args(["-f", "/dev/null", "new-session", "-d", "-x", &size.0.to_string(), "-y"]);
        tmux.arg(size.1.to_string()).args(["env", "-i", "TERM=screen"]);
        for (name, value) in inner.get_envs() {
            tmux.arg(format!("{}={}", name.to_str().unwrap(), value.unwrap().to_str().unwrap()));
        }
        tmux.args(["sh", "-c", RUN, "sh"]).arg(inner.get_program()).args(inner.get_args());
        tmux.env("LANG", "C.UTF-8").env_remove("TMUX").stdin(Stdio::null()).stdout(Stdio::null());
        let status = tmux.status().unwrap_or_else(|e| panic!("tmux (scripts/install.sh test installs it): {e}"));
        assert!(status.success());
        Terminal { socket, _line: line }
    }

    fn tmux(&self, arguments: &[&str]) -> String {
        let output = Command::new("tmux").arg("-S").arg(&self.socket).args(arguments).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Everything that was shown so far, each line as it stands.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-500"])
    }

    /// The same in one line: where lines end depends on the width.
    pub fn said(&self) -> String {
        self.screen().split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn until(&self, what: &str, holds: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let said = self.said();
            if holds(&said) {
                return said;
            }
            assert!(begin.elapsed() < Duration::from_secs(90), "{what:?} did not come:\n{}", self.screen());
            sleep(Duration::from_millis(50));
        }
    }

    /// Waits until it says that.
    pub fn says(&self, text: &str) -> String {
        self.until(text, |said| said.contains(text))
    }

    /// Waits until it asks that, and types the answer.
    pub fn answer(&self, question: &str, text: &str) {
        self.until(question, |said| said.ends_with(question));
        if !text.is_empty() {
            self.tmux(&["send-keys", "-l", text]);
        }
        self.key("Enter");
    }

    /// Waits until it asks that, and presses a key (`C-c`, `Enter`).
    pub fn press(&self, question: &str, key: &str) {
        self.until(question, |said| said.ends_with(question));
        self.key(key);
    }

    fn key(&self, key: &str) {
        self.tmux(&["send-keys", key]);
    }

    /// Waits until it has ended: the exit status. The terminal must show what is typed again.
    pub fn ended(&self) -> i32 {
        let said = self.until("[ended", |said| said.ends_with(']') && said.contains("[ended "));
        assert!(!said.contains("MUTE"), "the terminal was left without echo:\n{}", self.screen());
        said.rsplit("[ended ").next().unwrap().trim_end_matches(']').parse().unwrap()
    }
}
