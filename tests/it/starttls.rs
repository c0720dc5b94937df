//! STARTTLS that somebody tampers with: refused, and the password stays here.

use crate::support::*;
use base64::Engine as _;

const PASSWORD: &str = "hunter2 and more";

/// The password in any form that a login gives it.
fn tells_the_password(got: &str, user: &str) -> bool {
    let engine = base64::engine::general_purpose::STANDARD;
    let plain = engine.encode(format!("\0{user}\0{PASSWORD}"));
    got.contains(PASSWORD) || got.contains(&plain) || got.contains(&engine.encode(PASSWORD))
}

fn server(port: u16, security: &str, authority: &Authority) -> String {
    let file = authority.file.display();
    format!("host = \"localhost\"\nport = {port}\nsecurity = \"{security}\"\nca_file = '{file}'\n")
}

fn account(case: &mut Case, user: &str, password: &str, imap: &str, smtp: &str) {
    case.env(PASSWORD_VARIABLE, password);
    case.config(&format!(
        "[send]\ndelay = \"0s\"\n[[accounts]]\nname = \"work\"\nemail = \"{user}\"\n[accounts.imap]\n{imap}[accounts.smtp]\n{smtp}\
         [accounts.auth]\npassword = {{ env = \"{PASSWORD_VARIABLE}\" }}\n"
    ));
}

/// An IMAP server: what it says at first, to STARTTLS, and whom it claims to be.
fn imap(greeting: &'static str, answer: &'static str, certificate: Option<Certificate>) -> Scripted {
    Scripted::start(move |wire| {
        wire.say(greeting)?;
        let asked = wire.line()?;
        wire.say(&answer.replace("TAG", asked.split(' ').next().unwrap_or_default()))?;
        if let Some(certificate) = &certificate {
            wire.secure(certificate)?;
        }
        // Whatever is asked for is refused now, but heard.
        while let Ok(asked) = wire.line() {
            wire.say(&format!("{} NO never\r\n", asked.split(' ').next().unwrap_or_default()))?;
        }
        Ok(())
    })
}

#[test]
fn imap_without_a_sound_starttls_gets_no_password() {
    let authority = Authority::new();
    let (hello, go) = ("* OK [CAPABILITY IMAP4rev1 STARTTLS] hello\r\n", "TAG OK go on\r\n");
    let good = || authority.certificate("localhost", 2100);
    let cases = [
        (imap(hello, "TAG NO not now\r\n", None), "starttls", "refused STARTTLS"),
        (imap(hello, "TAG BAD what\r\n", None), "starttls", "refused STARTTLS"),
        (imap("* OK [CAPABILITY IMAP4rev1] hello\r\n", "TAG BAD no\r\n", None), "starttls", "refused STARTTLS"),
        (imap("* PREAUTH welcome back\r\n", go, Some(good())), "starttls", "greeting"),
        (imap("* BYE busy\r\n", go, None), "starttls", "greeting"),
        (imap(hello, "TAG OK go on\r\n* OK [ALERT] from the middle\r\n", Some(good())), "starttls", "somebody"),
        (imap(hello, "TAG OK go on\r\nA0001 OK logged in\r\n", Some(good())), "starttls", "somebody"),
        (imap(hello, go, Some(Certificate::self_signed("localhost"))), "starttls", "not trusted"),
        (imap(hello, go, Some(authority.certificate("elsewhere.example", 2100))), "starttls", "for another name"),
        (imap(hello, go, Some(authority.certificate("localhost", 2020))), "starttls", "has expired"),
        (imap("* PREAUTH welcome back\r\n", go, None), "plaintext", "PREAUTH"),
    ];
    at_once(cases, |(scripted, security, why)| {
        let mut case = Case::new();
        let place = server(scripted.port, security, &authority);
        account(&mut case, "sam@example.org", PASSWORD, &place, &place);
        let output = case.postnote(&["sync", "-vv"]).ended(1);
        let said: Vec<_> = output.stderr.lines().filter(|line| line.starts_with("postnote: ")).collect();
        assert!(said.len() == 1 && said[0].contains("account \"work\"") && said[0].contains(why), "{why}: {said:?}");
        assert!(!tells_the_password(&scripted.got(), "sam@example.org"), "{why}: {}", scripted.got());
        assert!(!scripted.got().contains("LOGIN") && !scripted.got().contains("AUTHENTICATE"), "{}", scripted.got());
        assert!(!tells_the_password(&format!("{output:?}"), "sam@example.org"));
    });
    // The other way round: with all in order it is told, so it would have been seen.
    let scripted = imap(hello, go, Some(good()));
    let mut case = Case::new();
    let place = server(scripted.port, "starttls", &authority);
    account(&mut case, "sam@example.org", PASSWORD, &place, &place);
    assert!(case.postnote(&["sync"]).ended(1).stderr.contains("refused the login"));
    assert!(tells_the_password(&scripted.got(), "sam@example.org"), "{}", scripted.got());
}

