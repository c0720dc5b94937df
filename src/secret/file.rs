//! A secret in a file that only its owner can read.

use super::{MAX, SecretError, line};
use std::fs::{File, Metadata};
use std::io::Read;
use std::path::Path;
use zeroize::Zeroizing;

/// The file's one line. Refused unless it is a regular file with mode 0600 or stricter.
pub(super) fn read(path: &Path, account: &str) -> Result<Zeroizing<String>, SecretError> {
    let fault = |problem: String| SecretError::File { account: account.to_owned(), path: path.to_owned(), problem };
    let unreadable = |e: std::io::Error| fault(format!("cannot be read: {e}"));
    // Before opening, since opening a FIFO waits for a writer; and again of what was opened.
    judge(&std::fs::metadata(path).map_err(unreadable)?).map_err(fault)?;
    let file = File::open(path).map_err(unreadable)?;
    judge(&file.metadata().map_err(unreadable)?).map_err(fault)?;
    // Room for all at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX as usize + 1));
    file.take(MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    line(&bytes).ok_or_else(|| fault("is not UTF-8 text".to_owned()))
}

fn judge(found: &Metadata) -> Result<(), String> {
    if !found.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if found.len() >= MAX {
        return Err("is too large for a password".to_owned());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = found.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("can be read by others (mode {mode:04o}); run: chmod 600 on it"));
        }
    }
    Ok(())
}
