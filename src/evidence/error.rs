//! Errors of writing and reading evidence, by the operator's next step.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// An error of writing or reading evidence.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// Another append holds the lock for longer than the wait.
    #[error("{} is held by another process for more than {waited:?}", .path.display())]
    Busy {
        /// The lock.
        path: PathBuf,
        /// Length of the wait.
        waited: Duration,
    },
    /// The operating system refused.
    #[error("failed to {doing} {}", .path.display())]
    Io {
        /// The failed operation, as a verb.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The records contradict each other or the head; nothing is added to them.
    #[error("the evidence {} is damaged: {why}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The first damage.
        why: String,
    },
    /// The records speak of another gateway or account.
    #[error("the evidence {} belongs to {what} {theirs}, not {ours}", .path.display())]
    BelongsToAnother {
        /// The file.
        path: PathBuf,
        /// The difference: `endpoint` or `currency`.
        what: &'static str,
        /// The recorded value.
        theirs: String,
        /// The requested value.
        ours: String,
    },
    /// The first record must name the owner.
    #[error("the evidence {} has not begun", .path.display())]
    NotBegun {
        /// The file.
        path: PathBuf,
    },
    /// A record is too long.
    #[error("a record of {bytes} bytes, past the limit of {limit}")]
    TooLarge {
        /// Length of the record.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
}

impl EvidenceError {
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { doing, path, source }
    }
}
