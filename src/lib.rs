//! postnote: your mailbox as notes, your approvals as mail.
//!
//! Modules from the bottom up; each imports only what stands above it here, as ARCHITECTURE.md says. New here? Read
//! [`mail::message`] and [`note::draft`] for the two things that everything is about, then [`pass`] for what happens
//! to them.

#![forbid(unsafe_code)]

// Values: pure, at the bottom.
pub mod config;
pub mod mail;
pub mod note;

// Stages: pure functions from value to value.
pub mod approval;
pub mod assistant;
pub mod compose;
pub mod draft;
pub mod entity;
pub mod triage;

// Edges: I/O.
pub mod archive;
pub mod imap;
pub mod llm;
pub mod net;
pub mod notice;
pub mod secret;
pub mod smtp;
pub mod store;
pub mod vault;

// Wiring: straight lines over what is above.
pub mod daemon;
pub mod dashboard;
pub mod doctor;
pub mod followup;
pub mod inbound;
pub mod login;
pub mod outbound;
pub mod pass;
pub mod redraft;
pub mod service;
pub mod setup;
pub mod thinking;

// The command line, the only place that prints.
pub mod cli;
