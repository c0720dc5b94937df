//! The notes that can have another shape, the values that a template of each gets, and the keys that are none of its business.

/// A kind of note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// One message.
    Source,
    /// One conversation.
    Summary,
    /// A reply.
    Draft,
    /// A person.
    Person,
    /// A customer.
    Customer,
    /// A project.
    Project,
    /// A question that nobody has answered yet.
    Awaiting,
}

const SOURCE: &[&str] = &[
    "subject",
    "from",
    "to",
    "cc",
    "date",
    "time",
    "weekday",
    "account",
    "mailbox",
    "triage",
    "tags",
    "attachments",
    "before",
    "message",
];
const SUMMARY: &[&str] = &[
    "title",
    "person",
    "participants",
    "date",
    "messages",
    "summary",
    "tasks",
    "decisions",
    "key_information",
    "sections",
    "source",
    "sources",
    "generated_by",
];
const DRAFT: &[&str] = &[
    "author",
    "from",
    "to",
    "cc",
    "subject",
    "urgency",
    "reason",
    "warning",
    "date",
    "source",
    "questions",
    "response",
    "summary",
    "context",
    "footer",
    "generated_by",
];
const ENTITY: &[&str] = &["title", "known_by", "date", "tasks"];
const AWAITING: &[&str] = &["person", "to", "subject", "date", "days", "questions", "source", "footer"];

impl Kind {
    /// What a template of this kind may name.
    pub fn values(self) -> &'static [&'static str] {
        match self {
            Kind::Source => SOURCE,
            Kind::Summary => SUMMARY,
            Kind::Draft => DRAFT,
            Kind::Person | Kind::Customer | Kind::Project => ENTITY,
            Kind::Awaiting => AWAITING,
        }
    }

    /// What such a note is called, in words.
    pub fn called(self) -> &'static str {
        match self {
            Kind::Source => "a source note",
            Kind::Summary => "a summary",
            Kind::Draft => "a draft",
            Kind::Person | Kind::Customer | Kind::Project => "a note about somebody or something",
            Kind::Awaiting => "a note on a question that waits",
        }
    }
}

/// The keys that postnote writes or reads in any note.
const OWN: &[&str] = &[
    "account",
    "alias",
    "aliases",
    "attachments",
    "auto_created",
    "bcc",
    "cc",
    "conflict_with",
    "content_hash",
    "context_used",
    "created",
    "date",
    "domain",
    "domains",
    "draft_id",
    "email",
    "emails",
    "error",
    "event",
    "forward",
    "from",
    "generated_by",
    "in_reply_to",
    "invite",
    "last_contact",
    "mailbox",
    "message_id",
    "name",
    "original",
    "participants",
    "people_mentioned",
    "person",
    "project",
    "reason",
    "received",
    "reply_to",
    "rsvp",
    "send_at",
    "sent_at",
    "server_response",
    "source",
    "source_file",
    "source_ref",
    "status",
    "subject",
    "thread",
    "title",
    "to",
    "to_name",
    "topics",
    "triage",
    "type",
    "uncertain_about",
    "urgency",
    "vault_context_used",
    "answered",
    "asked",
];

/// True for a key that is postnote's own, in whatever case.
pub(super) fn is_own(key: &str) -> bool {
    OWN.contains(&key.trim().to_lowercase().as_str())
}
