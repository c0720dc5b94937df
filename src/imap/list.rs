//! Which mailboxes there are, what they are for, and whether anything is new in them: one round trip for all of it.
//!
//! Names leave here as people read them, and come back as such. LIST-STATUS (RFC 5819) is not used: with several
//! commands under way STATUS takes no longer, every server has it, and only the mailboxes that matter are looked into.

use super::name::{decode, quoted, unescaped, unlisted};
use super::{ImapError, Session};
use async_imap::imap_proto::{MailboxDatum, NameAttribute, Response, StatusAttribute};
use std::collections::{HashMap, VecDeque};

/// One mailbox of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailboxInfo {
    /// Its name, as people read it.
    pub name: String,
    /// Its name, as the server writes it.
    pub wire: String,
    /// What separates levels of its name.
    pub delimiter: Option<String>,
    /// What it is for, as the server says.
    pub uses: Vec<Use>,
    /// Can be opened.
    pub selectable: bool,
}

/// What a mailbox is for (RFC 6154 §2; `Important` is of RFC 8457).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Every message there is, most of them also elsewhere.
    All,
    /// Put away.
    Archive,
    /// Being written.
    Drafts,
    /// The flagged ones, all of them also elsewhere.
    Flagged,
    /// The important ones, all of them also elsewhere.
    Important,
    /// Spam.
    Junk,
    /// Sent.
    Sent,
    /// Thrown away.
    Trash,
}

/// Where a mailbox stands (RFC 3501 §7.2.4).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct State {
    /// UIDVALIDITY; 0 when the server gives none.
    pub uid_validity: u32,
    /// UIDNEXT: it grows with every message that comes.
    pub uid_next: Option<u32>,
    /// How many messages there are.
    pub messages: Option<u32>,
}

/// STATUS commands under way at once: their names and answers fit the network's buffers.
const DEPTH: usize = 32;

impl MailboxInfo {
    /// True when the server says that it is for this.
    pub fn is(&self, what: Use) -> bool {
        self.uses.contains(&what)
    }
}

impl Session {
    /// Every mailbox of the account.
    pub async fn list(&mut self) -> Result<Vec<MailboxInfo>, ImapError> {
        Ok(self.overview(&[]).await?.0)
    }

    /// Every mailbox of the account, and the state of those named; one that is not there, or says nothing, is not among
    /// the states. A mailbox whose UIDVALIDITY and UIDNEXT are what they were holds nothing new.
    pub async fn overview(
        &mut self,
        names: &[String],
    ) -> Result<(Vec<MailboxInfo>, HashMap<String, State>), ImapError> {
        let list = if self.offers("SPECIAL-USE") && self.offers("LIST-EXTENDED") {
            "LIST \"\" \"*\" RETURN (SPECIAL-USE)"
        } else {
            "LIST \"\" \"*\""
        };
        let mut commands = vec![list.to_owned()];
        // What a name is on the wire is known for certain only with the list. A wrong guess gives the state of another
        // mailbox, under that one's name, or none.
        commands.extend(names.iter().map(|name| status(&unlisted(name))));
        let (mut mailboxes, mut states) = (Vec::new(), Vec::new());
        let mut outcomes = self.all(commands, &mut mailboxes, &mut states).await?.into_iter();
        outcomes.next().unwrap_or(Ok(()))?;
        self.names = Some(mailboxes.iter().map(|m| (m.name.clone(), m.wire.clone())).collect());
        let named = states.into_iter().map(|(wire, state)| (self.named(wire), state)).collect();
        Ok((mailboxes, named))
    }

    /// Runs LIST and STATUS commands, several under way at once. What the server refuses is told for each.
    async fn all(
        &mut self,
        commands: Vec<String>,
        mailboxes: &mut Vec<MailboxInfo>,
        states: &mut Vec<(String, State)>,
    ) -> Result<Vec<Result<(), ImapError>>, ImapError> {
        let mut outcomes = Vec::new();
        let mut asked = VecDeque::new();
        let mut commands = commands.into_iter();
        loop {
            while asked.len() < DEPTH
                && let Some(command) = commands.next()
            {
                asked.push_back((self.begin(&command).await?, command));
            }
            let Some((id, command)) = asked.pop_front() else { return Ok(outcomes) };
            let outcome = self.answer(&id, &command, |response| match response {
                Response::MailboxData(MailboxDatum::List(data)) => {
                    mailboxes.push(listed(&data.name, data.delimiter.as_deref(), &data.name_attributes))
                }
                Response::MailboxData(MailboxDatum::Status { mailbox, status }) => {
                    states.push((unescaped(mailbox), state(status)));
                }
                _ => {}
            });
            match outcome.await {
                Err(refused @ ImapError::Refused { .. }) => outcomes.push(Err(refused)),
                other => outcomes.push(Ok(other?)),
            }
        }
    }

