//! A small blocking IMAP client, so that what a test asserts does not rest on the code that it tests. It
//! panics at everything unexpected.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

/// A session, logged in, without TLS.
pub struct Imap {
    stream: BufReader<TcpStream>,
    tag: u32,
}

/// What a command gave: its untagged lines (literals and all) and the tagged one.
#[derive(Debug)]
pub struct Answer {
    /// Each untagged response, with its literals' bytes in place.
    pub untagged: Vec<Vec<u8>>,
    /// The tagged line after the tag: `OK …`, `NO …`, `BAD …`.
    pub status: String,
}

impl Imap {
    /// Connects to 127.0.0.1 and logs in.
    pub fn login(port: u16, user: &str, password: &str) -> Imap {
        let stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let mut imap = Imap { stream: BufReader::new(stream), tag: 0 };
        let greeting = imap.response();
        assert!(greeting.starts_with(b"* OK"), "{}", String::from_utf8_lossy(&greeting));
        imap.exec(&format!("LOGIN {} {}", quoted(user), quoted(password)));
        imap
    }

    /// The command's answer, which must be OK.
    pub fn exec(&mut self, command: &str) -> Answer {
        let answer = self.attempt(command);
        assert!(answer.status.starts_with("OK"), "{command}: {}", answer.status);
        answer
    }

    /// The command's answer, whatever it is.
    pub fn attempt(&mut self, command: &str) -> Answer {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        self.send(format!("{tag} {command}\r\n").as_bytes());
        self.answer(&tag)
    }

    /// Opens a mailbox for writing.
    pub fn select(&mut self, mailbox: &str) {
        self.exec(&format!("SELECT {}", quoted(mailbox)));
    }

    /// Opens a mailbox for reading.
    pub fn examine(&mut self, mailbox: &str) {
        self.exec(&format!("EXAMINE {}", quoted(mailbox)));
    }

    /// Makes a mailbox.
    pub fn create(&mut self, mailbox: &str) {
        self.exec(&format!("CREATE {}", quoted(mailbox)));
    }

    /// The names of all mailboxes.
    pub fn list(&mut self) -> Vec<String> {
        let answer = self.exec("LIST \"\" \"*\"");
        let name = |line: &Vec<u8>| {
            let line = String::from_utf8_lossy(line).trim_end().to_owned();
            let after = line.strip_prefix("* LIST (")?.split_once(") ")?.1.split_once(' ')?.1.to_owned();
            Some(after.trim_matches('"').to_owned())
        };
        answer.untagged.iter().filter_map(name).collect()
    }

    /// The UIDs in the open mailbox that match, ascending.
    pub fn search(&mut self, criteria: &str) -> Vec<u32> {
        let answer = self.exec(&format!("UID SEARCH {criteria}"));
        let mut uids: Vec<u32> = answer
            .untagged
            .iter()
            .filter_map(|line| String::from_utf8_lossy(line).trim().strip_prefix("* SEARCH").map(str::to_owned))
            .flat_map(|rest| rest.split_whitespace().map(|n| n.parse().unwrap()).collect::<Vec<u32>>())
            .collect();
        uids.sort_unstable();
        uids
    }

    /// The message's bytes; its flags stay as they are.
    pub fn fetch(&mut self, uid: u32) -> Vec<u8> {
        let answer = self.exec(&format!("UID FETCH {uid} BODY.PEEK[]"));
        let response = answer.untagged.iter().find(|r| find(r, b"BODY[]").is_some());
        let response = response.unwrap_or_else(|| panic!("no message with UID {uid}"));
        let open = find(response, b"{").unwrap();
        let end = open + find(&response[open..], b"}\r\n").unwrap();
        let size: usize = std::str::from_utf8(&response[open + 1..end]).unwrap().parse().unwrap();
        response[end + 3..end + 3 + size].to_vec()
    }

    /// The message's flags, sorted.
    pub fn flags(&mut self, uid: u32) -> Vec<String> {
        let answer = self.exec(&format!("UID FETCH {uid} (FLAGS)"));
        let text: String = answer.untagged.iter().map(|r| String::from_utf8_lossy(r).into_owned()).collect();
        let list = text.split_once("FLAGS (").and_then(|(_, rest)| rest.split_once(')'));
        let list = list.unwrap_or_else(|| panic!("no message with UID {uid}: {text}")).0;
        let mut flags: Vec<String> =
            list.split_whitespace().filter(|flag| *flag != "\\Recent").map(str::to_owned).collect();
        flags.sort();
        flags
    }

    /// All messages of a mailbox, oldest first, as bytes. The mailbox is open for reading afterwards.
    pub fn messages(&mut self, mailbox: &str) -> Vec<Vec<u8>> {
        self.examine(mailbox);
        let uids = self.search("ALL");
        uids.into_iter().map(|uid| self.fetch(uid)).collect()
    }

    /// Appends a message; `flags` as in `\Seen \Flagged`.
    pub fn append(&mut self, mailbox: &str, flags: &str, message: &[u8]) {
        self.append_dated(mailbox, flags, "", message);
    }

    /// Appends a message as one that arrived at `date`: `01-Jan-2020 12:00:00 +0000`, or empty for now.
    pub fn append_dated(&mut self, mailbox: &str, flags: &str, date: &str, message: &[u8]) {
        self.tag += 1;
        let tag = format!("t{}", self.tag);
        let date = if date.is_empty() { String::new() } else { format!("\"{date}\" ") };
        self.send(format!("{tag} APPEND {} ({flags}) {date}{{{}}}\r\n", quoted(mailbox), message.len()).as_bytes());
        let go = self.response();
        assert!(go.starts_with(b"+"), "APPEND {mailbox}: {}", String::from_utf8_lossy(&go));
        self.send(message);
        self.send(b"\r\n");
        let answer = self.answer(&tag);
        assert!(answer.status.starts_with("OK"), "APPEND {mailbox}: {}", answer.status);
    }

    fn send(&mut self, bytes: &[u8]) {
        self.stream.get_mut().write_all(bytes).unwrap();
    }

    fn answer(&mut self, tag: &str) -> Answer {
        let mut untagged = Vec::new();
        loop {
            let response = self.response();
            let text = String::from_utf8_lossy(&response);
            if let Some(status) = text.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
                return Answer { untagged, status: status.trim_end().to_owned() };
            }
            untagged.push(response);
        }
    }

    /// One response: a line, and as long as it ends in a literal, that literal and the next line.
    fn response(&mut self) -> Vec<u8> {
        let mut response = Vec::new();
        loop {
            let begin = response.len();
            self.stream.read_until(b'\n', &mut response).unwrap();
            assert!(response.ends_with(b"\n"), "the server closed the connection");
            let Some(size) = literal(&response[begin..]) else { return response };
            let mut bytes = vec![0; size];
            self.stream.read_exact(&mut bytes).unwrap();
            response.extend_from_slice(&bytes);
        }
    }
}

/// The size of the literal that the line announces at its end.
fn literal(line: &[u8]) -> Option<usize> {
    let line = line.strip_suffix(b"}\r\n")?;
    let open = line.iter().rposition(|b| *b == b'{')?;
    std::str::from_utf8(&line[open + 1..]).ok()?.parse().ok()
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
