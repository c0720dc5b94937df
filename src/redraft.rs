//! A source note → a draft, because its owner asks for one: a reply, an answer to an invitation, or a forward. From the vault
//! alone; no server is asked.
//!
//! What a person edited is never overwritten, and what was sent is never drafted a second time; the errors say what to do.

use crate::assistant::offline::{self, Reading};
use crate::compose::text;
use crate::config::{Account, Config, Quote, ReplyTo};
use crate::draft::{self, Setting, addressing, quoting};
use crate::inbound::context::{self, About};
use crate::inbound::templates::{Templates, look};
use crate::inbound::{Desk, manners, redrafts};
use crate::mail::hash::sha256;
use crate::mail::{Address, Message, body, inert, parse, subject};
use crate::note::context::VaultContext;
use crate::note::digest::Digest;
use crate::note::draft::forward::{self, Forward};
use crate::note::draft::{Look, Status, reworded};
use crate::note::name::{draft_stem, forward_stem};
use crate::note::original::{self, Original};
use crate::note::rsvp::{Asked, asked, is_over};
use crate::note::source;
use crate::note::template::{Kind, TemplateError};
use crate::outbound::{self, Standing, enclosed};
use crate::store::messages::StoredMessage;
use anyhow::{Context, Result, bail};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// A reply; to whom, where the config is not to decide.
    Reply(Option<ReplyTo>),
    /// A forward; the mail's text, or the mail as it came.
    Forward(Forward),
}

/// A source note, read for drafting.
pub(crate) struct Source {
    path: String,
    /// Where the mail lies, as the note says.
    mailbox: String,
    pub(crate) text: String,
    pub(crate) original: Original,
    pub(crate) message: Message,
    /// The new text, plain and as Markdown.
    pub(crate) new: (String, String),
    /// The message's key, and its time.
    pub(crate) key: String,
    pub(crate) at: Timestamp,
    pub(crate) known: Option<StoredMessage>,
}

/// Writes the draft, and gives its path. `words`: what a language model read in the mail, where it was asked.
pub fn redraft(
    config: &Config,
    desk: &Desk,
    note: &str,
    wish: Wish,
    words: Option<&Digest>,
    now: &Zoned,
) -> Result<String> {
    let (source, account) = read(config, desk, note, now)?;
    match wish {
        Wish::Forward(how) => pass_on(config, desk, (&source, &account), how, now),
        Wish::Reply(reply) => {
            let asked = asked(&source.message, &account.owner());
            answerable(desk, &source, asked.is_some())?;
            match asked {
                Some(asked) => answer(config, desk, (&source, &account), &asked, now),
                None => {
                    let before = digest(config, desk, &source, &account, now)?;
                    let digests = (&before, words.unwrap_or(&before));
                    respond(config, desk, (&source, &account), reply.unwrap_or(config.drafts.reply), digests, now)
                }
            }
        }
    }
}

/// True when a reply to this note's mail can be drafted in a language model's words: it is no invitation, and waits for an
/// answer.
///
/// Errors: as of [`redraft`], as far as they can be known before.
pub fn wants_words(config: &Config, desk: &Desk, note: &str, now: &Zoned) -> Result<bool> {
    let (source, account) = read(config, desk, note, now)?;
    let asked = asked(&source.message, &account.owner()).is_some();
    answerable(desk, &source, asked)?;
    Ok(!asked)
}

/// Puts better words into the draft of a reply to this note's mail, if there is one that waits and is as it was written.
/// Gives its path then.
pub fn improve(config: &Config, desk: &Desk, note: &str, words: &Digest, now: &Zoned) -> Result<Option<String>> {
    let (source, account) = read(config, desk, note, now)?;
    let before = digest(config, desk, &source, &account, now)?;
    for known in desk.store.drafts_for(&source.key)? {
        let id = known.draft_id.as_str();
        let Standing::Waits(path, old) = outbound::standing(config, desk, id)? else { continue };
        let pending = crate::note::draft::read(&old).is_ok_and(|d| d.is_some_and(|d| d.status == Status::Pending));
        // One that nobody touched is written anew, whatever its shape; of another, what says the same as before.
        let untouched = desk.store.is_as_drawn(id, &sha256(&old))?;
        let anew = created(&old, now.time_zone()).filter(|_| untouched).and_then(|created| {
            let way = (config.drafts.reply, config.drafts.quote);
            drawn(config, desk, (&source, &account), words, (id, &created), way)
        });
        let Some(new) = anew.or_else(|| reworded(&old, &before, words)).filter(|_| pending) else { continue };
        desk.vault.replace(&path, &old, &new)?;
        if untouched {
            desk.store.put_drawn(id, &sha256(&new))?;
        }
        return Ok(Some(path));
    }
    Ok(None)
}

