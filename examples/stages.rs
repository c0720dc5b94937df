//! How long each stage of a message's way from raw bytes to note takes: CPU time of one thread over a Maildir or a
//! folder of messages.
//!
//! ```text
//! cargo run --release --example stages -- MAILDIR        a table of the stages
//! cargo run --release --example stages -- --all MAILDIR  the same, with digests that a sync would not make
//! cargo run --release --example stages -- --dump MAILDIR one line a message: its file and a hash of all that was made
//! ```
//!
//! Beside the stages, in the same run, the same messages go through mail-parser alone: reading mail, HTML included, is to take
//! at most three times as long as that.
//!
//! Two versions of postnote that dump the same lines make the same notes of the same mail.

#![allow(clippy::print_stdout)]

use postnote::assistant::offline::{self, Reading};
use postnote::config::ReplyTo;
use postnote::config::rule::Action;
use postnote::draft::{self, Setting};
use postnote::mail::hash::sha256;
use postnote::mail::{Address, Defect, Message, body, inert, parse, subject, thread};
use postnote::note::context::VaultContext;
use postnote::note::digest::Digest;
use postnote::note::draft::Look;
use postnote::note::owner::Owner;
use postnote::note::source::{self, Facts, Listed};
use postnote::triage::{self, Arrival, ThreadFacts, Triage};
use rustix::time::{ClockId, clock_gettime};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// As the program itself has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const STAGES: [&str; 6] = ["parse", "attachments", "convert", "digest", "note", "draft"];

/// What lies between raw bytes and the Markdown of a note, HTML and all.
const READING: [&str; 2] = ["parse", "convert"];

/// What the stages made of one message.
struct Made {
    message: Message,
    defects: Vec<Defect>,
    body: body::Body,
    /// Name and bytes.
    attachments: Vec<Vec<u8>>,
    digest: String,
    note: String,
    draft: Option<String>,
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments: Vec<String> = std::env::args().skip(1).collect();
    let all = arguments.first().is_some_and(|a| a == "--all");
    let dump = arguments.first().is_some_and(|a| a == "--dump");
    if all || dump {
        arguments.remove(0);
    }
    let root = PathBuf::from(arguments.first().ok_or("which Maildir, or folder of messages?")?);
    let mut files = Vec::new();
    list(&root, &mut files)?;
    files.sort();
    let reader = Reader::new(all || dump)?;
    let (mut spent, mut bytes, mut longest) = ([Duration::ZERO; STAGES.len()], 0, (Duration::ZERO, PathBuf::new()));
    let (mut bare, parser) = ([Duration::ZERO], mail_parser::MessageParser::default());
    for (number, file) in files.iter().enumerate() {
        let raw = std::fs::read(file)?;
        bytes += raw.len();
        // Whoever comes second finds the bytes near: each does every other time.
        let mut peer = || timed(&mut bare, 0, || drop(std::hint::black_box(parser.parse(&raw))));
        if number % 2 == 0 {
            peer();
        }
        let before: Duration = spent.iter().sum();
        let made = reader.make(&raw, &mut spent);
        if number % 2 == 1 {
            peer();
        }
        let took = spent.iter().sum::<Duration>() - before;
        if took > longest.0 {
            longest = (took, file.clone());
        }
        if dump {
            println!("{} {}", made.hash(), file.strip_prefix(&root)?.display());
        }
    }
    if !dump {
        table(&spent, files.len(), bytes);
        let [bare] = bare.map(|time| time.as_secs_f64());
        let reading: f64 =
            STAGES.iter().zip(&spent).filter(|(s, _)| READING.contains(s)).map(|(_, t)| t.as_secs_f64()).sum();
        println!(
            "a bare pass of mail-parser: {bare:.3} s; {} take {:.2} times that",
            READING.join(" and "),
            reading / bare
        );
        println!("longest: {:.1} ms, {}", longest.0.as_secs_f64() * 1e3, longest.1.display());
    }
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            list(&entry.path(), files)?;
        } else {
            files.push(entry.path());
        }
    }
    Ok(())
}

fn table(spent: &[Duration], messages: usize, bytes: usize) {
    let all = spent.iter().sum::<Duration>().as_secs_f64();
    let megabytes = bytes as f64 / 1e6;
    println!("{messages} messages, {megabytes:.1} MB; CPU time of one thread");
    println!("| stage | seconds | share | MB/s | messages/s |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    let rows = STAGES.iter().zip(spent).map(|(name, time)| (*name, time.as_secs_f64()));
    for (name, seconds) in rows.chain([("all", all)]) {
        let per = |n: f64| if seconds > 0.0 { n / seconds } else { 0.0 };
        println!(
            "| {name} | {seconds:.3} | {:.0} % | {:.0} | {:.0} |",
            100.0 * seconds / all,
            per(megabytes),
            per(messages as f64)
        );
    }
}

fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or_default())
}

