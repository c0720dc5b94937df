//! What a source note shows of a message's body.
