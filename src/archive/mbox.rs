//! A file of many messages, each behind a `From ` line, streamed: mboxo, mboxrd, mboxcl and mboxcl2.
//!
//! - A message begins at a separator (see [`separator`](super::separator)) at the beginning of the file or behind an empty
//!   line; that empty line belongs to the mailbox.
//! - Content-Length counts only where it leads to a separator or to the end of the file: many are wrong.
//! - One `>` is taken from lines of `>`s and `From `, as mboxrd has it. (An mboxo does not say which of them were there
//!   before; in most of its messages none was.) Not where Content-Length holds and a `From ` stands unquoted: mboxcl2.

use super::own_fields::{content_length, take_out};
use super::separator::{Separator, Shape};
use super::{BOM, Found, Letter, MAX_MESSAGE, Taker, regular};
use jiff::Timestamp;
use memchr::memmem;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::path::Path;

/// So much of a line is looked at at once; there are files without line ends.
const PIECE: u64 = 64 * 1024;
/// What is longer is first measured, then read: what is too large is never in memory.
const HELD: usize = 16 * 1024 * 1024;

/// Reads the messages.
pub(super) fn read(path: &Path, on: &mut Taker<'_>) -> ControlFlow<()> {
    let outcome = Reader::open(path).and_then(|mut reader| reader.run(on));
    match outcome {
        Ok(flow) => flow,
        Err(e) => on(Found::Problem(format!("{} cannot be read to its end: {e}", path.display()))),
    }
}

struct Reader<'p> {
    path: &'p Path,
    file: BufReader<File>,
    /// For looks ahead and back.
    probe: File,
    len: u64,
    shape: Shape,
    /// Where `line` ends in the file.
    at: u64,
    line: Vec<u8>,
    /// `line` begins a line; the next will.
    begins: bool,
    ended: bool,
}

/// A message being read.
#[derive(Debug)]
struct Open {
    came: Option<Timestamp>,
    start: u64,
    /// As in the file, from `start`, until it is too much to be held.
    bytes: Vec<u8>,
    octets: u64,
    in_header: bool,
    /// Content-Length leads beyond the file.
    promised: bool,
    /// Content-Length holds: all is read.
    measured: bool,
}

