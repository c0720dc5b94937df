//! What is due goes out, one by one: each step is durable before the next outside effect.

use super::ledger::{self, Event};
use super::{Posted, filing, gather, mark};
use crate::approval::{self, Known};
use crate::compose::{DRAFT_HEADER, Outgoing};
use crate::config::{Account, Config};
use crate::imap::{ImapError, Session};
use crate::inbound::Desk;
use crate::inbound::mailboxes::{new_sent_mailbox, sent_mailbox};
use crate::login::Login;
use crate::note::draft::{self, Status};
use crate::smtp::{Receipt, SmtpError};
use crate::store::StoreError;
use crate::store::outbox::{OutboxRow, State};
use anyhow::{Context, Result};
use jiff::{Timestamp, Zoned};

/// Attempts that surely sent nothing are repeated so often.
const MOST_ATTEMPTS: u32 = 6;

/// Who sends, and with what.
#[derive(Debug)]
pub struct Sender<'a> {
    /// The config.
    pub config: &'a Config,
    /// The account.
    pub account: &'a Account,
    /// The ways to its servers.
    pub login: &'a Login<'a>,
}

/// The account's IMAP side while sending: where sent mail lies.
#[derive(Debug)]
pub struct SentBox {
    /// The session.
    pub session: Session,
    /// The mailbox for sent mail, where there is one.
    pub mailbox: Option<String>,
    /// Its name, where it has to be made.
    pub to_make: String,
}

impl SentBox {
    async fn open(sender: &Sender<'_>) -> Result<SentBox> {
        let mut session = sender.login.imap().await?;
        let list = session.list().await?;
        let (mailbox, to_make) = (sent_mailbox(sender.account, &list), new_sent_mailbox(sender.account, &list));
        Ok(SentBox { session, mailbox, to_make })
    }

    /// True when the mailbox for sent mail holds the row's message, by its Message-ID.
    pub async fn holds(&mut self, row: &OutboxRow) -> Result<bool, ImapError> {
        self.has("Message-ID", &format!("<{}>", row.message_id)).await
    }

    /// The same after an attempt, when some servers have given the message an id of their own: then by the header
    /// that names the draft, too, for which a server may have to read the whole mailbox.
    pub async fn holds_after_all(&mut self, row: &OutboxRow) -> Result<bool, ImapError> {
        Ok(self.holds(row).await? || self.has(DRAFT_HEADER, &row.draft_id).await?)
    }

    async fn has(&mut self, header: &str, value: &str) -> Result<bool, ImapError> {
        let Some(mailbox) = &self.mailbox else { return Ok(false) };
        self.session.examine(mailbox).await?;
        Ok(!self.session.search_header(header, value).await?.is_empty())
    }
}

/// Sends what is due for one account, and files what was accepted. Stops between two messages when `stop` says so.
pub async fn deliver(
    sender: &Sender<'_>,
    desk: &mut Desk,
    clock: &dyn Fn() -> Zoned,
    stop: &dyn Fn() -> bool,
    posted: &mut Posted,
) -> Result<()> {
    let mine = |rows: Vec<OutboxRow>| rows.into_iter().filter(|r| r.account == sender.account.name).collect::<Vec<_>>();
    let now = clock().timestamp().as_second();
    let cut_short = mine(desk.store.outbox(State::Attempting)?);
    let mut due = mine(desk.store.outbox(State::Queued)?);
    due.retain(|r| r.not_before <= now && sender.config.send.enabled);
    // Nothing goes out unless Sent can be looked into: it knows what another machine, or a lost state, has sent.
    let mut sent = SentBox::open(sender).await.context("cannot look into the Sent mailbox, so nothing is sent yet")?;
    for row in cut_short {
        let mut item = Item { sender, desk: &mut *desk, clock, posted: &mut *posted, row };
        item.reconcile(&mut sent).await?;
    }
    for row in due {
        if stop() {
            break;
        }
        let path = row.note.clone();
        let mut item = Item { sender, desk: &mut *desk, clock, posted: &mut *posted, row };
        if let Err(e) = item.send(&mut sent).await {
            posted.problems.push(format!("{path}: {e:#}"));
        }
    }
    sender.login.hang_up().await;
    for row in mine(desk.store.outbox(State::Accepted)?) {
        if let Err(e) = filing::file(sender.config, desk, &mut sent, &row).await {
            posted.problems.push(format!(
                "{}: it was sent, but its copy is not in Sent yet ({e:#}); the next sync tries again",
                row.note
            ));
        }
    }
    sent.session.logout().await;
    Ok(())
}

