//! FETCH: what a mailbox holds, and the messages themselves, several commands under way at once.
//!
//! Nothing here sets \Seen (BODY.PEEK) or trusts the server: what was not asked for is passed over, and what exceeds
//! what was announced ends the session.

use super::{ImapError, Session};
use async_imap::imap_proto::{AttributeValue, MessageSection, RequestId, Response, SectionPath};
use std::collections::VecDeque;

/// What a mailbox says of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its UID.
    pub uid: u32,
    /// RFC822.SIZE, in octets; 0 where the server keeps it to itself.
    pub size: u32,
    /// It carries \Answered.
    pub answered: bool,
    /// INTERNALDATE, as the server writes it (RFC 3501 §9 `date-time`).
    pub internal_date: Option<String>,
    /// Gmail's own id (X-GM-MSGID): the same in every mailbox that shows the message.
    pub gmail: Option<u64>,
}

/// One message fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Its UID.
    pub uid: u32,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What of a message is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    /// All of it.
    Whole,
    /// The header section alone.
    Header,
}

/// Messages larger than this come in pieces, so that no answer is held in memory twice over.
const LARGE: u32 = 8 * 1024 * 1024;
/// The size of a piece. While it is read it is there three times: a smaller one is less memory, and more round trips.
const PIECE: u32 = 2 * 1024 * 1024;
/// A larger message is not fetched.
const MAX_MESSAGE: u32 = 256 * 1024 * 1024;
/// Servers take command lines of 8,000 octets, and clients should keep to 1,000 (RFC 2683 §3.2.1.5).
const MAX_SET: usize = 900;

/// True when a message of that size is fetched in pieces.
pub fn is_large(size: u32) -> bool {
    size > LARGE
}

/// True when a message of that size is not fetched.
pub fn is_too_large(size: u32) -> bool {
    size > MAX_MESSAGE
}

impl Session {
    /// What the mailbox says of these messages, by UID; those that are gone are not among them. `dates`: with
    /// INTERNALDATE (a server that answers `NIL` there breaks the session).
    pub async fn listed(&mut self, uids: &[u32], dates: bool) -> Result<Vec<Listed>, ImapError> {
        let date = if dates { " INTERNALDATE" } else { "" };
        let gmail = if self.offers("X-GM-EXT-1") { " X-GM-MSGID" } else { "" };
        let mut found: Vec<Listed> = Vec::with_capacity(uids.len());
        for set in sets(uids) {
            self.exec(&format!("UID FETCH {set} (UID RFC822.SIZE FLAGS{date}{gmail})"), |response| {
                if let Response::Fetch(_, attributes) = response
                    && let Some(uid) = uid_of(attributes)
                    && attributes.iter().any(|a| matches!(a, AttributeValue::Rfc822Size(_)))
                {
                    found.push(listing(uid, attributes));
                }
            })
            .await?;
        }
        found.sort_by_key(|l| l.uid);
        found.dedup_by_key(|l| l.uid);
        found.retain(|l| uids.binary_search(&l.uid).is_ok());
        Ok(found)
    }

    /// The messages, whole or their headers, `uids` ascending. One that is gone meanwhile is not among them.
    ///
    /// Errors: [`ImapError::Refused`] for NO and BAD; the others end the session.
    pub async fn fetch(&mut self, uids: &[u32], section: Section) -> Result<Vec<Fetched>, ImapError> {
        let mut pipeline = self.pipeline();
        pipeline.ask(uids.to_vec(), section, u64::from(MAX_MESSAGE)).await?;
        match pipeline.answer().await? {
            Some(Answer { refused: Some(error), .. }) => Err(error),
            answer => Ok(answer.map(|a| a.fetched).unwrap_or_default()),
        }
    }

