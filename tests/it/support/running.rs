//! `postnote run`, running: the binary, or the daemon inside the test with less patience than a user has.

use super::{Case, PASSWORD_VARIABLE, User, ends, signal};
use postnote::config::Config;
use postnote::daemon::{News, Stop, Timing};
use postnote::pass::Scope;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

/// A running `postnote run`, with what it says.
pub struct Running {
    /// The process.
    pub child: Child,
    /// What it said so far.
    pub said: Arc<Mutex<String>>,
}

impl Running {
    /// Starts it.
    pub fn start(case: &Case) -> Running {
        Running::start_with(case, &["run"])
    }

    /// Starts it with other arguments.
    pub fn start_with(case: &Case, arguments: &[&str]) -> Running {
        let mut command = case.command(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let outputs: [Box<dyn std::io::Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        for output in outputs {
            let said = said.clone();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    said.lock().unwrap().push_str(&format!("{line}\n"));
                }
            });
        }
        Running { child, said }
    }

    /// How often it said that.
    pub fn says(&self, text: &str) -> usize {
        self.said.lock().unwrap().matches(text).count()
    }

    /// Asks it to end; it ends well, and soon.
    pub fn stop(mut self, with: &str) {
        signal(&self.child, with);
        let status = ends(&mut self.child, Duration::from_secs(8));
        assert_eq!(status, Some(0), "{with}: {}", self.said.lock().unwrap());
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // What a failed assertion left running.
        if std::thread::panicking() {
            eprintln!("it said:\n{}", self.said.lock().map(|said| said.clone()).unwrap_or_default());
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The daemon in a thread of the test.
pub struct Inside {
    stop: Arc<Stop>,
    said: Arc<Mutex<Vec<String>>>,
    thread: Option<JoinHandle<()>>,
}

impl Inside {
    /// Starts it with the case's config.
    pub fn start(case: &Case, user: &User, timing: Timing) -> Inside {
        let text = std::fs::read_to_string(case.config_path()).unwrap();
        // This process's environment is everybody's.
        let (from, to) =
            (format!("env = \"{PASSWORD_VARIABLE}\""), format!("command = \"printf '%s' '{}'\"", user.password));
        let config = Config::parse(&text.replace(&from, &to), case.path(), case.path()).unwrap();
        let (stop, said) = (Arc::new(Stop::default()), Arc::new(Mutex::new(Vec::new())));
        let (stopped, heard, state) = (stop.clone(), said.clone(), case.state());
        let thread = std::thread::spawn(move || {
            let mut tell = |news: News<'_>| heard.lock().unwrap().push(format!("{news:?}"));
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let scope = Scope::default();
            let run = postnote::daemon::run(&config, &state, &scope, &stopped, &timing, &mut tell);
            runtime.block_on(run).unwrap();
        });
        Inside { stop, said, thread: Some(thread) }
    }

    /// How often it said that.
    pub fn says(&self, text: &str) -> usize {
        self.said.lock().unwrap().iter().map(|news| news.matches(text).count()).sum()
    }

    /// Everything that it said.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }
}

impl Drop for Inside {
    fn drop(&mut self) {
        self.stop.ask();
        let ended = self.thread.take().map(JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().unwrap();
        }
    }
}
