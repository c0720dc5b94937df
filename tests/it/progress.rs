//! How far a long sync is: on a terminal, of any width, and nowhere else.

use crate::support::*;
use std::fs;

/// So many messages lie in each of the two mailboxes.
const MAILBOXES: [(&str, usize); 2] = [("INBOX", 7), ("Later", 23)];

fn site() -> Site {
    let site = Site::empty();
    let mut imap = site.imap();
    imap.create("Later");
    for (mailbox, count) in MAILBOXES {
        for number in 0..count {
            let id = format!("{mailbox}-{number}");
            imap.append(mailbox, "", &mail(&id, "Ada Park <ada@example.com>", "The ferry runs again.", ""));
        }
    }
    site
}

fn case(site: &Site, port: u16) -> Case {
    let mut case = site.case_through(port);
    let config = fs::read_to_string(case.config_path()).unwrap();
    let both = "[accounts.imap]\nmailboxes = [\"INBOX\", \"Later\"]";
    case.raw_config(&config.replace("[accounts.imap]", both));
    case
}

#[test]
fn a_terminal_sees_how_many_how_fast_and_how_long_still() {
    let site = site();
    at_once([40, 100], |columns| {
        // The first mailbox is kept, and the second one's mail does not come.
        let proxy = Proxy::start(site.port(), |_| Way::WaitBefore("UID FETCH 1:23 (UID BODY"));
        let case = case(&site, proxy.port);
        let terminal = Terminal::start(&case, (columns, 20), &["sync"]);
        assert!(proxy.wait_at_gate());
        let shown = terminal.says("7/30, ");
        let (_, times) = shown.rsplit_once("7/30, ").unwrap();
        let rate = times.split_once("/s, ").unwrap_or_else(|| panic!("{shown}"));
        assert!(rate.0.parse::<u32>().is_ok() && rate.1.contains(" left"), "{shown}");
        let screen = terminal.screen();
        assert!(screen.contains("work Later"), "{screen}");
        assert!(screen.lines().all(|line| line.chars().count() <= usize::from(columns)), "{screen}");
        proxy.open_gate();
        terminal.says("wrote 30 source notes");
        assert_eq!(terminal.ended(), 0);
        // It goes away when it is done.
        assert!(!terminal.screen().contains("left"), "{}", terminal.screen());
    });
}

#[test]
fn nobody_else_sees_anything_of_it() {
    let site = site();
    let output = case(&site, site.port()).postnote(&["sync"]).ended(0);
    assert_eq!(output.stderr, "");
    let said: Vec<&str> = output.stdout.lines().collect();
    assert!(said.first().is_some_and(|line| line.starts_with("work: wrote 30 source notes")), "{said:?}");
}
