//! `postnote import`: the notes that a sync would write, once, whichever came first.

use crate::support::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// The reader of generated mail, with a mailbox on Dovecot.
struct Reader {
    case: Case,
    sam: User,
}

impl Reader {
    fn new(sam: &User) -> Reader {
        let dovecot = Dovecot::shared();
        let aliases = ["alice@lab.example", "sam@example.org"];
        let account = Account {
            name: "lab",
            user: sam,
            display_name: "Alex Morgan",
            aliases: &aliases,
            imap: dovecot.imap,
            smtp: 9,
        };
        let mut case = Case::new();
        case.config(&format!("[sync]\nsince = \"all\"\n{}", account.toml()));
        case.env(PASSWORD_VARIABLE, &sam.password);
        Reader { case, sam: User { email: sam.email.clone(), password: sam.password.clone() } }
    }

    fn anybody() -> Reader {
        Reader::new(&Dovecot::shared().user("sam", "lab.example"))
    }

    /// The user's Maildir on the server.
    fn served(&self) -> PathBuf {
        Dovecot::shared().dir.join("users").join(&self.sam.email).join("Maildir")
    }

    /// Lets generated mail arrive.
    fn receive(&self, arguments: &[&str]) {
        let made = self.case.path().join("made");
        python("mailgen.py", &[arguments, &["--out", text(&made)]].concat());
        fs::create_dir_all(self.served().parent().unwrap()).unwrap();
        for file in fs::read_dir(made.join("cur")).unwrap().map(|e| e.unwrap().path()) {
            // What no IMAP server can send as it is (RFC 3501 §4.3): Dovecot puts other bytes in its place.
            if fs::read(&file).unwrap().contains(&0) {
                fs::remove_file(&file).unwrap();
            }
        }
        fs::rename(&made, self.served()).or_else(|_| copy(&made, &self.served())).unwrap();
        self.owned();
    }

    fn owned(&self) {
        assert!(Command::new(script("dovecot.sh")).arg("own").arg(&Dovecot::shared().dir).status().unwrap().success());
    }

    fn import(&self, more: &[&str], path: &Path, status: i32) -> Output {
        self.case.postnote(&[&["import"], more, &[text(path)]].concat()).ended(status)
    }

    /// All notes but drafts.
    fn notes(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        self.case.snapshot().into_iter().filter(|(path, _)| !path.starts_with("Outbox")).collect()
    }
}

