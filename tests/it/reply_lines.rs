//! What a correct reply is, line by line, read from the server's own copy of it; and the server's own threads put every reply
//! under the mail that it answers.

use crate::support::*;
use std::collections::BTreeMap;

/// A mail's own headers, and those that the reply to it has; `None` where there is to be none.
struct Line {
    name: &'static str,
    mail: &'static [&'static str],
    reply: &'static [(&'static str, Option<&'static str>)],
}

const ADA: &str = "From: Ada Park <ada@example.com>";
const SAM: &str = "To: Sam Reed <sam@example.org>";

const LINES: &[Line] = &[
    Line {
        name: "plain",
        mail: &[ADA, SAM, "Subject: Lantern", "Message-ID: <plain@x.example>"],
        reply: &[
            ("To", Some("\"Ada Park\" <ada@example.com>")),
            ("From", Some("\"Sam Reed\" <sam@example.org>")),
            ("Cc", None),
            ("Bcc", None),
            ("Sender", None),
            ("Auto-Submitted", None),
            ("Subject", Some("Re: Lantern")),
            ("In-Reply-To", Some("<plain@x.example>")),
            ("References", Some("<plain@x.example>")),
        ],
    },
    Line {
        name: "references",
        mail: &[
            ADA,
            SAM,
            "Subject: Re: Lantern",
            "Message-ID: <references@x.example>",
            "In-Reply-To: <r2@x.example>",
            "References: <r1@x.example>\n\t<r2@x.example>",
        ],
        reply: &[
            ("Subject", Some("Re: Lantern")),
            ("In-Reply-To", Some("<references@x.example>")),
            ("References", Some("<r1@x.example> <r2@x.example> <references@x.example>")),
        ],
    },
    Line {
        name: "one-id",
        mail: &[ADA, SAM, "Subject: Lantern", "Message-ID: <one-id@x.example>", "In-Reply-To: <s1@x.example>"],
        reply: &[("References", Some("<s1@x.example> <one-id@x.example>"))],
    },
    Line {
        name: "two-ids",
        mail: &[
            ADA,
            SAM,
            "Subject: Lantern",
            "Message-ID: <two-ids@x.example>",
            "In-Reply-To: <t1@x.example> <t2@x.example>",
        ],
        reply: &[("In-Reply-To", Some("<two-ids@x.example>")), ("References", Some("<two-ids@x.example>"))],
    },
    Line {
        name: "no-id",
        mail: &[ADA, SAM, "Subject: Ladder"],
        reply: &[("In-Reply-To", None), ("References", None), ("Subject", Some("Re: Ladder"))],
    },
    Line {
        name: "no-id-inherits",
        mail: &[ADA, SAM, "Subject: Ladder two", "References: <u1@x.example> <u2@x.example>"],
        reply: &[("In-Reply-To", None), ("References", Some("<u1@x.example> <u2@x.example>"))],
    },
    Line {
        name: "reply-to",
        mail: &[
            ADA,
            SAM,
            "Reply-To: Desk <desk@example.net>, Ben <ben@example.net>",
            "Subject: Lantern",
            "Message-ID: <reply-to@x.example>",
        ],
        reply: &[("To", Some("\"Desk\" <desk@example.net>, \"Ben\" <ben@example.net>")), ("Cc", None)],
    },
    Line {
        name: "delivered-to",
        mail: &[
            "Delivered-To: sam.reed@example.net",
            ADA,
            SAM,
            "Subject: Lantern",
            "Message-ID: <delivered-to@x.example>",
        ],
        reply: &[("From", Some("\"Sam Reed\" <sam.reed@example.net>"))],
    },
    Line {
        name: "x-original-to",
        mail: &[
            "X-Original-To: sam.reed@example.net",
            ADA,
            SAM,
            "Subject: Lantern",
            "Message-ID: <x-original-to@x.example>",
        ],
        reply: &[("From", Some("\"Sam Reed\" <sam.reed@example.net>"))],
    },
    Line {
        name: "alias-in-cc",
        mail: &[
            ADA,
            "To: Sam Reed <sam.reed@example.net>",
            "Cc: sam@example.org",
            "Subject: Lantern",
            "Message-ID: <alias-in-cc@x.example>",
        ],
        reply: &[("From", Some("\"Sam Reed\" <sam.reed@example.net>"))],
    },
    Line {
        name: "localised",
        mail: &[ADA, SAM, "Subject: AW: WG: Sv: Odp: Fwd: RE: Lantern", "Message-ID: <localised@x.example>"],
        reply: &[("Subject", Some("Re: Lantern"))],
    },
    Line {
        name: "numbered",
        mail: &[ADA, SAM, "Subject: Re[2]: [harbour] Re: Lantern", "Message-ID: <numbered@x.example>"],
        reply: &[("Subject", Some("Re: Lantern"))],
    },
    Line {
        name: "chinese",
        mail: &[ADA, SAM, "Subject: =?utf-8?b?5Zue5aSN77yaIOiuoeWIkg==?=", "Message-ID: <chinese@x.example>"],
        reply: &[("Subject", Some("Re: 计划"))],
    },
    Line {
        name: "names",
        mail: &[
            "From: =?utf-8?q?Zo=C3=AB_Park=2C_Harbour?= <zoe@xn--bcher-kva.example>",
            SAM,
            "Subject: Lantern",
            "Message-ID: <names@x.example>",
        ],
        reply: &[("To", Some("Zoë Park, Harbour <zoe@xn--bcher-kva.example>"))],
    },
    Line {
        name: "line-break",
        mail: &[
            "From: =?utf-8?q?Ada=0D=0ABcc:_thief@example.net?= <ada@example.com>",
            SAM,
            "Subject: =?utf-8?q?Lantern=0D=0ABcc:_thief@example.net?=",
            "Message-ID: <line-break@x.example>",
        ],
        reply: &[("Bcc", None)],
    },
];

