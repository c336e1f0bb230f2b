//! Locks the evidence: one process at a time adds a record.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::Duration;

use super::EvidenceError;
use crate::os::fifo::open_regular;
use crate::os::file_lock::{self, Mode};

/// Attempts to lock a file that another process removes or replaces before it is locked.
const ATTEMPTS: u32 = 8;

/// Takes the lock for an append, until the file is closed. Creates the lock file where it is missing.
pub(super) fn exclusive(path: &Path, patience: Duration) -> Result<File, EvidenceError> {
    for _ in 0..ATTEMPTS {
        let file = open_regular(File::options().write(true).create(true).truncate(false), path)
            .map_err(EvidenceError::io("open", path))?;
        if let Some(file) = exclusive_at(file, path, patience)? {
            return Ok(file);
        }
    }
    Err(EvidenceError::Busy { path: path.to_owned(), waited: patience })
}

/// Locks the records themselves, for an append. A lock file can be removed while it is locked, the records can't be without
/// a damage.
pub(super) fn records(file: File, path: &Path, patience: Duration) -> Result<File, EvidenceError> {
    let replaced = || std::io::Error::other("another process replaced it");
    let locked = exclusive_at(file, path, patience)?;
    locked.ok_or_else(|| EvidenceError::io("lock", path)(replaced()))
}

/// Locks the file; `None` where another process has removed or replaced it before it was locked.
fn exclusive_at(
    file: File,
    path: &Path,
    patience: Duration,
) -> Result<Option<File>, EvidenceError> {
    let file = take(file, path, Mode::Exclusive, patience)?;
    let identity = |found: std::fs::Metadata| (found.dev(), found.ino());
    let found = (file.metadata().map(identity), std::fs::metadata(path).map(identity));
    let is_named = matches!(found, (Ok(locked), Ok(named)) if locked == named);
    Ok(is_named.then_some(file))
}

/// Takes the lock for reading. `None` where there is none, as beside a copy, or where this user may not open it.
pub(super) fn shared(path: &Path, patience: Duration) -> Result<Option<File>, EvidenceError> {
    match open_regular(File::options().read(true), path) {
        Ok(file) => take(file, path, Mode::Shared, patience).map(Some),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::PermissionDenied) => {
            Ok(None)
        }
        Err(error) => Err(EvidenceError::io("open", path)(error)),
    }
}

fn take(file: File, path: &Path, mode: Mode, patience: Duration) -> Result<File, EvidenceError> {
    match file_lock::lock(&file, mode, patience) {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(EvidenceError::Busy { path: path.to_owned(), waited: patience })
        }
        Err(TryLockError::Error(error)) => Err(EvidenceError::io("lock", path)(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_one_of_the_file_that_has_the_name() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let create = || File::create(&path).unwrap();
        let is_locked = |file| exclusive_at(file, &path, Duration::ZERO).unwrap().is_some();
        let old = create();
        std::fs::remove_file(&path).unwrap();
        assert!(!is_locked(old.try_clone().unwrap()));
        let new = create();
        assert!(!is_locked(old));
        assert!(is_locked(new));
    }
}