/// Every way in which a draft may have been written.
fn ways() -> impl Iterator<Item = (ReplyTo, Quote)> {
    let quotes = [Quote::Below, Quote::None];
    [ReplyTo::Sender, ReplyTo::All].into_iter().flat_map(move |reply| quotes.map(|quote| (reply, quote)))
}

/// The draft of a reply as the config wants it, with what the vault knows now.
fn drawn(
    config: &Config,
    desk: &Desk,
    (source, account): (&Source, &Account),
    digest: &Digest,
    by: (&str, &Zoned),
    way: (ReplyTo, Quote),
) -> Option<String> {
    let author = source.message.author().map(Address::key).unwrap_or_default();
    let base_subject = subject::base(&source.message.subject);
    let thread = source.known.as_ref().map_or("", |known| known.thread.as_str());
    let about = About { author: &author, subject: &base_subject, text: &source.new.0, thread };
    let known = context::of(&desk.vault, &desk.store, config, &about);
    let templates = Templates::new(&desk.vault);
    let shape = config.draft_shape(&source.message, &account.name, &source.mailbox);
    let template = templates.of(shape, Kind::Draft);
    let look = look(shape, template.as_deref());
    let (text, error) = propose(source, account, digest, by, way, (look, &known))?;
    templates.report(error);
    templates.problems().iter().for_each(|problem| tracing::warn!("{problem}"));
    Some(text)
}

/// The draft of a reply.
fn propose(
    source: &Source,
    account: &Account,
    digest: &Digest,
    (id, created): (&str, &Zoned),
    (reply, quote): (ReplyTo, Quote),
    (look, context): (Look<'_>, &VaultContext),
) -> Option<(String, Option<TemplateError>)> {
    let received = source.at.to_zoned(created.time_zone().clone());
    let quoted = (quote == Quote::Below)
        .then(|| quoting::below(&source.message, &source.new.1, &received, digest.language.as_deref()))
        .flatten();
    let setting = Setting {
        owner: &account.owner(),
        identity: &account.identity,
        reply,
        source_file: &source.path,
        draft_id: id,
        created,
        quote: quoted.as_deref(),
        look,
        context,
    };
    draft::propose(&source.message, digest, &setting)
}

pub(crate) fn read(config: &Config, desk: &Desk, path: &str, now: &Zoned) -> Result<(Source, Account)> {
    let text = desk.vault.read(path)?;
    let (Some(record), Some(original)) = (source::read(&text), original::read(&text)) else {
        bail!("{path} is no note of a mail: its `type` should be email, and it should have a `message_id`");
    };
    let account = config.account(&record.account).cloned().with_context(|| {
        format!("{path}: its account {:?} is not in the config; correct `account` in the note", record.account)
    })?;
    let known = desk.store.message_by_note(path)?;
    let local = original.received.and_then(|at| at.to_zoned(now.time_zone().clone()).ok()).map(|at| at.timestamp());
    let at = known.as_ref().and_then(|m| Timestamp::from_second(m.at).ok()).or(local).unwrap_or_default();
    // The message as it came knows more than its note; where it is not kept, the note has to do.
    let (message, new) = match enclosed::kept(&desk.vault, path, &text, &record.key) {
        Some((_, bytes)) => {
            let (message, _) = parse::parse(&bytes);
            let body = body::render(&message);
            (message, (body.new_text, body.new_markdown))
        }
        None => {
            let invite = enclosed::invitation(&desk.vault, path);
            let message = Message { invite, date: Some(at), ..original.message.clone() };
            (message, (text::plain(&original.new), original.new.clone()))
        }
    };
    let key = known.as_ref().map_or(record.key, |m| m.key.clone());
    let mailbox = record.mailbox;
    Ok((Source { path: path.to_owned(), mailbox, text, original, message, new, key, at, known }, account))
}

/// A draft that would be over as soon as it is written is not written.
fn answerable(desk: &Desk, source: &Source, asked: bool) -> Result<()> {
    let Some(known) = &source.known else { return Ok(()) };
    if desk.store.is_answered(known.message_id.as_deref(), &known.thread, known.at)? {
        bail!("{}: you have answered this mail already. {}", source.path, anew(asked));
    }
    if asked {
        return Ok(());
    }
    if let Some(newer) = desk.store.newer_in(&known.thread, known.at)?
        && desk.store.has_draft_for(&newer)?
    {
        let newer = desk.store.message(&newer)?.and_then(|m| m.note).unwrap_or_default();
        bail!("{}: a newer mail of this thread has a draft of its own; answer that one ({newer})", source.path);
    }
    Ok(())
}

/// What to do for a second answer.
fn anew(asked: bool) -> &'static str {
    if asked {
        "To change your answer, put a file of `type: draft-rsvp` into the outbox folder, with `rsvp` and `source_file`"
    } else {
        "To write again, put a file of `type: draft-mail` into the outbox folder, with `in_reply_to` to stay in the thread"
    }
}