/// Lines for a reply to all.
const TO_ALL: &[Line] = &[
    Line {
        name: "all",
        mail: &[
            ADA,
            "To: Sam Reed <sam@example.org>, Ben <ben@example.net>",
            "Cc: Noor <noor@example.org>, SAM.REED@example.net, Ada <ada@example.com>, ben@EXAMPLE.net",
            "Subject: Lantern",
            "Message-ID: <all@x.example>",
        ],
        reply: &[
            ("To", Some("\"Ada Park\" <ada@example.com>")),
            ("Cc", Some("\"Ben\" <ben@example.net>, \"Noor\" <noor@example.org>")),
            ("In-Reply-To", Some("<all@x.example>")),
        ],
    },
    Line {
        name: "nobody-else",
        mail: &[ADA, SAM, "Cc: sam.reed@example.net", "Subject: Lantern", "Message-ID: <nobody-else@x.example>"],
        reply: &[("To", Some("\"Ada Park\" <ada@example.com>")), ("Cc", None)],
    },
];

/// The mails, synced, every draft approved and sent; the copies in Sent by the name of their line.
fn answered(lines: &[Line], head: &str) -> (Site, Sink, BTreeMap<&'static str, Received>) {
    let (site, sink) = (Site::empty(), Sink::start());
    let mut imap = site.imap();
    for (number, line) in lines.iter().enumerate() {
        let date = format!("Mon, 12 Jan 2026 09:{number:02}:00 +0000");
        let mail = format!(
            "{}\nDate: {date}\n\nHi Sam,\n\nCan you bring the {} to pier {number} on Monday?\n\nAda\n",
            line.mail.join("\n"),
            line.name
        );
        imap.append_dated("INBOX", "", "12-Jan-2026 10:00:00 +0000", &crlf(mail.as_bytes()));
    }
    let mut case = site.case_between(site.port(), sink.port);
    let config = std::fs::read_to_string(case.config_path()).unwrap();
    case.raw_config(&config.replace("[sync]", &format!("{head}[sync]")));
    case.postnote(&["sync"]).ended(0);
    let drafts = case.notes("Outbox");
    assert_eq!(drafts.len(), lines.len(), "{drafts:?}");
    for path in &drafts {
        let text = std::fs::read_to_string(path).unwrap();
        let name = lines.iter().find(|line| text.contains(&format!("bring the {} to pier", line.name))).unwrap().name;
        let text = text.replacen("\nstatus: pending\n", "\nstatus: approved\n", 1);
        put(path, &text.replace("\n[…]\n", &format!("\nThis answers {name}.\n")));
    }
    // Several of them are of one thread for postnote, too: each is looked at and approved again.
    for _ in 0..3 {
        case.postnote(&["sync"]);
        for path in &drafts {
            let text = std::fs::read_to_string(path).unwrap();
            put(path, &text.replacen("\nstatus: conflict\n", "\nstatus: approved\n", 1));
        }
    }
    let copies: Vec<Received> = imap.messages("Sent").into_iter().map(Received).collect();
    assert_eq!((copies.len(), sink.taken().len()), (lines.len(), lines.len()));
    let of = |line: &Line| {
        let text = format!("This answers {}.", line.name);
        copies.iter().find(|copy| copy.parts()[0].1.contains(&text)).unwrap_or_else(|| panic!("{}", line.name)).clone()
    };
    (site, sink, lines.iter().map(|line| (line.name, of(line))).collect())
}