    /// One large message, piece by piece. `None` when it is gone meanwhile.
    ///
    /// Errors: [`ImapError::Protocol`] when the server gives more than it announced, or when it is too large.
    pub async fn fetch_large(&mut self, uid: u32, size: u32) -> Result<Option<Vec<u8>>, ImapError> {
        if is_too_large(size) {
            return Err(ImapError::Protocol(format!("a message of {} MB", size / 1_000_000)));
        }
        let mut whole: Vec<u8> = Vec::with_capacity(size as usize);
        loop {
            let from = whole.len();
            let mut piece = None;
            self.exec(&format!("UID FETCH {uid} (UID BODY.PEEK[]<{from}.{PIECE}>)"), |response| {
                if let Response::Fetch(_, attributes) = response
                    && uid_of(attributes) == Some(uid)
                    && let Some(data) = body_of(attributes, Section::Whole)
                {
                    let taken = data.get(..PIECE as usize).unwrap_or(data);
                    whole.extend_from_slice(taken);
                    piece = Some(taken.len());
                }
            })
            .await?;
            match piece {
                None => return Ok(None),
                Some(length) if length < PIECE as usize => return Ok(Some(whole)),
                Some(_) if whole.len() > MAX_MESSAGE as usize => {
                    return Err(ImapError::Protocol("a message larger than announced".to_owned()));
                }
                Some(_) => {}
            }
        }
    }

    /// FETCH commands that need not wait for each other's answers.
    pub fn pipeline(&mut self) -> Pipeline<'_> {
        Pipeline { session: self, asked: VecDeque::new() }
    }
}

/// FETCH commands under way. Answers come in the order of the asking. Dropped with commands under way, it leaves a
/// session that is of no more use.
#[derive(Debug)]
pub struct Pipeline<'s> {
    session: &'s mut Session,
    asked: VecDeque<Asked>,
}

#[derive(Debug)]
struct Asked {
    id: RequestId,
    section: Section,
    uids: Vec<u32>,
    fetched: Vec<Fetched>,
    octets: u64,
    /// More than this is a lie.
    most: u64,
}

/// What one command brought.
#[derive(Debug)]
pub struct Answer {
    /// What was asked for, ascending.
    pub uids: Vec<u32>,
    /// What came, ascending; each at most once.
    pub fetched: Vec<Fetched>,
    /// The server said NO or BAD: that error.
    pub refused: Option<ImapError>,
}

/// What the server said next.
enum Heard {
    Message(u32, Vec<u8>),
    Done(Result<(), ImapError>),
    Else,
}

impl Pipeline<'_> {
    /// How many commands are under way.
    pub fn depth(&self) -> usize {
        self.asked.len()
    }

    /// Asks for messages of `octets` in all, as announced; `uids` ascending.
    pub async fn ask(&mut self, uids: Vec<u32>, section: Section, octets: u64) -> Result<(), ImapError> {
        let item = match section {
            Section::Whole => "BODY.PEEK[]",
            Section::Header => "BODY.PEEK[HEADER]",
        };
        let id = self.session.begin(&format!("UID FETCH {} (UID {item})", set(&uids))).await?;
        // Sizes are the server's word, and some count line ends differently.
        let most = octets.saturating_mul(2).saturating_add(2 * u64::from(LARGE));
        self.asked.push_back(Asked { id, section, uids, fetched: Vec::new(), octets: 0, most });
        Ok(())
    }

    /// The UIDs of the command that is being answered.
    pub fn front(&self) -> &[u32] {
        self.asked.front().map(|a| a.uids.as_slice()).unwrap_or_default()
    }

    /// Waits for the oldest command's end; `None` when none is under way.
    ///
    /// Errors: as [`Session::exec`]'s, except for a refusal, which is part of the answer.
    pub async fn answer(&mut self) -> Result<Option<Answer>, ImapError> {
        loop {
            let Some(front) = self.asked.front() else { return Ok(None) };
            let heard = self.session.next(|response| hear(response, &front.id, front.section)).await?;
            match heard {
                Heard::Else => {}
                Heard::Message(uid, bytes) => self.keep(uid, bytes)?,
                Heard::Done(outcome) => {
                    let refused = match outcome {
                        Ok(()) => None,
                        Err(e @ ImapError::Refused { .. }) => Some(e),
                        Err(e) => return Err(e),
                    };
                    let Some(mut asked) = self.asked.pop_front() else { return Ok(None) };
                    asked.fetched.sort_by_key(|f| f.uid);
                    return Ok(Some(Answer { uids: asked.uids, fetched: asked.fetched, refused }));
                }
            }
        }
    }

    fn keep(&mut self, uid: u32, bytes: Vec<u8>) -> Result<(), ImapError> {
        let wanted = self.asked.iter_mut().find(|a| a.uids.binary_search(&uid).is_ok());
        let Some(asked) = wanted.filter(|a| a.fetched.iter().all(|f| f.uid != uid)) else { return Ok(()) };
        asked.octets = asked.octets.saturating_add(bytes.len() as u64);
        if asked.octets > asked.most {
            return Err(ImapError::Protocol("far more than the sizes that it announced".to_owned()));
        }
        asked.fetched.push(Fetched { uid, bytes });
        Ok(())
    }
}

