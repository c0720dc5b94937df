//! What looking for a mail server meets: a web server that gives files, and a name server that knows a few names.

use super::Scripted;
use std::net::{Ipv4Addr, UdpSocket};

/// A web server: `answer` gets the path of each request and gives status line, headers and body, from the status on
/// (`200 OK\r\n\r\nbody`).
pub fn web(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Scripted {
    Scripted::start(move |wire| {
        let asked = wire.line()?;
        while !wire.line()?.is_empty() {}
        let path = asked.split(' ').nth(1).unwrap_or_default().to_owned();
        let (head, body) = answer(&path).split_once("\r\n\r\n").map(|(h, b)| (h.to_owned(), b.to_owned())).unwrap();
        wire.say(&format!("HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len()))
    })
}

/// A record that the name server has.
pub enum Record {
    /// Preference and host.
    Mx(u16, &'static str),
    /// Priority, weight, port and host.
    Srv(u16, u16, u16, &'static str),
}

/// A name server on 127.0.0.1 that has these records, and says of every other name that it is not there; its port. The
/// thread waits for questions until the test process ends.
pub fn names(records: Vec<(&'static str, Record)>) -> u16 {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = socket.local_addr().unwrap().port();
    std::thread::spawn(move || {
        let mut packet = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut packet) {
            let _ = socket.send_to(&answer(&packet[..length], &records), from);
        }
    });
    port
}

fn answer(question: &[u8], records: &[(&str, Record)]) -> Vec<u8> {
    let (mut at, mut labels) = (12, Vec::new());
    while question[at] != 0 {
        let length = usize::from(question[at]);
        labels.push(String::from_utf8_lossy(&question[at + 1..at + 1 + length]).to_lowercase());
        at += 1 + length;
    }
    let (name, kind) = (labels.join("."), u16::from_be_bytes([question[at + 1], question[at + 2]]));
    let mut answers = Vec::new();
    let mut count = 0_u16;
    for (owner, record) in records.iter().filter(|(owner, _)| *owner == name) {
        let (number, mut data) = match record {
            Record::Mx(preference, _) => (15, preference.to_be_bytes().to_vec()),
            Record::Srv(priority, weight, port, _) => (33, [*priority, *weight, *port].map(u16::to_be_bytes).concat()),
        };
        let (Record::Mx(_, host) | Record::Srv(_, _, _, host)) = record;
        if number != kind {
            continue;
        }
        data.extend(wire(host));
        answers.extend(wire(owner));
        answers.extend(number.to_be_bytes());
        answers.extend([0, 1, 0, 0, 0, 60]);
        answers.extend(u16::try_from(data.len()).unwrap().to_be_bytes());
        answers.extend(data);
        count += 1;
    }
    let mut packet = question[..2].to_vec();
    packet.extend([0x81, if count == 0 { 0x83 } else { 0x80 }, 0, 1]);
    packet.extend(count.to_be_bytes());
    packet.extend([0, 0, 0, 0]);
    packet.extend(&question[12..at + 5]);
    packet.extend(answers);
    packet
}

fn wire(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.').filter(|l| !l.is_empty()) {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.bytes());
    }
    bytes.push(0);
    bytes
}