    /// A mailbox as a command's argument.
    ///
    /// Errors: [`ImapError::Argument`] for a line break or NUL, which would end the command.
    pub(super) async fn argument(&mut self, name: &str) -> Result<String, ImapError> {
        if name.contains(['\r', '\n', '\0']) {
            return Err(ImapError::Argument(name.to_owned()));
        }
        if self.names.is_none() && !is_plain(name) {
            self.list().await?;
        }
        Ok(quoted(&self.wire(name).unwrap_or_else(|| unlisted(name))))
    }

    /// The name on the wire: of the mailbox that people read so, or else of the one that the server writes so.
    fn wire(&self, name: &str) -> Option<String> {
        let names = self.names.as_deref().unwrap_or_default();
        let found = names.iter().find(|(read, _)| read == name).or_else(|| names.iter().find(|(_, wire)| wire == name));
        found.map(|(_, wire)| wire.clone())
    }

    /// The name that people read.
    fn named(&self, wire: String) -> String {
        let names = self.names.as_deref().unwrap_or_default();
        names.iter().find(|(_, w)| *w == wire).map_or(wire, |(read, _)| read.clone())
    }
}

/// True for a name that is the same on the wire.
fn is_plain(name: &str) -> bool {
    name.is_ascii() && !name.contains('&')
}

fn status(wire: &str) -> String {
    format!("STATUS {} (MESSAGES UIDNEXT UIDVALIDITY)", quoted(wire))
}

fn listed(name: &str, delimiter: Option<&str>, attributes: &[NameAttribute<'_>]) -> MailboxInfo {
    let wire = unescaped(name);
    let is =
        |word: &str, a: &NameAttribute<'_>| matches!(a, NameAttribute::Extension(w) if w.eq_ignore_ascii_case(word));
    let uses = attributes.iter().filter_map(|a| match a {
        NameAttribute::All => Some(Use::All),
        NameAttribute::Archive => Some(Use::Archive),
        NameAttribute::Drafts => Some(Use::Drafts),
        NameAttribute::Flagged => Some(Use::Flagged),
        NameAttribute::Junk => Some(Use::Junk),
        NameAttribute::Sent => Some(Use::Sent),
        NameAttribute::Trash => Some(Use::Trash),
        other => is("\\Important", other).then_some(Use::Important),
    });
    MailboxInfo {
        name: decode(&wire).unwrap_or_else(|| wire.clone()),
        delimiter: delimiter.map(unescaped).filter(|d| !d.is_empty()),
        uses: uses.collect(),
        selectable: !attributes.iter().any(|a| matches!(a, NameAttribute::NoSelect) || is("\\NonExistent", a)),
        wire,
    }
}

fn state(attributes: &[StatusAttribute]) -> State {
    let mut state = State::default();
    for attribute in attributes {
        match attribute {
            StatusAttribute::Messages(n) => state.messages = Some(*n),
            StatusAttribute::UidNext(n) => state.uid_next = Some(*n).filter(|n| *n > 0),
            StatusAttribute::UidValidity(n) => state.uid_validity = *n,
            _ => {}
        }
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_imap::imap_proto::Response;

    fn list(line: &str) -> MailboxInfo {
        match Response::parse(format!("* LIST {line}\r\n").as_bytes()) {
            Ok((_, Response::MailboxData(MailboxDatum::List(d)))) => {
                listed(&d.name, d.delimiter.as_deref(), &d.name_attributes)
            }
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn names_delimiters_and_uses() {
        for (line, name, delimiter, uses, selectable) in [
            ("() \"/\" INBOX", "INBOX", Some("/"), vec![], true),
            ("(\\HasNoChildren \\Sent) \".\" INBOX.Sent", "INBOX.Sent", Some("."), vec![Use::Sent], true),
            ("(\\NoSelect \\HasChildren) \"/\" \"[Gmail]\"", "[Gmail]", Some("/"), vec![], false),
            ("(\\Important) \"/\" \"[Gmail]/Important\"", "[Gmail]/Important", Some("/"), vec![Use::Important], true),
            ("(\\NonExistent) \"\\\\\" \"a\\\\b\"", "a\\b", Some("\\"), vec![], false),
            ("() NIL {3}\r\na\\b", "a\\b", None, vec![], true),
            ("() \"/\" Envoy&AOk-s", "Envoyés", Some("/"), vec![], true),
            ("() \"\" \"R&D\"", "R&D", None, vec![], true),
            (
                "(\\Drafts \\Trash) \"/\" \"say \\\"hi\\\"\"",
                "say \"hi\"",
                Some("/"),
                vec![Use::Drafts, Use::Trash],
                true,
            ),
        ] {
            let found = list(line);
            assert_eq!(found.name, name);
            assert_eq!(
                (found.delimiter.as_deref(), found.uses, found.selectable),
                (delimiter, uses, selectable),
                "{line}"
            );
        }
    }
}
