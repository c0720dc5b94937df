//! A real llama.cpp server with a model whose words are noise.

use super::http::request;
use super::script;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdin, Command, Stdio};

/// The server; it ends with this value, or with the test process: then nobody holds its standard input.
pub struct Llama {
    /// Its port on 127.0.0.1.
    pub port: u16,
    child: Child,
    input: Option<ChildStdin>,
    _folder: tempfile::TempDir,
}

impl Llama {
    /// Starts it. Without one there is no test: what keeps it away is said.
    pub fn start() -> Llama {
        let output = Command::new(script("llama.sh")).arg("python").output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let python = String::from_utf8(output.stdout).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut child = Command::new(python.trim())
            .arg(script("llama.py"))
            .arg(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let said = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        let port = said.filter_map(|line| line.rsplit(':').next()?.trim().parse().ok()).next();
        Llama { port: port.expect("llama.py says where it listens"), child, input, _folder: folder }
    }

    /// True while it works on an answer.
    pub fn is_busy(&self) -> bool {
        let (status, body) = request(self.port, "GET", "/slots", "").unwrap();
        assert_eq!(status, 200, "{body}");
        body.contains("\"is_processing\":true")
    }

    /// Ends it at once, in the middle of whatever it does.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Llama {
    fn drop(&mut self) {
        drop(self.input.take());
        // It has nothing to clean up.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