fn respond(
    config: &Config,
    desk: &Desk,
    (source, account): (&Source, &Account),
    reply: ReplyTo,
    (before, digest): (&Digest, &Digest),
    now: &Zoned,
) -> Result<String> {
    let zone = now.time_zone();
    // Its time, and so its id, is another one where a state was lost in another time zone: what answers it counts.
    let known = desk.store.drafts_for(&source.key)?.into_iter().map(|known| known.draft_id).collect::<Vec<_>>();
    let id = |n: usize| match n.checked_sub(known.len() + 1) {
        None => known.get(n - 1).cloned().unwrap_or_default(),
        Some(more) => draft::draft_id(&numbered(&source.key, more + 1), source.at),
    };
    let slot = free(config, desk, source, id, false)?;
    let text = drawn(config, desk, (source, account), digest, (&slot.id, now), (reply, config.drafts.quote))
        .with_context(|| format!("{}: there is nobody to reply to", source.path))?;
    let unedited = |old: &str, created: &Zoned| {
        // Where the state was lost, what is known of it is how it would have been written.
        let known = VaultContext::default();
        let bare = |way| propose(source, account, before, (&slot.id, created), way, (Look::Reply, &known));
        let now = |way| drawn(config, desk, (source, account), before, (&slot.id, created), way);
        desk.store.is_as_drawn(&slot.id, &sha256(old)).unwrap_or(false)
            || ways().any(|way| bare(way).is_some_and(|(new, _)| new == old) || now(way).is_some_and(|new| new == old))
    };
    let path = format!("{}/{}.md", config.paths.outbox, draft_stem(&subject::base(&source.message.subject), now));
    let path = put(desk, &slot, &path, &text, zone, unedited)?;
    desk.store.put_draft(&slot.id, &path, Some(&source.key))?;
    desk.store.put_drawn(&slot.id, &sha256(&text))?;
    Ok(path)
}

/// What the assistant reads in the message: what it read when it came, else anew.
pub(crate) fn digest(config: &Config, desk: &Desk, source: &Source, account: &Account, now: &Zoned) -> Result<Digest> {
    let kept = source.known.as_ref().and_then(StoredMessage::said);
    let mut digest = kept.map(|(_, digest)| digest).unwrap_or_else(|| {
        let base = subject::base(&source.message.subject);
        let (message, new_text) = (&source.message, source.new.0.as_str());
        let reading = Reading { message, new_text, base_subject: &base, owner: &account.owner(), now };
        offline::digest(&reading, inert::line)
    });
    if digest.reply_reason.is_none() {
        digest.reply_reason = Some("you asked for a draft".to_owned());
    }
    let said = (source.new.0.as_str(), source.at.as_second());
    Ok(manners::worded(&desk.store, (config, account), &source.message, said, digest)?)
}

fn answer(
    config: &Config,
    desk: &Desk,
    (source, account): (&Source, &Account),
    asked: &Asked,
    now: &Zoned,
) -> Result<String> {
    let slot = free(config, desk, source, |n| draft::rsvp_id(&numbered(&source.key, n), source.at.as_second()), false)?;
    if source.message.invite.as_ref().is_some_and(|invite| is_over(invite, now.timestamp())) {
        bail!("{}: the event is past, and nobody waits for an answer", source.path);
    }
    if let Some((path, _)) = &slot.there {
        bail!("{path} is the draft of your answer; set `rsvp` and `status` there, or delete it and run this again");
    }
    let message = &source.message;
    let by = (config, account, now);
    redrafts::rsvp(&desk.vault, &desk.store, by, (message, &source.path, asked), &slot.id)?.with_context(|| {
        format!("{}: its calendar's file (.ics) is not in the vault any more; answer in your calendar", source.path)
    })
}