/// One row on its way.
struct Item<'a> {
    sender: &'a Sender<'a>,
    desk: &'a mut Desk,
    clock: &'a dyn Fn() -> Zoned,
    posted: &'a mut Posted,
    row: OutboxRow,
}

impl Item<'_> {
    /// An attempt that the end of the process cut short: the vault's record or Sent decides, or the owner.
    async fn reconcile(&mut self, sent: &mut SentBox) -> Result<()> {
        let outbox = &self.sender.config.paths.outbox;
        if ledger::last(&self.desk.vault, outbox, &self.row.draft_id)?.is_some_and(|line| line.event == Event::Sent) {
            return self.accepted("recorded as accepted");
        }
        if sent.holds_after_all(&self.row).await? {
            return self.accepted("found in the Sent mailbox");
        }
        self.uncertain("postnote was stopped while it was sending")
    }

    async fn send(&mut self, sent: &mut SentBox) -> Result<()> {
        // Looked up first: between the last look at the file and the mark in it, nobody is waited for.
        if sent.holds(&self.row).await? {
            return self.accepted("found in the Sent mailbox");
        }
        let Some(text) = self.still_approved()? else { return Ok(()) };
        // On the very text that was judged: who edits it just now stops the attempt.
        let status = [("status", Status::Sending.as_str())];
        mark(&self.desk.vault, &self.row.note, &text, &status)?;
        self.record(Event::Attempting)?;
        if !self.desk.store.begin_attempt(self.row.id)? {
            return Ok(());
        }
        let outgoing = Outgoing::from_outbox(
            self.row.sender.clone(),
            self.row.recipients.clone(),
            self.row.message_id.clone(),
            self.row.bytes.clone(),
        );
        match self.sender.login.smtp(&outgoing).await {
            Ok(Receipt { response }) => self.accepted(&response),
            Err(e) if e.is_uncertain() => {
                // Some servers file sent mail themselves: then Sent can tell.
                if sent.holds_after_all(&self.row).await.unwrap_or(false) {
                    return self.accepted("found in the Sent mailbox");
                }
                self.uncertain(&e.to_string())
            }
            Err(e) => self.not_sent(&e),
        }
    }

    /// Looks at the file once more: what is sent is what it says now, or nothing. Gives the text that it judged.
    fn still_approved(&mut self) -> Result<Option<String>> {
        let stopped = |this: &mut Self, why: &str| {
            this.desk.store.set_state(this.row.id, State::Stopped, Some(why))?;
            this.posted.changed.push((this.row.note.clone(), why.to_owned()));
            Ok(None)
        };
        let text = match self.desk.vault.read(&self.row.note) {
            Ok(text) => text,
            Err(e) if e.is_missing_file() => return stopped(self, "the file is gone, so it was not sent"),
            Err(e) => return Err(e.into()),
        };
        let Some(draft) = draft::read(&text)? else {
            return stopped(self, "the file is no draft any more, so it was not sent");
        };
        if draft.draft_id.as_deref() != Some(self.row.draft_id.as_str()) {
            return stopped(self, "the file is another draft now, so it was not sent");
        }
        if !matches!(draft.status, Status::Queued | Status::Approved) {
            return stopped(self, "taken back before it was sent");
        }
        let now = (self.clock)();
        let gathered = gather(self.sender.config, &self.desk.vault, &self.desk.store, &draft)?;
        let known = gathered.newer.clone().filter(|n| draft.conflict_with.as_deref() != Some(n));
        if let Some(newer) = known {
            let why = super::MOVED_ON;
            self.desk.store.set_state(self.row.id, State::Stopped, Some(why))?;
            let id = format!("<{newer}>");
            self.say(Status::Conflict, &[("error", why), ("conflict_with", &id)]);
            self.posted.problems.push(format!("{}: {why}", self.row.note));
            return Ok(None);
        }
        if !approval::unchanged(&draft, gathered.facts(&self.row.draft_id, Known::Unsent, &now), &self.row.hash) {
            let why = gathered.why_not();
            self.desk.store.set_state(self.row.id, State::Stopped, Some(&why))?;
            self.say(Status::Pending, &[("error", &why)]);
            self.posted.problems.push(format!("{}: {why}", self.row.note));
            return Ok(None);
        }
        Ok(Some(text))
    }

    fn accepted(&mut self, response: &str) -> Result<()> {
        let at = self.now();
        // Two records, and one of them failing must not keep the other from saying that it is out.
        let remembered = self.desk.store.accepted(self.row.id, &at, response);
        let recorded = self.record(Event::Sent);
        remembered?;
        recorded?;
        let id = format!("<{}>", self.row.message_id);
        let mut more = vec![("sent_at", at.as_str()), ("message_id", &id), ("server_response", response)];
        let draft = self.desk.vault.read(&self.row.note).ok().and_then(|text| draft::read(&text).ok().flatten());
        if draft.is_some_and(|d| super::edited(self.sender.config, self.desk, &d, &self.row, &(self.clock)())) {
            more.push(("error", super::EDITED));
            self.posted.changed.push((self.row.note.clone(), super::EDITED.to_owned()));
        }
        self.say(Status::Sent, &more);
        self.posted.sent.push(self.row.note.clone());
        Ok(())
    }

    fn not_sent(&mut self, error: &SmtpError) -> Result<()> {
        self.record(Event::Refused)?;
        if error.is_transient() && self.row.attempts + 1 < MOST_ATTEMPTS {
            // 1, 2, 4, … minutes; nothing was sent, so trying again is safe.
            let wait = 60_i64 << self.row.attempts.min(6);
            let at = (self.clock)().timestamp().as_second() + wait;
            self.desk.store.retry(self.row.id, at, &error.to_string())?;
            let why = format!("{error}. Nothing was sent; it is tried again after {wait} s");
            self.say(Status::Queued, &[("error", &why)]);
            self.posted.problems.push(format!("{}: {why}", self.row.note));
        } else {
            self.desk.store.set_state(self.row.id, State::Failed, Some(&error.to_string()))?;
            let what = if error.is_auth() {
                format!("postnote login {}, then approve again", self.row.account)
            } else {
                "put it right and approve again".to_owned()
            };
            let why = format!("{error}. Nothing was sent; {what}");
            self.say(Status::Failed, &[("error", &why)]);
            self.posted.problems.push(format!("{}: {why}", self.row.note));
        }
        Ok(())
    }

    fn uncertain(&mut self, what: &str) -> Result<()> {
        let why = format!(
            "{what}: nobody can tell whether it was sent. Look for it in your Sent mailbox or ask the recipient (Message-ID <{}>). If it did not arrive, approve again",
            self.row.message_id
        );
        self.desk.store.set_state(self.row.id, State::Uncertain, Some(&why))?;
        self.record(Event::Uncertain)?;
        self.say(Status::Uncertain, &[("error", &why), ("uncertain_about", &self.row.draft_id)]);
        self.posted.problems.push(format!("{}: {why}", self.row.note));
        Ok(())
    }

    fn record(&self, event: Event) -> Result<()> {
        let outbox = &self.sender.config.paths.outbox;
        ledger::record(&self.desk.vault, outbox, &self.row.draft_id, &self.row.message_id, event, &self.now())
    }

    /// Says it in the note. A note that cannot be marked now is told later, from the outbox.
    fn say(&self, status: Status, more: &[(&str, &str)]) {
        let mut changes = vec![("status", status.as_str())];
        changes.extend_from_slice(more);
        let said = self.desk.vault.read(&self.row.note).map_err(anyhow::Error::from);
        let said = said.and_then(|text| mark(&self.desk.vault, &self.row.note, &text, &changes));
        if let Err(e) = said {
            tracing::warn!(note = self.row.note, error = %e, "the note could not be marked");
        }
    }

    fn now(&self) -> String {
        (self.clock)().strftime("%Y-%m-%dT%H:%M:%S").to_string()
    }
}