fn check(lines: &[Line], copies: &BTreeMap<&str, Received>) {
    for line in lines {
        let copy = &copies[line.name];
        for (header, wanted) in line.reply {
            let found = copy.header(header).map(|value| decoded(&value));
            assert_eq!(found.as_deref(), *wanted, "{}: {header}", line.name);
        }
        for (header, _) in copy.headers() {
            assert!(!header.eq_ignore_ascii_case("bcc"), "{}", line.name);
        }
        assert!(
            !copy.holds("\r\nBcc:")
                && copy.header("Message-ID").unwrap().ends_with("@example.org>")
                    != copy.header("From").unwrap().contains("example.net"),
            "{}",
            line.name
        );
    }
}

/// A value with its encoded words read.
fn decoded(value: &str) -> String {
    let mail = format!("Subject: {value}\r\n\r\n");
    mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap().subject().unwrap_or_default().to_owned()
}

/// Who is whose parent in a THREAD response (RFC 5256): numbers in a row are a line of descent.
fn parents(threads: &str) -> BTreeMap<u32, Option<u32>> {
    let (mut found, mut open, mut last) = (BTreeMap::new(), Vec::new(), None);
    let text = threads.replace('(', " ( ").replace(')', " ) ");
    for word in text.split_whitespace() {
        match word {
            "(" => open.push(last),
            ")" => last = open.pop().unwrap(),
            number => {
                let number: u32 = number.parse().unwrap();
                found.insert(number, last);
                last = Some(number);
            }
        }
        if open.is_empty() {
            last = None;
        }
    }
    found
}

#[test]
fn replies_are_as_they_should_be_and_stand_under_their_parents() {
    let (site, _sink, copies) = answered(LINES, "");
    check(LINES, &copies);
    let mut imap = site.imap();
    for line in LINES {
        imap.append("INBOX", "\\Seen", &copies[line.name].0);
    }
    imap.examine("INBOX");
    // By references alone: REFERENCES would also join what has the same subject, as most of these have.
    let answer = String::from_utf8(imap.exec("UID THREAD REFS UTF-8 ALL").untagged.concat()).unwrap();
    let parents = parents(answer.trim().strip_prefix("* THREAD").unwrap());
    let count = u32::try_from(LINES.len()).unwrap();
    assert_eq!(parents.len(), 2 * LINES.len(), "{answer}");
    for (number, line) in (1..).zip(LINES) {
        let reply = parents[&(number + count)];
        match line.name {
            // A mail without an id cannot be answered by it: its answer stands beside it, at best.
            "no-id" | "no-id-inherits" => assert_ne!(reply, Some(number), "{}: {answer}", line.name),
            name => assert_eq!(reply, Some(number), "{name}: {answer}"),
        }
    }
}

#[test]
fn a_reply_to_all_goes_to_all_but_oneself() {
    let (_site, sink, copies) = answered(TO_ALL, "[drafts]\nreply = \"all\"\n");
    check(TO_ALL, &copies);
    let to =
        |text: &str| sink.taken().into_iter().find(|t| String::from_utf8_lossy(&t.data).contains(text)).unwrap().to;
    assert_eq!(to("This answers all."), ["ada@example.com", "ben@example.net", "noor@example.org"]);
    assert_eq!(to("This answers nobody-else."), ["ada@example.com"]);
}
