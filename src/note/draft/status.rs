//! The words of a draft's life.

/// Where a draft stands. Only a person sets `Approved` and `Rejected`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Waiting for its owner.
    Pending,
    /// To be sent, once, as it stands.
    Approved,
    /// Left alone, and not drafted again.
    Rejected,
    /// Frozen with its hash.
    Queued,
    /// An attempt is under way.
    Sending,
    /// Accepted by the server.
    Sent,
    /// Nothing was sent; `error` says why.
    Failed,
    /// The server went silent after the message.
    Uncertain,
    /// Answered from elsewhere, or stale.
    Superseded,
    /// Another file carries this id, or the thread moved on.
    Conflict,
    /// Any other word: left alone, and listed.
    Other(String),
}

impl Status {
    /// Reads a status leniently: case, quotes, spaces, a trailing comment.
    pub fn read(text: &str) -> Status {
        let word = text.split('#').next().unwrap_or_default();
        let word = word.trim().trim_matches(['"', '\'', '“', '”']).trim().to_lowercase();
        match word.as_str() {
            "pending" | "draft" | "" => Status::Pending,
            "approved" => Status::Approved,
            "rejected" => Status::Rejected,
            "queued" => Status::Queued,
            "sending" => Status::Sending,
            "sent" => Status::Sent,
            "failed" => Status::Failed,
            "uncertain" => Status::Uncertain,
            "superseded" => Status::Superseded,
            "conflict" => Status::Conflict,
            _ => Status::Other(word),
        }
    }

    /// The word in frontmatter.
    pub fn as_str(&self) -> &str {
        match self {
            Status::Pending => "pending",
            Status::Approved => "approved",
            Status::Rejected => "rejected",
            Status::Queued => "queued",
            Status::Sending => "sending",
            Status::Sent => "sent",
            Status::Failed => "failed",
            Status::Uncertain => "uncertain",
            Status::Superseded => "superseded",
            Status::Conflict => "conflict",
            Status::Other(word) => word,
        }
    }
}
