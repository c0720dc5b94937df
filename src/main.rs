//! argv → lib → exit status, nothing else.

use std::process::ExitCode;

/// A mail is taken apart into very many small strings, which the system's allocator takes its time over.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    postnote::cli::run(std::env::args_os())
}
