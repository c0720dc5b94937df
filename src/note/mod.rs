//! Notes.
pub mod digest;
pub mod owner;
