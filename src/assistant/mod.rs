//! The assistant: reads a message and says what is in it and what it asks.
//!
//! What enters is a [`offline::Reading`]; what leaves is a [`crate::note::digest::Digest`]. It never decides
//! whether anything is sent, to whom, or under which headers: those are not in a digest. [`offline`] works by rules alone;
//! [`model`] says what a language model is asked, and how much of its answer is believed.

pub mod model;
pub mod offline;
