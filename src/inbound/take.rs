//! One message → its notes, and what the database remembers of it.

use super::identity::{self, Says};
use super::read::{Raw, ReadAs};
use super::redrafts::carries;
use super::summaries::Touched;
use super::templates::{Templates, look};
use super::timing::Timing;
use super::{Pulled, attachments, context, events, heard, manners, rsvp, threads};
use crate::assistant::offline::{name, reply_rank};
use crate::config::{Account, Action, Config, Quote};
use crate::draft::{self, Setting, quoting};
use crate::followup;
use crate::mail::hash::sha256;
use crate::mail::subject::{self, Mark};
use crate::mail::{Address, Message, file_name, picture};
use crate::note::digest::Digest;
use crate::note::name::{draft_stem, numbered, source_stem};
use crate::note::source::{self, Facts};
use crate::note::summary::Entry;
use crate::note::task;
use crate::note::template::Kind;
use crate::store::Store;
use crate::store::cursors::Doubt;
use crate::store::messages::StoredMessage;
use crate::triage::habit;
use crate::triage::{self, ThreadFacts, Triage, Verdict};
use crate::vault::{Vault, VaultError};
use anyhow::{Context, Result};
use jiff::{Timestamp, Zoned};

/// Where a message comes from.
#[derive(Debug, Clone, Copy)]
pub struct Origin<'a> {
    /// The config.
    pub config: &'a Config,
    /// The account.
    pub account: &'a Account,
    /// The mailbox.
    pub mailbox: &'a str,
    /// Its UIDVALIDITY; `None`: it lies in files.
    pub uid_validity: Option<u32>,
    /// It is the mailbox for sent mail.
    pub is_sent: bool,
    /// The mailbox is read anew, whatever its UIDs were before.
    pub anew: bool,
    /// Where source notes go.
    pub folder: &'a SourceFolder,
    /// What asks for a reply gets a draft.
    pub drafts: bool,
    /// Now, in the owner's time zone.
    pub now: &'a Zoned,
    /// Where the time goes.
    pub(super) timing: &'a Timing,
}

impl Origin<'_> {
    fn read(&self) -> ReadAs<'_> {
        let Origin { config, account, mailbox, now, timing, .. } = *self;
        ReadAs { config, account, mailbox, now, timing }
    }
}

