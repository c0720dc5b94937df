//! Servers that end with the test process, however it ends: a shell waits at a pipe that only this process
//! holds open, and cleans up once it closes. (A value in a static is never dropped.)

use std::process::{Child, Command, Stdio};

/// Keeps a server alive. Dropping it, or the end of this process, runs its clean-up.
pub struct Lifeline {
    shell: Child,
}

impl Lifeline {
    /// Runs `script` in the shell with `arguments` as `$1`, `$2`, …; its standard input is the pipe.
    pub fn spawn(script: &str, arguments: &[&str]) -> Lifeline {
        let shell = Command::new("sh")
            .args(["-c", script, "lifeline"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Lifeline { shell }
    }

    /// Whether the shell has ended by itself.
    pub fn ended(&mut self) -> bool {
        self.shell.try_wait().unwrap().is_some()
    }
}

impl Drop for Lifeline {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}
