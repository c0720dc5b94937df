//! Notes.
pub mod digest;