/// Finds two vaults the same, or says where they differ, in few words.
fn alike(now: &BTreeMap<PathBuf, Vec<u8>>, then: &BTreeMap<PathBuf, Vec<u8>>) {
    let lines = |bytes: Option<&Vec<u8>>| match bytes {
        Some(bytes) => String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect::<Vec<_>>(),
        None => vec!["(no such file)".to_owned()],
    };
    let mut said = Vec::new();
    for path in now.keys().chain(then.keys().filter(|p| !now.contains_key(*p))) {
        if now.get(path) != then.get(path) {
            let (a, b) = (lines(now.get(path)), lines(then.get(path)));
            let first = a.iter().zip(&b).position(|(a, b)| a != b).unwrap_or(a.len().min(b.len()));
            said.push(format!("{}:{first}\n  now:  {:?}\n  then: {:?}", path.display(), a.get(first), b.get(first)));
        }
    }
    assert!(said.is_empty(), "{} of {} files differ:\n{}", said.len(), now.len(), said.join("\n"));
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    let status = Command::new("cp").arg("-a").args([from, to]).status()?;
    assert!(status.success());
    Ok(())
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// Runs one of `scripts/`, which must end well.
fn python(name: &str, arguments: &[&str]) {
    let output = Command::new("python3").arg(script(name)).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const MBOX: &str = r#"
import mailbox, os, re, sys, time
maildir, out, kind = sys.argv[1:]
names = sorted(n for n in os.listdir(maildir + '/cur') + os.listdir(maildir + '/new'))
def answered(n):
    return 'R' in n.split(':2,')[-1]
def place(n):
    return next(p for p in (maildir + '/cur/' + n, maildir + '/new/' + n) if os.path.exists(p))
if kind == 'mboxo':
    box = mailbox.mbox(out)
    for n in names:
        message = mailbox.mboxMessage(open(place(n), 'rb').read())
        if answered(n):
            message.add_flag('A')
        message.set_from('MAILER-DAEMON', time.gmtime(os.path.getmtime(place(n))))
        box.add(message)
    box.flush()
else:
    with open(out, 'wb') as f:
        for n in names:
            raw = open(place(n), 'rb').read()
            date = time.asctime(time.gmtime(os.path.getmtime(place(n))))
            head, body = raw.split(b'\n\n', 1)
            if kind == 'mboxrd':
                raw = b'X-Mozilla-Status: 000%d\n' % (3 if answered(n) else 1) + re.sub(rb'(?m)^(>*From )', rb'>\1', raw)
            else:
                raw = head + b'\nStatus: RO\nX-Status: %s\nContent-Length: %d\n\n' % (b'AF' if answered(n) else b'', len(body)) + body
            raw = b'From - ' + date.encode() + b'\n' + raw + b'\n'
            f.write(raw.replace(b'\n', b'\r\n') if kind == 'mboxrd' else raw)
"#;

/// A Maildir's messages as one file.
fn mbox(maildir: &Path, out: &Path, kind: &str) {
    let output = Command::new("python3").args(["-c", MBOX, text(maildir), text(out), kind]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Sync and import of the same mail: the same notes; and each finds what the other did.
fn as_synced(arguments: &[&str]) -> (Reader, BTreeMap<PathBuf, Vec<u8>>) {
    let synced = Reader::anybody();
    synced.receive(arguments);
    synced.case.postnote(&["sync"]).ended(0);
    let before = synced.case.snapshot();
    assert!(before.len() > 40);
    let said = synced.import(&[], &synced.served(), 0).stdout;
    assert!(said.contains("lab: nothing new"), "{said}");
    alike(&synced.case.snapshot(), &before);

    let imported = Reader::new(&synced.sam);
    imported.import(&[], &imported.served(), 0);
    alike(&imported.notes(), &synced.notes());
    // What was imported is old: nobody is asked to answer it, neither now nor when it is met on the server.
    assert_eq!(imported.case.notes("Outbox"), Vec::<PathBuf>::new());
    let said = imported.case.postnote(&["sync"]).ended(0).stdout;
    assert!(said.contains("lab: nothing new"), "{said}");
    alike(&imported.case.snapshot(), &synced.notes());
    let notes = synced.notes();
    (synced, notes)
}

fn in_an_mbox_too(arguments: &[&str]) {
    let (synced, notes) = as_synced(arguments);
    at_once(["mboxo", "mboxrd", "mboxcl2"], |kind| {
        let reader = Reader::new(&synced.sam);
        let file = reader.case.path().join("INBOX.mbox");
        mbox(&synced.served(), &file, kind);
        reader.import(&[], &file, 0);
        alike(&reader.notes(), &notes);
        // In another form, once more.
        reader.import(&[], &synced.served(), 0);
        alike(&reader.case.snapshot(), &notes);
    });
}

#[test]
fn small() {
    in_an_mbox_too(&["--preset", "small", "--count", "60", "--missing-id", "5"]);
}

#[test]
fn threads() {
    in_an_mbox_too(&["--preset", "threads", "--count", "60"]);
}

#[test]
fn broken() {
    as_synced(&["--preset", "broken"]);
}

/// A mail to the owner.
fn mail(n: usize, more: &str) -> String {
    format!(
        "From: Ada Park <ada@example.com>\nTo: sam@example.org\nSubject: Matter {n}\nMessage-ID: <m{n}@example.com>\n\
         Date: Mon, 5 Jan 2026 10:{:02}:00 +0000\n{more}\nCould you send me the plan number {n} by Friday?\n",
        n % 60
    )
}

/// Files, made with the folders that they need.
fn put_all(base: &Path, files: &[(String, String)]) {
    for (path, text) in files {
        put(&base.join(path), text);
    }
}

fn maildir(base: &Path, folder: &str, files: &[(String, String)]) {
    for hold in ["cur", "new", "tmp"] {
        fs::create_dir_all(base.join(folder).join(hold)).unwrap();
    }
    put_all(&base.join(folder).join("cur"), files);
}

fn subjects(reader: &Reader) -> Vec<String> {
    let mut subjects: Vec<String> =
        reader.case.notes("Sources").iter().map(|p| front(p).text("subject").unwrap()).collect();
    subjects.sort();
    subjects
}

#[test]
fn folders_and_flags_mean_what_they_mean_elsewhere() {
    let reader = Reader::anybody();
    let base = reader.case.path().join("Maildir");
    let letter = |n: usize, flags: &str| (format!("{}.M1P1.host:2,{flags}", 1_767_600_000 + n), mail(n, ""));
    maildir(&base, "", &[letter(1, "S"), letter(2, "RS"), letter(3, "ST"), letter(4, "D"), letter(5, "")]);
    put(&base.join("tmp/1767600000.M1P1.host"), &mail(6, ""));
    maildir(&base, ".Archive.Caf&AOk-", &[letter(7, "S")]);
    maildir(&base, ".Trash", &[letter(8, "S")]);
    let answer =
        mail(9, "In-Reply-To: <m5@example.com>\n").replace("From: Ada Park <ada@example.com>", "From: sam@example.org");
    maildir(&base, ".Sent", &[("1767700000.M1P1.host:2,S".to_owned(), answer)]);
    let said = reader.import(&["--drafts"], &base, 0).stdout;
    assert_eq!(subjects(&reader), ["Matter 1", "Matter 2", "Matter 5", "Matter 7"], "{said}");
    assert!(said.contains("5 messages read; 2 left out: drafts, junk, deleted"), "{said}");
    assert!(said.contains("left out: ") && said.contains(".Trash holds junk, trash or drafts; name it"), "{said}");
    let word = |n: usize, key: &str| {
        let note = reader.case.notes("Sources").into_iter().map(|p| front(&p));
        let mut found = note.filter(|f| f.text("subject").unwrap() == format!("Matter {n}"));
        found.next().unwrap().text(key).unwrap()
    };
    // Answered by its flag; answered by what lies in Sent.
    assert_eq!([1, 2, 5].map(|n| word(n, "triage")), ["needs-reply", "done", "done"]);
    assert_eq!([1, 7].map(|n| word(n, "mailbox")), ["INBOX", "Archive.Café"]);
    // With --drafts, what waits for an answer has one.
    assert_eq!(reader.case.notes("Outbox").len(), 2, "{said}");
    // What is named is wanted.
    reader.import(&[], &base.join(".Trash"), 0);
    assert!(subjects(&reader).contains(&"Matter 8".to_owned()));
    // Own mail that lies in no mailbox of that kind, where its owner says so.
    let own = base.join("own.eml");
    put(&own, &mail(10, "").replace("ada@example.com", "sam@example.org"));
    reader.import(&["--sent"], &own, 0);
    assert!(!subjects(&reader).contains(&"Matter 10".to_owned()));
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_goes_on() {
    let reader = Reader::anybody();
    let base = reader.case.path().join("mail");
    put(&base.join("one.eml"), &mail(1, ""));
    put(&base.join("deep/two.eml"), &mail(2, "").replace('\n', "\r\n"));
    put(&base.join("deep/nul.eml"), &mail(3, "").replace("plan", "pl\0an"));
    put(&base.join("empty.eml"), "");
    put(&base.join("readme.txt"), "Subject: not a mail, whatever it looks like\n\nText.\n");
    let from = "From ada@example.com Mon Jan  5 10:00:00 2026\n";
    put(&base.join("whole"), &format!("{from}{}\n{from}{}\n", mail(4, ""), mail(5, "")));
    put(&base.join("garbage.mbox"), &format!("no mail at all\n\n{from}{}\n", mail(6, "")));
    let cut = format!("{from}{}\n{from}{}\n", mail(7, ""), mail(8, ""));
    put(&base.join("cut.mbox"), &cut[..cut.len() - 20]);
    assert!(Command::new("mkfifo").arg(base.join("pipe.eml")).status().unwrap().success());
    #[cfg(unix)]
    std::os::unix::fs::symlink(&base, base.join("deep/loop")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(base.join("nowhere"), base.join("dangling.eml")).unwrap();
    let paths = [text(&base), "/dev/zero", "not-there"];
    let output = reader.case.postnote(&[&["import"], &paths[..]].concat()).ended(1);
    assert_eq!(subjects(&reader), (1..=8).map(|n| format!("Matter {n}")).collect::<Vec<_>>());
    let lines: Vec<&str> = output.stderr.lines().collect();
    for part in [
        "empty.eml is empty",
        "garbage.mbox holds 15 bytes before the first message that are no mail",
        "cut.mbox, the message at byte 2",
        "the file ends in the middle of it; it is taken as far as it goes",
        "pipe.eml is no regular file",
        "dangling.eml cannot be read",
        "/dev/zero is no regular file and no folder",
        "not-there cannot be read: No such file",
    ] {
        assert!(lines.iter().any(|l| l.contains(part)), "{part}: {output:?}");
    }
    assert_eq!(lines.len(), 7, "{output:?}");
    assert!(output.stdout.contains("loop is a link to a folder"), "{output:?}");
    // What was cut is kept as it came.
    let kept = reader.case.snapshot().into_iter().find(|(path, _)| text(path).ends_with("original.eml")).unwrap().1;
    assert!(cut.ends_with("by Friday?\n\n") && crlf(cut.as_bytes()).windows(kept.len()).any(|part| part == kept));
    // The vault is no mailbox, whatever lies in it.
    let before = reader.case.snapshot();
    let said = reader.import(&[], &reader.case.vault(), 1);
    assert!(said.stderr.contains("holds no mail"), "{said:?}");
    let said = reader.import(&[], &reader.case.vault().join("Sources/Email"), 1);
    assert!(said.stderr.contains("where postnote keeps its own files"), "{said:?}");
    alike(&reader.case.snapshot(), &before);
}

#[test]
fn each_account_gets_what_is_its_own() {
    let user = |email: &str| User { email: email.to_owned(), password: "x".to_owned() };
    let (work, home) = (user("sam@example.org"), user("sam@example.net"));
    let account = |name, user| Account { name, user, display_name: "Sam Reed", aliases: &[], imap: 9, smtp: 9 }.toml();
    let mut case = Case::new();
    case.config(&format!("{}{}", account("work", &work), account("home", &home)));
    let mails = case.path().join("mails");
    put(&mails.join("1.eml"), &mail(1, ""));
    put(
        &mails.join("2.eml"),
        &mail(2, "").replace("sam@example.org", "x@example.com").replace("Subject", "Cc: SAM@example.net\nSubject"),
    );
    put(&mails.join("3.eml"), &mail(3, "").replace("sam@example.org", "x@example.com"));
    // A dry run says as much, and changes nothing.
    let output = case.postnote(&["import", "--json", "--dry-run", text(&mails)]).ended(1);
    let told: serde_json::Value = serde_json::from_str(&output.stdout).unwrap();
    let count = |n: usize, key: &str| told["accounts"][n][key].as_array().unwrap().len();
    assert_eq!((count(0, "notes"), count(1, "notes"), told["messages"].as_u64()), (1, 1, Some(3)), "{told}");
    assert!(told["problems"][0].as_str().unwrap().contains("1 messages are addressed to none of your accounts"));
    assert_eq!((told["ok"].as_bool(), told["dry_run"].as_bool()), (Some(false), Some(true)));
    assert!(case.snapshot().is_empty() && case.snapshot_of(&case.state()).is_empty());

    let output = case.postnote(&["import", text(&mails)]).ended(1);
    assert!(output.stderr.contains("--account (work, home)"), "{output:?}");
    let owners = |case: &Case| {
        let mut owners: Vec<(String, String)> = case
            .notes("Sources")
            .iter()
            .map(|p| front(p))
            .map(|f| (f.text("subject").unwrap(), f.text("account").unwrap()))
            .collect();
        owners.sort();
        owners
    };
    let pair = |n: usize, account: &str| (format!("Matter {n}"), account.to_owned());
    assert_eq!(owners(&case), [pair(1, "work"), pair(2, "home")]);
    case.postnote(&["import", "--account", "home", text(&mails)]).ended(0);
    assert_eq!(owners(&case), [pair(1, "work"), pair(2, "home"), pair(3, "home")]);
    let output = case.postnote(&["import", "--account", "nobody", text(&mails)]).ended(2);
    assert!(output.stderr.contains("the config has work, home"), "{output:?}");
    case.postnote(&["import"]).ended(2);
}

#[test]
fn killed_anywhere_and_run_again_the_end_is_the_same() {
    let dovecot = Dovecot::shared().user("sam", "lab.example");
    let shelf = tempfile::tempdir().unwrap();
    for folder in 0..4 {
        let files = (0..6).map(|n| (folder * 6 + n, folder)).map(|(n, _)| {
            // Every third continues a conversation of the folder before.
            let more =
                if n % 3 == 0 && n > 5 { format!("References: <m{}@example.com>\n", n - 6) } else { String::new() };
            (format!("{}.M1P1.host:2,S", 1_767_600_000 + n), mail(n, &more))
        });
        maildir(shelf.path(), &format!("box{folder}"), &files.collect::<Vec<_>>());
    }
    let whole = Reader::new(&dovecot);
    whole.import(&[], shelf.path(), 0);
    let expect = whole.case.snapshot();
    assert_eq!(whole.case.notes("Sources").len(), 24);
    // Every write to vault and state, as an unbroken run does them; of those, twelve.
    let reader = Reader::new(&dovecot);
    let traced = reader.case.traced(&["-e", &format!("trace={WRITES}")], &["import", text(shelf.path())]);
    assert_eq!(traced.output.status, 0, "{traced:?}");
    let (vault, state) = (reader.case.vault(), reader.case.state());
    let writes: Vec<Call> = traced.calls.into_iter().filter(|c| c.changes(&[text(&vault), text(&state)])).collect();
    assert!(writes.len() > 100, "{}", writes.len());
    let moments: [Call; 12] = std::array::from_fn(|n| writes[(n * writes.len() + 5) / 12].clone());
    let killed = at_once(moments, |Call { name, number, .. }| {
        let reader = Reader::new(&dovecot);
        let inject = format!("inject={name}:signal=KILL:when={number}");
        let killed =
            reader.case.traced(&["-e", &format!("trace={name}"), "-e", &inject], &["import", text(shelf.path())]);
        reader.import(&[], shelf.path(), 0);
        alike(&reader.case.snapshot(), &expect);
        reader.import(&[], shelf.path(), 0);
        alike(&reader.case.snapshot(), &expect);
        killed.output.status == -1
    });
    assert!(killed.iter().filter(|killed| **killed).count() >= 10, "{killed:?}");
}

#[test]
fn two_at_once_do_not_disturb_each_other() {
    let reader = Reader::anybody();
    let file = reader.case.path().join("1.eml");
    put(&file, &mail(1, ""));
    let lock = postnote::store::lock(&reader.case.state()).unwrap();
    let output = reader.import(&[], &file, 1);
    assert!(output.stderr.contains("another postnote is at work with this vault"), "{output:?}");
    drop(lock);
    reader.import(&[], &file, 0);
    assert_eq!(subjects(&reader), ["Matter 1"]);
}

#[test]
fn a_file_larger_than_memory_is_read_in_little() {
    use std::io::{Seek, SeekFrom, Write};
    let reader = Reader::anybody();
    let path = reader.case.path().join("large.mbox");
    let mut file = fs::File::create(&path).unwrap();
    let from = "From ada@example.com Mon Jan  5 10:00:00 2026\n";
    write!(file, "{from}{}\n{from}{}", mail(1, ""), mail(2, "")).unwrap();
    // A message of 1.5 GB in a hole, as one line without an end.
    file.seek(SeekFrom::Current(1_500_000_000)).unwrap();
    write!(file, "\n\n{from}{}\n", mail(3, "")).unwrap();
    drop(file);
    let mut child =
        reader.case.command(&["import", text(&path)]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:")).unwrap_or("0 kB");
        peak = peak.max(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap());
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("1500 MB are too large; it is left out"), "{said}");
    assert_eq!(subjects(&reader), ["Matter 1", "Matter 3"]);
    assert!((1..150_000).contains(&peak), "{peak} kB");
}
