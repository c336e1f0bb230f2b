//! Who may add a record: one process at a time, for one append.
//!
//! The lock is `flock` on a file of its own. The kernel lets go of it when its holder dies, so a kill never leaves one
//! behind.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::time::Duration;

use nix::errno::Errno;
use nix::fcntl::{Flock, FlockArg, OFlag};

use super::EvidenceError;
use crate::clock::{Clock as _, Deadline, StopToken, SystemClock};

/// How often a lock that is held is tried again.
const RETRY: Duration = Duration::from_millis(5);

/// Held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _held: Flock<File>,
}

/// Takes the lock for an append; its file is made where it is missing.
pub(super) fn exclusive(path: &Path, patience: Duration) -> Result<Lock, EvidenceError> {
    let file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(false)
        .custom_flags(OFlag::O_NONBLOCK.bits())
        .open(path)
        .map_err(EvidenceError::io("open", path))?;
    take(file, path, FlockArg::LockExclusiveNonblock, patience)
}

/// Takes the lock for a look. `None` where there is no lock to take: a copy, or one that only others may open.
pub(super) fn shared(path: &Path, patience: Duration) -> Result<Option<Lock>, EvidenceError> {
    let opened = OpenOptions::new().read(true).custom_flags(OFlag::O_NONBLOCK.bits()).open(path);
    match opened {
        Ok(file) => take(file, path, FlockArg::LockSharedNonblock, patience).map(Some),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(EvidenceError::io("open", path)(error)),
    }
}

/// The wait is for another process, so it is on the system's clock; and it goes on after somebody asked this run to
/// stop, because what became of an order has to be recorded then as well.
fn take(
    mut file: File,
    path: &Path,
    how: FlockArg,
    patience: Duration,
) -> Result<Lock, EvidenceError> {
    let clock = SystemClock::new(StopToken::never());
    let until = Deadline::after(&clock, patience);
    loop {
        file = match Flock::lock(file, how) {
            Ok(held) => return Ok(Lock { _held: held }),
            Err((file, Errno::EWOULDBLOCK | Errno::EINTR)) => file,
            Err((_, errno)) => return Err(EvidenceError::io("lock", path)(errno.into())),
        };
        let left = until.left(&clock);
        if left.is_zero() {
            return Err(EvidenceError::Busy { path: path.to_owned(), waited: patience });
        }
        // Nobody can ask this clock to stop.
        let _ = clock.sleep(left.min(RETRY));
    }
}
