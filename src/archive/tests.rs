use super::*;
use std::collections::BTreeMap;

const A: &str = "From ada@example.org Mon Jan  5 10:00:00 2026\n";
const B: &str = "From bo@example.org Tue Jan  6 10:00:00 2026\n";

/// The messages and problems of a file.
fn read_file(bytes: &[u8]) -> (Vec<Letter>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("mail.mbox");
    std::fs::write(&path, bytes).expect("written");
    let walked = walk(&path, &[]);
    let (mut letters, mut problems) = (Vec::new(), walked.problems);
    for source in &walked.sources {
        let flow = read(source, &mut |found| {
            match found {
                Found::Letter(letter) => letters.push(letter),
                Found::Problem(problem) => problems.push(problem),
            }
            ControlFlow::Continue(())
        });
        assert!(flow.is_continue());
    }
    let name = path.display().to_string();
    (letters, problems.into_iter().map(|p| p.replace(&name, "FILE")).collect())
}

fn texts(file: &str) -> Vec<String> {
    let (letters, problems) = read_file(file.as_bytes());
    assert_eq!(problems, Vec::<String>::new(), "{file:?}");
    letters.into_iter().map(|l| String::from_utf8(l.bytes).expect("text")).collect()
}

#[test]
fn messages_of_all_kinds_of_mbox() {
    for (file, expect) in [
        (
            format!("{A}Subject: a\n\none\n\n{B}Subject: b\n\ntwo\n\n"),
            &["Subject: a\n\none\n", "Subject: b\n\ntwo\n"][..],
        ),
        // The last without its empty line; without any body; with an empty line of its own at the end.
        (format!("{A}Subject: a\n\n{B}Subject: b\n\ntwo\n"), &["Subject: a\n", "Subject: b\n\ntwo\n"]),
        (format!("{A}Subject: a\n\none\n\n\n"), &["Subject: a\n\none\n\n"]),
        // No separator: not behind an empty line, or no date.
        (format!("{A}Subject: a\n\none\n{B}\nFrom then on\n"), &[&format!("Subject: a\n\none\n{B}\nFrom then on\n")]),
        // Quoted, once and more often.
        (
            format!("{A}S: a\n\n>From x\n>>From y\n> From z\n>Fromage\n"),
            &["S: a\n\nFrom x\n>From y\n> From z\n>Fromage\n"],
        ),
        // Empty lines at the beginning; a mark of some programs.
        (format!("\n\n{A}S: a\n\none\n"), &["S: a\n\none\n"]),
        (format!("\u{feff}{A}S: a\n\none\n"), &["S: a\n\none\n"]),
        // Length that holds: what looks like a separator is text, and nothing is unquoted beside it.
        (
            format!("{A}S: a\nContent-Length: 58\n\none\n\n{B}>From x\n\n{B}S: b\n\n"),
            &[&format!("S: a\n\none\n\n{B}>From x\n"), "S: b\n"],
        ),
        // Length that holds, quoted all the same.
        (format!("{A}S: a\nContent-Length: 9\n\n>From\n>\n\n\n{B}S: b\n\n"), &["S: a\n\n>From\n>\n\n", "S: b\n"]),
        (format!("{A}S: a\nContent-Length: 8\n\n>From x\n\n{B}S: b\n\n"), &["S: a\n\nFrom x\n", "S: b\n"]),
        // Lengths that do not hold.
        (format!("{A}S: a\nContent-Length: 2\n\none\n\n{B}S: b\n\n"), &["S: a\n\none\n", "S: b\n"]),
        (format!("{A}S: a\nContent-Length: 9999\n\none\n\n{B}S: b\n\n"), &["S: a\n\none\n", "S: b\n"]),
        // Flags are not part of the message.
        (format!("{A}Status: RO\nS: a\nX-Status: A\n\none\n\n"), &["S: a\n\none\n"]),
    ] {
        assert_eq!(texts(&file), expect, "{file:?}");
        let crlf = file.replace('\n', "\r\n");
        if !file.contains("Content-Length") {
            assert_eq!(texts(&crlf), expect.iter().map(|t| t.replace('\n', "\r\n")).collect::<Vec<_>>(), "{crlf:?}");
        }
    }
}

