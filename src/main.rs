//! argv → lib → exit status, nothing else.

use std::process::ExitCode;

/// A mail is taken apart into very many small strings, which the system's allocator takes its time over.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    // What the allocator keeps for later it keeps in whole pages: of two megabytes each, they were half of the memory that a
    // first sync took.
    #[cfg(target_os = "linux")]
    rustix::thread::disable_transparent_huge_pages(true).ok();
    postnote::cli::run(std::env::args_os())
}