/// An SMTP server: what it says at first, to EHLO, to STARTTLS, and whom it claims to be.
fn smtp(said: [&'static str; 3], certificate: Option<Certificate>) -> Scripted {
    Scripted::start(move |wire| {
        for (step, text) in said.iter().enumerate() {
            if step > 0 {
                wire.line()?;
            }
            wire.say(text)?;
        }
        if let Some(certificate) = &certificate {
            wire.secure(certificate)?;
        }
        while let Ok(asked) = wire.line() {
            wire.say(if asked.starts_with("EHLO") {
                "250-x\r\n250 AUTH PLAIN LOGIN\r\n"
            } else {
                "535 5.7.8 never\r\n"
            })?;
        }
        Ok(())
    })
}

#[test]
fn smtp_without_a_sound_starttls_gets_neither_password_nor_mail() {
    let authority = Authority::new();
    let (hello, offers, go) = ("220 x ESMTP\r\n", "250-x\r\n250-AUTH PLAIN LOGIN\r\n250 STARTTLS\r\n", "220 go on\r\n");
    let good = || authority.certificate("localhost", 2100);
    let trap = "220 go on\r\n250-x\r\n250 AUTH PLAIN LOGIN\r\n";
    let cases = [
        (smtp([hello, "250-x\r\n250 AUTH PLAIN LOGIN\r\n", go], None), "offers no STARTTLS", "failed"),
        (smtp([hello, "502 5.5.1 what\r\n", go], None), "502", "failed"),
        (smtp([hello, offers, "502 5.5.1 what\r\n"], None), "502", "failed"),
        (smtp([hello, offers, "454 4.7.0 not now\r\n"], None), "454", "queued"),
        (smtp(["554 5.0.0 go away\r\n", offers, go], None), "554", "failed"),
        (smtp([hello, offers, trap], Some(good())), "somebody", "failed"),
        (smtp([hello, offers, go], Some(Certificate::self_signed("localhost"))), "not trusted", "failed"),
        (smtp([hello, offers, go], Some(authority.certificate("elsewhere.example", 2100))), "another name", "failed"),
        (smtp([hello, offers, go], Some(authority.certificate("localhost", 2020))), "has expired", "failed"),
        // With all in order the password is told, so it would have been seen.
        (smtp([hello, offers, go], Some(good())), "refused the login", "failed"),
    ];
    at_once(cases, |(scripted, why, status)| {
        let greenmail = GreenMail::shared();
        let user = greenmail.user("sam", "example.org");
        let mut case = Case::new();
        let imap = format!("host = \"127.0.0.1\"\nport = {}\nsecurity = \"plaintext\"\n", greenmail.imap);
        account(&mut case, &user.email, &user.password, &imap, &server(scripted.port, "starttls", &authority));
        case.draft("a.md", &letter("ada@example.com", "Hello"));
        let output = case.postnote(&["send"]).ended(1);
        assert!(output.stderr.contains("Outbox/a.md: ") && output.stderr.contains(why), "{why}: {output:?}");
        assert_eq!(case.says("a.md", "status"), status, "{why}");
        let got = scripted.got();
        let engine = base64::engine::general_purpose::STANDARD;
        let plain = engine.encode(format!("\0{}\0{}", user.email, user.password));
        assert_eq!(got.contains(&plain), why == "refused the login", "{why}: {got}");
        assert!(!got.contains(&user.password) && !got.contains("MAIL FROM") && !got.contains("Hello"), "{why}: {got}");
    });
}
