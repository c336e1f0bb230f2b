//! File locks: advisory, for a whole file, between processes.
//!
//! The kernel releases a lock when its holder ends, so a killed process never leaves one behind.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::Duration;

use crate::clock::{Clock as _, Deadline, StopToken, SystemClock};
use crate::os::fifo::open_regular;

/// Interval between attempts to take a lock that another process holds.
const RETRY: Duration = Duration::from_millis(5);

/// Whether a lock admits others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// One holder.
    Exclusive,
    /// Any number of holders with this mode, and no exclusive one.
    Shared,
}

/// Locks the file until it is closed. Waits up to `wait` for other processes, on the system clock; a request to stop
/// doesn't end the wait, because an order's outcome has to be recorded then as well.
pub(crate) fn lock(file: &File, mode: Mode, wait: Duration) -> Result<(), TryLockError> {
    let clock = SystemClock::new(StopToken::never());
    let until = Deadline::after(&clock, wait);
    loop {
        let attempt = match mode {
            Mode::Exclusive => file.try_lock(),
            Mode::Shared => file.try_lock_shared(),
        };
        match attempt {
            Err(TryLockError::Error(error)) if error.kind() == ErrorKind::Interrupted => {}
            Err(TryLockError::WouldBlock) if !until.is_past(&clock) => {
                // This clock is never stopped.
                let _ = clock.sleep(until.left(&clock).min(RETRY));
            }
            ended => return ended,
        }
    }
}

/// Ensures that one process at a time does something: it holds a lock file's lock.
#[derive(Debug)]
pub struct InstanceLock {
    _locked: File,
}

impl InstanceLock {
    /// Takes the lock; `None` where another process holds it. It waits no longer than a look at the lock takes
    /// ([`InstanceLock::is_held`]). Creates the file and its directory.
    pub fn acquire(path: &Path) -> io::Result<Option<Self>> {
        const LOOK: Duration = Duration::from_millis(200);
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        let file = open_regular(File::options().create(true).append(true), path)?;
        match lock(&file, Mode::Exclusive, LOOK) {
            Ok(()) => Ok(Some(Self { _locked: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Whether a process holds the lock. Creates nothing; a file that can't be opened is held by nobody.
    pub fn is_held(path: &Path) -> bool {
        let Ok(file) = open_regular(File::options().read(true), path) else { return false };
        matches!(lock(&file, Mode::Shared, Duration::ZERO), Err(TryLockError::WouldBlock))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_exclusive_lock_admits_nobody_and_a_shared_one_its_like() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("lock");
        let opened = || File::options().create(true).append(true).open(&path).unwrap();
        let (first, second, third) = (opened(), opened(), opened());
        let taken = |file: &File, mode| lock(file, mode, Duration::from_millis(1)).is_ok();

        assert!(taken(&first, Mode::Shared) && taken(&second, Mode::Shared));
        assert!(!taken(&third, Mode::Exclusive));
        drop((first, second));
        assert!(taken(&third, Mode::Exclusive));
        assert!(InstanceLock::acquire(&path).unwrap().is_none());
        assert!(InstanceLock::is_held(&path));
        drop(third);
        assert!(
            !InstanceLock::is_held(&path) && !InstanceLock::is_held(&directory.path().join("none"))
        );
        assert!(InstanceLock::acquire(&path).unwrap().is_some());
    }
}
