//! The way in, wired: server → messages → notes.
//!
//! For each account the mailbox for sent mail first, so that threads have their roots and what is answered gets no
//! draft; then the others. A cursor moves only after the notes that it covers are durable.
//!
//! - [`take`]: one message → its notes
//! - `threads`: which conversation it belongs to
//! - [`rebuild`]: a new database learns what the vault knows
//! - this file: one account's pass over its mailboxes

mod attachments;
pub mod rebuild;
mod summaries;
pub mod take;
mod threads;

use crate::config::{Account, Config};
use crate::imap::{self, ImapError, MailboxInfo, Session};
use crate::store::{Cursor, Store};
use crate::vault::Vault;
use anyhow::{Context, Result};
use jiff::Zoned;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use std::collections::BTreeSet;
use take::{Origin, Raw};

/// The two places where things last. Everything that changes them goes through these.
#[derive(Debug)]
pub struct Desk {
    /// The vault.
    pub vault: Vault,
    /// The state database.
    pub store: Store,
}

/// What a pass did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pulled {
    /// Paths of new source notes.
    pub notes: Vec<String>,
    /// Paths of new or rewritten summary notes.
    pub summaries: Vec<String>,
    /// Paths of new drafts.
    pub drafts: Vec<String>,
    /// Messages that a rule ignores.
    pub ignored: usize,
    /// What did not work, in words; the rest went on.
    pub problems: Vec<String>,
}

/// What is going on, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// A mailbox is open, with so many new messages.
    Mailbox {
        /// The account's name.
        account: String,
        /// The mailbox.
        mailbox: String,
        /// New messages.
        total: usize,
    },
    /// So many messages more are done.
    Messages(usize),
}

/// A message that the server lists and does not give is asked for in so many syncs.
const MOST_TRIES: u32 = 10;
/// At most so many messages in one FETCH, and so many octets.
const BATCH: usize = 100;
const BATCH_OCTETS: u64 = 16 * 1024 * 1024;

/// Pulls one account's new mail.
pub async fn pull(
    config: &Config,
    account: &Account,
    password: &SecretString,
    desk: &mut Desk,
    now: &Zoned,
    on: &mut dyn FnMut(Progress),
) -> Result<Pulled> {
    let mut session = imap::connect(&account.imap, &account.imap_username, password).await?;
    let mut pulled = Pulled::default();
    let sent = sent_mailbox(account, &session.list().await.context("cannot list the mailboxes")?);
    let mut plan: Vec<(String, bool)> = sent.into_iter().map(|name| (name, true)).collect();
    plan.extend(
        account
            .mailboxes
            .iter()
            .filter(|m| plan.iter().all(|(p, _)| p != *m))
            .map(|m| (m.clone(), false))
            .collect::<Vec<_>>(),
    );
    for (name, is_sent) in plan {
        let mut pass = Pass { config, account, desk: &mut *desk, now, mailbox: &name, is_sent };
        match pass.read(&mut session, &mut pulled, on).await {
            Ok(()) => {}
            // A mailbox that cannot be opened must not keep the others from being read.
            Err(e) if matches!(e.downcast_ref(), Some(ImapError::Refused { .. })) => {
                pulled.problems.push(format!("mailbox {name:?}: {e:#}; check imap.mailboxes"));
            }
            Err(e) => return Err(e.context(format!("mailbox {name:?}"))),
        }
    }
    session.logout().await;
    // A conversation of three new messages is one summary.
    let mut seen = BTreeSet::new();
    pulled.summaries.retain(|path| seen.insert(path.clone()));
    Ok(pulled)
}

/// The mailbox for sent mail: as the config says, as the server says (RFC 6154), or by its usual names.
pub fn sent_mailbox(account: &Account, list: &[MailboxInfo]) -> Option<String> {
    const NAMES: [&str; 6] = ["sent", "sent items", "sent messages", "sent mail", "gesendet", "gesendete objekte"];
    let last = |m: &MailboxInfo| {
        let name = m.name.to_lowercase();
        match m.delimiter.as_deref().filter(|d| !d.is_empty()) {
            Some(delimiter) => name.rsplit(delimiter).next().unwrap_or_default().to_owned(),
            None => name,
        }
    };
    let open = || list.iter().filter(|m| m.selectable);
    let found = match &account.sent_mailbox {
        Some(name) => open().find(|m| m.name == *name),
        None => open().find(|m| m.is_sent).or_else(|| open().find(|m| NAMES.contains(&last(m).as_str()))),
    };
    found.map(|m| m.name.clone())
}

/// One mailbox's pass.
struct Pass<'a> {
    config: &'a Config,
    account: &'a Account,
    desk: &'a mut Desk,
    now: &'a Zoned,
    mailbox: &'a str,
    is_sent: bool,
}

