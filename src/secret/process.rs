//! A secret that a command prints (`pass show x`).

use super::{MAX, SecretError, line};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use zeroize::Zeroizing;

/// How long the command may take: a person may have to type a passphrase.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first line of what `command` prints. It runs in the shell, without input; what it says on standard
/// error goes to ours, and is in no error of this module.
pub(super) async fn first_line(command: &str, account: &str) -> Result<Zeroizing<String>, SecretError> {
    within(PATIENCE, command, account).await
}

async fn within(patience: Duration, command: &str, account: &str) -> Result<Zeroizing<String>, SecretError> {
    match tokio::time::timeout(patience, run(command)).await {
        Ok(Ok(first)) => Ok(first),
        Ok(Err(problem)) => Err(SecretError::Command { account: account.to_owned(), problem }),
        Err(_) => Err(SecretError::CommandTimedOut { account: account.to_owned(), seconds: patience.as_secs() }),
    }
}

fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command);
    shell
}

async fn run(command: &str) -> Result<Zeroizing<String>, String> {
    let mut child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|e| format!("cannot be started: {e}"))?;
    // Room for all at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX as usize + 1));
    if let Some(stdout) = child.stdout.take() {
        stdout.take(MAX).read_to_end(&mut bytes).await.map_err(|e| format!("cannot be read: {e}"))?;
    }
    let status = child.wait().await.map_err(|e| format!("is lost: {e}"))?;
    if !status.success() {
        return Err(format!("failed ({status})"));
    }
    let first = bytes.split_inclusive(|b| *b == b'\n').next().unwrap_or_default();
    line(first).ok_or_else(|| "printed what is not UTF-8 text".to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_command_that_hangs_is_given_up() {
        let error = within(Duration::from_millis(50), "exec sleep 30", "work").await.unwrap_err();
        assert!(matches!(error, SecretError::CommandTimedOut { .. }) && error.is_transient(), "{error:?}");
    }
}
