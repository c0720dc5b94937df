//! What became of a mailbox since it was last read, with the opening of it: CONDSTORE and QRESYNC (RFC 7162).

use super::{ImapError, Mailbox, Session};
use async_imap::imap_proto::{AttributeValue, Response};
use std::ops::RangeInclusive;

/// More ranges of vanished UIDs than these are not kept.
const MOST_RANGES: usize = 200_000;

/// A mailbox that is open read-only, and what has changed in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resynced {
    /// The mailbox. Where its UIDVALIDITY is not the one that was asked with, nothing else is told.
    pub mailbox: Mailbox,
    /// New messages, and those whose flags changed.
    pub changed: Vec<Changed>,
    /// UIDs that are gone; `None` when there are too many to tell.
    pub vanished: Option<Vec<RangeInclusive<u32>>>,
}

/// A message that is new, or whose flags changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its UID.
    pub uid: u32,
    /// Its flags now.
    pub flags: Vec<String>,
}

impl Session {
    /// Opens a mailbox read-only (EXAMINE) and learns what changed since `modseq`, in one round trip. `None` where the
    /// server does not offer that: then [`Session::examine`].
    pub async fn examine_since(
        &mut self,
        name: &str,
        uid_validity: u32,
        modseq: u64,
    ) -> Result<Option<Resynced>, ImapError> {
        if !self.offers("QRESYNC") || uid_validity == 0 || modseq == 0 {
            return Ok(None);
        }
        let wire = self.argument(name).await?;
        // ENABLE does no harm twice (RFC 5161 §3.1).
        let enable = self.begin("ENABLE QRESYNC").await?;
        let command = format!("EXAMINE {wire} (QRESYNC ({uid_validity} {modseq}))");
        let examine = self.begin(&command).await?;
        let enabled = self.answer(&enable, "ENABLE", |_| ()).await;
        let mut found = Resynced { vanished: Some(Vec::new()), ..Resynced::default() };
        let opened = self.answer(&examine, &command, |response| found.hear(response)).await;
        match (enabled, opened) {
            (Err(ImapError::Refused { .. }), Ok(()) | Err(ImapError::Refused { .. })) => Ok(None),
            (enabled, opened) => {
                enabled?;
                opened?;
                found.changed.sort_by_key(|c| c.uid);
                Ok(Some(found))
            }
        }
    }
}

impl Resynced {
    fn hear(&mut self, response: &Response<'_>) {
        self.mailbox.hear(response);
        match response {
            Response::Vanished { earlier: true, uids } => {
                if let Some(ranges) = &mut self.vanished {
                    ranges.extend(uids.iter().map(|r| *r.start().min(r.end())..=*r.start().max(r.end())));
                }
                if self.vanished.as_ref().is_some_and(|ranges| ranges.len() > MOST_RANGES) {
                    self.vanished = None;
                }
            }
            Response::Fetch(_, attributes) => self.changed.extend(changed(attributes)),
            _ => {}
        }
    }
}

fn changed(attributes: &[AttributeValue<'_>]) -> Option<Changed> {
    let uid = attributes.iter().find_map(|a| if let AttributeValue::Uid(n) = a { Some(*n) } else { None })?;
    let flags = attributes.iter().find_map(|a| if let AttributeValue::Flags(f) = a { Some(f) } else { None })?;
    Some(Changed { uid, flags: flags.iter().map(ToString::to_string).collect() })
}