fn pass_on(
    config: &Config,
    desk: &Desk,
    (source, account): (&Source, &Account),
    how: Forward,
    now: &Zoned,
) -> Result<String> {
    let kept = enclosed::kept(&desk.vault, &source.path, &source.text, &source.key);
    if how == Forward::Attached && kept.is_none() {
        bail!(
            "{}: the vault does not have this mail as it came (notes.keep_original was off when it arrived); without --attached \
             its text is passed on",
            source.path
        );
    }
    // What is attached holds its files; the text goes with them, but not with the mail as it came.
    let mut files = source::attached(&source.text, &source.path);
    files.retain(|path| how != Forward::Attached && kept.as_ref().is_none_or(|(eml, _)| eml != path));
    let from = addressing::identity(&source.message, &account.owner(), &account.identity);
    let subject = subject::forward(&source.message.subject);
    let write = |id: &str, created: &Zoned, forward: Forward| {
        forward::write(&forward::Proposal {
            created,
            from: &from,
            subject: &subject,
            source_file: &source.path,
            attachments: &files,
            forward,
            original: &source.original,
            signature: account.signature.as_deref(),
            draft_id: id,
        })
    };
    let slot = free(config, desk, source, |n| draft::forward_id(&numbered(&source.key, n), source.at), true)?;
    let unedited = |old: &str, created: &Zoned| {
        [Forward::Here, Forward::Attached].into_iter().any(|how| write(&slot.id, created, how) == old)
    };
    let path = format!("{}/{}.md", config.paths.outbox, forward_stem(&subject::base(&source.message.subject), now));
    let path = put(desk, &slot, &path, &write(&slot.id, now, how), now.time_zone(), unedited)?;
    desk.store.put_draft(&slot.id, &path, None)?;
    Ok(path)
}

fn numbered(key: &str, n: usize) -> String {
    if n < 2 { key.to_owned() } else { format!("{key} #{n}") }
}

/// An id to draft under, and the draft that has it and still waits.
struct Slot {
    id: String,
    there: Option<(String, String)>,
}

/// The first id that is not used up: those of drafts that were rejected or are over are passed over, and, with `again`, those of
/// sent ones.
fn free(config: &Config, desk: &Desk, source: &Source, id: impl Fn(usize) -> String, again: bool) -> Result<Slot> {
    for n in 1.. {
        let id = id(n);
        match outbound::standing(config, desk, &id)? {
            Standing::None => return Ok(Slot { id, there: None }),
            Standing::Waits(path, text) => return Ok(Slot { id, there: Some((path, text)) }),
            Standing::Over => {}
            Standing::Sent(_) if again => {}
            Standing::Sent(path) => {
                let asked = source.message.invite.is_some();
                bail!("{}: its answer was sent already ({path}). {}", source.path, anew(asked))
            }
            Standing::OnItsWay(path) => {
                bail!("{path} is approved or on its way, or nobody can tell whether it was sent; look there first")
            }
        }
    }
    unreachable!("the numbers do not end")
}

/// When a draft was written, by itself.
fn created(draft: &str, zone: &TimeZone) -> Option<Zoned> {
    let at = crate::note::frontmatter::parse(draft).ok().and_then(|(front, _)| front.text("created"))?;
    at.parse::<jiff::civil::DateTime>().ok()?.to_zoned(zone.clone()).ok()
}

/// Writes a draft: a new file, or over one that nobody touched.
fn put(
    desk: &Desk,
    slot: &Slot,
    path: &str,
    text: &str,
    zone: &TimeZone,
    unedited: impl Fn(&str, &Zoned) -> bool,
) -> Result<String> {
    let Some((there, old)) = &slot.there else {
        return redrafts::new(&desk.vault, path, text, &slot.id);
    };
    if !created(old, zone).is_some_and(|created| unedited(old, &created)) {
        bail!(
            "{there} is its draft, and is not as postnote wrote it: it stays as it is. To have another one, set \
             `status: rejected` there or delete it, and run this again"
        );
    }
    desk.vault.replace(there, old, text)?;
    Ok(there.clone())
}
