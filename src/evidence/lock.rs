//! Locks the evidence: one process at a time adds a record.

use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use super::EvidenceError;
use crate::os::fifo::open_nonblocking;
use crate::os::file_lock::{self, Mode};

/// Takes the lock for an append, until the file is closed. Creates the lock file where it is missing.
pub(super) fn exclusive(path: &Path, patience: Duration) -> Result<File, EvidenceError> {
    let file = open_nonblocking(File::options().write(true).create(true).truncate(false), path)
        .map_err(EvidenceError::io("open", path))?;
    take(file, path, Mode::Exclusive, patience)
}

/// Takes the lock for reading. `None` where there is none, as beside a copy, or where this user may not open it.
pub(super) fn shared(path: &Path, patience: Duration) -> Result<Option<File>, EvidenceError> {
    match open_nonblocking(File::options().read(true), path) {
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