#[test]
fn what_is_wrong_is_said_and_the_rest_goes_on() {
    let whole = format!("{A}Subject: a\n\none\n\n{B}Subject: b\n\ntwo\n\n");
    let (letters, problems) = read_file(&whole.as_bytes()[..whole.len() - 3]);
    assert!(letters[1].cut && !letters[0].cut && letters[1].bytes.ends_with(b"tw"), "{letters:?}");
    let start = whole.find("Subject: b").expect("there");
    let place = format!("FILE, the message at byte {start}");
    assert_eq!(problems, [format!("{place}: the file ends in the middle of it; it is taken as far as it goes")]);
    // Cut between two lines, but its length tells.
    let (letters, problems) = read_file(format!("{A}Content-Length: 100\nS: a\n\none\n").as_bytes());
    assert!(letters[0].cut && problems.len() == 1, "{problems:?}");
    // Cut in its header.
    let (letters, _) = read_file(format!("{A}Subject: a long on").as_bytes());
    assert_eq!((letters[0].cut, letters[0].bytes.as_slice()), (true, &b"Subject: a long on"[..]));

    let (letters, problems) = read_file(format!("rubbish\nand more\n\n{whole}").as_bytes());
    assert_eq!(letters.len(), 2);
    assert_eq!(problems, ["FILE holds 17 bytes before the first message that are no mail; left out"]);
    let (letters, problems) = read_file(format!("{A}\n{A}\n\n{whole}").as_bytes());
    assert_eq!((letters.len(), problems.len()), (2, 2), "{problems:?}");
    assert_eq!(read_file(b"").1, ["FILE is empty: there is no message in it"]);
    let (letters, problems) = read_file(b"nothing of the kind\n");
    assert_eq!(letters, []);
    assert_eq!(problems, ["FILE holds 20 bytes and no message that are no mail; left out"]);
    let (letters, _) = read_file(format!("{A}S: a\0b\n\n\0\0\n").as_bytes());
    assert_eq!(letters[0].bytes, b"S: a\0b\n\n\0\0\n");
}

#[test]
fn a_message_is_measured_before_it_is_held() {
    let half = "x".repeat(9 << 20);
    let file = format!("{A}S: a\n\n{half}\n>From {half}\n\n{B}S: b\n\ntwo\n\n");
    let found = texts(&file);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0], format!("S: a\n\n{half}\nFrom {half}\n"));
}

#[test]
fn cut_anywhere_nothing_before_is_lost() {
    let whole = format!("{A}Subject: a\n\none\n\n{B}Subject: b\n\ntwo\n\n{A}Subject: c\n\n>From\n\n");
    let all = texts(&whole);
    for end in 0..whole.len() {
        let (letters, _) = read_file(&whole.as_bytes()[..end]);
        let sound = letters.len().saturating_sub(1);
        for (letter, expect) in letters.iter().zip(&all).take(sound) {
            assert_eq!(letter.bytes, expect.as_bytes(), "cut at {end}");
        }
    }
}

#[test]
fn folders_tell_what_they_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let put = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, text).expect("written");
    };
    let mail = "Subject: x\n\ntext\n";
    for base in ["Maildir", "Maildir/.Sent", "Maildir/.Archive.2019", "tree/Work/Sent"] {
        for hold in ["cur", "new", "tmp"] {
            put(&format!("{base}/{hold}/1700000000.M1.host:2,S"), mail);
        }
    }
    put("Maildir/dovecot-uidlist", "From the server\n");
    put("export/one.eml", mail);
    put("export/deep/two.EML", mail);
    put("export/notes.txt", "Subject: no mail\n\n");
    put("thunderbird/Inbox", &format!("{A}{mail}\n"));
    put("thunderbird/Inbox.msf", "// <!-- ");
    put("thunderbird/Inbox.sbd/Sent", &format!("{A}{mail}\n"));
    put("thunderbird/Trash", "");
    put("apple/Sent Messages.mbox/mbox", &format!("{A}{mail}\n"));
    put("own/x.eml", mail);
    #[cfg(unix)]
    std::os::unix::fs::symlink(folder.path(), folder.path().join("export/deep/loop")).expect("linked");
    let own = std::fs::canonicalize(folder.path().join("own")).expect("there");
    let found = |path: &str| -> BTreeMap<String, String> {
        let walked = walk(&folder.path().join(path), std::slice::from_ref(&own));
        let kind = |kind: &Kind| match kind {
            Kind::Letters(names) => format!("{} files", names.len()),
            other => format!("{other:?}"),
        };
        walked.sources.iter().map(|s| (format!("{} ({})", s.mailbox, s.leaf), kind(&s.kind))).collect()
    };
    let map = |pairs: &[(&str, &str)]| pairs.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    for (path, expect) in [
        (
            "Maildir",
            &[("INBOX (Maildir)", "Maildir"), ("Sent (Sent)", "Maildir"), ("Archive.2019 (2019)", "Maildir")][..],
        ),
        ("Maildir/.Sent", &[("Sent (Sent)", "Maildir")]),
        ("tree", &[("Work/Sent (Sent)", "Maildir")]),
        ("export", &[("export (export)", "1 files"), ("deep (deep)", "1 files")]),
        ("export/one.eml", &[("INBOX (INBOX)", "1 files")]),
        ("thunderbird", &[("INBOX (Inbox)", "Mbox"), ("Inbox/Sent (Sent)", "Mbox")]),
        ("apple", &[("Sent Messages (Sent Messages)", "Mbox")]),
        ("own", &[]),
        ("Maildir/dovecot-uidlist", &[]),
        ("not there", &[]),
    ] {
        assert_eq!(found(path), map(expect), "{path}");
        if expect.is_empty() {
            assert_eq!(walk(&folder.path().join(path), std::slice::from_ref(&own)).problems.len(), 1, "{path}");
        }
    }
    // All of it, without what is ours; and no end of links.
    let all = walk(folder.path(), std::slice::from_ref(&own));
    assert!(all.sources.iter().all(|s| s.leaf != "own") && all.problems.is_empty(), "{all:?}");
    assert_eq!(all.links.len(), usize::from(cfg!(unix)));
}
