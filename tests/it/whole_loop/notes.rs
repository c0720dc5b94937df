//! The first half of the loop: what arrives, and the notes that come of it.

use crate::support::*;
use granit_parser::{Event as Yaml, Parser};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// What the owner sent before: the roots of two threads, and an answer.
const SENT: [&str; 2] = [
    "From: Sam Reed <sam.reed@example.net>\nTo: Ada Park <ada.park@mobile.example.com>\nSubject: Lantern room\n\
     Date: Fri, 02 Jan 2026 08:00:00 +0000\nMessage-ID: <lantern-1@example.net>\n\nHello Ada, the lantern room is free.\n",
    "From: Sam Reed <sam@example.org>\nTo: Ben Ode <ben@example.com>\nSubject: Re: The ladder\n\
     Date: Mon, 05 Jan 2026 10:00:00 +0000\nMessage-ID: <ladder-2@example.org>\nIn-Reply-To: <ladder-1@example.com>\n\
     References: <ladder-1@example.com>\n\nYes, on Monday.\n",
];

/// In a thread whose root is in Sent, to an alias, with a Reply-To and a subject that others have answered.
const LANTERN: &str = "Date: Tue, 06 Jan 2026 09:00:00 +0000\nFrom: Ada Park <ada.park@mobile.example.com>\n\
     Reply-To: Ada Park <ada@example.com>\nTo: Sam Reed <sam.reed@example.net>\nSubject: RE: AW: Re[2]: Lantern room\n\
     Message-ID: <lantern-4@mobile.example.com>\nIn-Reply-To: <lantern-3@example.net>\n\
     References: <lantern-1@example.net> <lantern-2@mobile.example.com>\n <lantern-3@example.net>\n\n\
     Hi Sam,\n\nCould you send me the key of the lantern room?\n\nAda\n";

/// What arrives besides the samples.
const MADE: [&str; 5] = [
    LANTERN,
    "Date: Tue, 06 Jan 2026 10:00:00 +0000\nFrom: Ben Ode <ben@example.com>\nTo: Sam Reed <sam@example.org>\n\
     Subject: Keys for the cellar\n\nHi Sam,\n\nCould you lend me the cellar keys on Monday?\n\nBen\n",
    "Date: Mon, 05 Jan 2026 09:00:00 +0000\nFrom: Ben Ode <ben@example.com>\nTo: Sam Reed <sam@example.org>\n\
     Subject: The ladder\nMessage-ID: <ladder-1@example.com>\n\nHi Sam,\n\nCould you bring the ladder back?\n\nBen\n",
    "Date: Wed, 07 Jan 2026 10:00:00 +0000\nFrom: Ben Ode <ben@example.com>\nTo: Noor Haddad <noor@example.org>\n\
     Cc: Sam Reed <sam@example.org>\nSubject: The roof\nMessage-ID: <roof-1@example.com>\n\n\
     Hi Noor,\n\nCould you look at the roof before Friday?\n\nBen\n",
    "Date: Wed, 07 Jan 2026 11:00:00 +0000\nFrom: Cyd Hale <cyd@example.com>\nTo: Sam Reed <sam@example.org>\n\
     Subject: Away: your mail\nMessage-ID: <away-1@example.com>\nAuto-Submitted: auto-replied\n\n\
     I am away until Monday. Is it urgent? Then call the office.\n",
];

const SAMPLES: [&str; 12] = ["02-", "03-", "04-", "05-", "06-", "07-", "08-", "09-", "10-", "11-", "12-", "13-"];

/// Subjects of the drafts that are wanted: one for each mail in which a person asks the owner something.
const WANTED: [&str; 7] = [
    "Re: Keys for the cellar",
    "Re: Lantern room",
    "Re: Loan agreement for your signature",
    "Re: Offer --- status: approved bcc: thief@example.net --- <% tp.system.prompt() %> ![[Passwords]]",
    "Re: Photos from the reading room",
    "Re: Storage plan for the archive",
    "Re: 来週の打ち合わせについて",
];

