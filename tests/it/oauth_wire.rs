//! Giving a token to servers that do as the RFCs say, byte by byte: XOAUTH2 and OAUTHBEARER over IMAP and SMTP.

use crate::oauth::{account, keep};
use crate::support::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const USER: &str = "sam@example.org";
/// Long, as Microsoft's are.
const LONG: usize = 2000;

/// A case whose token cannot be renewed.
fn case(servers: [u16; 2], token: &str) -> Case {
    let provider = TokenServer::start(USER);
    case_of(&provider, "r3fresh", servers, token)
}

fn case_of(provider: &TokenServer, refresh: &str, servers: [u16; 2], token: &str) -> Case {
    let mut case = Case::new();
    let oauth2 = format!("[accounts.auth.oauth2]\n{}", provider.toml("tokens = { file = \"tokens.json\" }"));
    case.config(&format!("[send]\ndelay = \"0s\"\n{}", account("work", USER, servers, &oauth2)));
    keep(&case.path().join("tokens.json"), refresh, token, 10);
    case
}

/// What a mechanism's first message says, decoded.
fn first(mechanism: &str, token: &str, port: u16) -> String {
    match mechanism {
        "XOAUTH2" => format!("user={USER}\u{1}auth=Bearer {token}\u{1}\u{1}"),
        _ => format!("n,a={USER},\u{1}host=127.0.0.1\u{1}port={port}\u{1}auth=Bearer {token}\u{1}\u{1}"),
    }
}

/// An IMAP server that offers `offers`, asks for the token unless it came at once, gives an error, and refuses once
/// that was answered.
fn imap(offers: &'static str) -> Scripted {
    Scripted::start(move |wire| {
        wire.say("* OK hello\r\n")?;
        let asked = wire.line()?;
        assert_eq!(asked, "c1 CAPABILITY");
        wire.say(&format!("* CAPABILITY IMAP4rev1 {offers}\r\nc1 OK done\r\n"))?;
        let login = wire.line()?;
        let words: Vec<_> = login.split(' ').collect();
        if words.len() == 3 {
            wire.say("+ \r\n")?;
            wire.line()?;
        }
        wire.say("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n")?;
        wire.line()?;
        wire.say(&format!("{} NO [AUTHENTICATIONFAILED] no such token\r\n", words[0]))
    })
}

#[test]
fn imap_gets_it_as_it_wants_it() {
    for (offers, mechanism, at_once) in [
        ("AUTH=XOAUTH2 AUTH=OAUTHBEARER SASL-IR", "XOAUTH2", true),
        ("AUTH=PLAIN AUTH=OAUTHBEARER SASL-IR", "OAUTHBEARER", true),
        ("AUTH=XOAUTH2", "XOAUTH2", false),
        ("auth=oauthbearer", "OAUTHBEARER", false),
    ] {
        let server = imap(offers);
        let token = format!("acc3ss{}", "x".repeat(LONG));
        let output = case([server.port, 9], &token).postnote(&["sync", "-vv"]).ended(1);
        assert!(output.stderr.contains("postnote login work"), "{offers}: {output:?}");
        assert!(!format!("{output:?}").contains("acc3ss"));
        let got = server.got();
        let lines: Vec<_> = got.lines().collect();
        let said = STANDARD.encode(first(mechanism, &token, server.port));
        let after = if mechanism == "XOAUTH2" { "" } else { "AQ==" };
        let command = lines[1].split_once(' ').unwrap().1;
        if at_once {
            assert_eq!((command, lines[2]), (format!("AUTHENTICATE {mechanism} {said}").as_str(), after), "{offers}");
        } else {
            let wanted = (format!("AUTHENTICATE {mechanism}"), said.as_str(), after);
            assert_eq!((command.to_owned(), lines[2], lines[3]), wanted, "{offers}");
        }
    }
}

#[test]
fn imap_that_takes_no_token_gets_none() {
    let token = "acc3ss-secret";
    for (answer, why) in [
        ("* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\nc1 OK done\r\n", "it takes no token"),
        ("* BYE no room\r\n", "ended the session"),
        ("c1 BAD what\r\n", "could not be understood"),
        ("* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\nc1 OK done\r\nA0001 OK you are in\r\n", "could not be understood"),
    ] {
        let server = Scripted::start(move |wire| {
            wire.say("* OK hello\r\n")?;
            wire.line()?;
            wire.say(answer)
        });
        let output = case([server.port, 9], token).postnote(&["sync"]).ended(1);
        assert!(output.stderr.contains(why), "{why}: {output:?}");
        assert_eq!(server.got(), "c1 CAPABILITY\r\n", "{why}");
    }
}

