//! What goes with a draft besides its text and the files that its owner listed, as values: the vault is read elsewhere.

use crate::mail::Address;
use crate::mail::invite::Invite;
use crate::mail::message::Attachment;
use crate::note::original::Original;
use crate::note::rsvp;

/// What goes with a draft besides its text and the files that its owner listed, read from the vault.
#[derive(Debug, Clone, PartialEq)]
pub struct Enclosed {
    /// The pictures that its text shows, or what is wrong with one.
    pub pictures: Result<Vec<Picture>, String>,
    /// The invitation that an answer is for, or what is wrong with it.
    pub invite: Option<Result<Box<Invite>, String>>,
    /// The message to be passed on, or why it cannot be read.
    pub original: Option<Result<Box<Passable>, String>>,
}

impl Enclosed {
    /// Who made the event that is answered.
    pub(super) fn organizer(&self) -> Option<Address> {
        self.invite.as_ref()?.as_ref().ok().and_then(|invite| rsvp::organizer(invite))
    }
}

impl Default for Enclosed {
    fn default() -> Self {
        Enclosed { pictures: Ok(Vec::new()), invite: None, original: None }
    }
}

/// A picture of the vault.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// As what the text names it.
    pub targets: Vec<String>,
    /// The file.
    pub file: Attachment,
}

/// A message that can be passed on.
#[derive(Debug, Clone, PartialEq)]
pub struct Passable {
    /// What its note says.
    pub text: Original,
    /// The message as it came, or why it is not to be had.
    pub file: Result<Attachment, String>,
}