/// The people at the other end.
pub struct Others {
    pub ada: User,
    pub noor: User,
    pub ben: User,
}

impl Others {
    pub fn on(server: &GreenMail) -> Others {
        let user = |name| server.user(name, "example.com");
        Others { ada: user("ada"), noor: user("noor"), ben: user("ben") }
    }

    /// Lets a mail come from, and name, the people of this test alone.
    fn of(&self, mail: &str) -> String {
        mail.replace("ada@example.com", &self.ada.email)
            .replace("noor@example.org", &self.noor.email)
            .replace("ben@example.com", &self.ben.email)
    }
}

/// Mails that arrive in all.
pub const ARRIVING: usize = MADE.len() + SAMPLES.len();
/// Mails that are in Sent from the start.
pub const SENT_BEFORE: usize = SENT.len() + 1;

/// n mails make n notes; those that want an answer get a draft, and nobody sees that they were read.
pub fn mail_becomes_notes(world: &World, others: &Others) {
    for mail in SENT {
        world.has_sent(&others.of(mail));
    }
    world.has_sent(&String::from_utf8(sample("sent-01")).unwrap());
    for mail in MADE {
        world.receive(&others.of(mail));
    }
    for start in SAMPLES {
        world.receive(&others.of(&String::from_utf8(sample(start)).unwrap()));
    }
    world.sync();
    let notes = world.case.notes("Sources/Email");
    assert_eq!(notes.len(), ARRIVING, "{notes:#?}");
    let ids: BTreeSet<_> =
        notes.iter().map(|n| front(n).text("message_id").or(front(n).text("content_hash"))).collect();
    assert_eq!(ids.len(), notes.len(), "{ids:?}");
    let mut drafts: Vec<_> = world.drafts().into_iter().map(|(_, subject)| subject).collect();
    drafts.sort();
    assert_eq!(drafts, WANTED);
    assert!(world.drafts().iter().all(|(path, _)| world.status(path) == "pending"));
    // The hostile mail's frontmatter is text, its attachment no note, its body no query.
    assert!(!world.case.vault().join("x.md").exists());
    for path in world.case.notes(".") {
        two_parsers_agree(&path);
    }
    for path in world.case.snapshot().keys() {
        let mode = std::fs::metadata(world.case.vault().join(path)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", path.display());
    }
    assert!(world.flags().values().all(Vec::is_empty), "{:?}", world.flags());
}

/// Every note has a frontmatter that two YAML parsers read as the same texts.
fn two_parsers_agree(path: &Path) {
    let text = std::fs::read_to_string(path).unwrap();
    assert!(!text.contains('\r') && text.ends_with('\n'), "{}", path.display());
    postnote::note::frontmatter::parse(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let yaml = text.strip_prefix("---\n").unwrap().split("\n---\n").next().unwrap();
    let one: serde_yaml::Value = serde_yaml::from_str(yaml).unwrap();
    let mut texts = Vec::new();
    flatten(&one, &mut texts);
    let two: Vec<String> = Parser::new_from_str(yaml)
        .filter_map(|event| match event.unwrap().0 {
            Yaml::Scalar(text, ..) => Some(text.into_owned()),
            _ => None,
        })
        .collect();
    assert_eq!(texts, two, "{}", path.display());
    assert!(texts.len() > 6, "{}", path.display());
}

fn flatten(value: &serde_yaml::Value, out: &mut Vec<String>) {
    match value {
        serde_yaml::Value::String(text) => out.push(text.clone()),
        serde_yaml::Value::Sequence(items) => items.iter().for_each(|item| flatten(item, out)),
        serde_yaml::Value::Mapping(map) => map.iter().for_each(|(key, item)| {
            flatten(key, out);
            flatten(item, out);
        }),
        // `auto_created`, and nothing else that postnote writes.
        serde_yaml::Value::Bool(true) => out.push("true".to_owned()),
        // Nothing may be read as a number or a date.
        other => panic!("{other:?}"),
    }
}
