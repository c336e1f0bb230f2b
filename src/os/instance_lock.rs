//! One canary at a time: a lock that the system lets go of when its process ends, however it ends.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

use nix::fcntl::{Flock, FlockArg};

/// Held as long as the canary runs.
#[derive(Debug)]
pub struct Single {
    _lock: Flock<File>,
}

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum NotAlone {
    /// Another process has it.
    #[error("another canary is running: it holds {0}")]
    Another(String),
    /// The file can't be had.
    #[error("failed to lock {path}")]
    Io {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
}

impl Single {
    /// Takes the lock, without waiting.
    pub fn take(path: &Path) -> Result<Self, NotAlone> {
        let failed = |source| NotAlone::Io { path: path.display().to_string(), source };
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory).map_err(failed)?;
        }
        let file = OpenOptions::new().create(true).append(true).open(path).map_err(failed)?;
        match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
            Ok(lock) => Ok(Self { _lock: lock }),
            Err((_, nix::Error::EWOULDBLOCK)) => Err(NotAlone::Another(path.display().to_string())),
            Err((_, error)) => Err(failed(error.into())),
        }
    }
}
