//! `(DraftNote, what the ledger and the vault know)` → [`Judgement`].
//!
//! The only place that makes an [`ApprovedDraft`], whose fields are private: what was not judged here cannot be
//! composed, and so cannot be sent. Pure: nothing is read or written here.
//!
//! - [`enclosed`]: what else goes with a draft
//! - `forward`: what is passed on
//! - `recipients`: who gets it
//! - [`rsvp`]: answers to invitations

pub mod enclosed;
mod forward;
mod recipients;
pub mod rsvp;

pub use enclosed::{Enclosed, Passable, Picture};

use crate::mail::Address;
use crate::mail::hash::sha256;
use crate::mail::message::Attachment;
use crate::note::draft::{DraftNote, Kind, Status};
use jiff::Zoned;
use jiff::civil::DateTime;
use rsvp::Reply;

/// A draft that its owner approved and that is fit to be sent, frozen.
#[derive(Debug, Clone, PartialEq)]
pub struct ApprovedDraft {
    draft_id: String,
    account: String,
    from: Address,
    to: Vec<Address>,
    cc: Vec<Address>,
    bcc: Vec<Address>,
    subject: String,
    body: String,
    in_reply_to: Option<String>,
    references: Vec<String>,
    attachments: Vec<Attachment>,
    pictures: Vec<Picture>,
    /// Its text ends in what is passed on.
    passes_on: bool,
    /// What it says to calendars.
    reply: Option<Box<Reply>>,
    /// As written, and the time that it means.
    send_at: Option<(String, Zoned)>,
}

/// What the ledger knows of a draft's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// Never seen, or seen and never sent.
    Unsent,
    /// Under way.
    InFlight,
    /// Accepted by the server.
    Sent,
    /// Another file carries the id.
    Elsewhere,
}

/// An own identity and its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The account's name.
    pub account: String,
    /// The address, with the account's display name.
    pub address: Address,
}

/// The mail that a draft answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Parent {
    /// Message-ID without brackets; `None` when it has none.
    pub message_id: Option<String>,
    /// References without brackets, root first.
    pub references: Vec<String>,
    /// In-Reply-To without brackets.
    pub in_reply_to: Vec<String>,
}

/// What judging needs besides the file.
#[derive(Debug)]
pub struct Facts<'a> {
    /// The id that the draft goes by, from its file or new.
    pub draft_id: &'a str,
    /// What the ledger says of that id.
    pub known: Known,
    /// Every own identity, the default first.
    pub identities: &'a [Identity],
    /// The mail answered, where it is known.
    pub parent: Option<&'a Parent>,
    /// A message in the thread that is newer than the one answered.
    pub newer: Option<&'a str>,
    /// The attachments' content, or what is wrong with one.
    pub attachments: Result<Vec<Attachment>, String>,
    /// What else goes with it.
    pub enclosed: &'a Enclosed,
    /// Now, in the owner's time zone.
    pub now: &'a Zoned,
}

/// What becomes of a draft.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// To be sent as it stands.
    Approved(Box<ApprovedDraft>),
    /// Not approved: nothing to do.
    Waiting,
    /// It was sent already; it is not sent again.
    AlreadySent,
    /// Approved, but its thread went on: the newer message's id. The owner looks and approves again.
    Conflict(String),
    /// Cannot be sent; the reason in plain words.
    Refused(String),
}

/// Judges a draft.
pub fn judge(draft: &DraftNote, facts: Facts<'_>) -> Judgement {
    if draft.status != Status::Approved {
        return Judgement::Waiting;
    }
    match facts.known {
        Known::Sent => return Judgement::AlreadySent,
        Known::Elsewhere => {
            return Judgement::Refused("another file carries the same draft_id; delete one of the two".into());
        }
        Known::InFlight => return Judgement::Waiting,
        Known::Unsent if draft.was_sent => return Judgement::AlreadySent,
        Known::Unsent => {}
    }
    if let Some(newer) = facts.newer.filter(|n| draft.conflict_with.as_deref() != Some(n)) {
        return Judgement::Conflict(newer.to_owned());
    }
    match approve(draft, facts) {
        Ok(approved) => Judgement::Approved(Box::new(approved)),
        Err(reason) => Judgement::Refused(reason),
    }
}

/// What approving a draft would give, for showing. It cannot be sent: only [`crate::compose::preview`] takes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Rehearsal(ApprovedDraft);

impl Rehearsal {
    /// The account that would send it.
    pub fn account(&self) -> &str {
        &self.0.account
    }

    /// Everybody who would get it.
    pub fn recipients(&self) -> Vec<&Address> {
        self.0.recipients().into_iter().flatten().collect()
    }

