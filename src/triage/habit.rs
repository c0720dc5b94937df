//! What the owner did with a correspondent's mail so far, and how far that moves what a new one is taken for.
//!
//! What enters are counts, how much the mail looks like one that people answer, and its digest; what leaves is the word and, if
//! it was moved, the reason in words. It moves two things and no more: mail that asks something of an owner who never answered
//! its sender is no longer presented as waiting for him, and mail of somebody whom he nearly always answers is, though it asks
//! nothing. Neither ever makes a draft, hides a mail, or goes against a rule, an urgent word or an invitation.

use super::{Triage, Verdict};
use crate::config::Action;
use crate::note::digest::{Digest, Urgency};
use crate::note::habit::Habit;

/// So many of a correspondent's last mails are looked at.
pub const MOST: u32 = 8;
/// From so many on, a silence says something.
const SILENCE: u32 = 6;
/// So many rejected drafts do, with nothing answered.
const REJECTIONS: u32 = 3;
/// From so many on, answers do.
const HABIT: u32 = 4;
/// Above this, a mail looks like one from a person to a person.
const PERSONAL: f64 = 2.5;
/// A mail that says less than this, in characters, only says thanks.
const SAYS_SOMETHING: usize = 60;

impl Habit {
    /// The owner answers nearly all: three of four, of four at least.
    pub fn is_to_answer(&self) -> bool {
        self.heard >= HABIT && self.answered * 4 >= self.heard * 3
    }

    /// The owner answers nothing, or wants no drafts.
    pub fn is_silence(&self) -> bool {
        self.answered == 0 && (self.heard >= SILENCE || self.rejected >= REJECTIONS)
    }

    /// `you answered 7 of the last 8 mails of Ada Park`.
    pub fn in_words(&self, who: &str) -> String {
        match (self.answered, self.rejected) {
            (0, n) if n >= REJECTIONS => format!("you rejected the last {n} drafts to {who}"),
            (0, _) => format!("you answered none of the last {} mails of {who}", self.heard),
            (n, _) => format!("you answered {n} of the last {} mails of {who}", self.heard),
        }
    }
}

/// The word for a mail of a correspondent with this habit, and why it is not what `word` said. `looks` is how much the mail
/// looks like one that is answered.
pub fn weigh(verdict: &Verdict, word: Triage, digest: &Digest, habit: &Habit, looks: f64) -> (Triage, bool) {
    if verdict.asked.is_some() || verdict.ruled || verdict.action != Action::Draft {
        return (word, false);
    }
    let personal = looks >= PERSONAL;
    let rejects = habit.answered == 0 && habit.rejected >= REJECTIONS;
    match word {
        Triage::NeedsReply if habit.is_silence() && digest.urgency != Urgency::Urgent && (rejects || !personal) => {
            (Triage::Fyi, true)
        }
        Triage::Fyi
            if habit.is_to_answer()
                && personal
                && verdict.direct
                && digest.summary.chars().count() >= SAYS_SOMETHING =>
        {
            (Triage::NeedsReply, true)
        }
        word => (word, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict() -> Verdict {
        Verdict {
            triage: Triage::Fyi,
            action: Action::Draft,
            ruled: false,
            direct: true,
            urgency: None,
            tags: Vec::new(),
            llm: true,
            entity: None,
            project: None,
            reason: String::new(),
            asked: None,
        }
    }

    fn habit(heard: u32, answered: u32, rejected: u32) -> Habit {
        Habit { heard, answered, rejected }
    }

    #[test]
    fn a_habit_moves_the_word_and_no_further() {
        let digest = Digest {
            summary: "The hall is painted, and the shelves come back on Monday as we agreed.".into(),
            ..Digest::default()
        };
        let urgent = Digest { urgency: Urgency::Urgent, ..digest.clone() };
        let thanks = Digest { summary: "Thanks, got it.".into(), ..digest.clone() };
        let (asks, fyi) = (Triage::NeedsReply, Triage::Fyi);
        for (word, digest, habit, looks, want) in [
            // Nothing is known, or too little.
            (asks, &digest, habit(0, 0, 0), 0.0, asks),
            (fyi, &digest, habit(0, 0, 0), 4.0, fyi),
            (asks, &digest, habit(5, 0, 0), 0.0, asks),
            (fyi, &digest, habit(3, 3, 0), 4.0, fyi),
            // Never answered.
            (asks, &digest, habit(6, 0, 0), 1.0, fyi),
            (asks, &digest, habit(8, 1, 0), 1.0, asks),
            (asks, &digest, habit(6, 0, 0), 3.0, asks),
            (asks, &urgent, habit(8, 0, 0), 1.0, asks),
            // Rejected.
            (asks, &digest, habit(3, 0, 3), 3.0, fyi),
            (asks, &digest, habit(4, 1, 3), 3.0, asks),
            // Nearly always answered.
            (fyi, &digest, habit(4, 3, 0), 3.0, asks),
            (fyi, &digest, habit(8, 5, 0), 3.0, fyi),
            (fyi, &digest, habit(8, 8, 0), 1.0, fyi),
            (fyi, &thanks, habit(8, 8, 0), 4.0, fyi),
            // What is no mail to answer stays that.
            (Triage::Done, &digest, habit(8, 8, 0), 4.0, Triage::Done),
            (Triage::Bulk, &digest, habit(8, 8, 0), 4.0, Triage::Bulk),
        ] {
            assert_eq!(
                weigh(&verdict(), word, digest, &habit, looks),
                (want, want != word),
                "{word:?} {habit:?} {looks}"
            );
        }
    }

    #[test]
    fn rules_and_invitations_come_first() {
        let digest = Digest::default();
        let never = habit(8, 0, 8);
        for verdict in [Verdict { ruled: true, ..verdict() }, Verdict { action: Action::Summary, ..verdict() }] {
            assert_eq!(weigh(&verdict, Triage::NeedsReply, &digest, &never, 0.0), (Triage::NeedsReply, false));
        }
        let copied = Verdict { direct: false, ..verdict() };
        let said = Digest { summary: "x".repeat(80), ..Digest::default() };
        assert_eq!(weigh(&copied, Triage::Fyi, &said, &habit(8, 8, 0), 4.0), (Triage::Fyi, false));
    }

    #[test]
    fn said_in_words() {
        assert_eq!(habit(8, 7, 1).in_words("Ada"), "you answered 7 of the last 8 mails of Ada");
        assert_eq!(habit(6, 0, 0).in_words("Ada"), "you answered none of the last 6 mails of Ada");
        assert_eq!(habit(4, 0, 3).in_words("Ada"), "you rejected the last 3 drafts to Ada");
    }
}
