//! inert