/// Adds the CPU time that the work takes.
fn timed<T>(spent: &mut [Duration], stage: usize, work: impl FnOnce() -> T) -> T {
    let start = cpu();
    let made = work();
    if let Some(sum) = spent.get_mut(stage) {
        *sum += cpu() - start;
    }
    made
}

/// Whose mail it is, and when it is read.
struct Reader {
    owner: Owner,
    identity: Address,
    now: jiff::Zoned,
    /// Also digests and drafts that a sync would not make.
    all: bool,
}

impl Reader {
    fn new(all: bool) -> Result<Self, jiff::Error> {
        let identity = Address::named("Alex Morgan", "alice@lab.example");
        Ok(Reader {
            owner: Owner { name: "Alex Morgan".to_owned(), addresses: vec![identity.email.clone()] },
            identity,
            now: "2026-01-05T12:00:00+01:00[Europe/Berlin]".parse()?,
            all,
        })
    }

    fn make(&self, raw: &[u8], spent: &mut [Duration]) -> Made {
        let (message, defects) = timed(spent, 0, || parse::parse(raw));
        let attachments: Vec<Vec<u8>> =
            timed(spent, 1, || message.attachments.iter().map(|a| a.bytes.clone()).collect());
        let body = timed(spent, 2, || body::render(&message));
        let base = subject::base(&message.subject);
        let (digest, verdict, word) = timed(spent, 3, || {
            let thread = ThreadFacts::default();
            let (message, owner, new_text) = (&message, &self.owner, body.new_text.as_str());
            let verdict =
                triage::triage(&Arrival { message, new_text, owner, account: "lab", mailbox: "INBOX", thread }, &[]);
            let reading = Reading { message, new_text, base_subject: &base, owner, now: &self.now };
            // Mail that gets no summary is not digested; whoever compares two versions sees it all.
            let wanted = self.all || verdict.action >= Action::Summary;
            let digest = if wanted { offline::digest(&reading, inert::line) } else { Digest::default() };
            let word = triage::settle(&verdict, &digest);
            (digest, verdict, word)
        });
        let received = message.date.unwrap_or_default().to_zoned(self.now.time_zone().clone());
        let note = timed(spent, 4, || {
            let saved: Vec<Listed> = message
                .attachments
                .iter()
                .zip(&attachments)
                .map(|(a, bytes)| {
                    let name = a.name.clone().unwrap_or_else(|| "file".to_owned());
                    let path = Some(format!("attachments/{name}"));
                    Listed { path, name, media_type: a.media_type.clone(), size: bytes.len() }
                })
                .collect();
            let facts = Facts {
                account: "lab",
                mailbox: "INBOX",
                received: &received,
                thread: &thread::root(&message),
                triage: word.as_str(),
                triage_reason: None,
                attachments: &saved,
                before: None,
                event: None,
                tags: &verdict.tags,
            };
            source::write(&message, &body, &facts)
        });
        let draft = timed(spent, 5, || {
            let setting = Setting {
                owner: &self.owner,
                identity: &self.identity,
                reply: ReplyTo::All,
                source_file: "notes/source.md",
                draft_id: &draft::draft_id(&message.key(), received.timestamp()),
                quote: None,
                look: Look::Reply,
                context: &VaultContext::default(),
                created: &self.now,
            };
            let wanted = self.all || verdict.action == Action::Draft && word == Triage::NeedsReply;
            wanted.then(|| draft::propose(&message, &digest, &setting)).flatten().map(|(text, _)| text)
        });
        let digest = format!("{digest:?} {:?}", (verdict, word));
        Made { message, defects, body, attachments, digest, note, draft }
    }
}

impl Made {
    /// A hash of everything.
    fn hash(mut self) -> String {
        let mut all = String::new();
        for (attachment, bytes) in std::mem::take(&mut self.message.attachments).into_iter().zip(&self.attachments) {
            let (name, media_type, id) = (attachment.name, attachment.media_type, attachment.content_id);
            all += &format!("{name:?} {media_type:?} {id:?} {} {}\n", attachment.inline, sha256(bytes));
        }
        all += &format!("{:?}\n{:?}\n{:?}\n", self.message, self.defects, self.body);
        all += &format!("{}\n{}\n{:?}\n", self.digest, self.note, self.draft);
        sha256(all)
    }
}
