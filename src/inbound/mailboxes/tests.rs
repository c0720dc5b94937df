use super::*;
use crate::config::Config;
use std::path::Path;

fn account(imap: &str) -> Account {
    let text = format!(
        "vault = \"/v\"\n[[accounts]]\nname = \"work\"\nemail = \"sam@example.org\"\n[accounts.imap]\nhost = \"localhost\"\n{imap}\n\
         [accounts.smtp]\nhost = \"localhost\"\n[accounts.auth]\npassword = {{ env = \"X\" }}\n"
    );
    Config::parse(&text, Path::new("/home/x"), Path::new("/etc")).unwrap().accounts.remove(0)
}

fn mailbox(name: &str, uses: &[Use]) -> MailboxInfo {
    let (name, wire) = name.split_once('=').unwrap_or((name, name));
    let delimiter = if name.starts_with("INBOX.") { "." } else { "/" };
    MailboxInfo {
        name: name.trim_end_matches('#').to_owned(),
        wire: wire.trim_end_matches('#').to_owned(),
        delimiter: Some(delimiter.to_owned()),
        uses: uses.to_vec(),
        selectable: !name.ends_with('#'),
    }
}

/// A list; `name=wire` where they differ, `#` at the end where it cannot be opened.
fn list(names: &[&str]) -> Vec<MailboxInfo> {
    names.iter().map(|n| mailbox(n, &[])).collect()
}

#[track_caller]
fn check(mailboxes: &str, list: &[MailboxInfo], planned: &[&str], problems: &[&str]) {
    let (found, told) = plan(&account(&format!("mailboxes = {mailboxes}")), list);
    assert_eq!(found.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), planned);
    assert_eq!(told.len(), problems.len(), "{told:?}");
    for (told, words) in told.iter().zip(problems) {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn names_and_patterns() {
    let all = list(&[
        "Projects#",
        "Projects/A",
        "Projects/A/x",
        "Projects/Old1",
        "Trash",
        "Trash/x",
        "INBOX",
        "Sent",
        "Spam",
    ]);
    check("[\"inbox\"]", &all, &["Sent", "INBOX"], &[]);
    check(
        "[\"INBOX\", \"Projects/*\", \"!Projects/Old*\"]",
        &all,
        &["Sent", "INBOX", "Projects/A", "Projects/A/x"],
        &[],
    );
    check("[\"Projects/%\"]", &all, &["Sent", "Projects/A", "Projects/Old1"], &[]);
    check("[\"*\"]", &all, &["Sent", "INBOX", "Projects/A", "Projects/A/x", "Projects/Old1"], &[]);
    check("[\"*\", \"!*\", \"Projects/Old1\"]", &all, &["Sent", "Projects/Old1"], &[]);
    check("[\"Trash\", \"Projects/A/\"]", &all, &["Sent", "Trash", "Projects/A"], &[]);
    check("[\"Projects\"]", &all, &["Sent"], &["\"Projects/*\""]);
    check("[\"Projets/*\"]", &all, &["Sent"], &["\"Projets/*\" finds no mailbox; did you mean \"Projects/A\""]);
    check("[\"zzz*\"]", &all, &["Sent"], &["there are "]);
}

#[test]
fn a_name_that_is_there_is_no_pattern() {
    let all = list(&["INBOX", "a*", "ab", "!a", "100%", "100 %", "R&D=R&-D", "R&-D=R&--D", "Büro=B&APw-ro"]);
    check("[\"a*\"]", &all, &["a*"], &[]);
    check("[\"!a\", \"100%\"]", &all, &["!a", "100%"], &[]);
    check("[\"R&D\", \"Büro\"]", &all, &["R&D", "Büro"], &[]);
    check("[\"R&-D\"]", &all, &["R&-D"], &[]);
    check("[\"R&--D\", \"B&APw-ro\"]", &all, &["R&-D", "Büro"], &[]);
    check("[\"B%\"]", &all, &["Büro"], &[]);
}

#[test]
fn what_a_server_does_not_list_is_tried_with_advice() {
    let (planned, problems) =
        plan(&account("mailboxes = [\"Progects/A\"]"), &list(&["INBOX", "Projects/A", "INBOX.Sub"]));
    assert!(problems.is_empty());
    assert_eq!(planned[0].name, "Progects/A");
    assert_eq!(planned[0].advice, "check imap.mailboxes; did you mean \"Projects/A\"?");
    let (planned, _) = plan(&account("mailboxes = [\"Sub\"]"), &list(&["INBOX", "INBOX.Sub"]));
    assert!(planned[0].advice.contains("did you mean \"INBOX.Sub\""), "{}", planned[0].advice);
    let (planned, problems) = plan(&account(""), &[]);
    assert_eq!((planned[0].name.as_str(), problems.len()), ("INBOX", 0));
}

#[test]
fn special_uses() {
    let gmail = vec![
        mailbox("INBOX", &[]),
        mailbox("Spam and other names", &[]),
        mailbox("[Gmail]#", &[]),
        mailbox("[Gmail]/Alle Nachrichten", &[Use::All]),
        mailbox("[Gmail]/Gesendet", &[Use::Sent]),
        mailbox("[Gmail]/Papierkorb", &[Use::Trash]),
        mailbox("[Gmail]/Wichtig", &[Use::Important]),
        mailbox("Trash", &[]),
    ];
    // Where the server says what its mailboxes are for, names do not matter.
    check("[\"*\"]", &gmail, &["[Gmail]/Gesendet", "INBOX", "Spam and other names", "Trash"], &[]);
    check("[\"[Gmail]/Alle Nachrichten\"]", &gmail, &["[Gmail]/Gesendet", "[Gmail]/Alle Nachrichten"], &[]);
}

#[test]
fn the_mailbox_for_sent_mail() {
    let sent = |imap: &str, names: &[&str]| sent_mailbox(&account(imap), &list(names));
    assert_eq!(sent("", &["INBOX", "INBOX.Sent Items"]).as_deref(), Some("INBOX.Sent Items"));
    assert_eq!(sent("sent = \"Envoyés\"", &["Envoyés=Envoy&AOk-s"]).as_deref(), Some("Envoyés"));
    assert_eq!(sent("sent = \"Sent\"", &["INBOX", "INBOX.Sent"]), None);
    let (_, problems) = plan(&account("sent = \"Sent\""), &list(&["INBOX", "INBOX.Sent"]));
    assert_eq!(problems, ["imap.sent: there is no mailbox \"Sent\"; did you mean \"INBOX.Sent\"?"]);
    let new = |imap: &str, names: &[&str]| new_sent_mailbox(&account(imap), &list(names));
    assert_eq!(new("", &["INBOX"]), "Sent");
    assert_eq!(new("", &["INBOX", "Trash"]), "Sent");
    let mut below = list(&["INBOX", "INBOX.Trash"]);
    below[0].delimiter = Some(".".to_owned());
    assert_eq!(new_sent_mailbox(&account(""), &below), "INBOX.Sent");
    assert_eq!(new_sent_mailbox(&account("sent = \"INBOX.Gesendet\""), &below), "INBOX.Gesendet");
}
