//! Configuration.
pub mod rule;