    /// The text, Markdown.
    pub fn body(&self) -> &str {
        &self.0.body
    }

    /// How many files would go with it.
    pub fn attachments(&self) -> usize {
        self.0.attachments.len() + self.0.pictures.len()
    }

    pub(crate) fn draft(&self) -> &ApprovedDraft {
        &self.0
    }
}

/// Judges a draft as if it were approved; the reason in plain words when it could not be sent.
pub fn rehearse(draft: &DraftNote, facts: Facts<'_>) -> Result<Rehearsal, String> {
    approve(draft, facts).map(Rehearsal)
}

/// True when a queued draft still says what was frozen under `hash`.
pub fn unchanged(draft: &DraftNote, facts: Facts<'_>, hash: &str) -> bool {
    approve(draft, facts).is_ok_and(|now| now.hash() == hash)
}

/// A text longer than this, in octets, is a file.
const MOST_TEXT: usize = 1_000_000;
/// A subject longer than this, in characters, is a text.
const MOST_SUBJECT: usize = 900;

fn approve(draft: &DraftNote, facts: Facts<'_>) -> Result<ApprovedDraft, String> {
    if let Some(key) = draft.misfit {
        return Err(format!("`{key}` should be one line of text, and is a list or has lines of its own below it"));
    }
    // It becomes a header, and is looked for on servers.
    if facts.draft_id.len() > 200 || !facts.draft_id.chars().all(|c| c.is_ascii_graphic() && !"<>\"\\".contains(c)) {
        return Err("`draft_id` is none of postnote's; delete that line, and this is a draft of its own".into());
    }
    let mut body = draft.body.clone().map_err(|e| e.to_string())?;
    if let Some(c) = body.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(format!("its text holds the control character U+{:04X}; delete it", u32::from(c)));
    }
    if body.len() > MOST_TEXT {
        return Err("its text is longer than 1 MB, which mail programs do not show; attach it as a file".to_owned());
    }
    let identity = identity(draft, facts.identities)?;
    let [to, cc, bcc] = recipients::recipients(draft, facts.enclosed.organizer())?;
    let mut subject = draft.subject.clone();
    let mut attachments = facts.attachments?;
    let mut passes_on = false;
    let mut reply = None;
    if draft.kind == Kind::Forward {
        let passed = forward::passed(draft, facts.enclosed, body)?;
        (body, subject, passes_on) = (passed.body, passed.subject, passed.file.is_none());
        attachments.extend(passed.file);
    }
    if draft.kind == Kind::Rsvp {
        let who = (&identity.address, facts.identities);
        let answer = Reply::of(draft, facts.enclosed.invite.as_ref(), who, &body)?;
        subject = Some(answer.subject(subject.as_deref()));
        body = answer.text();
        reply = Some(Box::new(answer));
    }
    let subject = subject.ok_or("`subject` is empty; fill it in")?;
    if subject.chars().count() > MOST_SUBJECT {
        return Err(format!("`subject` is longer than {MOST_SUBJECT} characters; shorten it"));
    }
    if subject.chars().any(char::is_control) {
        return Err("`subject` holds a line break or another control character; make it one plain line".into());
    }
    let (in_reply_to, references) = threading(draft, facts.parent)?;
    Ok(ApprovedDraft {
        draft_id: facts.draft_id.to_owned(),
        account: identity.account,
        from: identity.address,
        to,
        cc,
        bcc,
        subject,
        body,
        in_reply_to,
        references,
        attachments,
        pictures: facts.enclosed.pictures.clone()?,
        passes_on,
        reply,
        send_at: draft.send_at.as_deref().map(|text| send_at(text, facts.now)).transpose()?,
    })
}

fn identity(draft: &DraftNote, identities: &[Identity]) -> Result<Identity, String> {
    let Some(text) = &draft.from else {
        return identities.first().cloned().ok_or_else(|| "no account to send from".to_owned());
    };
    let written = Address::parse(text).map_err(|e| format!("`from`: {e}"))?;
    let own = identities.iter().find(|i| i.address.key() == written.key()).ok_or_else(|| {
        format!("`from`: {} is none of your addresses; add it to the account's aliases, or change it", written.email)
    })?;
    let address = Address { name: written.name.or_else(|| own.address.name.clone()), email: own.address.email.clone() };
    Ok(Identity { account: own.account.clone(), address })
}