/// An SMTP server that offers `offers`; what it says to AUTH as it goes on.
fn smtp(offers: &'static str) -> Scripted {
    Scripted::start(move |wire| {
        wire.say("220 x ESMTP\r\n")?;
        wire.line()?;
        wire.say(&format!("250-x\r\n250 AUTH {offers}\r\n"))?;
        let login = wire.line()?;
        if login.split(' ').count() == 2 {
            wire.say("334 \r\n")?;
            wire.line()?;
        }
        wire.say("334 eyJzdGF0dXMiOiI0MDEifQ==\r\n")?;
        wire.line()?;
        wire.say("535 5.7.8 no such token\r\n")
    })
}

#[test]
fn smtp_gets_it_as_it_wants_it() {
    // The mailbox takes any token; only sending is looked at.
    let dovecot = token_dovecot("xoauth2");
    let provider = TokenServer::start(USER);
    for (offers, mechanism, long, at_once) in [
        ("PLAIN XOAUTH2 OAUTHBEARER", "XOAUTH2", true, true),
        ("PLAIN OAUTHBEARER", "OAUTHBEARER", false, true),
        ("PLAIN OAUTHBEARER", "OAUTHBEARER", true, false),
    ] {
        let server = smtp(offers);
        let token = if long { format!("acc3ss{}", "x".repeat(LONG)) } else { provider.access() };
        provider.takes(&token);
        let case = case([dovecot.imap, server.port], &token);
        case.draft("a.md", &letter("ada@example.com", "Hello"));
        let output = case.postnote(&["send", "-vv"]).ended(1);
        assert!(!format!("{output:?}").contains("acc3ss"), "{output:?}");
        assert_eq!(case.says("a.md", "status"), "failed");
        let got = server.got();
        let lines: Vec<_> = got.lines().collect();
        let said = STANDARD.encode(first(mechanism, &token, server.port));
        let after = if mechanism == "XOAUTH2" { "" } else { "AQ==" };
        if at_once {
            assert_eq!(lines[1..3], [format!("AUTH {mechanism} {said}").as_str(), after], "{offers}");
        } else {
            assert_eq!(lines[1..4], [format!("AUTH {mechanism}").as_str(), said.as_str(), after], "{offers}");
        }
    }
}

#[test]
fn what_a_server_repeats_is_not_shown() {
    let dovecot = token_dovecot("xoauth2");
    let provider = TokenServer::start(USER);
    let token = provider.access();
    let imap = Scripted::start(|wire| {
        wire.say("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=XOAUTH2] hello\r\n")?;
        let login = wire.line()?;
        let (tag, rest) = login.split_once(' ').unwrap();
        wire.say(&format!("{tag} NO what is <{rest}>?\r\n"))
    });
    let case = case_of(&provider, &provider.signed_in(), [imap.port, 9], &token);
    let output = case.postnote(&["sync", "-vv"]).ended(1);
    assert!(output.stderr.contains("what is <AUTHENTICATE XOAUTH2 …>"), "{output:?}");
    let logins: Vec<_> = imap.got().lines().map(|l| l.rsplit(' ').next().unwrap().to_owned()).collect();
    assert_eq!(logins.len(), 2);
    for said in logins {
        assert!(said.len() > 50 && !format!("{output:?}").contains(&said));
    }
    provider.silent(&format!("{output:?}"));

    let smtp = Scripted::start(|wire| {
        wire.say("220 x ESMTP\r\n")?;
        wire.line()?;
        wire.say("250-x\r\n250 AUTH XOAUTH2\r\n")?;
        let login = wire.line()?;
        wire.say(&format!("500 syntax error: line is <{login}>\r\n"))
    });
    let case = case_of(&provider, &provider.signed_in(), [dovecot.imap, smtp.port], &token);
    case.draft("a.md", &letter("ada@example.com", "Hello"));
    let output = case.postnote(&["send", "-vv"]).ended(1);
    let seen = smtp.got();
    let said = seen.lines().nth(1).unwrap().rsplit(' ').next().unwrap();
    let text = format!("{output:?}{}", case.draft_text("a.md"));
    assert!(text.contains("line is <AUTH XOAUTH2 …>"), "{text}");
    assert!(said.len() > 50 && !text.contains(said) && !text.contains(&token), "{text}");
    assert_eq!(case.says("a.md", "status"), "failed");
}
