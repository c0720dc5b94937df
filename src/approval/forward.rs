//! What a draft that passes a message on sends: the text or the file of that message, as the draft says.

use super::Enclosed;
use crate::mail::message::Attachment;
use crate::mail::subject;
use crate::note::draft::DraftNote;
use crate::note::draft::forward::{Forward, passed_on};

/// What is passed on.
pub(super) struct Passed {
    pub(super) body: String,
    pub(super) subject: Option<String>,
    pub(super) file: Option<Attachment>,
}

/// The message that a draft passes on, or why it cannot.
pub(super) fn passed(draft: &DraftNote, enclosed: &Enclosed, body: String) -> Result<Passed, String> {
    let written = draft.forward.as_deref();
    let how = Forward::read(written).ok_or_else(|| {
        let written = written.unwrap_or_default();
        format!("`forward`: {written:?} is neither text (the mail's text stands below yours) nor attached")
    })?;
    let original = enclosed.original.as_ref();
    let name = draft.subject.clone().filter(|subject| !subject.trim().is_empty());
    let known = original.and_then(|o| o.as_ref().ok()).map(|o| subject::forward(&o.text.message.subject));
    let subject = name.or(known);
    match (how, original) {
        (Forward::Here, _) if body.trim().is_empty() => {
            Err("its text is empty; `forward: text` says that the mail's text stands there".into())
        }
        (Forward::Here, _) => Ok(Passed { body, subject, file: None }),
        (_, None) => Err("`source_file` should name the note of the mail to be passed on".into()),
        (_, Some(Err(reason))) => Err(reason.clone()),
        (Forward::Below, Some(Ok(original))) => {
            let gap = if body.is_empty() { "" } else { "\n\n" };
            Ok(Passed { body: format!("{body}{gap}{}", passed_on(&original.text)), subject, file: None })
        }
        (Forward::Attached, Some(Ok(original))) => Ok(Passed { body, subject, file: Some(original.file.clone()?) }),
    }
}
