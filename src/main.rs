//! argv → lib → exit status, nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    postnote::cli::run(std::env::args_os())
}