/// In-Reply-To and References (RFC 5322 §3.6.4): the parent's References, else its In-Reply-To if that holds
/// one id, then the parent's Message-ID.
fn threading(draft: &DraftNote, parent: Option<&Parent>) -> Result<(Option<String>, Vec<String>), String> {
    if draft.kind == Kind::Mail && draft.in_reply_to.is_none() {
        return Ok((None, Vec::new()));
    }
    let known = parent.cloned().unwrap_or_default();
    let id = draft.in_reply_to.clone().or(known.message_id);
    if let Some(id) = &id {
        let sound = id.chars().all(|c| !c.is_control() && !c.is_whitespace() && !"<>".contains(c));
        if !sound || !id.is_ascii() || id.len() > 900 {
            return Err("`in_reply_to` should be one Message-ID, like <id@example.com>".into());
        }
    }
    let mut references = match (known.references.is_empty(), known.in_reply_to.as_slice()) {
        (false, _) => known.references,
        (true, [one]) => vec![one.clone()],
        (true, _) => Vec::new(),
    };
    references.retain(|r| Some(r) != id.as_ref());
    references.extend(id.clone());
    // What is passed on belongs to its conversation, and answers nobody.
    Ok((id.filter(|_| draft.kind != Kind::Forward), references))
}

fn send_at(text: &str, now: &Zoned) -> Result<(String, Zoned), String> {
    let text = text.trim();
    let at = text
        .parse::<Zoned>()
        .or_else(|_| text.parse::<DateTime>().and_then(|local| local.to_zoned(now.time_zone().clone())))
        .map_err(|_| format!("`send_at`: {text:?} is no time; write it like 2026-01-06T09:00"))?;
    Ok((text.to_owned(), at))
}

impl ApprovedDraft {
    /// The id that ties it to file and ledger.
    pub fn draft_id(&self) -> &str {
        &self.draft_id
    }
    /// The account that sends it.
    pub fn account(&self) -> &str {
        &self.account
    }
    /// The identity that it comes from.
    pub fn from(&self) -> &Address {
        &self.from
    }
    /// To, Cc and Bcc.
    pub fn recipients(&self) -> [&[Address]; 3] {
        [&self.to, &self.cc, &self.bcc]
    }
    /// The subject, one line.
    pub fn subject(&self) -> &str {
        &self.subject
    }
    /// The text, Markdown.
    pub fn body(&self) -> &str {
        &self.body
    }
    /// In-Reply-To, without brackets.
    pub fn in_reply_to(&self) -> Option<&str> {
        self.in_reply_to.as_deref()
    }
    /// References, root first, without brackets.
    pub fn references(&self) -> &[String] {
        &self.references
    }
    /// The attachments with their content.
    pub fn attachments(&self) -> &[Attachment] {
        &self.attachments
    }
    /// The pictures that the text shows.
    pub fn pictures(&self) -> &[Picture] {
        &self.pictures
    }
    /// True when a signature belongs below its text: not where that ends in somebody else's, nor where a calendar is answered
    /// without a word.
    pub fn is_signed(&self) -> bool {
        !self.passes_on && self.reply.as_ref().is_none_or(|reply| !reply.comment.is_empty())
    }
    /// What it says to calendars: the answer to an invitation.
    pub fn reply(&self) -> Option<&Reply> {
        self.reply.as_deref()
    }
    /// Not before this time.
    pub fn send_at(&self) -> Option<&Zoned> {
        self.send_at.as_ref().map(|(_, at)| at)
    }

    /// SHA-256 over everything that the owner approved, lowercase hex: what is approved is what is sent.
    /// References are not among it: they follow from the parent, of which more may become known meanwhile.
    pub fn hash(&self) -> String {
        let ApprovedDraft {
            draft_id,
            account,
            from,
            to,
            cc,
            bcc,
            subject,
            body,
            in_reply_to,
            attachments,
            pictures,
            reply,
            send_at,
            references: _,
            passes_on: _,
        } = self;
        let shown = |list: &[Address]| list.iter().map(Address::to_string).collect::<Vec<_>>();
        let shape = |file: &Attachment| (file.name.clone(), file.media_type.clone(), sha256(&file.bytes));
        let files: Vec<_> = attachments.iter().map(shape).collect();
        // As it is written: a machine that travels into another time zone changes nothing that was approved.
        let at = send_at.as_ref().map(|(written, _)| written);
        let mut all = serde_json::json!([
            draft_id,
            account,
            from.to_string(),
            shown(to),
            shown(cc),
            shown(bcc),
            subject,
            body,
            in_reply_to,
            files,
            at
        ]);
        if let Some(all) = all.as_array_mut() {
            all.extend(pictures.iter().map(|picture| serde_json::json!([picture.targets, shape(&picture.file)])));
            all.extend(reply.as_ref().map(|reply| reply.fingerprint()));
        }
        sha256(all.to_string())
    }
}

#[cfg(test)]
mod tests;