impl Pass<'_> {
    async fn read(&mut self, session: &mut Session, pulled: &mut Pulled, on: &mut dyn FnMut(Progress)) -> Result<()> {
        let mailbox = session.examine(self.mailbox).await?;
        let mut cursor = self.cursor(mailbox.uid_validity, mailbox.uid_next)?;
        let uids = self.new_uids(session, &cursor, mailbox.exists).await?;
        on(Progress::Mailbox {
            account: self.account.name.clone(),
            mailbox: self.mailbox.to_owned(),
            total: uids.len(),
        });
        let headers_only = self.is_sent && !self.config.sync.sent_notes;
        for chunk in uids.chunks(BATCH) {
            let mut sizes = session.sizes(chunk).await?;
            // One whose size the server keeps to itself is fetched all the same.
            let silent: Vec<_> = chunk.iter().filter(|uid| sizes.iter().all(|(u, _)| u != *uid)).collect();
            sizes.extend(silent.into_iter().map(|uid| (*uid, 0)));
            for batch in batches(&sizes) {
                let (raw, missing) = self.fetch(session, &batch, headers_only).await?;
                self.withheld(mailbox.uid_validity, &batch, &missing, pulled)?;
                let next = batch.last().map_or(cursor.next_uid, |(uid, _)| uid.saturating_add(1));
                cursor.next_uid = cursor.next_uid.max(next);
                self.keep(raw, mailbox.uid_validity, cursor, pulled)?;
                on(Progress::Messages(batch.len()));
            }
        }
        let end = mailbox.uid_next.unwrap_or(0).max(uids.last().map_or(0, |u| u.saturating_add(1)));
        if end > cursor.next_uid || self.desk.store.cursor(&self.account.name, self.mailbox)? != Some(cursor) {
            cursor.next_uid = cursor.next_uid.max(end);
            self.desk.store.set_cursor(&self.account.name, self.mailbox, cursor)?;
        }
        Ok(())
    }

    /// Where to go on. A new UIDVALIDITY begins anew, back to where the first sync began: what is known already
    /// is known by its Message-ID.
    fn cursor(&self, uid_validity: u32, uid_next: Option<u32>) -> Result<Cursor> {
        let until = uid_next.unwrap_or(u32::MAX);
        Ok(match self.desk.store.cursor(&self.account.name, self.mailbox)? {
            Some(cursor) if cursor.uid_validity == uid_validity && uid_validity != 0 => cursor,
            Some(cursor) => Cursor { uid_validity, next_uid: 1, first_until: until, since: cursor.since },
            None => {
                let since = match &self.config.sync.since {
                    Some(span) => Some(
                        self.now.checked_sub(*span).context("sync.since reaches too far back")?.timestamp().as_second(),
                    ),
                    None => None,
                };
                Cursor { uid_validity, next_uid: 1, first_until: until, since }
            }
        })
    }

    /// UIDs not covered yet. Those that were there at the first sync count only from `since` on.
    async fn new_uids(&self, session: &mut Session, cursor: &Cursor, exists: u32) -> Result<Vec<u32>> {
        if exists == 0 {
            return Ok(Vec::new());
        }
        let mut uids = Vec::new();
        if let Some(since) = cursor.since
            && cursor.next_uid < cursor.first_until
        {
            let day = jiff::Timestamp::from_second(since)?.to_zoned(TimeZone::UTC).strftime("%-d-%b-%Y").to_string();
            uids.extend(
                session.search(&format!("UID {}:{} SINCE {day}", cursor.next_uid, cursor.first_until - 1)).await?,
            );
        }
        let from = if cursor.since.is_some() { cursor.next_uid.max(cursor.first_until) } else { cursor.next_uid };
        if from < u32::MAX {
            // `n:*` always names the last message, whatever its UID (RFC 3501 §6.4.8).
            uids.extend(session.search(&format!("UID {from}:*")).await?.into_iter().filter(|uid| *uid >= from));
        }
        uids.extend(self.desk.store.withheld(&self.account.name, self.mailbox, cursor.uid_validity, MOST_TRIES)?);
        uids.sort_unstable();
        uids.dedup();
        Ok(uids)
    }

    /// A batch's messages, and the UIDs that are there but for which the server gives nothing.
    async fn fetch(
        &self,
        session: &mut Session,
        batch: &[(u32, u32)],
        headers_only: bool,
    ) -> Result<(Vec<Raw>, Vec<u32>)> {
        let uids: Vec<u32> = batch.iter().map(|(uid, _)| *uid).collect();
        let fetched = match batch {
            _ if headers_only => session.fetch_headers(&uids).await,
            [(uid, size)] if Session::is_too_large(*size) => return Ok((Vec::new(), vec![*uid])),
            [(uid, size)] if Session::is_large(*size) => {
                let bytes = session.fetch_large(*uid, *size).await;
                bytes.map(|b| b.into_iter().map(|bytes| imap::Fetched { uid: *uid, bytes }).collect())
            }
            _ => session.fetch(&uids).await,
        };
        let mut fetched = given_or_none(fetched)?;
        // An OK without the message: gone meanwhile, or kept back. The latter is asked for once more, alone.
        let absent: Vec<u32> =
            uids.iter().copied().filter(|uid| fetched.iter().all(|f: &imap::Fetched| f.uid != *uid)).collect();
        let mut missing = Vec::new();
        if !absent.is_empty() {
            let there = session.search(&format!("UID {}", imap::set(&absent))).await?;
            for uid in there.into_iter().filter(|uid| absent.contains(uid)) {
                let again = given_or_none(match headers_only {
                    true => session.fetch_headers(&[uid]).await,
                    false => session.fetch(&[uid]).await,
                })?;
                if again.is_empty() {
                    missing.push(uid);
                }
                fetched.extend(again);
            }
            // Many, and nothing of any: that is the server's trouble, not the messages'.
            if uids.len() > 1 && missing.len() == uids.len() {
                let gone = "the server lists messages, and gives the content of none";
                return Err(ImapError::Protocol(gone.to_owned()).into());
            }
            fetched.sort_by_key(|f| f.uid);
        }
        let mut raw = Vec::with_capacity(fetched.len());
        for imap::Fetched { uid, bytes } in fetched {
            let parsed = take::parse(bytes, headers_only);
            let internal_date = if parsed.message.date.is_none() { session.internal_date(uid).await? } else { None };
            raw.push(Raw { uid, parsed, internal_date });
        }
        Ok((raw, missing))
    }

    /// Remembers what the server keeps back, so that later syncs ask again; after some tries it is let go, loudly.
    fn withheld(&self, uid_validity: u32, batch: &[(u32, u32)], missing: &[u32], pulled: &mut Pulled) -> Result<()> {
        let (account, mailbox, store) = (&self.account.name, self.mailbox, &self.desk.store);
        let before = store.withheld(account, mailbox, uid_validity, u32::MAX)?;
        for (uid, _) in batch {
            if !missing.contains(uid) {
                if before.contains(uid) {
                    store.given(account, mailbox, uid_validity, *uid)?;
                }
                continue;
            }
            let tries = store.withhold(account, mailbox, uid_validity, *uid)?;
            let then = if tries < MOST_TRIES { "the next sync asks again" } else { "look at it in your mail program" };
            pulled.problems.push(format!(
                "mailbox {mailbox:?}: the server lists the message with UID {uid}, but gives no content for it; it has no note, {then}"
            ));
        }
        Ok(())
    }

    /// Writes a batch's notes, and then, in one commit, what is known of them and the cursor.
    fn keep(&mut self, raw: Vec<Raw>, uid_validity: u32, cursor: Cursor, pulled: &mut Pulled) -> Result<()> {
        let Pass { config, account, now, mailbox, is_sent, .. } = *self;
        let Desk { vault, store } = &mut *self.desk;
        store.atomically(|store| {
            for message in raw {
                let origin = Origin { config, account, mailbox, uid_validity, is_sent, now };
                take::take(vault, store, &origin, message, pulled)?;
            }
            store.set_cursor(&account.name, mailbox, cursor)?;
            Ok::<_, anyhow::Error>(())
        })
    }
}

/// A FETCH that the server refuses gave nothing: one message that it cannot read must not hold up the others.
fn given_or_none(fetched: Result<Vec<imap::Fetched>, ImapError>) -> Result<Vec<imap::Fetched>, ImapError> {
    match fetched {
        Err(ImapError::Refused { .. }) => Ok(Vec::new()),
        other => other,
    }
}

/// Cuts a chunk so that no batch is too large; a large message stands alone.
fn batches(sizes: &[(u32, u32)]) -> Vec<Vec<(u32, u32)>> {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let mut out: Vec<Vec<(u32, u32)>> = Vec::new();
    let mut octets = u64::MAX;
    for (uid, size) in sorted {
        let large = Session::is_large(size);
        octets = octets.saturating_add(u64::from(size));
        match out.last_mut() {
            Some(batch) if !large && octets <= BATCH_OCTETS => batch.push((uid, size)),
            _ => {
                out.push(vec![(uid, size)]);
                octets = if large { u64::MAX } else { u64::from(size) };
            }
        }
    }
    out
}