impl Reader<'_> {
    fn open(path: &Path) -> io::Result<Reader<'_>> {
        let len = regular(path)?.len();
        let file = BufReader::with_capacity(256 * 1024, File::open(path)?);
        let probe = File::open(path)?;
        let (shape, line) = (Shape::default(), Vec::new());
        Ok(Reader { path, file, probe, len, shape, at: 0, line, begins: false, ended: true })
    }

    /// The next line, or piece of one; `false` at the end.
    fn next(&mut self) -> io::Result<bool> {
        self.line.clear();
        self.begins = self.ended;
        let read = (&mut self.file).take(PIECE).read_until(b'\n', &mut self.line)?;
        self.at += read as u64;
        self.ended = self.line.last() == Some(&b'\n');
        if self.at == read as u64 && self.line.starts_with(BOM) {
            self.line.drain(..BOM.len());
        }
        Ok(read > 0)
    }

    fn run(&mut self, on: &mut Taker<'_>) -> io::Result<ControlFlow<()>> {
        let mut open: Option<Open> = None;
        let (mut after_blank, mut strange) = (true, 0);
        while self.next()? {
            let is_blank = self.begins && is_blank(&self.line);
            if open.is_none() && strange == 0 && !is_blank {
                self.shape = Shape::of(&self.line);
            }
            if let Some(Separator { came }) = self.separator(after_blank) {
                if self.hand_over(open.take(), false, on)?.is_break() {
                    return Ok(ControlFlow::Break(()));
                }
                open = Some(Open::begun(came, self.at));
                after_blank = false;
                continue;
            }
            after_blank = is_blank;
            match &mut open {
                None if is_blank => {}
                None => strange += self.line.len(),
                Some(open) => {
                    open.push(&self.line);
                    if open.in_header && is_blank {
                        open.in_header = false;
                        after_blank |= self.body(open)?;
                    }
                }
            }
        }
        if strange > 0 {
            let what = if open.is_some() { "before the first message" } else { "and no message" };
            let problem = format!("{} holds {strange} bytes {what} that are no mail; left out", self.path.display());
            if on(Found::Problem(problem)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        self.hand_over(open, true, on)
    }

    fn separator(&self, after_blank: bool) -> Option<Separator> {
        // Most lines end here.
        if !self.begins || !after_blank || !self.line.starts_with(b"From ") {
            return None;
        }
        self.shape.separator(&self.line)
    }

    /// Reads the body that Content-Length measures, if it does.
    fn body(&mut self, open: &mut Open) -> io::Result<bool> {
        let Some(length) = content_length(&open.bytes) else { return Ok(false) };
        let end = self.at.saturating_add(length);
        open.promised = end > self.len;
        if !self.leads_to_separator(end)? {
            return Ok(false);
        }
        while self.at < end {
            self.line.clear();
            let left = PIECE.min(end - self.at);
            let read = (&mut self.file).take(left).read_to_end(&mut self.line)?;
            if read == 0 {
                break;
            }
            self.at += read as u64;
            open.push(&self.line);
        }
        self.ended = true;
        open.measured = true;
        Ok(true)
    }

    fn leads_to_separator(&mut self, end: u64) -> io::Result<bool> {
        if end >= self.len {
            return Ok(end == self.len);
        }
        let mut ahead = Vec::new();
        self.probe.seek(SeekFrom::Start(end))?;
        (&mut self.probe).take(2048).read_to_end(&mut ahead)?;
        let mut lines = ahead.split_inclusive(|b| *b == b'\n').skip_while(|l| is_blank(l));
        Ok(lines.next().is_none_or(|line| self.shape.separator(line).is_some()))
    }

    /// Gives a message that is read to its end.
    fn hand_over(&mut self, open: Option<Open>, last: bool, on: &mut Taker<'_>) -> io::Result<ControlFlow<()>> {
        let Some(mut open) = open else { return Ok(ControlFlow::Continue(())) };
        let place = format!("{}, the message at byte {}", self.path.display(), open.start);
        if open.octets > MAX_MESSAGE {
            let size = open.octets / 1_000_000;
            return Ok(on(Found::Problem(format!("{place}: {size} MB are too large; it is left out"))));
        }
        if open.octets > open.bytes.len() as u64 {
            open.bytes = Vec::with_capacity(usize::try_from(open.octets).unwrap_or_default());
            self.probe.seek(SeekFrom::Start(open.start))?;
            (&mut self.probe).take(open.octets).read_to_end(&mut open.bytes)?;
        }
        let cut = last && !open.measured && (open.promised || !open.bytes.ends_with(b"\n"));
        let letter = open.closed(cut);
        if letter.bytes.iter().all(u8::is_ascii_whitespace) {
            return Ok(on(Found::Problem(format!("{place}: it is empty; left out"))));
        }
        if cut {
            let problem = format!("{place}: the file ends in the middle of it; it is taken as far as it goes");
            if on(Found::Problem(problem)).is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(on(Found::Letter(letter)))
    }
}

impl Open {
    fn begun(came: Option<Timestamp>, start: u64) -> Open {
        let (in_header, promised, measured) = (true, false, false);
        Open { came, start, bytes: Vec::new(), octets: 0, in_header, promised, measured }
    }

    fn push(&mut self, piece: &[u8]) {
        // Behind a body that was measured there are only empty lines.
        if self.measured {
            return;
        }
        let held = self.octets == self.bytes.len() as u64;
        self.octets += piece.len() as u64;
        if held && self.bytes.len() + piece.len() <= HELD {
            self.bytes.extend_from_slice(piece);
        } else {
            self.bytes = Vec::new();
        }
    }

    /// The message without what the mailbox added.
    fn closed(self, cut: bool) -> Letter {
        let mut bytes = self.bytes;
        if !self.measured {
            // The empty line before the next separator.
            for end in [&b"\n\r\n"[..], b"\n\n"] {
                if bytes.ends_with(end) {
                    bytes.truncate(bytes.len() - (end.len() - 1));
                    break;
                }
            }
        }
        if !(self.measured && has_line(&bytes, b"From ")) {
            bytes = unquoted(bytes);
        }
        let mut letter = Letter { bytes, came: self.came, cut, ..Letter::default() };
        take_out(&mut letter);
        letter
    }
}

fn is_blank(line: &[u8]) -> bool {
    line == b"\n" || line == b"\r\n"
}

fn has_line(bytes: &[u8], start: &[u8]) -> bool {
    memmem::find_iter(bytes, start).any(|at| at == 0 || bytes.get(at - 1) == Some(&b'\n'))
}

/// Takes one `>` from each line of `>`s and `From `.
fn unquoted(bytes: Vec<u8>) -> Vec<u8> {
    // Where such a line's first `>` stands.
    let quote = |at: usize| {
        let signs = bytes.get(..at)?.iter().rev().take_while(|b| **b == b'>').count();
        let start = at - signs;
        let begins = start == 0 || bytes.get(start - 1) == Some(&b'\n');
        (signs > 0 && begins).then_some(start)
    };
    let quotes: Vec<usize> = memmem::find_iter(&bytes, b"From ").filter_map(quote).collect();
    if quotes.is_empty() {
        return bytes;
    }
    let mut out = Vec::with_capacity(bytes.len());
    let mut from = 0;
    for quote in quotes {
        out.extend_from_slice(bytes.get(from..quote).unwrap_or_default());
        from = quote + 1;
    }
    out.extend_from_slice(bytes.get(from..).unwrap_or_default());
    out
}
