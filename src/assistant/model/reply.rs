//! The draft, out of the model's answers: greeting and sign-off are ours, each question is answered or left open, and every
//! sentence that says more than the inputs do stands in brackets, which no draft is sent with.

use super::Inputs;
use super::answer::{Answer, Fault};
use super::pieces::raw_words;
use super::promises;
use super::secrets::HIDDEN;
use super::traces::{self, Traces};
use crate::assistant::offline::reply::{BLANK, Frame, frame};
use crate::assistant::offline::{courtesy, language, sentence};
use crate::note::digest::Digest;

/// Longer than this an answer is cut, in characters.
const MOST: usize = 2_000;

/// The fault of answers in another language than the mail's.
pub fn in_other_language(answer: &Answer, inputs: &Inputs) -> Option<Fault> {
    let wanted = inputs.offline.language.as_deref()?;
    let said: Vec<&str> = answer.questions.iter().map(|q| q.answer.as_str()).chain([answer.reply.as_str()]).collect();
    let is = language::detect(&said.join("\n"))?;
    (is != wanted).then(|| Fault::Language(wanted.to_owned()))
}

/// The draft's text in Markdown.
pub fn compose(
    digest: &Digest,
    answer: &Answer,
    inputs: &Inputs,
    traces: &Traces,
    escape: fn(&str) -> String,
) -> String {
    let language = digest.language.as_deref();
    let Frame { greeting, thanks, leave } = frame(language, &inputs.message, &inputs.owner, &inputs.manner, escape);
    let understood = in_other_language(answer, inputs).is_none();
    let write = Writing { inputs, traces, escape };
    let said = |text: &str| if understood { write.markdown(text) } else { String::new() };
    let mut parts = vec![greeting, thanks];
    let mut open = true;
    for question in &digest.questions {
        let found =
            answer.questions.iter().find(|q| same(&q.text, question)).map(|q| said(&q.answer)).unwrap_or_default();
        parts.push(format!("> {}", escape(question)));
        parts.push(if found.is_empty() { BLANK.to_owned() } else { found });
        open = false;
    }
    let more = said(&answer.reply);
    if !more.is_empty() {
        parts.push(more);
        open = false;
    }
    if open {
        parts.push(BLANK.to_owned());
    }
    let sign_off: Vec<String> = inputs.persona.sign_off.iter().map(|line| escape(line)).collect();
    parts.push(if sign_off.is_empty() { leave } else { sign_off.join("  \n") });
    parts.join("\n\n")
}

/// The model may have copied a question not quite to the letter.
fn same(said: &str, question: &str) -> bool {
    let (said, question) = (traces::plain(said), traces::plain(question));
    !said.is_empty() && (question.contains(&said) && said.len() * 2 > question.len() || said.contains(&question))
}

struct Writing<'a> {
    inputs: &'a Inputs,
    traces: &'a Traces,
    escape: fn(&str) -> String,
}

impl Writing<'_> {
    /// A model's text as inert Markdown, paragraph by paragraph.
    fn markdown(&self, text: &str) -> String {
        let text = without_markup(&text.chars().take(MOST).collect::<String>());
        let text: Vec<&str> = text.lines().map(str::trim).filter(|line| !is_furniture(line)).collect();
        let mut out = String::new();
        let mut paragraph = None;
        for sentence in sentence::split(&text.join("\n")) {
            if courtesy::is_greeting(&sentence.text) {
                continue;
            }
            // What follows is a name, and no business of a model's.
            if courtesy::is_sign_off(&sentence.text) {
                break;
            }
            out.push_str(match (paragraph, sentence.bullet) {
                (None, false) => "",
                (None, true) => "- ",
                (Some(_), true) => "\n- ",
                (Some(before), false) if before == sentence.paragraph => " ",
                (Some(_), false) => "\n\n",
            });
            paragraph = Some(sentence.paragraph);
            out.push_str(&self.sentence(&sentence.text));
        }
        out
    }

    /// One sentence: as it is, or in brackets where its owner has to look at it.
    fn sentence(&self, text: &str) -> String {
        let language = self.inputs.offline.language.as_deref();
        let gaps = text.replace("[...]", BLANK);
        // What the model leaves open is no name and no promise of anything.
        let rest = without_gaps(&gaps);
        let lower = rest.to_lowercase();
        let forbidden = self.inputs.persona.never.iter().any(|phrase| lower.contains(phrase.as_str()));
        let doubtful = forbidden
            || self.traces.made_up(&rest).is_some()
            || promises::binds(&rest, language) && !self.traces.was_said(&rest);
        if doubtful {
            let inner = self.shown(&rest.replace('[', "(").replace(']', ")"));
            return format!("[TODO check: {inner}]");
        }
        gaps.split(BLANK).map(|piece| self.shown(&open(piece))).collect::<Vec<_>>().join(BLANK)
    }

    /// Text as it may stand in a draft: without addresses and codes that are not in the thread, and inert.
    fn shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        let foreign: Vec<String> =
            raw_words(&text).filter(|word| self.traces.is_foreign(word)).map(str::to_owned).collect();
        for word in foreign {
            text = text.replace(&word, HIDDEN);
        }
        let blank = |c: char| c == ' ';
        let (before, after) = (text.starts_with(blank), text.ends_with(blank));
        let inner = (self.escape)(text.trim());
        format!("{}{inner}{}", if before { " " } else { "" }, if after { " " } else { "" })
    }
}

/// The text without its gaps, `[…]` and whatever else stands in brackets.
fn without_gaps(text: &str) -> String {
    text.replace(BLANK, " … ")
}

/// Brackets that are no gap would look like one.
fn open(text: &str) -> String {
    text.replace('[', "(").replace(']', ")")
}

/// The text without HTML tags, pictures, the brackets of wikilinks and marks of code: a letter has none of them.
fn without_markup(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, tail)) = rest.split_once('<') {
        out.push_str(before);
        let tag = tail.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        rest = match tail.split_once('>') {
            Some((_, after)) if tag => after,
            // One without an end takes the rest with it, as it would on a page.
            None if tag => "",
            _ => {
                out.push_str("< ");
                tail
            }
        };
    }
    out.push_str(rest);
    for (mark, plain) in [("![[", ""), ("[[", ""), ("]]", ""), ("![", "["), ("`", ""), ("%%", "")] {
        out = out.replace(mark, plain);
    }
    out
}

/// A line that belongs to a note or a mail's head, and into no letter.
fn is_furniture(line: &str) -> bool {
    let lower = line.trim_start_matches(['#', '*', '_', '>', '-', ' ']).to_lowercase();
    let keys = [
        "status:",
        "to:",
        "cc:",
        "bcc:",
        "from:",
        "subject:",
        "reply-to:",
        "attachments:",
        "send_at:",
        "draft_id:",
        "in_reply_to:",
        "message_id:",
        "rsvp:",
        "type:",
    ];
    let sections =
        ["draft response", "key points to address", "original summary", "original email", "vault context", "postnote:"];
    let rule = line.len() >= 3 && line.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | '`' | '~'));
    rule || line.starts_with('#') && line.contains(' ') && sections.iter().any(|s| lower.starts_with(s))
        || line.starts_with("%%")
        || line.contains("<!--")
        || keys.iter().any(|key| lower.starts_with(key))
        || sections.iter().any(|section| lower.starts_with(section))
}