/// Takes one message in: writes what notes it deserves and remembers it. A message that is known already is only
/// remembered where it lies now.
pub fn take(
    (vault, templates): (&Vault, &Templates<'_>),
    store: &Store,
    origin: &Origin<'_>,
    mut raw: Raw,
    touched: &mut Touched,
    pulled: &mut Pulled,
) -> Result<()> {
    // What its owner passed on to somebody answers nobody, whatever it names: it begins a conversation of its own.
    if origin.is_sent && subject::parts(&raw.message.subject).1 == Some(Mark::Forward) {
        raw.message.in_reply_to.clear();
        raw.message.references.clear();
    }
    let message = &raw.message;
    let at = time_of(message, raw.internal_date.as_deref());
    let (thread, merged) = threads::of(vault, store, message)?;
    touched.rename(&merged);
    let mut stored = identify((vault, store), origin, &raw, thread, at)?;
    let silent = origin.is_sent && !origin.config.sync.sent_notes;
    // Mail that the owner sent was seen in Sent first; when it arrives as well, it gets its note.
    let arrives_too = |known: &StoredMessage| known.own && known.note.is_none() && !origin.is_sent;
    let known = store.message(&stored.key)?;
    if let Some(doubt) = known.as_ref().filter(|_| !origin.anew).and_then(|known| moved_within(known, &stored)) {
        store.doubt(&stored.account, &doubt)?;
    }
    if origin.is_sent && !known.as_ref().is_some_and(|known| known.own) {
        heard::sent(store, origin, message, at)?;
        let by = (origin.config, origin.account);
        followup::asked(store, by, message, &raw.body.new_text, &stored, origin.now)?;
        manners::sent(store, origin, message, &raw.body.new_text, &stored)?;
    }
    match known {
        Some(known) if !arrives_too(&known) => return Ok(store.put_message(&met_again(stored, known, origin))?),
        _ if silent => return Ok(store.put_message(&stored)?),
        _ => {}
    }
    let item = Item { origin, raw: &raw, received: at.to_zoned(origin.now.time_zone().clone()) };
    let verdict = item.verdict(store, &stored)?;
    if verdict.action == Action::Ignore {
        pulled.ignored += 1;
        return Ok(store.put_message(&stored)?);
    }
    heard::arrived(store, origin, message, &stored, &verdict)?;
    let mut digest = item.digest(&verdict);
    let (word, why) = match &mut digest {
        Some(digest) => item.settle(store, &stored, &verdict, digest)?,
        None => (verdict.triage, None),
    };
    let note = item.write_source((vault, templates), store, &stored, (word, why.as_deref(), &verdict.tags), pulled)?;
    stored.note = Some(note.clone());
    if let Some(digest) = digest {
        let entry = item.entry(&note, digest);
        stored.digest = Some(StoredMessage::saying(&entry.author, &entry.digest)?);
        let wanted = origin.drafts && verdict.action == Action::Draft && word == Triage::NeedsReply;
        if let Some(asked) = verdict.asked.as_ref().filter(|_| wanted) {
            let id = draft::rsvp_id(&stored.key, stored.at);
            let invitation = rsvp::Invitation { message: &raw.message, id: &id, note: &note, asked };
            let by = (origin.config, origin.account, origin.now);
            if store.draft(&id)?.is_none() {
                pulled.drafts.extend(rsvp::write(vault, store, by, &invitation)?);
            }
        } else if wanted && entry.digest.reply_reason.is_some() && !store.has_draft_for(&stored.key)? {
            item.write_draft((vault, templates), store, &stored, &entry, pulled)?;
        }
        let shape = origin.config.summary_shape(message, &stored.account, origin.mailbox);
        touched.add(&stored.thread, shape, entry);
        if item.may_be_shown(&verdict) {
            store.think_of(&stored.key, stored.at)?;
        }
    }
    Ok(store.put_message(&stored)?)
}

/// A message that has another UID than before, in one mailbox, under one UIDVALIDITY.
fn moved_within(known: &StoredMessage, now: &StoredMessage) -> Option<Doubt> {
    let place = |m: &StoredMessage| (m.account.clone(), m.mailbox.clone(), m.uid_validity);
    let moved = known.uid != 0 && now.uid != 0 && known.uid != now.uid && place(known) == place(now);
    let message_id = known.message_id.clone().filter(|_| moved)?;
    Some(Doubt { mailbox: now.mailbox.clone(), uid_validity: now.uid_validity, uid: known.uid, message_id })
}

/// A known message where it lies now. A server's word on that is worth more than a file's.
fn met_again(stored: StoredMessage, known: StoredMessage, origin: &Origin<'_>) -> StoredMessage {
    if origin.uid_validity.is_some() {
        return stored;
    }
    let StoredMessage { account, mailbox, uid_validity, uid, at, .. } = known;
    StoredMessage { account, mailbox, uid_validity, uid, at, ..stored }
}

/// The message's own time; else the server's; else the beginning of time, so that it is the same at every try.
fn time_of(message: &Message, internal_date: Option<&str>) -> Timestamp {
    let server = || jiff::fmt::strtime::parse("%d-%b-%Y %H:%M:%S %z", internal_date?.trim()).ok()?.to_timestamp().ok();
    message.date.or_else(server).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn says<'a>(raw: &'a Raw, author: &'a str, subject: &'a str, own: bool) -> Says<'a> {
    let at = raw.message.date.map(|date| date.as_second());
    Says { author, subject, at, text: raw.body.new_markdown.trim(), own }
}

fn identify(
    (vault, store): (&Vault, &Store),
    origin: &Origin<'_>,
    raw: &Raw,
    thread: String,
    at: Timestamp,
) -> Result<StoredMessage> {
    let message = &raw.message;
    let author = message.author().map(|a| a.key()).unwrap_or_default();
    let base = subject::base(&message.subject);
    let says = says(raw, &author, &base, origin.is_sent);
    let key = identity::own_key(store, Some(vault), message.key(), &says)?;
    Ok(StoredMessage {
        key,
        account: origin.account.name.clone(),
        mailbox: origin.mailbox.to_owned(),
        uid_validity: origin.uid_validity.unwrap_or(0),
        uid: raw.uid,
        message_id: message.message_id.clone(),
        thread,
        in_reply_to: message.in_reply_to.clone(),
        references: threads::shortened(&message.references),
        author,
        subject: base,
        at: at.as_second(),
        // Only what lies in Sent is the owner's: anybody can write his address into From.
        own: origin.is_sent,
        note: None,
        digest: None,
    })
}

/// A new message on its way into notes.
struct Item<'a> {
    origin: &'a Origin<'a>,
    raw: &'a Raw,
    received: Zoned,
}