/// True when an account has something to send, to settle or to file.
pub fn has_work(desk: &Desk, account: &str, now: Timestamp) -> Result<bool> {
    let mine = |state| {
        Ok::<_, StoreError>(desk.store.outbox(state)?.into_iter().filter(|r| r.account == account).collect::<Vec<_>>())
    };
    let due = mine(State::Queued)?.iter().any(|r| r.not_before <= now.as_second());
    Ok(due || !mine(State::Attempting)?.is_empty() || !mine(State::Accepted)?.is_empty())
}

/// The latest time at which a row is due that is due by `horizon`.
pub fn last_due_before(desk: &Desk, horizon: Timestamp) -> Result<Option<Timestamp>> {
    let rows = desk.store.outbox(State::Queued)?;
    let due = rows.iter().filter(|r| r.attempts == 0).map(|r| r.not_before).filter(|s| *s <= horizon.as_second()).max();
    due.map(|s| Ok(Timestamp::from_second(s)?)).transpose()
}

/// When the next queued row is due that was not due at `then`; `None` when nothing waits.
pub fn next_due(desk: &Desk, then: Timestamp) -> Result<Option<Timestamp>> {
    let rows = desk.store.outbox(State::Queued)?;
    let next = rows.iter().map(|r| r.not_before).filter(|at| *at > then.as_second()).min();
    next.map(|s| Ok(Timestamp::from_second(s)?)).transpose()
}
