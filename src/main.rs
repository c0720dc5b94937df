//! argv → lib → exit status, nothing else.

use std::process::ExitCode;

/// A mail is taken apart into very many small strings, which the system's allocator takes its time over.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 2, in milliseconds; the binding has no name for it.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;

fn main() -> ExitCode {
    give_memory_back_at_once();
    postnote::cli::run(std::env::args_os())
}

/// Attachments of many megabytes come and go: those that went would else lie beside those that came, and three times as
/// much memory be taken as is used.
#[allow(unsafe_code)]
fn give_memory_back_at_once() {
    // SAFETY: sets one number in the allocator's own table of options, which is there from the start.
    unsafe { libmimalloc_sys::mi_option_set(PURGE_DELAY, 0) }
}
