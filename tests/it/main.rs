//! The real binary against real servers.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    unreachable_pub,
    reason = "a test stops at the first thing that is not as expected"
)]

mod approved_once;
mod bad_drafts;
mod bad_input;
mod bad_mail;
mod canaries;
mod dashboards;
mod docs;
mod doctor;
mod entities;
mod extensions;
mod faults;
mod followup;
mod golden;
mod ground_truth;
mod habits;
mod import;
mod init;
mod init_flags;
mod invites;
mod keyring;
mod killed;
mod live;
mod loop_servers;
mod loop_turns;
mod mailboxes;
mod manner;
mod mirror;
mod model;
mod model_real;
mod model_wire;
mod notices;
mod oauth;
mod oauth_keeping;
mod oauth_wire;
mod outbox_model;
mod pictures;
mod progress;
mod redraft;
mod reply_lines;
mod rsvp;
mod scheduled;
mod seeds;
mod send_faults;
mod send_killed;
mod servers;
mod service;
mod smtputf8;
mod starttls;
mod status;
mod support;
mod sync_disk;
mod sync_killed;
mod sync_servers;
mod sync_state;
mod sync_uids;
mod sync_wire;
mod templates;
mod tidy;
mod tools;
mod well_formed;
mod whole_loop;