fn hear(response: &Response<'_>, id: &RequestId, section: Section) -> Heard {
    match response {
        Response::Fetch(_, attributes) => match (uid_of(attributes), body_of(attributes, section)) {
            (Some(uid), Some(data)) => Heard::Message(uid, data.to_vec()),
            _ => Heard::Else,
        },
        response => super::ending(response, id, "UID FETCH").map_or(Heard::Else, Heard::Done),
    }
}

fn listing(uid: u32, attributes: &[AttributeValue<'_>]) -> Listed {
    let mut listed = Listed { uid, size: 0, answered: false, internal_date: None, gmail: None };
    for attribute in attributes {
        match attribute {
            AttributeValue::Rfc822Size(size) => listed.size = *size,
            AttributeValue::Flags(flags) => {
                listed.answered = flags.iter().any(|f| f.eq_ignore_ascii_case("\\Answered"));
            }
            AttributeValue::GmailMsgId(id) => listed.gmail = Some(*id),
            AttributeValue::InternalDate(date) => listed.internal_date = Some(date.to_string()),
            _ => {}
        }
    }
    listed
}

fn uid_of(attributes: &[AttributeValue<'_>]) -> Option<u32> {
    attributes.iter().find_map(|a| if let AttributeValue::Uid(n) = a { Some(*n) } else { None })
}

/// What stands under the section that was asked for; another is not taken for it.
fn body_of<'a>(attributes: &'a [AttributeValue<'_>], wanted: Section) -> Option<&'a [u8]> {
    attributes.iter().find_map(|a| match (a, wanted) {
        (AttributeValue::BodySection { section: None, data: Some(data), .. }, Section::Whole)
        | (
            AttributeValue::BodySection {
                section: Some(SectionPath::Full(MessageSection::Header)),
                data: Some(data),
                ..
            },
            Section::Header,
        ) => Some(data.as_ref()),
        _ => None,
    })
}

/// A sequence set: `1:3,7` (RFC 3501 §9). `uids` ascending.
pub fn set(uids: &[u32]) -> String {
    let shown: Vec<_> = ranges(uids).iter().map(|r| range(*r)).collect();
    shown.join(",")
}

/// The same as several sets, none too long for a command line.
pub fn sets(uids: &[u32]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for range in ranges(uids).into_iter().map(range) {
        match out.last_mut() {
            Some(last) if last.len() + range.len() < MAX_SET => {
                last.push(',');
                last.push_str(&range);
            }
            _ => out.push(range),
        }
    }
    out
}

fn ranges(uids: &[u32]) -> Vec<(u32, u32)> {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &uid in uids {
        match ranges.last_mut() {
            Some((_, end)) if end.checked_add(1) == Some(uid) => *end = uid,
            _ => ranges.push((uid, uid)),
        }
    }
    ranges
}

fn range((first, last): (u32, u32)) -> String {
    if first == last { first.to_string() } else { format!("{first}:{last}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_are_short() {
        assert_eq!(set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(set(&[5]), "5");
        let odd: Vec<u32> = (0..2000).map(|n| 1_000_001 + n * 2).collect();
        let cut = sets(&odd);
        assert!(cut.len() > 1 && cut.iter().all(|s| s.len() <= MAX_SET));
        assert_eq!(cut.join(","), set(&odd));
        assert_eq!(sets(&[]), Vec::<String>::new());
    }
}
