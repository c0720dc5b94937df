//! What shells, `man`, editors, supervisors and scripts rely on: completions, manual pages, the schema, exit statuses, logs.

use crate::support::*;
use serde_json::Value;
use std::process::Command;

/// What is seen of a page whose bold letters are typed twice.
fn printed(page: &[u8]) -> String {
    let mut seen = String::new();
    for c in String::from_utf8_lossy(page).chars() {
        match c {
            '\u{8}' => {
                seen.pop();
            }
            c => seen.push(c),
        }
    }
    seen
}

fn subcommands(case: &Case) -> Vec<String> {
    let help = case.postnote(&["--help"]).ended(0).stdout;
    let (_, list) = help.split_once("Commands:\n").expect("the commands");
    let list = list.split("\n\nOptions:").next().unwrap();
    let names: Vec<String> = list
        .lines()
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .map(|line| line.split_whitespace().next().unwrap().to_owned())
        .filter(|name| name != "help")
        .collect();
    assert!(names.len() > 10, "{names:?}");
    names
}

#[test]
fn manual_pages_are_sound_and_there_is_one_for_each_command() {
    let case = Case::new();
    let folder = case.path().join("man");
    case.postnote(&["man", folder.to_str().unwrap()]).ended(0);
    for name in subcommands(&case) {
        assert!(folder.join(format!("postnote-{name}.1")).exists(), "{name}");
    }
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let mut man = Command::new("man");
        man.args(["--warnings=w", "-E", "UTF-8", "-l", "-Tutf8", "-P", "cat"]).arg(&path).env("MANWIDTH", "80");
        let output = man.env("LC_ALL", "C.UTF-8").output().unwrap();
        let (said, shown) = (String::from_utf8_lossy(&output.stderr), printed(&output.stdout));
        assert!(output.status.success() && said.is_empty(), "{}: {said}", path.display());
        assert!(shown.contains("SYNOPSIS") && shown.contains("EXIT STATUS"), "{}: {shown}", path.display());
    }
    let page = case.postnote(&["man"]).ended(0).stdout;
    assert!(page.contains(".SH ENVIRONMENT") && page.contains("POSTNOTE_CONFIG") && page.starts_with(".ie"), "{page}");
}

#[test]
fn completions_know_every_command_and_bash_takes_them() {
    let case = Case::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = case.postnote(&["completions", shell]).ended(0).stdout;
        assert!(subcommands(&case).iter().all(|name| script.contains(name.as_str())), "{shell}");
    }
    let script = case.path().join("postnote.bash");
    std::fs::write(&script, case.postnote(&["completions", "bash"]).ended(0).stdout).unwrap();
    let ask = "source \"$1\"; COMP_WORDS=(postnote sta); COMP_CWORD=1; _postnote postnote sta postnote; echo \"${COMPREPLY[@]}\"";
    let output = Command::new("bash").args(["-c", ask, "bash"]).arg(&script).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "status\n", "{output:?}");
}

#[test]
fn the_schema_is_json_and_needs_no_config() {
    let case = Case::new();
    let schema: Value = serde_json::from_str(&case.postnote(&["schema"]).ended(0).stdout).unwrap();
    let host = &schema["properties"]["accounts"]["items"]["properties"]["imap"]["properties"]["host"];
    assert_eq!(host["type"], "string");
    let schedule = &schema["properties"]["sync"]["properties"]["schedule"]["description"];
    assert!(schedule.as_str().is_some_and(|words| words.contains("cron line")), "{schedule}");
}

#[test]
fn exit_statuses_are_those_of_the_manual() {
    let world = World::on_greenmail();
    world.case.postnote(&["sync"]).ended(0);
    world.case.draft("a.md", "---\ntype: draft-mail\nstatus: approved\nto: nobody\nsubject: x\n---\n\nHello.\n");
    world.case.postnote(&["sync"]).ended(1);
    world.case.postnote(&["sink"]).ended(2);
    world.case.postnote(&["sync", "--account", "nobody"]).ended(2);
    let mut broken = Case::new();
    broken.raw_config("vault = 1");
    broken.postnote(&["status"]).ended(2);
    for words in [["--help", "130"], ["man", "130"]] {
        assert!(world.case.postnote(&words[..1]).ended(0).stdout.contains(words[1]));
    }
}

#[test]
fn a_run_logs_into_its_file_or_as_the_journal_likes_it() {
    let world = World::on_greenmail();
    let file = world.case.path().join("logs/run.log");
    let quiet = Running::start_with(&world.case, &["run", "--log-file", file.to_str().unwrap()]);
    let read = || std::fs::read_to_string(&file).unwrap_or_default();
    until("it runs", || read().contains("running: new mail"));
    world.case.draft("a.md", "---\ntype: draft-mail\nstatus: approved\nto: nobody\nsubject: x\n---\n\nHello.\n");
    until("it complains", || read().contains("Outbox/a.md: "));
    assert_eq!(quiet.said.lock().unwrap().as_str(), "", "all of it goes into the file");
    quiet.stop("TERM");
    let text = read();
    let dated = |line: &str| line.len() > 20 && line[..19].parse::<jiff::civil::DateTime>().is_ok();
    assert!(text.lines().all(dated) && text.contains("postnote: stopped"), "{text}");
    use std::os::unix::fs::PermissionsExt;
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    // Nobody can write there.
    let refused = world.case.postnote(&["run", "--log-file", "/proc/nothing/run.log"]).ended(2).stderr;
    assert!(refused.contains("--log-file"), "{refused}");
    // systemd reads a priority in front of each line.
    let mut case = world.case;
    case.env("JOURNAL_STREAM", "1:2");
    put(
        &case.vault().join("Outbox/b.md"),
        "---\ntype: draft-mail\nstatus: approved\nto: nobody\nsubject: y\n---\n\nHi.\n",
    );
    let told = case.postnote(&["sync"]).ended(1).stderr;
    assert!(told.starts_with("<4>postnote: Outbox/"), "{told}");
}