impl Item<'_> {
    fn verdict(&self, store: &Store, stored: &StoredMessage) -> Result<Verdict> {
        let answered = store.is_answered(stored.message_id.as_deref(), &stored.thread, stored.at)?;
        let facts = ThreadFacts {
            answered: self.raw.answered || answered,
            owner_wrote_in_thread: store.owner_wrote_in(&stored.thread)?,
            owner_writes_to_list: self.is_list_of_owners(store)?,
        };
        Ok(self.origin.read().verdict(&self.raw.message, &self.raw.body, facts))
    }

    /// True when it came over a list that the owner has written to.
    fn is_list_of_owners(&self, store: &Store) -> Result<bool> {
        let message = &self.raw.message;
        let Some(list) = message.signals.list_id.as_ref().map(|id| id.trim().to_lowercase()) else { return Ok(false) };
        for address in message.recipients().map(Address::key) {
            if address.replace('@', ".") == list && store.has_written_to(&address)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What kind of mail it is, now that it was read; and why, where that is owed to what became of its sender's mail before.
    fn settle(
        &self,
        store: &Store,
        stored: &StoredMessage,
        verdict: &Verdict,
        digest: &mut Digest,
    ) -> Result<(Triage, Option<String>)> {
        let word = triage::settle(verdict, digest);
        let Some(author) = self.raw.message.author().filter(|_| verdict.action == Action::Draft) else {
            return Ok((word, None));
        };
        let known = store.dealt_with(&stored.account, &stored.author, stored.at, habit::MOST)?;
        if !known.is_to_answer() && !known.is_silence() {
            return Ok((word, None));
        }
        let looks = reply_rank::of_message(&self.raw.message, &self.origin.account.owner(), &self.raw.body.new_text);
        let (settled, moved) = habit::weigh(verdict, word, digest, &known, looks);
        let why = known.in_words(&name::full(author));
        if !moved && known.is_to_answer() {
            // It says so beside what the mail asks.
            digest.reply_reason = digest.reply_reason.take().map(|reason| format!("{reason}; {why}"));
        }
        Ok((settled, moved.then_some(why)))
    }

    /// What the assistant read, under the urgency that a rule sets.
    fn digest(&self, verdict: &Verdict) -> Option<Digest> {
        let wanted = verdict.action >= Action::Summary && !self.raw.quarantined;
        let read = || self.raw.digest.clone().or_else(|| self.origin.read().digest(&self.raw.message, &self.raw.body));
        let mut digest = wanted.then(read).flatten()?;
        if let Some(urgency) = verdict.urgency {
            digest.urgency = urgency;
            let reason = digest.reply_reason.take();
            digest.reply_reason = reason.map(|reason| format!("{reason}; {} by a rule of yours", urgency.as_str()));
        }
        if verdict.triage == Triage::Done {
            // It was answered before it came.
            digest.actions.retain(|item| !task::is_settled_by_reply(item));
        }
        Some(digest)
    }

    /// Whether a language model may read it later. What is imported is not shown to one: nobody asked for that much.
    fn may_be_shown(&self, verdict: &Verdict) -> bool {
        let Origin { config, account, mailbox, uid_validity, .. } = *self.origin;
        let permitted = config.model.as_ref().is_some_and(|model| model.permits(&account.name, mailbox));
        permitted
            && verdict.llm
            && uid_validity.is_some()
            && !self.raw.quarantined
            && !self.raw.message.signals.encrypted
    }

    fn entry(&self, note: &str, digest: Digest) -> Entry {
        let author = self.raw.message.author().map(|a| a.label().to_owned()).unwrap_or_default();
        Entry { received: self.received.clone(), author, source: note.to_owned(), digest }
    }

    fn write_source(
        &self,
        (vault, templates): (&Vault, &Templates<'_>),
        store: &Store,
        stored: &StoredMessage,
        (triage, why, tags): (Triage, Option<&str>, &[String]),
        pulled: &mut Pulled,
    ) -> Result<String> {
        let Origin { config, account, mailbox, .. } = *self.origin;
        let folder = self.origin.folder.of(&self.received, &account.name)?;
        let stem = source_stem(&self.raw.message, &self.received);
        let attachments = attachments::save(vault, self.raw, &config.attachments, &folder, &stem)?;
        let before = store.note_before(&stored.thread, stored.at)?;
        let event = events::so_far(vault, store, &self.raw.message, &stored.thread)?;
        let shape = config.source_shape(&self.raw.message, &account.name, mailbox);
        // What could not be read is shown as it is.
        let template = templates.of(shape, Kind::Source).filter(|_| !self.raw.quarantined);
        let (text, error) = source::write_as(
            template.as_deref(),
            &self.raw.message,
            &self.raw.body,
            &Facts {
                account: &account.name,
                mailbox,
                received: &self.received,
                thread: &stored.thread,
                triage: triage.as_str(),
                triage_reason: why,
                attachments: &attachments,
                before: before.as_deref(),
                event: event.as_ref(),
                tags,
            },
        );
        templates.report(error);
        // Two mails may claim one id, one day and one subject.
        let says = says(self.raw, &stored.author, &stored.subject, stored.own);
        let same = |old: &str| {
            source::read(old).is_some_and(|r| {
                r.key == self.raw.message.key()
                    && Address::bare(r.from).key() == stored.author
                    && subject::base(&r.subject) == stored.subject
                    && identity::is_note_of(&says, (&r.received, old), self.received.time_zone())
            })
        };
        let (path, new) = place(vault, &format!("{folder}/{stem}.md"), text.as_bytes(), same)?;
        if new {
            pulled.notes.push(path.clone());
        }
        Ok(path)
    }

    fn write_draft(
        &self,
        (vault, templates): (&Vault, &Templates<'_>),
        store: &Store,
        stored: &StoredMessage,
        entry: &Entry,
        pulled: &mut Pulled,
    ) -> Result<()> {
        let key = stored.key.as_str();
        let Origin { config, account, now, .. } = *self.origin;
        let message = &self.raw.message;
        let id = draft::draft_id(key, self.received.timestamp());
        if store.draft(&id)?.is_some() {
            return Ok(());
        }
        let language = entry.digest.language.as_deref();
        let quote = (config.drafts.quote == Quote::Below)
            .then(|| quoting::below(message, &picture::named(&self.raw.body.new_markdown), &self.received, language))
            .flatten();
        let about = context::About {
            author: &stored.author,
            subject: &stored.subject,
            text: &self.raw.body.new_text,
            thread: &stored.thread,
        };
        let shape = config.draft_shape(message, &account.name, self.origin.mailbox);
        let template = templates.of(shape, Kind::Draft);
        let setting = Setting {
            owner: &account.owner(),
            identity: &account.identity,
            reply: config.drafts.reply,
            source_file: &entry.source,
            draft_id: &id,
            created: now,
            quote: quote.as_deref(),
            look: look(shape, template.as_deref()),
            context: &context::of(vault, store, config, &about),
        };
        let said = (self.raw.body.new_text.as_str(), stored.at);
        let digest = manners::worded(store, (config, account), message, said, entry.digest.clone())?;
        let Some((text, error)) = draft::propose(message, &digest, &setting) else { return Ok(()) };
        templates.report(error);
        let path = format!("{}/{}.md", config.paths.outbox, draft_stem(&subject::base(&message.subject), now));
        let (path, new) = place(vault, &path, text.as_bytes(), |old| carries(old, &id))?;
        store.put_draft(&id, &path, Some(key))?;
        if new {
            store.put_drawn(&id, &sha256(&text))?;
            pulled.drafts.push(path);
        }
        Ok(())
    }
}

/// Where source notes go: the template of `paths.sources`, read once.
#[derive(Debug)]
pub struct SourceFolder(minijinja::Environment<'static>);

impl SourceFolder {
    /// Reads the template.
    pub fn new(template: &str) -> Result<SourceFolder> {
        let mut environment = minijinja::Environment::new();
        environment.set_undefined_behavior(minijinja::UndefinedBehavior::Strict);
        environment.add_template_owned("sources", template.to_owned()).context(UNFILLED)?;
        Ok(SourceFolder(environment))
    }

    /// The folder for a message's note, by the message's own date.
    fn of(&self, received: &Zoned, account: &str) -> Result<String> {
        let context = minijinja::context! {
            year => received.strftime("%Y").to_string(),
            month => received.strftime("%m").to_string(),
            day => received.strftime("%d").to_string(),
            account => file_name::slug(account, 60),
        };
        self.0.get_template("sources").and_then(|t| t.render(context)).context(UNFILLED)
    }
}

const UNFILLED: &str = "paths.sources cannot be filled in; it may use year, month, day and account";

/// Writes a note at a path or, where another note is, at the next numbered one. Where the same note is already (a
/// run was cut short after writing it), it stays. Gives the path and whether the note is new.
pub fn place(vault: &Vault, path: &str, text: &[u8], same: impl Fn(&str) -> bool) -> Result<(String, bool)> {
    for n in 1.. {
        let candidate = numbered(path, n);
        match vault.create(&candidate, text) {
            Ok(()) => return Ok((candidate, true)),
            Err(VaultError::Exists(_)) if vault.read(&candidate).is_ok_and(|old| same(&old)) => {
                return Ok((candidate, false));
            }
            Err(VaultError::Exists(_)) => {}
            Err(e) => return Err(e.into()),
        }
    }
    unreachable!("the numbers do not end")
}
