//! Notifications: by a command, and by a real desktop's service on a bus of its own.

use crate::support::*;
use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use zbus::zvariant::OwnedValue;

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

const QUESTION: &str = "From: Ada Park <ada@example.com>\nTo: sam@example.org\nSubject: Oil $(touch made) `touch made` <b>\n\
     Message-ID: <oil@notices.example>\nDate: Mon, 5 Jan 2026 10:00:00 +0000\n\nCan you bring the secret lamp oil on Monday?\n";

#[test]
fn a_command_is_told_of_new_drafts_and_of_failures() {
    let world = World::on_greenmail();
    let told = world.case.path().join("told");
    let script = world.case.path().join("tell.sh");
    std::fs::write(
        &script,
        "{ printf '%s|%s|%s|' \"$POSTNOTE_NOTICE\" \"$POSTNOTE_TITLE\" \"$POSTNOTE_TEXT\"; tr '\\n' '/'; echo; } >>\"$1\"\n",
    )
    .unwrap();
    let command = format!("sh '{}' '{}'", script.display(), told.display());
    let notify = format!("[sync]\nsince = \"all\"\n[notify]\ncommand = \"{command}\"\n");
    let world = world.configured(&notify, |toml| toml);
    let running = Running::start(&world.case);
    until("it runs", || running.says("running: ") == 1);
    world.receive(QUESTION);
    until("the draft is told of", || read(&told).contains("drafts|"));
    world.case.draft(
        "a.md",
        "---\ntype: draft-mail\nstatus: approved\nto: \"Bob <bob>\"\nsubject: Lost\n---\n\nHello secret.\n",
    );
    until("the failure is told of", || read(&told).contains("failure|"));
    running.stop("TERM");
    let told = read(&told);
    let title = "Re: Oil $(touch made) `touch made` <b>";
    let wanted = format!("drafts|A draft to approve|Ada Park: {title}|A draft to approve/Ada Park: {title}/\n");
    assert!(told.starts_with(&wanted), "{told}");
    assert!(told.contains("failure|A draft was not sent|Bob: Lost|"), "{told}");
    // Nothing of what the mails say, and nothing of it was run.
    assert!(!told.contains("secret") && !world.case.path().join("made").exists(), "{told}");
}

/// A desktop: what it was told to show.
struct Desktop(Arc<Mutex<Vec<String>>>);

#[zbus::interface(name = "org.freedesktop.Notifications")]
impl Desktop {
    #[expect(clippy::too_many_arguments, reason = "the protocol's")]
    fn notify(
        &self,
        app: String,
        _replaces: u32,
        _icon: String,
        title: String,
        text: String,
        _actions: Vec<String>,
        hints: HashMap<String, OwnedValue>,
        _timeout: i32,
    ) -> u32 {
        let urgency = hints.get("urgency").and_then(|value| u8::try_from(value).ok());
        self.0.lock().unwrap().push(format!("{app}|{title}|{text}|{urgency:?}"));
        1
    }
}

/// A session bus of the test's own.
struct Bus(Child);

impl Bus {
    fn start() -> (Bus, String) {
        let mut bus = Command::new("dbus-daemon");
        bus.args(["--session", "--nofork", "--print-address"]).stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = bus.spawn().expect("dbus-daemon (scripts/install.sh test installs it)");
        let mut address = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut address).unwrap();
        (Bus(child), address.trim().to_owned())
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

#[test]
fn a_desktop_shows_it() {
    let (_bus, address) = Bus::start();
    let told = Arc::new(Mutex::new(Vec::new()));
    let builder = zbus::blocking::connection::Builder::address(address.as_str()).unwrap();
    let builder = builder.serve_at("/org/freedesktop/Notifications", Desktop(told.clone())).unwrap();
    let _desktop = builder.name("org.freedesktop.Notifications").unwrap().build().unwrap();
    let mut world =
        World::on_greenmail().configured("[notify]\ndesktop = true\n[sync]\nsince = \"all\"\n", |toml| toml);
    world.case.env("DBUS_SESSION_BUS_ADDRESS", &address);
    world.receive(QUESTION);
    let running = Running::start(&world.case);
    until("the desktop shows it", || !told.lock().unwrap().is_empty());
    running.stop("TERM");
    let wanted = "postnote|A draft to approve|Ada Park: Re: Oil $(touch made) `touch made` &lt;b&gt;|Some(1)";
    assert_eq!(*told.lock().unwrap(), [wanted]);
}

#[test]
fn no_desktop_and_a_broken_command_hold_up_nothing() {
    let head = "[notify]\ndesktop = true\ncommand = \"exit 3\"\n[sync]\nsince = \"all\"\n";
    let world = World::on_greenmail().configured(head, |toml| toml);
    world.receive(QUESTION);
    let running = Running::start(&world.case);
    until("both are told of", || running.says("notify.command: failed") == 1 && running.says("notify.desktop: ") == 1);
    assert_eq!(world.case.notes("Outbox").len(), 1);
    running.stop("TERM");
}
