//! A secret in a file that only its owner can read.

use super::{MAX, SecretError, line};
use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::path::Path;
use zeroize::Zeroizing;

/// The file's one line. Refused unless it is a regular file with mode 0600 or stricter.
pub(super) fn read(path: &Path, account: &str) -> Result<Zeroizing<String>, SecretError> {
    let bytes = read_bytes(path, account)?;
    line(&bytes).ok_or_else(|| fault(path, account, "is not UTF-8 text".to_owned()))
}

/// The whole file, on the same terms.
pub(super) fn read_bytes(path: &Path, account: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let fault = |problem: String| fault(path, account, problem);
    let unreadable = |e: std::io::Error| fault(format!("cannot be read: {e}"));
    // Before opening, since opening a FIFO waits for a writer; and again of what was opened.
    judge(&std::fs::metadata(path).map_err(unreadable)?).map_err(fault)?;
    let file = File::open(path).map_err(unreadable)?;
    judge(&file.metadata().map_err(unreadable)?).map_err(fault)?;
    // Room for all at once: a buffer that grows leaves copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX as usize + 1));
    file.take(MAX).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(bytes)
}

/// Writes the file whole, for its owner alone: what was there before stays until the new is on the disk.
pub fn write(path: &Path, bytes: &[u8], account: &str) -> Result<(), SecretError> {
    let written = || {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        // Made with mode 0600.
        let mut new = tempfile::Builder::new().prefix(".postnote-").tempfile_in(folder)?;
        new.write_all(bytes)?;
        new.as_file().sync_all()?;
        new.persist(path)?;
        #[cfg(unix)]
        File::open(folder)?.sync_all()?;
        Ok::<_, std::io::Error>(())
    };
    written().map_err(|e| fault(path, account, format!("cannot be written: {e}")))
}

fn fault(path: &Path, account: &str, problem: String) -> SecretError {
    SecretError::File { account: account.to_owned(), path: path.to_owned(), problem }
}

fn judge(found: &Metadata) -> Result<(), String> {
    if !found.is_file() {
        return Err("is not a regular file".to_owned());
    }
    if found.len() >= MAX {
        return Err("is too large for a secret".to_owned());
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
