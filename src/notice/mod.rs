//! Telling the owner, beyond the vault, that there is something to see: the desktop's notifications, or a command.
//!
//! What enters is a [`Notice`]; what leaves goes to the session's bus, or to a command's environment and input, never
//! into its command line. Nothing waits for it for long, and whether it worked changes nothing else.

#[cfg(all(unix, not(target_os = "macos")))]
mod bus;

use crate::config::Notify;
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// How long a command, or a desktop, may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// Something to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// A word for commands.
    pub kind: Kind,
    /// In a few words.
    pub title: String,
    /// A line, or some.
    pub text: String,
}

/// What a notice is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// New drafts.
    Drafts,
    /// Something failed.
    Failure,
}

impl Kind {
    /// The word.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Drafts => "drafts",
            Kind::Failure => "failure",
        }
    }
}

/// Tells it in every way that is wanted; what did not work, in words.
pub async fn give(notify: &Notify, notice: &Notice) -> Vec<String> {
    let mut problems = Vec::new();
    let mut noted = |way: &str, done: Result<Result<(), String>, tokio::time::error::Elapsed>| match done {
        Ok(Ok(())) => {}
        Ok(Err(e)) => problems.push(format!("{way}: {e}")),
        Err(_) => problems.push(format!("{way}: no end after {} seconds; it is left", PATIENCE.as_secs())),
    };
    if let Some(command) = &notify.command {
        noted("notify.command", tokio::time::timeout(PATIENCE, run(command, notice)).await);
    }
    if notify.desktop {
        noted("notify.desktop", tokio::time::timeout(PATIENCE, on_desktop(notice)).await);
    }
    problems
}

async fn run(command: &str, notice: &Notice) -> Result<(), String> {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command).env("POSTNOTE_NOTICE", notice.kind.as_str());
    shell.env("POSTNOTE_TITLE", &notice.title).env("POSTNOTE_TEXT", &notice.text);
    given(shell, &format!("{}\n{}\n", notice.title, notice.text)).await
}

/// Runs it with that on its input; what it says is for nobody.
async fn given(mut command: Command, input: &str) -> Result<(), String> {
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let mut child = command.spawn().map_err(|e| format!("cannot be started: {e}"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // Who does not read it has the environment.
        stdin.write_all(input.as_bytes()).await.ok();
    }
    let status = child.wait().await.map_err(|e| format!("is lost: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("failed ({status})")) }
}

#[cfg(all(unix, not(target_os = "macos")))]
async fn on_desktop(notice: &Notice) -> Result<(), String> {
    let notice = notice.clone();
    // A thread of its own: a desktop that hangs holds up nobody.
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || tell.send(bus::notify(&notice)).ok());
    told.await.unwrap_or_else(|_| Err("the thread that told it broke".to_owned()))
}

#[cfg(target_os = "macos")]
async fn on_desktop(notice: &Notice) -> Result<(), String> {
    let mut command = Command::new("osascript");
    // Words are arguments of the script, not part of it.
    command.args(["-e", "on run argv", "-e", "display notification (item 2 of argv) with title (item 1 of argv)"]);
    command.args(["-e", "end run", &notice.title, &notice.text]);
    given(command, "").await
}

#[cfg(windows)]
async fn on_desktop(notice: &Notice) -> Result<(), String> {
    let mut command = Command::new("powershell");
    command.args(["-NoProfile", "-NonInteractive", "-Command", BALLOON]);
    command.env("POSTNOTE_TITLE", &notice.title).env("POSTNOTE_TEXT", &notice.text);
    given(command, "").await
}

/// The words come by the environment, not as part of the script.
#[cfg(windows)]
const BALLOON: &str = "Add-Type -AssemblyName System.Windows.Forms; $n = New-Object System.Windows.Forms.NotifyIcon; \
    $n.Icon = [System.Drawing.SystemIcons]::Information; $n.Visible = $true; \
    $n.ShowBalloonTip(10000, $env:POSTNOTE_TITLE, $env:POSTNOTE_TEXT, 'Info'); Start-Sleep -Seconds 10; $n.Dispose()";
