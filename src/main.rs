//! argv → lib → exit status, nothing else.

use std::process::ExitCode;

/// A mail is taken apart into very many small strings, which the system's allocator takes its time over.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 3, in milliseconds, and `mi_option_minimal_purge_size`, in KiB; the binding has no
/// names for them.
const PURGE_DELAY: libmimalloc_sys::mi_option_t = 15;
const MINIMAL_PURGE_SIZE: libmimalloc_sys::mi_option_t = 44;

fn main() -> ExitCode {
    give_memory_back_at_once();
    postnote::cli::run(std::env::args_os())
}

/// Attachments of many megabytes come and go: those that went would else lie beside those that came, and three times as
/// much memory be taken as is used. What is small stays, since to give it back and to take it again costs more than it saves.
#[allow(unsafe_code)]
fn give_memory_back_at_once() {
    // SAFETY: sets numbers in the allocator's own table of options, which is there from the start.
    unsafe {
        libmimalloc_sys::mi_option_set(PURGE_DELAY, 0);
        libmimalloc_sys::mi_option_set(MINIMAL_PURGE_SIZE, 512);
    }
}
