//! What mail programs write into the header section of a message that lies in an mbox: flags and lengths. They are not
//! part of the message, and a server would not show them.

use super::Letter;

/// Fields that the mailbox added.
const ADDED: [&str; 14] = [
    "status",
    "x-status",
    "x-keywords",
    "x-uid",
    "x-uidl",
    "x-imap",
    "x-imapbase",
    "content-length",
    "x-mozilla-status",
    "x-mozilla-status2",
    "x-mozilla-keys",
    "x-account-key",
    "x-gm-thrid",
    "x-gmail-labels",
];
const MOZILLA_REPLIED: u32 = 0x2;
const MOZILLA_EXPUNGED: u32 = 0x8;

/// Takes them out of a message, and learns what they say.
pub(super) fn take_out(letter: &mut Letter) {
    let mut kept: Vec<u8> = Vec::new();
    let (mut end, mut dropping) = (0, false);
    let (mut base, mut internal) = (false, false);
    for line in letter.bytes.split_inclusive(|b| *b == b'\n') {
        if line == b"\n" || line == b"\r\n" {
            break;
        }
        end += line.len();
        let folded = line.first().is_some_and(|b| matches!(b, b' ' | b'\t'));
        if !folded {
            let text = String::from_utf8_lossy(line);
            let (name, value) = text.split_once(':').map(|(n, v)| (n.trim_end(), v.trim())).unwrap_or_default();
            let name = name.to_ascii_lowercase();
            dropping = ADDED.contains(&name.as_str());
            base |= name == "x-imap";
            internal |= name == "subject" && value.contains("FOLDER INTERNAL DATA");
            note(&name, value, &mut letter.answered, &mut letter.aside, &mut letter.labels);
        } else if dropping && let Some(last) = letter.labels.last_mut() {
            // Only labels are folded; the piece goes on where it broke off.
            let more = String::from_utf8_lossy(line);
            let mut pieces = more.trim().split(',');
            last.push_str(pieces.next().unwrap_or_default().trim());
            letter.labels.extend(pieces.map(|l| l.trim().to_owned()));
        }
        if !dropping {
            kept.extend_from_slice(line);
        }
    }
    // The mailbox's own first "message", of which mail programs say that it must not be deleted.
    letter.aside |= base && internal;
    if kept.len() < end {
        letter.bytes.splice(..end, kept);
    }
}

fn note(name: &str, value: &str, answered: &mut bool, aside: &mut bool, labels: &mut Vec<String>) {
    match name {
        "status" | "x-status" => {
            *answered |= value.contains('A');
            *aside |= value.contains(['D', 'T']);
        }
        "x-mozilla-status" => {
            let bits = u32::from_str_radix(value, 16).unwrap_or(0);
            *answered |= bits & MOZILLA_REPLIED != 0;
            *aside |= bits & MOZILLA_EXPUNGED != 0;
        }
        "x-gmail-labels" => labels.extend(value.split(',').map(|l| l.trim().to_owned())),
        _ => {}
    }
}

/// What Content-Length says, of a header section.
pub(super) fn content_length(header: &[u8]) -> Option<u64> {
    let mut lines = header.split(|b| *b == b'\n');
    let name = b"content-length:";
    let line = lines.find(|l| l.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
    str::from_utf8(line.get(name.len()..)?).ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(text: &str) -> (String, bool, bool, Vec<String>) {
        let mut letter = Letter { bytes: text.as_bytes().to_vec(), ..Letter::default() };
        take_out(&mut letter);
        (String::from_utf8(letter.bytes).expect("text"), letter.answered, letter.aside, letter.labels)
    }

    #[test]
    fn flags_are_learned_and_their_fields_gone() {
        let plain = |text: &str| (text.to_owned(), false, false, Vec::new());
        assert_eq!(taken("Subject: x\n\nStatus: RO\n"), plain("Subject: x\n\nStatus: RO\n"));
        assert_eq!(taken("Status: RO\nSubject: x\nX-UID: 1\n\nb"), plain("Subject: x\n\nb"));
        let (text, answered, aside, _) = taken("X-Status: AF\r\nSubject: x\r\n y\r\n\r\nb");
        assert_eq!((text.as_str(), answered, aside), ("Subject: x\r\n y\r\n\r\nb", true, false));
        assert!(taken("X-Status: D\n\n").2 && taken("X-Mozilla-Status: 0009\n\n").2);
        assert!(taken("X-Mozilla-Status: 0003\nA: b\n\n").1 && !taken("X-Mozilla-Status: 0003\nA: b\n\n").2);
        assert!(taken("X-IMAP: 1 2\nSubject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA\n\n").2);
        let (text, _, _, labels) = taken("X-Gmail-Labels: Inbox,Im\n portant,Sent\nA: b\n\n");
        assert_eq!((text.as_str(), labels), ("A: b\n\n", ["Inbox", "Important", "Sent"].map(str::to_owned).to_vec()));
    }

    #[test]
    fn lengths() {
        assert_eq!(content_length(b"A: b\nContent-length: 12\r\n\n"), Some(12));
        assert_eq!(content_length(b"A: b\nContent-Length: -1\n\n"), None);
        assert_eq!(content_length(b""), None);
    }
}
