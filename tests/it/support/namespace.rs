//! A mount namespace of the test's own: small disks and read-only ones, without root and without a trace.

use super::Output;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// The words that run a command in one, where this machine allows it.
fn words() -> Option<&'static [&'static str]> {
    static FOUND: OnceLock<Option<&'static [&'static str]>> = OnceLock::new();
    const WAYS: [&[&str]; 2] = [&["unshare", "-Urm"], &["unshare", "-m"]];
    *FOUND.get_or_init(|| {
        let mounts = |way: &&&[&str]| {
            let mut command = Command::new(way[0]);
            command.args(&way[1..]).args(["sh", "-c", "mount -t tmpfs none /mnt"]);
            command.output().is_ok_and(|output| output.status.success())
        };
        WAYS.iter().find(mounts).copied()
    })
}

/// Runs `sh -c SCRIPT` with `$1`, `$2`, … and, as `"$@"` after those that it shifts away, `command`: in a namespace
/// whose mounts nobody else sees. `None`, and a word about it, where that is not allowed.
pub fn in_namespace(script: &str, arguments: &[&Path], command: &Command) -> Option<Output> {
    let Some(words) = words() else {
        println!("NOT CHECKED with a real mount: this machine allows no mount namespaces (unshare -Urm)");
        return None;
    };
    let mut outer = Command::new(words[0]);
    outer.args(&words[1..]).args(["sh", "-c", script, "sh"]).args(arguments);
    outer.arg(command.get_program()).args(command.get_args()).env_clear();
    outer.envs(command.get_envs().filter_map(|(k, v)| Some((k, v?))));
    outer.current_dir(command.get_current_dir().unwrap());
    let output = outer.output().unwrap();
    Some(Output {
        status: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    })
}
